//! The rows of an index by their numbers, and what the published indexes were made of.

use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use super::SqliteRecords;
use super::binaries::{binary_row, bound_values, contents_row, marks, special};
use super::place::find_suite;
use super::publications::source_row;
use super::rows::{Read, Work, corrupt};
use crate::model::publication::{BinaryRow, ContentsRow, PublicationId, SourceRow};
use crate::model::suite::SuiteKey;
use crate::ports::db::{IndexOutline, IndexRecords, RecordsError, RowsOf, Snapshot, SuiteSwitch};
use debfmt::names::Component;

impl IndexRecords for SqliteRecords {
    fn row_ids(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        rows: RowsOf<'_>,
    ) -> Result<Vec<PublicationId>, RecordsError> {
        let work = self.work("read which publications an index has");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(Vec::new()) };
        let id = |row: &Row<'_>| Ok(PublicationId(row.get(0)?));
        match rows {
            RowsOf::Sources => {
                work.all(SOURCE_IDS, params![suite, snapshot.newest.0, component.as_str()], id)
            }
            RowsOf::Binaries(bounds) if bounds.architectures.is_empty() => Ok(Vec::new()),
            RowsOf::Binaries(bounds) => {
                let mut values: Vec<Value> = bound_values(suite, snapshot, component, bounds).collect();
                if let Some(kind) = values.get_mut(3) {
                    *kind = Value::from(special(bounds.kind).to_owned());
                }
                work.all(&binary_ids_sql(bounds.architectures.len()), params_from_iter(values), id)
            }
        }
    }

    fn row_names(&self, ids: &[PublicationId]) -> Result<Vec<String>, RecordsError> {
        let mut names = Vec::with_capacity(ids.len());
        self.look("read the names of publications", |work| {
            each_of(work, NAME_OF, ids, |row| Ok(row.get(0)?), &mut |name| names.push(name))
        })?;
        Ok(names)
    }

    fn binary_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(BinaryRow),
    ) -> Result<(), RecordsError> {
        each_of(self.work("read binary publications"), BINARY_OF, ids, binary_row, visit)
    }

    fn source_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(SourceRow),
    ) -> Result<(), RecordsError> {
        each_of(self.work("read source publications"), SOURCE_OF, ids, source_row, visit)
    }

    fn contents_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(ContentsRow),
    ) -> Result<(), RecordsError> {
        let work = self.work("read file lists");
        for id in ids {
            if let Some(row) = work.first(CONTENTS_OF, [id.0], contents_row)? {
                visit(row);
            }
        }
        Ok(())
    }

    fn outlines(&self, suite: SuiteKey) -> Result<Vec<IndexOutline>, RecordsError> {
        self.look("read what indexes were made of", |work| {
            let Some(suite) = find_suite(work, suite)? else { return Ok(Vec::new()) };
            work.all(OUTLINES, [suite], outline)
        })
    }

    fn all_outlines(&self) -> Result<Vec<IndexOutline>, RecordsError> {
        let sql = "SELECT path, sha256 FROM index_outline ORDER BY suite_id, path";
        self.work("read what indexes were made of").all(sql, (), outline)
    }
}

/// Reads rows one by one, for these are few or all of them are wanted anyway.
fn each_of<T>(
    work: Work<'_>,
    sql: &str,
    ids: &[PublicationId],
    read: impl Fn(&Row<'_>) -> Read<T>,
    visit: &mut dyn FnMut(T),
) -> Result<(), RecordsError> {
    for id in ids {
        match work.first(sql, [id.0], &read)? {
            Some(row) => visit(row),
            None => return Err(corrupt("the number of a publication", &id.0.to_string())),
        }
    }
    Ok(())
}

fn outline(row: &Row<'_>) -> Read<IndexOutline> {
    Ok(IndexOutline { path: row.get(0)?, sha256: row.get(1)? })
}

/// Notes what the new indexes of a suite were made of.
pub(super) fn record_outlines(work: Work<'_>, id: i64, suite: &SuiteSwitch) -> Result<(), RecordsError> {
    let old = work.all(OUTLINES, [id], outline)?;
    if old == suite.outlines {
        return Ok(());
    }
    work.run("DELETE FROM index_outline WHERE suite_id = ?1", [id])?;
    for outline in &suite.outlines {
        let sql = "INSERT INTO index_outline (suite_id, path, sha256) VALUES (?1, ?2, ?3)";
        work.run(sql, params![id, outline.path, outline.sha256])?;
    }
    Ok(())
}

pub(super) const OUTLINES: &str = "SELECT path, sha256 FROM index_outline WHERE suite_id = ?1 ORDER BY path";

pub(super) const SOURCE_IDS: &str = "
    SELECT p.id FROM publication p INDEXED BY publication_live
    WHERE p.suite_id = ?1 AND p.kind = 0 AND p.status < 2 AND p.id <= ?2 AND p.component = ?3
    ORDER BY p.name, p.version, p.architecture";

/// The query for the numbers of binary publications of this many architectures: it reads an index of the table and no
/// row.
pub(super) fn binary_ids_sql(architectures: usize) -> String {
    let marks = marks(architectures);
    format!(
        "SELECT p.id FROM publication p INDEXED BY publication_live
         WHERE p.suite_id = ?1 AND p.kind = 1 AND p.status < 2 AND p.id <= ?2 AND p.component = ?3
         AND p.special = ?4 AND p.architecture IN ({marks})
         ORDER BY p.name, p.version, p.architecture"
    )
}

pub(super) const NAME_OF: &str = "SELECT name FROM publication WHERE id = ?1";

pub(super) const BINARY_OF: &str = "
    SELECT p.id, p.status = 0, r.source_name, r.filename, r.stanza, p.section, p.priority,
           o.size, o.sha256, o.md5, o.sha1, o.sha512, p.phase
    FROM publication p CROSS JOIN binary_release r CROSS JOIN object o
    WHERE p.id = ?1 AND p.kind = 1 AND r.id = p.release_id AND o.id = r.object_id";

pub(super) const SOURCE_OF: &str = "
    SELECT p.id, p.status = 0, p.name, r.stanza, r.file_lists, p.section, p.priority
    FROM publication p CROSS JOIN source_release r
    WHERE p.id = ?1 AND p.kind = 0 AND r.id = p.release_id";

pub(super) const CONTENTS_OF: &str = "
    SELECT p.id, p.name, p.section, c.paths
    FROM publication p CROSS JOIN binary_contents c
    WHERE p.id = ?1 AND p.kind = 1 AND c.binary_id = p.release_id";

/// Every query of this file, for tests of their plans.
#[cfg(test)]
pub(super) fn queries() -> Vec<String> {
    let fixed = [SOURCE_IDS, NAME_OF, BINARY_OF, SOURCE_OF, CONTENTS_OF, OUTLINES];
    fixed.into_iter().map(str::to_owned).chain([binary_ids_sql(2)]).collect()
}
