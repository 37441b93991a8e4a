//! Files that other programs contribute to suites.

use std::collections::BTreeMap;

use debfmt::digest::Checksums;
use rusqlite::{Row, params};

use super::SqliteRecords;
use super::place::{ensure_suite, find_suite};
use super::releases::record_object;
use super::rows::{Read, Work, corrupt, sha256, size, stored_size, suite_key, text};
use crate::model::contribution::{Contribution, FileStamp};
use crate::model::key::IndexName;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{ContributionRecords, RecordsError};

impl ContributionRecords for SqliteRecords {
    fn contributions(&self) -> Result<Vec<(SuiteKey, Vec<Contribution>)>, RecordsError> {
        let mut found: BTreeMap<SuiteKey, Vec<Contribution>> = BTreeMap::new();
        self.work("read the contributed files").each(ALL, (), |row| {
            found.entry(suite_key(row, 0)?).or_default().push(read(row, 3)?);
            Ok(true)
        })?;
        Ok(found.into_iter().collect())
    }

    fn contribute(
        &self,
        suite: SuiteKey,
        files: &[Contribution],
        at: Timestamp,
    ) -> Result<bool, RecordsError> {
        self.change("record contributed files", |work| {
            if files.is_empty() && find_suite(work, suite)?.is_none() {
                return Ok(false);
            }
            let id = ensure_suite(work, suite)?;
            let changed = exchange(work, id, files, at)?;
            if changed {
                work.run("UPDATE suite SET changes = changes + 1 WHERE id = ?1", [id])?;
            }
            Ok(changed)
        })
    }
}

const ALL: &str = "
    SELECT s.archive_id, s.series_id, s.pocket, c.path, o.sha256, o.size, c.text_sha256, c.text_size, c.stamp
    FROM contribution c INDEXED BY contribution_live JOIN suite s ON s.id = c.suite_id JOIN object o ON o.id = c.object_id
    WHERE c.until IS NULL ORDER BY c.path";

const OF_SUITE: &str = "
    SELECT c.path, o.sha256, o.size, c.text_sha256, c.text_size, c.stamp
    FROM contribution c INDEXED BY contribution_live JOIN object o ON o.id = c.object_id
    WHERE c.suite_id = ?1 AND c.until IS NULL";

fn read(row: &Row<'_>, first: usize) -> Read<Contribution> {
    let path = text(row, first)?;
    let known = IndexName::of_path(path).filter(|(index, _)| index.may_be_contributed());
    let (index, compression) = known.ok_or_else(|| corrupt("the path of a contributed file", path))?;
    Ok(Contribution {
        index,
        compression,
        sha256: sha256(row, first + 1)?,
        size: size(row, first + 2)?,
        text_sha256: sha256(row, first + 3)?,
        text_size: size(row, first + 4)?,
        stamp: FileStamp(row.get(first + 5)?),
    })
}

/// Ends what is contributed no more, begins what is new, and notes how the rest looks now; whether clients see a
/// difference.
fn exchange(work: Work<'_>, suite: i64, files: &[Contribution], at: Timestamp) -> Result<bool, RecordsError> {
    let mut changed = false;
    let before = work.all(OF_SUITE, [suite], |row| read(row, 0))?;
    for old in before.iter().filter(|old| !files.iter().any(|new| new.shows_as(old))) {
        let sql = "UPDATE contribution SET until = ?3 WHERE suite_id = ?1 AND path = ?2 AND until IS NULL";
        changed |= work.run(sql, (suite, old.file().path(), at.0))? > 0;
    }
    for new in files {
        let path = new.file().path();
        match before.iter().find(|old| old.shows_as(new)) {
            Some(old) if old.stamp == new.stamp => {}
            Some(_) => {
                let sql =
                    "UPDATE contribution SET stamp = ?3 WHERE suite_id = ?1 AND path = ?2 AND until IS NULL";
                work.run(sql, (suite, path, &new.stamp.0))?;
            }
            None => {
                insert(work, suite, new, at)?;
                changed = true;
            }
        }
    }
    Ok(changed)
}

fn insert(work: Work<'_>, suite: i64, new: &Contribution, at: Timestamp) -> Result<(), RecordsError> {
    let Contribution { sha256, size, text_sha256, text_size, stamp, .. } = new;
    let sums = Checksums { size: *size, sha256: *sha256, md5: None, sha1: None, sha512: None };
    let object = record_object(work, &sums)?;
    work.run(
        "INSERT INTO contribution (suite_id, path, object_id, text_sha256, text_size, stamp, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            suite,
            new.file().path(),
            object,
            text_sha256.as_bytes(),
            stored_size(*text_size),
            stamp.0,
            at.0
        ],
    )?;
    Ok(())
}
