//! Publication records: reading them for the indexes, and making Pending ones.

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::names::{Architecture, Component};

use super::RecordsError;
use crate::model::archive::ArchiveId;
use crate::model::package::Release;
use crate::model::publication::{
    BinaryRow, Candidate, ContentsRow, Listing, Placement, PoolEntry, PublicationId, SourceRow,
};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;

/// A release to place into a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPublication {
    /// The release.
    pub release: Release,
    /// Component, section and priority.
    pub placement: Placement,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Publications made.
    pub added: usize,
    /// Releases that were live in the suite with the same placement.
    pub present: usize,
}

/// How a suite stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuiteState {
    /// The suite.
    pub key: SuiteKey,
    /// Grows with every change that the indexes must show.
    pub changes: i64,
    /// The value of `changes` that the published indexes show.
    pub shown: i64,
    /// Whether it was ever published.
    pub published: bool,
    /// How many publications the published indexes show.
    pub entries: u64,
    /// What the extra override files said that they show; `None`: there were none.
    pub extra: Option<Sha256>,
}

impl SuiteState {
    /// Whether the indexes must be made again.
    pub fn is_dirty(&self) -> bool {
        self.changes > self.shown
    }
}

/// The records that one publication looks at: those up to a number, so that uploads accepted meanwhile wait for the
/// next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The suite.
    pub suite: SuiteKey,
    /// The newest record that counts.
    pub newest: PublicationId,
    /// The suite's change counter; cleared only up to here.
    pub changes: i64,
}

/// Which binary publications an index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryBounds<'a> {
    /// Their kind: each has indexes of its own.
    pub kind: DebKind,
    /// Their architectures; none: no publications.
    pub architectures: &'a [Architecture],
}

/// Which publications `list` gives; `None` or empty sets no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// A package name, binary or source; `*` stands for any characters.
    pub name: Option<String>,
    /// Suites.
    pub suites: Vec<SuiteKey>,
    /// Also superseded and deleted ones.
    pub history: bool,
}

/// What a source says of itself, for the Sources index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStanza {
    /// The source: name, and version as text.
    pub source: (String, String),
    /// See `debfmt::sources::stanza_body`.
    pub text: String,
}

/// Records of publications.
pub trait PublicationRecords {
    /// Places releases into a suite as Pending, in one transaction, and marks it dirty if anything was added.
    ///
    /// # Errors
    /// [`RecordsError::FileConflict`], or the database fails; then nothing was placed.
    fn import(
        &self,
        suite: SuiteKey,
        publications: &[NewPublication],
        at: Timestamp,
    ) -> Result<Imported, RecordsError>;

    /// How every suite stands that has ever been touched, by key.
    ///
    /// # Errors
    /// The database fails.
    fn suite_states(&self) -> Result<Vec<SuiteState>, RecordsError>;

    /// Marks suites as changed, so that the next publication makes their indexes again. One that nothing was ever placed
    /// in stays as it is.
    ///
    /// # Errors
    /// The database fails.
    fn touch_suites(&self, suites: &[SuiteKey]) -> Result<(), RecordsError>;

    /// Fixes what the coming publication of the suite looks at.
    ///
    /// # Errors
    /// The database fails.
    fn snapshot(&self, suite: SuiteKey) -> Result<Snapshot, RecordsError>;

    /// Every live (Pending or Published) publication of each (kind, name) that has a Pending one, or whose Published
    /// ones cannot all stay: two of one architecture, or of more than one version. A name that is Published once per
    /// architecture in one version has nothing to decide and is not read. By kind, name and number.
    ///
    /// # Errors
    /// The database fails.
    fn contested(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError>;

    /// How many live publications the suite has.
    ///
    /// # Errors
    /// The database fails.
    fn live_count(&self, snapshot: &Snapshot) -> Result<u64, RecordsError>;

    /// Every live binary publication of the suite that was built from one of these sources, name and version text. By
    /// number.
    ///
    /// # Errors
    /// The database fails.
    fn built_from(
        &self,
        snapshot: &Snapshot,
        sources: &[(String, String)],
    ) -> Result<Vec<Candidate>, RecordsError>;

    /// The texts for the Sources index of these sources, name and version text, as far as they are live anywhere in the
    /// archive: each once, in the order of `sources`.
    ///
    /// # Errors
    /// The database fails.
    fn source_stanzas(
        &self,
        archive: ArchiveId,
        sources: &[(String, String)],
    ) -> Result<Vec<SourceStanza>, RecordsError>;

    /// Calls `visit` with each file that a Pending publication of the suite needs in the pool.
    ///
    /// # Errors
    /// The database fails; an error of `visit` ends the walk and is not an error here: keep it yourself and return
    /// `false` to stop.
    fn pending_files(
        &self,
        snapshot: &Snapshot,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError>;

    /// Calls `visit` with each live source publication of the component: by name, then version text. Returning
    /// `false` stops.
    ///
    /// # Errors
    /// The database fails.
    fn source_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        visit: &mut dyn FnMut(SourceRow) -> bool,
    ) -> Result<(), RecordsError>;

    /// The kinds of binary packages other than .deb that the suite has live, sorted.
    ///
    /// # Errors
    /// The database fails.
    fn special_kinds(&self, snapshot: &Snapshot) -> Result<Vec<DebKind>, RecordsError>;

    /// Calls `visit` with each live publication of the component that is within `bounds`: by name, then version text,
    /// then architecture. Returning `false` stops.
    ///
    /// # Errors
    /// The database fails.
    fn binary_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(BinaryRow) -> bool,
    ) -> Result<(), RecordsError>;

    /// The same publications as [`binary_rows`](PublicationRecords::binary_rows) visits, but those whose packages have no
    /// files, with the paths of these.
    ///
    /// # Errors
    /// The database fails.
    fn contents_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(ContentsRow) -> bool,
    ) -> Result<(), RecordsError>;

    /// Publications as people ask for them: by name, suite, version text, architecture.
    ///
    /// # Errors
    /// The database fails.
    fn list(&self, filter: &ListFilter) -> Result<Vec<Listing>, RecordsError>;

    /// Calls `visit` with each file that the archive's pool must hold: those of publications that were published and
    /// whose files were not removed since. A file may come more than once. Returning `false` stops.
    ///
    /// # Errors
    /// The database fails.
    fn pool_entries(
        &self,
        archive: ArchiveId,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError>;

    /// Calls `visit` with SHA-256 and size in bytes of every object that any release or custom file needs, each once. Returning
    /// `false` stops.
    ///
    /// # Errors
    /// The database fails.
    fn needed_objects(&self, visit: &mut dyn FnMut(Sha256, u64) -> bool) -> Result<(), RecordsError>;
}
