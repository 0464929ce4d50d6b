//! PEM blocks with certificates and revocation lists.

use super::collector::Collector;
use crate::smime::pem;

/// Takes every block; false when there is none.
pub(super) fn read(text: &[u8], found: &mut Collector) -> bool {
    let blocks = pem::blocks(text);
    for block in &blocks {
        match block.label {
            "CERTIFICATE"
            | "X509 CERTIFICATE"
            | "TRUSTED CERTIFICATE"
            | "CERTIFICATE CHAIN"
            | "PKCS7"
            | "CMS"
            | "PKCS #7 SIGNED DATA"
            | "X509 CRL"
            | "CRL" => match &block.octets {
                Some(octets) => found.der(octets),
                None => found.damage(),
            },
            "PKCS12" => found.pkcs12(),
            label if label.ends_with("PRIVATE KEY") => found.key(),
            _ => {}
        }
    }
    !blocks.is_empty()
}
