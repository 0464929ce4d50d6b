//! The safety number of two people: one number over every key that each of them has of the other.
//!
//! Both compute it for themselves, from their own keys and from those on record for the other one. When the numbers
//! are the same on both sides, each has the other's true keys and no other ones.
//!
//! # How it is made (version 1)
//!
//! ```text
//! lp(x)  = the length of x in octets as 4 octets, big-endian, and x
//! half   = SHA-512( lp("waxseal safety number 1") lp(address) lp(key 1) … lp(key n) )
//! digits = half as a big-endian number, modulo 10^36, as 36 digits
//! number = digits of the smaller half (as octets), digits of the larger half; shown as twelve groups of six
//! QR     = "WAXSEAL-SAFETY-NUMBER:1:" smaller half ":" larger half, each as 128 upper-case hexadecimal digits
//! ```
//!
//! `address` is the person's address in its normalised form ([`Address::normalized`]), UTF-8. The keys are their
//! current SubjectPublicKeyInfos, DER, as they stand in the certificates: those for signatures and those for sealing,
//! each once, sorted as octets. Which ones those are is [`is_for_mail`] and the caller's knowledge: accepted or one's
//! own, and within their dates.
//!
//! # Why so
//!
//! Somebody in between, who gave each of the two a key of his own as the other's, makes two different numbers: one is
//! made from the halves of A and of a false B, the other from those of a false A and of B. For them to look the same,
//! the false B's digits must be those of B, *and* the false A's those of A. Each half is shown by itself, so that
//! this takes one second preimage of 36 digits (more than 2^119 hashes) for each direction in which he wants to read;
//! attacking both directions makes neither easier. A digest over both halves together would be weaker: with both
//! false keys in his hands, any two of them that collide would do, and half of the bits would be gone. Because the
//! address is inside, nobody can search for many people at once. 36 digits are the fewest that make whole groups, fill
//! twelve cells on the screen and stay above 112 bits for each person. The remainder of a number of 512 bits has no
//! bias that counts: no digits are likelier than others by more than 2^-392.
//!
//! A key that both uses share stands once; whether a key signs or opens is not said: both are the same person's.
//!
//! # A vector
//!
//! With `robin@example.org` and the key `00`, and `kim@example.org` and the keys `01` and `0202` (hexadecimal; no
//! real keys):
//!
//! ```
//! use waxseal::smime::safety_number::{Half, SafetyNumber};
//!
//! let robin = Half::of(&"robin@Example.ORG".parse()?, [&[0][..]]);
//! let kim = Half::of(&"kim@example.org".parse()?, [&[2, 2][..], &[1]]);
//! assert_eq!(SafetyNumber::of(robin, kim).to_string(), "075055 098202 486509 672363 953569 331111 532139 455348 850388 689987 055579 091117");
//! # Ok::<(), waxseal::smime::address::AddressError>(())
//! ```
//!
//! `tests/safety_number` has more of them, and a program in another language that makes them from the words above.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha512};

use super::Address;
use super::x509::Certificate;

/// What a half begins with: another version has another one.
const DOMAIN: &[u8] = b"waxseal safety number 1";
/// What a QR code begins with; all of it is in the alphabet that QR codes hold best.
const PAYLOAD: &str = "WAXSEAL-SAFETY-NUMBER:1:";
/// 10 to the power of [`HALF_DIGITS`]; 256 times as much still fits into 128 bits.
const MODULUS: u128 = 10_u128.pow(HALF_DIGITS as u32);
const HALF_DIGITS: usize = 36;

/// Digits of one group.
pub const GROUP: usize = 6;
/// Digits of a whole number.
pub const DIGITS: usize = 2 * HALF_DIGITS;

/// One person's half: their address and all their current keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Half([u8; 64]);

/// The number of two people; the same whoever computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyNumber {
    /// In ascending order.
    halves: [Half; 2],
}

/// What the other side read aloud, or what its QR code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Digits without anything between them; perhaps not as many as a number has.
    Digits(String),
    /// The whole hashes.
    Payload(SafetyNumber),
}

/// A text that is neither digits nor the text of a QR code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a safety number has digits only")]
pub struct ClaimError;

/// Does the certificate's key stand in a safety number? It is for mail, and for signatures or for keys, whether or not
/// this program can use a key of its kind: both sides must come to the same answer.
pub fn is_for_mail(certificate: &Certificate) -> bool {
    let usage = certificate.key_usage().allows(|usage| {
        let signs = usage.digital_signature() || usage.non_repudiation();
        signs || usage.key_encipherment() || usage.key_agreement()
    });
    usage && certificate.allows_email()
}

impl Half {
    /// The half of the person with this address and these SubjectPublicKeyInfos (DER), in any order.
    pub fn of<'a>(address: &Address, keys: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut keys: Vec<&[u8]> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let mut hash = Sha512::new();
        for part in [DOMAIN, address.normalized().as_bytes()].into_iter().chain(keys) {
            // A certificate has at most 256 KiB: no part is longer than 32 bits can say.
            hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    fn digits(&self) -> String {
        let remainder = self.0.iter().fold(0, |sum, octet| (sum * 256 + u128::from(*octet)) % MODULUS);
        format!("{remainder:0HALF_DIGITS$}")
    }
}

impl SafetyNumber {
    /// The number of these two.
    pub fn of(one: Half, other: Half) -> Self {
        Self { halves: if one <= other { [one, other] } else { [other, one] } }
    }

    /// All [`DIGITS`] digits.
    pub fn digits(&self) -> String {
        self.halves.iter().map(Half::digits).collect()
    }

    /// The digits in groups of [`GROUP`], as they are read aloud.
    pub fn groups(&self) -> Vec<String> {
        let digits: Vec<char> = self.digits().chars().collect();
        digits.chunks(GROUP).map(|group| group.iter().collect()).collect()
    }

    /// What a QR code says: both hashes whole.
    pub fn payload(&self) -> String {
        let [smaller, larger] =
            self.halves.map(|half| half.0.iter().map(|octet| format!("{octet:02X}")).collect::<String>());
        format!("{PAYLOAD}{smaller}:{larger}")
    }

    /// Is this what the other side said?
    pub fn agrees_with(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Digits(digits) => *digits == self.digits(),
            Claim::Payload(number) => number == self,
        }
    }
}

impl fmt::Display for SafetyNumber {
    /// Twelve groups with spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.groups().join(" "))
    }
}

impl FromStr for Claim {
    type Err = ClaimError;

    /// Takes digits with any spaces and dashes between them, or the text of a QR code.
    fn from_str(text: &str) -> Result<Self, ClaimError> {
        if let Some(halves) = text.trim().strip_prefix(PAYLOAD) {
            let (one, other) = halves.split_once(':').ok_or(ClaimError)?;
            return Ok(Self::Payload(SafetyNumber::of(half(one)?, half(other)?)));
        }
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !is_dash(*c)).collect();
        let known = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        if known { Ok(Self::Digits(digits)) } else { Err(ClaimError) }
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// 128 hexadecimal digits.
fn half(text: &str) -> Result<Half, ClaimError> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|digit| digit as u8).ok_or(ClaimError);
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Result<_, _>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    let octets: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    let octets = octets.try_into().map_err(|_| ClaimError)?;
    if odd.is_empty() { Ok(Half(octets)) } else { Err(ClaimError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(address: &str, keys: &[&[u8]]) -> Half {
        Half::of(&address.parse().unwrap(), keys.iter().copied())
    }

    #[test]
    fn both_sides_see_the_same() {
        let (robin, kim) = (half("robin@example.org", &[b"r"]), half("kim@example.org", &[b"k", b"l"]));
        let number = SafetyNumber::of(robin, kim);
        assert_eq!(number, SafetyNumber::of(kim, robin));
        assert_eq!(number.digits().len(), DIGITS);
        let groups = number.groups();
        assert_eq!((groups.len(), groups.concat()), (12, number.digits()));
    }

    #[test]
    fn everything_counts_but_the_order_of_the_keys() {
        let kim = half("kim@example.org", &[b"k", b"l"]);
        assert_eq!(kim, half("kim@EXAMPLE.org", &[b"l", b"k", b"l"]));
        for (address, keys) in [
            ("kim@example.org", &[&b"k"[..]][..]),
            ("kim@example.org", &[b"kl"]),
            ("kim@example.org", &[b"k", b"m"]),
            ("kim@example.org", &[b"", b"k", b"l"]),
            ("Kim@example.org", &[b"k", b"l"]),
        ] {
            assert_ne!(kim, half(address, keys));
            assert_ne!(kim.digits(), half(address, keys).digits());
        }
    }

    #[test]
    fn the_remainder_is_that_of_the_whole_number() {
        assert_eq!(Half([0; 64]).digits(), "0".repeat(36));
        let mut octets = [0; 64];
        octets[63] = 7;
        assert_eq!(Half(octets).digits(), format!("{}7", "0".repeat(35)));
        // 2^512 - 1, by Python.
        assert_eq!(Half([255; 64]).digits(), "853753882811946569946433649006084095");
    }

    #[test]
    fn what_is_read_aloud_or_scanned_is_compared() {
        let number = SafetyNumber::of(half("a@b", &[b"r"]), half("c@d", &[b"k"]));
        let claims = [
            number.digits(),
            number.to_string(),
            number.groups().join("-"),
            number.groups().join("\u{a0}\u{2013} "),
            number.payload(),
            number.payload().to_lowercase().replace("waxseal-safety-number", "WAXSEAL-SAFETY-NUMBER"),
        ];
        for claim in claims {
            assert!(number.agrees_with(&claim.parse().unwrap()), "{claim}");
        }
        let other = SafetyNumber::of(half("a@b", &[b"r"]), half("c@d", &[b"K"]));
        for claim in [other.digits(), other.payload(), number.digits()[1..].to_owned(), "1".to_owned()] {
            assert!(!number.agrees_with(&claim.parse().unwrap()), "{claim}");
        }
        for text in ["", " - ", "123a", "WAXSEAL-SAFETY-NUMBER:2:", "WAXSEAL-SAFETY-NUMBER:1:00:00", "Ⅻ"] {
            assert_eq!(text.parse::<Claim>(), Err(ClaimError), "{text}");
        }
    }
}
