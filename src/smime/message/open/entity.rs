//! The layers that MIME brings: S/MIME bodies, and multipart/signed (RFC 8551 section 3).

use std::io::{self, Read as _, SeekFrom, Write as _};
use std::ops::Range;

use super::layers::{Opening, Stage};
use super::signature::Signatures;
use super::{Bare, Layer, Note, OpenError, body, clothing};
use crate::smime::cms::content_info;
use crate::smime::message::clothing::Kind;
use crate::smime::message::verdict::Doubt;
use crate::smime::mime::canonical::LineFeeds;
use crate::smime::mime::encoding::{Base64Source, Section, TransferEncoding};
use crate::smime::mime::split::{SplitError, count_messages, split};
use crate::smime::mime::{Entity, Headers};
use crate::smime::{Limits, Source};

/// Octets of a mail in which a line ends.
const HEAD: u64 = 64 << 10;

impl Opening<'_, '_> {
    /// A mail as a file: one mail, with lines that end.
    pub(super) fn mail(&self, mut source: Box<dyn Source>) -> Result<Box<dyn Source>, OpenError> {
        let messages = count_messages(&mut *source)?;
        if messages > 1 {
            return Err(OpenError::SeveralMessages { messages });
        }
        source.rewind()?;
        let mut head = Vec::new();
        source.by_ref().take(HEAD).read_to_end(&mut head)?;
        source.rewind()?;
        if head.contains(&b'\n') || !head.contains(&b'\r') {
            return Ok(source);
        }
        // Lines end with CR alone, as on computers of old.
        let mut converted = self.context.spool.create()?;
        let mut octets = Vec::new();
        while source.by_ref().take(HEAD).read_to_end(&mut octets)? > 0 {
            octets.iter_mut().filter(|octet| **octet == b'\r').for_each(|octet| *octet = b'\n');
            converted.write_all(&octets)?;
            octets.clear();
        }
        converted.rewind()?;
        Ok(Box::new(converted))
    }

    pub(super) fn split(
        &self,
        mut source: Box<dyn Source>,
    ) -> Result<(Box<dyn Source>, Option<Entity>), OpenError> {
        let end = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        match split(&mut *source, 0..end, self.context.limits) {
            Ok(entity) => Ok((source, Some(entity))),
            Err(SplitError::NoHeader) => Ok((source, None)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn entity(&mut self, source: Box<dyn Source>) -> Result<Stage, OpenError> {
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

    /// The CMS in the body of an application/pkcs7-mime entity. A body that is not encoded as its header says is taken as
    /// it stands.
    pub(super) fn undress(
        &mut self,
        mut source: Box<dyn Source>,
        entity: &Entity,
    ) -> Result<Box<dyn Source>, OpenError> {
        let Range { start, end } = entity.body.clone();
        let limits = self.context.limits;
        let source = match entity.encoding {
            TransferEncoding::Identity => source,
            TransferEncoding::Base64 => {
                if is_content_info(&mut Base64Source::lenient(&mut *source, start, end), limits) {
                    return Ok(Box::new(Base64Source::lenient(source, start, end)));
                }
                source
            }
            TransferEncoding::QuotedPrintable | TransferEncoding::Unknown => {
                let mut decoded = self.context.spool.create()?;
                io::copy(&mut entity.content(&mut *source)?, &mut decoded)?;
                decoded.rewind()?;
                if is_content_info(&mut decoded, limits) {
                    decoded.rewind()?;
                    return Ok(Box::new(decoded));
                }
                source
            }
        };
        match clothing::recognise(Box::new(Section::new(source, start, end)), limits)? {
            Bare::Cms(source) => Ok(source),
            Bare::Other(_, Kind::Empty) => Err(OpenError::Truncated),
            Bare::Entity(_) | Bare::Other(..) => Err(OpenError::Damaged),
        }
    }

    /// multipart/signed (RFC 1847): the first part is copied to the spool as it is hashed.
    fn clear_signed(&mut self, mut source: Box<dyn Source>, entity: &Entity) -> Result<Stage, OpenError> {
        let mut content = self.context.spool.create()?;
        let clear = Signatures::clear(&mut *source, entity, self.context, &mut *content)?;
        self.layers.push(Layer::Signed(clear.signature));
        if entity.unclosed {
            self.notes.push(Note::Unclosed);
        }
        content.rewind()?;
        if clear.line_feeds {
            // What is shown is what was verified.
            self.notes.push(Note::LineEnds);
            let mut converted = LineFeeds::new(self.context.spool.create()?);
            io::copy(&mut content, &mut converted)?;
            content = converted.finish()?;
            content.rewind()?;
        }
        if let Some(unquoted) = clear.unquoted {
            content = unquoted;
        }
        Ok(Stage::Entity(Box::new(content)))
    }

    /// A signed part among others: checked where it lies, and said to be a part.
    fn partly_signed(&mut self, source: &mut dyn Source, part: &Entity) -> Result<(), OpenError> {
        let mut discarded = io::sink();
        let mut signature = Signatures::clear(source, part, self.context, &mut discarded)?.signature;
        signature.whole = false;
        self.layers.push(Layer::Signed(signature));
        Ok(())
    }
}

fn is_content_info(source: &mut dyn io::Read, limits: &Limits) -> bool {
    content_info::peek(source, limits).is_ok()
}

/// application/pkcs7-mime under either name, or a file that says so by its extension where mail programs lost the type.
pub(super) fn is_pkcs7(entity: &Entity) -> bool {
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
