//! The sentences about revocation.

use jiff::Timestamp;

use super::{Evidence, Finding, Severity, Trust};
use crate::smime::x509::Certificate;
use crate::smime::x509::revocation::{Reason, Revocation, Unknown};

/// Who took what back, when and why.
pub(super) fn taken_back(evidence: &Evidence) -> String {
    let Some(Revocation::Revoked { certificate, authority, revoked }) = &evidence.revocation else {
        return "Checked: this certificate no longer counts.".into();
    };
    let (issuer, date) = (issuer(certificate), date(revoked.date));
    let why = match revoked.reason {
        Reason::Unspecified => "",
        Reason::KeyCompromise => ": somebody else may have its key",
        Reason::AuthorityCompromise => ": somebody else may have the authority's key",
        Reason::AffiliationChanged => ": what it says is no longer so",
        Reason::Superseded => ": another one stands in its place",
        Reason::CessationOfOperation => ": it is no longer needed",
        Reason::Hold => ", for the time being",
        Reason::PrivilegeWithdrawn => ": its owner may no longer use it",
    };
    if *authority {
        let name = certificate.display_name();
        format!(
            "Checked: {issuer} took back the certificate of {name}, which vouches for this one, on {date}{why}."
        )
    } else {
        format!("Checked: {issuer} took this certificate back on {date}{why}.")
    }
}

/// What else is worth saying.
pub(super) fn remark(evidence: &Evidence, trust: Trust, signed_at: Option<Timestamp>) -> Option<Finding> {
    let remark = |severity, text: String| Some(Finding { severity, text });
    match (&evidence.revocation, trust) {
        (Some(Revocation::Revoked { revoked, .. }), Trust::Revoked) => {
            let before = signed_at.is_some_and(|signed| signed < revoked.date);
            let text =
                "It was signed before that day, by its own word; whoever has the key can write any day.";
            if before { remark(Severity::Note, text.into()) } else { None }
        }
        (Some(Revocation::Good { as_of: Some(made) }), Trust::Ca) => {
            remark(Severity::Ok, format!("Not revoked, by the list of {}.", date(*made)))
        }
        // An anchor is vouched for by nobody but the person.
        (Some(Revocation::Good { as_of: None }), Trust::Ca) => None,
        (Some(Revocation::Unknown { certificate, why }), Trust::Ca) => {
            let list = format!("the list of {}", issuer(certificate));
            let why = match why {
                Unknown::NoList => String::new(),
                Unknown::Unusable => format!(": {list} has something that is not understood here"),
                Unknown::Unproved => format!(": {list} is not signed by anybody who may"),
                Unknown::Budget => ": there are too many lists".into(),
                Unknown::Weak => format!(": {list} can be forged"),
                Unknown::NotYet => format!(": {list} was made later"),
                Unknown::Outdated { made } => format!(": {list} is of {} and out of date", date(*made)),
                Unknown::Partial => format!(": {list} speaks of some reasons only"),
            };
            remark(Severity::Note, format!("Whether it was revoked is not known{why}."))
        }
        (_, Trust::Ca) => remark(Severity::Note, "Whether it was revoked is not known.".into()),
        (
            _,
            Trust::Revoked
            | Trust::Own
            | Trust::Changed
            | Trust::InPerson
            | Trust::MadeHere
            | Trust::Inherited
            | Trust::LookAlike
            | Trust::Known
            | Trust::FirstSeen
            | Trust::Untrusted,
        ) => None,
    }
}

fn issuer(certificate: &Certificate) -> String {
    let issuer = certificate.issuer();
    issuer.common_name().map_or_else(|| issuer.to_string(), str::to_owned)
}

fn date(time: Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}
