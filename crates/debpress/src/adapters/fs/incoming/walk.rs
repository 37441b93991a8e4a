//! Looking into directories whose names and contents strangers chose.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use debfmt::names::FileName;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::failed;
use crate::model::time::Timestamp;
use crate::ports::incoming::{DEPTH, Entry, IncomingError, Listing, Opened, UploadedFile, below};

/// How many files of one upload are looked at: far more than any upload has, and few enough for memory. What lies
/// beyond stays with the upload, unseen.
const ENTRIES: usize = 100_000;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
// A FIFO would otherwise block until somebody writes into it.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// The names in a directory, sorted.
pub(super) fn names(path: &Path) -> Result<Vec<OsString>, IncomingError> {
    let directory = enter(CWD, path.as_os_str()).map_err(failed("list", path))?;
    names_of(&directory).map_err(failed("list", path))
}

/// The names in a directory that is open, sorted.
pub(in crate::adapters::fs) fn names_of(directory: &OwnedFd) -> Result<Vec<OsString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    names.sort();
    Ok(names)
}

/// Whether this is a directory itself, not a link to one. What is not there is none.
pub(super) fn is_directory(path: &Path) -> Result<bool, IncomingError> {
    is_directory_in(CWD, path.as_os_str()).map_err(failed("examine", path))
}

/// The same of a name in a directory that is open.
pub(super) fn is_directory_in(directory: impl AsFd, name: &OsStr) -> Result<bool, Errno> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) => Ok(FileType::from_raw_mode(status.st_mode) == FileType::Directory),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Opens a directory, which must not be a link.
pub(in crate::adapters::fs) fn enter(directory: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(directory, name, DIRECTORY, Mode::empty())
}

/// Everything below an upload's directory, which was opened with this result and is shown as `root`.
pub(super) fn list(opened: Result<OwnedFd, Errno>, root: &Path) -> Result<Option<Listing>, IncomingError> {
    let directory = match opened {
        Ok(directory) => directory,
        Err(Errno::NOENT) => return Ok(None),
        // A link that was put there between two looks: something that holds no files.
        Err(Errno::LOOP | Errno::NOTDIR) => {
            return Ok(Some(Listing { entries: Vec::new(), newest: Timestamp(i64::MIN) }));
        }
        Err(errno) => return Err(failed("list", root)(errno)),
    };
    let status = rustix::fs::fstat(&directory).map_err(failed("examine", root))?;
    let mut listing = Listing { entries: Vec::new(), newest: Timestamp(status.st_ctime) };
    collect(&directory, "", 0, &mut listing).map_err(failed("list", root))?;
    listing.entries.sort();
    Ok(Some(listing))
}

fn collect(directory: &OwnedFd, path: &str, depth: usize, listing: &mut Listing) -> Result<(), Errno> {
    for name in names_of(directory)? {
        if listing.entries.len() >= ENTRIES {
            return Ok(());
        }
        // Files come and go while their sender writes; what is gone is not there.
        let status = match rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => status,
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(errno),
        };
        listing.newest = listing.newest.max(Timestamp(status.st_ctime));
        let shown = name.to_string_lossy().into_owned();
        let kind = FileType::from_raw_mode(status.st_mode);
        if kind != FileType::Directory {
            let regular = kind == FileType::RegularFile;
            listing.entries.push(Entry { directory: path.to_owned(), name: shown, regular });
        } else if depth < DEPTH {
            match rustix::fs::openat(directory, &name, DIRECTORY, Mode::empty()) {
                Ok(inner) => collect(&inner, &below(path, &shown), depth + 1, listing)?,
                Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(())
}

/// Opens `name` in `directory` below an upload's directory, following no link on the way.
pub(super) fn open(
    opened: Result<OwnedFd, Errno>,
    root: &Path,
    directory: &str,
    name: &FileName,
) -> Result<Opened, IncomingError> {
    let shown = root.join(directory).join(name.as_str());
    let found =
        opened.and_then(|start| descend(start, directory)).and_then(|inside| open_file(&inside, name));
    match found {
        Ok(opened) => Ok(opened),
        Err(Errno::NOENT) => Ok(Opened::Missing),
        Err(Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::NODEV) => Ok(Opened::Other),
        Err(errno) => Err(failed("open", &shown)(errno)),
    }
}

/// Opens a directory some way below another one, following no link.
pub(in crate::adapters::fs) fn descend(start: OwnedFd, directory: &str) -> Result<OwnedFd, Errno> {
    let mut inside = start;
    for segment in directory.split('/').filter(|segment| !segment.is_empty()) {
        if segment == ".." {
            return Err(Errno::NOENT);
        }
        inside = enter(&inside, OsStr::new(segment))?;
    }
    Ok(inside)
}

fn open_file(directory: &impl AsFd, name: &FileName) -> Result<Opened, Errno> {
    let Some((file, status)) = open_regular(directory, OsStr::new(name.as_str()))? else {
        return Ok(Opened::Other);
    };
    let size = u64::try_from(status.st_size).unwrap_or_default();
    let changed = Timestamp(status.st_ctime);
    Ok(Opened::File(UploadedFile { size, changed, reader: Box::new(file) }))
}

/// Opens a regular file of a directory that is open; `None`: the name is that of something else.
pub(in crate::adapters::fs) fn open_regular(
    directory: &impl AsFd,
    name: &OsStr,
) -> Result<Option<(File, Stat)>, Errno> {
    // Asked before opening, because opening a device does something; asked again of what was opened, because the
    // first answer may be out of date.
    let status = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let file = rustix::fs::openat(directory, name, FILE, Mode::empty())?;
    let status = rustix::fs::fstat(&file)?;
    let is_regular = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
    Ok(is_regular.then(|| (File::from(file), status)))
}
