//! Publication records: making Pending ones, and reading live ones for the indexes.

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::names::Component;
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use super::SqliteRecords;
use super::binaries;
use super::place::{Placer, find_suite};
use super::releases::ReleaseWriter;
use super::rows::{Read, Work, corrupt, kind, md5, parsed, sha256, size, status, suite_key};
use crate::model::archive::ArchiveId;
use crate::model::publication::{
    BinaryRow, Candidate, ContentsRow, Listing, PoolEntry, PublicationId, SourceRow, Words,
};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{
    BinaryBounds, Imported, ListFilter, NewPublication, PublicationRecords, RecordsError, Snapshot,
    SourceStanza, SuiteState,
};

impl PublicationRecords for SqliteRecords {
    fn import(
        &self,
        suite: SuiteKey,
        publications: &[NewPublication],
        at: Timestamp,
    ) -> Result<Imported, RecordsError> {
        if publications.is_empty() {
            return Ok(Imported::default());
        }
        self.change("record an import", |work| {
            let mut releases = ReleaseWriter::new(work)?;
            let mut placer = Placer::new(work, suite, at)?;
            for publication in publications {
                let release = releases.record(&publication.release)?;
                placer.place(&release, &publication.placement)?;
            }
            placer.finish()
        })
    }

    fn suite_states(&self) -> Result<Vec<SuiteState>, RecordsError> {
        let sql =
            "SELECT archive_id, series_id, pocket, changes, shown, published, entries, extra FROM suite";
        let mut states = self.work("read the suites").all(sql, (), |row| {
            Ok(SuiteState {
                key: suite_key(row, 0)?,
                changes: row.get(3)?,
                shown: row.get(4)?,
                published: row.get(5)?,
                entries: size(row, 6)?,
                extra: extra(row, 7)?,
            })
        })?;
        states.sort_by_key(|state| state.key);
        Ok(states)
    }

    fn touch_suites(&self, suites: &[SuiteKey]) -> Result<(), RecordsError> {
        self.change("mark suites as changed", |work| {
            for suite in suites {
                if let Some(id) = find_suite(work, *suite)? {
                    work.run("UPDATE suite SET changes = changes + 1 WHERE id = ?1", [id])?;
                }
            }
            Ok(())
        })
    }

    fn snapshot(&self, suite: SuiteKey) -> Result<Snapshot, RecordsError> {
        self.look("read a suite", |work| {
            let newest =
                work.first("SELECT ifnull(max(id), 0) FROM publication", (), |row| Ok(row.get(0)?))?;
            let sql = "SELECT changes FROM suite WHERE archive_id = ?1 AND series_id = ?2 AND pocket = ?3";
            let key = (suite.archive.0, suite.series.0, suite.pocket.as_str());
            let changes = work.first(sql, key, |row| Ok(row.get(0)?))?;
            Ok(Snapshot { suite, newest: PublicationId(newest.unwrap_or(0)), changes: changes.unwrap_or(0) })
        })
    }

    fn contested(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError> {
        let work = self.work("read contested names");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(Vec::new()) };
        work.all(CONTESTED, (suite, snapshot.newest.0), read_candidate)
    }

    fn live_count(&self, snapshot: &Snapshot) -> Result<u64, RecordsError> {
        let work = self.work("count publications");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(0) };
        Ok(work.first(LIVE_COUNT, (suite, snapshot.newest.0), |row| size(row, 0))?.unwrap_or_default())
    }

    fn built_from(
        &self,
        snapshot: &Snapshot,
        sources: &[(String, String)],
    ) -> Result<Vec<Candidate>, RecordsError> {
        self.look("read what was built from a source", |work| {
            let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(Vec::new()) };
            let mut found = Vec::new();
            for (name, version) in sources {
                let values = (suite, snapshot.newest.0, name, version);
                found.extend(work.all(BUILT_FROM, values, read_candidate)?);
            }
            found.sort_by_key(|candidate: &Candidate| candidate.id);
            Ok(found)
        })
    }

    fn source_stanzas(
        &self,
        archive: ArchiveId,
        sources: &[(String, String)],
    ) -> Result<Vec<SourceStanza>, RecordsError> {
        self.look("read what a source builds", |work| {
            let mut found = Vec::new();
            for (name, version) in sources {
                let stanza = work.first(SOURCE_STANZA, (archive.0, name, version), |row| Ok(row.get(0)?))?;
                let source = (name.clone(), version.clone());
                found.extend(stanza.map(|text| SourceStanza { source, text }));
            }
            Ok(found)
        })
    }

    fn pending_files(
        &self,
        snapshot: &Snapshot,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError> {
        let work = self.work("read pending files");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(()) };
        let going = pool_rows(work, PENDING_SOURCES, (suite, snapshot.newest.0), visit)?;
        if going {
            pool_rows(work, PENDING_BINARIES, (suite, snapshot.newest.0), visit)?;
        }
        Ok(())
    }

    fn source_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        visit: &mut dyn FnMut(SourceRow) -> bool,
    ) -> Result<(), RecordsError> {
        let work = self.work("read source publications");
        let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(()) };
        work.each(SOURCE_ROWS, params![suite, snapshot.newest.0, component.as_str()], |row| {
            Ok(visit(source_row(row)?))
        })
    }

    fn special_kinds(&self, snapshot: &Snapshot) -> Result<Vec<DebKind>, RecordsError> {
        binaries::special_kinds(self.work("read the kinds of packages"), snapshot)
    }

    fn binary_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(BinaryRow) -> bool,
    ) -> Result<(), RecordsError> {
        binaries::rows(self.work("read binary publications"), snapshot, component, bounds, visit)
    }

    fn contents_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(ContentsRow) -> bool,
    ) -> Result<(), RecordsError> {
        binaries::contents(self.work("read file lists"), snapshot, component, bounds, visit)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<Listing>, RecordsError> {
        let mut found = self.look("list publications", |work| {
            if filter.suites.is_empty() {
                return list_rows(work, filter, None);
            }
            let mut suites = filter.suites.clone();
            suites.sort();
            suites.dedup();
            let mut found = Vec::new();
            for suite in suites {
                if let Some(id) = find_suite(work, suite)? {
                    found.append(&mut list_rows(work, filter, Some(id))?);
                }
            }
            Ok(found)
        })?;
        found.sort_by(|one, other| order_of(one).cmp(&order_of(other)));
        Ok(found)
    }

    fn pool_entries(
        &self,
        archive: ArchiveId,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError> {
        self.look("read pool files", |work| {
            let sql = "SELECT id FROM suite WHERE archive_id = ?1 ORDER BY id";
            let suites: Vec<i64> = work.all(sql, [archive.0], |row| Ok(row.get(0)?))?;
            for suite in suites {
                for sql in [POOL_SOURCES, POOL_BINARIES] {
                    if !pool_rows(work, sql, [suite], visit)? {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })
    }

    fn needed_objects(&self, visit: &mut dyn FnMut(Sha256, u64) -> bool) -> Result<(), RecordsError> {
        // Objects are recorded only with the release or custom file that needs them, and those are never deleted.
        let sql = "SELECT sha256, size FROM object ORDER BY sha256";
        self.work("read the objects").each(sql, (), |row| Ok(visit(sha256(row, 0)?, size(row, 1)?)))
    }
}

/// Names with a Pending record, and names whose Published ones cannot all stay. CROSS JOIN: SQLite keeps the order.
pub(super) const CONTESTED: &str = "
    WITH named (kind, name) AS (
        SELECT kind, name FROM publication INDEXED BY publication_pending
        WHERE suite_id = ?1 AND status = 0 AND id <= ?2
        UNION
        SELECT kind, name FROM publication INDEXED BY publication_live
        WHERE suite_id = ?1 AND status < 2 AND status = 1 AND id <= ?2
        GROUP BY kind, name
        HAVING count(*) > 1 AND (count(*) > count(DISTINCT architecture) OR min(version) <> max(version)))
    SELECT p.id, p.kind, p.name, p.version, p.architecture, p.status, p.component, r.source_name, r.source_version,
           ifnull(r.format, '') = 'ddeb'
    FROM named CROSS JOIN publication p INDEXED BY publication_live
    LEFT JOIN binary_release r ON p.kind = 1 AND r.id = p.release_id
    WHERE p.suite_id = ?1 AND p.kind = named.kind AND p.name = named.name AND p.status < 2 AND p.id <= ?2
    ORDER BY p.kind, p.name, p.id";

pub(super) const LIVE_COUNT: &str = "
    SELECT count(*) FROM publication INDEXED BY publication_live WHERE suite_id = ?1 AND status < 2 AND id <= ?2";

pub(super) const BUILT_FROM: &str = "
    SELECT p.id, p.kind, p.name, p.version, p.architecture, p.status, p.component, r.source_name, r.source_version,
           r.format = 'ddeb'
    FROM binary_release r INDEXED BY binary_release_source CROSS JOIN publication p INDEXED BY publication_live
    WHERE r.source_name = ?3 AND r.source_version = ?4 AND p.suite_id = ?1 AND p.kind = 1 AND p.name = r.name
    AND p.version = r.version AND p.architecture = r.architecture AND p.status < 2 AND p.id <= ?2
    AND p.release_id = r.id";

pub(super) const SOURCE_STANZA: &str = "
    SELECT r.stanza FROM suite s CROSS JOIN publication p INDEXED BY publication_live CROSS JOIN source_release r
    WHERE s.archive_id = ?1 AND p.suite_id = s.id AND p.kind = 0 AND p.name = ?2 AND p.version = ?3 AND p.status < 2
    AND r.id = p.release_id
    ORDER BY p.id LIMIT 1";

pub(super) const SOURCE_ROWS: &str = "
    SELECT p.id, p.status = 0, p.name, r.stanza, r.file_lists, p.section, p.priority
    FROM publication p INDEXED BY publication_live CROSS JOIN source_release r
    WHERE p.suite_id = ?1 AND p.kind = 0 AND p.status < 2 AND p.id <= ?2 AND p.component = ?3
    AND r.id = p.release_id
    ORDER BY p.name, p.version, p.architecture";

/// The two queries for the pool files of publications that a condition and an index choose.
macro_rules! pool_sources {
    ($index:literal, $condition:literal) => {
        concat!(
            "SELECT p.component, p.name, f.name, o.sha256, o.size, p.id, o.md5
             FROM publication p INDEXED BY ",
            $index,
            " CROSS JOIN source_file f CROSS JOIN object o
             WHERE p.suite_id = ?1 AND p.kind = 0 AND ",
            $condition,
            " AND f.source_id = p.release_id AND o.id = f.object_id
             ORDER BY p.id, f.position"
        )
    };
}

macro_rules! pool_binaries {
    ($index:literal, $condition:literal) => {
        concat!(
            "SELECT p.component, r.source_name, r.filename, o.sha256, o.size, p.id, o.md5
             FROM publication p INDEXED BY ",
            $index,
            " CROSS JOIN binary_release r CROSS JOIN object o
             WHERE p.suite_id = ?1 AND p.kind = 1 AND ",
            $condition,
            " AND r.id = p.release_id AND o.id = r.object_id
             ORDER BY p.id"
        )
    };
}

pub(super) const PENDING_SOURCES: &str = pool_sources!("publication_pending", "p.status = 0 AND p.id <= ?2");
pub(super) const PENDING_BINARIES: &str =
    pool_binaries!("publication_pending", "p.status = 0 AND p.id <= ?2");
pub(super) const POOL_SOURCES: &str =
    pool_sources!("publication_pool", "p.published IS NOT NULL AND p.removed IS NULL");
pub(super) const POOL_BINARIES: &str =
    pool_binaries!("publication_pool", "p.published IS NOT NULL AND p.removed IS NULL");

pub(super) fn read_candidate(row: &Row<'_>) -> Read<Candidate> {
    let (source_name, source_version): (Option<String>, Option<String>) = (row.get(7)?, row.get(8)?);
    Ok(Candidate {
        id: PublicationId(row.get(0)?),
        kind: kind(row, 1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        architecture: row.get(4)?,
        status: status(row, 5)?,
        component: parsed(row, 6, "a component")?,
        source: source_name.zip(source_version),
        debug: row.get(9)?,
    })
}

/// Reads the columns of [`SOURCE_ROWS`].
pub(super) fn source_row(row: &Row<'_>) -> Read<SourceRow> {
    Ok(SourceRow {
        id: PublicationId(row.get(0)?),
        pending: row.get(1)?,
        name: parsed(row, 2, "a source name")?,
        stanza: row.get(3)?,
        file_lists: row.get(4)?,
        section: row.get(5)?,
        priority: row.get(6)?,
    })
}

fn extra(row: &Row<'_>, column: usize) -> Read<Option<Sha256>> {
    let hex: Option<String> = row.get(column)?;
    let parsed = hex.map(|hex| Sha256::from_hex(&hex).map_err(|_| corrupt("a SHA-256", &hex).into()));
    parsed.transpose()
}

/// Walks pool files; returns whether `visit` wants more.
fn pool_rows(
    work: Work<'_>,
    sql: &str,
    values: impl rusqlite::Params,
    visit: &mut dyn FnMut(PoolEntry) -> bool,
) -> Result<bool, RecordsError> {
    let mut going = true;
    work.each(sql, values, |row| {
        going = visit(PoolEntry {
            publication: PublicationId(row.get(5)?),
            component: parsed(row, 0, "a component")?,
            source: parsed(row, 1, "a source name")?,
            file: parsed(row, 2, "a file name")?,
            sha256: sha256(row, 3)?,
            size: size(row, 4)?,
            md5: md5(row, 6)?,
        });
        Ok(going)
    })?;
    Ok(going)
}

fn list_rows(work: Work<'_>, filter: &ListFilter, suite: Option<i64>) -> Result<Vec<Listing>, RecordsError> {
    let mut conditions = vec!["s.id = p.suite_id"];
    let mut values: Vec<Value> = Vec::new();
    if let Some(suite) = suite {
        conditions.push("p.suite_id = ?");
        values.push(suite.into());
    }
    if let Some(name) = &filter.name {
        conditions.push(if name.contains('*') { "p.name GLOB ?" } else { "p.name = ?" });
        values.push(glob(name).into());
    }
    if !filter.history {
        conditions.push("p.status < 2");
    }
    let sql = format!(
        "SELECT p.kind, p.name, p.version, p.architecture, s.archive_id, s.series_id, s.pocket, p.component,
                p.section, p.status, p.created, p.published, p.superseded,
                (SELECT w.version FROM publication w WHERE w.id = p.superseded_by),
                p.priority, p.phase, p.who, p.reason, d.at, d.who, d.reason
         FROM publication p JOIN suite s LEFT JOIN removal d ON d.publication_id = p.id WHERE {} ORDER BY p.id",
        conditions.join(" AND ")
    );
    work.all(&sql, params_from_iter(values), listing)
}

fn listing(row: &Row<'_>) -> Read<Listing> {
    Ok(Listing {
        kind: kind(row, 0)?,
        name: row.get(1)?,
        version: row.get(2)?,
        architecture: row.get(3)?,
        suite: suite_key(row, 4)?,
        component: row.get(7)?,
        section: row.get(8)?,
        status: status(row, 9)?,
        created: Timestamp(row.get(10)?),
        published: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        ended: row.get::<_, Option<i64>>(12)?.map(Timestamp),
        superseded_by: row.get(13)?,
        priority: row.get(14)?,
        phase: row.get(15)?,
        made_by: Some(Words { who: row.get(16)?, reason: row.get(17)? })
            .filter(|words| !words.who.is_empty()),
        removal: match row.get::<_, Option<i64>>(18)? {
            Some(at) => Some((Timestamp(at), Words { who: row.get(19)?, reason: row.get(20)? })),
            None => None,
        },
    })
}

/// A pattern in which only `*` is special, as SQLite's GLOB wants it.
fn glob(pattern: &str) -> String {
    if !pattern.contains('*') {
        return pattern.to_owned();
    }
    pattern.replace('[', "[[]").replace('?', "[?]")
}

fn order_of(listing: &Listing) -> (&str, SuiteKey, &str, &str) {
    (&listing.name, listing.suite, &listing.version, &listing.architecture)
}
