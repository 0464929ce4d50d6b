//! Writes one RecipientInfo.

use rand_core::CryptoRng;

use super::{RecipientSpec, SpecKeyManagement, issuer_and_serial};
use crate::smime::asn1::{Cursor, tag, writer};
use crate::smime::cms::CmsError;
use crate::smime::crypto::public_key::{KeyError, PublicKey};
use crate::smime::secret::ContentEncryptionKey;

/// The RecipientInfo that gives `cek` to one recipient, DER.
///
/// ```text
/// KeyTransRecipientInfo ::= SEQUENCE {
///     version CMSVersion,  -- 0, by issuer and serial
///     rid RecipientIdentifier,
///     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
///     encryptedKey EncryptedKey }
/// KeyAgreeRecipientInfo ::= [1] SEQUENCE {
///     version CMSVersion,  -- 3
///     originator [0] EXPLICIT OriginatorIdentifierOrKey,  -- here [1] OriginatorPublicKey
///     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
///     recipientEncryptedKeys SEQUENCE OF SEQUENCE { rid, encryptedKey } }
/// ```
pub(crate) fn build(
    spec: &RecipientSpec<'_>,
    cek: &ContentEncryptionKey,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, CmsError> {
    let public_key = spec.certificate.public_key();
    let rid = writer::sequence(&[&issuer_and_serial(spec.certificate)]);
    let unsuitable = |_: KeyError| unsuitable_key(public_key);
    match &spec.how {
        SpecKeyManagement::Transport(how) => {
            let encrypted_key = public_key.wrap_transport(how, cek, rng).map_err(unsuitable)?;
            Ok(writer::sequence(&[
                &writer::small_integer(0),
                &rid,
                &how.to_algorithm_der(),
                &writer::octet_string(&encrypted_key),
            ]))
        }
        SpecKeyManagement::Agreement(how, wrap) => {
            let algorithm = how.to_algorithm_der(*wrap).ok_or(unsuitable(KeyError::Unsupported))?;
            let wrapped = public_key.wrap_agreement(*how, *wrap, None, cek, rng).map_err(unsuitable)?;
            let originator = writer::value(
                tag::context_constructed(1),
                &[&wrapped.originator_algorithm, &writer::bit_string(&wrapped.originator_point)],
            );
            let encrypted_key = writer::sequence(&[&rid, &writer::octet_string(&wrapped.encrypted_key)]);
            Ok(writer::value(
                tag::context_constructed(1),
                &[
                    &writer::small_integer(3),
                    &writer::value(tag::context_constructed(0), &[&originator]),
                    &algorithm,
                    &writer::sequence(&[&encrypted_key]),
                ],
            ))
        }
    }
}

/// Says which key it was that cannot be used so.
fn unsuitable_key(key: &PublicKey) -> CmsError {
    let spki = key.to_spki_der();
    let oid = Cursor::single(&spki)
        .and_then(|spki| spki.cursor().expect(tag::SEQUENCE))
        .and_then(|algorithm| algorithm.cursor().expect(tag::OBJECT_IDENTIFIER))
        .and_then(|oid| oid.oid());
    oid.map_or(CmsError::Malformed, CmsError::Algorithm)
}
