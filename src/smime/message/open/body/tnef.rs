//! `winmail.dat` unpacked: its attachments stand among those of the mail.

use std::io;

use super::{Attachment, OpenError, Walk, plain};
use crate::smime::mime::tnef::{self, Content, Tnef};
use crate::smime::mime::{Entity, file_name};

/// Says so by its type or name. Whether it is will be seen.
pub(super) fn is_tnef(entity: &Entity) -> bool {
    matches!(entity.content_type.as_str(), "application/ms-tnef" | "application/vnd.ms-tnef")
        || entity.file_name().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

impl Walk<'_> {
    /// Shows what lies in a TNEF part. False: that is nothing, or not all of it, and the part itself should go along.
    pub(super) fn unpack(&mut self, entity: &Entity) -> Result<bool, OpenError> {
        let mut decoded = self.context.spool.create()?;
        io::copy(&mut entity.content(self.body.sources.of(self.source)?)?, &mut decoded)?;
        let Some(tnef) = tnef::read(&mut decoded, self.context.limits)? else { return Ok(false) };
        let source = self.body.sources.add(Box::new(decoded));
        let whole = tnef.whole && !is_blank(&tnef);
        // Beside it stands the same text, for other programs.
        let text = self.body.text.trim().is_empty();
        self.show(tnef, source, text)?;
        Ok(whole)
    }

    fn show(&mut self, tnef: Tnef, source: usize, with_text: bool) -> Result<(), OpenError> {
        if let Some(text) = tnef.text.filter(|_| with_text) {
            self.add_text(&text);
        }
        for attached in tnef.attachments {
            let name = attached.name.filter(|name| !name.trim().is_empty());
            let media_type =
                attached.media_type.as_deref().unwrap_or("application/octet-stream").to_lowercase();
            let limits = self.context.limits;
            if self.body.attachments.len() >= 2 * limits.parts {
                return Err(OpenError::TooMuch("attachments"));
            }
            match attached.content {
                Content::Nothing => {}
                Content::Octets(range) => {
                    let name = file_name::safe(name.as_deref().unwrap_or("attachment"));
                    self.body.attach(Attachment::octets(name, &media_type, source, range), limits)?;
                }
                Content::Message(inner, range) if is_blank(&inner) => {
                    let name = file_name::safe(&format!("{}.dat", name.as_deref().unwrap_or("message")));
                    let message = Attachment::octets(name, "application/ms-tnef", source, range);
                    self.body.attach(message, limits)?;
                }
                Content::Message(inner, _) => {
                    if inner.text.is_some() {
                        let name = name.as_deref().unwrap_or("without a name");
                        self.add_text(&format!("[Attached message: {name}]\n"));
                    }
                    self.show(*inner, source, true)?;
                }
            }
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        let room = self.context.limits.text.saturating_sub(self.body.text.len());
        let text = plain(text);
        let end = text.floor_char_boundary(room);
        self.body.cut |= end < text.len();
        self.body.push_text(text.get(..end).unwrap_or_default());
    }
}

fn is_blank(tnef: &Tnef) -> bool {
    tnef.text.as_ref().is_none_or(|text| text.trim().is_empty()) && tnef.attachments.is_empty()
}
