//! What there is to know of a key before it is trusted to sign for years.

use sequoia_openpgp::Cert;
use sequoia_openpgp::cert::prelude::*;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::types::{HashAlgorithm, PublicKeyAlgorithm};

use super::{hex, is_revoked, policy, printable, reason, system_time, timestamp};
use crate::model::time::Timestamp;
use crate::ports::verifier::KeyError;

/// A kind of key, of which some are weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// DSA, of any size: no longer made, and signatures with it are often refused.
    Dsa(usize),
    /// On an elliptic curve, or newer.
    Modern(&'static str),
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa{bits}"),
            Self::Dsa(bits) => write!(f, "dsa{bits}"),
            Self::Modern(name) => f.write_str(name),
        }
    }
}

/// A certificate, as of a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// The primary fingerprint, upper-case hexadecimal.
    pub fingerprint: String,
    /// Its first name; empty when it has none.
    pub user_id: String,
    /// The kinds of the primary key and of what may sign, each once.
    pub algorithms: Vec<Algorithm>,
    /// When it was made.
    pub created: Timestamp,
    /// When nothing of it can sign any more; `None`: never.
    pub expires: Option<Timestamp>,
    /// Whether it is revoked.
    pub revoked: bool,
    /// Whether SHA-1 or something older binds its parts together.
    pub sha1: bool,
}

/// Every certificate of a file, secret or public, as of `at`.
///
/// # Errors
/// [`KeyError::Malformed`], [`KeyError::NoKeys`].
pub fn inspect(file: &[u8], at: Timestamp) -> Result<Vec<KeyFacts>, KeyError> {
    let malformed =
        |error: sequoia_openpgp::anyhow::Error| KeyError::Malformed { reason: reason(error.as_ref()) };
    let certs = CertParser::from_bytes(file).map_err(malformed)?.collect::<Result<Vec<_>, _>>();
    let certs = certs.map_err(malformed)?;
    if certs.is_empty() {
        return Err(KeyError::NoKeys);
    }
    certs.iter().map(|cert| facts(cert, at)).collect::<sequoia_openpgp::Result<_>>().map_err(malformed)
}

fn facts(cert: &Cert, at: Timestamp) -> sequoia_openpgp::Result<KeyFacts> {
    let created = timestamp(cert.primary_key().key().creation_time());
    let (policy, time) = (policy(true, at), system_time(at.max(created)));
    let valid = cert.with_policy(&policy, time)?;
    let (mut algorithms, mut sha1) = (Vec::new(), false);
    let mut signing = Vec::new();
    for key in valid.keys() {
        sha1 |= is_old(key.binding_signature().hash_algo());
        if key.for_signing() {
            signing.push(key.key_expiration_time().map(timestamp));
        }
        let algorithm = algorithm(key.key().pk_algo(), key.key().mpis().bits().unwrap_or_default());
        if (key.primary() || key.for_signing()) && !algorithms.contains(&algorithm) {
            algorithms.push(algorithm);
        }
    }
    for user_id in valid.userids() {
        sha1 |= is_old(user_id.binding_signature().hash_algo());
    }
    // The one that lives longest signs; never is longer than any time.
    let last = if signing.contains(&None) { None } else { signing.into_iter().flatten().max() };
    let primary = valid.primary_key().key_expiration_time().map(timestamp);
    let name = valid.userids().next().map(|id| String::from_utf8_lossy(id.userid().value()).into_owned());
    Ok(KeyFacts {
        fingerprint: hex(&cert.fingerprint()),
        user_id: printable(&name.unwrap_or_default()),
        algorithms,
        created,
        expires: primary.into_iter().chain(last).min(),
        revoked: is_revoked(&cert.revocation_status(&policy, time)),
        sha1,
    })
}

fn is_old(hash: HashAlgorithm) -> bool {
    matches!(hash, HashAlgorithm::MD5 | HashAlgorithm::SHA1 | HashAlgorithm::RipeMD)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    deprecated,
    reason = "a list of the library: what is new there is not old, and what is deprecated there is asked for here"
)]
fn algorithm(algorithm: PublicKeyAlgorithm, bits: usize) -> Algorithm {
    match algorithm {
        PublicKeyAlgorithm::RSAEncryptSign | PublicKeyAlgorithm::RSASign | PublicKeyAlgorithm::RSAEncrypt => {
            Algorithm::Rsa(bits)
        }
        PublicKeyAlgorithm::DSA => Algorithm::Dsa(bits),
        PublicKeyAlgorithm::EdDSA | PublicKeyAlgorithm::Ed25519 => Algorithm::Modern("ed25519"),
        PublicKeyAlgorithm::ECDSA => Algorithm::Modern("ecdsa"),
        _ => Algorithm::Modern("other"),
    }
}
