//! Hash functions by their object identifiers.

use std::io::{self, Write};

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// A hash function that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigestAlgorithm {
    /// SHA-1 (RFC 3370 section 2.1): for reading old mail, in key derivation and in OAEP.
    Sha1,
    /// SHA-224 (RFC 5754 section 2.1).
    Sha224,
    /// SHA-256 (RFC 5754 section 2.2).
    Sha256,
    /// SHA-384 (RFC 5754 section 2.3).
    Sha384,
    /// SHA-512 (RFC 5754 section 2.4).
    Sha512,
}

/// Runs `$body` with `$D` as the hash type that a [`DigestAlgorithm`] names.
macro_rules! with_digest {
    ($algorithm:expr, $D:ident => $body:expr) => {
        match $algorithm {
            $crate::smime::crypto::DigestAlgorithm::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            $crate::smime::crypto::DigestAlgorithm::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            $crate::smime::crypto::DigestAlgorithm::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            $crate::smime::crypto::DigestAlgorithm::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            $crate::smime::crypto::DigestAlgorithm::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
        }
    };
}
pub(super) use with_digest;

impl DigestAlgorithm {
    /// Every algorithm, weakest first.
    pub const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The algorithm with this identifier. None: not known here (MD5, SHA-3 …).
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid() == oid)
    }

    /// The identifier, as in `digestAlgorithm`.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => rfc5912::ID_SHA_1,
            Self::Sha224 => rfc5912::ID_SHA_224,
            Self::Sha256 => rfc5912::ID_SHA_256,
            Self::Sha384 => rfc5912::ID_SHA_384,
            Self::Sha512 => rfc5912::ID_SHA_512,
        }
    }

    /// "SHA-256"
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The name in the `micalg` parameter of multipart/signed: "sha-256" (RFC 8551 section 3.5.3.2).
    pub fn micalg(self) -> &'static str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha224 => "sha-224",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Octets of a finished hash.
    pub fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// SHA-1: fit for old signatures only (not weak as a KDF or in OAEP).
    pub fn is_weak(self) -> bool {
        match self {
            Self::Sha1 => true,
            Self::Sha224 | Self::Sha256 | Self::Sha384 | Self::Sha512 => false,
        }
    }

    /// The hash of `data`.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        let mut digester = Digester::new(self);
        digester.update(data);
        digester.finish()
    }
}

/// A running hash; also `io::Write`.
#[derive(Clone)]
pub struct Digester(Running);

#[derive(Clone)]
enum Running {
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Digester {
    /// A hash of nothing yet.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Sha1 => Running::Sha1(Sha1::new()),
            DigestAlgorithm::Sha224 => Running::Sha224(Sha224::new()),
            DigestAlgorithm::Sha256 => Running::Sha256(Sha256::new()),
            DigestAlgorithm::Sha384 => Running::Sha384(Sha384::new()),
            DigestAlgorithm::Sha512 => Running::Sha512(Sha512::new()),
        })
    }

    /// Which hash this is.
    pub fn algorithm(&self) -> DigestAlgorithm {
        match self.0 {
            Running::Sha1(_) => DigestAlgorithm::Sha1,
            Running::Sha224(_) => DigestAlgorithm::Sha224,
            Running::Sha256(_) => DigestAlgorithm::Sha256,
            Running::Sha384(_) => DigestAlgorithm::Sha384,
            Running::Sha512(_) => DigestAlgorithm::Sha512,
        }
    }

    /// Hashes `data` on.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Running::Sha1(hash) => hash.update(data),
            Running::Sha224(hash) => hash.update(data),
            Running::Sha256(hash) => hash.update(data),
            Running::Sha384(hash) => hash.update(data),
            Running::Sha512(hash) => hash.update(data),
        }
    }

    /// The hash of all that was given.
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            Running::Sha1(hash) => hash.finalize().to_vec(),
            Running::Sha224(hash) => hash.finalize().to_vec(),
            Running::Sha256(hash) => hash.finalize().to_vec(),
            Running::Sha384(hash) => hash.finalize().to_vec(),
            Running::Sha512(hash) => hash.finalize().to_vec(),
        }
    }
}

impl std::fmt::Debug for Digester {
    /// Which hash; what was hashed is nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digester({})", self.algorithm().name())
    }
}

impl Write for Digester {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// FIPS 180-4 example "abc".
    #[test]
    fn known_answers() {
        assert_eq!(hex(&DigestAlgorithm::Sha1.digest(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(&DigestAlgorithm::Sha224.digest(b"abc")),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
        );
        assert_eq!(
            hex(&DigestAlgorithm::Sha256.digest(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(hex(&DigestAlgorithm::Sha384.digest(b"abc")).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(hex(&DigestAlgorithm::Sha512.digest(b"abc")).starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn identifiers_lead_back() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::from_oid(algorithm.oid()), Some(algorithm));
            assert_eq!(Digester::new(algorithm).algorithm(), algorithm);
            assert_eq!(algorithm.digest(b"").len(), algorithm.output_len());
        }
        assert_eq!(DigestAlgorithm::from_oid(rfc5912::ID_MD_5), None);
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut digester = Digester::new(DigestAlgorithm::Sha384);
        digester.write_all(b"a").unwrap();
        digester.update(b"bc");
        assert_eq!(digester.finish(), DigestAlgorithm::Sha384.digest(b"abc"));
    }
}
