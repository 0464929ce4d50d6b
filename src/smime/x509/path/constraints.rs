//! Name constraints (RFC 5280 section 4.2.1.10; RFC 9598 section 6 for SmtpUTF8Mailbox).

use crate::smime::Address;
use crate::smime::asn1::{Cursor, Malformed};
use crate::smime::x509::certificate::Certificate;
use crate::smime::x509::extensions::Known;
use crate::smime::x509::name::Name;

const RFC822_NAME: u8 = 0x81;
const DNS_NAME: u8 = 0x82;
const DIRECTORY_NAME: u8 = 0xa4;

/// ```text
/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] SEQUENCE OF GeneralSubtree OPTIONAL,
///     excludedSubtrees [1] SEQUENCE OF GeneralSubtree OPTIONAL }
/// GeneralSubtree  ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
/// ```
pub(super) struct Constraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

enum Subtree {
    /// A mailbox, a host, or with a leading dot everything below a domain; in lower case but for the mailbox's name.
    Address(String),
    Host(String),
    Directory(Name),
    /// A form of name that is not compared here, by its tag.
    Other(u8),
}

enum Subject<'a> {
    Address(&'a Address),
    Host(String),
    Directory(Name),
    Other(u8),
}

impl Constraints {
    /// `content`: what stands inside the extension's SEQUENCE.
    pub(super) fn read(content: &[u8]) -> Result<Self, Malformed> {
        let mut parts = Cursor::new(content);
        let permitted = parts.optional(0xa0)?.map_or(Ok(Vec::new()), |list| subtrees(list.cursor()))?;
        let excluded = parts.optional(0xa1)?.map_or(Ok(Vec::new()), |list| subtrees(list.cursor()))?;
        parts.finish()?;
        Ok(Self { permitted, excluded })
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
            if self
                .excluded
                .iter()
                .filter_map(|subtree| subtree.holds(name))
                .any(|held| held != Held::Outside)
            {
                return Some(false);
            }
        }
        Some(true)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Inside,
    Outside,
    /// Nobody here can say: refused either way.
    Unclear,
}

impl Subtree {
    /// `None` when the subtree says nothing about names of this form.
    fn holds(&self, name: &Subject<'_>) -> Option<Held> {
        let held = match (self, name) {
            (Self::Address(base), Subject::Address(address)) => address_within(address, base),
            (Self::Host(base), Subject::Host(host)) => host_within(host, base),
            (Self::Directory(base), Subject::Directory(name)) => name.is_within(base),
            (Self::Other(form), Subject::Other(other)) if form == other => return Some(Held::Unclear),
            (Self::Address(_) | Self::Host(_) | Self::Directory(_) | Self::Other(_), _) => return None,
        };
        Some(if held { Held::Inside } else { Held::Outside })
    }
}

fn subtrees(list: Cursor<'_>) -> Result<Vec<Subtree>, Malformed> {
    let mut subtrees = Vec::new();
    for subtree in list.all()? {
        // minimum and maximum are not used (RFC 5280 section 4.2.1.10), so what has them is not understood.
        let base = subtree.sequence()?.all()?;
        let [base] = base[..] else { return Err(Malformed) };
        let text = || std::str::from_utf8(base.content).map_err(|_| Malformed);
        subtrees.push(match base.tag {
            RFC822_NAME => match text()?.rsplit_once('@') {
                Some((mailbox, host)) => Subtree::Address(format!("{mailbox}@{}", host.to_lowercase())),
                None => Subtree::Address(text()?.to_lowercase()),
            },
            DNS_NAME => Subtree::Host(text()?.to_lowercase()),
            DIRECTORY_NAME => Subtree::Directory(Name::from_der(base.content).ok_or(Malformed)?),
            other => Subtree::Other(other),
        });
    }
    Ok(subtrees)
}

/// All names of a certificate, its subject among them; `None` when they cannot be read.
fn subjects(certificate: &Certificate) -> Option<Vec<Subject<'_>>> {
    let mut names: Vec<_> = certificate.addresses().iter().map(Subject::Address).collect();
    if !certificate.subject().is_empty() {
        names.push(Subject::Directory(certificate.subject().clone()));
    }
    let alternative = match certificate.subject_alt_name() {
        Known::Absent => return Some(names),
        Known::Unreadable => return None,
        Known::Present(alternative) => alternative,
    };
    for name in alternative {
        names.push(match name.tag {
            DNS_NAME => Subject::Host(String::from_utf8_lossy(&name.value).to_lowercase()),
            DIRECTORY_NAME => Subject::Directory(Name::from_der(&name.value)?),
            // Those that are addresses are among `addresses()`; the others nobody here takes for one.
            RFC822_NAME => continue,
            other => Subject::Other(other),
        });
    }
    Some(names)
}

fn address_within(address: &Address, base: &str) -> bool {
    let host = address.domain().to_lowercase();
    if base.contains('@') {
        return address.normalized() == *base;
    }
    match base.strip_prefix('.') {
        Some(domain) => {
            host.strip_suffix(domain).is_some_and(|below| below.ends_with('.') && below.len() > 1)
        }
        None => base.is_empty() || host == base,
    }
}

fn host_within(host: &str, base: &str) -> bool {
    let domain = base.strip_prefix('.').unwrap_or(base);
    let inside = host.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'));
    domain.is_empty() || inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_held_against_mailboxes_hosts_and_domains() {
        let within = |address: &str, base| address_within(&address.parse().unwrap(), base);
        assert!(within("a@Example.org", "example.org"));
        assert!(!within("a@mail.example.org", "example.org"));
        assert!(within("a@mail.example.org", ".example.org"));
        assert!(!within("a@example.org", ".example.org"));
        assert!(!within("a@badexample.org", ".example.org"));
        assert!(within("a@EXAMPLE.org", "a@example.org"));
        assert!(!within("A@example.org", "a@example.org"));
    }

    #[test]
    fn hosts_are_held_against_domains() {
        assert!(host_within("example.org", "example.org"));
        assert!(host_within("www.example.org", "example.org"));
        assert!(!host_within("badexample.org", "example.org"));
    }

    #[test]
    fn broken_constraints_are_none() {
        assert!(Constraints::read(&[0xa0, 2, 0x30, 0]).is_err());
        assert!(Constraints::read(&[0xa2, 0]).is_err());
        assert!(Constraints::read(&[]).is_ok());
    }
}
