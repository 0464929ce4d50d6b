//! The layers that MIME brings: S/MIME bodies, and multipart/signed (RFC 8551 section 3).

use std::io::{self, Read as _, SeekFrom, Write as _};
use std::ops::Range;

use super::held::{self, Held, is_signed_multipart};
use super::layers::{Opening, Stage};
use super::parts::Halves;
use super::signature::Signatures;
use super::{Bare, Layer, Note, OpenError, clothing};
use crate::smime::cms::content_info;
use crate::smime::message::clothing::Kind;
use crate::smime::message::verdict::Doubt;
use crate::smime::mime::canonical::LineFeeds;
use crate::smime::mime::encoding::{Base64Source, Section, TransferEncoding};
use crate::smime::mime::split::{SplitError, count_messages, split};
use crate::smime::mime::{Entity, Headers};
use crate::smime::witness::Witness;
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

    pub(super) fn entity(&mut self, mut source: Box<dyn Source>) -> Result<Stage, OpenError> {
        let inside = self.outer.is_some() || !self.layers.is_empty();
        if inside && begins_with_blank_line(&mut *source)? {
            // A part without a header (RFC 2046 section 5.1); what follows only looks like one.
            return Ok(Stage::Content(source, None));
        }
        let (mut source, entity) = self.split(source)?;
        let Some(entity) = entity else {
            return Ok(Stage::Content(source, None));
        };
        if self.layers.is_empty() && self.outer.is_none() {
            self.outer = Some(entity.headers.clone());
        } else if !is_mime(&entity.headers, self.is_of_a_kind()) {
            // A note such as "PIN: 1234" looks like a field; only a header that says so makes an entity.
            return Ok(Stage::Content(source, None));
        }
        if self.is_smime_body(&mut *source, &entity)? {
            return self.undress(source, &entity);
        }
        if is_signed_multipart(&entity) {
            if let Some(halves) = Halves::of(&entity) {
                return self.clear_signed(source, &entity, halves);
            }
            self.doubts.push(Doubt::AmbiguousStructure);
        } else if let Some(halves) = self.downgraded(&mut *source, &entity)? {
            return self.clear_signed(source, &entity, halves);
        } else if let Some(halves) = self.signed_part(&entity) {
            return self.clear_signed(source, &entity, halves);
        } else if let Some(part) = self.sealed_part(&mut *source, &entity)? {
            return self.part_of(source, &entity, part);
        }
        Ok(Stage::Content(source, Some(entity)))
    }

    /// Is the body of this entity what was sealed or signed? So it is if its type says so. The body of a mail may also have
    /// lost its type.
    pub(super) fn is_smime_body(&self, source: &mut dyn Source, entity: &Entity) -> io::Result<bool> {
        let limits = self.context.limits;
        if held::is_pkcs7_type(&entity.content_type) || held::is_smime_body(source, entity, limits)? {
            return Ok(true);
        }
        let kind = entity.content_type.as_str();
        let lost = kind.starts_with("text/") || held::is_signature_type(kind) && entity.parts.is_empty();
        if !self.layers.is_empty() || !lost {
            return Ok(false);
        }
        let head = held::head(&mut *entity.content(source)?)?;
        Ok(held::is_cms(&head, limits) || clothing::is_armoured_cms(&head, limits))
    }

    /// What is in the body of an application/pkcs7-mime entity: CMS, or, as Exchange keeps it, a multipart/signed. A body
    /// that is not encoded as its header says is taken as it stands.
    pub(super) fn undress(
        &mut self,
        mut source: Box<dyn Source>,
        entity: &Entity,
    ) -> Result<Stage, OpenError> {
        if let Some(name) = entity.file_name().filter(|name| held::is_signed_file_name(name)) {
            self.name = Some(name);
        }
        let Range { start, end } = entity.body.clone();
        let limits = self.context.limits;
        let head = held::head(&mut *entity.content(&mut *source)?)?;
        if held::in_file(&head, "smime.p7m", &entity.content_type, limits) == Held::Entity {
            let mut decoded = self.context.spool.create()?;
            io::copy(&mut entity.content(&mut *source)?, &mut decoded)?;
            decoded.rewind()?;
            return Ok(Stage::Entity(Box::new(decoded)));
        }
        let source: Box<dyn Source> = match entity.encoding {
            TransferEncoding::Identity => source,
            TransferEncoding::Base64 => {
                if is_content_info(&mut Base64Source::lenient(&mut *source, start, end), limits) {
                    return Ok(Stage::Cms(Box::new(Base64Source::lenient(source, start, end))));
                }
                source
            }
            TransferEncoding::QuotedPrintable | TransferEncoding::Uuencode | TransferEncoding::Unknown => {
                let mut decoded = self.context.spool.create()?;
                io::copy(&mut entity.content(&mut *source)?, &mut decoded)?;
                decoded.rewind()?;
                if is_content_info(&mut decoded, limits) {
                    decoded.rewind()?;
                    return Ok(Stage::Cms(Box::new(decoded)));
                }
                source
            }
        };
        match clothing::recognise(Box::new(Section::new(source, start, end)), limits)? {
            Bare::Cms(source) => Ok(Stage::Cms(source)),
            Bare::Other(_, Kind::Empty) => Err(OpenError::Truncated),
            Bare::Entity(_) | Bare::Other(..) => Err(OpenError::Damaged),
        }
    }

    /// multipart/signed (RFC 1847). What else there is in `root` is not signed.
    fn clear_signed(
        &mut self,
        mut source: Box<dyn Source>,
        root: &Entity,
        halves: Halves<'_>,
    ) -> Result<Stage, OpenError> {
        if root.unclosed {
            self.notes.push(Note::Unclosed);
        }
        let Range { start, end } = halves.content.range.clone();
        let mut content: Box<dyn Source>;
        let mut clear;
        if halves.are_all_of(root) {
            // The signed part stays where it lies.
            let mut witness = Witness::new(self.rng);
            clear = Signatures::clear(&mut *source, halves, self.context, &mut witness)?;
            content = Box::new(witness.of(Section::new(source, start, end)));
        } else {
            let mut copy = self.context.spool.create()?;
            clear = Signatures::clear(&mut *source, halves, self.context, &mut *copy)?;
            self.set_rest(source, root, &[halves.content.range.start, halves.beside.range.start])?;
            content = Box::new(copy);
        }
        clear.signature.whole = self.rest.is_none();
        self.layers.push(Layer::Signed(clear.signature));
        content.rewind()?;
        if clear.line_feeds {
            // What is shown is what was verified.
            self.notes.push(Note::LineEnds);
            let mut converted = LineFeeds::new(self.context.spool.create()?);
            io::copy(&mut content, &mut converted)?;
            let mut converted = converted.finish()?;
            converted.rewind()?;
            content = Box::new(converted);
        }
        if let Some(unquoted) = clear.unquoted {
            content = Box::new(unquoted);
        }
        Ok(Stage::Entity(content))
    }
}

/// A content that only looks as if it began with a header.
fn begins_with_blank_line(source: &mut dyn Source) -> io::Result<bool> {
    source.rewind()?;
    let mut head = Vec::new();
    source.take(2).read_to_end(&mut head)?;
    source.rewind()?;
    Ok(head.starts_with(b"\n") || head.starts_with(b"\r\n"))
}

fn is_content_info(source: &mut dyn io::Read, limits: &Limits) -> bool {
    content_info::peek(source, limits).is_ok()
}

/// A header section that belongs to mail: MIME-Version, any Content- field, or an originator field. The last is not enough
/// for what calls itself a file `of_a_kind`.
fn is_mime(headers: &Headers, of_a_kind: bool) -> bool {
    headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("content-")
            || name == "mime-version"
            || !of_a_kind && matches!(name.as_str(), "from" | "received" | "message-id")
    })
}
