//! Which archive an upload is for.
//!
//! Today: the primary archive of one distribution. A directory below the upload that names another archive
//! (`~owner/distribution/ppa`) would be read here, and nowhere else.

use debfmt::names::DistributionName;

use super::process::UploadError;
use super::reason::{Reason, SUITE_UNKNOWN};
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::suite::{Distribution, Pocket, Series, SuiteKey};
use crate::ports::db::Records;

/// An archive and the series that it serves.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The archive.
    pub(super) archive: Archive,
    distribution: Distribution,
}

/// A suite of the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suite<'a> {
    /// Its key in the records.
    pub(super) key: SuiteKey,
    /// Its series.
    pub(super) series: &'a Series,
}

impl Target {
    /// The primary archive of `wanted`, or of the only distribution.
    pub(super) fn find(
        records: &dyn Records,
        wanted: Option<&DistributionName>,
    ) -> Result<Self, UploadError> {
        let mut distributions = records.distributions()?;
        if let Some(wanted) = wanted {
            distributions.retain(|distribution| distribution.name == *wanted);
        }
        let known = || distributions.iter().map(|distribution| distribution.name.to_string()).collect();
        let [distribution] = distributions.as_slice() else {
            return Err(UploadError::Distribution { wanted: wanted.cloned(), known: known() });
        };
        let reference = ArchiveRef::Primary(distribution.name.clone());
        let archive = records.archives()?.into_iter().find(|archive| archive.reference == reference);
        let archive = archive.ok_or(UploadError::NoArchive { reference })?;
        Ok(Self { archive, distribution: distribution.clone() })
    }

    /// Whether what is meant for a release pocket is tested in -proposed first.
    pub(super) fn redirects_uploads(&self) -> bool {
        self.distribution.redirect_uploads
    }

    /// The suite that a Distribution field names.
    pub(super) fn suite(&self, name: &str) -> Result<Suite<'_>, Reason> {
        match self.distribution.suite(name.trim()) {
            Some((series, pocket)) => {
                let key = SuiteKey { archive: self.archive.id, series: series.id, pocket };
                Ok(Suite { key, series })
            }
            None => Err(Reason::of_upload(SUITE_UNKNOWN, self.unknown(name))),
        }
    }

    fn unknown(&self, name: &str) -> String {
        let names: Vec<&str> = self.distribution.series.iter().map(|series| series.name.as_str()).collect();
        let pockets: Vec<&str> =
            Pocket::ALL.iter().map(|pocket| pocket.suffix()).filter(|s| !s.is_empty()).collect();
        format!(
            "Distribution is {name:?}, which is no suite of {}; its series are {}, each also with {}",
            self.archive.reference,
            names.join(", "),
            pockets.join(", ")
        )
    }
}
