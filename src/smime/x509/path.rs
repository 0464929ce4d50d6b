//! Paths from a certificate to an anchor that the person chose (RFC 5280 section 6).
//!
//! No policy is asked for (user-initial-policy-set is anyPolicy), and no revocation is looked up here. Every rule of
//! section 6.1 holds, for the anchor's own extensions, too; of two readings of a certificate the one that allows less.
//!
//! The search begins at the certificate and goes upwards. Work is bounded: only certificates from which names lead to
//! an anchor are looked at, what was found out of two certificates is kept, and there are budgets for signatures,
//! names and steps. The outcome does not depend on the order of the pool.

use jiff::Timestamp;

use super::certificate::{Certificate, Validity};
use super::extensions::ExtendedKeyUsage;

mod authorities;
mod constraints;
mod names;
mod policy;
mod search;

use authorities::Authorities;
use search::{Found, Search};

/// What the certificate is to be used for. An authority whose extended key usage leaves it out cannot vouch for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Mail: emailProtection, any purpose, or no extended key usage at all (RFC 8550 section 4.4.4).
    Email,
    /// Whatever it says: the issuers of revocation lists.
    Any,
}

impl Purpose {
    fn allows(self, certificate: &Certificate) -> bool {
        match self {
            Self::Email => certificate.extended_key_usage().allows(ExtendedKeyUsage::email),
            Self::Any => certificate.extended_key_usage().allows(|_| true),
        }
    }
}

/// Where the search for a path ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathOutcome {
    /// From the certificate (first) to the anchor (last).
    Valid(Vec<Certificate>),
    /// The path is good but for the signer's own dates.
    OutsideOwnDates(Vec<Certificate>),
    /// Every rule holds, and yet a certificate on the way is signed over a digest that is broken (SHA-1), or by a key
    /// that is too short: it may be forged. Whatever the signer's own dates; only where there is no stronger path.
    Weak(Vec<Certificate>),
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
    /// An authority requires a policy, and none holds along the path; or what it says of policies cannot be read.
    Policy,
    /// A critical extension that is not understood.
    UnknownCritical,
    /// Not meant for this purpose.
    Purpose,
    /// An authority is outside its dates.
    Expired,
    /// The search was given up.
    Budget,
}

/// The best path at `time`. `pool`: intermediates from the message and the store.
///
/// A certificate that is an anchor itself needs no path. The certificate's own dates are judged apart.
pub fn build(
    certificate: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
    purpose: Purpose,
) -> PathOutcome {
    if certificate.has_unknown_critical_extension() {
        return PathOutcome::None(PathError::UnknownCritical);
    }
    if !purpose.allows(certificate) {
        return PathOutcome::None(PathError::Purpose);
    }
    let found = if anchors.contains(certificate) {
        Ok(Found { path: vec![certificate.clone()], weak: false })
    } else {
        let authorities = Authorities::new(pool, anchors, time, purpose);
        Search::new(certificate, &authorities).run()
    };
    match (found, certificate.validity(time)) {
        (Ok(Found { path, weak: true }), _) => PathOutcome::Weak(path),
        (Ok(Found { path, weak: false }), Validity::Valid) => PathOutcome::Valid(path),
        (Ok(Found { path, weak: false }), Validity::NotYet | Validity::Expired) => {
            PathOutcome::OutsideOwnDates(path)
        }
        (Err(error), _) => PathOutcome::None(error),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::super::openssl::{AUTHORITY, OpenSsl, PERSON};
    use super::*;

    fn build_mail(
        certificate: &Certificate,
        pool: &[Certificate],
        anchors: &[Certificate],
        time: Timestamp,
    ) -> PathOutcome {
        build(certificate, pool, anchors, time, Purpose::Email)
    }

    fn error(certificate: &Certificate, pool: &[Certificate], anchor: &Certificate) -> PathError {
        match build_mail(certificate, pool, std::slice::from_ref(anchor), Timestamp::now()) {
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
            build_mail(&person, &pool, std::slice::from_ref(&root), now),
            PathOutcome::Valid(whole.clone())
        );
        // An anchor need not be self-signed, and the certificate may be one itself.
        let short = vec![person.clone(), middle.clone()];
        assert_eq!(build_mail(&person, &[], std::slice::from_ref(&middle), now), PathOutcome::Valid(short));
        let own = std::slice::from_ref(&person);
        assert_eq!(build_mail(&person, &[], own, now), PathOutcome::Valid(own.to_vec()));
        assert_eq!(error(&person, &[], &root), PathError::NoIssuer);
        assert_eq!(error(&person, &[], &stranger), PathError::BadSignature);
        assert_eq!(build_mail(&person, &pool, &[], now), PathOutcome::None(PathError::NoIssuer));
    }

    #[test]
    fn the_own_dates_are_judged_apart() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-days", "100"]);
        let person = openssl.with("person", &EC, "/CN=Person", Some("root"), PERSON, &["-days", "10"]);
        let path = vec![person.clone(), root.clone()];
        let anchors = std::slice::from_ref(&root);
        assert_eq!(build_mail(&person, &[], anchors, days(5)), PathOutcome::Valid(path.clone()));
        assert_eq!(build_mail(&person, &[], anchors, days(50)), PathOutcome::OutsideOwnDates(path));
        assert_eq!(build_mail(&person, &[], anchors, days(200)), PathOutcome::None(PathError::Expired));
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
        assert!(matches!(build_mail(&direct, &[], anchors, Timestamp::now()), PathOutcome::Valid(_)));
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
            let outcome = build_mail(&person, &[], &[root], Timestamp::now());
            let expected = if good {
                matches!(outcome, PathOutcome::Valid(_))
            } else {
                outcome == PathOutcome::None(PathError::NameConstraints)
            };
            assert!(expected, "{constraints}: {outcome:?}");
        }
    }

    #[test]
    fn a_broken_digest_makes_a_weak_path() {
        let Some(openssl) = OpenSsl::start() else { return };
        let root = openssl.with("root", &EC, "/CN=Root", None, AUTHORITY, &["-sha1"]);
        let weak = openssl.with("weak", &EC, "/CN=Person", Some("root"), PERSON, &["-sha1"]);
        let strong = openssl.with("strong", &EC, "/CN=Person", Some("root"), PERSON, &["-sha384"]);
        let anchors = std::slice::from_ref(&root);
        let path = vec![weak.clone(), root.clone()];
        assert_eq!(build_mail(&weak, &[], anchors, Timestamp::now()), PathOutcome::Weak(path));
        assert!(matches!(build_mail(&strong, &[], anchors, Timestamp::now()), PathOutcome::Valid(_)));
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
            matches!(build_mail(&lone, &crowd, &[root], Timestamp::now()), PathOutcome::Valid(path) if path.len() == 3)
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
            let outcome = build_mail(&read(&format!("{name}.crt")), &[], &anchors, Timestamp::now());
            assert!(
                matches!(outcome, PathOutcome::Valid(ref path) if path.len() == 2),
                "{name}: {outcome:?}"
            );
        }
        let dana = build_mail(&read("dana.sign.crt"), &[], &anchors, Timestamp::now());
        assert!(matches!(dana, PathOutcome::None(_)), "{dana:?}");
    }
}
