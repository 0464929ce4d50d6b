//! Damage of every kind gives an error or an invalid outcome: never a panic, never other content.

use super::*;
use crate::smime::asn1::{tag, writer};

/// Everything that reading tells about a message.
fn try_signed(message: &[u8]) -> Option<Vec<u8>> {
    let (signed, content) = read_signed(message).ok()?;
    let certificate = signed.certificates.first()?;
    let signer = signed.signers.first()?;
    signer.verify(&signed.digests, signed.content_type, certificate, certificate.public_key()).ok()?;
    Some(content)
}

#[test]
fn a_truncated_message_never_passes() {
    for cipher in [ContentCipher::Aes128Cbc, ContentCipher::Aes128Gcm] {
        let message = encrypt(&[(&P256, agreement(DigestAlgorithm::Sha1))], cipher, TEXT);
        for length in 0..message.len() {
            assert!(decrypt(&message[..length], &[&P256]).is_err(), "{length}");
        }
    }
    let message = P256.sign(TEXT);
    for length in 0..message.len() {
        assert!(matches!(read_signed(&message[..length]), Err(CmsError::Truncated)), "{length}");
    }
}

#[test]
fn a_corrupt_message_shows_the_true_content_or_none() {
    // CBC alone cannot notice a changed initialisation vector or block: there, only panics count.
    for cipher in [ContentCipher::Aes128Cbc, ContentCipher::Aes128Gcm] {
        let message = encrypt(&[(&P256, agreement(DigestAlgorithm::Sha1))], cipher, TEXT);
        for index in 0..message.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = message.clone();
                damaged[index] ^= change;
                if let Ok(content) = decrypt(&damaged, &[&P256])
                    && cipher.is_authenticated()
                {
                    assert_eq!(content, TEXT, "{index}");
                }
            }
        }
    }
    let message = P256.sign(TEXT);
    for index in 0..message.len() {
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut damaged = message.clone();
            damaged[index] ^= change;
            assert!(try_signed(&damaged).is_none_or(|content| content == TEXT), "{index}");
        }
    }
}

#[test]
fn too_many_recipients_are_refused() {
    let shared = writer::value(tag::context_constructed(2), &[]);
    let message = |count| {
        let recipients = writer::value(tag::SET, &vec![shared.as_slice(); count]);
        let algorithm = writer::sequence(&[
            &writer::oid(ContentCipher::Aes128Cbc.oid()),
            &writer::octet_string(&[0; 16]),
        ]);
        let info = writer::sequence(&[
            &writer::oid(ContentType::Data.oid()),
            &algorithm,
            &writer::value(tag::context(0), &[&[0; 16]]),
        ]);
        let envelope = writer::sequence(&[&writer::small_integer(3), &recipients, &info]);
        writer::sequence(&[
            &writer::oid(ContentType::EnvelopedData.oid()),
            &writer::value(tag::context_constructed(0), &[&envelope]),
        ])
    };
    assert!(matches!(decrypt(&message(10_000), &[&P256]), Err(CmsError::Limit("recipients"))));
    assert!(matches!(decrypt(&message(4_000), &[&P256]), Err(CmsError::NoKey)));
}

#[test]
fn content_beyond_the_budget_is_refused() {
    let message =
        encrypt(&[(&P256, agreement(DigestAlgorithm::Sha1))], ContentCipher::Aes128Gcm, &[7; 10_000]);
    let limits = Limits { content: 9_999, ..Limits::default() };
    let mut source = Cursor::new(&message);
    let envelope = enveloped_data::read(&mut source, &limits).unwrap();
    let spool = MemorySpool::new(1 << 20);
    let outcome = envelope.decrypt(&mut source, &Keys(vec![&P256]), &spool, &limits, &mut rng());
    assert!(matches!(outcome, Err(CmsError::Limit("content"))));
    let outcome = signed_data::read(&mut &P256.sign(&[7; 10_000])[..], &limits, &mut Vec::new());
    assert!(matches!(outcome, Err(CmsError::Limit("content"))));
}

#[test]
fn a_certificate_named_many_times_costs_a_bounded_number_of_passes() {
    let wrong = Person {
        certificate: RSA.certificate.clone(),
        key: PrivateKey::generate(KeyKind::Rsa2048, &mut rng()),
    };
    let recipients: Vec<_> = (0..80).map(|_| (&*RSA, transport())).collect();
    let message = encrypt(&recipients, ContentCipher::Aes128Cbc, TEXT);
    assert!(matches!(decrypt(&message, &[&wrong]), Err(CmsError::Undecryptable)));
    assert_eq!(decrypt(&message, &[&RSA]).unwrap(), TEXT);
}
