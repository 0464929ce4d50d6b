//! Requests to an authority for a certificate (PKCS#10, RFC 2986).

use const_oid::ObjectIdentifier;
use der::Encode as _;
use rand_core::CryptoRng;

use super::Name;
use super::certificate_file::pem_block;
use super::extensions::{AlternativeName, Extensions};
use super::issue::{self, IssueError};
use crate::smime::asn1::{Cursor, Malformed, tag, writer};
use crate::smime::crypto::{PrivateKey, PublicKey};
use crate::smime::{Address, Fingerprint};

/// extensionRequest (RFC 2985 section 5.4.2).
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// A request, signed by the key that it is for.
///
/// ```text
/// CertificationRequest     ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm AlgorithmIdentifier,
///     signature BIT STRING }
/// CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo
///     SubjectPublicKeyInfo, attributes [0] IMPLICIT SET OF Attribute }
/// Attribute                ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
/// ```
#[derive(Debug, Clone)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: Name,
    public_key: PublicKey,
    addresses: Vec<Address>,
}

impl CertificationRequest {
    /// Asks for a certificate with CN = name and what [`issue::self_signed`] would put in: the addresses, key usage and
    /// emailProtection.
    pub fn new(
        name: &str,
        addresses: &[Address],
        key: &PrivateKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, IssueError> {
        let public_key = key.public_key();
        // DER refuses only lengths above 256 MiB.
        let extensions =
            issue::asked_for(addresses, &public_key)?.to_der().map_err(|_| IssueError::NoAddress)?;
        let attribute =
            writer::sequence(&[&writer::oid(EXTENSION_REQUEST), &writer::value(tag::SET, &[&extensions])]);
        let info = writer::sequence(&[
            &writer::small_integer(0),
            &issue::subject(name, addresses)?,
            &public_key.to_spki_der(),
            &writer::value(tag::context_constructed(0), &[&attribute]),
        ]);
        Self::from_der(&issue::signed(&info, key, rng)?).map_err(|_| IssueError::Key)
    }

    /// Exactly one DER request. Its signature is not looked at.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Cursor::new(der).only(tag::SEQUENCE)?.cursor();
        let mut info = outer.expect(tag::SEQUENCE)?.cursor();
        outer.expect(tag::SEQUENCE)?;
        outer.only(tag::BIT_STRING)?;
        info.expect(tag::INTEGER)?;
        let subject = Name::from_der(info.expect(tag::SEQUENCE)?.der).ok_or(Malformed)?;
        let public_key = PublicKey::from_spki_der(info.expect(tag::SEQUENCE)?.der).map_err(|_| Malformed)?;
        let mut attributes = info.only(tag::context_constructed(0))?.cursor();
        let mut addresses = Vec::new();
        while !attributes.is_empty() {
            let mut attribute = attributes.expect(tag::SEQUENCE)?.cursor();
            if attribute.oid()? == EXTENSION_REQUEST {
                let extensions = Extensions::read(attribute.only(tag::SET)?.cursor());
                let names = extensions.subject_alt_name.present().map(Vec::as_slice).unwrap_or_default();
                addresses.extend(names.iter().filter_map(AlternativeName::address));
            }
        }
        Ok(Self { der: der.to_vec(), subject, public_key, addresses })
    }

    /// The whole request.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// One `CERTIFICATE REQUEST` PEM block (RFC 7468 section 7).
    pub fn to_pem(&self) -> String {
        pem_block("CERTIFICATE REQUEST", &self.der)
    }

    /// The name that was asked for.
    pub fn display_name(&self) -> String {
        self.subject.common_name().map_or_else(|| self.subject.to_string(), str::to_owned)
    }

    /// The key that waits for a certificate.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The addresses that were asked for.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// SHA-256 over the SubjectPublicKeyInfo: what the request is called as long as there is no certificate.
    pub fn key_fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.public_key.to_spki_der())
    }
}

#[cfg(test)]
mod tests {
    use rand_core::UnwrapErr;

    use super::super::openssl::OpenSsl;
    use super::*;
    use crate::smime::crypto::KeyKind;

    fn make(kind: KeyKind) -> CertificationRequest {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(kind, &mut rng);
        let addresses = ["robin@example.org".parse().unwrap(), "jörg@example.org".parse().unwrap()];
        CertificationRequest::new("Robin Doe", &addresses, &key, &mut rng).unwrap()
    }

    #[test]
    fn what_was_asked_for_is_read_again() {
        let request = make(KeyKind::P256);
        assert_eq!(request.display_name(), "Robin Doe");
        let addresses: Vec<_> = request.addresses().iter().map(Address::as_str).collect();
        assert_eq!(addresses, ["robin@example.org", "jörg@example.org"]);
        for length in 0..request.as_der().len() {
            assert!(CertificationRequest::from_der(&request.as_der()[..length]).is_err());
        }
    }

    #[test]
    fn openssl_accepts_it() {
        let Some(openssl) = OpenSsl::start() else { return };
        for (kind, usage) in [
            (KeyKind::Rsa2048, "Digital Signature, Key Encipherment"),
            (KeyKind::P256, "Digital Signature, Key Agreement"),
            (KeyKind::P384, "Digital Signature, Key Agreement"),
        ] {
            openssl.write("robin.csr", make(kind).to_pem());
            let printed =
                openssl.run(&["req", "-in", "robin.csr", "-verify", "-noout", "-text", "-nameopt", "utf8"]);
            let text = String::from_utf8_lossy(&printed);
            for words in [
                "verify OK",
                "CN=Robin Doe",
                usage,
                "E-mail Protection",
                "email:robin@example.org",
                "SmtpUTF8Mailbox",
            ] {
                assert!(text.contains(words), "{words} is missing from\n{text}");
            }
        }
    }

    #[test]
    fn a_request_without_name_or_address_is_not_made() {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let address: Address = "robin@example.org".parse().unwrap();
        let mut try_it = |name: &str, addresses: &[Address]| {
            CertificationRequest::new(name, addresses, &key, &mut rng).unwrap_err()
        };
        assert_eq!(try_it("Robin", &[]), IssueError::NoAddress);
        assert_eq!(try_it(" ", &[address]), IssueError::Name);
    }
}
