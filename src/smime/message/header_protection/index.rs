//! Fields by name and value: thousands of them are compared in no time.

use std::collections::{HashMap, HashSet};

pub(super) struct Index {
    names: HashMap<String, Values>,
}

struct Values {
    first: String,
    /// With every run of white space as one space.
    all: HashSet<String>,
}

impl Index {
    pub(super) fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names: HashMap<String, Values> = HashMap::new();
        for (name, value) in fields {
            let values = names
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| Values { first: value.to_owned(), all: HashSet::new() });
            values.all.insert(squeezed(value));
        }
        Self { names }
    }

    /// `value` itself if a field of this name has it, else the first value of that name.
    pub(super) fn get(&self, name: &str, value: &str) -> Option<String> {
        let values = self.names.get(&name.to_ascii_lowercase())?;
        Some(if values.all.contains(&squeezed(value)) { value.to_owned() } else { values.first.clone() })
    }
}

fn squeezed(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}
