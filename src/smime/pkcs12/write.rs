//! Writes a PFX in one of two recipes.

use const_oid::ObjectIdentifier;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::attributes::{FRIENDLY_NAME, LOCAL_KEY_ID};
use super::{BAGS, DATA, ENCRYPTED_DATA, X509_CERTIFICATE};
use crate::smime::Fingerprint;
use crate::smime::asn1::{tag, writer};
use crate::smime::crypto::pbe::cipher::seal_cbc;
use crate::smime::crypto::pbe::derivation::{OwnRounds, hmac, own_key, pbkdf2};
use crate::smime::crypto::{DigestAlgorithm, PrivateKey};
use crate::smime::secret::Passphrase;
use crate::smime::x509::Certificate;
use crate::smime::x509::name::presentable;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const SHA_AND_3_KEY_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");

const NULL: [u8; 2] = [5, 0];

/// Rounds of each key derivation.
const ITERATIONS: u32 = 100_000;

/// How a file is written: between these two lies nothing that every program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recipe {
    /// PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, SHA-256 MAC: iOS 18, macOS 15, OpenSSL 3, Thunderbird.
    #[default]
    Modern,
    /// PBE with SHA-1 and 3DES, SHA-1 MAC: older Apple systems, Android.
    Compatible,
}

/// A key has no form that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this key cannot be written to a PKCS#12 file")]
pub struct Unwritable;

/// A file with the keys of one person, such as the halves of a pair (RFC 9216), each with its certificate, and the
/// chain above them. `friendly_name` is what other programs show.
pub fn write(
    keys: &[(&PrivateKey, &Certificate)],
    chain: &[Certificate],
    friendly_name: &str,
    password: &Passphrase,
    recipe: Recipe,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, Unwritable> {
    let mut seal = Seal { password, recipe, rng };
    let (mut cert_bags, mut key_bags) = (Vec::new(), Vec::new());
    let (mut certificates, mut public_keys): (Vec<&Certificate>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    for (key, certificate) in keys {
        let public_key = key.public_key().to_spki_der();
        let attributes = attributes(friendly_name, &public_key);
        if !certificates.contains(certificate) {
            cert_bags.extend(cert_bag(certificate, &attributes));
            certificates.push(certificate);
        }
        // Two certificates may share one key.
        if !public_keys.contains(&public_key) {
            let pkcs8 = key.to_pkcs8_der();
            if pkcs8.expose().is_empty() {
                return Err(Unwritable);
            }
            let (algorithm, encrypted) = seal.encrypt(pkcs8.expose())?;
            let info = writer::sequence(&[&algorithm, &writer::octet_string(&encrypted)]);
            key_bags.extend(bag(2, &info, &attributes));
            public_keys.push(public_key);
        }
    }
    for above in chain {
        if !certificates.contains(&above) {
            cert_bags.extend(cert_bag(above, &[]));
            certificates.push(above);
        }
    }
    let (algorithm, encrypted) = seal.encrypt(&writer::sequence(&[&cert_bags]))?;
    let encrypted = writer::value(tag::context(0), &[&encrypted]);
    let info = writer::sequence(&[&writer::oid(DATA), &algorithm, &encrypted]);
    let cert_part = content_info(ENCRYPTED_DATA, &writer::sequence(&[&writer::small_integer(0), &info]));
    let key_part = content_info(DATA, &writer::octet_string(&writer::sequence(&[&key_bags])));
    let safe = writer::sequence(&[&cert_part, &key_part]);
    let mac = seal.mac(&safe);
    let safe = content_info(DATA, &writer::octet_string(&safe));
    Ok(writer::sequence(&[&writer::small_integer(3), &safe, &mac]))
}

/// What a recipe does with the password.
struct Seal<'a> {
    password: &'a Passphrase,
    recipe: Recipe,
    rng: &'a mut dyn CryptoRng,
}

impl Seal<'_> {
    /// The AlgorithmIdentifier, and `plain` encrypted.
    fn encrypt(&mut self, plain: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Unwritable> {
        let sealed = match self.recipe {
            Recipe::Modern => {
                let (salt, iv) = (self.random::<16>(), self.random::<16>());
                let password = self.password.expose().as_bytes();
                let key = pbkdf2(DigestAlgorithm::Sha256, password, &salt, ITERATIONS, 32);
                let prf = writer::sequence(&[&writer::oid(HMAC_SHA_256), &NULL]);
                let parameters = writer::sequence(&[&writer::octet_string(&salt), &iterations(), &prf]);
                let derivation = writer::sequence(&[&writer::oid(PBKDF2), &parameters]);
                let cipher = writer::sequence(&[&writer::oid(AES_256_CBC), &writer::octet_string(&iv)]);
                let parameters = writer::sequence(&[&derivation, &cipher]);
                let algorithm = writer::sequence(&[&writer::oid(PBES2), &parameters]);
                seal_cbc::<aes::Aes256>(&key, &iv, plain).map(|encrypted| (algorithm, encrypted))
            }
            Recipe::Compatible => {
                let salt = self.random::<8>();
                let rounds = OwnRounds { salt: &salt, iterations: ITERATIONS };
                let password = self.bmp();
                let derive = |id, length| own_key(DigestAlgorithm::Sha1, id, &password, rounds, length);
                let (key, iv) = (derive(1, 24), derive(2, 8));
                let parameters = writer::sequence(&[&writer::octet_string(&salt), &iterations()]);
                let algorithm = writer::sequence(&[&writer::oid(SHA_AND_3_KEY_3DES), &parameters]);
                seal_cbc::<des::TdesEde3>(&key, &iv, plain).map(|encrypted| (algorithm, encrypted))
            }
        };
        sealed.ok_or(Unwritable)
    }

    /// MacData (RFC 7292 section 4 and appendix A).
    fn mac(&mut self, content: &[u8]) -> Vec<u8> {
        let digest = match self.recipe {
            Recipe::Modern => DigestAlgorithm::Sha256,
            Recipe::Compatible => DigestAlgorithm::Sha1,
        };
        let salt = self.random::<8>();
        let rounds = OwnRounds { salt: &salt, iterations: ITERATIONS };
        let key = own_key(digest, 3, &self.bmp(), rounds, digest.output_len());
        let algorithm = writer::sequence(&[&writer::oid(digest.oid()), &NULL]);
        let info = writer::sequence(&[&algorithm, &writer::octet_string(&hmac(digest, &key, content))]);
        writer::sequence(&[&info, &writer::octet_string(&salt), &iterations()])
    }

    /// The password as RFC 7292 appendix B.1 wants it.
    fn bmp(&self) -> Zeroizing<Vec<u8>> {
        let units = self.password.expose().encode_utf16().chain([0]);
        Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.rng.fill_bytes(&mut octets);
        octets
    }
}

fn iterations() -> Vec<u8> {
    // 100 000 takes three octets, and the first bit of them is none.
    writer::value(tag::INTEGER, &[&ITERATIONS.to_be_bytes()[1..]])
}

/// A ContentInfo.
fn content_info(kind: ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::oid(kind), &writer::value(tag::context_constructed(0), &[content])])
}

fn cert_bag(certificate: &Certificate, attributes: &[u8]) -> Vec<u8> {
    let value = writer::value(tag::context_constructed(0), &[&writer::octet_string(certificate.as_der())]);
    bag(3, &writer::sequence(&[&writer::oid(X509_CERTIFICATE), &value]), attributes)
}

/// A SafeBag; `kind` is the last arc of its bagId.
fn bag(kind: u8, value: &[u8], attributes: &[u8]) -> Vec<u8> {
    let kind = writer::value(tag::OBJECT_IDENTIFIER, &[&BAGS, &[kind]]);
    writer::sequence(&[&kind, &writer::value(tag::context_constructed(0), &[value]), attributes])
}

/// friendlyName, and a localKeyID that a key shares with every certificate of it.
fn attributes(friendly_name: &str, public_key: &[u8]) -> Vec<u8> {
    let attribute =
        |kind, value: Vec<u8>| writer::sequence(&[&writer::oid(kind), &writer::value(tag::SET, &[&value])]);
    let name: Vec<u8> = presentable(friendly_name).encode_utf16().flat_map(u16::to_be_bytes).collect();
    let id = Fingerprint::of(public_key);
    let id = id.as_bytes().get(..20).unwrap_or_default();
    let mut attributes = vec![attribute(LOCAL_KEY_ID, writer::octet_string(id))];
    if !name.is_empty() {
        attributes.push(attribute(FRIENDLY_NAME, writer::value(tag::BMP_STRING, &[&name])));
    }
    writer::set_of(tag::SET, attributes)
}
