//! `trust …`

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Files;
use crate::cli::args::{Global, TrustCommand};
use crate::cli::output::{self, Output, local, utc, with};
use crate::cli::{Done, Failure};
use crate::desk::Desk;
use crate::desk::file::read_password;
use crate::desk::revocation::{Taken, issuer_of};
use crate::desk::trust::Removed;
use crate::smime::x509::revocation::RevocationList;
use crate::store::revocation_lists::Kept;

pub(super) fn run(global: &Global, command: TrustCommand, output: &mut Output) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let now = desk.now();
    match command {
        TrustCommand::Add { files: paths, password_file } => {
            let password = password_file.as_deref().map(read_password).transpose()?;
            let mut files = Files::new();
            for path in &paths {
                match desk.add_anchors(path, password.as_ref()) {
                    Ok((added, passed_over)) => {
                        if passed_over > 0 {
                            output.line(&format!(
                                "Passed over, because the file does not offer them for mail: {passed_over}."
                            ))?;
                        }
                        for (anchor, new) in added {
                            let what = if new { "is believed now" } else { "was believed already" };
                            output.line(&format!(
                                "The authority {} {what}. Fingerprint: {}",
                                anchor.display_name(),
                                anchor.fingerprint()
                            ))?;
                            let more = json!({ "file": path.display().to_string(), "new": new });
                            files.done.push(with(output::certificate(&anchor, now), more));
                        }
                    }
                    Err(error) => files.failed(path, &error, output),
                }
            }
            return files.finish("added", output);
        }
        TrustCommand::List => {
            let anchors = desk.store().anchors()?;
            let mut lines: Vec<String> = anchors
                .iter()
                .flat_map(|anchor| {
                    let (name, key) = (anchor.display_name(), anchor.public_key().name());
                    let (from, until) = (local(anchor.not_before()), local(anchor.not_after()));
                    let first = format!("{name}, {key}, from {from} until {until}");
                    std::iter::once(first).chain(output::description(anchor))
                })
                .collect();
            if lines.is_empty() {
                lines.push("You believe no authority.".to_owned());
            }
            let anchors: Vec<Value> =
                anchors.iter().map(|anchor| output::certificate(anchor, now).into()).collect();
            let (offered, platform) = (desk.offered_anchors()?, desk.platform());
            if let Some(source) = &platform.source {
                lines.push(format!("For mail, this computer offers as well ({}):", source.display()));
                lines.extend(
                    offered.iter().map(|root| format!("{}\n  {}", root.display_name(), root.fingerprint())),
                );
            }
            if let Some(unused) = &platform.unused {
                let unused = unused.display();
                lines.push(format!(
                    "The authorities of this computer are chosen for web sites, and nothing says whether they may vouch for mail, \
                     so none of them is believed. To believe all of them: waxseal-cli trust add {unused}"
                ));
            }
            let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
            let platform = json!({
                "source": path(&platform.source),
                "unused": path(&platform.unused),
                "anchors": offered.iter().map(|root| output::certificate(root, now).into()).collect::<Vec<Value>>(),
            });
            let mut lists = Vec::new();
            desk.store().each_revocation_list(&mut |list| {
                let of = issuer_of(list);
                let (kind, made) = (kind(list), local(list.this_update()));
                lines.push(format!("{kind} of {of}, of {made}; {}; {}", named(list), due(list, now)));
                lines.push(format!("  {}", list.fingerprint()));
                lists.push(Value::from(object(list, now)));
            })?;
            output.print(
                &json!({ "anchors": anchors, "platform": platform, "revocation_lists": lists }),
                &lines,
            )?;
        }
        TrustCommand::Remove { fingerprint } => match desk.remove_trust(fingerprint)? {
            Removed::Anchor(anchor) => {
                let lines = [format!("The authority {} is not believed any more.", anchor.display_name())];
                output.print(&json!({ "removed": output::certificate(&anchor, now) }), &lines)?;
            }
            Removed::List(list) => {
                let lines = [format!("This revocation list of {} is forgotten.", issuer_of(&list))];
                output.print(&json!({ "removed": object(&list, now) }), &lines)?;
            }
        },
        TrustCommand::Crl { files } => return take(&desk, &files, output),
    }
    Ok(Done::Well)
}

fn take(desk: &Desk, paths: &[PathBuf], output: &mut Output) -> Result<Done, Failure> {
    let now = desk.now();
    let mut files = Files::new();
    for path in paths {
        let lists = match desk.add_revocation_lists(path) {
            Ok(lists) => lists,
            Err(error) => {
                files.failed(path, &error, output);
                continue;
            }
        };
        for list in lists {
            let Taken { list, kept, proved } = match list {
                Ok(taken) => taken,
                Err(error) => {
                    files.failed(path, &error, output);
                    continue;
                }
            };
            let (of, made) = (issuer_of(&list), local(list.this_update()));
            let result = match kept {
                Kept::New => "new",
                Kept::AlreadyThere => "already-there",
                Kept::Older | Kept::TooMany => "older",
            };
            output.line(&match kept {
                Kept::New => {
                    format!(
                        "{} of {of}, of {made}, is kept; {}; {}.",
                        kind(&list),
                        named(&list),
                        due(&list, now)
                    )
                }
                Kept::AlreadyThere => format!("{} of {of}, of {made}, was here already.", kind(&list)),
                Kept::Older | Kept::TooMany => {
                    format!("{} of {of}, of {made}, is not needed: a newer one is here.", kind(&list))
                }
            })?;
            if list.unusable().is_some() && kept != Kept::Older {
                output.line(
                    "It has a rule that Waxseal does not know: whoever stands in it is taken back, but it vouches for nobody.",
                )?;
            }
            if !proved && kept != Kept::Older {
                output.line(&format!(
                    "Who signed it is not known here yet. It counts as soon as the certificate of {of} is here, or comes with a message, and an authority that you believe vouches for it."
                ))?;
            }
            let more =
                json!({ "file": path.display().to_string(), "result": result, "signer_known": proved });
            files.done.push(with(object(&list, now), more));
        }
    }
    files.finish("lists", output)
}

fn kind(list: &RevocationList) -> &'static str {
    match (list.is_delta(), list.is_partial() || list.is_indirect()) {
        (true, _) => "The list of changes",
        (false, true) => "A partial revocation list",
        (false, false) => "The revocation list",
    }
}

/// "nobody is named", "3 certificates are taken back".
fn named(list: &RevocationList) -> String {
    match list.entries() {
        0 => "no certificate is taken back".to_owned(),
        1 => "one certificate is taken back".to_owned(),
        many => format!("{many} certificates are taken back"),
    }
}

fn due(list: &RevocationList, now: Timestamp) -> String {
    match list.next_update() {
        Some(next) if next < now => format!("it is out of date since {}", local(next)),
        Some(next) => format!("the next one is due by {}", local(next)),
        None => "it does not say when the next one is due".to_owned(),
    }
}

fn object(list: &RevocationList, now: Timestamp) -> Map<String, Value> {
    let fields = [
        ("fingerprint", list.fingerprint().to_string().into()),
        ("issuer", list.issuer().to_string().into()),
        ("number", list.number().map(ToString::to_string).into()),
        ("this_update", utc(list.this_update()).into()),
        ("next_update", list.next_update().map(utc).into()),
        ("current", list.next_update().is_some_and(|next| list.this_update() <= now && now <= next).into()),
        ("entries", list.entries().into()),
        ("delta", list.is_delta().into()),
        ("partial", list.is_partial().into()),
        ("indirect", list.is_indirect().into()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
