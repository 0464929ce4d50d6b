//! The sentences of settings and identities.

use jiff::Timestamp;

use crate::app::action::{Ask, Pick, Then};
use crate::app::words;
use waxseal::desk::import::ImportedKey;
use waxseal::problem::Problem;
use waxseal::smime::secret::Passphrase;
use waxseal::store::identities::Added;
use waxseal::store::vault::VaultKind;

pub(crate) const KEY_FILES: &str = "Keys and certificates";
pub(crate) const IMPORT_TITLE: &str = "Import your key";

pub(crate) fn password_of<M>(file: &str, then: Then<Passphrase, M>) -> Ask<M> {
    Ask::Passphrase {
        title: "The password of this file".to_owned(),
        reason: format!("{file} is protected by the password that it was saved with."),
        new: false,
        act: "Import".to_owned(),
        then,
    }
}

/// The passphrase of the key files; `new`: there are none yet.
pub(crate) fn unlock<M>(new: bool, then: Then<Passphrase, M>) -> Ask<M> {
    let (title, reason) = if new {
        (
            "A passphrase for your keys",
            "Your keys are kept in files that only this passphrase opens. Nobody can bring it back if you forget it: write it down and keep it where you keep other important papers.",
        )
    } else {
        (
            "Unlock your keys",
            "Your keys are kept in files under your passphrase. It is forgotten when the window closes.",
        )
    };
    Ask::Passphrase {
        title: title.to_owned(),
        reason: reason.to_owned(),
        new,
        act: if new { "Use this passphrase" } else { "Unlock" }.to_owned(),
        then,
    }
}

pub(crate) fn authority_kept(name: &str) -> String {
    format!("The authority {name} is kept to complete paths. It is not believed.")
}

/// What became of a key in a file.
pub(crate) fn key_taken(key: &ImportedKey) -> String {
    let name = key.certificate.display_name();
    let what = match (key.added, key.reading_only) {
        (Added::AlreadyThere, _) => "was here already; nothing changed",
        (Added::New | Added::Merged, true) => "is kept for reading old mail",
        (Added::New, false) => "is yours now",
        (Added::Merged, false) => "was added to your identity",
    };
    format!("The key of {name} {what}.")
}

pub(crate) const IDENTITIES: &str = "Identities";
pub(crate) const APPEARANCE: &str = "Appearance";
pub(crate) const WRITING: &str = "Writing";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const AUTHORITIES: &str = "Authorities";
pub(crate) const ABOUT: &str = "About Waxseal";

pub(crate) const IMPORT: &str = "Import…";
pub(crate) const NEW: &str = "New identity";
pub(crate) const NO_IDENTITY: &str =
    "You have no key yet. Make one with “New identity”, or import the .p12 file of one that you have.";
pub(crate) const TAKEN: &str = "Your key was taken over";
pub(crate) const TAKEN_FOR_READING: &str = "This key is for reading old mail only";
pub(crate) const ONLY_HERE: &str = "Your keys exist only on this computer";
pub(crate) const ONLY_HERE_WHY: &str = "If it breaks or is stolen, every note sealed for you stays closed for ever. One file and a password prevent that.";
pub(crate) const DEFAULT: &str = "Default";
pub(crate) const UNTIL: &str = "Good until";
pub(crate) const KEY: &str = "Key";
pub(crate) const FINGERPRINT: &str = "Fingerprint";
pub(crate) const GIVE: &str = "Give certificate…";
pub(crate) const BACK_UP: &str = "Back up…";
pub(crate) const CERTIFICATE: &str = "Save certificate…";
pub(crate) const DELETE: &str = "Delete…";
pub(crate) const EARLIER: &str = "Earlier keys";
pub(crate) const EARLIER_WHY: &str = "Kept for reading, never used for sealing";

pub(crate) const BACK_UP_WHAT: &str = "Back up this key in a .p12 file";
pub(crate) const BACK_UP_WHY: &str = "The file holds the private half, under a password of its own. Keep it away from this computer, on a stick for example, and the password somewhere else.";
pub(crate) const MODERN: &str = "For this program and current devices";
pub(crate) const MODERN_WHY: &str = "AES-256: Waxseal, iOS 18, macOS 15, Windows 11, Thunderbird.";
pub(crate) const COMPATIBLE: &str = "For older phones and programs";
pub(crate) const COMPATIBLE_WHY: &str = "3DES, which is weaker: Android and older Apple devices. Choose a long password, and delete the file once it is installed.";
pub(crate) const CHOOSE_PASSWORD: &str = "Choose a password and save…";
pub(crate) const WRITING_BACKUP: &str = "Saving…";
pub(crate) const BACK_UP_TITLE: &str = "Save the backup of your key";
pub(crate) const CERTIFICATE_WHAT: &str = "Save your certificate in which form?";
pub(crate) const CERTIFICATE_WHY: &str =
    "Anybody may see it. .cer is read everywhere; .pem is text; .p7c brings the authorities above it along.";
pub(crate) const CER: &str = ".cer";
pub(crate) const PEM: &str = ".pem";
pub(crate) const P7C: &str = ".p7c";
pub(crate) const CERTIFICATE_TITLE: &str = "Save your certificate";
pub(crate) const DELETE_WHAT: &str = "What was sealed for this key becomes unreadable";
pub(crate) const BACK_UP_FIRST: &str = "Back up first…";
pub(crate) const DELETE_FOR_EVER: &str = "Delete for ever…";
pub(crate) const UNLOCK: &str = "Unlock…";
pub(crate) const USE_FILES: &str = "Use passphrase files…";
pub(crate) const TRY_AGAIN: &str = "Try again";

pub(crate) const THEME: &str = "Light or dark";
pub(crate) const THEME_SYSTEM: &str = "As the computer has it";
pub(crate) const THEME_SYSTEM_WHY: &str = "Follows the setting of your desktop.";
pub(crate) const THEME_LIGHT: &str = "Light";
pub(crate) const THEME_DARK: &str = "Dark";
pub(crate) const TEXT_SIZE: &str = "Text size";
pub(crate) const SMALLER: &str = "Smaller";
pub(crate) const LARGER: &str = "Larger";
pub(crate) const USUAL: &str = "Usual size";
pub(crate) const TEXT_SIZE_KEYS: &str = "Anywhere: Ctrl + and Ctrl −; Ctrl 0 for the usual size.";

pub(crate) const DEFAULT_IDENTITY: &str = "Who writes";
pub(crate) const DEFAULT_IDENTITY_WHY: &str =
    "New notes are signed by this identity. A reply comes from the address that the message was sealed for.";

pub(crate) const NEW_KEYS: &str = "New keys go into";
pub(crate) const KEYS_WHY: &str = "Keys that are here already stay where they are and go on working.";
pub(crate) const KEYRING: &str = "The keyring of this computer";
pub(crate) const KEYRING_WHY: &str = "It opens when you log in; nothing else is asked for.";
pub(crate) const FILES: &str = "Files under a passphrase";
pub(crate) const FILES_WHY: &str =
    "For computers without a keyring. The passphrase is asked for once after each start.";
pub(crate) const IN_MEMORY: &str = "Nothing is kept: everything is gone when the window closes.";
pub(crate) const CHECK: &str = "Check now";
pub(crate) const READY: &str = "The place for keys is ready";

pub(crate) const ADD: &str = "Add…";
pub(crate) const ADD_TITLE: &str = "Add an authority";
pub(crate) const AUTHORITY_FILES: &str = "Certificates of authorities";
pub(crate) const AUTHORITIES_WHY: &str = "An authority vouches for people whom you have not compared with yourself. Its word alone makes a message “Probably secure”, never more.";
pub(crate) const OWN_AUTHORITIES: &str = "Those that you chose";
pub(crate) const SYSTEM_AUTHORITIES: &str = "Those of this computer";
pub(crate) const NO_AUTHORITY: &str = "None. Two people who compare their certificates need none.";
pub(crate) const READING_AUTHORITIES: &str = "Reading…";
pub(crate) const COPY_FINGERPRINT: &str = "Copy the fingerprint";
pub(crate) const REMOVE: &str = "Remove…";

pub(crate) const VERSION: &str = "Version";
pub(crate) const LICENCE: &str = "Licence";
pub(crate) const LICENCE_WORDS: &str = "MIT or Apache 2.0, as you like";
pub(crate) const RECORDS: &str = "Your records";
pub(crate) const SHOW_FOLDER: &str = "Show in folder";
pub(crate) const PARTS_TITLE: &str = "What it is drawn with";
pub(crate) const PARTS: &[(&str, &str)] = &[
    ("Inter", "© 2020 The Inter Project Authors. SIL Open Font License 1.1."),
    ("Source Serif 4", "© 2014 The Source Serif 4 Project Authors (Adobe). SIL Open Font License 1.1."),
    (
        "Lucide icons",
        "© Lucide Icons and Contributors, ISC License; some © Cole Bemis (Feather), MIT License.",
    ),
];
pub(crate) const NO_SCREEN_READER: &str =
    "Waxseal cannot be used with a screen reader yet. Everything it does, its command line does, too.";

pub(crate) fn percent(size: u16) -> String {
    format!("{size} %")
}

pub(crate) fn ready_why(kind: VaultKind) -> &'static str {
    match kind {
        VaultKind::Keyring => "The keyring of this computer answers and takes keys.",
        VaultKind::File => "Files can be written; your passphrase opens them.",
        VaultKind::Memory => IN_MEMORY,
    }
}

/// "12 May 2028, in 12 months".
pub(crate) fn good_until(end: Timestamp, now: Timestamp) -> String {
    let days = (end.as_second() - now.as_second()) / 86_400;
    let left = match days {
        ..0 => "it has ended".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=60 => format!("in {days} days"),
        61.. => format!("in {} months", days / 30),
    };
    format!("{}, {left}", words::date(end))
}

/// "Good until 12 May 2028".
pub(crate) fn until(end: Timestamp) -> String {
    format!("{UNTIL} {}", words::date(end))
}

/// "2024 to 2026".
pub(crate) fn years(from: Timestamp, to: Timestamp) -> String {
    format!("{} to {}", words::date(from), words::date(to))
}

/// "RSA 3072: signs and opens".
pub(crate) fn key_kind(name: &str, signs: bool, opens: bool) -> String {
    let use_of = match (signs, opens) {
        (true, true) => "signs your notes and opens those sealed for you",
        (true, false) => "signs your notes",
        (false, _) => "opens notes sealed for you",
    };
    format!("{name}, {use_of}")
}

/// The first and the last of the groups of four.
pub(crate) fn short_fingerprint(fingerprint: &str) -> String {
    let upper = fingerprint.to_uppercase();
    let group = |from: usize| upper.get(from..from + 4).unwrap_or_default();
    let end = upper.len().saturating_sub(8);
    format!("{} {} {} {} … {} {}", group(0), group(4), group(8), group(12), group(end), group(end + 4))
}

pub(crate) fn wrong_password() -> Problem {
    super::welcome::wrong_password()
}

pub(crate) fn passphrase_of_files<M>(then: Then<Passphrase, M>) -> Ask<M> {
    super::welcome::passphrase_for_files(then)
}

pub(crate) fn password_of_backup<M>(then: Then<Passphrase, M>) -> Ask<M> {
    Ask::Passphrase {
        title: "A password for the backup".to_owned(),
        reason: "Whoever has the file and this password can read your mail. Without it the file is of no use to you either: write it down.".to_owned(),
        new: true,
        act: "Choose where to save…".to_owned(),
        then,
    }
}

pub(crate) fn backed_up(file: &str) -> String {
    format!("Your key is backed up in {file}.")
}

pub(crate) fn certificate_saved(file: &str) -> String {
    format!("Your certificate is in {file}.")
}

pub(crate) fn delete_why(name: &str) -> String {
    format!(
        "Every message that anybody ever sealed for {name} with this certificate can then never be opened again, here or elsewhere, unless there is a backup. Keys that have ended still open old mail."
    )
}

pub(crate) fn delete_key<M>(name: &str, then: M) -> Ask<M> {
    Ask::Confirm {
        title: "Delete this key for ever?".to_owned(),
        body: vec![
            format!(
                "The private half of {name}’s key is removed from this computer. It cannot be brought back without a backup."
            ),
            "What was sealed for it becomes unreadable.".to_owned(),
        ],
        safe: "Keep the key".to_owned(),
        act: "Delete for ever".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn key_deleted(name: &str) -> String {
    format!("The key of {name} was deleted.")
}

pub(crate) fn pick_authority() -> Pick {
    let endings = ["cer", "crt", "pem", "der", "p7b", "p7c"].as_slice();
    Pick::Open { title: ADD_TITLE, kinds: (AUTHORITY_FILES, endings), several: false }
}

pub(crate) fn authorities_added(count: usize) -> String {
    match count {
        0 => "It was among your authorities already.".to_owned(),
        1 => "The authority was added.".to_owned(),
        _ => format!("{count} authorities were added."),
    }
}

pub(crate) fn remove_authority<M>(name: &str, then: M) -> Ask<M> {
    Ask::Confirm {
        title: format!("Remove {name}?"),
        body: vec!["Messages for which this authority alone vouches will not be “Probably secure” any more. Nothing that you compared changes.".to_owned()],
        safe: "Keep it".to_owned(),
        act: "Remove".to_owned(),
        danger: false,
        then,
    }
}

pub(crate) fn authority_removed(name: &str) -> String {
    format!("{name} was removed.")
}

pub(crate) fn offered(count: usize, source: Option<&str>) -> String {
    match (count, source) {
        (0, _) => "This computer brings none for mail.".to_owned(),
        (_, Some(source)) => format!("This computer brings {count} that may vouch for mail, in {source}."),
        (_, None) => format!("This computer brings {count} that may vouch for mail."),
    }
}

pub(crate) const REMIND: &str = "Back up your key";
pub(crate) const REMIND_WHY: &str =
    "It exists only on this computer. If that breaks, every note sealed for you stays closed for ever.";
