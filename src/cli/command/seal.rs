//! `seal` and `encrypt`

use serde_json::json;

use crate::cli::args::{EncryptArgs, Global, SealArgs};
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::{Done, Failure};
use crate::desk::file::{is_standard, read_text};
use crate::desk::seal::{Letter, Sealed};

/// Octets of text that a person can mean to write.
const TEXT: u64 = 64 << 20;

pub(super) fn seal(global: &Global, arguments: &SealArgs, output: &mut Output) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let letter = Letter {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        cc: arguments.cc.clone(),
        bcc: arguments.bcc.clone(),
        subject: arguments.subject.clone(),
        text: arguments.text.as_deref().map(|path| read_text(path, TEXT)).transpose()?.unwrap_or_default(),
        attachments: arguments.attach.clone(),
    };
    let sealed = {
        let _progress = Progress::of(if arguments.sign_only { "Signing" } else { "Sealing" });
        desk.seal(&letter, arguments.sign_only, &arguments.out)?
    };
    if arguments.sign_only {
        output.complain("This note is signed, but not sealed: anybody on the way can read it.");
    }
    report(&sealed, if arguments.sign_only { "signed" } else { "sealed" }, output)
}

pub(super) fn encrypt(
    global: &Global,
    arguments: &EncryptArgs,
    output: &mut Output,
) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let sealed = {
        let _progress = Progress::of("Encrypting");
        desk.encrypt(&arguments.file, &arguments.to, arguments.from.as_ref(), &arguments.out)?
    };
    report(&sealed, "encrypted", output)
}

/// Says who can read which file; what went to standard output speaks for itself.
fn report(sealed: &Sealed, what: &str, output: &mut Output) -> Result<Done, Failure> {
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
    output.print(&object.into(), &lines)?;
    Ok(Done::Well)
}
