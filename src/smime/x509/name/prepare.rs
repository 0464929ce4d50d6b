//! Strings of names in the form in which they are compared (RFC 5280 section 7.1, by the steps of RFC 4518 section 2).

use unicode_normalization::UnicodeNormalization as _;

/// Folded and composed, without characters that are not seen; one space for every run, none at the ends.
pub(super) fn prepare(text: &str) -> String {
    if text.is_ascii() {
        return spaced(text.chars().filter_map(mapped).map(|c| c.to_ascii_lowercase()));
    }
    // Composing may leave letters that fold once more.
    let folded = text.chars().filter_map(mapped).flat_map(folded);
    let again = folded.nfkc().flat_map(self::folded);
    spaced(again.nfkc())
}

/// Upper and then lower case: as table B.2 of RFC 3454 does, ß is ss and every sigma the same.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// A space for what separates, nothing for what is not seen.
fn mapped(c: char) -> Option<char> {
    match c {
        '\t'..='\r' | '\u{85}' => Some(' '),
        c if c.is_control() => None,
        '\u{ad}' | '\u{34f}' | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{180b}'..='\u{180e}' => None,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' => None,
        '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' => None,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}' => None,
        c => Some(c),
    }
}

fn spaced(characters: impl Iterator<Item = char>) -> String {
    let mut line = String::new();
    let mut space = false;
    for c in characters {
        if c.is_whitespace() {
            space = !line.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn what_looks_alike_is_the_same() {
        for (one, other) in [
            ("  Example\u{a0}\u{2003}ORG ", "example org"),
            ("a\r\nb", "A B"),
            ("Jo\u{308}rg", "J\u{d6}RG"),
            ("Stra\u{df}e", "STRASSE"),
            (
                "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}",
                "\u{3bf}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3c5}\u{3c2}",
            ),
            ("\u{ff21}\u{ff22}", "ab"),
            ("so\u{ad}ft\u{200b}\u{202e}\u{feff}", "soft"),
            ("\u{1}\u{7f}x\u{9f}", "x"),
            ("", "\u{200b} "),
        ] {
            assert_eq!(prepare(one), prepare(other), "{one:?}");
        }
        assert_ne!(prepare("a b"), prepare("ab"));
        assert_ne!(prepare("Jorg"), prepare("J\u{f6}rg"));
    }
}
