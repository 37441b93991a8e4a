//! Placing releases into a suite: the one way in which a publication record is made.

use rusqlite::{named_params, params};

use super::deletion::refuse_deleted;
use super::releases::{Recorded, ReleaseRow};
use super::rows::{Work, kind_number, parsed, sha256};
use crate::model::publication::{PackageKind, Placement};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{Imported, RecordsError};

/// The number of a suite's row, or `None` when nothing has touched the suite.
pub(super) fn find_suite(work: Work<'_>, key: SuiteKey) -> Result<Option<i64>, RecordsError> {
    work.first(
        "SELECT id FROM suite WHERE archive_id = ?1 AND series_id = ?2 AND pocket = ?3",
        (key.archive.0, key.series.0, key.pocket.as_str()),
        |row| Ok(row.get(0)?),
    )
}

/// The number of a suite's row, which is made when there is none.
pub(super) fn ensure_suite(work: Work<'_>, key: SuiteKey) -> Result<i64, RecordsError> {
    if let Some(id) = find_suite(work, key)? {
        return Ok(id);
    }
    work.insert(
        "INSERT INTO suite (archive_id, series_id, pocket) VALUES (?1, ?2, ?3)",
        (key.archive.0, key.series.0, key.pocket.as_str()),
    )
}

/// Places releases into one suite inside one transaction.
pub(super) struct Placer<'c> {
    work: Work<'c>,
    archive: i64,
    suite: i64,
    at: Timestamp,
    done: Imported,
}

impl<'c> Placer<'c> {
    pub(super) fn new(work: Work<'c>, suite: SuiteKey, at: Timestamp) -> Result<Self, RecordsError> {
        refuse_deleted(work, suite.archive)?;
        let row = ensure_suite(work, suite)?;
        Ok(Self { work, archive: suite.archive.0, suite: row, at, done: Imported::default() })
    }

    /// The number of the suite's row.
    pub(super) fn suite(&self) -> i64 {
        self.suite
    }

    /// Makes a Pending record, unless the newest live one of the release in the suite has this placement.
    pub(super) fn place(&mut self, release: &Recorded, placement: &Placement) -> Result<(), RecordsError> {
        for file in &release.files {
            self.register(&file.name, file.sha256)?;
        }
        if self.insert(release.row, placement)? == 0 {
            self.done.present += 1;
        } else {
            self.done.added += 1;
        }
        Ok(())
    }

    /// Marks the suite dirty if anything was added, and tells what was done.
    pub(super) fn finish(self) -> Result<Imported, RecordsError> {
        if self.done.added > 0 {
            self.work.run("UPDATE suite SET changes = changes + 1 WHERE id = ?1", [self.suite])?;
        }
        Ok(self.done)
    }

    /// Notes that the archive has a file, or finds that it had another one of that name (promise 4).
    fn register(&self, file: &str, given: debfmt::digest::Sha256) -> Result<(), RecordsError> {
        let known = "SELECT sha256 FROM archive_file WHERE archive_id = ?1 AND name = ?2";
        match self.work.first(known, (self.archive, file), |row| sha256(row, 0))? {
            Some(had) if had != given => {
                Err(RecordsError::FileConflict { file: file.to_owned(), had, given })
            }
            Some(_) => Ok(()),
            None => {
                let sql = "INSERT INTO archive_file (archive_id, name, sha256) VALUES (?1, ?2, ?3)";
                self.work.run(sql, params![self.archive, file, given.as_bytes()])?;
                Ok(())
            }
        }
    }

    fn insert(&self, release: ReleaseRow, placement: &Placement) -> Result<usize, RecordsError> {
        let sql = match release.kind {
            PackageKind::Source => INSERT_SOURCE,
            PackageKind::Binary => INSERT_BINARY,
        };
        self.work.run(
            sql,
            named_params! {
                ":suite": self.suite,
                ":kind": kind_number(release.kind),
                ":release": release.id,
                ":component": placement.component.as_str(),
                ":section": placement.section,
                ":priority": placement.priority,
                ":at": self.at.0,
            },
        )
    }
}

/// The text of an insertion that copies name, version and architecture from the release and does nothing when the
/// newest live record of the same release in the suite has the same placement. An older one does not count: the newest
/// is what the next publication shows, so that placing a package back must be newer still; and one that is leaving keeps
/// nobody from coming back.
macro_rules! insert_publication {
    ($architecture:literal, $special:literal, $table:literal) => {
        concat!(
            "INSERT INTO publication (suite_id, kind, status, release_id, name, version, architecture, component,
             section, priority, created, special)
             SELECT :suite, :kind, 0, r.id, r.name, r.version, ",
            $architecture,
            ", :component, :section, :priority, :at, ",
            $special,
            " FROM ",
            $table,
            " r WHERE r.id = :release AND NOT EXISTS (
                SELECT 1 FROM publication p WHERE p.id = (
                    SELECT max(l.id) FROM publication l INDEXED BY publication_live
                    WHERE l.suite_id = :suite AND l.kind = :kind AND l.name = r.name AND l.version = r.version
                    AND l.status < 2 AND l.release_id = :release)
                AND p.component = :component AND p.section = :section AND p.priority = :priority
                AND NOT EXISTS (SELECT 1 FROM removal d WHERE d.publication_id = p.id))"
        )
    };
}

pub(super) const INSERT_SOURCE: &str = insert_publication!("'source'", "''", "source_release");
pub(super) const INSERT_BINARY: &str =
    insert_publication!("r.architecture", "iif(r.format = 'deb', '', r.format)", "binary_release");

/// Component, section and priority from three columns that begin at `first`.
pub(super) fn placement(row: &rusqlite::Row<'_>, first: usize) -> super::rows::Read<Placement> {
    Ok(Placement {
        component: parsed(row, first, "a component")?,
        section: row.get(first + 1)?,
        priority: row.get(first + 2)?,
    })
}
