//! The publisher: records become files, in this order.
//!
//! ```text
//! recover   a publication that a crash interrupted goes forward first
//! plan      what enters, what leaves, what is written: a value, made without touching anything
//! pool      files of what enters, as hard links from the content store
//! indexes   Packages and Sources into the staged suite
//! custom    custom files, as hard links from the content store, with their sums and signatures
//! release   Release, which names them all, and its signatures
//! (sync)    everything so far reaches the disk
//! (journal) the records say what is about to become visible: from here on the publication goes forward
//! switch    each staged suite changes places with the live one, and the old directories go
//! (record)  Pending becomes Published in one transaction, and the journal is closed
//! ```
//!
//! Until the journal is written, a crash leaves the archive as it was and some files that nobody can see. After it,
//! the next run finds the journal and finishes. Clients see each suite as it was or as it will be, nothing else.

mod custom;
mod dominate;
pub mod ftpmaster;
mod indexes;
mod plan;
mod pool;
mod release;
mod run;
mod switch;
mod translations;

pub use ftpmaster::{FtpmasterReport, publish_ftpmaster};
pub use run::publish_distro;

use debfmt::compress::Compression;
use debfmt::names::NameError;
use serde::Serialize;

use crate::model::archive::ArchiveId;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};
use crate::ports::signer::{SignError, Signer};
use crate::ports::tree::{Tree, TreeError};

/// One day in seconds: the reference system's stay of execution and by-hash retention (behaviour map 3.4, 3.11).
const DAY: i64 = 86_400;

/// How archives are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishSettings {
    /// The forms in which indexes are written.
    pub compressors: Vec<Compression>,
    /// How long, in seconds, the pool keeps the files of a superseded publication.
    pub stay_of_execution: i64,
    /// How long, in seconds, an index file stays available by hash after it ceased to be current.
    pub by_hash_retention: i64,
}

impl Default for PublishSettings {
    fn default() -> Self {
        let compressors = vec![Compression::Gzip, Compression::Xz];
        Self { compressors, stay_of_execution: DAY, by_hash_retention: DAY }
    }
}

/// What the publisher works with.
#[derive(Clone, Copy)]
pub struct PublishSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// Who signs; `None`: no key is configured, and Release files are published unsigned.
    pub signer: Option<&'a dyn Signer>,
    /// How to publish.
    pub settings: &'a PublishSettings,
    /// The time of this publication.
    pub now: Timestamp,
}

/// Which suites to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The archives.
    pub archives: Vec<ArchiveId>,
    /// The suites; empty for all. A suite that is named here is published even if it never had a package.
    pub suites: Vec<SuiteKey>,
    /// Also suites without a change.
    pub careful: bool,
}

/// What a run of the publisher did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublishReport {
    /// Suites of an interrupted publication that this run finished first.
    pub recovered: Vec<String>,
    /// Suites that are visible in a new state.
    pub suites: Vec<SuiteReport>,
    /// How many suites had no change.
    pub unchanged: usize,
    /// What an administrator should know.
    pub warnings: Vec<String>,
}

/// What happened to one suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiteReport {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// Publications that became visible.
    pub published: usize,
    /// Publications that were replaced.
    pub superseded: usize,
    /// Directories of custom files that became visible.
    pub custom: usize,
    /// Index files written, compressed forms counted apart.
    pub index_files: usize,
    /// Their size in bytes.
    pub index_bytes: u64,
    /// Who signed; `None`: unsigned.
    pub signed_by: Option<String>,
}

/// Why a publication did not happen. Whatever it is, the published archive is as it was, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The records failed.
    #[error("cannot publish {subject}")]
    Records {
        /// The suite or archive.
        subject: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// The published tree failed.
    #[error("cannot publish {subject}")]
    Tree {
        /// The suite or archive.
        subject: String,
        /// Why.
        #[source]
        source: TreeError,
    },
    /// An index could not be written.
    #[error("cannot write {path} of {subject}")]
    Index {
        /// The suite.
        subject: String,
        /// The index, below the suite.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key is configured, and signing failed: the suite is not switched (promise 7).
    #[error("cannot sign {subject}; it stays as it was")]
    Sign {
        /// The suite.
        subject: String,
        /// Why.
        #[source]
        source: SignError,
    },
    /// A suite's name cannot be used as a path.
    #[error("cannot publish a suite of series {series}")]
    Name {
        /// The series.
        series: String,
        /// Why.
        #[source]
        source: NameError,
    },
    /// An interrupted publication cannot go forward.
    #[error(
        "the publication of {suite} made at {at} was interrupted, and its staged directory {staged} is gone: restore that directory from a backup, or restore the database from before that time"
    )]
    Unrecoverable {
        /// The suite.
        suite: String,
        /// The time of the interrupted publication.
        at: Timestamp,
        /// Where its staged directory should be.
        staged: String,
    },
}
