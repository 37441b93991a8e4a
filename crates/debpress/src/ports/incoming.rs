//! Where uploads arrive, and where they end.
//!
//! Several runs may share one incoming. An upload belongs to the run that has moved it out of incoming, which
//! exactly one can: see [`Incoming::claim`]. A claim of a run that died is inherited by the next one, see
//! [`Incoming::inherit`]; it never goes back to where its sender might touch it.
//!
//! Uploads lie in incoming itself or in *target directories* below it, whose path says which archive they are for
//! (`debian/noble`, `~ann/debian/tools`). Target directories stay where they are, and only the uploads in them are
//! claimed; a claim remembers the path, also when another run inherits it.
//!
//! Everything in an upload has a name that its sender chose. Names are shown, never followed: only regular files
//! are opened, symbolic links nowhere on the way.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};

use debfmt::names::FileName;

use crate::model::time::Timestamp;

/// An upload in the hands of a run that is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftClaim {
    /// Where it lies, relative to the site.
    pub path: String,
    /// Whether the next run takes it over; else the lock file of its run is gone, and nobody will.
    pub inheritable: bool,
}

/// What went wrong with the directories of incoming uploads.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// A directory of the site is missing.
    #[error("{path} is missing: create it, or name the right site with --site")]
    NoDirectory {
        /// The directory.
        path: String,
    },
    /// A file operation failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was tried: `claim`, `list`, `open`, `move`.
        operation: &'static str,
        /// The file or directory.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl IncomingError {
    /// Whether permission was denied: `install` and upload servers grant it when a file or directory is complete.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// Something in incoming that may be an upload: a directory, or a `.changes` that lies loose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// The target directory that it lies in, relative to incoming; empty for incoming itself.
    pub path: String,
    /// Its name there.
    pub name: OsString,
    /// Whether it is a loose `.changes`; the files that it names lie beside it.
    pub loose: bool,
}

impl Arrival {
    /// What people call it: its path below incoming, made fit to be shown.
    pub fn shown(&self) -> String {
        below(&self.path, &fit_to_show(&self.name))
    }
}

/// What was found in incoming.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// What may be an upload, by path.
    pub found: Vec<Arrival>,
    /// Target directories that could not be looked into, relative to incoming, and why.
    pub troubles: Vec<(String, IncomingError)>,
}

/// An upload that belongs to this run. It stays claimed until [`Incoming::finish`] moves it to its end.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a claimed upload is nowhere: finish it"]
pub struct Claim {
    /// The target directory that it lay in, relative to incoming; empty for incoming itself.
    pub path: String,
    /// The name it arrived with.
    pub name: String,
    /// Whether a run that died had claimed it before: part of the work may be done.
    pub inherited: bool,
    /// Whether it arrived as loose files.
    pub loose: bool,
    /// What the adapter knows it by.
    pub key: String,
    /// What no other claim ever has, kept by whoever inherits it; empty where a program made it that gave none.
    pub id: String,
}

impl Claim {
    /// What people call it: the path below incoming with which it arrived, made fit to be shown.
    pub fn shown(&self) -> String {
        below(&self.path, &fit_to_show(self.name.as_ref()))
    }
}

/// A name that somebody chose, as text that does nothing to a terminal.
pub fn fit_to_show(name: &OsStr) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    name.to_string_lossy().chars().map(shown).collect()
}

/// A path below another one, either of which may be empty.
pub fn below(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}/{name}"),
    }
}

/// What was taken over from runs that died.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// The uploads that they had claimed.
    pub claims: Vec<Claim>,
    /// What could not be taken over, relative to the site, and why. It stays where it is.
    pub troubles: Vec<(String, IncomingError)>,
}

/// An upload, before or after it was claimed.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In incoming; its sender may still be writing.
    Arrived(&'a Arrival),
    /// Claimed by this run.
    Claimed(&'a Claim),
}

/// A file or anything else in an upload, directories excepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The directory below the upload, without slashes at its ends; empty for the upload itself.
    pub directory: String,
    /// Its name. Bytes that are no text are shown as replacement characters.
    pub name: String,
    /// Whether it is a regular file.
    pub regular: bool,
}

/// What is inside an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its files, sorted. Of a loose upload that is not claimed yet: the `.changes` only.
    pub entries: Vec<Entry>,
    /// When anything of what is listed last changed, by the clock of the file system (a sender can set a file's modification
    /// time, but not this).
    pub newest: Timestamp,
}

/// A file of an upload, open for reading.
pub struct UploadedFile {
    /// Its size in bytes when it was opened.
    pub size: u64,
    /// When it last changed, by the clock of the file system.
    pub changed: Timestamp,
    /// Its bytes.
    pub reader: Box<dyn Read + Send>,
}

/// What a name in an upload turned out to be.
pub enum Opened {
    /// A regular file.
    File(UploadedFile),
    /// Something else: a directory, a link, a device.
    Other,
    /// There is nothing of that name.
    Missing,
}

/// How an upload ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Filed into the queue.
    Accepted,
    /// Refused.
    Rejected,
    /// Could not be judged; somebody has to look at it.
    Failed,
}

impl End {
    /// The directory of the site where such uploads lie.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// The name of the report that lies in a rejected or failed upload.
pub const REASONS: &str = "reasons.json";

/// How deep directories inside an upload may be nested; what lies deeper is not seen, and stays with the upload.
pub const DEPTH: usize = 8;

/// Uploads that have arrived.
pub trait Incoming: Send + Sync {
    /// Takes over the claims of runs that died. Those of runs that live are left alone. A run or a claim that cannot
    /// be taken over is told in the answer, and keeps none of the others.
    ///
    /// # Errors
    /// [`IncomingError`] when nobody can tell which runs there were.
    fn inherit(&self) -> Result<Inheritance, IncomingError>;

    /// What lies in incoming and in its target directories, by name; names that begin with a dot are left out.
    /// `is_target` tells of a path below incoming whether it is a target directory, where that is a directory.
    ///
    /// # Errors
    /// [`IncomingError`] when incoming itself cannot be listed.
    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError>;

    /// Makes an arrival this run's own, or returns `None` when it is not there any more.
    ///
    /// Of a loose upload the `.changes` is moved first, and that is the claim; [`Incoming::gather`] brings the files
    /// that it names.
    ///
    /// # Errors
    /// [`IncomingError`].
    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError>;

    /// Moves files that lie loose beside the claim's .changes into the claim; those that are not there are left out, and so is
    /// whatever has a name that the claim has already.
    ///
    /// # Errors
    /// [`IncomingError`].
    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError>;

    /// The same for files that another upload needs too: they are copied, and stay.
    ///
    /// # Errors
    /// [`IncomingError`].
    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError>;

    /// What is inside an upload, or `None` when it is not there any more.
    ///
    /// # Errors
    /// [`IncomingError`].
    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError>;

    /// Opens a file of an upload. `directory` is that of an [`Entry`].
    ///
    /// # Errors
    /// [`IncomingError`].
    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError>;

    /// Moves a claimed upload to its end, with a report if there is one, as [`REASONS`]. A name that is taken there
    /// gets a number behind it; nothing is ever overwritten. Returns where it is now, relative to the site.
    ///
    /// # Errors
    /// [`IncomingError`]; the upload stays claimed, and a later run inherits it.
    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError>;
}
