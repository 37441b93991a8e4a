//! Archives: make, change, look at.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lookup::{LookupError, Names};
use super::people::People;
use crate::adapters::fs::durable;
use crate::model::archive::{Archive, ArchiveRef, NewArchive};
use crate::model::size::Bytes;
use crate::model::suite::SuiteKey;
use crate::ports::db::{ListFilter, QueueFilter, Records, RecordsError};
use crate::publish::{DeletionError, DeletionSite, may_delete};

/// An archive to make.
#[derive(Clone, Debug)]
pub struct ArchiveRequest {
    /// Its name.
    pub reference: ArchiveRef,
    /// `Origin` of its Release files; `None`: by [`ArchiveRef::default_origin_and_label`].
    pub origin: Option<String>,
    /// `Label` of its Release files; `None`: likewise.
    pub label: Option<String>,
    /// How many bytes its packages may have together; `None`: no bound.
    pub size_limit: Option<Bytes>,
    /// Whether it is for those who may see it only; for personal archives.
    pub private: bool,
}

/// What is to change; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct ArchiveChange {
    /// Whether it takes uploads.
    pub enabled: Option<bool>,
    /// How many bytes its packages may have together; `Some(None)`: no bound.
    pub size_limit: Option<Option<Bytes>>,
    /// Whether it takes uploads for obsolete series as well.
    pub obsolete_uploads: Option<bool>,
    /// Whether it is published.
    pub published: Option<bool>,
    /// `Origin` of its Release files.
    pub origin: Option<String>,
    /// `Label` of its Release files.
    pub label: Option<String>,
    /// Whether `ls-lR.gz` is kept.
    pub ls_lr: Option<bool>,
    /// Whether `indices/` is kept.
    pub indices: Option<bool>,
}

/// An archive for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownArchive {
    /// Its name.
    pub archive: String,
    /// Its purpose.
    pub purpose: &'static str,
    /// `Origin` of its Release files.
    pub origin: String,
    /// `Label` of its Release files.
    pub label: String,
    /// Whether it takes uploads.
    pub enabled: bool,
    /// How many bytes its packages have together, with those that wait in its queue.
    pub size: u64,
    /// How many they may have; `None`: no bound.
    pub size_limit: Option<u64>,
    /// Whether it takes uploads for obsolete series as well.
    pub obsolete_uploads: bool,
    /// Whether it is published.
    pub published: bool,
    /// Whether it is for those who may see it only.
    pub private: bool,
    /// Whether `ls-lR.gz` is kept in its root.
    pub ls_lr: bool,
    /// Whether `indices/` is kept in its root.
    pub indices: bool,
    /// That it is being deleted, or was: since when, by whom and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<ShownDeletion>,
    /// The series that it serves.
    pub series: Vec<String>,
    /// What clients see: the directory of `pool/` and `dists/`.
    pub root: PathBuf,
    /// Where its uploads arrive.
    pub incoming: PathBuf,
    /// A part of `dput.cf` for uploads to it.
    pub dput: String,
}

/// The end of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownDeletion {
    /// Whether all its files are gone.
    pub done: bool,
    /// Since when, RFC 3339.
    pub at: String,
    /// By whom.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// Why an archive was not made, changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed, or know the archive already.
    #[error("cannot record archive {reference}")]
    Record {
        /// The archive.
        reference: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// Only what is somebody's own can be private.
    #[error("{reference} cannot be private: only a personal archive, ~OWNER/DISTRO/PPA, can")]
    Public {
        /// The archive.
        reference: String,
    },
    /// What is deleted changes no more.
    #[error("{reference} is deleted; make a new archive with `debpress archive create`")]
    Deleted {
        /// The archive.
        reference: String,
    },
    /// The records failed.
    #[error("cannot read about the archives")]
    Records(#[from] RecordsError),
    /// The directory for uploads cannot be made.
    #[error("archive {reference} is recorded, but {} cannot be made: make the directory yourself", path.display())]
    Incoming {
        /// The archive.
        reference: String,
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Why an archive is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed.
    #[error("cannot read about the archive")]
    Records(#[from] RecordsError),
    /// It cannot be, now or ever.
    #[error(transparent)]
    Deletion(#[from] DeletionError),
}

/// Records an archive of a site, and makes the directory where its uploads arrive.
///
/// # Errors
/// [`ArchiveError`].
pub fn create(
    records: &dyn Records,
    site: &Path,
    new: &ArchiveRequest,
) -> Result<ShownArchive, ArchiveError> {
    let reference = &new.reference;
    if new.private && reference.owner().is_none() {
        return Err(ArchiveError::Public { reference: reference.to_string() });
    }
    let names = Names::read(records)?;
    let distribution = names.distribution(Some(reference.distribution()))?;
    let (origin, label) = reference.default_origin_and_label(&distribution.display_name);
    let failed = |source| ArchiveError::Record { reference: reference.to_string(), source };
    let made = records.create_archive(&NewArchive {
        reference: reference.clone(),
        origin: new.origin.clone().unwrap_or(origin),
        label: new.label.clone().unwrap_or(label),
        size_limit: new.size_limit.map(|Bytes(bytes)| bytes),
        private: new.private,
    });
    made.map_err(failed)?;
    let path = site.join(reference.incoming());
    durable::create_durable_dir_all(&path).map_err(|source| ArchiveError::Incoming {
        reference: reference.to_string(),
        path: path.clone(),
        source,
    })?;
    show(records, site, Some(reference))
}

/// The owner of a personal archive, when nobody is called so: then nobody can upload to it.
///
/// # Errors
/// The database fails.
pub fn missing_owner(records: &dyn Records, reference: &ArchiveRef) -> Result<Option<String>, ArchiveError> {
    let people = People::read(records)?;
    Ok(reference.owner().filter(|owner| !people.has(owner)).map(str::to_owned))
}

/// Changes what an archive takes.
///
/// # Errors
/// [`ArchiveError`]; then nothing has changed.
pub fn change(
    records: &dyn Records,
    site: &Path,
    reference: &ArchiveRef,
    change: &ArchiveChange,
) -> Result<ShownArchive, ArchiveError> {
    let names = Names::read(records)?;
    let mut archive = names.archive(Some(reference))?.clone();
    if archive.deletion.is_some() {
        return Err(ArchiveError::Deleted { reference: reference.to_string() });
    }
    archive.enabled = change.enabled.unwrap_or(archive.enabled);
    archive.obsolete_uploads = change.obsolete_uploads.unwrap_or(archive.obsolete_uploads);
    archive.published = change.published.unwrap_or(archive.published);
    archive.lists.ls_lr = change.ls_lr.unwrap_or(archive.lists.ls_lr);
    archive.lists.indices = change.indices.unwrap_or(archive.lists.indices);
    archive.origin = change.origin.clone().unwrap_or(archive.origin);
    archive.label = change.label.clone().unwrap_or(archive.label);
    if let Some(limit) = change.size_limit {
        archive.size_limit = limit.map(|Bytes(bytes)| bytes);
    }
    let failed = |source| ArchiveError::Record { reference: reference.to_string(), source };
    records.update_archive(&archive).map_err(failed)?;
    show(records, site, Some(reference))
}

/// What goes with an archive that is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// The archive.
    pub archive: String,
    /// How many publications are live in it.
    pub publications: usize,
    /// How many uploads wait in its queue.
    pub waiting: usize,
    /// The size of its packages in bytes, with those that wait.
    pub bytes: u64,
    /// Where its files are.
    pub root: PathBuf,
    /// Where its uploads arrive.
    pub incoming: PathBuf,
    /// Signing keys that no other archive uses.
    pub own_keys: Vec<String>,
}

/// An archive that can be deleted, and what goes with it. Changes nothing.
///
/// # Errors
/// [`DeleteError`].
pub fn leaving(site: &DeletionSite<'_>, reference: &ArchiveRef) -> Result<(Archive, Leaving), DeleteError> {
    let records = site.records;
    let names = Names::read(records)?;
    let archive = names.archive(Some(reference))?.clone();
    may_delete(site, &archive)?;
    let states = records.suite_states()?;
    let suites: Vec<SuiteKey> =
        states.iter().map(|state| state.key).filter(|key| key.archive == archive.id).collect();
    // No suite named would be every one of the site.
    let publications = match suites.is_empty() {
        true => 0,
        false => records.list(&ListFilter { suites, ..ListFilter::default() })?.len(),
    };
    let waits = QueueFilter { archives: vec![archive.id], ..QueueFilter::default() };
    let waiting = records.queue_items(&waits)?.iter().filter(|item| item.status.waits()).count();
    let others = names.archives().iter().filter(|other| other.id != archive.id);
    let used: Vec<_> = others.flat_map(|other| &other.signing_keys.0).collect();
    let own = archive.signing_keys.0.iter().filter(|key| !used.contains(key));
    let leaving = Leaving {
        archive: reference.to_string(),
        publications,
        waiting,
        bytes: records.archive_size(archive.id)?,
        root: PathBuf::from(archive.root()),
        incoming: PathBuf::from(incoming(&names, reference)),
        own_keys: own.map(ToString::to_string).collect(),
    };
    Ok((archive, leaving))
}

/// One archive in full: the named one, or the primary archive of the only distribution.
///
/// # Errors
/// [`ArchiveError`].
pub fn show(
    records: &dyn Records,
    site: &Path,
    reference: Option<&ArchiveRef>,
) -> Result<ShownArchive, ArchiveError> {
    let names = Names::read(records)?;
    shown(records, &names, site, names.archive(reference)?)
}

/// Every archive, by reference.
///
/// # Errors
/// [`ArchiveError`].
pub fn list(records: &dyn Records, site: &Path) -> Result<Vec<ShownArchive>, ArchiveError> {
    let names = Names::read(records)?;
    names.archives().iter().map(|archive| shown(records, &names, site, archive)).collect()
}

fn shown(
    records: &dyn Records,
    names: &Names,
    site: &Path,
    archive: &Archive,
) -> Result<ShownArchive, ArchiveError> {
    let reference = &archive.reference;
    let series = names.distribution_of(reference).map(|d| d.series.as_slice()).unwrap_or_default();
    let incoming = site.join(incoming(names, reference));
    Ok(ShownArchive {
        archive: reference.to_string(),
        purpose: reference.purpose().as_str(),
        origin: archive.origin.clone(),
        label: archive.label.clone(),
        enabled: archive.enabled,
        size: records.archive_size(archive.id)?,
        size_limit: archive.size_limit,
        obsolete_uploads: archive.obsolete_uploads,
        published: archive.published,
        private: archive.private,
        ls_lr: archive.lists.ls_lr,
        indices: archive.lists.indices,
        deleted: archive.deletion.as_ref().map(|it| ShownDeletion {
            done: it.done,
            at: it.at.to_string(),
            who: it.who.clone(),
            reason: it.reason.clone(),
        }),
        series: series.iter().map(|series| series.name.to_string()).collect(),
        root: site.join(archive.root()),
        dput: dput(reference, &incoming),
        incoming,
    })
}

/// What arrives without naming an archive is for the primary one, where there is only one.
fn incoming(names: &Names, reference: &ArchiveRef) -> String {
    match (reference, names.distributions()) {
        (ArchiveRef::Primary(_), [_only]) => "incoming".to_owned(),
        _ => reference.incoming(),
    }
}

fn dput(reference: &ArchiveRef, incoming: &Path) -> String {
    let section = reference.to_string().replace('~', "").replace('/', "-");
    format!(
        "[{section}]\n# On this machine; from others: method = sftp, and fqdn = the name of this machine.\n\
         method = local\nincoming = {}\nallow_unsigned_uploads = 0\n",
        incoming.display()
    )
}
