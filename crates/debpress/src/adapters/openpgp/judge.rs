//! Whether one signature counts.
//!
//! The library answers what is true of bytes (does the signature match, which keys are bound to the
//! certificate, when do they expire); the order of the questions, and the time they are asked for, is ours.

use sequoia_openpgp::Cert;
use sequoia_openpgp::cert::amalgamation::ValidAmalgamation;
use sequoia_openpgp::cert::prelude::*;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::packet::key::PublicParts;
use sequoia_openpgp::policy::{Policy, StandardPolicy};
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};

use super::read;
use super::{beyond_us, hex, is_revoked, reason, system_time, timestamp};
use crate::model::time::Timestamp;
use crate::ports::verifier::{JudgeAt, VerifyError, VerifyPolicy};

/// A signature that counts.
pub(super) struct Good {
    pub(super) fingerprint: String,
    pub(super) signed_at: Timestamp,
}

/// The circumstances of a judgement.
pub(super) struct Judge<'a> {
    pub(super) policy: VerifyPolicy,
    pub(super) algorithms: StandardPolicy<'static>,
    pub(super) keys: &'a [&'a [u8]],
    pub(super) at: Timestamp,
}

impl Judge<'_> {
    /// Judges a signature whose digest the library has already computed from the document.
    pub(super) fn signature(&self, signature: &Signature) -> Result<Good, VerifyError> {
        let signed_at = signature.signature_creation_time().map(timestamp);
        let signed_at = signed_at.ok_or_else(|| malformed("it does not say when it was made"))?;
        if !matches!(signature.typ(), SignatureType::Binary | SignatureType::Text) {
            return Err(malformed("it is not a signature of a document"));
        }
        refuse_weak_digest(signature.hash_algo())?;
        let issuers = signature.get_issuers();
        let named = issuers.first().map_or_else(|| "unnamed".to_owned(), |issuer| issuer.to_hex());
        let (certs, unreadable) = read::find(self.keys, &issuers);
        let mut refusal = unreadable.unwrap_or(VerifyError::UnknownKey { key: named });
        for cert in &certs {
            for key in cert.keys().key_handles(issuers.iter()) {
                match self.by_key(signature, signed_at, cert, &key) {
                    Ok(good) => return Ok(good),
                    Err(error) => refusal = error,
                }
            }
        }
        Err(refusal)
    }

    fn by_key(
        &self,
        signature: &Signature,
        signed_at: Timestamp,
        cert: &Cert,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
    ) -> Result<Good, VerifyError> {
        let fingerprint = hex(&cert.fingerprint());
        let created = timestamp(key.key().creation_time());
        if created > signed_at {
            let what = "the key";
            return Err(VerifyError::NotYetValid { fingerprint, what, made: created, matches: false });
        }
        let too_large = beyond_us(key.key()).or_else(|| beyond_us(cert.primary_key().key()));
        if let Some(reason) = too_large {
            return Err(VerifyError::UnusableKey { fingerprint, reason, matches: false });
        }
        if let Err(error) = signature.verify_document(key.key()) {
            return Err(mismatch(fingerprint, error.as_ref()));
        }
        if !is_bound(key) {
            return Err(VerifyError::UnknownKey { key: hex(&key.key().fingerprint()) });
        }
        // From here on it is known who has signed, and they can be told what is wrong.
        if signed_at.0 > self.at.0.saturating_add(self.policy.clock_skew) {
            let what = "the signature";
            return Err(VerifyError::NotYetValid { fingerprint, what, made: signed_at, matches: true });
        }
        self.algorithms
            .signature(signature, Default::default())
            .map_err(|e| malformed(&reason(e.as_ref())))?;
        let moment = match self.policy.judge {
            // Within the tolerated skew a key may be younger than the clock of this machine.
            JudgeAt::Now => self.at.max(signed_at),
            JudgeAt::SignatureTime => signed_at,
        };
        self.key_at(moment, cert, key, &fingerprint)?;
        match signature.signature_expiration_time().map(timestamp) {
            Some(expired) if expired <= moment => Err(VerifyError::SignatureExpired { fingerprint, expired }),
            Some(_) | None => Ok(Good { fingerprint, signed_at }),
        }
    }

    /// Whether the key could sign at `moment`.
    fn key_at(
        &self,
        moment: Timestamp,
        cert: &Cert,
        key: &ErasedKeyAmalgamation<'_, PublicParts>,
        fingerprint: &str,
    ) -> Result<(), VerifyError> {
        let fingerprint = fingerprint.to_owned();
        let time = system_time(moment);
        let revoked_subkey = |subkey: SubordinateKeyAmalgamation<'_, PublicParts>| {
            subkey.key().fingerprint() == key.key().fingerprint()
                && is_revoked(&subkey.bundle().revocation_status(&self.algorithms, time))
        };
        if is_revoked(&cert.revocation_status(&self.algorithms, time))
            || cert.keys().subkeys().any(revoked_subkey)
        {
            return Err(VerifyError::Revoked { fingerprint });
        }
        // An owner who renews a key often publishes it with the newest self-signature only. Nothing then says
        // what the key could do before; we take today's word for it, as gpg does.
        let valid = key.clone().with_policy(&self.algorithms, time).or_else(|_| {
            let now = system_time(self.at.max(moment));
            key.clone().with_policy(&self.algorithms, now)
        });
        let valid = valid.map_err(|error| VerifyError::UnusableKey {
            fingerprint: fingerprint.clone(),
            reason: reason(error.as_ref()),
            matches: true,
        })?;
        let primary = valid.valid_cert().primary_key().key_expiration_time();
        let expired = primary.into_iter().chain(valid.key_expiration_time()).min().map(timestamp);
        match expired {
            Some(expired) if expired <= moment => Err(VerifyError::Expired { fingerprint, expired }),
            Some(_) | None if valid.for_signing() => Ok(()),
            Some(_) | None => {
                let reason = "it is not meant for signing".to_owned();
                Err(VerifyError::UnusableKey { fingerprint, reason, matches: true })
            }
        }
    }
}

/// Whether the owner of the certificate has ever said that the key is theirs. Anybody can put other keys behind a
/// certificate: what those sign is nothing of the owner's.
fn is_bound(key: &ErasedKeyAmalgamation<'_, PublicParts>) -> bool {
    key.primary() || key.self_signatures().next().is_some()
}

/// Of several refusals, the one that a person must hear first.
pub(super) fn weight(error: &VerifyError) -> u8 {
    match error {
        VerifyError::BadSignature { .. } => 9,
        VerifyError::Revoked { .. } => 8,
        VerifyError::WeakDigest { .. } => 7,
        VerifyError::Expired { .. } => 6,
        VerifyError::SignatureExpired { .. } => 5,
        VerifyError::NotYetValid { .. } => 4,
        VerifyError::UnusableKey { .. } => 3,
        VerifyError::UnknownKey { .. } => 2,
        VerifyError::Malformed { .. } => 1,
        VerifyError::TextOutside { .. } | VerifyError::Unsigned => 0,
    }
}

/// Chosen-prefix collisions of MD5 and SHA-1 are cheap, and RIPEMD-160 is as short as SHA-1: with each of them
/// the signature of one file can be moved to another one.
fn refuse_weak_digest(digest: HashAlgorithm) -> Result<(), VerifyError> {
    if matches!(digest, HashAlgorithm::MD5 | HashAlgorithm::SHA1 | HashAlgorithm::RipeMD) {
        return Err(VerifyError::WeakDigest {
            algorithm: digest.text_name().unwrap_or("unknown").to_owned(),
        });
    }
    Ok(())
}

/// Why the mathematics did not work out: usually a changed document, sometimes a key we cannot compute with.
fn mismatch(fingerprint: String, error: &(dyn std::error::Error + 'static)) -> VerifyError {
    use sequoia_openpgp::Error::{UnsupportedEllipticCurve, UnsupportedPublicKeyAlgorithm};
    match error.downcast_ref::<sequoia_openpgp::Error>() {
        Some(UnsupportedEllipticCurve(_) | UnsupportedPublicKeyAlgorithm(_)) => {
            VerifyError::UnusableKey { fingerprint, reason: reason(error), matches: false }
        }
        Some(_) | None => VerifyError::BadSignature { fingerprint: Some(fingerprint) },
    }
}

fn malformed(reason: &str) -> VerifyError {
    VerifyError::Malformed { reason: reason.to_owned() }
}
