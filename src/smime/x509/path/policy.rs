//! Certificate policies along a path (RFC 5280 sections 6.1.2 to 6.1.5), asking for none: user-initial-policy-set is
//! anyPolicy, and of the three initial flags none is set. They matter where an authority requires an explicit policy.
//!
//! What is asked is only whether the valid policies die out. So the graph of RFC 9618 needs no more than its lowest
//! level, and of that only the policies that the next certificate may assert: work grows with the sizes of the
//! certificates, and never with the number of ways through the mappings.

use std::collections::BTreeSet;

use crate::smime::x509::certificate::Certificate;
use crate::smime::x509::extensions::{Known, Policy};

/// Do the policies allow this path? From the certificate (first) to the anchor (last).
///
/// The anchor's own numbers bind, too (as RFC 5937 section 3.2 has it); its policies do not.
pub(super) fn allow(path: &[&Certificate]) -> bool {
    let Some((anchor, below)) = path.split_last() else { return true };
    let Some(mut state) = State::new(anchor, below.len()) else { return false };
    for (place, certificate) in below.iter().enumerate().rev() {
        let last = place == 0;
        state.assert(certificate, last);
        if state.explicit == 0 && state.expected.is_empty() {
            return false;
        }
        if last {
            return state.wrap_up(certificate);
        }
        if state.prepare(certificate).is_none() {
            return false;
        }
    }
    true
}

struct State {
    /// The union of expected_policy_set on the lowest level; empty: valid_policy_graph is NULL.
    expected: BTreeSet<Policy>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

impl State {
    /// `None`: the anchor's extensions cannot be read.
    fn new(anchor: &Certificate, certificates: usize) -> Option<Self> {
        let beyond = certificates + 1;
        let expected = BTreeSet::from([Policy::any()]);
        let mut state = Self { expected, explicit: beyond, mapping: beyond, any: beyond };
        state.tighten(anchor)?;
        Some(state)
    }

    /// Section 6.1.3, d and e.
    fn assert(&mut self, certificate: &Certificate, last: bool) {
        let Known::Present(policies) = certificate.policies() else {
            self.expected.clear();
            return;
        };
        let any_expected = self.expected.contains(&Policy::any());
        let takes_any = self.any > 0 || (!last && certificate.is_self_issued());
        let named = policies.iter().filter(|policy| !policy.is_any());
        let mut valid: BTreeSet<Policy> =
            named.filter(|policy| any_expected || self.expected.contains(policy)).cloned().collect();
        if takes_any && policies.iter().any(Policy::is_any) {
            valid.append(&mut self.expected);
        }
        self.expected = valid;
    }

    /// Section 6.1.4, a, b, h, i and j. `None`: refused.
    fn prepare(&mut self, certificate: &Certificate) -> Option<()> {
        match certificate.policy_mappings() {
            Known::Absent => {}
            Known::Unreadable => return None,
            Known::Present(mappings) => self.map(mappings)?,
        }
        if !certificate.is_self_issued() {
            for number in [&mut self.explicit, &mut self.mapping, &mut self.any] {
                *number = number.saturating_sub(1);
            }
        }
        self.tighten(certificate)
    }

    fn map(&mut self, mappings: &[(Policy, Policy)]) -> Option<()> {
        if mappings.iter().any(|(issuers, subjects)| issuers.is_any() || subjects.is_any()) {
            return None;
        }
        let any_valid = self.expected.contains(&Policy::any());
        let mut expected = self.expected.clone();
        for (issuers, _) in mappings {
            expected.remove(issuers);
        }
        if self.mapping > 0 {
            let valid = |policy: &Policy| any_valid || self.expected.contains(policy);
            expected.extend(
                mappings.iter().filter(|(issuers, _)| valid(issuers)).map(|(_, subjects)| subjects.clone()),
            );
        }
        self.expected = expected;
        Some(())
    }

    fn tighten(&mut self, certificate: &Certificate) -> Option<()> {
        let least = |number: &mut usize, skip: u32| *number = (*number).min(skip as usize);
        match certificate.policy_constraints() {
            Known::Absent => {}
            Known::Unreadable => return None,
            Known::Present(constraints) => {
                constraints.require_explicit.iter().for_each(|skip| least(&mut self.explicit, *skip));
                constraints.inhibit_mapping.iter().for_each(|skip| least(&mut self.mapping, *skip));
            }
        }
        match certificate.inhibit_any_policy() {
            Known::Absent => {}
            Known::Unreadable => return None,
            Known::Present(skip) => least(&mut self.any, *skip),
        }
        Some(())
    }

    /// Section 6.1.5, a, b and g.
    fn wrap_up(&mut self, certificate: &Certificate) -> bool {
        self.explicit = self.explicit.saturating_sub(1);
        match certificate.policy_constraints() {
            Known::Absent => {}
            Known::Unreadable => return false,
            Known::Present(constraints) if constraints.require_explicit == Some(0) => self.explicit = 0,
            Known::Present(_) => {}
        }
        self.explicit > 0 || !self.expected.is_empty()
    }
}
