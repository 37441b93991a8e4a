//! Series: where they stand in their life, what they take, and what is published of them.

use debfmt::dsc::SourceFormat;
use debfmt::limits::Limits;
use debfmt::names::{Architecture, Component, DistributionName, SeriesName};
use debfmt::release::Release;
use serde::Serialize;

use super::lookup::{self, LookupError, Names};
use crate::lock::PublisherLock;
use crate::model::archive::{Archive, Purpose};
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::publishing::OptionError;
use crate::model::suite::{Distribution, Pocket, Series, SeriesStatus, SuiteKey, suite_name};
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError, Switch};
use crate::ports::tree::{Tree, TreeError};

/// A series, by its name; `distribution` only where several have one of that name.
#[derive(Clone, Copy, Debug)]
pub struct SeriesChoice<'a> {
    /// Its distribution.
    pub distribution: Option<&'a DistributionName>,
    /// Its name.
    pub name: &'a SeriesName,
}

/// What is to change; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct SeriesChange {
    /// The source formats that it takes; empty: every one that is known.
    pub source_formats: Option<Vec<SourceFormat>>,
    /// The mailing list that is told what it accepts; `Some(None)`: none.
    pub announce: Option<Option<String>>,
    /// Its second names; one that another series has is taken from that.
    pub aliases: Option<Vec<SeriesName>>,
    /// Options of what is published, as people write them: `by_hash=publish`. Suites that may change are published anew.
    pub options: Vec<String>,
    /// All its components, the most preferred first; those that it has stay among them. Published like options.
    pub components: Option<Vec<Component>>,
    /// Architectures that are published and taken from now on; one that it never had is new. Published like options.
    pub enable: Vec<Architecture>,
    /// Architectures that leave its indexes, and of which nothing more is taken. Published like options.
    pub disable: Vec<Architecture>,
}

impl SeriesChange {
    /// Whether clients see it, so that suites must be published anew.
    fn is_published(&self) -> bool {
        let lists = [self.enable.is_empty(), self.disable.is_empty(), self.components.is_none()];
        !self.options.is_empty() || lists.contains(&false)
    }
}

/// A series for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownSeries {
    /// Its distribution.
    pub distribution: String,
    /// Its name.
    pub series: String,
    /// Its version for people.
    pub version: Option<String>,
    /// Where it stands in its life.
    pub status: SeriesStatus,
    /// The pockets of the primary archive that may change now.
    pub open_pockets: Vec<Pocket>,
    /// Its components, the most preferred first.
    pub components: Vec<String>,
    /// Its architectures.
    pub architectures: Vec<String>,
    /// Those that are disabled.
    pub disabled_architectures: Vec<String>,
    /// The source formats that it takes; empty: every one that is known.
    pub source_formats: Vec<String>,
    /// The mailing list that is told what it accepts.
    pub announce: Option<String>,
    /// Its second names.
    pub aliases: Vec<String>,
    /// Options of what is published that are not at their default.
    pub options: serde_json::Map<String, serde_json::Value>,
}

/// An option of a series and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownOption {
    /// Its name.
    pub name: String,
    /// Its value; empty: none.
    pub value: String,
    /// Whether that is the default.
    pub default: bool,
}

/// Why a series was not changed or listed.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A suite has that name.
    #[error("`{alias}` is a suite of {distribution} already, so it cannot be a second name of another one")]
    Alias {
        /// The name.
        alias: String,
        /// The distribution.
        distribution: String,
    },
    /// An option is unknown or takes other values.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A list has the same name twice, or none at all.
    #[error(transparent)]
    List(#[from] super::init::InitError),
    /// A component would be gone, and with it all that is in it.
    #[error("component {component} cannot leave {name}: name it with the others, at the place that you want")]
    Leaves {
        /// The component.
        component: String,
        /// The series.
        name: String,
    },
    /// There is nothing to enable or disable.
    #[error("`{wanted}` cannot be enabled or disabled in {name}; its architectures are {known}")]
    Architecture {
        /// The architecture.
        wanted: String,
        /// The series.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// A series without an architecture has nothing to publish.
    #[error("{name} would have no architecture left: at least one stays enabled")]
    NoneLeft {
        /// The series.
        name: String,
    },
    /// What will never change again would expire.
    #[error(
        "{suites} would never change again while {name} is {status}, and clients refuse a suite after the Valid-Until of its Release: run `debpress series set {name} --option valid_for=`, then `debpress publish-distro`, and try again; after that the option may be set for the suites that still change"
    )]
    WouldExpire {
        /// The series.
        name: String,
        /// The status that it was to get.
        status: SeriesStatus,
        /// The suites, each with its archive.
        suites: String,
    },
    /// A publication is half done: the next run would write into suites that are closed by then.
    #[error(
        "the publication of {at} was interrupted, so {name} keeps its status: run `debpress publish-distro`, which finishes it, and try again"
    )]
    Unfinished {
        /// The series.
        name: String,
        /// When the publication was made.
        at: Timestamp,
    },
    /// What clients see of a suite cannot be read.
    #[error("cannot look at {suite}")]
    Look {
        /// The suite and its archive.
        suite: String,
        /// Why.
        #[source]
        source: TreeError,
    },
    /// The records failed.
    #[error("cannot change series {name}")]
    Record {
        /// The series.
        name: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
}

/// Changes a series. Where it stands in its life is for [`set_status`].
///
/// # Errors
/// [`SeriesError`]; then nothing has changed.
pub fn change(
    records: &dyn Records,
    choice: SeriesChoice<'_>,
    change: &SeriesChange,
) -> Result<ShownSeries, SeriesError> {
    let names = Names::read(records)?;
    let series = changed(names.series(choice.distribution, choice.name)?, change)?;
    if let Some(aliases) = &change.aliases {
        take_aliases(records, &names, &series, aliases)?;
    }
    let failed = |source| SeriesError::Record { name: series.name.to_string(), source };
    records.update_series(&series).map_err(failed)?;
    if change.is_published() {
        // Also where it is what it was: whoever repeats the command after a crash means it.
        records.touch_suites(&open_suites(&names, &series)).map_err(failed)?;
    }
    Ok(shown(&distribution_of(&names, &series), &series))
}

/// The series as it will be. Pure; whether others have its second names is not looked at.
///
/// # Errors
/// [`SeriesError::Option`], [`SeriesError::Leaves`], [`SeriesError::Architecture`], [`SeriesError::NoneLeft`].
pub(super) fn changed(series: &Series, change: &SeriesChange) -> Result<Series, SeriesError> {
    let mut series = series.clone();
    if let Some(formats) = &change.source_formats {
        series.source_formats.clone_from(formats);
        series.source_formats.sort();
        series.source_formats.dedup();
    }
    if let Some(list) = &change.announce {
        series.announce.clone_from(list);
    }
    for option in &change.options {
        series.options.apply(option)?;
    }
    if let Some(aliases) = &change.aliases {
        series.aliases.clone_from(aliases);
    }
    if let Some(components) = &change.components {
        super::init::no_twins("--component", components)?;
        if let Some(gone) = series.components.iter().find(|one| !components.contains(one)) {
            return Err(SeriesError::Leaves { component: gone.to_string(), name: series.name.to_string() });
        }
        series.components.clone_from(components);
    }
    change_architectures(&mut series, change)?;
    Ok(series)
}

/// One that is enabled and that the series has not had yet is new; one that is disabled is known.
fn change_architectures(series: &mut Series, change: &SeriesChange) -> Result<(), SeriesError> {
    for architecture in &change.enable {
        let (name, wanted) = (series.name.to_string(), architecture.to_string());
        if architecture.is_all() || architecture.is_source() || change.disable.contains(architecture) {
            return Err(SeriesError::Architecture { wanted, name, known: known(series) });
        }
        series.disabled_architectures.retain(|one| one != architecture);
        if !series.architectures.contains(architecture) {
            series.architectures.push(architecture.clone());
        }
    }
    for architecture in &change.disable {
        if !series.all_architectures().any(|one| one == architecture) {
            let (name, wanted) = (series.name.to_string(), architecture.to_string());
            return Err(SeriesError::Architecture { wanted, name, known: known(series) });
        }
        series.architectures.retain(|one| one != architecture);
        if !series.disabled_architectures.contains(architecture) {
            series.disabled_architectures.push(architecture.clone());
        }
    }
    series.architectures.sort();
    series.disabled_architectures.sort();
    if series.architectures.is_empty() && !change.disable.is_empty() {
        return Err(SeriesError::NoneLeft { name: series.name.to_string() });
    }
    Ok(())
}

fn known(series: &Series) -> String {
    super::lookup::list(&series.all_architectures().map(ToString::to_string).collect::<Vec<_>>())
}

/// Says where a series stands in its life: that decides which of its suites may change.
///
/// Whoever publishes chooses suites by it and writes them later, so it does not change while they hold the lock, nor
/// while what they have begun must go forward.
///
/// # Errors
/// [`SeriesError`]; then nothing has changed.
pub fn set_status(
    records: &dyn Records,
    tree: &dyn Tree,
    _lock: &PublisherLock,
    choice: SeriesChoice<'_>,
    status: SeriesStatus,
) -> Result<ShownSeries, SeriesError> {
    let names = Names::read(records)?;
    let before = names.series(choice.distribution, choice.name)?;
    let series = Series { status, ..before.clone() };
    may_become(records, tree, &names, before, &series)?;
    let failed = |source| SeriesError::Record { name: series.name.to_string(), source };
    records.update_series(&series).map_err(failed)?;
    Ok(shown(&distribution_of(&names, &series), &series))
}

/// Whether a series may get the status that `series` has. Changes nothing.
///
/// # Errors
/// [`SeriesError::Unfinished`], [`SeriesError::WouldExpire`], or it cannot be found out.
pub(super) fn may_become(
    records: &dyn Records,
    tree: &dyn Tree,
    names: &Names,
    before: &Series,
    series: &Series,
) -> Result<(), SeriesError> {
    let failed = |source| SeriesError::Record { name: series.name.to_string(), source };
    if let Some(Switch { at, .. }) = records.open_switch().map_err(failed)? {
        return Err(SeriesError::Unfinished { name: series.name.to_string(), at });
    }
    let states = records.suite_states().map_err(failed)?;
    let is_seen = |key: &SuiteKey| states.iter().any(|state| state.key == *key && state.published);
    let still_open = open_suites(names, series);
    let mut expiring = Vec::new();
    for key in open_suites(names, before).into_iter().filter(|key| !still_open.contains(key)) {
        if let Some(suite) = is_seen(&key).then(|| expires(tree, names, series, key)).transpose()? {
            expiring.extend(suite);
        }
    }
    if expiring.is_empty() {
        return Ok(());
    }
    let (name, status) = (series.name.to_string(), series.status);
    Err(SeriesError::WouldExpire { name, status, suites: expiring.join(", ") })
}

/// The name of a published suite if clients will refuse it one day unless it is published again.
///
/// What clients see decides as well as the option does: one that was put back and not published is still in the Release.
fn expires(
    tree: &dyn Tree,
    names: &Names,
    series: &Series,
    key: SuiteKey,
) -> Result<Option<String>, SeriesError> {
    let archive = names.archives().iter().find(|archive| archive.id == key.archive);
    let (Some(archive), Ok(name)) = (archive, suite_name(&series.name, key.pocket)) else { return Ok(None) };
    let suite = format!("{name} of {}", archive.reference);
    if series.options.valid_for.is_some() {
        return Ok(Some(suite));
    }
    let text = tree.read(&archive.root(), &TreeKey::Live(name, SuiteFile::Release));
    let text = text.map_err(|source| SeriesError::Look { suite: suite.clone(), source })?;
    // What is wrong with one that does not parse is for `check` to say.
    let release = text.and_then(|text| Release::parse(&text, &Limits::index()).ok());
    Ok(release.and_then(|release| release.valid_until).map(|_| suite))
}

fn distribution_of(names: &Names, series: &Series) -> String {
    let has_it = |d: &&Distribution| d.series.iter().any(|known| known.id == series.id);
    names.distributions().iter().find(has_it).map(|d| d.name.to_string()).unwrap_or_default()
}

/// The suites of a series that may change, of every archive. A released suite stays as it is.
fn open_suites(names: &Names, series: &Series) -> Vec<SuiteKey> {
    let has_it = |archive: &&Archive| {
        let distribution = names.distribution_of(&archive.reference);
        distribution.is_some_and(|it| it.series.iter().any(|known| known.id == series.id))
    };
    let living = names.archives().iter().filter(|archive| archive.deletion.is_none());
    living.filter(has_it).flat_map(|archive| lookup::open_suites(archive, series)).collect()
}

/// A series with every option of what is published.
///
/// # Errors
/// [`SeriesError`].
pub fn show(
    records: &dyn Records,
    choice: SeriesChoice<'_>,
) -> Result<(ShownSeries, Vec<ShownOption>), SeriesError> {
    let names = Names::read(records)?;
    let series = names.series(choice.distribution, choice.name)?;
    let options = series.options.shown().into_iter();
    let options = options.map(|(name, value, default)| ShownOption { name, value, default }).collect();
    Ok((shown(&distribution_of(&names, series), series), options))
}

/// Takes second names from the other series of the distribution. A name that means a suite of its own cannot be one.
fn take_aliases(
    records: &dyn Records,
    names: &Names,
    series: &Series,
    aliases: &[SeriesName],
) -> Result<(), SeriesError> {
    let is_its = |d: &&Distribution| d.series.iter().any(|known| known.id == series.id);
    let Some(distribution) = names.distributions().iter().find(is_its) else { return Ok(()) };
    for alias in aliases {
        if distribution.suite(alias.as_str()).is_some() {
            return Err(SeriesError::Alias {
                alias: alias.to_string(),
                distribution: distribution.name.to_string(),
            });
        }
    }
    for other in distribution.series.iter().filter(|other| other.id != series.id) {
        let mut changed = other.clone();
        changed.aliases.retain(|alias| !aliases.contains(alias));
        if changed != *other {
            let failed = |source| SeriesError::Record { name: other.name.to_string(), source };
            records.update_series(&changed).map_err(failed)?;
        }
    }
    Ok(())
}

/// Every series, of one distribution or of all, the oldest first.
///
/// # Errors
/// [`SeriesError`].
pub fn list(
    records: &dyn Records,
    distribution: Option<&DistributionName>,
) -> Result<Vec<ShownSeries>, SeriesError> {
    let names = Names::read(records)?;
    let asked = match distribution {
        Some(name) => std::slice::from_ref(names.distribution(Some(name))?),
        None => names.distributions(),
    };
    let of = |d: &Distribution| -> Vec<ShownSeries> {
        d.series.iter().map(|series| shown(d.name.as_str(), series)).collect()
    };
    Ok(asked.iter().flat_map(of).collect())
}

pub(super) fn shown(distribution: &str, series: &Series) -> ShownSeries {
    let open = |pocket: &Pocket| Purpose::Primary.may_change(series.status, *pocket);
    ShownSeries {
        distribution: distribution.to_owned(),
        series: series.name.to_string(),
        version: series.version.clone(),
        status: series.status,
        open_pockets: Pocket::ALL.into_iter().filter(open).collect(),
        components: series.components.iter().map(ToString::to_string).collect(),
        architectures: series.architectures.iter().map(ToString::to_string).collect(),
        disabled_architectures: series.disabled_architectures.iter().map(ToString::to_string).collect(),
        source_formats: series.source_formats.iter().map(ToString::to_string).collect(),
        announce: series.announce.clone(),
        aliases: series.aliases.iter().map(ToString::to_string).collect(),
        options: series.options.changed(),
    }
}
