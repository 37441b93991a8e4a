//! A signer and a verifier without cryptography: deterministic, instant, and worth nothing outside a test.
//!
//! Keys and signatures are readable lines. A signature holds a hash of the text, the key and the time that
//! anybody can compute. The rules about time, revocation and text outside the signed part are the real ones.

use crate::adapters::cleartext;
use crate::model::time::Timestamp;
use crate::ports::signer::{SignError, Signer};
use crate::ports::verifier::{
    JudgeAt, KeyError, Keyring, PublicKey, Verified, Verifier, VerifyError, VerifyPolicy,
};

const BEGIN_PUBLIC: &str = "-----BEGIN FAKE PUBLIC KEY-----";
const BEGIN_SECRET: &str = "-----BEGIN FAKE SECRET KEY-----";
const BEGIN_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE: &str = "-----END PGP SIGNATURE-----";

/// A key that only pretends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryKey {
    fingerprint: String,
    user_id: String,
    created: Timestamp,
    expires: Option<Timestamp>,
    revoked: bool,
}

impl MemoryKey {
    /// The same name and time make the same key, with the same fingerprint.
    pub fn new(user_id: &str, created: Timestamp) -> Self {
        let seed = fake_hash(&[user_id.as_bytes(), created.0.to_string().as_bytes()]);
        let fingerprint = format!("{seed:016X}{:016X}{:08X}", seed.rotate_left(32), seed >> 32);
        Self { fingerprint, user_id: user_id.to_owned(), created, expires: None, revoked: false }
    }

    /// The key expires this many seconds after its creation.
    #[must_use]
    pub fn valid_for(mut self, seconds: i64) -> Self {
        self.expires = Some(Timestamp(self.created.0.saturating_add(seconds)));
        self
    }

    /// The same key after its owner has revoked it.
    #[must_use]
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }

    /// Forty upper-case hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What a [`MemoryVerifier`] takes as a certificate.
    pub fn public(&self) -> Vec<u8> {
        self.block(BEGIN_PUBLIC)
    }

    /// What stands for a secret key: a [`MemoryVerifier`] refuses to read it as a certificate.
    pub fn secret(&self) -> Vec<u8> {
        self.block(BEGIN_SECRET)
    }

    fn block(&self, begin: &str) -> Vec<u8> {
        let Self { fingerprint, user_id, created, revoked, .. } = self;
        let expires = self.expires.map_or_else(|| "never".to_owned(), |at| at.0.to_string());
        format!("{begin}\n{fingerprint} {} {expires} {revoked} {user_id}\n", created.0).into_bytes()
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        Some(Self {
            fingerprint: words.next()?.to_owned(),
            created: Timestamp(words.next()?.parse().ok()?),
            expires: match words.next()? {
                "never" => None,
                seconds => Some(Timestamp(seconds.parse().ok()?)),
            },
            revoked: words.next()?.parse().ok()?,
            user_id: words.next()?.to_owned(),
        })
    }

    fn check_signing(&self, at: Timestamp) -> Result<(), SignError> {
        let fingerprint = self.fingerprint.clone();
        match self.expires {
            _ if self.created > at => Err(SignError::KeyNotYetValid { fingerprint, created: self.created }),
            _ if self.revoked => Err(SignError::KeyRevoked { fingerprint }),
            Some(expired) if expired <= at => Err(SignError::KeyExpired { fingerprint, expired }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Signs with [`MemoryKey`]s.
#[derive(Clone, Debug)]
pub struct MemorySigner {
    name: String,
    keys: Vec<MemoryKey>,
}

impl MemorySigner {
    /// A signer that signs with all `keys` at once.
    pub fn new(keys: Vec<MemoryKey>) -> Self {
        let fingerprints: Vec<&str> = keys.iter().map(MemoryKey::fingerprint).collect();
        Self { name: format!("fake key {}", fingerprints.join(", ")), keys }
    }

    /// A signer that signs with the keys of all these [`MemoryKey::secret`]s.
    ///
    /// # Errors
    /// [`SignError::UnreadableKey`] when there is none among them.
    pub fn from_secrets(files: &[&[u8]]) -> Result<Self, SignError> {
        let keys: Vec<MemoryKey> = files.iter().flat_map(|bytes| read_lines(bytes)).collect();
        if keys.is_empty() {
            return Err(SignError::UnreadableKey { reason: "there is no key in it".to_owned() });
        }
        Ok(Self::new(keys))
    }

    fn armour(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let mut armour = format!("{BEGIN_SIGNATURE}\n\n");
        for key in &self.keys {
            key.check_signing(at)?;
            armour.push_str(&Claim::new(&key.fingerprint, at, text).line());
        }
        armour.push_str(END_SIGNATURE);
        armour.push('\n');
        Ok(armour.into_bytes())
    }
}

impl Signer for MemorySigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprints(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.fingerprint.clone()).collect()
    }

    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        Ok(self.keys.iter().flat_map(MemoryKey::public).collect())
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        cleartext::check_signable(text)?;
        let armour = self.armour(&cleartext::signed_form(text), at)?;
        Ok(cleartext::compose(text, "SHA512", &armour))
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        self.armour(text, at)
    }
}

/// Verifies what [`MemorySigner`] made.
#[derive(Clone, Debug, Default)]
pub struct MemoryVerifier {
    policy: VerifyPolicy,
}

impl MemoryVerifier {
    /// A verifier that is as strict as `policy` says.
    pub fn new(policy: VerifyPolicy) -> Self {
        Self { policy }
    }

    fn weigh(
        &self,
        armour: &str,
        text: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        let nothing = VerifyError::Malformed { reason: "there is no signature in it".to_owned() };
        let mut verdict = Err(nothing);
        for line in armour.lines().filter(|line| !line.is_empty() && !line.starts_with('-')) {
            match self.judge(line, text, keys, at) {
                Err(bad @ VerifyError::BadSignature { .. }) => return Err(bad),
                Err(error) if verdict.is_err() => verdict = Err(error),
                Err(_) => {}
                Ok(verified) => verdict = verdict.or(Ok(verified)),
            }
        }
        verdict
    }

    fn judge(&self, line: &str, text: &[u8], keys: &[&[u8]], at: Timestamp) -> Result<Verified, VerifyError> {
        let claim = Claim::parse(line)
            .ok_or_else(|| VerifyError::Malformed { reason: "it is not a fake signature".to_owned() })?;
        let known =
            keys.iter().flat_map(|bytes| read_lines(bytes)).find(|key| key.fingerprint == claim.fingerprint);
        let Some(key) = known else {
            return Err(VerifyError::UnknownKey { key: claim.fingerprint });
        };
        let fingerprint = claim.fingerprint.clone();
        let late = |what, made, matches| {
            Err(VerifyError::NotYetValid { fingerprint: fingerprint.clone(), what, made, matches })
        };
        let moment = match self.policy.judge {
            JudgeAt::Now => at.max(claim.at),
            JudgeAt::SignatureTime => claim.at,
        };
        match key.expires {
            _ if key.created > claim.at => late("the key", key.created, false),
            _ if claim != Claim::new(&claim.fingerprint, claim.at, text) => {
                Err(VerifyError::BadSignature { fingerprint: Some(fingerprint) })
            }
            _ if claim.at.0 > at.0.saturating_add(self.policy.clock_skew) => {
                late("the signature", claim.at, true)
            }
            _ if key.revoked => Err(VerifyError::Revoked { fingerprint }),
            Some(expired) if expired <= moment => Err(VerifyError::Expired { fingerprint, expired }),
            Some(_) | None => Ok(Verified { payload: text.to_vec(), fingerprint, signed_at: claim.at }),
        }
    }
}

impl Verifier for MemoryVerifier {
    fn read_keyring(&self, bytes: &[u8]) -> Result<Keyring, KeyError> {
        if bytes.trim_ascii().is_empty() {
            return Err(KeyError::NoKeys);
        }
        let text = String::from_utf8_lossy(bytes);
        let keys = read_lines(bytes);
        match keys.first() {
            None => Err(KeyError::Malformed { reason: "there is no fake key in it".to_owned() }),
            Some(key) if text.contains(BEGIN_SECRET) => {
                Err(KeyError::Secret { key: key.fingerprint.clone() })
            }
            Some(_) => Ok(Keyring { keys: keys.into_iter().map(describe).collect(), skipped: Vec::new() }),
        }
    }

    fn verify_clearsigned(
        &self,
        document: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        cleartext::check_nothing_outside(document)?;
        let document = String::from_utf8_lossy(document);
        let (_headers, rest) = document.split_once("\n\n").unwrap_or_default();
        let (body, armour) = rest.split_once(BEGIN_SIGNATURE).unwrap_or_default();
        let text: String =
            body.split_inclusive('\n').map(|line| line.strip_prefix("- ").unwrap_or(line)).collect();
        let mut verified = self.weigh(armour, &cleartext::signed_form(text.as_bytes()), keys, at)?;
        cleartext::end_lines(&mut verified.payload);
        Ok(verified)
    }

    fn verify_detached(
        &self,
        text: &[u8],
        signature: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        if signature.trim_ascii().is_empty() {
            return Err(VerifyError::Unsigned);
        }
        self.weigh(&String::from_utf8_lossy(signature), text, keys, at)
    }
}

/// What one line of a fake signature says.
#[derive(PartialEq, Eq)]
struct Claim {
    fingerprint: String,
    at: Timestamp,
    tag: String,
}

impl Claim {
    fn new(fingerprint: &str, at: Timestamp, text: &[u8]) -> Self {
        let tag = fake_hash(&[fingerprint.as_bytes(), at.0.to_string().as_bytes(), text]);
        Self { fingerprint: fingerprint.to_owned(), at, tag: format!("{tag:016x}") }
    }

    fn line(&self) -> String {
        // Letters of real armour only, so that those who look at its form take it for one.
        format!("{}/{}/{}\n", self.fingerprint, self.at.0, self.tag)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split('/');
        let fingerprint = words.next()?.to_owned();
        let at = Timestamp(words.next()?.parse().ok()?);
        Some(Self { fingerprint, at, tag: words.next()?.to_owned() })
    }
}

fn read_lines(bytes: &[u8]) -> Vec<MemoryKey> {
    String::from_utf8_lossy(bytes).lines().filter_map(MemoryKey::from_line).collect()
}

fn describe(key: MemoryKey) -> PublicKey {
    PublicKey {
        armoured: key.public(),
        fingerprint: key.fingerprint,
        user_ids: vec![key.user_id],
        created: key.created,
        expires: key.expires,
        revoked: key.revoked,
    }
}

/// FNV-1a over the parts, each ended by a byte that UTF-8 never uses. The standard library's hasher may change
/// with the compiler, and snapshots of tests hold these values.
fn fake_hash(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
