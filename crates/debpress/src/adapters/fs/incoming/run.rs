//! One run of `process-upload`: its directory below `claimed/`, and the lock that tells whether it lives.
//!
//! The lock file is there before the directory and goes after it, on the disk too, so that every directory has a lock file. A lock
//! file is only removed by who holds it; who gets the lock of a file that is gone has got nothing.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::rand::GetRandomFlags;

use super::{CLAIMED, failed, moves, walk};
use crate::ports::incoming::{IncomingError, fit_to_show};

const LOCK: &str = ".lock";

/// A run that lives as long as this value.
#[derive(Debug)]
pub(super) struct Run {
    claimed: PathBuf,
    name: String,
    /// A number that no other run ever has.
    identity: String,
    next: AtomicU64,
    // Holds the lock; dying gives it up.
    lock: OwnedFd,
}

/// What the name of a claim's directory tells about the upload in it: `7-ID`, `7-ID.2`, `7-ID.2.loose`.
///
/// The path of a target directory is kept as directories, not in the name, for which it may be too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// What no other claim ever has; empty in what an older program left.
    pub(super) id: String,
    /// How many directories lie around the upload.
    pub(super) depth: usize,
    /// Whether it lay loose.
    pub(super) loose: bool,
}

const LOOSE: &str = ".loose";

impl Form {
    /// Reads the form off the name of a directory or the key of a claim.
    pub(super) fn of(name: &str) -> Self {
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        let (name, loose) = name.strip_suffix(LOOSE).map_or((name, false), |name| (name, true));
        let (name, depth) = name.rsplit_once('.').unwrap_or((name, ""));
        let id = name.split_once('-').map_or("", |(_, id)| id).to_owned();
        Self { id, depth: depth.parse().unwrap_or_default(), loose }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.id.is_empty() {
            write!(f, "-{}", self.id)?;
        }
        if self.depth > 0 {
            write!(f, ".{}", self.depth)?;
        }
        f.write_str(if self.loose { LOOSE } else { "" })
    }
}

/// What a run took over from dead ones.
#[derive(Default)]
pub(super) struct Inherited {
    /// Keys of the claims, which are this run's now.
    pub(super) keys: Vec<String>,
    /// What could not be taken over, relative to the site, and why.
    pub(super) troubles: Vec<(String, IncomingError)>,
}

impl Run {
    /// Begins a run with a directory of its own below `claimed`.
    pub(super) fn begin(claimed: &Path) -> Result<Self, IncomingError> {
        let process = rustix::process::getpid().as_raw_nonzero();
        for number in 0_u64.. {
            let name = format!("{process}-{number}");
            let path = claimed.join(format!("{name}{LOCK}"));
            if let Some(lock) = create_locked(&path)? {
                moves::make_directory(&claimed.join(&name))?;
                let (claimed, identity, next) = (claimed.to_owned(), random()?, AtomicU64::new(1));
                return Ok(Self { claimed, name, identity, next, lock });
            }
        }
        Err(failed("find a free name in", claimed)(Errno::EXIST))
    }

    /// An identity for the run's next claim. Records name claims by it, so it must never come back, as the numbers of
    /// processes do.
    pub(super) fn new_id(&self) -> String {
        format!("{}-{}", self.identity, self.next.load(Ordering::Relaxed))
    }

    /// The key of the run's next claim.
    pub(super) fn next(&self, form: &Form) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{}/{number}{form}", self.name)
    }

    /// Makes the claims of every dead run this run's own. One that cannot be taken over keeps none of the others.
    pub(super) fn inherit(&self) -> Result<Inherited, IncomingError> {
        let mut inherited = Inherited::default();
        for lock in walk::names(&self.claimed)? {
            let name = lock.as_bytes().strip_suffix(LOCK.as_bytes()).unwrap_or_default();
            if name.is_empty() || name == self.name.as_bytes() {
                continue;
            }
            let name = OsStr::from_bytes(name);
            if let Err(error) = self.inherit_run(name, &self.claimed.join(&lock), &mut inherited.keys) {
                inherited.troubles.push((format!("{CLAIMED}/{}", fit_to_show(name)), error));
            }
        }
        Ok(inherited)
    }

    fn inherit_run(&self, name: &OsStr, lock: &Path, keys: &mut Vec<String>) -> Result<(), IncomingError> {
        if let Some(_held) = take_over(lock)? {
            let dead = self.claimed.join(name);
            self.empty_out(&dead, keys)?;
            // Also when it was gone already: a run that died may not have made that durable.
            moves::sync_parent(&dead)?;
            remove_file(lock)?;
        }
        Ok(())
    }

    /// Takes every claim that can be taken, and then fails with the first that cannot.
    fn empty_out(&self, dead: &Path, keys: &mut Vec<String>) -> Result<(), IncomingError> {
        if !walk::is_directory(dead)? {
            return Ok(());
        }
        let mut taken = Ok(());
        for claim in walk::names(dead)? {
            let key = self.next(&Form::of(&claim.to_string_lossy()));
            match moves::move_new(&dead.join(&claim), &self.claimed.join(&key)) {
                Ok(true) => keys.push(key),
                Ok(false) => {}
                Err(error) => taken = taken.and(Err(error)),
            }
        }
        taken.and_then(|()| moves::remove_empty(dead))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What is still claimed keeps the directory, and the next run inherits it. So does an empty one that cannot
        // be removed now.
        if moves::remove_empty_for_good(&self.claimed.join(&self.name)).is_ok() {
            remove_file(&self.claimed.join(format!("{}{LOCK}", self.name))).unwrap_or_default();
        }
        // Closing the file would free the lock only when no copy of its descriptor is left: a child that another
        // thread is just starting has one until it runs its program.
        if let Err(errno) = rustix::fs::flock(&self.lock, FlockOperation::Unlock) {
            tracing::debug!(%errno, "could not unlock; the kernel does when this process ends");
        }
    }
}

/// 128 random bits in hex.
fn random() -> Result<String, IncomingError> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, GetRandomFlags::empty())
        .map_err(failed("draw a random number for", Path::new("claimed")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A lock file that was made here and is locked by nobody else; `None` when the name is taken.
fn create_locked(path: &Path) -> Result<Option<OwnedFd>, IncomingError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    match rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(0o644)) {
        Ok(file) => lock(file, path),
        Err(Errno::EXIST) => Ok(None),
        Err(errno) => Err(failed("create", path)(errno)),
    }
}

/// The lock of another run, when that run is dead.
fn take_over(path: &Path) -> Result<Option<OwnedFd>, IncomingError> {
    match rustix::fs::openat(CWD, path, OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => lock(file, path),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(failed("open", path)(errno)),
    }
}

fn lock(file: OwnedFd, path: &Path) -> Result<Option<OwnedFd>, IncomingError> {
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(errno) => return Err(failed("lock", path)(errno)),
    }
    let status = rustix::fs::fstat(&file).map_err(failed("examine", path))?;
    // Between opening and locking somebody may have taken the file for that of a dead run, and removed it.
    Ok((status.st_nlink > 0).then_some(file))
}

fn remove_file(path: &Path) -> Result<(), IncomingError> {
    rustix::fs::unlinkat(CWD, path, AtFlags::empty()).map_err(failed("remove", path))
}
