//! Custom files: those of queue items, and those of suites.

use debfmt::digest::Checksums;
use debfmt::version::Version;
use rusqlite::{Row, params};

use super::SqliteRecords;
use super::place::{ensure_suite, find_suite};
use super::releases::record_object;
use super::rows::{Read, Work, checksums, corrupt, parsed, sha256, size, text};
use crate::model::custom::{
    CustomContent, CustomFile, CustomId, CustomPublication, LinkTarget, NewCustomPublication, QueuedCustom,
    SafePath,
};
use crate::model::package::PackageFile;
use crate::model::queue::QueueId;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{CustomChange, CustomRecords, RecordsError, SuiteSwitch};

impl CustomRecords for SqliteRecords {
    fn custom_publications(&self, suite: SuiteKey) -> Result<Vec<CustomPublication>, RecordsError> {
        self.look("read the custom files of a suite", |work| {
            let Some(suite) = find_suite(work, suite)? else { return Ok(Vec::new()) };
            let mut found = work.all(PUBLICATIONS, [suite], read_publication)?;
            for publication in &mut found {
                publication.files = work.all(FILES, [publication.id.0], read_file)?;
            }
            Ok(found)
        })
    }

    fn copy_custom(&self, suite: SuiteKey, from: &[CustomId], at: Timestamp) -> Result<(), RecordsError> {
        self.change("copy custom files", |work| {
            let suite = ensure_suite(work, suite)?;
            for id in from {
                copy(work, suite, *id, at)?;
            }
            if !from.is_empty() {
                work.run("UPDATE suite SET changes = changes + 1 WHERE id = ?1", [suite])?;
            }
            Ok(())
        })
    }
}

fn copy(work: Work<'_>, suite: i64, from: CustomId, at: Timestamp) -> Result<(), RecordsError> {
    let place = "SELECT directory, version FROM custom_publication WHERE id = ?1";
    let place =
        work.first(place, [from.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let Some((directory, version)) = place else { return Ok(()) };
    refuse_live(work, suite, &directory, &version)?;
    let id = work.insert(
        "INSERT INTO custom_publication (suite_id, item_id, type, directory, version, status, created)
         SELECT ?1, item_id, type, directory, version, 0, ?3 FROM custom_publication WHERE id = ?2",
        (suite, from.0, at.0),
    )?;
    work.run(
        "INSERT INTO custom_file (publication_id, path, object_id, target)
         SELECT ?1, path, object_id, target FROM custom_file WHERE publication_id = ?2",
        (id, from.0),
    )?;
    Ok(())
}

/// A version is placed once into a suite.
fn refuse_live(work: Work<'_>, suite: i64, directory: &str, version: &str) -> Result<(), RecordsError> {
    let live = "SELECT 1 FROM custom_publication
                WHERE suite_id = ?1 AND directory = ?2 AND version = ?3 AND status = 0";
    match work.first(live, (suite, directory, version), |_| Ok(()))? {
        Some(()) => {
            Err(RecordsError::Exists { what: "the directory", name: format!("{directory}/{version}") })
        }
        None => Ok(()),
    }
}

pub(super) const PUBLICATIONS: &str = "
    SELECT p.id, p.type, p.directory, p.version, p.status = 1, p.published, q.source
    FROM custom_publication p INDEXED BY custom_publication_visible CROSS JOIN queue_item q ON q.id = p.item_id
    WHERE p.suite_id = ?1 AND p.removed IS NULL AND (p.status = 0 OR p.published IS NOT NULL) ORDER BY p.id";

pub(super) const FILES: &str = "
    SELECT f.path, f.target, o.sha256, o.size FROM custom_file f LEFT JOIN object o ON o.id = f.object_id
    WHERE f.publication_id = ?1 ORDER BY f.path";

fn read_publication(row: &Row<'_>) -> Read<CustomPublication> {
    let version = match text(row, 3)? {
        "" => None,
        _ => Some(parsed(row, 3, "a version")?),
    };
    Ok(CustomPublication {
        id: CustomId(row.get(0)?),
        kind: parsed(row, 1, "a type of custom uploads")?,
        directory: parsed(row, 2, "a directory of custom uploads")?,
        version,
        superseded: row.get(4)?,
        published: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        source: parsed(row, 6, "a source name")?,
        files: Vec::new(),
    })
}

fn read_file(row: &Row<'_>) -> Read<CustomFile> {
    let path: SafePath = parsed(row, 0, "a path of a custom file")?;
    let target: Option<String> = row.get(1)?;
    let content = match target {
        Some(target) => {
            let parsed = LinkTarget::parse(&target, &path);
            CustomContent::Link(parsed.map_err(|_| corrupt("the target of a link", &target))?)
        }
        None => CustomContent::File { sha256: sha256(row, 2)?, size: size(row, 3)? },
    };
    Ok(CustomFile { path, content })
}

/// Records the custom files of a queue item.
pub(super) fn insert_queued(
    work: Work<'_>,
    item: QueueId,
    custom: &[QueuedCustom],
) -> Result<(), RecordsError> {
    for (position, queued) in (0_i64..).zip(custom) {
        let object = record_object(work, &queued.file.checksums)?;
        work.run(
            "INSERT INTO queue_custom (item_id, position, type, filename, object_id) VALUES (?1, ?2, ?3, ?4, ?5)",
            (item.0, position, queued.kind.as_str(), queued.file.name.as_str(), object),
        )?;
    }
    Ok(())
}

/// The custom files of a queue item, in the order in which they were filed.
pub(super) fn queued_of(work: Work<'_>, item: QueueId) -> Result<Vec<QueuedCustom>, RecordsError> {
    let sql = "SELECT q.type, q.filename, o.size, o.sha256, o.md5, o.sha1, o.sha512 FROM queue_custom q
               JOIN object o ON o.id = q.object_id WHERE q.item_id = ?1 ORDER BY q.position";
    work.all(sql, [item.0], |row| {
        let file = PackageFile { name: parsed(row, 1, "a file name")?, checksums: checksums(row, 2)? };
        Ok(QueuedCustom { kind: parsed(row, 0, "a type of custom uploads")?, file })
    })
}

/// Does what a queue item's custom files do to its suite.
pub(super) fn change(
    work: Work<'_>,
    suite: i64,
    item: QueueId,
    change: &CustomChange,
    at: Timestamp,
) -> Result<(), RecordsError> {
    for id in &change.supersede {
        let sql = "UPDATE custom_publication SET status = 1, superseded = ?2 WHERE id = ?1 AND status = 0";
        work.run(sql, (id.0, at.0))?;
    }
    for new in &change.place {
        place(work, suite, item, new, at)?;
    }
    if !change.is_empty() {
        work.run("UPDATE suite SET changes = changes + 1 WHERE id = ?1", [suite])?;
    }
    Ok(())
}

fn place(
    work: Work<'_>,
    suite: i64,
    item: QueueId,
    new: &NewCustomPublication,
    at: Timestamp,
) -> Result<(), RecordsError> {
    let (directory, version) = (new.directory.as_str(), new.version.as_ref().map_or("", Version::as_str));
    refuse_live(work, suite, directory, version)?;
    let id = work.insert(
        "INSERT INTO custom_publication (suite_id, item_id, type, directory, version, status, created)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
        (suite, item.0, new.kind.as_str(), directory, version, at.0),
    )?;
    for file in &new.files {
        let (object, target) = match &file.content {
            CustomContent::File { sha256, size } => (Some(record_object(work, &sums(*sha256, *size))?), None),
            CustomContent::Link(target) => (None, Some(target.as_str())),
        };
        work.run(
            "INSERT INTO custom_file (publication_id, path, object_id, target) VALUES (?1, ?2, ?3, ?4)",
            params![id, file.path.as_str(), object, target],
        )?;
    }
    Ok(())
}

fn sums(sha256: debfmt::digest::Sha256, size: u64) -> Checksums {
    Checksums { size, sha256, md5: None, sha1: None, sha512: None }
}

/// Records what became visible and what left. Finds nothing left to do when it is repeated.
pub(super) fn finish(work: Work<'_>, suite: &SuiteSwitch, at: Timestamp) -> Result<(), RecordsError> {
    for id in &suite.custom_enter {
        let sql = "UPDATE custom_publication SET published = ?2 WHERE id = ?1 AND published IS NULL";
        work.run(sql, (id.0, at.0))?;
    }
    for id in &suite.custom_leave {
        let sql = "UPDATE custom_publication SET removed = ?2 WHERE id = ?1 AND removed IS NULL";
        work.run(sql, (id.0, at.0))?;
    }
    Ok(())
}
