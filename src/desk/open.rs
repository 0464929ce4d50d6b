//! Opens a message with one's own keys and judges it. Nothing is written to the store.

use std::io::SeekFrom;

use super::Desk;
use super::evidence::{KnownCertificates, OwnKeys};
use super::messages::NestedReading;
use crate::problem::{Explain, Problem};
use crate::smime::message::open::{self, Context, Input, OpenError, Opened};
use crate::smime::message::reply::{self, Reply};
use crate::smime::message::verdict::{self, Verdict};
use crate::smime::progress::Stopped;
use crate::smime::secret::Passphrase;
use crate::smime::{Address, Limits, Source, Spool, SpoolFile};
use crate::store::{StoreError, clock};

/// How often opening reads a message, about, with what was inside it.
const PASSES: u64 = 5;
/// How often decrypting reads a message, about.
const DECRYPTING: u64 = 3;

/// A message without its layers, and what is to be thought of it.
pub struct Reading {
    /// What was inside.
    pub opened: Opened,
    /// How far it can be trusted.
    pub verdict: Verdict,
    /// Why it stayed closed, if it did.
    pub closed: Option<ReadingError>,
    /// Messages among the attachments, as far as [`Desk::read_messages`] has opened them.
    pub messages: Vec<NestedReading>,
}

/// Why a message could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadingError {
    /// The message itself.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The records or the vault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody wished that the work stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl Explain for ReadingError {
    fn explain(&self) -> Problem {
        match self {
            Self::Open(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Stopped(stopped) => stopped.explain(),
        }
    }
}

impl Desk {
    /// Opens and judges a message.
    pub fn read(&self, input: Input<'_>) -> Result<Reading, ReadingError> {
        let source = self.watched(input.source);
        let detached = input.detached.map(|beside| self.watched(beside));
        self.read_within(Input { source, detached, ..input }, &self.limits)
    }

    pub(super) fn read_within(&self, input: Input<'_>, limits: &Limits) -> Result<Reading, ReadingError> {
        let read = self.read_to_its_end(input, limits);
        // A wish to stop may also have looked like a part that is not there.
        self.go_on()?;
        read
    }

    /// So many passes over the source are to be expected.
    fn expect_passes(&self, source: &mut dyn Source, passes: u64) -> Result<(), ReadingError> {
        let length = source.seek(SeekFrom::End(0)).map_err(OpenError::from)?;
        source.rewind().map_err(OpenError::from)?;
        self.expect(passes.saturating_mul(length));
        Ok(())
    }

    fn read_to_its_end(&self, mut input: Input<'_>, limits: &Limits) -> Result<Reading, ReadingError> {
        self.expect_passes(&mut *input.source, PASSES)?;
        let keys = OwnKeys::of(self)?;
        let certificates = KnownCertificates::of(self)?;
        let context = Context { keys: &keys, certificates: &certificates, spool: self.spool(), limits };
        let opened = open::open(input, &context, &mut clock::rng())?;
        let evidence = match opened.signer().and_then(|signer| signer.certificate.as_ref()) {
            Some(certificate) => {
                let lists = opened.revocation_lists().cloned();
                let from = match opened.headers.from.as_slice() {
                    [from] => Some(&from.address),
                    [] | [_, _, ..] => None,
                };
                Some(self.evidence(certificate, from, opened.certificates().cloned(), lists)?)
            }
            None => None,
        };
        let verdict = verdict::judge(&opened, evidence.as_ref(), self.now);
        // A locked vault says more than "no key".
        let closed = opened.undecryptable.clone().map(|error| match keys.into_refusal() {
            Some(refusal) => ReadingError::Store(refusal),
            None => ReadingError::Open(error),
        });
        Ok(Reading { opened, verdict, closed, messages: Vec::new() })
    }

    /// Opens the message in `source` to answer it: what the answer takes over, and what is to be thought of the message.
    /// `sealed`: the answer will be.
    pub fn answer(&self, source: Box<dyn Source>, sealed: bool) -> Result<(Reply, Verdict), ReadingError> {
        let Reading { opened, verdict, closed, .. } = self.read(source.into())?;
        if let Some(closed) = closed {
            return Err(closed);
        }
        let identities = self.store.identities()?;
        let is_own = |who: &Address| identities.iter().any(|identity| identity.addresses.contains(who));
        Ok((reply::reply(&opened, &is_own, sealed), verdict))
    }

    /// Takes the encryption off and nothing else; what was inside, byte for byte, in a place of `spool`. `password` is for
    /// a message that can be opened with one.
    pub fn decrypt(
        &self,
        source: Box<dyn Source>,
        password: Option<Passphrase>,
        spool: &dyn Spool,
    ) -> Result<Box<dyn SpoolFile>, ReadingError> {
        let mut source = self.watched(source);
        self.expect_passes(&mut *source, DECRYPTING)?;
        let keys = OwnKeys::of(self)?.with_password(password);
        let certificates = KnownCertificates::of(self)?;
        let context = Context { keys: &keys, certificates: &certificates, spool, limits: &self.limits };
        let content = open::decrypt(source, &context, &mut clock::rng());
        self.or_stopped(content.map_err(|error| match keys.into_refusal() {
            Some(refusal) => ReadingError::Store(refusal),
            None => ReadingError::Open(error),
        }))
    }
}
