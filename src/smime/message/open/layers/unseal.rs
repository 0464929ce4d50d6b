//! Takes the encryption off, and says what it was.

use super::{Context, Layer, OpenError, Opening};
use crate::smime::cms::auth_enveloped_data::SHORTEST_STRONG_TAG;
use crate::smime::cms::enveloped_data::{self, EnvelopedData, OpenedBy};
use crate::smime::cms::recipient_info::{CertificateId, KeyManagement, RecipientInfo};
use crate::smime::cms::{CmsError, ContentType};
use crate::smime::crypto::{ContentCipher, oid_name};
use crate::smime::message::layer::{Encryption, Weakness};
use crate::smime::x509::Certificate;
use crate::smime::{Source, SpoolFile};

/// Octets of the nonce that everybody writes with GCM (RFC 5084 section 3.2).
const GCM_NONCE: usize = 12;

impl Opening<'_, '_> {
    /// Decrypts one layer into the spool and records it, also when it stays closed.
    pub(super) fn unseal(
        &mut self,
        source: &mut dyn Source,
    ) -> Result<(Box<dyn SpoolFile>, ContentType), OpenError> {
        let enveloped = enveloped_data::read(source, self.context.limits)?;
        let Context { keys, spool, limits, .. } = *self.context;
        let own = keys.certificates();
        let mut layer = self.describe(&enveloped, &own);
        let outcome = match enveloped.decrypt(source, keys, spool, limits, self.rng) {
            Ok((content, by)) => {
                layer.weak = weakness(&enveloped, &by);
                layer.opened_by = by.certificate;
                Ok(content)
            }
            Err(CmsError::NoKey | CmsError::Algorithm(_)) => Err(self.no_key(&enveloped, &layer, &own)),
            Err(CmsError::Undecryptable) if layer.password && keys.password().is_some() => {
                Err(OpenError::WrongPassword)
            }
            Err(error) => Err(error.into()),
        };
        self.layers.push(Layer::Encrypted(layer));
        Ok((outcome?, enveloped.content_type))
    }

    fn describe(&self, enveloped: &EnvelopedData, own: &[Certificate]) -> Encryption {
        let mut key_management: Vec<String> = Vec::new();
        let mut recipients = Vec::new();
        let mut unknown_recipients = 0;
        for recipient in &enveloped.recipients {
            let how = recipient.how.name();
            if !key_management.contains(&how) {
                key_management.push(how);
            }
            let known = recipient.id.as_ref().and_then(|id| self.known(id, own));
            unknown_recipients += usize::from(known.is_none() && !takes_password(recipient));
            recipients.push(known.unwrap_or_else(|| describe_recipient(recipient)));
        }
        let is_gcm = enveloped.cipher.is_some_and(|c| c.is_authenticated() && !c.needs_lengths());
        Encryption {
            algorithm: algorithm(enveloped),
            authenticated: enveloped.authenticated,
            misplaced_aead: enveloped.misplaced_aead,
            short_tag: (1..SHORTEST_STRONG_TAG).contains(&enveloped.tag_len),
            odd_nonce: is_gcm && enveloped.nonce_len != GCM_NONCE,
            key_management,
            recipients,
            unknown_recipients,
            opened_by: None,
            password: enveloped.recipients.iter().any(takes_password),
            weak: None,
            odd_version: enveloped.recipients.iter().any(|recipient| recipient.odd_version),
        }
    }

    /// The address (else the name) of the certificate that `id` names, if it is known here.
    fn known(&self, id: &CertificateId, own: &[Certificate]) -> Option<String> {
        let own = own.iter().find(|certificate| id.names(certificate)).cloned();
        let certificate = own.or_else(|| self.context.certificates.find(id).into_iter().next())?;
        Some(certificate.addresses().first().map_or_else(|| certificate.display_name(), ToString::to_string))
    }

    /// Nobody here is named, or only in a way that is not read here.
    fn no_key(&self, enveloped: &EnvelopedData, layer: &Encryption, own: &[Certificate]) -> OpenError {
        let unsupported = |what: String| OpenError::Unsupported { what: what.into() };
        if enveloped.cipher.is_none() {
            return unsupported(layer.algorithm.clone());
        }
        let is_read = |recipient: &RecipientInfo| !matches!(recipient.how, KeyManagement::Unsupported(_));
        let is_ours = |recipient: &&RecipientInfo| {
            recipient.id.as_ref().is_some_and(|id| own.iter().any(|certificate| id.names(certificate)))
        };
        let ours = enveloped.recipients.iter().filter(is_ours).find(|recipient| !is_read(recipient));
        if let Some(recipient) = ours {
            return unsupported(unread_name(recipient));
        }
        if layer.password && self.context.keys.password().is_none() {
            return OpenError::NeedsPassword;
        }
        // No key of anybody's would open it here.
        match enveloped.recipients.first() {
            Some(first) if !enveloped.recipients.iter().any(is_read) => unsupported(unread_name(first)),
            Some(_) | None => OpenError::NoKey { recipients: layer.recipients.clone() },
        }
    }
}

fn algorithm(enveloped: &EnvelopedData) -> String {
    enveloped.cipher.map_or_else(|| oid_name(enveloped.cipher_oid), |cipher| cipher.name().to_owned())
}

/// The worst that is known: a cipher is weak for everybody, the rest for the one who opened it.
fn weakness(enveloped: &EnvelopedData, by: &OpenedBy) -> Option<Weakness> {
    let how = enveloped.recipients.get(by.recipient).map(|recipient| &recipient.how);
    if enveloped.cipher.is_some_and(ContentCipher::is_weak) {
        Some(Weakness::Cipher)
    } else if by.certificate.as_ref().is_some_and(|certificate| certificate.public_key().is_weak()) {
        Some(Weakness::RecipientKey)
    } else {
        how.is_some_and(KeyManagement::is_weak).then_some(Weakness::KeyWrap)
    }
}

fn takes_password(recipient: &RecipientInfo) -> bool {
    matches!(recipient.how, KeyManagement::Password(_))
}

/// What stands in the way, as the end of "It is made with …".
fn unread_name(recipient: &RecipientInfo) -> String {
    let name = recipient.how.name();
    if name.starts_with("ML-KEM") {
        format!("{name}, a post-quantum method that Waxseal does not read yet")
    } else {
        name
    }
}

/// Issuer and serial number, or the key identifier, in one line.
fn describe_recipient(recipient: &RecipientInfo) -> String {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    match &recipient.id {
        Some(CertificateId::IssuerAndSerial { issuer, serial }) => {
            format!("{issuer}, serial {}", hex(serial))
        }
        Some(CertificateId::SubjectKeyId(id)) => format!("key {}", hex(id)),
        None if takes_password(recipient) => "whoever has the password".into(),
        None => "somebody with a shared secret".into(),
    }
}
