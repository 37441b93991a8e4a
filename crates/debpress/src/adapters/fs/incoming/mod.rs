//! Incoming uploads in directories of the site.
//!
//! ```text
//! incoming/NAME/ or incoming/NAME.changes   where senders write
//! incoming/debian/noble/...                 the same in a target directory, which stays
//! claimed/RUN.lock                          locked by the run while it lives; the kernel frees it when it dies
//! claimed/RUN/7-ID/NAME/                    an upload that the run has claimed (7-ID.loose: it lay loose)
//! claimed/RUN/8-ID.2/debian/noble/NAME/     one from a target directory, two directories below incoming
//! accepted/ rejected/ failed/NAME/          where it ends
//! ```
//! Every step is one rename, so that a crash leaves an upload in exactly one place, with the path that it came from. A
//! run whose lock can be taken is dead: what it had claimed is inherited, by one rename each.

mod arrivals;
mod left;
mod moves;
mod run;
pub(super) mod walk;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use debfmt::names::FileName;
use rustix::fs::{CWD, Mode};
use rustix::io::Errno;

use self::arrivals::Target;
pub use self::left::left_claims;
use self::run::{Form, Run};
use crate::ports::incoming::{
    Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Listing, Opened, Place, below,
    fit_to_show,
};

const INCOMING: &str = "incoming";
const CLAIMED: &str = "claimed";
const CHANGES: &[u8] = b".changes";

/// The incoming uploads of a site, as one run sees them. Dropped, the run is over.
#[derive(Debug)]
pub struct FsIncoming {
    /// Where `incoming/` and the rest are.
    site: PathBuf,
    /// The same, relative to the site.
    shown: String,
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
        Self::open_below(site, "")
    }

    /// The same in a directory of the site that has its own `incoming/`.
    ///
    /// # Errors
    /// [`IncomingError`].
    pub fn open_below(site: &Path, directory: &str) -> Result<Self, IncomingError> {
        let shown = directory.to_owned();
        let site = &(if directory.is_empty() { site.to_owned() } else { site.join(directory) });
        let incoming = site.join(INCOMING);
        if !incoming.is_dir() {
            return Err(IncomingError::NoDirectory { path: incoming.display().to_string() });
        }
        for directory in [CLAIMED, "accepted", "rejected", "failed"] {
            let path = site.join(directory);
            match rustix::fs::mkdirat(CWD, &path, Mode::from_raw_mode(0o755)) {
                Ok(()) => moves::sync_parent(&path)?,
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed("create", &path)(errno)),
            }
        }
        Ok(Self { run: Run::begin(&site.join(CLAIMED))?, site: site.clone(), shown })
    }

    fn incoming(&self) -> PathBuf {
        self.site.join(INCOMING)
    }

    fn holder(&self, claim: &Claim) -> PathBuf {
        self.site.join(CLAIMED).join(&claim.key)
    }

    /// The upload's own directory: the only thing in the innermost directory of the claim.
    fn content(&self, claim: &Claim) -> Result<PathBuf, IncomingError> {
        let holder = self.holder(claim);
        let around = if claim.path.is_empty() { holder } else { holder.join(&claim.path) };
        match walk::names(&around)?.into_iter().next() {
            Some(name) => Ok(around.join(name)),
            None => Err(failed("find the upload in", &around)(Errno::NOENT)),
        }
    }

    /// The target directory from which an upload was claimed; whoever took it away has taken the files in it too.
    fn target_of(&self, claim: &Claim) -> Result<Option<Target>, IncomingError> {
        match self.target(&claim.path) {
            Ok(target) => Ok(Some(target)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(failed("list", &self.incoming().join(&claim.path))(errno)),
        }
    }

    /// The directory of an upload's files, opened if that is possible, and its path for messages.
    fn root(&self, place: Place<'_>) -> Result<(Result<OwnedFd, Errno>, PathBuf), IncomingError> {
        match place {
            Place::Arrived(arrival) => {
                let opened = self.target(&arrival.path).and_then(|target| target.files_of(arrival));
                let name = if arrival.loose { arrival.path.clone() } else { arrival.shown() };
                Ok((opened, self.incoming().join(name)))
            }
            Place::Claimed(claim) => {
                let content = self.content(claim)?;
                Ok((walk::enter(CWD, content.as_os_str()), content))
            }
        }
    }

    /// What an inherited directory holds, or `None` when its run died before anything was in it.
    fn inherited(&self, key: String) -> Result<Option<Claim>, IncomingError> {
        let Form { id, depth, loose } = Form::of(&key);
        let mut around = self.site.join(CLAIMED).join(&key);
        let mut path = String::new();
        for _ in 0..depth {
            let Some(name) = walk::names(&around)?.into_iter().next() else { break };
            around.push(&name);
            path = below(&path, &name.to_string_lossy());
        }
        let name = walk::names(&around)?.into_iter().next();
        let empty = |name: &OsString| walk::names(&around.join(name)).map(|names| names.is_empty());
        match name {
            Some(name) if loose && empty(&name)? => moves::remove_empty(&around.join(&name))?,
            Some(name) => {
                return Ok(Some(Claim { path, name: fit_to_show(&name), inherited: true, loose, key, id }));
            }
            None => {}
        }
        moves::remove_directories(&self.site.join(CLAIMED).join(&key), &path)?;
        Ok(None)
    }
}

impl Incoming for FsIncoming {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        let run::Inherited { keys, mut troubles } = self.run.inherit()?;
        troubles.iter_mut().for_each(|(place, _)| *place = below(&self.shown, place));
        let mut claims = Vec::new();
        for key in keys {
            let place = below(&self.shown, &format!("{CLAIMED}/{key}"));
            match self.inherited(key) {
                Ok(claim) => claims.extend(claim),
                Err(error) => troubles.push((place, error)),
            }
        }
        Ok(Inheritance { claims, troubles })
    }

    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError> {
        let mut arrivals = Arrivals::default();
        let incoming = self.target("").map_err(failed("list", &self.incoming()))?;
        incoming.collect("", is_target, &mut arrivals)?;
        Ok(arrivals)
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        let target = match self.target(&arrival.path) {
            Ok(target) => target,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed("list", &self.incoming().join(&arrival.path))(errno)),
        };
        let (loose, path) = (arrival.loose, arrival.path.clone());
        let depth = if path.is_empty() { 0 } else { path.split('/').count() };
        let id = self.run.new_id();
        let key = self.run.next(&Form { id: id.clone(), depth, loose });
        let holder = self.site.join(CLAIMED).join(&key);
        moves::make_directory(&holder)?;
        let around = moves::make_directories(&holder, &path)?;
        if !target.give(arrival, &around)? {
            moves::remove_directories(&holder, &path)?;
            return Ok(None);
        }
        Ok(Some(Claim { path, name: fit_to_show(&arrival.name), inherited: false, loose, key, id }))
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        let content = self.content(claim)?;
        let Some(target) = self.target_of(claim)? else { return Ok(()) };
        names.iter().try_for_each(|name| target.give_file(OsStr::new(name.as_str()), &content))
    }

    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        let content = self.content(claim)?;
        let Some(target) = self.target_of(claim)? else { return Ok(()) };
        names.iter().try_for_each(|name| target.copy_file(name, &content))
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        match place {
            Place::Arrived(arrival) if arrival.loose => match self.target(&arrival.path) {
                Ok(target) => target.loose_listing(arrival),
                Err(Errno::NOENT) => Ok(None),
                Err(errno) => Err(failed("list", &self.incoming().join(&arrival.path))(errno)),
            },
            Place::Arrived(_) | Place::Claimed(_) => {
                let (opened, shown) = self.root(place)?;
                walk::list(opened, &shown)
            }
        }
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        let (opened, shown) = self.root(place)?;
        walk::open(opened, &shown, directory, name)
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        let content = self.content(&claim)?;
        let content = moves::wrap(content)?;
        if let Some(report) = report {
            moves::write_report(&content, report)?;
        }
        let name = content.file_name().map_or_else(OsString::new, OsStr::to_owned);
        let taken = moves::move_numbered(&content, &self.site.join(end.directory()), &name)?;
        moves::remove_directories(&self.holder(&claim), &claim.path)?;
        Ok(below(&self.shown, &below(end.directory(), &fit_to_show(&taken))))
    }
}
