//! What is rarely met: CCM, derived keys, one agreement for many, hundreds of recipients, the same one twice.

use super::*;
use crate::smime::asn1::{tag, writer};
use crate::smime::cms::recipient_info;
use crate::smime::crypto::content_cipher::{ContentEncryptor, seal_ccm};
use crate::smime::crypto::test_hex::unhex;
use crate::smime::crypto::{kdf, key_wrap};
use crate::smime::secret::{ContentEncryptionKey, Passphrase, SecretBytes};

/// EnvelopedData or AuthEnvelopedData of what is given: RecipientInfos, contentEncryptionAlgorithm, the content's
/// octets under whatever tag, and what stands behind.
fn message(
    kind: ContentType,
    recipients: &[Vec<u8>],
    algorithm: &[u8],
    content: &[u8],
    behind: &[u8],
) -> Vec<u8> {
    let encrypted = writer::sequence(&[&writer::oid(ContentType::Data.oid()), algorithm, content]);
    let recipients = writer::value(tag::SET, &[&recipients.concat()]);
    let data = writer::sequence(&[&writer::small_integer(0), &recipients, &encrypted, behind]);
    writer::sequence(&[&writer::oid(kind.oid()), &writer::value(0xa0, &[&data])])
}

fn recipient(person: &Person, how: SpecKeyManagement, key: &ContentEncryptionKey) -> Vec<u8> {
    let spec = RecipientSpec { certificate: &person.certificate, how };
    recipient_info::build(&spec, key, &mut rng()).unwrap()
}

fn ccm_algorithm(nonce: &[u8], tag_len: u8) -> Vec<u8> {
    let parameters = writer::sequence(&[&writer::octet_string(nonce), &writer::small_integer(tag_len)]);
    writer::sequence(&[&writer::oid(ContentCipher::Aes256Ccm.oid()), &parameters])
}

struct WithPassword(Passphrase);

impl DecryptionKeys for WithPassword {
    fn certificates(&self) -> Vec<Certificate> {
        Vec::new()
    }

    fn private_key(&self, _: &Certificate) -> Option<PrivateKey> {
        None
    }

    fn password(&self) -> Option<&Passphrase> {
        Some(&self.0)
    }
}

fn decrypt_with_password(message: &[u8], words: &str) -> Result<Vec<u8>, CmsError> {
    let limits = Limits::default();
    let mut source = Cursor::new(message);
    let envelope = enveloped_data::read(&mut source, &limits)?;
    let keys = WithPassword(Passphrase::from(words.to_owned()));
    let (mut file, by) =
        envelope.decrypt(&mut source, &keys, &MemorySpool::new(1 << 20), &limits, &mut rng())?;
    assert!(by.certificate.is_none());
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// AES-256-CCM in chunks with an authenticated attribute and 8 octets of tag, for a password (PBKDF2 with SHA-512, AES-256
/// in CBC mode): made with pyca/cryptography.
const CCM: &str = "30820126060b2a864886f70d0109100117a082011530820111020100318194a38191020100a02c06092a864886f70d01050c301f0408\
         73616c7473616c74020203e8020120300c06082a864886f70d020b0500302c060b2a864886f70d0109100309301d0609608648016503\
         04012a041000000000000000000000000000000000043000653a189791a4be69490ea6ad1dd9920d64ea180a7da75041614f007f8df0\
         cb08e35e0c0a2d041c71656109e02cdb1c304f06092a864886f70d010701301e060960864801650304012f3011040c6e6f6e63652d30\
         3132333435020108a0220407b862ca63548d570407acf976d902cbae04071ebd1e5e541d7c0405151d433c3da11a301806092a864886\
         f70d010903310b06092a864886f70d0107010408b927676f713f0178";

const CCM_TEXT: &[u8] = b"Counted before it is read.";

#[test]
fn ccm_under_a_password_opens() {
    let mut message = unhex(CCM);
    assert_eq!(decrypt_with_password(&message, "swordfish").unwrap(), CCM_TEXT);
    for words in ["Swordfish", ""] {
        assert!(matches!(decrypt_with_password(&message, words), Err(CmsError::Undecryptable)));
    }
    // Without a password there is no key for it; with any octet of content, attributes or tag changed there is none either.
    assert!(matches!(decrypt(&message, &[&RSA]), Err(CmsError::NoKey)));
    let end = message.len();
    for place in [end - 1, end - 12, end - 40] {
        message[place] ^= 1;
        assert!(decrypt_with_password(&message, "swordfish").is_err(), "{place}");
        message[place] ^= 1;
    }
}

#[test]
fn ccm_opens_in_its_place_and_elsewhere() {
    let key = SecretBytes::new((0..32).collect());
    let recipients = [recipient(&P256, agreement(DigestAlgorithm::Sha256), &key)];
    let content: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let sealed = seal_ccm(key.expose(), &[5; 12], &[], &content, 16);
    let (octets, tag_octets) = sealed.split_at(content.len());
    let algorithm = ccm_algorithm(&[5; 12], 16);
    let mac = writer::octet_string(tag_octets);

    let primitive = writer::value(0x80, &[octets]);
    let proper = message(ContentType::AuthEnvelopedData, &recipients, &algorithm, &primitive, &mac);
    assert_eq!(decrypt(&proper, &[&P256]).unwrap(), content);
    // In one piece of indefinite length, and with the tag behind the content.
    let chunks: Vec<u8> = octets.chunks(999).flat_map(writer::octet_string).collect();
    let indefinite = [&[0xa0, 0x80][..], &chunks, &[0, 0]].concat();
    let chunked = message(ContentType::AuthEnvelopedData, &recipients, &algorithm, &indefinite, &mac);
    assert_eq!(decrypt(&chunked, &[&P256]).unwrap(), content);
    let misplaced =
        message(ContentType::EnvelopedData, &recipients, &algorithm, &writer::value(0x80, &[&sealed]), &[]);
    assert_eq!(decrypt(&misplaced, &[&P256]).unwrap(), content);

    // Two octets are too few for this length beside a nonce of 13; a tag of 7 octets is none.
    let long = ccm_algorithm(&[5; 13], 16);
    let long = message(ContentType::AuthEnvelopedData, &recipients, &long, &primitive, &mac);
    assert!(matches!(decrypt(&long, &[&P256]), Err(CmsError::Undecryptable)));
    let odd = ccm_algorithm(&[5; 12], 7);
    let odd = message(ContentType::AuthEnvelopedData, &recipients, &odd, &primitive, &mac);
    assert!(matches!(decrypt(&odd, &[&P256]), Err(CmsError::Malformed)));
}

/// RFC 9709: without the derivation, and with it over other parameters, the key is another one.
#[test]
fn a_key_that_leads_to_the_content_key_opens_it() {
    let key = SecretBytes::new(vec![9; 32]);
    let cipher = ContentCipher::Aes256Cbc;
    let inner = |iv: u8| writer::sequence(&[&writer::oid(cipher.oid()), &writer::octet_string(&[iv; 16])]);
    let salt = Some(&b"The Cryptographic Message Syntax"[..]);
    let derived = kdf::hkdf(DigestAlgorithm::Sha256, salt, key.expose(), &inner(1), 32).unwrap();
    let mut encryptor = ContentEncryptor::new(cipher, &derived.into(), &[1; 16], &[]).unwrap();
    let mut octets = Vec::new();
    encryptor.encrypt(TEXT, &mut octets).unwrap();
    encryptor.finish(&mut octets).unwrap();

    let recipients = [recipient(&RSA, transport(), &key)];
    let hkdf = writer::oid(const_oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.31"));
    let content = writer::value(0x80, &[&octets]);
    let derived = |iv| writer::sequence(&[&hkdf, &inner(iv)]);
    let with = |algorithm: &[u8]| message(ContentType::EnvelopedData, &recipients, algorithm, &content, &[]);
    assert_eq!(decrypt(&with(&derived(1)), &[&RSA]).unwrap(), TEXT);
    for other in [derived(2), inner(1)] {
        assert!(!decrypt(&with(&other), &[&RSA]).is_ok_and(|content| content == TEXT));
    }
}

/// One ephemeral key and one KeyAgreeRecipientInfo for 600 people, of whom the last is here.
#[test]
fn one_agreement_serves_many() {
    let key = SecretBytes::new(vec![3; 16]);
    let (how, wrap) = (
        KeyAgreement { scheme: AgreementScheme::Standard, kdf_digest: DigestAlgorithm::Sha256 },
        KeyWrap::Aes128,
    );
    let sent = P256.certificate.public_key().wrap_agreement(how, wrap, None, &key, &mut rng()).unwrap();
    let originator =
        writer::value(0xa1, &[&sent.originator_algorithm, &writer::bit_string(&sent.originator_point)]);
    let one = |id: &[u8], encrypted: &[u8]| {
        let rid = writer::value(0xa0, &[&writer::octet_string(id)]);
        writer::sequence(&[&rid, &writer::octet_string(encrypted)])
    };
    let mut keys: Vec<Vec<u8>> = (0..599_u16).map(|n| one(&n.to_be_bytes(), &[7; 24])).collect();
    keys.push(one(P256.certificate.subject_key_id().unwrap(), &sent.encrypted_key));
    let kari = writer::value(
        0xa1,
        &[
            &writer::small_integer(3),
            &writer::value(0xa0, &[&originator]),
            &how.to_algorithm_der(wrap).unwrap(),
            &writer::sequence(&[&keys.concat()]),
        ],
    );
    let cipher = ContentCipher::Aes128Cbc;
    let mut encryptor = ContentEncryptor::new(cipher, &key, &[4; 16], &[]).unwrap();
    let mut octets = Vec::new();
    encryptor.encrypt(TEXT, &mut octets).unwrap();
    encryptor.finish(&mut octets).unwrap();
    let algorithm = writer::sequence(&[&writer::oid(cipher.oid()), &writer::octet_string(&[4; 16])]);
    let whole =
        message(ContentType::EnvelopedData, &[kari], &algorithm, &writer::value(0x80, &[&octets]), &[]);
    assert_eq!(decrypt(&whole, &[&P256]).unwrap(), TEXT);
    assert!(matches!(decrypt(&whole, &[&P384]), Err(CmsError::NoKey)));
    let limits = Limits { recipients: 599, ..Limits::default() };
    let outcome = enveloped_data::read(&mut Cursor::new(&whole), &limits);
    assert!(matches!(outcome, Err(CmsError::Limit("recipients"))));
    assert!(key_wrap::unwrap(wrap, &[0; 16], &sent.encrypted_key).is_none());
}

#[test]
fn what_the_originator_adds_is_passed_over() {
    let key = SecretBytes::new(vec![8; 16]);
    let recipients = [recipient(&P384, agreement(DigestAlgorithm::Sha1), &key)];
    let cipher = ContentCipher::Aes128Cbc;
    let mut encryptor = ContentEncryptor::new(cipher, &key, &[2; 16], &[]).unwrap();
    let mut octets = Vec::new();
    encryptor.encrypt(TEXT, &mut octets).unwrap();
    encryptor.finish(&mut octets).unwrap();
    let algorithm = writer::sequence(&[&writer::oid(cipher.oid()), &writer::octet_string(&[2; 16])]);
    let attribute = writer::sequence(&[&writer::oid(ContentType::Data.oid()), &[0x31, 2, 5, 0]]);
    let encrypted = writer::sequence(&[
        &writer::oid(ContentType::Data.oid()),
        &algorithm,
        &writer::value(0x80, &[&octets]),
    ]);
    let originator =
        writer::value(0xa0, &[&writer::value(0xa0, &[P384.certificate.as_der()]), &[0xa1, 0x80, 0, 0]]);
    let data = writer::sequence(&[
        &writer::small_integer(2),
        &originator,
        &writer::value(tag::SET, &[&recipients.concat()]),
        &encrypted,
        &writer::value(0xa1, &[&attribute]),
    ]);
    let whole =
        writer::sequence(&[&writer::oid(ContentType::EnvelopedData.oid()), &writer::value(0xa0, &[&data])]);
    assert_eq!(decrypt(&whole, &[&P384]).unwrap(), TEXT);
}

/// However many recipients take one, a wrong password is told as it always is, and the right one need not be the first.
#[test]
fn many_passwords_fail_as_one_does() {
    let whole = unhex(CCM);
    let place = whole.windows(2).position(|octets| octets == [0xa3, 0x81]).unwrap();
    let (right, rest) = whole[place..].split_at(3 + usize::from(whole[place + 2]));
    let mut wrong = right.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    let with = |recipients: &[&[u8]]| {
        let recipients = writer::value(tag::SET, recipients);
        let data = writer::sequence(&[&writer::small_integer(0), &recipients, rest]);
        let kind = writer::oid(ContentType::AuthEnvelopedData.oid());
        writer::sequence(&[&kind, &writer::value(0xa0, &[&data])])
    };
    let behind = [vec![&wrong[..]; 15], vec![right]].concat();
    assert_eq!(decrypt_with_password(&with(&behind), "swordfish").unwrap(), CCM_TEXT);
    let many = with(&[right].repeat(40));
    assert_eq!(decrypt_with_password(&many, "swordfish").unwrap(), CCM_TEXT);
    assert!(matches!(decrypt_with_password(&many, "Swordfish"), Err(CmsError::Undecryptable)));
    let beyond = [vec![&wrong[..]; 16], vec![right]].concat();
    assert!(matches!(decrypt_with_password(&with(&beyond), "swordfish"), Err(CmsError::Undecryptable)));
}

/// Every octet changed in two ways, and every length: an error, or the text, if it was an octet that does not count.
#[test]
fn damage_never_passes_for_content() {
    let whole = unhex(CCM);
    let attempt = |message: &[u8]| match decrypt_with_password(message, "swordfish") {
        Ok(content) => assert_eq!(content, CCM_TEXT),
        Err(CmsError::Io(error)) => panic!("{error}"),
        Err(_) => {}
    };
    for place in 0..whole.len() {
        attempt(&whole[..place]);
        for change in [1, 0x80] {
            let mut message = whole.clone();
            message[place] ^= change;
            attempt(&message);
        }
    }
}

#[test]
fn hundreds_of_recipients_come_back() {
    let people: Vec<Person> = (0..520).map(|_| Person::new(KeyKind::P256)).collect();
    let recipients: Vec<(&Person, SpecKeyManagement)> = people
        .iter()
        .map(|person| (person, agreement(DigestAlgorithm::Sha1)))
        .chain([(&*RSA, oaep())])
        .collect();
    let sealed = encrypt(&recipients, ContentCipher::Aes256Gcm, TEXT);
    for reader in [&people[0], &people[259], &people[519], &*RSA] {
        assert_eq!(decrypt(&sealed, &[reader]).unwrap(), TEXT);
    }
    assert!(matches!(decrypt(&sealed, &[&P384]), Err(CmsError::NoKey)));
}

#[test]
fn a_recipient_who_is_named_twice_opens_with_either_key() {
    let key = SecretBytes::new(vec![1; 32]);
    let right = recipient(&RSA, transport(), &key);
    let wrong = recipient(&RSA, oaep(), &SecretBytes::new(vec![2; 32]));
    let by_curve = recipient(&P256, agreement(DigestAlgorithm::Sha384), &key);
    let cipher = ContentCipher::Aes256Gcm;
    let mut encryptor = ContentEncryptor::new(cipher, &key, &[6; 12], &[]).unwrap();
    let mut octets = Vec::new();
    encryptor.encrypt(TEXT, &mut octets).unwrap();
    let tag_octets = encryptor.finish(&mut octets).unwrap().unwrap();
    let parameters = writer::sequence(&[&writer::octet_string(&[6; 12]), &writer::small_integer(16)]);
    let algorithm = writer::sequence(&[&writer::oid(cipher.oid()), &parameters]);
    let content = writer::value(0x80, &[&octets]);
    let mac = writer::octet_string(&tag_octets);
    let with = |recipients: &[Vec<u8>]| {
        message(ContentType::AuthEnvelopedData, recipients, &algorithm, &content, &mac)
    };
    let all = with(&[wrong.clone(), by_curve.clone(), right.clone(), right]);
    assert_eq!(decrypt(&all, &[&RSA]).unwrap(), TEXT);
    assert_eq!(decrypt(&all, &[&P384, &P256]).unwrap(), TEXT);
    assert_eq!(decrypt(&with(&[wrong.clone(), by_curve]), &[&RSA, &P256]).unwrap(), TEXT);
    assert!(matches!(decrypt(&with(&[wrong]), &[&RSA]), Err(CmsError::Undecryptable)));
}
