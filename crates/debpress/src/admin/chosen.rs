//! Which live publications somebody means who names packages, and whether they may change them: what `override` and
//! `remove` have in common (behaviour map 7.7).

use std::collections::{BTreeMap, BTreeSet};

use debfmt::names::{Architecture, Component, SuiteName};
use serde::Serialize;

use super::lookup::{FoundSuite, LookupError, Names};
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::publication::PackageKind;
use crate::model::suite::SeriesStatus;
use crate::ports::db::{LivePublication, Records, RecordsError};
use crate::queue::{Actor, Denied, Only, Subject, may_decide};

/// What the name of debug symbols adds to that of their package.
const DEBUG_SUFFIX: &str = "-dbgsym";

/// Packages of a suite, as people name them.
///
/// A name means the source package of that name and all that was built from it; where the suite has no such source, the
/// binary packages of that name. Debug symbols go with the package that they are of.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The names.
    pub names: &'a [String],
    /// The suite.
    pub suite: &'a SuiteName,
    /// The archive; `None`: the primary one of the only distribution.
    pub archive: Option<&'a ArchiveRef>,
    /// Only this version: of the source where the name means one.
    pub version: Option<&'a str>,
    /// Only these architectures, of which `source` is one; empty: all.
    pub architectures: &'a [Architecture],
    /// Only source packages, or only binary packages of the names themselves.
    pub only: Option<Only>,
}

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed; nothing has changed.
    #[error("cannot change what is published")]
    Records(#[from] RecordsError),
    /// The suite must not change.
    #[error("{suite} of {archive} stays as it is, because {series} is {status}: nothing was changed")]
    Closed {
        /// The suite.
        suite: String,
        /// The archive.
        archive: String,
        /// The series.
        series: String,
        /// Its status.
        status: SeriesStatus,
    },
    /// The suite has nothing that fits.
    #[error(
        "{suite} of {archive} has no {what}, or it is about to be gone: nothing was changed; `debpress ls {name}` shows where it is"
    )]
    NoPackage {
        /// The name asked for.
        name: String,
        /// The name with what bounds it.
        what: String,
        /// The suite.
        suite: String,
        /// The archive.
        archive: String,
    },
    /// The archive has no such component there.
    #[error("{suite} of {archive} has no component {component}; there are {known}")]
    NoComponent {
        /// The component asked for.
        component: Component,
        /// The suite.
        suite: String,
        /// The archive.
        archive: String,
        /// Those that there are.
        known: String,
    },
    /// Whoever asks may not.
    #[error("nothing was changed")]
    Denied(#[from] Denied),
}

/// A publication as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChosenPackage {
    /// Its name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// The component that it is in.
    pub component: String,
}

impl ChosenPackage {
    pub(super) fn of(publication: &LivePublication) -> Self {
        let LivePublication { name, version, architecture, placement, .. } = publication;
        Self {
            name: name.clone(),
            version: version.clone(),
            architecture: architecture.clone(),
            component: placement.component.to_string(),
        }
    }
}

/// What is meant, in a suite that may change.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) archive: Archive,
    pub(super) suite: FoundSuite,
    /// By number.
    pub(super) publications: Vec<LivePublication>,
}

/// Finds what is meant, and whether `actor` may change it and move it to the component `to`.
pub(super) fn choose(
    records: &dyn Records,
    actor: &Actor,
    wanted: &Wanted<'_>,
    to: Option<&Component>,
) -> Result<Chosen, ChangeError> {
    let names = Names::read(records)?;
    let archive = names.archive(wanted.archive)?;
    let suite = names.suite(archive, wanted.suite)?;
    if !archive.reference.purpose().may_change(suite.series.status, suite.key.pocket) {
        return Err(ChangeError::Closed {
            suite: suite.name,
            archive: archive.reference.to_string(),
            series: suite.series.name.to_string(),
            status: suite.series.status,
        });
    }
    let mut found = BTreeMap::new();
    for name in wanted.names {
        let meant = named(records, &suite, name, wanted)?;
        if meant.is_empty() {
            let version = wanted.version.map_or_else(String::new, |version| format!(" {version}"));
            let kind = match wanted.only {
                Some(Only::Sources) => "source package ",
                Some(Only::Binaries) => "binary package ",
                None => "package ",
            };
            return Err(ChangeError::NoPackage {
                name: name.clone(),
                what: format!("{kind}{name}{version}{}", of_architectures(wanted.architectures)),
                suite: suite.name,
                archive: archive.reference.to_string(),
            });
        }
        found.extend(meant.into_iter().map(|publication| (publication.id, publication)));
    }
    let chosen = Chosen { archive: archive.clone(), suite, publications: found.into_values().collect() };
    chosen.authorise(records, actor, to)?;
    Ok(chosen)
}

fn of_architectures(architectures: &[Architecture]) -> String {
    match architectures {
        [] => String::new(),
        some => format!(" of {}", some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// What one name means.
fn named(
    records: &dyn Records,
    suite: &FoundSuite,
    name: &str,
    wanted: &Wanted<'_>,
) -> Result<Vec<LivePublication>, RecordsError> {
    let mut live = records.live_named(suite.key, name)?;
    live.extend(records.live_named(suite.key, &format!("{name}{DEBUG_SUFFIX}"))?);
    let fits = |version: &str| wanted.version.is_none_or(|wanted| wanted == version);
    let is_source =
        |it: &LivePublication| it.kind == PackageKind::Source && it.name == name && fits(&it.version);
    let is_binary =
        |it: &LivePublication| it.kind == PackageKind::Binary && it.name == name && fits(&it.version);
    let is_built =
        |it: &LivePublication| it.kind == PackageKind::Binary && it.source.0 == name && fits(&it.source.1);
    let means_source = wanted.only != Some(Only::Binaries) && live.iter().any(is_source);
    let is_meant = |it: &LivePublication| match wanted.only {
        Some(Only::Sources) => is_source(it),
        Some(Only::Binaries) => is_binary(it),
        None if means_source => is_source(it) || is_built(it),
        None => is_binary(it),
    };
    let (mut chosen, others): (Vec<_>, Vec<_>) = live.into_iter().partition(is_meant);
    let symbols: Vec<LivePublication> =
        others.into_iter().filter(|it| it.debug && chosen.iter().any(|package| is_of(it, package))).collect();
    chosen.extend(symbols);
    let is_wanted = |it: &LivePublication| {
        wanted.architectures.is_empty()
            || wanted.architectures.iter().any(|architecture| architecture.as_str() == it.architecture)
    };
    chosen.retain(is_wanted);
    Ok(chosen)
}

/// Whether debug symbols are those of a package.
fn is_of(symbols: &LivePublication, package: &LivePublication) -> bool {
    symbols.name.strip_suffix(DEBUG_SUFFIX) == Some(package.name.as_str())
        && symbols.version == package.version
        && symbols.architecture == package.architecture
}

impl Chosen {
    /// Whether somebody may decide about all of it: each source with the components that it leaves and enters.
    fn authorise(
        &self,
        records: &dyn Records,
        actor: &Actor,
        to: Option<&Component>,
    ) -> Result<(), ChangeError> {
        if let Actor::Administrator(_) = actor {
            return Ok(());
        }
        let rights = records.rights()?;
        let mut sources: BTreeMap<&str, BTreeSet<Component>> = BTreeMap::new();
        for publication in &self.publications {
            let components = sources.entry(&publication.source.0).or_default();
            components.insert(publication.placement.component.clone());
            components.extend(to.cloned());
        }
        let archive = (self.archive.id, &self.archive.reference);
        for (name, components) in sources {
            let corrupt = |_| RecordsError::Corrupt { what: "a source name", value: name.to_owned() };
            let source = name.parse().map_err(corrupt)?;
            may_decide(&rights, actor, &Subject { archive, suite: self.suite.key, source, components })?;
        }
        Ok(())
    }
}
