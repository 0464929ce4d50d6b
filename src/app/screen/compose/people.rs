//! What helps with the people that a note goes to.

use std::path::PathBuf;
use std::sync::Arc;

use super::outlook::Help;
use super::{Compose, Edit, Message};
use crate::app::action::{Action, Pick, Wish};
use crate::app::shared::Shared;
use crate::app::words::compose as say;
use waxseal::desk::Desk;
use waxseal::problem::{Explain as _, Problem};
use waxseal::smime::Address;

/// Something about one of the people.
#[derive(Debug, Clone)]
pub(crate) enum PersonMessage {
    ImportPressed,
    FilesChosen(Vec<PathBuf>),
    /// Whose certificates were found.
    Imported(Result<Vec<String>, Problem>),
    AskForItPressed(Address),
    ComparePressed(Address),
    ContactPressed(Address),
    ExpiredPressed(Address),
}

impl Compose {
    pub(super) fn person(&mut self, message: PersonMessage, shared: &Shared) -> Action<Message> {
        match message {
            PersonMessage::ImportPressed => {
                let kinds = ("Certificates and mail", ENDINGS);
                let pick = Pick::Open { title: say::IMPORT_TITLE, kinds, several: true };
                let then = Arc::new(|files| Message::Person(PersonMessage::FilesChosen(files)));
                Action::wish(Wish::Pick(pick, then))
            }
            PersonMessage::FilesChosen(files) if files.is_empty() => Action::none(),
            PersonMessage::FilesChosen(files) => {
                let imported = shared.clerk.ask(move |desk| import(desk, &files));
                Action::run(imported.map(|answer| Message::Person(PersonMessage::Imported(answer))))
            }
            PersonMessage::Imported(Ok(names)) => {
                self.trouble = None;
                let judged = self.judge(shared);
                Action::run(judged).and(Wish::Toast(say::imported(&names), None)).and(Wish::Reload)
            }
            PersonMessage::Imported(Err(problem)) => self.report(problem).and(Wish::Reload),
            PersonMessage::AskForItPressed(address) => Action::wish(Wish::Copy(say::please_send(&address))),
            PersonMessage::ComparePressed(address) => Action::wish(Wish::Compare(address)),
            PersonMessage::ContactPressed(address) => {
                if shared.people.contact(&address).is_some() {
                    Action::wish(Wish::ShowContact(address))
                } else {
                    Action::none()
                }
            }
            PersonMessage::ExpiredPressed(address) => self.confirm_expired(&address),
        }
    }

    fn confirm_expired(&mut self, address: &Address) -> Action<Message> {
        let outlook = self.note_mut().and_then(|note| note.outlook.as_ref());
        let person = outlook.and_then(|outlook| outlook.person(address));
        let Some((person, obstacle)) = person.and_then(|person| Some((person, person.obstacle.as_ref()?)))
        else {
            return Action::none();
        };
        match &obstacle.help {
            Help::Renew(certificates) if !certificates.is_empty() => {
                let then = Message::Edit(Edit::ExpiredConfirmed(certificates.clone()));
                Action::wish(Wish::Ask(say::confirm_expired(&person.name, address, then)))
            }
            Help::Renew(_) | Help::Import | Help::Compare => Action::none(),
        }
    }
}

/// What certificates are kept in, for the file dialog.
const ENDINGS: &[&str] =
    &["cer", "crt", "der", "pem", "p7b", "p7c", "p7s", "p7m", "eml", "mbox", "vcf", "ldif", "txt"];

/// Each file stands alone: the good ones are taken, and the first that is not is told.
fn import(desk: &Desk, files: &[PathBuf]) -> Result<Vec<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    let mut failed = None;
    for file in files {
        match desk.import_contact(file, None) {
            Ok(learned) => {
                let people =
                    learned.iter().flat_map(|one| one.certificate.addresses()).map(Address::to_string);
                people.for_each(|name| {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                });
            }
            Err(error) => failed = failed.or(Some(error.explain())),
        }
    }
    failed.map_or(Ok(names), Err)
}
