//! Our own certificates: self-signed, for one person, in the shape of the CA/Browser Forum's strict S/MIME profile
//! but for what would be a lie there: the person's own name stands in CN, no policy is claimed, and no revocation
//! list is named.

use const_oid::db::rfc5280::ID_KP_EMAIL_PROTECTION;
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::Encode;
use der::asn1::{Any, Ia5String, OctetString, Utf8StringRef};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use x509_cert::ext::pkix::name::{GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};

use super::Certificate;
use super::name::presentable;
use crate::smime::Address;
use crate::smime::asn1::{Cursor, Malformed, tag, time, writer};
use crate::smime::crypto::{PrivateKey, PublicKey};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SMTP_UTF8_MAILBOX: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.8.9");

/// The longest life of a certificate, in days (CA/Browser Forum S/MIME Baseline Requirements section 6.3.2).
pub const MAX_DAYS: u32 = 825;

/// Characters of a commonName at most (RFC 5280 appendix A.1, ub-common-name).
pub const MAX_NAME: usize = 64;

/// Why no certificate was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// There is no address to certify.
    #[error("a certificate needs an address")]
    NoAddress,
    /// Not 1 to [`MAX_DAYS`] days, or dates that no certificate can hold.
    #[error("a certificate lives 1 to 825 days")]
    Days,
    /// Nothing that can be seen, or more than [`MAX_NAME`] characters.
    #[error("a name has 1 to 64 characters")]
    Name,
    /// The key cannot sign.
    #[error("this key cannot sign a certificate")]
    Key,
}

/// A self-signed end-entity certificate: CN = name, SAN rfc822Name per address (SmtpUTF8Mailbox beyond ASCII), cA false, key usage
/// digitalSignature + keyEncipherment (RSA) or keyAgreement (EC), emailProtection, SKI; 20-octet random positive serial;
/// `not_before` one hour back; days ≤ 825.
pub fn self_signed(
    name: &str,
    addresses: &[Address],
    key: &PrivateKey,
    time: Timestamp,
    days: u32,
    rng: &mut dyn CryptoRng,
) -> Result<Certificate, IssueError> {
    let subject = subject(name, addresses)?;
    let algorithm = key.scheme().ok_or(IssueError::Key)?.to_algorithm_der();
    let public_key = key.public_key();
    let spki = public_key.to_spki_der();
    let tbs = writer::sequence(&[
        &writer::value(0xa0, &[&writer::value(tag::INTEGER, &[&[2]])]),
        &writer::value(tag::INTEGER, &[&serial(rng)]),
        &algorithm,
        &subject,
        &validity(time, days)?,
        &subject,
        &spki,
        &extensions(addresses, &public_key, &spki)?,
    ]);
    Certificate::from_der(&signed(&tbs, key, rng)?).map_err(|_| IssueError::Key)
}

/// `content`, how it is signed, and the signature: SIGNED of X.509.
pub(super) fn signed(
    content: &[u8],
    key: &PrivateKey,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, IssueError> {
    let scheme = key.scheme().ok_or(IssueError::Key)?;
    let signature = key.sign_message(&scheme, content, rng).map_err(|_| IssueError::Key)?;
    Ok(writer::sequence(&[content, &scheme.to_algorithm_der(), &writer::bit_string(&signature)]))
}

/// CN = name, if that and at least one address are there.
pub(super) fn subject(name: &str, addresses: &[Address]) -> Result<Vec<u8>, IssueError> {
    let name = presentable(name);
    if addresses.is_empty() {
        return Err(IssueError::NoAddress);
    }
    if !(1..=MAX_NAME).contains(&name.chars().count()) {
        return Err(IssueError::Name);
    }
    Ok(common_name(&name))
}

/// 20 octets, positive, without a leading zero (RFC 5280 section 4.1.2.2).
fn serial(rng: &mut dyn CryptoRng) -> [u8; 20] {
    let mut serial = [0; 20];
    rng.fill_bytes(&mut serial);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn common_name(name: &str) -> Vec<u8> {
    let attribute =
        writer::sequence(&[&writer::oid(COMMON_NAME), &writer::value(tag::UTF8_STRING, &[name.as_bytes()])]);
    writer::sequence(&[&writer::value(tag::SET, &[&attribute])])
}

/// From one hour ago, for clocks that are slow, exactly `days` long (both ends included).
fn validity(time: Timestamp, days: u32) -> Result<Vec<u8>, IssueError> {
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(IssueError::Days);
    }
    let life = SignedDuration::from_hours(24 * i64::from(days)) - SignedDuration::from_secs(1);
    let from = time.checked_sub(SignedDuration::from_hours(1)).map_err(|_| IssueError::Days)?;
    let until = from.checked_add(life).map_err(|_| IssueError::Days)?;
    if TimeZone::UTC.to_datetime(from).year() < 1950 {
        return Err(IssueError::Days);
    }
    Ok(writer::sequence(&[&time::write(from), &time::write(until)]))
}

fn extensions(addresses: &[Address], key: &PublicKey, spki: &[u8]) -> Result<Vec<u8>, IssueError> {
    let key_id = key_id(spki).map_err(|_| IssueError::Key)?;
    let asked_for = asked_for(addresses, key)?;
    let list = || -> der::Result<Vec<u8>> {
        let key_id = OctetString::new(key_id)?;
        let mut list = vec![extension(false, &BasicConstraints { ca: false, path_len_constraint: None })?];
        list.extend(asked_for);
        list.extend([
            extension(false, &SubjectKeyIdentifier(key_id.clone()))?,
            extension(false, &AuthorityKeyIdentifier { key_identifier: Some(key_id), ..Default::default() })?,
        ]);
        list.to_der()
    };
    // DER refuses only lengths above 256 MiB.
    let list = list().map_err(|_| IssueError::NoAddress)?;
    Ok(writer::value(tag::context_constructed(3), &[&list]))
}

/// What a person asks for, of an authority or of themselves: key usage, emailProtection and the addresses.
pub(super) fn asked_for(addresses: &[Address], key: &PublicKey) -> Result<Extensions, IssueError> {
    let usage = match key {
        PublicKey::Rsa(_) => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::P521(_) => {
            KeyUsages::DigitalSignature | KeyUsages::KeyAgreement
        }
        PublicKey::RsaPss(..) | PublicKey::Ed25519(_) => KeyUsages::DigitalSignature.into(),
        PublicKey::RsaOaep(..) | PublicKey::X25519(_) | PublicKey::Dsa(_) | PublicKey::Unsupported(_) => {
            return Err(IssueError::Key);
        }
    };
    let list = || -> der::Result<Extensions> {
        let names = addresses.iter().map(general_name).collect::<der::Result<_>>()?;
        Ok(vec![
            extension(true, &KeyUsage(usage))?,
            extension(false, &ExtendedKeyUsage(vec![ID_KP_EMAIL_PROTECTION]))?,
            extension(false, &SubjectAltName(names))?,
        ])
    };
    // DER refuses only lengths above 256 MiB, and the characters that an address does not have.
    list().map_err(|_| IssueError::NoAddress)
}

fn extension<T: AssociatedOid + Encode>(critical: bool, value: &T) -> der::Result<Extension> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// rfc822Name for ASCII (RFC 5280 section 4.2.1.6), else SmtpUTF8Mailbox (RFC 9598 section 3).
fn general_name(address: &Address) -> der::Result<GeneralName> {
    let text = address.as_str();
    if text.is_ascii() {
        return Ok(GeneralName::Rfc822Name(Ia5String::new(text)?));
    }
    let value = Any::encode_from(&Utf8StringRef::new(text)?)?;
    Ok(GeneralName::OtherName(OtherName { type_id: SMTP_UTF8_MAILBOX, value }))
}

/// The leftmost 160 bits of SHA-256 over the key's BIT STRING (RFC 7093 section 2, method 1).
fn key_id(spki: &[u8]) -> Result<[u8; 20], Malformed> {
    let mut parts = Cursor::new(spki).only(tag::SEQUENCE)?.cursor();
    parts.expect(tag::SEQUENCE)?;
    let key = parts.only(tag::BIT_STRING)?.bits()?;
    Sha256::digest(key).first_chunk().copied().ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rand_core::UnwrapErr;

    use super::*;
    use crate::smime::crypto::KeyKind;

    /// Reads it with the x509-cert crate, which knows nothing of our own parser.
    #[test]
    fn another_parser_reads_it() {
        use der::Decode as _;
        for (kind, usage) in [(KeyKind::Rsa2048, [3, 2, 5, 0xa0]), (KeyKind::P256, [3, 2, 3, 0x88])] {
            let ours = make(kind);
            let other = x509_cert::Certificate::from_der(ours.as_der()).unwrap();
            let tbs = other.tbs_certificate();
            assert_eq!(tbs.to_der().unwrap(), ours.tbs_der());
            assert_eq!(tbs.version(), x509_cert::Version::V3);
            assert_eq!(tbs.serial_number().as_bytes(), ours.serial());
            assert_eq!(tbs.subject().to_string(), "CN=Robin Doe");
            assert_eq!(tbs.subject(), tbs.issuer());
            let (critical, key_usage) = tbs.get_extension::<KeyUsage>().unwrap().unwrap();
            assert!(critical && key_usage.digital_signature() && key_usage.to_der().unwrap() == usage);
            let (_, constraints) = tbs.get_extension::<BasicConstraints>().unwrap().unwrap();
            assert!(!constraints.ca);
            let (_, names) = tbs.get_extension::<SubjectAltName>().unwrap().unwrap();
            let [GeneralName::Rfc822Name(plain), GeneralName::OtherName(mailbox)] = &names.0[..] else {
                panic!("{names:?}")
            };
            assert_eq!(plain.as_str(), "robin@example.org");
            assert_eq!(mailbox.value.decode_as::<String>().unwrap(), "jörg@example.org");
        }
    }

    fn make(kind: KeyKind) -> Certificate {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(kind, &mut rng);
        let addresses = ["robin@example.org".parse().unwrap(), "jörg@example.org".parse().unwrap()];
        self_signed("Robin Doe", &addresses, &key, Timestamp::now(), 365, &mut rng).unwrap()
    }

    #[test]
    fn it_says_what_was_asked_for() {
        for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
            let certificate = make(kind);
            assert!(certificate.is_self_signed() && certificate.may_sign() && certificate.may_encrypt());
            assert!(!certificate.is_authority() && !certificate.has_unknown_critical_extension());
            assert_eq!(certificate.display_name(), "Robin Doe");
            assert_eq!(certificate.addresses().len(), 2);
            assert_eq!(certificate.serial().len(), 20);
            assert_eq!(certificate.subject_key_id(), certificate.authority_key_id());
            let life = certificate.not_after().as_second() - certificate.not_before().as_second();
            assert_eq!(life, 365 * 86_400 - 1);
        }
    }

    #[test]
    fn openssl_accepts_it() {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: openssl not found");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384] {
            let file = folder.path().join("certificate.pem");
            std::fs::write(&file, super::super::certificate_file::to_pem(&make(kind))).unwrap();
            // For openssl, "smimeencrypt" is keyEncipherment: RSA only.
            let purposes = ["smimesign", "smimeencrypt"];
            for purpose in &purposes[..if kind == KeyKind::Rsa2048 { 2 } else { 1 }] {
                let verify = ["verify", "-x509_strict", "-purpose", purpose, "-CAfile"];
                let output = Command::new("openssl").args(verify).arg(&file).arg(&file).output().unwrap();
                assert!(
                    output.status.success(),
                    "{kind:?} {purpose}: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            let output =
                Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(&file).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.contains("email:robin@example.org") && text.contains("E-mail Protection"), "{text}");
        }
    }

    #[test]
    fn what_makes_no_certificate_is_refused() {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let address: Address = "robin@example.org".parse().unwrap();
        let now = Timestamp::now();
        let mut try_it = |name: &str, addresses: &[Address], days| {
            self_signed(name, addresses, &key, now, days, &mut rng).map(|_| ()).unwrap_err()
        };
        assert_eq!(try_it("Robin", &[], 365), IssueError::NoAddress);
        assert_eq!(try_it("Robin", std::slice::from_ref(&address), 0), IssueError::Days);
        assert_eq!(try_it("Robin", std::slice::from_ref(&address), 826), IssueError::Days);
        assert_eq!(try_it("\u{200b}", std::slice::from_ref(&address), 365), IssueError::Name);
        assert_eq!(try_it(&"x".repeat(65), &[address], 365), IssueError::Name);
    }
}
