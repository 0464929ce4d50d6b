//! Which header fields count.

use jiff::Timestamp;

use super::Note;
use crate::smime::mime::header::Mailbox;
use crate::smime::mime::{Entity, Headers};

/// The fields of a message that a person sees.
#[derive(Debug, Clone, Default)]
pub struct MessageHeaders {
    /// Who claims to have written it; honest mail has one.
    pub from: Vec<Mailbox>,
    /// The addressees.
    pub to: Vec<Mailbox>,
    /// Those who get a copy.
    pub cc: Vec<Mailbox>,
    /// Those who get a copy that the others do not know of.
    pub bcc: Vec<Mailbox>,
    /// Where answers go, if elsewhere.
    pub reply_to: Vec<Mailbox>,
    /// The subject, decoded, in one line.
    pub subject: Option<String>,
    /// When it says that it was sent.
    pub date: Option<Timestamp>,
    /// They stood inside the layers.
    pub protected: bool,
}

impl MessageHeaders {
    fn read(headers: &Headers, protected: bool) -> Self {
        Self {
            from: headers.mailboxes("From"),
            to: headers.mailboxes("To"),
            cc: headers.mailboxes("Cc"),
            bcc: headers.mailboxes("Bcc"),
            reply_to: headers.mailboxes("Reply-To"),
            subject: headers.text("Subject"),
            date: headers.date(),
            protected,
        }
    }
}

/// The fields that count and the entity that they head.
pub(super) struct Chosen<'a> {
    pub(super) headers: MessageHeaders,
    pub(super) has_from: bool,
    pub(super) from_fields: usize,
    /// The entity to show, if it is another than the root.
    pub(super) entity: Option<&'a Entity>,
    pub(super) note: Option<Note>,
}

/// Chooses between the header outside and the one `inside` the layers: the inner one counts when it says that it is
/// protected (RFC 9788 section 2.1.1, `hp`; its forerunner `protected-headers`), when a whole message is wrapped
/// (RFC 8551 section 3.1), and when there is no other.
pub(super) fn choose<'a>(outer: Option<&Headers>, entity: Option<&'a Entity>, inside: bool) -> Chosen<'a> {
    let none = Headers::default();
    let protected = entity.filter(|_| inside).and_then(|root| protected_root(root, outer));
    let headers = match protected {
        Some(entity) => &entity.headers,
        None => outer.unwrap_or(&none),
    };
    let mut read = MessageHeaders::read(headers, protected.is_some());
    let mut from_fields = headers.count("From");
    let outer_from = outer.map(|outer| outer.mailboxes("From")).unwrap_or_default();
    if let (0, Some(outer)) = (from_fields, outer) {
        // Leaving From out inside does not take back the one outside, which every other program shows.
        read.from.clone_from(&outer_from);
        from_fields = outer.count("From");
    }
    let differs = protected.is_some()
        && !outer_from.is_empty()
        && outer_from.first().map(|mailbox| &mailbox.address)
            != read.from.first().map(|mailbox| &mailbox.address);
    Chosen {
        has_from: from_fields > 0,
        from_fields,
        headers: read,
        entity: protected,
        note: differs.then_some(Note::OuterFromDiffers),
    }
}

fn protected_root<'a>(root: &'a Entity, outer: Option<&Headers>) -> Option<&'a Entity> {
    let says_so = root.headers.content_type().is_some_and(|field| {
        field.parameter("hp").is_some_and(|hp| matches!(hp, "cipher" | "clear"))
            || field.parameter("protected-headers") == Some("v1")
    });
    if says_so {
        return Some(root);
    }
    if root.content_type == "message/rfc822"
        && let Some(wrapped) = root.parts.first()
    {
        return Some(wrapped);
    }
    let without_outer = outer.is_none_or(|outer| outer.count("From") == 0);
    (without_outer && root.headers.count("From") > 0).then_some(root)
}
