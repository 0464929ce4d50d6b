//! A root, an authority below it, and two people, all by the real OpenSSL, with the bookkeeping of `openssl ca`.
#![allow(unreachable_pub, reason = "a part of one test program")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::common::{self, ENTITY, installed};

pub const ROBIN: &str = "robin@example.org";
pub const KIM: &str = "kim@example.org";

pub struct Household(TempDir);

const CONFIG: &str = "\
[ca]
default_ca = NAME
[NAME]
database = NAME.txt
serial = NAME.srl
crlnumber = NAME.number
new_certs_dir = .
certificate = NAME.pem
private_key = NAME.key
default_md = sha256
default_days = 400
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
crl_extensions = plain
[plain]
authorityKeyIdentifier = keyid
[odd]
authorityKeyIdentifier = keyid
1.2.3.4 = critical,DER:0500
[any]
organizationName = optional
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[person]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyAgreement
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = email:ADDRESS
";

impl Household {
    pub fn new() -> Option<Self> {
        if !installed("openssl") {
            return None;
        }
        let house = Self(TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        house.key("root");
        house.books("root");
        house.openssl(&[
            "req",
            "-x509",
            "-new",
            "-key",
            "root.key",
            "-subj",
            "/CN=Root",
            "-days",
            "900",
            "-out",
            "root.pem",
            "-config",
            "root.cnf",
            "-extensions",
            "authority",
        ]);
        house.key("middle");
        house.books("middle");
        house.issue("root", "middle", "/CN=Middle", "authority");
        house.people();
        Some(house)
    }

    /// The authorities of MimeKit's tests, whose keys are public, and two people below.
    pub fn of_mimekit(folder: &Path) -> Option<Self> {
        let house = Self(TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        for (name, file) in [("root", "certificate-authority.pfx"), ("middle", "revoked-intermediate.pfx")] {
            let pfx = folder.join(file);
            let open =
                ["pkcs12", "-legacy", "-passin", "pass:no.secret", "-nodes", "-in", pfx.to_str().unwrap()];
            house.openssl(&[&open[..], &["-nocerts", "-out", &format!("{name}.key")]].concat());
            house.openssl(&[&open[..], &["-clcerts", "-nokeys", "-out", &format!("{name}.pem")]].concat());
            house.books(name);
        }
        house.people();
        Some(house)
    }

    fn people(&self) {
        for name in ["robin", "kim"] {
            self.key(name);
            self.issue("middle", name, &format!("/CN={name}"), "person");
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[track_caller]
    pub fn openssl(&self, words: &[&str]) {
        common::run(Command::new("openssl").args(words).current_dir(self.0.path())).succeeds();
    }

    fn key(&self, name: &str) {
        let file = format!("{name}.key");
        self.openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &file]);
    }

    fn books(&self, name: &str) {
        fs::write(self.path(&format!("{name}.txt")), "").unwrap();
        fs::write(self.path(&format!("{name}.srl")), "1000\n").unwrap();
        fs::write(self.path(&format!("{name}.number")), "01\n").unwrap();
        let config = CONFIG.replace("NAME", name).replace("ADDRESS", "nobody@example.org");
        fs::write(self.path(&format!("{name}.cnf")), format!("[req]\ndistinguished_name=dn\n[dn]\n{config}"))
            .unwrap();
    }

    fn issue(&self, by: &str, name: &str, subject: &str, extensions: &str) {
        let file = |kind: &str| format!("{name}.{kind}");
        let config = CONFIG.replace("NAME", by).replace("ADDRESS", &format!("{name}@example.org"));
        fs::write(self.path(&file("issue")), format!("[req]\ndistinguished_name=dn\n[dn]\n{config}"))
            .unwrap();
        let (key, request, out, issue) = (file("key"), file("csr"), file("pem"), file("issue"));
        self.openssl(&["req", "-new", "-key", &key, "-subj", subject, "-out", &request, "-config", &issue]);
        self.openssl(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            &issue,
            "-extensions",
            extensions,
            "-in",
            &request,
            "-out",
            &out,
        ]);
    }

    /// Takes a certificate back. An empty reason is none.
    pub fn revoke(&self, by: &str, name: &str, reason: &str) {
        let (config, certificate) = (format!("{by}.cnf"), format!("{name}.pem"));
        let mut words = vec!["ca", "-config", &config, "-revoke", &certificate];
        if !reason.is_empty() {
            words.extend(["-crl_reason", reason]);
        }
        self.openssl(&words);
    }

    /// Writes a new list.
    pub fn list(&self, by: &str, out: &str, more: &[&str]) {
        let config = format!("{by}.cnf");
        self.openssl(&[&["ca", "-config", &config, "-gencrl", "-out", out], more].concat());
    }

    /// A list with the name of an authority and the key of somebody else.
    pub fn forge(&self, of: &str, out: &str) {
        let (config, certificate) = (format!("{of}.cnf"), format!("{of}-forged.pem"));
        self.key("forger");
        self.openssl(&[
            "req",
            "-x509",
            "-new",
            "-key",
            "forger.key",
            "-subj",
            "/CN=Middle",
            "-out",
            &certificate,
            "-config",
            &config,
            "-extensions",
            "authority",
        ]);
        fs::write(
            self.path("no-key-id.cnf"),
            fs::read_to_string(self.path(&config)).unwrap().replace("crl_extensions = plain", ""),
        )
        .unwrap();
        self.openssl(&[
            "ca",
            "-config",
            "no-key-id.cnf",
            "-gencrl",
            "-cert",
            &certificate,
            "-keyfile",
            "forger.key",
            "-out",
            out,
        ]);
    }

    /// A signed mail, with the authority's certificate in it.
    pub fn signed_by(&self, name: &str) -> PathBuf {
        fs::write(self.path("entity.txt"), ENTITY).unwrap();
        let (certificate, key, out) = (format!("{name}.pem"), format!("{name}.key"), format!("{name}.eml"));
        self.openssl(&[
            "cms",
            "-sign",
            "-in",
            "entity.txt",
            "-signer",
            &certificate,
            "-inkey",
            &key,
            "-certfile",
            "middle.pem",
            "-from",
            &format!("{name}@example.org"),
            "-out",
            &out,
        ]);
        self.path(&out)
    }

    /// The same signature with lists beside it: what no option of `openssl cms` does.
    pub fn with_lists(&self, message: &Path, lists: &[&str]) -> PathBuf {
        let message = message.to_str().unwrap();
        // -cmsout makes the multipart's signature bare; the lists are put into its SignedData.
        self.openssl(&["smime", "-pk7out", "-in", message, "-out", "bare.p7s"]);
        self.openssl(&["pkcs7", "-in", "bare.p7s", "-outform", "DER", "-out", "bare.der"]);
        let lists: Vec<u8> = lists
            .iter()
            .flat_map(|list| {
                let der = format!("{list}.der");
                self.openssl(&["crl", "-in", list, "-outform", "DER", "-out", &der]);
                fs::read(self.path(&der)).unwrap()
            })
            .collect();
        let der = with_crls(&fs::read(self.path("bare.der")).unwrap(), &lists);
        let base64 = base64_simd::STANDARD.encode_to_string(&der);
        let text = fs::read_to_string(message).unwrap();
        let start = text.find("MII").unwrap();
        let end = start + text[start..].find("\n\n").unwrap();
        let out = format!("{message}.lists.eml");
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).map(|l| std::str::from_utf8(l).unwrap()).collect();
        fs::write(&out, format!("{}{}{}", &text[..start], lines.join("\n"), &text[end..])).unwrap();
        PathBuf::from(out)
    }

    pub fn fingerprint(&self, name: &str) -> String {
        let certificate = format!("{name}.pem");
        let words = ["x509", "-in", &certificate, "-noout", "-fingerprint", "-sha256"];
        let run = common::run(Command::new("openssl").args(words).current_dir(self.0.path())).succeeds();
        run.text().trim().split('=').nth(1).unwrap().replace(':', "").to_lowercase()
    }

    /// So many days from now.
    pub fn days(&self, days: i64) -> String {
        (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)).to_string()
    }
}

/// `[1]` with the lists, between certificates and signerInfos of a SignedData in DER.
fn with_crls(content_info: &[u8], lists: &[u8]) -> Vec<u8> {
    let outer = inside(content_info, 0x30);
    let kind = value(outer);
    let explicit = inside(&outer[kind.len()..], 0xa0);
    let signed = inside(explicit, 0x30);
    let mut before = Vec::new();
    let mut rest = signed;
    loop {
        // signerInfos is the SET behind the certificates.
        if rest[0] == 0x31 && before.last() == Some(&0xa0) {
            break;
        }
        let one = value(rest);
        before.push(one[0]);
        rest = &rest[one.len()..];
    }
    let head = &signed[..signed.len() - rest.len()];
    let signed = wrap(0x30, &[head, &wrap(0xa1, lists), rest].concat());
    wrap(0x30, &[kind, &wrap(0xa0, &signed)].concat())
}

fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            (2 + count, der[2..2 + count].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)))
        }
    }
}

fn value(der: &[u8]) -> &[u8] {
    let (start, length) = header(der);
    &der[..start + length]
}

fn inside(der: &[u8], tag: u8) -> &[u8] {
    assert_eq!(der[0], tag);
    let (start, length) = header(der);
    &der[start..start + length]
}

fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}
