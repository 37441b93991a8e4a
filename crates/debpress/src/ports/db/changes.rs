//! What an administrator changes of what is live: publications that are placed elsewhere, and such that shall be gone.

use super::{RecordsError, Snapshot};
use crate::model::publication::{
    Candidate, PackageKind, Placement, PublicationId, PublicationStatus, ReleaseId,
};
use crate::model::queue::Note;
use crate::model::suite::SuiteKey;

/// A live publication, as somebody may change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePublication {
    /// The record.
    pub id: PublicationId,
    /// Source or binary.
    pub kind: PackageKind,
    /// The release that it places: with the kind, a release of its own.
    pub release: ReleaseId,
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Pending or Published.
    pub status: PublicationStatus,
    /// Where it is.
    pub placement: Placement,
    /// How many of a hundred machines take it as an update; `None`: all.
    pub phase: Option<u8>,
    /// The source that it was built from, name and version text; a source is its own.
    pub source: (String, String),
    /// Whether it holds debug symbols (.ddeb).
    pub debug: bool,
}

/// A publication that is to take the place of another one of the same release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The one whose place it takes, which must be the newest live one of its release in the suite.
    pub publication: PublicationId,
    /// Where the release is from then on.
    pub placement: Placement,
    /// How many of a hundred machines take it as an update; `None`: all.
    pub phase: Option<u8>,
}

/// Records of what an administrator changes.
///
/// A publication is *leaving* from the moment at which somebody asks for its removal; it stays Published, and in the
/// indexes, until the next publication of its suite leaves it out.
pub trait ChangeRecords {
    /// Every live publication of the suite of packages with this name, and of what was built from a source of this name,
    /// but those that are leaving. By number.
    ///
    /// # Errors
    /// The database fails.
    fn live_named(&self, suite: SuiteKey, name: &str) -> Result<Vec<LivePublication>, RecordsError>;

    /// Makes a Pending publication for each, with the words of who wanted it and why, in one transaction, and marks the suite
    /// dirty if any was made. Those whose publication is not live any more, is leaving or has been replaced meanwhile are left
    /// out. Returns how many were made.
    ///
    /// # Errors
    /// The database fails; then none was made.
    fn replace(
        &self,
        suite: SuiteKey,
        replacements: &[Replacement],
        note: &Note,
    ) -> Result<usize, RecordsError>;

    /// Records that these publications shall be gone, in one transaction, and marks the suite dirty if any was live and not
    /// leaving. Returns how many were.
    ///
    /// # Errors
    /// The database fails; then none is recorded.
    fn request_removal(
        &self,
        suite: SuiteKey,
        publications: &[PublicationId],
        note: &Note,
    ) -> Result<usize, RecordsError>;

    /// The publications that are leaving and whose removal the snapshot counts, by number. What it reads grows with them.
    ///
    /// # Errors
    /// The database fails.
    fn leaving(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError>;
}
