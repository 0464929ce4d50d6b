//! The sentences of the first start.

use crate::app::action::{Ask, Then};
use waxseal::problem::Problem;
use waxseal::smime::secret::Passphrase;
use waxseal::store::vault::VaultKind;

pub(crate) const STEPS: [&str; 3] = ["1 You", "2 Your key", "3 Your spouse"];

pub(crate) const WHO: &str = "Welcome. Who are you?";
pub(crate) const WHO_ANOTHER: &str = "Another identity";
pub(crate) const WHO_WHY: &str = "Waxseal seals mail so that only you and the one you write to can read it. Your name and your mail address stand in your certificate, which others will see.";
pub(crate) const NAME: &str = "Your name";
pub(crate) const NAME_EXAMPLE: &str = "Sam Alder";
pub(crate) const ADDRESS: &str = "Your mail address";
pub(crate) const ADDRESS_EXAMPLE: &str = "sam@alder.example";
pub(crate) const ADDRESS_HINT: &str = "The address that you send your sealed mail from.";
pub(crate) const NAME_MISSING: &str = "A name is needed.";
pub(crate) const NAME_LONG: &str = "A certificate holds names of up to 64 characters.";
pub(crate) const ADDRESS_MISSING: &str = "A mail address is needed.";
pub(crate) const ADDRESS_WRONG: &str = "This is no mail address. It looks like name@example.org.";
pub(crate) const ADDRESS_OWN: &str = "You have a key for this address already.";
pub(crate) const NOT_NOW: &str = "Not now, look around first";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const CONTINUE: &str = "Continue";
pub(crate) const BACK: &str = "Back";
pub(crate) const NOTHING_LEAVES: &str = "Nothing leaves this computer in this step";

pub(crate) const KEY_WHY: &str = "A key has two halves. The private half opens mail that is sealed for you and stays on this computer. The public half is your certificate: you give it to your spouse in the next step.";
pub(crate) const MAKE: &str = "Make a new key here";
pub(crate) const RECOMMENDED: &str = "Recommended";
pub(crate) const MAKE_WHY: &str = "Takes a few seconds and costs nothing. It is good for two years, and every phone and mail program can use it.";
pub(crate) const HAVE_ONE: &str = "I already have one";
pub(crate) const HAVE_ONE_WHY: &str = "Import a .p12 or .pfx file from another program, from your phone or from your employer. You need its password.";
pub(crate) const OR_DROP: &str = "Or drop it anywhere in this window.";
pub(crate) const ROW_NAME: &str = "Name";
pub(crate) const ROW_ADDRESS: &str = "Address";
pub(crate) const ROW_KEPT: &str = "Kept in";
pub(crate) const MAKE_BUTTON: &str = "Make my key";
pub(crate) const CHOOSE_FILE: &str = "Choose a file…";
pub(crate) const CHOOSE_ANOTHER: &str = "Choose another…";
pub(crate) const IMPORTING: &str = "Reading the file…";
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const USE_FILES: &str = "Use passphrase files…";
pub(crate) const UNLOCK: &str = "Unlock…";

pub(crate) const GIVE: &str = "Give your certificate to your spouse";
pub(crate) const GIVE_LATER: &str = "Give your certificate to others";
pub(crate) const GIVE_WHY: &str = "It is not a secret: anybody may see it. Your spouse needs it to write to you, and you will need theirs. Choose what suits the device they read mail on.";
pub(crate) const FILE: &str = "Certificate file (.cer)";
pub(crate) const FILE_WHY: &str =
    "For somebody who has a key already, in Waxseal, Thunderbird, Outlook or on a phone.";
pub(crate) const SAVE: &str = "Save…";
pub(crate) const SAVE_TITLE: &str = "Save your certificate";
pub(crate) const PHONE: &str = "A key for their phone (.p12)";
pub(crate) const PHONE_WHY: &str =
    "For somebody who has no key yet: make one here and install it on their phone or computer.";
pub(crate) const PHONE_START: &str = "Make…";
pub(crate) const PHONE_NAME: &str = "Their name";
pub(crate) const PHONE_ADDRESS: &str = "Their mail address";
pub(crate) const PHONE_ADDRESS_EXAMPLE: &str = "robin@alder.example";
pub(crate) const PHONE_NAME_EXAMPLE: &str = "Robin Alder";
pub(crate) const KEEP: &str = "Keep the private half here, too";
pub(crate) const KEEP_WHY: &str = "You could then read what others write to them. Without it, only the file holds it: delete the file once it is installed.";
pub(crate) const PHONE_MAKE: &str = "Choose a password and save…";
pub(crate) const PHONE_MAKING: &str = "Making their key… This takes a few seconds.";
pub(crate) const SAVE_PHONE_TITLE: &str = "Save the key for their phone";
pub(crate) const FINGERPRINT: &str = "Your fingerprint";
pub(crate) const COPY_FINGERPRINT: &str = "Copy all of it";
pub(crate) const LATER: &str = "You find all of this later under Settings, Identities";
pub(crate) const LATER_BUTTON: &str = "Later, open Waxseal";
pub(crate) const OPEN_BUTTON: &str = "Open Waxseal";
pub(crate) const DONE: &str = "Done";
pub(crate) const TAKEN: &str = "Your key was taken over";

/// "Your key, Sam".
pub(crate) fn your_key(name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or_default();
    if first.is_empty() { "Your key".to_owned() } else { format!("Your key, {first}") }
}

/// Where a new key will be.
pub(crate) fn kept_in(vault: VaultKind) -> &'static str {
    match vault {
        VaultKind::Keyring => "this computer’s keyring",
        VaultKind::File => "files under your passphrase",
        VaultKind::Memory => "memory, until the window closes",
    }
}

/// So long does it take.
pub(crate) fn making(seconds: u32) -> String {
    match seconds {
        0 => "Making your key…".to_owned(),
        1 => "Making your key… 1 second so far.".to_owned(),
        _ => format!("Making your key… {seconds} seconds so far; it may take up to a minute."),
    }
}

pub(crate) fn saved_as(name: &str) -> String {
    format!("Saved as {name}. Give it to them in person or by mail.")
}

pub(crate) fn phone_made(name: &str, file: &str) -> String {
    format!(
        "The key of {name} is in {file}. Bring it to their device, install it with its password, then delete the file."
    )
}

/// The first and the last digits are compared.
pub(crate) fn both_begin(fingerprint: &str) -> (String, String) {
    let upper = fingerprint.to_uppercase();
    let part = |range: std::ops::Range<usize>| upper.get(range).unwrap_or_default().to_owned();
    let end = upper.len();
    let pair = |from: usize| format!("{} {}", part(from..from + 4), part(from + 4..from + 8));
    (pair(0), pair(end.saturating_sub(8)))
}

pub(crate) const COMPARE_HINT: &str =
    "Your spouse looks at your certificate on their device, or scans this. Both show the same: it begins";
pub(crate) const AND_ENDS: &str = "and ends";

pub(crate) fn passphrase_for_files<M>(then: Then<Passphrase, M>) -> Ask<M> {
    Ask::Passphrase {
        title: "A passphrase for your keys".to_owned(),
        reason: "Your keys will be kept in files that only this passphrase opens. Nobody can bring it back if you forget it: write it down and keep it where you keep other important papers.".to_owned(),
        new: true,
        act: "Use passphrase files".to_owned(),
        then,
    }
}

pub(crate) fn password_for_phone<M>(name: &str, then: Then<Passphrase, M>) -> Ask<M> {
    Ask::Passphrase {
        title: format!("A password for {name}’s key"),
        reason: "It is asked for once, when the key is installed on the phone. Tell it in person, not by mail, and keep it apart from the file.".to_owned(),
        new: true,
        act: "Choose where to save…".to_owned(),
        then,
    }
}

pub(crate) fn wrong_password() -> Problem {
    Problem::new(
        "The password does not fit.",
        "It is not the one this file was saved with. Capital letters count.",
        "",
    )
}

/// A key was taken, but nobody can seal to it.
pub(crate) fn reading_only(taken: &[String]) -> Problem {
    Problem::new(
        "This key is for reading old mail only.",
        taken.join(" "),
        "Make a new key, or import a newer one.",
    )
}
