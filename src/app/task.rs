//! Every effect the window starts; the work is done off its thread.

use std::path::{Path, PathBuf};

use iced::Task;
use iced::futures::channel::oneshot;

use waxseal::desk::Desk;
use waxseal::desk::file;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::message::open::Input;
use waxseal::smime::message::verdict::Severity;
use waxseal::smime::mime::header::Mailbox;
use waxseal::store::vault::{NobodyToAsk, VaultKind};
use waxseal::store::{Location, clock};

/// A message as the reader shows it.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// The tier's headline.
    pub(super) title: String,
    /// The line under it.
    pub(super) sentence: String,
    /// All that was found, a sign before each.
    pub(super) findings: Vec<String>,
    /// From, To, Subject, Date.
    pub(super) headers: Vec<(&'static str, String)>,
    /// What was written.
    pub(super) text: String,
    /// Names and sizes.
    pub(super) attachments: Vec<String>,
}

/// Opens and judges the message at `path`.
pub(super) fn open(path: PathBuf) -> Task<Result<Page, Problem>> {
    let (answer, answered) = oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when the window is closed.
        let _ = answer.send(read(&path));
    });
    Task::perform(answered, |answer| answer.unwrap_or_else(|_| Err(stopped())))
}

fn stopped() -> Problem {
    Problem::new(
        "This message could not be opened.",
        "The work on it stopped before its end.",
        "Open it again.",
    )
}

fn read(path: &Path) -> Result<Page, Problem> {
    let location = Location::of(None).map_err(|error| error.explain())?;
    let desk = Desk::open(location, VaultKind::default(), Box::new(NobodyToAsk), clock::now())
        .map_err(|error| error.explain())?;
    let source = file::source(path, desk.spool()).map_err(|error| error.explain())?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    let input = Input { name: name.as_deref(), ..source.into() };
    let reading = desk.read(input).map_err(|error| error.explain())?;
    if let Some(closed) = reading.closed {
        return Err(closed.explain());
    }
    let (opened, verdict) = (reading.opened, reading.verdict);
    let list = |mailboxes: &[Mailbox]| mailboxes.iter().map(written).collect::<Vec<_>>().join(", ");
    let date = |time: jiff::Timestamp| {
        time.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %B %Y, %H:%M %Z").to_string()
    };
    let attachments = opened.attachments().iter();
    Ok(Page {
        title: verdict.tier.map_or("Not opened", |tier| tier.title()).to_owned(),
        sentence: verdict.sentence,
        findings: verdict.findings.iter().map(|one| format!("{} {}", sign(one.severity), one.text)).collect(),
        headers: vec![
            ("From", list(&opened.headers.from)),
            ("To", list(&opened.headers.to)),
            ("Subject", opened.headers.subject.clone().unwrap_or_default()),
            ("Date", opened.headers.date.map(date).unwrap_or_default()),
        ],
        text: opened.text().to_owned(),
        attachments: attachments
            .map(|one| format!("Attachment: {} ({})", one.name, file::size(one.size)))
            .collect(),
    })
}

fn written(mailbox: &Mailbox) -> String {
    match &mailbox.name {
        Some(name) => format!("{name} <{}>", mailbox.address),
        None => mailbox.address.to_string(),
    }
}

/// In letters that every font has.
fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Danger => "x",
        Severity::Warning => "!",
        Severity::Note => "-",
        Severity::Ok => "+",
    }
}
