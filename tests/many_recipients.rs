//! A note and a file for more than five hundred people.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::fs;

use common::{Profile, installed, openssl, os};
use getrandom::SysRng;
use jiff::Timestamp;
use rand_core::UnwrapErr;
use waxseal::smime::crypto::{KeyKind, PrivateKey};
use waxseal::smime::x509::issue::self_signed;

const PEOPLE: usize = 510;

fn pem(label: &str, der: &[u8]) -> String {
    let body = base64_simd::STANDARD.encode_to_string(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn five_hundred_people_can_read_it() {
    let robin = Profile::with_identity("Robin", "robin@example.org", "p256");
    let mut rng = UnwrapErr(SysRng);
    let (mut certificates, mut files, mut last) = (String::new(), Vec::new(), None);
    let addresses: Vec<String> = (0..PEOPLE).map(|number| format!("reader{number}@example.com")).collect();
    for address in &addresses {
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let name = [address.parse().unwrap()];
        let certificate = self_signed(address, &name, &key, Timestamp::now(), 30, &mut rng).unwrap();
        let certificate = pem("CERTIFICATE", certificate.as_der());
        files.push(robin.file(&format!("{address}.pem"), &certificate));
        certificates.push_str(&certificate);
        last = Some((pem("PRIVATE KEY", key.to_pkcs8_der().expose()), certificate));
    }
    let (key, certificate) = last.unwrap();
    robin.import_contact(&robin.file("all.pem", certificates));

    let file = robin.file("numbers.txt", "Seventeen, and four.\n");
    let out = robin.path("numbers.p7m");
    let mut arguments = vec![os("encrypt"), file.as_os_str(), os("--out"), out.as_os_str(), os("--to")];
    arguments.extend(addresses.iter().map(|address| os(address)));
    let took = robin.run(arguments).succeeds().took;
    println!("encrypt: {took:?}");

    let text = robin.file("text.txt", "For all of you.\n");
    let note = robin.path("note.eml");
    let mut arguments =
        vec![os("seal"), os("--from"), os("robin@example.org"), os("--text"), text.as_os_str()];
    arguments.extend([os("--out"), note.as_os_str(), os("--to")]);
    arguments.extend(addresses.iter().map(|address| os(address)));
    println!("seal: {:?}", robin.run(arguments).succeeds().took);

    let reader = Profile::new();
    let both = reader.file("both.pem", format!("{key}{certificate}"));
    reader.run([os("identity"), os("import"), both.as_os_str()]).succeeds();
    for profile in [&robin, &reader] {
        let run = profile.open(&note);
        println!("open: {:?}", run.took);
        let opened = run.exits(0).json();
        assert_eq!(opened["encryption"]["recipients"].as_array().unwrap().len(), PEOPLE + 1);
        assert_eq!(opened["headers"]["to"].as_array().unwrap().len(), PEOPLE);
        assert!(opened["text"].as_str().unwrap().contains("For all of you."), "{opened:#}");
        let plain = profile.path("plain.txt");
        profile.run([os("decrypt"), out.as_os_str(), os("--out"), plain.as_os_str()]).succeeds();
        assert_eq!(fs::read(plain).unwrap(), fs::read(&file).unwrap());
    }
    let closed = Profile::new().open(&note).fails().json();
    assert!(closed["error"]["cause"].as_str().unwrap().contains("503 more"), "{}", closed["error"]);

    if installed("openssl") {
        let plain = reader.path("openssl.txt");
        let (key, certificate) = (reader.file("key.pem", key), reader.file("certificate.pem", certificate));
        openssl([
            os("cms"),
            os("-decrypt"),
            os("-inform"),
            os("DER"),
            os("-in"),
            out.as_os_str(),
            os("-inkey"),
            key.as_os_str(),
            os("-recip"),
            certificate.as_os_str(),
            os("-binary"),
            os("-out"),
            plain.as_os_str(),
        ]);
        assert_eq!(fs::read(plain).unwrap(), fs::read(&file).unwrap());

        // And the other way round.
        let sealed = reader.path("openssl.p7m");
        let mut arguments = vec![os("cms"), os("-encrypt"), os("-aes-256-cbc"), os("-outform"), os("DER")];
        arguments.extend([os("-in"), file.as_os_str(), os("-binary"), os("-out"), sealed.as_os_str()]);
        arguments.extend(files.iter().map(|file| file.as_os_str()));
        openssl(arguments);
        let opened = reader.open(&sealed).exits(3).json();
        assert_eq!(opened["encryption"]["recipients"].as_array().unwrap().len(), PEOPLE, "{opened:#}");
        assert!(opened["text"].as_str().unwrap().contains("Seventeen"), "{opened:#}");
    }
}
