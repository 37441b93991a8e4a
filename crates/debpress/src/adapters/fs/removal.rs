//! Takes a file out of a pool, and the directories that it leaves empty.
//!
//! Each directory is opened from the one above it and no link is followed, so that what is removed lies where its path
//! says, whoever else may write there.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat, unlinkat};
use rustix::io::Errno;

/// Directories that are opened only to look for names in them.
const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Removes the file `path` below `root`, and those of its directories that are empty then, but for the first of them.
/// Returns the size in bytes of what went, `None` when there was no such file.
///
/// # Errors
/// A directory of the path is a symbolic link, the name is that of a directory, or the file system refuses.
pub(super) fn remove(root: &Path, path: &str) -> io::Result<Option<u64>> {
    let mut names: Vec<&str> = path.split('/').collect();
    let Some(file) = names.pop() else { return Ok(None) };
    let Some(open) = open(root, &names)? else { return Ok(None) };
    let complete = open.len() > names.len();
    let size = match open.last() {
        Some(directory) if complete => unlink(directory, file)?,
        Some(_) | None => None,
    };
    prune(&open, &names)?;
    Ok(size)
}

/// The root, and the directories below it as far as they exist; `None` when there is no root.
fn open(root: &Path, names: &[&str]) -> io::Result<Option<Vec<OwnedFd>>> {
    let root = match openat(CWD, root, DIRECTORY, Mode::empty()) {
        Ok(root) => root,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut open = vec![root];
    for (depth, name) in names.iter().enumerate() {
        let Some(above) = open.last() else { break };
        match openat(above, *name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(directory) => open.push(directory),
            Err(Errno::NOENT) => break,
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(no_directory(&names[..=depth])),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(open))
}

fn no_directory(names: &[&str]) -> io::Error {
    io::Error::other(format!(
        "{} is a symbolic link or no directory, and nothing is removed behind one: put a directory there, or mount one",
        names.join("/")
    ))
}

fn unlink(directory: &OwnedFd, file: &str) -> io::Result<Option<u64>> {
    let found = match statat(directory, file, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    unlinkat(directory, file, AtFlags::empty())?;
    Ok(Some(u64::try_from(found.st_size).unwrap_or_default()))
}

/// Removes empty directories from the deepest upwards, up to the second: the first is the pool itself.
fn prune(open: &[OwnedFd], names: &[&str]) -> io::Result<()> {
    // `names[i]` is a name in `open[i]`. Those below the deepest that is open do not exist.
    for (above, name) in open.iter().zip(names).skip(1).rev() {
        match unlinkat(above, *name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            // It holds something, or something is mounted there.
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::BUSY) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
