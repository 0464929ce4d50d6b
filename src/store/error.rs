//! What can go wrong with the profile, in sentences.

use std::io;
use std::path::{Path, PathBuf};

use super::sealing_key::KeptId;
use super::vault::VaultKind;
use crate::problem::{Explain, Need, Problem};
use crate::smime::{Address, Fingerprint};

/// Why something could not be kept, found or removed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// ENOSPC or a quota.
    #[error("the disk is full")]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// EACCES, EPERM or a read-only file system.
    #[error("cannot be written to")]
    NotWritable {
        /// What was being written.
        path: PathBuf,
    },
    /// Any other answer of the operating system.
    #[error("the file could not be used")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The operating system names no folder for application data.
    #[error("no place for the profile")]
    NoHome,
    /// A file stands where the profile's folder should be.
    #[error("not a folder")]
    NotAFolder {
        /// What stands there.
        path: PathBuf,
    },
    /// The file is no SQLite database, or another program's.
    #[error("not a profile of Waxseal")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// SQLite found the file damaged, or a record in it does not parse.
    #[error("the records are damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later Waxseal.
    #[error("the profile is newer than this program")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        version: i64,
        /// The latest version this program knows.
        known: i64,
    },
    /// Another process held the database for longer than the busy time-out.
    #[error("the profile is busy")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Any other refusal of SQLite.
    #[error("the records could not be used (SQLite {code})")]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's extended result code.
        code: i32,
    },
    /// No session bus can be reached.
    #[error("no session bus")]
    NoBus,
    /// There is a session bus, but no Secret Service on it.
    #[error("no keyring service")]
    NoKeyringService,
    /// The keyring has no collection to keep things in.
    #[error("no keyring collection")]
    NoCollection,
    /// The keyring is locked and was not unlocked.
    #[error("the keyring is locked")]
    KeyringLocked,
    /// The keyring gave no answer in time.
    #[error("the keyring does not answer")]
    KeyringSilent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The keyring answered with something else than a result.
    #[error("the keyring refused")]
    KeyringRefused,
    /// The keyring holds no secret of this size.
    #[error("the key is too large for the keyring")]
    TooLargeForKeyring {
        /// The platform's limit in octets.
        limit: u32,
    },
    /// The vault has no such key, although the records say so.
    #[error("the key is missing")]
    KeyMissing {
        /// Its certificate.
        fingerprint: Fingerprint,
        /// Where it was looked for.
        vault: VaultKind,
    },
    /// What the vault holds is no key, or not the certificate's.
    #[error("the key is damaged")]
    KeyDamaged {
        /// Its certificate.
        fingerprint: Fingerprint,
        /// Where it was found.
        vault: VaultKind,
    },
    /// The vault has lost the key under which messages and drafts are sealed here.
    #[error("the key for what is kept here is lost")]
    SealingKeyLost {
        /// Where it was looked for.
        vault: VaultKind,
    },
    /// A sealed message, draft or file was changed, or is gone.
    #[error("what is kept is damaged")]
    KeptDamaged {
        /// Which one.
        id: KeptId,
    },
    /// Nothing of this name is kept.
    #[error("nothing of this name is kept")]
    UnknownKept {
        /// What was asked for.
        id: KeptId,
    },
    /// The key is in another vault than the one asked for, and that one could not be used.
    #[error("the key is kept elsewhere")]
    KeptElsewhere {
        /// Where it is.
        vault: VaultKind,
        /// Why it could not be used.
        reason: Box<StoreError>,
    },
    /// The passphrase does not open the key files.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// No passphrase was given, and nobody can be asked.
    #[error("no passphrase")]
    NoPassphrase,
    /// An empty passphrase for new key files protects nothing.
    #[error("empty passphrase")]
    EmptyPassphrase,
    /// The two entries of a new passphrase differ.
    #[error("the two passphrases differ")]
    PassphrasesDiffer,
    /// None of one's own certificates has this fingerprint.
    #[error("no such key")]
    UnknownKey {
        /// What was asked for.
        fingerprint: Fingerprint,
    },
    /// The private key does not belong to the certificate.
    #[error("key and certificate do not belong together")]
    KeyDoesNotFit {
        /// The certificate.
        fingerprint: Fingerprint,
    },
    /// No contact has this address.
    #[error("no such contact")]
    UnknownContact {
        /// What was asked for.
        address: Address,
    },
    /// The contact has no certificate with this fingerprint.
    #[error("no such certificate")]
    UnknownCertificate {
        /// The contact's address.
        address: Address,
        /// What was asked for.
        fingerprint: Fingerprint,
    },
    /// A certificate without an address belongs to nobody in particular.
    #[error("the certificate names no address")]
    NoAddress {
        /// The certificate.
        fingerprint: Fingerprint,
    },
}

impl StoreError {
    /// An answer of the operating system about `path`.
    pub(crate) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            kind => Self::File { path, kind },
        }
    }

    /// An answer of SQLite about the database at `path`.
    pub(crate) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            // What is left is a column of an unexpected type: the row is not what was written.
            return Self::Damaged { path };
        };
        // 14 shares one code for everything that hinders opening; 10 for every failed read or write.
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull { path },
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Self::NotWritable { path }
            }
            ErrorCode::NotADatabase => Self::NotADatabase { path },
            ErrorCode::DatabaseCorrupt => Self::Damaged { path },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { path },
            _ => Self::Database { path, code: failure.extended_code },
        }
    }
}

/// "the keyring", "passphrase files", "memory": where a key is, in the middle of a sentence.
fn place(vault: VaultKind) -> &'static str {
    match vault {
        VaultKind::Keyring => "the keyring",
        VaultKind::File => "passphrase files",
        VaultKind::Memory => "memory",
    }
}

const NO_PLACE: &str = "No place for your keys was found.";
const USE_FILES: &str = "Install a keyring program (gnome-keyring or KWallet) and log in again. Or keep keys in passphrase files with --vault file.";

impl Explain for StoreError {
    fn explain(&self) -> Problem {
        match self {
            Self::DiskFull { path } => Problem::new(
                "The disk is full.",
                format!("There was no room to write {}. What was there before is unchanged.", path.display()),
                "Make room and try again.",
            ),
            Self::NotWritable { path } => Problem::new(
                "This folder cannot be written to.",
                format!("{} belongs to another user or is read-only.", path.display()),
                "Choose another folder, or ask for the right to write there.",
            ),
            Self::File { path, kind } => Problem::new(
                "A file could not be used.",
                format!("{}: {kind}.", path.display()),
                "Check that it is there and can be reached, then try again.",
            ),
            Self::NoHome => Problem::new(
                "No place for your records was found.",
                "This computer names no home folder for you.",
                "Name a folder with --profile.",
            ),
            Self::NotAFolder { path } => Problem::new(
                "This is not a folder.",
                format!("A file stands at {}.", path.display()),
                "Choose a folder for the profile.",
            ),
            Self::NotADatabase { path } => Problem::new(
                "This is not a profile of Waxseal.",
                format!("{} is another kind of file.", path.display()),
                "Choose another folder, or move that file away.",
            ),
            Self::Damaged { path } => Problem::new(
                "Your records are damaged.",
                format!("{} cannot be read any more.", path.display()),
                "Restore the folder from a backup.",
            ),
            Self::Newer { path, version, known } => Problem::new(
                "This profile was made by a newer Waxseal.",
                format!(
                    "{} has version {version}; this program knows versions up to {known}.",
                    path.display()
                ),
                "Install the newer Waxseal. Nothing was changed.",
            ),
            Self::Busy { path } => Problem::new(
                "Your records are in use.",
                format!("Another program has held {} for longer than ten seconds.", path.display()),
                "Wait until it has finished, then try again.",
            ),
            Self::Database { path, code } => Problem::new(
                "Your records could not be used.",
                format!("The database {} answered with code {code}.", path.display()),
                "Try again; if it happens again, restore the folder from a backup.",
            ),
            Self::NoBus => {
                Problem::new(NO_PLACE, "No keyring can be reached: this session has no D-Bus.", USE_FILES)
                    .needing(Need::PlaceForKeys)
            }
            Self::NoKeyringService => {
                Problem::new(NO_PLACE, "No keyring program answers on this computer.", USE_FILES)
                    .needing(Need::PlaceForKeys)
            }
            Self::NoCollection => Problem::new(
                NO_PLACE,
                "The keyring program has no keyring to keep keys in.",
                "Make one in the password settings of your desktop. Or keep keys in passphrase files with --vault file.",
            )
            .needing(Need::PlaceForKeys),
            Self::KeyringLocked => Problem::new(
                "The keyring is locked.",
                "This computer has not unlocked it yet.",
                "Unlock it and try again. Or keep new keys in passphrase files with --vault file.",
            )
            .needing(Need::PlaceForKeys),
            Self::KeyringSilent { seconds } => Problem::new(
                "The keyring does not answer.",
                format!(
                    "It was waited for {seconds} seconds. It may be locked, with nobody to ask for its password."
                ),
                "Unlock it and try again. Or keep new keys in passphrase files with --vault file.",
            )
            .needing(Need::PlaceForKeys),
            Self::KeyringRefused => Problem::new(
                "The keyring refused.",
                "It answered, but it did not do what was asked.",
                "Log in again and retry. Or keep new keys in passphrase files with --vault file.",
            )
            .needing(Need::PlaceForKeys),
            Self::TooLargeForKeyring { limit } => Problem::new(
                "The key is too large for the keyring.",
                format!("It holds at most {limit} octets."),
                "Keep it in a passphrase file with --vault file.",
            )
            .needing(Need::PlaceForKeys),
            Self::KeyMissing { fingerprint, vault } => Problem::new(
                "The key for this certificate is missing.",
                format!("It should be in {}, but is not there: {fingerprint}.", place(*vault)),
                "Import the key again from your .p12 file or backup.",
            ),
            Self::KeyDamaged { fingerprint, vault } => Problem::new(
                "The key for this certificate is damaged.",
                format!("What {} holds for {fingerprint} is not its key.", place(*vault)),
                "Import the key again from your .p12 file or backup.",
            ),
            Self::SealingKeyLost { vault } => Problem::new(
                "Your recent messages and drafts cannot be opened.",
                format!("The key that they are sealed under is not in {} any more.", place(*vault)),
                "Bring it back, from a backup for example, or remove what is kept and begin anew.",
            ),
            Self::KeptDamaged { .. } => Problem::new(
                "This cannot be opened any more.",
                "What is kept of it here was changed or is gone.",
                "Open the message again from where it came. A draft can only be removed.",
            ),
            Self::UnknownKept { .. } => Problem::new(
                "This is not kept any more.",
                "It was removed.",
                "If it was a message, open it again from where it came.",
            ),
            Self::KeptElsewhere { vault, reason } => {
                let inner = reason.explain();
                let problem = Problem::new(
                    format!("This key is kept in {}.", place(*vault)),
                    format!("{} {}", inner.summary, inner.cause),
                    match vault {
                        VaultKind::Keyring => {
                            "Make the keyring ready and try again, or import the key again."
                        }
                        VaultKind::File | VaultKind::Memory => inner.remedy.as_str(),
                    },
                );
                // A key that is there already is not helped by another place for new ones.
                let need = inner.need.filter(|need| *need != Need::PlaceForKeys);
                Problem { need, ..problem }
            }
            Self::WrongPassphrase => Problem::new(
                "The passphrase does not fit.",
                "It is not the one your key files were saved with. Capital letters count.",
                "Try again.",
            )
            .needing(Need::OtherPassphrase),
            Self::NoPassphrase => Problem::new(
                "A passphrase is needed.",
                "Your keys are kept in passphrase files, and the passphrase was not given yet.",
                "Give it with --passphrase-file, or run this in a terminal.",
            )
            .needing(Need::Passphrase),
            Self::EmptyPassphrase => Problem::new(
                "This passphrase is empty.",
                "It would not protect your keys.",
                "Choose one of twelve or more characters.",
            ),
            Self::PassphrasesDiffer => Problem::new(
                "The two passphrases differ.",
                "The same one must be entered twice, so that a slip of the finger does not lock you out.",
                "Try again.",
            ),
            Self::UnknownKey { fingerprint } => Problem::new(
                "This key is not yours.",
                format!("None of your certificates has the fingerprint {fingerprint}."),
                "See your certificates with: waxseal-cli identity list.",
            ),
            Self::KeyDoesNotFit { fingerprint } => Problem::new(
                "Key and certificate do not belong together.",
                format!("The key is not that of the certificate {fingerprint}. Nothing was changed."),
                "Choose the file that holds both.",
            ),
            Self::UnknownContact { address } => Problem::new(
                format!("Nobody with the address {address} is among your contacts."),
                "There is no certificate for this address.",
                "Import their certificate, or open a signed mail from them.",
            ),
            Self::UnknownCertificate { address, fingerprint } => Problem::new(
                format!("{address} has no such certificate."),
                format!("None on record for them has the fingerprint {fingerprint}."),
                format!("See those on record with: waxseal-cli contact show {address}."),
            ),
            Self::NoAddress { fingerprint } => Problem::new(
                "This certificate names no mail address.",
                format!("Nobody can say whose it is: {fingerprint}."),
                "Ask for a certificate made for mail.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operating_system_says_becomes_a_fact() {
        let path = Path::new("/somewhere");
        let said = |kind| StoreError::from_io(path, &io::Error::from(kind)).explain().summary;
        assert_eq!(said(io::ErrorKind::StorageFull), "The disk is full.");
        assert_eq!(said(io::ErrorKind::PermissionDenied), "This folder cannot be written to.");
        assert_eq!(said(io::ErrorKind::ReadOnlyFilesystem), "This folder cannot be written to.");
    }

    #[test]
    fn a_key_in_another_vault_says_where_it_is_and_why_that_fails() {
        let error = StoreError::KeptElsewhere {
            vault: VaultKind::Keyring,
            reason: Box::new(StoreError::NoKeyringService),
        };
        let problem = error.explain();
        assert_eq!(problem.summary, "This key is kept in the keyring.");
        assert!(problem.cause.contains("No keyring program answers"));
        assert_eq!(problem.need, None);
        let error =
            StoreError::KeptElsewhere { vault: VaultKind::File, reason: Box::new(StoreError::NoPassphrase) };
        assert_eq!(error.explain().need, Some(Need::Passphrase));
    }
}
