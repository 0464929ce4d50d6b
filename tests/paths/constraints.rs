//! Section 4.13: name constraints, and a table of every form of name.

use waxseal::smime::asn1::writer;
use waxseal::smime::x509::path::PathError;

use crate::common::issuer::{Spec, alternative_names, dn, extension, general_name, name_constraints};
use crate::expect;

const ONE: &str = "C=US,O=Test,OU=permittedSubtree1";
const TWO: &str = "C=US,O=Test,OU=permittedSubtree2";
const OUT: &str = "C=US,O=Test,OU=excludedSubtree";

fn authority(name: &str, permitted: &[&str], excluded: &[&str]) -> Spec {
    Spec::authority(name).with(name_constraints(permitted, excluded))
}

/// A person of this name, with these names in subjectAltName.
fn person(subject: &str, names: &[&str]) -> Spec {
    let person = Spec { subject: dn(subject), ..Spec::person("") };
    // An empty subject would be the issuer's in the kit.
    let person = if subject.is_empty() { Spec { subject: writer::sequence(&[]), ..person } } else { person };
    let names: Vec<Vec<u8>> = names.iter().map(|name| general_name(name)).collect();
    if names.is_empty() { person } else { person.with(alternative_names(&names)) }
}

const NO: Result<(), PathError> = Err(PathError::NameConstraints);

#[test]
fn directory_names() {
    let below = |base: &str| format!("{base},CN=Person");
    let dn = |base: &str| format!("dn:{base}");
    let (one, two, out) = (dn(ONE), dn(TWO), dn(OUT));
    let deeper = dn(&format!("{ONE},OU=excludedSubtree1"));
    let sub_name = format!("{ONE},CN=Sub");
    let dn1 = || authority("DN1 CA", &[&one], &[]);
    let dn3 = || authority("DN3 CA", &[], &[&out]);
    let sub = |subject: &str, permitted: &[&str], excluded: &[&str]| Spec {
        subject: crate::common::issuer::dn(subject),
        ..authority("", permitted, excluded)
    };
    let inside = || person(&below(ONE), &[]);
    for (specs, expected, about) in [
        (vec![dn1(), inside()], Ok(()), "4.13.1"),
        (vec![dn1(), person(&below(OUT), &[])], NO, "4.13.2"),
        (vec![dn1(), person(&below(ONE), &[&dn(&below(OUT))])], NO, "4.13.3"),
        (vec![dn1(), person(&below(ONE), &["email:a@example.org"])], Ok(()), "4.13.4"),
        (
            vec![authority("DN2 CA", &[&one, &two], &[]), person(&below(ONE), &[&dn(&below(TWO))])],
            Ok(()),
            "4.13.5",
        ),
        (vec![dn3(), person(&below(ONE), &[])], Ok(()), "4.13.6"),
        (vec![dn3(), person(&below(OUT), &[])], NO, "4.13.7"),
        (vec![authority("DN4 CA", &[], &[&out, &two]), person(&below(OUT), &[])], NO, "4.13.8"),
        (vec![authority("DN4 CA", &[], &[&out, &two]), person(&below(TWO), &[])], NO, "4.13.9"),
        (
            vec![
                authority("DN5 CA", &[&one], &[&deeper]),
                person(&below(&format!("{ONE},OU=excludedSubtree1")), &[]),
            ],
            NO,
            "4.13.10",
        ),
        (vec![authority("DN5 CA", &[&one], &[&deeper]), inside()], Ok(()), "4.13.11"),
        (
            vec![dn1(), sub(&sub_name, &[&dn(&format!("{ONE},OU=permittedSubtree3"))], &[]), inside()],
            NO,
            "4.13.12",
        ),
        (vec![dn1(), sub(&sub_name, &[&two], &[]), inside()], NO, "4.13.13"),
        (vec![dn1(), sub(&sub_name, &[&two], &[]), person("", &["email:a@example.org"])], Ok(()), "4.13.14"),
        (vec![dn3(), sub(&sub_name, &[], &[&two]), person(&below(OUT), &[])], NO, "4.13.15"),
        (vec![dn3(), sub(&sub_name, &[], &[&two]), person(&below(TWO), &[])], NO, "4.13.16"),
        (vec![dn3(), sub(&sub_name, &[&dn("C=US,O=Test")], &[]), person(&below(OUT), &[])], NO, "4.13.17"),
        (vec![dn3(), sub(&sub_name, &[&dn("C=US,O=Test")], &[]), inside()], Ok(()), "4.13.18"),
        (vec![dn1(), Spec::authority("").self_issued(), inside()], Ok(()), "4.13.19"),
        (vec![dn1(), Spec::person("").self_issued()], NO, "4.13.20"),
        (vec![dn1(), person(&below(&ONE.to_uppercase().replace("C=US,O", "C=us,O")), &[])], Ok(()), "folded"),
    ] {
        expect(specs, expected, about);
    }
}

#[test]
fn addresses_hosts_and_places() {
    const MAIL1: &[&str] = &["email:.testcertificates.gov"];
    const MAIL2: &[&str] = &["email:testcertificates.gov"];
    const DNS1: &[&str] = &["dns:testcertificates.gov"];
    const DNS2: &[&str] = &["dns:invalidcertificates.gov"];
    const URI1: &[&str] = &["uri:.testcertificates.gov"];
    const URI2: &[&str] = &["uri:invalidcertificates.gov"];
    for (test, permitted, excluded, name, good) in [
        ("4.13.21", MAIL1, &[][..], "email:Test21EE@mailserver.testcertificates.gov", true),
        ("4.13.22", MAIL1, &[], "email:Test22EE@testcertificates.gov", false),
        ("4.13.23", MAIL2, &[], "email:Test23EE@testcertificates.gov", true),
        ("4.13.24", MAIL2, &[], "email:Test24EE@mailserver.testcertificates.gov", false),
        ("4.13.25", &[], MAIL2, "email:Test25EE@mailserver.testcertificates.gov", true),
        ("4.13.26", &[], MAIL2, "email:Test26EE@testcertificates.gov", false),
        ("4.13.30", DNS1, &[], "dns:testserver.testcertificates.gov", true),
        ("4.13.31", DNS1, &[], "dns:testserver.invalidcertificates.gov", false),
        ("4.13.32", &[], DNS2, "dns:testserver.testcertificates.gov", true),
        ("4.13.33", &[], DNS2, "dns:testserver.invalidcertificates.gov", false),
        ("4.13.34", URI1, &[], "uri:http://testserver.testcertificates.gov/index.html", true),
        ("4.13.35", URI1, &[], "uri:http://testcertificates.gov/index.html", false),
        ("4.13.36", &[], URI2, "uri:http://testserver.invalidcertificates.gov/index.html", true),
        ("4.13.37", &[], URI2, "uri:ftp://invalidcertificates.gov:21/test37/", false),
        ("4.13.38", DNS1, &[], "dns:mytestcertificates.gov", false),
        ("a mailbox", &["email:a@example.org"], &[], "email:a@EXAMPLE.org", true),
        ("another mailbox", &["email:a@example.org"], &[], "email:b@example.org", false),
        ("not within any", &["email:example.com", "email:example.net"], &[], "email:a@example.org", false),
        ("within one", &["email:example.com", "email:example.org"], &[], "email:a@example.org", true),
        ("within both", &["email:example.org"], &["email:a@example.org"], "email:a@example.org", false),
        ("no address at all", &["email:a@example.org"], &[], "dns:example.org", true),
        ("none is good enough", &[], &["email:"], "email:a@example.org", false),
        ("an address that is none", &["email:example.org"], &[], "email:a@b@example.org", false),
        ("a constraint that is none", &["email:a@b@example.org"], &[], "email:a@example.org", false),
        ("and another name", &["email:a@b@example.org"], &[], "dns:example.org", true),
        ("beyond ASCII", &["email:example.org"], &[], "utf8:jörg@example.org", true),
        ("beyond ASCII, outside", &["email:example.org"], &[], "utf8:jörg@example.com", false),
        ("beyond ASCII, excluded", &[], &["email:.example.org"], "utf8:jörg@mail.example.org", false),
        ("a host beyond ASCII", &["email:example.org"], &[], "utf8:jörg@dömäin.example", false),
        ("an IP address", &["ip:c0000200ffffff00"], &[], "ip:c0000207", true),
        ("an IP address outside", &["ip:c0000200ffffff00"], &[], "ip:c0000307", false),
        ("an IP address of six", &["ip:c0000200ffffff00"], &[], "ip:20010db8000000000000000000000001", false),
        ("an otherName", &[], &["other:x"], "other:y", false),
        ("another otherName", &[], &["other:x"], "utf8:jörg@example.org", true),
        ("no otherName", &[], &["other:x"], "email:a@example.org", true),
    ] {
        let specs = vec![authority("CA", permitted, excluded), person("CN=Person", &[name])];
        expect(specs, if good { Ok(()) } else { NO }, test);
    }
}

#[test]
fn names_and_addresses_together() {
    let dn1 = || authority("DN1 CA", &[&format!("dn:{ONE}")], &[]);
    let sub =
        |permitted: &[&str]| Spec { subject: dn(&format!("{ONE},CN=Sub")), ..authority("", permitted, &[]) };
    let mail = &["email:.testcertificates.gov"];
    let inside = |more: &str| format!("{ONE},CN=Person{more}");
    for (specs, expected, about) in [
        (
            vec![dn1(), sub(mail), person(&inside(""), &["email:t@mailserver.testcertificates.gov"])],
            Ok(()),
            "4.13.27",
        ),
        (vec![dn1(), sub(mail), person(&inside(""), &["email:t@invalidcertificates.gov"])], NO, "4.13.28"),
        (vec![dn1(), sub(mail), person(&inside(",E=t@invalidcertificates.gov"), &[])], NO, "4.13.29"),
        (
            vec![dn1(), sub(mail), person(&inside(",E=t@mail.testcertificates.gov"), &[])],
            Ok(()),
            "4.13.29 from inside",
        ),
        // Where subjectAltName has no address, the subject's is the certificate's.
        (
            vec![dn1(), sub(mail), person(&inside(",E=t@invalidcertificates.gov"), &["dns:example.org"])],
            NO,
            "beside another kind of name",
        ),
    ] {
        expect(specs, expected, about);
    }
}

#[test]
fn constraints_of_every_authority_hold() {
    // The anchor's, too; and for the names of authorities in between.
    let person = || person("CN=Person", &["email:a@example.org"]);
    let outside = [alternative_names(&[general_name("email:ca@example.com")])];
    let named = Spec {
        extensions: [Spec::authority("").extensions, outside.to_vec()].concat(),
        ..Spec::authority("CA")
    };
    let constrained = || authority("Root", &["email:example.org"], &[]);
    expect(vec![constrained(), Spec::authority("CA"), person()], Ok(()), "no address in between");
    expect(vec![constrained(), named.clone(), person()], NO, "an address in between");
    let renewed = Spec { extensions: named.extensions, ..Spec::authority("").self_issued() };
    expect(vec![constrained(), renewed, person()], Ok(()), "a self-issued one");
    for (content, about) in [
        (&[5, 0][..], "constraints that are no list"),
        (&writer::sequence(&[]), "constraints without a subtree"),
    ] {
        let odd = Spec::authority("CA").with(extension("2.5.29.30", false, content));
        expect(vec![odd, person()], NO, about);
    }
}
