//! Distributions: what holds for all their series.

use debfmt::names::DistributionName;
use serde::Serialize;

use super::lookup::{LookupError, Names};
use crate::model::suite::Distribution;
use crate::ports::db::{Records, RecordsError};

/// A distribution for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownDistribution {
    /// Its name.
    pub distribution: String,
    /// Its name for people.
    pub display_name: String,
    /// Its series, the oldest first.
    pub series: Vec<String>,
    /// Whether what is uploaded to a release pocket goes to -proposed instead.
    pub redirect_uploads: bool,
}

/// Why a distribution was not changed or listed.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed.
    #[error("cannot change distribution {name}")]
    Record {
        /// The distribution.
        name: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
}

/// Says whether what is uploaded to a release pocket goes to -proposed instead.
///
/// # Errors
/// [`DistributionError`]; then nothing has changed.
pub fn redirect_uploads(
    records: &dyn Records,
    name: &DistributionName,
    redirect: bool,
) -> Result<ShownDistribution, DistributionError> {
    let names = Names::read(records)?;
    let mut distribution = names.distribution(Some(name))?.clone();
    distribution.redirect_uploads = redirect;
    let failed = |source| DistributionError::Record { name: name.to_string(), source };
    records.update_distribution(&distribution).map_err(failed)?;
    Ok(shown(&distribution))
}

/// Every distribution, by name.
///
/// # Errors
/// The database fails.
pub fn list(records: &dyn Records) -> Result<Vec<ShownDistribution>, DistributionError> {
    Ok(Names::read(records)?.distributions().iter().map(shown).collect())
}

pub(super) fn shown(distribution: &Distribution) -> ShownDistribution {
    ShownDistribution {
        distribution: distribution.name.to_string(),
        display_name: distribution.display_name.clone(),
        series: distribution.series.iter().map(|series| series.name.to_string()).collect(),
        redirect_uploads: distribution.redirect_uploads,
    }
}
