//! Somebody who uses NSS, the library of Thunderbird and Firefox: a database with keys and certificates.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{PASSWORD, Run, installed, os, run, scratch};

/// Are NSS's programs on this machine? If not, says so.
pub fn nss_installed() -> bool {
    ["certutil", "cmsutil", "pk12util"].into_iter().all(installed)
}

/// A throw-away database without a password.
pub struct Nss {
    folder: TempDir,
}

impl Default for Nss {
    fn default() -> Self {
        Self::new()
    }
}

impl Nss {
    /// An empty one.
    pub fn new() -> Self {
        let nss = Self { folder: scratch() };
        nss.certutil([os("-N"), os("--empty-password")]).succeeds();
        nss
    }

    /// A path in the database's folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the database's folder.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// `pk12util -i FILE`, under this password.
    pub fn import_p12_under(&self, file: &Path, password: &str) -> Run {
        self.run("pk12util", [os("-i"), file.as_os_str(), os("-W"), os(password), os("-K"), os("")])
    }

    /// Takes over a .p12 file with the usual password, and believes the certificate called `nickname`.
    #[track_caller]
    pub fn import_p12(&self, file: &Path, nickname: &str) {
        self.import_p12_under(file, PASSWORD).succeeds();
        self.trust(nickname, "Pu,Pu,Pu");
    }

    /// Takes over a certificate, PEM or DER. "P,P,P" believes one that stands for itself, "CT,C,C" an authority.
    #[track_caller]
    pub fn add(&self, nickname: &str, certificate: &Path, trust: &str) {
        let words = [os("-A"), os("-n"), os(nickname), os("-t"), os(trust)];
        let file = [os("-i"), certificate.as_os_str()];
        let pem = std::fs::read(certificate).unwrap().starts_with(b"-----").then_some(os("-a"));
        self.certutil(words.into_iter().chain(file).chain(pem)).succeeds();
    }

    /// Sets how far a certificate is believed.
    #[track_caller]
    pub fn trust(&self, nickname: &str, trust: &str) {
        self.certutil([os("-M"), os("-n"), os(nickname), os("-t"), os(trust)]).succeeds();
    }

    /// `certutil …` on this database.
    #[track_caller]
    pub fn certutil<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Run {
        self.run("certutil", arguments)
    }

    /// `cmsutil …` on this database; file names among the arguments are relative to its folder.
    #[track_caller]
    pub fn cmsutil(&self, arguments: &[&str]) -> Run {
        self.run("cmsutil", arguments.iter().map(|argument| os(argument)))
    }

    /// `pk12util …` on this database; file names among the arguments are relative to its folder.
    #[track_caller]
    pub fn pk12util(&self, arguments: &[&str]) -> Run {
        self.run("pk12util", arguments.iter().map(|argument| os(argument)))
    }

    #[track_caller]
    fn run<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Run {
        run(Command::new(program)
            .args(arguments)
            .args(["-d", "sql:."])
            .current_dir(self.folder.path())
            .stdin(Stdio::null()))
    }
}
