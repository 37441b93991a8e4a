//! Who signs an archive, and whether its users will believe it: each signature is looked at as they will, by every key
//! that should have made it, with the certificates that they are given. Nothing is switched before.

use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::archive::Archive;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::signing::{KeyName, KeyNames};
use crate::ports::signer::{ArchiveSigner, SignError, Signing};
use crate::ports::verifier::{PublicKey, Verified, VerifyError};

/// Who signs what is published in a target. The key of a personal archive is made when it is needed first, and recorded
/// before anything is signed with it: from then on a key that is lost is an error, and never replaced in silence.
pub(super) fn of(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
) -> Result<Signing, PublishError> {
    let failed = |source| PublishError::Sign { subject: target.label(), source };
    match target.archive.reference.owners_key() {
        Some(path) if target.archive.signing_keys.is_empty() && site.signers.is_configured() => {
            let records_failed = |source| PublishError::Records { subject: target.label(), source };
            let archives = site.records.archives().map_err(records_failed)?;
            let keys = KeyNames(vec![KeyName::File(path.clone())]);
            let recorded = |archive: &&Archive| archive.id == target.archive.id;
            let known = archives.iter().find(recorded).unwrap_or(&target.archive);
            if !known.signing_keys.is_empty() {
                return site.signers.of(known).map_err(failed);
            }
            if !archives.iter().any(|archive| archive.signing_keys.0.contains(&keys.0[0])) {
                let owner = target.archive.reference.owner().unwrap_or_default();
                site.signers.make(&path, &format!("Archives of {owner}"), site.now).map_err(failed)?;
            }
            site.records.set_signing_keys(target.archive.id, &keys).map_err(records_failed)?;
            let archive = Archive { signing_keys: keys, ..target.archive.clone() };
            site.signers.of(&archive).map_err(failed)
        }
        Some(_) | None => site.signers.of(&target.archive).map_err(failed),
    }
}

/// Shows the certificates in the archive's root, where the keys are its own: before anything that they sign.
pub(super) fn show(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    by: &ArchiveSigner,
) -> Result<(), PublishError> {
    if !by.own {
        return Ok(());
    }
    let key = TreeKey::PublicKey(target.archive.reference.clone());
    let shown = site.tree.replace(&target.root, &key, &by.certificates);
    shown.map_err(|source| PublishError::Tree { subject: target.label(), source })
}

/// `text` signed in place.
pub(super) fn clear_sign(
    site: &PublishSite<'_>,
    by: &ArchiveSigner,
    text: &[u8],
) -> Result<Vec<u8>, SignError> {
    let signed = by.signer.clear_sign(text, site.now)?;
    let other_text = || SignError::OtherText { signer: by.signer.name().to_owned() };
    if framed(&signed) != ended(text.to_vec()) {
        return Err(other_text());
    }
    for key in certificates(site, by)? {
        let verified = site.verifier.verify_clearsigned(&signed, &[&key.armoured], site.now);
        let Verified { payload, fingerprint, .. } =
            verified.map_err(|source| unbelieved(by, SuiteFile::InRelease.path(), source))?;
        if payload != covered(text) || fingerprint != key.fingerprint {
            return Err(other_text());
        }
    }
    Ok(signed)
}

/// A detached signature of `text`; `file` is its name, for messages.
pub(super) fn detach_sign(
    site: &PublishSite<'_>,
    by: &ArchiveSigner,
    file: &str,
    text: &[u8],
) -> Result<Vec<u8>, SignError> {
    let signature = by.signer.detach_sign(text, site.now)?;
    for key in certificates(site, by)? {
        let verified = site.verifier.verify_detached(text, &signature, &[&key.armoured], site.now);
        verified.map_err(|source| unbelieved(by, file.to_owned(), source))?;
    }
    Ok(signature)
}

/// The Release files of a suite that is ready.
pub(super) struct Staged {
    /// Release; empty where it is gone.
    pub(super) release: Vec<u8>,
    /// InRelease, if there is one.
    pub(super) signed: Option<Vec<u8>>,
    /// Release.gpg, if there is one.
    pub(super) signature: Option<Vec<u8>>,
}

impl Staged {
    pub(super) fn read(site: &PublishSite<'_>, target: &Target) -> Result<Self, PublishError> {
        let read = |file: SuiteFile| {
            let read = site.tree.read(&target.root, &TreeKey::Staged(target.name.clone(), file));
            read.map_err(|source| PublishError::Tree { subject: target.label(), source })
        };
        Ok(Self {
            release: read(SuiteFile::Release)?.unwrap_or_default(),
            signed: read(SuiteFile::InRelease)?,
            signature: read(SuiteFile::ReleaseGpg)?,
        })
    }
}

/// Whether what is staged is signed as it should be still, after programs of the site had it in their hands: whoever
/// changes Release has to sign it again.
pub(super) fn still(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
) -> Result<(), PublishError> {
    let failed = |source| PublishError::Sign { subject: target.label(), source };
    let Staged { release, signed, signature } = Staged::read(site, target)?;
    if signed.as_ref().is_some_and(|signed| framed(signed) != ended(release.clone())) {
        return Err(failed(SignError::OtherText { signer: "a hook".to_owned() }));
    }
    let Signing::By(by) = site.signers.of(&target.archive).map_err(failed)? else { return Ok(()) };
    for key in certificates(site, &by).map_err(failed)? {
        let (signed, signature) =
            (signed.as_deref().unwrap_or_default(), signature.as_deref().unwrap_or_default());
        let wrong = |file: SuiteFile| {
            let by = &by;
            move |source| failed(unbelieved(by, file.path(), source))
        };
        let verified = site.verifier.verify_clearsigned(signed, &[&key.armoured], site.now);
        verified.map_err(wrong(SuiteFile::InRelease))?;
        let verified = site.verifier.verify_detached(&release, signature, &[&key.armoured], site.now);
        verified.map_err(wrong(SuiteFile::ReleaseGpg))?;
    }
    Ok(())
}

/// The certificate of each key that signs, from what users are given.
fn certificates(site: &PublishSite<'_>, by: &ArchiveSigner) -> Result<Vec<PublicKey>, SignError> {
    let given_as = || by.given_as.clone();
    let ring = site.verifier.read_keyring(&by.certificates);
    let ring =
        ring.map_err(|source| SignError::Certificates { given_as: given_as(), source: Box::new(source) })?;
    let fingerprints = by.signer.fingerprints();
    if fingerprints.is_empty() {
        let source = "it does not say with which keys it signs".into();
        return Err(SignError::Failed { signer: by.signer.name().to_owned(), source });
    }
    let find = |fingerprint: String| match ring.keys.iter().find(|key| key.fingerprint == fingerprint) {
        Some(key) => Ok(key.clone()),
        None => match ring.skipped.iter().find(|skipped| skipped.key == fingerprint) {
            Some(skipped) => Err(SignError::NoSigningKey { fingerprint, reason: skipped.reason.clone() }),
            None => Err(SignError::NotGiven { fingerprint, given_as: given_as() }),
        },
    };
    fingerprints.into_iter().map(find).collect()
}

fn unbelieved(by: &ArchiveSigner, file: String, source: VerifyError) -> SignError {
    SignError::Unbelieved { file, given_as: by.given_as.clone(), source: Box::new(source) }
}

/// The text in the frame of a cleartext signature as a reader sees it: byte for byte, but for the dash escapes (RFC 9580
/// section 7.1). Empty when there is no frame.
pub(super) fn framed(document: &[u8]) -> Vec<u8> {
    let lines = document.split_inclusive(|byte| *byte == b'\n');
    let after_headers = lines.skip_while(|line| *line != b"\n").skip(1);
    let text = after_headers.take_while(|line| !line.starts_with(b"-----BEGIN PGP SIGNATURE-----"));
    text.flat_map(|line| line.strip_prefix(b"- ").unwrap_or(line)).copied().collect()
}

/// What a cleartext signature of `text` covers, as verifiers hand it out: no blanks at the ends of lines (RFC 9580
/// section 7.2).
pub(super) fn covered(text: &[u8]) -> Vec<u8> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let trimmed = |line: &[u8]| {
        let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        end.and_then(|last| line.get(..=last)).unwrap_or_default().to_vec()
    };
    ended(text.split(|byte| *byte == b'\n').map(trimmed).collect::<Vec<_>>().join(&b'\n'))
}

/// A text whose last line has its end.
pub(super) fn ended(mut text: Vec<u8>) -> Vec<u8> {
    if text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_shows_the_text_byte_for_byte() {
        let document = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\none \n- -two\n\n- - three\n-----BEGIN PGP SIGNATURE-----\n\nx\n";
        assert_eq!(framed(document), b"one \n-two\n\n- three\n");
        assert_eq!(framed(b"no frame"), b"");
    }

    #[test]
    fn blanks_at_line_ends_are_not_covered() {
        assert_eq!(covered(b"one \t\n  two\r\n\n \nend"), b"one\n  two\n\n\nend\n");
        assert_eq!(covered(b""), b"\n");
    }
}
