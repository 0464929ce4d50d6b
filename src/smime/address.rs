//! Mail addresses, compared as certificates and mail compare them.

mod look_alike;
mod punycode;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

/// An addr-spec (RFC 5322 section 3.4.1; RFC 6531 for characters beyond ASCII), without display name.
///
/// Two addresses are the same when the parts after the `@` agree without regard to case and the parts before
/// it agree exactly (RFC 5280 section 7.5). The address is shown as it was written.
#[derive(Debug, Clone)]
pub struct Address {
    text: String,
    at: usize,
}

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `@`, or nothing on one side of it.
    #[error("an address has the form name@domain")]
    Form,
    /// A space, a control character or one of `<>(),;:"[]\` where none belongs.
    #[error("an address holds no spaces, quotes or brackets")]
    Character,
    /// Over 254 octets (RFC 5321 section 4.5.3.1).
    #[error("an address has at most 254 characters")]
    Length,
}

impl Address {
    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`, as written.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form that is compared and stored: the domain in lower case.
    pub fn normalized(&self) -> String {
        format!("{}@{}", self.local(), self.domain().to_lowercase())
    }

    /// Whether mail to both arrives in one mailbox, as far as an address tells: mail servers do not look at capital
    /// letters in any part of it, and a domain beyond ASCII has two forms (RFC 5890 section 2.3.2.1).
    pub fn reaches(&self, other: &Self) -> bool {
        self == other || self.mailbox() == other.mailbox()
    }

    /// The same for all addresses that [reach](Self::reaches) one mailbox. Made to be compared, not to be written to.
    fn mailbox(&self) -> String {
        let labels: Vec<String> = self.domain().split('.').map(unicode_label).collect();
        let text: String = format!("{}@{}", self.local(), labels.join(".")).nfkc().collect();
        text.to_lowercase().nfkc().collect()
    }
}

/// A label in the form that people read.
fn unicode_label(label: &str) -> String {
    let lower = label.to_lowercase();
    lower.strip_prefix("xn--").and_then(punycode::decode).unwrap_or(lower)
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > 254 {
            return Err(AddressError::Length);
        }
        let at = text.rfind('@').ok_or(AddressError::Form)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.is_empty() || domain.is_empty() || local.contains('@') {
            return Err(AddressError::Form);
        }
        let bad = |c: char| c.is_whitespace() || c.is_control() || r#"<>(),;:"[]\"#.contains(c) || is_bidi(c);
        if text.chars().any(bad) {
            return Err(AddressError::Character);
        }
        if domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
            return Err(AddressError::Form);
        }
        Ok(Self { text: text.to_owned(), at })
    }
}

/// Characters that turn the direction of the text around them, or are not seen at all: no address needs them.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normalized().hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn the_domain_is_compared_without_case_and_the_name_with_it() {
        assert_eq!(address("robin@Example.COM"), address("robin@example.com"));
        assert_ne!(address("Robin@example.com"), address("robin@example.com"));
    }

    #[test]
    fn one_mailbox_has_addresses_of_several_forms() {
        for (one, other, same) in [
            ("Robin@Example.COM", "robin@example.com", true),
            ("jo\u{308}rg@example.org", "JÖRG@example.org", true),
            ("a@xn--dmin-moa0i.example", "a@DÖmäin.example", true),
            ("a@XN--DMIN-MOA0I.example", "a@dömäin.example", true),
            ("a@xn--dmin-moa0i.example", "a@domain.example", false),
            ("robin@example.com", "robin@example.org", false),
            ("robin+x@example.com", "robin@example.com", false),
            ("a@xn--!.example", "a@xn--!.EXAMPLE", true),
        ] {
            assert_eq!(address(one).reaches(&address(other)), same, "{one} {other}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in
            ["", "robin", "@example.com", "robin@", "a@b@c", "a b@c", "a\u{202e}@c", "a@b..c", "<a@b>"]
        {
            assert!(text.parse::<Address>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn letters_beyond_ascii_are_kept() {
        assert_eq!(address("jörg@dömäin.example").local(), "jörg");
    }
}
