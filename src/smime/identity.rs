//! One's own person: addresses and keys.

use jiff::Timestamp;

use crate::smime::Address;
use crate::smime::x509::{Certificate, Validity};

/// A person's set of addresses with signing and decryption keys, each with a history.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What the person is called.
    pub name: String,
    /// Every address that the person writes from.
    pub addresses: Vec<Address>,
    /// Every key there ever was: old ones keep opening old mail.
    pub keys: Vec<OwnKey>,
}

/// One certificate whose private key is in the vault.
#[derive(Debug, Clone)]
pub struct OwnKey {
    /// The certificate itself.
    pub certificate: Certificate,
    /// Used for new signatures.
    pub signs: bool,
    /// Others seal to it.
    pub decrypts: bool,
    /// Superseded, lost or expired on import: kept for reading only.
    pub retired: bool,
    /// The certificates above it, as far as they are known.
    pub chain: Vec<Certificate>,
}

impl Identity {
    /// The key for new signatures of `address` at `time`: the newest valid one that may sign, of those that name the
    /// address if there are any.
    pub fn signing_key(&self, address: &Address, time: Timestamp) -> Option<&OwnKey> {
        self.newest(address, time, |key| key.signs && key.certificate.may_sign())
    }

    /// The certificate that others (and we, for our own copy) seal to, chosen in the same way.
    pub fn encryption_key(&self, address: &Address, time: Timestamp) -> Option<&OwnKey> {
        self.newest(address, time, |key| key.decrypts && key.certificate.may_encrypt())
    }

    /// Is this one of the person's certificates? One that names only other addresses was made for somebody else, and its
    /// key is kept to read with.
    pub fn owns(&self, certificate: &Certificate) -> bool {
        let addresses = certificate.addresses();
        let named = addresses.is_empty() || addresses.iter().any(|address| self.has_address(address));
        named && self.keys.iter().any(|key| key.certificate == *certificate)
    }

    /// Is this one of the person's addresses?
    pub fn has_address(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }

    fn newest(&self, address: &Address, time: Timestamp, fit: impl Fn(&OwnKey) -> bool) -> Option<&OwnKey> {
        let valid = |key: &&OwnKey| key.certificate.validity(time) == Validity::Valid;
        self.keys
            .iter()
            .filter(|key| !key.retired && fit(key))
            .filter(valid)
            .max_by_key(|key| (key.certificate.addresses().contains(address), key.certificate.not_before()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use rand_core::UnwrapErr;

    use super::*;
    use crate::smime::crypto::{KeyKind, PrivateKey};
    use crate::smime::recipient::Recipient;
    use crate::smime::x509::issue::self_signed;

    fn own(time: Timestamp, days: u32) -> OwnKey {
        own_of("robin@example.org", time, days)
    }

    fn own_of(address: &str, time: Timestamp, days: u32) -> OwnKey {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let key = PrivateKey::generate(KeyKind::P256, &mut rng);
        let addresses = [address.parse().unwrap()];
        let certificate = self_signed("Robin", &addresses, &key, time, days, &mut rng).unwrap();
        OwnKey { certificate, signs: true, decrypts: true, retired: false, chain: Vec::new() }
    }

    #[test]
    fn the_newest_valid_key_is_used() {
        let now = Timestamp::now();
        let day = SignedDuration::from_hours(24);
        let robin = "robin@example.org".parse().unwrap();
        let keys = vec![own(now, 100), own(now - day, 100), own(now + day, 100), own(now - day * 50, 10)];
        let mut identity = Identity { name: "Robin".to_owned(), addresses: Vec::new(), keys };
        assert_eq!(identity.signing_key(&robin, now).unwrap().certificate, identity.keys[0].certificate);
        identity.keys[0].retired = true;
        assert_eq!(identity.encryption_key(&robin, now).unwrap().certificate, identity.keys[1].certificate);
        identity.keys[1].signs = false;
        assert!(
            identity.signing_key(&robin, now).is_none() && identity.encryption_key(&robin, now).is_some()
        );
    }

    #[test]
    fn each_address_has_its_own_key() {
        let (now, day) = (Timestamp::now(), SignedDuration::from_hours(24));
        let (home, work, other) = ("r@home.example", "r@work.example", "r@other.example");
        let keys =
            vec![own_of(home, now - day, 100), own_of(work, now, 100), own_of(home, now - day * 2, 100)];
        let identity = Identity { name: "Robin".to_owned(), addresses: Vec::new(), keys };
        for (address, place) in [(home, 0), (work, 1), (other, 1)] {
            let address = address.parse().unwrap();
            let expected = &identity.keys[place].certificate;
            assert_eq!(&identity.signing_key(&address, now).unwrap().certificate, expected);
            assert_eq!(&identity.encryption_key(&address, now).unwrap().certificate, expected);
        }
    }

    #[test]
    fn a_note_goes_to_every_usable_key_once() {
        let now = Timestamp::now();
        let (one, two) = (own(now, 100).certificate, own(now, 100).certificate);
        let past = own(now - SignedDuration::from_hours(24 * 50), 10).certificate;
        let recipient = Recipient {
            address: "robin@example.org".parse().unwrap(),
            certificates: vec![one.clone(), past, two.clone(), one.clone()],
            capabilities: None,
            reads_protected_headers: false,
            device: Default::default(),
            expired: Vec::new(),
        };
        assert_eq!(recipient.usable(now), [&one, &two]);
    }
}
