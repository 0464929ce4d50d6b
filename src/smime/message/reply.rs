//! The header fields of an answer.
//!
//! They are taken from the protected fields of the message that is answered and from nothing else: whoever adds himself
//! outside is not answered (RFC 9788 section 4.4.4). Nothing of its text is quoted.

use super::header_protection::confidences::Confidences;
use super::open::Opened;
use crate::smime::Address;
use crate::smime::mime::Headers;
use crate::smime::mime::header::Mailbox;

/// Identifiers in References; of more, the first and the last count (RFC 5537 section 3.4.4).
const REFERENCES: usize = 50;

/// What an answer takes over.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Whom it goes to.
    pub to: Vec<Mailbox>,
    /// "Re: …".
    pub subject: Option<String>,
    /// Where it belongs.
    pub thread: Thread,
    /// What may not stand outside of it.
    pub confidences: Confidences,
}

/// Where a message belongs in a conversation (RFC 5322 section 3.6.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thread {
    /// The message that is answered: `<id@domain>`.
    pub in_reply_to: Option<String>,
    /// It and those before it, oldest first.
    pub references: Vec<String>,
}

/// The answer to an opened message. `is_own`: one's own addresses; an answer to a message of one's own goes to those that
/// it went to. When it will not be `sealed`, a subject that was hidden is not repeated.
pub fn reply(opened: &Opened, is_own: &dyn Fn(&Address) -> bool, sealed: bool) -> Reply {
    let headers = &opened.headers;
    let protection = opened.protection.as_ref();
    let confidences = protection.map(Confidences::of).unwrap_or_default();
    // The sender that was protected, even where another one is shown for want of a signature.
    let from = match protection {
        Some(protection) if !protection.from.is_empty() => &protection.from,
        Some(_) | None => &headers.from,
    };
    // Beside protected fields nothing counts that stands outside.
    let counts = |name| protection.is_none_or(|protection| protection.has(name));
    let elsewhere = Some(&headers.reply_to).filter(|mailboxes| !mailboxes.is_empty() && counts("Reply-To"));
    let sender = elsewhere.unwrap_or(from);
    let all_own = |mailboxes: &[Mailbox]| mailboxes.iter().all(|mailbox| is_own(&mailbox.address));
    let to = if all_own(from) && !headers.to.is_empty() && counts("To") { &headers.to } else { sender };

    let hidden = protection
        .and_then(|protection| protection.hidden().find(|field| field.name.eq_ignore_ascii_case("Subject")));
    let subject = match hidden.filter(|_| !sealed) {
        Some(hidden) => hidden.left_outside.as_deref().and_then(decoded),
        None => headers.subject.clone(),
    };
    let mut references = headers.references.clone();
    references.extend(headers.message_id.clone());
    if references.len() > REFERENCES {
        references.drain(1..=references.len() - REFERENCES);
    }
    Reply {
        to: to.clone(),
        subject: subject.map(|subject| answered(&subject)),
        thread: Thread { in_reply_to: headers.message_id.clone(), references },
        confidences,
    }
}

/// The text of a raw subject.
fn decoded(raw: &str) -> Option<String> {
    Headers::parse(format!("Subject: {}\r\n", raw.replace(['\r', '\n'], " ")).as_bytes()).text("Subject")
}

/// `Re: subject`, and not twice.
fn answered(subject: &str) -> String {
    let answers = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if answers { subject.to_owned() } else { format!("Re: {subject}") }
}
