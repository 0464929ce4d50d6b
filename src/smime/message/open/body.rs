//! What is shown and what goes along.

mod bare;
mod tnef;
mod uuencoded;

use std::collections::HashSet;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use super::attachment::{Attachment, Sources};
use super::{Context, OpenError};
use crate::smime::message::clothing;
use crate::smime::message::header_protection::{HeaderProtection, Scheme, legacy_display};
use crate::smime::mime::entity::plain;
use crate::smime::mime::{Entity, file_name, html};
use crate::smime::{Limits, Source};

/// Octets that are shown of the text of a file that goes along as well.
const PREVIEW: usize = 256 << 10;

/// The readable part of a message.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    /// What the attachments lie in; the content first.
    pub(super) sources: Sources,
    /// There was more text than is shown.
    pub(super) cut: bool,
    /// Of the attachments, in lower case.
    names: HashSet<String>,
}

/// How an entity is read.
#[derive(Default)]
pub(super) struct Reading<'a> {
    /// Decides which Legacy Display elements are left out.
    pub(super) protection: Option<&'a HeaderProtection>,
    /// Parts that begin at these offsets are passed over.
    pub(super) without: &'a [u64],
}

impl Body {
    /// Reads the text and lists the attachments of an entity.
    pub(super) fn of_entity(
        content: Box<dyn Source>,
        entity: &Entity,
        how: Reading<'_>,
        context: &Context<'_>,
    ) -> Result<Self, OpenError> {
        let mut body = Self::default();
        let source = body.sources.add(content);
        // Elsewhere the marks of Legacy Display elements mean nothing (RFC 9788 section 4.5.3.1).
        let protection = how.protection.filter(|protection| protection.scheme == Scheme::Cipher);
        Walk { source, context, protection, without: how.without, body: &mut body }.entity(entity)?;
        Ok(body)
    }

    /// A content without MIME. It is shown if it is text. It is an attachment if it is no text, and if the `name` of the file
    /// that it was in says that it is a file itself.
    pub(super) fn of_file(
        mut content: Box<dyn Source>,
        name: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let size = content.seek(SeekFrom::End(0))?;
        content.rewind()?;
        let mut octets = Vec::new();
        content.by_ref().take(bare::HEAD).read_to_end(&mut octets)?;
        // What is no text from the beginning need not be held.
        if size <= limits.text as u64 && bare::may_be_text(&octets) {
            content.read_to_end(&mut octets)?;
        }
        let media_type = bare::media_type(&octets);
        let text = if octets.len() as u64 == size { bare::text(octets) } else { None };
        let mut body = Self::default();
        body.sources.add(content);
        let name = name.and_then(clothing::inner_name);
        if text.is_none() || name.as_deref().is_some_and(clothing::has_extension) {
            let name = name.unwrap_or_else(|| format!("content{}", bare::extension(media_type)));
            body.attach(Attachment::everything(name, media_type, size), limits)?;
        }
        let text = text.map(|text| plain(&text)).unwrap_or_default();
        // A blank line at the beginning ends a header without fields.
        body.text = text.strip_prefix('\n').map(str::to_owned).unwrap_or(text);
        if !body.attachments.is_empty() && body.text.len() > PREVIEW {
            body.text.truncate(body.text.floor_char_boundary(PREVIEW));
            body.cut = true;
        }
        Ok(body)
    }

    /// Neither text nor an attachment.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.attachments.is_empty()
    }

    /// Puts what stood beside the protected part behind it, and says so with a line `before`.
    pub(super) fn append_uncovered(&mut self, rest: Self, before: &str) {
        if !rest.text.trim().is_empty() {
            let text = self.text.trim_end().len();
            self.text.truncate(text);
            let gap = if text == 0 { "" } else { "\n\n" };
            self.text.extend([gap, before, "\n", &rest.text]);
        }
        self.cut |= rest.cut;
        let by = self.sources.append(rest.sources);
        for mut attachment in rest.attachments {
            attachment.shift(by);
            attachment.beside = true;
            self.push(attachment);
        }
    }

    /// Behind what is there already, with an empty line between.
    fn push_text(&mut self, text: &str) {
        if !self.text.is_empty() && !text.trim().is_empty() {
            if !self.text.ends_with('\n') {
                self.text.push('\n');
            }
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    fn attach(&mut self, mut attachment: Attachment, limits: &Limits) -> io::Result<()> {
        attachment.look(&mut self.sources, limits)?;
        self.push(attachment);
        Ok(())
    }

    fn push(&mut self, mut attachment: Attachment) {
        let taken = |name: &str| self.names.contains(&name.to_lowercase());
        attachment.name = file_name::distinct(&attachment.name, &taken);
        self.names.insert(attachment.name.to_lowercase());
        self.attachments.push(attachment);
    }
}

struct Walk<'a> {
    /// The index of the source that the entities lie in.
    source: usize,
    context: &'a Context<'a>,
    /// Set where Legacy Display elements are left out.
    protection: Option<&'a HeaderProtection>,
    without: &'a [u64],
    body: &'a mut Body,
}

impl Walk<'_> {
    fn entity(&mut self, entity: &Entity) -> Result<(), OpenError> {
        if self.without.contains(&entity.range.start) {
            return Ok(());
        }
        match entity.content_type.as_str() {
            "multipart/alternative" if !entity.parts.is_empty() => self.alternative(entity),
            "multipart/related" if !entity.parts.is_empty() => self.related(entity),
            multipart if multipart.starts_with("multipart/") && !entity.parts.is_empty() => {
                entity.parts.iter().try_for_each(|part| self.entity(part))
            }
            "text/plain" | "text/html" if !entity.is_attachment() => self.text(entity),
            _ => self.attach(entity),
        }
    }

    /// Of several forms of one text, plain text is the one that hides nothing; else HTML. Other forms (a calendar entry) go along.
    fn alternative(&mut self, entity: &Entity) -> Result<(), OpenError> {
        let chosen =
            self.first_with_text(entity, "text/plain")?.or(self.first_with_text(entity, "text/html")?);
        let chosen = chosen.unwrap_or(0);
        for (index, part) in entity.parts.iter().enumerate() {
            let other_form = matches!(part.content_type.as_str(), "text/plain" | "text/html")
                || part.content_type.starts_with("multipart/");
            if index == chosen {
                self.entity(part)?;
            } else if !other_form {
                self.attach(part)?;
            }
        }
        Ok(())
    }

    /// The first alternative that is, or holds, a text of this type that is not blank.
    fn first_with_text(&mut self, entity: &Entity, wanted: &str) -> Result<Option<usize>, OpenError> {
        for (index, part) in entity.parts.iter().enumerate() {
            let holder = if part.content_type == "multipart/related" || part.content_type == "multipart/mixed"
            {
                part.parts.first().unwrap_or(part)
            } else {
                part
            };
            if holder.content_type == wanted {
                let (text, _) = self.decoded(holder, self.context.limits.text)?;
                if !text.trim().is_empty() {
                    return Ok(Some(index));
                }
            }
        }
        Ok(None)
    }

    /// The first part is shown, what it refers to goes along.
    fn related(&mut self, entity: &Entity) -> Result<(), OpenError> {
        for (index, part) in entity.parts.iter().enumerate() {
            if index == 0 { self.entity(part)? } else { self.attach(part)? }
        }
        Ok(())
    }

    fn text(&mut self, entity: &Entity) -> Result<(), OpenError> {
        let room = self.context.limits.text.saturating_sub(self.body.text.len());
        let (text, more) = self.decoded(entity, room)?;
        let text = match entity.content_type == "text/html" {
            true => html::to_text(&text),
            false => self.without_files(text)?,
        };
        self.body.push_text(&text);
        if more {
            self.body.cut = true;
            self.attach(entity)?;
        }
        Ok(())
    }

    /// The text or HTML of a part without its Legacy Display element, and whether there is more.
    fn decoded(&mut self, part: &Entity, limit: usize) -> Result<(String, bool), OpenError> {
        let (text, more) = part.text(self.body.sources.of(self.source)?, limit)?;
        let text = match self.protection.filter(|_| legacy_display::is_marked(part)) {
            Some(protection) if part.content_type == "text/html" => {
                legacy_display::without_in_html(&text, protection).into_owned()
            }
            Some(protection) => legacy_display::without_in_text(&text, protection).to_owned(),
            None => text,
        };
        Ok((text, more))
    }

    fn attach(&mut self, entity: &Entity) -> Result<(), OpenError> {
        if tnef::is_tnef(entity) && self.unpack(entity)? {
            return Ok(());
        }
        let size = entity.decoded_len(self.body.sources.of(self.source)?)?;
        let name = match entity.file_name() {
            None => self.uuencoded_name(entity)?,
            name => name,
        };
        let name = name.unwrap_or_else(|| default_name(&entity.content_type).to_owned());
        Ok(self.body.attach(Attachment::part(name, size, self.source, entity), self.context.limits)?)
    }
}

fn default_name(content_type: &str) -> &'static str {
    match content_type {
        "message/rfc822" => "message.eml",
        "text/plain" => "text.txt",
        "text/html" => "text.html",
        "text/calendar" => "calendar.ics",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m",
        "image/png" => "picture.png",
        "image/jpeg" => "picture.jpg",
        _ => "attachment",
    }
}
