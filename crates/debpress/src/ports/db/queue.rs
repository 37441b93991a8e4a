//! The queue, and what the archive already knows.

use std::collections::BTreeMap;

use debfmt::digest::Sha256;
use debfmt::names::{FileName, SourceName};
use debfmt::version::Version;

use super::{CustomChange, RecordsError};
use crate::model::archive::ArchiveId;
use crate::model::notice::NewNotice;
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{Decision, NewQueueItem, QueueDetail, QueueId, QueueItem, QueueStatus};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;

/// Which queue items are asked for; an empty list or `None` sets no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Statuses.
    pub statuses: Vec<QueueStatus>,
    /// The archives.
    pub archives: Vec<ArchiveId>,
    /// The suites.
    pub suites: Vec<SuiteKey>,
    /// A source name; `*` stands for any characters.
    pub name: Option<String>,
    /// Received at this time or later.
    pub since: Option<Timestamp>,
    /// Received before this time.
    pub until: Option<Timestamp>,
}

/// Refuses an item that has one file name twice with different contents: only one of them could enter the pool.
///
/// # Errors
/// [`RecordsError::FileConflict`] with the first such name.
pub(crate) fn refuse_own_conflicts(item: &NewQueueItem) -> Result<(), RecordsError> {
    let mut seen = BTreeMap::new();
    for file in item.releases.iter().flat_map(|queued| queued.release.files()) {
        let given = file.checksums.sha256;
        let had = *seen.entry(&file.name).or_insert(given);
        if had != given {
            return Err(RecordsError::FileConflict { file: file.name.to_string(), had, given });
        }
    }
    Ok(())
}

impl QueueFilter {
    /// Whether an item is asked for.
    pub fn takes(&self, item: &QueueItem) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&item.status))
            && (self.archives.is_empty() || self.archives.contains(&item.suite.archive))
            && (self.suites.is_empty() || self.suites.contains(&item.suite))
            && self.name.as_ref().is_none_or(|pattern| fits(pattern, &item.source))
            && self.since.is_none_or(|since| item.received >= since)
            && self.until.is_none_or(|until| item.received < until)
    }
}

/// Whether a text is what a pattern says, in which `*` stands for any characters.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.ends_with(end)
}

/// How an archive has placed a package before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Component, section and priority.
    pub placement: Placement,
    /// Whether any record of the name is live: Pending or Published. Otherwise it was deleted, and is new again.
    pub live: bool,
}

/// Records of the queue.
pub trait QueueRecords {
    /// How the archive has placed a package of that kind and name (behaviour map 5.7). Of several records: a live one
    /// first, then one of the suite's series, then one of the architecture, then the newest. `None`: it has never had
    /// the name.
    ///
    /// # Errors
    /// The database fails.
    fn ancestor(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<Ancestor>, RecordsError>;

    /// Where the archive has the source package in this very version: in a suite, in whatever status, or in its queue
    /// as Accepted or Done, but for the item `except`. A sentence part for people: `as queue item 7`.
    ///
    /// # Errors
    /// The database fails.
    fn source_taken(
        &self,
        archive: ArchiveId,
        name: &SourceName,
        version: &Version,
        except: Option<QueueId>,
    ) -> Result<Option<String>, RecordsError>;

    /// How many bytes the archive's packages and custom files have together: those that are or will be in its pool and
    /// suites, and those that wait in its queue, each file once.
    ///
    /// # Errors
    /// The database fails.
    fn archive_size(&self, archive: ArchiveId) -> Result<u64, RecordsError>;

    /// The source that built the binary package of that name which the archive placed last: in the suite's series, or,
    /// where that never had the name, in any other; in any status. `None`: the archive has never had the name.
    ///
    /// # Errors
    /// The database fails.
    fn builder_of(&self, suite: SuiteKey, name: &str) -> Result<Option<SourceName>, RecordsError>;

    /// The SHA-256 that the archive has ever known a file name by, or `None`.
    ///
    /// # Errors
    /// The database fails.
    fn known_file(&self, archive: ArchiveId, file: &FileName) -> Result<Option<Sha256>, RecordsError>;

    /// The oldest item of the archive's queue that waits (New, Unapproved or Accepted) with a file of that name and
    /// another SHA-256 than `given`, and that SHA-256. Only one of the two can ever be published (promise 4).
    ///
    /// # Errors
    /// The database fails.
    fn queued_conflict(
        &self,
        archive: ArchiveId,
        file: &FileName,
        given: &Sha256,
    ) -> Result<Option<(QueueId, Sha256)>, RecordsError>;

    /// The queue item that took a .changes with this SHA-256 (hex, of its signed text) into the archive.
    ///
    /// # Errors
    /// The database fails.
    fn changes_seen(&self, archive: ArchiveId, sha256: &str) -> Result<Option<QueueId>, RecordsError>;

    /// Files an upload. Releases whose files are recorded already are shared, not copied. The item's history begins
    /// with its first status, by the uploader, when it was received. Its notices are recorded with it.
    ///
    /// # Errors
    /// [`RecordsError::ChangesSeen`]; [`RecordsError::FileConflict`] with what the archive or its queue has, or with
    /// another file of the item itself; or the database fails. Then nothing was filed.
    fn enter_queue(&self, item: &NewQueueItem) -> Result<QueueId, RecordsError>;

    /// Queue items, by the time at which they were received, then by number.
    ///
    /// # Errors
    /// The database fails.
    fn queue_items(&self, filter: &QueueFilter) -> Result<Vec<QueueItem>, RecordsError>;

    /// All about one item, or `None`.
    ///
    /// # Errors
    /// The database fails.
    fn queue_detail(&self, id: QueueId) -> Result<Option<QueueDetail>, RecordsError>;

    /// Moves an item to another status, writes it into the item's history, and records what is told of it. Not for
    /// Done, see [`QueueRecords::realise`].
    ///
    /// # Errors
    /// [`RecordsError::NoQueueItem`]; [`RecordsError::Transition`]; for Accepted [`RecordsError::FileConflict`] when
    /// the archive or another waiting item has taken a file name of the item meanwhile; or the database fails.
    fn decide(&self, id: QueueId, decision: &Decision, notices: &[NewNotice]) -> Result<(), RecordsError>;

    /// Turns an Accepted item into Pending publication records, registers its file names with the archive, places
    /// its custom files as `custom` says, marks the suite dirty, and makes the item Done. Returns the number of
    /// publications made; a release that is live in the suite with the same placement gets no second record.
    ///
    /// # Errors
    /// [`RecordsError::NoQueueItem`], [`RecordsError::Transition`], [`RecordsError::FileConflict`];
    /// [`RecordsError::Exists`] when the suite has the directory of a custom version already; or the database fails;
    /// then nothing has changed.
    fn realise(
        &self,
        id: QueueId,
        custom: &CustomChange,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, RecordsError>;
}
