//! `contact …`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Files;
use crate::cli::args::{Compared, ContactCommand, Global};
use crate::cli::output::{self, Output, local, utc, with};
use crate::cli::progress::SignOfLife;
use crate::cli::{Done, Failure, ask};
use crate::desk::Desk;
use crate::desk::contacts::ContactError;
use crate::desk::file::{is_standard, read_password};
use crate::desk::learn::{Learned, Outcome};
use crate::desk::trust::NoCertificates;
use crate::smime::key_file::KeyFileError;
use crate::smime::policy::{Device, DeviceOrigin};
use crate::smime::secret::Passphrase;
use crate::smime::x509::{Certificate, Validity};
use crate::smime::{Address, Fingerprint};
use crate::store::contacts::{Contact, ContactKey, KeyState, Origin, Recorded};

pub(super) fn run(global: &Global, command: ContactCommand, output: &mut Output) -> Result<Done, Failure> {
    let desk = global.desk()?;
    let now = desk.now();
    match command {
        ContactCommand::Import { files, password_file } => {
            return import(&desk, &files, password_file.as_deref(), output);
        }
        ContactCommand::Create { name, email, out, password_file, keep_key } => {
            let password = read_password(&password_file)?;
            let certificate = {
                let _sign = SignOfLife::of("Making a key", None);
                desk.create_contact(&name, &email, &out, &password, keep_key)?
            };
            let kept = if keep_key { "is kept here, too" } else { "is in that file only, and not here" };
            if is_standard(&out) {
                return Ok(Done::Well);
            }
            let mut lines = vec![
                format!("A key for {name} <{email}> is in {}. The private half {kept}.", out.display()),
                "Bring it to their device and tell them its password; never send both the same way."
                    .to_owned(),
                format!("Fingerprint: {}", certificate.fingerprint()),
            ];
            if desk.contact(&email)?.is_changed() {
                lines.push(format!(
                    "Another certificate is on record for {email}, and nothing is sealed to them until you answer. \
                     To use the new one: waxseal-cli contact verify {email} --fingerprint {}",
                    certificate.fingerprint()
                ));
            }
            let more = json!({ "file": out.display().to_string(), "key_kept": keep_key });
            output
                .print(&json!({ "created": with(output::certificate(&certificate, now), more) }), &lines)?;
        }
        ContactCommand::Device { address, device } => {
            let device = device.into();
            let contact = desk.set_device(&address, device)?;
            let line = match device {
                Device::Unknown => format!(
                    "What {} reads mail on is not set any more. Notes are written as their own mail says, or so that every common device can open them.",
                    contact.name
                ),
                Device::Iphone
                | Device::MacMail
                | Device::Thunderbird
                | Device::Outlook
                | Device::Android
                | Device::Waxseal => {
                    format!("Notes to {} are written for this from now on: {}.", contact.name, device.title())
                }
            };
            output.print(&json!({ "device": object(&contact, now) }), &[line])?;
        }
        ContactCommand::List => {
            let contacts = desk.store().contacts()?;
            let mut lines: Vec<String> = contacts.iter().map(headline).collect();
            if contacts.is_empty() {
                lines.push("Nobody is on record yet. Start with: waxseal-cli contact import FILE".to_owned());
            }
            let contacts: Vec<Value> = contacts.iter().map(|contact| object(contact, now)).collect();
            output.print(&json!({ "contacts": contacts }), &lines)?;
        }
        ContactCommand::Show { address } => show(&desk, &desk.contact(&address)?, output)?,
        ContactCommand::Remove { address, certificate } => {
            let contact = desk.remove_contact(&address, certificate.as_ref())?;
            let line = match certificate {
                Some(fingerprint) => {
                    format!("This certificate of {} was removed: {fingerprint}.", contact.name)
                }
                None => format!("{} was removed, with all certificates.", contact.name),
            };
            let removed =
                json!({ "address": address.to_string(), "certificate": certificate.map(|f| f.to_string()) });
            output.print(&json!({ "removed": removed }), &[line])?;
        }
        ContactCommand::Replace { address, file } => {
            let certificates = desk.replace_contact(&address, &file)?;
            let mut lines =
                vec![format!("{address} has a new certificate. Notes are sealed to it from now on.")];
            lines.extend(
                certificates.iter().map(|certificate| format!("Fingerprint: {}", certificate.fingerprint())),
            );
            lines.push(format!(
                "Compare it in person, then run: waxseal-cli contact verify {address} --fingerprint 64HEX"
            ));
            output.print(&json!({ "replaced": object(&desk.contact(&address)?, now) }), &lines)?;
        }
        ContactCommand::Distrust { address } => {
            let contact = desk.distrust_contact(&address)?;
            let lines =
                [format!("The certificates of {} were set aside. Nothing is sealed to them.", contact.name)];
            output.print(&json!({ "distrusted": object(&contact, now) }), &lines)?;
        }
        ContactCommand::Verify { address, compared } => verify(&desk, &address, &compared, output)?,
    }
    Ok(Done::Well)
}

fn import(
    desk: &Desk,
    paths: &[PathBuf],
    password_file: Option<&Path>,
    output: &mut Output,
) -> Result<Done, Failure> {
    let mut files = Files::new();
    let password = password_file.map(read_password).transpose()?;
    for path in paths {
        match import_one(desk, path, password.as_ref()) {
            Ok(learned) => {
                for one in &learned {
                    let (result, line) = told(one, standing(desk, one)?);
                    output.line(&line)?;
                    let more = json!({ "file": path.display().to_string(), "result": result });
                    files.done.push(with(output::certificate(&one.certificate, desk.now()), more));
                }
            }
            Err(error) => files.failed(path, &error, output),
        }
    }
    files.finish("imported", output)
}

fn verify(desk: &Desk, address: &Address, compared: &Compared, output: &mut Output) -> Result<(), Failure> {
    let checked: Vec<Fingerprint> = match (&compared.fingerprint, &compared.safety_number) {
        (Some(fingerprint), _) => {
            desk.verify_contact(address, fingerprint)?;
            vec![*fingerprint]
        }
        (None, Some(claim)) => {
            desk.verify_safety_number(address, claim)?.theirs.iter().map(Certificate::fingerprint).collect()
        }
        (None, None) => Vec::new(),
    };
    let contact = desk.contact(address)?;
    let keys = if checked.len() == 1 { "The key" } else { "Every current key" };
    let addresses: Vec<String> = contact.addresses.iter().map(ToString::to_string).collect();
    let lines = [format!(
        "{keys} of {} <{}> was compared in person. Their notes can be secure beyond reasonable doubt now.",
        contact.name,
        addresses.join(", ")
    )];
    let checked: Vec<String> = checked.iter().map(ToString::to_string).collect();
    output.print(&json!({ "verified": object(&contact, desk.now()), "checked": checked }), &lines)
}

/// With the password that was given; else the empty one, and then whoever sits at the terminal.
fn import_one(desk: &Desk, path: &Path, password: Option<&Passphrase>) -> Result<Vec<Learned>, ContactError> {
    match desk.import_contact(path, password) {
        Err(ContactError::Certificates(NoCertificates::Pkcs12(KeyFileError::PasswordNeeded)))
            if !is_standard(path) =>
        {
            let asked = ask(&format!("Password of {}: ", output::shown(&path.display().to_string())));
            let needed = NoCertificates::Pkcs12(KeyFileError::PasswordNeeded);
            desk.import_contact(path, Some(&asked.ok_or(needed)?))
        }
        learned => learned,
    }
}

/// What the certificate is good for, for the person it names first.
fn standing(desk: &Desk, learned: &Learned) -> Result<Option<KeyState>, Failure> {
    let contact = desk.store().contact_of(&learned.certificate.fingerprint())?;
    let keys = contact.map(|contact| contact.keys).unwrap_or_default();
    Ok(keys.iter().find(|key| key.certificate == learned.certificate).map(|key| key.state))
}

fn told(learned: &Learned, standing: Option<KeyState>) -> (&'static str, String) {
    let name = learned.certificate.display_name();
    let fingerprint = learned.certificate.fingerprint();
    // All of them: whoever is believed is believed for each.
    let addresses: Vec<String> = learned.certificate.addresses().iter().map(ToString::to_string).collect();
    let address = addresses.join(", ");
    let first = addresses.first().map_or("ADDR", String::as_str);
    match learned.outcome {
        Outcome::Own => ("own", format!("This is your own certificate: {name}. Nothing changed.")),
        Outcome::Intermediate => {
            ("intermediate", format!("The authority {name} is kept to complete paths. It is not believed."))
        }
        Outcome::NoAddress => (
            "no-address",
            format!(
                "The certificate of {name} was left out: it names no mail address. Fingerprint: {fingerprint}"
            ),
        ),
        Outcome::Recorded(Recorded::New) => {
            ("new", format!("{name} <{address}> is on record now. Fingerprint: {fingerprint}"))
        }
        Outcome::Recorded(Recorded::Paired) => (
            "paired",
            format!(
                "The second certificate of {name} <{address}> is on record now. Fingerprint: {fingerprint}"
            ),
        ),
        Outcome::Recorded(Recorded::Changed) => ("changed", changed(&name, &address, first, &fingerprint)),
        Outcome::Recorded(Recorded::AlreadyThere) => match standing {
            Some(KeyState::Accepted) | None => {
                ("already-there", format!("{name} <{address}> was on record already."))
            }
            Some(KeyState::Pending) => ("changed", changed(&name, &address, first, &fingerprint)),
            Some(KeyState::Replaced) => (
                "already-there",
                format!(
                    "This certificate of {name} was replaced by another one. To use it again: waxseal-cli contact replace {first} FILE"
                ),
            ),
            Some(KeyState::Distrusted) => (
                "already-there",
                format!(
                    "You set this certificate of {name} aside. Nothing is sealed to it. To use it again: waxseal-cli contact replace {first} FILE"
                ),
            ),
        },
    }
}

fn changed(name: &str, address: &str, first: &str, fingerprint: &Fingerprint) -> String {
    format!(
        "WARNING: another certificate is on record for {address}. It may be a new phone, or somebody who pretends to be {name}.\n\
         Nothing is sealed to {address} until you answer. Ask them, not by mail, for their fingerprint. The new one is\n  {fingerprint}\n\
         If it is theirs: waxseal-cli contact verify {first} --fingerprint 64HEX, or waxseal-cli contact replace {first} FILE\n\
         If it is not:    waxseal-cli contact remove {first} --certificate {fingerprint}"
    )
}

fn show(desk: &Desk, contact: &Contact, output: &mut Output) -> Result<(), Failure> {
    let now = desk.now();
    let mut lines = vec![headline(contact)];
    match contact.device.origin {
        DeviceOrigin::None => {}
        DeviceOrigin::Learned => {
            lines.push(format!("  reads mail with: {} (as their mail says)", contact.device.device.title()));
        }
        DeviceOrigin::Set => {
            lines.push(format!("  reads mail with: {} (as you said)", contact.device.device.title()));
        }
    }
    let mut shown = object(contact, now);
    for (place, key) in contact.keys.iter().enumerate() {
        let certificate = &key.certificate;
        let taken_back = desk.taken_back(certificate)?;
        shown["keys"][place]["revoked"] = json!(taken_back.as_ref().map(|taken| utc(taken.date)));
        let half = match (certificate.may_sign(), certificate.may_encrypt()) {
            (true, false) => " for signing",
            (false, true) => " for sealing",
            (true, true) | (false, false) => "",
        };
        let kind = certificate.public_key().name();
        let expired = if certificate.validity(now) == Validity::Expired { ", expired" } else { "" };
        lines.push(format!("  {kind}{half}, {}{expired}, {}", state_words(key), checked(key)));
        lines.push(format!("  {} — {}", local(certificate.not_before()), local(certificate.not_after())));
        if let Some(taken) = taken_back {
            lines.push(format!(
                "  TAKEN BACK by {} on {}: nothing is sealed to it, and its signatures count no longer.",
                output::shown(&taken.issuer),
                local(taken.date)
            ));
        }
        lines.extend(output::description(certificate));
    }
    output.print(&json!({ "contact": shown }), &lines)
}

fn headline(contact: &Contact) -> String {
    let addresses: Vec<_> = contact.addresses.iter().map(ToString::to_string).collect();
    let mark =
        if contact.is_changed() { " — CHANGED: another certificate waits for your answer" } else { "" };
    format!("{} <{}>{mark}", contact.name, addresses.join(", "))
}

fn state_words(key: &ContactKey) -> &'static str {
    match key.state {
        KeyState::Accepted => "in use",
        KeyState::Pending => "waits for your answer",
        KeyState::Replaced => "replaced",
        KeyState::Distrusted => "set aside",
    }
}

fn checked(key: &ContactKey) -> String {
    match (key.verified, key.origin) {
        (Some(time), _) => format!("compared in person on {}", local(time)),
        (None, Origin::MadeHere) => "made here".to_owned(),
        (None, Origin::File | Origin::SignedMessage) => "not compared in person".to_owned(),
    }
}

fn object(contact: &Contact, now: jiff::Timestamp) -> Value {
    let keys: Vec<Value> = contact
        .keys
        .iter()
        .map(|key| {
            let state = match key.state {
                KeyState::Accepted => "accepted",
                KeyState::Pending => "pending",
                KeyState::Replaced => "replaced",
                KeyState::Distrusted => "distrusted",
            };
            let origin = match key.origin {
                Origin::File => "file",
                Origin::SignedMessage => "signed-message",
                Origin::MadeHere => "made-here",
            };
            let more = json!({
                "state": state, "origin": origin, "added": utc(key.added), "verified": key.verified.map(utc),
            });
            with(output::certificate(&key.certificate, now), more)
        })
        .collect();
    json!({
        "name": contact.name,
        "addresses": contact.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changed": contact.is_changed(),
        "device": contact.device.device.id(),
        "device_origin": contact.device.origin.id(),
        "keys": keys,
    })
}
