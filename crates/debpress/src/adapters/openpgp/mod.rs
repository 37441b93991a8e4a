//! OpenPGP by the sequoia library: no program to start, no agent, no keyring directory.
//!
//! | file | concern |
//! |---|---|
//! | `certificates.rs` | sets of public keys as files |
//! | `inspect.rs` | what there is to know of a key |
//! | `joint.rs` | several signers together |
//! | `keys.rs` | make keys, revoke them |
//! | `sign.rs` | the [`Signer`](crate::ports::signer::Signer) port |
//! | `read.rs` | certificates from foreign bytes |
//! | `judge.rs` | whether one signature counts, at which time |
//! | `verify.rs` | the [`Verifier`](crate::ports::verifier::Verifier) port |

mod certificates;
mod inspect;
mod joint;
mod judge;
mod keys;
mod read;
mod sign;
mod verify;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sequoia_openpgp::Fingerprint;
use sequoia_openpgp::crypto::mpi;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{KeyRole, PublicParts};
use sequoia_openpgp::policy::{HashAlgoSecurity, StandardPolicy};
use sequoia_openpgp::types::{HashAlgorithm, RevocationStatus};

pub use certificates::{Certificates, join};
pub use inspect::{Algorithm, KeyFacts, inspect};
pub use joint::JointSigner;
pub use keys::{GenerateError, GeneratedKey, KeySpec, apply_revocation, generate};
pub use sign::SequoiaSigner;
pub use verify::SequoiaVerifier;

use crate::model::time::Timestamp;

/// Algorithms are judged as of this day (2026-01-01) or later, even when a document is judged in the past:
/// what could be trusted then can be forged today.
const ALGORITHMS_AS_OF: Timestamp = Timestamp(1_767_225_600);

/// Which algorithms certificates may use.
fn policy(accept_sha1_certificates: bool, at: Timestamp) -> StandardPolicy<'static> {
    let mut policy = StandardPolicy::at(system_time(at.max(ALGORITHMS_AS_OF)));
    if accept_sha1_certificates {
        policy.accept_hash_property(HashAlgorithm::SHA1, HashAlgoSecurity::SecondPreImageResistance);
    }
    policy
}

/// OpenPGP counts seconds in 32 bits (RFC 9580 section 3.5); times outside are moved to the nearest end.
fn system_time(at: Timestamp) -> SystemTime {
    let seconds = u32::try_from(at.0.max(0)).unwrap_or(u32::MAX);
    UNIX_EPOCH + Duration::from_secs(u64::from(seconds))
}

fn timestamp(time: SystemTime) -> Timestamp {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The largest RSA modulus, in bits, that the pure Rust cryptography computes with. Larger ones exist.
const LARGEST_RSA: usize = 4096;

/// Why nothing of this key can be checked here, if so. Without it a correct signature would look forged.
fn beyond_us<R: KeyRole>(key: &Key<PublicParts, R>) -> Option<String> {
    let mpi::PublicKey::RSA { .. } = key.mpis() else { return None };
    let bits = key.mpis().bits().filter(|bits| *bits > LARGEST_RSA)?;
    Some(format!("its RSA modulus of {bits} bits is larger than the {LARGEST_RSA} that debpress can check"))
}

fn hex(fingerprint: &Fingerprint) -> String {
    fingerprint.to_hex()
}

fn is_revoked(status: &RevocationStatus<'_>) -> bool {
    matches!(status, RevocationStatus::Revoked(_))
}

/// The whole chain of an error in one line, safe to print whatever foreign text it quotes.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    printable(&text)
}

/// Replaces control characters, so that foreign text cannot move the cursor or forge a log line.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
