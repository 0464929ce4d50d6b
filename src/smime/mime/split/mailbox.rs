//! Mailbox files (RFC 4155): mails one behind the other, each after a `From ` line.

use std::io::{self, SeekFrom};

use super::Lines;
use crate::smime::Source;
use crate::smime::mime::header;

/// How many mails a mailbox file holds; 1 if it is none, or a single mail with a `From ` line before it.
///
/// A `From ` line within a mail should be quoted, but not every program does that: only one behind an empty line, with a
/// time and a year in it and a header field after it, begins a mail.
pub fn count_messages(source: &mut dyn Source) -> io::Result<usize> {
    let end = source.seek(SeekFrom::End(0))?;
    let mut lines = Lines::new(source, 0..end)?;
    lines.skip_byte_order_mark()?;
    let (mut messages, mut first, mut after_blank, mut after_from) = (0, true, true, false);
    while let Some(piece) = lines.next()? {
        let line = lines.bytes(&piece);
        let blank = piece.whole && line.trim_ascii().is_empty();
        if after_from && header::field(line).is_some() {
            messages += 1;
        }
        after_from = piece.whole && after_blank && line.starts_with(b"From ") && (first || has_time(line));
        if first && !blank {
            if !after_from {
                return Ok(1);
            }
            first = false;
        }
        after_blank = blank;
    }
    Ok(messages.max(1))
}

/// `10:00` and `2024` somewhere in the line, as the times of C have them.
fn has_time(line: &[u8]) -> bool {
    let digits = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let mut words = line.split(|octet| octet.is_ascii_whitespace());
    let is_year = |word: &[u8]| word.len() == 4 && digits(word);
    let is_time = |word: &[u8]| word.contains(&b':') && word.split(|octet| *octet == b':').all(digits);
    words.clone().any(is_year) && words.any(is_time)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn count(text: &str) -> usize {
        count_messages(&mut Cursor::new(text.as_bytes())).unwrap()
    }

    #[test]
    fn mails_are_counted_and_quoted_lines_are_not() {
        let one = "From kim Mon Mar  4 10:00:00 2024\nFrom: kim@example.com\n\nText.\n";
        assert_eq!(count(one), 1);
        assert_eq!(count(&format!("{one}\n{one}\n\n{one}")), 3);
        assert_eq!(count(&format!("\u{feff}\n{one}\n{one}").replace('\n', "\r\n")), 2);
        assert_eq!(count(&format!("{one}\n>{one}")), 1);
        assert_eq!(count(&format!("{one}\nFrom here: on\nNote: this\n")), 1);
        assert_eq!(count(&format!("{one}{one}")), 1, "no empty line before it");
        assert_eq!(count(&format!("Subject: x\n\n{one}")), 1, "no mailbox");
        assert_eq!(count("From - Sat Nov 02 16:28:04 2013\nX-Mozilla-Status: 0001\n\nx\n"), 1);
        assert_eq!(count(""), 1);
    }
}
