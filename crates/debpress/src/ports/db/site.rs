//! Distributions, archives and uploaders.

use debfmt::names::DistributionName;

use super::RecordsError;
use crate::model::archive::{Archive, ArchiveId, NewArchive};
use crate::model::permission::Scope;
use crate::model::signing::KeyNames;
use crate::model::suite::{Distribution, NewDistribution, NewSeries, Series, SeriesId};
use crate::model::time::Timestamp;

/// A key and a grant to record for an uploader; both are added to what the uploader has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUploader {
    /// The uploader's name.
    pub name: String,
    /// Fingerprint of the certificate, upper-case hex.
    pub fingerprint: String,
    /// The certificate, armoured.
    pub certificate: Vec<u8>,
    /// Where notices about uploads go.
    pub mail: Option<String>,
    /// What the uploader may upload from now on; `None`: nothing more than before.
    pub grant: Option<Scope>,
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
    /// Where notices about uploads go.
    pub mail: Option<String>,
}

/// Records of the site itself.
pub trait SiteRecords {
    /// Records a distribution with its series.
    ///
    /// # Errors
    /// [`RecordsError::Exists`], [`RecordsError::RootTaken`], or the database fails.
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError>;

    /// Records a distribution with its series and its primary archive.
    ///
    /// # Errors
    /// [`RecordsError::Exists`], or the database fails; then nothing was recorded.
    fn found_distribution(
        &self,
        distribution: &NewDistribution,
        archive: &NewArchive,
    ) -> Result<ArchiveId, RecordsError>;

    /// Records a series of a distribution, newer than those that it has.
    ///
    /// # Errors
    /// [`RecordsError::Exists`], or the database fails, or has no such distribution.
    fn create_series(
        &self,
        distribution: &DistributionName,
        series: &NewSeries,
    ) -> Result<SeriesId, RecordsError>;

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

    /// Changes `redirect_uploads` of a distribution.
    ///
    /// # Errors
    /// The database fails, or has no such distribution.
    fn update_distribution(&self, distribution: &Distribution) -> Result<(), RecordsError>;

    /// Changes components, architectures, status, source formats, `announce`, `parent`, `aliases` and options of a series; it is found by its
    /// number.
    ///
    /// # Errors
    /// The database fails, or has no such series.
    fn update_series(&self, series: &Series) -> Result<(), RecordsError>;

    /// Changes `enabled`, `size_limit`, `obsolete_uploads`, `published`, `lists`, `origin` and `label` of an archive; it is found by its number.
    ///
    /// # Errors
    /// The database fails, or has no such archive.
    fn update_archive(&self, archive: &Archive) -> Result<(), RecordsError>;

    /// Changes which keys sign an archive; none: those of the site.
    ///
    /// # Errors
    /// The database fails, or has no such archive.
    fn set_signing_keys(&self, archive: ArchiveId, keys: &KeyNames) -> Result<(), RecordsError>;

    /// Records a key and, if there is one, a permission to upload. A certificate that is recorded already for the same name is replaced (it may have
    /// been extended); an address replaces the one before, and `None` leaves it; a permission that is recorded already is left alone.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the certificate belongs to another name, or the database fails.
    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError>;

    /// Forgets a key of an uploader; `false`: the uploader has no key of that fingerprint. What was uploaded with it stays.
    ///
    /// # Errors
    /// The database fails.
    fn remove_key(&self, uploader: &str, fingerprint: &str) -> Result<bool, RecordsError>;

    /// Changes where notices for an uploader go; `None`: nowhere.
    ///
    /// # Errors
    /// The database fails, or has no such uploader.
    fn set_mail(&self, uploader: &str, mail: Option<&str>) -> Result<(), RecordsError>;

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
