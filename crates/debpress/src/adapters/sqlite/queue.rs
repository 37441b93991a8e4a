//! The queue, and what the archive already knows.

use debfmt::digest::Sha256;
use debfmt::names::{FileName, SourceName};
use debfmt::version::Version;
use rusqlite::{Row, params};

use super::SqliteRecords;
use super::custom;
use super::deletion::refuse_deleted;
use super::known::{
    ANCESTOR, ARCHIVE_SIZE, BUILDER, SOURCE_IN_QUEUE, SOURCE_IN_SUITE, changes_seen, known_file,
    queued_conflict, refuse_conflict, refuse_conflicts,
};
use super::notices;
use super::place::{Placer, placement};
use super::releases::{Recorded, ReleaseFile, ReleaseRow, ReleaseWriter, files};
use super::rows::{
    Read, Work, kind, kind_number, parsed, queue_status, queue_status_number, size, suite_key,
};
use crate::model::archive::ArchiveId;
use crate::model::notice::NewNotice;
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{
    Decision, NewQueueItem, QueueDetail, QueueEvent, QueueId, QueueItem, QueuePackage, QueueStatus,
};
use crate::model::suite::{Pocket, SuiteKey};
use crate::model::time::Timestamp;
use crate::ports::db::{
    Ancestor, CustomChange, QueueFilter, QueueRecords, RecordsError, refuse_own_conflicts,
};

impl QueueRecords for SqliteRecords {
    fn ancestor(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<Ancestor>, RecordsError> {
        let values = (suite.archive.0, kind_number(kind), name, architecture, suite.series.0);
        self.work("read a placement")
            .first(ANCESTOR, values, |row| Ok(Ancestor { placement: placement(row, 0)?, live: row.get(3)? }))
    }

    fn source_taken(
        &self,
        archive: ArchiveId,
        name: &SourceName,
        version: &Version,
        except: Option<QueueId>,
    ) -> Result<Option<String>, RecordsError> {
        self.look("look for a version of a source", |work| {
            let values = (archive.0, name.as_str(), version.as_str(), except.map(|item| item.0));
            let item = work.first(SOURCE_IN_QUEUE, values, |row| Ok(row.get::<_, i64>(0)?))?;
            if let Some(item) = item {
                return Ok(Some(format!("as queue item {item}")));
            }
            let values = (archive.0, name.as_str(), version.as_str());
            work.first(SOURCE_IN_SUITE, values, |row| {
                let (series, pocket): (String, Pocket) = (row.get(0)?, parsed(row, 1, "a pocket")?);
                Ok(format!("in {series}{}", pocket.suffix()))
            })
        })
    }

    fn archive_size(&self, archive: ArchiveId) -> Result<u64, RecordsError> {
        let size = self.work("add up an archive").first(ARCHIVE_SIZE, [archive.0], |row| size(row, 0))?;
        Ok(size.unwrap_or_default())
    }

    fn builder_of(&self, suite: SuiteKey, name: &str) -> Result<Option<SourceName>, RecordsError> {
        let values = (suite.archive.0, name, suite.series.0);
        self.work("read who built a package").first(BUILDER, values, |row| parsed(row, 0, "a source name"))
    }

    fn known_file(&self, archive: ArchiveId, file: &FileName) -> Result<Option<Sha256>, RecordsError> {
        known_file(self.work("look up a file name"), archive, file)
    }

    fn queued_conflict(
        &self,
        archive: ArchiveId,
        file: &FileName,
        given: &Sha256,
    ) -> Result<Option<(QueueId, Sha256)>, RecordsError> {
        queued_conflict(self.work("look for a file name in the queue"), archive, file, given)
    }

    fn changes_seen(&self, archive: ArchiveId, sha256: &str) -> Result<Option<QueueId>, RecordsError> {
        changes_seen(self.work("look up a .changes"), archive, sha256)
    }

    fn enter_queue(&self, item: &NewQueueItem) -> Result<QueueId, RecordsError> {
        self.change("file a queue item", |work| {
            if let Some(item) = changes_seen(work, item.suite.archive, &item.changes_sha256)? {
                return Err(RecordsError::ChangesSeen { item });
            }
            refuse_deleted(work, item.suite.archive)?;
            // Asked here, inside the transaction, because another run may have filed the same name a moment ago.
            refuse_own_conflicts(item)?;
            refuse_conflicts(work, item)?;
            let id = insert_item(work, item)?;
            insert_releases(work, id, item)?;
            custom::insert_queued(work, id, &item.custom)?;
            let entered = Decision {
                status: item.status,
                who: item.uploader.clone(),
                at: item.received,
                comment: String::new(),
            };
            insert_event(work, id, &entered)?;
            notices::insert(work, Some(id), &item.notices)?;
            Ok(id)
        })
    }

    fn queue_items(&self, filter: &QueueFilter) -> Result<Vec<QueueItem>, RecordsError> {
        self.look("list the queue", |work| {
            let statuses =
                if filter.statuses.is_empty() { &QueueStatus::ALL[..] } else { &filter.statuses[..] };
            let mut statuses = statuses.to_vec();
            statuses.sort();
            statuses.dedup();
            let sql = format!("{ITEMS} WHERE status = ?1");
            let mut found = Vec::new();
            for status in statuses {
                found.append(&mut work.all(&sql, [queue_status_number(status)], read_item)?);
            }
            found.retain(|item| filter.takes(item));
            found.sort_by_key(|item| (item.received, item.id));
            Ok(found)
        })
    }

    fn queue_detail(&self, id: QueueId) -> Result<Option<QueueDetail>, RecordsError> {
        self.look("read a queue item", |work| {
            let Some(item) = find_item(work, id)? else { return Ok(None) };
            let sql = "SELECT changes_text FROM queue_item WHERE id = ?1";
            let changes_text: Option<String> = work.first(sql, [id.0], |row| Ok(row.get(0)?))?;
            let sql = "SELECT at, who, status, comment FROM queue_event WHERE item_id = ?1 ORDER BY id";
            let events = work.all(sql, [id.0], |row| {
                Ok(QueueEvent {
                    at: Timestamp(row.get(0)?),
                    who: row.get(1)?,
                    status: queue_status(row, 2)?,
                    comment: row.get(3)?,
                })
            })?;
            let (packages, custom) = (packages_of(work, id)?, custom::queued_of(work, id)?);
            let changes_text = changes_text.unwrap_or_default();
            Ok(Some(QueueDetail { item, packages, custom, changes_text, events }))
        })
    }

    fn decide(&self, id: QueueId, decision: &Decision, notices: &[NewNotice]) -> Result<(), RecordsError> {
        self.change("decide a queue item", |work| {
            let from = status_of(work, id)?;
            // Done is more than a word: only `realise` may say it.
            if decision.status == QueueStatus::Done || !from.may_become(decision.status) {
                return Err(RecordsError::Transition { item: id, from, to: decision.status });
            }
            if decision.status == QueueStatus::Accepted {
                refuse_taken(work, id)?;
            }
            move_item(work, id, decision)?;
            notices::insert(work, Some(id), notices)?;
            Ok(())
        })
    }

    fn realise(
        &self,
        id: QueueId,
        custom: &CustomChange,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, RecordsError> {
        self.change("turn a queue item into publications", |work| {
            let item = find_item(work, id)?.ok_or(RecordsError::NoQueueItem { item: id })?;
            if !item.status.may_become(QueueStatus::Done) {
                let to = QueueStatus::Done;
                return Err(RecordsError::Transition { item: id, from: item.status, to });
            }
            let releases = releases_of(work, id)?;
            let mut placer = Placer::new(work, item.suite, at)?;
            for (row, placement) in releases {
                let release = Recorded { row, files: files(work, row)? };
                placer.place(&release, &placement)?;
            }
            let suite = placer.suite();
            let done = placer.finish()?;
            custom::change(work, suite, id, custom, at)?;
            let decision =
                Decision { status: QueueStatus::Done, who: who.to_owned(), at, comment: String::new() };
            move_item(work, id, &decision)?;
            Ok(done.added)
        })
    }
}

const ITEMS: &str = "
    SELECT id, archive_id, series_id, pocket, status, source, version, architectures, changes_name, uploader,
           fingerprint, received
    FROM queue_item";

/// While the item waited or was rejected, others may have taken its file names, or its archive away.
fn refuse_taken(work: Work<'_>, id: QueueId) -> Result<(), RecordsError> {
    let Some(item) = find_item(work, id)? else { return Ok(()) };
    refuse_deleted(work, item.suite.archive)?;
    for (release, _) in releases_of(work, id)? {
        for ReleaseFile { name, sha256, .. } in files(work, release)? {
            let file = FileName::parse(&name)
                .map_err(|_| RecordsError::Corrupt { what: "a file name", value: name.clone() })?;
            refuse_conflict(work, item.suite.archive, &file, sha256)?;
        }
    }
    Ok(())
}

fn insert_item(work: Work<'_>, item: &NewQueueItem) -> Result<QueueId, RecordsError> {
    work.insert(
        "INSERT INTO queue_item (archive_id, series_id, pocket, status, source, version, architectures,
         changes_name, changes_text, changes_sha256, uploader, fingerprint, received)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            item.suite.archive.0,
            item.suite.series.0,
            item.suite.pocket.as_str(),
            queue_status_number(item.status),
            item.source.as_str(),
            item.version.as_str(),
            item.architectures,
            item.changes_name,
            item.changes_text,
            item.changes_sha256,
            item.uploader,
            item.fingerprint,
            item.received.0
        ],
    )
    .map(QueueId)
}

fn insert_releases(work: Work<'_>, id: QueueId, item: &NewQueueItem) -> Result<(), RecordsError> {
    let mut writer = ReleaseWriter::new(work)?;
    for (position, queued) in (0_i64..).zip(&item.releases) {
        let release = writer.record(&queued.release)?.row;
        work.run(
            "INSERT INTO queue_release (item_id, position, kind, release_id, component, section, priority, new)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id.0,
                position,
                kind_number(release.kind),
                release.id,
                queued.placement.component.as_str(),
                queued.placement.section,
                queued.placement.priority,
                queued.new
            ],
        )?;
        for file in queued.release.files() {
            work.run(
                "INSERT INTO queue_file (archive_id, name, item_id, sha256) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING",
                (item.suite.archive.0, file.name.as_str(), id.0, file.checksums.sha256.as_bytes()),
            )?;
        }
    }
    Ok(())
}

pub(super) fn insert_event(work: Work<'_>, id: QueueId, decision: &Decision) -> Result<(), RecordsError> {
    work.run(
        "INSERT INTO queue_event (item_id, at, who, status, comment) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id.0, decision.at.0, &decision.who, queue_status_number(decision.status), &decision.comment),
    )?;
    Ok(())
}

fn move_item(work: Work<'_>, id: QueueId, decision: &Decision) -> Result<(), RecordsError> {
    let status = queue_status_number(decision.status);
    work.run("UPDATE queue_item SET status = ?2 WHERE id = ?1", (id.0, status))?;
    work.run("DELETE FROM queue_failure WHERE item_id = ?1", [id.0])?;
    insert_event(work, id, decision)
}

fn read_item(row: &Row<'_>) -> Read<QueueItem> {
    Ok(QueueItem {
        id: QueueId(row.get(0)?),
        suite: suite_key(row, 1)?,
        status: queue_status(row, 4)?,
        source: row.get(5)?,
        version: row.get(6)?,
        architectures: row.get(7)?,
        changes_name: row.get(8)?,
        uploader: row.get(9)?,
        fingerprint: row.get(10)?,
        received: Timestamp(row.get(11)?),
    })
}

fn find_item(work: Work<'_>, id: QueueId) -> Result<Option<QueueItem>, RecordsError> {
    work.first(&format!("{ITEMS} WHERE id = ?1"), [id.0], read_item)
}

pub(super) fn status_of(work: Work<'_>, id: QueueId) -> Result<QueueStatus, RecordsError> {
    let sql = "SELECT status FROM queue_item WHERE id = ?1";
    work.first(sql, [id.0], |row| queue_status(row, 0))?.ok_or(RecordsError::NoQueueItem { item: id })
}

fn releases_of(work: Work<'_>, id: QueueId) -> Result<Vec<(ReleaseRow, Placement)>, RecordsError> {
    let sql = "SELECT kind, release_id, component, section, priority FROM queue_release
               WHERE item_id = ?1 ORDER BY position";
    work.all(sql, [id.0], |row| Ok((ReleaseRow { kind: kind(row, 0)?, id: row.get(1)? }, placement(row, 2)?)))
}

fn packages_of(work: Work<'_>, id: QueueId) -> Result<Vec<QueuePackage>, RecordsError> {
    let sql = "
        SELECT q.kind, q.release_id, q.component, q.section, q.priority, q.new, ifnull(s.name, b.name),
               ifnull(s.version, b.version), ifnull(b.architecture, 'source')
        FROM queue_release q
        LEFT JOIN source_release s ON q.kind = 0 AND s.id = q.release_id
        LEFT JOIN binary_release b ON q.kind = 1 AND b.id = q.release_id
        WHERE q.item_id = ?1 ORDER BY q.position";
    let mut packages = work.all(sql, [id.0], |row| {
        let placement = placement(row, 2)?;
        let package = QueuePackage {
            name: row.get(6)?,
            version: row.get(7)?,
            architecture: row.get(8)?,
            component: placement.component,
            section: placement.section,
            priority: placement.priority,
            new: row.get(5)?,
            files: Vec::new(),
        };
        Ok((ReleaseRow { kind: kind(row, 0)?, id: row.get(1)? }, package))
    })?;
    for (release, package) in &mut packages {
        let files = files(work, *release)?;
        package.files = files.into_iter().map(|file| (file.name, file.size)).collect();
    }
    Ok(packages.into_iter().map(|(_, package)| package).collect())
}
