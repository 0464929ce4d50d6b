//! Name constraints (RFC 5280 section 4.2.1.10; RFC 9598 section 6 for SmtpUTF8Mailbox).

use const_oid::ObjectIdentifier;

use super::names::{self, Address, Host, Network};
use crate::smime::asn1::{Cursor, Element, Malformed};
use crate::smime::x509::certificate::Certificate;
use crate::smime::x509::extensions::{AlternativeName, Known};
use crate::smime::x509::name::Name;

/// ```text
/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL,
///     excludedSubtrees [1] GeneralSubtrees OPTIONAL }
/// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
/// GeneralSubtree  ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
/// ```
pub(super) struct Constraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

/// All names of one form that are in one place; a base that makes no sense is unclear.
struct Subtree {
    form: Form,
    base: Option<Base>,
}

/// The forms of GeneralName.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Address,
    Host,
    Directory,
    Uri,
    Ip,
    /// otherName of this type; one that cannot be named is a form of its own.
    Other(Option<ObjectIdentifier>),
    /// A form that is not compared here, by its tag.
    Tag(u8),
}

enum Base {
    Address(names::AddressBase),
    Host(Host),
    Directory(Name),
    /// A host, or with a leading dot everything below it.
    Uri(String),
    Ip(Network),
}

struct Subject {
    form: Form,
    name: Option<SubjectName>,
}

enum SubjectName {
    Address(Address),
    /// A host name, of a dNSName or within a URI.
    Host(Host),
    Directory(Name),
    Ip(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Inside,
    Outside,
    /// Nobody here can say, or it is partly inside: refused either way.
    Unclear,
}

impl Constraints {
    /// `content`: what stands inside the extension's SEQUENCE.
    pub(super) fn read(content: &[u8]) -> Result<Self, Malformed> {
        let mut parts = Cursor::new(content);
        let (permitted, excluded) = (parts.optional(0xa0)?, parts.optional(0xa1)?);
        parts.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(Malformed);
        }
        let read = |list: Option<Element<'_>>| list.map_or(Ok(Vec::new()), |list| subtrees(list.cursor()));
        Ok(Self { permitted: read(permitted)?, excluded: read(excluded)? })
    }

    /// Every name of the certificate is allowed. Each comparison takes one from `budget`; `None` when it is spent.
    pub(super) fn allow(&self, certificate: &Certificate, budget: &mut usize) -> Option<bool> {
        let Some(names) = subjects(certificate) else { return Some(false) };
        for name in &names {
            *budget = budget.checked_sub(self.permitted.len() + self.excluded.len() + 1)?;
            let mut concerned = self.permitted.iter().filter_map(|subtree| subtree.holds(name)).peekable();
            if concerned.peek().is_some() && !concerned.any(|held| held == Held::Inside) {
                return Some(false);
            }
            let mut concerned = self.excluded.iter().filter_map(|subtree| subtree.holds(name));
            if concerned.any(|held| held != Held::Outside) {
                return Some(false);
            }
        }
        Some(true)
    }
}

impl Subtree {
    /// `None` when the subtree says nothing about names of this form.
    fn holds(&self, subject: &Subject) -> Option<Held> {
        if self.form != subject.form {
            return None;
        }
        let (Some(base), Some(name)) = (&self.base, &subject.name) else { return Some(Held::Unclear) };
        let held = match (base, name) {
            (Base::Address(base), SubjectName::Address(address)) => base.holds(address),
            (Base::Host(base), SubjectName::Host(host)) => match host.is_within(base) {
                Some(within) => within,
                None => return Some(Held::Unclear),
            },
            (Base::Uri(base), SubjectName::Host(host)) => host.is_uri_host_within(base),
            (Base::Directory(base), SubjectName::Directory(name)) => name.is_within(base),
            (Base::Ip(base), SubjectName::Ip(octets)) => base.holds(octets),
            // One form has one kind of base and one kind of name.
            (
                Base::Address(_) | Base::Host(_) | Base::Uri(_) | Base::Directory(_) | Base::Ip(_),
                SubjectName::Address(_)
                | SubjectName::Host(_)
                | SubjectName::Directory(_)
                | SubjectName::Ip(_),
            ) => return Some(Held::Unclear),
        };
        Some(if held { Held::Inside } else { Held::Outside })
    }
}

fn subtrees(list: Cursor<'_>) -> Result<Vec<Subtree>, Malformed> {
    let list = list.all()?;
    if list.is_empty() { Err(Malformed) } else { list.iter().map(subtree).collect() }
}

fn subtree(subtree: &Element<'_>) -> Result<Subtree, Malformed> {
    let mut parts = subtree.sequence()?;
    let name = parts.element()?;
    // minimum is 0, and maximum absent (RFC 5280 section 4.2.1.10): what has others is not understood.
    let minimum = parts.optional(0x80)?;
    parts.finish()?;
    if minimum.is_some_and(|minimum| minimum.content != [0]) {
        return Err(Malformed);
    }
    let form = Form::of(name.tag, name.content);
    let text = std::str::from_utf8(name.content).ok();
    let base = match form {
        Form::Address => text.and_then(names::AddressBase::read).map(Base::Address),
        Form::Host => text.and_then(Host::base).map(Base::Host),
        Form::Uri => text.and_then(names::uri_base).map(Base::Uri),
        Form::Directory => Name::from_der(name.content).map(Base::Directory),
        Form::Ip => Network::read(name.content).map(Base::Ip),
        Form::Other(_) | Form::Tag(_) => None,
    };
    Ok(Subtree { form, base })
}

impl Form {
    fn of(name: u8, content: &[u8]) -> Self {
        match name {
            0x81 => Self::Address,
            0x82 => Self::Host,
            0x86 => Self::Uri,
            0x87 => Self::Ip,
            0xa0 => Self::Other(Cursor::new(content).oid().ok()),
            0xa4 => Self::Directory,
            other => Self::Tag(other),
        }
    }
}

/// All names of a certificate, its subject among them; `None` when they cannot be read.
fn subjects(certificate: &Certificate) -> Option<Vec<Subject>> {
    let alternative = match certificate.subject_alt_name() {
        Known::Absent => &[][..],
        Known::Unreadable => return None,
        Known::Present(alternative) => alternative,
    };
    let subject = certificate.subject();
    let mut subjects: Vec<Subject> = alternative.iter().flat_map(subjects_of).collect();
    // Where subjectAltName has no address, those in the subject are the certificate's.
    if !subjects.iter().any(|subject| subject.form == Form::Address) {
        subjects.extend(subject.email_addresses().map(address));
    }
    if !subject.is_empty() {
        let name = Some(SubjectName::Directory(subject.clone()));
        subjects.push(Subject { form: Form::Directory, name });
    }
    Some(subjects)
}

fn address(text: &str) -> Subject {
    Subject { form: Form::Address, name: Address::read(text).map(SubjectName::Address) }
}

fn subjects_of(alternative: &AlternativeName) -> Vec<Subject> {
    let form = Form::of(alternative.tag, &alternative.value);
    let text = std::str::from_utf8(&alternative.value).ok();
    let name = match form {
        Form::Address => return vec![address(text.unwrap_or_default())],
        Form::Host => text.and_then(Host::name).map(SubjectName::Host),
        Form::Uri => text.and_then(names::uri_host).map(SubjectName::Host),
        Form::Directory => Name::from_der(&alternative.value).map(SubjectName::Directory),
        Form::Ip => Some(SubjectName::Ip(alternative.value.clone()))
            .filter(|_| matches!(alternative.value.len(), 4 | 16)),
        Form::Other(_) => {
            // An SmtpUTF8Mailbox is an address like the others.
            let mailbox = alternative.smtp_utf8_mailbox().map(address);
            return mailbox.into_iter().chain([Subject { form, name: None }]).collect();
        }
        Form::Tag(_) => None,
    };
    vec![Subject { form, name }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer::{sequence, value};

    #[test]
    fn broken_constraints_are_none() {
        let base = value(0x81, &[b"example.org"]);
        let of = |subtree: &[&[u8]]| value(0xa0, &[&sequence(subtree)]);
        for (content, good) in [
            (of(&[&base]), true),
            (of(&[&base, &[0x80, 1, 0]]), true),
            (of(&[&base, &[0x80, 1, 1]]), false),
            (of(&[&base, &[0x81, 1, 9]]), false),
            (of(&[]), false),
            (value(0xa0, &[]), false),
            (value(0xa2, &[]), false),
            (Vec::new(), false),
            ([value(0xa1, &[&sequence(&[&base])]), of(&[&base])].concat(), false),
        ] {
            assert_eq!(Constraints::read(&content).is_ok(), good, "{content:x?}");
        }
    }
}
