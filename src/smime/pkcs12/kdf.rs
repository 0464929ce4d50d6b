//! Keys from passwords in PKCS#12's own way (RFC 7292 appendix B).

use zeroize::Zeroizing;

use crate::smime::crypto::DigestAlgorithm;
use crate::smime::secret::Passphrase;

/// What slows a guess down.
#[derive(Clone, Copy)]
pub(super) struct Rounds<'a> {
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
}

/// The password as a BMPString with its two zero octets; an empty one also as nothing at all, for nobody agrees on
/// what an absent password is.
pub(super) fn spellings(password: &Passphrase) -> Vec<Zeroizing<Vec<u8>>> {
    let units = password.expose().encode_utf16().chain([0]);
    let mut spellings = vec![Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())];
    if password.expose().is_empty() {
        spellings.push(Zeroizing::new(Vec::new()));
    }
    spellings
}

/// RFC 7292 appendix B.2: `id` 1 is for keys, 2 for initialization vectors, 3 for MACs.
pub(super) fn derive(
    digest: DigestAlgorithm,
    id: u8,
    password: &[u8],
    rounds: Rounds<'_>,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = match digest {
        DigestAlgorithm::Sha1 | DigestAlgorithm::Sha224 | DigestAlgorithm::Sha256 => 64,
        DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => 128,
    };
    let filled = |octets: &[u8]| -> Vec<u8> {
        octets.iter().copied().cycle().take(octets.len().next_multiple_of(block)).collect()
    };
    // The diversifier stays, what follows it changes with every block of the key.
    let mut input = Zeroizing::new([vec![id; block], filled(rounds.salt), filled(password)].concat());
    let mut key = Zeroizing::new(Vec::with_capacity(length + digest.output_len()));
    while key.len() < length {
        let mut a = Zeroizing::new(digest.digest(&input));
        for _ in 1..rounds.iterations {
            a = Zeroizing::new(digest.digest(&a));
        }
        key.extend_from_slice(&a);
        // Every block of the input, as a number, plus A, plus one.
        for block in input.chunks_exact_mut(block).skip(1) {
            let mut carry = 1;
            let addend: Zeroizing<Vec<u8>> =
                Zeroizing::new(a.iter().copied().cycle().take(block.len()).collect());
            for (octet, more) in block.iter_mut().zip(addend.iter()).rev() {
                let sum = u16::from(*octet) + u16::from(*more) + carry;
                *octet = sum as u8;
                carry = sum >> 8;
            }
        }
    }
    key.truncate(length);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_as_others_derive_them() {
        // The first test of RFC 7292's algorithm in OpenSSL's and BouncyCastle's suites: "smeg".
        let password: Vec<u8> = "smeg\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let salt = &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let rounds = Rounds { salt, iterations: 1 };
        let key = derive(DigestAlgorithm::Sha1, 1, &password, rounds, 24);
        let hex: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        let iv = derive(DigestAlgorithm::Sha1, 2, &password, rounds, 8);
        assert_eq!(iv[..], [0x79, 0x99, 0x3d, 0xfe, 0x04, 0x8d, 0x3b, 0x76]);
    }

    #[test]
    fn an_empty_password_has_two_spellings() {
        assert_eq!(spellings(&Passphrase::default()).iter().map(|s| s.len()).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(spellings(&Passphrase::from("ö".to_owned()))[0][..], [0, 0xf6, 0, 0]);
    }
}
