//! What a person needs to decide about a queue item, and may change of it.

use super::RecordsError;
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{Note, PackageText, QueueId};
use crate::model::suite::SuiteKey;

/// Records for reviewers.
pub trait ReviewRecords {
    /// The text and file list of each package of an item, in the order of its packages.
    ///
    /// # Errors
    /// [`RecordsError::NoQueueItem`], or the database fails.
    fn queued_texts(&self, item: QueueId) -> Result<Vec<PackageText>, RecordsError>;

    /// Text and file list of the newest live publication of a package in a suite, if there is one.
    ///
    /// # Errors
    /// The database fails.
    fn live_text(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<PackageText>, RecordsError>;

    /// Places packages of an item, by their position in it, where a reviewer wants them, and writes the note into
    /// the item's history.
    ///
    /// # Errors
    /// [`RecordsError::NoQueueItem`]; [`RecordsError::NotWaiting`] when it is Rejected or Done; or the database fails.
    fn override_packages(
        &self,
        item: QueueId,
        placements: &[(usize, Placement)],
        note: &Note,
    ) -> Result<(), RecordsError>;
}
