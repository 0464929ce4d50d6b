//! The kinds of keys that are made here. Many more are read.

use std::fmt;
use std::str::FromStr;

/// Kinds of keys that are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// RSA with 2048 bits
    Rsa2048,
    /// RSA with 3072 bits
    #[default]
    Rsa3072,
    /// RSA with 4096 bits
    Rsa4096,
    /// Elliptic curve P-256
    P256,
    /// Elliptic curve P-384
    P384,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384];

    /// "rsa3072", "p256": as it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
            Self::P256 => "p256",
            Self::P384 => "p384",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No kind of key has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kinds of keys are rsa2048, rsa3072, rsa4096, p256 and p384")]
pub struct UnknownKeyKind;

impl FromStr for KeyKind {
    type Err = UnknownKeyKind;

    /// The inverse of [`KeyKind::name`], in either case.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name)).ok_or(UnknownKeyKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_lead_back_through_their_names() {
        for kind in KeyKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("RSA3072".parse(), Ok(KeyKind::default()));
        assert_eq!("dsa".parse::<KeyKind>(), Err(UnknownKeyKind));
    }
}
