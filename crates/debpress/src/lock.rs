//! The publisher lock: one publisher at a time (promise 1).
//!
//! The lock is `flock` on a file that is never unlinked, so two programs can never hold locks on two files of the
//! same name. The kernel frees it when its holder dies, however it dies: a lock is never stale. What stands in the
//! file only tells people who holds it; it decides nothing.
//!
//! Somebody may remove or replace the file all the same, while it is held. Whoever comes then locks another file. A
//! publisher therefore locks the directory of its site as well, which nobody can replace without taking the site away.
//!
//! `flock` is of one host. Publishers on several hosts that share one database take a lock in that database as well
//! (`[lock] scope`). The order is file, directory, database, and the reverse when they are freed, so that whoever waits
//! for the database keeps nobody out on its own host.
//!
//! A [`PublisherLock`] is a value. Functions that write a published tree or use up publication records take
//! `&PublisherLock`, so code that forgot to lock does not compile.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that is allowed to lock, and it needs the file"
)]

mod file;
mod holder;
mod look;

use std::fs::{File, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::ports::db::{DatabaseHold, DatabaseLock, RecordsError, Taking};

pub use crate::model::lock::{Holder, LockStatus};
pub use holder::this_user;
pub use look::{doubtful, status};

/// How long to wait for a lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// At most so long.
    For(Duration),
    /// Until it is free.
    Forever,
}

impl Wait {
    /// Whether somebody who waits since `started` goes on waiting.
    pub fn is_patient(self, started: Instant) -> bool {
        match self {
            Self::No => false,
            Self::For(limit) => started.elapsed() < limit,
            Self::Forever => true,
        }
    }
}

/// Why the lock was not taken, or not kept.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another publisher is at work: {}", holder_text(.holder.as_ref()))]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// Who holds it; `None` where neither the lock file nor the kernel says so.
        holder: Option<Holder>,
    },
    /// What hooks of a publisher that has died have left running cannot be ended.
    #[error("a hook of a publisher that has died has left {left}: end it, or wait until it has ended")]
    Left {
        /// What it has left, in words.
        left: String,
    },
    /// The lock file is something that whoever made it may use against us.
    #[error("{} is {what}, and no lock file: look who made it, and remove it while no publisher is at work", path.display())]
    NoLockFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The lock file is of somebody who lets nobody else look into it.
    #[error(
        "the lock file {} belongs to {owner}, and the user {user} may not read it: its owner or root should `chmod a+r` it, or \
         remove it while no publisher is at work",
        path.display()
    )]
    Unreadable {
        /// The lock file.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who wants to lock it.
        user: String,
    },
    /// The lock file cannot be used.
    #[error("cannot {operation} the lock file {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The lock in the database cannot be used.
    #[error("cannot take the publisher lock in the database")]
    Database(#[source] RecordsError),
    /// The lock in the database was lost while it was held.
    #[error(
        "the publisher lock in the database is lost, and another host may publish by now: nothing was done after that; the \
         next run begins anew"
    )]
    Lost(#[source] RecordsError),
}

impl LockError {
    /// Whether the same command will do later, without anybody doing anything.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Left { .. })
    }
}

fn holder_text(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "its name is not in the lock file".to_owned(), Holder::to_string)
}

/// How often a waiting publisher looks again. `flock` can wait by itself, but not with a limit and not so that an
/// interrupt ends it cleanly.
const POLL: Duration = Duration::from_millis(50);

/// What a publisher locks.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// The lock file.
    pub file: &'a Path,
    /// The directory of the site.
    pub site: Option<&'a Path>,
    /// The database, where publishers on several hosts share it.
    pub database: Option<&'a dyn DatabaseLock>,
}

/// The lock, held. Dropping it lets the next publisher in.
#[derive(Debug)]
#[must_use = "dropping the lock lets the next publisher in"]
pub struct PublisherLock {
    file: File,
    /// The directory of the site.
    site: Option<File>,
    /// The lock in the database.
    database: Option<Box<dyn DatabaseHold>>,
}

/// What became of one attempt to lock everything.
enum Attempt {
    Taken(PublisherLock),
    /// The lock file itself is held; who has it may be about to write its name.
    FileHeld,
    /// The lock file was free, and something else is not: its name is not to be expected there.
    Held(Option<Holder>),
}

impl PublisherLock {
    /// Takes the lock at `path`, which is created when it is missing, and writes `me` into it.
    ///
    /// # Errors
    /// [`LockError::Busy`] when it is still held after `wait`; [`LockError::Io`].
    pub fn acquire(path: &Path, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        Self::acquire_all(&Places { file: path, site: None, database: None }, me, wait)
    }

    /// The same for the site in the directory `site`: nobody else publishes it, even when the lock file is removed or
    /// replaced meanwhile.
    ///
    /// # Errors
    /// As [`PublisherLock::acquire`].
    pub fn acquire_for(path: &Path, site: &Path, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        Self::acquire_all(&Places { file: path, site: Some(site), database: None }, me, wait)
    }

    /// Takes the lock in all its places, or in none.
    ///
    /// # Errors
    /// As [`PublisherLock::acquire`]; [`LockError::Database`].
    pub fn acquire_all(places: &Places<'_>, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        let started = Instant::now();
        loop {
            let attempt = Self::try_all(places, me)?;
            if let Attempt::Taken(lock) = attempt {
                lock.sign(places.file, me)?;
                return Ok(lock);
            }
            if !wait.is_patient(started) {
                let holder = match attempt {
                    Attempt::Held(holder) => holder,
                    Attempt::FileHeld | Attempt::Taken(_) => holder::of_file(places.file)?,
                };
                return Err(LockError::Busy { path: places.file.to_owned(), holder });
            }
            std::thread::sleep(POLL);
        }
    }

    /// One attempt. What was locked before something that is held is free again.
    fn try_all(places: &Places<'_>, me: &Holder) -> Result<Attempt, LockError> {
        let Some(file) = file::try_acquire(places.file)? else { return Ok(Attempt::FileHeld) };
        let mut lock = Self { file, site: None, database: None };
        if let Some(directory) = places.site {
            let failed = |source| LockError::Io { operation: "lock", path: directory.to_owned(), source };
            let site = File::open(directory).map_err(failed)?;
            match file::lock_unless_held(&site) {
                Ok(true) => lock.site = Some(site),
                Ok(false) | Err(TryLockError::WouldBlock) => {
                    return Ok(Attempt::Held(holder::by_kernel(&site)));
                }
                // Some file systems of networks lock only what is open for writing, which a directory cannot be.
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, "the directory of the site cannot be locked as well");
                }
            }
        }
        if let Some(database) = places.database {
            match database.try_take(me).map_err(LockError::Database)? {
                Taking::Taken(hold) => lock.database = Some(hold),
                Taking::Busy(holder) => return Ok(Attempt::Held(holder)),
            }
        }
        Ok(Attempt::Taken(lock))
    }

    /// Whether it is held still. What is locked in files is held until it is freed; a database may have lost its
    /// connection. Asked before what cannot be taken back.
    ///
    /// # Errors
    /// [`LockError::Lost`].
    pub fn check(&self) -> Result<(), LockError> {
        self.database.as_ref().map_or(Ok(()), |hold| hold.check().map_err(LockError::Lost))
    }

    fn sign(&self, path: &Path, me: &Holder) -> Result<(), LockError> {
        let failed = |source| LockError::Io { operation: "write", path: path.to_owned(), source };
        let text = serde_json::to_string(me).map_err(|error| failed(error.into()))?;
        let mut file = &self.file;
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{text}"));
        match written {
            // Another user's file that we may only read: the lock holds, and the kernel knows who we are.
            Err(error) if matches!(error.raw_os_error(), Some(EBADF | EINVAL)) => Ok(()),
            other => other.map_err(failed),
        }
    }
}

/// `EBADF`, `EINVAL`: what writing to a file says that is open for reading only.
const EBADF: i32 = rustix::io::Errno::BADF.raw_os_error();
const EINVAL: i32 = rustix::io::Errno::INVAL.raw_os_error();

impl Drop for PublisherLock {
    fn drop(&mut self) {
        // In the reverse order: who gets the file next finds the database free.
        self.database = None;
        // Leave no name behind that holds nothing. If this fails, the kernel still frees the lock.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "could not empty the lock file");
        }
        // Closing the file would free the lock only when no copy of its descriptor is left: a child that another
        // thread is just starting has one until it runs its program.
        for file in [self.site.as_ref(), Some(&self.file)].into_iter().flatten() {
            if let Err(error) = file.unlock() {
                tracing::debug!(%error, "could not unlock; the kernel does when this process ends");
            }
        }
    }
}

#[cfg(test)]
mod tests;
