//! States and messages of the pane that writes.

use waxseal::store::contacts::Contact;

/// Somebody without a certificate.
pub(super) fn contact(id: i64, name: &str) -> Contact {
    Contact {
        id,
        name: name.to_owned(),
        addresses: Vec::new(),
        keys: Vec::new(),
        capabilities: None,
        device: Default::default(),
    }
}
