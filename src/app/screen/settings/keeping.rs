//! Copies of one's own keys and certificates, and how a key is deleted: a backup is offered first.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::action::{Action, Pick, Wish};
use crate::app::key_file;
use crate::app::screen::welcome::file_name;
use crate::app::shared::Shared;
use crate::app::words::settings as say;
use waxseal::desk::identities::KeyName;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::pkcs12::Recipe;
use waxseal::smime::secret::Passphrase;
use waxseal::smime::{Address, Fingerprint};
use waxseal::store::settings::Settings;

/// What is unfolded below a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeping {
    pub(super) open: Option<(Fingerprint, Panel)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    BackUp(Recipe),
    /// The file is being written.
    Writing(Recipe),
    /// In which form.
    Certificate,
    Delete,
}

#[derive(Debug, Clone)]
pub(crate) enum Message {
    BackUpPressed(Fingerprint),
    RecipeChosen(Recipe),
    PasswordPressed,
    PasswordChosen(Passphrase),
    FileChosen(Passphrase, Vec<PathBuf>),
    BackedUp(Passphrase, PathBuf, Result<(), Problem>),
    CertificatePressed(Fingerprint),
    FormChosen(Address, &'static str),
    CertificateFileChosen(Address, Vec<PathBuf>),
    CertificateSaved(Address, Result<PathBuf, Problem>),
    DeletePressed(Fingerprint),
    DeleteAsked(String),
    DeleteConfirmed(Fingerprint),
    Deleted(Result<String, Problem>),
    Closed,
}

/// A problem, and what tries again.
type Failure = Box<(Problem, Option<Message>)>;

impl Keeping {
    pub(super) fn update(&mut self, message: Message, shared: &Shared) -> Result<Action<Message>, Failure> {
        match message {
            Message::BackUpPressed(key) => Ok(self.unfold(key, Panel::BackUp(Recipe::Modern))),
            Message::CertificatePressed(key) => Ok(self.unfold(key, Panel::Certificate)),
            Message::DeletePressed(key) => Ok(self.unfold(key, Panel::Delete)),
            Message::RecipeChosen(chosen) => {
                if let Some((_, Panel::BackUp(recipe))) = &mut self.open {
                    *recipe = chosen;
                }
                Ok(Action::none())
            }
            Message::PasswordPressed => {
                Ok(Action::wish(Wish::Ask(say::password_of_backup(Arc::new(Message::PasswordChosen)))))
            }
            Message::PasswordChosen(password) => {
                let Some(key) = self.open.map(|(key, _)| key) else { return Ok(Action::none()) };
                let name = format!("{}.p12", file_name(&name_of(key, shared)));
                let pick = Pick::Save { title: say::BACK_UP_TITLE, name };
                let then = move |paths| Message::FileChosen(password.clone(), paths);
                Ok(Action::wish(Wish::Pick(pick, Arc::new(then))))
            }
            Message::FileChosen(password, paths) => Ok(self.write(password, paths, shared)),
            Message::BackedUp(_, path, Ok(())) => {
                self.open = None;
                let said = say::backed_up(&key_file::name(&path));
                Ok(Action::wish(Wish::Reload).and(Wish::Toast(said, None)))
            }
            Message::BackedUp(password, path, Err(problem)) => {
                if let Some((key, Panel::Writing(recipe))) = self.open {
                    self.open = Some((key, Panel::BackUp(recipe)));
                }
                // A missing passphrase is given, and the same is tried again; else another place is chosen.
                let again = match problem.need {
                    Some(_) => Message::FileChosen(password, vec![path]),
                    None => Message::PasswordChosen(password),
                };
                Err(Box::new((problem, Some(again))))
            }
            Message::FormChosen(address, ending) => {
                let name = format!("{}.{ending}", file_name(address.local()));
                let pick = Pick::Save { title: say::CERTIFICATE_TITLE, name };
                let then = move |paths| Message::CertificateFileChosen(address.clone(), paths);
                Ok(Action::wish(Wish::Pick(pick, Arc::new(then))))
            }
            Message::CertificateFileChosen(address, paths) => {
                let Some(path) = paths.into_iter().next() else { return Ok(Action::none()) };
                let wanted = address.clone();
                let save = shared.clerk.ask(move |desk| {
                    desk.write_certificate(&wanted, &path).map_err(|error| error.explain())?;
                    Ok(path)
                });
                Ok(Action::run(save.map(move |saved| Message::CertificateSaved(address.clone(), saved))))
            }
            Message::CertificateSaved(_, Ok(path)) => {
                self.open = None;
                Ok(Action::wish(Wish::Toast(say::certificate_saved(&key_file::name(&path)), None)))
            }
            Message::CertificateSaved(address, Err(problem)) => {
                Err(Box::new((problem, Some(Message::FormChosen(address, "cer")))))
            }
            Message::DeleteAsked(name) => Ok(match self.open {
                Some((key, Panel::Delete)) => {
                    Action::wish(Wish::Ask(say::delete_key(&name, Message::DeleteConfirmed(key))))
                }
                Some(_) | None => Action::none(),
            }),
            Message::DeleteConfirmed(key) => {
                let delete = shared.clerk.ask(move |desk| {
                    let deleted = desk.delete_own_key(key, true).map_err(|error| error.explain())?;
                    Ok(deleted.display_name())
                });
                Ok(Action::run(delete.map(Message::Deleted)))
            }
            Message::Deleted(Ok(name)) => {
                self.open = None;
                Ok(Action::wish(Wish::Reload).and(Wish::Toast(say::key_deleted(&name), None)))
            }
            Message::Deleted(Err(problem)) => Err(Box::new((problem, None))),
            Message::Closed => {
                self.open = None;
                Ok(Action::none())
            }
        }
    }

    /// Unfolds a panel below a key; pressed again, it is folded.
    fn unfold(&mut self, key: Fingerprint, panel: Panel) -> Action<Message> {
        self.open = (self.open != Some((key, panel))).then_some((key, panel));
        Action::none()
    }

    fn write(&mut self, password: Passphrase, paths: Vec<PathBuf>, shared: &Shared) -> Action<Message> {
        let (Some((key, Panel::BackUp(recipe))), Some(path)) = (self.open, paths.into_iter().next()) else {
            return Action::none();
        };
        self.open = Some((key, Panel::Writing(recipe)));
        let (secret, out) = (password.clone(), path.clone());
        let write = shared.clerk.ask(move |desk| {
            desk.export_identity(&KeyName::Fingerprint(key), &out, &secret, recipe)
                .map_err(|error| error.explain())?;
            let store = desk.store();
            let remember = || {
                let settings = Settings { backed_up: Some(desk.now()), ..store.settings()? };
                store.set(&settings)
            };
            remember().map_err(|error| error.explain())
        });
        Action::run(write.map(move |done| Message::BackedUp(password.clone(), path.clone(), done)))
    }
}

/// The address that a key is for, or the name in its certificate.
fn name_of(key: Fingerprint, shared: &Shared) -> String {
    let keys = shared.people.identities.iter().flat_map(|identity| &identity.keys);
    let mut certificates = keys.map(|own| &own.certificate);
    let found = certificates.find(|certificate| certificate.fingerprint() == key);
    let address = found.and_then(|certificate| certificate.addresses().first());
    match (address, found) {
        (Some(address), _) => address.local().to_owned(),
        (None, Some(certificate)) => certificate.display_name(),
        (None, None) => String::new(),
    }
}
