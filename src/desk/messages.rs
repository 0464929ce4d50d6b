//! Sealed and signed messages among the attachments of a message: each is opened and judged by itself. What is said of the
//! one around them says nothing about them, nor the other way round.

use super::Desk;
use super::open::{Reading, ReadingError};
use crate::smime::Limits;
use crate::smime::message::open::OpenError;
use crate::smime::progress::Stopped;

/// One message among the attachments.
pub struct NestedReading {
    /// The attachment's index.
    pub attachment: usize,
    /// The attachment's name.
    pub name: String,
    /// The message, or why it could not be opened.
    pub outcome: Result<Reading, ReadingError>,
}

impl Desk {
    /// Opens the messages among the attachments of `reading`, and among theirs, up to [`Limits::messages`] in all and
    /// [`Limits::messages_depth`] one inside the other. The others stay attachments; so do all that are left when
    /// somebody [stops](super::watch) it.
    pub fn read_messages(&self, reading: &mut Reading) {
        let mut left = self.limits.messages;
        // The texts of all of them are held in memory.
        let limits = Limits { text: self.limits.text / 16, ..self.limits.clone() };
        self.read_deeper(reading, self.limits.messages_depth, &mut left, &limits);
    }

    fn read_deeper(&self, reading: &mut Reading, depth: usize, left: &mut usize, limits: &Limits) {
        if depth == 0 {
            return;
        }
        for attachment in 0..reading.opened.attachments().len() {
            let name = match reading.opened.attachments().get(attachment) {
                Some(one) if one.is_message && *left > 0 => one.name.clone(),
                Some(_) | None => continue,
            };
            *left -= 1;
            let input = reading.opened.message(attachment, self.spool()).map_err(OpenError::from);
            let outcome = input.map_err(ReadingError::from).and_then(|input| self.read_within(input, limits));
            let outcome = self.or_stopped(outcome);
            let mut nested = NestedReading { attachment, name, outcome };
            match &mut nested.outcome {
                Err(ReadingError::Stopped(Stopped)) => return,
                // What goes along with many a mail: it is no message.
                Err(ReadingError::Open(OpenError::CertificatesOnly | OpenError::ContentElsewhere)) => {
                    continue;
                }
                Err(_) => {}
                Ok(inner) => self.read_deeper(inner, depth - 1, left, limits),
            }
            reading.messages.push(nested);
        }
    }
}
