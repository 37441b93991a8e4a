//! The publisher lock: placeholder with the signatures of the real one.

use std::path::Path;

use crate::model::time::Timestamp;

/// Who holds the lock.
#[derive(Debug)]
pub struct Holder;

impl Holder {
    /// This process.
    pub fn this_process(_command: &str, _now: Timestamp) -> Self {
        Self
    }
}

/// How long to wait for it.
#[derive(Debug)]
pub enum Wait {
    /// Not at all.
    No,
}

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
#[error("the publisher lock is held")]
pub struct LockError;

/// Proof that this process is the only publisher.
#[derive(Debug)]
pub struct PublisherLock(());

impl PublisherLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Never, in this placeholder.
    pub fn acquire(_path: &Path, _me: &Holder, _wait: Wait) -> Result<Self, LockError> {
        Ok(Self(()))
    }
}
