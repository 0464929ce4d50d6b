//! `open` and `decrypt`

mod save;

use serde_json::{Value, json};

use crate::cli::args::{DecryptArgs, Global, OpenArgs};
use crate::cli::output::{self, Output, local, utc};
use crate::cli::progress::{self, SignOfLife};
use crate::cli::{Done, Failure};
use crate::desk::file::{self, read_password, size};
use crate::desk::messages::NestedReading;
use crate::desk::open::{Reading, ReadingError};
use crate::problem::Explain as _;
use crate::smime::message::header_protection::HeaderProtection;
use crate::smime::message::open::{Input, Opened};
use crate::smime::message::verdict::{Severity, Tier, Verdict};
use crate::smime::mime::header::Mailbox;

pub(super) fn open(global: &Global, arguments: &OpenArgs, output: &mut Output) -> Result<Done, Failure> {
    let (desk, progress) = progress::watched(global.desk()?);
    let source = file::source(&arguments.file, desk.spool())?;
    let detached = arguments.detached.as_deref().map(|path| file::source(path, desk.spool())).transpose()?;
    let name = arguments.file.file_name().map(|name| name.to_string_lossy());
    let mut reading = {
        let _sign = SignOfLife::of("Opening", progress);
        let mut reading = desk.read(Input { detached, name: name.as_deref(), ..source.into() })?;
        desk.read_messages(&mut reading);
        reading
    };
    if let Some(closed) = &reading.closed {
        let problem = closed.explain();
        let mut object = object(&reading);
        object["error"] = output::error(&problem);
        // A vault that stays locked says nothing about the message.
        let lines = match closed {
            ReadingError::Store(_) | ReadingError::Stopped(_) => Vec::new(),
            ReadingError::Open(_) => findings(&reading.verdict),
        };
        output.print(&object, &lines)?;
        output.complain(&problem.to_string());
        return Ok(Done::Failed);
    }
    // Saved before anything is printed: a failure leaves standard output empty.
    if let Some(path) = &arguments.content {
        save::content(&desk, &mut reading, path)?;
    }
    let saved = match &arguments.save_attachments {
        Some(folder) => save::attachments(&mut reading, folder)?,
        None => Vec::new(),
    };
    let mut object = object(&reading);
    if arguments.save_attachments.is_some() {
        let names: Vec<_> = saved.iter().map(|path| path.display().to_string()).collect();
        object["saved"] = json!(names);
    }
    let mut lines = told(&reading);
    lines.extend(saved.iter().map(|path| format!("Saved: {}", path.display())));
    lines.extend(arguments.content.iter().map(|path| format!("Saved: {}", path.display())));
    output.print(&object, &lines)?;
    Ok(match reading.verdict.tier {
        Some(Tier::NotSecure) => Done::NotSecure,
        Some(Tier::ProbablySecure | Tier::BeyondReasonableDoubt) | None => Done::Well,
    })
}

pub(super) fn decrypt(
    global: &Global,
    arguments: &DecryptArgs,
    output: &mut Output,
) -> Result<Done, Failure> {
    // A password that cannot be read is told at once.
    let password = arguments.password_file.as_deref().map(read_password).transpose()?;
    let (desk, progress) = progress::watched(global.desk()?);
    let source = file::source(&arguments.file, desk.spool())?;
    let result = desk.result_file(&arguments.out)?;
    {
        let _sign = SignOfLife::of("Decrypting", progress);
        let content =
            desk.decrypt(source, password, result.spool()).map_err(|error| match result.trouble() {
                Some(trouble) => Failure::from(trouble),
                None => Failure::from(error),
            })?;
        result.commit(content)?;
    }
    let note = "Only the encryption was taken off: no signature was checked, and nothing says who wrote it.";
    if file::is_standard(&arguments.out) {
        output.complain(note);
        return Ok(Done::Well);
    }
    let path = arguments.out.display().to_string();
    let lines = [format!("What was inside is in {path}."), note.to_owned()];
    output.print(&json!({ "decrypted": { "file": path, "judged": false, "note": note } }), &lines)?;
    Ok(Done::Well)
}

/// The contract's object: every field, null where there is nothing.
fn object(reading: &Reading) -> Value {
    let Reading { opened, verdict, .. } = reading;
    let state = if reading.closed.is_some() { json!("undecryptable") } else { json!("opened") };
    let signature = &verdict.signature;
    let attachments: Vec<Value> = opened
        .attachments()
        .iter()
        .map(
            |one| json!({ "name": one.name, "type": one.media_type, "size": one.size, "beside": one.beside }),
        )
        .collect();
    let findings: Vec<Value> = verdict
        .findings
        .iter()
        .map(|finding| json!({ "severity": finding.severity.id(), "text": finding.text }))
        .collect();
    json!({
        "tier": verdict.tier.map(Tier::id),
        "state": state,
        "sentence": verdict.sentence,
        "lift": verdict.lift,
        "encryption": {
            "state": verdict.encryption.state,
            "algorithm": verdict.encryption.algorithm,
            "authenticated": verdict.encryption.authenticated,
            "key_management": verdict.encryption.key_management,
            "recipients": verdict.encryption.recipients,
        },
        "signature": {
            "state": signature.state,
            "signer": signature.signer.as_ref().map(|signer| json!({
                "address": signer.address.as_ref().map(ToString::to_string),
                "fingerprint": signer.fingerprint.to_string(),
                "name": signer.name,
            })),
            "digest": signature.digest,
            "signed_at": signature.signed_at.map(utc),
            "covers_whole_message": signature.covers_whole_message,
            "matches_from": signature.matches_from,
            "trust": signature.trust.map(|trust| trust.id()),
            "validity": signature.validity_id(),
        },
        "headers": headers(opened),
        "layers": opened.layers.iter().map(|layer| layer.smime_type()).collect::<Vec<_>>(),
        "text": if reading.closed.is_some() { Value::Null } else { json!(opened.text()) },
        "attachments": attachments,
        "messages": reading.messages.iter().map(nested_object).collect::<Vec<_>>(),
        "findings": findings,
    })
}

/// The same object of a message among the attachments.
fn nested_object(nested: &NestedReading) -> Value {
    let (mut value, error) = match &nested.outcome {
        Ok(reading) => (object(reading), reading.closed.as_ref()),
        Err(error) => (json!({}), Some(error)),
    };
    value["attachment"] = json!(nested.name);
    if let Some(error) = error {
        value["error"] = output::error(&error.explain());
    }
    value
}

/// The fields that count, and what was done for each: `hidden` names those that nobody on the way could read.
fn headers(opened: &Opened) -> Value {
    let headers = &opened.headers;
    let list = |mailboxes: &[Mailbox]| mailboxes.iter().map(Mailbox::to_string).collect::<Vec<_>>();
    let hidden: Vec<_> = opened
        .protection
        .iter()
        .flat_map(|protection| protection.hidden())
        .map(|field| &field.name)
        .collect();
    json!({
        "from": (!headers.from.is_empty()).then(|| list(&headers.from).join(", ")),
        "to": list(&headers.to),
        "cc": list(&headers.cc),
        "bcc": list(&headers.bcc),
        "reply_to": list(&headers.reply_to),
        "subject": headers.subject,
        "date": headers.date.map(utc),
        "message_id": headers.message_id,
        "protected": headers.protected,
        "hidden": hidden,
        "protection": opened.protection.as_ref().map(protection),
    })
}

/// Every protected field with its state (RFC 9788 section 4.3), what its writer left outside, and what stands there.
fn protection(protection: &HeaderProtection) -> Value {
    let fields = protection.fields.iter().map(|field| {
        json!({
            "name": field.name,
            "value": field.value,
            "state": field.state.id(),
            "left_outside": field.left_outside,
            "outside": field.outside,
        })
    });
    json!({
        "scheme": protection.scheme.id(),
        "fields": fields.collect::<Vec<_>>(),
        "changed_outside": protection.changed,
        "added_outside": protection.added,
    })
}

/// The message for people: the verdict first.
fn told(reading: &Reading) -> Vec<String> {
    let Reading { opened, verdict, .. } = reading;
    let mut lines = findings(verdict);
    // Said before any words of strangers, so that these cannot say it.
    lines.extend(reading.messages.iter().map(|nested| {
        let tier = nested.outcome.as_ref().ok().and_then(|reading| reading.verdict.tier);
        format!("  · {}, judged by itself: {}", nested.name, tier.map_or("Not opened", Tier::title))
    }));
    let list =
        |mailboxes: &[Mailbox]| mailboxes.iter().map(Mailbox::to_string).collect::<Vec<_>>().join(", ");
    let fields = [
        ("From", list(&opened.headers.from)),
        ("To", list(&opened.headers.to)),
        ("Cc", list(&opened.headers.cc)),
        ("Bcc", list(&opened.headers.bcc)),
        ("Date", opened.headers.date.map(local).unwrap_or_default()),
        ("Subject", opened.headers.subject.clone().unwrap_or_default()),
    ];
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<_> = given.map(|(name, value)| format!("{:<8} {value}", format!("{name}:"))).collect();
    if !given.is_empty() {
        lines.push(String::new());
        lines.extend(given);
    }
    if !opened.text().is_empty() {
        lines.extend([String::new(), opened.text().trim_end().to_owned()]);
    }
    if !opened.attachments().is_empty() {
        lines.push(String::new());
        let attachments = opened.attachments().iter();
        lines.extend(attachments.map(|one| {
            let beside = if one.beside { ", beside the protected part" } else { "" };
            format!("Attachment: {} ({}, {}{beside})", one.name, one.media_type, size(one.size))
        }));
    }
    for nested in &reading.messages {
        lines.extend([String::new(), format!("── In the attachment {}:", nested.name)]);
        if let Ok(reading) = &nested.outcome {
            lines.extend(told(reading));
        }
        let error = nested.outcome.as_ref().map_or_else(Some, |reading| reading.closed.as_ref());
        lines.extend(error.map(|error| error.explain().to_string()));
    }
    lines
}

fn findings(verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(verdict.tier.map(|tier| tier.title().to_owned()));
    lines.push(verdict.sentence.clone());
    let findings = verdict.findings.iter();
    lines.extend(findings.map(|finding| format!("  {} {}", mark(finding.severity), finding.text)));
    lines.extend(verdict.lift.iter().map(|lift| format!("  → {lift}")));
    lines
}

/// One sign per severity, beside the words.
pub(super) fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Danger => "✗",
        Severity::Warning => "!",
        Severity::Note => "·",
        Severity::Ok => "✓",
    }
}
