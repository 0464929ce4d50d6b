//! The loop that takes layer after layer off.

use std::io::{self, SeekFrom};

use rand_core::CryptoRng;

use super::signature::{Signatures, copy_digesting};
use super::{Bare, Context, Layer, Note, OpenError, Opened, body, clothing, headers};
use crate::smime::cms::enveloped_data::{self, EnvelopedData};
use crate::smime::cms::recipient_info::CertificateId;
use crate::smime::cms::{CmsError, ContentType, content_info, signed_data};
use crate::smime::message::clothing::Kind;
use crate::smime::message::layer::{Encryption, Signature};
use crate::smime::message::verdict::Doubt;
use crate::smime::mime::encoding::{Base64Source, Section, TransferEncoding};
use crate::smime::mime::split::split;
use crate::smime::mime::{Entity, Headers};
use crate::smime::{Source, SpoolFile, crypto};

/// What lies under the layers that are already off.
enum Stage {
    Cms(Box<dyn Source>),
    Entity(Box<dyn Source>),
    /// The innermost content, with its structure if it has one.
    Content(Box<dyn Source>, Option<Entity>),
    Closed(OpenError),
}

pub(super) struct Opening<'a, 'c> {
    context: &'a Context<'c>,
    rng: &'a mut dyn CryptoRng,
    detached: Option<Box<dyn Source>>,
    layers: Vec<Layer>,
    doubts: Vec<Doubt>,
    notes: Vec<Note>,
    /// The header section outside of every layer.
    outer: Option<Headers>,
}

impl<'a, 'c> Opening<'a, 'c> {
    pub(super) fn new(
        context: &'a Context<'c>,
        detached: Option<Box<dyn Source>>,
        rng: &'a mut dyn CryptoRng,
    ) -> Self {
        Self {
            context,
            rng,
            detached,
            layers: Vec::new(),
            doubts: Vec::new(),
            notes: Vec::new(),
            outer: None,
        }
    }

    pub(super) fn run(mut self, source: Box<dyn Source>) -> Result<Opened, OpenError> {
        let mut stage = match clothing::recognise(source, self.context.limits)? {
            Bare::Cms(source) => Stage::Cms(source),
            Bare::Entity(source) => Stage::Entity(source),
            Bare::Other(_, kind) => return Err(OpenError::NotAMessage(kind)),
        };
        loop {
            if self.layers.len() > self.context.limits.layers {
                return Err(OpenError::TooMuch("layers, one inside the other"));
            }
            stage = match stage {
                Stage::Cms(source) => self.cms(source)?,
                Stage::Entity(source) => self.entity(source)?,
                Stage::Content(content, entity) => return self.finish(content, entity),
                Stage::Closed(error) => return self.closed(error),
            };
        }
    }

    /// Only the encryption, only the outermost.
    pub(super) fn decrypt(mut self, source: Box<dyn Source>) -> Result<Box<dyn SpoolFile>, OpenError> {
        let source = match clothing::recognise(source, self.context.limits)? {
            Bare::Cms(source) => source,
            Bare::Entity(source) => match self.split(source)? {
                (source, Some(entity)) if is_pkcs7(&entity) => self.undress(source, &entity)?,
                (_, _) => return Err(OpenError::NotEncrypted),
            },
            Bare::Other(_, kind) => return Err(OpenError::NotAMessage(kind)),
        };
        let mut source = source;
        match content_info::peek(&mut source, self.context.limits)? {
            ContentType::EnvelopedData | ContentType::AuthEnvelopedData => {
                source.rewind()?;
                self.unseal(&mut *source)
            }
            ContentType::SignedData
            | ContentType::Data
            | ContentType::CompressedData
            | ContentType::Other(_) => Err(OpenError::NotEncrypted),
        }
    }

    fn cms(&mut self, mut source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let content_type = content_info::peek(&mut source, self.context.limits)?;
        source.rewind()?;
        match content_type {
            ContentType::EnvelopedData | ContentType::AuthEnvelopedData => match self.unseal(&mut *source) {
                Ok(content) => self.inner(content),
                Err(error) if error.is_closed() => Ok(Stage::Closed(error)),
                Err(error) => Err(error),
            },
            ContentType::SignedData => self.unsign(source),
            ContentType::CompressedData => {
                Ok(Stage::Closed(OpenError::Unsupported { what: "CompressedData".into() }))
            }
            ContentType::Data => Err(OpenError::Damaged),
            ContentType::Other(oid) => {
                Ok(Stage::Closed(OpenError::Unsupported { what: crypto::oid_name(oid).into() }))
            }
        }
    }

    /// Decrypts one layer into the spool and records it, also when it stays closed.
    fn unseal(&mut self, source: &mut dyn Source) -> Result<Box<dyn SpoolFile>, OpenError> {
        let enveloped = enveloped_data::read(source, self.context.limits)?;
        let mut layer = self.describe(&enveloped);
        let Context { keys, spool, limits, .. } = *self.context;
        let outcome = enveloped.decrypt(source, keys, spool, limits, self.rng);
        let outcome = match outcome {
            Ok((content, by)) => {
                layer.weak = by.certificate.public_key().is_weak();
                layer.opened_by = Some(by.certificate);
                Ok(content)
            }
            Err(CmsError::NoKey) => Err(self.no_key(&enveloped, &layer)),
            Err(error) => Err(error.into()),
        };
        self.layers.push(Layer::Encrypted(layer));
        outcome
    }

    fn describe(&self, enveloped: &EnvelopedData) -> Encryption {
        let mut key_management: Vec<String> = Vec::new();
        let mut recipients = Vec::new();
        let mut unknown_recipients = 0;
        for recipient in &enveloped.recipients {
            let how = recipient.how.name();
            if !key_management.contains(&how) {
                key_management.push(how);
            }
            let known = recipient.id.as_ref().and_then(|id| self.known(id));
            unknown_recipients += usize::from(known.is_none());
            recipients.push(known.unwrap_or_else(|| describe_id(recipient.id.as_ref())));
        }
        Encryption {
            algorithm: match enveloped.cipher {
                Some(cipher) => cipher.name().to_owned(),
                None => crypto::oid_name(enveloped.cipher_oid),
            },
            authenticated: enveloped.authenticated,
            misplaced_gcm: enveloped.misplaced_gcm,
            key_management,
            recipients,
            unknown_recipients,
            opened_by: None,
            weak: false,
            odd_version: enveloped.recipients.iter().any(|recipient| recipient.odd_version),
        }
    }

    /// The address (else the name) of the certificate that `id` names, if it is known here.
    fn known(&self, id: &CertificateId) -> Option<String> {
        let own = self.context.keys.certificates().into_iter().find(|certificate| id.names(certificate));
        let certificate = own.or_else(|| self.context.certificates.find(id).into_iter().next())?;
        Some(certificate.addresses().first().map_or_else(|| certificate.display_name(), ToString::to_string))
    }

    /// Nobody here is named, or only in a way that is not read here.
    fn no_key(&self, enveloped: &EnvelopedData, layer: &Encryption) -> OpenError {
        use crate::smime::cms::recipient_info::KeyManagement;
        let own = self.context.keys.certificates();
        let unread = enveloped.recipients.iter().find(|recipient| {
            let for_us =
                recipient.id.as_ref().is_none_or(|id| own.iter().any(|certificate| id.names(certificate)));
            for_us && matches!(recipient.how, KeyManagement::Unsupported(_))
        });
        match unread {
            Some(recipient) => OpenError::Unsupported { what: recipient.how.name().into() },
            None if enveloped.cipher.is_none() => {
                OpenError::Unsupported { what: layer.algorithm.as_str().into() }
            }
            None => OpenError::NoKey { recipients: layer.recipients.clone() },
        }
    }

    /// SignedData by itself: with its content, or beside it.
    fn unsign(&mut self, mut source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let mut content = self.context.spool.create()?;
        let signed = signed_data::read(&mut source, self.context.limits, &mut content)?;
        if signed.content_type != ContentType::Data {
            self.doubts.push(Doubt::AmbiguousStructure);
        }
        if signed.attached {
            content.rewind()?;
            let signatures = Signatures::new(&signed, self.context, &mut content)?;
            self.push_signature(signatures.judge(std::slice::from_ref(&signed.digests)), &signed, false);
            content.rewind()?;
            return match signed.content_type {
                ContentType::Data => self.inner(content),
                // The octets of another type stand without their ContentInfo here; nobody sends that.
                _ => Ok(Stage::Content(Box::new(content), None)),
            };
        }
        let Some(mut beside) = self.detached.take() else {
            return Err(match signed.signers.is_empty() {
                true => OpenError::CertificatesOnly,
                false => OpenError::ContentElsewhere,
            });
        };
        beside.rewind()?;
        let digests = copy_digesting(&mut beside, &mut content, &signed.digest_algorithms())?;
        content.rewind()?;
        let signatures = Signatures::new(&signed, self.context, &mut content)?;
        self.push_signature(signatures.judge(&digests), &signed, true);
        content.rewind()?;
        self.inner(content)
    }

    fn push_signature(
        &mut self,
        signers: Vec<super::SignerFacts>,
        signed: &signed_data::SignedData,
        detached: bool,
    ) {
        self.layers.push(Layer::Signed(Signature {
            detached,
            whole: true,
            signers,
            certificates: signed.certificates.clone(),
            damaged: false,
        }));
    }

    /// What a layer held: another layer, an entity, or a bare file. Inside a layer there is no armour.
    fn inner(&mut self, content: Box<dyn SpoolFile>) -> Result<Stage, OpenError> {
        match clothing::recognise_inside(Box::new(content), self.context.limits)? {
            Bare::Cms(source) => Ok(Stage::Cms(source)),
            Bare::Entity(source) => Ok(Stage::Entity(source)),
            Bare::Other(source, _) => Ok(Stage::Content(source, None)),
        }
    }

    fn split(&self, mut source: Box<dyn Source>) -> Result<(Box<dyn Source>, Option<Entity>), OpenError> {
        use crate::smime::mime::split::SplitError;
        let end = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        match split(&mut *source, 0..end, self.context.limits) {
            Ok(entity) => Ok((source, Some(entity))),
            Err(SplitError::NoHeader) => Ok((source, None)),
            Err(error) => Err(error.into()),
        }
    }

    fn entity(&mut self, source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let (mut source, entity) = self.split(source)?;
        let Some(entity) = entity else {
            return Ok(Stage::Content(source, None));
        };
        if self.layers.is_empty() && self.outer.is_none() {
            self.outer = Some(entity.headers.clone());
        } else if !is_mime(&entity.headers) {
            // A note such as "PIN: 1234" looks like a field; only a header that says so makes an entity.
            return Ok(Stage::Content(source, None));
        }
        if is_pkcs7(&entity) {
            let content = self.undress(source, &entity)?;
            return Ok(Stage::Cms(content));
        }
        if is_signed_multipart(&entity) {
            if let [_, _] = entity.parts.as_slice() {
                return self.clear_signed(source, &entity);
            }
            self.doubts.push(Doubt::AmbiguousStructure);
        } else if let Some(part) = body::find(&entity, is_signed_multipart) {
            self.partly_signed(&mut *source, part)?;
        } else if body::find(&entity, is_pkcs7).is_some() {
            self.notes.push(Note::NestedMessage);
        }
        Ok(Stage::Content(source, Some(entity)))
    }

    /// The CMS in the body of an application/pkcs7-mime entity.
    fn undress(
        &mut self,
        mut source: Box<dyn Source>,
        entity: &Entity,
    ) -> Result<Box<dyn Source>, OpenError> {
        let body: Box<dyn Source> = match entity.encoding {
            TransferEncoding::Base64 => {
                Box::new(Base64Source::new(source, entity.body.start, entity.body.end))
            }
            TransferEncoding::Identity => Box::new(Section::new(source, entity.body.start, entity.body.end)),
            TransferEncoding::QuotedPrintable | TransferEncoding::Unknown => {
                let mut decoded = self.context.spool.create()?;
                io::copy(&mut entity.content(&mut *source)?, &mut decoded)?;
                decoded.rewind()?;
                Box::new(decoded)
            }
        };
        match clothing::recognise(body, self.context.limits)? {
            Bare::Cms(source) => Ok(source),
            Bare::Other(_, Kind::Empty) => Err(OpenError::Truncated),
            Bare::Entity(_) | Bare::Other(..) => Err(OpenError::Damaged),
        }
    }

    /// multipart/signed (RFC 1847): the first part is copied to the spool as it is hashed.
    fn clear_signed(&mut self, mut source: Box<dyn Source>, entity: &Entity) -> Result<Stage, OpenError> {
        let mut content = self.context.spool.create()?;
        let signature = Signatures::clear(&mut *source, entity, self.context, &mut *content)?;
        self.layers.push(Layer::Signed(signature));
        if entity.unclosed {
            self.notes.push(Note::Unclosed);
        }
        content.rewind()?;
        Ok(Stage::Entity(Box::new(content)))
    }

    /// A signed part among others: checked where it lies, and said to be a part.
    fn partly_signed(&mut self, source: &mut dyn Source, part: &Entity) -> Result<(), OpenError> {
        let mut discarded = io::sink();
        let mut signature = Signatures::clear(source, part, self.context, &mut discarded)?;
        signature.whole = false;
        self.layers.push(Layer::Signed(signature));
        Ok(())
    }

    fn finish(mut self, mut content: Box<dyn Source>, entity: Option<Entity>) -> Result<Opened, OpenError> {
        let inside = !self.layers.is_empty();
        let found = headers::choose(self.outer.as_ref(), entity.as_ref(), inside);
        self.notes.extend(found.note);
        if found.has_from && found.headers.from.len() != 1 || found.from_fields > 1 {
            self.doubts.push(Doubt::AmbiguousFrom);
        }
        let body = body::read(&mut *content, found.entity.or(entity.as_ref()), self.context.limits)?;
        if body.cut {
            self.notes.push(Note::TextCut);
        }
        Ok(Opened {
            layers: self.layers,
            headers: found.headers,
            has_from_field: found.has_from,
            undecryptable: None,
            doubts: self.doubts,
            notes: self.notes,
            text: body.text,
            attachments: body.attachments,
            content,
        })
    }

    fn closed(self, error: OpenError) -> Result<Opened, OpenError> {
        let found = headers::choose(self.outer.as_ref(), None, false);
        Ok(Opened {
            layers: self.layers,
            headers: found.headers,
            has_from_field: found.has_from,
            undecryptable: Some(error),
            doubts: self.doubts,
            notes: self.notes,
            text: String::new(),
            attachments: Vec::new(),
            content: Box::new(io::Cursor::new(Vec::new())),
        })
    }
}

/// Issuer and serial number, or the key identifier, in one line.
fn describe_id(id: Option<&CertificateId>) -> String {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    match id {
        Some(CertificateId::IssuerAndSerial { issuer, serial }) => {
            format!("{issuer}, serial {}", hex(serial))
        }
        Some(CertificateId::SubjectKeyId(id)) => format!("key {}", hex(id)),
        None => "somebody with a shared secret".into(),
    }
}

/// application/pkcs7-mime under either name, or a file that says so by its extension where mail programs lost the type.
fn is_pkcs7(entity: &Entity) -> bool {
    match entity.content_type.as_str() {
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => true,
        "application/octet-stream" => {
            entity.file_name().is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m"))
        }
        _ => false,
    }
}

fn is_signed_multipart(entity: &Entity) -> bool {
    let protocol = || {
        let field = entity.headers.content_type()?;
        let protocol = field.parameter("protocol")?.to_ascii_lowercase();
        Some(matches!(protocol.as_str(), "application/pkcs7-signature" | "application/x-pkcs7-signature"))
    };
    let by_its_part = || {
        let essence = entity.parts.get(1).map(|part| part.content_type.as_str());
        matches!(essence, Some("application/pkcs7-signature" | "application/x-pkcs7-signature"))
    };
    entity.content_type == "multipart/signed" && protocol().unwrap_or_else(by_its_part)
}

/// A header section that belongs to mail: MIME-Version, any Content- field, or an originator field.
fn is_mime(headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("content-")
            || matches!(name.as_str(), "mime-version" | "from" | "received" | "message-id")
    })
}
