//! Signatures made by keys that this process holds.

use std::io::Write;

use sequoia_openpgp::cert::prelude::*;
use sequoia_openpgp::crypto::KeyPair;
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::serialize::stream::{Armorer, Message, Signer as Stream};
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};
use sequoia_openpgp::{Cert, armor};

use super::{hex, is_revoked, policy, printable, reason, system_time, timestamp};
use crate::adapters::cleartext;
use crate::model::time::Timestamp;
use crate::ports::signer::{SignError, Signer};

/// Signs with one or several OpenPGP keys at once.
///
/// The text of a signature is reproducible, the signature is not: it carries a random salt.
pub struct SequoiaSigner {
    name: String,
    certs: Vec<Cert>,
}

impl SequoiaSigner {
    /// Reads one file of armoured (or binary) secret keys; all keys in it sign.
    ///
    /// # Errors
    /// [`SignError::UnreadableKey`], [`SignError::KeyLocked`], [`SignError::NoSigningKey`].
    pub fn from_armoured_secret(bytes: &[u8]) -> Result<Self, SignError> {
        Self::from_armoured_secrets(&[bytes])
    }

    /// Reads several files of armoured (or binary) secret keys; all keys sign each document.
    ///
    /// # Errors
    /// As [`SequoiaSigner::from_armoured_secret`].
    pub fn from_armoured_secrets(files: &[&[u8]]) -> Result<Self, SignError> {
        let mut certs = Vec::new();
        for bytes in files {
            for cert in CertParser::from_bytes(*bytes).map_err(|e| unreadable(e.as_ref()))? {
                let cert = cert.map_err(|e| unreadable(e.as_ref()))?;
                check_secret(&cert)?;
                certs.push(cert);
            }
        }
        if certs.is_empty() {
            return Err(SignError::UnreadableKey { reason: "there is no key in it".to_owned() });
        }
        Ok(Self { name: name_of(&certs), certs })
    }

    /// The armoured signatures of all keys over `text`.
    fn signatures(&self, kind: SignatureType, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let keys = self.certs.iter().map(|cert| self.signing_key(cert, at)).collect::<Result<Vec<_>, _>>()?;
        let mut sink = Vec::new();
        write_signatures(&mut sink, kind, text, (keys, at)).map_err(|e| self.failed(e))?;
        Ok(sink)
    }

    /// The key of `cert` that signs at this time: the youngest subkey that may, else the primary key.
    fn signing_key(&self, cert: &Cert, at: Timestamp) -> Result<KeyPair, SignError> {
        check_usable(cert, at)?;
        let policy = policy(true, at);
        let fingerprint = hex(&cert.fingerprint());
        let valid = cert.with_policy(&policy, system_time(at)).map_err(|error| SignError::NoSigningKey {
            fingerprint: fingerprint.clone(),
            reason: reason(error.as_ref()),
        })?;
        let candidates = || valid.keys().for_signing().unencrypted_secret();
        let key = candidates()
            .alive()
            .revoked(false)
            .max_by_key(|candidate| (!candidate.primary(), candidate.key().creation_time()))
            .map(|candidate| candidate.key().clone());
        let Some(key) = key else {
            return Err(candidates()
                .filter_map(|candidate| candidate.key_expiration_time())
                .max()
                .map(|expired| SignError::KeyExpired {
                    fingerprint: fingerprint.clone(),
                    expired: timestamp(expired),
                })
                .unwrap_or_else(|| no_signing_key(fingerprint)));
        };
        key.into_keypair().map_err(|e| self.failed(e))
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SignError {
        SignError::Failed { signer: self.name.clone(), source: source.into() }
    }
}

impl Signer for SequoiaSigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprints(&self) -> Vec<String> {
        self.certs.iter().map(|cert| hex(&cert.fingerprint())).collect()
    }

    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        let write = || -> sequoia_openpgp::Result<Vec<u8>> {
            let mut writer = armor::Writer::new(Vec::new(), armor::Kind::PublicKey)?;
            for cert in &self.certs {
                // `Cert` serialises without its secrets; only `as_tsk` would write them.
                cert.export(&mut writer)?;
            }
            Ok(writer.finalize()?)
        };
        write().map_err(|e| self.failed(e))
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        cleartext::check_signable(text)?;
        let signatures = self.signatures(SignatureType::Text, &cleartext::signed_form(text), at)?;
        Ok(cleartext::compose(text, "SHA512", &signatures))
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        self.signatures(SignatureType::Binary, text, at)
    }
}

fn write_signatures(
    sink: &mut Vec<u8>,
    kind: SignatureType,
    text: &[u8],
    (keys, at): (Vec<KeyPair>, Timestamp),
) -> sequoia_openpgp::Result<()> {
    let message = Armorer::new(Message::new(sink)).kind(armor::Kind::Signature).build()?;
    let mut keys = keys.into_iter();
    let Some(first) = keys.next() else { return Ok(()) };
    let mut stream = Stream::with_template(message, first, SignatureBuilder::new(kind))?
        .detached()
        .creation_time(system_time(at))
        .hash_algo(HashAlgorithm::SHA512)?;
    for key in keys {
        stream = stream.add_signer(key)?;
    }
    let mut message = stream.build()?;
    message.write_all(text)?;
    message.finalize()
}

/// Refuses keys that a scheduled job could never use, when it starts rather than when it publishes.
fn check_secret(cert: &Cert) -> Result<(), SignError> {
    let fingerprint = hex(&cert.fingerprint());
    if cert.keys().secret().next().is_none() {
        let reason = "it is a public key; export the secret one".to_owned();
        return Err(SignError::NoSigningKey { fingerprint, reason });
    }
    if cert.keys().unencrypted_secret().next().is_none() {
        return Err(SignError::KeyLocked { fingerprint });
    }
    Ok(())
}

/// Names the reason when the certificate as a whole is not usable at this time.
pub(super) fn check_usable(cert: &Cert, at: Timestamp) -> Result<(), SignError> {
    let fingerprint = hex(&cert.fingerprint());
    let created = timestamp(cert.primary_key().key().creation_time());
    if created > at {
        return Err(SignError::KeyNotYetValid { fingerprint, created });
    }
    let policy = policy(true, at);
    if is_revoked(&cert.revocation_status(&policy, system_time(at))) {
        return Err(SignError::KeyRevoked { fingerprint });
    }
    let expired = cert
        .with_policy(&policy, system_time(at))
        .ok()
        .and_then(|valid| valid.primary_key().key_expiration_time())
        .map(timestamp);
    match expired {
        Some(expired) if expired <= at => Err(SignError::KeyExpired { fingerprint, expired }),
        Some(_) | None => Ok(()),
    }
}

fn no_signing_key(fingerprint: String) -> SignError {
    let reason = "none of its secret keys may sign".to_owned();
    SignError::NoSigningKey { fingerprint, reason }
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> SignError {
    SignError::UnreadableKey { reason: reason(error) }
}

fn name_of(certs: &[Cert]) -> String {
    let fingerprints: Vec<String> = certs.iter().map(|cert| hex(&cert.fingerprint())).collect();
    let plural = if certs.len() == 1 { "" } else { "s" };
    printable(&format!("openpgp key{plural} {}", fingerprints.join(", ")))
}
