//! The same rules from outside: signed mails, and what `open` makes of who vouches for the signer.

use std::path::Path;

use serde_json::Value;
use waxseal::smime::asn1::{tag, writer};
use waxseal::smime::x509::{Certificate, certificate_file};

use crate::common::issuer::{
    Party, Spec, alternative_names, dn, extension, general_name, name_constraints, oid,
};
use crate::common::{Profile, installed, openssl, os};

const ROBIN: &str = "robin@example.org";

fn robin() -> Spec {
    Spec::person("Robin").with(alternative_names(&[general_name(&format!("email:{ROBIN}"))]))
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = base64_simd::STANDARD.encode_to_string(der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

/// What `open` says of a mail that OpenSSL signed with this key, the chain with it.
fn opened(profile: &Profile, signer: &Path, key: &Path, chain: &[Certificate]) -> Value {
    let chain: String = chain.iter().map(certificate_file::to_pem).collect();
    let (chain, text) =
        (profile.file("chain.pem", chain), profile.file("text", "Content-Type: text/plain\r\n\r\nHello\r\n"));
    let out = profile.path("signed.eml");
    openssl([
        os("cms"),
        os("-sign"),
        os("-in"),
        text.as_os_str(),
        os("-signer"),
        signer.as_os_str(),
        os("-inkey"),
        key.as_os_str(),
        os("-certfile"),
        chain.as_os_str(),
        os("-md"),
        os("sha256"),
        os("-from"),
        os(ROBIN),
        os("-to"),
        os("alex@example.com"),
        os("-subject"),
        os("Hello"),
        os("-out"),
        out.as_os_str(),
    ]);
    profile.open(&out).exits(3).json()
}

fn trusting(anchor: &Certificate) -> Profile {
    let profile = Profile::new();
    let file = profile.file("anchor.cer", anchor.as_der());
    profile.run([os("trust"), os("add"), file.as_os_str()]).succeeds();
    profile
}

#[test]
fn who_vouches_for_the_signer_of_a_mail() {
    if !installed("openssl") {
        return;
    }
    let policy = writer::sequence(&[&writer::sequence(&[&oid("2.16.840.1.101.3.2.1.48.1")])]);
    let policies = || extension("2.5.29.32", false, &policy);
    let explicit = || extension("2.5.29.36", true, &writer::sequence(&[&writer::value(0x80, &[&[0]])]));
    let utc = |text: &str| writer::value(tag::UTC_TIME, &[text.as_bytes()]);
    let authority = || Spec::authority("CA");
    for (above, robin, trust, validity, about) in [
        (authority(), robin(), "ca", "valid", "a plain path"),
        (authority().with(explicit()).with(policies()), robin().with(policies()), "ca", "valid", "a policy"),
        (authority().with(explicit()).with(policies()), robin(), "untrusted", "valid", "no policy"),
        (authority().with(name_constraints(&["email:example.org"], &[])), robin(), "ca", "valid", "a name"),
        (
            authority().with(name_constraints(&["email:example.com"], &[])),
            robin(),
            "untrusted",
            "valid",
            "not for it",
        ),
        (authority().without("2.5.29.19"), robin(), "untrusted", "valid", "no authority"),
        (authority(), robin().dates(utc("200101000000Z"), utc("210101000000Z")), "ca", "expired", "ended"),
        (
            authority().dates(utc("200101000000Z"), utc("210101000000Z")),
            robin(),
            "untrusted",
            "valid",
            "the authority ended",
        ),
        (
            authority(),
            robin().with(extension("1.2.3.4", true, &[5, 0])),
            "untrusted",
            "valid",
            "nobody knows what",
        ),
        (authority(), Spec { serial: vec![0xff, 0x7f], ..robin() }, "ca", "valid", "a negative number"),
    ] {
        let root = Party::root(Spec { subject: dn("O=Household,CN=Root"), ..authority() });
        let above = root.issue(above);
        let robin = above.issue(robin);
        let profile = trusting(&root.certificate);
        let signer = profile.file("signer.pem", certificate_file::to_pem(&robin.certificate));
        let key = profile.file("key.pem", pem("PRIVATE KEY", robin.key.to_pkcs8_der().expose()));
        let opened = opened(&profile, &signer, &key, &[above.certificate]);
        let signature = &opened["signature"];
        assert_eq!(signature["state"], "valid", "{about}: {opened:#}");
        assert_eq!(signature["trust"], trust, "{about}: {opened:#}");
        assert_eq!(signature["validity"], validity, "{about}: {opened:#}");
    }
}

/// SHA-1 under the certificate: somebody vouches, and it may be forged.
#[test]
fn a_path_that_may_be_forged_says_so() {
    if !installed("openssl") {
        return;
    }
    let profile = Profile::new();
    let file = |name: &str| profile.path(name);
    let new = |name: &str, subject: &str, more: &[&str]| {
        let (key, out) = (file(&format!("{name}.key")), file(name));
        let mut words = vec![
            os("req"),
            os("-nodes"),
            os("-newkey"),
            os("ec"),
            os("-pkeyopt"),
            os("ec_paramgen_curve:P-256"),
        ];
        words.extend([os("-subj"), os(subject), os("-keyout"), key.as_os_str(), os("-out"), out.as_os_str()]);
        words.extend(more.iter().map(|word| os(word)));
        openssl(words);
    };
    new("root.pem", "/CN=Root", &["-x509", "-addext", "keyUsage=critical,keyCertSign"]);
    new("robin.csr", "/CN=Robin", &["-new"]);
    let ext = profile.file("ext", format!("subjectAltName=email:{ROBIN}\n"));
    let (csr, out) = (file("robin.csr"), file("robin.pem"));
    let (root, root_key) = (file("root.pem"), file("root.pem.key"));
    openssl([
        os("x509"),
        os("-req"),
        os("-sha1"),
        os("-in"),
        csr.as_os_str(),
        os("-CA"),
        root.as_os_str(),
        os("-CAkey"),
        root_key.as_os_str(),
        os("-extfile"),
        ext.as_os_str(),
        os("-out"),
        out.as_os_str(),
    ]);
    profile.run([os("trust"), os("add"), root.as_os_str()]).succeeds();
    let chain = certificate_file::read(&profile.read("root.pem")).unwrap();
    let opened = opened(&profile, &out, &file("robin.csr.key"), &chain);
    assert_eq!(opened["signature"]["trust"], "ca", "{opened:#}");
    let findings = opened["findings"].as_array().unwrap();
    let said = |finding: &Value| {
        finding["severity"] == "danger" && finding["text"].as_str().unwrap().contains("authority's signature")
    };
    assert!(findings.iter().any(said), "{opened:#}");
}
