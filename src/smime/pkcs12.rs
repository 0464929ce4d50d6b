//! PKCS#12 (RFC 7292): a key with its certificates under one password.

use const_oid::ObjectIdentifier;
use p12_keystore::{
    EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, Pkcs12Archive, PrivateKeyChain,
};

use zeroize::Zeroizing;

use crate::smime::Limits;
use crate::smime::asn1::{Cursor, Malformed, tag, writer};
use crate::smime::cms::ber;
use crate::smime::crypto::PrivateKey;
use crate::smime::secret::Passphrase;
use crate::smime::x509::Certificate;
use crate::smime::x509::name::presentable;

mod kdf;
mod mac;
mod pbe;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// pkcs8ShroudedKeyBag, DER: each costs a key derivation.
const SHROUDED_KEY: [u8; 13] = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];

/// Octets of a file that is read.
pub const MAX_LENGTH: usize = 32 << 20;

/// Rounds of a key derivation that are waited for.
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// Values inside each other that are followed.
const DEPTH: usize = 24;

/// Parts of a file that are encrypted apart from each other.
const MAX_PARTS: usize = 100;

/// Rounds of the key derivations in the files that are written.
const ITERATIONS: u32 = 100_000;

/// What a file holds.
#[derive(Debug)]
pub struct Pfx {
    /// Every key of a kind that is known here, once.
    pub keys: Vec<KeyAndCertificate>,
    /// Chain and other certificates.
    pub certificates: Vec<Certificate>,
    /// What the person should know.
    pub warnings: Vec<Pkcs12Warning>,
}

/// One key. `certificate` is None when no certificate in the file fits the key.
#[derive(Debug)]
pub struct KeyAndCertificate {
    /// The key itself.
    pub key: PrivateKey,
    /// The certificate with its public key.
    pub certificate: Option<Certificate>,
    /// What the file's maker called it.
    pub friendly_name: Option<String>,
}

/// What a file lacks without being unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkcs12Warning {
    /// Nothing shows that the file is as it was made.
    NoMac,
    /// A key was left out: DSA, Ed448, X448 and other kinds.
    UnsupportedKey {
        /// Its algorithm or curve.
        algorithm: ObjectIdentifier,
    },
}

/// Why a file is not read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Error {
    /// Not the structure of RFC 7292, or damaged, or beyond [`MAX_LENGTH`].
    #[error("not a PKCS#12 file")]
    Malformed,
    /// The password does not open it. (In a file without a MAC: or it is damaged.)
    #[error("wrong password")]
    WrongPassword,
    /// Made with an algorithm or in a form that is not known here.
    #[error("this PKCS#12 file uses an algorithm that is not known here")]
    Unsupported,
    /// Opening it would take too long.
    #[error("this PKCS#12 file asks for too much work")]
    Iterations,
}

impl From<Malformed> for Pkcs12Error {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// How a file is written: between these two lies nothing that every program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recipe {
    /// PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, SHA-256 MAC: iOS 18, macOS 15, OpenSSL 3, Thunderbird.
    #[default]
    Modern,
    /// PBE with SHA-1 and 3DES, SHA-1 MAC: older Apple systems, Android.
    Compatible,
}

/// True for bytes that look like a PFX (DER/BER SEQUENCE { INTEGER 3, …).
pub fn looks_like(file: &[u8]) -> bool {
    let content = match file {
        [tag::SEQUENCE, 0..=0x80, rest @ ..] => rest,
        [tag::SEQUENCE, long @ 0x81..=0x84, rest @ ..] => {
            rest.get(usize::from(long & 0x7f)..).unwrap_or_default()
        }
        _ => return false,
    };
    content.starts_with(&[tag::INTEGER, 1, 3, tag::SEQUENCE])
}

/// Everything in the file. DER, and BER as browsers write it; PBES2, 3DES and RC2; an empty password stands for
/// an absent one, too.
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// AuthenticatedSafe ::= SEQUENCE OF ContentInfo
/// ```
pub fn read(file: &[u8], password: &Passphrase) -> Result<Pfx, Pkcs12Error> {
    if file.len() > MAX_LENGTH || !looks_like(file) {
        return Err(Pkcs12Error::Malformed);
    }
    let der = to_der(file)?;
    let parts = parts(&der)?;
    if parts.content_type != DATA {
        return Err(Pkcs12Error::Unsupported);
    }
    let content = parts.content.ok_or(Pkcs12Error::Malformed)?;
    let mut warnings = Vec::new();
    match parts.mac {
        Some(mac) => mac::check(mac, content, password)?,
        None => warnings.push(Pkcs12Warning::NoMac),
    }
    let plain = safes(content, password)?;
    let archive = Pkcs12Archive::from_pkcs12(&plain, password.expose())
        .map_err(|error| reason(&error, parts.mac.is_some()))?;
    Ok(sort_out(&archive, warnings))
}

/// The value at the start of `ber` in DER; what follows it is left out. The order of SETs stays as it is.
fn to_der(mut ber: &[u8]) -> Result<Vec<u8>, Pkcs12Error> {
    // What comes out is not larger than what went in.
    let limits = Limits { depth: DEPTH, structure: usize::MAX, ..Limits::default() };
    ber::Reader::new(&mut ber, &limits).element().map_err(|_| Pkcs12Error::Malformed)
}

struct Parts<'a> {
    content_type: ObjectIdentifier,
    content: Option<&'a [u8]>,
    mac: Option<&'a [u8]>,
}

fn parts(der: &[u8]) -> Result<Parts<'_>, Malformed> {
    let mut pfx = Cursor::new(der).element()?.cursor();
    pfx.expect(tag::INTEGER)?;
    let (content_type, content) = content_info(pfx.expect(tag::SEQUENCE)?.cursor())?;
    let content = content.only(tag::OCTET_STRING).ok().map(|octets| octets.content);
    let mac = pfx.optional(tag::SEQUENCE)?.map(|mac| mac.content);
    pfx.finish()?;
    Ok(Parts { content_type, content, mac })
}

/// The same PFX in DER all through, without its MAC, which has been checked over the octets as they came, and with
/// the encryptions of PKCS#12's own taken off.
fn safes(content: &[u8], password: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let content = to_der(content)?;
    let list = Cursor::new(&content).element()?.cursor().all()?;
    if list.len() > MAX_PARTS {
        return Err(Pkcs12Error::Iterations);
    }
    let mut safes = Zeroizing::new(Vec::new());
    for safe in list {
        let (kind, inside) = content_info(safe.cursor())?;
        let bags = if kind == DATA {
            Some(Zeroizing::new(inside.only(tag::OCTET_STRING)?.content.to_vec()))
        } else {
            pbe::encrypted_data(inside, password)?
        };
        match bags {
            Some(bags) => {
                let bags = Zeroizing::new(to_der(&bags)?);
                if bags.windows(SHROUDED_KEY.len()).filter(|octets| *octets == SHROUDED_KEY).count()
                    > MAX_PARTS
                {
                    return Err(Pkcs12Error::Iterations);
                }
                safes.extend(data(&pbe::plain_bags(&bags, password)?));
            }
            None => safes.extend(pbe::in_one_piece(safe)?),
        }
    }
    let safes = Zeroizing::new(writer::sequence(&[&safes]));
    Ok(Zeroizing::new(writer::sequence(&[&writer::small_integer(3), &Zeroizing::new(data(&safes))])))
}

/// ```text
/// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
/// ```
fn content_info(mut info: Cursor<'_>) -> Result<(ObjectIdentifier, Cursor<'_>), Malformed> {
    Ok((info.oid()?, info.only(0xa0)?.cursor()))
}

/// A ContentInfo of type data.
fn data(content: &[u8]) -> Vec<u8> {
    let content = Zeroizing::new(writer::octet_string(content));
    let content = Zeroizing::new(writer::value(tag::context_constructed(0), &[&content]));
    writer::sequence(&[&writer::oid(DATA), &content])
}

fn reason(error: &p12_keystore::error::Error, checked: bool) -> Pkcs12Error {
    use p12_keystore::error::Error;
    match error {
        Error::InvalidParameters => Pkcs12Error::Iterations,
        Error::UnsupportedContentType
        | Error::UnsupportedCertificateType
        | Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm => Pkcs12Error::Unsupported,
        // The password is right, so what does not decrypt was made in another way, and the rest is broken.
        Error::UnpadError | Error::Pkcs5Error(_) | Error::InvalidLength if checked => {
            Pkcs12Error::Unsupported
        }
        _ if checked => Pkcs12Error::Malformed,
        _ => Pkcs12Error::WrongPassword,
    }
}

/// Keys with the certificates that fit them: those with their public key, and of these the one that names the same
/// localKeyID, or lives longest.
fn sort_out(archive: &Pkcs12Archive, mut warnings: Vec<Pkcs12Warning>) -> Pfx {
    let mut certificates: Vec<(Option<&[u8]>, Certificate)> = Vec::new();
    for bag in &archive.certs {
        if let Ok(certificate) = Certificate::from_der(bag.cert.as_der())
            && !certificates.iter().any(|(_, known)| *known == certificate)
        {
            certificates.push((bag.local_key_id.as_deref(), certificate));
        }
    }
    let mut keys: Vec<KeyAndCertificate> = Vec::new();
    let mut seen = Vec::new();
    for bag in &archive.keys {
        let Ok(key) = PrivateKey::from_der(bag.key.as_der()) else {
            let warning = PrivateKey::algorithm_of(bag.key.as_der())
                .map(|algorithm| Pkcs12Warning::UnsupportedKey { algorithm });
            warnings.extend(warning.filter(|warning| !warnings.contains(warning)));
            continue;
        };
        let spki = key.public_key().to_spki_der();
        if seen.contains(&spki) {
            continue;
        }
        let id = bag.local_key_id.as_ref().map(AsRef::as_ref);
        let place = (0..certificates.len())
            .filter(|place| certificates[*place].1.public_key().to_spki_der() == spki)
            .max_by_key(|place| {
                (id.is_some() && certificates[*place].0 == id, certificates[*place].1.not_after())
            });
        let certificate = place.map(|place| certificates.remove(place).1);
        seen.push(spki);
        keys.push(KeyAndCertificate {
            key,
            certificate,
            friendly_name: bag.friendly_name.as_deref().map(presentable),
        });
    }
    Pfx {
        keys,
        certificates: certificates.into_iter().map(|(_, certificate)| certificate).collect(),
        warnings,
    }
}

/// A file with one key, its certificate and the chain above it. `friendly_name` is what other programs show.
pub fn write(
    key: &PrivateKey,
    certificate: &Certificate,
    chain: &[Certificate],
    friendly_name: &str,
    password: &Passphrase,
    recipe: Recipe,
) -> Result<Vec<u8>, Pkcs12Error> {
    write_all(&[(key, certificate)], chain, friendly_name, password, recipe)
}

/// A file with several keys of one person, such as the halves of a pair (RFC 9216), and the chain above them.
pub fn write_all(
    keys: &[(&PrivateKey, &Certificate)],
    chain: &[Certificate],
    friendly_name: &str,
    password: &Passphrase,
    recipe: Recipe,
) -> Result<Vec<u8>, Pkcs12Error> {
    let bag = |certificate: &Certificate| {
        p12_keystore::Certificate::from_der(certificate.as_der()).map_err(|_| Pkcs12Error::Unsupported)
    };
    // A BMPString ends at U+FFFF.
    let name: String =
        presentable(friendly_name).chars().map(|c| if c > '\u{ffff}' { '\u{fffd}' } else { c }).collect();
    let mut store = KeyStore::new();
    for (place, (key, certificate)) in keys.iter().enumerate() {
        let mut certificates = vec![bag(certificate)?];
        // The chain stands in the file once.
        for above in chain.iter().filter(|above| place == 0 && above != certificate) {
            certificates.push(bag(above)?);
        }
        let pkcs8 = key.to_pkcs8_der();
        let pkcs8 =
            p12_keystore::PrivateKey::from_der(pkcs8.expose()).map_err(|_| Pkcs12Error::Unsupported)?;
        let fingerprint = certificate.fingerprint();
        let id = fingerprint.as_bytes().first_chunk::<20>().map_or(&[][..], |id| id);
        // The writer tells its entries apart by their names.
        let name = if place == 0 { name.clone() } else { format!("{name} ({})", place + 1) };
        store.add_entry(&name, KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id, pkcs8, certificates)));
    }
    let (encryption, mac) = match recipe {
        Recipe::Modern => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
        Recipe::Compatible => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
    };
    store
        .writer(password.expose())
        .encryption_algorithm(encryption)
        .encryption_iterations(ITERATIONS)
        .mac_algorithm(mac)
        .mac_iterations(ITERATIONS)
        .write()
        .map_err(|_| Pkcs12Error::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::x509::openssl::{OpenSsl, PERSON};

    fn words(text: &str) -> Passphrase {
        Passphrase::from(text.to_owned())
    }

    fn failure(file: &[u8], password: &str) -> Pkcs12Error {
        read(file, &words(password)).err().unwrap()
    }

    #[test]
    fn values_inside_each_other_are_bounded_and_the_end_must_be_there() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 0x81, 1, 8, 0, 0, 0x02, 0x82, 0, 1, 3, 0, 0, 9];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 7, 4, 2, 7, 8, 2, 1, 3]);
        for length in 0..ber.len() - 1 {
            assert_eq!(to_der(&ber[..length]), Err(Pkcs12Error::Malformed));
        }
        assert_eq!(to_der(&[0x30, 0x80].repeat(100_000)), Err(Pkcs12Error::Malformed));
    }

    #[test]
    fn what_openssl_writes_is_read() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, crate::smime::x509::openssl::AUTHORITY);
        let one = openssl.certificate("one", "/CN=One", Some("root"), PERSON);
        for (recipe, password) in [
            (&[][..], "wörter"),
            (&[], ""),
            (&["-nomac"], "x"),
            (&["-legacy"], "x"),
            (&["-legacy"], ""),
            (&["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"], "x"),
            (&["-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-2DES"], "x🔑"),
            (&["-certpbe", "NONE", "-keypbe", "NONE", "-macalg", "sha512"], "x"),
            (
                &["-certpbe", "aes-128-cbc", "-keypbe", "AES-256-CBC", "-macalg", "sha384", "-iter", "10000"],
                "x",
            ),
        ] {
            let pass = format!("pass:{password}");
            let make = ["pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-certfile", "root.pem"];
            openssl.run(
                &[&make[..], &["-name", "Größe", "-passout", &pass, "-out", "one.p12"], recipe].concat(),
            );
            let file = openssl.read("one.p12");
            let pfx = read(&file, &words(password)).unwrap_or_else(|error| panic!("{recipe:?}: {error}"));
            assert_eq!(pfx.keys.len(), 1, "{recipe:?}");
            assert_eq!(pfx.keys[0].certificate.as_ref(), Some(&one));
            assert_eq!(pfx.keys[0].friendly_name.as_deref(), Some("Größe"));
            assert_eq!(pfx.certificates, std::slice::from_ref(&root));
            let no_mac = recipe.contains(&"-nomac");
            assert_eq!(pfx.warnings, if no_mac { vec![Pkcs12Warning::NoMac] } else { vec![] });
            assert_eq!(failure(&file, "another"), Pkcs12Error::WrongPassword, "{recipe:?}");
        }
    }

    #[test]
    fn openssl_reads_what_is_written() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, crate::smime::x509::openssl::AUTHORITY);
        let one = openssl.certificate("one", "/CN=One", Some("root"), PERSON);
        openssl.run(&[
            "pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:", "-out",
            "one.p12",
        ]);
        let key = read(&openssl.read("one.p12"), &words("")).unwrap().keys.remove(0).key;
        for (recipe, expected) in [
            (Recipe::Modern, ["MAC: sha256", "PBES2, PBKDF2, AES-256-CBC", "hmacWithSHA256"]),
            (Recipe::Compatible, ["MAC: sha1", "pbeWithSHA1And3-KeyTripleDES-CBC", "Iteration 100000"]),
        ] {
            for password in ["geheim", ""] {
                let chain = [one.clone(), root.clone()];
                let file = write(&key, &one, &chain, "Robin 🦭", &words(password), recipe).unwrap();
                assert!(looks_like(&file));
                openssl.write("ours.p12", &file);
                let pass = format!("pass:{password}");
                let info = ["pkcs12", "-info", "-nodes", "-legacy", "-in", "ours.p12", "-passin", &pass];
                let printed = String::from_utf8_lossy(&openssl.run(&info)).into_owned();
                expected
                    .iter()
                    .for_each(|text| assert!(printed.contains(text), "{recipe:?}: no {text} in {printed}"));
                assert_eq!(printed.matches("localKeyID").count(), 2);
                assert_eq!(printed.matches("BEGIN CERTIFICATE").count(), 2);
                let back = read(&file, &words(password)).unwrap();
                assert_eq!(back.keys[0].certificate.as_ref(), Some(&one));
                assert_eq!(back.keys[0].friendly_name.as_deref(), Some("Robin \u{fffd}"));
                assert_eq!(back.certificates, std::slice::from_ref(&root));
            }
        }
    }

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        let Some(openssl) = OpenSsl::start() else { return };
        let certificate =
            openssl.with("ed", &["-newkey", "ed448"], "/CN=Ed", None, "basicConstraints=CA:FALSE\n", &[]);
        openssl.run(&[
            "pkcs12", "-export", "-in", "ed.pem", "-inkey", "ed.key", "-passout", "pass:x", "-out", "ed.p12",
        ]);
        let pfx = read(&openssl.read("ed.p12"), &words("x")).unwrap();
        assert!(pfx.keys.is_empty());
        assert_eq!(pfx.certificates, [certificate]);
        let algorithm = ObjectIdentifier::new_unwrap("1.3.101.113");
        assert_eq!(pfx.warnings, [Pkcs12Warning::UnsupportedKey { algorithm }]);
    }

    #[test]
    fn no_damage_is_a_panic_and_work_is_bounded() {
        let Some(openssl) = OpenSsl::start() else { return };
        let _ = openssl.certificate("one", "/CN=One", None, PERSON);
        let make = [
            "pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:x", "-out",
            "one.p12",
        ];
        openssl.run(&[&make[..], &["-iter", "1", "-nomac"]].concat());
        let file = openssl.read("one.p12");
        for length in 0..file.len() {
            assert!(read(&file[..length], &words("x")).is_err());
        }
        for place in 0..file.len() {
            let mut damaged = file.clone();
            damaged[place] ^= 0x81;
            let _ = read(&damaged, &words("x"));
        }
        openssl.run(&[&make[..], &["-iter", "1"]].concat());
        let mut patient = openssl.read("one.p12");
        // The last INTEGER is the MAC's count of rounds; openssl leaves out a 1.
        let end = patient.len();
        let rounds = [2, 4, 0x7f, 0xff, 0xff, 0xff];
        patient.extend(rounds);
        if let [tag::SEQUENCE, 0x82, high, low, ..] = &mut patient[..] {
            let length = u16::from_be_bytes([*high, *low]) + rounds.len() as u16;
            [*high, *low] = length.to_be_bytes();
        }
        let mac = (0..end).rev().find(|place| {
            patient[*place] == tag::SEQUENCE && usize::from(patient[place + 1]) == end - place - 2
        });
        patient[mac.unwrap() + 1] += rounds.len() as u8;
        assert_eq!(failure(&patient, "x"), Pkcs12Error::Iterations);
    }

    #[test]
    fn files_of_many_makers_are_read() {
        let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
            println!("skipped: WAXSEAL_CORPUS is not set");
            return;
        };
        let folder = |name: &str| std::fs::read_dir(std::path::Path::new(&corpus).join(name)).unwrap();
        let mut read_files = 0;
        for (place, passwords) in [
            ("pyca/pkcs12", &["password", "cryptography", ""][..]),
            ("mimekit", &["no.secret"]),
            ("peers", &["test"]),
            ("thunderbird", &["nss"]),
            ("rfc9216", &["alice", "bob", "carlos", "dana"]),
        ] {
            for file in folder(place).map(|entry| entry.unwrap().path()) {
                let octets = if file.is_file() { std::fs::read(&file).unwrap() } else { continue };
                if looks_like(&octets) {
                    let pfx =
                        passwords.iter().map(|password| read(&octets, &words(password))).find_map(Result::ok);
                    let pfx = pfx.unwrap_or_else(|| panic!("{} was not read", file.display()));
                    println!(
                        "{}: {} keys, {} certified, {} others, {:?}",
                        file.display(),
                        pfx.keys.len(),
                        pfx.keys.iter().filter(|key| key.certificate.is_some()).count(),
                        pfx.certificates.len(),
                        pfx.warnings
                    );
                    read_files += 1;
                }
            }
        }
        assert!(read_files > 40, "{read_files}");
    }
}
