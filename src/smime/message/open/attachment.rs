//! What goes along with a message, and where it lies.

use std::io::{self, Read, Write};
use std::ops::Range;

use super::held::{self, Held};
use crate::smime::mime::Entity;
use crate::smime::mime::encoding::Section;
use crate::smime::{Limits, Source};

/// One attachment: its place in what was opened.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Made safe, and distinct within the message.
    pub name: String,
    /// "application/pdf"; as the sender claims.
    pub media_type: String,
    /// Decoded octets.
    pub size: u64,
    /// It stood beside the part that is sealed or signed, so no layer covers it.
    pub beside: bool,
    /// A sealed or signed message, or a file that is: it has layers and a verdict of its own.
    pub is_message: bool,
    place: Place,
}

#[derive(Debug, Clone)]
struct Place {
    /// Index in [`Sources`].
    source: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Everything,
    Part(Box<Entity>),
    Octets(Range<u64>),
}

/// What attachments lie in.
#[derive(Default)]
pub(super) struct Sources(Vec<Box<dyn Source>>);

impl Sources {
    /// Adds one and gives its index.
    pub(super) fn add(&mut self, source: Box<dyn Source>) -> usize {
        self.0.push(source);
        self.0.len() - 1
    }

    /// Adds all of `others`; their indices grow by the answer.
    pub(super) fn append(&mut self, mut others: Self) -> usize {
        let first = self.0.len();
        self.0.append(&mut others.0);
        first
    }

    pub(super) fn of(&mut self, index: usize) -> io::Result<&mut dyn Source> {
        match self.0.get_mut(index) {
            Some(source) => Ok(&mut **source),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Attachment {
    /// A whole source.
    pub(super) fn everything(name: String, media_type: &str, size: u64) -> Self {
        Self::at(name, media_type, size, Place { source: 0, what: What::Everything })
    }

    /// A part of a source.
    pub(super) fn part(name: String, size: u64, source: usize, part: &Entity) -> Self {
        let place = Place { source, what: What::Part(Box::new(part.clone())) };
        Self::at(name, &part.content_type, size, place)
    }

    /// Some octets of a source.
    pub(super) fn octets(name: String, media_type: &str, source: usize, range: Range<u64>) -> Self {
        let size = range.end.saturating_sub(range.start);
        Self::at(name, media_type, size, Place { source, what: What::Octets(range) })
    }

    fn at(name: String, media_type: &str, size: u64, place: Place) -> Self {
        Self { name, media_type: media_type.to_owned(), size, beside: false, is_message: false, place }
    }

    /// Its sources now stand `by` places further on.
    pub(super) fn shift(&mut self, by: usize) {
        self.place.source += by;
    }

    /// Finds out whether it is a message of its own, by its octets.
    pub(super) fn look(&mut self, sources: &mut Sources, limits: &Limits) -> io::Result<()> {
        let held = match &self.place.what {
            What::Part(part) => held::in_part(sources.of(self.place.source)?, part, limits)?,
            What::Everything | What::Octets(_) => {
                let head = held::head(&mut *self.reader(sources)?)?;
                held::in_file(&head, &self.name, &self.media_type, limits)
            }
        };
        self.is_message = match held {
            Held::Cms | Held::Entity => true,
            Held::Nothing => false,
        };
        Ok(())
    }

    pub(super) fn write_to(&self, sources: &mut Sources, out: &mut dyn Write) -> io::Result<u64> {
        io::copy(&mut *self.reader(sources)?, out)
    }

    fn reader<'a>(&self, sources: &'a mut Sources) -> io::Result<Box<dyn Read + 'a>> {
        let source = sources.of(self.place.source)?;
        Ok(match &self.place.what {
            What::Everything => {
                source.rewind()?;
                Box::new(source)
            }
            What::Part(part) => part.content(source)?,
            What::Octets(range) => Box::new(Section::new(source, range.start, range.end)),
        })
    }
}
