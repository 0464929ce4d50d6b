//! Diffie-Hellman on every curve: the bare shared secret.

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::PublicKey;
use super::oid::{EC_PUBLIC_KEY, SECP256R1, SECP384R1, SECP521R1, X25519};
use super::public_key::KeyError;
use super::signature::algorithm_der;

/// What two keys agree on: the x coordinate, as long as the curve's field, or X25519's output. Cofactor Diffie-Hellman
/// gives the same on every curve here.
pub type SharedSecret = Zeroizing<Vec<u8>>;

/// One side of an agreement with a fresh key.
pub struct Ephemeral {
    /// The AlgorithmIdentifier of the fresh public key, DER.
    pub algorithm: Vec<u8>,
    /// The fresh public key, the BIT STRING's octets: an uncompressed point, or the 32 octets of X25519.
    pub public_key: Vec<u8>,
    /// What both sides know.
    pub secret: SharedSecret,
}

/// `$curve`'s agreement of `$key` with the point in `$peer`.
macro_rules! with_point {
    ($curve:ident, $key:expr, $peer:expr) => {
        $curve::PublicKey::from_sec1_bytes($peer).ok().map(|point| {
            let secret = $curve::ecdh::diffie_hellman($key.to_nonzero_scalar(), point.as_affine());
            Zeroizing::new(secret.raw_secret_bytes().to_vec())
        })
    };
}
pub(super) use with_point;

/// The secret of X25519 (RFC 7748 section 6.1). None: not 32 octets, or a point of small order, which gives zeros.
pub(super) fn x25519(key: &x25519_dalek::StaticSecret, peer: &[u8]) -> Option<SharedSecret> {
    let peer = x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(peer).ok()?);
    let secret = key.diffie_hellman(&peer);
    secret.was_contributory().then(|| Zeroizing::new(secret.as_bytes().to_vec()))
}

impl PublicKey {
    /// Makes a key on this one's curve and agrees with it. `WrongUse`: this key agrees on nothing.
    pub fn agree(&self, rng: &mut dyn CryptoRng) -> Result<Ephemeral, KeyError> {
        /// A fresh key on `$curve` and what it agrees on with `$key`.
        macro_rules! ephemeral {
            ($curve:ident, $oid:expr, $key:expr) => {{
                let fresh = $curve::ecdh::EphemeralSecret::generate_from_rng(rng);
                let point = fresh.public_key().to_sec1_point(false).as_bytes().to_vec();
                let secret = fresh.diffie_hellman($key);
                Ok(Ephemeral {
                    algorithm: curve_algorithm($oid),
                    public_key: point,
                    secret: Zeroizing::new(secret.raw_secret_bytes().to_vec()),
                })
            }};
        }
        match self {
            Self::P256(key) => ephemeral!(p256, &SECP256R1, key),
            Self::P384(key) => ephemeral!(p384, &SECP384R1, key),
            Self::P521(key) => ephemeral!(p521, &SECP521R1, key),
            Self::X25519(key) => {
                let fresh = x25519_dalek::StaticSecret::random_from_rng(rng);
                Ok(Ephemeral {
                    algorithm: algorithm_der(X25519, None),
                    public_key: x25519_dalek::PublicKey::from(&fresh).as_bytes().to_vec(),
                    secret: x25519(&fresh, key.as_bytes()).ok_or(KeyError::WrongUse)?,
                })
            }
            Self::Rsa(_) | Self::RsaPss(..) | Self::RsaOaep(..) | Self::Ed25519(_) | Self::Dsa(_) => {
                Err(KeyError::WrongUse)
            }
            Self::Unsupported(_) => Err(KeyError::Unsupported),
        }
    }
}

fn curve_algorithm(curve: &ObjectIdentifier) -> Vec<u8> {
    algorithm_der(EC_PUBLIC_KEY, Some(AnyRef::from(curve)))
}
