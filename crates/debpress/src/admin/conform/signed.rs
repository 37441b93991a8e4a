//! The signatures of a suite against the keyring that its users have.

use super::codes::{SIGNATURE_BAD, SIGNATURE_UNVERIFIED};
use super::release::{Suite, Tops};

/// Verifies InRelease and Release.gpg.
pub(super) fn judge(suite: &mut Suite<'_>, tops: &Tops) {
    if tops.inrelease.is_none() && (tops.release.is_none() || tops.signature.is_none()) {
        return;
    }
    let of = suite.of;
    let findings = &mut suite.report.findings;
    let Some(keyring) = of.keyring else {
        let first = if tops.inrelease.is_some() { "InRelease" } else { "Release.gpg" };
        let message = "it was not verified; name the keyring of the archive's users with --keyring";
        findings.add(SIGNATURE_UNVERIFIED, suite.name.path(first), message);
        return;
    };
    let mut believe = |file: &str, fault: Option<String>| {
        if let Some(fault) = fault {
            findings.add(SIGNATURE_BAD, suite.name.path(file), fault);
        }
    };
    if let Some(document) = &tops.inrelease {
        // Text that is not signed at all is found malformed.
        let verified = of.verifier.verify_clearsigned(document, &[keyring], of.now);
        let is_signed = document.windows(MARK.len()).any(|window| window == MARK);
        believe("InRelease", verified.err().filter(|_| is_signed).map(|error| unbelieved(&error)));
    }
    if let (Some(text), Some(signature)) = (&tops.release, &tops.signature) {
        let verified = of.verifier.verify_detached(text, signature, &[keyring], of.now);
        believe("Release.gpg", verified.err().map(|error| unbelieved(&error)));
    }
}

/// How signed text begins (RFC 9580, section 7).
const MARK: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";

/// The words of the port are for uploads; its code is for everybody.
fn unbelieved(error: &crate::ports::verifier::VerifyError) -> String {
    use crate::ports::verifier::VerifyError as E;
    let why = match error {
        E::Unsigned => "there is no signature".to_owned(),
        E::TextOutside { line } => format!("line {line} lies outside the signed text"),
        E::Malformed { reason } => format!("the signature cannot be read: {reason}"),
        E::UnknownKey { key } => format!("key {key}, which signed it, is not in the keyring"),
        E::Expired { fingerprint, expired } => format!("key {fingerprint} expired on {expired}"),
        E::SignatureExpired { fingerprint, expired } => {
            format!("the signature of key {fingerprint} was valid until {expired}")
        }
        E::Revoked { fingerprint } => format!("key {fingerprint} is revoked"),
        E::NotYetValid { fingerprint, what, made, .. } => format!("{what} of {fingerprint} is dated {made}"),
        E::BadSignature { .. } => "the text is not what was signed".to_owned(),
        E::WeakDigest { algorithm } => format!("the signature uses {algorithm}, which can be forged"),
        E::UnusableKey { fingerprint, reason, .. } => format!("key {fingerprint} cannot be used: {reason}"),
    };
    format!("it does not verify with the keyring: {why}")
}
