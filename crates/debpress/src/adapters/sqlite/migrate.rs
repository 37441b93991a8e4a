//! Brings a database to the newest schema.
//!
//! The schema number is SQLite's `user_version`. Each step is one transaction that ends by setting it, so that a
//! crash leaves either the old schema or the new one. A released step is never edited; a change is a new step.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::rows::During;
use crate::ports::db::RecordsError;

/// Every step; the first makes schema 1.
pub(super) const STEPS: &[&str] =
    &[include_str!("schema/0001_initial.sql"), include_str!("schema/0002_uploads.sql")];

/// Applies the steps that the database lacks. `path` is for messages.
///
/// A database that lacks none is only read, so that whoever opens it does not wait for one who writes.
pub(super) fn migrate(connection: &Connection, path: &str, steps: &[&str]) -> Result<(), RecordsError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if version(connection)? < known {
        for (number, step) in (1_i64..).zip(steps) {
            apply(connection, number, step)?;
        }
    }
    let found = version(connection)?;
    if found > known {
        return Err(RecordsError::NewerSchema { path: path.to_owned(), found, known });
    }
    Ok(())
}

fn apply(connection: &Connection, number: i64, step: &str) -> Result<(), RecordsError> {
    let operation = "bring the schema up to date";
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
        .during_on(connection, operation)?;
    // Asked again inside the transaction: another process may have done this step while we waited for the lock.
    if version(&transaction)? < number {
        transaction.execute_batch(step).during_on(connection, operation)?;
        transaction.pragma_update(None, "user_version", number).during_on(connection, operation)?;
    }
    transaction.commit().during_on(connection, operation)
}

fn version(connection: &Connection) -> Result<i64, RecordsError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .during_on(connection, "read the schema number")
}
