//! Who signed. What comes out of here is the signed text and nothing else; the text around it is never looked at.

use debfmt::names::FileName;

use super::reason::{Family, Reason, SIGNATURE_UNKNOWN_KEY};
use crate::model::time::Timestamp;
use crate::ports::db::Uploader;
use crate::ports::verifier::Verifier;

/// The keys of everybody who may upload anything.
pub(super) struct Keyring<'a> {
    verifier: &'a dyn Verifier,
    uploaders: Vec<Uploader>,
    now: Timestamp,
}

/// A text that an uploader has signed.
pub(super) struct Believed<'k> {
    /// Exactly what was signed.
    pub(super) payload: Vec<u8>,
    /// Who has signed it.
    pub(super) uploader: &'k Uploader,
    /// Fingerprint of the certificate.
    pub(super) fingerprint: String,
}

impl<'a> Keyring<'a> {
    /// The keys of `uploaders`, judged at `now`.
    pub(super) fn new(verifier: &'a dyn Verifier, uploaders: Vec<Uploader>, now: Timestamp) -> Self {
        Self { verifier, uploaders, now }
    }

    /// The signed text of a document, and who has signed it.
    pub(super) fn verify(&self, name: &FileName, document: &[u8]) -> Result<Believed<'_>, Reason> {
        let certificates = self.uploaders.iter().flat_map(|uploader| &uploader.keys);
        let certificates: Vec<&[u8]> = certificates.map(|(_, bytes)| bytes.as_slice()).collect();
        let verified =
            self.verifier.verify_clearsigned(document, &certificates, self.now).map_err(|error| {
                let word = error.code().trim_start_matches("signature.");
                Reason::of_file(Family::Signature.code(word), name, &error)
            })?;
        let fingerprint = verified.fingerprint;
        let has_key = |uploader: &&Uploader| uploader.keys.iter().any(|(known, _)| *known == fingerprint);
        match self.uploaders.iter().find(has_key) {
            Some(uploader) => Ok(Believed { payload: verified.payload, uploader, fingerprint }),
            // The database says that this certificate belongs to somebody, the certificate that it is another one.
            None => {
                let message = format!("it is signed by key {fingerprint}, which is recorded for no uploader");
                Err(Reason::of_file(SIGNATURE_UNKNOWN_KEY, name, message))
            }
        }
    }
}
