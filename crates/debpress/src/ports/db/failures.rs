//! Accepted queue items that could not be processed.

use super::RecordsError;
use crate::model::queue::{ItemFailure, QueueId};
use crate::model::time::Timestamp;

/// Records of items that fail.
pub trait FailureRecords {
    /// Notes that an item could not be processed, and why. Returns how often that has happened since somebody accepted it
    /// last. At the attempt of number `held`, it is written into the item's history that it is held.
    ///
    /// # Errors
    /// [`RecordsError::NoQueueItem`], or the database fails.
    fn item_failed(&self, item: QueueId, error: &str, held: u32, at: Timestamp) -> Result<u32, RecordsError>;

    /// The items that failed at their last attempt, by number.
    ///
    /// # Errors
    /// The database fails.
    fn failing_items(&self) -> Result<Vec<ItemFailure>, RecordsError>;

    /// Forgets that an item has failed, so that it is tried again. `false`: it has not.
    ///
    /// # Errors
    /// The database fails.
    fn forget_failure(&self, item: QueueId) -> Result<bool, RecordsError>;
}
