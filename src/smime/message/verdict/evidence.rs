//! What is known about a signer's certificate, and the trust that follows.

use jiff::Timestamp;

use super::Tier;
use crate::smime::Address;
use crate::smime::x509::revocation::Revocation;

/// How it is known whose key a certificate holds. It describes the certificate alone, whatever From says and
/// whatever the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Taken back by its issuer.
    Revoked,
    /// One's own.
    Own,
    /// Another key is on record for its address.
    Changed,
    /// Compared in person.
    InPerson,
    /// Made here and handed over.
    MadeHere,
    /// Announced by the old key.
    Inherited,
    /// Its address or name imitates somebody known.
    LookAlike,
    /// A path leads to an anchor for mail.
    Ca,
    /// On record: imported from a file, or accepted.
    Known,
    /// Self-signed, and nothing is on record.
    FirstSeen,
    /// Names an issuer, but no valid path leads to an anchor.
    Untrusted,
}

impl Trust {
    /// Every value, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::Revoked,
        Self::Own,
        Self::Changed,
        Self::InPerson,
        Self::MadeHere,
        Self::Inherited,
        Self::LookAlike,
        Self::Ca,
        Self::Known,
        Self::FirstSeen,
        Self::Untrusted,
    ];

    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Own => "own",
            Self::Changed => "changed",
            Self::InPerson => "in-person",
            Self::MadeHere => "made-here",
            Self::Inherited => "inherited",
            Self::LookAlike => "look-alike",
            Self::Ca => "ca",
            Self::Known => "known",
            Self::FirstSeen => "first-seen",
            Self::Untrusted => "untrusted",
        }
    }

    /// The one table of trust: the best tier that a message signed by such a certificate may have.
    pub fn highest_tier(self) -> Tier {
        match self {
            Self::Own | Self::InPerson | Self::MadeHere => Tier::BeyondReasonableDoubt,
            Self::Inherited | Self::Ca | Self::Known | Self::FirstSeen => Tier::ProbablySecure,
            Self::Revoked | Self::Changed | Self::LookAlike | Self::Untrusted => Tier::NotSecure,
        }
    }
}

/// What the store knows about one certificate, collected before the judge is asked.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What revocation lists say of the path to an anchor, where there is one.
    pub revocation: Option<Revocation>,
    /// Its private key is one's own.
    pub own: bool,
    /// Another key is accepted for an address of this certificate, and this one is not.
    pub changed: bool,
    /// When it was compared in person.
    pub in_person: Option<Timestamp>,
    /// Its key was made here for somebody else's device.
    pub made_here: bool,
    /// The old key announced it.
    pub inherited: bool,
    /// The known address that it imitates.
    pub look_alike: Option<Address>,
    /// The name of the anchor that a valid path leads to.
    pub authority: Option<String>,
    /// That path leads over a broken digest or a short key, and may be forged.
    pub weak_authority: bool,
    /// On record as accepted.
    pub known: bool,
    /// Signed by its own key: it names no other issuer.
    pub self_signed: bool,
    /// It has signed header fields before.
    pub protects_headers: bool,
    /// Every address of the person who reads.
    pub readers: Vec<Address>,
}

impl Evidence {
    /// The first that applies, in the order of [`Trust`].
    pub fn trust(&self) -> Trust {
        // Who compared the key needs no authority for it.
        let vouched = self.own || self.in_person.is_some() || self.made_here || self.inherited;
        let revoked = match &self.revocation {
            Some(Revocation::Revoked { authority, .. }) => !(*authority && vouched),
            Some(Revocation::Good { .. } | Revocation::Unknown { .. }) | None => false,
        };
        let in_order = [
            (revoked, Trust::Revoked),
            (self.own, Trust::Own),
            (self.changed, Trust::Changed),
            (self.in_person.is_some(), Trust::InPerson),
            (self.made_here, Trust::MadeHere),
            (self.inherited, Trust::Inherited),
            (self.look_alike.is_some(), Trust::LookAlike),
            (self.authority.is_some(), Trust::Ca),
            (self.known, Trust::Known),
            (self.self_signed, Trust::FirstSeen),
        ];
        in_order.iter().find(|(applies, _)| *applies).map_or(Trust::Untrusted, |(_, trust)| *trust)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revoked(authority: bool) -> Option<Revocation> {
        use crate::smime::crypto::{KeyKind, PrivateKey};
        use crate::smime::x509::issue;
        use crate::smime::x509::revocation::{Reason, Revoked};
        let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let addresses = ["robin@example.com".parse().unwrap()];
        let now = Timestamp::UNIX_EPOCH;
        let certificate = issue::self_signed("Robin", &addresses, &key, now, 1, &mut rng).unwrap();
        let revoked = Revoked { date: now, reason: Reason::Unspecified, invalid_since: None };
        Some(Revocation::Revoked { certificate, authority, revoked })
    }

    #[test]
    fn who_compared_a_key_needs_no_authority_for_it() {
        for (authority, expected) in [(false, Trust::Revoked), (true, Trust::InPerson)] {
            let in_person = Some(Timestamp::UNIX_EPOCH);
            let evidence = Evidence { revocation: revoked(authority), in_person, ..Evidence::default() };
            assert_eq!(evidence.trust(), expected);
        }
        let evidence = Evidence { revocation: revoked(true), known: true, ..Evidence::default() };
        assert_eq!(evidence.trust(), Trust::Revoked);
    }

    #[test]
    fn the_first_that_applies_wins() {
        let mut evidence = Evidence {
            revocation: revoked(false),
            own: true,
            changed: true,
            in_person: Some(Timestamp::UNIX_EPOCH),
            made_here: true,
            inherited: true,
            look_alike: "robin@example.com".parse().ok(),
            authority: Some("Household Root".into()),
            weak_authority: false,
            known: true,
            self_signed: true,
            protects_headers: true,
            readers: Vec::new(),
        };
        // Taking the reasons away one by one walks through every trust value in order.
        let take_away: [fn(&mut Evidence); 10] = [
            |e| e.revocation = None,
            |e| e.own = false,
            |e| e.changed = false,
            |e| e.in_person = None,
            |e| e.made_here = false,
            |e| e.inherited = false,
            |e| e.look_alike = None,
            |e| e.authority = None,
            |e| e.known = false,
            |e| e.self_signed = false,
        ];
        let mut seen = vec![evidence.trust()];
        for take in take_away {
            take(&mut evidence);
            seen.push(evidence.trust());
        }
        assert_eq!(seen, Trust::ALL);
    }

    #[test]
    fn the_table_of_trust() {
        use Tier::{BeyondReasonableDoubt as Top, NotSecure as Not, ProbablySecure as Probably};
        let table = [Not, Top, Not, Top, Top, Probably, Not, Probably, Probably, Probably, Not];
        assert_eq!(Trust::ALL.map(Trust::highest_tier), table);
    }
}
