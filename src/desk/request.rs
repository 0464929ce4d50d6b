//! Asks an authority for a certificate.

use std::ffi::OsStr;
use std::path::Path;

use super::Desk;
use super::file::FileError;
use super::identities::IdentityError;
use crate::smime::crypto::KeyKind;
use crate::smime::x509::CertificationRequest;
use crate::smime::{Address, Fingerprint};
use crate::store::clock;
use crate::store::requests::Request;

impl Desk {
    /// Makes a key, keeps it until the answer comes, and writes the request: PEM, which every authority takes, or DER
    /// for `.der` and `.p10` (RFC 5967).
    pub fn request_identity(
        &self,
        name: &str,
        addresses: &[Address],
        kind: KeyKind,
        out: &Path,
    ) -> Result<CertificationRequest, IdentityError> {
        // Before the work: is there a place for the key at all?
        self.store.vault().check()?;
        let key = self.generate(kind)?;
        let asked = CertificationRequest::new(name, addresses, &key, &mut clock::rng())?;
        let extension = out.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        let octets = match extension.as_deref() {
            Some("der" | "p10") => asked.as_der().to_vec(),
            Some(_) | None => asked.to_pem().into_bytes(),
        };
        let mut outputs = self.outputs();
        outputs.begin(out)?.write_all(&octets).map_err(|error| FileError::new(out, &error))?;
        self.store.add_request(&asked, &key, self.now)?;
        outputs.commit()?;
        Ok(asked)
    }

    /// Gives a request up, with its key; without `confirmed` it says what would be lost. None: there is no such request.
    pub fn delete_request(
        &self,
        key: &Fingerprint,
        confirmed: bool,
    ) -> Result<Option<Request>, IdentityError> {
        let Some(request) = self.store.request(key)? else { return Ok(None) };
        if !confirmed {
            return Err(IdentityError::RequestNotConfirmed { key: *key, name: request.asked.display_name() });
        }
        self.store.delete_request(key)?;
        Ok(Some(request))
    }
}
