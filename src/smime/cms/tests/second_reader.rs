//! What we write, read by the `cms` crate, which shares no parser with ours.

use cms::content_info::ContentInfo;
use cms::enveloped_data::{self, OriginatorIdentifierOrKey, RecipientIdentifier, RecipientInfo};
use cms::signed_data::{SignedData, SignerIdentifier};
use const_oid::db::rfc5911;
use der::{Decode as _, Encode as _};

use super::*;

#[test]
fn a_signature_has_the_fields_that_were_meant() {
    for person in [&*RSA, &*P256] {
        let info = ContentInfo::from_der(&person.sign(TEXT)).unwrap();
        assert_eq!(info.content_type, rfc5911::ID_SIGNED_DATA);
        let signed: SignedData = info.content.decode_as().unwrap();
        let content = signed.encap_content_info;
        assert_eq!(content.econtent_type, rfc5911::ID_DATA);
        assert_eq!(content.econtent.unwrap().value(), TEXT);
        assert_eq!(signed.certificates.unwrap().0.len(), 1);
        assert!(signed.crls.is_none() && signed.digest_algorithms.len() == 1);

        let [signer] = signed.signer_infos.0.as_slice() else { panic!("one signer") };
        let SignerIdentifier::IssuerAndSerialNumber(id) = &signer.sid else { panic!("no serial") };
        assert_eq!(id.issuer.to_der().unwrap(), person.certificate.issuer().as_der());
        assert_eq!(id.serial_number.as_bytes(), person.certificate.serial());
        let attributes = signer.signed_attrs.as_ref().unwrap();
        for kind in [rfc5911::ID_CONTENT_TYPE, rfc5911::ID_MESSAGE_DIGEST, rfc5911::ID_SIGNING_TIME] {
            assert_eq!(attributes.iter().filter(|attribute| attribute.oid == kind).count(), 1);
        }
        assert!(signer.unsigned_attrs.is_none());
    }
}

#[test]
fn an_envelope_has_the_fields_that_were_meant() {
    let recipients = [(&*RSA, oaep()), (&*P256, agreement(DigestAlgorithm::Sha256))];
    let message = encrypt(&recipients, ContentCipher::Aes256Cbc, TEXT);
    let info = ContentInfo::from_der(&message).unwrap();
    assert_eq!(info.content_type, rfc5911::ID_ENVELOPED_DATA);
    let envelope: enveloped_data::EnvelopedData = info.content.decode_as().unwrap();
    assert!(envelope.originator_info.is_none() && envelope.unprotected_attrs.is_none());
    assert_eq!(envelope.recip_infos.0.len(), 2);
    for recipient in envelope.recip_infos.0.iter() {
        match recipient {
            RecipientInfo::Ktri(transport) => {
                let RecipientIdentifier::IssuerAndSerialNumber(id) = &transport.rid else {
                    panic!("no serial")
                };
                assert_eq!(id.serial_number.as_bytes(), RSA.certificate.serial());
                assert_eq!(transport.enc_key.as_bytes().len(), 256);
            }
            RecipientInfo::Kari(agreement) => {
                let OriginatorIdentifierOrKey::OriginatorKey(key) = &agreement.originator else {
                    panic!("no ephemeral key")
                };
                assert_eq!(key.public_key.raw_bytes().len(), 65);
                // RFC 3394 adds one block to the 32 octets of the key.
                assert_eq!(agreement.recipient_enc_keys[0].enc_key.as_bytes().len(), 40);
            }
            other => panic!("{other:?}"),
        }
    }
    let content = envelope.encrypted_content;
    assert_eq!(content.content_enc_alg.oid, rfc5911::ID_AES_256_CBC);
    assert_eq!(content.encrypted_content.unwrap().as_bytes().len(), TEXT.len().next_multiple_of(16));
}
