//! The loop that takes layer after layer off.

mod decrypt;
mod unseal;

use std::io::{self, Seek as _, SeekFrom, Write as _};

use const_oid::ObjectIdentifier;
use rand_core::CryptoRng;

use super::attachment::Sources;
use super::body::{Body, Reading};
use super::held;
use super::signature::{Signatures, Version, copy_digesting};
use super::{Bare, Context, Input, Layer, Note, OpenError, Opened, clothing, headers};
use crate::smime::cms::compressed_data::{self, Allowance};
use crate::smime::cms::{ContentType, content_info, signed_data};
use crate::smime::message::layer::Signature;
use crate::smime::message::verdict::Doubt;
use crate::smime::mime::{Entity, Headers};
use crate::smime::witness::Witness;
use crate::smime::{Source, SpoolFile, crypto};

/// EncryptedData (RFC 5652 section 8): under a key that both sides have from elsewhere.
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// SignedAndEnvelopedData (PKCS #7 version 1.5, RFC 2315 section 11).
const SIGNED_AND_ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.4");

/// Before text that stood beside a sealed or a signed part.
const NOT_SEALED: &str = "[What follows was not sealed, and may come from anybody:]";
const NOT_SIGNED: &str = "[What follows is not signed, and may come from anybody:]";

/// What lies under the layers that are already off.
pub(super) enum Stage {
    Cms(Box<dyn Source>),
    Entity(Box<dyn Source>),
    /// The innermost content, with its structure if it has one.
    Content(Box<dyn Source>, Option<Entity>),
    Closed(OpenError),
}

pub(super) struct Opening<'a, 'c> {
    pub(super) context: &'a Context<'c>,
    pub(super) rng: &'a mut dyn CryptoRng,
    detached: Option<Box<dyn Source>>,
    came_sealed: bool,
    /// Of the file.
    pub(super) name: Option<String>,
    /// What compressed layers may still become.
    allowance: Allowance,
    pub(super) layers: Vec<Layer>,
    pub(super) doubts: Vec<Doubt>,
    pub(super) notes: Vec<Note>,
    /// The header section outside of every layer.
    pub(super) outer: Option<Headers>,
    /// What stands beside the sealed or signed part, if only a part is.
    pub(super) rest: Option<Rest>,
}

/// What is not under the layers that are taken off.
pub(super) struct Rest {
    pub(super) body: Body,
    /// From this layer on it is not covered.
    pub(super) from_layer: usize,
}

impl<'a, 'c> Opening<'a, 'c> {
    pub(super) fn new(context: &'a Context<'c>, rng: &'a mut dyn CryptoRng) -> Self {
        Self {
            context,
            rng,
            detached: None,
            came_sealed: false,
            name: None,
            allowance: Allowance::new(0, context.limits),
            layers: Vec::new(),
            doubts: Vec::new(),
            notes: Vec::new(),
            outer: None,
            rest: None,
        }
    }

    pub(super) fn run(mut self, input: Input<'_>) -> Result<Opened, OpenError> {
        let Input { mut source, detached, name, allowance, came_sealed } = input;
        self.came_sealed = came_sealed;
        self.detached = detached;
        self.name = name.map(str::to_owned);
        self.allowance = match allowance {
            Some(allowance) => allowance,
            None => Allowance::new(source.seek(SeekFrom::End(0))?, self.context.limits),
        };
        let mut stage = match clothing::recognise(source, self.context.limits)? {
            Bare::Cms(source) => Stage::Cms(source),
            Bare::Entity(source) => Stage::Entity(self.mail(source)?),
            Bare::Other(_, kind) => return Err(OpenError::NotAMessage(kind)),
        };
        let mut stages = self.stages();
        loop {
            self.step(&mut stages)?;
            stage = match stage {
                Stage::Cms(source) => self.cms(source)?,
                Stage::Entity(source) => self.entity(source)?,
                Stage::Content(content, entity) => return self.finish(content, entity),
                Stage::Closed(error) => return self.closed(error),
            };
        }
    }

    /// How many steps are taken at most: a layer of CMS may lie in a few of MIME.
    fn stages(&self) -> usize {
        4 * self.context.limits.layers
    }

    fn step(&self, stages: &mut usize) -> Result<(), OpenError> {
        *stages = stages.saturating_sub(1);
        if *stages == 0 || self.layers.len() > self.context.limits.layers {
            return Err(OpenError::TooMuch("layers, one inside the other"));
        }
        Ok(())
    }

    fn cms(&mut self, mut source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let content_type = content_info::peek(&mut source, self.context.limits)?;
        source.rewind()?;
        match content_type {
            ContentType::EnvelopedData | ContentType::AuthEnvelopedData => {
                let content = self.unseal(&mut *source);
                self.inner_unless_closed(content)
            }
            ContentType::SignedData => self.unsign(source),
            ContentType::CompressedData => {
                let content = self.decompress(&mut *source);
                self.inner_unless_closed(content)
            }
            ContentType::Data => {
                let mut content = self.context.spool.create()?;
                content_info::data(&mut source, self.context.limits, &mut content)?;
                content.rewind()?;
                self.inner(Box::new(content), ContentType::Data)
            }
            ContentType::Other(oid) => self.inner_unless_closed(Err(other_form(oid))),
        }
    }

    fn inner_unless_closed(
        &mut self,
        content: Result<(Box<dyn SpoolFile>, ContentType), OpenError>,
    ) -> Result<Stage, OpenError> {
        match content {
            Ok((content, content_type)) => self.inner(Box::new(content), content_type),
            Err(error) if error.is_closed() => Ok(Stage::Closed(error)),
            Err(error) => Err(error),
        }
    }

    /// Takes a compressed layer off into the spool and records it.
    fn decompress(
        &mut self,
        source: &mut dyn Source,
    ) -> Result<(Box<dyn SpoolFile>, ContentType), OpenError> {
        self.layers.push(Layer::Compressed);
        let mut content = self.context.spool.create()?;
        let content_type = compressed_data::read(source, self.context.limits, &self.allowance, &mut content)?;
        content.rewind()?;
        Ok((content, content_type))
    }

    /// SignedData by itself: with its content, or beside it.
    fn unsign(&mut self, mut source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let mut witness = Witness::new(self.rng);
        let (mut signed, pieces) =
            signed_data::read_and_place(&mut source, self.context.limits, &mut witness)?;
        if signed.attached {
            let mut content: Box<dyn Source> = match pieces {
                Some(pieces) => Box::new(witness.of(pieces.of(source))),
                None => {
                    source.rewind()?;
                    let mut copy = self.context.spool.create()?;
                    signed = signed_data::read(&mut source, self.context.limits, &mut copy)?;
                    Box::new(copy)
                }
            };
            if signed.signers.is_empty() && content.seek(SeekFrom::End(0))? == 0 {
                return Err(OpenError::CertificatesOnly);
            }
            content.rewind()?;
            let versions = [Version::as_it_stands(signed.digests.clone())];
            let mut signatures = Signatures::new(&signed, self.context, &mut content)?;
            let signers = signatures.judge(&mut content, &versions)?;
            self.push_signature(signers, &signed, false);
            content.rewind()?;
            return self.inner(content, signed.content_type);
        }
        // Inside of a layer, what lies in the open beside it would be taken for what the layer protects.
        let Some(mut beside) = self.detached.take_if(|_| self.layers.is_empty()) else {
            if self.detached.is_some() {
                return Err(OpenError::NotBesideContent);
            }
            return Err(match signed.signers.is_empty() {
                true => OpenError::CertificatesOnly,
                false => OpenError::ContentElsewhere,
            });
        };
        beside.rewind()?;
        let versions = copy_digesting(&mut beside, &mut witness, &signed.digest_algorithms())?;
        let mut content = witness.of(beside);
        let mut signatures = Signatures::new(&signed, self.context, &mut content)?;
        let signers = signatures.judge(&mut content, &versions)?;
        self.push_signature(signers, &signed, true);
        content.rewind()?;
        self.inner(Box::new(content), signed.content_type)
    }

    fn push_signature(
        &mut self,
        signers: Vec<super::SignerFacts>,
        signed: &signed_data::SignedData,
        detached: bool,
    ) {
        self.layers.push(Layer::Signed(Signature {
            detached,
            whole: self.rest.is_none(),
            signers,
            certificates: signed.certificates.clone(),
            revocation_lists: signed.revocation_lists.clone(),
            damaged: false,
        }));
    }

    /// What a layer held: another layer, an entity, or a bare file. Inside a layer there is no armour.
    fn inner(&mut self, content: Box<dyn Source>, content_type: ContentType) -> Result<Stage, OpenError> {
        match content_type {
            ContentType::Data => {}
            ContentType::SignedData
            | ContentType::EnvelopedData
            | ContentType::AuthEnvelopedData
            | ContentType::CompressedData => return self.framed(content, content_type),
            ContentType::Other(_) => {
                self.doubts.push(Doubt::AmbiguousStructure);
                return Ok(Stage::Content(content, None));
            }
        }
        match clothing::recognise_inside(content, self.context.limits)? {
            Bare::Cms(source) => Ok(Stage::Cms(source)),
            Bare::Entity(source) => Ok(Stage::Entity(source)),
            Bare::Other(source, _) => Ok(Stage::Content(source, None)),
        }
    }

    /// A value of this type stands in a layer without its ContentInfo (RFC 5652 section 5.2); some programs put one around it.
    fn framed(
        &mut self,
        mut content: Box<dyn Source>,
        content_type: ContentType,
    ) -> Result<Stage, OpenError> {
        let has_frame = content_info::peek(&mut content, self.context.limits).is_ok();
        content.rewind()?;
        if has_frame {
            return Ok(Stage::Cms(content));
        }
        let (head, tail) = content_info::frame(content_type);
        let mut framed = self.context.spool.create()?;
        framed.write_all(&head)?;
        io::copy(&mut content, &mut framed)?;
        framed.write_all(&tail)?;
        framed.rewind()?;
        Ok(Stage::Cms(Box::new(framed)))
    }

    /// The name of the file says that it is one of a certain kind, `invoice.xml.p7m`, and no mail.
    pub(super) fn is_of_a_kind(&self) -> bool {
        self.outer.is_none() && self.name.as_deref().is_some_and(held::is_signed_file_name)
    }

    fn finish(mut self, content: Box<dyn Source>, entity: Option<Entity>) -> Result<Opened, OpenError> {
        if self.detached.is_some() {
            return Err(OpenError::NotBesideContent);
        }
        let found = headers::choose(self.outer.as_ref(), entity.as_ref(), &self.layers);
        self.doubts.extend(found.doubts);
        let limits = self.context.limits;
        let mut body = match found.entity.or(entity.as_ref()) {
            Some(shown) => {
                let how = Reading { protection: found.protection.as_ref(), without: &[] };
                Body::of_entity(content, shown, how, self.context)?
            }
            None => Body::of_file(content, self.name.as_deref(), limits)?,
        };
        if let Some(rest) = self.rest {
            let below = self.layers.get(rest.from_layer..).unwrap_or_default();
            let sealed = below.iter().any(|layer| matches!(layer, Layer::Encrypted(_)));
            if sealed {
                self.doubts.push(Doubt::PartlySealed);
            }
            body.append_uncovered(rest.body, if sealed { NOT_SEALED } else { NOT_SIGNED });
        }
        if body.cut {
            self.notes.push(Note::TextCut);
        }
        if body.attachments.iter().any(|attachment| attachment.is_message) {
            self.notes.push(Note::NestedMessage);
        }
        Ok(Opened {
            is_file: entity.is_none() && self.outer.is_none(),
            came_sealed: self.came_sealed
                && !self.layers.iter().any(|layer| matches!(layer, Layer::Encrypted(_))),
            layers: self.layers,
            headers: found.headers,
            protection: found.protection,
            has_from_field: found.has_from,
            undecryptable: None,
            doubts: self.doubts,
            notes: self.notes,
            text: body.text,
            attachments: body.attachments,
            sources: body.sources,
            allowance: self.allowance,
        })
    }

    fn closed(self, error: OpenError) -> Result<Opened, OpenError> {
        let found = headers::choose(self.outer.as_ref(), None, &[]);
        Ok(Opened {
            layers: self.layers,
            headers: found.headers,
            protection: found.protection,
            has_from_field: found.has_from,
            is_file: false,
            came_sealed: false,
            undecryptable: Some(error),
            doubts: self.doubts,
            notes: self.notes,
            text: String::new(),
            attachments: Vec::new(),
            sources: Sources::default(),
            allowance: self.allowance,
        })
    }
}

/// What is encrypted stays closed; anything else is no message.
fn other_form(oid: ObjectIdentifier) -> OpenError {
    let what = crypto::oid_name(oid);
    match oid {
        ENCRYPTED_DATA => {
            let what = format!("{what}, under a key that the sender and you must have from elsewhere");
            OpenError::Unsupported { what: what.into() }
        }
        SIGNED_AND_ENVELOPED_DATA => OpenError::Unsupported { what: what.into() },
        _ => OpenError::OtherForm { what: what.into() },
    }
}
