//! The staging area as a directory of a site, written to by programs that know nothing of debpress.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use debfmt::names::SuiteName;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::incoming::walk;
use crate::model::contribution::FileStamp;
use crate::model::key::DISTS;
use crate::model::time::Timestamp;
use crate::ports::staging::{StagedEntry, Staging, StagingError};
use crate::ports::tree::Root;

/// How many names of a suite are looked at, those of directories and of what is not done yet with them: a suite has some
/// hundred.
const ENTRIES: usize = 20_000;
/// How many directories are between a suite and a file of it.
const DEPTH: usize = 3;

/// A staging area.
#[derive(Clone, Debug)]
pub struct FsStaging {
    directory: PathBuf,
}

impl FsStaging {
    /// The one in this directory, which need not be there.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn shown(&self, root: Root<'_>, below: &str) -> PathBuf {
        self.directory.join(root).join(DISTS).join(below)
    }

    /// Opens a directory below that of an archive; `None`: it is not there, or a link is on the way.
    fn enter(&self, root: Root<'_>, below: &str) -> Result<Option<OwnedFd>, StagingError> {
        // The directory itself is the administrator's choice, who may have made it a link.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(CWD, &self.directory, flags, Mode::empty());
        let path = format!("{root}/{DISTS}/{below}");
        match opened.and_then(|opened| walk::descend(opened, &path)) {
            Ok(opened) => Ok(Some(opened)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(errno) => Err(failed("open", self.shown(root, below), errno)),
        }
    }

    fn examine(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<(OwnedFd, OsString, Stat)>, StagingError> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = OsString::from(name);
        let below = format!("{suite}/{directory}");
        let Some(inside) = self.enter(root, &below)? else { return Ok(None) };
        match rustix::fs::statat(&inside, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) if is_regular(&status) => Ok(Some((inside, name, status))),
            Ok(_) | Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(failed("examine", self.shown(root, &below).join(&name), errno)),
        }
    }
}

fn failed(operation: &'static str, path: PathBuf, errno: Errno) -> StagingError {
    StagingError::Io { operation, path: path.display().to_string(), source: io::Error::from(errno) }
}

fn is_regular(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::RegularFile
}

/// Nobody can set the time of the last change back, and a file that takes another's place has another number.
fn stamp(status: &Stat) -> FileStamp {
    FileStamp(format!(
        "{}:{}:{}:{}.{}:{}.{}",
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime,
        status.st_mtime_nsec,
        status.st_ctime,
        status.st_ctime_nsec
    ))
}

/// Whether the writer of a file of this name is not done, or wants it to be left alone.
fn is_unfinished(name: &[u8]) -> bool {
    name.starts_with(b".") || name.ends_with(b".new") || name.ends_with(b".tmp")
}

/// What was found below the directory of a suite.
#[derive(Default)]
struct Found {
    entries: Vec<StagedEntry>,
    /// How many names were looked at.
    names: usize,
}

impl Found {
    fn collect(&mut self, directory: &OwnedFd, path: &str, depth: usize) -> Result<(), Errno> {
        for name in walk::names_of(directory)? {
            self.names += 1;
            if self.names > ENTRIES {
                return Ok(());
            }
            if is_unfinished(name.as_bytes()) {
                continue;
            }
            let status = match rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(status) => status,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(errno),
            };
            let shown = name.to_string_lossy();
            let below = if path.is_empty() { shown.into_owned() } else { format!("{path}/{shown}") };
            if FileType::from_raw_mode(status.st_mode) == FileType::Directory && depth < DEPTH {
                match walk::enter(directory, OsStr::from_bytes(name.as_bytes())) {
                    Ok(inner) => self.collect(&inner, &below, depth + 1)?,
                    Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => {}
                    Err(errno) => return Err(errno),
                }
            } else {
                self.entries.push(entry(below, &status));
            }
        }
        Ok(())
    }
}

fn entry(path: String, status: &Stat) -> StagedEntry {
    StagedEntry {
        path,
        regular: is_regular(status),
        size: u64::try_from(status.st_size).unwrap_or_default(),
        changed: Timestamp(status.st_ctime),
        stamp: stamp(status),
    }
}

impl Staging for FsStaging {
    fn suites(&self, root: Root<'_>) -> Result<Option<Vec<String>>, StagingError> {
        let Some(directory) = self.enter(root, "")? else { return Ok(None) };
        let names =
            walk::names_of(&directory).map_err(|errno| failed("list", self.shown(root, ""), errno))?;
        let names = names.iter().filter(|name| !is_unfinished(name.as_bytes()));
        Ok(Some(names.map(|name| name.to_string_lossy().into_owned()).collect()))
    }

    fn list(&self, root: Root<'_>, suite: &SuiteName) -> Result<Vec<StagedEntry>, StagingError> {
        let Some(directory) = self.enter(root, suite.as_str())? else { return Ok(Vec::new()) };
        let mut found = Found::default();
        let shown = self.shown(root, suite.as_str());
        found.collect(&directory, "", 0).map_err(|errno| failed("list", shown.clone(), errno))?;
        if found.names > ENTRIES {
            return Err(StagingError::TooMany { path: shown.display().to_string(), limit: ENTRIES });
        }
        found.entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(found.entries)
    }

    fn open(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<Box<dyn Read + Send>>, StagingError> {
        let Some((inside, name, _)) = self.examine(root, suite, path)? else { return Ok(None) };
        let shown = || self.shown(root, suite.as_str()).join(path);
        match walk::open_regular(&inside, &name) {
            Ok(file) => Ok(file.map(|(file, _)| Box::new(file) as Box<dyn Read + Send>)),
            Err(Errno::NOENT | Errno::LOOP) => Ok(None),
            Err(errno) => Err(failed("open", shown(), errno)),
        }
    }

    fn stamp(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<FileStamp>, StagingError> {
        Ok(self.examine(root, suite, path)?.map(|(_, _, status)| stamp(&status)))
    }
}
