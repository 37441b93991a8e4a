//! The end of a personal archive or a copy (behaviour map 3.14).
//!
//! ```text
//! reject    what waits in its queue, and its uploaders are told
//! (record)  it is being deleted: its publications are Deleted, nothing more is taken, and its name stays taken
//! withdraw  `dists` moves aside in one step: clients see nothing of it any more
//! remove    what they saw, what they saw before that, what was being prepared, the pool, the public key, the root
//! (record)  it is deleted: its publications are removed, and it has another name
//! ```
//!
//! Nothing is removed before the records say that it is being deleted, so a deletion that was interrupted is finished by
//! the next run of a publisher, or by the same command again; each step finds what the one before it has left. Only
//! what lies below the archive's own root goes, by name: whatever else is there stays, and the root with it.

use super::{PublishReport, PublishSite};
use crate::lock::{LockError, PublisherLock};
use crate::model::archive::{Archive, ArchiveRef, Deletion};
use crate::model::key::{RootPart, TreeKey};
use crate::model::time::Timestamp;
use crate::ports::db::{QueueFilter, Records, RecordsError};
use crate::ports::tree::{Tree, TreeError};
use crate::queue::{Choice, ReviewError, reject, waiting};

/// What a deletion works with.
#[derive(Clone, Copy)]
pub struct DeletionSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// Now.
    pub now: Timestamp,
}

/// An archive that is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedArchive {
    /// Its name until now.
    pub reference: ArchiveRef,
    /// Its name in the records.
    pub renamed: ArchiveRef,
    /// Whether its root is gone; somebody else has put files there otherwise.
    pub root_gone: bool,
}

/// Why an archive is not deleted, or not wholly.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// A distribution is made of it.
    #[error(
        "{reference} cannot be deleted: only personal archives and copies can; `debpress archive set {reference} --publish no` stops its publication"
    )]
    Kept {
        /// The archive.
        reference: String,
    },
    /// The publisher lock was lost.
    #[error("cannot go on with the deletion of {reference}")]
    Lock {
        /// The archive.
        reference: String,
        /// Why.
        #[source]
        source: Box<LockError>,
    },
    /// It is deleted already.
    #[error("{reference} was deleted {at} by {who}: {reason}")]
    Done {
        /// The archive.
        reference: String,
        /// When.
        at: Timestamp,
        /// By whom.
        who: String,
        /// Why.
        reason: String,
    },
    /// A publication is half done, and may be one of this archive.
    #[error(
        "the publication of {at} was interrupted, so nothing is deleted: run `debpress publish-distro`, which finishes it, and try again"
    )]
    Unfinished {
        /// When it was made.
        at: Timestamp,
    },
    /// Another archive lies in the same directory.
    #[error("{reference} cannot be deleted: {other} is published below the same directory, {root}")]
    Shared {
        /// The archive.
        reference: String,
        /// The other one.
        other: String,
        /// The directory.
        root: String,
    },
    /// What waits in its queue cannot be rejected.
    #[error("cannot reject what waits for {reference}; nothing of the archive is deleted")]
    Queue {
        /// The archive.
        reference: String,
        /// Why.
        #[source]
        source: Box<ReviewError>,
    },
    /// The records failed.
    #[error("cannot delete {reference}")]
    Records {
        /// The archive.
        reference: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// Its files could not be removed.
    #[error(
        "cannot remove the files of {reference}, which clients may see no more; the same command, or the next publisher, goes on"
    )]
    Tree {
        /// The archive.
        reference: String,
        /// Why.
        #[source]
        source: TreeError,
    },
}

/// Whether an archive can be deleted now. Changes nothing.
///
/// # Errors
/// [`DeletionError`].
pub fn may_delete(site: &DeletionSite<'_>, archive: &Archive) -> Result<(), DeletionError> {
    let reference = archive.reference.to_string();
    if !archive.reference.purpose().can_be_deleted() {
        return Err(DeletionError::Kept { reference });
    }
    if let Some(Deletion { done: true, at, who, reason }) = archive.deletion.clone() {
        return Err(DeletionError::Done { reference, at, who, reason });
    }
    let open = site.records.open_switch().map_err(records_failed(archive))?;
    open.map_or(Ok(()), |switch| Err(DeletionError::Unfinished { at: switch.at }))
}

/// Deletes an archive, or goes on with it.
///
/// # Errors
/// [`DeletionError`]. Once it has begun, the same call goes on where it stopped.
pub fn delete_archive(
    site: &DeletionSite<'_>,
    lock: &PublisherLock,
    archive: &Archive,
    choice: &Choice,
) -> Result<DeletedArchive, DeletionError> {
    may_delete(site, archive)?;
    not_shared(site, archive)?;
    let filter = QueueFilter { archives: vec![archive.id], ..QueueFilter::default() };
    let queue = |source: ReviewError| DeletionError::Queue {
        reference: archive.reference.to_string(),
        source: Box::new(source),
    };
    for item in waiting(site.records, &filter).map_err(queue)? {
        reject(site.records, item.id, choice).map_err(queue)?;
    }
    let (who, reason) = (choice.who.clone(), choice.comment.clone());
    let deletion = Deletion { done: false, at: choice.at, who, reason };
    site.records.begin_deletion(archive.id, &deletion).map_err(records_failed(archive))?;
    finish(site, lock, archive)
}

/// Goes on with deletions that were interrupted. One that fails is reported, and keeps nobody from publishing.
pub(super) fn finish_all(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    archives: &[Archive],
    report: &mut PublishReport,
) {
    let site = DeletionSite { records: site.records, tree: site.tree, now: site.now };
    for archive in archives.iter().filter(|archive| archive.is_being_deleted()) {
        match finish(&site, lock, archive) {
            Ok(_) => report
                .warnings
                .push(format!("the deletion of {} was interrupted, and is finished", archive.reference)),
            Err(error) => report.warnings.push(crate::ports::shortage::in_one_line(&error)),
        }
    }
}

fn finish(
    site: &DeletionSite<'_>,
    lock: &PublisherLock,
    archive: &Archive,
) -> Result<DeletedArchive, DeletionError> {
    not_shared(site, archive)?;
    let lost =
        |source| DeletionError::Lock { reference: archive.reference.to_string(), source: Box::new(source) };
    lock.check().map_err(lost)?;
    let (root, reference) = (archive.root(), archive.reference.clone());
    let failed = |source| DeletionError::Tree { reference: reference.to_string(), source };
    site.tree.withdraw(&root).map_err(failed)?;
    for part in RootPart::ALL {
        site.tree.remove_part(&root, part).map_err(failed)?;
    }
    let root_gone = site.tree.remove_root(&root, &TreeKey::PublicKey(reference.clone())).map_err(failed)?;
    let all = site.records.archives().map_err(records_failed(archive))?;
    let is_free = |name: &ArchiveRef| all.iter().all(|other| other.reference != *name);
    let names = (1..).map_while(|number| reference.when_deleted(number));
    let renamed = names
        .into_iter()
        .find(is_free)
        .ok_or_else(|| DeletionError::Kept { reference: reference.to_string() })?;
    let recorded = site.records.finish_deletion(archive.id, &renamed, site.now);
    recorded.map_err(records_failed(archive))?;
    Ok(DeletedArchive { reference, renamed, root_gone })
}

/// Files of another archive must not go with it, whatever the records allow.
fn not_shared(site: &DeletionSite<'_>, archive: &Archive) -> Result<(), DeletionError> {
    let root = archive.root();
    let lies_in = |one: &str, other: &str| format!("{one}/").starts_with(&format!("{other}/"));
    for other in site.records.archives().map_err(records_failed(archive))? {
        let theirs = other.root();
        if other.id != archive.id && (lies_in(&theirs, &root) || lies_in(&root, &theirs)) {
            let (reference, other) = (archive.reference.to_string(), other.reference.to_string());
            return Err(DeletionError::Shared { reference, other, root });
        }
    }
    Ok(())
}

fn records_failed(archive: &Archive) -> impl Fn(RecordsError) -> DeletionError + use<> {
    let reference = archive.reference.to_string();
    move |source| DeletionError::Records { reference: reference.clone(), source }
}
