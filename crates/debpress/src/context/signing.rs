//! The keys that a site is configured to sign with.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{SMALL_FILE, SiteError};
use crate::adapters::fs::local;
use crate::adapters::keys::SiteKeys;
use crate::adapters::openpgp::SequoiaSigner;
use crate::config::SigningConfig;
use crate::ports::signer::{ArchiveSigner, Signer, Signing};

/// Who signs which archive of the site in `directory`.
pub(super) fn signers(directory: &Path, config: &SigningConfig) -> Result<SiteKeys, SiteError> {
    Ok(SiteKeys::new(directory.to_owned(), site(directory, config)?))
}

/// Who signs where an archive has no keys of its own.
fn site(directory: &Path, config: &SigningConfig) -> Result<Signing, SiteError> {
    let Some(first) = config.key.first() else {
        return Ok(Signing::Nobody("no signing key is configured".to_owned()));
    };
    let key_failed = |source| SiteError::Key { path: directory.join(first), source };
    let mut secrets = Vec::new();
    for key in &config.key {
        let path = directory.join(key);
        let Some(bytes) = read(&path)? else { return Err(SiteError::NoKey { path }) };
        // Each by itself, so that the one that is wrong is named.
        SequoiaSigner::from_armoured_secret(&bytes).map_err(|source| SiteError::Key { path, source })?;
        secrets.push(bytes);
    }
    let files: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    let signer = SequoiaSigner::from_armoured_secrets(&files).map_err(key_failed)?;
    let certificates = match read(&directory.join(&config.public_key))? {
        Some(bytes) => bytes,
        None => signer.public_keys().map_err(key_failed)?,
    };
    let given_as = config.public_key.display().to_string();
    Ok(Signing::By(ArchiveSigner { signer: Arc::new(signer), certificates, given_as, own: false }))
}

/// The bytes of a file; `None`: there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, SiteError> {
    match local::read_small(path, SMALL_FILE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SiteError::Read { path: path.to_owned(), source }),
    }
}
