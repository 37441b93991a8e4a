//! What an administrator changes of what is live.

use rusqlite::{Row, named_params};

use super::SqliteRecords;
use super::place::{find_suite, placement};
use super::publications::read_candidate;
use super::rows::{Read, kind, status};
use crate::model::publication::{Candidate, PublicationId, ReleaseId};
use crate::model::queue::Note;
use crate::model::suite::SuiteKey;
use crate::ports::db::{ChangeRecords, LivePublication, RecordsError, Replacement, Snapshot};

const CHANGED: &str = "UPDATE suite SET changes = changes + 1 WHERE id = ?1";

impl ChangeRecords for SqliteRecords {
    fn live_named(&self, suite: SuiteKey, name: &str) -> Result<Vec<LivePublication>, RecordsError> {
        self.look("read what is live", |work| {
            let Some(suite) = find_suite(work, suite)? else { return Ok(Vec::new()) };
            let mut found = work.all(LIVE_NAMED, (suite, name), live)?;
            found.extend(work.all(LIVE_BUILT, (suite, name), live)?);
            found.sort_by_key(|publication| publication.id);
            found.dedup_by_key(|publication| publication.id);
            Ok(found)
        })
    }

    fn replace(
        &self,
        suite: SuiteKey,
        replacements: &[Replacement],
        note: &Note,
    ) -> Result<usize, RecordsError> {
        self.change("record what is placed elsewhere", |work| {
            let Some(suite) = find_suite(work, suite)? else { return Ok(0) };
            let mut made = 0;
            for Replacement { publication, placement, phase } in replacements {
                made += work.run(
                    REPLACE,
                    named_params! {
                        ":suite": suite,
                        ":old": publication.0,
                        ":component": placement.component.as_str(),
                        ":section": placement.section,
                        ":priority": placement.priority,
                        ":phase": phase,
                        ":at": note.at.0,
                        ":who": note.who,
                        ":reason": note.text,
                    },
                )?;
            }
            if made > 0 {
                work.run(CHANGED, [suite])?;
            }
            Ok(made)
        })
    }

    fn request_removal(
        &self,
        suite: SuiteKey,
        publications: &[PublicationId],
        note: &Note,
    ) -> Result<usize, RecordsError> {
        self.change("record what shall be gone", |work| {
            let Some(suite) = find_suite(work, suite)? else { return Ok(0) };
            let mut asked = 0;
            for publication in publications {
                let values = (publication.0, suite, note.at.0, &note.who, &note.text);
                asked += work.run(REQUEST_REMOVAL, values)?;
            }
            if asked > 0 {
                work.run(CHANGED, [suite])?;
            }
            Ok(asked)
        })
    }

    fn leaving(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError> {
        let work = self.work("read what shall be gone");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(Vec::new()) };
        work.all(LEAVING, (suite, snapshot.changes), read_candidate)
    }
}

fn live(row: &Row<'_>) -> Read<LivePublication> {
    let (name, version): (String, String) = (row.get(3)?, row.get(4)?);
    let built_from: Option<(String, String)> =
        row.get::<_, Option<String>>(11)?.zip(row.get::<_, Option<String>>(12)?);
    Ok(LivePublication {
        id: PublicationId(row.get(0)?),
        kind: kind(row, 1)?,
        release: ReleaseId(row.get(2)?),
        source: built_from.unwrap_or_else(|| (name.clone(), version.clone())),
        name,
        version,
        architecture: row.get(5)?,
        status: status(row, 6)?,
        placement: placement(row, 7)?,
        phase: row.get(10)?,
        debug: row.get(13)?,
    })
}

macro_rules! live_publications {
    ($tables:literal, $condition:literal) => {
        concat!(
            "SELECT p.id, p.kind, p.release_id, p.name, p.version, p.architecture, p.status, p.component, p.section,
                    p.priority, p.phase, r.source_name, r.source_version, ifnull(r.format, '') = 'ddeb'
             FROM ",
            $tables,
            " WHERE p.suite_id = ?1 AND p.status < 2 AND ",
            $condition,
            " AND NOT EXISTS (SELECT 1 FROM removal d WHERE d.publication_id = p.id)"
        )
    };
}

pub(super) const LIVE_NAMED: &str = live_publications!(
    "publication p INDEXED BY publication_live LEFT JOIN binary_release r ON p.kind = 1 AND r.id = p.release_id",
    "p.kind IN (0, 1) AND p.name = ?2"
);

pub(super) const LIVE_BUILT: &str = live_publications!(
    "binary_release r INDEXED BY binary_release_source CROSS JOIN publication p INDEXED BY publication_live",
    "r.source_name = ?2 AND p.kind = 1 AND p.name = r.name AND p.version = r.version
     AND p.architecture = r.architecture AND p.release_id = r.id"
);

/// The newest live record of a release is the one that the next publication shows, so no other one can be replaced.
pub(super) const REPLACE: &str = "
    INSERT INTO publication (suite_id, kind, status, release_id, name, version, architecture, component, section,
                             priority, created, who, reason, phase, special)
    SELECT p.suite_id, p.kind, 0, p.release_id, p.name, p.version, p.architecture, :component, :section, :priority,
           :at, :who, :reason, :phase, p.special
    FROM publication p WHERE p.id = :old AND p.suite_id = :suite AND p.status < 2
    AND NOT EXISTS (SELECT 1 FROM removal d WHERE d.publication_id = p.id)
    AND NOT EXISTS (
        SELECT 1 FROM publication l INDEXED BY publication_live
        WHERE l.suite_id = :suite AND l.kind = p.kind AND l.name = p.name AND l.version = p.version
        AND l.status < 2 AND l.release_id = p.release_id AND l.id > p.id)";

pub(super) const REQUEST_REMOVAL: &str = "
    INSERT INTO removal (publication_id, suite_id, changes, at, who, reason)
    SELECT p.id, p.suite_id, (SELECT changes + 1 FROM suite WHERE id = ?2), ?3, ?4, ?5
    FROM publication p WHERE p.id = ?1 AND p.suite_id = ?2 AND p.status < 2
    AND NOT EXISTS (SELECT 1 FROM removal d WHERE d.publication_id = p.id)";

pub(super) const LEAVING: &str = "
    SELECT p.id, p.kind, p.name, p.version, p.architecture, p.status, p.component, r.source_name, r.source_version,
           ifnull(r.format, '') = 'ddeb'
    FROM removal d INDEXED BY removal_waiting CROSS JOIN publication p
    LEFT JOIN binary_release r ON p.kind = 1 AND r.id = p.release_id
    WHERE d.suite_id = ?1 AND d.done = 0 AND d.changes <= ?2 AND p.id = d.publication_id AND p.status < 2
    ORDER BY p.id";
