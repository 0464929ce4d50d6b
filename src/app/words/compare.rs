//! The sentences of comparing with a person.

use jiff::Timestamp;

use super::contacts::short;
use super::date;
use waxseal::smime::Address;
use waxseal::smime::safety_number::DIGITS;

pub(crate) const READING: &str = "Reading…";
pub(crate) const LATER: &str = "Later";
pub(crate) const THEY_DIFFER: &str = "They are different";
pub(crate) const ALL_MATCH: &str = "All twelve match";
pub(crate) const PRINT_MATCHES: &str = "All sixteen match";
pub(crate) const TAKE_TURNS: &str = "Take turns: one reads a row, the other says yes or no.";
pub(crate) const SCAN: &str = "Or scan with a phone and compare what it shows";
pub(crate) const TYPE_NUMBER: &str = "Or type what you hear";
pub(crate) const TYPE_FINGERPRINT: &str = "Or type what you hear";
pub(crate) const CHECK: &str = "Compare";
pub(crate) const NO_NUMBER: &str = "A safety number has digits only.";
pub(crate) const NO_FINGERPRINT: &str = "A fingerprint has 64 digits, from 0 to 9 and from A to F.";
pub(crate) const NOTHING_HERE: &str = "There is nothing to compare.";
pub(crate) const START_AGAIN: &str = "Start again";
pub(crate) const DIFFERENT_TITLE: &str = "They do not match";

pub(crate) fn title(name: &str) -> String {
    format!("Compare with {}", short(name))
}

pub(crate) fn has_waxseal(name: &str) -> String {
    format!("{} has Waxseal", short(name))
}

pub(crate) fn has_phone(name: &str) -> String {
    format!("{} reads on a phone", short(name))
}

pub(crate) fn how_by_number(name: &str) -> String {
    format!(
        "Sit together, or call when you know the voice. {} opens this page, too. All numbers must be the same on both screens. If one differs, somebody may be in between.",
        short(name)
    )
}

pub(crate) fn how_by_fingerprint(name: &str) -> String {
    format!(
        "Sit together, or call when you know the voice. {} looks at the SHA-256 fingerprint of their own certificate, where their device shows its details. All of it must be the same.",
        short(name)
    )
}

pub(crate) fn number_for(own: &Address, theirs: &Address, waiting: bool) -> String {
    let waiting = if waiting { ", with the new certificate" } else { "" };
    format!("Safety number for {own} and {theirs}{waiting}")
}

pub(crate) fn print_of(name: &str, end: Timestamp, waiting: bool) -> String {
    let which = if waiting { "new certificate" } else { "certificate" };
    format!("Fingerprint of {}’s {which}, good until {}", short(name), date(end))
}

pub(crate) fn other_number(which: usize, of: usize) -> String {
    format!("Another number is possible ({which} of {of})")
}

pub(crate) fn other_print(which: usize, of: usize) -> String {
    format!("Their other certificate ({which} of {of})")
}

pub(crate) fn knows_you_as(name: &str) -> String {
    format!("{} knows you as", short(name))
}

pub(crate) fn digits_missing(there: usize) -> String {
    format!("These are {there} digits; a safety number has {DIGITS}.")
}

pub(crate) fn different(name: &str, waiting: bool) -> Vec<String> {
    let name = short(name);
    let aside = if waiting {
        "If they differ again, set the new certificate aside: the one you have stays in use.".to_owned()
    } else {
        format!("If they differ again, set {name}’s certificate aside: nothing is sealed to it any more.")
    };
    vec![
        "One of you has another certificate, or somebody is in between. Nothing was changed.".to_owned(),
        "Look once more whether both of you see the same page. Then give each other your certificates again, from hand to hand and not by mail, and compare anew."
            .to_owned(),
        aside,
    ]
}

pub(crate) fn set_aside(waiting: bool) -> &'static str {
    if waiting { "Set the new one aside" } else { "Set it aside" }
}
