//! `identity …`

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::cli::args::{Global, IdentityCommand};
use crate::cli::output::{self, Output, local, utc, with};
use crate::cli::progress::SignOfLife;
use crate::cli::{Done, Failure, ask};
use crate::desk::file::{self, read_password, read_small};
use crate::desk::import::{IdentityImportError, Imported, ImportedKey, NotTaken, unchecked};
use crate::smime::Address;
use crate::smime::identity::{Identity, OwnKey};
use crate::smime::key_file::KeyFileError;
use crate::smime::x509::{Certificate, CertificationRequest};
use crate::store::identities::Added;
use crate::store::requests::Request;
use crate::store::vault::VaultKind;

pub(super) fn run(global: &Global, command: IdentityCommand, output: &mut Output) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let now = desk.now();
    match command {
        IdentityCommand::Create { name, email, key, days } => {
            let certificate = {
                let _sign = SignOfLife::of("Making a key", None);
                desk.create_identity(&name, &email, key.into(), days)?
            };
            let vault = desk.store().vault().kind();
            let mut lines = vec![
                made(&name, &certificate),
                format!("Fingerprint: {}", certificate.fingerprint()),
                format!("Valid until {}.", local(certificate.not_after())),
                kept_in(vault).to_owned(),
            ];
            if let Some(address) = email.first() {
                lines.push(format!(
                    "Give others your certificate: waxseal-cli identity certificate {address} --out FILE.cer"
                ));
            }
            let object = with(output::certificate(&certificate, now), json!({ "vault": vault.as_str() }));
            output.print(&json!({ "created": object }), &lines)?;
        }
        IdentityCommand::Request { name, email, key, out } => {
            let asked = {
                let _sign = SignOfLife::of("Making a key", None);
                desk.request_identity(&name, &email, key.into(), &out)?
            };
            if file::is_standard(&out) {
                return Ok(Done::Well);
            }
            let vault = desk.store().vault().kind();
            let path = out.display().to_string();
            let lines = [
                format!(
                    "The request of {name} for {} is in {path}. Give it to the authority.",
                    listed(asked.addresses())
                ),
                kept_in(vault).to_owned(),
                "When its answer has come, run: waxseal-cli identity import FILE".to_owned(),
            ];
            let more = json!({ "file": path, "vault": vault.as_str() });
            output.print(&json!({ "requested": with(request_object(&asked), more) }), &lines)?;
        }
        IdentityCommand::Import { file, password_file } => {
            let imported = import(&desk, &file, password_file.as_deref())?;
            output.print(&report(&imported, now), &told(&imported))?;
        }
        IdentityCommand::List => {
            let (identities, requests) = (desk.store().identities()?, desk.store().requests()?);
            let mut lines = Vec::new();
            for identity in &identities {
                lines.push(format!("{} — {}", identity.name, joined(identity)));
                lines.extend(identity.keys.iter().flat_map(|key| key_lines(key, now)));
            }
            lines.extend(requests.iter().map(request_line));
            if lines.is_empty() {
                lines.push("You have no identity yet. Make one: waxseal-cli identity create --name NAME --email ADDR".into());
            }
            let identities: Vec<Value> =
                identities.iter().map(|identity| identity_object(identity, now)).collect();
            let requests: Vec<Value> = requests
                .iter()
                .map(|request| with(request_object(&request.asked), json!({ "made": utc(request.made) })))
                .collect();
            output.print(&json!({ "identities": identities, "requests": requests }), &lines)?;
        }
        IdentityCommand::Export { key, out, password_file, recipe } => {
            let password = read_password(&password_file)?;
            let certificates = desk.export_identity(&key, &out, &password, recipe.into())?;
            if file::is_standard(&out) {
                return Ok(Done::Well);
            }
            let path = out.display().to_string();
            let names = certificates.first().map(Certificate::display_name).unwrap_or_default();
            let lines = [
                if certificates.len() == 1 {
                    format!("The key of {names} and its certificate are in {path}.")
                } else {
                    format!(
                        "The keys of {names} for signing and for sealing are in {path}, with their certificates."
                    )
                },
                "Whoever has this file and its password can read your mail. Keep them apart.".to_owned(),
            ];
            let mut written = certificates
                .iter()
                .map(|certificate| with(output::certificate(certificate, now), json!({ "file": path })));
            let first = written.next();
            let also: Vec<_> = written.collect();
            output.print(&json!({ "exported": first, "also": also }), &lines)?;
        }
        IdentityCommand::Certificate { address, out } => {
            let certificates = desk.write_certificate(&address, &out)?;
            if file::is_standard(&out) {
                return Ok(Done::Well);
            }
            let mut lines =
                vec![format!("The certificate of {address} is in {}. Anybody may see it.", out.display())];
            lines.extend(
                certificates.iter().map(|certificate| format!("Fingerprint: {}", certificate.fingerprint())),
            );
            let written: Vec<Value> =
                certificates.iter().map(|certificate| output::certificate(certificate, now).into()).collect();
            let object = json!({ "file": out.display().to_string(), "certificates": written });
            output.print(&object, &lines)?;
        }
        IdentityCommand::MarkLost { fingerprint } => {
            let certificate = desk.mark_lost(fingerprint)?;
            let lines = [
                format!(
                    "The key of {} signs nothing any more; it goes on opening old mail.",
                    certificate.display_name()
                ),
                "Tell the people who write to you not to seal to it, and give them a new certificate."
                    .to_owned(),
            ];
            output.print(&json!({ "lost": output::certificate(&certificate, now) }), &lines)?;
        }
        IdentityCommand::Delete { fingerprint, yes } => {
            if let Some(request) = desk.delete_request(&fingerprint, yes)? {
                let name = request.asked.display_name();
                let lines = [format!("The request of {name} and its key were deleted: {fingerprint}.")];
                output.print(&json!({ "deleted": request_object(&request.asked) }), &lines)?;
                return Ok(Done::Well);
            }
            let certificate = desk.delete_own_key(fingerprint, yes)?;
            let lines = [format!("The key of {} was deleted: {fingerprint}.", certificate.display_name())];
            output.print(&json!({ "deleted": output::certificate(&certificate, now) }), &lines)?;
        }
    }
    Ok(Done::Well)
}

/// With the password from a file; else the empty one, and then whoever sits at the terminal.
fn import(desk: &crate::desk::Desk, path: &Path, password_file: Option<&Path>) -> Result<Imported, Failure> {
    let octets = read_small(path, file::SMALL_FILE)?;
    let given = password_file.map(read_password).transpose()?;
    match desk.import_identity(&octets, given.as_ref()) {
        Err(IdentityImportError::File(needed @ KeyFileError::PasswordNeeded)) => {
            let password = ask(&format!("Password of {}: ", output::shown(&path.display().to_string())))
                .ok_or(IdentityImportError::File(needed))?;
            Ok(desk.import_identity(&octets, Some(&password))?)
        }
        imported => Ok(imported?),
    }
}

/// What came of an import, for people.
fn told(imported: &Imported) -> Vec<String> {
    let mut lines: Vec<String> = imported.keys.iter().flat_map(sentences).collect();
    lines.extend(imported.authorities.iter().map(|authority| {
        format!("The authority {} is kept to complete paths. It is not believed.", authority.display_name())
    }));
    lines.extend(imported.not_taken.iter().map(NotTaken::sentence));
    lines.extend(imported.integrity.and_then(unchecked).map(|sentence| format!("WARNING: {sentence}")));
    lines
}

/// The same, for programs.
fn report(imported: &Imported, now: jiff::Timestamp) -> Value {
    let key = |key: &ImportedKey| {
        let result = match key.added {
            Added::New => "new",
            Added::Merged => "merged",
            Added::AlreadyThere => "already-there",
        };
        let answers = key.asked.as_ref().map(|asked| asked.key_fingerprint().to_string());
        let more = json!({
            "result": result, "reading_only": key.reading_only, "friendly_name": key.friendly_name,
            "answers_request": answers,
        });
        with(output::certificate(&key.certificate, now), more)
    };
    let authority = |certificate: &Certificate| Value::from(output::certificate(certificate, now));
    let skipped = |what: &NotTaken| {
        let severity = if what.is_harmless() { "note" } else { "warning" };
        json!({ "what": what.what(), "severity": severity, "text": what.sentence() })
    };
    let warning = |text| json!({ "severity": "warning", "text": text });
    json!({
        "imported": imported.keys.iter().map(key).collect::<Vec<_>>(),
        "authorities": imported.authorities.iter().map(authority).collect::<Vec<_>>(),
        "skipped": imported.not_taken.iter().map(skipped).collect::<Vec<_>>(),
        "findings": imported.integrity.and_then(unchecked).map(warning).into_iter().collect::<Vec<_>>(),
    })
}

fn sentences(key: &ImportedKey) -> Vec<String> {
    let name = key.certificate.display_name();
    let what = match (key.added, key.reading_only) {
        (Added::AlreadyThere, _) => "was here already; nothing changed",
        (Added::New | Added::Merged, true) => "is kept for reading old mail",
        (Added::New, false) => "is yours now",
        (Added::Merged, false) => "was added to your identity",
    };
    let mut lines = vec![format!("The key of {name} {what}. Fingerprint: {}", key.certificate.fingerprint())];
    if let Some(asked) = &key.asked {
        let missing: Vec<Address> =
            asked.addresses().iter().filter(|address| !key.addresses.contains(address)).cloned().collect();
        lines.push("This is the authority's answer to your request.".to_owned());
        if !missing.is_empty() {
            lines.push(format!("But it is not for {}, which you asked for.", listed(&missing)));
        }
    }
    lines
}

/// "An RSA 3072 key", "A P-256 key".
fn made(name: &str, certificate: &Certificate) -> String {
    let key = certificate.public_key().name();
    let article = if key.starts_with("RSA") { "An" } else { "A" };
    format!("{article} {key} key for {name} was made.")
}

fn kept_in(vault: VaultKind) -> &'static str {
    match vault {
        VaultKind::Keyring => "The private key is in the keyring of this computer.",
        VaultKind::File => "The private key is in a file under your passphrase; OpenSSL can read it, too.",
        VaultKind::Memory => "The private key is in memory only and is gone now.",
    }
}

fn joined(identity: &Identity) -> String {
    if identity.addresses.is_empty() { "for reading only".to_owned() } else { listed(&identity.addresses) }
}

fn listed(addresses: &[Address]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn request_line(request: &Request) -> String {
    let asked = &request.asked;
    format!(
        "{} — {}: waits for an authority's answer\n  {}, asked on {}\n  {}",
        asked.display_name(),
        listed(asked.addresses()),
        asked.public_key().name(),
        local(request.made),
        asked.key_fingerprint()
    )
}

fn request_object(asked: &CertificationRequest) -> Map<String, Value> {
    let fields = [
        ("name", Value::from(asked.display_name())),
        ("addresses", asked.addresses().iter().map(ToString::to_string).collect()),
        ("key", asked.public_key().name().into()),
        ("key_fingerprint", asked.key_fingerprint().to_string().into()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn key_lines(key: &OwnKey, now: jiff::Timestamp) -> impl Iterator<Item = String> {
    let certificate = &key.certificate;
    let use_of = match (key.retired, key.signs, key.decrypts) {
        (true, _, _) => "reads old mail",
        (false, true, true) => "signs and opens",
        (false, true, false) => "signs",
        (false, false, _) => "opens",
    };
    let validity = match certificate.validity(now) {
        crate::smime::x509::Validity::Valid => format!("valid until {}", local(certificate.not_after())),
        crate::smime::x509::Validity::NotYet => format!("valid from {}", local(certificate.not_before())),
        crate::smime::x509::Validity::Expired => format!("expired {}", local(certificate.not_after())),
    };
    let first = format!("  {}, {use_of}, {validity}", certificate.public_key().name());
    std::iter::once(first).chain(output::description(certificate))
}

fn identity_object(identity: &Identity, now: jiff::Timestamp) -> Value {
    let keys: Vec<Value> = identity
        .keys
        .iter()
        .map(|key| {
            let more = json!({ "signs": key.signs, "decrypts": key.decrypts, "retired": key.retired });
            with(output::certificate(&key.certificate, now), more)
        })
        .collect();
    json!({
        "name": identity.name,
        "addresses": identity.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "keys": keys,
    })
}
