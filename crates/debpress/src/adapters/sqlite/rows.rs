//! Between rows and nouns: running statements, and reading values that somebody else may have damaged.

use std::str::FromStr;

use debfmt::digest::{Checksums, Md5, Sha1, Sha256, Sha512};
use rusqlite::{Connection, Params, Row};

use super::cause::cause;
use crate::model::archive::ArchiveId;
use crate::model::publication::{PackageKind, PublicationStatus};
use crate::model::queue::QueueStatus;
use crate::model::suite::{Pocket, SeriesId, SuiteKey};
use crate::ports::db::RecordsError;

/// Says what was tried when a library failed.
pub(super) trait During<T> {
    /// Turns the library's error into a database error of `operation`.
    fn during(self, operation: &'static str) -> Result<T, RecordsError>;

    /// The same where the library has worked on a database, which is named.
    fn during_on(self, connection: &Connection, operation: &'static str) -> Result<T, RecordsError>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> During<T> for Result<T, E> {
    fn during(self, operation: &'static str) -> Result<T, RecordsError> {
        self.map_err(|source| RecordsError::Database { operation, source: cause(source, None) })
    }

    fn during_on(self, connection: &Connection, operation: &'static str) -> Result<T, RecordsError> {
        let failed = |source| RecordsError::Database { operation, source: cause(source, connection.path()) };
        self.map_err(failed)
    }
}

/// What can go wrong while a row is read; both kinds work with `?`.
pub(super) enum RowError {
    Sql(rusqlite::Error),
    Records(RecordsError),
}

impl From<rusqlite::Error> for RowError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<RecordsError> for RowError {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}

/// A row turned into something.
pub(super) type Read<T> = Result<T, RowError>;

/// A connection and what is being done with it, for messages.
#[derive(Clone, Copy)]
pub(super) struct Work<'c> {
    connection: &'c Connection,
    operation: &'static str,
}

impl<'c> Work<'c> {
    pub(super) fn new(connection: &'c Connection, operation: &'static str) -> Self {
        Self { connection, operation }
    }

    /// Runs a statement and returns how many rows it changed.
    pub(super) fn run(self, sql: &str, params: impl Params) -> Result<usize, RecordsError> {
        let mut statement = self.connection.prepare_cached(sql).during_on(self.connection, self.operation)?;
        statement.execute(params).during_on(self.connection, self.operation)
    }

    /// Inserts a row and returns its number.
    pub(super) fn insert(self, sql: &str, params: impl Params) -> Result<i64, RecordsError> {
        self.run(sql, params)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Calls `visit` with each row until it returns `false`.
    pub(super) fn each(
        self,
        sql: &str,
        params: impl Params,
        visit: impl FnMut(&Row<'_>) -> Read<bool>,
    ) -> Result<(), RecordsError> {
        self.walk(sql, params, visit).map_err(|error| match error {
            RowError::Sql(source) => RecordsError::Database {
                operation: self.operation,
                source: cause(source, self.connection.path()),
            },
            RowError::Records(error) => error,
        })
    }

    fn walk(self, sql: &str, params: impl Params, mut visit: impl FnMut(&Row<'_>) -> Read<bool>) -> Read<()> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if !visit(row)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads every row.
    pub(super) fn all<T>(
        self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Read<T>,
    ) -> Result<Vec<T>, RecordsError> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Reads the first row, if there is one.
    pub(super) fn first<T>(
        self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Read<T>,
    ) -> Result<Option<T>, RecordsError> {
        let mut found = None;
        self.each(sql, params, |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }
}

/// The text of a column.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Read<&'r str> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

/// A column that must parse as `T`; `what` is for the message: `a component`.
pub(super) fn parsed<T: FromStr>(row: &Row<'_>, column: usize, what: &'static str) -> Read<T> {
    let value = text(row, column)?;
    value.parse().map_err(|_| corrupt(what, value).into())
}

/// A column that is NULL or must parse as `T`.
pub(super) fn maybe_parsed<T: FromStr>(row: &Row<'_>, column: usize, what: &'static str) -> Read<Option<T>> {
    let value: Option<String> = row.get(column)?;
    value.map(|value| value.parse().map_err(|_| corrupt(what, &value).into())).transpose()
}

/// Archive, series and pocket from three columns that begin at `first`.
pub(super) fn suite_key(row: &Row<'_>, first: usize) -> Read<SuiteKey> {
    Ok(SuiteKey {
        archive: ArchiveId(row.get(first)?),
        series: SeriesId(row.get(first + 1)?),
        pocket: parsed::<Pocket>(row, first + 2, "a pocket")?,
    })
}

/// A SHA-256.
pub(super) fn sha256(row: &Row<'_>, column: usize) -> Read<Sha256> {
    let bytes = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    Sha256::from_slice(bytes).ok_or_else(|| corrupt("a SHA-256", &hex(bytes)).into())
}

/// Size, sha256, md5, sha1 and sha512 from five columns that begin at `first`.
pub(super) fn checksums(row: &Row<'_>, first: usize) -> Read<Checksums> {
    Ok(Checksums {
        size: size(row, first)?,
        sha256: sha256(row, first + 1)?,
        md5: md5(row, first + 2)?,
        sha1: hash(row, first + 3, "a SHA-1", Sha1::from_slice)?,
        sha512: hash(row, first + 4, "a SHA-512", Sha512::from_slice)?,
    })
}

/// An MD5, or `NULL`.
pub(super) fn md5(row: &Row<'_>, column: usize) -> Read<Option<Md5>> {
    hash(row, column, "an MD5", Md5::from_slice)
}

/// A size in bytes.
pub(super) fn size(row: &Row<'_>, column: usize) -> Read<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| corrupt("a size", &value.to_string()).into())
}

fn hash<T>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
    make: fn(&[u8]) -> Option<T>,
) -> Read<Option<T>> {
    let bytes = row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    bytes.map(|bytes| make(bytes).ok_or_else(|| corrupt(what, &hex(bytes)).into())).transpose()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The error for a value that is not what it should be.
pub(super) fn corrupt(what: &'static str, value: &str) -> RecordsError {
    RecordsError::Corrupt { what, value: value.to_owned() }
}

/// A size as SQLite stores it; sizes beyond `i64` do not exist on any disk.
pub(super) fn stored_size(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The number that stands for a kind.
pub(super) fn kind_number(kind: PackageKind) -> i64 {
    match kind {
        PackageKind::Source => 0,
        PackageKind::Binary => 1,
    }
}

/// The kind from its number.
pub(super) fn kind(row: &Row<'_>, column: usize) -> Read<PackageKind> {
    word(row, column, "a package kind", [PackageKind::Source, PackageKind::Binary])
}

/// The publication status from its number.
pub(super) fn status(row: &Row<'_>, column: usize) -> Read<PublicationStatus> {
    word(row, column, "a publication status", PublicationStatus::ALL)
}

/// The number that stands for a queue status.
pub(super) fn queue_status_number(status: QueueStatus) -> i64 {
    match status {
        QueueStatus::New => 0,
        QueueStatus::Unapproved => 1,
        QueueStatus::Accepted => 2,
        QueueStatus::Rejected => 3,
        QueueStatus::Done => 4,
    }
}

/// The queue status from its number.
pub(super) fn queue_status(row: &Row<'_>, column: usize) -> Read<QueueStatus> {
    word(row, column, "a queue status", QueueStatus::ALL)
}

/// A number that is the place of a word in `words`.
fn word<T: Copy, const N: usize>(row: &Row<'_>, column: usize, what: &'static str, words: [T; N]) -> Read<T> {
    let number: i64 = row.get(column)?;
    let found = usize::try_from(number).ok().and_then(|number| words.get(number).copied());
    found.ok_or_else(|| corrupt(what, &number.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_schema() {
        for (number, status) in (0..).zip(QueueStatus::ALL) {
            assert_eq!(queue_status_number(status), number);
        }
        let words = PublicationStatus::ALL.map(PublicationStatus::as_str);
        assert_eq!(words, ["pending", "published", "superseded", "deleted"]);
    }
}
