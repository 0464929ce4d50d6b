//! multipart/signed (RFC 8551 section 3.5.3).

use std::io::{self, Write};

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::stream::{Measure, Measured};
use super::{LINE, SealError, SignWith, cms_signer, signing_digest};
use crate::smime::cms::signed_data::sign_detached;
use crate::smime::crypto::DigestAlgorithm;
use crate::smime::message::capabilities;
use crate::smime::mime::build::{self, Body};
use crate::smime::mime::encoding::Base64Writer;

/// A multipart/signed entity (RFC 8551 section 3.5.3) of a body and its signature.
pub(super) struct ClearSigned<'a, 'n> {
    body: &'a Body<'n>,
    head: String,
    tail: String,
    measured: Measured,
    digest: DigestAlgorithm,
}

impl<'a, 'n> ClearSigned<'a, 'n> {
    /// The first pass over the body, and the signature.
    pub(super) fn new(
        body: &'a Body<'n>,
        signer: &SignWith<'_>,
        time: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealError> {
        let digest = signing_digest(signer)?;
        let mut pass = Measure::new(io::sink(), digest);
        body.write_to(&mut pass)?;
        let (_, measured) = pass.finish();
        let capabilities = capabilities::own(signer.encryption_certificate);
        let signature = sign_detached(&cms_signer(signer, &capabilities, time), &measured.digest, rng)?;

        let boundary = build::boundary(rng);
        let micalg = digest.name().to_ascii_lowercase();
        let head = format!(
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg={micalg}; \
             boundary=\"{boundary}\"\r\n\r\nThis is a signed message.\r\n\r\n--{boundary}\r\n"
        );
        let mut encoded = Base64Writer::new(Vec::new(), LINE);
        encoded.write_all(&signature)?;
        let encoded = encoded.finish()?;
        let tail = format!(
            "\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n\
             {}\r\n--{boundary}--\r\n",
            String::from_utf8_lossy(&encoded)
        );
        Ok(Self { body, head, tail, measured, digest })
    }

    pub(super) fn len(&self) -> Result<u64, SealError> {
        let frame = (self.head.len() + self.tail.len()) as u64;
        self.measured.len.checked_add(frame).ok_or(SealError::Changed)
    }

    /// The second pass.
    pub(super) fn write_to(&self, out: &mut dyn Write) -> Result<(), SealError> {
        out.write_all(self.head.as_bytes())?;
        let mut pass = Measure::new(&mut *out, self.digest);
        self.body.write_to(&mut pass)?;
        if pass.finish().1 != self.measured {
            return Err(SealError::Changed);
        }
        out.write_all(self.tail.as_bytes())?;
        Ok(())
    }
}
