//! The sentences about people and their certificates.

use jiff::Timestamp;

use super::{date, local};
use crate::app::action::{Ask, Then};
use waxseal::problem::Problem;
use waxseal::smime::Address;
use waxseal::smime::policy::{Device, DeviceOrigin};
use waxseal::smime::secret::Passphrase;

pub(crate) const SEARCH: &str = "Name or address";
pub(crate) const SEARCH_KEYS: &str = "Ctrl F";
pub(crate) const IMPORT: &str = "Import";
pub(crate) const IMPORT_FILE: &str = "Import a file…";
pub(crate) const IMPORT_TITLE: &str = "Import certificates";
pub(crate) const CERTIFICATE_FILES: &str = "Certificates and signed mail";
pub(crate) const CERTIFICATE_ENDINGS: &[&str] =
    &["cer", "crt", "der", "pem", "p7c", "p7b", "p7s", "p7m", "p12", "pfx", "vcf", "eml"];
pub(crate) const READING: &str = "Reading the file…";
pub(crate) const PASTED: &str = "Pasted text";

pub(crate) const NOBODY: &str = "Nobody here yet";
pub(crate) const NOBODY_LIST: &str = "People whose certificate you have stand here.";
pub(crate) const NOBODY_HOW: &str =
    "Open a signed mail from your spouse, or import their .cer file. Ctrl V takes pasted text.";
pub(crate) const NOBODY_CHOSEN: &str = "Choose somebody on the left";

pub(crate) const CHANGED: &str = "Certificate changed";
pub(crate) const SET_ASIDE: &str = "Set aside";
pub(crate) const NO_CERTIFICATE: &str = "No certificate";
pub(crate) const SIGNS_ONLY: &str = "For signatures only";
pub(crate) const NOT_CHECKED: &str = "Not checked yet";

/// "3 May 2027", "12 Jan 2027": as a list has room for it.
fn brief(time: Timestamp) -> String {
    local(time).strftime("%-d %b %Y").to_string()
}

pub(crate) fn checked(time: Timestamp) -> String {
    format!("Checked on {}", brief(time))
}

pub(crate) fn made_here(time: Timestamp) -> String {
    format!("Made here on {}", brief(time))
}

pub(crate) fn vouched(authority: &str) -> String {
    format!("Vouched for by {authority}")
}

pub(crate) fn taken_back(time: Timestamp, now: Timestamp) -> String {
    format!("Taken back on {}", near(time, now))
}

pub(crate) fn expired(time: Timestamp, now: Timestamp) -> String {
    format!("Expired on {}", near(time, now))
}

pub(crate) fn begins(time: Timestamp, now: Timestamp) -> String {
    format!("Begins on {}", near(time, now))
}

pub(crate) fn expires_in(days: i64) -> String {
    match days {
        ..=0 => "Expires today".to_owned(),
        1 => "Expires tomorrow".to_owned(),
        _ => format!("Expires in {days} days"),
    }
}

/// "30 April", and the year where it is another one.
fn near(time: Timestamp, now: Timestamp) -> String {
    if local(time).year() == local(now).year() {
        local(time).strftime("%-d %B").to_string()
    } else {
        brief(time)
    }
}

/// As one speaks of a person: the first of two names in the scripts where that one is the given name, else all.
pub(crate) fn short(name: &str) -> String {
    const LONGEST: usize = 28;
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_name = |word: &&str| {
        let western = word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '’')
            && word.chars().all(|c| u32::from(c) < 0x0530);
        western && word.chars().next().is_some_and(char::is_uppercase)
    };
    match words.as_slice() {
        [first, second] if is_name(first) && is_name(second) && first.chars().count() > 1 => {
            (*first).to_owned()
        }
        _ if name.chars().count() > LONGEST => {
            let head: String = name.chars().take(LONGEST - 1).collect();
            format!("{}…", head.trim_end())
        }
        _ => name.to_owned(),
    }
}

pub(crate) fn unknown(address: &Address) -> Problem {
    Problem::new(
        format!("{address} is not among your contacts."),
        "There is no certificate for this address.",
        "Import one: a .cer file from them, or a signed mail.",
    )
}

pub(crate) const REPLACE: &str = "Replace certificate…";
pub(crate) const REPLACE_SHORT: &str = "Replace…";
pub(crate) const REPLACE_TITLE: &str = "Choose the new certificate";
pub(crate) const SAVE: &str = "Save certificate…";
pub(crate) const SAVE_TITLE: &str = "Save the certificate";
pub(crate) const SET_ASIDE_BUTTON: &str = "Set aside…";
pub(crate) const REMOVE: &str = "Remove…";
pub(crate) const MORE: &str = "More";
pub(crate) const COMPARE: &str = "Compare…";
pub(crate) const COMPARE_AGAIN: &str = "Compare again";
pub(crate) const COPY_FINGERPRINT: &str = "Copy fingerprint";
pub(crate) const COPY_DETAILS: &str = "Copy all details";
pub(crate) const USE_AGAIN: &str = "Use this one…";
pub(crate) const CERTIFICATES: &str = "Certificates";

pub(crate) fn write_to(name: &str) -> String {
    format!("Write to {}", short(name))
}

pub(crate) fn file_name(name: &str, ending: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '-' }).collect();
    format!("{}.{ending}", safe.trim_matches(['.', ' ', '-']))
}

// What stands at the head of a sheet: a title and a sentence.

pub(crate) fn head_checked(name: &str, time: Timestamp) -> (String, String) {
    (format!("Checked in person on {}", brief(time)), best(name))
}

pub(crate) fn head_made_here(name: &str, time: Timestamp) -> (String, String) {
    (format!("Made here on {}", date(time)), best(name))
}

fn best(name: &str) -> String {
    format!("Notes to {} can be secure beyond reasonable doubt.", short(name))
}

fn probably(name: &str) -> String {
    format!("Notes to {} are probably secure until you compare.", short(name))
}

pub(crate) fn head_vouched(name: &str, authority: &str) -> (String, String) {
    (vouched(authority), probably(name))
}

pub(crate) fn head_not_checked(name: &str) -> (String, String) {
    (NOT_CHECKED.to_owned(), probably(name))
}

pub(crate) fn head_revoked(name: &str, issuer: &str, time: Timestamp) -> (String, String) {
    (
        format!("Taken back on {}", date(time)),
        format!(
            "{issuer} says that this certificate counts no longer. Ask {}, not by mail, for a new one.",
            short(name)
        ),
    )
}

pub(crate) fn head_set_aside(name: &str) -> (String, String) {
    (
        "You set this certificate aside".to_owned(),
        format!("Nothing is sealed to {} until you have a new certificate from them.", short(name)),
    )
}

pub(crate) fn head_no_certificate(name: &str) -> (String, String) {
    (
        "No certificate in use".to_owned(),
        format!("Nothing can be sealed to {} until you have their certificate.", short(name)),
    )
}

pub(crate) fn head_signs_only(name: &str) -> (String, String) {
    (
        SIGNS_ONLY.to_owned(),
        format!(
            "Ask {} for the certificate that notes are sealed to: a signed mail brings it along.",
            short(name)
        ),
    )
}

pub(crate) fn head_expired(name: &str, time: Timestamp) -> (String, String) {
    (
        format!("Expired on {}", date(time)),
        format!(
            "Nothing new is sealed to {}. Ask them for their new certificate. Old mail stays readable.",
            short(name)
        ),
    )
}

pub(crate) fn head_not_yet(name: &str, time: Timestamp) -> (String, String) {
    (
        format!("Begins on {}", date(time)),
        format!("Nothing can be sealed to {} before that. Is the date of this computer right?", short(name)),
    )
}

// A certificate.

pub(crate) const ROLE_BOTH: &str = "Used for sealing and signatures";
pub(crate) const ROLE_SEALS: &str = "Used for sealing";
pub(crate) const ROLE_SIGNS: &str = "Used for signatures";
pub(crate) const ROLE_NONE: &str = "Not for mail";
pub(crate) const ROLE_PENDING: &str = "Waits for your answer";
pub(crate) const ROLE_REPLACED: &str = "Replaced";
pub(crate) const ROLE_DISTRUSTED: &str = "Set aside";

pub(crate) const ADDRESS: &str = "Address";
pub(crate) const ISSUED_BY: &str = "Issued by";
pub(crate) const KEY: &str = "Key";
pub(crate) const VALID: &str = "Valid";
pub(crate) const TRUST: &str = "Trust";
pub(crate) const SHA256: &str = "SHA-256";
pub(crate) const NO_ADDRESS: &str = "None; it stands for the person it came with";

pub(crate) fn good_until(end: Timestamp) -> String {
    format!("Good until {}", date(end))
}

pub(crate) fn ended(end: Timestamp) -> String {
    format!("Ended on {}. It still proves older mail.", date(end))
}

pub(crate) fn good_from(begin: Timestamp) -> String {
    format!("Good from {}", date(begin))
}

pub(crate) fn ends_in(role: &str, days: i64) -> String {
    let expires = expires_in(days);
    let (first, rest) = expires.split_at(1);
    format!("{role}, {}{rest}", first.to_lowercase())
}

pub(crate) fn from_to(begin: Timestamp, end: Timestamp) -> String {
    format!("{} to {}", brief(begin), brief(end))
}

pub(crate) fn issued_by(issuer: &str, self_signed: bool, serial: &str) -> String {
    if self_signed {
        format!("{issuer} (self-signed), serial {serial}")
    } else {
        format!("{issuer}, serial {serial}")
    }
}

pub(crate) fn key(kind: &str, digest: Option<&str>, signs: bool, seals: bool) -> String {
    let what = match (signs, seals) {
        (true, true) => ", for signatures and sealing",
        (true, false) => ", for signatures",
        (false, true) => ", for sealing",
        (false, false) => "",
    };
    let digest = digest.map(|digest| format!(", {digest}")).unwrap_or_default();
    format!("{kind}{digest}{what}")
}

pub(crate) fn compared(time: Timestamp) -> String {
    format!("Compared in person on {}", brief(time))
}

pub(crate) fn from_file(time: Timestamp) -> String {
    format!("From a file on {}", brief(time))
}

pub(crate) fn from_signed_mail(time: Timestamp) -> String {
    format!("From a signed mail on {}", brief(time))
}

pub(crate) const NOT_COMPARED: &str = "not compared";

pub(crate) fn certificates(count: usize, soon: usize) -> String {
    match (count, soon) {
        (count, 0) => count.to_string(),
        (count, 1) => format!("{count}, one expires soon"),
        (count, soon) => format!("{count}, {soon} expire soon"),
    }
}

// A changed certificate.

pub(crate) fn changed_title(name: &str) -> String {
    let name = short(name);
    format!("{name}’s certificate has changed")
}

pub(crate) fn changed_why(time: Timestamp, mail: bool, checked: bool) -> String {
    let what = if mail { "A message that you took in" } else { "A file that you imported" };
    let old = if checked { "the one you checked" } else { "the one you have" };
    format!(
        "{what} on {} has a different certificate from {old}. A new phone would explain it. So would somebody who pretends to be them.",
        date(time)
    )
}

pub(crate) fn changed_until(name: &str) -> String {
    format!("Nothing is sealed to {} until you decide. Call them, or ask face to face.", short(name))
}

pub(crate) const OLD_CHECKED: &str = "The one you checked";
pub(crate) const OLD_UNCHECKED: &str = "The one you have";
pub(crate) const OLD_NONE: &str = "None in use";
pub(crate) const NEW: &str = "The new one";
pub(crate) const BEGINS_WITH: &str = "Begins with";

pub(crate) fn checked_in_person(time: Timestamp) -> String {
    format!("Checked in person, {}", brief(time))
}

pub(crate) fn here_since(time: Timestamp) -> String {
    format!("Not checked, here since {}", brief(time))
}

pub(crate) fn never_seen_before(time: Timestamp) -> String {
    format!("Never seen before {}", brief(time))
}

pub(crate) const SAME_KEY: (&str, &str) =
    ("The key is the same, only the certificate is new.", "Whoever has the old key has this one, too.");
pub(crate) const SAME_ISSUER: (&str, &str) =
    ("The same authority issued both.", "It says that they are one person. Compare to be sure.");
pub(crate) const NOTHING_BETWEEN: (&str, &str) =
    ("Nothing in the new one shows that the old key stands behind it.", "Only the person can tell you.");

pub(crate) const WHAT_TO_DO: &str = "What do you want to do?";
pub(crate) const COMPARE_NOW: &str = "Compare now…";
pub(crate) const KEEP_OLD: &str = "Keep old";
pub(crate) const USE_NEW: &str = "Use new…";
pub(crate) const COMPARE_WHERE: &str = "In person, or on a call where you know the voice";
pub(crate) const KEEP_WHAT: &str = "The new one is set aside, and its messages stay marked Not secure";
pub(crate) const USE_TITLE: &str = "Use the new one without checking";

pub(crate) fn compare_first(name: &str) -> String {
    format!("Compare with {} first", short(name))
}

pub(crate) fn keep_title(checked: bool) -> &'static str {
    if checked { "Keep the one I checked" } else { "Keep the one I have" }
}

pub(crate) fn use_what(name: &str) -> String {
    format!("Notes to {} fall to Probably secure until you compare", short(name))
}

pub(crate) fn ask_use<M>(name: &str, then: M) -> Ask<M> {
    let name = short(name);
    Ask::Confirm {
        title: "Use it without checking?".to_owned(),
        body: vec![
            format!("From now on notes to {name} are sealed to this certificate, and to no other."),
            format!(
                "If somebody else made it, they can read what you write to {name}. A call takes a minute."
            ),
        ],
        safe: "Do not use it".to_owned(),
        act: "Use it".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn ask_set_aside<M>(name: &str, then: M) -> Ask<M> {
    let name = short(name);
    Ask::Confirm {
        title: format!("Set {name}’s certificates aside?"),
        body: vec![
            format!("Do this when {name}’s device is lost, or when somebody may be in between."),
            format!(
                "Nothing is sealed to {name} any more, and what is signed with these certificates counts as Not secure."
            ),
            "You can still open everything you have. A new certificate from them puts things right."
                .to_owned(),
        ],
        safe: "Keep using them".to_owned(),
        act: "Set aside".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn ask_remove<M>(name: &str, then: M) -> Ask<M> {
    let name = short(name);
    Ask::Confirm {
        title: format!("Remove {name}?"),
        body: vec![
            format!("Notes can no longer be sealed to {name}, also not those among your drafts."),
            "What you have checked is forgotten, and their signatures count as seen for the first time."
                .to_owned(),
            "Mail you have stays readable: that takes your own key, not theirs.".to_owned(),
        ],
        safe: format!("Keep {name}"),
        act: "Remove".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn ask_remove_certificate<M>(name: &str, then: M) -> Ask<M> {
    let name = short(name);
    Ask::Confirm {
        title: "Remove this certificate?".to_owned(),
        body: vec![
            format!("Nothing is sealed to it any more, and what {name} signed with it counts as unknown."),
            "Mail you have stays readable: that takes your own key, not theirs.".to_owned(),
        ],
        safe: "Keep it".to_owned(),
        act: "Remove".to_owned(),
        danger: true,
        then,
    }
}

pub(crate) fn ask_password<M>(file: &str, tried: bool, then: Then<Passphrase, M>) -> Ask<M> {
    let reason = if tried {
        format!("The password did not fit {file}. Capital letters count.")
    } else {
        format!("{file} is protected by the password that it was saved with.")
    };
    Ask::Passphrase {
        title: "The password of this file".to_owned(),
        reason,
        new: false,
        act: "Open".to_owned(),
        then,
    }
}

// What was done.

pub(crate) fn recorded(name: &str) -> String {
    format!("{} is checked now", short(name))
}

pub(crate) fn was_put_aside(name: &str) -> String {
    format!("{}’s certificates are set aside", short(name))
}

pub(crate) fn replaced(name: &str) -> String {
    format!("{} has a new certificate", short(name))
}

pub(crate) fn kept(name: &str) -> String {
    format!("{} keeps the old certificate", short(name))
}

pub(crate) fn used(name: &str) -> String {
    format!("Notes to {} use this certificate now", short(name))
}

pub(crate) fn removed(name: &str) -> String {
    format!("{} was removed", short(name))
}

pub(crate) fn certificate_removed(name: &str) -> String {
    format!("A certificate of {} was removed", short(name))
}

pub(crate) fn saved(file: &str) -> String {
    format!("Saved as {file}")
}

// What became of imported files.

pub(crate) fn taken(name: &str) -> String {
    format!("{name} is among your contacts now")
}

pub(crate) fn second_taken(name: &str) -> String {
    format!("{name} has a second certificate now")
}

pub(crate) fn waits(name: &str) -> String {
    format!("Another certificate is on record for {name}. This one waits for your answer.")
}

pub(crate) fn there_already(name: &str) -> String {
    format!("{name} was among your contacts already. Nothing changed.")
}

pub(crate) fn was_replaced(name: &str) -> String {
    format!("You replaced this certificate of {name} before. Nothing changed.")
}

pub(crate) fn was_set_aside(name: &str) -> String {
    format!("You set this certificate of {name} aside before. Nothing changed.")
}

pub(crate) fn own_certificate(name: &str) -> String {
    format!("This is your own certificate, {name}. Nothing changed.")
}

pub(crate) fn authority_kept(name: &str) -> String {
    format!("The authority {name} is kept to complete paths. It is not believed for that.")
}

pub(crate) fn names_no_address(name: &str) -> String {
    format!("The certificate of {name} was left out: it names no mail address.")
}

pub(crate) fn report_title(good: usize, files: usize) -> String {
    match (good, files) {
        (0, 1) => "Nothing was taken from this file".to_owned(),
        (0, _) => format!("Nothing was taken from these {files} files"),
        (1, 1) => "One file was read".to_owned(),
        (good, files) if good == files => format!("All {files} files were read"),
        (good, files) => format!("{good} of {files} files were read"),
    }
}

pub(crate) const REPORT_CLOSE: &str = "Done";
pub(crate) const ENTER_PASSWORD: &str = "Enter it…";
pub(crate) const OWN_KEY: &str = "It is mine: import the key…";
pub(crate) const NEEDS_PASSWORD: &str = "This file is protected by a password.";
pub(crate) const WRONG_PASSWORD: &str = "The password does not fit. Capital letters count.";

// What they read on.

pub(crate) const DEVICE_CHANGE: &str = "Change…";
pub(crate) const DEVICE_DONE: &str = "Done";
pub(crate) const DEVICE_UNKNOWN: &str = "Notes are written so that every common one can open them.";

pub(crate) fn device(name: &str, device: Device) -> String {
    let name = short(name);
    match device {
        Device::Unknown => format!("What {name} reads on is not known."),
        Device::Iphone => format!("{name} reads on an iPhone or iPad"),
        Device::MacMail => format!("{name} reads on a Mac"),
        Device::Thunderbird => format!("{name} reads with Thunderbird"),
        Device::Outlook => format!("{name} reads with Outlook"),
        Device::Android => format!("{name} reads on an Android phone"),
        Device::Waxseal => format!("{name} reads with Waxseal or OpenSSL"),
    }
}

pub(crate) fn device_known(origin: DeviceOrigin) -> &'static str {
    match origin {
        DeviceOrigin::None => DEVICE_UNKNOWN,
        DeviceOrigin::Learned => "(seen in signed mail)",
        DeviceOrigin::Set => "(set by you)",
    }
}

pub(crate) fn device_set(name: &str) -> String {
    format!("Notes to {} are written for this device now", short(name))
}
