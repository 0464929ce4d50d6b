//! Object identifiers of algorithms, and the names that people know them by.

use const_oid::ObjectIdentifier;

const fn oid(dotted: &'static str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// rsaEncryption (RFC 3370 section 4.2.1): RSA keys, and RSAES-PKCS1-v1_5.
pub const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
/// id-RSAES-OAEP (RFC 4055 section 4.1).
pub const RSAES_OAEP: ObjectIdentifier = oid("1.2.840.113549.1.1.7");
/// id-mgf1 (RFC 4055 section 2.2).
pub const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
/// id-pSpecified (RFC 4055 section 4.1).
pub const P_SPECIFIED: ObjectIdentifier = oid("1.2.840.113549.1.1.9");
/// id-RSASSA-PSS (RFC 4055 section 3.1).
pub const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
/// id-ecPublicKey (RFC 5480 section 2.1.1).
pub const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
/// secp256r1, P-256 (RFC 5480 section 2.1.1.1).
pub const SECP256R1: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
/// secp384r1, P-384 (RFC 5480 section 2.1.1.1).
pub const SECP384R1: ObjectIdentifier = oid("1.3.132.0.34");
/// secp521r1, P-521 (RFC 5480 section 2.1.1.1).
pub const SECP521R1: ObjectIdentifier = oid("1.3.132.0.35");
/// id-X25519 (RFC 8410 section 3).
pub const X25519: ObjectIdentifier = oid("1.3.101.110");
/// id-Ed25519 (RFC 8410 section 3).
pub const ED25519: ObjectIdentifier = oid("1.3.101.112");
/// id-dsa (RFC 3279 section 2.3.2).
pub const DSA: ObjectIdentifier = oid("1.2.840.10040.4.1");
/// des-EDE3-CBC (RFC 3370 section 5.1).
pub const DES_EDE3_CBC: ObjectIdentifier = oid("1.2.840.113549.3.7");
/// rc2-cbc (RFC 3370 section 5.2).
pub const RC2_CBC: ObjectIdentifier = oid("1.2.840.113549.3.2");
/// id-alg-CMS3DESwrap (RFC 3370 section 4.3.1).
pub const CMS_3DES_WRAP: ObjectIdentifier = oid("1.2.840.113549.1.9.16.3.6");
/// id-alg-CMSRC2wrap (RFC 3370 section 4.3.2).
pub const CMS_RC2_WRAP: ObjectIdentifier = oid("1.2.840.113549.1.9.16.3.7");

const NAMES: &[(ObjectIdentifier, &str)] = &[
    // keys and key management
    (RSA_ENCRYPTION, "RSA"),
    (RSAES_OAEP, "RSAES-OAEP"),
    (EC_PUBLIC_KEY, "elliptic curve"),
    (SECP256R1, "P-256"),
    (SECP384R1, "P-384"),
    (SECP521R1, "P-521"),
    (oid("1.3.132.0.33"), "P-224"),
    (oid("1.2.840.10045.3.1.1"), "P-192"),
    (oid("1.3.132.0.10"), "secp256k1"),
    (oid("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1"),
    (oid("1.3.36.3.3.2.8.1.1.11"), "brainpoolP384r1"),
    (oid("1.3.36.3.3.2.8.1.1.13"), "brainpoolP512r1"),
    (oid("1.3.132.1.12"), "ECDH"),
    (oid("1.2.840.10046.2.1"), "Diffie-Hellman"),
    (oid("1.2.840.113549.1.3.1"), "Diffie-Hellman"),
    (oid("1.2.840.113549.1.9.16.3.5"), "Diffie-Hellman"),
    (X25519, "X25519"),
    (oid("1.3.101.111"), "X448"),
    (oid("1.2.840.113549.1.9.16.3.19"), "ECDH (HKDF SHA-256)"),
    (oid("1.2.840.113549.1.9.16.3.20"), "ECDH (HKDF SHA-384)"),
    (oid("1.2.840.113549.1.9.16.3.21"), "ECDH (HKDF SHA-512)"),
    (oid("1.0.18033.2.2.4"), "RSA-KEM"),
    (oid("1.2.840.113549.1.9.16.3.14"), "RSA-KEM"),
    (oid("2.16.840.1.101.3.4.4.1"), "ML-KEM-512"),
    (oid("2.16.840.1.101.3.4.4.2"), "ML-KEM-768"),
    (oid("2.16.840.1.101.3.4.4.3"), "ML-KEM-1024"),
    (oid("2.16.840.1.101.3.4.1.5"), "AES-128 key wrap"),
    (oid("2.16.840.1.101.3.4.1.25"), "AES-192 key wrap"),
    (oid("2.16.840.1.101.3.4.1.45"), "AES-256 key wrap"),
    (oid("2.16.840.1.101.3.4.1.8"), "AES-128 key wrap with padding"),
    (oid("2.16.840.1.101.3.4.1.28"), "AES-192 key wrap with padding"),
    (oid("2.16.840.1.101.3.4.1.48"), "AES-256 key wrap with padding"),
    (CMS_3DES_WRAP, "3DES key wrap"),
    (CMS_RC2_WRAP, "RC2 key wrap"),
    (oid("1.2.840.113549.1.9.16.3.9"), "password (PWRI-KEK)"),
    (oid("1.2.840.113549.1.5.12"), "PBKDF2"),
    // signatures
    (RSASSA_PSS, "RSASSA-PSS"),
    (oid("1.2.840.113549.1.1.2"), "RSA with MD2"),
    (oid("1.2.840.113549.1.1.4"), "RSA with MD5"),
    (DSA, "DSA"),
    (oid("1.2.840.10040.4.3"), "DSA with SHA-1"),
    (oid("2.16.840.1.101.3.4.3.1"), "DSA with SHA-224"),
    (oid("2.16.840.1.101.3.4.3.2"), "DSA with SHA-256"),
    (oid("2.16.840.1.101.3.4.3.3"), "DSA with SHA-384"),
    (oid("2.16.840.1.101.3.4.3.4"), "DSA with SHA-512"),
    (oid("2.16.840.1.101.3.4.3.9"), "ECDSA with SHA3-224"),
    (oid("2.16.840.1.101.3.4.3.10"), "ECDSA with SHA3-256"),
    (oid("2.16.840.1.101.3.4.3.11"), "ECDSA with SHA3-384"),
    (oid("2.16.840.1.101.3.4.3.12"), "ECDSA with SHA3-512"),
    (oid("2.16.840.1.101.3.4.3.13"), "RSA with SHA3-224"),
    (oid("2.16.840.1.101.3.4.3.14"), "RSA with SHA3-256"),
    (oid("2.16.840.1.101.3.4.3.15"), "RSA with SHA3-384"),
    (oid("2.16.840.1.101.3.4.3.16"), "RSA with SHA3-512"),
    (ED25519, "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    (oid("2.16.840.1.101.3.4.3.20"), "SLH-DSA-SHA2-128s"),
    (oid("2.16.840.1.101.3.4.3.21"), "SLH-DSA-SHA2-128f"),
    (oid("2.16.840.1.101.3.4.3.22"), "SLH-DSA-SHA2-192s"),
    (oid("2.16.840.1.101.3.4.3.23"), "SLH-DSA-SHA2-192f"),
    (oid("2.16.840.1.101.3.4.3.24"), "SLH-DSA-SHA2-256s"),
    (oid("2.16.840.1.101.3.4.3.25"), "SLH-DSA-SHA2-256f"),
    (oid("2.16.840.1.101.3.4.3.26"), "SLH-DSA-SHAKE-128s"),
    (oid("2.16.840.1.101.3.4.3.27"), "SLH-DSA-SHAKE-128f"),
    (oid("2.16.840.1.101.3.4.3.28"), "SLH-DSA-SHAKE-192s"),
    (oid("2.16.840.1.101.3.4.3.29"), "SLH-DSA-SHAKE-192f"),
    (oid("2.16.840.1.101.3.4.3.30"), "SLH-DSA-SHAKE-256s"),
    (oid("2.16.840.1.101.3.4.3.31"), "SLH-DSA-SHAKE-256f"),
    // hashes
    (oid("1.2.840.113549.2.2"), "MD2"),
    (oid("1.2.840.113549.2.4"), "MD4"),
    (oid("1.2.840.113549.2.5"), "MD5"),
    (oid("1.3.14.3.2.26"), "SHA-1"),
    (oid("1.3.36.3.2.1"), "RIPEMD-160"),
    (oid("2.16.840.1.101.3.4.2.1"), "SHA-256"),
    (oid("2.16.840.1.101.3.4.2.2"), "SHA-384"),
    (oid("2.16.840.1.101.3.4.2.3"), "SHA-512"),
    (oid("2.16.840.1.101.3.4.2.4"), "SHA-224"),
    (oid("2.16.840.1.101.3.4.2.5"), "SHA-512/224"),
    (oid("2.16.840.1.101.3.4.2.6"), "SHA-512/256"),
    (oid("2.16.840.1.101.3.4.2.7"), "SHA3-224"),
    (oid("2.16.840.1.101.3.4.2.8"), "SHA3-256"),
    (oid("2.16.840.1.101.3.4.2.9"), "SHA3-384"),
    (oid("2.16.840.1.101.3.4.2.10"), "SHA3-512"),
    (oid("2.16.840.1.101.3.4.2.11"), "SHAKE128"),
    (oid("2.16.840.1.101.3.4.2.12"), "SHAKE256"),
    // content encryption
    (oid("2.16.840.1.101.3.4.1.2"), "AES-128-CBC"),
    (oid("2.16.840.1.101.3.4.1.22"), "AES-192-CBC"),
    (oid("2.16.840.1.101.3.4.1.42"), "AES-256-CBC"),
    (oid("2.16.840.1.101.3.4.1.6"), "AES-128-GCM"),
    (oid("2.16.840.1.101.3.4.1.26"), "AES-192-GCM"),
    (oid("2.16.840.1.101.3.4.1.46"), "AES-256-GCM"),
    (oid("2.16.840.1.101.3.4.1.7"), "AES-128-CCM"),
    (oid("2.16.840.1.101.3.4.1.27"), "AES-192-CCM"),
    (oid("2.16.840.1.101.3.4.1.47"), "AES-256-CCM"),
    (oid("1.2.840.113549.1.9.16.3.18"), "ChaCha20-Poly1305"),
    (DES_EDE3_CBC, "3DES"),
    (RC2_CBC, "RC2"),
    (oid("1.2.840.113549.3.4"), "RC4"),
    (oid("1.3.14.3.2.7"), "DES"),
    (oid("1.2.840.113533.7.66.10"), "CAST5"),
    (oid("1.3.6.1.4.1.188.7.1.1.2"), "IDEA"),
    (oid("1.2.392.200011.61.1.1.1.2"), "Camellia-128-CBC"),
    (oid("1.2.392.200011.61.1.1.1.3"), "Camellia-192-CBC"),
    (oid("1.2.392.200011.61.1.1.1.4"), "Camellia-256-CBC"),
    (oid("1.2.410.200004.1.4"), "SEED"),
    (oid("1.2.840.113549.1.9.16.3.8"), "zlib"),
    // contents
    (oid("1.2.840.113549.1.7.4"), "SignedAndEnvelopedData"),
    (oid("1.2.840.113549.1.7.5"), "DigestedData"),
    (oid("1.2.840.113549.1.7.6"), "EncryptedData"),
    (oid("1.2.840.113549.1.9.16.1.1"), "a receipt"),
    (oid("1.2.840.113549.1.9.16.1.2"), "AuthenticatedData"),
    (oid("1.2.840.113549.1.9.16.1.4"), "a time stamp"),
    (oid("1.2.840.113549.1.9.16.1.31"), "a time-stamped file (TSD)"),
    (oid("1.3.6.1.4.1.311.2.1.4"), "the signature of a program (Authenticode)"),
];

/// What people call this algorithm or curve: "3DES", "ML-KEM-768"; the dotted form where no name is known.
pub fn oid_name(oid: ObjectIdentifier) -> String {
    NAMES
        .iter()
        .find(|(known, _)| *known == oid)
        .map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dots() {
        assert_eq!(oid_name(oid("1.2.840.113549.3.7")), "3DES");
        assert_eq!(oid_name(const_oid::db::rfc8410::ID_X_25519), "X25519");
        assert_eq!(oid_name(const_oid::db::fips203::ID_ALG_ML_KEM_768), "ML-KEM-768");
        assert_eq!(oid_name(const_oid::db::fips204::ID_ML_DSA_65), "ML-DSA-65");
        assert_eq!(oid_name(const_oid::db::fips205::ID_SLH_DSA_SHA_2_128_S), "SLH-DSA-SHA2-128s");
        assert_eq!(oid_name(const_oid::db::rfc5911::ID_AES_256_CCM), "AES-256-CCM");
        assert_eq!(oid_name(oid("1.2.3.4")), "1.2.3.4");
    }

    #[test]
    fn no_identifier_is_named_twice() {
        for (index, (oid, name)) in NAMES.iter().enumerate() {
            let again = NAMES.iter().skip(index + 1).find(|(other, _)| other == oid);
            assert_eq!(again, None, "{name}");
        }
    }
}
