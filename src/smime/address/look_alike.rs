//! Addresses that look like another one.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::Address;

/// Letters of other scripts that are drawn like Latin ones, and digits that are taken for letters.
const DRAWN_ALIKE: [(&str, char); 20] = [
    ("аαɑ", 'a'),
    ("сϲ", 'c'),
    ("ԁ", 'd'),
    ("еεҽ", 'e'),
    ("ɡ", 'g'),
    ("һ", 'h'),
    ("1|!iіιıɩӏ", 'l'),
    ("јϳ", 'j'),
    ("κк", 'k'),
    ("м", 'm'),
    ("ո", 'n'),
    ("0оοσօ", 'o'),
    ("рρ", 'p'),
    ("ԛ", 'q'),
    ("ѕ", 's'),
    ("тτ", 't'),
    ("υսц", 'u'),
    ("νѵ", 'v'),
    ("ѡԝω", 'w'),
    ("хχ", 'x'),
];

/// Pairs that are drawn like one letter.
const PAIRS: [(&str, &str); 2] = [("rn", "m"), ("vv", "w")];

impl Address {
    /// Whether a person may take this address for `other`, which is another one. One that [reaches](Self::reaches) the same
    /// mailbox is not another one; one with a tag (`name+tag@`) says that it belongs to the same person.
    pub fn imitates(&self, other: &Self) -> bool {
        let (one, other) = (self.mailbox(), other.mailbox());
        one != other && skeleton(without_tag(&one)) == skeleton(without_tag(&other))
    }
}

/// The address without what stands between a `+` and the `@` (RFC 5233).
fn without_tag(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            let name = local.split_once('+').map(|(name, _)| name).filter(|name| !name.is_empty());
            format!("{}@{domain}", name.unwrap_or(local))
        }
        None => text.to_owned(),
    }
}

/// The same for all texts that look the same (after Unicode Technical Standard 39 section 4).
fn skeleton(plain: String) -> String {
    let letters = plain.nfkd().filter(|letter| !is_combining_mark(*letter));
    let drawn =
        |letter| DRAWN_ALIKE.iter().find(|(alike, _)| alike.contains(letter)).map_or(letter, |(_, as_)| *as_);
    let drawn: String = letters.map(drawn).collect();
    PAIRS.iter().fold(drawn, |text, (pair, letter)| text.replace(pair, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_told_and_what_differs_is_not() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let alice = address("alice@example.com");
        for imitation in [
            "alice@examp1e.com",
            "a1ice@example.com",
            "аlice@example.com",
            "álice@example.com",
            "alice@exarnple.com",
            "alice+bank@example.com",
            "alice@xn--exmple-cua.com",
            "alice@xn--xample-2of.com",
        ] {
            assert!(address(imitation).imitates(&alice), "{imitation}");
            assert!(alice.imitates(&address(imitation)), "{imitation}");
        }
        for other in [
            "alice@example.com",
            "Alice@EXAMPLE.com",
            "alica@example.com",
            "alice@example.org",
            "lice@example.com",
        ] {
            assert!(!address(other).imitates(&alice), "{other}");
        }
    }
}
