//! Signing of `Release` files.
//!
//! A signer either returns the finished signature or an error that names the key and the reason. It never
//! returns half a signature: with several keys, all sign or none does, so that a publication which must
//! carry two signatures during a key change is never switched with one.

use std::error::Error;
use std::sync::Arc;

use super::verifier::{KeyError, VerifyError};
use crate::model::archive::Archive;
use crate::model::signing::KeyPath;
use crate::model::time::Timestamp;

/// Who signs which archive.
pub trait Signers: Send + Sync {
    /// Whether the site signs at all: then personal archives do, with keys of their own.
    fn is_configured(&self) -> bool;

    /// Who signs an archive: the keys that are recorded for it, else those of the site. Keys are read once.
    ///
    /// # Errors
    /// A key that is configured or recorded cannot be used.
    fn of(&self, archive: &Archive) -> Result<Signing, SignError>;

    /// The certificates that users of an archive are given, and where they come from, whoever signs; `None`: nobody knows
    /// any.
    ///
    /// # Errors
    /// A key that is configured or recorded, or the file of the certificates, cannot be used.
    fn given(&self, archive: &Archive) -> Result<Option<(Vec<u8>, String)>, SignError>;

    /// Makes a key for whom `user_id` names, unless there is one already, and keeps its public part beside it. It is on
    /// the disk when this returns.
    ///
    /// # Errors
    /// It cannot be made or kept.
    fn make(&self, path: &KeyPath, user_id: &str, at: Timestamp) -> Result<(), SignError>;
}

/// Whether somebody signs.
#[derive(Clone)]
pub enum Signing {
    /// They do.
    By(ArchiveSigner),
    /// No key is configured: the archive is published unsigned, and this says why.
    Nobody(String),
}

/// Who signs an archive, and by what its users know them.
#[derive(Clone)]
pub struct ArchiveSigner {
    /// Who signs.
    pub signer: Arc<dyn Signer>,
    /// The certificates that users are given, armoured or binary.
    pub certificates: Vec<u8>,
    /// Where these come from, for messages: `keys/archive-key.asc`.
    pub given_as: String,
    /// Whether the keys are the archive's own, so that its root shows the certificates.
    pub own: bool,
}

/// Makes the signatures of an archive.
pub trait Signer: Send + Sync {
    /// Who signs, for messages: `openpgp key 1234...`.
    fn name(&self) -> &str;

    /// The upper-case hexadecimal fingerprint of every signing certificate, primary keys only.
    fn fingerprints(&self) -> Vec<String>;

    /// The armoured public certificates in one block: what a user stores as the `Signed-By` file.
    ///
    /// # Errors
    /// [`SignError::Failed`] when the certificates cannot be written.
    fn public_keys(&self) -> Result<Vec<u8>, SignError>;

    /// Wraps `text` into a cleartext signature (RFC 9580 section 7), as in `InRelease`.
    ///
    /// `text` should end with a newline (one is added otherwise) and appears in the result byte for byte,
    /// except that lines which begin with a dash are escaped. `at` becomes the creation time of the signature.
    ///
    /// # Errors
    /// Every [`SignError`]: a key that is not usable at `at`, a text that verifiers would not read back.
    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError>;

    /// Returns an armoured detached signature over the exact bytes of `text`, as in `Release.gpg`.
    ///
    /// # Errors
    /// Every [`SignError`] but [`SignError::UnsignableText`].
    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError>;
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer itself failed: the program, the device or the library behind it.
    #[error("{signer} could not sign")]
    Failed {
        /// [`Signer::name`].
        signer: String,
        /// What the signer said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The key was expired at the time of the signature; apt would refuse the result.
    #[error(
        "signing key {fingerprint} expired on {expired}; \
         extend its expiry and distribute the public key again, or configure another key"
    )]
    KeyExpired {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// When it expired.
        expired: Timestamp,
    },
    /// The key is younger than the signature it should make.
    #[error(
        "signing key {fingerprint} was created on {created}, after the time of the signature; check the clock"
    )]
    KeyNotYetValid {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// When it was created.
        created: Timestamp,
    },
    /// The key is revoked; nobody would trust the signature.
    #[error("signing key {fingerprint} is revoked; configure another key")]
    KeyRevoked {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
    },
    /// The certificate has no secret key that may sign.
    #[error("certificate {fingerprint} cannot sign: {reason}")]
    NoSigningKey {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The secret key is protected by a passphrase, which a scheduled job cannot type.
    #[error(
        "secret key {fingerprint} is protected by a passphrase; \
         remove the passphrase, or sign through a program that holds the key"
    )]
    KeyLocked {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
    },
    /// The bytes are not a secret key.
    #[error("the signing key cannot be read: {reason}")]
    UnreadableKey {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no program that holds the keys.
    #[error(
        "gpg cannot be used: {reason}; set it up, or let the site publish unsigned where it is not there with \
         `optional = true` below [signing]"
    )]
    NotSetUp {
        /// What is missing.
        reason: String,
    },
    /// The file of a key is not there.
    #[error(
        "the signing key {path} is not there: put it back from a backup, or give the archive another one with \
         `debpress key assign`"
    )]
    NoKeyFile {
        /// The file, relative to the site.
        path: String,
    },
    /// A key is gone of which something is left: users may know it.
    #[error(
        "the signing key {path} is not there, and {left} of it is: put the key back from a backup; to give users another \
         key on purpose, move {left} away first"
    )]
    LostKey {
        /// The file, relative to the site.
        path: String,
        /// What is left, relative to the site.
        left: String,
    },
    /// A file of a key cannot be read, made or written.
    #[error("cannot {operation} {path}")]
    KeyFile {
        /// What was tried: `read`, `write`.
        operation: &'static str,
        /// The file, relative to the site.
        path: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A signer has signed, and users would not believe it.
    #[error("users with {given_as} do not believe {file}; `debpress key doctor` says what to do")]
    Unbelieved {
        /// The signed file: `InRelease`.
        file: String,
        /// What users are given.
        given_as: String,
        /// Why.
        source: Box<VerifyError>,
    },
    /// Users are not given a certificate of a key that signs.
    #[error(
        "key {fingerprint} signs, and {given_as} does not hold it: users could not check its signatures; write the file \
         again with `debpress key export`, and give it to users"
    )]
    NotGiven {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// What users are given.
        given_as: String,
    },
    /// What users are given is no set of certificates.
    #[error("{given_as} cannot be used to check signatures; write it again with `debpress key export`")]
    Certificates {
        /// What users are given.
        given_as: String,
        /// Why.
        source: Box<KeyError>,
    },
    /// A signer has signed something else.
    #[error("{signer} has signed another text than it was given, or changed the text afterwards")]
    OtherText {
        /// [`Signer::name`].
        signer: String,
    },
    /// Somebody has left an empty signature.
    #[error("{signer} has left an empty signature of {file}")]
    Empty {
        /// Who.
        signer: String,
        /// What was to be signed.
        file: String,
    },
    /// A cleartext signature would change the text: verifiers treat carriage returns as line ends or blanks.
    #[error("the text cannot be signed in place: line {line} holds a carriage return, which verifiers drop")]
    UnsignableText {
        /// The first such line, counted from one.
        line: usize,
    },
}
