//! Why a message cannot be opened, in sentences.

use std::io;
use std::sync::Arc;

use crate::problem::{Explain, Problem};
use crate::smime::cms::CmsError;
use crate::smime::message::clothing::Kind;
use crate::smime::message::verdict::few;
use crate::smime::mime::split::SplitError;

/// Why a message cannot be opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    /// Not a message at all.
    #[error("this is not a message")]
    NotAMessage(Kind),
    /// A mailbox file with several mails.
    #[error("this holds {messages} mails")]
    SeveralMessages {
        /// How many.
        messages: usize,
    },
    /// Certificates without a message.
    #[error("this holds certificates, not a message")]
    CertificatesOnly,
    /// There is no encryption to take off.
    #[error("this is not encrypted")]
    NotEncrypted,
    /// The encryption that is to be taken off is not the outermost layer.
    #[error("the encryption is not the outermost layer")]
    SealedInside {
        /// A signature stands around it; else it was only compressed.
        signed: bool,
    },
    /// A signature without the content it is over.
    #[error("this is a signature without its content")]
    ContentElsewhere,
    /// A content was given beside a message that is no bare signature: nothing here is said of that content.
    #[error("this is no signature over another file")]
    NotBesideContent,
    /// None of the keys here is among the recipients, who are listed.
    #[error("the key for this is not here")]
    NoKey {
        /// As in [`super::super::layer::Encryption::recipients`].
        recipients: Vec<String>,
    },
    /// A wrong key, a damaged content, a forged tag: one answer for all.
    #[error("this cannot be decrypted")]
    Undecryptable,
    /// None of the keys here opens it, but a password would.
    #[error("this needs a password")]
    NeedsPassword,
    /// A wrong password, a damaged content, a forged tag: one answer for all.
    #[error("this cannot be decrypted with this password")]
    WrongPassword,
    /// An algorithm or form that is not read here, by name.
    #[error("this uses a method that is not known here")]
    Unsupported {
        /// "RC2", "CompressedData", "X25519" …
        what: Arc<str>,
    },
    /// A form of CMS that is neither signed, sealed nor compressed, by name.
    #[error("this is no form of mail")]
    OtherForm {
        /// "DigestedData", "AuthenticatedData" …
        what: Arc<str>,
    },
    /// The data ends before the message does.
    #[error("this message is cut short")]
    Truncated,
    /// The data does not have the form of what it claims to be.
    #[error("this message is damaged")]
    Damaged,
    /// More of something than an honest message has.
    #[error("too much in one message: {0}")]
    TooMuch(&'static str),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(Arc<io::Error>),
}

impl OpenError {
    /// The content stayed closed: what is known about the message can still be told.
    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            Self::NoKey { .. }
                | Self::Undecryptable
                | Self::NeedsPassword
                | Self::WrongPassword
                | Self::Unsupported { .. }
        )
    }

    /// The same for somebody who only wants to know why nothing is shown.
    pub(in crate::smime::message) fn why_closed(&self) -> &'static str {
        match self {
            Self::NeedsPassword => "It is sealed with a password.",
            Self::Unsupported { .. } => "It is sealed in a way that cannot be read here.",
            Self::NoKey { .. } => "The key for this is not on this computer.",
            Self::WrongPassword
            | Self::Undecryptable
            | Self::NotAMessage(_)
            | Self::SeveralMessages { .. }
            | Self::CertificatesOnly
            | Self::NotEncrypted
            | Self::SealedInside { .. }
            | Self::ContentElsewhere
            | Self::NotBesideContent
            | Self::OtherForm { .. }
            | Self::Truncated
            | Self::Damaged
            | Self::TooMuch(_)
            | Self::Io(_) => "The key for this is not on this computer, or the message is damaged.",
        }
    }
}

impl From<CmsError> for OpenError {
    fn from(error: CmsError) -> Self {
        match error {
            CmsError::Truncated => Self::Truncated,
            CmsError::Malformed => Self::Damaged,
            CmsError::Limit(what) => Self::TooMuch(what),
            CmsError::Algorithm(oid) => {
                Self::Unsupported { what: crate::smime::crypto::oid_name(oid).into() }
            }
            CmsError::Undecryptable => Self::Undecryptable,
            CmsError::NoKey => Self::NoKey { recipients: Vec::new() },
            CmsError::Io(error) => Self::from_io(error),
        }
    }
}

impl From<SplitError> for OpenError {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::NoHeader => Self::Damaged,
            SplitError::Limit(what) => Self::TooMuch(what),
            SplitError::Io(error) => Self::from_io(error),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::from_io(Arc::new(error))
    }
}

impl OpenError {
    fn from_io(error: Arc<io::Error>) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            io::ErrorKind::InvalidData => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

impl Explain for OpenError {
    fn explain(&self) -> Problem {
        match self {
            Self::NotAMessage(kind) => not_a_message(*kind),
            Self::SeveralMessages { messages } => Problem::new(
                format!("This file holds {messages} mails."),
                "It is a mailbox, and only one mail is opened at a time.",
                "In your mail program choose the mail and save it by itself (Save As, .eml), then open that file.",
            ),
            Self::CertificatesOnly => Problem::new(
                "This holds certificates, not a message.",
                "Nothing in it can be read as mail.",
                "Take the certificates with “contact import”.",
            ),
            Self::NotEncrypted => Problem::new(
                "This is not encrypted.",
                "It is an ordinary mail, or one that is signed only.",
                "Read it with “open”.",
            ),
            Self::SealedInside { signed } => Problem::new(
                "This is sealed further inside, not on the outside.",
                match signed {
                    true => "It was signed after it was sealed, and only an outermost seal is taken off.",
                    false => {
                        "It was compressed after it was sealed, and only an outermost seal is taken off."
                    }
                },
                "Read it with “open”; “open FILE --content FILE” saves what is inside.",
            ),
            Self::ContentElsewhere => Problem::new(
                "This is a signature without its content.",
                "What it signs is in another file.",
                "Open it together with that file (--detached FILE), or open the whole mail.",
            ),
            Self::NotBesideContent => Problem::new(
                "This is no signature over the other file.",
                "It is sealed, or holds a content of its own: nothing in it says anything about the file that was named with --detached.",
                "Open it without --detached. If there is a signature inside, take the seal off (decrypt FILE --out FILE), and open what was inside with --detached.",
            ),
            Self::NoKey { recipients } => Problem::new(
                "The key for this is not on this computer.",
                match recipients.as_slice() {
                    [] => "It is sealed for somebody else, or for an earlier certificate.".to_owned(),
                    some => format!("It is sealed for {}.", few(some)),
                },
                "Import the key it was sealed for (identity import FILE.p12), or ask for it again under your present certificate.",
            ),
            Self::Undecryptable => Problem::new(
                "This message cannot be opened.",
                "It was changed or damaged on the way, or was not sealed for the key that is here.",
                "Ask the sender to send it again.",
            ),
            Self::NeedsPassword => Problem::new(
                "This message is sealed with a password.",
                "No key on this computer opens it; the password that you and the sender agreed on does.",
                "Write the password into a file and take the seal off with it: decrypt FILE --out FILE --password-file FILE.",
            ),
            Self::WrongPassword => Problem::new(
                "This message cannot be opened with this password.",
                "It is sealed with another password, or was changed or damaged on the way.",
                "Check the password with the sender, or ask for the message again.",
            ),
            Self::Unsupported { what } => Problem::new(
                "This message uses a method that Waxseal cannot read.",
                format!("It is made with {what}."),
                "Ask the sender to seal with AES, for an RSA or P-256 certificate.",
            ),
            Self::OtherForm { what } => Problem::new(
                "This is not a sealed or signed message.",
                format!("It is {what}, a form that mail does not come in."),
                "Ask the sender for a signed or sealed mail (S/MIME).",
            ),
            Self::Truncated => Problem::new(
                "This file is damaged.",
                "It ends before the message does; the rest is missing.",
                "Ask for it again, or save the attachment again.",
            ),
            Self::Damaged => Problem::new(
                "This file is damaged.",
                "It does not have the form of a sealed or signed message.",
                "Ask for it again, or save the attachment again.",
            ),
            Self::TooMuch(what) => Problem::new(
                "This message is not opened.",
                format!("It holds more than an honest message does: {what}."),
                "Ask the sender to make it smaller or simpler.",
            ),
            Self::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Problem::new(
                "This message is too large to be opened here.",
                "Its content does not fit into the memory that is set aside for it.",
                "Take the encryption off into a file with “decrypt”.",
            ),
            Self::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
                Problem::new("The message was not opened.", "The disk is full.", "Make room and try again.")
            }
            Self::Io(error) => Problem::new(
                "The message could not be read.",
                format!("The system says: {error}."),
                "Try again.",
            ),
        }
    }
}

fn not_a_message(kind: Kind) -> Problem {
    let summary = "This is not a sealed or signed message.";
    match kind {
        Kind::Empty => Problem::new(
            "This file is empty.",
            "There is nothing in it.",
            "Save it again, or ask for it again.",
        ),
        Kind::Certificate => Problem::new(summary, "It is a certificate.", "Take it with “contact import”."),
        Kind::RevocationList => {
            Problem::new(summary, "It is an authority's revocation list.", "Take it with “trust crl”.")
        }
        Kind::Pkcs12 => Problem::new(
            summary,
            "It is a key with its certificate (PKCS#12).",
            "Take it with “identity import”.",
        ),
        Kind::PrivateKey => Problem::new(summary, "It is a private key.", "Take it with “identity import”."),
        Kind::OutlookMessage => Problem::new(
            "This is a mail in Outlook's own form (.msg).",
            "Other programs read mail as .eml.",
            "In Outlook choose Save As with the type .eml, or save the attachment smime.p7m of that mail and open it. Dragging the mail out of Outlook on the web gives an .eml, too.",
        ),
        Kind::CompoundFile => Problem::new(
            summary,
            "It looks like an Outlook message (.msg) or an old office document.",
            "If it is a mail, save it in Outlook with the type .eml and open that.",
        ),
        Kind::Utf16 => Problem::new(
            summary,
            "It is text in UTF-16, which mail never is.",
            "Save it as it came, or as UTF-8, and open that.",
        ),
        Kind::Named(what) => Problem::new(summary, format!("It looks like {what}."), "Choose another file."),
        Kind::Text => Problem::new(summary, "It is plain text.", "Choose another file."),
        Kind::Unknown => Problem::new(summary, "Its form is not known.", "Choose another file."),
    }
}
