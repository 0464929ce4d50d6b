//! Sections 4.8 to 4.12: certificate policies, with the suite's default settings.

use waxseal::smime::asn1::{tag, writer};
use waxseal::smime::x509::path::PathError;

use crate::common::issuer::{Spec, extension, oid};
use crate::expect;

/// One certificate in a few words: the policies that it asserts (`P1`, `any`), how it maps them (`1>2`, `1>any`),
/// `RE0` requireExplicitPolicy, `IM0` inhibitPolicyMapping, `IA0` inhibitAnyPolicy, `self` for self-issued, `notice`
/// and `cps` for qualifiers.
fn spec(words: &str, authority: bool, place: usize) -> Spec {
    let name = format!("CN=Policies {place}");
    let mut spec = if authority { Spec::authority(&name) } else { Spec::person(&name) };
    let (mut policies, mut mappings, mut constraints) = (Vec::new(), Vec::new(), Vec::new());
    let number = |text: &str| text.parse::<u8>().unwrap();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if let Some((from, to)) = word.split_once('>') {
            mappings.extend(writer::sequence(&[&policy(from), &policy(to)]));
        } else if let Some(skip) = word.strip_prefix("RE") {
            constraints.extend(writer::value(0x80, &[&[number(skip)]]));
        } else if let Some(skip) = word.strip_prefix("IM") {
            constraints.extend(writer::value(0x81, &[&[number(skip)]]));
        } else if let Some(skip) = word.strip_prefix("IA") {
            spec = spec.with(extension("2.5.29.54", true, &writer::small_integer(number(skip))));
        } else if word == "self" {
            spec = spec.self_issued();
        } else if !["notice", "long", "cps"].contains(&word) {
            let qualifiers = qualifiers(words);
            policies.extend(writer::sequence(&[&policy(word), &qualifiers]));
        }
    }
    for (kind, content, critical) in
        [("2.5.29.32", policies, false), ("2.5.29.33", mappings, true), ("2.5.29.36", constraints, true)]
    {
        if !content.is_empty() {
            spec = spec.with(extension(kind, critical, &writer::sequence(&[&content])));
        }
    }
    spec
}

fn policy(word: &str) -> Vec<u8> {
    match word.trim_start_matches('P') {
        "any" => oid("2.5.29.32.0"),
        number => oid(&format!("2.16.840.1.101.3.2.1.48.{number}")),
    }
}

fn qualifiers(words: &str) -> Vec<u8> {
    let text = |length| writer::value(tag::UTF8_STRING, &["q".repeat(length).as_bytes()]);
    let notice = |length| writer::sequence(&[&oid("1.3.6.1.5.5.7.2.2"), &writer::sequence(&[&text(length)])]);
    let cps = writer::value(tag::IA5_STRING, &[b"http://example.org/cps"]);
    let list = if words.contains("notice") {
        notice(20)
    } else if words.contains("long") {
        notice(400)
    } else if words.contains("cps") {
        writer::sequence(&[&oid("1.3.6.1.5.5.7.2.1"), &cps])
    } else {
        return Vec::new();
    };
    writer::sequence(&[&list])
}

/// From below the anchor, with `|` between certificates.
#[track_caller]
fn each(table: &[(&str, &str, bool)]) {
    for (test, path, valid) in table {
        let certificates: Vec<&str> = path.split('|').map(str::trim).collect();
        let last = certificates.len() - 1;
        let specs = certificates.iter().enumerate();
        let specs = specs.map(|(place, words)| spec(words, place < last, place)).collect();
        let expected = if *valid { Ok(()) } else { Err(PathError::Policy) };
        expect(specs, expected, &format!("{test}: {path}"));
    }
}

#[test]
fn certificate_policies() {
    each(&[
        ("4.8.1", "P1|P1", true),
        ("4.8.2", "|", true),
        ("4.8.3", "P1|P2|P2", true),
        ("4.8.4", "P1|P1 RE0|P2", false),
        ("4.8.5", "P1|P2 RE0|P1", false),
        ("4.8.6", "P1 P2 P3 P4 RE0|P1 P2 P3|P1 P2|P1", true),
        ("4.8.7", "P1 P2 P3 RE0|P1 P2|P1|P2", false),
        ("4.8.8", "P1 P2 RE0|P1|P2|P1", false),
        ("4.8.9", "P1 P2 P3 RE0|P1 P2|P2|P1|P1", false),
        ("4.8.10", "P1 P2 RE0|P1 P2", true),
        ("4.8.11", "any RE0|any", true),
        ("4.8.12", "P3 RE0|P4", false),
        ("4.8.13", "P1 P2 P3 RE0|P1 P2 P3", true),
        ("4.8.14", "any RE0|P1", true),
        ("4.8.15", "P1 notice", true),
        ("4.8.16", "P1|P1 P2 notice", true),
        ("4.8.17", "P1 RE0|any notice", true),
        ("4.8.18", "P1 P2 RE0|P1 any notice", true),
        ("4.8.19", "P1 long", true),
        ("4.8.20", "P1|P1 cps", true),
    ]);
}

#[test]
fn require_explicit_policy() {
    each(&[
        ("4.9.1", "P1 RE10|P1|P1|P1|", true),
        ("4.9.2", "P1 RE5|P1|P1|P1|", true),
        ("4.9.3", "P1 RE4|P1|P1|P1|", false),
        ("4.9.4", "P1 RE0|P1|P1|P1|P1", true),
        ("4.9.5", "P1 RE7|P1 RE2|P1 RE4|P1|", false),
        ("4.9.6", "P1 RE2|P1 self|", true),
        ("4.9.7", "P1 RE2|P1 self|P1|", false),
        ("4.9.8", "P1 RE2|P1 self|P1|P1 self|", false),
        // The last certificate may ask for itself (RFC 5280 section 6.1.5, b).
        ("required at the end", "P1|RE0", false),
        ("required and met at the end", "P1|P1 RE0", true),
        ("required after the end", "|RE1", true),
        ("none below the first", "RE0|P1", false),
    ]);
}

#[test]
fn policy_mappings() {
    each(&[
        ("4.10.1", "P1 1>2 RE0|P2", true),
        ("4.10.2", "P1 1>2 RE0|P1", false),
        ("4.10.3", "P1 P2 1>3 RE0|P2 2>4|P4 4>5|P5", true),
        ("4.10.4", "P1 P2 1>3 RE0|P2 2>4|P4 4>5|P3", false),
        ("4.10.5", "P1 1>2 1>3 1>4 RE0|P2 P3 P4 2>5 4>6|P5", true),
        ("4.10.6", "P1 1>2 1>3 1>4 RE0|P2 P3 P4 2>5 4>6|P6", true),
        ("4.10.7", "P1 any>1 RE0|P1", false),
        ("4.10.8", "P1 1>any RE0|P1", false),
        ("4.10.9", "any 1>2 RE0|P1", true),
        ("4.10.10", "P1 RE0|any 1>2|P1", false),
        ("4.10.11", "P1 RE0|any 1>2|P2", true),
        ("4.10.12, 1", "P1 P2 1>3 RE0|any P3 notice", true),
        ("4.10.13", "P1 any 1>2 RE0 notice|P2", true),
        ("4.10.14", "P1 any 1>2 RE0 notice|P1", true),
        // Not even where no policy is asked for (RFC 5280 section 6.1.4, a).
        ("from any", "P1 any>1|P1", false),
        ("to any", "P1 1>any|P1", false),
        ("a mapping of what is not valid", "P1 RE0|P1 3>4|P4", false),
    ]);
}

#[test]
fn inhibit_policy_mapping() {
    each(&[
        ("4.11.1", "P1 RE0 IM0|P1 1>2|P1 P2", false),
        ("4.11.2", "P1 P2 RE0 IM1|P1 P2 1>3 2>4|P3", true),
        ("4.11.3", "P1 P2 RE0 IM1|P1 P2 1>3 2>4|P3 P4 3>5|P5", false),
        ("4.11.4", "P1 P2 RE0 IM1|P1 P2 1>3 2>4|P3 P4 3>5|P4", true),
        ("4.11.5", "P1 RE0 IM5|P1 IM1|P1|P1 1>2|P2", false),
        ("4.11.6", "P1 P2 RE0 IM1|P1 P2 IM5|P1 P2 1>3|P3", false),
        ("4.11.7", "P1 RE0 IM1|P1 self|P1 1>2|P2", true),
        ("4.11.8", "P1 RE0 IM1|P1 self|P1 1>2|P2 2>3|P3", false),
        ("4.11.9", "P1 RE0 IM1|P1 self|P1 1>2|P2 2>3|P2", false),
        ("4.11.10", "P1 RE0 IM1|P1 self|P1 1>2|P2 2>3 self|P3", false),
        ("4.11.11", "P1 RE0 IM1|P1 self|P1 1>2|P2 2>3 self|P2", false),
    ]);
}

#[test]
fn inhibit_any_policy() {
    each(&[
        ("4.12.1", "P1 RE0 IA0|any", false),
        ("4.12.2", "P1 RE0 IA0|any P1", true),
        ("4.12.3", "P1 RE0 IA1|any|P1", true),
        ("4.12.4", "P1 RE0 IA1|any|any", false),
        ("4.12.5", "P1 RE0 IA5|P1 IA1|P1|any", false),
        ("4.12.6", "P1 RE0 IA1|P1 IA5|any", false),
        ("4.12.7", "P1 RE0 IA1|P1 self|any|P1", true),
        ("4.12.8", "P1 RE0 IA1|P1 self|any|any|P1", false),
        ("4.12.9", "P1 RE0 IA1|P1 self|any|any self|P1", true),
        ("4.12.10", "P1 RE0 IA1|P1 self|any|any self", false),
    ]);
}

#[test]
fn what_is_said_of_policies_must_be_readable() {
    let odd = |kind: &str, critical| {
        let authority = Spec::authority("Odd").with(extension(kind, critical, &[5, 0]));
        vec![authority, Spec::person("Person")]
    };
    expect(odd("2.5.29.32", false), Ok(()), "policies that nobody asks for");
    expect(odd("2.5.29.32", true), Err(PathError::UnknownCritical), "critical policies");
    for kind in ["2.5.29.33", "2.5.29.36", "2.5.29.54"] {
        expect(odd(kind, false), Err(PathError::Policy), kind);
        expect(odd(kind, true), Err(PathError::UnknownCritical), kind);
    }
    // A critical qualifier must be understood (RFC 5280 section 4.2.1.4).
    let qualifier = writer::sequence(&[&writer::sequence(&[&oid("1.2.3.4"), &[5, 0]])]);
    let policies = writer::sequence(&[&writer::sequence(&[&policy("1"), &qualifier])]);
    for (critical, expected, about) in [
        (false, Ok(()), "an unknown qualifier"),
        (true, Err(PathError::UnknownCritical), "an unknown critical qualifier"),
    ] {
        let person = Spec::person("Person").with(extension("2.5.29.32", critical, &policies));
        expect(vec![person], expected, about);
    }
}

/// The tree of RFC 5280 doubles with every level here; the graph of RFC 9618 does not.
#[test]
fn mappings_that_multiply_end() {
    let all: Vec<String> = (1..=50).map(|number| format!("P{number}")).collect();
    let every: Vec<String> =
        (1..=30).flat_map(|from| (1..=30).map(move |to| format!("{from}>{to}"))).collect();
    let level = format!("{} {}", all.join(" "), every.join(" "));
    let path = format!("{} RE0|{level}|{level}|{level}|{level}|{level}|P7", all.join(" "));
    let started = std::time::Instant::now();
    each(&[("valid", &path, true), ("invalid", &path.replace("|P7", "|P60"), false)]);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
