//! Accepted queue items that could not be processed.

use super::MemoryRecords;
use crate::model::queue::{Decision, ItemFailure, QueueId, QueueStatus, held_comment};
use crate::model::time::Timestamp;
use crate::ports::db::{FailureRecords, RecordsError};

impl FailureRecords for MemoryRecords {
    fn item_failed(&self, item: QueueId, error: &str, held: u32, at: Timestamp) -> Result<u32, RecordsError> {
        self.change(|state| {
            let status = state.entry(item)?.item.status;
            let known = state.failures.entry(item);
            let failure = known.or_insert(ItemFailure { item, attempts: 0, at, error: String::new() });
            failure.attempts += 1;
            (failure.at, failure.error) = (at, error.to_owned());
            let attempts = failure.attempts;
            if attempts == held {
                let (who, comment) = ("process-accepted".to_owned(), held_comment(attempts, error));
                state.entry(item)?.turn(&Decision { status, who, at, comment });
            }
            Ok(attempts)
        })
    }

    fn failing_items(&self) -> Result<Vec<ItemFailure>, RecordsError> {
        Ok(self.look(|state| {
            let is_accepted = |failure: &&ItemFailure| {
                let mut entries = state.queue.iter();
                let found = entries.find(|entry| entry.item.id == failure.item);
                found.is_some_and(|entry| entry.item.status == QueueStatus::Accepted)
            };
            state.failures.values().filter(is_accepted).cloned().collect()
        }))
    }

    fn forget_failure(&self, item: QueueId) -> Result<bool, RecordsError> {
        self.change(|state| Ok(state.failures.remove(&item).is_some()))
    }
}
