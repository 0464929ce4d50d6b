//! The last step: the certificate as a file, its fingerprint to be compared, or a key for somebody else's phone.

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{operation, qr_code};

use crate::app::action::{Action, Pick, Wish};
use crate::app::key_file::{self, Report};
use crate::app::shared::Shared;
use crate::app::words::welcome as say;
use waxseal::desk::Desk;
use waxseal::desk::identities::KeyName;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::secret::Passphrase;
use waxseal::smime::x509::Certificate;
use waxseal::smime::{Address, Fingerprint};

pub(super) const PHONE_NAME: &str = "welcome-phone-name";
pub(super) const PHONE_ADDRESS: &str = "welcome-phone-address";

/// What is handed over, and what was.
pub(super) struct HandOver {
    pub(super) address: Address,
    pub(super) fingerprint: Fingerprint,
    pub(super) picture: Option<qr_code::Data>,
    /// What was imported just before.
    pub(super) report: Option<Report>,
    /// The certificate was saved under this name.
    pub(super) saved: Option<String>,
    pub(super) phone: Phone,
    pub(super) trouble: Option<(Problem, Message)>,
}

/// A key for somebody else's phone.
pub(super) enum Phone {
    Closed,
    Asked(Whose),
    Making(Whose),
    /// Whose it is, and the file's name.
    Made(String, String),
}

/// Who it is for.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    pub(super) name: String,
    pub(super) address: String,
    /// The private half stays here, too.
    pub(super) keep: bool,
    pub(super) tried: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    SavePressed,
    SaveChosen(Vec<PathBuf>),
    Saved(Result<PathBuf, Problem>),
    CopyPressed,
    PhonePressed,
    PhoneNameChanged(String),
    PhoneNameEntered,
    PhoneAddressChanged(String),
    KeepToggled,
    PhoneMakePressed,
    PhonePasswordChosen(Passphrase),
    PhoneFileChosen(Passphrase, Vec<PathBuf>),
    PhoneMade(Passphrase, PathBuf, Result<(), Problem>),
    TroubleClosed,
    DonePressed,
}

/// The certificate that others need for this own address.
pub(super) fn certificate_of(desk: &Desk, address: &Address) -> Result<Certificate, Problem> {
    let (_, own) = desk.own_key(&KeyName::Address(address.clone())).map_err(|error| error.explain())?;
    Ok(own.certificate)
}

impl Whose {
    /// The name and address, if they will do.
    fn who(&self) -> Option<(String, Address)> {
        let name = self.name.trim();
        let address = self.address.trim().parse().ok()?;
        (!name.is_empty()).then(|| (name.to_owned(), address))
    }

    /// Why they will not.
    pub(super) fn obstacle(&self, shared: &Shared) -> Option<&'static str> {
        match self.who() {
            None if self.name.trim().is_empty() => Some(say::NAME_MISSING),
            None => Some(say::ADDRESS_WRONG),
            Some((_, address)) if shared.people.is_own(&address) => Some(say::ADDRESS_OWN),
            Some(_) => None,
        }
    }
}

impl HandOver {
    pub(super) fn new(certificate: &Certificate, address: Address, report: Option<Report>) -> Self {
        let fingerprint = certificate.fingerprint();
        let picture = qr_code::Data::new(fingerprint.to_string().to_uppercase()).ok();
        let (saved, phone, trouble) = (None, Phone::Closed, None);
        Self { address, fingerprint, picture, report, saved, phone, trouble }
    }

    /// Something was handed over.
    pub(super) fn is_done(&self) -> bool {
        self.saved.is_some() || matches!(self.phone, Phone::Made(..))
    }

    pub(super) fn update(&mut self, message: Message, shared: &Shared) -> Action<super::Message> {
        self.step(message, shared).map(super::Message::HandOver)
    }

    fn step(&mut self, message: Message, shared: &Shared) -> Action<Message> {
        match message {
            Message::SavePressed => {
                self.trouble = None;
                let name = format!("{}.cer", file_name(self.address.local()));
                let pick = Pick::Save { title: say::SAVE_TITLE, name };
                Action::wish(Wish::Pick(pick, Arc::new(Message::SaveChosen)))
            }
            Message::SaveChosen(paths) => {
                let Some(path) = paths.into_iter().next() else { return Action::none() };
                let address = self.address.clone();
                let work = shared.clerk.ask(move |desk| {
                    desk.write_certificate(&address, &path).map_err(|error| error.explain())?;
                    Ok(path)
                });
                Action::run(work.map(Message::Saved))
            }
            Message::Saved(Ok(path)) => {
                self.saved = Some(key_file::name(&path));
                Action::none()
            }
            Message::Saved(Err(problem)) => self.fail(problem, Message::SavePressed),
            Message::CopyPressed => Action::wish(Wish::Copy(self.fingerprint.to_string())),
            Message::PhonePressed => {
                self.phone = match &self.phone {
                    Phone::Closed | Phone::Made(..) => Phone::Asked(Whose::default()),
                    Phone::Asked(_) => Phone::Closed,
                    Phone::Making(_) => return Action::none(),
                };
                Action::run(operation::focus(PHONE_NAME))
            }
            Message::PhoneNameChanged(name) => self.with_whose(|whose| whose.name = name),
            Message::PhoneNameEntered => Action::run(operation::focus(PHONE_ADDRESS)),
            Message::PhoneAddressChanged(address) => self.with_whose(|whose| whose.address = address),
            Message::KeepToggled => self.with_whose(|whose| whose.keep = !whose.keep),
            Message::PhoneMakePressed => {
                self.trouble = None;
                let Phone::Asked(whose) = &mut self.phone else { return Action::none() };
                whose.tried = true;
                match (whose.obstacle(shared), whose.who()) {
                    (None, Some((name, _))) => Action::wish(Wish::Ask(say::password_for_phone(
                        &name,
                        Arc::new(Message::PhonePasswordChosen),
                    ))),
                    (Some(_), _) | (_, None) => Action::none(),
                }
            }
            Message::PhonePasswordChosen(password) => {
                let Phone::Asked(whose) = &self.phone else { return Action::none() };
                let name = format!("{}.p12", file_name(whose.name.trim()));
                let pick = Pick::Save { title: say::SAVE_PHONE_TITLE, name };
                let then = move |paths| Message::PhoneFileChosen(password.clone(), paths);
                Action::wish(Wish::Pick(pick, Arc::new(then)))
            }
            Message::PhoneFileChosen(password, paths) => self.make(password, paths, shared),
            Message::PhoneMade(_, path, Ok(())) => {
                if let Phone::Making(whose) = &self.phone {
                    self.phone = Phone::Made(whose.name.trim().to_owned(), key_file::name(&path));
                }
                Action::wish(Wish::Reload)
            }
            Message::PhoneMade(password, path, Err(problem)) => {
                if let Phone::Making(whose) = &self.phone {
                    self.phone = Phone::Asked(whose.clone());
                }
                // A missing passphrase is given, and the same is tried again; else another place is chosen.
                let again = match problem.need {
                    Some(_) => Message::PhoneFileChosen(password, vec![path]),
                    None => Message::PhonePasswordChosen(password),
                };
                self.fail(problem, again)
            }
            Message::TroubleClosed => {
                self.trouble = None;
                Action::none()
            }
            Message::DonePressed => Action::wish(Wish::LeaveWelcome),
        }
    }

    fn with_whose(&mut self, change: impl FnOnce(&mut Whose)) -> Action<Message> {
        if let Phone::Asked(whose) = &mut self.phone {
            change(whose);
        }
        Action::none()
    }

    fn make(&mut self, password: Passphrase, paths: Vec<PathBuf>, shared: &Shared) -> Action<Message> {
        self.trouble = None;
        let (Phone::Asked(whose), Some(path)) = (&self.phone, paths.into_iter().next()) else {
            return Action::none();
        };
        let Some((name, address)) = whose.who() else { return Action::none() };
        let keep = whose.keep;
        let (secret, out) = (password.clone(), path.clone());
        let work = shared.clerk.ask(move |desk| {
            let made = desk.create_contact(&name, &address, &out, &secret, keep);
            made.map(|_certificate| ()).map_err(|error| error.explain())
        });
        self.phone = Phone::Making(whose.clone());
        Action::run(work.map(move |made| Message::PhoneMade(password.clone(), path.clone(), made)))
    }

    fn fail(&mut self, problem: Problem, again: Message) -> Action<Message> {
        self.trouble = Some((problem, again));
        Action::none()
    }
}

/// `words` as the name of a file: without what would lead elsewhere.
pub(crate) fn file_name(words: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_+.".contains(c) { c } else { '-' };
    let name: String = words.chars().map(plain).take(60).collect();
    let name = name.trim_matches(|c| c == '.' || c == '-');
    if name.is_empty() { "key".to_owned() } else { name.to_lowercase() }
}
