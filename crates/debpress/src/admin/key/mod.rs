//! The signing keys of a site: which archive each signs, and whether they will go on doing so.

mod doctor;
mod list;
mod make;

use std::io;
use std::path::PathBuf;

pub use doctor::{DoctorReport, Finding, Level, doctor};
pub use list::{KeySite, ListedKey, list};
pub use make::{KeyRequest, NewKey, export, generate, write};

use super::lookup::{LookupError, Names};
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::signing::KeyNames;
use crate::ports::db::{Records, RecordsError};
use crate::ports::signer::{SignError, Signers};

/// Why something about keys was not done.
#[derive(Debug, thiserror::Error)]
pub enum KeyAdminError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A key cannot be used.
    #[error("cannot use {keys}")]
    Unusable {
        /// The keys.
        keys: String,
        /// Why.
        #[source]
        source: SignError,
    },
    /// Nothing signs, so there is no public key.
    #[error(
        "{name} has no signing key yet: make one with `debpress key generate`; a personal archive also gets one with its first publication"
    )]
    NoKey {
        /// What has none.
        name: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A secret key is there.
    #[error("{} is a secret key, and is not written over: name another file", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
    },
    /// The records failed.
    #[error("cannot record the signing keys of {archive}")]
    Record {
        /// The archive.
        archive: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
}

/// Says which keys sign an archive from its next publication on; none: those of the site, or for a personal archive the
/// one of its owner. Returns the archive's name.
///
/// # Errors
/// [`KeyAdminError`]: a key that could not sign is not recorded.
pub fn assign(
    records: &dyn Records,
    signers: &dyn Signers,
    reference: &ArchiveRef,
    keys: &KeyNames,
) -> Result<String, KeyAdminError> {
    let names = Names::read(records)?;
    let archive = names.archive(Some(reference))?;
    let wanted = Archive { signing_keys: keys.clone(), ..archive.clone() };
    let unusable = |source| KeyAdminError::Unusable { keys: keys.to_string(), source };
    signers.of(&wanted).map_err(unusable)?;
    let failed = |source| KeyAdminError::Record { archive: reference.to_string(), source };
    records.set_signing_keys(archive.id, keys).map_err(failed)?;
    // Also where they are the same: whoever repeats the command after a crash means it.
    records.touch_suites(&names.open_suites_of(archive)).map_err(failed)?;
    Ok(reference.to_string())
}
