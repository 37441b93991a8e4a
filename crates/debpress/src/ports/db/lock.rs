//! A lock in the database: publishers on several hosts that share the records exclude each other.
//!
//! What an adapter promises, and the contract tests (`tests/it/ports_lock.rs`) look for: of all that try, on whatever
//! host, one has it; whoever has it already does not get it a second time; it is freed by dropping the hold and, without
//! anybody's help, when the connection of its holder ends, however it ends. PostgreSQL has such locks (advisory locks of
//! a session); SQLite has none that another host would see.

use std::fmt::Debug;

use super::RecordsError;
use crate::model::lock::{Holder, LockStatus};

/// What records say of their lock.
pub trait LockRecords {
    /// The lock of the database; `None`: a database of this kind has none.
    fn database_lock(&self) -> Option<&dyn DatabaseLock>;
}

/// The lock of a database, as a program on one host has it in its hands.
pub trait DatabaseLock: Send + Sync {
    /// Takes it for `me`, unless somebody has it, which may be this very program. Does not wait.
    ///
    /// # Errors
    /// The database fails, or the connection to it.
    fn try_take(&self, me: &Holder) -> Result<Taking, RecordsError>;

    /// How it stands at this moment.
    ///
    /// # Errors
    /// As [`DatabaseLock::try_take`].
    fn status(&self) -> Result<LockStatus, RecordsError>;
}

/// What became of an attempt.
#[derive(Debug)]
pub enum Taking {
    /// It is taken, until this is dropped.
    Taken(Box<dyn DatabaseHold>),
    /// Somebody has it; who, where that can be known.
    Busy(Option<Holder>),
}

/// The lock of a database, held. Dropping it frees the lock.
pub trait DatabaseHold: Debug + Send + Sync {
    /// Whether it is held still. Asked before what cannot be taken back: a connection may have ended meanwhile, and then
    /// somebody else may have the lock.
    ///
    /// # Errors
    /// It is lost, or nobody can tell.
    fn check(&self) -> Result<(), RecordsError>;
}
