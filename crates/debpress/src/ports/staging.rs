//! Where other programs put the files that they contribute to suites (behaviour map 2.6).
//!
//! They write there whenever they like, so that nothing is believed for longer than it is looked at.

use std::io::Read;

use debfmt::names::SuiteName;

use super::tree::Root;
use crate::model::contribution::FileStamp;
use crate::model::time::Timestamp;

/// What went wrong in the staging area.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// A file operation failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was tried: `list`, `open`.
        operation: &'static str,
        /// The file or directory.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is more than any program contributes.
    #[error(
        "{path} holds more than {limit} files, and none of them is taken: move away what does not belong there"
    )]
    TooMany {
        /// The directory.
        path: String,
        /// How many are looked at.
        limit: usize,
    },
}

/// A file, or something else, that lies in the directory of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedEntry {
    /// Its path below the directory of the suite.
    pub path: String,
    /// Whether it is a regular file: no link, no device.
    pub regular: bool,
    /// Its size in bytes.
    pub size: u64,
    /// When anything about it changed last: its content, its name, its mode.
    pub changed: Timestamp,
    /// How it looks.
    pub stamp: FileStamp,
}

/// The staging area of a site: `staging/ROOT/dists/SUITE/`, ROOT being that of the archive. Links are never followed.
pub trait Staging: Send + Sync {
    /// The names of the directories for suites of an archive, sorted; `None`: there is no directory for the archive.
    ///
    /// # Errors
    /// It cannot be listed.
    fn suites(&self, root: Root<'_>) -> Result<Option<Vec<String>>, StagingError>;

    /// What lies in the directory of a suite and in the directories below it, by path; nothing where there is none.
    /// Hidden names are left out, and those that end in `.new` or `.tmp`: their writers are not done.
    ///
    /// # Errors
    /// It cannot be listed, or holds too much.
    fn list(&self, root: Root<'_>, suite: &SuiteName) -> Result<Vec<StagedEntry>, StagingError>;

    /// Opens a regular file; `None`: there is none of that name.
    ///
    /// # Errors
    /// It cannot be opened.
    fn open(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<Box<dyn Read + Send>>, StagingError>;

    /// How a regular file looks now; `None`: there is none of that name.
    ///
    /// # Errors
    /// It cannot be examined.
    fn stamp(&self, root: Root<'_>, suite: &SuiteName, path: &str)
    -> Result<Option<FileStamp>, StagingError>;
}
