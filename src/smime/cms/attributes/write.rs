//! The signed attributes that we write.

use const_oid::ObjectIdentifier;

use super::{
    CONTENT_TYPE, ENCRYPTION_KEY_PREFERENCE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2, SIGNING_TIME,
    SMIME_CAPABILITIES,
};
use crate::smime::asn1::{tag, time, writer};
use crate::smime::cms::ContentType;
use crate::smime::cms::recipient_info::issuer_and_serial;
use crate::smime::cms::signed_data::Signer;
use crate::smime::crypto::DigestAlgorithm;

/// What a signature says beside the content: SET OF Attribute, DER, as it is signed. In the SignerInfo its tag is `[0]`.
pub(in crate::smime::cms) fn signed_attributes(signer: &Signer<'_>, digest: &[u8]) -> Vec<u8> {
    let members = vec![
        attribute(CONTENT_TYPE, &ContentType::Data.to_der()),
        attribute(MESSAGE_DIGEST, &writer::octet_string(digest)),
        attribute(SIGNING_TIME, &time::write(signer.time)),
        attribute(SMIME_CAPABILITIES, &signer.capabilities.to_der()),
        attribute(
            ENCRYPTION_KEY_PREFERENCE,
            &writer::value(tag::context_constructed(0), &[&issuer_and_serial(signer.encryption_certificate)]),
        ),
        attribute(SIGNING_CERTIFICATE_V2, &signing_certificate(signer)),
    ];
    writer::set_of(tag::SET, members)
}

fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    writer::sequence(&[&writer::oid(kind), &writer::value(tag::SET, &[value])])
}

/// SigningCertificateV2 with SHA-256, which as the default is not written.
fn signing_certificate(signer: &Signer<'_>) -> Vec<u8> {
    let certificate = signer.certificate;
    let hash = writer::octet_string(&DigestAlgorithm::Sha256.digest(certificate.as_der()));
    let directory_name = writer::value(tag::context_constructed(4), &[certificate.issuer().as_der()]);
    let issuer_serial = writer::sequence(&[
        &writer::sequence(&[&directory_name]),
        &writer::value(tag::INTEGER, &[certificate.serial()]),
    ]);
    let id = writer::sequence(&[&hash, &issuer_serial]);
    writer::sequence(&[&writer::sequence(&[&id])])
}
