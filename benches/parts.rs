//! The parts that large messages spend their time in, each alone.
//!
//! ```sh
//! cargo bench --bench parts
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on says so"
)]

use std::io::{self, Cursor, Write as _};

use divan::Bencher;
use divan::counter::BytesCount;
use rand_core::Rng as _;
use waxseal::smime::Limits;
use waxseal::smime::cms::enveloped_data::{self, EnvelopeWriter};
use waxseal::smime::cms::recipient_info::{RecipientSpec, SpecKeyManagement};
use waxseal::smime::crypto::content_cipher::{ContentDecryptor, ContentEncryptor, Lengths};
use waxseal::smime::crypto::{ContentCipher, KeyKind, KeyTransport, PrivateKey};
use waxseal::smime::mime::encoding::{Base64Source, Base64Writer};
use waxseal::smime::mime::split::split;
use waxseal::smime::secret::SecretBytes;
use waxseal::smime::x509::issue::self_signed;
use waxseal::smime::x509::path::{self, PathOutcome, Purpose};
use waxseal::store::clock;

#[path = "../tests/common/issuer.rs"]
#[allow(dead_code, unreachable_pub, reason = "made for tests, which use more of it")]
mod issuer;

use issuer::{Party, Spec};

const LEN: usize = 4 << 20;

fn main() {
    divan::main();
}

fn octets(len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    clock::rng().fill_bytes(&mut octets);
    octets
}

fn base64(octets: &[u8]) -> Vec<u8> {
    let mut writer = Base64Writer::new(Vec::new(), 76);
    writer.write_all(octets).unwrap();
    writer.finish().unwrap()
}

#[divan::bench(args = [ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm, ContentCipher::Aes256Ccm])]
fn decrypt(bencher: Bencher<'_, '_>, cipher: ContentCipher) {
    let (key, iv) = (SecretBytes::new(octets(cipher.key_len())), octets(cipher.iv_len()));
    let content = octets(LEN);
    let lengths = Lengths { content: LEN as u64, tag: 16 };
    bencher.counter(BytesCount::new(LEN)).bench(|| {
        let mut decryptor = ContentDecryptor::new(cipher, &key, &iv, &[], lengths).unwrap();
        content.chunks(64 << 10).for_each(|piece| decryptor.decrypt(piece, &mut io::sink()).unwrap());
    });
}

#[divan::bench(args = [ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm])]
fn encrypt(bencher: Bencher<'_, '_>, cipher: ContentCipher) {
    let (key, iv) = (SecretBytes::new(octets(cipher.key_len())), octets(cipher.iv_len()));
    let content = octets(LEN);
    bencher.counter(BytesCount::new(LEN)).bench(|| {
        let mut encryptor = ContentEncryptor::new(cipher, &key, &iv, &[]).unwrap();
        content.chunks(64 << 10).for_each(|piece| encryptor.encrypt(piece, &mut io::sink()).unwrap());
        encryptor.finish(&mut io::sink()).unwrap()
    });
}

#[divan::bench]
fn encode_base64(bencher: Bencher<'_, '_>) {
    let content = octets(LEN);
    bencher.counter(BytesCount::new(LEN)).bench(|| {
        let mut writer = Base64Writer::new(io::sink(), 76);
        writer.write_all(&content).unwrap();
        writer.finish().unwrap()
    });
}

#[divan::bench]
fn decode_base64(bencher: Bencher<'_, '_>) {
    let text = base64(&octets(LEN));
    let end = text.len() as u64;
    bencher.counter(BytesCount::new(LEN)).bench(|| {
        let mut source = Base64Source::new(Cursor::new(&text), 0, end);
        assert_eq!(io::copy(&mut source, &mut io::sink()).unwrap(), LEN as u64);
    });
}

#[divan::bench(args = [1, 1000])]
fn split_mime(bencher: Bencher<'_, '_>, parts: usize) {
    let mut mail =
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"border\"\r\n\r\n".to_vec();
    for _ in 0..parts {
        mail.extend_from_slice(
            b"--border\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        );
        mail.extend(base64(&octets(LEN / parts)));
    }
    mail.extend_from_slice(b"--border--\r\n");
    let (len, limits) = (mail.len(), Limits::default());
    let mut source = Cursor::new(mail);
    bencher.counter(BytesCount::new(len)).bench_local(|| {
        assert_eq!(split(&mut source, 0..len as u64, &limits).unwrap().parts.len(), parts);
    });
}

/// A CMS structure of many values: 500 recipients.
#[divan::bench]
fn parse_recipients(bencher: Bencher<'_, '_>) {
    let how = SpecKeyManagement::Transport(KeyTransport::RsaPkcs1v15);
    let key = PrivateKey::generate(KeyKind::Rsa2048, &mut clock::rng());
    let address = "robin@example.org".parse().unwrap();
    let certificate = self_signed("Robin", &[address], &key, clock::now(), 100, &mut clock::rng());
    let certificate = certificate.unwrap();
    let specs: Vec<_> =
        (0..500).map(|_| RecipientSpec { certificate: &certificate, how: how.clone() }).collect();
    let mut writer =
        EnvelopeWriter::new(Vec::new(), &specs, ContentCipher::Aes256Cbc, 1, &mut clock::rng()).unwrap();
    writer.write_all(b"x").unwrap();
    let message = writer.finish().unwrap();
    let (len, limits) = (message.len(), Limits::default());
    let mut source = Cursor::new(message);
    bencher.counter(BytesCount::new(len)).bench_local(|| {
        source.set_position(0);
        assert_eq!(enveloped_data::read(&mut source, &limits).unwrap().recipients.len(), 500);
    });
}

/// Three authorities up, among so many others.
#[divan::bench(args = [0, 100])]
fn build_path(bencher: Bencher<'_, '_>, others: usize) {
    let root = Party::root(Spec::authority("Root"));
    let middle = root.issue(Spec::authority("Middle"));
    let lower = middle.issue(Spec::authority("Lower"));
    let person = lower.issue(Spec::person("Robin"));
    let mut pool: Vec<_> =
        (0..others).map(|index| root.issue(Spec::authority(&format!("Other {index}"))).certificate).collect();
    pool.extend([middle.certificate, lower.certificate]);
    let anchors = [root.certificate];
    let time = person.certificate.not_before();
    bencher.bench_local(|| {
        let outcome = path::build(&person.certificate, &pool, &anchors, time, Purpose::Email);
        assert!(matches!(outcome, PathOutcome::Valid(_)), "{outcome:?}");
    });
}
