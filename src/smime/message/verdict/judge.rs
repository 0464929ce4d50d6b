//! From facts to a tier.

use jiff::Timestamp;

use super::{EncryptionSummary, Evidence, SignatureSummary, SignerSummary, Tier, Trust, Verdict, wording};
use crate::smime::Address;
use crate::smime::message::layer::{Encryption, Layer, SignerFacts};
use crate::smime::message::open::Opened;
use crate::smime::mime::header::Mailbox;
use crate::smime::x509::{Certificate, Validity};

/// Could somebody on the way read it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// No: AES, under a key that cannot be computed.
    Strong,
    /// With effort, yes: an algorithm or key that can be broken today.
    Weak,
    /// Yes: not encrypted.
    Open,
}

/// Does the signer's certificate hold the address in From?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromMatch {
    /// It does.
    Same,
    /// There is no From (a bare `.p7m`): the signer's address stands in.
    NoFrom,
    /// It does not.
    Differs,
}

/// Did the person in From write it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorship {
    /// The signature is right.
    Proved {
        /// How it is known whose key it is.
        trust: Trust,
        /// Whether it is the sender's.
        from: FromMatch,
        /// The certificate's dates.
        dates: Validity,
    },
    /// A signature that does not hold.
    Invalid,
    /// A signature whose certificate nobody has.
    UnknownSigner,
    /// No signature.
    Unsigned,
}

/// Something that is not as it should be or is not understood. Each caps the tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A signature covers one part among others.
    PartlySigned,
    /// Only one part among others is encrypted.
    PartlySealed,
    /// More or fewer than one address in From.
    AmbiguousFrom,
    /// Another sender stands outside of the seal than inside, and nobody has signed for the one inside.
    TwoSenders,
    /// Its writer signed it in the open, and somebody on the way encrypted it (`hp="clear"`, RFC 9788 section 2.1.1).
    SealedOnTheWay,
    /// The name in From is an address, and another one: mail programs show the name.
    AddressAsName,
    /// A structure that programs read in different ways.
    AmbiguousStructure,
    /// SHA-1, or RSA under 2048 bits.
    WeakSignature,
    /// An authority vouches for the certificate by a signature that may be forged: SHA-1, or a short key.
    WeakAuthority,
    /// The certificate does not allow signing mail.
    NotForSigning,
    /// Signed outside the encryption: the signer need not have known what is inside.
    SignedOutside,
    /// Another signature beside the one that counts does not hold.
    OtherSignatureFails,
    /// The signer's program protects header fields as a rule, and here they stand open.
    HeadersUnprotected,
    /// GCM or CCM in EnvelopedData (RFC 5084 section 1.5 rules it out).
    MisplacedAead,
    /// A tag under 12 octets. It can be guessed, and whoever cuts a longer one short is not noticed: nothing but the
    /// tag's own length says how long it was.
    ShortTag,
    /// GCM with a nonce of other than 12 octets: sound by itself, but nobody writes it, and the nonce's uniqueness
    /// rests on a hash.
    OddNonce,
    /// A password opens it, too, and how hard that is to guess is not known.
    AlsoPassword,
}

impl Doubt {
    /// The best tier that remains.
    pub fn cap(self) -> Tier {
        match self {
            Self::PartlySigned
            | Self::PartlySealed
            | Self::AmbiguousFrom
            | Self::TwoSenders
            | Self::SealedOnTheWay
            | Self::AddressAsName
            | Self::AmbiguousStructure
            | Self::WeakSignature
            | Self::WeakAuthority
            | Self::NotForSigning
            | Self::ShortTag => Tier::NotSecure,
            Self::SignedOutside
            | Self::OtherSignatureFails
            | Self::HeadersUnprotected
            | Self::MisplacedAead
            | Self::OddNonce
            | Self::AlsoPassword => Tier::ProbablySecure,
        }
    }
}

/// Grants a tier. The only place that does.
pub fn tier(privacy: Privacy, authorship: Authorship, doubts: &[Doubt]) -> Tier {
    let granted = match (privacy, authorship) {
        (Privacy::Strong, Authorship::Proved { trust, from: FromMatch::Same | FromMatch::NoFrom, dates }) => {
            match dates {
                Validity::Valid => trust.highest_tier(),
                Validity::NotYet | Validity::Expired => trust.highest_tier().min(Tier::ProbablySecure),
            }
        }
        (Privacy::Strong, Authorship::Proved { from: FromMatch::Differs, .. })
        | (Privacy::Strong, Authorship::Invalid | Authorship::UnknownSigner | Authorship::Unsigned)
        | (
            Privacy::Weak | Privacy::Open,
            Authorship::Proved { .. }
            | Authorship::Invalid
            | Authorship::UnknownSigner
            | Authorship::Unsigned,
        ) => Tier::NotSecure,
    };
    doubts.iter().map(|doubt| doubt.cap()).fold(granted, Tier::min)
}

/// Judges an opened message as of `now`. `evidence` is what the store knows about the certificate of
/// [`Opened::signer`]; without it the certificate is taken as never seen.
pub fn judge(opened: &Opened, evidence: Option<&Evidence>, now: Timestamp) -> Verdict {
    let privacy = privacy(&opened.layers);
    let evidence = evidence.cloned().unwrap_or_default();
    let mut doubts = opened.doubts.clone();
    if opened.headers.from.iter().any(shows_another_address) {
        doubts.push(Doubt::AddressAsName);
    }
    let mut signature = SignatureSummary { state: "none", ..SignatureSummary::default() };
    let mut authorship = Authorship::Unsigned;

    if let Some((place, layer)) = opened.counting_signature() {
        let covers = layer.whole && !place.outside;
        signature.covers_whole_message = layer.whole;
        if !layer.whole {
            doubts.push(Doubt::PartlySigned);
        }
        if layer.whole && place.outside {
            doubts.push(Doubt::SignedOutside);
        }
        match opened.signer() {
            Some(signer) => {
                authorship = weigh(opened, signer, &evidence, now, &mut signature, &mut doubts);
                if covers && layer.signers.iter().any(|other| !other.is_valid()) && signer.is_valid() {
                    doubts.push(Doubt::OtherSignatureFails);
                }
            }
            None if layer.damaged => {
                authorship = Authorship::Invalid;
                signature.state = "invalid";
            }
            None => signature.covers_whole_message = false,
        }
    }
    let proved = matches!(authorship, Authorship::Proved { .. });
    if proved && evidence.protects_headers && opened.has_from_field && !opened.headers.protected {
        doubts.push(Doubt::HeadersUnprotected);
    }
    // A key that nobody has vouched for may have been made by whoever stands outside.
    let stranger = matches!(authorship, Authorship::Proved { trust: Trust::FirstSeen, .. });
    let two_senders = opened.protection.as_ref().is_some_and(|protection| protection.other_from.is_some());
    if stranger && two_senders && !doubts.contains(&Doubt::TwoSenders) {
        doubts.push(Doubt::TwoSenders);
    }
    doubts.extend(sealing_doubts(&opened.layers));

    let closed = opened.undecryptable.is_some();
    let tier = (!closed).then(|| tier(privacy, authorship, &doubts));
    let encryption = encryption_summary(&opened.layers, closed);
    let case = wording::Case {
        opened,
        tier,
        privacy,
        authorship,
        doubts: &doubts,
        evidence: &evidence,
        signature: &signature,
    };
    Verdict {
        tier,
        sentence: case.sentence(),
        lift: case.lift(),
        findings: case.findings(),
        encryption,
        signature,
    }
}

/// Fills the summary of the signature that counts and says what it proves.
fn weigh(
    opened: &Opened,
    signer: &SignerFacts,
    evidence: &Evidence,
    now: Timestamp,
    summary: &mut SignatureSummary,
    doubts: &mut Vec<Doubt>,
) -> Authorship {
    summary.digest = Some(signer.digest.clone());
    summary.signed_at = signer.signed_at;
    let Some(certificate) = &signer.certificate else {
        summary.state = "unknown-signer";
        return Authorship::UnknownSigner;
    };
    let from = from_match(opened, certificate);
    let dates = certificate.validity(now);
    let trust = evidence.trust();
    summary.signer = Some(SignerSummary {
        address: signer_address(opened, certificate),
        fingerprint: certificate.fingerprint(),
        name: certificate.display_name(),
    });
    summary.validity = Some(dates);
    summary.trust = Some(trust);
    summary.matches_from = match from {
        FromMatch::Same => Some(true),
        FromMatch::Differs => Some(false),
        FromMatch::NoFrom => None,
    };
    if signer.weak {
        doubts.push(Doubt::WeakSignature);
    }
    if trust == Trust::Ca && evidence.weak_authority {
        doubts.push(Doubt::WeakAuthority);
    }
    // A file that was signed, and not sealed, is no mail: what is demanded of those who sign mail does not concern it.
    let document = opened.is_file && privacy(&opened.layers) == Privacy::Open;
    let signs_documents =
        || certificate.key_usage().allows(|usage| usage.digital_signature() || usage.non_repudiation());
    let may_sign = certificate.may_sign() || document && signs_documents();
    if !may_sign {
        doubts.push(Doubt::NotForSigning);
    }
    if signer.outcome.is_err() {
        summary.state = "invalid";
        return Authorship::Invalid;
    }
    summary.state = "valid";
    Authorship::Proved { trust, from, dates }
}

fn privacy(layers: &[Layer]) -> Privacy {
    let encrypted = layers.iter().filter_map(encryption);
    encrypted.fold(Privacy::Open, |best, layer| match (best, layer.weak) {
        (Privacy::Strong, _) | (_, None) => Privacy::Strong,
        (Privacy::Weak | Privacy::Open, Some(_)) => Privacy::Weak,
    })
}

/// What is not as it should be about any layer of encryption, each once.
fn sealing_doubts(layers: &[Layer]) -> impl Iterator<Item = Doubt> {
    let any = |applies: fn(&Encryption) -> bool| layers.iter().filter_map(encryption).any(applies);
    [
        (any(|layer| layer.misplaced_aead), Doubt::MisplacedAead),
        (any(|layer| layer.short_tag), Doubt::ShortTag),
        (any(|layer| layer.odd_nonce), Doubt::OddNonce),
        (any(|layer| layer.password), Doubt::AlsoPassword),
    ]
    .into_iter()
    .filter_map(|(applies, doubt)| applies.then_some(doubt))
}

fn encryption(layer: &Layer) -> Option<&Encryption> {
    match layer {
        Layer::Encrypted(encryption) => Some(encryption),
        Layer::Signed(_) | Layer::Compressed => None,
    }
}

fn encryption_summary(layers: &[Layer], closed: bool) -> EncryptionSummary {
    let Some(layer) = layers.iter().filter_map(encryption).next_back() else {
        let state = if closed { "undecryptable" } else { "none" };
        return EncryptionSummary { state, ..EncryptionSummary::default() };
    };
    EncryptionSummary {
        state: if closed { "undecryptable" } else { "encrypted" },
        algorithm: Some(layer.algorithm.clone()),
        authenticated: layer.authenticated,
        key_management: layer.key_management.clone(),
        recipients: layer.recipients.clone(),
    }
}

fn from_match(opened: &Opened, certificate: &Certificate) -> FromMatch {
    match opened.headers.from.as_slice() {
        [] if !opened.has_from_field => FromMatch::NoFrom,
        [from] if certificate.addresses().contains(&from.address) => FromMatch::Same,
        [] | [_] | [_, _, ..] => FromMatch::Differs,
    }
}

/// The address in From if the certificate holds it, else its first.
fn shows_another_address(from: &Mailbox) -> bool {
    let words =
        from.name.as_deref().unwrap_or_default().split(|c: char| c.is_whitespace() || "<>(),;\"".contains(c));
    let address = |word: &str| word.trim_matches(['\'', '[', ']', '.', ':']).parse::<Address>().ok();
    let same = |other: &Address| other.as_str().eq_ignore_ascii_case(from.address.as_str());
    words.filter_map(address).any(|other| !same(&other))
}

fn signer_address(opened: &Opened, certificate: &Certificate) -> Option<Address> {
    let from = opened.headers.from.first().map(|mailbox| &mailbox.address);
    let addresses = certificate.addresses();
    addresses.iter().find(|address| Some(*address) == from).or(addresses.first()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: Authorship =
        Authorship::Proved { trust: Trust::InPerson, from: FromMatch::Same, dates: Validity::Valid };

    /// Every combination, against the rules of the three tiers said in another way.
    #[test]
    fn every_row_of_the_table() {
        let mut rows = 0;
        for privacy in [Privacy::Strong, Privacy::Weak, Privacy::Open] {
            for authorship in [Authorship::Invalid, Authorship::UnknownSigner, Authorship::Unsigned] {
                assert_eq!(tier(privacy, authorship, &[]), Tier::NotSecure, "{privacy:?} {authorship:?}");
                rows += 1;
            }
            for trust in Trust::ALL {
                for from in [FromMatch::Same, FromMatch::NoFrom, FromMatch::Differs] {
                    for dates in [Validity::Valid, Validity::NotYet, Validity::Expired] {
                        let granted = tier(privacy, Authorship::Proved { trust, from, dates }, &[]);
                        let bad = privacy != Privacy::Strong || from == FromMatch::Differs;
                        let refused = matches!(
                            trust,
                            Trust::Revoked | Trust::Changed | Trust::LookAlike | Trust::Untrusted
                        );
                        let checked = matches!(trust, Trust::Own | Trust::InPerson | Trust::MadeHere);
                        let expected = if bad || refused {
                            Tier::NotSecure
                        } else if checked && dates == Validity::Valid {
                            Tier::BeyondReasonableDoubt
                        } else {
                            Tier::ProbablySecure
                        };
                        assert_eq!(granted, expected, "{privacy:?} {trust:?} {from:?} {dates:?}");
                        rows += 1;
                    }
                }
            }
        }
        assert_eq!(rows, 3 * (3 + 11 * 9));
    }

    #[test]
    fn a_name_that_is_another_address_is_noticed() {
        for (name, noticed) in [
            ("Robin Reed", false),
            ("robin@example.com", false),
            ("'Robin@Example.com'", false),
            ("Robin @ home", false),
            ("kim@example.com", true),
            ("Kim <kim@example.com>", true),
            ("robin@example.com, [kim@example.com]", true),
        ] {
            let from = Mailbox { name: Some(name.into()), address: "robin@example.com".parse().unwrap() };
            assert_eq!(shows_another_address(&from), noticed, "{name}");
        }
    }

    #[test]
    fn a_doubt_caps_and_never_lifts() {
        let doubts = [
            (Doubt::PartlySigned, Tier::NotSecure),
            (Doubt::PartlySealed, Tier::NotSecure),
            (Doubt::AmbiguousFrom, Tier::NotSecure),
            (Doubt::TwoSenders, Tier::NotSecure),
            (Doubt::SealedOnTheWay, Tier::NotSecure),
            (Doubt::AddressAsName, Tier::NotSecure),
            (Doubt::AmbiguousStructure, Tier::NotSecure),
            (Doubt::WeakSignature, Tier::NotSecure),
            (Doubt::WeakAuthority, Tier::NotSecure),
            (Doubt::NotForSigning, Tier::NotSecure),
            (Doubt::SignedOutside, Tier::ProbablySecure),
            (Doubt::OtherSignatureFails, Tier::ProbablySecure),
            (Doubt::HeadersUnprotected, Tier::ProbablySecure),
            (Doubt::MisplacedAead, Tier::ProbablySecure),
            (Doubt::ShortTag, Tier::NotSecure),
            (Doubt::OddNonce, Tier::ProbablySecure),
            (Doubt::AlsoPassword, Tier::ProbablySecure),
        ];
        assert_eq!(tier(Privacy::Strong, TOP, &[]), Tier::BeyondReasonableDoubt);
        for (doubt, cap) in doubts {
            assert_eq!(tier(Privacy::Strong, TOP, &[doubt]), cap, "{doubt:?}");
            assert_eq!(tier(Privacy::Open, TOP, &[doubt]), Tier::NotSecure, "{doubt:?}");
        }
        assert_eq!(tier(Privacy::Strong, TOP, &[Doubt::MisplacedAead, Doubt::PartlySigned]), Tier::NotSecure);
    }
}
