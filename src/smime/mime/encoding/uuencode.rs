//! uuencode (POSIX.1, `uuencode`), as mail of old has it: files within a text, and `Content-Transfer-Encoding: x-uuencode`.
//!
//! ```text
//! begin 644 name
//! M…        a letter for the number of octets, 45 mostly, and four characters for each three of them
//! `
//! end
//! ```

use std::io::{self, BufRead as _, BufReader, Read};
use std::ops::Range;

use crate::smime::mime::file_name;

/// Octets of a line that are looked at together; honest ones have 62.
const LONG_LINE: u64 = 4 << 10;

/// Octets that may stand before the line `begin`.
const PREAMBLE: usize = 64 << 10;

/// A file in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UuFile {
    /// Where it stands, from the line `begin` to the end of the line `end`.
    pub range: Range<usize>,
    /// Made safe.
    pub name: String,
    /// What is in it.
    pub octets: Vec<u8>,
}

/// The files in a text. Strict: what is not whole and right to its line `end` is text. Work and memory are linear: no line
/// inside of a file is a line `begin`.
pub fn uuencoded_files(text: &str) -> Vec<UuFile> {
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(line) = line_at(text, at) {
        let start = at;
        at += line.len();
        if let Some(name) = begin(line.as_bytes())
            && let Some((end, octets)) = file_at(text, at)
        {
            files.push(UuFile { range: start..end, name, octets });
            at = end;
        }
    }
    files
}

/// The name in the first line `begin`, made safe.
pub fn uuencoded_name(head: &[u8]) -> Option<String> {
    head.split(|octet| *octet == b'\n').find_map(begin)
}

fn line_at(text: &str, at: usize) -> Option<&str> {
    text.get(at..)?.split_inclusive('\n').next()
}

/// What follows a line `begin`, and where it ends.
fn file_at(text: &str, mut at: usize) -> Option<(usize, Vec<u8>)> {
    let mut octets = Vec::new();
    let mut over = false;
    loop {
        let whole = line_at(text, at)?;
        at += whole.len();
        let line = without_end(whole.as_bytes());
        let some = over || !octets.is_empty();
        if some && line.trim_ascii_end() == b"end" {
            return Some((at, octets));
        }
        // The space that stands for no octets may have got lost.
        if over || line.is_empty() && octets.is_empty() {
            return None;
        }
        over = line.is_empty() || decode_line(line, &mut octets).filter(|len| is_full(line, *len))? == 0;
    }
}

/// Spaces at the end of a line, which stand for zeros, may have got lost; not so many that a short text becomes a long file.
fn is_full(line: &[u8], len: usize) -> bool {
    2 * line.len() > len
}

/// `begin`, a mode in octal digits, and a name.
fn begin(line: &[u8]) -> Option<String> {
    let rest = without_end(line).strip_prefix(b"begin ")?.trim_ascii_start();
    let digits = rest.iter().take_while(|octet| matches!(octet, b'0'..=b'7')).count();
    let (mode, name) = rest.split_at(digits);
    let name = String::from_utf8_lossy(name.strip_prefix(b" ")?);
    ((3..=4).contains(&mode.len()) && !name.trim().is_empty()).then(|| file_name::safe(&name))
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Adds what a line stands for, and says how many octets that is. None: it is no such line.
fn decode_line(line: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    if !line.iter().all(|octet| (b' '..=b'`').contains(octet)) {
        return None;
    }
    // The space is written as a grave accent, too.
    let six = |octet: u8| octet.wrapping_sub(b' ') & 0x3f;
    let (len, digits) = line.split_first()?;
    let len = usize::from(six(*len));
    // A check digit stands at the end of some.
    if digits.len() > len.div_ceil(3) * 4 + 1 {
        return None;
    }
    let end = out.len() + len;
    let mut groups = digits.chunks(4);
    while out.len() < end {
        let group = groups.next().unwrap_or_default();
        let digit = |place: usize| u32::from(group.get(place).map_or(0, |octet| six(*octet)));
        let three = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        out.extend(three.to_be_bytes().iter().skip(1));
    }
    out.truncate(end);
    Some(len)
}

/// A forgiving decoder: lines that are none are skipped. What has no line `begin` near its front comes as it is.
pub(super) struct UuReader<R> {
    inner: BufReader<R>,
    state: State,
    decoded: Vec<u8>,
    taken: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Inside,
    /// It is something else.
    Raw,
    Over,
}

impl<R: Read> UuReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner: BufReader::new(inner), state: State::Before, decoded: Vec::new(), taken: 0 }
    }

    fn advance(&mut self) -> io::Result<()> {
        if self.state != State::Before {
            self.decoded.clear();
            self.taken = 0;
        }
        let mut line = Vec::new();
        let ended = self.inner.by_ref().take(LONG_LINE).read_until(b'\n', &mut line)? == 0;
        match self.state {
            State::Before if begin(&line).is_some() => {
                self.decoded.clear();
                self.state = State::Inside;
            }
            State::Before => {
                self.decoded.extend(line);
                if ended || self.decoded.len() > PREAMBLE {
                    self.state = State::Raw;
                }
            }
            State::Inside if ended || without_end(&line).trim_ascii_end() == b"end" => {
                self.state = State::Over
            }
            State::Inside => _ = decode_line(without_end(&line), &mut self.decoded),
            State::Raw if ended => self.state = State::Over,
            State::Raw => self.decoded = line,
            State::Over => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for UuReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.state == State::Before || self.taken == self.decoded.len() && self.state != State::Over {
            self.advance()?;
        }
        let mut ready = self.decoded.get(self.taken..).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three octets: "Cat".
    const CAT: &str = "begin 644 cat.txt\n#0V%T\n`\nend\n";

    fn decoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        UuReader::new(text).read_to_end(&mut out).unwrap();
        out
    }

    fn encoded(octets: &[u8], zero: u8) -> String {
        let letter = |six: u8| char::from(if six == 0 { zero } else { six + b' ' });
        let mut text = String::from("begin 0600 x.bin\r\n");
        for line in octets.chunks(45) {
            text.push(letter(line.len() as u8));
            for three in line.chunks(3) {
                let at = |place: usize| three.get(place).copied().unwrap_or(0);
                let (a, b, c) = (at(0), at(1), at(2));
                text.extend([a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63].map(letter));
            }
            text += "\r\n";
        }
        text + &format!("{}\r\nend\r\n", letter(0))
    }

    #[test]
    fn a_file_is_found_between_words() {
        let text = format!("Here it is:\n{CAT}Yours, K.\nbegin with me\n{CAT}");
        let files = uuencoded_files(&text);
        assert_eq!(files.len(), 2);
        assert_eq!((files[0].name.as_str(), &files[0].octets[..]), ("cat.txt", &b"Cat"[..]));
        assert_eq!(&text[..files[0].range.start], "Here it is:\n");
        assert_eq!(&text[files[0].range.end..files[1].range.start], "Yours, K.\nbegin with me\n");
        assert_eq!(files[1].range.end, text.len());
    }

    #[test]
    fn every_octet_comes_back_whichever_the_zero_and_without_the_spaces_at_the_ends() {
        let octets: Vec<u8> = (0..2000_u32).map(|n| if n % 7 < 3 { 0 } else { n as u8 }).collect();
        for zero in [b'`', b' '] {
            let text = encoded(&octets, zero);
            let stripped: Vec<&str> = text.lines().map(str::trim_end).collect();
            for text in [text.clone(), stripped.join("\n")] {
                let files = uuencoded_files(&text);
                assert_eq!((files.len(), files[0].name.as_str()), (1, "x.bin"));
                assert!(files[0].octets == octets);
                assert!(decoded(text.as_bytes()) == octets);
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_file_is_text() {
        for text in [
            "begin 644 x\nno such line\nend\n",
            "begin 644 x\nend\n",
            "begin 644 x\n\nend\n",
            "begin 644 x\n#0V%T\n`\n",
            "begin 644 x\n#0V%T\n`\nmore\nend\n",
            "begin 644\n#0V%T\n`\nend\n",
            "begin 9 x\n#0V%T\n`\nend\n",
            "begin 644 x\n#0V%T1234\n`\nend\n",
            // A letter that promises 45 octets, and none.
            "begin 644 x\nM\nM\nM\n`\nend\n",
            "> begin 644 x\n#0V%T\n`\nend\n",
            "begin  with the end",
        ] {
            assert_eq!(uuencoded_files(text), [], "{text:?}");
        }
        // Its name is made safe.
        let files = uuencoded_files(&CAT.replace("cat.txt", "../../.cat.txt"));
        assert_eq!(files[0].name, "cat.txt");
        assert_eq!(uuencoded_name(b"Words.\r\nbegin 644 a b.txt\r\n#0V%T").as_deref(), Some("a b.txt"));
    }

    #[test]
    fn a_body_forgives() {
        assert_eq!(decoded(b"words\nbegin 644 x\n#0V%T\n\nno such line\n#0V%T\n`\nend\nmore\n"), b"CatCat");
        // Cut short: what is missing is zeros.
        assert_eq!(decoded(b"begin 644 x\n#0V%T\n#0V"), b"CatC`\0");
        for other in [&b""[..], b"no such thing\r\nat all", &b"line\n".repeat(100_000), &[b'x'; 200_000]] {
            assert!(decoded(other) == other);
        }
    }

    #[test]
    fn many_beginnings_take_no_time() {
        let text = format!("begin 644 x\n{}", "#0V%T\n".repeat(20)).repeat(20_000);
        assert_eq!(uuencoded_files(&text), []);
    }
}
