//! The records: what is known about packages, archives and decisions.
//!
//! Each method is one coarse step in the language of the domain and is atomic: all of it is recorded or nothing.
//! What a method that changes something has recorded is durable when it returns.

mod aliases;
mod changes;
mod contributions;
mod custom;
mod death_row;
mod deletion;
mod failures;
mod health;
mod index_rows;
mod lock;
mod notices;
mod publications;
mod queue;
mod review;
mod rights;
mod runs;
mod site;
mod switch;

pub use aliases::{AliasRecords, SuiteAlias};
pub use changes::{ChangeRecords, LivePublication, Replacement};
pub use contributions::ContributionRecords;
pub use custom::{CustomChange, CustomRecords};
pub use death_row::{Condemned, CondemnedFile, DeathRowRecords};
pub use deletion::DeletionRecords;
pub use failures::FailureRecords;
pub use health::{Contradiction, ContradictionKind, HealthRecords};
pub use index_rows::{IndexOutline, IndexRecords, RowsOf};
pub use lock::{DatabaseHold, DatabaseLock, LockRecords, Taking};
pub use notices::{NoticeFilter, NoticeRecords, Refusal};
pub use publications::{
    BinaryBounds, Imported, ListFilter, NewPublication, PublicationRecords, Snapshot, SourceStanza,
    SuiteState,
};
pub(crate) use queue::refuse_own_conflicts;
pub use queue::{Ancestor, QueueFilter, QueueRecords, fits};
pub use review::ReviewRecords;
pub use rights::RightsRecords;
pub use runs::{RunFilter, RunRecords};
pub use site::{NewUploader, SiteRecords, Uploader};
pub use switch::{IndexFile, RetiredIndex, SuiteSwitch, Supersession, Switch, SwitchRecords};

use debfmt::digest::Sha256;

use crate::model::archive::ArchiveRef;
use crate::model::queue::{QueueId, QueueStatus};

/// All records together.
pub trait Records:
    SiteRecords
    + RightsRecords
    + QueueRecords
    + ReviewRecords
    + NoticeRecords
    + RunRecords
    + FailureRecords
    + LockRecords
    + AliasRecords
    + PublicationRecords
    + IndexRecords
    + ChangeRecords
    + CustomRecords
    + ContributionRecords
    + SwitchRecords
    + DeathRowRecords
    + DeletionRecords
    + HealthRecords
    + Send
{
}

impl<T> Records for T where
    T: SiteRecords
        + RightsRecords
        + QueueRecords
        + ReviewRecords
        + NoticeRecords
        + RunRecords
        + FailureRecords
        + LockRecords
        + AliasRecords
        + PublicationRecords
        + IndexRecords
        + ChangeRecords
        + CustomRecords
        + ContributionRecords
        + SwitchRecords
        + DeathRowRecords
        + DeletionRecords
        + HealthRecords
        + HealthRecords
        + Send
{
}

/// What went wrong with the records.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The database refused or failed.
    #[error("cannot {operation} in the database")]
    Database {
        /// What was tried: `file a queue item`.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was written by a newer debpress.
    #[error(
        "the database {path} has schema {found}, this debpress knows {known}: install the debpress that wrote it, or a newer one"
    )]
    NewerSchema {
        /// The database file.
        path: String,
        /// Its schema number.
        found: i64,
        /// The newest schema number this program knows.
        known: i64,
    },
    /// A recorded value does not parse: somebody else wrote to the database.
    #[error("the database holds {value:?} as {what}, which is not one; restore the database from a backup")]
    Corrupt {
        /// What kind of value.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// Something of that name is recorded already.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Another archive has the directory that this one would be published to.
    #[error(
        "{reference} would be published where {other} is, to {root}: give it or its distribution another name"
    )]
    RootTaken {
        /// The archive.
        reference: String,
        /// The one that is there.
        other: String,
        /// The directory, relative to the site.
        root: String,
    },
    /// The archive is deleted, or being deleted.
    #[error("archive {reference} is deleted, and takes nothing any more")]
    ArchiveDeleted {
        /// The archive.
        reference: String,
    },
    /// The archive has had a file of that name with other bytes, or its queue has one (promise 4).
    #[error(
        "the archive knows {file} with other content: it had {had}, this one is {given}; a file name is used once, so upload a new version"
    )]
    FileConflict {
        /// The file name.
        file: String,
        /// SHA-256 of the file the archive had.
        had: Sha256,
        /// SHA-256 of the file given now.
        given: Sha256,
    },
    /// The same .changes was taken before.
    #[error("this .changes was taken before, as queue item {item}")]
    ChangesSeen {
        /// The earlier item.
        item: QueueId,
    },
    /// There is no such queue item.
    #[error("there is no queue item {item}; `debpress queue list` shows them")]
    NoQueueItem {
        /// The number asked for.
        item: QueueId,
    },
    /// The item is decided for good.
    #[error("queue item {item} is {status}, and only what waits can be changed")]
    NotWaiting {
        /// The item.
        item: QueueId,
        /// Its status.
        status: QueueStatus,
    },
    /// The item's status does not allow the decision.
    #[error("queue item {item} is {from} and cannot become {to}")]
    Transition {
        /// The item.
        item: QueueId,
        /// Its status now.
        from: QueueStatus,
        /// The status asked for.
        to: QueueStatus,
    },
}

impl RecordsError {
    /// `reference` would have its root where `other` has.
    pub(crate) fn root_taken(reference: &ArchiveRef, other: &ArchiveRef) -> Self {
        Self::RootTaken { reference: reference.to_string(), other: other.to_string(), root: other.root() }
    }
}
