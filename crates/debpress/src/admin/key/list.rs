//! Every signing key that a site knows of, with who uses it.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::KeyAdminError;
use crate::adapters::fs::local;
use crate::adapters::gpg::GpgSigner;
use crate::adapters::openpgp::{KeyFacts, inspect};
use crate::config::SigningConfig;
use crate::model::archive::Archive;
use crate::model::signing::{Fingerprint, KEYS, KeyName};
use crate::model::time::Timestamp;
use crate::ports::signer::Signer;

/// No key is larger.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Who uses a key that signs what has none of its own.
pub(super) const SITE: &str = "the site";

/// What the keys of a site are read from.
#[derive(Clone, Copy)]
pub struct KeySite<'a> {
    /// The directory of the site.
    pub directory: &'a Path,
    /// What is configured.
    pub config: &'a SigningConfig,
    /// The archives.
    pub archives: &'a [Archive],
    /// Now.
    pub now: Timestamp,
}

/// A place with keys.
pub(super) struct Place {
    /// How people name it: a path relative to the site, or a fingerprint.
    pub(super) name: String,
    /// The file, if it is one.
    pub(super) file: Option<PathBuf>,
    /// Where users find the public part, relative to the site.
    pub(super) public: Option<String>,
    /// Who uses it.
    pub(super) used_by: Vec<String>,
    /// What is there, or why that cannot be told.
    pub(super) keys: Result<Vec<KeyFacts>, String>,
}

/// A key for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedKey {
    /// Its file relative to the site, or its fingerprint where gpg holds it.
    pub key: String,
    /// Its primary fingerprint.
    pub fingerprint: String,
    /// Its name.
    pub user_id: String,
    /// Its kind: `ed25519`, `rsa4096`.
    pub algorithm: String,
    /// When it was made.
    #[serde(serialize_with = "as_text")]
    pub created: Timestamp,
    /// When it expires; `None`: never.
    #[serde(serialize_with = "maybe_text")]
    pub expires: Option<Timestamp>,
    /// `good`, `expired`, `revoked`, or why it cannot be used.
    pub state: String,
    /// Which archives it signs; `the site`: all that have no key of their own.
    pub used_by: Vec<String>,
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn maybe_text<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

/// Every key, by its place; those that nobody uses last.
///
/// # Errors
/// `keys/` cannot be listed.
pub fn list(site: &KeySite<'_>) -> Result<Vec<ListedKey>, KeyAdminError> {
    let places = places(site)?;
    Ok(places.iter().flat_map(|place| listed(place, site.now)).collect())
}

fn listed(place: &Place, now: Timestamp) -> Vec<ListedKey> {
    let empty = |why: &String| ListedKey {
        key: place.name.clone(),
        fingerprint: String::new(),
        user_id: String::new(),
        algorithm: String::new(),
        created: Timestamp(0),
        expires: None,
        state: why.clone(),
        used_by: place.used_by.clone(),
    };
    let key = |facts: &KeyFacts| ListedKey {
        fingerprint: facts.fingerprint.clone(),
        user_id: facts.user_id.clone(),
        algorithm: facts.algorithms.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
        created: facts.created,
        expires: facts.expires,
        state: state(facts, now).to_owned(),
        ..empty(&String::new())
    };
    match &place.keys {
        Ok(keys) => keys.iter().map(key).collect(),
        Err(why) => vec![empty(why)],
    }
}

fn state(facts: &KeyFacts, now: Timestamp) -> &'static str {
    match facts.expires {
        _ if facts.revoked => "revoked",
        Some(expires) if expires <= now => "expired",
        Some(_) | None if facts.created > now => "not yet valid",
        Some(_) | None => "good",
    }
}

/// Every place with keys, read.
pub(super) fn places(site: &KeySite<'_>) -> Result<Vec<Place>, KeyAdminError> {
    let mut places: Vec<Place> = Vec::new();
    let mut add = |place: Place| match places.iter_mut().find(|known| known.name == place.name) {
        Some(known) => known.used_by.extend(place.used_by),
        None => places.push(place),
    };
    for path in &site.config.key {
        let public = site.config.public_key.display().to_string();
        add(in_file(site, path.display().to_string(), Some(public), SITE.to_owned().into()));
    }
    for fingerprint in &site.config.gpg {
        add(held(site, fingerprint, SITE));
    }
    for archive in site.archives {
        for name in &archive.signing_keys.0 {
            let user = archive.reference.to_string();
            add(match name {
                KeyName::File(path) => {
                    in_file(site, path.as_str().to_owned(), Some(path.public()), Some(user))
                }
                KeyName::Gpg(fingerprint) => held(site, fingerprint, &user),
            });
        }
    }
    for name in unused(site)? {
        let public = name.parse::<KeyName>().ok().and_then(|name| match name {
            KeyName::File(path) => Some(path.public()),
            KeyName::Gpg(_) => None,
        });
        add(in_file(site, name, public, None));
    }
    Ok(places)
}

fn in_file(site: &KeySite<'_>, name: String, public: Option<String>, user: Option<String>) -> Place {
    let file = site.directory.join(&name);
    let keys = match local::read_small(&file, LARGEST) {
        Ok(bytes) => inspect(&bytes, site.now).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("the file is not there".to_owned()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    Place { name, file: Some(file), public, used_by: user.into_iter().collect(), keys }
}

fn held(site: &KeySite<'_>, fingerprint: &Fingerprint, user: &str) -> Place {
    let home = site.config.gnupghome.as_ref().map(|home| site.directory.join(home));
    let exported = GpgSigner::open(home, std::slice::from_ref(fingerprint)).and_then(|gpg| gpg.public_keys());
    let keys = exported.map_err(|error| error.to_string());
    let keys = keys.and_then(|bytes| inspect(&bytes, site.now).map_err(|error| error.to_string()));
    let name = fingerprint.as_str().to_owned();
    Place { name, file: None, public: None, used_by: vec![user.to_owned()], keys }
}

/// Files below `keys/` that hold secret keys, by name.
fn unused(site: &KeySite<'_>) -> Result<Vec<String>, KeyAdminError> {
    let keys = site.directory.join(KEYS);
    let files = match local::files_below(&keys) {
        Ok(files) => files,
        Err((path, error)) if error.kind() == io::ErrorKind::NotFound && path == keys => {
            return Ok(Vec::new());
        }
        Err((path, source)) => return Err(KeyAdminError::File { operation: "list", path, source }),
    };
    let secret = |file: &PathBuf| {
        let is_key = file.extension().is_some_and(|ending| ending == "asc");
        is_key && local::read_small(file, LARGEST).is_ok_and(|bytes| is_secret(&bytes))
    };
    let name = |file: &PathBuf| file.strip_prefix(site.directory).ok().map(|path| path.display().to_string());
    let mut names: Vec<String> = files.iter().filter(|file| secret(file)).filter_map(name).collect();
    names.sort();
    Ok(names)
}

fn is_secret(bytes: &[u8]) -> bool {
    bytes.starts_with(b"-----BEGIN PGP PRIVATE KEY BLOCK-----")
}
