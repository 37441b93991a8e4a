//! What lies in incoming, and how it is reached: senders write there, so every directory on the way is held open.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use debfmt::names::FileName;
use rustix::fs::{AtFlags, CWD, FileType};
use rustix::io::Errno;

use super::moves::{self, Held};
use super::{CHANGES, FsIncoming, failed, walk};
use crate::model::time::Timestamp;
use crate::ports::incoming::{Arrival, Arrivals, Entry, IncomingError, Listing, Opened, below};

/// A target directory that is open.
pub(super) struct Target {
    opened: OwnedFd,
    shown: PathBuf,
}

impl FsIncoming {
    /// Opens the target directory of this path, or incoming itself.
    pub(super) fn target(&self, path: &str) -> Result<Target, Errno> {
        let incoming = self.incoming();
        let opened = walk::descend(walk::enter(CWD, incoming.as_os_str())?, path)?;
        Ok(Target { opened, shown: if path.is_empty() { incoming } else { incoming.join(path) } })
    }
}

impl Target {
    /// Everything in it, and in the target directories below it.
    pub(super) fn collect(
        &self,
        path: &str,
        is_target: &dyn Fn(&str) -> bool,
        out: &mut Arrivals,
    ) -> Result<(), IncomingError> {
        for name in walk::names_of(&self.opened).map_err(failed("list", &self.shown))? {
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let directory = walk::is_directory_in(&self.opened, &name)
                .map_err(failed("examine", &self.shown.join(&name)))?;
            let inner =
                name.to_str().map(|name| below(path, name)).filter(|path| directory && is_target(path));
            if let Some(inner) = inner {
                if let Err(error) =
                    self.inner(&name).and_then(|target| target.collect(&inner, is_target, out))
                {
                    out.troubles.push((inner, error));
                }
            } else if directory || name.as_bytes().ends_with(CHANGES) {
                out.found.push(Arrival { path: path.to_owned(), name, loose: !directory });
            }
        }
        Ok(())
    }

    fn inner(&self, name: &OsStr) -> Result<Self, IncomingError> {
        let shown = self.shown.join(name);
        let opened = walk::enter(&self.opened, name).map_err(failed("list", &shown))?;
        Ok(Self { opened, shown })
    }

    /// The directory in which the files of an arrival lie.
    pub(super) fn files_of(self, arrival: &Arrival) -> Result<OwnedFd, Errno> {
        if arrival.loose { Ok(self.opened) } else { walk::enter(&self.opened, &arrival.name) }
    }

    /// What is known of a loose .changes without looking into it.
    pub(super) fn loose_listing(&self, arrival: &Arrival) -> Result<Option<Listing>, IncomingError> {
        let status = match rustix::fs::statat(&self.opened, &arrival.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => status,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed("examine", &self.shown.join(&arrival.name))(errno)),
        };
        let regular = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
        let name = arrival.name.to_string_lossy().into_owned();
        let entries = vec![Entry { directory: String::new(), name, regular }];
        Ok(Some(Listing { entries, newest: Timestamp(status.st_ctime) }))
    }

    /// Moves an arrival into the directory of a claim. `false`: it is not there any more.
    pub(super) fn give(&self, arrival: &Arrival, holder: &Path) -> Result<bool, IncomingError> {
        if !arrival.loose {
            return self.give_name(&arrival.name, &holder.join(&arrival.name));
        }
        let stem = arrival.name.as_bytes();
        let directory = holder.join(OsStr::from_bytes(stem.strip_suffix(CHANGES).unwrap_or(stem)));
        moves::make_directory(&directory)?;
        let given = self.give_name(&arrival.name, &directory.join(&arrival.name))?;
        if !given {
            moves::remove_empty(&directory)?;
        }
        Ok(given)
    }

    /// Moves a file that lies loose here into `content`, unless that has the name already.
    pub(super) fn give_file(&self, name: &OsStr, content: &Path) -> Result<(), IncomingError> {
        let directory = walk::is_directory_in(&self.opened, name);
        let to = content.join(name);
        // A directory of that name is an upload of its own.
        if !directory.map_err(failed("examine", &self.shown.join(name)))? && !moves::exists(&to)? {
            self.give_name(name, &to)?;
        }
        Ok(())
    }

    /// Copies a file that lies loose here into `content`, unless that has the name already.
    pub(super) fn copy_file(&self, name: &FileName, content: &Path) -> Result<(), IncomingError> {
        if moves::exists(&content.join(name.as_str()))? {
            return Ok(());
        }
        let opened = self.opened.try_clone().map_err(|source| IncomingError::Io {
            operation: "open",
            path: self.shown.display().to_string(),
            source,
        })?;
        match walk::open(Ok(opened), &self.shown, "", name)? {
            Opened::File(file) => moves::copy_new(file.reader, content, name),
            Opened::Other | Opened::Missing => Ok(()),
        }
    }

    fn give_name(&self, name: &OsStr, to: &Path) -> Result<bool, IncomingError> {
        let shown = self.shown.join(name);
        moves::move_held(&Held { directory: self.opened.as_fd(), name, shown: &shown }, to)
    }
}
