//! Who may upload: keys and grants.

use serde::Serialize;

use super::lookup::list as words;
use super::people::{People, PersonError};
use crate::model::mailbox::{Mailbox, is_address};
use crate::model::permission::Scope;
use crate::model::time::Timestamp;
use crate::ports::db::{NewUploader, Records, RecordsError, Uploader};
use crate::ports::verifier::{KeyError, Verifier};

/// A key that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedKey {
    /// Its fingerprint, upper-case hexadecimal.
    pub fingerprint: String,
    /// Its user IDs.
    pub user_ids: Vec<String>,
    /// When it expires, RFC 3339; `None`: never.
    pub expires: Option<String>,
}

/// What was recorded for an uploader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedUploader {
    /// The uploader.
    pub uploader: String,
    /// Keys recorded now.
    pub keys: Vec<RecordedKey>,
    /// Keys of the file that were left out, each with the reason.
    pub skipped: Vec<String>,
}

/// Why an uploader was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum UploaderError {
    /// The name is none, or a team's.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// The key file has no usable key.
    #[error("no key of the file can be used")]
    Key(#[from] KeyError),
    /// There is no such uploader.
    #[error("there is no uploader `{name}`; there are {}", words(.known))]
    NoUploader {
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The uploader has no such key.
    #[error("{name} has no key {given}; recorded are {}", words(.known))]
    NoKey {
        /// The uploader.
        name: String,
        /// The fingerprint, or the end of one, as given.
        given: String,
        /// The fingerprints that there are.
        known: Vec<String>,
    },
    /// The text is no mail address.
    #[error("`{}` is no mail address: write one such as ann@example.org", .address.escape_debug())]
    Mail {
        /// The text.
        address: String,
    },
    /// The records failed or refused.
    #[error("cannot record uploader {name}")]
    Records {
        /// The uploader.
        name: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
}

/// The uploader to record.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// The uploader's name.
    pub name: &'a str,
    /// The key file: one or several public keys.
    pub keys: &'a [u8],
    /// Where notices go; `None`: to the first address among the user IDs of the keys.
    pub mail: Option<&'a str>,
    /// What the uploader may upload; `None`: nothing more than before.
    pub grant: Option<&'a Scope>,
    /// Now.
    pub now: Timestamp,
}

/// Records every usable key of an uploader, with what they may do. A key that has expired or is revoked is recorded
/// too: uploads that it signs are then refused with that reason, and not as unknown.
///
/// # Errors
/// [`UploaderError`]: no key is usable, or one belongs to another uploader.
pub fn add_uploader(
    records: &dyn Records,
    verifier: &dyn Verifier,
    applicant: &Applicant<'_>,
) -> Result<RecordedUploader, UploaderError> {
    let Applicant { name, keys, mail, grant, now } = *applicant;
    if let Some(address) = mail.filter(|address| !is_address(address)) {
        return Err(UploaderError::Mail { address: address.to_owned() });
    }
    People::read(records).map_err(PersonError::from)?.may_be_uploader(name)?;
    let ring = verifier.read_keyring(keys)?;
    let skipped: Vec<String> =
        ring.skipped.iter().map(|skipped| format!("{}: {}", skipped.key, skipped.reason)).collect();
    if let ([], Some(last)) = (ring.keys.as_slice(), ring.skipped.last()) {
        let (key, reason) = (last.key.clone(), last.reason.clone());
        return Err(KeyError::Unusable { key, reason }.into());
    }
    if ring.keys.is_empty() {
        return Err(KeyError::NoKeys.into());
    }
    let mut recorded = Vec::new();
    for key in ring.keys {
        let uploader = NewUploader {
            name: name.to_owned(),
            fingerprint: key.fingerprint.clone(),
            certificate: key.armoured,
            mail: mail.map(str::to_owned).or_else(|| address_of(&key.user_ids)),
            grant: grant.cloned(),
            added: now,
        };
        records
            .add_uploader(&uploader)
            .map_err(|source| UploaderError::Records { name: name.to_owned(), source })?;
        recorded.push(RecordedKey {
            fingerprint: key.fingerprint,
            user_ids: key.user_ids,
            expires: key.expires.map(|at| at.to_string()),
        });
    }
    Ok(RecordedUploader { uploader: name.to_owned(), keys: recorded, skipped })
}

/// Forgets a key of an uploader, by its fingerprint in upper or lower case, with or without blanks. Returns the
/// fingerprint as it was recorded. The uploader stays, also without any key: with permissions, and in teams.
///
/// # Errors
/// [`UploaderError`]: there is no such uploader or key.
pub fn remove_key(records: &dyn Records, name: &str, fingerprint: &str) -> Result<String, UploaderError> {
    let uploader = find(records, name)?;
    let failed = |source| UploaderError::Records { name: name.to_owned(), source };
    let wanted: String = fingerprint.split_whitespace().collect::<String>().to_ascii_uppercase();
    if records.remove_key(name, &wanted).map_err(failed)? {
        return Ok(wanted);
    }
    let known = uploader.keys.into_iter().map(|(fingerprint, _)| fingerprint).collect();
    Err(UploaderError::NoKey { name: name.to_owned(), given: fingerprint.to_owned(), known })
}

/// Changes where notices for an uploader go; `None`: nowhere.
///
/// # Errors
/// [`UploaderError`]: there is no such uploader, or the address is none.
pub fn set_mail(records: &dyn Records, name: &str, mail: Option<&str>) -> Result<(), UploaderError> {
    if let Some(address) = mail.filter(|address| !is_address(address)) {
        return Err(UploaderError::Mail { address: address.to_owned() });
    }
    find(records, name)?;
    records.set_mail(name, mail).map_err(|source| UploaderError::Records { name: name.to_owned(), source })
}

fn find(records: &dyn Records, name: &str) -> Result<Uploader, UploaderError> {
    let failed = |source| UploaderError::Records { name: name.to_owned(), source };
    let mut all = records.uploaders().map_err(failed)?;
    match all.iter().position(|uploader| uploader.name == name) {
        Some(place) => Ok(all.swap_remove(place)),
        None => {
            let known = all.into_iter().map(|uploader| uploader.name).collect();
            Err(UploaderError::NoUploader { name: name.to_owned(), known })
        }
    }
}

/// The first mail address among user IDs such as `Ann Lee <ann@example.org>`.
fn address_of(user_ids: &[String]) -> Option<String> {
    user_ids.iter().find_map(|user| Mailbox::parse(user)).map(|mailbox| mailbox.address)
}
