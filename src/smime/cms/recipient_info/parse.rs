//! Reads one RecipientInfo.

use const_oid::ObjectIdentifier;

use super::{CertificateId, KeyManagement, RecipientInfo};
use crate::smime::asn1::{Cursor, Element, tag};
use crate::smime::cms::CmsError;
use crate::smime::crypto::{KeyAgreement, KeyTransport};

/// Octets of an originator's public key, of user keying material and of a key wrap algorithm: each recipient of one
/// KeyAgreeRecipientInfo gets a copy, so none may be large.
const SHARED: usize = 1024;

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
        0xa2 => all.push(unsupported("pre-shared key".to_owned())),
        0xa3 => all.push(unsupported("password".to_owned())),
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
        .map_or_else(|| KeyManagement::Unsupported(oid.to_string()), KeyManagement::Transport);
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
    const X448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.111");
    if originator.tag != tag::context_constructed(1) {
        return Ok(KeyManagement::Unsupported("static-static key agreement".to_owned()));
    }
    let mut key = originator.cursor();
    match algorithm_oid(key.expect(tag::SEQUENCE)?)? {
        X25519 => return Ok(KeyManagement::Unsupported("X25519".to_owned())),
        X448 => return Ok(KeyManagement::Unsupported("X448".to_owned())),
        _ => {}
    }
    let point = key.expect(tag::BIT_STRING)?.bits()?;
    let mut parameters = algorithm.cursor();
    let oid = parameters.expect(tag::OBJECT_IDENTIFIER)?.oid()?;
    let Some((how, wrap)) = KeyAgreement::from_algorithm_der(algorithm.der) else {
        return Ok(KeyManagement::Unsupported(oid.to_string()));
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

/// ```text
/// OtherRecipientInfo ::= SEQUENCE { oriType OBJECT IDENTIFIER, oriValue ANY DEFINED BY oriType }
/// KEMRecipientInfo ::= SEQUENCE {  -- RFC 9629
///     version CMSVersion, rid RecipientIdentifier, kem KEMAlgorithmIdentifier, … }
/// ```
fn other(mut fields: Cursor<'_>) -> Result<RecipientInfo, CmsError> {
    const KEM: &str = "1.2.840.113549.1.9.16.13.3";
    const PRE_SHARED: [&str; 2] = ["1.2.840.113549.1.9.16.13.1", "1.2.840.113549.1.9.16.13.2"];
    let kind = fields.expect(tag::OBJECT_IDENTIFIER)?.oid()?.to_string();
    if PRE_SHARED.contains(&kind.as_str()) {
        return Ok(unsupported("pre-shared key".to_owned()));
    }
    if kind != KEM {
        return Ok(unsupported(kind));
    }
    let mut kem = fields.expect(tag::SEQUENCE)?.cursor();
    kem.expect(tag::INTEGER)?;
    let rid = kem.element()?;
    let oid = algorithm_oid(kem.expect(tag::SEQUENCE)?)?;
    let name = match oid.to_string().as_str() {
        "2.16.840.1.101.3.4.4.1" => "ML-KEM-512".to_owned(),
        "2.16.840.1.101.3.4.4.2" => "ML-KEM-768".to_owned(),
        "2.16.840.1.101.3.4.4.3" => "ML-KEM-1024".to_owned(),
        dotted => dotted.to_owned(),
    };
    let id = CertificateId::from_element(rid).ok();
    Ok(RecipientInfo { id, algorithm: Some(oid), ..unsupported(name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::asn1::writer;

    fn name_of(der: &[u8]) -> Result<String, CmsError> {
        let mut all = Vec::new();
        parse(der, 10, &mut all)?;
        Ok(all[0].how.name())
    }

    #[test]
    fn ways_without_a_certificate_are_named() {
        let psk = writer::oid(ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.13.1"));
        let unknown = writer::oid(ObjectIdentifier::new_unwrap("1.2.3.4"));
        assert_eq!(name_of(&[0xa2, 0]).unwrap(), "pre-shared key");
        assert_eq!(name_of(&[0xa3, 0]).unwrap(), "password");
        assert_eq!(name_of(&writer::value(0xa4, &[&psk])).unwrap(), "pre-shared key");
        assert_eq!(name_of(&writer::value(0xa4, &[&unknown])).unwrap(), "1.2.3.4");
        assert!(matches!(name_of(&[0xa5, 0]), Err(CmsError::Malformed)));
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
        assert!(matches!(parse(&[0xa3, 0], 1, &mut all), Err(CmsError::Limit("recipients"))));
    }
}
