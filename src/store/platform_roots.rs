//! The authorities that this computer offers for mail.
//!
//! A root counts only where its platform says that it may vouch for mail. Fedora, Arch and their relatives say so in what p11-kit
//! keeps; Windows in the purposes of its root store. Debian's bundle follows the bit for web sites: it is named, and not used.
//! macOS has a bit for mail, too, but tells it only to code that is unsafe in Rust: nothing is read there.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::smime::Fingerprint;
use crate::smime::x509::Certificate;
use crate::smime::x509::certificate_file::{self, Contents};

/// Bundles that hold the roots for mail and nothing else.
const BUNDLES: [&str; 3] = [
    "etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem",
    "etc/ca-certificates/extracted/email-ca-bundle.pem",
    "etc/pki/tls/certs/email-ca-bundle.crt",
];

/// Folders of p11-kit. Those in /etc are the administrator's.
const SOURCES: [&str; 7] = [
    "usr/share/pki/ca-trust-source",
    "etc/pki/ca-trust/source",
    "usr/share/ca-certificates/trust-source",
    "etc/ca-certificates/trust-source",
    "usr/share/pki/trust",
    "etc/pki/trust",
    "etc/pki/anchors",
];

/// Bundles for web sites.
const FOR_WEB_SITES: [&str; 3] =
    ["etc/ssl/certs/ca-certificates.crt", "etc/ssl/cert.pem", "usr/local/share/certs/ca-root-nss.crt"];

/// Files of one folder that are read.
const FILES: usize = 2_000;

/// The roots of this computer.
#[derive(Debug, Clone, Default)]
pub struct PlatformRoots {
    /// Those that may vouch for mail.
    pub certificates: Vec<Certificate>,
    /// Where they stand.
    pub source: Option<PathBuf>,
    /// Where there are none for mail: a bundle that says nothing about mail, for the person to decide.
    pub unused: Option<PathBuf>,
}

impl PlatformRoots {
    /// Those of this computer.
    #[cfg(not(windows))]
    pub fn of_this_computer() -> Self {
        Self::below(Path::new("/"))
    }

    /// Those of this computer.
    #[cfg(windows)]
    pub fn of_this_computer() -> Self {
        use schannel::cert_context::{CertContext, ValidUses};
        use schannel::cert_store::CertStore;
        const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
        let store = |name| CertStore::open_current_user(name).ok();
        let all = |store: CertStore| store.certs().collect::<Vec<CertContext>>();
        let certificate = |root: &CertContext| Certificate::from_der(root.to_der()).ok();
        let for_mail = |root: &CertContext| match root.valid_uses() {
            Ok(ValidUses::All) => true,
            Ok(ValidUses::Oids(purposes)) => purposes.iter().any(|purpose| purpose == EMAIL_PROTECTION),
            Err(_) => false,
        };
        let distrusted: Vec<_> =
            store("Disallowed").map(all).unwrap_or_default().iter().filter_map(certificate).collect();
        let roots = store("ROOT").map(all).unwrap_or_default();
        let certificates: Vec<_> = roots
            .iter()
            .filter(|root| for_mail(root))
            .filter_map(certificate)
            .filter(|root| !distrusted.contains(root))
            .collect();
        let source = (!certificates.is_empty()).then(|| PathBuf::from("ROOT"));
        Self { certificates, source, unused: None }
    }

    /// Those of a computer whose files stand below `root`.
    #[cfg_attr(windows, allow(dead_code, reason = "Windows keeps its roots elsewhere"))]
    pub fn below(root: &Path) -> Self {
        for bundle in BUNDLES.map(|bundle| root.join(bundle)) {
            let contents = read(&bundle).unwrap_or_default();
            let certificates = for_mail(contents);
            if !certificates.is_empty() {
                return Self { certificates, source: Some(bundle), unused: None };
            }
        }
        let found = Sources::read(root);
        if !found.trusted.is_empty() {
            return Self { certificates: found.trusted, source: found.first, unused: None };
        }
        let unused = FOR_WEB_SITES.map(|bundle| root.join(bundle)).into_iter().find(|file| file.is_file());
        Self { certificates: Vec::new(), source: None, unused }
    }
}

/// What p11-kit's folders say.
#[derive(Default)]
struct Sources {
    trusted: Vec<Certificate>,
    first: Option<PathBuf>,
}

impl Sources {
    fn read(root: &Path) -> Self {
        let mut found = Self::default();
        let mut distrusted: HashSet<Fingerprint> = HashSet::new();
        for folder in SOURCES.map(|source| root.join(source)) {
            // A plain certificate beside the folders is only known, and neither trusted nor distrusted.
            let own =
                files(&folder).into_iter().filter(|file| file.extension().is_some_and(|e| e == "p11-kit"));
            let anchors = files(&folder.join("anchors"));
            for file in own.chain(anchors) {
                let Some(contents) = read(&file) else { continue };
                distrusted.extend(&contents.not_for_mail);
                let trusted = for_mail(contents);
                if !trusted.is_empty() {
                    found.first.get_or_insert_with(|| folder.clone());
                }
                found.trusted.extend(trusted);
            }
            for blocked in ["blocklist", "blacklist"] {
                for file in files(&folder.join(blocked)) {
                    let contents = read(&file).unwrap_or_default();
                    distrusted.extend(contents.certificates.iter().map(Certificate::fingerprint));
                }
            }
        }
        let mut seen = HashSet::new();
        found
            .trusted
            .retain(|root| !distrusted.contains(&root.fingerprint()) && seen.insert(root.fingerprint()));
        found
    }
}

fn for_mail(contents: Contents) -> Vec<Certificate> {
    let refused = contents.not_for_mail;
    let authorities = contents.certificates.into_iter().filter(Certificate::is_authority);
    authorities.filter(|root| !refused.contains(&root.fingerprint())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.take(FILES).filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn read(file: &Path) -> Option<Contents> {
    let mut octets = Vec::new();
    let most = certificate_file::MAX_LENGTH as u64;
    fs::File::open(file).ok()?.take(most).read_to_end(&mut octets).ok()?;
    Some(certificate_file::read_all(&octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smime::x509::certificate_file::to_pem;
    use crate::smime::x509::openssl::{AUTHORITY, OpenSsl, PERSON};

    fn place(root: &Path, file: &str, content: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn only_roots_for_mail_count() {
        let Some(openssl) = OpenSsl::start() else { return };
        let one = openssl.certificate("one", "/CN=One", None, AUTHORITY);
        let two = openssl.certificate("two", "/CN=Two", None, AUTHORITY);
        let person = openssl.certificate("person", "/CN=Person", Some("one"), PERSON);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let read = || PlatformRoots::below(root);
        assert!(read().certificates.is_empty() && read().unused.is_none());

        // Debian.
        place(root, "etc/ssl/certs/ca-certificates.crt", &to_pem(&one));
        assert!(read().certificates.is_empty());
        assert_eq!(read().unused, Some(root.join("etc/ssl/certs/ca-certificates.crt")));

        // Arch, before anything was extracted.
        let object = |certificate: &Certificate, attributes: &str| {
            format!("[p11-kit-object-v1]\n{attributes}{}\n", to_pem(certificate))
        };
        let mozilla = object(&one, "trusted: true\n") + &object(&two, "x-distrusted: true\n");
        place(root, "usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit", &mozilla);
        place(root, "usr/share/ca-certificates/trust-source/plain.pem", &to_pem(&two));
        assert_eq!(read().certificates, std::slice::from_ref(&one));
        assert_eq!(read().source, Some(root.join("usr/share/ca-certificates/trust-source")));
        assert_eq!(read().unused, None);
        // What the administrator blocks is blocked, what he adds is added.
        place(root, "etc/ca-certificates/trust-source/blocklist/one.pem", &to_pem(&one));
        assert!(read().certificates.is_empty());
        let three = openssl.certificate("three", "/CN=Three", None, AUTHORITY);
        let both = to_pem(&three) + &to_pem(&person);
        place(root, "etc/ca-certificates/trust-source/anchors/three.crt", &both);
        assert_eq!(read().certificates, std::slice::from_ref(&three));

        // Fedora has done the sum.
        place(root, "etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem", &to_pem(&two));
        assert_eq!(read().certificates, std::slice::from_ref(&two));
    }
}
