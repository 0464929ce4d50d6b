//! Somebody who uses GpgSM (Kleopatra, KMail): a home of their own with an agent, and nobody to ask.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::{PASSWORD, Peer, Run, installed, openssl, os, run};

/// Are its programs on this machine? If not, says so.
pub(crate) fn gpgsm_installed() -> bool {
    ["gpgsm", "gpg-agent", "openssl"].into_iter().all(installed)
}

/// A throw-away home. Its agent ends with it.
pub(crate) struct Gpgsm {
    home: TempDir,
}

impl Gpgsm {
    /// An empty one: no network, no revocation lists.
    pub(crate) fn new() -> Self {
        // Sockets have short names only, so this is not the folder of the build.
        let gpgsm = Self { home: tempfile::Builder::new().prefix("gpgsm-").tempdir().unwrap() };
        gpgsm.file("gpgsm.conf", "disable-dirmngr\ndisable-crl-checks\ndisable-policy-checks\n");
        gpgsm.file("gpg-agent.conf", "allow-loopback-pinentry\n");
        gpgsm.file("password", format!("{PASSWORD}\n"));
        gpgsm
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file in the home.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// `gpgsm …`; file names among the arguments are relative to the home. Whatever asks for a password gets the usual
    /// one.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let loopback = ["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase-fd", "0"];
        let password = File::open(self.path("password")).unwrap();
        run(self.program("gpgsm").args(loopback).args(arguments).stdin(password))
    }

    /// Imports a file with certificates, or a .p12 file with the usual password.
    #[track_caller]
    pub(crate) fn import(&self, file: &Path) -> Run {
        self.run(&["--import", file.to_str().unwrap()]).succeeds()
    }

    /// Believes a certificate (PEM) although nobody vouches for it, also one that is no authority's.
    #[track_caller]
    pub(crate) fn trust(&self, certificate: &Path) {
        let words = [os("x509"), os("-noout"), os("-fingerprint"), os("-sha1"), os("-in")];
        let printed = openssl(words.into_iter().chain([certificate.as_os_str()])).text();
        let fingerprint = printed.trim().rsplit('=').next().unwrap().replace(':', "");
        let list = OpenOptions::new().create(true).append(true).open(self.path("trustlist.txt"));
        writeln!(list.unwrap(), "{fingerprint} S relax").unwrap();
        self.stop_agent();
    }

    /// Gives this person a peer's EC key. GpgSM 2.2 imports none from a .p12 file (it ends in a crash, whoever wrote the
    /// file), so the key is laid where the agent keeps it.
    #[track_caller]
    pub(crate) fn lay_ec_key(&self, peer: &Peer, curve: &str) {
        self.import(&peer.certificate);
        let listed = self.run(&["--with-keygrip", "--with-colons", "-k", &peer.address]).succeeds().text();
        let grip = listed.lines().find(|line| line.starts_with("grp:")).unwrap();
        let grip = grip.split(':').nth(9).unwrap().to_owned();
        let words = [os("pkey"), os("-noout"), os("-text"), os("-in"), peer.key.as_os_str()];
        let text = openssl(words).text();
        let hex = |from: &str, to: &str| -> String {
            let part = text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap();
            part.chars().filter(char::is_ascii_hexdigit).collect()
        };
        let (secret, point) = (hex("priv:", "pub:"), hex("pub:", "ASN1"));
        let keys = self.path("private-keys-v1.d");
        fs::create_dir_all(&keys).unwrap();
        let key = format!("Key: (private-key (ecc (curve \"{curve}\")(q #{point}#)(d #{secret}#)))\n");
        fs::write(keys.join(format!("{grip}.key")), key).unwrap();
        self.trust(&peer.certificate);
    }

    fn stop_agent(&self) {
        let _ = self.program("gpgconf").args(["--kill", "all"]).stdin(Stdio::null()).output();
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .env("GNUPGHOME", self.home.path())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY")
            .env_remove("GPG_TTY")
            .current_dir(self.home.path());
        command
    }
}

impl Drop for Gpgsm {
    fn drop(&mut self) {
        self.stop_agent();
        let _ = self.program("gpgconf").arg("--remove-socketdir").stdin(Stdio::null()).output();
    }
}
