//! Opens a message: takes its clothing and layers off, one by one, and says what each one was.
//!
//! A layer's content is copied to the spool in the same pass that checks it, and only a content whose tag,
//! padding and key were right goes on to the next layer. A signature that does not hold is a fact for the judge,
//! not an error.

mod attachment;
mod body;
mod entity;
mod error;
mod headers;
mod held;
mod layers;
mod parts;
mod signature;

use std::io::{self, Write};

use rand_core::CryptoRng;

pub use attachment::Attachment;
pub use error::OpenError;
pub use headers::MessageHeaders;

use attachment::Sources;

use super::clothing::{self, Bare};
use super::header_protection::HeaderProtection;
use super::layer::{Layer, Signature, SignerFacts};
use super::verdict::Doubt;
use crate::smime::cms::compressed_data::Allowance;
use crate::smime::cms::enveloped_data::DecryptionKeys;
use crate::smime::cms::recipient_info::CertificateId;
use crate::smime::crypto::PublicKey;
use crate::smime::x509::Certificate;
use crate::smime::x509::revocation::RevocationList;
use crate::smime::{Limits, Source, Spool, SpoolFile};

/// Finds a certificate that a message names but does not carry.
pub trait CertificateLookup {
    /// Every certificate on record that `id` names.
    fn find(&self, id: &CertificateId) -> Vec<Certificate>;

    /// The key of a certificate with parameters that it inherits from those above it, on a path to an anchor, and whether
    /// that path may be forged. `companions` came with it. None: there is no such path.
    fn inherited_key(
        &self,
        certificate: &Certificate,
        companions: &[Certificate],
    ) -> Option<(PublicKey, bool)>;
}

/// What opening needs of the world.
pub struct Context<'a> {
    /// One's own keys.
    pub keys: &'a dyn DecryptionKeys,
    /// Certificates on record.
    pub certificates: &'a dyn CertificateLookup,
    /// Where content rests.
    pub spool: &'a dyn Spool,
    /// The budget.
    pub limits: &'a Limits,
}

/// What is opened.
pub struct Input<'a> {
    /// A message in any clothing.
    pub source: Box<dyn Source>,
    /// The content that a bare signature is over.
    pub detached: Option<Box<dyn Source>>,
    /// Of the file that it lies in, to name what was inside. Nothing else follows from it.
    pub name: Option<&'a str>,
    /// What compressed layers may become; `None`: as much as befits its size.
    pub allowance: Option<Allowance>,
    /// It lay under a seal that is already off: that of the message around it.
    pub came_sealed: bool,
}

impl From<Box<dyn Source>> for Input<'_> {
    fn from(source: Box<dyn Source>) -> Self {
        Self { source, detached: None, name: None, allowance: None, came_sealed: false }
    }
}

/// A message without its layers. What stands here is safe to show, with the verdict beside it.
pub struct Opened {
    /// Outermost first.
    pub layers: Vec<Layer>,
    /// The header fields that count: protected ones where there are any.
    pub headers: MessageHeaders,
    /// How these fields are protected; `None`: they stood outside.
    pub protection: Option<HeaderProtection>,
    /// There is a From field, readable or not.
    pub has_from_field: bool,
    /// Set when a layer stayed closed; then there is no content.
    pub undecryptable: Option<OpenError>,
    /// What is wrong with the structure.
    pub doubts: Vec<Doubt>,
    /// What is worth knowing and lowers nothing.
    pub notes: Vec<Note>,
    /// What was inside has no header, nor has anything around it: a file that was signed or sealed rather than a mail.
    pub is_file: bool,
    /// It has no seal itself, and lay under that of the message around it.
    pub came_sealed: bool,
    text: String,
    attachments: Vec<Attachment>,
    /// The content first.
    sources: Sources,
    allowance: Allowance,
}

/// Something worth knowing that lowers no tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The closing boundary of a multipart is missing.
    Unclosed,
    /// The text was longer than is shown.
    TextCut,
    /// The signature holds over line ends that the mail system changed afterwards.
    LineEnds,
    /// Sealed or signed parts among the attachments.
    NestedMessage,
}

impl Note {
    /// The sentence.
    pub fn text(&self) -> &'static str {
        match self {
            Self::Unclosed => "The end of the message is missing.",
            Self::TextCut => "The text is longer than is shown here; the whole is among the attachments.",
            Self::LineEnds => "The line ends were changed on the way; nothing else was.",
            Self::NestedMessage => {
                "A sealed or signed message lies among the attachments; it is judged by itself."
            }
        }
    }
}

/// Where the signature that counts stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Outside of the innermost encryption.
    pub outside: bool,
}

impl Opened {
    /// The text to show, lines ending with `\n`: plain text, else HTML made plain; empty if there is none.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What goes along, under safe and distinct names.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// Writes an attachment's decoded octets and says how many they were.
    pub fn write_attachment(&mut self, index: usize, out: &mut dyn Write) -> io::Result<u64> {
        match self.attachments.get(index) {
            Some(attachment) => attachment.write_to(&mut self.sources, out),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "there is no such attachment")),
        }
    }

    /// An attachment that [is a message](Attachment::is_message), to be opened by itself: the verdict on this one says
    /// nothing about it. It is copied to `spool`.
    pub fn message(&mut self, index: usize, spool: &dyn Spool) -> io::Result<Input<'_>> {
        let beside = self.attachments.get(index).is_some_and(|attachment| attachment.beside);
        let sealed = self.layers.iter().any(|layer| matches!(layer, Layer::Encrypted(_)));
        let mut message = spool.create()?;
        self.write_attachment(index, &mut message)?;
        message.rewind()?;
        Ok(Input {
            source: Box::new(message),
            detached: None,
            name: self.attachments.get(index).map(|attachment| attachment.name.as_str()),
            allowance: Some(self.allowance.clone()),
            came_sealed: self.came_sealed || sealed && !beside,
        })
    }

    /// It holds nothing but another message, which is judged by itself.
    pub fn holds_only_a_message(&self) -> bool {
        let only = matches!(self.attachments.as_slice(), [one] if one.is_message && !one.beside);
        only && self.text.trim().is_empty()
    }

    /// The innermost content, byte for byte: an entity with its header, or a bare file. Rewound.
    pub fn content(&mut self) -> io::Result<&mut dyn Source> {
        let content = self.sources.of(0)?;
        content.rewind()?;
        Ok(content)
    }

    /// The signature that counts: the outermost one inside the innermost encryption; without one there, the
    /// innermost outside. A signature that nobody made (no SignerInfos) is passed over.
    pub fn counting_signature(&self) -> Option<(Place, &Signature)> {
        counting(&self.layers)
    }

    /// The signer that counts: the first valid one whose certificate holds the address in From, else the first valid
    /// one, else the first.
    pub fn signer(&self) -> Option<&SignerFacts> {
        let (_, signature) = self.counting_signature()?;
        let from = self.headers.from.first().map(|mailbox| &mailbox.address);
        let valid = || signature.signers.iter().filter(|signer| signer.is_valid());
        let is_sender = |signer: &&SignerFacts| {
            signer.certificate.as_ref().is_some_and(|c| from.is_some_and(|from| c.addresses().contains(from)))
        };
        valid().find(is_sender).or_else(|| valid().next()).or_else(|| signature.signers.first())
    }

    /// Every certificate that any layer carried.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Signed(signature) => signature.certificates.as_slice(),
            Layer::Encrypted(_) | Layer::Compressed => &[],
        })
    }

    /// Every revocation list that any layer carried.
    pub fn revocation_lists(&self) -> impl Iterator<Item = &RevocationList> {
        self.layers.iter().flat_map(|layer| match layer {
            Layer::Signed(signature) => signature.revocation_lists.as_slice(),
            Layer::Encrypted(_) | Layer::Compressed => &[],
        })
    }
}

/// See [`Opened::counting_signature`].
fn counting(layers: &[Layer]) -> Option<(Place, &Signature)> {
    let sealed = layers.iter().rposition(|layer| matches!(layer, Layer::Encrypted(_)));
    let inside = sealed.map_or(0, |index| index + 1);
    let within = layers[inside..].iter().find_map(made);
    let without = || layers[..inside].iter().rev().find_map(made);
    within
        .map(|signature| (Place { outside: false }, signature))
        .or_else(|| without().map(|signature| (Place { outside: true }, signature)))
}

/// A signature that somebody made, or tried to.
fn made(layer: &Layer) -> Option<&Signature> {
    match layer {
        Layer::Signed(signature) if !signature.signers.is_empty() || signature.damaged => Some(signature),
        Layer::Signed(_) | Layer::Encrypted(_) | Layer::Compressed => None,
    }
}

/// Opens a message of any clothing.
///
/// # Errors
/// Whatever is not a message, is damaged, or exceeds the limits. A message that stays closed is *not* an error:
/// see [`Opened::undecryptable`].
pub fn open(input: Input<'_>, context: &Context<'_>, rng: &mut dyn CryptoRng) -> Result<Opened, OpenError> {
    layers::Opening::new(context, rng).run(input)
}

/// Takes the encryption off and nothing else: what was inside, byte for byte, in a file of the context's spool. Reads DER,
/// BER, PEM, base64 and S/MIME text. Judges nothing, and looks at no signature.
///
/// # Errors
/// As [`open`]; a message that stays closed, or is not encrypted, is an error here.
pub fn decrypt(
    source: Box<dyn Source>,
    context: &Context<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Box<dyn SpoolFile>, OpenError> {
    layers::Opening::new(context, rng).decrypt(source)
}
