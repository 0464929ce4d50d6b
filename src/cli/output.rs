//! What is printed: lines for people, or one JSON object for programs.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Failure;
use crate::desk::file::FileError;
use crate::problem::Problem;
use crate::smime::x509::{Certificate, Validity};

/// Standard output in one of two voices.
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the object with `--json`, else the lines.
    pub(super) fn print(&mut self, object: &Value, lines: &[String]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = if self.json {
            writeln!(out, "{object:#}")
        } else {
            lines.iter().try_for_each(|line| writeln!(out, "{}", shown(line)))
        };
        Ok(written.and_then(|()| out.flush()).map_err(unwritten)?)
    }

    /// Prints lines as the work goes on; nothing with `--json`.
    pub(super) fn line(&mut self, line: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        Ok(writeln!(out, "{}", shown(line)).and_then(|()| out.flush()).map_err(unwritten)?)
    }

    /// A failure that ends the command.
    pub(super) fn failure(&mut self, problem: &Problem) {
        if self.json && writeln!(io::stdout().lock(), "{:#}", json!({ "error": error(problem) })).is_ok() {
            return;
        }
        let _ = writeln!(io::stderr().lock(), "{}", shown(&problem.to_string()));
    }

    /// A sentence on standard error; nothing with `--json`, where it stands in the object.
    pub(super) fn complain(&mut self, sentence: &str) {
        if !self.json {
            let _ = writeln!(io::stderr().lock(), "{}", shown(sentence));
        }
    }
}

fn unwritten(error: io::Error) -> FileError {
    FileError::new(Path::new("-"), &error)
}

/// A problem as JSON.
pub(super) fn error(problem: &Problem) -> Value {
    json!({ "summary": problem.summary, "cause": problem.cause, "remedy": problem.remedy })
}

/// Text of strangers without what a terminal would obey: control characters, escape sequences, and marks that turn
/// the direction of writing.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' => shown.push(character),
            // An escape sequence goes as a whole: ESC [ parameters, and the letter that ends it.
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                while characters.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                characters.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            character if character.is_control() => {}
            character => shown.push(character),
        }
    }
    shown
}

/// UTC for programs: RFC 3339. The last moment that can be told stands for the one that means "no end" (RFC 5280
/// section 4.1.2.5).
pub(super) fn utc(time: Timestamp) -> String {
    if time == Timestamp::MAX { "9999-12-31T23:59:59Z".to_owned() } else { time.to_string() }
}

/// Local time with its zone for people.
pub(super) fn local(time: Timestamp) -> String {
    if time == Timestamp::MAX {
        return "the end of time".to_owned();
    }
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %B %Y, %H:%M %Z").to_string()
}

/// "valid", "not-yet", "expired".
pub(super) fn validity(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "valid",
        Validity::NotYet => "not-yet",
        Validity::Expired => "expired",
    }
}

/// What is said of any certificate.
pub(super) fn certificate(certificate: &Certificate, now: Timestamp) -> serde_json::Map<String, Value> {
    let fields = json!({
        "fingerprint": certificate.fingerprint().to_string(),
        "name": certificate.display_name(),
        "subject": certificate.subject().to_string(),
        "addresses": certificate.addresses().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial().iter().map(|octet| format!("{octet:02x}")).collect::<String>(),
        "self_signed": certificate.is_self_signed(),
        "authority": certificate.is_authority() || certificate.may_be_old_root(),
        "key": certificate.public_key().name(),
        "usages": certificate.usages(),
        "purposes": certificate.purposes(),
        "signs": certificate.may_sign(),
        "encrypts": certificate.may_encrypt(),
        "not_before": utc(certificate.not_before()),
        "not_after": utc(certificate.not_after()),
        "validity": validity(certificate.validity(now)),
    });
    match fields {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Default::default()
        }
    }
}

/// What is said of any certificate to people, below its first line.
pub(super) fn description(certificate: &Certificate) -> impl Iterator<Item = String> {
    let fingerprint = format!("  {}", certificate.fingerprint());
    let lines = certificate.description().into_iter().map(|line| format!("    {line}"));
    std::iter::once(fingerprint).chain(lines)
}

/// `first` with the fields of `more` behind it.
pub(super) fn with(mut first: serde_json::Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        first.extend(more);
    }
    Value::Object(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_no_stranger() {
        assert_eq!(shown("a\u{1b}[31;1mred\u{1b}[0m\u{7}\r\u{9b}2J\u{202e}b\n\tc"), "ared2Jb\n\tc");
        assert_eq!(shown("\u{1b}]0;title\u{7}x\u{1b}["), "]0;titlex");
    }
}
