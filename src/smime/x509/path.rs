//! Paths from a certificate to an anchor that the person chose (RFC 5280 section 6).
//!
//! No policy is asked for and no revocation is looked up here. Every other rule of section 6.1 holds, and of two
//! readings of a certificate the one that allows less.

use jiff::Timestamp;

use super::certificate::{Certificate, Validity};
use super::extensions::{ExtendedKeyUsage, KeyUsage, Known};

mod constraints;

use constraints::Constraints;

/// Certificates in a path, both ends included.
const LENGTH: usize = 10;

/// Signatures that are checked for one question.
const SIGNATURES: usize = 200;

/// Names that are held against name constraints for one question.
const NAMES: usize = 100_000;

/// Where the search for a path ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathOutcome {
    /// From the certificate (first) to the anchor (last).
    Valid(Vec<Certificate>),
    /// The path is good but for the signer's own dates.
    OutsideOwnDates(Vec<Certificate>),
    /// No path; the reason that came closest.
    None(PathError),
}

/// Why a path leads nowhere. The later one came closer to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathError {
    /// Nobody at hand has the issuer's name.
    NoIssuer,
    /// The issuer's name is right, and its key is not.
    BadSignature,
    /// The issuer is no authority.
    NotAnAuthority,
    /// The issuer's key may not sign certificates.
    KeyUsage,
    /// More authorities than one of them, or this program, allows.
    PathLength,
    /// An authority's name constraints do not allow a name below it.
    NameConstraints,
    /// A critical extension that is not understood.
    UnknownCritical,
    /// Signed over a broken digest, or by a key that is too short.
    WeakAlgorithm,
    /// Not meant for mail.
    Purpose,
    /// An authority is outside its dates.
    Expired,
    /// The search was given up.
    Budget,
}

/// The best path at `time`. Bounded work: path length ≤ 10, ≤ 200 signature checks. `pool`: intermediates from the
/// message and the store.
///
/// A certificate that is an anchor itself needs no path. The certificate's own dates are judged apart.
pub fn build(
    certificate: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
) -> PathOutcome {
    if certificate.has_unknown_critical_extension() {
        return PathOutcome::None(PathError::UnknownCritical);
    }
    if !certificate.allows_email() {
        return PathOutcome::None(PathError::Purpose);
    }
    let mut search = Search {
        pool,
        anchors,
        time,
        signatures: SIGNATURES,
        names: NAMES,
        closest: (0, PathError::NoIssuer),
    };
    let mut path = vec![certificate.clone()];
    let found = if anchors.contains(certificate) { Ok(true) } else { search.extend(&mut path) };
    match (found, certificate.validity(time)) {
        (Ok(true), Validity::Valid) => PathOutcome::Valid(path),
        (Ok(true), Validity::NotYet | Validity::Expired) => PathOutcome::OutsideOwnDates(path),
        (Ok(false), _) => PathOutcome::None(search.closest.1),
        (Err(GivenUp), _) => PathOutcome::None(PathError::Budget),
    }
}

/// The budget is spent.
struct GivenUp;

struct Search<'a> {
    pool: &'a [Certificate],
    anchors: &'a [Certificate],
    time: Timestamp,
    signatures: usize,
    names: usize,
    closest: (usize, PathError),
}

impl Search<'_> {
    /// Grows `path` until an anchor is its last; true if that came to pass, else `path` is as it was.
    fn extend(&mut self, path: &mut Vec<Certificate>) -> Result<bool, GivenUp> {
        let Some(last) = path.last().cloned() else { return Ok(false) };
        let fits = |candidate: &&Certificate| candidate.subject() == last.issuer();
        let (anchors, pool) = (self.anchors, self.pool);
        let mut candidates: Vec<(bool, &Certificate)> =
            anchors.iter().filter(fits).map(|c| (true, c)).collect();
        candidates.extend(pool.iter().filter(fits).map(|c| (false, c)));
        // Anchors first, and whoever has the key that the certificate names.
        candidates.sort_by_key(|(anchor, candidate)| {
            let named = last.authority_key_id();
            (named.is_some() && candidate.subject_key_id() != named, !anchor)
        });
        self.closest = self.closest.max((path.len(), PathError::NoIssuer));
        for (anchor, candidate) in candidates {
            // The same name with the same key again is a circle.
            let same =
                |c: &Certificate| c.subject() == candidate.subject() && c.spki_der() == candidate.spki_der();
            if path.iter().any(same) {
                continue;
            }
            match self.check(path, candidate, anchor)? {
                Ok(()) => {
                    path.push(candidate.clone());
                    if anchor || self.extend(path)? {
                        return Ok(true);
                    }
                    path.pop();
                }
                Err(reason) => self.closest = self.closest.max((path.len(), reason)),
            }
        }
        Ok(false)
    }

    /// May `issuer` stand above `path`? The signature last: it costs most.
    fn check(
        &mut self,
        path: &[Certificate],
        issuer: &Certificate,
        anchor: bool,
    ) -> Result<Result<(), PathError>, GivenUp> {
        if path.len() >= LENGTH {
            return Ok(Err(PathError::PathLength));
        }
        if let Err(reason) = may_issue(issuer, anchor, path, self.time) {
            return Ok(Err(reason));
        }
        match issuer.name_constraints() {
            Known::Absent => {}
            Known::Unreadable => return Ok(Err(PathError::NameConstraints)),
            Known::Present(octets) => {
                let Ok(constraints) = Constraints::read(octets) else {
                    return Ok(Err(PathError::NameConstraints));
                };
                for (place, certificate) in path.iter().enumerate() {
                    // A self-issued authority renews its key under its own name (RFC 5280 section 6.1.3, b and c).
                    if place > 0 && certificate.is_self_issued() {
                        continue;
                    }
                    if !constraints.allow(certificate, &mut self.names).ok_or(GivenUp)? {
                        return Ok(Err(PathError::NameConstraints));
                    }
                }
            }
        }
        let Some(last) = path.last() else { return Ok(Err(PathError::NoIssuer)) };
        let weak =
            last.signature_scheme().and_then(|scheme| scheme.digest()).is_some_and(|digest| digest.is_weak());
        if weak || issuer.public_key().is_weak() {
            return Ok(Err(PathError::WeakAlgorithm));
        }
        self.signatures = self.signatures.checked_sub(1).ok_or(GivenUp)?;
        Ok(if last.is_signed_by(issuer) { Ok(()) } else { Err(PathError::BadSignature) })
    }
}

/// What the issuer says of itself (RFC 5280 section 6.1.4, k to o). An anchor that says nothing about being an
/// authority is one because the person chose it: version 1 roots have no extensions.
fn may_issue(
    issuer: &Certificate,
    anchor: bool,
    path: &[Certificate],
    time: Timestamp,
) -> Result<(), PathError> {
    let path_length = match issuer.basic_constraints() {
        Known::Present(constraints) if constraints.ca => constraints.path_length,
        Known::Absent if anchor => None,
        Known::Present(_) | Known::Absent | Known::Unreadable => return Err(PathError::NotAnAuthority),
    };
    if !issuer.key_usage().allows(|usage| KeyUsage::key_cert_sign(*usage)) {
        return Err(PathError::KeyUsage);
    }
    let authorities = path.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
    if path_length.is_some_and(|most| authorities > most as usize) {
        return Err(PathError::PathLength);
    }
    if issuer.has_unknown_critical_extension() {
        return Err(PathError::UnknownCritical);
    }
    if !issuer.extended_key_usage().allows(ExtendedKeyUsage::email) {
        return Err(PathError::Purpose);
    }
    match issuer.validity(time) {
        Validity::Valid => Ok(()),
        Validity::NotYet | Validity::Expired => Err(PathError::Expired),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::super::openssl::{AUTHORITY, OpenSsl, PERSON};
    use super::*;

    fn error(certificate: &Certificate, pool: &[Certificate], anchor: &Certificate) -> PathError {
        match build(certificate, pool, std::slice::from_ref(anchor), Timestamp::now()) {
            PathOutcome::None(error) => error,
            found => panic!("{found:?}"),
        }
    }

    fn days(days: i64) -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn a_path_through_an_intermediate_is_found_in_any_order() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
        let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), AUTHORITY);
        let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
        let stranger = openssl.certificate("stranger", "/CN=Middle", None, AUTHORITY);
        let pool = [person.clone(), stranger.clone(), root.clone(), middle.clone()];
        let whole = vec![person.clone(), middle.clone(), root.clone()];
        let now = Timestamp::now();
        assert_eq!(
            build(&person, &pool, std::slice::from_ref(&root), now),
            PathOutcome::Valid(whole.clone())
        );
        // An anchor need not be self-signed, and the certificate may be one itself.
        let short = vec![person.clone(), middle.clone()];
        assert_eq!(build(&person, &[], std::slice::from_ref(&middle), now), PathOutcome::Valid(short));
        let own = std::slice::from_ref(&person);
        assert_eq!(build(&person, &[], own, now), PathOutcome::Valid(own.to_vec()));
        assert_eq!(error(&person, &[], &root), PathError::NoIssuer);
        assert_eq!(error(&person, &[], &stranger), PathError::BadSignature);
        assert_eq!(build(&person, &pool, &[], now), PathOutcome::None(PathError::NoIssuer));
    }

    #[test]
    fn the_own_dates_are_judged_apart() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-days", "100"]);
        let person = openssl.with("person", &EC, "/CN=Person", Some("root"), PERSON, &["-days", "10"]);
        let path = vec![person.clone(), root.clone()];
        let anchors = std::slice::from_ref(&root);
        assert_eq!(build(&person, &[], anchors, days(5)), PathOutcome::Valid(path.clone()));
        assert_eq!(build(&person, &[], anchors, days(50)), PathOutcome::OutsideOwnDates(path));
        assert_eq!(build(&person, &[], anchors, days(200)), PathOutcome::None(PathError::Expired));
    }

    const EC: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

    #[test]
    fn an_authority_must_be_allowed_to_be_one() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
        for (extensions, reason) in [
            ("basicConstraints=CA:FALSE\n", PathError::NotAnAuthority),
            ("subjectKeyIdentifier=hash\n", PathError::NotAnAuthority),
            ("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature\n", PathError::KeyUsage),
            ("basicConstraints=CA:TRUE\nextendedKeyUsage=serverAuth\n", PathError::Purpose),
            ("basicConstraints=CA:TRUE\n1.2.3.4=critical,DER:0500\n", PathError::UnknownCritical),
            ("basicConstraints=CA:TRUE\nnameConstraints=DER:0500\n", PathError::NameConstraints),
        ] {
            let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), extensions);
            let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
            assert_eq!(error(&person, &[middle], &root), reason, "{extensions}");
        }
        let server = openssl.certificate("server", "/CN=S", Some("root"), "extendedKeyUsage=serverAuth\n");
        assert_eq!(error(&server, &[], &root), PathError::Purpose);
        let odd = openssl.certificate("odd", "/CN=S", Some("root"), "1.2.3.4=critical,DER:0500\n");
        assert_eq!(error(&odd, &[], &root), PathError::UnknownCritical);
    }

    #[test]
    fn the_path_length_holds() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.certificate("root", "/CN=Root", None, "basicConstraints=CA:TRUE,pathlen:0\n");
        let direct = openssl.certificate("direct", "/CN=Direct", Some("root"), PERSON);
        let middle = openssl.certificate("middle", "/CN=Middle", Some("root"), AUTHORITY);
        let person = openssl.certificate("person", "/CN=Person", Some("middle"), PERSON);
        let anchors = std::slice::from_ref(&root);
        assert!(matches!(build(&direct, &[], anchors, Timestamp::now()), PathOutcome::Valid(_)));
        assert_eq!(error(&person, &[middle], &root), PathError::PathLength);
    }

    #[test]
    fn name_constraints_hold_for_addresses_and_names() {
        let Some(openssl) = OpenSsl::start() else { return };
        for (constraints, good) in [
            ("permitted;email:example.org", true),
            ("permitted;email:robin@example.org", true),
            ("permitted;email:example.com", false),
            ("permitted;email:.example.org", false),
            ("excluded;email:example.org", false),
            ("excluded;email:example.com", true),
            ("permitted;DNS:example.com", true),
            ("permitted;dirName:here", true),
            ("permitted;dirName:there", false),
            ("excluded;dirName:here", false),
            ("permitted;URI:example.org", true),
        ] {
            let extensions = format!(
                "{AUTHORITY}nameConstraints=critical,{constraints}\n[here]\nO=example  ORG\n[there]\nO=Elsewhere\n"
            );
            let root = openssl.certificate("root", "/CN=Root", None, &extensions);
            let person = openssl.certificate("person", "/O=Example Org/CN=Person", Some("root"), PERSON);
            let outcome = build(&person, &[], &[root], Timestamp::now());
            let expected = if good {
                matches!(outcome, PathOutcome::Valid(_))
            } else {
                outcome == PathOutcome::None(PathError::NameConstraints)
            };
            assert!(expected, "{constraints}: {outcome:?}");
        }
    }

    #[test]
    fn a_broken_digest_makes_no_path() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-sha1"]);
        let weak = openssl.with("weak", &EC, "/CN=Person", Some("root"), PERSON, &["-sha1"]);
        let strong = openssl.with("strong", &EC, "/CN=Person", Some("root"), PERSON, &["-sha384"]);
        assert_eq!(error(&weak, &[], &root), PathError::WeakAlgorithm);
        assert!(matches!(build(&strong, &[], &[root], Timestamp::now()), PathOutcome::Valid(_)));
    }

    #[test]
    fn circles_and_crowds_end() {
        let Some(openssl) = OpenSsl::start() else { return };
        let _ = openssl.certificate("a", "/CN=A", None, AUTHORITY);
        let b = openssl.certificate("b", "/CN=B", Some("a"), AUTHORITY);
        let a = openssl.certificate("a", "/CN=A", Some("b"), AUTHORITY);
        let person = openssl.certificate("person", "/CN=Person", Some("a"), PERSON);
        let root = openssl.certificate("root", "/CN=Root", None, AUTHORITY);
        assert_eq!(error(&person, &[a, b], &root), PathError::NoIssuer);
        // Many authorities of one name and one key, each signed by the one key: the budget ends it.
        let crowd: Vec<_> = (0..15)
            .map(|number| {
                let name = format!("crowd{number}");
                std::fs::copy(openssl.path("root.key"), openssl.path(&format!("{name}.key"))).unwrap();
                let subject = format!("/CN=Crowd/CN={number}");
                openssl.certificate(&name, &subject, Some("root"), AUTHORITY)
            })
            .collect();
        let lone = openssl.certificate("lone", "/CN=Lone", Some("crowd3"), PERSON);
        assert!(
            matches!(build(&lone, &crowd, &[root], Timestamp::now()), PathOutcome::Valid(path) if path.len() == 3)
        );
    }

    #[test]
    fn the_sample_identities_have_their_paths() {
        let Some(corpus) = std::env::var_os("WAXSEAL_CORPUS") else {
            println!("skipped: WAXSEAL_CORPUS is not set");
            return;
        };
        let folder = std::path::Path::new(&corpus).join("rfc9216");
        let read = |name: &str| {
            let file = std::fs::read(folder.join(name)).unwrap();
            super::super::certificate_file::read(&file).unwrap().remove(0)
        };
        let anchors = [read("ca.rsa.crt")];
        for name in ["alice.sign", "alice.encrypt", "bob.sign", "bob.encrypt"] {
            let outcome = build(&read(&format!("{name}.crt")), &[], &anchors, Timestamp::now());
            assert!(
                matches!(outcome, PathOutcome::Valid(ref path) if path.len() == 2),
                "{name}: {outcome:?}"
            );
        }
        let dana = build(&read("dana.sign.crt"), &[], &anchors, Timestamp::now());
        assert!(matches!(dana, PathOutcome::None(_)), "{dana:?}");
    }
}
