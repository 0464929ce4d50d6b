//! A workshop for tests: certificates made by the real OpenSSL, in a folder that goes away.

use std::path::PathBuf;
use std::process::Command;

use super::{Certificate, certificate_file};

pub(crate) struct OpenSsl(tempfile::TempDir);

/// Extensions of an authority.
pub(crate) const AUTHORITY: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";

/// Extensions of a person.
pub(crate) const PERSON: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyAgreement\n\
    extendedKeyUsage=emailProtection\nsubjectAltName=email:robin@example.org\n";

impl OpenSsl {
    /// `None` where there is no openssl, which is said.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: openssl not found");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(file), content).unwrap();
    }

    /// Runs `openssl` with these words in the folder; what it printed.
    pub(crate) fn run(&self, words: &[&str]) -> Vec<u8> {
        let output = Command::new("openssl").args(words).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].concat()
    }

    /// NAME.pem, with the key NAME.key if that is there and a new P-256 key else, issued by `issuer` or by itself.
    pub(crate) fn certificate(
        &self,
        name: &str,
        subject: &str,
        issuer: Option<&str>,
        extensions: &str,
    ) -> Certificate {
        self.with(
            name,
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            subject,
            issuer,
            extensions,
            &[],
        )
    }

    /// As [`Self::certificate`], with the words for a new key and for signing.
    pub(crate) fn with(
        &self,
        name: &str,
        new_key: &[&str],
        subject: &str,
        issuer: Option<&str>,
        extensions: &str,
        signing: &[&str],
    ) -> Certificate {
        let file = |kind: &str| format!("{name}.{kind}");
        let (key, request, pem, ext) = (file("key"), file("csr"), file("pem"), file("ext"));
        let mut words = vec!["req", "-new", "-nodes", "-utf8", "-subj", subject, "-out", &request];
        if self.path(&key).exists() {
            words.extend(["-key", &key]);
        } else {
            words.extend(new_key);
            words.extend(["-keyout", &key]);
        }
        self.run(&words);
        self.write(&ext, extensions);
        let (above, above_key) = issuer.map(|i| (format!("{i}.pem"), format!("{i}.key"))).unwrap_or_default();
        let mut words = vec!["x509", "-req", "-in", &request, "-out", &pem, "-extfile", &ext];
        words.extend(if issuer.is_some() {
            vec!["-CA", &above, "-CAkey", &above_key]
        } else {
            vec!["-signkey", &key]
        });
        words.extend(signing);
        self.run(&words);
        certificate_file::read(&self.read(&pem)).unwrap().remove(0)
    }
}
