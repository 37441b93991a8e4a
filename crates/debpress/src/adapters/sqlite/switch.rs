//! The journal of a publication.

use std::collections::BTreeMap;

use rusqlite::params;

use super::SqliteRecords;
use super::custom;
use super::index_rows::record_outlines;
use super::place::{ensure_suite, find_suite};
use super::rows::{During, Read, Work, corrupt, size, stored_size};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{IndexFile, RecordsError, RetiredIndex, SuiteSwitch, Switch, SwitchRecords};

impl SwitchRecords for SqliteRecords {
    fn open_switch(&self) -> Result<Option<Switch>, RecordsError> {
        read_journal(self.work("read the journal"))
    }

    fn begin_switch(&self, switch: &Switch) -> Result<(), RecordsError> {
        self.change("write the journal", |work| {
            refuse_other(work, None)?;
            let text = serde_json::to_string(switch).during("write the journal")?;
            work.run("INSERT INTO switch_journal (id, text) VALUES (1, ?1)", [text])?;
            Ok(())
        })
    }

    fn finish_switch(&self, switch: &Switch, finished: Timestamp) -> Result<(), RecordsError> {
        self.change("record a publication", |work| {
            refuse_other(work, Some(switch))?;
            for suite in &switch.suites {
                finish_suite(work, (switch, finished), suite)?;
            }
            work.run("DELETE FROM switch_journal", ())?;
            Ok(())
        })
    }

    fn current_indexes(&self, suite: SuiteKey) -> Result<Vec<IndexFile>, RecordsError> {
        let work = self.work("read the current indexes");
        let Some(id) = find_suite(work, suite)? else { return Ok(Vec::new()) };
        work.all(CURRENT_INDEXES, [id], read_index)
    }

    fn retired_indexes(
        &self,
        suite: SuiteKey,
        since: Timestamp,
        releases: u64,
    ) -> Result<Vec<RetiredIndex>, RecordsError> {
        let work = self.work("read the retired indexes");
        let Some(id) = find_suite(work, suite)? else { return Ok(Vec::new()) };
        let now = count_of(work, id)?;
        let earliest = now.saturating_sub(i64::try_from(releases).unwrap_or(i64::MAX));
        work.all(RETIRED_INDEXES, (id, since.0, earliest), |row| {
            let last: Option<i64> = row.get(4)?;
            let ago = last.and_then(|last| u64::try_from(now - last).ok());
            Ok(RetiredIndex { file: read_index(row)?, until: Timestamp(row.get(3)?), ago })
        })
    }
}

pub(super) const CURRENT_INDEXES: &str = "
    SELECT path, sha256, size FROM index_file WHERE suite_id = ?1 AND until IS NULL ORDER BY path";

/// By age and by count, each with an index of its own.
pub(super) const RETIRED_INDEXES: &str = "
    SELECT path, sha256, size, max(until), max(last_release) AS last FROM index_file AS old
    WHERE suite_id = ?1 AND (until >= ?2 OR last_release >= ?3) AND NOT EXISTS (
        SELECT 1 FROM index_file AS now
        WHERE now.suite_id = ?1 AND now.path = old.path AND now.until IS NULL AND now.sha256 = old.sha256)
    GROUP BY path, sha256, size ORDER BY last DESC, path, sha256, size";

/// The number of the current Release of a suite.
fn count_of(work: Work<'_>, suite: i64) -> Result<i64, RecordsError> {
    let count = work.first("SELECT releases FROM suite WHERE id = ?1", [suite], |row| Ok(row.get(0)?))?;
    Ok(count.unwrap_or_default())
}

fn read_journal(work: Work<'_>) -> Result<Option<Switch>, RecordsError> {
    work.first("SELECT text FROM switch_journal", (), |row| {
        let text: String = row.get(0)?;
        serde_json::from_str(&text).map_err(|_| corrupt("the journal of a publication", &text).into())
    })
}

/// Refuses when a journal is open that is not `own`: closing it would forget a publication that clients see.
fn refuse_other(work: Work<'_>, own: Option<&Switch>) -> Result<(), RecordsError> {
    match read_journal(work)? {
        Some(open) if own != Some(&open) => {
            Err(RecordsError::Exists { what: "the journal of the publication of", name: open.at.to_string() })
        }
        _ => Ok(()),
    }
}

/// Records that a suite is visible. Each step finds nothing left to do when it is repeated.
fn finish_suite(
    work: Work<'_>,
    (switch, finished): (&Switch, Timestamp),
    suite: &SuiteSwitch,
) -> Result<(), RecordsError> {
    let id = ensure_suite(work, suite.suite)?;
    let publish = "UPDATE publication SET status = 1, published = ?2 WHERE id = ?1 AND status = 0";
    for publication in &suite.publish {
        work.run(publish, (publication.0, switch.at.0))?;
    }
    let supersede = "
        UPDATE publication SET status = 2, superseded = ?2, superseded_by = ?3, removable = iif(status = 0, ?5, ?4)
        WHERE id = ?1 AND status < 2";
    let (removable, unseen) = (switch.removable_after(finished), switch.seen_until(finished));
    for pair in &suite.supersede {
        work.run(supersede, (pair.loser.0, switch.at.0, pair.winner.0, removable.0, unseen.0))?;
    }
    let delete = "
        UPDATE publication SET status = 3, superseded = ?2, removable = iif(status = 0, ?4, ?3)
        WHERE id = ?1 AND status < 2";
    for publication in &suite.delete {
        work.run(delete, (publication.0, switch.at.0, removable.0, unseen.0))?;
        work.run("UPDATE removal SET done = 1 WHERE publication_id = ?1", [publication.0])?;
    }
    custom::finish(work, suite, switch.at)?;
    exchange_indexes(work, id, suite, switch.seen_until(finished))?;
    record_outlines(work, id, suite)?;
    work.run(
        "UPDATE suite SET shown = max(shown, min(changes, ?2)), published = 1, entries = ?3, extra = ?4
         WHERE id = ?1",
        (id, suite.changes, stored_size(suite.entries), &suite.extra),
    )?;
    Ok(())
}

/// Retires the index files that the new Release does not name, notes the new ones, and counts the Release if it names
/// others than the one before.
fn exchange_indexes(work: Work<'_>, id: i64, suite: &SuiteSwitch, at: Timestamp) -> Result<(), RecordsError> {
    let mut new: BTreeMap<&str, &IndexFile> =
        suite.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let count = count_of(work, id)?;
    let mut changed = false;
    for old in work.all(CURRENT_INDEXES, [id], read_index)? {
        if new.get(old.path.as_str()) == Some(&&old) {
            new.remove(old.path.as_str());
        } else {
            let sql = "
                UPDATE index_file SET until = ?3, last_release = ?4 WHERE suite_id = ?1 AND path = ?2 AND until IS NULL";
            work.run(sql, (id, &old.path, at.0, count))?;
            changed = true;
        }
    }
    changed |= !new.is_empty();
    for file in new.values() {
        work.run(
            "INSERT INTO index_file (suite_id, path, sha256, size, since) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, file.path, file.sha256, stored_size(file.size), at.0],
        )?;
    }
    if changed {
        work.run("UPDATE suite SET releases = ?2 WHERE id = ?1", (id, count + 1))?;
    }
    Ok(())
}

fn read_index(row: &rusqlite::Row<'_>) -> Read<IndexFile> {
    Ok(IndexFile { path: row.get(0)?, sha256: row.get(1)?, size: size(row, 2)? })
}
