//! Distributions, archives and uploaders.

use debfmt::names::{Component, SourceName};

use super::RecordsError;
use crate::model::archive::{Archive, ArchiveId, NewArchive};
use crate::model::suite::{Distribution, NewDistribution};
use crate::model::time::Timestamp;

/// What an uploader may upload; a part that is `None` sets no bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The archive.
    pub archive: Option<ArchiveId>,
    /// The component.
    pub component: Option<Component>,
    /// The source package.
    pub package: Option<SourceName>,
}

/// A key and a grant to record for an uploader; both are added to what the uploader has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUploader {
    /// The uploader's name.
    pub name: String,
    /// Fingerprint of the certificate, upper-case hex.
    pub fingerprint: String,
    /// The certificate, armoured.
    pub certificate: Vec<u8>,
    /// What the uploader may do.
    pub grant: Grant,
    /// When it was recorded.
    pub added: Timestamp,
}

/// An uploader as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploader {
    /// The uploader's name.
    pub name: String,
    /// Fingerprint and armoured certificate of each key, by fingerprint.
    pub keys: Vec<(String, Vec<u8>)>,
    /// Grants, sorted.
    pub grants: Vec<Grant>,
}

/// Records of the site itself.
pub trait SiteRecords {
    /// Records a distribution with its series.
    ///
    /// # Errors
    /// [`RecordsError::Exists`], or the database fails.
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError>;

    /// Every distribution with its series, by name; series oldest first.
    ///
    /// # Errors
    /// The database fails.
    fn distributions(&self) -> Result<Vec<Distribution>, RecordsError>;

    /// Records an archive. Its distribution must be recorded.
    ///
    /// # Errors
    /// [`RecordsError::Exists`], or the database fails.
    fn create_archive(&self, archive: &NewArchive) -> Result<ArchiveId, RecordsError>;

    /// Every archive, by reference text.
    ///
    /// # Errors
    /// The database fails.
    fn archives(&self) -> Result<Vec<Archive>, RecordsError>;

    /// Records a key and a grant. A certificate that is recorded already for the same name is replaced (it may have
    /// been extended); a grant that is recorded already is left alone.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the certificate belongs to another name, or the database fails.
    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError>;

    /// Every uploader, by name.
    ///
    /// # Errors
    /// The database fails.
    fn uploaders(&self) -> Result<Vec<Uploader>, RecordsError>;

    /// What the store of the records itself finds wrong (a damaged page, a broken index); empty when sound.
    ///
    /// # Errors
    /// It cannot be examined.
    fn integrity_problems(&self) -> Result<Vec<String>, RecordsError>;
}
