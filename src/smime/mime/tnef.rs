//! TNEF (MS-OXTNEF), the `winmail.dat` that Outlook and Exchange put text and attachments into.
//!
//! A stream of attributes; two of them hold lists of properties (MS-OXPROPS). Attachments are found by offsets, texts are
//! decoded. Nothing in it is believed: every length is checked against what is there, and what is not understood is passed
//! over.

mod lzfu;
mod octets;
mod properties;
mod rtf;

use std::io::{self, SeekFrom};
use std::ops::Range;

use super::html;
use crate::smime::{Limits, Source};
use octets::Octets;
use properties::Property;

/// The first four octets, little-endian (MS-OXTNEF section 2.1.3.1).
const SIGNATURE: u32 = 0x223e_9f78;

/// Messages inside one another.
const DEPTH: usize = 4;
/// Attributes and properties in all.
const VALUES: usize = 50_000;
/// Octets of a name.
const NAME: u64 = 1024;

/// IID_IMessage: the value of such a property is a TNEF stream.
const MESSAGE: [u8; 16] = [7, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// What a stream held.
#[derive(Debug, Default)]
pub struct Tnef {
    /// The body: plain text, else HTML made plain, else RTF made plain.
    pub text: Option<String>,
    /// In order.
    pub attachments: Vec<Attached>,
    /// All of it was read; else the stream is damaged, and this is what came before.
    pub whole: bool,
}

/// One attachment.
#[derive(Debug, Default)]
pub struct Attached {
    /// As the sender chose it: not safe to use as one.
    pub name: Option<String>,
    /// "application/pdf", if it is said.
    pub media_type: Option<String>,
    /// What it holds.
    pub content: Content,
}

/// The content of an attachment.
#[derive(Debug, Default)]
pub enum Content {
    /// There is none.
    #[default]
    Nothing,
    /// Octets of the source.
    Octets(Range<u64>),
    /// Another message, and the octets that it is read from.
    Message(Box<Tnef>, Range<u64>),
}

/// Reads a stream that fills `source`. None: it is no TNEF.
pub fn read(source: &mut dyn Source, limits: &Limits) -> io::Result<Option<Tnef>> {
    let end = source.seek(SeekFrom::End(0))?;
    let mut parser = Parser { octets: Octets::new(source), limits, values: VALUES, attachments: 0 };
    parser.stream(0..end, DEPTH)
}

struct Parser<'a> {
    octets: Octets<'a>,
    limits: &'a Limits,
    /// Attributes and properties that may still come.
    values: usize,
    /// So far.
    attachments: usize,
}

/// What becomes one [`Tnef`].
struct Message {
    codepage: u32,
    /// Of the HTML, which may come before it.
    internet_codepage: Option<u32>,
    plain: Option<String>,
    html: Option<Vec<u8>>,
    rtf: Option<String>,
    attachments: Vec<Attached>,
}

impl Parser<'_> {
    /// ```text
    /// TNEFStream = TNEFHeader TNEFVersion OEMCodePage MessageData *AttachData
    /// attribute: level (1 octet), id (4), length (4), data, checksum (2); all little-endian
    /// ```
    fn stream(&mut self, range: Range<u64>, depth: usize) -> io::Result<Option<Tnef>> {
        let mut at = range.start;
        if range.end.saturating_sub(at) < 6 || self.octets.u32(at)? != SIGNATURE {
            return Ok(None);
        }
        at += 6;
        let mut message = Message {
            codepage: 1252,
            internet_codepage: None,
            plain: None,
            html: None,
            rtf: None,
            attachments: Vec::new(),
        };
        let mut whole = true;
        while at < range.end {
            let left = range.end - at;
            // Some writers add octets that are no attribute.
            let level = if left < 11 { 0 } else { self.octets.u8(at)? };
            if !matches!(level, 1 | 2) {
                break;
            }
            let (id, length) = (self.octets.u32(at + 1)?, u64::from(self.octets.u32(at + 5)?));
            if length > left - 11 || self.values == 0 {
                whole = false;
                break;
            }
            self.values -= 1;
            let data = at + 9..at + 9 + length;
            at = data.end + 2;
            self.attribute(&mut message, id, data, depth)?;
        }
        let html = message.html.map(|octets| {
            let text = match String::from_utf8(octets) {
                Ok(text) => text,
                Err(error) => {
                    octets::text(error.as_bytes(), message.internet_codepage.unwrap_or(message.codepage))
                }
            };
            html::to_text(&text)
        });
        let said = |text: &String| !text.trim().is_empty();
        let text = message.plain.filter(said).or(html).filter(said).or(message.rtf);
        Ok(Some(Tnef { text, attachments: message.attachments, whole }))
    }

    fn attribute(
        &mut self,
        message: &mut Message,
        id: u32,
        data: Range<u64>,
        depth: usize,
    ) -> io::Result<()> {
        // The upper half is the type of the value, which follows from the lower.
        match id & 0xffff {
            // attOemCodepage
            0x9007 if data.end - data.start >= 4 => message.codepage = self.octets.u32(data.start)?,
            // attBody
            0x800c => {
                let text = self.octets.take(data, self.limits.text as u64)?;
                message.plain = Some(octets::text(&text, message.codepage));
            }
            // attMsgProps
            0x9003 => {
                for property in self.properties(data)? {
                    self.message_property(message, property)?;
                }
            }
            // attAttachRenddata begins an attachment
            0x9002 if self.attachments < self.limits.parts => {
                self.attachments += 1;
                message.attachments.push(Attached::default());
            }
            // attAttachTitle, attAttachData, attAttachment
            0x8010 | 0x800f | 0x9005 => {
                // Some writers let the beginning of an attachment follow.
                let mut attached = message.attachments.pop().unwrap_or_default();
                self.attached(&mut attached, message.codepage, id, data, depth)?;
                message.attachments.push(attached);
            }
            _ => {}
        }
        Ok(())
    }

    fn attached(
        &mut self,
        attached: &mut Attached,
        codepage: u32,
        id: u32,
        data: Range<u64>,
        depth: usize,
    ) -> io::Result<()> {
        match id & 0xffff {
            0x8010 => {
                let title = octets::text(&self.octets.take(data, NAME)?, codepage);
                attached.name.get_or_insert(title);
            }
            0x800f => attached.content = Content::Octets(data),
            _ => {
                for property in self.properties(data)? {
                    self.attachment_property(attached, codepage, property, depth)?;
                }
            }
        }
        Ok(())
    }

    fn message_property(&mut self, message: &mut Message, property: Property) -> io::Result<()> {
        let Property { id, kind, value } = property;
        let limit = self.limits.text as u64;
        match id {
            // PidTagBody
            0x1000 => {
                if let Some(text) = self.string(kind, value, limit, message.codepage)? {
                    message.plain = Some(text);
                }
            }
            // PidTagHtml
            0x1013 => {
                message.html = Some(self.octets.take(value, limit)?);
            }
            // PidTagRtfCompressed
            0x1009 => {
                let octets = self.octets.take(value, limit)?;
                message.rtf = lzfu::decompress(&octets, self.limits.text).map(|rtf| rtf::to_text(&rtf));
            }
            // PidTagInternetCodepage
            0x3fde if value.end - value.start >= 4 => {
                message.internet_codepage = Some(self.octets.u32(value.start)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn attachment_property(
        &mut self,
        attached: &mut Attached,
        codepage: u32,
        property: Property,
        depth: usize,
    ) -> io::Result<()> {
        let Property { id, kind, value } = property;
        match id {
            // PidTagAttachLongFilename counts most, then the short name, then the title.
            0x3707 => {
                if let Some(name) = self.string(kind, value, NAME, codepage)? {
                    attached.name = Some(name);
                }
            }
            // PidTagAttachFilename, PidTagDisplayName
            0x3704 | 0x3001 if attached.name.is_none() => {
                attached.name = self.string(kind, value, NAME, codepage)?;
            }
            // PidTagAttachMimeTag
            0x370e => attached.media_type = self.string(kind, value, NAME, codepage)?,
            // PidTagAttachDataBinary
            0x3701 if kind == properties::BINARY => attached.content = Content::Octets(value),
            // PidTagAttachDataObject: an interface identifier comes first
            0x3701 if kind == properties::OBJECT && value.end - value.start > 16 => {
                let object = value.start + 16..value.end;
                let is_message = self.octets.take(value.start..value.start + 16, 16)? == MESSAGE;
                let inner =
                    if is_message && depth > 0 { self.stream(object.clone(), depth - 1)? } else { None };
                attached.content = match inner {
                    Some(inner) => Content::Message(Box::new(inner), object),
                    None => Content::Octets(object),
                };
            }
            _ => {}
        }
        Ok(())
    }

    fn string(
        &mut self,
        kind: u16,
        value: Range<u64>,
        limit: u64,
        codepage: u32,
    ) -> io::Result<Option<String>> {
        let codepage = match kind {
            properties::UNICODE => 1200,
            properties::STRING => codepage,
            _ => return Ok(None),
        };
        let octets = self.octets.take(value, limit)?;
        Ok(Some(octets::text(&octets, codepage)))
    }

    fn properties(&mut self, data: Range<u64>) -> io::Result<Vec<Property>> {
        properties::list(&mut self.octets, data, &mut self.values)
    }
}

#[cfg(test)]
pub(in crate::smime) mod tests;
