//! Section 4.3: chains of names (RFC 5280 section 7.1).

use waxseal::smime::asn1::writer;
use waxseal::smime::x509::path::{PathError, PathOutcome};

use crate::build;
use crate::common::issuer::{Party, Spec, dn, dn_in};

const PRINTABLE: u8 = 0x13;
const T61: u8 = 0x14;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

/// A certificate whose issuer is written as `issuer`, below an authority called `subject`.
fn found(subject: Vec<u8>, issuer: Vec<u8>) -> bool {
    let root = Party::root(Spec::authority("Anchor"));
    let authority = root.issue(Spec { subject, ..Spec::authority("") });
    let person = authority.issue(Spec { issuer: Some(issuer), ..Spec::person("Person") });
    match build(&person.certificate, &[authority.certificate], &[root.certificate]) {
        PathOutcome::Valid(_) => true,
        PathOutcome::None(PathError::NoIssuer) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_that_are_the_same() {
    for (subject, issuer, about) in [
        (dn("O=Test,CN=Good CA"), dn("O=Test,CN=Good   CA"), "4.3.3"),
        (dn("O=Test,CN=Good CA"), dn("O=Test,CN=  Good CA "), "4.3.4"),
        (dn("O=Test,CN=Good CA"), dn("O=TEST,CN=gOOD ca"), "4.3.5"),
        (
            dn("DC=gov,DC=testcertificates,C=US,2.5.4.5=345,2.5.4.8=Maryland,2.5.4.46=q,CN=RFC3280"),
            dn("DC=GOV,DC=testcertificates,C=us,2.5.4.5=345,2.5.4.8=maryland,2.5.4.46=q,CN=rfc3280"),
            "4.3.7",
        ),
        (
            dn("C=US,2.5.4.7=Gaithersburg,2.5.4.4=CA,2.5.4.42=John,2.5.4.43=Q,2.5.4.44=III,2.5.4.65=Fic"),
            dn("C=US,2.5.4.7=gaithersburg,2.5.4.4=ca,2.5.4.42=john,2.5.4.43=q,2.5.4.44=iii,2.5.4.65=fic"),
            "4.3.8",
        ),
        (dn("O=Test,CN=UTF8 CA"), dn("O=Test,CN=UTF8 CA"), "4.3.9"),
        (dn_in(PRINTABLE, "O=Test,CN=Rollover CA"), dn("O=Test,CN=Rollover CA"), "4.3.10"),
        (dn("CN=UTF8  case CA"), dn("CN=utf8 CASE ca"), "4.3.11"),
        (dn("CN=Jörg Müller"), dn_in(BMP, "CN=JÖRG  MÜLLER"), "BMPString"),
        (dn("CN=Jörg Müller"), dn_in(T61, "CN=Jörg müller"), "T61String"),
        (dn("CN=Jörg Müller"), dn_in(UNIVERSAL, "CN=jörg müller"), "UniversalString"),
        (dn("CN=Jo\u{308}rg"), dn("CN=J\u{f6}rg"), "two ways to write a letter"),
        (dn("CN=Straße"), dn("CN=STRASSE"), "folded"),
        (dn("CN=ΣΊΣΥΦΟΣ"), dn("CN=σίσυφος"), "the sigma at the end"),
        (dn("CN=a\u{ad}b"), dn("CN=ab"), "a soft hyphen"),
    ] {
        assert!(found(subject, issuer), "{about}");
    }
}

#[test]
fn an_empty_name_is_nobodys() {
    let empty = writer::sequence(&[]);
    let root = Party::root(Spec { subject: empty.clone(), ..Spec::authority("") });
    let person = root.issue(Spec { issuer: Some(empty), ..Spec::person("Person") });
    let outcome = build(&person.certificate, &[], &[root.certificate]);
    assert_eq!(outcome, PathOutcome::None(PathError::NotAnAuthority));
}

#[test]
fn names_that_are_not() {
    for (subject, issuer, about) in [
        (dn("O=Test,CN=Good CA"), dn("O=Test,CN=Good CA Root"), "4.3.1"),
        (dn("OU=Organizational Unit A,OU=B"), dn("OU=B,OU=Organizational Unit A"), "4.3.2"),
        (dn("CN=GoodCA"), dn("CN=Good CA"), "a space more"),
        (dn("CN=Good CA"), dn("O=Good CA"), "another attribute"),
        (dn("CN=Good CA"), dn("CN=Good CA,CN=Good CA"), "once more"),
        (dn("CN=Jörg"), dn("CN=Jorg"), "an accent"),
    ] {
        assert!(!found(subject, issuer), "{about}");
    }
}
