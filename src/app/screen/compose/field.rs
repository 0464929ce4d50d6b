//! To, Cc and Bcc: people as chips, and what is being typed behind them.

use crate::app::shared::People;
use waxseal::smime::Address;

/// People that are offered at once.
const OFFERED: usize = 6;

/// One of the fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    pub(super) chips: Vec<Address>,
    pub(super) typed: String,
    /// The chip that the next Backspace removes and Enter opens.
    pub(super) selected: Option<usize>,
    /// Who may be meant.
    pub(super) offered: Vec<Offer>,
    /// Which of them Enter takes; none: what was typed stands for itself.
    pub(super) at: Option<usize>,
}

/// Somebody who may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) address: Address,
}

/// What the person does in a field.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    Typed(String),
    Entered,
    Left,
    Backspaced,
    Moved(isize),
    Stepped(isize),
    Closed,
    Taken(Address),
    Removed(usize),
}

impl Field {
    pub(super) fn of(people: &[Address]) -> Self {
        Self { chips: people.to_vec(), ..Self::default() }
    }

    /// Of a draft: what is no address yet is being typed again.
    pub(super) fn written(written: &[String]) -> Self {
        let mut field = Self::default();
        let mut rest = Vec::new();
        for one in written {
            match one.parse() {
                Ok(address) => field.add(address),
                Err(_) => rest.push(one.as_str()),
            }
        }
        field.typed = rest.join(" ");
        field
    }

    /// For a draft.
    pub(super) fn to_written(&self) -> Vec<String> {
        let typed = Some(self.typed.trim()).filter(|typed| !typed.is_empty());
        self.chips.iter().map(Address::as_str).chain(typed).map(str::to_owned).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chips.is_empty() && self.typed.trim().is_empty()
    }

    pub(super) fn update(&mut self, message: Message, people: &People) {
        match message {
            Message::Typed(typed) => {
                self.selected = None;
                self.typed = self.split(&typed);
                self.offer(people);
            }
            Message::Entered => match self.at.and_then(|at| self.offered.get(at)).cloned() {
                Some(offer) => self.take(offer.address),
                None => self.settle(),
            },
            Message::Left => {
                self.selected = None;
                self.close();
                self.settle();
            }
            Message::Backspaced => match self.selected {
                Some(selected) => self.remove(selected),
                None => self.selected = self.chips.len().checked_sub(1),
            },
            Message::Moved(steps) => self.move_by(steps),
            Message::Stepped(steps) => {
                let last = self.chips.len().checked_sub(1);
                self.selected = match (self.selected, last) {
                    (Some(at), Some(last)) if steps > 0 && at == last => None,
                    (Some(at), Some(last)) => Some(at.saturating_add_signed(steps).min(last)),
                    (None, last) if steps < 0 => last,
                    (_, _) => None,
                };
            }
            Message::Closed => {
                self.selected = None;
                self.close();
            }
            Message::Taken(address) => self.take(address),
            Message::Removed(at) => self.remove(at),
        }
    }

    /// Takes what is typed for an address if it is one.
    pub(super) fn settle(&mut self) {
        if let Some(address) = address_in(&self.typed) {
            self.take(address);
        }
    }

    /// Removes a person, wherever they stand.
    pub(super) fn drop(&mut self, address: &Address) {
        self.chips.retain(|chip| chip != address);
        self.selected = None;
    }

    fn take(&mut self, address: Address) {
        self.add(address);
        self.typed.clear();
        self.close();
    }

    fn add(&mut self, address: Address) {
        if !self.chips.contains(&address) {
            self.chips.push(address);
        }
    }

    fn remove(&mut self, at: usize) {
        if at < self.chips.len() {
            self.chips.remove(at);
        }
        self.selected = None;
    }

    fn close(&mut self) {
        self.offered.clear();
        self.at = None;
    }

    /// Makes chips of all addresses before a comma, semicolon or line end; what cannot be read stays.
    fn split(&mut self, typed: &str) -> String {
        let ends = [',', ';', '\n', '\r', '\t'];
        if !typed.contains(ends) {
            return typed.to_owned();
        }
        let mut rest: Vec<String> = Vec::new();
        for part in typed.split(ends).map(str::trim).filter(|part| !part.is_empty()) {
            match address_in(part) {
                Some(address) => self.add(address),
                None => rest.push(part.to_owned()),
            }
        }
        rest.join(" ")
    }

    fn offer(&mut self, people: &People) {
        self.offered = offers(&self.typed, people, &self.chips);
        let typed = self.typed.trim().to_lowercase();
        let starts = self
            .offered
            .first()
            .is_some_and(|first| first.address.as_str().to_lowercase().starts_with(&typed));
        // An address that is complete is not silently made into another one.
        self.at = (starts || address_in(&typed).is_none()).then_some(0).filter(|_| !self.offered.is_empty());
    }

    fn move_by(&mut self, steps: isize) {
        let count = self.offered.len();
        if count > 0 {
            self.at = Some(match self.at {
                Some(at) => at.saturating_add_signed(steps).min(count - 1),
                None if steps > 0 => 0,
                None => count - 1,
            });
        }
    }
}

/// `robin@alder.example`, or the address in `Robin Alder <robin@alder.example>`.
fn address_in(text: &str) -> Option<Address> {
    let text = text.trim();
    let bare = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(start), Some(text)) => text.get(start + 1..)?,
        (_, _) => text,
    };
    bare.parse().ok()
}

/// Those whose name or address begins so first, then those that hold it.
fn offers(typed: &str, people: &People, taken: &[Address]) -> Vec<Offer> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let contacts = people.contacts.iter().map(|contact| (&contact.name, &contact.addresses));
    let own = people.identities.iter().map(|identity| (&identity.name, &identity.addresses));
    let mut found: Vec<(u8, Offer)> = Vec::new();
    for (name, addresses) in contacts.chain(own) {
        let lower = name.to_lowercase();
        let by_name = match () {
            () if lower.starts_with(&typed) => Some(1),
            () if lower.split_whitespace().any(|word| word.starts_with(&typed)) => Some(2),
            () if lower.contains(&typed) => Some(3),
            () => None,
        };
        for address in addresses.iter().filter(|address| !taken.contains(address)) {
            let written = address.as_str().to_lowercase();
            let by_address = match () {
                () if written.starts_with(&typed) => Some(0),
                () if written.contains(&typed) => Some(3),
                () => None,
            };
            if let Some(rank) = by_name.into_iter().chain(by_address).min() {
                found.push((rank, Offer { name: name.clone(), address: address.clone() }));
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(OFFERED);
    found.into_iter().map(|(_, offer)| offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use waxseal::desk::Desk;
    use waxseal::store::vault::{NobodyToAsk, VaultKind};
    use waxseal::store::{Location, clock};

    fn people() -> People {
        let asker = Box::new(NobodyToAsk);
        let desk = Desk::open(Location::Memory, VaultKind::Memory, asker, clock::now()).unwrap();
        for (name, address) in [
            ("Ada Robinson", "ada@home.example"),
            ("Robin Alder", "robin@alder.example"),
            ("山本", "yamamoto@example.jp"),
        ] {
            super::super::tests::learn(&desk, name, address, 0, 30);
        }
        People { contacts: desk.store().contacts().unwrap(), ..People::default() }
    }

    fn field(messages: impl IntoIterator<Item = Message>) -> Field {
        let mut field = Field::default();
        messages.into_iter().for_each(|message| field.update(message, &people()));
        field
    }

    fn typed(text: &str) -> Message {
        Message::Typed(text.to_owned())
    }

    fn chips(field: &Field) -> Vec<&str> {
        field.chips.iter().map(Address::as_str).collect()
    }

    #[test]
    fn what_is_typed_is_completed_and_the_list_is_walked() {
        let found = field([typed("rob")]);
        let names: Vec<&str> = found.offered.iter().map(|offer| offer.name.as_str()).collect();
        assert_eq!((names, found.at), (vec!["Robin Alder", "Ada Robinson"], Some(0)));
        assert_eq!(chips(&field([typed("rob"), Message::Entered])), ["robin@alder.example"]);
        assert_eq!(chips(&field([typed("rob"), Message::Moved(1), Message::Entered])), ["ada@home.example"]);
        assert_eq!(chips(&field([typed("山"), Message::Entered])), ["yamamoto@example.jp"]);
        let closed = field([typed("rob"), Message::Closed, Message::Entered]);
        assert_eq!((closed.chips.len(), closed.typed.as_str()), (0, "rob"));
    }

    #[test]
    fn a_complete_address_stays_what_it_is() {
        let found = field([typed("a@home.example")]);
        assert_eq!((found.offered.len(), found.at), (1, None), "ada@home.example holds it, too");
        assert_eq!(chips(&field([typed("a@home.example"), Message::Entered])), ["a@home.example"]);
        assert_eq!(chips(&field([typed("kim@example.org"), Message::Left])), ["kim@example.org"]);
    }

    #[test]
    fn a_comma_ends_an_address_and_a_list_may_be_pasted() {
        assert_eq!(chips(&field([typed("kim@example.org,")])), ["kim@example.org"]);
        let pasted = field([typed("Kim <kim@example.org>; lee@example.org, half an addr")]);
        assert_eq!(chips(&pasted), ["kim@example.org", "lee@example.org"]);
        assert_eq!(pasted.typed, "half an addr");
        assert_eq!(pasted.to_written(), ["kim@example.org", "lee@example.org", "half an addr"]);
        let again = Field::written(&pasted.to_written());
        assert_eq!((again.chips.len(), again.typed.as_str()), (2, "half an addr"));
        assert_eq!(field([typed("kim@example.org,kim@EXAMPLE.org,")]).chips.len(), 1);
    }

    #[test]
    fn backspace_selects_the_last_person_and_then_removes_them() {
        let both = [typed("a@b.example,c@d.example,")];
        let once = field(both.clone().into_iter().chain([Message::Backspaced]));
        assert_eq!((once.chips.len(), once.selected), (2, Some(1)));
        let twice = field(both.clone().into_iter().chain([Message::Backspaced, Message::Backspaced]));
        assert_eq!((chips(&twice), twice.selected), (vec!["a@b.example"], None));
        let stepped =
            field(both.into_iter().chain([Message::Stepped(-1), Message::Stepped(-1), Message::Backspaced]));
        assert_eq!(chips(&stepped), ["c@d.example"]);
        assert_eq!(field([Message::Backspaced]).selected, None);
    }
}
