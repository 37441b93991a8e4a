//! The keys that a site is configured to sign with.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{SMALL_FILE, SiteError};
use crate::adapters::fs::local;
use crate::adapters::gpg::GpgSigner;
use crate::adapters::keys::SiteKeys;
use crate::adapters::openpgp::{JointSigner, SequoiaSigner};
use crate::config::SigningConfig;
use crate::ports::signer::{ArchiveSigner, SignError, Signer, Signing};

/// Who signs which archive of the site in `directory`.
pub(super) fn signers(directory: &Path, config: &SigningConfig) -> Result<SiteKeys, SiteError> {
    let gnupghome = config.gnupghome.as_ref().map(|home| directory.join(home));
    let configured = !config.key.is_empty() || !config.gpg.is_empty();
    let site = site(directory, config, gnupghome.clone())?;
    let keys = SiteKeys::new(directory.to_owned(), site).configured(configured).with_gnupghome(gnupghome);
    Ok(keys.with_public_key(config.public_key.clone()))
}

/// Who signs where an archive has no keys of its own.
fn site(directory: &Path, config: &SigningConfig, gnupghome: Option<PathBuf>) -> Result<Signing, SiteError> {
    let mut signers: Vec<Arc<dyn Signer>> = Vec::new();
    if let Some(first) = config.key.first() {
        signers.push(Arc::new(in_files(directory, first, &config.key)?));
    }
    if !config.gpg.is_empty() {
        match GpgSigner::open(gnupghome, &config.gpg) {
            Ok(signer) => signers.push(Arc::new(signer)),
            Err(SignError::NotSetUp { reason }) if config.optional && config.key.is_empty() => {
                return Ok(Signing::Nobody(format!("gpg should sign and cannot ({reason})")));
            }
            Err(source) => return Err(SiteError::Gpg(source)),
        }
    }
    let Some(signer) = JointSigner::of(signers) else {
        return Ok(Signing::Nobody("no signing key is configured".to_owned()));
    };
    let path = directory.join(&config.public_key);
    let certificates = match read(&path)? {
        Some(bytes) => bytes,
        None => signer.public_keys().map_err(|source| SiteError::Key { path, source })?,
    };
    let given_as = config.public_key.display().to_string();
    Ok(Signing::By(ArchiveSigner { signer, certificates, given_as, own: false }))
}

fn in_files(directory: &Path, first: &Path, keys: &[PathBuf]) -> Result<SequoiaSigner, SiteError> {
    let mut secrets = Vec::new();
    for path in keys.iter().map(|key| directory.join(key)) {
        let Some(bytes) = read(&path)? else { return Err(SiteError::NoKey { path }) };
        // Each by itself, so that the one that is wrong is named.
        SequoiaSigner::from_armoured_secret(&bytes).map_err(|source| SiteError::Key { path, source })?;
        secrets.push(bytes);
    }
    let files: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    let signer = SequoiaSigner::from_armoured_secrets(&files);
    signer.map_err(|source| SiteError::Key { path: directory.join(first), source })
}

/// The bytes of a file; `None`: there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, SiteError> {
    match local::read_small(path, SMALL_FILE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SiteError::Read { path: path.to_owned(), source }),
    }
}
