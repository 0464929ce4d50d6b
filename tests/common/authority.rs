//! A certificate authority with one level between its root and people, made with OpenSSL at run time.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{openssl, os, scratch};

const PERSON: &str = "basicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n";

/// Root and intermediate; both are RSA, so that every program reads them.
pub struct Authority {
    folder: TempDir,
    /// The root, PEM.
    pub root: PathBuf,
    /// The one that issues, PEM.
    pub intermediate: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let folder = scratch();
        let path = |file: &str| folder.path().join(file);
        let usage = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
        fs::write(path("authority.ext"), format!("{usage}authorityKeyIdentifier=keyid\n")).unwrap();
        fs::write(path("person.ext"), PERSON).unwrap();
        let (root, intermediate) = (path("root.pem"), path("intermediate.pem"));
        for (file, level) in [("root", "Root"), ("intermediate", "Issuing")] {
            let (key, request) = (path(&format!("{file}.key")), path(&format!("{file}.csr")));
            let subject = format!("/O=Example/CN={name} {level}");
            openssl(
                ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-utf8", "-subj", &subject, "-keyout"]
                    .map(os)
                    .into_iter()
                    .chain([key.as_os_str(), os("-out"), request.as_os_str()]),
            );
        }
        let authority = Self { folder, root, intermediate };
        let root_key = authority.path("root.key");
        authority.x509("root.csr", "authority.ext", &[os("-signkey"), root_key.as_os_str()], &authority.root);
        authority.issue("root", "intermediate.csr", "authority.ext", &authority.intermediate, &[]);
        authority
    }

    /// Signs a request with the extensions that it asks for; `out` is PEM.
    pub fn sign(&self, request: &Path, out: &Path) {
        let copy = [os("-copy_extensions"), os("copyall")];
        self.issue("intermediate", request, "person.ext", out, &copy);
    }

    /// A path in the authority's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn issue(
        &self,
        by: &str,
        request: impl AsRef<Path>,
        extensions: &str,
        out: &Path,
        more: &[&std::ffi::OsStr],
    ) {
        let (ca, key) = (self.path(&format!("{by}.pem")), self.path(&format!("{by}.key")));
        // Without a serial file OpenSSL draws a random number; a file would be shared by tests that run at once.
        let by = [os("-CA"), ca.as_os_str(), os("-CAkey"), key.as_os_str()];
        self.x509(request, extensions, &[&by[..], more].concat(), out);
    }

    fn x509(&self, request: impl AsRef<Path>, extensions: &str, signing: &[&std::ffi::OsStr], out: &Path) {
        let request = self.folder.path().join(request);
        let extensions = self.path(extensions);
        let words = [os("x509"), os("-req"), os("-sha256"), os("-days"), os("365"), os("-in")];
        let files =
            [request.as_os_str(), os("-extfile"), extensions.as_os_str(), os("-out"), out.as_os_str()];
        openssl(words.into_iter().chain(files).chain(signing.iter().copied()));
    }
}
