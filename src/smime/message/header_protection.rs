//! Which header fields of a message stood under its signature and its encryption, and what the outside says of them.
//!
//! RFC 9788 puts a copy of every field into the header of the content (the *protected* fields), marks it by the parameter
//! `hp` of its Content-Type, and writes down in `HP-Outer` what was left outside. Three older habits are read as well:
//! a whole message wrapped as message/rfc822 (RFC 8551 section 3.1), `protected-headers="v1"`, and a content with a header
//! of its own that came without any other.
//!
//! What stands outside can be changed by everybody on the way. It is compared and told, and never mixed in.

pub mod confidences;
mod index;
pub mod legacy_display;

use crate::smime::mime::Headers;
use crate::smime::mime::header::{self, Mailbox};
use index::Index;

/// By which custom the fields are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `hp="cipher"` under an encryption (RFC 9788 section 2.1.1).
    Cipher,
    /// `hp="clear"`; also `hp="cipher"` where nothing is encrypted.
    Clear,
    /// A whole message as message/rfc822 (RFC 8551 section 3.1, RFC 9788 section 4.10).
    Wrapped,
    /// `protected-headers="v1"`, the forerunner.
    Forerunner,
    /// There is no header outside that names a sender.
    Inside,
}

impl Scheme {
    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Cipher => "hp-cipher",
            Self::Clear => "hp-clear",
            Self::Wrapped => "message-rfc822",
            Self::Forerunner => "protected-headers-v1",
            Self::Inside => "inside",
        }
    }

    /// What HP-Outer says is believed.
    fn records_outside(self) -> bool {
        matches!(self, Self::Cipher)
    }

    /// The protected fields are all that there are, so that one outside beside them was added on the way. (Writers of the
    /// forerunner protect a few only.)
    pub fn is_complete(self) -> bool {
        match self {
            Self::Cipher | Self::Clear | Self::Wrapped => true,
            Self::Forerunner | Self::Inside => false,
        }
    }
}

/// What one field got (RFC 9788 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldState {
    /// Nothing: it was open to be read and changed.
    Unprotected,
    /// Under a valid signature, and readable outside.
    SignedOnly,
    /// Hidden, but without a valid signature.
    EncryptedOnly,
    /// Under a valid signature, and hidden.
    SignedAndEncrypted,
}

impl FieldState {
    /// The name in JSON, which is the RFC's.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::SignedOnly => "signed-only",
            Self::EncryptedOnly => "encrypted-only",
            Self::SignedAndEncrypted => "signed-and-encrypted",
        }
    }

    fn of(hidden: bool, signed: bool) -> Self {
        match (hidden, signed) {
            (true, true) => Self::SignedAndEncrypted,
            (true, false) => Self::EncryptedOnly,
            (false, true) => Self::SignedOnly,
            (false, false) => Self::Unprotected,
        }
    }
}

/// One protected field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedField {
    /// As written.
    pub name: String,
    /// Unfolded, not decoded.
    pub value: String,
    /// What it got.
    pub state: FieldState,
    /// What its writer left outside in its place: the same, something that says nothing, or `None`.
    pub left_outside: Option<String>,
    /// What stands outside in its place now.
    pub outside: Option<String>,
}

impl ProtectedField {
    /// Its writer kept it from everybody on the way.
    pub fn is_hidden(&self) -> bool {
        matches!(self.state, FieldState::EncryptedOnly | FieldState::SignedAndEncrypted)
    }
}

/// The protected fields of a message.
#[derive(Debug, Clone)]
pub struct HeaderProtection {
    /// By which custom.
    pub scheme: Scheme,
    /// In the order in which they stand.
    pub fields: Vec<ProtectedField>,
    /// The protected senders.
    pub from: Vec<Mailbox>,
    /// Fields that a person sees and that say something else outside than their writer left there.
    pub changed: Vec<&'static str>,
    /// Fields that a person sees and that somebody on the way added outside.
    pub added: Vec<&'static str>,
    /// The senders outside, when they are other addresses than inside (RFC 9788 section 4.4.1).
    pub other_from: Option<Vec<Mailbox>>,
}

/// What surrounds a content.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The header outside of every layer.
    pub outer: Option<&'a Headers>,
    /// There is an encryption around it.
    pub encrypted: bool,
    /// There is a valid signature around it, over all of it.
    pub signed: bool,
}

/// Fields that a person sees (RFC 9787 section 1.1.2).
const USER_FACING: [&str; 7] = ["From", "To", "Cc", "Reply-To", "Sender", "Date", "Subject"];

impl HeaderProtection {
    /// Compares the fields in `inner`, which are protected by `scheme`, with what stands outside.
    pub fn of(scheme: Scheme, inner: &Headers, around: Surroundings<'_>) -> Self {
        let nothing = Headers::default();
        let outer = around.outer.unwrap_or(&nothing);
        let recorded = scheme.records_outside().then(|| recorded_outside(inner));
        let seen = Index::of(outer.iter());
        let left = recorded.as_ref().map(|recorded| Index::of(recorded.iter()));
        let hides = around.encrypted && scheme != Scheme::Clear;
        let field = |(name, value): (&str, &str)| {
            let outside = seen.get(name, value);
            let left_outside = match (&left, hides) {
                (Some(left), _) => left.get(name, value),
                // Nobody wrote down what was left there: what stands there now has to do.
                (None, true) => outside.clone(),
                (None, false) => Some(value.to_owned()),
            };
            let hidden = hides && left_outside.as_deref() != Some(value);
            let state = FieldState::of(hidden, around.signed);
            ProtectedField { name: name.to_owned(), value: value.to_owned(), state, left_outside, outside }
        };
        let fields = inner.iter().filter(|(name, _)| !is_structural(name)).map(field).collect();
        let comparison = Comparison { scheme, inner, outer, recorded: recorded.as_ref(), hides };
        let of_kind = |wanted| {
            let here = USER_FACING.into_iter().filter(move |name| comparison.compare(name) == wanted);
            here.collect::<Vec<_>>()
        };
        let (changed, added) = (of_kind(Outside::Changed), of_kind(Outside::Added));
        let other_from = changed.contains(&"From").then(|| outer.mailboxes("From"));
        Self { scheme, fields, from: inner.mailboxes("From"), changed, added, other_from }
    }

    /// The fields that were hidden from everybody on the way, by name.
    pub fn hidden(&self) -> impl Iterator<Item = &ProtectedField> {
        self.fields.iter().filter(|field| field.is_hidden())
    }

    /// Is there a protected field of this name?
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Is there a protected field of this name that says the same for people?
    fn says(&self, name: &str, text: &str) -> bool {
        let mut named = self.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        named.any(|field| says_the_same(name, &field.value, text))
    }
}

/// The value of a field and the text that stands for it: the same words, or the same people.
fn says_the_same(name: &str, value: &str, text: &str) -> bool {
    let words = |text: &str| {
        let plain = header::decoded(text).replace('"', "");
        plain.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let people = |text: &str| {
        let field = Headers::parse(format!("{name}: {text}\r\n").as_bytes());
        field.mailboxes(name).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    words(value) == words(text) || {
        let people_in_text = people(text);
        !people_in_text.is_empty() && text.contains('@') && people(value) == people_in_text
    }
}

/// A field that says how its entity is built, or what was left outside: none that a message is headed by.
pub fn is_structural(name: &str) -> bool {
    let starts_with =
        |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    starts_with("Content-")
        || name.eq_ignore_ascii_case("MIME-Version")
        || name.eq_ignore_ascii_case("HP-Outer")
}

/// What the `HP-Outer` fields say (RFC 9788 section 2.2: a field's name, a colon and its value).
fn recorded_outside(inner: &Headers) -> Headers {
    let recorded = inner.iter().filter(|(name, _)| name.eq_ignore_ascii_case("HP-Outer"));
    let mut section = String::new();
    for (_, field) in recorded {
        if field.split_once(':').is_some_and(|(name, _)| !is_structural(name.trim())) {
            section.extend(field.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }));
            section.push_str("\r\n");
        }
    }
    Headers::parse(section.as_bytes())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    AsLeft,
    Changed,
    Added,
}

#[derive(Clone, Copy)]
struct Comparison<'a> {
    scheme: Scheme,
    inner: &'a Headers,
    outer: &'a Headers,
    recorded: Option<&'a Headers>,
    hides: bool,
}

impl Comparison<'_> {
    fn compare(self, name: &str) -> Outside {
        let Self { scheme, inner, outer, recorded, hides } = self;
        if outer.count(name) == 0 || scheme == Scheme::Inside {
            return Outside::AsLeft;
        }
        if inner.count(name) == 0 {
            // Without a sender inside, the one outside is all there is.
            let added = scheme.is_complete() && name != "From";
            return if added { Outside::Added } else { Outside::AsLeft };
        }
        let as_left = match recorded {
            // No policy changes the sender's address (RFC 9788 section 3.1.1).
            Some(recorded) if name != "From" => same(name, outer, recorded),
            // Whoever hides a subject without saying so writes what he likes in its place.
            Some(_) | None => hides && name == "Subject",
        };
        if as_left || same(name, outer, inner) { Outside::AsLeft } else { Outside::Changed }
    }
}

/// Whether a field means the same in both, however it is written.
fn same(name: &str, one: &Headers, other: &Headers) -> bool {
    match name {
        "Subject" => one.text(name) == other.text(name),
        "Date" => one.date() == other.date(),
        _ => addresses(one, name) == addresses(other, name),
    }
}

/// Without regard to case on either side of the `@` (RFC 9788 section 4.4.5) and to order.
fn addresses(headers: &Headers, name: &str) -> Vec<String> {
    let mailboxes = headers.mailboxes(name);
    let mut addresses: Vec<_> = mailboxes.iter().map(|m| m.address.as_str().to_lowercase()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests;
