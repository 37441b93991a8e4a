//! Records in SQLite: one file, written ahead, so that nobody who reads waits for a publisher.

mod aliases;
mod binaries;
mod cause;
mod changes;
mod contributions;
mod custom;
mod death_row;
mod deletion;
mod failures;
mod health;
mod index_rows;
mod known;
mod migrate;
mod notices;
mod place;
mod publications;
mod queue;
mod releases;
mod review;
mod rights;
mod rows;
mod runs;
mod site;
mod switch;
#[cfg(test)]
mod tests;

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::ports::db::{DatabaseLock, LockRecords, RecordsError};
use cause::cause;
use rows::{During, Work};

/// How long a writer waits for another one before it gives up. Every transaction here takes seconds at most.
const BUSY: Duration = Duration::from_secs(30);

/// Prepared statements kept: all that the adapter has.
const STATEMENTS: usize = 128;

/// Records in an SQLite database.
///
/// Several processes may have one open: each method is one transaction, and writers wait for each other for up to
/// 30 seconds.
#[derive(Debug)]
pub struct SqliteRecords {
    connection: Connection,
}

/// Which file could not be opened, and why.
#[derive(Debug, thiserror::Error)]
#[error("{path}")]
struct OpenError {
    path: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl LockRecords for SqliteRecords {
    fn database_lock(&self) -> Option<&dyn DatabaseLock> {
        // Its locks are those of the file system, and of one host.
        None
    }
}

impl SqliteRecords {
    /// Makes a new database file and opens it.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the file is there already, or it cannot be written.
    pub fn create(path: &Path) -> Result<Self, RecordsError> {
        let name = || path.display().to_string();
        // SQLite takes an empty file for an empty database, so this claims the name without a race.
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(_) => Self::open(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(RecordsError::Exists { what: "the database", name: name() })
            }
            Err(source) => Err(OpenError { path: name(), source: Box::new(source) }).during("create a file"),
        }
    }

    /// Opens a database file and brings its schema up to date.
    ///
    /// # Errors
    /// The file is missing (it is named) or is no database; [`RecordsError::NewerSchema`].
    pub fn open(path: &Path) -> Result<Self, RecordsError> {
        let name = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|source| not_open(source, &name))?;
        Self::set_up(connection, &name)
    }

    /// A database in memory that is gone with the value; for tests.
    ///
    /// # Errors
    /// SQLite refuses.
    pub fn open_in_memory() -> Result<Self, RecordsError> {
        Self::set_up(Connection::open_in_memory().during("open a database in memory")?, ":memory:")
    }

    fn set_up(connection: Connection, name: &str) -> Result<Self, RecordsError> {
        configure(&connection).map_err(|source| not_open(source, name))?;
        migrate::migrate(&connection, name, migrate::STEPS)?;
        Ok(Self { connection })
    }

    /// The connection, for a statement that stands alone.
    fn work(&self, operation: &'static str) -> Work<'_> {
        Work::new(&self.connection, operation)
    }

    /// Does several statements that change something: all or nothing.
    ///
    /// It takes the write lock first, because a transaction that reads and then wants to write cannot wait.
    fn change<T>(
        &self,
        operation: &'static str,
        body: impl FnOnce(Work<'_>) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        self.transact(operation, TransactionBehavior::Immediate, body)
    }

    /// Does several statements that read, all of one moment.
    fn look<T>(
        &self,
        operation: &'static str,
        body: impl FnOnce(Work<'_>) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        self.transact(operation, TransactionBehavior::Deferred, body)
    }

    fn transact<T>(
        &self,
        operation: &'static str,
        behavior: TransactionBehavior,
        body: impl FnOnce(Work<'_>) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        let transaction =
            Transaction::new_unchecked(&self.connection, behavior).during_on(&self.connection, operation)?;
        let value = body(Work::new(&transaction, operation))?;
        transaction.commit().during_on(&self.connection, operation)?;
        Ok(value)
    }
}

/// An error that names the file, once.
fn not_open(source: rusqlite::Error, path: &str) -> RecordsError {
    let cause = cause(source, Some(path));
    let source = match cause.downcast::<rusqlite::Error>() {
        Ok(source) => Box::new(OpenError { path: path.to_owned(), source }),
        Err(cause) => cause,
    };
    RecordsError::Database { operation: "open the file", source }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A publication is made visible because the journal row is on disk: FULL waits for the disk at each commit.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 32 MB of pages at most. Big sorts go to temporary files (temp_store stays at its default), so that memory
    // stays bounded whatever the archive's size.
    connection.pragma_update(None, "cache_size", -32_000)?;
    // A big import leaves a long log behind; give the disk back at the next checkpoint.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}
