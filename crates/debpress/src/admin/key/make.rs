//! Making keys, and giving their public parts away.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{KeyAdminError, assign};
use crate::adapters::fs::{durable, local};
use crate::adapters::keys::SiteKeys;
use crate::adapters::openpgp::{Certificates, KeySpec};
use crate::admin::lookup::Names;
use crate::model::archive::ArchiveRef;
use crate::model::signing::{KeyName, KeyNames, KeyPath};
use crate::model::time::Timestamp;
use crate::ports::db::Records;
use crate::ports::signer::{SignError, Signers, Signing};

/// How a secret key begins (RFC 9580 section 6.2).
const PRIVATE: &[u8] = b"BEGIN PGP PRIVATE KEY BLOCK";
/// No file of keys is larger.
const LARGEST: u64 = 4 * 1024 * 1024;
/// More keys of one archive than anybody makes.
const MOST: u32 = 1000;

/// A key to make.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// The archive that it is for; `None`: for the site.
    pub archive: Option<ArchiveRef>,
    /// Its name; `None`: one that says what it is for.
    pub name: Option<String>,
    /// After how many seconds it expires; `None`: never.
    pub expires: Option<u32>,
    /// Now.
    pub now: Timestamp,
}

/// The key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewKey {
    /// Its file, relative to the site.
    pub key: String,
    /// The file of its public part, relative to the site.
    pub public: String,
    /// Its primary fingerprint.
    pub fingerprint: String,
    /// Whether it signs its archive from now on; if not, users have to know it first.
    pub assigned: bool,
    /// What to do for it to sign: a command, or a line of the configuration.
    pub next: Option<String>,
}

/// Makes a key. It signs at once only an archive that nobody has seen yet: those who know another key would believe
/// nothing any more.
///
/// # Errors
/// [`KeyAdminError`].
pub fn generate(
    records: &dyn Records,
    signers: &SiteKeys,
    new: &KeyRequest,
) -> Result<NewKey, KeyAdminError> {
    let names = Names::read(records)?;
    let archive = new.archive.as_ref().map(|reference| names.archive(Some(reference))).transpose()?;
    let first = archive.map_or_else(KeyPath::site, |archive| archive.reference.own_key());
    let by_default = archive.map_or_else(
        || "Archive signing key".to_owned(),
        |archive| format!("{} archive signing key", archive.reference),
    );
    let spec = KeySpec::new(new.name.as_deref().unwrap_or(&by_default), new.now);
    let spec = new.expires.map_or(spec.clone(), |seconds| spec.valid_for(seconds));
    let (path, fingerprint) = make(signers, &first, &spec)?;
    let made = NewKey {
        key: path.as_str().to_owned(),
        public: path.public(),
        fingerprint,
        assigned: false,
        next: None,
    };
    let Some(archive) = archive else {
        let next = format!("add \"{}\" to `key` below [signing] of debpress.toml", path.as_str());
        return Ok(NewKey { next: Some(next), ..made });
    };
    let failed = |source| KeyAdminError::Record { archive: archive.reference.to_string(), source };
    let states = records.suite_states().map_err(failed)?;
    let seen = states.iter().any(|state| state.key.archive == archive.id && state.published);
    if seen || !archive.signing_keys.is_empty() {
        let mut keys: Vec<String> = archive.signing_keys.0.iter().map(KeyName::to_string).collect();
        keys.push(made.key.clone());
        let next = format!("debpress key assign {} {}", archive.reference, keys.join(" "));
        return Ok(NewKey { next: Some(next), ..made });
    }
    assign(records, signers, &archive.reference, &KeyNames(vec![KeyName::File(path)]))?;
    Ok(NewKey { assigned: true, ..made })
}

/// Makes the key in the first file of that name that is free.
fn make(signers: &SiteKeys, first: &KeyPath, spec: &KeySpec) -> Result<(KeyPath, String), KeyAdminError> {
    for number in 1..MOST {
        let path = first.numbered(number);
        let failed = |source| KeyAdminError::Unusable { keys: path.as_str().to_owned(), source };
        if let Some(fingerprint) = signers.make_new(&path, spec).map_err(failed)? {
            return Ok((path, fingerprint));
        }
    }
    let source = SignError::NoKeyFile { path: first.as_str().to_owned() };
    Err(KeyAdminError::Unusable { keys: first.as_str().to_owned(), source })
}

/// The public keys that users of an archive need, from the keys that sign it now; `None`: of the site.
///
/// # Errors
/// [`KeyAdminError`].
pub fn export(
    records: &dyn Records,
    signers: &dyn Signers,
    reference: Option<&ArchiveRef>,
    binary: bool,
) -> Result<Vec<u8>, KeyAdminError> {
    let names = Names::read(records)?;
    let mut archive = names.archive(reference)?.clone();
    let name = reference.map_or_else(|| "the site".to_owned(), ArchiveRef::to_string);
    match reference {
        None => archive.signing_keys = KeyNames::default(),
        Some(_) if archive.signing_keys.is_empty() && archive.reference.owners_key().is_some() => {
            return Err(KeyAdminError::NoKey { name });
        }
        Some(_) => {}
    }
    let unusable = |source| KeyAdminError::Unusable { keys: format!("the keys of {name}"), source };
    let by = match signers.of(&archive).map_err(unusable)? {
        Signing::By(by) => by,
        Signing::Nobody(_) => return Err(KeyAdminError::NoKey { name }),
    };
    let armoured = by.signer.public_keys().map_err(unusable)?;
    if !binary {
        return Ok(armoured);
    }
    let bytes = Certificates::read(&armoured).and_then(|certificates| certificates.binary());
    let given_as = by.given_as;
    bytes.map_err(|source| unusable(SignError::Certificates { given_as, source: Box::new(source) }))
}

/// Writes what was exported where everybody may read it.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), KeyAdminError> {
    let path: PathBuf = path.to_owned();
    let old = local::read_small(&path, LARGEST).unwrap_or_default();
    if old.windows(PRIVATE.len()).any(|part| part == PRIVATE) {
        return Err(KeyAdminError::Secret { path });
    }
    let written = durable::write_file(&path, bytes, durable::PUBLIC);
    written.map_err(|source| KeyAdminError::File { operation: "write", path, source })
}
