//! Who signed. What comes out of here is the signed text and nothing else; the text around it is never looked at.

use debfmt::clearsign::{self, ClearsignError, Document};
use debfmt::limits::Limits;
use debfmt::names::FileName;

use super::policy::UploadPolicy;
use super::reason::{Family, Reason, SIGNATURE_MALFORMED, SIGNATURE_TEXT_OUTSIDE, SIGNATURE_UNKNOWN_KEY};
use crate::model::time::Timestamp;
use crate::ports::db::Uploader;
use crate::ports::verifier::Verifier;

/// The keys of everybody who may upload anything.
pub(super) struct Keyring<'a> {
    pub(super) verifier: &'a dyn Verifier,
    pub(super) uploaders: Vec<Uploader>,
    /// When signatures are judged.
    pub(super) now: Timestamp,
    /// What must be signed.
    pub(super) policy: &'a UploadPolicy,
    pub(super) limits: &'a Limits,
}

/// A text that is believed.
pub(super) struct Believed<'k> {
    /// Exactly what was signed; of a text that nobody need sign, all of it without its armour.
    pub(super) payload: Vec<u8>,
    /// Who has signed it; `None` where nobody need.
    pub(super) signer: Option<Signer<'k>>,
}

/// A text that is not believed.
pub(super) struct Doubted<'k> {
    /// Why.
    pub(super) reason: Reason,
    /// Who has signed it all the same, if that is beyond doubt.
    pub(super) signer: Option<&'k Uploader>,
}

impl From<Reason> for Doubted<'_> {
    fn from(reason: Reason) -> Self {
        Self { reason, signer: None }
    }
}

/// An uploader and the key that signed.
pub(super) struct Signer<'k> {
    /// Who has signed.
    pub(super) uploader: &'k Uploader,
    /// Fingerprint of the certificate.
    pub(super) fingerprint: String,
}

impl Keyring<'_> {
    /// The text of a document that is believed, going by the policy: one that an uploader has signed, or any.
    pub(super) fn believe(&self, name: &FileName, document: &[u8]) -> Result<Believed<'_>, Doubted<'_>> {
        if self.policy.signed {
            return self.verify(name, document);
        }
        // Whoever could put it there is believed. A signature that it brings along may be anybody's.
        match clearsign::split(document, self.limits) {
            Ok(Document::Signed(signed)) => Ok(Believed { payload: signed.payload, signer: None }),
            Ok(Document::Unsigned(payload)) => Ok(Believed { payload, signer: None }),
            Err(error) => Err(Reason::of_file(code_of(&error), name, &error).into()),
        }
    }

    /// Whether a document that need not be signed has a good signature, if it has one.
    pub(super) fn verify_if_signed(&self, name: &FileName, document: &[u8]) -> Result<(), Reason> {
        match clearsign::split(document, self.limits) {
            Ok(Document::Unsigned(_)) => Ok(()),
            Ok(Document::Signed(_)) | Err(_) if self.policy.signed => {
                self.verify(name, document).map(|_| ()).map_err(|doubted| doubted.reason)
            }
            Ok(Document::Signed(_)) | Err(_) => Ok(()),
        }
    }

    /// The signed text of a document, and who has signed it.
    fn verify(&self, name: &FileName, document: &[u8]) -> Result<Believed<'_>, Doubted<'_>> {
        let certificates = self.uploaders.iter().flat_map(|uploader| &uploader.keys);
        let certificates: Vec<&[u8]> = certificates.map(|(_, bytes)| bytes.as_slice()).collect();
        let verified =
            self.verifier.verify_clearsigned(document, &certificates, self.now).map_err(|error| {
                let word = error.code().trim_start_matches("signature.");
                let reason = Reason::of_file(Family::Signature.code(word), name, &error);
                Doubted { reason, signer: error.signer().and_then(|key| self.owner_of(key)) }
            })?;
        let fingerprint = verified.fingerprint;
        match self.owner_of(&fingerprint) {
            Some(uploader) => {
                let signer = Some(Signer { uploader, fingerprint });
                Ok(Believed { payload: verified.payload, signer })
            }
            // The database says that this certificate belongs to somebody, the certificate that it is another one.
            None => {
                let message = format!("it is signed by key {fingerprint}, which is recorded for no uploader");
                Err(Reason::of_file(SIGNATURE_UNKNOWN_KEY, name, message).into())
            }
        }
    }

    /// The uploader whose key it is.
    fn owner_of(&self, fingerprint: &str) -> Option<&Uploader> {
        let has_it = |uploader: &&Uploader| uploader.keys.iter().any(|(known, _)| known == fingerprint);
        self.uploaders.iter().find(has_it)
    }
}

fn code_of(error: &ClearsignError) -> &'static str {
    match error {
        ClearsignError::TextBefore { .. }
        | ClearsignError::TextAfter { .. }
        | ClearsignError::SecondBlock { .. } => SIGNATURE_TEXT_OUTSIDE,
        ClearsignError::Unterminated { .. }
        | ClearsignError::Malformed { .. }
        | ClearsignError::LineTooLong { .. }
        | ClearsignError::TextTooLong { .. } => SIGNATURE_MALFORMED,
    }
}
