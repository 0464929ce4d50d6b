//! Reads one RecipientInfo.

use const_oid::ObjectIdentifier;

use super::{CertificateId, KeyManagement, RecipientInfo};
use crate::smime::asn1::{Cursor, Element, tag};
use crate::smime::cms::CmsError;
use crate::smime::crypto::oid::EC_PUBLIC_KEY;
use crate::smime::crypto::pbe::PbeError;
use crate::smime::crypto::{KeyAgreement, KeyTransport, PasswordBased, oid_name};

/// Octets of an originator's public key, of user keying material and of a key wrap algorithm: each recipient of one
/// KeyAgreeRecipientInfo gets a copy, so none may be large.
const SHARED: usize = 1024;

/// What KEKRecipientInfo and those of RFC 8696 have in common.
const PRE_SHARED: &str = "a key that was shared beforehand";

/// Reads a RecipientInfo (DER) and appends what it holds: one entry, or one for each key of a
/// KeyAgreeRecipientInfo, of which no more than `limit` may come together.
///
/// ```text
/// RecipientInfo ::= CHOICE {
///     ktri KeyTransRecipientInfo,
///     kari [1] KeyAgreeRecipientInfo,
///     kekri [2] KEKRecipientInfo,
///     pwri [3] PasswordRecipientInfo,
///     ori [4] OtherRecipientInfo }
/// ```
pub(crate) fn parse(der: &[u8], limit: usize, all: &mut Vec<RecipientInfo>) -> Result<(), CmsError> {
    let element = Cursor::single(der)?;
    match element.tag {
        tag::SEQUENCE => all.push(transport(element.cursor())?),
        0xa1 => agreement(element.cursor(), limit, all)?,
        0xa2 => all.push(unsupported(PRE_SHARED.to_owned())),
        0xa3 => all.push(password(element.cursor())?),
        0xa4 => all.push(other(element.cursor())?),
        _ => return Err(CmsError::Malformed),
    }
    if all.len() > limit { Err(CmsError::Limit("recipients")) } else { Ok(()) }
}

fn unsupported(name: String) -> RecipientInfo {
    RecipientInfo {
        id: None,
        how: KeyManagement::Unsupported(name),
        odd_version: false,
        algorithm: None,
        encrypted_key: Vec::new(),
    }
}

fn algorithm_oid(algorithm: Element<'_>) -> Result<ObjectIdentifier, CmsError> {
    Ok(algorithm.cursor().expect(tag::OBJECT_IDENTIFIER)?.oid()?)
}

fn transport(mut fields: Cursor<'_>) -> Result<RecipientInfo, CmsError> {
    let version = fields.expect(tag::INTEGER)?.small_integer()?;
    let rid = fields.element()?;
    let demanded = if rid.tag == tag::SEQUENCE { 0 } else { 2 };
    let algorithm = fields.expect(tag::SEQUENCE)?;
    let oid = algorithm_oid(algorithm)?;
    let encrypted_key = fields.expect(tag::OCTET_STRING)?.content.to_vec();
    let how = KeyTransport::from_algorithm_der(algorithm.der)
        .map_or_else(|| KeyManagement::Unsupported(oid_name(oid)), KeyManagement::Transport);
    Ok(RecipientInfo {
        // A name that cannot be read is nobody's; the other recipients can still open.
        id: CertificateId::from_element(rid).ok(),
        how,
        odd_version: version != demanded,
        algorithm: Some(oid),
        encrypted_key,
    })
}

/// ```text
/// KeyAgreeRecipientInfo ::= SEQUENCE {
///     version CMSVersion,  -- always set to 3
///     originator [0] EXPLICIT OriginatorIdentifierOrKey,
///     ukm [1] EXPLICIT UserKeyingMaterial OPTIONAL,
///     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
///     recipientEncryptedKeys SEQUENCE OF RecipientEncryptedKey }
/// OriginatorIdentifierOrKey ::= CHOICE {
///     issuerAndSerialNumber IssuerAndSerialNumber,
///     subjectKeyIdentifier [0] SubjectKeyIdentifier,
///     originatorKey [1] OriginatorPublicKey }
/// OriginatorPublicKey ::= SEQUENCE { algorithm AlgorithmIdentifier, publicKey BIT STRING }
/// RecipientEncryptedKey ::= SEQUENCE {
///     rid CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, rKeyId [0] IMPLICIT RecipientKeyIdentifier },
///     encryptedKey EncryptedKey }
/// RecipientKeyIdentifier ::= SEQUENCE {
///     subjectKeyIdentifier SubjectKeyIdentifier, date GeneralizedTime OPTIONAL, other OtherKeyAttribute OPTIONAL }
/// ```
fn agreement(mut fields: Cursor<'_>, limit: usize, all: &mut Vec<RecipientInfo>) -> Result<(), CmsError> {
    let version = fields.expect(tag::INTEGER)?.small_integer()?;
    let originator = fields.expect(tag::context_constructed(0))?.cursor().element()?;
    let ukm = match fields.optional(tag::context_constructed(1))? {
        Some(ukm) => Some(ukm.cursor().expect(tag::OCTET_STRING)?.content),
        None => None,
    };
    let algorithm = fields.expect(tag::SEQUENCE)?;
    let oid = algorithm_oid(algorithm)?;
    let how = agreement_kind(originator, ukm, algorithm)?;
    let mut keys = fields.expect(tag::SEQUENCE)?.cursor();
    while !keys.is_empty() {
        if all.len() >= limit {
            return Err(CmsError::Limit("recipients"));
        }
        let mut key = keys.expect(tag::SEQUENCE)?.cursor();
        let rid = key.element()?;
        let id = match rid.tag {
            tag::SEQUENCE => CertificateId::from_element(rid).ok(),
            _ => {
                let key_id = rid.cursor().expect(tag::OCTET_STRING)?;
                Some(CertificateId::SubjectKeyId(key_id.content.to_vec()))
            }
        };
        all.push(RecipientInfo {
            id,
            how: how.clone(),
            odd_version: version != 3,
            algorithm: Some(oid),
            encrypted_key: key.expect(tag::OCTET_STRING)?.content.to_vec(),
        });
    }
    Ok(())
}

fn agreement_kind(
    originator: Element<'_>,
    ukm: Option<&[u8]>,
    algorithm: Element<'_>,
) -> Result<KeyManagement, CmsError> {
    const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
    let mut parameters = algorithm.cursor();
    let oid = parameters.oid()?;
    if is_mqv(oid) {
        return Ok(KeyManagement::Unsupported("ECMQV".to_owned()));
    }
    if originator.tag != tag::context_constructed(1) {
        return Ok(KeyManagement::Unsupported("static-static key agreement".to_owned()));
    }
    let mut key = originator.cursor();
    let kind = algorithm_oid(key.expect(tag::SEQUENCE)?)?;
    if kind != EC_PUBLIC_KEY && kind != X25519 {
        return Ok(KeyManagement::Unsupported(oid_name(kind)));
    }
    let point = key.expect(tag::BIT_STRING)?.bits()?;
    let Some((how, wrap)) = KeyAgreement::from_algorithm_der(algorithm.der) else {
        // Where the agreement is known, it is the wrap that is not.
        let wrap = parameters.optional(tag::SEQUENCE)?.filter(|_| KeyAgreement::is_known(oid));
        let unknown = wrap.map(algorithm_oid).transpose()?.unwrap_or(oid);
        return Ok(KeyManagement::Unsupported(oid_name(unknown)));
    };
    let wrap_der = parameters.expect(tag::SEQUENCE)?.der;
    if [point, ukm.unwrap_or_default(), wrap_der].iter().any(|part| part.len() > SHARED) {
        return Err(CmsError::Limit("originator"));
    }
    Ok(KeyManagement::Agreement {
        how,
        wrap,
        wrap_der: wrap_der.to_vec(),
        originator_point: point.to_vec(),
        ukm: ukm.map(<[u8]>::to_vec),
    })
}

/// mqvSinglePass schemes (RFC 5753 section 7.1.4).
fn is_mqv(oid: ObjectIdentifier) -> bool {
    const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.133.16.840.63.0.16");
    oid == SHA1 || matches!(oid.as_bytes(), [0x2b, 0x81, 0x04, 1, 15, _])
}

/// ```text
/// PasswordRecipientInfo ::= SEQUENCE {
///     version CMSVersion,  -- always set to 0
///     keyDerivationAlgorithm [0] KeyDerivationAlgorithmIdentifier OPTIONAL,
///     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
///     encryptedKey EncryptedKey }
/// ```
fn password(mut fields: Cursor<'_>) -> Result<RecipientInfo, CmsError> {
    let version = fields.expect(tag::INTEGER)?.small_integer()?;
    let derivation = fields.optional(tag::context_constructed(0))?;
    let encryption = fields.expect(tag::SEQUENCE)?;
    let encrypted_key = fields.expect(tag::OCTET_STRING)?.content.to_vec();
    let how = match derivation {
        // The key-encryption key itself was agreed on beforehand.
        None => KeyManagement::Unsupported(PRE_SHARED.to_owned()),
        Some(derivation) => match PasswordBased::from_algorithms(derivation.content, encryption) {
            Ok(how) => KeyManagement::Password(how),
            Err(PbeError::Unsupported(oid)) => {
                KeyManagement::Unsupported(format!("a password and {}", oid_name(oid)))
            }
            Err(PbeError::TooMuchWork) => {
                KeyManagement::Unsupported("a password under more rounds than are waited for".to_owned())
            }
            // The other recipients can still open.
            Err(PbeError::Malformed | PbeError::WrongPassword) => {
                KeyManagement::Unsupported("a password in a form that is not known here".to_owned())
            }
        },
    };
    let algorithm = Some(algorithm_oid(encryption)?);
    Ok(RecipientInfo { id: None, how, odd_version: version != 0, algorithm, encrypted_key })
}

/// ```text
/// OtherRecipientInfo ::= SEQUENCE { oriType OBJECT IDENTIFIER, oriValue ANY DEFINED BY oriType }
/// KEMRecipientInfo ::= SEQUENCE {  -- RFC 9629
///     version CMSVersion, rid RecipientIdentifier, kem KEMAlgorithmIdentifier, … }
/// ```
fn other(mut fields: Cursor<'_>) -> Result<RecipientInfo, CmsError> {
    const KEM: &str = "1.2.840.113549.1.9.16.13.3";
    const RFC_8696: [&str; 2] = ["1.2.840.113549.1.9.16.13.1", "1.2.840.113549.1.9.16.13.2"];
    let kind = fields.expect(tag::OBJECT_IDENTIFIER)?.oid()?.to_string();
    if RFC_8696.contains(&kind.as_str()) {
        return Ok(unsupported(PRE_SHARED.to_owned()));
    }
    if kind != KEM {
        return Ok(unsupported(kind));
    }
    let mut kem = fields.expect(tag::SEQUENCE)?.cursor();
    kem.expect(tag::INTEGER)?;
    let rid = kem.element()?;
    let oid = algorithm_oid(kem.expect(tag::SEQUENCE)?)?;
    let id = CertificateId::from_element(rid).ok();
    Ok(RecipientInfo { id, algorithm: Some(oid), ..unsupported(oid_name(oid)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;
    use crate::smime::crypto::test_hex::unhex;

    fn name_of(der: &[u8]) -> Result<String, CmsError> {
        let mut all = Vec::new();
        parse(der, 10, &mut all)?;
        Ok(all[0].how.name())
    }

    #[test]
    fn ways_without_a_certificate_are_named() {
        let psk = writer::oid(ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.13.1"));
        let unknown = writer::oid(ObjectIdentifier::new_unwrap("1.2.3.4"));
        assert_eq!(name_of(&[0xa2, 0]).unwrap(), PRE_SHARED);
        assert_eq!(name_of(&writer::value(0xa4, &[&psk])).unwrap(), PRE_SHARED);
        assert_eq!(name_of(&writer::value(0xa4, &[&unknown])).unwrap(), "1.2.3.4");
        assert!(matches!(name_of(&[0xa5, 0]), Err(CmsError::Malformed)));
    }

    #[test]
    fn a_password_is_taken_with_its_derivation_only() {
        let pwri = |derivation: &str, wrap: &str| {
            let fields = [&[2, 1, 0][..], &unhex(derivation), &unhex(wrap), &[4, 1, 9]];
            name_of(&writer::value(0xa3, &fields))
        };
        let wrap = "3023060b2a864886f70d0109100309301406082a864886f70d03070408baf1ca7931213c4e";
        let pbkdf2 = "a01b06092a864886f70d01050c300e04081234567878563412020201f4";
        assert_eq!(pwri(pbkdf2, wrap).unwrap(), "password");
        assert_eq!(pwri("", wrap).unwrap(), PRE_SHARED);
        let aes_wrap = pwri(pbkdf2, "300b060960864801650304012d").unwrap();
        assert_eq!(aes_wrap, "a password and AES-256 key wrap");
        let rounds = "a01d06092a864886f70d01050c30100408123456787856341202047fffffff";
        assert_eq!(pwri(rounds, wrap).unwrap(), "a password under more rounds than are waited for");
        assert!(name_of(&[0xa3, 0]).is_err());
    }

    #[test]
    fn agreements_that_are_not_read_are_named() {
        let kari_with = |originator: &[u8], scheme: &str, wrap: &str| {
            let point = writer::bit_string(&[4; 65]);
            let key = |oid: &str| {
                let oid = writer::algorithm(ObjectIdentifier::new_unwrap(oid));
                writer::value(0xa1, &[&oid, &point])
            };
            let originator = match originator {
                [] => key("1.2.840.10045.2.1"),
                [0] => key("1.3.101.111"),
                der => der.to_vec(),
            };
            let wrap = writer::algorithm(ObjectIdentifier::new_unwrap(wrap));
            let scheme = writer::sequence(&[&writer::oid(ObjectIdentifier::new_unwrap(scheme)), &wrap]);
            let key = writer::sequence(&[&[0xa0, 3, 4, 1, 7], &[4, 1, 9]]);
            let originator = writer::value(0xa0, &[&originator]);
            name_of(&writer::value(0xa1, &[&[2, 1, 3], &originator, &scheme, &writer::sequence(&[&key])]))
        };
        let kari = |originator: &[u8], scheme: &str| kari_with(originator, scheme, "2.16.840.1.101.3.4.1.45");
        let padded = kari_with(&[], "1.3.132.1.11.1", "2.16.840.1.101.3.4.1.48");
        assert_eq!(padded.unwrap(), "AES-256 key wrap with padding");
        assert_eq!(kari(&[], "1.3.132.1.11.1").unwrap(), "ECDH (SHA-256 KDF, AES-256 wrap)");
        assert_eq!(kari(&[], "1.2.840.113549.1.9.16.3.21").unwrap(), "ECDH (HKDF SHA-512, AES-256 wrap)");
        assert_eq!(kari(&[], "1.3.132.1.15.1").unwrap(), "ECMQV");
        assert_eq!(kari(&[], "1.3.133.16.840.63.0.16").unwrap(), "ECMQV");
        assert_eq!(kari(&[], "1.2.840.113549.1.9.16.3.5").unwrap(), "Diffie-Hellman");
        assert_eq!(kari(&[0], "1.3.132.1.11.1").unwrap(), "X448");
        assert_eq!(kari(&[0x80, 1, 7], "1.3.132.1.11.1").unwrap(), "static-static key agreement");
    }

    #[test]
    fn ml_kem_is_named_with_its_recipient() {
        let kem = writer::sequence(&[
            &writer::small_integer(0),
            &[0x80, 1, 7],
            &writer::algorithm(ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2")),
        ]);
        let kind = writer::oid(ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.13.3"));
        let mut all = Vec::new();
        parse(&writer::value(0xa4, &[&kind, &kem]), 1, &mut all).unwrap();
        assert_eq!(all[0].how.name(), "ML-KEM-768");
        assert_eq!(all[0].id, Some(CertificateId::SubjectKeyId(vec![7])));
        assert!(matches!(parse(&[0xa2, 0], 1, &mut all), Err(CmsError::Limit("recipients"))));
    }
}
