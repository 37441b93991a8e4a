//! Death row: publications whose files may leave the pool, and the record that they have left it.

use super::RecordsError;
use crate::model::archive::ArchiveId;
use crate::model::publication::{PoolEntry, PublicationId};
use crate::model::time::Timestamp;

/// A publication whose stay in the pool is over: it was superseded or deleted, and may be removed by now (behaviour map
/// 3.4, 3.5). One that nobody ever saw has no stay; its files are in the pool all the same where an earlier publication
/// or an interrupted run left them to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condemned {
    /// The record.
    pub publication: PublicationId,
    /// A source that must stay nevertheless: a binary publication of the archive that stays was built from it, or names
    /// it in Built-Using, and no publication that stays has the same source.
    pub held: bool,
    /// The files that it had in the pool.
    pub files: Vec<CondemnedFile>,
}

/// A file of a publication whose stay is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CondemnedFile {
    /// The file.
    pub entry: PoolEntry,
    /// Whether a publication of the archive that stays has the same path in the pool.
    pub needed: bool,
}

/// Records of what leaves the pool.
///
/// A publication *stays* while it is Pending or Published; and after that, if it was ever published, until it is removable.
pub trait DeathRowRecords {
    /// The publications of the archive whose stay is over at `now` and which are not recorded as removed, by number: all
    /// of one moment. What it reads grows with them and with what has their names, not with the archive.
    ///
    /// A deleted publication of which nobody has said when it is removable stays. Of an archive that is being deleted, or
    /// was, there are none: clients may see it until its deletion goes on, which takes the whole pool.
    ///
    /// # Errors
    /// The database fails.
    fn condemned(&self, archive: ArchiveId, now: Timestamp) -> Result<Vec<Condemned>, RecordsError>;

    /// Records that these publications need no file in the pool any more. Returns how many of them are recorded so by
    /// this call; one that stays at `at`, or was recorded before, is left as it is.
    ///
    /// # Errors
    /// The database fails; then none is recorded.
    fn record_removed(&self, publications: &[PublicationId], at: Timestamp) -> Result<usize, RecordsError>;
}
