//! Everybody on record, for a list that is searched as one types.
//!
//! ```
//! # use waxseal::desk::office::Office;
//! # use waxseal::store::{Location, clock, vault::NobodyToAsk};
//! # let office = Office::open(Location::Memory, None, Box::new(NobodyToAsk))?;
//! let people = office.desk(clock::now())?.people()?; // once, and after each change
//! for person in people.search("kim exam") {
//!     println!("{} — {}", person.name, person.words(clock::now()));
//! }
//! # Ok::<(), waxseal::store::StoreError>(())
//! ```

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::Desk;
use super::standing::{Standing, expiry};
use crate::smime::Address;
use crate::smime::message::verdict::Tier;
use crate::store::StoreError;
use crate::store::contacts::{ContactSummary, KeyState};

/// Somebody in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Stable as long as the contact exists.
    pub id: i64,
    /// What they are called.
    pub name: String,
    /// At least one; the first names them everywhere else.
    pub addresses: Vec<Address>,
    /// How it stands with their certificate, without a look at authorities.
    pub standing: Standing,
    /// The last end of the certificates that count.
    pub ends: Option<Timestamp>,
}

impl Person {
    fn of(contact: ContactSummary, now: Timestamp) -> Self {
        let standing = Standing::of(&contact, now);
        let counting = contact.keys.iter().filter(|key| key.state == KeyState::Accepted);
        let ends = counting.map(|key| key.ends).max();
        Self { id: contact.id, name: contact.name, addresses: contact.addresses, standing, ends }
    }

    /// The best tier that a message under their key can have.
    pub fn tier(&self) -> Option<Tier> {
        self.standing.tier()
    }

    /// "Expires in 23 days" when that is near and nothing is worse; else the standing.
    pub fn words(&self, now: Timestamp) -> String {
        let soon = match self.standing {
            Standing::Checked(_) | Standing::MadeHere | Standing::Vouched { .. } | Standing::NotChecked => {
                self.ends.and_then(|ends| expiry(ends, now))
            }
            Standing::Own
            | Standing::NotYet(_)
            | Standing::Expired(_)
            | Standing::Changed
            | Standing::SetAside
            | Standing::None => None,
        };
        soon.unwrap_or_else(|| self.standing.words())
    }
}

/// Everybody on record, by name.
#[derive(Debug, Clone, Default)]
pub struct People {
    all: Vec<Person>,
    /// What is searched in, for each of them.
    searched: Vec<String>,
}

impl People {
    /// Everybody.
    pub fn all(&self) -> &[Person] {
        &self.all
    }

    /// Those whose name and addresses hold every word of `query`, whatever its case and accents; everybody, if it is empty.
    pub fn search<'a>(&'a self, query: &str) -> impl Iterator<Item = &'a Person> + use<'a> {
        let words: Vec<String> = folded(query).split_whitespace().map(str::to_owned).collect();
        let holds_all = move |text: &String| words.iter().all(|word| text.contains(word.as_str()));
        self.all.iter().zip(&self.searched).filter(move |(_, text)| holds_all(text)).map(|(person, _)| person)
    }

    /// Whom somebody may mean who has typed this much: those first of whom a name or an address begins with it.
    pub fn complete(&self, typed: &str, at_most: usize) -> Vec<&Person> {
        let start = folded(typed.trim());
        if start.is_empty() {
            return Vec::new();
        }
        let begins = |person: &Person| {
            let name = folded(&person.name);
            let words = name.split_whitespace().any(|word| word.starts_with(&start));
            words
                || name.starts_with(&start)
                || person.addresses.iter().any(|one| folded(one.as_str()).starts_with(&start))
        };
        let (mut first, others): (Vec<_>, Vec<_>) = self.search(typed).partition(|person| begins(person));
        first.extend(others);
        first.truncate(at_most);
        first
    }
}

/// Lower case, without accents.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

impl Desk {
    /// Everybody on record, by name: three queries, whatever their number.
    pub fn people(&self) -> Result<People, StoreError> {
        let summaries = self.store.contact_summaries()?;
        let all: Vec<Person> = summaries.into_iter().map(|one| Person::of(one, self.now)).collect();
        let searched = all
            .iter()
            .map(|person| {
                let addresses = person.addresses.iter().map(Address::as_str).collect::<Vec<_>>().join("\n");
                folded(&format!("{}\n{addresses}", person.name))
            })
            .collect();
        Ok(People { all, searched })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::store::vault::{NobodyToAsk, VaultKind};
    use crate::store::{Location, clock};

    fn people() -> People {
        let person = |id, name: &str, addresses: &[&str]| Person {
            id,
            name: name.to_owned(),
            addresses: addresses.iter().map(|one| one.parse().unwrap()).collect(),
            standing: Standing::NotChecked,
            ends: None,
        };
        let all = vec![
            person(1, "Ada Robinson", &["ada@home.example"]),
            person(2, "Robin Alder", &["robin@alder.example", "r@work.example"]),
            person(3, "Zoë Ørsted", &["zoe@example.org"]),
            person(4, "山本", &["yamamoto@example.jp"]),
        ];
        let searched = all
            .iter()
            .map(|one| {
                folded(&format!(
                    "{} {}",
                    one.name,
                    one.addresses.iter().map(Address::as_str).collect::<Vec<_>>().join(" ")
                ))
            })
            .collect();
        People { all, searched }
    }

    #[test]
    fn every_word_must_be_there_whatever_its_case_and_accents() {
        let people = people();
        let found = |query: &str| people.search(query).map(|person| person.id).collect::<Vec<_>>();
        assert_eq!(found(""), [1, 2, 3, 4]);
        assert_eq!(found("ROBIN"), [1, 2]);
        assert_eq!(found("robin work"), [2]);
        assert_eq!(found("zoe"), [3]);
        assert_eq!(found("Zoë"), [3]);
        assert_eq!(found("本"), [4]);
        assert_eq!(found("robn"), [0_i64; 0]);
    }

    #[test]
    fn whoever_begins_so_stands_first() {
        let people = people();
        let found = |typed: &str| people.complete(typed, 3).iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(found("rob"), [1, 2], "both have a word that begins so");
        assert_eq!(found("example"), [1, 2, 3]);
        assert_eq!(found("alder"), [2]);
        assert_eq!(found(" "), [0_i64; 0]);
    }

    /// The shortest of several tries: what else the machine does is not measured.
    fn best<T>(work: impl Fn() -> T) -> Duration {
        let took = |_| {
            let started = Instant::now();
            let done = work();
            let took = started.elapsed();
            drop(done);
            took
        };
        (0..7).map(took).min().unwrap()
    }

    #[test]
    fn ten_thousand_people_are_searched_within_a_frame() {
        let desk =
            Desk::open(Location::Memory, VaultKind::Memory, Box::new(NobodyToAsk), clock::now()).unwrap();
        desk.store().seed_people(10_000);
        let people = desk.people().unwrap();
        assert_eq!(people.all().len(), 10_000);
        let checked = people.all().iter().filter(|one| matches!(one.standing, Standing::Checked(_))).count();
        assert_eq!(checked, 3333);
        let found: Vec<_> = people.search("emile FAMILY77 town").collect();
        assert!(found.len() > 10 && found.iter().all(|person| person.name.starts_with("Émile Family77")));

        let list = best(|| desk.people().unwrap());
        let search = best(|| people.search("family77 town").count());
        let letter = best(|| people.search("e").count());
        let completion = best(|| people.complete("per", 8).len());
        eprintln!(
            "10 000 people: list {list:?}, search {search:?}, one letter {letter:?}, completion {completion:?}"
        );
        // The numbers above are what is read; this only tells work that grows with the square.
        assert!(search.max(letter) < Duration::from_secs(5) && list < Duration::from_secs(20));
    }
}
