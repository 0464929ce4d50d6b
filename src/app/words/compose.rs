//! The sentences of the pane that writes.

use std::path::Path;

use jiff::Timestamp;

use crate::app::action::Ask;
use waxseal::desk::file::size;
use waxseal::problem::Problem;
use waxseal::smime::Address;

pub(crate) const TITLE: &str = "New note";
pub(crate) const FROM: &str = "From";
pub(crate) const TO: &str = "To";
pub(crate) const CC: &str = "Cc";
pub(crate) const BCC: &str = "Bcc";
pub(crate) const SUBJECT: &str = "Subject";
pub(crate) const TO_HINT: &str = "Name or address";
pub(crate) const SUBJECT_HINT: &str = "Sealed with the note";
pub(crate) const BODY_HINT: &str = "Write here. Nobody but the people above can read it.";
pub(crate) const NO_SENDER: &str = "No address of yours has a key yet";
pub(crate) const ALL_DRAFTS: &str = "All drafts";
pub(crate) const DISCARD: &str = "Discard this draft";
pub(crate) const REMOVE_DRAFT: &str = "Remove this draft";
pub(crate) const REMOVE: &str = "Remove";
pub(crate) const ATTACH: &str = "Attach…";
pub(crate) const ATTACH_TITLE: &str = "Attach files";
pub(crate) const OR_DROP: &str = "or drop files here";
pub(crate) const REMOVE_FILE: &str = "Take it off";

pub(crate) const NO_DRAFTS: &str = "No drafts";
pub(crate) const NO_DRAFTS_WHY: &str = "What you write is kept sealed as you type.";
pub(crate) const DAMAGED: &str = "This draft is damaged";
pub(crate) const NO_SUBJECT: &str = "No subject";
pub(crate) const NOBODY: &str = "To nobody yet";
pub(crate) const KEEPING: &str = "Keeping the draft…";
pub(crate) const NOT_KEPT: &str = "The draft is not kept";

pub(crate) const WHEN_IT_LEAVES: &str = "When it leaves";
pub(crate) const CANNOT: &str = "Cannot be sealed yet";
pub(crate) const LOOKING: &str = "Looking at the certificates…";
pub(crate) const SAY_TO_WHOM: &str = "Say to whom it goes.";
pub(crate) const WITHOUT: &str = "To the others alone";
pub(crate) const OUTSIDE: &str = "What the outside sees";
pub(crate) const OUTSIDE_WHAT: &str =
    "From, To, the date and the size. The subject is sealed; outside it shows as “[...]”.";
pub(crate) const OUTSIDE_BCC: &str = "Nobody but you sees who is in Bcc: they get copies of their own.";
pub(crate) const TOO_LARGE: &str = "Too large for most mailboxes";

pub(crate) const IMPORT: &str = "Import…";
pub(crate) const IMPORT_TITLE: &str = "Import a certificate or a signed mail";
pub(crate) const ASK_FOR_IT: &str = "Ask for it";
pub(crate) const ASK_FOR_NEW: &str = "Ask for a new one";
pub(crate) const COMPARE: &str = "Compare…";
pub(crate) const ALL_THE_SAME: &str = "Seal all the same…";

pub(crate) const SEAL: &str = "Seal and save…";
pub(crate) const SAVE_TITLE: &str = "Save the sealed note";
pub(crate) const AS_P7M: &str = "Save as .p7m…";
pub(crate) const COPY: &str = "Copy sealed";
pub(crate) const SEALING: &str = "Sealing";
pub(crate) const MEANWHILE: &str = "You can read other messages meanwhile.";
pub(crate) const NAMELESS: &str = "Sealed note";

pub(crate) const SEALED: &str = "Sealed and saved";
pub(crate) const SEALED_WHY: &str =
    "Give the file to its reader as you like: attached to a mail, on a stick or in a shared folder.";
pub(crate) const SHOW_IN_FOLDER: &str = "Show in folder";
pub(crate) const WRITE_ANOTHER: &str = "Write another note";
pub(crate) const LEFT: &str = "It is sealed and saved, but";
pub(crate) const COPIED_TEXT: &str = "The sealed note was copied. The draft stays.";

pub(crate) const ELSEWHERE: &str = "Save elsewhere…";
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const UNLOCK: &str = "Unlock…";
pub(crate) const TAKE_OFF: &str = "Take it off";

pub(crate) const NO_CERTIFICATE: &str =
    "A note goes sealed to everybody or not at all. Import a certificate, or ask for one.";

pub(crate) fn kept_at(time: Timestamp) -> String {
    format!("Draft kept sealed, {}", super::local(time).strftime("%H:%M"))
}

pub(crate) fn expired(date: &str) -> String {
    format!("The certificate ended on {date}.")
}

pub(crate) fn files(total: u64, most: u64) -> String {
    format!("{OR_DROP}. {} of about {}", size(total), size(most))
}

pub(crate) fn once_sealed(octets: u64) -> String {
    format!(
        "{} once sealed. It is saved as a file that you can hand over on a stick or in a shared folder.",
        size(octets)
    )
}

pub(crate) fn kind_and_size(name: &str, octets: Option<u64>) -> String {
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_uppercase());
    let parts = [ending.filter(|ending| ending.len() <= 5), octets.map(size)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(crate) const STOPPING: &str = "It ends in a moment. Nothing is written.";

/// "566 MiB of 1.2 GiB, about 9 seconds left. Nothing has left this computer."
pub(crate) fn amount(octets: u64, fraction: Option<f32>, left: Option<std::time::Duration>) -> String {
    let far = match fraction {
        Some(fraction) => format!("{} of {}", size((octets as f32 * fraction) as u64), size(octets)),
        None => size(octets),
    };
    let left = match left.map(|left| left.as_secs()) {
        None => String::new(),
        Some(0..=1) => ", a second left".to_owned(),
        Some(seconds @ 2..=90) => format!(", about {seconds} seconds left"),
        Some(seconds) => format!(", about {} minutes left", seconds.div_ceil(60)),
    };
    format!("{far}{left}. Nothing has left this computer.")
}

pub(crate) fn chip_changed(name: &str) -> String {
    format!("{name}: changed")
}

pub(crate) fn chip_expired(name: &str) -> String {
    format!("{name}: expired")
}

pub(crate) fn no_address(typed: &str) -> String {
    format!("“{}” is not an address yet.", typed.trim())
}

pub(crate) fn waits_for(names: &[&str]) -> String {
    format!("Sealing waits for {}.", names.join(", "))
}

pub(crate) fn waits_for_file(name: &str) -> String {
    format!("Sealing waits for {name}.")
}

pub(crate) fn readable_by(names: &[String]) -> String {
    format!("For you and {}", names.join(", "))
}

pub(crate) fn blind(names: &[String]) -> String {
    format!("The blind copy for {}", names.join(", "))
}

pub(crate) fn to_names(names: &str) -> String {
    format!("To {names}")
}

pub(crate) fn no_key(from: &Address) -> Problem {
    Problem::new(
        format!("No key of {from} can seal now."),
        "Its certificate has ended, or there is none.",
        "Make or import a new one in the settings.",
    )
}

pub(crate) fn disk_full(folder: &Path) -> Problem {
    Problem::new(
        "The note was not saved.",
        format!("The disk with {} is full. The draft is safe.", folder.display()),
        "",
    )
}

pub(crate) fn read_only(folder: &Path) -> Problem {
    Problem::new(
        "The note was not saved.",
        format!(
            "{} cannot be written to: it belongs to another user or is read-only. The draft is safe.",
            folder.display()
        ),
        "",
    )
}

pub(crate) fn not_saved(why: &Problem) -> Problem {
    Problem::new("The note was not saved.", format!("{} {} The draft is safe.", why.summary, why.cause), "")
}

pub(crate) fn over_input() -> Problem {
    Problem::new(
        "The note was not saved.",
        "It would have replaced a file that goes along with it. The draft is safe.",
        "",
    )
}

pub(crate) fn file_lost(why: &Problem) -> Problem {
    Problem::new("The note was not sealed.", format!("{} {}", why.summary, why.cause), "")
}

pub(crate) fn discard<M>(then: M) -> Ask<M> {
    Ask::Confirm {
        title: "Discard this draft?".to_owned(),
        body: vec![
            "What you wrote is removed for good. Files that you attached stay where they are.".to_owned(),
        ],
        safe: "Keep it".to_owned(),
        act: "Discard".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn confirm_expired<M>(name: &str, address: &Address, then: M) -> Ask<M> {
    Ask::Confirm {
        title: format!("Seal to {name} all the same?"),
        body: vec![
            format!("The certificate of {address} has ended. You once checked it in person."),
            format!("{name} can read this note only with the old key, and it counts as “Probably secure”."),
            "This is for this note alone. Ask for a new certificate soon.".to_owned(),
        ],
        safe: "Wait for a new one".to_owned(),
        act: format!("Seal to {name}"),
        danger: false,
        then,
    }
}

/// For a mail, a messenger or a slip of paper.
pub(crate) fn please_send(address: &Address) -> String {
    format!(
        "Hello,\n\nI would like to write to you at {address} so that nobody on the way can read it. Please send me a \
         signed mail, or your S/MIME certificate as a file (.cer, .crt or .pem). It holds nothing secret.\n"
    )
}

pub(crate) fn imported(names: &[String]) -> String {
    match names {
        [] => "Nothing new was found in this file".to_owned(),
        names => format!("The certificate of {} was imported", names.join(", ")),
    }
}
