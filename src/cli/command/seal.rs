//! `seal` and `encrypt`

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::{EncryptArgs, Global, SealArgs};
use crate::cli::output::Output;
use crate::cli::progress::{self, SignOfLife};
use crate::cli::{Done, Failure};
use crate::desk::Desk;
use crate::desk::file::{self, is_standard, read_text};
use crate::desk::forecast::PersonVerdict;
use crate::desk::seal::{Letter, Sealed};
use crate::smime::message::reply::Reply;
use crate::smime::message::verdict::Tier;

/// Octets of text that a person can mean to write.
const TEXT: u64 = 64 << 20;

pub(super) fn seal(global: &Global, arguments: &SealArgs, output: &mut Output) -> Result<Done, Failure> {
    let (desk, progress) = progress::watched(global.desk()?);
    let answered =
        arguments.reply.as_deref().map(|path| answer(&desk, path, arguments, output)).transpose()?;
    let Reply { to, subject, thread, confidences } = answered.unwrap_or_default();
    let to = to.into_iter().map(|mailbox| mailbox.address);
    let letter = Letter {
        from: arguments.from.clone(),
        to: if arguments.to.is_empty() { to.collect() } else { arguments.to.clone() },
        cc: arguments.cc.clone(),
        bcc: arguments.bcc.clone(),
        subject: arguments.subject.clone().or(subject),
        text: arguments.text.as_deref().map(|path| read_text(path, TEXT)).transpose()?.unwrap_or_default(),
        attachments: arguments.attach.iter().cloned().map(Into::into).collect(),
        thread,
        confidences,
        expired: Vec::new(),
    };
    let sealed = {
        let _sign = SignOfLife::of(if arguments.sign_only { "Signing" } else { "Sealing" }, progress);
        desk.seal(&letter, arguments.sign_only, &arguments.out)?
    };
    if arguments.sign_only {
        output.complain("This note is signed, but not sealed: anybody on the way can read it.");
    }
    if arguments.sign_only {
        return report(&sealed, "signed", &[], output);
    }
    let forecasts = desk.forecast(&letter.outline(&arguments.out))?.people;
    for person in &forecasts {
        if let Some(forecast) = person.forecast.as_ref().filter(|forecast| !forecast.is_good()) {
            output.complain(&format!("{}: {}", person.address, forecast.sentence(&person.name)));
        }
    }
    report(&sealed, "sealed", &forecasts, output)
}

/// What an answer takes over from the message in this file; a word about a message that may come from anybody.
fn answer(desk: &Desk, path: &Path, arguments: &SealArgs, output: &mut Output) -> Result<Reply, Failure> {
    let source = file::source(path, desk.spool())?;
    let (reply, verdict) = desk.answer(source, !arguments.sign_only)?;
    match verdict.tier {
        Some(Tier::NotSecure) | None => {
            output.complain(&format!("About the message that you answer: {}", verdict.sentence));
        }
        Some(Tier::ProbablySecure | Tier::BeyondReasonableDoubt) => {}
    }
    Ok(reply)
}

pub(super) fn encrypt(
    global: &Global,
    arguments: &EncryptArgs,
    output: &mut Output,
) -> Result<Done, Failure> {
    let (desk, progress) = progress::watched(global.desk()?);
    let sealed = {
        let _sign = SignOfLife::of("Encrypting", progress);
        desk.encrypt(&arguments.file, &arguments.to, arguments.from.as_ref(), &arguments.out)?
    };
    report(&sealed, "encrypted", &[], output)
}

/// Says who can read which file; what went to standard output speaks for itself.
fn report(
    sealed: &Sealed,
    what: &str,
    forecasts: &[PersonVerdict],
    output: &mut Output,
) -> Result<Done, Failure> {
    if sealed.files.iter().any(|(path, _)| is_standard(path)) {
        return Ok(Done::Well);
    }
    let mut lines = Vec::new();
    let mut files = Vec::new();
    for (path, readers) in &sealed.files {
        let readers: Vec<_> = readers.iter().map(ToString::to_string).collect();
        lines.push(format!("{} is {what} for {}.", path.display(), readers.join(", ")));
        files.push(json!({ "file": path.display().to_string(), "recipients": readers }));
    }
    let mut object = serde_json::Map::new();
    object.insert(what.to_owned(), files.into());
    if !forecasts.is_empty() {
        object.insert("forecasts".to_owned(), forecasts.iter().filter_map(forecast_object).collect());
    }
    output.print(&object.into(), &lines)?;
    Ok(Done::Well)
}

fn forecast_object(person: &PersonVerdict) -> Option<Value> {
    let forecast = person.forecast.as_ref()?;
    let text = forecast.sentence(&person.name);
    Some(json!({ "address": person.address.to_string(), "forecast": forecast.id(), "text": text }))
}
