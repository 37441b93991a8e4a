//! Verification of signatures on uploads and source packages.
//!
//! The only bytes a caller may believe are [`Verified::payload`]. A document is judged at a time the caller
//! names, so the same upload is judged the same way today and in a test.

use crate::model::time::Timestamp;

/// A public certificate as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The fingerprint of the primary key, upper-case hexadecimal.
    pub fingerprint: String,
    /// The user IDs that are not revoked, the primary one first; control characters replaced.
    pub user_ids: Vec<String>,
    /// When the primary key was made.
    pub created: Timestamp,
    /// When the primary key expires; `None` means never.
    pub expires: Option<Timestamp>,
    /// Whether the certificate as a whole is revoked.
    pub revoked: bool,
    /// The whole certificate in ASCII armour, to be handed back to [`Verifier::verify_clearsigned`].
    pub armoured: Vec<u8>,
}

/// What one set of bytes with certificates held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    /// The usable certificates, in the order of the input.
    pub keys: Vec<PublicKey>,
    /// The certificates that were left out, with the reason.
    pub skipped: Vec<SkippedKey>,
}

/// A certificate that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// The fingerprint if it could be read, else the position in the input (`certificate 12`).
    pub key: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// A document that somebody known has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Exactly what was signed, and nothing else. For a cleartext signature: lines without trailing blanks,
    /// the last one ended with a newline.
    pub payload: Vec<u8>,
    /// The primary fingerprint of the certificate that signed, upper-case hexadecimal.
    pub fingerprint: String,
    /// The creation time that the signature claims.
    pub signed_at: Timestamp,
}

/// The time at which keys must be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeAt {
    /// At the time of judgement: right for uploads.
    Now,
    /// When the signature says it was made: for old source packages, whose signers' keys have expired since.
    /// A stolen expired key can claim an old date, so what this finds good must be confirmed by other means,
    /// such as the checksums in a signed index.
    SignatureTime,
}

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyPolicy {
    /// The time at which keys must be good.
    pub judge: JudgeAt,
    /// How many seconds a signature may be dated after the time of judgement.
    pub clock_skew: i64,
    /// Whether certificates may be bound together with SHA-1, as old ones are. Signatures on documents never may.
    pub accept_sha1_certificates: bool,
}

impl Default for VerifyPolicy {
    /// For uploads: keys must be good now, clocks may differ by five minutes, certificates must be modern.
    fn default() -> Self {
        Self { judge: JudgeAt::Now, clock_skew: 300, accept_sha1_certificates: false }
    }
}

/// Believes signatures, or says why not.
///
/// A signature counts as good when it is cryptographically right, its digest is neither MD5, SHA-1 nor
/// RIPEMD-160, and the key that made it (primary or signing subkey) belongs to one of the given certificates
/// and is neither expired nor revoked. Of several signatures one good one is enough, unless another one
/// claims a known key and is wrong: then somebody changed something, and the document is refused.
pub trait Verifier: Send + Sync {
    /// Reads one or many certificates, armoured or binary, and sorts out those that cannot be used.
    ///
    /// # Errors
    /// [`KeyError`] when there is nothing to read, or when the bytes hold a secret key.
    fn read_keyring(&self, bytes: &[u8]) -> Result<Keyring, KeyError>;

    /// [`Verifier::read_keyring`] for callers who need at least one usable certificate.
    ///
    /// # Errors
    /// As above, and [`KeyError::Unusable`] when every certificate was left out.
    fn read_keys(&self, bytes: &[u8]) -> Result<Vec<PublicKey>, KeyError> {
        let mut ring = self.read_keyring(bytes)?;
        match (ring.keys.is_empty(), ring.skipped.pop()) {
            (true, Some(last)) => Err(KeyError::Unusable { key: last.key, reason: last.reason }),
            (true, None) => Err(KeyError::NoKeys),
            (false, _) => Ok(ring.keys),
        }
    }

    /// Verifies a cleartext-signed document such as `.changes` or `.dsc` against `keys` (certificates or whole
    /// keyrings, armoured or binary), judged at `at`.
    ///
    /// # Errors
    /// [`VerifyError`]; text outside the signed part is refused before any cryptography.
    fn verify_clearsigned(
        &self,
        document: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError>;

    /// Verifies a detached signature (armoured or binary) over the exact bytes of `text`, judged at `at`.
    ///
    /// # Errors
    /// [`VerifyError`]; an empty signature is [`VerifyError::Unsigned`].
    fn verify_detached(
        &self,
        text: &[u8],
        signature: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError>;
}

/// Why bytes are not a set of certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no certificate at all.
    #[error("no OpenPGP public key was found; export one with `gpg --armor --export FINGERPRINT`")]
    NoKeys,
    /// The bytes hold a secret key, which its owner should not have given away.
    #[error(
        "key {key} comes with its secret part; export only the public key with `gpg --armor --export {key}`, \
         and treat the secret key as known to others"
    )]
    Secret {
        /// The primary fingerprint, upper-case hexadecimal.
        key: String,
    },
    /// The only certificate there is cannot be used.
    #[error("key {key} cannot be used: {reason}")]
    Unusable {
        /// The fingerprint, or the position in the input.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes are not OpenPGP.
    #[error("the bytes are not OpenPGP certificates: {reason}")]
    Malformed {
        /// What the reader stumbled over.
        reason: String,
    },
}

/// Why a document is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no signature.
    #[error("the document is not signed; sign it with `debsign` before uploading")]
    Unsigned,
    /// There is text outside the signed part, which a careless reader would believe.
    #[error("line {line} lies outside the signed part; remove everything around the signed message")]
    TextOutside {
        /// The first such line, counted from one.
        line: usize,
    },
    /// The signed message or its signature cannot be read.
    #[error("the signature cannot be read: {reason}; sign the document again")]
    Malformed {
        /// What the reader stumbled over.
        reason: String,
    },
    /// Nobody known made the signature.
    #[error("the signature was made by key {key}, which is not known here; ask an administrator to add it")]
    UnknownKey {
        /// The fingerprint or key ID that the signature names, upper-case hexadecimal; `unnamed` if none.
        key: String,
    },
    /// The key had expired when the document was judged.
    #[error("key {fingerprint} expired on {expired}; extend its expiry and send the public key again")]
    Expired {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// When the key, or the subkey that signed, expired.
        expired: Timestamp,
    },
    /// The signature itself carries an expiry, which has passed.
    #[error("the signature of key {fingerprint} was valid until {expired}; sign the document again")]
    SignatureExpired {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// When the signature expired.
        expired: Timestamp,
    },
    /// The key, or the subkey that signed, is revoked.
    #[error("key {fingerprint} is revoked; sign the document with another key")]
    Revoked {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
    },
    /// The key or the signature was made later than the moment of judgement, or the key after the signature.
    #[error(
        "{what} of {fingerprint} is dated {made}, which is too late; check the clock of the signing machine"
    )]
    NotYetValid {
        /// The primary fingerprint, upper-case hexadecimal.
        fingerprint: String,
        /// `the signature` or `the key`.
        what: &'static str,
        /// The date it claims.
        made: Timestamp,
        /// Whether the signature is theirs: it was checked before the dates were.
        matches: bool,
    },
    /// The document is not what was signed.
    #[error(
        "the signature{} does not match the document: it was changed after signing, or damaged on the way",
        by_key(.fingerprint.as_deref())
    )]
    BadSignature {
        /// The primary fingerprint of the key that the signature claims.
        fingerprint: Option<String>,
    },
    /// The signature uses a digest that can be forged.
    #[error(
        "the signature uses the {algorithm} digest, which can be forged; sign again with SHA-256 or SHA-512"
    )]
    WeakDigest {
        /// Such as `SHA1`.
        algorithm: String,
    },
    /// The key is known but may not make this signature: not meant for signing, too short, badly bound.
    #[error("key {fingerprint} cannot be used to sign: {reason}")]
    UnusableKey {
        /// The primary fingerprint, upper-case hexadecimal, or the position in `keys` if it cannot be read.
        fingerprint: String,
        /// What is wrong with it.
        reason: String,
        /// Whether the signature is theirs: it was checked before the key was.
        matches: bool,
    },
}

impl VerifyError {
    /// Who has signed the document, where that is beyond doubt although it is not believed: the primary fingerprint of
    /// their certificate, upper-case hexadecimal. Whoever else it names may have nothing to do with it.
    pub fn signer(&self) -> Option<&str> {
        match self {
            Self::Expired { fingerprint, .. }
            | Self::SignatureExpired { fingerprint, .. }
            | Self::Revoked { fingerprint }
            | Self::NotYetValid { fingerprint, matches: true, .. }
            | Self::UnusableKey { fingerprint, matches: true, .. } => Some(fingerprint),
            Self::NotYetValid { .. }
            | Self::UnusableKey { .. }
            | Self::Unsigned
            | Self::TextOutside { .. }
            | Self::Malformed { .. }
            | Self::UnknownKey { .. }
            | Self::BadSignature { .. }
            | Self::WeakDigest { .. } => None,
        }
    }

    /// A stable name of the reason, for reports that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "signature.missing",
            Self::TextOutside { .. } => "signature.text-outside",
            Self::Malformed { .. } => "signature.malformed",
            Self::UnknownKey { .. } => "signature.unknown-key",
            Self::Expired { .. } => "signature.expired-key",
            Self::SignatureExpired { .. } => "signature.expired",
            Self::Revoked { .. } => "signature.revoked-key",
            Self::NotYetValid { .. } => "signature.not-yet-valid",
            Self::BadSignature { .. } => "signature.bad",
            Self::WeakDigest { .. } => "signature.weak-digest",
            Self::UnusableKey { .. } => "signature.unusable-key",
        }
    }
}

fn by_key(fingerprint: Option<&str>) -> String {
    fingerprint.map(|key| format!(" by key {key}")).unwrap_or_default()
}
