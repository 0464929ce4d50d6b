//! The header fields of a note, inside and outside.

use rand_core::CryptoRng;

use super::{Note, Protection};
use crate::smime::mime::build::{self, Body};

/// What the outside sees of a subject.
const HIDDEN_SUBJECT: &str = "[...]";

/// The header fields of a note, and what the outside sees of them.
pub(super) struct Fields {
    /// Name and whole line(s); the subject apart.
    common: Vec<(&'static str, String)>,
    subject: Option<String>,
}

impl Fields {
    pub(super) fn of(note: &Note<'_>, rng: &mut dyn CryptoRng) -> Self {
        let mut common = vec![("From", build::mailbox_field("From", std::slice::from_ref(&note.from)))];
        for (name, mailboxes) in [("To", &note.to), ("Cc", &note.cc)] {
            if !mailboxes.is_empty() {
                common.push((name, build::mailbox_field(name, mailboxes)));
            }
        }
        common.push(("Date", build::date_field(note.date)));
        let id = build::message_id(note.from.address.domain(), rng);
        common.push(("Message-ID", format!("Message-ID: {id}\r\n")));
        Self { common, subject: note.subject.clone() }
    }

    /// The header section outside, up to the fields of the content.
    pub(super) fn outer(&self, protection: Protection) -> String {
        let mut section: String = self.common.iter().map(|(_, field)| field.as_str()).collect();
        if let Some(subject) = self.outer_subject(protection) {
            section.push_str(&build::text_field("Subject", subject));
        }
        section.push_str("MIME-Version: 1.0\r\n");
        section
    }

    fn outer_subject(&self, protection: Protection) -> Option<&str> {
        let subject = self.subject.as_deref()?;
        Some(match protection {
            Protection::Cipher => HIDDEN_SUBJECT,
            Protection::Clear => subject,
        })
    }

    /// The part that is signed, with every field inside.
    pub(super) fn protected_body<'n>(
        &self,
        note: Note<'n>,
        protection: Protection,
        rng: &mut dyn CryptoRng,
    ) -> Body<'n> {
        let mut body = Body::new(&note.text, note.attachments, rng);
        for (_, field) in &self.common {
            body.push_field(field);
        }
        if let Some(subject) = &self.subject {
            body.push_field(&build::text_field("Subject", subject));
        }
        match protection {
            Protection::Clear => body.push_content_type_parameter("hp", "clear"),
            Protection::Cipher => {
                body.push_content_type_parameter("hp", "cipher");
                for (_, field) in &self.common {
                    body.push_field(&format!("HP-Outer: {field}"));
                }
                if let Some(subject) = self.outer_subject(protection) {
                    body.push_field(&format!("HP-Outer: {}", build::text_field("Subject", subject)));
                }
            }
        }
        body
    }
}
