//! What an archive and its queue already have: names, versions, files.

use debfmt::digest::Sha256;
use debfmt::names::FileName;

use super::rows::{Work, sha256};
use crate::model::archive::ArchiveId;
use crate::model::queue::{NewQueueItem, QueueId};
use crate::ports::db::RecordsError;

pub(super) const ANCESTOR: &str = "
    SELECT p.component, p.section, p.priority, p.status < 2 FROM publication p INDEXED BY publication_name
    JOIN suite s ON s.id = p.suite_id
    WHERE p.name = ?3 AND p.kind = ?2 AND p.suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)
    ORDER BY p.status < 2 DESC, s.series_id = ?5 DESC, p.architecture = ?4 DESC, p.id DESC LIMIT 1";

pub(super) const SOURCE_IN_QUEUE: &str = "
    SELECT q.id FROM queue_item q INDEXED BY queue_item_source
    CROSS JOIN queue_release r ON r.item_id = q.id AND r.kind = 0
    WHERE q.archive_id = ?1 AND q.source = ?2 AND q.version = ?3 AND q.status IN (2, 4) AND q.id IS NOT ?4
    ORDER BY q.id LIMIT 1";

pub(super) const SOURCE_IN_SUITE: &str = "
    SELECT n.name, s.pocket FROM publication p INDEXED BY publication_name
    JOIN suite s ON s.id = p.suite_id
    JOIN series n ON n.id = s.series_id
    WHERE p.name = ?2 AND p.kind = 0 AND p.suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)
    AND p.version = ?3 ORDER BY p.id LIMIT 1";

/// Grows with the archive; asked only where there is a bound.
pub(super) const ARCHIVE_SIZE: &str = "
    WITH releases (kind, id) AS (
        SELECT p.kind, p.release_id FROM publication p JOIN suite s ON s.id = p.suite_id
        WHERE s.archive_id = ?1 AND p.removed IS NULL AND (p.status < 2 OR p.published IS NOT NULL)
        UNION
        SELECT r.kind, r.release_id FROM queue_release r JOIN queue_item q ON q.id = r.item_id
        WHERE q.archive_id = ?1 AND q.status IN (0, 1, 2)
    ), objects (id) AS (
        SELECT f.object_id FROM releases r JOIN source_file f ON f.source_id = r.id WHERE r.kind = 0
        UNION
        SELECT b.object_id FROM releases r JOIN binary_release b ON b.id = r.id WHERE r.kind = 1
        UNION
        SELECT c.object_id FROM queue_custom c JOIN queue_item q ON q.id = c.item_id
        WHERE q.archive_id = ?1 AND q.status IN (0, 1, 2)
        UNION
        SELECT f.object_id FROM custom_file f JOIN custom_publication p ON p.id = f.publication_id
        JOIN suite s ON s.id = p.suite_id
        WHERE s.archive_id = ?1 AND p.removed IS NULL AND (p.status = 0 OR p.published IS NOT NULL)
        AND f.object_id IS NOT NULL
    )
    SELECT ifnull(sum(o.size), 0) FROM objects JOIN object o ON o.id = objects.id";

pub(super) const BUILDER: &str = "
    SELECT b.source_name FROM publication p INDEXED BY publication_name
    JOIN suite s ON s.id = p.suite_id
    JOIN binary_release b ON b.id = p.release_id
    WHERE p.name = ?2 AND p.kind = 1 AND p.suite_id IN (SELECT id FROM suite WHERE archive_id = ?1)
    ORDER BY s.series_id = ?3 DESC, p.id DESC LIMIT 1";

pub(super) const QUEUED_CONFLICT: &str = "
    SELECT f.item_id, f.sha256 FROM queue_file f JOIN queue_item q ON q.id = f.item_id
    WHERE f.archive_id = ?1 AND f.name = ?2 AND f.sha256 <> ?3 AND q.status IN (0, 1, 2)
    ORDER BY f.item_id LIMIT 1";

pub(super) fn known_file(
    work: Work<'_>,
    archive: ArchiveId,
    file: &FileName,
) -> Result<Option<Sha256>, RecordsError> {
    let sql = "SELECT sha256 FROM archive_file WHERE archive_id = ?1 AND name = ?2";
    work.first(sql, (archive.0, file.as_str()), |row| sha256(row, 0))
}

pub(super) fn queued_conflict(
    work: Work<'_>,
    archive: ArchiveId,
    file: &FileName,
    given: &Sha256,
) -> Result<Option<(QueueId, Sha256)>, RecordsError> {
    let values = (archive.0, file.as_str(), given.as_bytes());
    work.first(QUEUED_CONFLICT, values, |row| Ok((QueueId(row.get(0)?), sha256(row, 1)?)))
}

pub(super) fn refuse_conflicts(work: Work<'_>, item: &NewQueueItem) -> Result<(), RecordsError> {
    for file in item.releases.iter().flat_map(|queued| queued.release.files()) {
        refuse_conflict(work, item.suite.archive, &file.name, file.checksums.sha256)?;
    }
    Ok(())
}

/// Refuses a file whose name the archive, or an item that waits, has with another content than `given`.
pub(super) fn refuse_conflict(
    work: Work<'_>,
    archive: ArchiveId,
    file: &FileName,
    given: Sha256,
) -> Result<(), RecordsError> {
    let known = known_file(work, archive, file)?.filter(|had| *had != given);
    let had = match known {
        Some(had) => Some(had),
        None => queued_conflict(work, archive, file, &given)?.map(|(_, had)| had),
    };
    had.map_or(Ok(()), |had| Err(RecordsError::FileConflict { file: file.to_string(), had, given }))
}

pub(super) fn changes_seen(
    work: Work<'_>,
    archive: ArchiveId,
    sha256: &str,
) -> Result<Option<QueueId>, RecordsError> {
    let sql = "SELECT id FROM queue_item WHERE archive_id = ?1 AND changes_sha256 = ?2";
    work.first(sql, (archive.0, sha256), |row| Ok(QueueId(row.get(0)?)))
}
