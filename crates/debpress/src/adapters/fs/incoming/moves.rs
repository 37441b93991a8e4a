//! Renames that never replace anything.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use debfmt::names::FileName;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::{failed, walk};
use crate::ports::incoming::{IncomingError, REASONS};

/// How many uploads of one name may lie in one place before something is plainly wrong.
const NUMBERS: u32 = 100_000;

/// Makes a directory that must not be there yet, durably: an upload that is moved into one that a power failure takes away
/// would go with it.
pub(super) fn make_directory(path: &Path) -> Result<(), IncomingError> {
    rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(0o755)).map_err(failed("create", path))?;
    sync_parent(path)
}

/// Removes a directory that must be empty.
pub(super) fn remove_empty(path: &Path) -> Result<(), IncomingError> {
    rustix::fs::unlinkat(CWD, path, AtFlags::REMOVEDIR).map_err(failed("remove", path))
}

/// The same, and that it is gone is on the disk.
pub(super) fn remove_empty_for_good(path: &Path) -> Result<(), IncomingError> {
    remove_empty(path)?;
    sync_parent(path)
}

/// Makes the directories of `path`, which is relative and may be empty, in an empty directory.
pub(super) fn make_directories(holder: &Path, path: &str) -> Result<PathBuf, IncomingError> {
    let mut made = holder.to_owned();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        made.push(segment);
        make_directory(&made)?;
    }
    Ok(made)
}

/// Removes `holder` with the directories of `path` in it, which must hold nothing else.
pub(super) fn remove_directories(holder: &Path, path: &str) -> Result<(), IncomingError> {
    let innermost = if path.is_empty() { holder.to_owned() } else { holder.join(path) };
    for directory in innermost.ancestors() {
        remove_empty(directory)?;
        if directory == holder {
            break;
        }
    }
    Ok(())
}

/// Whether there is anything of that name, a broken link included.
pub(super) fn exists(path: &Path) -> Result<bool, IncomingError> {
    match rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(failed("examine", path)(errno)),
    }
}

/// What is moved: a name in a directory that is held open, so that nobody can put a link in the place of that
/// directory meanwhile.
pub(super) struct Held<'a> {
    /// The directory.
    pub(super) directory: BorrowedFd<'a>,
    /// The name in it.
    pub(super) name: &'a OsStr,
    /// Its path, for messages.
    pub(super) shown: &'a Path,
}

/// Renames to a name that must be free. `false`: there is nothing to rename (any more).
pub(super) fn move_held(from: &Held<'_>, to: &Path) -> Result<bool, IncomingError> {
    match rename_new(from.directory, Path::new(from.name), to) {
        Ok(()) => {
            sync_parent(to)?;
            rustix::fs::fsync(from.directory).map_err(failed("sync the directory of", from.shown))?;
            Ok(true)
        }
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(failed("move", from.shown)(errno)),
    }
}

/// The same of a path that nobody else writes to.
pub(super) fn move_new(from: &Path, to: &Path) -> Result<bool, IncomingError> {
    match rename_new(CWD, from, to) {
        Ok(()) => {
            sync_parent(to)?;
            sync_parent(from)?;
            Ok(true)
        }
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(failed("move", from)(errno)),
    }
}

fn rename_new(directory: BorrowedFd<'_>, from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(directory, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot refuse to replace; for those the name is taken first, in a way that fails when
        // somebody else has it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => reserve_and_rename(directory, from, to),
        other => other,
    }
}

fn reserve_and_rename(directory: BorrowedFd<'_>, from: &Path, to: &Path) -> Result<(), Errno> {
    let status = rustix::fs::statat(directory, from, AtFlags::SYMLINK_NOFOLLOW)?;
    if rustix::fs::FileType::from_raw_mode(status.st_mode) != rustix::fs::FileType::Directory {
        rustix::fs::linkat(directory, from, CWD, to, AtFlags::empty())?;
        return rustix::fs::unlinkat(directory, from, AtFlags::empty());
    }
    // A directory may replace an empty one.
    rustix::fs::mkdirat(CWD, to, Mode::from_raw_mode(0o755))?;
    rustix::fs::renameat(directory, from, CWD, to)
}

/// Moves `from` into `directory` as `name`, `name.1`, `name.2`...: the first that is free. Returns that name.
pub(super) fn move_numbered(from: &Path, directory: &Path, name: &OsStr) -> Result<OsString, IncomingError> {
    for number in 0..NUMBERS {
        let mut candidate = name.to_owned();
        if number > 0 {
            candidate.push(format!(".{number}"));
        }
        let to = directory.join(&candidate);
        match rename_new(CWD, from, &to) {
            Ok(()) => {
                sync_parent(&to)?;
                sync_parent(from)?;
                return Ok(candidate);
            }
            Err(Errno::EXIST | Errno::NOTEMPTY) => {}
            Err(errno) => return Err(failed("move", from)(errno)),
        }
    }
    Err(failed("find a free name in", directory)(Errno::EXIST))
}

/// The upload as a directory: what is something else (a link that was put where a directory was) goes into one.
pub(super) fn wrap(content: PathBuf) -> Result<PathBuf, IncomingError> {
    if walk::is_directory(&content)? {
        return Ok(content);
    }
    let name = content.file_name().map_or_else(OsString::new, OsStr::to_owned);
    let mut wrapper = name.clone();
    wrapper.push(".upload");
    let wrapper = content.with_file_name(wrapper);
    make_directory(&wrapper)?;
    move_new(&content, &wrapper.join(name))?;
    Ok(wrapper)
}

/// Writes the report into the upload, durably. A file of that name that came with the upload is moved aside.
pub(super) fn write_report(content: &Path, report: &[u8]) -> Result<(), IncomingError> {
    let path = content.join(REASONS);
    if exists(&path)? {
        let mut aside = OsString::from(REASONS);
        aside.push(".uploaded");
        move_numbered(&path, content, &aside)?;
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, &path, flags, Mode::from_raw_mode(0o644));
    let mut file = File::from(file.map_err(failed("create", &path))?);
    file.write_all(report).and_then(|()| file.sync_all()).map_err(|source| IncomingError::Io {
        operation: "write",
        path: path.display().to_string(),
        source,
    })?;
    sync_parent(&path)
}

/// Writes what `reader` gives as the file `name` of an upload, which has none of that name, durably.
///
/// Under another name first, which no upload has: a run that takes this one over finds the file whole, or not at all.
pub(super) fn copy_new(mut reader: impl Read, content: &Path, name: &FileName) -> Result<(), IncomingError> {
    let unnamed = content.join(".copy");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, &unnamed, flags, Mode::from_raw_mode(0o644));
    let mut file = File::from(file.map_err(failed("create", &unnamed))?);
    std::io::copy(&mut reader, &mut file)
        .and_then(|_| file.sync_all())
        .map_err(|source| IncomingError::Io { operation: "copy", path: name.to_string(), source })?;
    move_new(&unnamed, &content.join(name.as_str()))?;
    Ok(())
}

/// Makes the entry of `path` in its directory durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), IncomingError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(CWD, parent, flags, Mode::empty());
    directory.and_then(rustix::fs::fsync).map_err(failed("sync", parent))
}
