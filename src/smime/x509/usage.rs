//! What a certificate may be used for, in words: key usage and extended key usage (RFC 5280 sections 4.2.1.3 and
//! 4.2.1.12).

use const_oid::ObjectIdentifier;

use super::certificate::Certificate;
use super::extensions::{KeyUsage, Known};
use super::name::presentable;

const fn oid(dotted: &'static str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const PURPOSES: [(ObjectIdentifier, &str); 14] = [
    (oid("1.3.6.1.5.5.7.3.4"), "mail"),
    (oid("2.5.29.37.0"), "any purpose"),
    (oid("1.3.6.1.5.5.7.3.1"), "web sites"),
    (oid("1.3.6.1.5.5.7.3.2"), "logging in"),
    (oid("1.3.6.1.5.5.7.3.3"), "programs"),
    (oid("1.3.6.1.5.5.7.3.8"), "time stamps"),
    (oid("1.3.6.1.5.5.7.3.9"), "answers about revocation"),
    (oid("1.3.6.1.5.5.7.3.36"), "documents"),
    (oid("1.3.6.1.4.1.311.10.3.12"), "documents"),
    (oid("1.2.840.113583.1.1.5"), "documents"),
    (oid("1.3.6.1.4.1.311.20.2.2"), "logging in with a card"),
    (oid("1.3.6.1.5.2.3.4"), "logging in with a card"),
    (oid("1.3.6.1.4.1.311.10.3.4"), "files on a disk"),
    (oid("1.3.6.1.5.5.7.3.17"), "networks"),
];

impl Certificate {
    /// What its key may do, in the order of the extension: "signing", "opening what is sealed", "vouching for
    /// certificates". Without the extension it may do everything.
    pub fn usages(&self) -> Vec<&'static str> {
        let usage = match self.key_usage() {
            Known::Absent => return vec!["any use"],
            Known::Unreadable => return vec!["nothing: its usages cannot be read"],
            Known::Present(usage) => *usage,
        };
        type Says = fn(KeyUsage) -> bool;
        let words: [(Says, &str); 9] = [
            (KeyUsage::digital_signature, "signing"),
            (KeyUsage::non_repudiation, "signing what binds"),
            (KeyUsage::key_encipherment, "opening what is sealed"),
            (KeyUsage::data_encipherment, "opening small data"),
            (KeyUsage::key_agreement, "agreeing on keys for what is sealed"),
            (KeyUsage::key_cert_sign, "vouching for certificates"),
            (KeyUsage::crl_sign, "signing revocation lists"),
            (KeyUsage::encipher_only, "sealing only"),
            (KeyUsage::decipher_only, "opening only"),
        ];
        words.into_iter().filter(|(says, _)| says(usage)).map(|(_, words)| words).collect()
    }

    /// What it is meant for: "mail", "web sites", or a number that is not known here. None: it does not say.
    pub fn purposes(&self) -> Vec<String> {
        let purposes = match self.extended_key_usage() {
            Known::Absent => return Vec::new(),
            Known::Unreadable => return vec!["nothing: its purposes cannot be read".to_owned()],
            Known::Present(purposes) => &purposes.0,
        };
        let word = |purpose: &ObjectIdentifier| {
            let known = PURPOSES.iter().find(|(known, _)| known == purpose);
            known.map_or_else(|| purpose.to_string(), |(_, word)| (*word).to_owned())
        };
        let mut words: Vec<String> = Vec::new();
        for word in purposes.iter().map(word) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// Name, addresses, issuer and uses, each in a line for people.
    pub fn description(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.subject().is_empty() {
            lines.push(format!("Name: {}", presentable(&self.subject().to_string())));
        }
        let addresses: Vec<_> = self.addresses().iter().map(ToString::to_string).collect();
        if !addresses.is_empty() {
            lines.push(format!("Addresses: {}", addresses.join(", ")));
        }
        lines.push(match self.is_self_signed() {
            true => "Issued by: itself".to_owned(),
            false => format!("Issued by: {}", presentable(&self.issuer().to_string())),
        });
        let purposes = self.purposes();
        let meant =
            if purposes.is_empty() { String::new() } else { format!("; meant for {}", purposes.join(", ")) };
        lines.push(format!("Uses: {}{meant}", self.usages().join(", ")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::openssl::{OpenSsl, PERSON};

    #[test]
    fn a_certificate_is_described_in_lines_without_tricks() {
        let Some(openssl) = OpenSsl::start() else { return };
        let person = openssl.certificate("person", "/O=Tr\u{202e}ick/CN=Robin", None, PERSON);
        let uses = "Uses: signing, agreeing on keys for what is sealed; meant for mail";
        let expected = ["Name: CN=Robin, O=Trick", "Addresses: robin@example.org", "Issued by: itself", uses];
        assert_eq!(person.description(), expected);
        let other = openssl.certificate("other", "/CN=Other", Some("person"), "basicConstraints=CA:FALSE\n");
        assert_eq!(other.description()[1..], ["Issued by: CN=Robin, O=Trick", "Uses: any use"]);
    }

    #[test]
    fn usages_are_told_in_words() {
        let Some(openssl) = OpenSsl::start() else { return };
        for (extensions, usages, purposes) in [
            ("basicConstraints=CA:FALSE\n", &["any use"][..], &[][..]),
            (
                "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=emailProtection,1.2.3.4\n",
                &["signing", "opening what is sealed"],
                &["mail", "1.2.3.4"],
            ),
            (
                "keyUsage=keyAgreement,decipherOnly\nextendedKeyUsage=serverAuth,clientAuth\n",
                &["agreeing on keys for what is sealed", "opening only"],
                &["web sites", "logging in"],
            ),
            (
                "keyUsage=keyCertSign,cRLSign\nextendedKeyUsage=anyExtendedKeyUsage\n",
                &["vouching for certificates", "signing revocation lists"],
                &["any purpose"],
            ),
            (
                "keyUsage=DER:0500\nextendedKeyUsage=DER:0500\n",
                &["nothing: its usages cannot be read"],
                &["nothing: its purposes cannot be read"],
            ),
        ] {
            let certificate = openssl.certificate("one", "/CN=One", None, extensions);
            assert_eq!(certificate.usages(), usages, "{extensions}");
            assert_eq!(certificate.purposes(), purposes, "{extensions}");
        }
    }
}
