//! Comparing with a person: the safety number where both have Waxseal, the fingerprint where they read on a phone.

use std::sync::Arc;

use iced::Task;
use iced::widget::qr_code;

mod view;

use crate::app::clerk::Clerk;
use crate::app::shared::Shared;
use crate::app::words::compare as say;
use waxseal::desk::Desk;
use waxseal::desk::contacts::ContactError;
use waxseal::desk::safety_number::{Comparison, SafetyNumberError};
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::safety_number::Claim;
use waxseal::smime::x509::Certificate;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::contacts::KeyState;

/// What is compared with whom.
pub(crate) struct Compare {
    clerk: Clerk,
    address: Address,
    name: String,
    /// One's own addresses, and which of them the other one knows.
    own: Vec<Address>,
    from: Option<Address>,
    tab: Tab,
    state: State,
    typed: String,
    /// Why what was typed is nothing to compare.
    obstacle: Option<String>,
    trouble: Option<Problem>,
}

/// By what one compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// By safety number.
    Waxseal,
    /// By fingerprint.
    Phone,
}

enum State {
    Reading,
    Ready(Sides),
    /// They are different.
    Different(Sides),
    Failed(Problem),
}

/// What can be compared.
struct Sides {
    numbers: Result<Vec<(Comparison, Code)>, Problem>,
    number: usize,
    prints: Vec<(Print, Code)>,
    print: usize,
}

/// A QR code; there is none where the text is too long for one.
type Code = Option<qr_code::Data>;

/// A certificate that is compared by its fingerprint.
#[derive(Debug, Clone)]
pub(crate) struct Print {
    certificate: Certificate,
    waiting: bool,
}

/// What was read from the records.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    numbers: Result<Vec<Comparison>, Problem>,
    prints: Vec<Print>,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    Loaded(Arc<Result<Loaded, Problem>>),
    Turned(Tab),
    FromChosen(Address),
    /// Another number or certificate than the one that is shown.
    OtherPressed,
    TypedChanged(String),
    CheckPressed,
    MatchPressed,
    DifferentPressed,
    StartAgainPressed,
    SetAsidePressed,
    Recorded(Result<(), Refusal>),
    PutAside(Result<(), Problem>),
    Closed,
}

/// Why a check was not recorded.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// The other side sees something else.
    Different,
    Failed(Problem),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Recorded { name: String },
    SetAside { name: String },
}

pub(crate) enum Outcome {
    Open(Task<Message>),
    /// Nothing: later.
    Closed(Option<Answer>),
}

impl Compare {
    pub(crate) fn new(shared: &Shared, address: Address) -> (Self, Task<Message>) {
        let own = shared.people.identities.iter().flat_map(|identity| identity.addresses.clone()).collect();
        let compare = Self {
            clerk: shared.clerk.clone(),
            name: shared.people.name(&address),
            address,
            own,
            from: None,
            tab: Tab::Waxseal,
            state: State::Reading,
            typed: String::new(),
            obstacle: None,
            trouble: None,
        };
        let task = compare.load();
        (compare, task)
    }

    fn load(&self) -> Task<Message> {
        let (address, from) = (self.address.clone(), self.from.clone());
        let work = self.clerk.ask(move |desk| load(desk, &address, from.as_ref()));
        work.map(|loaded| Message::Loaded(Arc::new(loaded)))
    }

    /// Whether something would be lost with a click beside it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.typed.is_empty() && !matches!(self.state, State::Different(_))
    }

    pub(crate) fn update(&mut self, message: Message) -> Outcome {
        match message {
            Message::Loaded(loaded) => {
                self.state = match &*loaded {
                    Ok(loaded) => State::Ready(Sides::of(loaded)),
                    Err(problem) => State::Failed(problem.clone()),
                };
                // Without a key of one's own there is no number, but there are fingerprints.
                if let State::Ready(sides) = &self.state
                    && sides.numbers.is_err()
                    && !sides.prints.is_empty()
                {
                    self.tab = Tab::Phone;
                }
            }
            Message::Turned(tab) => {
                self.tab = tab;
                self.typed.clear();
                self.obstacle = None;
            }
            Message::FromChosen(address) => {
                self.from = Some(address);
                return Outcome::Open(self.load());
            }
            Message::OtherPressed => {
                if let State::Ready(sides) = &mut self.state {
                    sides.turn(self.tab);
                }
            }
            Message::TypedChanged(typed) => {
                self.typed = typed;
                self.obstacle = None;
            }
            Message::CheckPressed => return Outcome::Open(self.check()),
            Message::MatchPressed => return Outcome::Open(self.record()),
            Message::DifferentPressed | Message::Recorded(Err(Refusal::Different)) => {
                self.state = match std::mem::replace(&mut self.state, State::Reading) {
                    State::Ready(sides) | State::Different(sides) => State::Different(sides),
                    other @ (State::Reading | State::Failed(_)) => other,
                };
            }
            Message::StartAgainPressed => {
                self.typed.clear();
                (self.obstacle, self.trouble) = (None, None);
                self.state = State::Reading;
                return Outcome::Open(self.load());
            }
            Message::SetAsidePressed => return Outcome::Open(self.set_aside()),
            Message::Recorded(Ok(())) => {
                return Outcome::Closed(Some(Answer::Recorded { name: self.name.clone() }));
            }
            Message::PutAside(Ok(())) => {
                return Outcome::Closed(Some(Answer::SetAside { name: self.name.clone() }));
            }
            Message::Recorded(Err(Refusal::Failed(problem))) | Message::PutAside(Err(problem)) => {
                self.trouble = Some(problem);
            }
            Message::Closed => return Outcome::Closed(None),
        }
        Outcome::Open(Task::none())
    }

    /// Records what the other one read aloud, if it is what is shown here.
    fn check(&mut self) -> Task<Message> {
        match self.tab {
            Tab::Waxseal => match self.typed.parse::<Claim>() {
                Ok(Claim::Digits(digits)) if digits.len() != waxseal::smime::safety_number::DIGITS => {
                    self.obstacle = Some(say::digits_missing(digits.len()));
                    Task::none()
                }
                Ok(claim) => self.verify_number(claim),
                Err(_) => {
                    self.obstacle = Some(say::NO_NUMBER.to_owned());
                    Task::none()
                }
            },
            Tab::Phone => match self.typed.parse::<Fingerprint>() {
                Ok(fingerprint) => self.verify_fingerprint(fingerprint),
                Err(_) => {
                    self.obstacle = Some(say::NO_FINGERPRINT.to_owned());
                    Task::none()
                }
            },
        }
    }

    /// Records that what is shown is what the other one sees.
    fn record(&self) -> Task<Message> {
        let State::Ready(sides) = &self.state else { return Task::none() };
        match self.tab {
            Tab::Waxseal => match sides.number() {
                Some((comparison, _)) => self.verify_number(Claim::Payload(comparison.number)),
                None => Task::none(),
            },
            Tab::Phone => match sides.print() {
                Some((print, _)) => self.verify_fingerprint(print.certificate.fingerprint()),
                None => Task::none(),
            },
        }
    }

    fn verify_number(&self, claim: Claim) -> Task<Message> {
        let address = self.address.clone();
        let work = self.clerk.ask(move |desk| {
            Ok(match desk.verify_safety_number(&address, &claim) {
                Ok(_) => Ok(()),
                Err(SafetyNumberError::Differs(_)) => Err(Refusal::Different),
                Err(error) => Err(Refusal::Failed(error.explain())),
            })
        });
        work.map(recorded)
    }

    fn verify_fingerprint(&self, fingerprint: Fingerprint) -> Task<Message> {
        let address = self.address.clone();
        let work = self.clerk.ask(move |desk| {
            Ok(match desk.verify_contact(&address, &fingerprint) {
                Ok(_) => Ok(()),
                Err(ContactError::FingerprintDiffers(_)) => Err(Refusal::Different),
                Err(error) => Err(Refusal::Failed(error.explain())),
            })
        });
        work.map(recorded)
    }

    /// Sets the certificate aside that waits for an answer, or all of them where none waits.
    fn set_aside(&self) -> Task<Message> {
        let address = self.address.clone();
        let work = self.clerk.ask(move |desk| {
            let set_aside = || {
                if desk.contact(&address)?.is_changed() {
                    desk.keep_contact(&address)
                } else {
                    desk.distrust_contact(&address)
                }
            };
            set_aside().map(|_| ()).map_err(|error| error.explain())
        });
        work.map(Message::PutAside)
    }
}

fn recorded(answer: Result<Result<(), Refusal>, Problem>) -> Message {
    Message::Recorded(answer.unwrap_or_else(|problem| Err(Refusal::Failed(problem))))
}

fn load(desk: &Desk, address: &Address, from: Option<&Address>) -> Result<Loaded, Problem> {
    let contact = desk.contact(address).map_err(|error| error.explain())?;
    let counts = |state| matches!(state, KeyState::Accepted | KeyState::Pending);
    let prints = contact
        .keys
        .iter()
        .filter(|key| counts(key.state))
        .map(|key| Print { certificate: key.certificate.clone(), waiting: key.state == KeyState::Pending });
    let numbers = desk.safety_numbers(address, from).map_err(|error| error.explain());
    Ok(Loaded { numbers, prints: prints.collect() })
}

impl Sides {
    fn of(loaded: &Loaded) -> Self {
        let code =
            |text: &str| qr_code::Data::with_error_correction(text, qr_code::ErrorCorrection::Low).ok();
        let numbers = loaded.numbers.as_ref().map_err(Clone::clone).map(|numbers| {
            let numbered = |one: &Comparison| (one.clone(), code(&one.number.payload()));
            numbers.iter().map(numbered).collect::<Vec<_>>()
        });
        let prints: Vec<(Print, Code)> = loaded
            .prints
            .iter()
            .map(|print| {
                let digits = print.certificate.fingerprint().to_string().to_uppercase();
                (print.clone(), code(&digits))
            })
            .collect();
        // What waits for an answer is what one wants to compare.
        let waiting = |numbers: &Vec<(Comparison, Code)>| numbers.iter().position(|(one, _)| one.waiting);
        let number = numbers.as_ref().ok().and_then(waiting).unwrap_or(0);
        let print = prints.iter().position(|(print, _)| print.waiting).unwrap_or(0);
        Self { numbers, number, prints, print }
    }

    fn number(&self) -> Option<&(Comparison, Code)> {
        self.numbers.as_ref().ok()?.get(self.number)
    }

    fn print(&self) -> Option<&(Print, Code)> {
        self.prints.get(self.print)
    }

    /// As many as there are to choose from.
    fn count(&self, tab: Tab) -> usize {
        match tab {
            Tab::Waxseal => self.numbers.as_ref().map_or(0, Vec::len),
            Tab::Phone => self.prints.len(),
        }
    }

    fn turn(&mut self, tab: Tab) {
        let count = self.count(tab).max(1);
        match tab {
            Tab::Waxseal => self.number = (self.number + 1) % count,
            Tab::Phone => self.print = (self.print + 1) % count,
        }
    }
}

#[cfg(test)]
mod tests;
