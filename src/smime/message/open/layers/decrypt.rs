//! Takes the outermost layer off, if it is one of encryption, and nothing else.

use std::io::{Seek as _, SeekFrom};

use super::{Opening, Stage, other_form};
use crate::smime::cms::compressed_data::Allowance;
use crate::smime::cms::{ContentType, content_info};
use crate::smime::message::clothing::{self, Bare};
use crate::smime::message::layer::Layer;
use crate::smime::message::open::OpenError;
use crate::smime::{Source, SpoolFile};

impl Opening<'_, '_> {
    /// Only the encryption, only the outermost.
    pub(in crate::smime::message::open) fn decrypt(
        mut self,
        mut source: Box<dyn Source>,
    ) -> Result<Box<dyn SpoolFile>, OpenError> {
        self.allowance = Allowance::new(source.seek(SeekFrom::End(0))?, self.context.limits);
        let mut source = match clothing::recognise(source, self.context.limits)? {
            Bare::Cms(source) => source,
            Bare::Entity(source) => self.mail(source).and_then(|source| self.smime_body(source))?,
            Bare::Other(_, kind) => return Err(OpenError::NotAMessage(kind)),
        };
        let content_type = content_info::peek(&mut source, self.context.limits)?;
        source.rewind()?;
        match content_type {
            ContentType::EnvelopedData | ContentType::AuthEnvelopedData => Ok(self.unseal(&mut *source)?.0),
            ContentType::SignedData | ContentType::Data | ContentType::CompressedData => {
                Err(self.not_outermost(Stage::Cms(source)))
            }
            ContentType::Other(oid) => Err(other_form(oid)),
        }
    }

    /// The CMS in a mail, or in the one part of it that is sealed.
    fn smime_body(&mut self, mut source: Box<dyn Source>) -> Result<Box<dyn Source>, OpenError> {
        // The mail, and its part.
        for _ in 0..2 {
            let (mut split, entity) = self.split(source)?;
            let Some(entity) = entity else { return Err(OpenError::NotEncrypted) };
            let stage = if self.is_smime_body(&mut *split, &entity)? {
                self.undress(split, &entity)?
            } else if let Some(part) = self.sealed_part(&mut *split, &entity)? {
                self.part_of(split, &entity, part)?
            } else {
                source = split;
                break;
            };
            source = match stage {
                Stage::Cms(source) => return Ok(source),
                Stage::Entity(source) => source,
                Stage::Content(..) | Stage::Closed(_) => return Err(OpenError::NotEncrypted),
            };
        }
        source.rewind()?;
        Err(self.not_outermost(Stage::Entity(source)))
    }

    /// Is there an encryption further inside? Whatever stands in the way of an answer is one.
    fn not_outermost(&mut self, stage: Stage) -> OpenError {
        match self.reaches_encryption(stage) {
            Ok(true) => OpenError::SealedInside {
                signed: self.layers.iter().any(|layer| matches!(layer, Layer::Signed(_))),
            },
            Ok(false) => OpenError::NotEncrypted,
            Err(error) => error,
        }
    }

    fn reaches_encryption(&mut self, mut stage: Stage) -> Result<bool, OpenError> {
        let mut stages = self.stages();
        loop {
            self.step(&mut stages)?;
            stage = match stage {
                Stage::Cms(mut source) => {
                    let content_type = content_info::peek(&mut source, self.context.limits)?;
                    source.rewind()?;
                    match content_type {
                        ContentType::EnvelopedData | ContentType::AuthEnvelopedData => return Ok(true),
                        ContentType::SignedData
                        | ContentType::Data
                        | ContentType::CompressedData
                        | ContentType::Other(_) => self.cms(source)?,
                    }
                }
                Stage::Entity(source) => self.entity(source)?,
                Stage::Content(..) => return Ok(false),
                Stage::Closed(error) => return Err(error),
            };
        }
    }
}
