//! Certificates from foreign bytes.

use std::time::SystemTime;

use sequoia_openpgp::cert::raw::{RawCert, RawCertParser};
use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::{Cert, KeyHandle};

use super::{beyond_us, hex, is_revoked, printable, reason, timestamp};
use crate::ports::verifier::{KeyError, Keyring, PublicKey, SkippedKey, VerifyError};

/// Reads every certificate and sorts out those that cannot be used under `policy`.
pub(super) fn keyring(bytes: &[u8], policy: &StandardPolicy<'_>) -> Result<Keyring, KeyError> {
    if bytes.trim_ascii().is_empty() {
        return Err(KeyError::NoKeys);
    }
    let parser = RawCertParser::from_bytes(bytes)
        .map_err(|error| KeyError::Malformed { reason: reason(error.as_ref()) })?;
    let mut ring = Keyring::default();
    for (index, raw) in parser.enumerate() {
        let position = format!("certificate {}", index + 1);
        match raw {
            Ok(raw) => sort_in(&mut ring, raw, policy)?,
            Err(error) => ring.skipped.push(SkippedKey { key: position, reason: reason(error.as_ref()) }),
        }
    }
    Ok(ring)
}

fn sort_in(ring: &mut Keyring, raw: RawCert<'_>, policy: &StandardPolicy<'_>) -> Result<(), KeyError> {
    let key = hex(&raw.fingerprint());
    if raw.packets().any(|packet| matches!(packet.tag(), Tag::SecretKey | Tag::SecretSubkey)) {
        return Err(KeyError::Secret { key });
    }
    if let Some(reason) = beyond_us(&raw.primary_key()) {
        ring.skipped.push(SkippedKey { key, reason });
        return Ok(());
    }
    let described = Cert::try_from(raw).and_then(|cert| describe(&cert, policy));
    match described {
        Ok(public) => ring.keys.push(public),
        Err(error) => ring.skipped.push(SkippedKey { key, reason: reason(error.as_ref()) }),
    }
    Ok(())
}

/// What people need to know of a certificate, as of the last thing its owner said about it.
fn describe(cert: &Cert, policy: &StandardPolicy<'_>) -> sequoia_openpgp::Result<PublicKey> {
    let latest = last_word(cert);
    let valid = cert.with_policy(policy, latest)?;
    let user_ids = valid
        .userids()
        .revoked(false)
        .map(|user_id| printable(&String::from_utf8_lossy(user_id.userid().value())))
        .collect();
    Ok(PublicKey {
        fingerprint: hex(&cert.fingerprint()),
        user_ids,
        created: timestamp(cert.primary_key().key().creation_time()),
        expires: valid.primary_key().key_expiration_time().map(timestamp),
        revoked: is_revoked(&cert.revocation_status(policy, latest)),
        armoured: cert.armored().to_vec()?,
    })
}

/// When the owner last signed something about the certificate. Asking at this time needs no clock.
fn last_word(cert: &Cert) -> SystemTime {
    let primary = cert.primary_key();
    let about_key = primary.self_signatures().chain(primary.self_revocations());
    let about_names = cert.userids().flat_map(|id| id.self_signatures().chain(id.self_revocations()));
    about_key
        .chain(about_names)
        .filter_map(|signature| signature.signature_creation_time())
        .chain([primary.key().creation_time()])
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The certificates among `keys` that own one of the `issuers`, and what could not be read at all.
///
/// Only those are parsed in full: a keyring of a distribution holds a thousand.
pub(super) fn find(keys: &[&[u8]], issuers: &[KeyHandle]) -> (Vec<Cert>, Option<VerifyError>) {
    let mut certs = Vec::new();
    let mut unreadable = None;
    for (index, bytes) in keys.iter().enumerate() {
        match find_in(bytes, issuers) {
            Ok(found) => certs.extend(found),
            Err(error) => {
                let fingerprint = format!("number {} of the keys given", index + 1);
                unreadable = Some(VerifyError::UnusableKey {
                    fingerprint,
                    reason: reason(error.as_ref()),
                    matches: false,
                });
            }
        }
    }
    (certs, unreadable)
}

fn find_in(bytes: &[u8], issuers: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
    let mut certs = Vec::new();
    // Errors inside a keyring concern one certificate each: the others stay usable.
    for raw in RawCertParser::from_bytes(bytes)?.flatten() {
        let owns = raw.keys().any(|key| issuers.iter().any(|issuer| issuer.aliases(key.key_handle())));
        if owns {
            certs.push(Cert::try_from(raw)?);
        }
    }
    Ok(certs)
}
