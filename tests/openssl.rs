//! Round trips with the real OpenSSL, both ways, for every algorithm that Waxseal names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod common;
#[path = "openssl/encrypted.rs"]
mod encrypted;
#[path = "openssl/nested.rs"]
mod nested;
#[path = "openssl/rare.rs"]
mod rare;
#[path = "openssl/schemes.rs"]
mod schemes;
#[path = "openssl/signed.rs"]
mod signed;
#[path = "openssl/written.rs"]
mod written;

use std::sync::OnceLock;

use common::{Profile, peer};

const KINDS: [&str; 5] = ["rsa2048", "rsa3072", "P-256", "P-384", "P-521"];

/// A Waxseal user who holds the keys of all peers, so that whatever OpenSSL seals to them opens here.
fn reader() -> &'static Profile {
    static READER: OnceLock<Profile> = OnceLock::new();
    READER.get_or_init(|| {
        let profile = Profile::new();
        for kind in KINDS {
            profile.import_identity(&peer(kind).p12);
        }
        profile
    })
}

/// A Waxseal user with a P-256 identity of their own who knows all peers as contacts.
fn writer() -> &'static Profile {
    static WRITER: OnceLock<Profile> = OnceLock::new();
    WRITER.get_or_init(|| {
        let profile = Profile::with_identity("Wanda", "wanda@example.com", "p256");
        for kind in KINDS {
            profile.import_contact(&peer(kind).certificate);
        }
        profile
    })
}

/// A Waxseal user without any key, who only verifies.
fn bystander() -> &'static Profile {
    static BYSTANDER: OnceLock<Profile> = OnceLock::new();
    BYSTANDER.get_or_init(Profile::new)
}
