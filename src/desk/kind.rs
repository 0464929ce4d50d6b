//! What a file is: told by its octets, whatever its name says.

use std::io::Read as _;
use std::path::Path;

use memchr::memmem;

use super::Desk;
use super::file::{self, FileError};
use crate::smime::x509::certificate_file::{self, CertificateFileError};

/// As much of a file as is looked at.
const HEAD: u64 = 1 << 20;

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// It is opened; also what is nothing that is known, since the reader says best what it is not.
    Message,
    /// It is imported as somebody's.
    Certificates,
    /// It is imported as one's own.
    Key,
}

impl Desk {
    /// Which of the three the file at `path` is.
    pub fn kind_of(&self, path: &Path) -> Result<FileKind, FileError> {
        let source = file::source(path, self.spool())?;
        let mut head = Vec::new();
        source.take(HEAD).read_to_end(&mut head).map_err(|error| FileError::new(path, &error))?;
        Ok(kind_of(&head))
    }
}

/// The same for octets that are no file, pasted for example.
pub fn kind_of(head: &[u8]) -> FileKind {
    if is_mail(head) {
        return FileKind::Message;
    }
    if memmem::find(head, b"PRIVATE KEY-----").is_some() {
        return FileKind::Key;
    }
    let contents = certificate_file::read_all(head);
    match contents.lacks {
        Some(CertificateFileError::Pkcs12 | CertificateFileError::KeyOnly) => FileKind::Key,
        _ if contents.signed => FileKind::Message,
        _ if contents.certificates.is_empty() => FileKind::Message,
        _ => FileKind::Certificates,
    }
}

/// One of the fields that every mail has stands at the start of a line, before the first empty one.
fn is_mail(head: &[u8]) -> bool {
    const FIELDS: [&[u8]; 5] = [b"from:", b"received:", b"mime-version:", b"content-type:", b"return-path:"];
    head.split(|octet| *octet == b'\n').take_while(|line| !line.trim_ascii().is_empty()).take(200).any(
        |line| {
            let start = line.get(..16).unwrap_or(line).to_ascii_lowercase();
            FIELDS.iter().any(|field| start.starts_with(field))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::crypto::KeyKind;
    use crate::store::vault::{NobodyToAsk, VaultKind};
    use crate::store::{Location, clock};

    #[test]
    fn files_are_told_apart_by_their_octets() {
        let desk =
            Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
        let address = "kim@example.org".parse().unwrap();
        let kim = desk.create_identity("Kim", &[address], KeyKind::P256, 30).unwrap();
        let pem = certificate_file::to_pem(&kim);
        let folder = tempfile::tempdir().unwrap();
        let p12 = folder.path().join("kim.p12");
        let name = super::super::identities::KeyName::Fingerprint(kim.fingerprint());
        let password = crate::smime::secret::Passphrase::from("a long password".to_owned());
        desk.export_identity(&name, &p12, &password, crate::smime::pkcs12::Recipe::Modern).unwrap();

        assert_eq!(desk.kind_of(&p12).unwrap(), FileKind::Key);
        assert_eq!(kind_of(kim.as_der()), FileKind::Certificates);
        assert_eq!(kind_of(pem.as_bytes()), FileKind::Certificates);
        assert_eq!(kind_of(&certificate_file::to_p7c(std::slice::from_ref(&kim))), FileKind::Certificates);
        let mail = format!("From: kim@example.org\r\nSubject: mine\r\n\r\n{pem}");
        assert_eq!(kind_of(mail.as_bytes()), FileKind::Message);
        assert_eq!(kind_of(b"\x89PNG\r\n\x1a\n"), FileKind::Message);
        assert_eq!(kind_of(b""), FileKind::Message);
    }
}
