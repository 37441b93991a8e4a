//! What reviewers see and change.

use rusqlite::Row;

use super::SqliteRecords;
use super::binaries::unpack;
use super::place::placement;
use super::queue::{insert_event, status_of};
use super::releases::{ReleaseRow, files};
use super::rows::{During, Read, Work, kind, kind_number};
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{Decision, Note, PackageText, QueueId};
use crate::model::suite::SuiteKey;
use crate::ports::db::{RecordsError, ReviewRecords};

impl ReviewRecords for SqliteRecords {
    fn queued_texts(&self, item: QueueId) -> Result<Vec<PackageText>, RecordsError> {
        self.look("read the packages of a queue item", |work| {
            status_of(work, item)?;
            let found = work.all(QUEUED, [item.0], text_row)?;
            found.into_iter().map(|found| with_paths(work, found)).collect()
        })
    }

    fn live_text(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<PackageText>, RecordsError> {
        self.look("read a published package", |work| {
            let SuiteKey { archive, series, pocket } = suite;
            let values = (archive.0, series.0, pocket.as_str(), kind_number(kind), name, architecture);
            let found = work.first(LIVE, values, text_row)?;
            found.map(|found| with_paths(work, found)).transpose()
        })
    }

    fn override_packages(
        &self,
        item: QueueId,
        placements: &[(usize, Placement)],
        note: &Note,
    ) -> Result<(), RecordsError> {
        self.change("override a queue item", |work| {
            let status = status_of(work, item)?;
            if !status.waits() {
                return Err(RecordsError::NotWaiting { item, status });
            }
            for (position, placement) in placements {
                let position = i64::try_from(*position).during("override a queue item")?;
                let Placement { component, section, priority } = placement;
                work.run(
                    "UPDATE queue_release SET component = ?3, section = ?4, priority = ?5
                     WHERE item_id = ?1 AND position = ?2",
                    (item.0, position, component.as_str(), section, priority),
                )?;
            }
            let Note { who, at, text } = note.clone();
            insert_event(work, item, &Decision { status, who, at, comment: text })
        })
    }
}

const QUEUED: &str = "
    SELECT q.kind, q.release_id, q.component, q.section, q.priority, ifnull(s.name, b.name),
           ifnull(s.version, b.version), ifnull(b.architecture, 'source'), ifnull(s.stanza, b.stanza)
    FROM queue_release q
    LEFT JOIN source_release s ON q.kind = 0 AND s.id = q.release_id
    LEFT JOIN binary_release b ON q.kind = 1 AND b.id = q.release_id
    WHERE q.item_id = ?1 ORDER BY q.position";

pub(super) const LIVE: &str = "
    SELECT p.kind, p.release_id, p.component, p.section, p.priority, p.name, p.version, p.architecture,
           ifnull(s.stanza, b.stanza)
    FROM publication p INDEXED BY publication_name
    LEFT JOIN source_release s ON p.kind = 0 AND s.id = p.release_id
    LEFT JOIN binary_release b ON p.kind = 1 AND b.id = p.release_id
    WHERE p.name = ?5 AND p.kind = ?4 AND p.status < 2 AND p.architecture = ?6
    AND p.suite_id = (SELECT id FROM suite WHERE archive_id = ?1 AND series_id = ?2 AND pocket = ?3)
    ORDER BY p.id DESC LIMIT 1";

fn text_row(row: &Row<'_>) -> Read<(ReleaseRow, PackageText)> {
    let release = ReleaseRow { kind: kind(row, 0)?, id: row.get(1)? };
    let text = PackageText {
        kind: release.kind,
        placement: placement(row, 2)?,
        name: row.get(5)?,
        version: row.get(6)?,
        architecture: row.get(7)?,
        stanza: row.get(8)?,
        paths: Vec::new(),
    };
    Ok((release, text))
}

fn with_paths(work: Work<'_>, found: (ReleaseRow, PackageText)) -> Result<PackageText, RecordsError> {
    let (release, text) = found;
    let paths = match release.kind {
        PackageKind::Source => files(work, release)?.into_iter().map(|file| file.name).collect(),
        PackageKind::Binary => contents(work, release.id)?,
    };
    Ok(PackageText { paths, ..text })
}

fn contents(work: Work<'_>, binary: i64) -> Result<Vec<String>, RecordsError> {
    let sql = "SELECT paths FROM binary_contents WHERE binary_id = ?1";
    let Some(packed) = work.first(sql, [binary], |row| Ok(row.get::<_, Vec<u8>>(0)?))? else {
        return Ok(Vec::new());
    };
    let paths = unpack(&packed)?;
    Ok(paths.split('\n').map(str::to_owned).collect())
}
