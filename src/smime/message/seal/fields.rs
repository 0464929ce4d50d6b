//! The header fields of a note, inside and outside.
//!
//! Outside stands what hcp_baseline leaves there (RFC 9788 section 3.2.1), and of what the answered message kept to itself no
//! more than that message did (section 6.1).

use rand_core::CryptoRng;

use super::{Note, Protection};
use crate::smime::message::header_protection::legacy_display;
use crate::smime::mime::build::{self, Body};
use crate::smime::mime::header::Mailbox;

/// What the outside sees of a subject.
const HIDDEN_SUBJECT: &str = "[...]";

/// The header fields of a note.
pub(super) struct Fields {
    protection: Protection,
    fields: Vec<Field>,
}

struct Field {
    name: &'static str,
    /// The whole field.
    inside: String,
    /// The field in its place; `None`: nothing.
    outside: Option<String>,
    /// What it says, for people.
    text: String,
}

impl Fields {
    pub(super) fn of(note: &Note<'_>, protection: Protection, rng: &mut dyn CryptoRng) -> Self {
        let mut fields = Self { protection, fields: Vec::new() };
        // The sender's address always stands outside (RFC 9788 section 3.1.1).
        let sender = Mailbox { name: None, address: note.from.address.clone() };
        let sender = note.confidences.outside(&note.from).unwrap_or(sender);
        fields.push_mailboxes("From", std::slice::from_ref(&note.from), vec![sender]);
        for (name, mailboxes) in [("To", &note.to), ("Cc", &note.cc)] {
            let outside = mailboxes.iter().filter_map(|mailbox| note.confidences.outside(mailbox)).collect();
            fields.push_mailboxes(name, mailboxes, outside);
        }
        let date = build::date_field(note.date);
        fields.push("Date", date.clone(), Some(date), String::new());
        let id = format!("Message-ID: {}\r\n", build::message_id(note.from.address.domain(), rng));
        fields.push("Message-ID", id.clone(), Some(id), String::new());
        let in_reply_to = note.thread.in_reply_to.as_slice();
        for (name, identifiers) in [("In-Reply-To", in_reply_to), ("References", &note.thread.references)] {
            let seen = identifiers.iter().filter(|one| !note.confidences.hides(one)).cloned();
            let outside = build::identifiers_field(name, &seen.collect::<Vec<_>>());
            if let Some(inside) = build::identifiers_field(name, identifiers) {
                fields.push(name, inside, outside, String::new());
            }
        }
        if let Some(subject) = &note.subject {
            let outside = build::text_field("Subject", HIDDEN_SUBJECT);
            fields.push("Subject", build::text_field("Subject", subject), Some(outside), subject.clone());
        }
        fields
    }

    fn push_mailboxes(&mut self, name: &'static str, inside: &[Mailbox], outside: Vec<Mailbox>) {
        if inside.is_empty() {
            return;
        }
        let outside = (!outside.is_empty()).then(|| build::mailbox_field(name, &outside));
        let text: Vec<_> = inside.iter().map(Mailbox::to_string).collect();
        self.push(name, build::mailbox_field(name, inside), outside, text.join(", "));
    }

    /// Where nothing is hidden, what is inside can be read as well: of what may not stand outside, nothing is written then;
    /// but for the subject, which the writer has chosen.
    fn push(&mut self, name: &'static str, inside: String, outside: Option<String>, text: String) {
        let (inside, outside) = match self.protection {
            Protection::Cipher => (Some(inside), outside),
            Protection::Clear if name == "Subject" => (Some(inside.clone()), Some(inside)),
            Protection::Clear => (outside.clone(), outside),
        };
        if let Some(inside) = inside {
            self.fields.push(Field { name, inside, outside, text });
        }
    }

    /// The header section outside, up to the fields of the content.
    pub(super) fn outer(&self) -> String {
        let mut section: String = self.outside().collect();
        section.push_str("MIME-Version: 1.0\r\n");
        section
    }

    fn outside(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter_map(|field| field.outside.as_deref())
    }

    /// The part that is signed, with every field inside. With `legacy_display`, the text begins with those that the outside
    /// does not show.
    pub(super) fn protected_body<'n>(
        &self,
        note: Note<'n>,
        legacy_display: bool,
        rng: &mut dyn CryptoRng,
    ) -> Body<'n> {
        let display = self.display().filter(|_| legacy_display);
        let text = display.as_deref().unwrap_or_default().to_owned() + &note.text;
        let mut body = Body::new(&text, note.attachments, rng);
        for field in &self.fields {
            body.push_field(&field.inside);
        }
        match self.protection {
            Protection::Clear => body.push_content_type_parameter("hp", "clear"),
            Protection::Cipher => {
                body.push_content_type_parameter("hp", "cipher");
                for field in self.outside() {
                    body.push_field(&format!("HP-Outer: {field}"));
                }
                if display.is_some() {
                    body.push_text_parameter(legacy_display::PARAMETER, "1");
                }
            }
        }
        body
    }

    /// The Legacy Display element (RFC 9788 section 5.2.2) with the blank line after it.
    fn display(&self) -> Option<String> {
        let hidden = |field: &&Field| field.outside.as_ref() != Some(&field.inside) && !field.text.is_empty();
        let shown = self.fields.iter().filter(|_| self.protection == Protection::Cipher).filter(hidden);
        let lines: String = shown.map(|field| legacy_display::line(field.name, &field.text)).collect();
        (!lines.is_empty()).then(|| lines + "\n")
    }
}
