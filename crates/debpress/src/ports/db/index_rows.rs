//! Records of what indexes are made of: which publications they have, and what the published ones were made of.

use debfmt::names::Component;
use serde::{Deserialize, Serialize};

use super::{BinaryBounds, RecordsError, Snapshot};
use crate::model::publication::{BinaryRow, ContentsRow, PublicationId, SourceRow};
use crate::model::suite::SuiteKey;

/// What an index has a stanza of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsOf<'a> {
    /// Source packages.
    Sources,
    /// Binary packages within bounds.
    Binaries(BinaryBounds<'a>),
}

/// What a published index was made of, as the cache of indexes keeps it.
///
/// The records say which outline is the right one, so that a cache that is older or newer than they are, or that belongs
/// to another site, is of no use and does no harm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexOutline {
    /// Path of the index below the suite, without the suffix of a compression: `main/binary-amd64/Packages`.
    pub path: String,
    /// SHA-256 of the outline, in hex.
    pub sha256: String,
}

/// Rows of indexes by the numbers of their publications. What a publication says never changes once it is recorded,
/// but for how it stands.
pub trait IndexRecords {
    /// The live publications that an index has, in its order: name, version as text, architecture.
    ///
    /// # Errors
    /// The database fails.
    fn row_ids(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        rows: RowsOf<'_>,
    ) -> Result<Vec<PublicationId>, RecordsError>;

    /// The package names of publications, in the order in which these are given.
    ///
    /// # Errors
    /// There is no such publication, or the database fails.
    fn row_names(&self, ids: &[PublicationId]) -> Result<Vec<String>, RecordsError>;

    /// Calls `visit` with binary publications, in the order in which they are given.
    ///
    /// # Errors
    /// There is no such publication, or the database fails.
    fn binary_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(BinaryRow),
    ) -> Result<(), RecordsError>;

    /// Calls `visit` with source publications, in the order in which they are given.
    ///
    /// # Errors
    /// There is no such publication, or the database fails.
    fn source_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(SourceRow),
    ) -> Result<(), RecordsError>;

    /// Calls `visit` with the file lists of binary publications, in the order in which they are given; those whose
    /// packages install nothing have none.
    ///
    /// # Errors
    /// The database fails.
    fn contents_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(ContentsRow),
    ) -> Result<(), RecordsError>;

    /// What the published indexes of a suite were made of, by path.
    ///
    /// # Errors
    /// The database fails.
    fn outlines(&self, suite: SuiteKey) -> Result<Vec<IndexOutline>, RecordsError>;

    /// What all published indexes were made of.
    ///
    /// # Errors
    /// The database fails.
    fn all_outlines(&self) -> Result<Vec<IndexOutline>, RecordsError>;
}
