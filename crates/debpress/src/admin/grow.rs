//! New distributions, and new series of those that there are.

use std::path::{Path, PathBuf};

use debfmt::names::{Architecture, Component, DistributionName, SeriesName};

use super::distribution::{self, ShownDistribution};
use super::init::{no_twins, target_directory};
use super::lookup::{LookupError, Names};
use super::series::{ShownSeries, shown};
use crate::adapters::fs::durable;
use crate::model::archive::{ArchiveRef, NewArchive};
use crate::model::suite::{
    Distribution, NewDistribution, NewSeries, Pocket, Series, SeriesId, SeriesStatus, suite_name,
};
use crate::ports::db::{Records, RecordsError};

/// A series to make. What is empty or `None` is taken from the newest series of the distribution.
#[derive(Clone, Debug)]
pub struct SeriesRequest {
    /// Its name.
    pub name: SeriesName,
    /// Its version for people.
    pub version: Option<String>,
    /// Its components, the most preferred first.
    pub components: Vec<Component>,
    /// Its architectures.
    pub architectures: Vec<Architecture>,
    /// Where it stands in its life.
    pub status: SeriesStatus,
    /// The series that it is derived from: `debian/trixie`.
    pub parent: Option<(DistributionName, SeriesName)>,
}

/// A distribution to make.
#[derive(Clone, Debug)]
pub struct DistributionRequest {
    /// Its name.
    pub name: DistributionName,
    /// Its name for people; `None`: the same.
    pub display_name: Option<String>,
    /// Its series, the oldest first.
    pub series: Vec<SeriesRequest>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum GrowError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A list has the same name twice, or none at all, or a name that no suite can have.
    #[error(transparent)]
    List(#[from] super::init::InitError),
    /// The records failed, or know it already.
    #[error("cannot record {name}")]
    Record {
        /// The distribution or series.
        name: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// The directory for uploads cannot be made.
    #[error("{name} is recorded, but {} cannot be made: make the directory yourself", path.display())]
    Incoming {
        /// The distribution.
        name: String,
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Makes a distribution with its series, its primary archive, and the directory where its uploads arrive.
///
/// # Errors
/// [`GrowError`]; but for [`GrowError::Incoming`] nothing was made then.
pub fn create_distribution(
    records: &dyn Records,
    site: &Path,
    new: &DistributionRequest,
) -> Result<ShownDistribution, GrowError> {
    let names = Names::read(records)?;
    let name = new.name.to_string();
    let display_name = new.display_name.clone().unwrap_or_else(|| name.clone());
    let series = new.series.iter().map(|series| new_series(&names, None, series));
    let distribution = NewDistribution {
        name: new.name.clone(),
        display_name: display_name.clone(),
        series: series.collect::<Result<_, _>>()?,
    };
    no_twins("--series", &new.series.iter().map(|series| series.name.clone()).collect::<Vec<_>>())?;
    let reference = ArchiveRef::Primary(new.name.clone());
    let (origin, label) = reference.default_origin_and_label(&display_name);
    let archive =
        NewArchive { reference: reference.clone(), origin, label, size_limit: None, private: false };
    let failed = |source| GrowError::Record { name: name.clone(), source };
    records.found_distribution(&distribution, &archive).map_err(failed)?;
    let path = target_directory(site, &reference);
    durable::create_durable_dir_all(&path).map_err(|source| GrowError::Incoming {
        name: name.clone(),
        path,
        source,
    })?;
    let names = Names::read(records)?;
    Ok(distribution::shown(names.distribution(Some(&new.name))?))
}

/// Makes a series of a distribution, newer than those that there are.
///
/// # Errors
/// [`GrowError`]; then nothing was made.
pub fn create_series(
    records: &dyn Records,
    distribution: Option<&DistributionName>,
    new: &SeriesRequest,
) -> Result<ShownSeries, GrowError> {
    let names = Names::read(records)?;
    let distribution = names.distribution(distribution)?;
    let series = new_series(&names, distribution.series.last(), new)?;
    let failed = |source| GrowError::Record { name: format!("series {}", new.name), source };
    records.create_series(&distribution.name, &series).map_err(failed)?;
    let names = Names::read(records)?;
    Ok(shown(distribution.name.as_str(), names.series(Some(&distribution.name), &new.name)?))
}

fn new_series(names: &Names, like: Option<&Series>, new: &SeriesRequest) -> Result<NewSeries, GrowError> {
    let components = match (new.components.is_empty(), like) {
        (true, Some(like)) => like.components.clone(),
        _ => new.components.clone(),
    };
    let mut architectures = match (new.architectures.is_empty(), like) {
        (true, Some(like)) => like.architectures.clone(),
        _ => new.architectures.clone(),
    };
    architectures.sort();
    no_twins("--component", &components)?;
    no_twins("--arch", &architectures)?;
    for pocket in Pocket::ALL {
        suite_name(&new.name, pocket)
            .map_err(|error| super::init::InitError::List { what: "--series", problem: error.to_string() })?;
    }
    let (name, version, status) = (new.name.clone(), new.version.clone(), new.status);
    let parent = parent_of(names, new)?;
    Ok(NewSeries { name, version, components, architectures, status, parent })
}

fn parent_of(names: &Names, new: &SeriesRequest) -> Result<Option<SeriesId>, LookupError> {
    let Some((distribution, series)) = &new.parent else { return Ok(None) };
    Ok(Some(names.series(Some(distribution), series)?.id))
}

/// The series that one is derived from, for people: `debian/trixie`.
pub fn parent_name(distributions: &[Distribution], series: &Series) -> Option<String> {
    let parent = series.parent?;
    distributions.iter().find_map(|distribution| {
        let found = distribution.series.iter().find(|one| one.id == parent)?;
        Some(format!("{}/{}", distribution.name, found.name))
    })
}
