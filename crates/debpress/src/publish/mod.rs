//! The publisher: records become files, in this order.
//!
//! ```text
//! recover   a publication that a crash interrupted goes forward first
//! collect   files that other programs have staged are taken into the content store and recorded
//! plan      what enters, what leaves, what is written: a value, made without touching anything
//! pool      files of what enters, as hard links from the content store
//! indexes   Packages and Sources into the staged suite
//! custom    custom files, as hard links from the content store, with their sums and signatures
//! contrib.  files of other programs, the same way
//! release   Release, which names them all, and its signatures, each verified as its users will; sign.d may make them
//! hooks     programs of the site look at what is ready: publish-distro.d
//! (sync)    everything so far reaches the disk
//! (journal) the records say what is about to become visible: from here on the publication goes forward
//! switch    each staged suite changes places with the live one, and the old directories move aside
//! (record)  Pending becomes Published in one transaction, and the journal is closed
//! lists     ls-lR.gz and indices/, where an archive wants them, of what is there now
//! hooks     programs of the site go on with what is seen: finalize.d
//! ```
//!
//! Until the journal is written, a crash leaves the archive as it was and some files that nobody can see. After it,
//! the next run finds the journal and finishes. Clients see each suite as it was or as it will be, nothing else.
//!
//! What was replaced stays in the pool for a while; [`death_row`] takes it away, in runs of its own.

mod aliases;
mod aside;
mod contributed;
mod custom;
pub mod death_row;
mod decide;
pub mod deletion;
mod dominate;
mod expiry;
mod extras;
mod facts;
pub mod ftpmaster;
mod guard;
mod hooks;
mod indexes;
mod inherit;
mod interrupted;
mod lists;
mod pdiffs;
mod plan;
mod pool;
mod preview;
mod release;
mod report;
mod retention;
mod run;
mod sign_hooks;
mod signing;
mod switch;
mod target;
mod translations;
mod waits;

pub use aside::publish_aside;
pub use death_row::{DeathRowReport, DeathRowSite, preview_death_row, process_death_row};
pub use deletion::{DeletedArchive, DeletionError, DeletionSite, delete_archive, may_delete};
pub use ftpmaster::{FtpmasterError, FtpmasterReport, FtpmasterRun, MASTER, publish_ftpmaster};
pub use guard::{Alarm, Guard};
pub use preview::{
    PreviewEntry, PreviewFile, PreviewLoss, PreviewWait, PublishPreview, SuitePreview, preview_distro,
};
pub use report::{AliasReport, FailedArchive, Phase, PublishReport, SuiteReport};
pub use run::publish_distro;

use std::collections::BTreeSet;

use debfmt::compress::Compression;
use debfmt::names::NameError;

use crate::lock::LockError;
use crate::model::archive::ArchiveId;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::db::{Records, RecordsError};
use crate::ports::extra_overrides::{ExtraOverrideError, ExtraOverrides};
use crate::ports::hooks::{HookError, Hooks};
use crate::ports::index_cache::IndexCache;
use crate::ports::objects::Objects;
use crate::ports::signer::{SignError, Signers};
use crate::ports::staging::Staging;
use crate::ports::stop::Stop;
use crate::ports::tree::{Tree, TreeError};
use crate::ports::verifier::Verifier;

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
    /// How many packages a segment of an index has at least. Few: little is compressed anew for a change. Many: what is
    /// compressed is smaller.
    pub segment_rows: usize,
    /// How many packages of a hundred may leave a suite at once.
    pub removal_guard: u8,
    /// How long, in seconds, nothing about a staged file must have changed before it is taken.
    pub staging_settle: i64,
}

impl Default for PublishSettings {
    fn default() -> Self {
        let compressors = vec![Compression::Gzip, Compression::Xz];
        Self {
            compressors,
            stay_of_execution: DAY,
            by_hash_retention: DAY,
            segment_rows: 64,
            removal_guard: 25,
            staging_settle: 60,
        }
    }
}

/// What the publisher works with.
#[derive(Clone, Copy)]
pub struct PublishSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The content store.
    pub objects: &'a dyn Objects,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// Where other programs put what they contribute.
    pub staging: &'a dyn Staging,
    /// Who signs which archive.
    pub signers: &'a dyn Signers,
    /// Who looks at signatures as users do.
    pub verifier: &'a dyn Verifier,
    /// How to publish.
    pub settings: &'a PublishSettings,
    /// The time of this publication.
    pub now: Timestamp,
    /// For how long things take, and when the suites have changed places.
    pub clock: &'a dyn Clock,
    /// Programs of the site that run with a publication.
    pub hooks: &'a dyn Hooks,
    /// Whether somebody has asked to stop.
    pub stop: &'a dyn Stop,
    /// Files of the site that give packages further fields.
    pub extra_overrides: &'a dyn ExtraOverrides,
    /// Parts of indexes that were rendered and compressed before.
    pub cache: &'a dyn IndexCache,
}

impl PublishSite<'_> {
    /// Goes no further if somebody has asked to stop. Asked as long as everything is as it was.
    fn go_on(&self, subject: &str) -> Result<(), PublishError> {
        match self.stop.asked() {
            Some(signal) => Err(PublishError::Stopped { subject: subject.to_owned(), signal }),
            None => Ok(()),
        }
    }

    /// Does something, and notes how long it took.
    fn timed<T>(&self, phases: &mut Vec<Phase>, name: String, work: impl FnOnce() -> T) -> T {
        let before = self.clock.milliseconds();
        let done = work();
        phases.push(Phase { name, milliseconds: self.clock.milliseconds().saturating_sub(before) });
        done
    }
}

/// Which suites to look at, and how closely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The archives.
    pub archives: Vec<ArchiveId>,
    /// The suites; empty for all. A suite that is named here is published even if it never had a package.
    pub suites: Vec<SuiteKey>,
    /// Suites that count as changed, whatever the records say.
    pub dirty: Vec<SuiteKey>,
    /// What is done again although the records say that it is done.
    pub careful: Careful,
    /// What is left out.
    pub skip: Skip,
    /// Whether indexes are compressed as small as it gets, also those without a change.
    pub repack: bool,
    /// What is meant although it looks like a mistake.
    pub allow: BTreeSet<Guard>,
}

/// What is done again although the records say that it is done (behaviour map 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Careful {
    /// The bytes of every pool file that a published package needs are read and compared.
    pub publishing: bool,
    /// Suites without a change are dominated.
    pub domination: bool,
    /// Their indexes are written.
    pub indexes: bool,
    /// Their Release is written.
    pub release: bool,
}

impl Careful {
    /// Everything.
    pub const ALL: Self = Self { publishing: true, domination: true, indexes: true, release: true };

    /// Whether suites without a change are published. Indexes and Release come together: each is what the other says.
    pub fn every_suite(self) -> bool {
        self.publishing || self.domination || self.indexes || self.release
    }
}

/// What a run leaves out (behaviour map 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// What is pending stays so.
    pub publishing: bool,
    /// Nothing gives way to anything newer.
    pub domination: bool,
    /// No suite changes: files go into the pool, and nothing else happens.
    pub indexes: bool,
    /// Nobody asks for what earlier Releases named.
    pub retired: bool,
}

impl Selection {
    /// Whether it looks at a suite.
    pub fn covers(&self, key: SuiteKey) -> bool {
        let named = self.suites.contains(&key) || self.dirty.contains(&key);
        self.archives.contains(&key.archive) && (self.suites.is_empty() || named)
    }
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
    /// The publisher lock was lost.
    #[error("cannot publish {subject}")]
    Lock {
        /// What was to be published.
        subject: String,
        /// Why.
        #[source]
        source: Box<LockError>,
    },
    /// What other programs have staged could not be taken.
    #[error("cannot take what is staged")]
    Contributed {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
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
    /// It would change what is hardly meant to change.
    #[error(
        "cannot publish {subject}, which stays as it was: {}; if that is meant, allow it", sentences(.alarms)
    )]
    Guarded {
        /// The suite.
        subject: String,
        /// What would change.
        alarms: Vec<Alarm>,
    },
    /// Somebody has asked to stop.
    #[error(
        "stopped by {signal} before {subject} was published: it stays as it was, and the next run begins anew"
    )]
    Stopped {
        /// The suite or archive.
        subject: String,
        /// The signal.
        signal: &'static str,
    },
    /// A hook failed before the switch: the archive stays as it was.
    #[error("cannot publish {subject}: a hook failed; it stays as it was")]
    Hook {
        /// The archive.
        subject: String,
        /// Why.
        #[source]
        source: HookError,
    },
    /// A hook took the Release of a suite away.
    #[error(
        "cannot publish {subject}: a hook removed Release and InRelease of {suite}; it stays as it was: mend the hook"
    )]
    HookTookRelease {
        /// The archive.
        subject: String,
        /// The suite.
        suite: String,
    },
    /// A hook failed after the switch.
    #[error("{subject} is published, and a hook that follows failed: run it again by hand, or publish again")]
    Finalize {
        /// The distribution.
        subject: String,
        /// Why.
        #[source]
        source: HookError,
    },
    /// A file of the site that gives packages further fields cannot be read.
    #[error("cannot publish {subject}, which stays as it was: make the file readable, or remove it")]
    Extra {
        /// The suite.
        subject: String,
        /// Why.
        #[source]
        source: ExtraOverrideError,
    },
    /// What is kept beside pool and dists could not be written.
    #[error(
        "{subject} is published, and its {list} is old: publish again, or mend what is wrong and wait for the next time"
    )]
    Lists {
        /// The archive.
        subject: String,
        /// The list.
        list: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
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

impl PublishError {
    /// Whether what was to be published is published all the same.
    pub fn is_published(&self) -> bool {
        matches!(self, Self::Finalize { .. } | Self::Lists { .. })
    }
}

fn sentences(alarms: &[Alarm]) -> String {
    alarms.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
