//! The publisher lock: one publisher at a time (promise 1).
//!
//! The lock is `flock` on a file that is never unlinked, so two programs can never hold locks on two files of the
//! same name. The kernel frees it when its holder dies, however it dies: a lock is never stale. What stands in the
//! file only tells people who holds it; it decides nothing.
//!
//! A [`PublisherLock`] is a value. Functions that write a published tree or use up publication records take
//! `&PublisherLock`, so code that forgot to lock does not compile.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that is allowed to lock, and it needs the file"
)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::model::time::Timestamp;

/// Who holds the lock, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The command: `publish-distro`.
    pub command: String,
    /// Its process number.
    pub pid: u32,
    /// The user it runs as.
    pub user: String,
    /// The host it runs on.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
}

impl Holder {
    /// This process, running `command` since `now`.
    pub fn this_process(command: &str, now: Timestamp) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let (user, _) = this_user();
        Self { command: command.to_owned(), pid: std::process::id(), user, host, since: now }
    }
}

/// The user that this process acts as: name and number.
pub fn this_user() -> (String, u32) {
    let uid = rustix::process::geteuid().as_raw();
    (user_name(uid), uid)
}

/// The name of a user by /etc/passwd, or the number: a missing name must not stop a publisher.
fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {uid}"))
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, pid, user, host, since } = self;
        write!(f, "{command} (process {pid} of {user} on {host}, since {since})")
    }
}

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

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another publisher is at work: {}", holder_text(.holder.as_ref()))]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// Who holds it; `None` in the instant before the holder has written its name.
        holder: Option<Holder>,
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
}

fn holder_text(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "it has not said its name yet".to_owned(), Holder::to_string)
}

/// How often a waiting publisher looks again. `flock` can wait by itself, but not with a limit and not so that an
/// interrupt ends it cleanly.
const POLL: Duration = Duration::from_millis(50);

/// The lock, held. Dropping it lets the next publisher in.
#[derive(Debug)]
#[must_use = "dropping the lock lets the next publisher in"]
pub struct PublisherLock {
    file: File,
}

impl PublisherLock {
    /// Takes the lock at `path`, which is created when it is missing, and writes `me` into it.
    ///
    /// # Errors
    /// [`LockError::Busy`] when it is still held after `wait`; [`LockError::Io`].
    pub fn acquire(path: &Path, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        let started = Instant::now();
        loop {
            if let Some(file) = try_acquire(path)? {
                let lock = Self { file };
                lock.sign(path, me)?;
                return Ok(lock);
            }
            let patient = match wait {
                Wait::No => false,
                Wait::For(limit) => started.elapsed() < limit,
                Wait::Forever => true,
            };
            if !patient {
                return Err(LockError::Busy { path: path.to_owned(), holder: read_holder(path)? });
            }
            std::thread::sleep(POLL);
        }
    }

    fn sign(&self, path: &Path, me: &Holder) -> Result<(), LockError> {
        let failed = |source| LockError::Io { operation: "write", path: path.to_owned(), source };
        let text = serde_json::to_string(me).map_err(|error| failed(error.into()))?;
        self.file.set_len(0).map_err(failed)?;
        let mut file = &self.file;
        file.rewind().and_then(|()| writeln!(file, "{text}")).map_err(failed)
    }
}

impl Drop for PublisherLock {
    fn drop(&mut self) {
        // Leave no name behind that holds nothing. If this fails, the kernel still frees the lock.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "could not empty the lock file");
        }
        // Closing the file would free the lock only when no copy of its descriptor is left: a child that another
        // thread is just starting has one until it runs its program.
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "could not unlock; the kernel does when this process ends");
        }
    }
}

/// Locks the file that is at `path` at this moment, or says that it is held.
fn try_acquire(path: &Path) -> Result<Option<File>, LockError> {
    let failed = |operation, source| LockError::Io { operation, path: path.to_owned(), source };
    loop {
        let file = open(path).map_err(|source| failed("open", source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(failed("lock", source)),
        }
        // Somebody may have removed or replaced the file between open and lock; then this lock guards nothing.
        let held = file.metadata().map_err(|source| failed("examine", source))?;
        match std::fs::symlink_metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (held.dev(), held.ino()) => return Ok(Some(file)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed("examine", source)),
        }
    }
}

/// Opens the lock file without truncating it (its holder's name stands in it) and without following a symbolic
/// link: whoever could plant one could make two publishers lock two files.
fn open(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o664)
        .custom_flags(flags)
        .open(path)
}

fn read_holder(path: &Path) -> Result<Option<Holder>, LockError> {
    let failed = |source| LockError::Io { operation: "read", path: path.to_owned(), source };
    let mut text = String::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    file.take(64 * 1024).read_to_string(&mut text).map_err(failed)?;
    Ok(serde_json::from_str(&text).ok())
}

/// How the lock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockStatus {
    /// Nobody holds it.
    Free,
    /// Somebody holds it; who, unless they have not written their name yet.
    Held(Option<Holder>),
}

/// Looks at the lock without keeping it.
///
/// # Errors
/// [`LockError::Io`].
pub fn status(path: &Path) -> Result<LockStatus, LockError> {
    let failed = |operation, source| LockError::Io { operation, path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LockStatus::Free),
        Err(source) => return Err(failed("open", source)),
    };
    // Shared, so that two who only look do not see each other.
    match file.try_lock_shared() {
        Ok(()) => Ok(LockStatus::Free),
        Err(TryLockError::WouldBlock) => Ok(LockStatus::Held(read_holder(path)?)),
        Err(TryLockError::Error(source)) => Err(failed("examine", source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(command: &str) -> Holder {
        Holder {
            command: command.into(),
            pid: 7,
            user: "ann".into(),
            host: "vault".into(),
            since: Timestamp(0),
        }
    }

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = PublisherLock::acquire(&path, &me("publish-distro"), Wait::No).unwrap();
        let busy = PublisherLock::acquire(&path, &me("process-accepted"), Wait::No).unwrap_err();
        assert_eq!(
            busy.to_string(),
            "another publisher is at work: publish-distro (process 7 of ann on vault, since 1970-01-01T00:00:00Z)"
        );
        assert_eq!(status(&path).unwrap(), LockStatus::Held(Some(me("publish-distro"))));
        drop(first);
        assert_eq!(status(&path).unwrap(), LockStatus::Free);
        drop(PublisherLock::acquire(&path, &me("process-accepted"), Wait::No).unwrap());
        assert!(path.exists(), "the file stays: unlinking it would let two publishers lock two files");
    }

    #[test]
    fn who_waits_gets_it_when_it_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap();
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| PublisherLock::acquire(&path, &me("b"), Wait::Forever));
            drop(first);
            waiting.join().unwrap()
        });
        assert!(waiting.is_ok());
    }

    #[test]
    fn a_symbolic_link_is_no_lock_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        let refused = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap_err();
        assert!(matches!(refused, LockError::Io { operation: "open", .. }), "{refused}");
        assert!(!dir.path().join("elsewhere").exists());
    }

    #[test]
    fn a_replaced_file_does_not_let_a_second_one_keep_a_dead_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        std::fs::write(&path, "not json").unwrap();
        let held = PublisherLock::acquire(&path, &me("a"), Wait::No).unwrap();
        assert_eq!(status(&path).unwrap(), LockStatus::Held(Some(me("a"))));
        drop(held);
    }
}
