//! The end of an archive. Its records stay: what it had, when, and who has deleted it.

use super::RecordsError;
use crate::model::archive::{ArchiveId, ArchiveRef, Deletion};
use crate::model::time::Timestamp;

/// Records of archives that are deleted.
///
/// From the beginning of the deletion on nothing can be placed into the archive or filed in its queue.
pub trait DeletionRecords {
    /// Begins to delete an archive, before the first file goes: it takes no uploads and is not published, its live
    /// publications become Deleted, its custom files superseded, what waits in its queue is Rejected with the reason, and
    /// nothing of its suites is to be published. Where it has begun already, the first time counts, and the rest is done
    /// again. Returns how many publications became Deleted.
    ///
    /// # Errors
    /// The database fails, or has no such archive.
    fn begin_deletion(&self, archive: ArchiveId, deletion: &Deletion) -> Result<usize, RecordsError>;

    /// Records that all files of an archive are gone: its publications are removed, clients see no suite and no second
    /// name of it, other programs contribute nothing to it any more, and it is called `renamed` from now on, so that its name is free.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when another archive is called so; or the database fails, or no deletion has begun.
    fn finish_deletion(
        &self,
        archive: ArchiveId,
        renamed: &ArchiveRef,
        at: Timestamp,
    ) -> Result<(), RecordsError>;
}
