//! Programs of the site that sign in place of the keys that debpress knows (behaviour map 2.7, 3.10): for keys in a machine
//! of their own, or behind a service.
//!
//! What they leave is looked at as any signature is: the text must be that of Release, byte for byte, and users must
//! believe it, where the certificates that they are given are known. Where they leave nothing, the keys sign.

use super::signing::Staged;
use super::target::Target;
use super::{PublishError, PublishSite, signing};
use crate::lock::PublisherLock;
use crate::model::key::SuiteFile;
use crate::ports::hooks::{SIGN, SignMode, SignReport, SignRequest};
use crate::ports::signer::SignError;
use crate::ports::verifier::PublicKey;

/// What hooks made of a Release.
#[derive(Debug, Default)]
pub(super) struct SignedRelease {
    /// `InRelease`
    pub(super) clear: Option<Vec<u8>>,
    /// `Release.gpg`
    pub(super) detached: Option<Vec<u8>>,
    /// What an administrator should know.
    pub(super) warnings: Vec<String>,
}

/// Lets hooks sign the text of a Release, in both ways.
pub(super) fn release(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    text: &[u8],
) -> Result<SignedRelease, PublishError> {
    let file = SuiteFile::Release;
    let clear = sign(site, lock, target, (&file, text), SignMode::Clear)?;
    let detached = sign(site, lock, target, (&file, text), SignMode::Detached)?;
    let mut warnings: Vec<String> = clear.hooks.warnings().collect();
    warnings.extend(detached.hooks.left);
    let signed = clear.signature.is_some() || detached.signature.is_some();
    if signed && certificates(site, target)?.is_none() {
        warnings.push(format!(
            "{SIGN} signs {}, and nobody has checked that users believe it: put their public key where public_key of \
             [signing] says",
            target.label()
        ));
    }
    Ok(SignedRelease { clear: clear.signature, detached: detached.signature, warnings })
}

/// Lets hooks sign a file of the suite; `None`: they did not.
pub(super) fn detached(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    file: (&SuiteFile, &[u8]),
) -> Result<Option<Vec<u8>>, PublishError> {
    let signed = sign(site, lock, target, file, SignMode::Detached)?;
    signed.hooks.left.iter().for_each(|program| tracing::warn!("{program}"));
    Ok(signed.signature)
}

/// Whether what is staged is signed as hooks of `sign.d` have signed it, after other programs had it in their hands.
pub(super) fn still(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
) -> Result<(), PublishError> {
    let Staged { release: text, signed: clear, signature: detached } = Staged::read(site, target)?;
    if clear.is_none() && detached.is_none() {
        let source = SignError::Empty { signer: "a hook".to_owned(), file: SuiteFile::Release.path() };
        return Err(PublishError::Sign { subject: target.label(), source });
    }
    for (mode, signature) in [(SignMode::Clear, clear), (SignMode::Detached, detached)] {
        let file = (&SuiteFile::Release, text.as_slice());
        signature.map_or(Ok(()), |signature| verify(site, target, file, (mode, &signature)))?;
    }
    Ok(())
}

fn sign(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    (file, text): (&SuiteFile, &[u8]),
    mode: SignMode,
) -> Result<SignReport, PublishError> {
    let reference = &target.archive.reference;
    if !reference.purpose().has_hooks() {
        return Ok(SignReport::default());
    }
    let path = file.path();
    let request = SignRequest {
        distribution: reference.distribution().as_str(),
        root: &target.root,
        suite: target.name.as_str(),
        name: path.rsplit('/').next().unwrap_or_default(),
        text,
        mode,
    };
    let signed = site.hooks.sign(&request);
    let signed = signed.map_err(|source| PublishError::Hook { subject: target.label(), source })?;
    if let Some(signature) = &signed.signature {
        verify(site, target, (file, text), (mode, signature))?;
    }
    Ok(signed)
}

/// The certificates that users of the archive are given, and what they are called.
fn certificates(
    site: &PublishSite<'_>,
    target: &Target,
) -> Result<Option<(Vec<PublicKey>, String)>, PublishError> {
    let failed = |source| PublishError::Sign { subject: target.label(), source };
    let Some((certificates, given_as)) = site.signers.given(&target.archive).map_err(failed)? else {
        return Ok(None);
    };
    match site.verifier.read_keyring(&certificates) {
        Ok(ring) => Ok(Some((ring.keys, given_as))),
        Err(source) => Err(failed(SignError::Certificates { given_as, source: Box::new(source) })),
    }
}

fn verify(
    site: &PublishSite<'_>,
    target: &Target,
    (file, text): (&SuiteFile, &[u8]),
    (mode, signature): (SignMode, &[u8]),
) -> Result<(), PublishError> {
    let failed = |source| PublishError::Sign { subject: target.label(), source };
    let other_text = || failed(SignError::OtherText { signer: SIGN.to_owned() });
    let file = match (mode, file) {
        (SignMode::Clear, _) => SuiteFile::InRelease.path(),
        (SignMode::Detached, SuiteFile::Release) => SuiteFile::ReleaseGpg.path(),
        (SignMode::Detached, other) => format!("the signature of {}", other.path()),
    };
    if signature.is_empty() {
        return Err(failed(SignError::Empty { signer: SIGN.to_owned(), file }));
    }
    if mode == SignMode::Clear && signing::framed(signature) != signing::ended(text.to_vec()) {
        return Err(other_text());
    }
    let Some((keys, given_as)) = certificates(site, target)? else { return Ok(()) };
    let keys: Vec<&[u8]> = keys.iter().map(|key| key.armoured.as_slice()).collect();
    let unbelieved = |source| failed(SignError::Unbelieved { file, given_as, source: Box::new(source) });
    let verified = match mode {
        SignMode::Clear => site.verifier.verify_clearsigned(signature, &keys, site.now),
        SignMode::Detached => site.verifier.verify_detached(text, signature, &keys, site.now),
    };
    let verified = verified.map_err(unbelieved)?;
    if mode == SignMode::Clear && verified.payload != signing::covered(text) {
        return Err(other_text());
    }
    Ok(())
}
