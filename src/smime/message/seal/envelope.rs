//! The encryption of a note or a file.

use std::io::Write;

use jiff::Timestamp;
use rand_core::CryptoRng;

use super::{LINE, SealError};
use crate::smime::cms::enveloped_data::EnvelopeWriter;
use crate::smime::cms::recipient_info::RecipientSpec;
use crate::smime::mime::encoding::Base64Writer;
use crate::smime::policy::Policy;
use crate::smime::recipient::Recipient;

/// The encryption around a content of known length.
pub(super) struct Envelope<'a> {
    pub(super) recipients: &'a [Recipient],
    pub(super) time: Timestamp,
    pub(super) len: u64,
}

impl Envelope<'_> {
    pub(super) fn write<W: Write>(
        &self,
        out: W,
        rng: &mut dyn CryptoRng,
        content: impl FnOnce(&mut dyn Write) -> Result<(), SealError>,
    ) -> Result<W, SealError> {
        let policy = Policy::of(self.recipients);
        let mut specs = Vec::new();
        for recipient in self.recipients {
            let before = specs.len();
            for certificate in recipient.usable(self.time) {
                let how = policy.key_management(certificate, recipient.abilities())?;
                specs.push(RecipientSpec { certificate, how });
            }
            if specs.len() == before {
                return Err(SealError::NoCertificate { address: recipient.address.clone() });
            }
        }
        let mut writer = EnvelopeWriter::new(out, &specs, policy.cipher, self.len, rng)?;
        content(&mut writer)?;
        Ok(writer.finish()?)
    }

    pub(super) fn write_as_mail(
        &self,
        out: &mut dyn Write,
        rng: &mut dyn CryptoRng,
        content: impl FnOnce(&mut dyn Write) -> Result<(), SealError>,
    ) -> Result<(), SealError> {
        let authenticated = Policy::of(self.recipients).cipher.is_authenticated();
        let smime_type = if authenticated { "authEnveloped-data" } else { "enveloped-data" };
        write!(
            out,
            "Content-Type: application/pkcs7-mime; smime-type={smime_type};\r\n name=\"smime.p7m\"\r\n\
             Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n"
        )?;
        self.write(Base64Writer::new(out, LINE), rng, content)?.finish()?;
        Ok(())
    }
}
