//! Seals a note or a file to people on record: to all of them or to nobody.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::Desk;
use super::file::{self, FileError, FileTrouble};
use super::forecast::Outline;
use super::recipients::RecipientError;
use crate::problem::{Explain, Problem};
use crate::smime::cms::CmsError;
use crate::smime::identity::{Identity, OwnKey};
use crate::smime::message::capabilities;
use crate::smime::message::header_protection::confidences::Confidences;
use crate::smime::message::reply::Thread;
use crate::smime::message::seal::{self, Form, Note, SealError, SignWith};
use crate::smime::mime::build::{self, Attachment};
use crate::smime::mime::file_name;
use crate::smime::mime::header::Mailbox;
use crate::smime::policy::{Abilities, Device, DeviceProfile};
use crate::smime::progress::Stopped;
use crate::smime::recipient::Recipient;
use crate::smime::{Address, Fingerprint, policy};
use crate::store::drafts::Enclosure;
use crate::store::{Store, StoreError, clock};

/// A note as its writer gives it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// One's own address.
    pub from: Address,
    /// To whom.
    pub to: Vec<Address>,
    /// Who is to see it, too; everybody sees these.
    pub cc: Vec<Address>,
    /// Who is to see it without the others' knowing.
    pub bcc: Vec<Address>,
    /// The subject line.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// Files that go along.
    pub attachments: Vec<Enclosure>,
    /// Which message it answers, if any.
    pub thread: Thread,
    /// What that message kept from everybody on the way.
    pub confidences: Confidences,
    /// Certificates past their end to which it is sealed all the same: checked in person once, and confirmed by name.
    pub expired: Vec<Fingerprint>,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The files, the main one first, each with those who can read it.
    pub files: Vec<(PathBuf, Vec<Address>)>,
}

/// Why nothing was sealed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealingError {
    /// None of one's identities has this address.
    #[error("{0} is not an own address")]
    NotMine(Address),
    /// The identity has no key that can sign now.
    #[error("no valid signing key for {0}")]
    NoSigningKey(Address),
    /// The identity has no key that others, or oneself, could seal to.
    #[error("no valid encryption key for {0}")]
    NoEncryptionKey(Address),
    /// The message that is answered names no sender.
    #[error("nobody to answer")]
    NobodyToAnswer,
    /// Blind copies are files of their own and need a name.
    #[error("blind copies need a file name")]
    BlindCopyWithoutName,
    /// Two outputs, or an input and an output, would be the same file.
    #[error("{} would be written over what is read", .0.display())]
    OverInput(PathBuf),
    /// Somebody cannot be sealed to.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An attachment was written to while it was sealed.
    #[error("a file changed while it was sealed")]
    InputChanged,
    /// What the core says.
    #[error(transparent)]
    Core(SealError),
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody wished that the work stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Explain for SealingError {
    fn explain(&self) -> Problem {
        match self {
            Self::NotMine(address) => Problem::new(
                format!("{address} is not your address here."),
                "None of your identities has it.",
                format!(
                    "Make one: waxseal-cli identity create --name … --email {address}, or import its .p12 file."
                ),
            ),
            Self::NoSigningKey(address) => Problem::new(
                format!("No key of {address} can sign now."),
                "Its certificate has expired, is not valid yet, was taken back by its authority, or is for encryption only.",
                "Make or import a new one; the old key keeps opening your old mail.",
            ),
            Self::NoEncryptionKey(address) => Problem::new(
                format!("No key of {address} can be sealed to now."),
                "You could not read your own note afterwards.",
                "Make or import a new certificate; the old key keeps opening your old mail.",
            ),
            Self::NobodyToAnswer => Problem::new(
                "There is nobody to answer.",
                "The message names no sender.",
                "Say who gets the answer with --to ADDR.",
            ),
            Self::BlindCopyWithoutName => Problem::new(
                "The blind copies have no place to go.",
                "Each of them is a file of its own, beside the note.",
                "Name the note's file with --out FILE.eml.",
            ),
            Self::OverInput(path) => Problem::new(
                "The result would replace what it is made from.",
                format!("{} is read and written.", path.display()),
                "Name another file with --out.",
            ),
            Self::Recipient(error) => {
                let mut problem = error.explain();
                problem.cause.push_str(" Nothing was sealed to anybody.");
                problem
            }
            Self::File(error) => error.explain(),
            Self::InputChanged => Problem::new(
                "A file changed while it was being sealed.",
                "Another program wrote to it.",
                "Close that program and try again. Nothing was written.",
            ),
            Self::Core(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Stopped(stopped) => stopped.explain(),
        }
    }
}

impl Letter {
    /// What its fate depends on, when it goes to `out`. Files that cannot be found count nothing: sealing names them.
    pub fn outline(&self, out: &Path) -> Outline {
        Outline {
            from: Some(self.from.clone()),
            to: self.to.clone(),
            cc: self.cc.clone(),
            bcc: self.bcc.clone(),
            text: self.text.len() as u64,
            files: self.attachments.iter().map(size_of).sum(),
            form: form_of(out),
            expired: self.expired.clone(),
        }
    }
}

impl Desk {
    /// Seals `letter` into `out` (`-`: standard output), and each Bcc person's copy into `NAME.bcc-N.eml` beside
    /// it. With `sign_only` anybody can read it. All files appear, or none.
    pub fn seal(&self, letter: &Letter, sign_only: bool, out: &Path) -> Result<Sealed, SealingError> {
        self.or_stopped(self.seal_to_its_end(letter, sign_only, out))
    }

    fn seal_to_its_end(&self, letter: &Letter, sign_only: bool, out: &Path) -> Result<Sealed, SealingError> {
        if letter.to.is_empty() {
            return Err(SealingError::NobodyToAnswer);
        }
        let identity =
            self.store.identity(&letter.from)?.ok_or_else(|| SealingError::NotMine(letter.from.clone()))?;
        let identity = self.in_force(identity)?;
        let signing = identity
            .signing_key(&letter.from, self.now)
            .ok_or_else(|| SealingError::NoSigningKey(letter.from.clone()))?;
        let encryption = encryption_key(&identity, self, &letter.from, sign_only.then_some(signing))?;

        let open = distinct(letter.to.iter().chain(&letter.cc));
        let blind: Vec<Address> =
            distinct(&letter.bcc).into_iter().filter(|who| !open.contains(who)).collect();
        if !blind.is_empty() && file::is_standard(out) {
            return Err(SealingError::BlindCopyWithoutName);
        }
        // The sender is added to every copy; a note to oneself is not sealed twice to the same key.
        let resolve = |who: &[Address]| -> Result<Vec<Recipient>, RecipientError> {
            let others = who.iter().filter(|who| !sign_only && !identity.addresses.contains(who));
            others.map(|address| self.recipient_with(address, &letter.expired)).collect()
        };
        let open_recipients = resolve(&open)?;
        let blind_recipients: Vec<Vec<Recipient>> =
            blind.iter().map(|who| resolve(std::slice::from_ref(who))).collect::<Result<_, _>>()?;

        // Asked for last: it may need a passphrase.
        let key = self.private_key(&signing.certificate)??;
        let own = Recipient {
            address: letter.from.clone(),
            certificates: vec![encryption.certificate.clone()],
            capabilities: Some(capabilities::own(&encryption.certificate)),
            reads_protected_headers: true,
            device: DeviceProfile::learned(Device::Waxseal),
            expired: Vec::new(),
        };
        let form = form_of(out);
        let mut outputs = self.outputs();
        let mut files = Vec::new();
        let mut write = |path: PathBuf, mut recipients: Vec<Recipient>, readers: Vec<Address>| {
            if letter.attachments.iter().any(|input| lies_at(input, &path)) {
                return Err(SealingError::OverInput(path));
            }
            let note = self.note(letter, &identity)?;
            let reads_pss = self.all_read_pss(&readers, &identity)?;
            let signer = SignWith {
                certificate: &signing.certificate,
                key: &key,
                scheme: policy::signature_scheme(signing.certificate.public_key(), reads_pss)
                    .ok_or_else(|| SealingError::NoSigningKey(letter.from.clone()))?,
                chain: &signing.chain,
                encryption_certificate: &encryption.certificate,
            };
            let to = outputs.begin(&path)?;
            let rng = &mut clock::rng();
            let done = if sign_only {
                seal::sign(note, &signer, form, self.spool(), to, rng)
            } else {
                recipients.push(own.clone());
                seal::seal(note, &signer, &recipients, form, to, rng)
            };
            done.map_err(|error| failed(error, &path))?;
            files.push((path, readers));
            Ok(())
        };
        write(out.to_owned(), open_recipients, open.clone())?;
        for (index, (who, recipient)) in blind.iter().zip(blind_recipients).enumerate() {
            write(blind_copy(out, index + 1), recipient, vec![who.clone()])?;
        }
        outputs.commit()?;
        Ok(Sealed { files })
    }

    /// Why nothing can be sealed from this address, if that is so; no key is asked for.
    pub(super) fn sender_obstacle(&self, from: &Address) -> Result<Option<SealingError>, StoreError> {
        let Some(identity) = self.store.identity(from)? else {
            return Ok(Some(SealingError::NotMine(from.clone())));
        };
        let identity = self.in_force(identity)?;
        if identity.signing_key(from, self.now).is_none() {
            return Ok(Some(SealingError::NoSigningKey(from.clone())));
        }
        Ok(encryption_key(&identity, self, from, None).err())
    }

    /// Without the keys that their authority took back: nobody believes them any more.
    fn in_force(&self, mut identity: Identity) -> Result<Identity, StoreError> {
        let mut keys = Vec::new();
        for key in identity.keys {
            if key.retired || self.taken_back(&key.certificate)?.is_none() {
                keys.push(key);
            }
        }
        identity.keys = keys;
        Ok(identity)
    }

    /// Whether the programs of all these people verify RSASSA-PSS, as far as is known; one's own does.
    fn all_read_pss(&self, readers: &[Address], identity: &Identity) -> Result<bool, StoreError> {
        for reader in readers.iter().filter(|reader| !identity.has_address(reader)) {
            let Some(contact) = self.store.contact(reader)? else { return Ok(false) };
            if !Abilities::of(contact.device, contact.capabilities.as_ref(), false).pss {
                return Ok(false);
            }
        }
        Ok(!readers.is_empty())
    }

    fn note<'a>(&'a self, letter: &'a Letter, identity: &Identity) -> Result<Note<'a>, SealingError> {
        let named = |addresses: &[Address]| -> Result<Vec<Mailbox>, StoreError> {
            distinct(addresses).iter().map(|address| self.mailbox(address)).collect()
        };
        Ok(Note {
            from: mailbox(&letter.from, Some(identity.name.as_str())),
            to: named(&letter.to)?,
            cc: named(&letter.cc)?,
            subject: letter.subject.clone(),
            thread: letter.thread.clone(),
            confidences: letter.confidences.clone(),
            text: letter.text.clone(),
            attachments: letter
                .attachments
                .iter()
                .map(|enclosure| Ok(self.watched_attachment(attachment(&self.store, enclosure)?)))
                .collect::<Result<_, SealingError>>()?,
            date: self.now,
        })
    }

    /// With the name under which the address is on record.
    pub(super) fn mailbox(&self, address: &Address) -> Result<Mailbox, StoreError> {
        let name = match self.store.identity(address)? {
            Some(identity) => Some(identity.name),
            None => self.store.contact(address)?.map(|contact| contact.name),
        };
        Ok(mailbox(address, name.as_deref()))
    }

    /// Encrypts a file's octets as they are, for `to` and for the identity `from` (or the default one).
    pub fn encrypt(
        &self,
        input: &Path,
        to: &[Address],
        from: Option<&Address>,
        out: &Path,
    ) -> Result<Sealed, SealingError> {
        self.or_stopped(self.encrypt_to_its_end(input, to, from, out))
    }

    fn encrypt_to_its_end(
        &self,
        input: &Path,
        to: &[Address],
        from: Option<&Address>,
        out: &Path,
    ) -> Result<Sealed, SealingError> {
        if same_file(input, out) {
            return Err(SealingError::OverInput(out.to_owned()));
        }
        let mut readers = distinct(to);
        let mut recipients: Vec<Recipient> =
            readers.iter().map(|address| self.recipient(address)).collect::<Result<_, _>>()?;
        let own = match from {
            Some(from) => {
                Some(self.store.identity(from)?.ok_or_else(|| SealingError::NotMine(from.clone()))?)
            }
            None => self.store.identities()?.into_iter().find(|identity| {
                identity.addresses.first().is_some_and(|own| identity.encryption_key(own, self.now).is_some())
            }),
        };
        if let Some(identity) = own
            && let Some(address) = from.or(identity.addresses.first()).cloned()
            && !readers.iter().any(|reader| identity.addresses.contains(reader))
        {
            recipients.push(self.own_recipient(&address, &identity)?);
            readers.push(address);
        }
        let read_failed = |error: io::Error| FileError::new(input, &error);
        let mut source = self.watched(file::source(input, self.spool())?);
        let len = source.seek(SeekFrom::End(0)).map_err(read_failed)?;
        source.seek(SeekFrom::Start(0)).map_err(read_failed)?;
        self.expect(len);

        let mut outputs = self.outputs();
        let to = outputs.begin(out)?;
        // Here a file named .eml asks for mail, and everything else is CMS.
        let form = if has_extension(out, "eml") { Form::Mail } else { Form::Cms };
        seal::encrypt(&mut source, len, &recipients, self.now, form, to, &mut clock::rng())
            .map_err(|error| failed(error, out))?;
        outputs.commit()?;
        Ok(Sealed { files: vec![(out.to_owned(), readers)] })
    }

    fn watched_attachment<'a>(&'a self, attachment: Attachment<'a>) -> Attachment<'a> {
        // Once for the signature, once to be written.
        self.expect(attachment.len.saturating_mul(2));
        let open = attachment.open;
        let watched = move || -> io::Result<Box<dyn io::Read + 'a>> { Ok(self.watched_reader(open()?)) };
        Attachment { open: Box::new(watched), ..attachment }
    }
}

fn encryption_key<'a>(
    identity: &'a Identity,
    desk: &Desk,
    address: &Address,
    instead: Option<&'a OwnKey>,
) -> Result<&'a OwnKey, SealingError> {
    identity
        .encryption_key(address, desk.now)
        .or(instead)
        .ok_or_else(|| SealingError::NoEncryptionKey(address.clone()))
}

fn mailbox(address: &Address, name: Option<&str>) -> Mailbox {
    let name = name.filter(|name| *name != address.as_str()).map(str::to_owned);
    Mailbox { name, address: address.clone() }
}

fn distinct<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Vec<Address> {
    let mut distinct: Vec<Address> = Vec::new();
    for address in addresses {
        if !distinct.contains(address) {
            distinct.push(address.clone());
        }
    }
    distinct
}

fn attachment<'a>(store: &'a Store, enclosure: &'a Enclosure) -> Result<Attachment<'a>, SealingError> {
    match enclosure {
        Enclosure::File(path) => Ok(file_attachment(path)?),
        Enclosure::Kept(file) => {
            drop(store.draft_file(file)?);
            let name = file_name::safe(&file.name);
            let media_type = build::media_type(&name).to_owned();
            let open = move || -> io::Result<Box<dyn io::Read>> {
                let source = store.draft_file(file).map_err(io::Error::other)?;
                Ok(Box::new(source))
            };
            Ok(Attachment { name, media_type, len: file.size, open: Box::new(open) })
        }
    }
}

pub(super) fn size_of(enclosure: &Enclosure) -> u64 {
    match enclosure {
        Enclosure::File(path) => path.metadata().map_or(0, |about| about.len()),
        Enclosure::Kept(file) => file.size,
    }
}

fn lies_at(enclosure: &Enclosure, path: &Path) -> bool {
    match enclosure {
        Enclosure::File(input) => same_file(input, path),
        Enclosure::Kept(_) => false,
    }
}

fn file_attachment(path: &Path) -> Result<Attachment<'_>, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let about = path.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(FileError::new(path, &io::ErrorKind::IsADirectory.into()));
    }
    // Its length stands before its content, and a pipe has none before it is read.
    if !about.is_file() {
        return Err(FileError { path: path.to_owned(), what: FileTrouble::Device });
    }
    // What may not be read is told before anything is begun.
    drop(File::open(path).map_err(failed)?);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if name.is_empty() { file_name::safe(&name) } else { name };
    let media_type = build::media_type(&name).to_owned();
    let open = move || -> io::Result<Box<dyn io::Read>> { Ok(Box::new(File::open(path)?)) };
    Ok(Attachment { name, media_type, len: about.len(), open: Box::new(open) })
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

fn form_of(out: &Path) -> Form {
    if has_extension(out, "p7m") || has_extension(out, "p7s") { Form::Cms } else { Form::Mail }
}

/// `note.eml` → `note.bcc-1.eml`.
fn blind_copy(out: &Path, number: usize) -> PathBuf {
    let stem = out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = out.extension().map_or("eml".into(), |extension| extension.to_string_lossy());
    out.with_file_name(format!("{stem}.bcc-{number}.{extension}"))
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

fn failed(error: SealError, out: &Path) -> SealingError {
    match error {
        SealError::Io(error) | SealError::Cms(CmsError::Io(error)) => FileError::new(out, &error).into(),
        SealError::Changed => SealingError::InputChanged,
        error @ (SealError::NoCertificate { .. } | SealError::Key(_) | SealError::Cms(_)) => {
            SealingError::Core(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blind_copies_stand_beside_the_note() {
        assert_eq!(blind_copy(Path::new("/a/note.eml"), 2), Path::new("/a/note.bcc-2.eml"));
        assert_eq!(blind_copy(Path::new("note"), 1), Path::new("note.bcc-1.eml"));
    }

    #[test]
    fn nobody_is_named_twice() {
        let addresses: Vec<Address> =
            ["a@x.example", "b@x.example", "a@X.example"].iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(distinct(&addresses).len(), 2);
    }
}
