//! What is shown and what goes along.

use std::collections::HashSet;
use std::io::{self, SeekFrom, Write};

use super::OpenError;
use crate::smime::message::header_protection::{HeaderProtection, Scheme, legacy_display};
use crate::smime::mime::entity::plain;
use crate::smime::mime::{Entity, file_name, html};
use crate::smime::{Limits, Source};

/// One attachment: its place in the opened content.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Made safe, and distinct within the message.
    pub name: String,
    /// "application/pdf"; as the sender claims.
    pub media_type: String,
    /// Decoded octets.
    pub size: u64,
    /// `None`: the whole content.
    entity: Option<Entity>,
}

impl Attachment {
    pub(super) fn write_to(&self, content: &mut dyn Source, out: &mut dyn Write) -> io::Result<u64> {
        match &self.entity {
            Some(entity) => io::copy(&mut entity.content(content)?, out),
            None => {
                content.rewind()?;
                io::copy(content, out)
            }
        }
    }
}

/// The readable part of a message.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    /// There was more text than is shown.
    pub(super) cut: bool,
}

/// Reads the text and lists the attachments of `entity`, or of a bare content.
pub(super) fn read(
    content: &mut dyn Source,
    entity: Option<&Entity>,
    protection: Option<&HeaderProtection>,
    limits: &Limits,
) -> Result<Body, OpenError> {
    let mut body = Body::default();
    // Elsewhere the marks of Legacy Display elements mean nothing (RFC 9788 section 4.5.3.1).
    let protection = protection.filter(|protection| protection.scheme == Scheme::Cipher);
    match entity {
        Some(entity) => {
            Walk { content, limits, protection, body: &mut body, names: HashSet::new() }.entity(entity)?;
        }
        None => bare(content, limits, &mut body)?,
    }
    Ok(body)
}

/// The first part (not the root itself) that `wanted` takes, in the order of reading. The splitter bounds the depth.
pub(super) fn find(entity: &Entity, wanted: fn(&Entity) -> bool) -> Option<&Entity> {
    entity.parts.iter().find_map(|part| if wanted(part) { Some(part) } else { find(part, wanted) })
}

/// A content without MIME: shown if it is text, else one attachment.
fn bare(content: &mut dyn Source, limits: &Limits, body: &mut Body) -> Result<(), OpenError> {
    let size = content.seek(SeekFrom::End(0))?;
    content.rewind()?;
    if size <= limits.text as u64 {
        let mut octets = Vec::new();
        content.read_to_end(&mut octets)?;
        match String::from_utf8(octets) {
            Ok(text) if !text.contains('\0') => {
                body.text = plain(&text);
                return Ok(());
            }
            Ok(_) | Err(_) => {}
        }
    }
    let media_type = "application/octet-stream".to_owned();
    body.attachments.push(Attachment { name: "content".into(), media_type, size, entity: None });
    Ok(())
}

struct Walk<'a> {
    content: &'a mut dyn Source,
    limits: &'a Limits,
    /// Set where Legacy Display elements are left out.
    protection: Option<&'a HeaderProtection>,
    body: &'a mut Body,
    /// Of the attachments, in lower case.
    names: HashSet<String>,
}

impl Walk<'_> {
    fn entity(&mut self, entity: &Entity) -> Result<(), OpenError> {
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
                let (text, _) = self.decoded(holder, self.limits.text)?;
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
        let room = self.limits.text.saturating_sub(self.body.text.len());
        let (text, more) = self.decoded(entity, room)?;
        let text = if entity.content_type == "text/html" { html::to_text(&text) } else { text };
        if !self.body.text.is_empty() && !text.trim().is_empty() {
            if !self.body.text.ends_with('\n') {
                self.body.text.push('\n');
            }
            self.body.text.push('\n');
        }
        self.body.text.push_str(&text);
        if more {
            self.body.cut = true;
            self.attach(entity)?;
        }
        Ok(())
    }

    /// The text or HTML of a part without its Legacy Display element, and whether there is more.
    fn decoded(&mut self, part: &Entity, limit: usize) -> Result<(String, bool), OpenError> {
        let (text, more) = part.text(self.content, limit)?;
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
        let size = entity.decoded_len(self.content)?;
        let name = entity.file_name().unwrap_or_else(|| default_name(&entity.content_type).to_owned());
        let name = file_name::distinct(&name, &|name| self.names.contains(&name.to_lowercase()));
        self.names.insert(name.to_lowercase());
        let media_type = entity.content_type.clone();
        self.body.attachments.push(Attachment { name, media_type, size, entity: Some(entity.clone()) });
        Ok(())
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
