//! Making and revoking keys.
//!
//! Keys are version 4 with Ed25519, the newest kind that every supported gpgv and apt understands.

use std::error::Error;

use sequoia_openpgp::cert::CertBuilder;
use sequoia_openpgp::cert::prelude::CipherSuite;
use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::serialize::{Serialize, SerializeInto};
use sequoia_openpgp::types::KeyFlags;
use sequoia_openpgp::{Cert, Packet, Profile, armor};

use super::{hex, system_time};
use crate::model::time::Timestamp;

/// What key to make.
#[derive(Clone, Debug)]
pub struct KeySpec {
    user_id: String,
    created: Timestamp,
    validity: Option<u32>,
    signing_subkey: bool,
}

impl KeySpec {
    /// A key that never expires and signs with its primary key.
    ///
    /// `user_id` is shown to users, such as `Example archive <archive@example.org>`. `created` must not be later
    /// than the first signature.
    pub fn new(user_id: &str, created: Timestamp) -> Self {
        Self { user_id: user_id.to_owned(), created, validity: None, signing_subkey: false }
    }

    /// The key expires this many seconds after its creation.
    #[must_use]
    pub fn valid_for(mut self, seconds: u32) -> Self {
        self.validity = Some(seconds);
        self
    }

    /// The primary key only certifies; a subkey signs. The primary can then be kept off line.
    #[must_use]
    pub fn with_signing_subkey(mut self) -> Self {
        self.signing_subkey = true;
        self
    }

    /// Makes the key. The result is secret and random: this is the one place that is not reproducible.
    ///
    /// # Errors
    /// [`GenerateError`].
    pub fn generate(&self) -> Result<GeneratedKey, GenerateError> {
        if self.user_id.trim().is_empty() || self.user_id.chars().any(char::is_control) {
            return Err(GenerateError::BadUserId { user_id: self.user_id.clone() });
        }
        self.make().map_err(GenerateError::failed)
    }

    fn make(&self) -> sequoia_openpgp::Result<GeneratedKey> {
        let (cert, revocation) = self.builder()?.generate()?;
        Ok(GeneratedKey {
            fingerprint: hex(&cert.fingerprint()),
            secret: cert.as_tsk().armored().to_vec()?,
            public: cert.armored().to_vec()?,
            revocation: armoured_revocation(revocation)?,
        })
    }

    fn builder(&self) -> sequoia_openpgp::Result<CertBuilder<'static>> {
        let certify = KeyFlags::empty().set_certification();
        let builder = CertBuilder::new()
            .set_profile(Profile::RFC4880)?
            .set_cipher_suite(CipherSuite::Cv25519)
            .set_creation_time(system_time(self.created))
            .set_validity_period(self.validity.map(|seconds| std::time::Duration::from_secs(seconds.into())))
            .add_userid(self.user_id.as_str());
        Ok(if self.signing_subkey {
            builder.set_primary_key_flags(certify).add_signing_subkey()
        } else {
            builder.set_primary_key_flags(certify.set_signing())
        })
    }
}

/// A new key. `secret` must be stored where only the signer can read it.
#[derive(Clone)]
pub struct GeneratedKey {
    /// The armoured secret key, without a passphrase.
    pub secret: Vec<u8>,
    /// The armoured public certificate.
    pub public: Vec<u8>,
    /// The fingerprint of the primary key, upper-case hexadecimal.
    pub fingerprint: String,
    /// The armoured revocation: to be kept apart, and imported by everybody if the secret key gets lost or known.
    pub revocation: Vec<u8>,
}

impl std::fmt::Debug for GeneratedKey {
    // Written by hand so that a secret key never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GeneratedKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Why no key was made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Nobody could recognise the key by this name.
    #[error("`{}` is not a user ID: it must not be empty or hold control characters", .user_id.escape_debug())]
    BadUserId {
        /// The name asked for.
        user_id: String,
    },
    /// The revocation belongs to another key, or is none.
    #[error("this is not a revocation of key {fingerprint}")]
    NotARevocation {
        /// The primary fingerprint of the certificate, upper-case hexadecimal.
        fingerprint: String,
    },
    /// The library failed.
    #[error("the key could not be made")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl GenerateError {
    fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes an Ed25519 key that never expires and signs with its primary key.
///
/// # Errors
/// [`GenerateError`].
pub fn generate(user_id: &str, at: Timestamp) -> Result<GeneratedKey, GenerateError> {
    KeySpec::new(user_id, at).generate()
}

/// Joins an armoured certificate and an armoured revocation of it into the armoured, revoked certificate.
///
/// # Errors
/// [`GenerateError::NotARevocation`] when the revocation does not revoke this certificate.
pub fn apply_revocation(public: &[u8], revocation: &[u8]) -> Result<Vec<u8>, GenerateError> {
    let cert = Cert::from_bytes(public).map_err(GenerateError::failed)?;
    let fingerprint = hex(&cert.fingerprint());
    let primary = cert.primary_key().key();
    let Packet::Signature(signature) = Packet::from_bytes(revocation).map_err(GenerateError::failed)? else {
        return Err(GenerateError::NotARevocation { fingerprint });
    };
    if signature.verify_primary_key_revocation(primary, primary).is_err() {
        return Err(GenerateError::NotARevocation { fingerprint });
    }
    let (cert, _changed) = cert.insert_packets(Packet::from(signature)).map_err(GenerateError::failed)?;
    cert.armored().to_vec().map_err(GenerateError::failed)
}

/// gpg imports a revocation only from a block that calls itself a public key.
fn armoured_revocation(revocation: Signature) -> sequoia_openpgp::Result<Vec<u8>> {
    let comment = [("Comment", "Revocation certificate: import it to make the key useless")];
    let mut writer = armor::Writer::with_headers(Vec::new(), armor::Kind::PublicKey, comment)?;
    Packet::from(revocation).serialize(&mut writer)?;
    Ok(writer.finalize()?)
}
