//! The judge. Pure: facts in, a verdict out; the one place where a tier is granted.
//!
//! A message is judged by three questions, always in this order. *Private*: could somebody on the way read it?
//! *From*: did the person in From write it, all of it? *Checked*: how is it known whose key that is? Each answer
//! is an enum; [`tier`] maps them in one `match` without a wildcard, and [`Trust::highest_tier`] is the one table of
//! trust. Whatever is not understood becomes a [`Doubt`] and caps the tier.

mod evidence;
mod judge;
mod revocation;
mod summary;
mod wording;

pub use evidence::{Evidence, Trust};
pub use judge::{Authorship, Doubt, FromMatch, Privacy, judge, tier};
pub use summary::{EncryptionSummary, SignatureSummary, SignerSummary};
pub(super) use wording::few;

/// The three classes, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Somebody on the way could read it, or anybody could have written it.
    NotSecure,
    /// Strongly encrypted and validly signed, but nobody has compared the key.
    ProbablySecure,
    /// Strongly encrypted, signed as a whole inside, by a key compared in person.
    BeyondReasonableDoubt,
}

impl Tier {
    /// Every value, worst first.
    pub const ALL: [Self; 3] = [Self::NotSecure, Self::ProbablySecure, Self::BeyondReasonableDoubt];

    /// The name in JSON: "not-secure", "probably-secure", "beyond-reasonable-doubt".
    pub fn id(self) -> &'static str {
        match self {
            Self::NotSecure => "not-secure",
            Self::ProbablySecure => "probably-secure",
            Self::BeyondReasonableDoubt => "beyond-reasonable-doubt",
        }
    }

    /// The headline.
    pub fn title(self) -> &'static str {
        match self {
            Self::NotSecure => "Not secure",
            Self::ProbablySecure => "Probably secure",
            Self::BeyondReasonableDoubt => "Secure beyond reasonable doubt",
        }
    }
}

/// How much a finding matters, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It makes the message *Not secure*.
    Danger,
    /// It keeps the message from the top.
    Warning,
    /// Worth knowing; it lowers nothing.
    Note,
    /// As it should be.
    Ok,
}

impl Severity {
    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Ok => "ok",
        }
    }
}

/// One thing that was found, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The sentence.
    pub text: String,
}

impl Finding {
    /// The answer to `question`, if this is it, without the question's name.
    pub fn answers(&self, question: Question) -> Option<(Severity, &str)> {
        let answer = self.text.strip_prefix(question.title())?.strip_prefix(": ")?;
        Some((self.severity, answer))
    }
}

/// The three questions that every verdict answers, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Could somebody on the way read it?
    Private,
    /// Did the person in From write it?
    From,
    /// How is it known whose key it is?
    Checked,
}

impl Question {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Private, Self::From, Self::Checked];

    /// The word that its finding starts with.
    pub fn title(self) -> &'static str {
        match self {
            Self::Private => "Private",
            Self::From => "From",
            Self::Checked => "Checked",
        }
    }
}

/// What the judge says of one message.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// `None`: the message could not be opened, so there is nothing to judge.
    pub tier: Option<Tier>,
    /// The tier's reason in one sentence, for the line under the headline.
    pub sentence: String,
    /// What would lift the tier, if anything would.
    pub lift: Option<String>,
    /// All that was found, worst first.
    pub findings: Vec<Finding>,
    /// The facts about encryption.
    pub encryption: EncryptionSummary,
    /// The facts about the signature that counts.
    pub signature: SignatureSummary,
}
