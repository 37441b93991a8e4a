//! The lock file: made, opened and locked so that nobody can turn it against whoever locks it.

use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{LockError, holder};

/// Who only looks at the lock shares it for an instant ([`super::status`]). That sends no publisher away, unless it lasts so
/// long.
const GLANCE: Duration = Duration::from_secs(5);

/// Whoever may write into the site may publish it, and writes its name into the lock file.
const MODE: u32 = 0o664;

/// Locks a file, unless a publisher holds it.
pub(super) fn lock_unless_held(file: &File) -> Result<bool, TryLockError> {
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

/// Locks the file that is at `path` at this moment, or says that it is held.
pub(super) fn try_acquire(path: &Path) -> Result<Option<File>, LockError> {
    let failed = |operation, source| LockError::Io { operation, path: path.to_owned(), source };
    loop {
        let file = open(path).map_err(|source| cannot_open(path, source))?;
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

/// Opens a lock file that is there, to look at it.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    options(false).open(path)
}

/// Neither a symbolic link is followed, by which somebody could make two publishers lock two files, nor a pipe waited
/// for.
fn options(write: bool) -> OpenOptions {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(write).mode(MODE).custom_flags(flags);
    options
}

/// Opens the lock file without truncating it: its holder's name stands in it.
///
/// A file that is there is opened without asking to create it: in a directory such as /run/lock, where everybody may
/// write, the kernel refuses that for files of others (`fs.protected_regular`). What we may not write we read: the lock
/// of another user's file holds all the same.
fn open(path: &Path) -> io::Result<File> {
    loop {
        match options(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return open_to_read(path),
            other => return other,
        }
        match options(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Ok(file) => {
                // Whatever the umask says. Where that is not allowed the file is as good for this user.
                if let Err(error) = file.set_permissions(Permissions::from_mode(MODE | everybody(path))) {
                    tracing::debug!(%error, "the lock file keeps the mode that it was made with");
                }
                return Ok(file);
            }
            other => return other,
        }
    }
}

/// Where everybody may make the lock file, everybody may write a name into it.
fn everybody(path: &Path) -> u32 {
    let directory = path.parent().and_then(|directory| std::fs::metadata(directory).ok());
    directory.map_or(0, |directory| directory.mode() & 0o002)
}

/// Why a lock file cannot be opened, with the way out.
pub(super) fn cannot_open(path: &Path, source: io::Error) -> LockError {
    let path = path.to_owned();
    match std::fs::symlink_metadata(&path) {
        Ok(there) if there.is_symlink() => LockError::NoLockFile { path, what: "a symbolic link" },
        Ok(there) if there.is_file() && source.kind() == io::ErrorKind::PermissionDenied => {
            let (user, _) = holder::this_user();
            LockError::Unreadable { path, owner: holder::user_name(there.uid()), user }
        }
        Ok(_) | Err(_) => LockError::Io { operation: "open", path, source },
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
