//! Compressed and nested layers.

use std::io::Write as _;

use flate2::write::ZlibEncoder;

use super::*;
use crate::smime::cms::ContentType;

const TEXT: &[u8] = b"Content-Type: text/plain\r\n\r\nMeet me at the old pier.\r\n";

fn pair() -> (Person, Person) {
    (Person::new("Kim", "kim@example.com"), Person::new("Robin", "robin@example.com"))
}

fn content_info(content_type: ContentType, content: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::oid(content_type.oid()), &writer::value(0xa0, &[content])])
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    let zlib = writer::octet_string(&encoder.finish().unwrap());
    let algorithm = const_oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.8");
    let content = writer::sequence(&[&writer::oid(ContentType::Data.oid()), &writer::value(0xa0, &[&zlib])]);
    let inside = writer::sequence(&[&writer::small_integer(0), &writer::algorithm(algorithm), &content]);
    content_info(ContentType::CompressedData, &inside)
}

fn signed(signer: &Person, content: &[u8]) -> Vec<u8> {
    let capabilities = Capabilities::default();
    let with = Signer {
        certificate: &signer.certificate,
        key: &signer.key,
        chain: &[],
        encryption_certificate: &signer.certificate,
        capabilities: &capabilities,
        time: now(),
    };
    let (mut signed, digest) = (Vec::new(), DigestAlgorithm::Sha256.digest(content));
    let len = content.len() as u64;
    signed_data::write_attached(&mut signed, &with, &mut &*content, len, &digest, &mut rng()).unwrap();
    signed
}

fn layers(opened: &Opened) -> Vec<&'static str> {
    opened.layers.iter().map(Layer::smime_type).collect()
}

#[test]
fn compression_is_read_in_every_place_and_protects_nothing() {
    let (kim, robin) = pair();
    let as_mail = |cms: &[u8]| mail("", cms);
    let (compress, sign) = (|content: &[u8]| compressed(content), |content: &[u8]| signed(&kim, content));
    let seal = |content: &[u8]| only_sealed(&robin, content);
    for (message, expected) in [
        (seal(&sign(&compress(TEXT))), &["enveloped-data", "signed-data", "compressed-data"][..]),
        (seal(&compress(&sign(TEXT))), &["enveloped-data", "compressed-data", "signed-data"]),
        (compress(&seal(&sign(TEXT))), &["compressed-data", "enveloped-data", "signed-data"]),
        (
            as_mail(&seal(&as_mail(&compress(&as_mail(&sign(TEXT)))))),
            &["enveloped-data", "compressed-data", "signed-data"],
        ),
    ] {
        let opened = robin.read(&message).unwrap();
        assert_eq!(layers(&opened), expected);
        assert_eq!(opened.text(), "Meet me at the old pier.\n");
        assert_eq!(verdict(&opened).tier, Some(Tier::BeyondReasonableDoubt), "{expected:?}");
    }
    let opened = robin.read(&compressed(TEXT)).unwrap();
    assert_eq!(opened.text(), "Meet me at the old pier.\n");
    assert_eq!(verdict(&opened).tier, Some(Tier::NotSecure));
    assert_eq!(verdict(&opened).encryption.state, "none");
}

#[test]
fn a_compressed_bomb_is_refused_however_it_is_wrapped() {
    let (kim, robin) = pair();
    let bomb = compressed(&vec![b'x'; 60 << 20]);
    for message in [bomb.clone(), compressed(&bomb), only_sealed(&robin, &signed(&kim, &bomb))] {
        let spool = MemorySpool::new(1 << 30);
        let limits = Limits::default();
        let context = Context { keys: &robin, certificates: &Nobody, spool: &spool, limits: &limits };
        let outcome = open(Box::new(Cursor::new(message)), None, &context, &mut rng());
        assert!(matches!(outcome, Err(OpenError::TooMuch(_))));
    }
}
