//! Incoming uploads in directories of the site.
//!
//! ```text
//! incoming/NAME/ or incoming/NAME.changes   where senders write
//! claimed/RUN.lock                          locked by the run while it lives; the kernel frees it when it dies
//! claimed/RUN/7/NAME/                       an upload that the run has claimed (7.loose: it lay loose)
//! accepted/ rejected/ failed/NAME/          where it ends
//! ```
//! Every step is one rename, so that a crash leaves an upload in exactly one place. A run whose lock can be taken is
//! dead: what it had claimed is inherited, by one rename each.

mod moves;
mod run;
mod walk;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use debfmt::names::FileName;
use rustix::fs::{AtFlags, CWD, FileType, Mode};
use rustix::io::Errno;

use self::run::Run;
use crate::model::time::Timestamp;
use crate::ports::incoming::{
    Arrival, Claim, End, Entry, Incoming, IncomingError, Inheritance, Listing, Opened, Place,
};

const INCOMING: &str = "incoming";
const CLAIMED: &str = "claimed";
const CHANGES: &[u8] = b".changes";
/// Ends the name of a claim's directory when the upload lay loose.
const LOOSE: &str = ".loose";

/// The incoming uploads of a site, as one run sees them. Dropped, the run is over.
#[derive(Debug)]
pub struct FsIncoming {
    site: PathBuf,
    run: Run,
}

pub(super) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(Errno) -> IncomingError {
    let path = path.display().to_string();
    move |errno| IncomingError::Io { operation, path, source: io::Error::from(errno) }
}

impl FsIncoming {
    /// Begins a run on the site. `incoming/` must be there; the directories for what leaves it are made.
    ///
    /// # Errors
    /// [`IncomingError`].
    pub fn open(site: &Path) -> Result<Self, IncomingError> {
        let incoming = site.join(INCOMING);
        if !incoming.is_dir() {
            return Err(IncomingError::NoDirectory { path: incoming.display().to_string() });
        }
        for directory in [CLAIMED, "accepted", "rejected", "failed"] {
            let path = site.join(directory);
            match rustix::fs::mkdirat(CWD, &path, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed("create", &path)(errno)),
            }
        }
        Ok(Self { run: Run::begin(&site.join(CLAIMED))?, site: site.to_owned() })
    }

    fn incoming(&self) -> PathBuf {
        self.site.join(INCOMING)
    }

    fn holder(&self, claim: &Claim) -> PathBuf {
        self.site.join(CLAIMED).join(&claim.key)
    }

    /// The upload's own directory: the only thing in the directory of the claim.
    fn content(&self, claim: &Claim) -> Result<PathBuf, IncomingError> {
        let holder = self.holder(claim);
        let names = walk::names(&holder)?;
        match names.into_iter().next() {
            Some(name) => Ok(holder.join(name)),
            None => Err(failed("find the upload in", &holder)(Errno::NOENT)),
        }
    }

    fn root(&self, place: Place<'_>) -> Result<PathBuf, IncomingError> {
        match place {
            Place::Arrived(arrival) if arrival.loose => Ok(self.incoming()),
            Place::Arrived(arrival) => Ok(self.incoming().join(&arrival.name)),
            Place::Claimed(claim) => self.content(claim),
        }
    }

    /// Moves an arrival into the empty directory of a claim.
    fn move_in(&self, arrival: &Arrival, holder: &Path) -> Result<bool, IncomingError> {
        let from = self.incoming().join(&arrival.name);
        if !arrival.loose {
            return moves::move_new(&from, &holder.join(&arrival.name));
        }
        let stem = arrival.name.as_bytes();
        let stem = OsStr::from_bytes(stem.strip_suffix(CHANGES).unwrap_or(stem));
        let directory = holder.join(stem);
        moves::make_directory(&directory)?;
        let moved = moves::move_new(&from, &directory.join(&arrival.name))?;
        if !moved {
            moves::remove_empty(&directory)?;
        }
        Ok(moved)
    }

    fn loose_listing(&self, arrival: &Arrival) -> Result<Option<Listing>, IncomingError> {
        let path = self.incoming().join(&arrival.name);
        let status = match rustix::fs::statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => status,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed("examine", &path)(errno)),
        };
        let regular = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
        let name = arrival.name.to_string_lossy().into_owned();
        let entries = vec![Entry { directory: String::new(), name, regular }];
        Ok(Some(Listing { entries, newest: Timestamp(status.st_ctime) }))
    }

    /// What an inherited directory holds, or `None` when its run died before anything was in it.
    fn inherited(&self, key: String) -> Result<Option<Claim>, IncomingError> {
        let holder = self.site.join(CLAIMED).join(&key);
        let loose = key.ends_with(LOOSE);
        let name = walk::names(&holder)?.into_iter().next();
        let Some(name) = name else {
            moves::remove_empty(&holder)?;
            return Ok(None);
        };
        if loose && walk::names(&holder.join(&name))?.is_empty() {
            moves::remove_empty(&holder.join(&name))?;
            moves::remove_empty(&holder)?;
            return Ok(None);
        }
        Ok(Some(Claim { name: shown(&name), inherited: true, loose, key }))
    }
}

fn shown(name: &OsStr) -> String {
    name.to_string_lossy()
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

impl Incoming for FsIncoming {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        let run::Inherited { keys, mut troubles } = self.run.inherit()?;
        let mut claims = Vec::new();
        for key in keys {
            let place = format!("{CLAIMED}/{key}");
            match self.inherited(key) {
                Ok(claim) => claims.extend(claim),
                Err(error) => troubles.push((place, error)),
            }
        }
        Ok(Inheritance { claims, troubles })
    }

    fn arrivals(&self) -> Result<Vec<Arrival>, IncomingError> {
        let incoming = self.incoming();
        let mut arrivals = Vec::new();
        for name in walk::names(&incoming)? {
            let loose = !walk::is_directory(&incoming.join(&name))?;
            if !name.as_bytes().starts_with(b".") && (!loose || name.as_bytes().ends_with(CHANGES)) {
                arrivals.push(Arrival { name, loose });
            }
        }
        Ok(arrivals)
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        let key = self.run.next(if arrival.loose { LOOSE } else { "" });
        let holder = self.site.join(CLAIMED).join(&key);
        moves::make_directory(&holder)?;
        if !self.move_in(arrival, &holder)? {
            moves::remove_empty(&holder)?;
            return Ok(None);
        }
        Ok(Some(Claim { name: shown(&arrival.name), inherited: false, loose: arrival.loose, key }))
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        let content = self.content(claim)?;
        for name in names {
            let from = self.incoming().join(name.as_str());
            // A directory of that name is an upload of its own.
            if !walk::is_directory(&from)? {
                let to = content.join(name.as_str());
                if !moves::exists(&to)? {
                    moves::move_new(&from, &to)?;
                }
            }
        }
        Ok(())
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        match place {
            Place::Arrived(arrival) if arrival.loose => self.loose_listing(arrival),
            Place::Arrived(_) | Place::Claimed(_) => walk::list(&self.root(place)?),
        }
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        walk::open(&self.root(place)?, directory, name)
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        let content = self.content(&claim)?;
        let content = moves::wrap(content)?;
        if let Some(report) = report {
            moves::write_report(&content, report)?;
        }
        let name = content.file_name().map_or_else(OsString::new, OsStr::to_owned);
        let taken = moves::move_numbered(&content, &self.site.join(end.directory()), &name)?;
        moves::remove_empty(&self.holder(&claim))?;
        Ok(format!("{}/{}", end.directory(), shown(&taken)))
    }
}
