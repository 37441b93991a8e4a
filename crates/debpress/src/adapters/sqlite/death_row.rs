//! Death row: what may leave the pool.

use rusqlite::{Row, named_params};

use super::SqliteRecords;
use super::rows::{Read, Work, kind, md5, parsed, sha256, size};
use crate::model::archive::ArchiveId;
use crate::model::publication::{PackageKind, PoolEntry, PublicationId};
use crate::model::time::Timestamp;
use crate::ports::db::{Condemned, CondemnedFile, DeathRowRecords, RecordsError};

impl DeathRowRecords for SqliteRecords {
    fn condemned(&self, archive: ArchiveId, now: Timestamp) -> Result<Vec<Condemned>, RecordsError> {
        self.look("read what may leave the pool", |work| {
            let ask = Ask { work, archive: archive.0, now: now.0 };
            let over = work.all(CONDEMNED, (archive.0, now.0), publication)?;
            over.iter().map(|publication| ask.condemned(publication)).collect()
        })
    }

    fn record_removed(&self, publications: &[PublicationId], at: Timestamp) -> Result<usize, RecordsError> {
        self.change("record what has left the pool", |work| {
            let mut recorded = 0;
            for publication in publications {
                recorded += work.run(RECORD_REMOVED, (publication.0, at.0))?;
            }
            Ok(recorded)
        })
    }
}

/// A publication whose stay is over.
struct Publication {
    id: i64,
    kind: PackageKind,
    release: i64,
    name: String,
    version: String,
}

fn publication(row: &Row<'_>) -> Read<Publication> {
    Ok(Publication {
        id: row.get(0)?,
        kind: kind(row, 1)?,
        release: row.get(2)?,
        name: row.get(3)?,
        version: row.get(4)?,
    })
}

/// Whose pool is asked about, and when.
struct Ask<'c> {
    work: Work<'c>,
    archive: i64,
    now: i64,
}

impl Ask<'_> {
    fn condemned(&self, publication: &Publication) -> Result<Condemned, RecordsError> {
        let (held, files) = match publication.kind {
            PackageKind::Source => (self.is_held(publication)?, SOURCE_FILES),
            PackageKind::Binary => (false, BINARY_FILES),
        };
        let files: Vec<(PoolEntry, i64)> = self.work.all(files, [publication.id], |row| {
            let entry = PoolEntry {
                publication: PublicationId(publication.id),
                component: parsed(row, 0, "a component")?,
                source: parsed(row, 1, "a source name")?,
                file: parsed(row, 2, "a file name")?,
                sha256: sha256(row, 3)?,
                size: size(row, 4)?,
                md5: md5(row, 6)?,
            };
            Ok((entry, row.get(5)?))
        })?;
        let judge = |(entry, object)| {
            let needed = self.is_needed(&entry, object)?;
            Ok(CondemnedFile { entry, needed })
        };
        let files = files.into_iter().map(judge).collect::<Result<_, RecordsError>>()?;
        Ok(Condemned { publication: PublicationId(publication.id), held, files })
    }

    fn is_held(&self, source: &Publication) -> Result<bool, RecordsError> {
        let values = named_params! {
            ":archive": self.archive,
            ":now": self.now,
            ":release": source.release,
            ":source": source.name,
            ":version": source.version,
        };
        Ok(self.work.first(HELD, values, |row| Ok(row.get(0)?))?.unwrap_or(true))
    }

    fn is_needed(&self, entry: &PoolEntry, object: i64) -> Result<bool, RecordsError> {
        let values = named_params! {
            ":archive": self.archive,
            ":now": self.now,
            ":component": entry.component.as_str(),
            ":source": entry.source.as_str(),
            ":file": entry.file.as_str(),
            ":object": object,
        };
        Ok(self.work.first(NEEDED, values, |row| Ok(row.get(0)?))?.unwrap_or(true))
    }
}

pub(super) const CONDEMNED: &str = "
    SELECT p.id, p.kind, p.release_id, p.name, p.version
    FROM archive a CROSS JOIN suite s CROSS JOIN publication p INDEXED BY publication_removable
    WHERE a.id = ?1 AND a.deletion IS NULL AND s.archive_id = a.id AND p.suite_id = s.id AND p.removable <= ?2 AND p.status > 1
    AND p.removed IS NULL
    ORDER BY p.id";

pub(super) const SOURCE_FILES: &str = "
    SELECT p.component, p.name, f.name, o.sha256, o.size, o.id, o.md5
    FROM publication p CROSS JOIN source_file f CROSS JOIN object o
    WHERE p.id = ?1 AND f.source_id = p.release_id AND o.id = f.object_id ORDER BY f.position";

pub(super) const BINARY_FILES: &str = "
    SELECT p.component, b.source_name, b.filename, o.sha256, o.size, o.id, o.md5
    FROM publication p CROSS JOIN binary_release b CROSS JOIN object o
    WHERE p.id = ?1 AND b.id = p.release_id AND o.id = b.object_id";

/// Whether one of the publications that stay in the archive fits: the live ones are in one index, the others in another.
/// `from` are tables that come first, `then` those that follow, `fits` the condition.
macro_rules! stays {
    ($from:literal, $then:literal, $fits:literal) => {
        stays!($from, $then, $fits, "p.status < 2")
    };
    ($from:literal, $then:literal, $fits:literal, $live:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM ", $from, "suite s CROSS JOIN publication p INDEXED BY publication_live", $then,
            " WHERE s.archive_id = :archive AND p.suite_id = s.id AND p.status < 2 AND ", $live, " AND ", $fits,
            ") OR EXISTS (SELECT 1 FROM ", $from, "suite s CROSS JOIN publication p INDEXED BY publication_retired",
            $then, " WHERE s.archive_id = :archive AND p.suite_id = s.id AND p.status > 1
             AND p.published IS NOT NULL AND p.removed IS NULL AND (p.removable IS NULL OR p.removable > :now)
             AND ", $fits, "))"
        )
    };
}

/// Whether a publication that stays has the path. Within an archive a file name means one object, which leads to the
/// binary packages of that name. (The plus keeps SQLite from reading all packages of the source instead.)
pub(super) const NEEDED: &str = concat!(
    "SELECT ",
    stays!(
        "",
        " CROSS JOIN source_file f",
        "p.kind = 0 AND p.name = :source AND p.component = :component AND f.source_id = p.release_id
         AND f.name = :file"
    ),
    " OR ",
    stays!(
        "binary_release b CROSS JOIN ",
        "",
        "b.object_id = :object AND b.filename = :file AND +b.source_name = :source AND p.kind = 1
         AND p.name = b.name AND p.version = b.version AND p.component = :component AND p.release_id = b.id"
    )
);

/// Whether binary publications that stay need the source, and no other publication keeps it in the pool.
pub(super) const HELD: &str = concat!(
    "SELECT (",
    stays!(
        "binary_release b INDEXED BY binary_release_source CROSS JOIN ",
        "",
        "b.source_name = :source AND b.source_version = :version AND p.kind = 1 AND p.name = b.name
         AND p.version = b.version AND p.release_id = b.id"
    ),
    " OR ",
    stays!(
        "binary_source_reference u INDEXED BY binary_source_reference_source CROSS JOIN binary_release b CROSS JOIN ",
        "",
        "u.source_name = :source AND u.source_version = :version AND b.id = u.binary_id AND p.kind = 1
         AND p.name = b.name AND p.version = b.version AND p.release_id = b.id"
    ),
    ") AND NOT ",
    stays!(
        "",
        "",
        "p.kind = 0 AND p.name = :source AND p.version = :version AND p.release_id = :release",
        "p.status = 1"
    )
);

pub(super) const RECORD_REMOVED: &str = "
    UPDATE publication SET removed = ?2
    WHERE id = ?1 AND status > 1 AND removable <= ?2 AND removed IS NULL";
