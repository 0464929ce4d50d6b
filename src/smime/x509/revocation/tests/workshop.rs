//! Authorities, people and lists for tests, octet by octet: what `openssl ca` cannot write.

use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::super::RevocationList;
use crate::smime::asn1::{tag, time, writer};
use crate::smime::crypto::{DigestAlgorithm, KeyKind, PrivateKey, SignatureScheme};
use crate::smime::x509::Certificate;

pub(super) const NOW: &str = "2027-05-03T10:00:00Z";

pub(super) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn oid(text: &str) -> Vec<u8> {
    writer::oid(const_oid::ObjectIdentifier::new_unwrap(text))
}

pub(super) fn common_name(name: &str) -> Vec<u8> {
    writer::sequence(&[&rdn(name)])
}

/// The SET of one commonName.
pub(super) fn rdn(name: &str) -> Vec<u8> {
    let attribute =
        writer::sequence(&[&oid("2.5.4.3"), &writer::value(tag::UTF8_STRING, &[name.as_bytes()])]);
    writer::value(tag::SET, &[&attribute])
}

/// DistributionPointName with URIs in it.
pub(super) fn uris(uris: &[&str]) -> Vec<u8> {
    let names: Vec<u8> = uris.iter().flat_map(|uri| writer::value(0x86, &[uri.as_bytes()])).collect();
    writer::value(0xa0, &[&writer::value(0xa0, &[&names])])
}

/// DistributionPointName with a directory name in it.
pub(super) fn directory(name: &[u8]) -> Vec<u8> {
    writer::value(0xa0, &[&writer::value(0xa0, &[&writer::value(0xa4, &[name])])])
}

/// DistributionPointName with a name below the issuer's.
pub(super) fn relative(name: &str) -> Vec<u8> {
    let set = rdn(name);
    writer::value(0xa0, &[&writer::value(0xa1, &[&set[2..]])])
}

pub(super) fn reasons(tag: u8, bits: u16) -> Vec<u8> {
    writer::value(tag, &[&[7], &bits.to_be_bytes()])
}

/// `cRLIssuer` of a distribution point.
pub(super) fn list_issuer(name: &[u8]) -> Vec<u8> {
    writer::value(0xa2, &[&writer::value(0xa4, &[name])])
}

/// One extension: cRLDistributionPoints of these points, each the parts of one.
pub(super) fn points(points: &[&[&[u8]]]) -> Vec<u8> {
    let points: Vec<u8> = points.iter().flat_map(|parts| writer::sequence(parts)).collect();
    extension("2.5.29.31", false, &writer::sequence(&[&points]))
}

pub(super) fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = writer::value(tag::BOOLEAN, &[&[0xff]]);
    let flag: &[u8] = if critical { &flag } else { &[] };
    writer::sequence(&[&oid(kind), flag, &writer::octet_string(value)])
}

/// keyUsage of these bits (digitalSignature is 0x80, keyCertSign 0x04, cRLSign 0x02).
pub(super) fn usage(bits: u8) -> Vec<u8> {
    extension("2.5.29.15", true, &writer::value(tag::BIT_STRING, &[&[0, bits]]))
}

pub(super) fn authority_constraints() -> Vec<u8> {
    extension("2.5.29.19", true, &writer::sequence(&[&[1, 1, 0xff]]))
}

fn signed(key: &PrivateKey, scheme: &SignatureScheme, tbs: Vec<u8>) -> Vec<u8> {
    let signature = key.sign_message(scheme, &tbs, &mut UnwrapErr(getrandom::SysRng)).unwrap();
    writer::sequence(&[&tbs, &scheme.to_algorithm_der(), &writer::bit_string(&signature)])
}

/// Somebody with a key and a certificate.
pub(super) struct Party {
    pub(super) name: Vec<u8>,
    pub(super) key: PrivateKey,
    pub(super) certificate: Certificate,
}

pub(super) fn new_key() -> PrivateKey {
    PrivateKey::generate(KeyKind::P256, &mut UnwrapErr(getrandom::SysRng))
}

fn certificate(
    subject: &[u8],
    of: &PrivateKey,
    issuer: &[u8],
    by: &PrivateKey,
    serial: &[u8],
    extensions: &[Vec<u8>],
) -> Certificate {
    let tbs = writer::sequence(&[
        &writer::value(0xa0, &[&[2, 1, 2]]),
        &writer::value(tag::INTEGER, &[serial]),
        &by.scheme().unwrap().to_algorithm_der(),
        issuer,
        &writer::sequence(&[
            &time::write(moment("2020-01-01T00:00:00Z")),
            &time::write(moment("2049-01-01T00:00:00Z")),
        ]),
        subject,
        &of.public_key().to_spki_der(),
        &writer::value(0xa3, &[&writer::sequence(&[&extensions.concat()])]),
    ]);
    Certificate::from_der(&signed(by, &by.scheme().unwrap(), tbs)).unwrap()
}

impl Party {
    pub(super) fn root(name: &str) -> Self {
        let (name, key) = (common_name(name), new_key());
        let extensions = [authority_constraints(), usage(0x06)];
        let certificate = certificate(&name, &key, &name, &key, &[1], &extensions);
        Self { name, key, certificate }
    }

    /// Issues a certificate with these extensions.
    pub(super) fn issues(&self, name: &str, serial: &[u8], extensions: &[Vec<u8>]) -> Self {
        self.certifies(common_name(name), new_key(), serial, extensions)
    }

    pub(super) fn certifies(
        &self,
        name: Vec<u8>,
        key: PrivateKey,
        serial: &[u8],
        extensions: &[Vec<u8>],
    ) -> Self {
        let certificate = certificate(&name, &key, &self.name, &self.key, serial, extensions);
        Self { name, key, certificate }
    }

    pub(super) fn authority(&self, name: &str, serial: &[u8]) -> Self {
        self.issues(name, serial, &[authority_constraints(), usage(0x06)])
    }

    pub(super) fn person(&self, serial: &[u8], extensions: &[Vec<u8>]) -> Certificate {
        self.issues("Person", serial, extensions).certificate
    }

    /// A list of its own that names nobody, from a day ago to a week from now, number 1.
    pub(super) fn list(&self) -> List<'_> {
        List {
            issuer: self.name.clone(),
            key: &self.key,
            made: moment("2027-05-02T00:00:00Z"),
            next: Some(time::write(moment("2027-05-10T00:00:00Z"))),
            entries: Vec::new(),
            extensions: Vec::new(),
            version: true,
            scheme: self.key.scheme().unwrap(),
        }
        .number(1)
    }
}

pub(super) struct List<'a> {
    issuer: Vec<u8>,
    key: &'a PrivateKey,
    made: Timestamp,
    next: Option<Vec<u8>>,
    entries: Vec<Vec<u8>>,
    extensions: Vec<(String, Vec<u8>)>,
    version: bool,
    scheme: SignatureScheme,
}

impl<'a> List<'a> {
    pub(super) fn by(mut self, name: &[u8], key: &'a PrivateKey) -> Self {
        (self.issuer, self.key) = (name.to_vec(), key);
        self
    }

    pub(super) fn made(mut self, made: &str) -> Self {
        self.made = moment(made);
        self
    }

    pub(super) fn next(mut self, next: Option<Vec<u8>>) -> Self {
        self.next = next;
        self
    }

    pub(super) fn until(self, next: &str) -> Self {
        self.next(Some(time::write(moment(next))))
    }

    pub(super) fn extension(mut self, kind: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions.retain(|(there, _)| there != kind);
        self.extensions.push((kind.into(), extension(kind, critical, value)));
        self
    }

    pub(super) fn number(self, number: u8) -> Self {
        self.extension("2.5.29.20", false, &writer::small_integer(number))
    }

    pub(super) fn delta(self, base: u8) -> Self {
        self.extension("2.5.29.27", true, &writer::small_integer(base))
    }

    /// issuingDistributionPoint.
    pub(super) fn scope(self, parts: &[&[u8]]) -> Self {
        self.extension("2.5.29.28", true, &writer::sequence(parts))
    }

    pub(super) fn sha_1(mut self) -> Self {
        self.scheme = SignatureScheme::Ecdsa(DigestAlgorithm::Sha1);
        self
    }

    pub(super) fn version_1(mut self) -> Self {
        self.version = false;
        self.extensions.clear();
        self
    }

    pub(super) fn set_entries(&mut self, entries: impl Iterator<Item = Vec<u8>>) {
        self.entries = entries.collect();
    }

    pub(super) fn entry(mut self, serial: &[u8], date: &str, extensions: &[Vec<u8>]) -> Self {
        let extensions = match extensions {
            [] => Vec::new(),
            some => writer::sequence(&[&some.concat()]),
        };
        let serial = writer::value(tag::INTEGER, &[serial]);
        self.entries.push(writer::sequence(&[&serial, &time::write(moment(date)), &extensions]));
        self
    }

    pub(super) fn names(self, serial: &[u8], reason: Option<u8>) -> Self {
        let reason = reason.map(|code| extension("2.5.29.21", false, &[10, 1, code]));
        self.entry(serial, "2027-05-01T00:00:00Z", reason.as_slice())
    }

    /// Names a certificate of another issuer.
    pub(super) fn names_of(self, issuer: &[u8], serial: &[u8]) -> Self {
        let names = writer::sequence(&[&writer::value(0xa4, &[issuer])]);
        self.entry(serial, "2027-05-01T00:00:00Z", &[extension("2.5.29.29", true, &names)])
    }

    pub(super) fn der(self) -> Vec<u8> {
        let entries = writer::sequence(&[&self.entries.concat()]);
        let extensions: Vec<u8> = self.extensions.into_iter().flat_map(|(_, extension)| extension).collect();
        let extensions = writer::value(0xa0, &[&writer::sequence(&[&extensions])]);
        let tbs = writer::sequence(&[
            if self.version { &[2, 1, 1] } else { &[] },
            &self.scheme.to_algorithm_der(),
            &self.issuer,
            &time::write(self.made),
            self.next.as_deref().unwrap_or_default(),
            if self.entries.is_empty() { &[] } else { &entries },
            if self.version { &extensions } else { &[] },
        ]);
        signed(self.key, &self.scheme, tbs)
    }

    pub(super) fn build(self) -> RevocationList {
        RevocationList::from_der(self.der()).unwrap()
    }
}
