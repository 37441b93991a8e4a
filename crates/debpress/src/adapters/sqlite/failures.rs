//! Accepted queue items that could not be processed.

use super::SqliteRecords;
use super::queue::{insert_event, status_of};
use crate::model::queue::{Decision, ItemFailure, QueueId, held_comment};
use crate::model::time::Timestamp;
use crate::ports::db::{FailureRecords, RecordsError};

impl FailureRecords for SqliteRecords {
    fn item_failed(&self, item: QueueId, error: &str, held: u32, at: Timestamp) -> Result<u32, RecordsError> {
        self.change("note that a queue item failed", |work| {
            let status = status_of(work, item)?;
            let sql = "INSERT INTO queue_failure (item_id, attempts, at, error) VALUES (?1, 1, ?2, ?3)
                       ON CONFLICT (item_id) DO UPDATE SET attempts = attempts + 1, at = ?2, error = ?3";
            work.run(sql, (item.0, at.0, error))?;
            let sql = "SELECT attempts FROM queue_failure WHERE item_id = ?1";
            let attempts = work.first(sql, [item.0], |row| Ok(row.get(0)?))?.unwrap_or(1);
            if attempts == held {
                let (who, comment) = ("process-accepted".to_owned(), held_comment(attempts, error));
                insert_event(work, item, &Decision { status, who, at, comment })?;
            }
            Ok(attempts)
        })
    }

    fn failing_items(&self) -> Result<Vec<ItemFailure>, RecordsError> {
        // Of those that were rejected or done since, nobody wants to hear.
        let sql = "SELECT f.item_id, f.attempts, f.at, f.error FROM queue_failure f JOIN queue_item q
                   ON q.id = f.item_id WHERE q.status = 2 ORDER BY f.item_id";
        self.work("list the queue items that fail").all(sql, (), |row| {
            Ok(ItemFailure {
                item: QueueId(row.get(0)?),
                attempts: row.get(1)?,
                at: Timestamp(row.get(2)?),
                error: row.get(3)?,
            })
        })
    }

    fn forget_failure(&self, item: QueueId) -> Result<bool, RecordsError> {
        let sql = "DELETE FROM queue_failure WHERE item_id = ?1";
        Ok(self.work("let a queue item be tried again").run(sql, [item.0])? > 0)
    }
}
