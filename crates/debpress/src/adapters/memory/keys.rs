//! Signing keys in memory: the twin of the files below `keys/`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::openpgp::{MemoryKey, MemorySigner};
use crate::model::archive::Archive;
use crate::model::signing::{KeyName, KeyPath};
use crate::model::time::Timestamp;
use crate::ports::signer::{ArchiveSigner, SignError, Signer, Signers, Signing};

/// Keys that are gone with the value.
#[derive(Default)]
pub struct MemoryKeys {
    /// Who signs what has no key of its own; `None`: nobody.
    pub site: Option<Arc<dyn Signer>>,
    /// The certificates that users are given of the site's keys; `None`: what the signer says.
    pub given: Option<Vec<u8>>,
    files: Mutex<BTreeMap<KeyPath, MemoryKey>>,
}

impl MemoryKeys {
    /// Keys of a site that signs with `site`.
    pub fn new(site: Option<Arc<dyn Signer>>) -> Self {
        Self { site, ..Self::default() }
    }

    /// Puts a key into its file.
    pub fn put(&self, path: KeyPath, key: MemoryKey) {
        self.files().insert(path, key);
    }

    /// Loses a key.
    pub fn lose(&self, path: &KeyPath) {
        self.files().remove(path);
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<KeyPath, MemoryKey>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signers for MemoryKeys {
    fn is_configured(&self) -> bool {
        self.site.is_some()
    }

    fn of(&self, archive: &Archive) -> Result<Signing, SignError> {
        if archive.signing_keys.is_empty() {
            let Some(signer) = self.site.clone() else {
                return Ok(Signing::Nobody("no signing key is configured".to_owned()));
            };
            // One that cannot say what its keys are cannot sign either, and says so then.
            let said = || signer.public_keys().unwrap_or_default();
            let certificates = self.given.clone().unwrap_or_else(said);
            let given_as = "keys/archive-key.asc".to_owned();
            return Ok(Signing::By(ArchiveSigner { signer, certificates, given_as, own: false }));
        }
        let (mut keys, mut given_as) = (Vec::new(), Vec::new());
        for name in &archive.signing_keys.0 {
            let KeyName::File(path) = name else {
                return Err(SignError::NotSetUp { reason: "there is no gpg in memory".to_owned() });
            };
            let key = self.files().get(path).cloned();
            keys.push(key.ok_or_else(|| SignError::NoKeyFile { path: path.as_str().to_owned() })?);
            given_as.push(path.public());
        }
        let signer = MemorySigner::new(keys);
        let certificates = signer.public_keys()?;
        let given_as = given_as.join(", ");
        Ok(Signing::By(ArchiveSigner { signer: Arc::new(signer), certificates, given_as, own: true }))
    }

    fn given(&self, archive: &Archive) -> Result<Option<(Vec<u8>, String)>, SignError> {
        Ok(match self.of(archive)? {
            Signing::By(by) => Some((by.certificates, by.given_as)),
            Signing::Nobody(_) => self.given.clone().map(|it| (it, "keys/archive-key.asc".to_owned())),
        })
    }

    fn make(&self, path: &KeyPath, user_id: &str, at: Timestamp) -> Result<(), SignError> {
        self.files().entry(path.clone()).or_insert_with(|| MemoryKey::new(user_id, at));
        Ok(())
    }
}
