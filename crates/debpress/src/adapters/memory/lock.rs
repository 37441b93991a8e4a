//! The lock of a database in memory, which several "hosts" can share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::MemoryRecords;
use crate::model::lock::{Holder, LockStatus};
use crate::ports::db::{DatabaseHold, DatabaseLock, LockRecords, RecordsError, Taking};

/// A database of which only the lock is there.
#[derive(Clone, Debug, Default)]
pub struct MemoryDatabase {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Which hold it is, by number, with the connection that it came over.
    held: Option<(u64, u64, Holder)>,
    /// How many holds and connections there were.
    numbers: u64,
}

impl MemoryDatabase {
    /// A database, and nobody is connected.
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection of a host.
    pub fn connect(&self) -> MemoryConnection {
        let connection = AtomicU64::new(self.state().number());
        MemoryConnection { database: self.clone(), connection }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

/// A connection to a [`MemoryDatabase`].
#[derive(Debug)]
pub struct MemoryConnection {
    database: MemoryDatabase,
    /// Its number; 0: it has ended.
    connection: AtomicU64,
}

impl Default for MemoryConnection {
    /// One to a database of its own.
    fn default() -> Self {
        MemoryDatabase::new().connect()
    }
}

impl MemoryConnection {
    /// Ends the connection, as the death of its host would.
    pub fn end(&self) {
        let mut state = self.database.state();
        let ended = self.connection.swap(0, Ordering::Relaxed);
        if state.held.as_ref().is_some_and(|(_, over, _)| *over == ended) {
            state.held = None;
        }
    }

    fn alive(&self, operation: &'static str) -> Result<u64, RecordsError> {
        match self.connection.load(Ordering::Relaxed) {
            0 => Err(RecordsError::Database { operation, source: "the connection has ended".into() }),
            number => Ok(number),
        }
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        self.end();
    }
}

impl DatabaseLock for MemoryConnection {
    fn try_take(&self, me: &Holder) -> Result<Taking, RecordsError> {
        let mut state = self.database.state();
        let over = self.alive("take the publisher lock")?;
        if let Some((_, _, holder)) = &state.held {
            return Ok(Taking::Busy(Some(holder.clone())));
        }
        let number = state.number();
        state.held = Some((number, over, me.clone()));
        Ok(Taking::Taken(Box::new(MemoryHold { database: self.database.clone(), number })))
    }

    fn status(&self) -> Result<LockStatus, RecordsError> {
        let state = self.database.state();
        self.alive("look at the publisher lock")?;
        let held = state.held.as_ref();
        Ok(held.map_or(LockStatus::Free, |(_, _, holder)| LockStatus::Held(Some(holder.clone()))))
    }
}

/// The lock of a [`MemoryDatabase`], held.
#[derive(Debug)]
struct MemoryHold {
    database: MemoryDatabase,
    number: u64,
}

impl MemoryHold {
    fn is_held(&self, state: &State) -> bool {
        state.held.as_ref().is_some_and(|(number, _, _)| *number == self.number)
    }
}

impl DatabaseHold for MemoryHold {
    fn check(&self) -> Result<(), RecordsError> {
        let operation = "keep the publisher lock";
        let lost = || RecordsError::Database { operation, source: "its connection has ended".into() };
        self.is_held(&self.database.state()).then_some(()).ok_or_else(lost)
    }
}

impl Drop for MemoryHold {
    fn drop(&mut self) {
        let mut state = self.database.state();
        // Somebody else may have it by now.
        if self.is_held(&state) {
            state.held = None;
        }
    }
}

impl LockRecords for MemoryRecords {
    fn database_lock(&self) -> Option<&dyn DatabaseLock> {
        Some(&self.lock)
    }
}
