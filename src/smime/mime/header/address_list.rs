//! Address lists (RFC 5322 section 3.4), read so that no two readings of one mailbox are possible.

use super::{Mailbox, encoded_word, one_line};

/// Mailboxes in one field; the rest is dropped.
const MAX_MAILBOXES: usize = 10_000;

/// One entry between commas while it is read.
#[derive(Debug, Default)]
struct Entry {
    /// Words outside of angle brackets, with quoted strings unquoted.
    phrase: String,
    /// The phrase held a quoted string, so that it cannot be an address itself.
    quoted: bool,
    comment: String,
    angle: Option<String>,
    /// Two addresses in brackets, or a bracket that is not closed: nobody can say who is meant.
    ambiguous: bool,
}

impl Entry {
    fn mailbox(self) -> Option<Mailbox> {
        if self.ambiguous {
            return None;
        }
        let (address, name) = match self.angle {
            Some(angle) if self.phrase.trim().is_empty() => (angle, self.comment),
            Some(angle) => (angle, self.phrase),
            None if self.quoted => return None,
            None => (self.phrase, self.comment),
        };
        // An old form names servers on the way: `<@a,@b:robin@example.com>`.
        let address = address.trim();
        let address = if address.starts_with('@') { address.split_once(':')?.1 } else { address };
        let name = one_line(&encoded_word::decode(name.trim()));
        Some(Mailbox { name: (!name.is_empty()).then_some(name), address: address.parse().ok()? })
    }
}

/// The mailboxes of one field value, those in groups included. Encoded words are decoded only in names, after
/// the structure is known.
pub(super) fn parse(value: &str) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    let mut entry = Entry::default();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                entry.quoted = true;
                quoted(&mut chars, &mut entry.phrase);
            }
            '(' => comment(&mut chars, &mut entry.comment),
            '<' => {
                let mut angle = String::new();
                entry.ambiguous |= entry.angle.is_some() || !bracket(&mut chars, &mut angle);
                entry.angle = Some(angle);
            }
            // The name of a group.
            ':' => entry = Entry::default(),
            ',' | ';' => {
                mailboxes.extend(std::mem::take(&mut entry).mailbox());
                if mailboxes.len() >= MAX_MAILBOXES {
                    return mailboxes;
                }
            }
            // Words after the address are no part of the name; letters there make it doubtful, not wrong.
            c => entry.phrase.push(c),
        }
    }
    mailboxes.extend(entry.mailbox());
    mailboxes
}

fn quoted(chars: &mut std::str::Chars<'_>, out: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
}

fn comment(chars: &mut std::str::Chars<'_>, out: &mut String) {
    let mut depth = 1_usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.extend(chars.next());
                continue;
            }
            '(' => depth += 1,
            ')' if depth == 1 => return,
            ')' => depth -= 1,
            _ => {}
        }
        out.push(c);
    }
}

/// What is between angle brackets; false if they are not closed or hold another one.
fn bracket(chars: &mut std::str::Chars<'_>, out: &mut String) -> bool {
    while let Some(c) = chars.next() {
        match c {
            '>' => return true,
            '<' => return false,
            '(' => comment(chars, &mut String::new()),
            c => out.push(c),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<(String, String)> {
        let mailboxes = parse(value).into_iter();
        mailboxes.map(|m| (m.name.unwrap_or_default(), m.address.to_string())).collect()
    }

    fn one(value: &str) -> (String, String) {
        let mailboxes = read(value);
        assert_eq!(mailboxes.len(), 1, "{value}: {mailboxes:?}");
        mailboxes[0].clone()
    }

    #[test]
    fn the_address_is_the_one_that_gets_the_mail() {
        for (value, name, address) in [
            ("robin@example.com", "", "robin@example.com"),
            ("robin@example.com (Robin (R) Reed)", "Robin (R) Reed", "robin@example.com"),
            ("Robin Reed <robin@example.com>", "Robin Reed", "robin@example.com"),
            (r#""a@b" <c@d.example>"#, "a@b", "c@d.example"),
            ("a@b.example <c@d.example>", "a@b.example", "c@d.example"),
            (r#""x, \"y\" <e@f>" <c@d.example>"#, r#"x, "y" <e@f>"#, "c@d.example"),
            ("=?utf-8?q?=3Ce=40f=3E=2C?= <c@d.example>", "<e@f>,", "c@d.example"),
            ("J\u{202e}im <c@d.example>", "Jim", "c@d.example"),
            ("<@relay.example,@b:c@d.example>", "", "c@d.example"),
            ("< c@d.example (comment, <e@f>) >", "", "c@d.example"),
        ] {
            assert_eq!(one(value), (name.to_owned(), address.to_owned()), "{value}");
        }
    }

    #[test]
    fn groups_and_lists() {
        let read = read("friends: a@x.example, B <b@x.example>;, none:;, c@x.example");
        let addresses: Vec<_> = read.iter().map(|(_, address)| address.as_str()).collect();
        assert_eq!(addresses, ["a@x.example", "b@x.example", "c@x.example"]);
    }

    #[test]
    fn what_is_doubtful_is_dropped() {
        for value in [
            "",
            "robin",
            "\"a@b.example\"",
            "<a@b.example> <c@d.example>",
            "<a@b.example",
            "<a@b.example<c@d.example>",
            "a@b.example c@d.example",
            "\"a\" b@c.example",
            "=?utf-8?q?a=40b.example?=",
            "a@b.example (x",
            "(a@b.example)",
        ] {
            let unclosed_comment = value == "a@b.example (x";
            assert_eq!(read(value).len(), usize::from(unclosed_comment), "{value}");
        }
    }
}
