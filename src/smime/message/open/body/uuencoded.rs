//! Files that were uuencoded into a text, as before MIME: they stand among the attachments.

use std::io::{self, Write as _};

use super::{Attachment, OpenError, Walk, bare};
use crate::smime::message::open::held;
use crate::smime::mime::Entity;
use crate::smime::mime::encoding::{Section, TransferEncoding, uuencoded_files, uuencoded_name};

impl Walk<'_> {
    /// Moves the files in a text to the attachments.
    pub(super) fn without_files(&mut self, text: String) -> Result<String, OpenError> {
        let files = uuencoded_files(&text);
        if files.is_empty() {
            return Ok(text);
        }
        let mut octets = self.context.spool.create()?;
        let (mut words, mut after, mut places, mut end) = (String::new(), 0, Vec::new(), 0_u64);
        for file in files {
            words.push_str(text.get(after..file.range.start).unwrap_or_default());
            after = file.range.end;
            octets.write_all(&file.octets)?;
            let start = end;
            end += file.octets.len() as u64;
            places.push((file.name, bare::media_type(&file.octets), start..end));
        }
        words.push_str(text.get(after..).unwrap_or_default());
        let source = self.body.sources.add(Box::new(octets));
        let limits = self.context.limits;
        for (name, media_type, range) in places {
            if self.body.attachments.len() >= 2 * limits.parts {
                return Err(OpenError::TooMuch("attachments"));
            }
            self.body.attach(Attachment::octets(name, media_type, source, range), limits)?;
        }
        Ok(words)
    }

    /// The name that such a part has in its body, if it is one.
    pub(super) fn uuencoded_name(&mut self, part: &Entity) -> io::Result<Option<String>> {
        if part.encoding != TransferEncoding::Uuencode {
            return Ok(None);
        }
        let source = self.body.sources.of(self.source)?;
        let mut body = Section::new(source, part.body.start, part.body.end);
        Ok(uuencoded_name(&held::head(&mut body)?))
    }
}
