//! What went wrong, in a person's words.
//!
//! Every error type of the program implements [`Explain`]; what it answers is shown as it stands, on the
//! command line and in the window. The rules of wording: a summary says *what* happened, without blame and
//! without a code; a cause says *why*, with the particulars (an address, a size, a date); a remedy says what
//! to do *next*. Each is one or two plain sentences with a full stop. No exclamation mark, no jargon beyond
//! "certificate" and "key".

use std::fmt;

/// A failure, told as three sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened: "This file is damaged."
    pub summary: String,
    /// Why: "It ends after 412 KB of 418 KB; the rest is missing."
    pub cause: String,
    /// What to do next: "Ask for it again."
    pub remedy: String,
    /// What the person could give, so that a window can offer the button for it.
    pub need: Option<Need>,
}

/// Something that only the person can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The passphrase of the key files: it was not given yet.
    Passphrase,
    /// Another one: the one that was given does not fit.
    OtherPassphrase,
    /// Another place for keys: the keyring cannot be used.
    PlaceForKeys,
}

impl Problem {
    /// A problem from its three sentences.
    pub fn new(summary: impl Into<String>, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { summary: summary.into(), cause: cause.into(), remedy: remedy.into(), need: None }
    }

    /// The same problem, with what would help.
    #[must_use]
    pub fn needing(self, need: Need) -> Self {
        Self { need: Some(need), ..self }
    }
}

impl fmt::Display for Problem {
    /// The three sentences in a row, those that are there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for sentence in [&self.summary, &self.cause, &self.remedy] {
            if sentence.is_empty() {
                continue;
            }
            if !first {
                f.write_str(" ")?;
            }
            f.write_str(sentence)?;
            first = false;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// An error that can tell itself to a person.
pub trait Explain {
    /// The three sentences for this error.
    fn explain(&self) -> Problem;
}

impl Explain for Problem {
    fn explain(&self) -> Problem {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_sentence_leaves_no_gap() {
        let problem = Problem::new("This file is damaged.", "", "Ask for it again.");
        assert_eq!(problem.to_string(), "This file is damaged. Ask for it again.");
    }
}
