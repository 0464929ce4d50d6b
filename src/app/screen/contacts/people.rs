//! The rows of the list: made once for each reading of the records, and filtered as one types.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::standing::{Standing, Vouchers};
use waxseal::store::contacts::Contact;

/// A person in the list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) standing: Standing,
    /// What a search looks at: see [`folded`].
    key: String,
}

/// Everybody, and those whom the search leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    rows: Vec<Row>,
    /// Places in `rows`, in order.
    shown: Vec<usize>,
}

impl People {
    /// By name, as the records come.
    pub(super) fn of(contacts: &[Contact], vouchers: &Vouchers, now: Timestamp, search: &str) -> Self {
        let rows = contacts.iter().map(|contact| Row::of(contact, vouchers, now)).collect();
        let mut people = Self { rows, shown: Vec::new() };
        people.search(search);
        people
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Shows those who have every word of `search` in a name or an address.
    pub(super) fn search(&mut self, search: &str) {
        let search = folded(search);
        let words: Vec<&str> = search.split_whitespace().collect();
        let fits = |row: &Row| words.iter().all(|word| row.key.contains(word));
        self.shown = self.rows.iter().enumerate().filter(|(_, row)| fits(row)).map(|(at, _)| at).collect();
    }

    /// As many as the search leaves.
    pub(super) fn count(&self) -> usize {
        self.shown.len()
    }

    /// Those of them from `first` on.
    pub(super) fn window(&self, first: usize, count: usize) -> impl Iterator<Item = &Row> {
        self.shown.iter().skip(first).take(count).filter_map(|at| self.rows.get(*at))
    }

    /// The one at this place of what is shown.
    pub(super) fn at(&self, place: usize) -> Option<&Row> {
        self.shown.get(place).and_then(|at| self.rows.get(*at))
    }

    /// Where this person stands among those who are shown.
    pub(super) fn place(&self, id: i64) -> Option<usize> {
        self.shown.iter().position(|at| self.rows.get(*at).is_some_and(|row| row.id == id))
    }
}

impl Row {
    fn of(contact: &Contact, vouchers: &Vouchers, now: Timestamp) -> Self {
        let address = contact.addresses.first().map(ToString::to_string).unwrap_or_default();
        let all = contact.addresses.iter().map(|address| address.as_str());
        let key = std::iter::once(contact.name.as_str()).chain(all).collect::<Vec<_>>().join("\n");
        Self {
            id: contact.id,
            name: if contact.name.is_empty() { address.clone() } else { contact.name.clone() },
            address,
            standing: Standing::of(contact, vouchers, now),
            key: folded(&key),
        }
    }
}

/// Small letters without accents: "Jérôme" is found by "jerome".
fn folded(words: &str) -> String {
    if words.is_ascii() {
        return words.to_ascii_lowercase();
    }
    words.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
