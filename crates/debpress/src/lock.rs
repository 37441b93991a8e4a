//! The publisher lock: one publisher at a time (promise 1).
//!
//! The lock is `flock` on a file that is never unlinked, so two programs can never hold locks on two files of the
//! same name. The kernel frees it when its holder dies, however it dies: a lock is never stale. What stands in the
//! file only tells people who holds it; it decides nothing.
//!
//! Somebody may remove or replace the file all the same, while it is held. Whoever comes then locks another file. A
//! publisher therefore locks the directory of its site as well, which nobody can replace without taking the site away.
//!
//! A [`PublisherLock`] is a value. Functions that write a published tree or use up publication records take
//! `&PublisherLock`, so code that forgot to lock does not compile.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that is allowed to lock, and it needs the file"
)]

use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
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
        /// Who holds it; `None` in the instant before the holder has written its name, or where somebody has taken the
        /// file from it.
        holder: Option<Holder>,
    },
    /// The lock file is something that whoever made it may use against us.
    #[error("{} is {what}, and no lock file: look who made it, and remove it while no publisher is at work", path.display())]
    NoLockFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
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
    holder.map_or_else(|| "its name is not in the lock file".to_owned(), Holder::to_string)
}

/// How often a waiting publisher looks again. `flock` can wait by itself, but not with a limit and not so that an
/// interrupt ends it cleanly.
const POLL: Duration = Duration::from_millis(50);

/// How long whoever has just taken the lock may take to write its name.
const NAMING: Duration = Duration::from_secs(1);

/// Who only looks at the lock shares it for an instant ([`status`]). That sends no publisher away, unless it lasts so long.
const GLANCE: Duration = Duration::from_secs(5);

/// Locks a file, unless a publisher holds it.
fn lock_unless_held(file: &File) -> Result<bool, TryLockError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {}
            other => return other.map(|()| true),
        }
        match file.try_lock_shared() {
            // Those who have it only look.
            Ok(()) => file.unlock().map_err(TryLockError::Error)?,
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(error) => return Err(error),
        }
        if started.elapsed() > GLANCE {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The lock, held. Dropping it lets the next publisher in.
#[derive(Debug)]
#[must_use = "dropping the lock lets the next publisher in"]
pub struct PublisherLock {
    file: File,
    /// The directory of the site.
    site: Option<File>,
}

impl PublisherLock {
    /// Takes the lock at `path`, which is created when it is missing, and writes `me` into it.
    ///
    /// # Errors
    /// [`LockError::Busy`] when it is still held after `wait`; [`LockError::Io`].
    pub fn acquire(path: &Path, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        Self::acquire_both(path, None, me, wait)
    }

    /// The same for the site in the directory `site`: nobody else publishes it, even when the lock file is removed or
    /// replaced meanwhile.
    ///
    /// # Errors
    /// As [`PublisherLock::acquire`].
    pub fn acquire_for(path: &Path, site: &Path, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        Self::acquire_both(path, Some(site), me, wait)
    }

    fn acquire_both(path: &Path, site: Option<&Path>, me: &Holder, wait: Wait) -> Result<Self, LockError> {
        let started = Instant::now();
        loop {
            if let Some(lock) = Self::try_both(path, site)? {
                lock.sign(path, me)?;
                return Ok(lock);
            }
            let patient = match wait {
                Wait::No => false,
                Wait::For(limit) => started.elapsed() < limit,
                Wait::Forever => true,
            };
            if !patient {
                return Err(LockError::Busy { path: path.to_owned(), holder: named_holder(path)? });
            }
            std::thread::sleep(POLL);
        }
    }

    /// The lock, unless somebody holds either part of it.
    fn try_both(path: &Path, site: Option<&Path>) -> Result<Option<Self>, LockError> {
        let Some(file) = try_acquire(path)? else { return Ok(None) };
        let Some(directory) = site else { return Ok(Some(Self { file, site: None })) };
        let failed = |source| LockError::Io { operation: "lock", path: directory.to_owned(), source };
        let site = File::open(directory).map_err(failed)?;
        match lock_unless_held(&site) {
            Ok(true) => Ok(Some(Self { file, site: Some(site) })),
            Ok(false) | Err(TryLockError::WouldBlock) => Ok(None),
            // Some file systems of networks lock only what is open for writing, which a directory cannot be.
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the directory of the site cannot be locked as well");
                Ok(Some(Self { file, site: None }))
            }
        }
    }

    fn sign(&self, path: &Path, me: &Holder) -> Result<(), LockError> {
        let failed = |source| LockError::Io { operation: "write", path: path.to_owned(), source };
        let text = serde_json::to_string(me).map_err(|error| failed(error.into()))?;
        let mut file = &self.file;
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{text}"));
        match written {
            // Another user's file that we may only read: the lock holds, and only our name is missing.
            Err(error) if matches!(error.raw_os_error(), Some(EBADF | EINVAL)) => Ok(()),
            other => other.map_err(failed),
        }
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
        for file in [Some(&self.file), self.site.as_ref()].into_iter().flatten() {
            if let Err(error) = file.unlock() {
                tracing::debug!(%error, "could not unlock; the kernel does when this process ends");
            }
        }
    }
}

/// Locks the file that is at `path` at this moment, or says that it is held.
fn try_acquire(path: &Path) -> Result<Option<File>, LockError> {
    let failed = |operation, source| LockError::Io { operation, path: path.to_owned(), source };
    loop {
        let file = open(path).map_err(|source| failed("open", source))?;
        match lock_unless_held(&file) {
            Ok(true) => {}
            Ok(false) | Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(failed("lock", source)),
        }
        // Somebody may have removed or replaced the file between open and lock; then this lock guards nothing.
        let held = file.metadata().map_err(|source| failed("examine", source))?;
        if let Some(what) = what_else(&held) {
            return Err(LockError::NoLockFile { path: path.to_owned(), what });
        }
        match std::fs::symlink_metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (held.dev(), held.ino()) => return Ok(Some(file)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed("examine", source)),
        }
    }
}

/// `EBADF`, `EINVAL`: what writing to a file says that is open for reading only.
const EBADF: i32 = rustix::io::Errno::BADF.raw_os_error();
const EINVAL: i32 = rustix::io::Errno::INVAL.raw_os_error();
/// Whoever may write into the site may publish it, and writes its name into the lock file.
const MODE: u32 = 0o664;

/// Opens the lock file without truncating it (its holder's name stands in it) and without following a symbolic
/// link: whoever could plant one could make two publishers lock two files.
///
/// A file that is there is opened without asking to create it: in a directory such as /run/lock, where everybody may
/// write, the kernel refuses that for files of others (`fs.protected_regular`). What we may not write we read: the lock
/// of another user's file holds all the same.
fn open(path: &Path) -> io::Result<File> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let options = |write: bool| {
        let mut options = OpenOptions::new();
        options.read(true).write(write).mode(MODE).custom_flags(flags);
        options
    };
    loop {
        match options(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return options(false).open(path);
            }
            other => return other,
        }
        match options(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Ok(file) => {
                // Whatever the umask says. Where that is not allowed the file is as good for this user.
                if let Err(error) = file.set_permissions(Permissions::from_mode(MODE)) {
                    tracing::debug!(%error, "the lock file keeps the mode that it was made with");
                }
                return Ok(file);
            }
            other => return other,
        }
    }
}

/// What somebody may have put into the place of a lock file. Our name is written into it, so it must be a file, and
/// have no other name: that may be one of our own files.
fn what_else(file: &Metadata) -> Option<&'static str> {
    match file.nlink() {
        _ if !file.is_file() => Some("no regular file"),
        0 | 1 => None,
        _ => Some("a file that has other names too"),
    }
}

/// Who holds the lock. Somebody who has just taken it gets a moment to write its name.
fn named_holder(path: &Path) -> Result<Option<Holder>, LockError> {
    let started = Instant::now();
    loop {
        match read_holder(path)? {
            None if started.elapsed() < NAMING => std::thread::sleep(NAMING / 200),
            holder => return Ok(holder),
        }
    }
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

/// File systems on which `flock` of one machine, or of one kernel, may not be seen by another: number as in statfs(2),
/// and name.
const DOUBTFUL: [(i64, &str); 12] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0x517B, "SMB"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x5346_414F, "AFS"),
    (0x7461_636F, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

/// The name of the file system of `path`, if a lock there may not keep out publishers on other machines, or any at all.
///
/// # Errors
/// [`LockError::Io`].
pub fn doubtful(path: &Path) -> Result<Option<&'static str>, LockError> {
    let directory = path.parent().unwrap_or(path);
    let found = rustix::fs::statfs(directory);
    let found = found.map_err(|error| {
        let source = error.into();
        LockError::Io { operation: "examine the file system of", path: path.to_owned(), source }
    })?;
    Ok(doubt(found.f_type))
}

fn doubt(number: i64) -> Option<&'static str> {
    DOUBTFUL.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// How the lock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockStatus {
    /// Nobody holds it.
    Free,
    /// Somebody holds it; who, unless they have not written their name yet.
    Held(Option<Holder>),
}

/// Looks at the lock of the site in the directory `site` without keeping it.
///
/// # Errors
/// [`LockError::Io`].
pub fn status(path: &Path, site: &Path) -> Result<LockStatus, LockError> {
    if is_held(path)? {
        return Ok(LockStatus::Held(read_holder(path)?));
    }
    // Whoever holds only this has lost its lock file.
    Ok(if is_held(site).unwrap_or(false) { LockStatus::Held(None) } else { LockStatus::Free })
}

fn is_held(path: &Path) -> Result<bool, LockError> {
    let failed = |operation, source| LockError::Io { operation, path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(failed("open", source)),
    };
    // Shared, so that two who only look do not see each other.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(failed("examine", source)),
    }
}

#[cfg(test)]
mod tests;
