//! The reader's sentences.

use jiff::Timestamp;

use crate::app::action::Ask;
use waxseal::problem::Problem;
use waxseal::smime::Address;
use waxseal::smime::message::verdict::Tier;

pub(crate) const EMPTY_LIST: &str = "No messages yet. What you open stays here, sealed, until you remove it.";
pub(crate) const DROP_HERE: &str = "Drop a sealed message here";
pub(crate) const OR_OPEN: &str = "or open a file: .p7m, .eml, .p7s and what else carries sealed mail.";
pub(crate) const OPEN: &str = "Open…";
pub(crate) const OPEN_TITLE: &str = "Open a message, certificate or key";
pub(crate) const OPENING: &str = "Opening…";
pub(crate) const SEARCH: &str = "Search";
pub(crate) const NO_SUBJECT: &str = "No subject";
pub(crate) const CLOSED_SUBJECT: &str = "Sealed message";
pub(crate) const TODAY: &str = "Today";
pub(crate) const THIS_WEEK: &str = "This week";
pub(crate) const EARLIER: &str = "Earlier";
pub(crate) const REPLY: &str = "Reply sealed";
pub(crate) const SAVE: &str = "Save…";
pub(crate) const SAVE_TITLE: &str = "Save the attachment";
pub(crate) const OPEN_ATTACHED: &str = "Open";
pub(crate) const WHY: &str = "Show me why";
pub(crate) const WHY_SHORT: &str = "Why";
pub(crate) const HIDE_WHY: &str = "Hide";
pub(crate) const TO_LIFT: &str = "To lift it:";
pub(crate) const COMPARE: &str = "Compare…";
pub(crate) const PROGRAM: &str = "A program. Opening it runs it.";
pub(crate) const NOT_PROVED: &str = "Sender not proved";
pub(crate) const IMPORT_KEY: &str = "Import key…";
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const CHOOSE_ANOTHER: &str = "Choose another…";
pub(crate) const REMOVE: &str = "Remove from the list";
pub(crate) const TAKE_CERTIFICATE: &str = "Keep certificate";
pub(crate) const PREVIOUS: &str = "Previous part";
pub(crate) const NEXT: &str = "Next part";
pub(crate) const NO_TEXT: &str = "There is no text in this message.";
pub(crate) const NOT_JUDGED: &str = "Not judged";

pub(crate) const DAMAGED: &str = "What was kept here is damaged";
pub(crate) const NOT_KEPT: &str = "This message is not kept in the list";

pub(crate) const LAYERS: &str = "Layers";
pub(crate) const ENCRYPTION: &str = "Encryption";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const RECIPIENTS: &str = "Sealed for";
pub(crate) const SIGNER: &str = "Signed by";
pub(crate) const FINGERPRINT: &str = "Fingerprint";
pub(crate) const DIGEST: &str = "Digest";
pub(crate) const SIGNED_AT: &str = "Signed at";
pub(crate) const TRUST: &str = "Trust";

pub(crate) fn part(which: usize, of: usize) -> String {
    format!("Part {which} of {of}")
}

pub(crate) fn claims(name: &str) -> String {
    format!("Claims to be {name}")
}

pub(crate) fn to(names: &str) -> String {
    format!("to {names}")
}

pub(crate) fn newcomer(who: &str) -> (String, String) {
    (
        format!("{who} is not among your contacts"),
        "Their certificate came with this message. Keep it, and you can answer sealed.".to_owned(),
    )
}

pub(crate) fn too_large_inside() -> Problem {
    Problem::new(
        "This message inside a message cannot be shown here.",
        "It is larger than 64 MB.",
        "Save it, then open the saved file.",
    )
}

pub(crate) const KEY_FILES: &str = "Keys";

pub(crate) fn saved_as(name: &str) -> String {
    format!("Saved as {name}")
}

pub(crate) fn certificate_kept(address: &Address) -> String {
    format!("The certificate of {address} was kept")
}

pub(crate) fn nobody_in_certificate() -> Problem {
    Problem::new(
        "This certificate was not kept.",
        "It names no address.",
        "Ask the sender for a certificate with their address in it.",
    )
}

pub(crate) fn remove<M>(then: M) -> Ask<M> {
    Ask::Confirm {
        title: "Remove this message?".to_owned(),
        body: vec!["It is taken off the list here. The file that it came from stays where it is.".to_owned()],
        safe: "Keep it".to_owned(),
        act: "Remove".to_owned(),
        danger: true,
        then,
    }
}

/// The words of somebody else, below the room for an answer.
pub(crate) fn quoted(name: &str, date: Option<Timestamp>, text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| format!("> {line}\n")).collect::<String>();
    let when = date.map(|date| format!(" on {}", crate::app::words::date(date))).unwrap_or_default();
    format!("\n\n{name} wrote{when}:\n\n{lines}")
}

pub(crate) const PASTED: &str = "Pasted text";

pub(crate) fn open_program<M>(name: &str, then: M) -> Ask<M> {
    Ask::Confirm {
        title: "This is a program".to_owned(),
        body: vec![
            format!("{name} does something as soon as it is opened, and it can do all that you can do here."),
            "Open it only if you asked for it and have spoken with the sender about it.".to_owned(),
        ],
        safe: "Do not open it".to_owned(),
        act: "Open it".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn explain_opening<M>(then: M) -> Ask<M> {
    Ask::Confirm {
        title: "Opening is saving".to_owned(),
        body: vec![
            "Another program can only show this file when it lies unsealed on this computer.".to_owned(),
            "Waxseal puts it into a folder that is yours alone, and removes it when the window is closed."
                .to_owned(),
        ],
        safe: "Leave it sealed".to_owned(),
        act: "Open".to_owned(),
        danger: false,
        then,
    }
}

/// "12 MB of 25 MB".
pub(crate) fn amount(done: &str, of: &str) -> String {
    format!("{done} of {of}")
}

/// "Your blood results (Probably secure)".
pub(crate) fn titled(subject: &str, tier: Option<Tier>) -> String {
    match tier {
        Some(tier) => format!("{subject} ({})", tier.title()),
        None => subject.to_owned(),
    }
}
