//! RTF to text: characters, paragraphs and tabs; everything else goes.

use super::octets::charset;

/// Groups inside one another; what is deeper is passed over.
const DEPTH: usize = 200;

/// Groups that hold no text of the document.
const DESTINATIONS: [&str; 19] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "footnote",
    "fldinst",
    "themedata",
    "listtable",
    "nonshppict",
];

/// The text of a document.
pub(super) fn to_text(rtf: &[u8]) -> String {
    let mut reader = Reader { rest: rtf, ..Reader::default() };
    while let Some((&octet, after)) = reader.rest.split_first() {
        reader.rest = after;
        match octet {
            b'{' => reader.open(),
            b'}' => reader.close(),
            b'\\' => reader.control(),
            b'\r' | b'\n' | 0 => {}
            octet => reader.octet(octet),
        }
    }
    reader.flush();
    reader.out
}

/// What holds until a group ends.
#[derive(Clone, Copy)]
struct Group {
    skipped: bool,
    /// Characters that stand behind a `\u` for programs that do not know it.
    fallback: usize,
}

struct Reader<'a> {
    rest: &'a [u8],
    out: String,
    group: Group,
    stack: Vec<Group>,
    /// Groups that are open beyond [`DEPTH`].
    deeper: usize,
    codepage: u32,
    /// Octets in the code page.
    octets: Vec<u8>,
    /// The first half of a character of two `\u`s.
    surrogate: Option<u16>,
    /// Characters still to be passed over.
    ignore: usize,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            rest: &[],
            out: String::new(),
            group: Group { skipped: false, fallback: 1 },
            stack: Vec::new(),
            deeper: 0,
            codepage: 1252,
            octets: Vec::new(),
            surrogate: None,
            ignore: 0,
        }
    }
}

impl Reader<'_> {
    fn open(&mut self) {
        self.ignore = 0;
        if self.stack.len() == DEPTH {
            self.deeper += 1;
        } else {
            self.stack.push(self.group);
        }
    }

    fn close(&mut self) {
        self.ignore = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(group) = self.stack.pop() {
            self.group = group;
        }
    }

    /// What follows a backslash.
    fn control(&mut self) {
        let letters = self.rest.iter().take_while(|octet| octet.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.symbol();
        }
        let (word, after) = self.rest.split_at(letters);
        let minus = usize::from(after.first() == Some(&b'-'));
        let digits = after.iter().skip(minus).take_while(|octet| octet.is_ascii_digit()).take(10).count();
        let (number, mut after) = after.split_at(if digits == 0 { 0 } else { minus + digits });
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<i64>().ok());
        after = after.strip_prefix(b" ").unwrap_or(after);
        self.rest = after;
        self.word(std::str::from_utf8(word).unwrap_or_default(), number);
    }

    fn symbol(&mut self) {
        let Some((&symbol, after)) = self.rest.split_first() else { return };
        self.rest = after;
        match symbol {
            b'\'' => {
                let digits = self.rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                if let Some(octet) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    self.rest = self.rest.get(2..).unwrap_or_default();
                    self.octet(octet);
                }
            }
            // A destination that may be passed over, and is.
            b'*' => self.group.skipped = true,
            b'~' => self.character('\u{a0}'),
            b'_' => self.character('-'),
            b'\r' | b'\n' => self.character('\n'),
            b'\\' | b'{' | b'}' => self.octet(symbol),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i64>) {
        match word {
            "par" | "line" | "row" | "sect" | "page" => self.character('\n'),
            "tab" | "cell" => self.character('\t'),
            "emdash" => self.character('—'),
            "endash" => self.character('–'),
            "lquote" => self.character('‘'),
            "rquote" => self.character('’'),
            "ldblquote" => self.character('“'),
            "rdblquote" => self.character('”'),
            "bullet" => self.character('•'),
            "u" => self.unicode(number.unwrap_or_default()),
            "uc" => {
                self.group.fallback =
                    number.and_then(|count| usize::try_from(count).ok()).unwrap_or(1).min(16)
            }
            "ansicpg" => {
                self.flush();
                self.codepage = number.and_then(|codepage| u32::try_from(codepage).ok()).unwrap_or(1252);
            }
            "bin" => {
                let length = number.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
                self.rest = self.rest.get(length..).unwrap_or_default();
            }
            word if DESTINATIONS.contains(&word) => self.group.skipped = true,
            _ => {}
        }
    }

    /// A UTF-16 code unit, often written as a negative number.
    fn unicode(&mut self, number: i64) {
        self.flush();
        self.ignore = 0;
        let unit = (number & 0xffff) as u16; // 16 bits are left
        let first = self.surrogate.take();
        let units = [first.unwrap_or(unit), unit];
        let decoded = char::decode_utf16(units.into_iter().skip(usize::from(first.is_none()))).next();
        match decoded {
            Some(Ok(character)) => self.character(character),
            Some(Err(_)) if (0xd800..0xdc00).contains(&unit) => self.surrogate = Some(unit),
            Some(Err(_)) | None => {}
        }
        self.ignore = self.group.fallback;
    }

    fn octet(&mut self, octet: u8) {
        if self.ignore > 0 {
            self.ignore -= 1;
        } else if !self.is_skipped() {
            self.octets.push(octet);
        }
    }

    fn character(&mut self, character: char) {
        self.flush();
        if !self.is_skipped() {
            self.out.push(character);
        }
    }

    fn is_skipped(&self) -> bool {
        self.group.skipped || self.deeper > 0
    }

    fn flush(&mut self) {
        if !self.octets.is_empty() {
            self.out.push_str(&charset(self.codepage).decode_without_bom_handling(&self.octets).0);
            self.octets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_remain() {
        let rtf = br"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\*\generator X;}
\uc1\pard Gr\'fc\u223\'dfe, \b Kim\b0\par
\tab 5\u8364? \{net\}\u-10179?\u-8704? {\pict\bin3 }}{}\endash\line x\'zz}{\fldinst y}{\footnote z";
        assert_eq!(to_text(rtf), "Grüße, Kim\n\t5€ {net}😀 –\nxzz");
    }

    #[test]
    fn html_in_rtf_loses_its_tags() {
        let rtf = br"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Meet me.{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0}";
        assert_eq!(to_text(rtf).trim(), "Meet me.");
    }

    #[test]
    fn hostile_documents_are_done_quickly() {
        let started = std::time::Instant::now();
        for piece in
            [&b"{"[..], b"}", b"\\", b"\\u1", b"\\'", b"\\bin1", b"{\\*", b"\\uc9999999999 ", b"\\u-55296 "]
        {
            to_text(&piece.repeat(300_000));
        }
        assert!(started.elapsed().as_secs() < 20);
    }
}
