//! The end of an archive.

use rusqlite::{Row, params};

use super::SqliteRecords;
use super::queue::insert_event;
use super::rows::{During, Read, Work};
use crate::model::archive::{ArchiveId, ArchiveRef, Deletion};
use crate::model::queue::{Decision, QueueId, QueueStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{DeletionRecords, RecordsError};

/// Nobody has begun to delete it.
#[derive(Debug, thiserror::Error)]
#[error("archive {0} is not recorded, or nobody has begun to delete it")]
struct NotBegun(i64);

impl DeletionRecords for SqliteRecords {
    fn begin_deletion(&self, archive: ArchiveId, deletion: &Deletion) -> Result<usize, RecordsError> {
        const OPERATION: &str = "begin to delete an archive";
        self.change(OPERATION, |work| {
            let known = work.run(
                "UPDATE archive SET enabled = 0, published = 0, deletion = ifnull(deletion, 'deleting'),
                     deleted_by = iif(deleted_at IS NULL, ?2, deleted_by),
                     deletion_reason = iif(deleted_at IS NULL, ?3, deletion_reason),
                     deleted_at = ifnull(deleted_at, ?4)
                 WHERE id = ?1",
                params![archive.0, deletion.who, deletion.reason, deletion.at.0],
            )?;
            if known == 0 {
                return Err(NotBegun(archive.0)).during(OPERATION);
            }
            reject_waiting(work, archive, deletion)?;
            let deleted = work.run(DELETE_LIVE, (archive.0, deletion.at.0))?;
            work.run(
                "UPDATE custom_publication SET status = 1, superseded = ?2
                 WHERE status = 0 AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
                (archive.0, deletion.at.0),
            )?;
            work.run(
                "UPDATE suite SET shown = changes, published = 0, entries = 0 WHERE archive_id = ?1",
                [archive.0],
            )?;
            Ok(deleted)
        })
    }

    fn finish_deletion(
        &self,
        archive: ArchiveId,
        renamed: &ArchiveRef,
        at: Timestamp,
    ) -> Result<(), RecordsError> {
        const OPERATION: &str = "record that an archive is deleted";
        self.change(OPERATION, |work| {
            let reference = renamed.to_string();
            let taken = "SELECT 1 FROM archive WHERE reference = ?1 AND id <> ?2";
            if work.first(taken, (&reference, archive.0), |_| Ok(()))?.is_some() {
                return Err(RecordsError::Exists { what: "the archive", name: reference });
            }
            let sql = "UPDATE archive SET reference = ?2, deletion = 'deleted' WHERE id = ?1 AND deletion = 'deleting'";
            if work.run(sql, (archive.0, &reference))? == 0 {
                return Err(NotBegun(archive.0)).during(OPERATION);
            }
            for sql in [
                "UPDATE publication SET removable = min(ifnull(removable, ?2), ?2), removed = ?2
                 WHERE status > 1 AND removed IS NULL AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
                "UPDATE custom_publication SET removed = ?2
                 WHERE removed IS NULL AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
                "UPDATE index_file SET until = ?2,
                     last_release = (SELECT releases FROM suite WHERE suite.id = index_file.suite_id)
                 WHERE until IS NULL AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
                "UPDATE contribution SET until = ?2
                 WHERE until IS NULL AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
            ] {
                work.run(sql, (archive.0, at.0))?;
            }
            for sql in [
                "DELETE FROM suite_alias WHERE archive_id = ?1",
                "DELETE FROM index_outline WHERE suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)",
            ] {
                work.run(sql, [archive.0])?;
            }
            Ok(())
        })
    }
}

const DELETE_LIVE: &str = "
    UPDATE publication SET status = 3, superseded = ?2, removable = ?2
    WHERE status < 2 AND suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)";

fn reject_waiting(work: Work<'_>, archive: ArchiveId, deletion: &Deletion) -> Result<(), RecordsError> {
    let sql = "SELECT id FROM queue_item WHERE archive_id = ?1 AND status < 3 ORDER BY id";
    let waiting: Vec<QueueId> = work.all(sql, [archive.0], |row| Ok(QueueId(row.get(0)?)))?;
    for item in waiting {
        work.run("UPDATE queue_item SET status = 3 WHERE id = ?1", [item.0])?;
        work.run("DELETE FROM queue_failure WHERE item_id = ?1", [item.0])?;
        insert_event(work, item, &rejection(deletion))?;
    }
    Ok(())
}

/// What is recorded of an upload that waits for an archive which is deleted.
fn rejection(deletion: &Deletion) -> Decision {
    let Deletion { at, who, reason, .. } = deletion;
    Decision { status: QueueStatus::Rejected, who: who.clone(), at: *at, comment: reason.clone() }
}

/// Refuses what is meant for an archive that is deleted: asked inside the transaction that would place it.
pub(super) fn refuse_deleted(work: Work<'_>, archive: ArchiveId) -> Result<(), RecordsError> {
    let sql = "SELECT reference FROM archive WHERE id = ?1 AND deletion IS NOT NULL";
    match work.first(sql, [archive.0], |row| Ok(row.get(0)?))? {
        Some(reference) => Err(RecordsError::ArchiveDeleted { reference }),
        None => Ok(()),
    }
}

/// The deletion from four columns that begin at `first`.
pub(super) fn read(row: &Row<'_>, first: usize) -> Read<Option<Deletion>> {
    let Some(state) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
    let at = Timestamp(row.get::<_, Option<i64>>(first + 1)?.unwrap_or_default());
    let (who, reason) = (row.get(first + 2)?, row.get(first + 3)?);
    Ok(Some(Deletion { done: state == "deleted", at, who, reason }))
}
