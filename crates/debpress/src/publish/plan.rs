//! What a publication will do, decided before anything is touched.
//!
//! [`targets`] chooses suites, [`plan`] decides for one of them. Both are pure: they look at records that were read
//! and return values. Applying a plan makes no choices.

use std::collections::{BTreeSet, HashSet};

use debfmt::names::{Architecture, Component, SuiteName};

use super::dominate::dominate;
use super::{PublishError, Selection};
use crate::model::archive::Archive;
use crate::model::key::IndexName;
use crate::model::publication::{Candidate, PublicationId, PublicationStatus};
use crate::model::suite::{Distribution, Pocket, Series, SuiteKey, suite_name};
use crate::ports::db::{SuiteState, Supersession};

/// A suite to publish, with all that is known about it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its key.
    pub(super) key: SuiteKey,
    /// Its name.
    pub(super) name: SuiteName,
    /// Its archive.
    pub(super) archive: Archive,
    /// The root of its archive, relative to the site.
    pub(super) root: String,
    /// Its series.
    pub(super) series: Series,
    /// The distribution's name for people.
    pub(super) distribution: String,
}

impl Target {
    /// The suite as messages name it.
    pub(super) fn label(&self) -> String {
        format!("{} of {}", self.name, self.archive.reference)
    }
}

/// The suites that a selection means, and how many of those it covers have no change.
pub(super) fn targets(
    selection: &Selection,
    archives: &[Archive],
    distributions: &[Distribution],
    states: &[SuiteState],
) -> Result<(Vec<Target>, usize), PublishError> {
    let mut chosen = BTreeSet::new();
    let mut unchanged = 0;
    let covered = |key: &SuiteKey| {
        selection.archives.contains(&key.archive)
            && (selection.suites.is_empty() || selection.suites.contains(key))
    };
    for state in states.iter().filter(|state| covered(&state.key)) {
        if state.is_dirty() || selection.careful || (is_named(selection, state.key) && !state.published) {
            chosen.insert(state.key);
        } else {
            unchanged += 1;
        }
    }
    let untouched = |key: &&SuiteKey| states.iter().all(|state| state.key != **key);
    chosen.extend(selection.suites.iter().filter(|key| covered(key)).filter(untouched));
    let targets = chosen.into_iter().filter_map(|key| target(key, archives, distributions).transpose());
    Ok((targets.collect::<Result<_, _>>()?, unchanged))
}

fn is_named(selection: &Selection, key: SuiteKey) -> bool {
    selection.suites.contains(&key)
}

fn target(
    key: SuiteKey,
    archives: &[Archive],
    distributions: &[Distribution],
) -> Result<Option<Target>, PublishError> {
    let archive = archives.iter().find(|archive| archive.id == key.archive);
    let series = distributions
        .iter()
        .flat_map(|distribution| distribution.series.iter().map(move |series| (distribution, series)))
        .find(|(_, series)| series.id == key.series);
    let (Some(archive), Some((distribution, series))) = (archive, series) else { return Ok(None) };
    let name = suite_name(&series.name, key.pocket)
        .map_err(|source| PublishError::Name { series: series.name.to_string(), source })?;
    Ok(Some(Target {
        key,
        name,
        root: archive.reference.root(),
        archive: archive.clone(),
        series: series.clone(),
        distribution: distribution.display_name.clone(),
    }))
}

/// What happens to one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SuitePlan {
    /// Publications that become visible, by record.
    pub(super) publish: Vec<PublicationId>,
    /// Publications that give way, by record.
    pub(super) supersede: Vec<Supersession>,
    /// The records that the indexes leave out.
    pub(super) hidden: HashSet<PublicationId>,
    /// The indexes to write.
    pub(super) indexes: Vec<IndexPlan>,
}

/// One index to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexPlan {
    /// Which.
    pub(super) name: IndexName,
    /// The component whose publications it lists.
    pub(super) component: Component,
    /// The architectures whose publications it lists; empty for sources.
    pub(super) architectures: Vec<Architecture>,
}

/// Decides for one suite. `contested` are the publications of every name that may change.
pub(super) fn plan(series: &Series, contested: &[Candidate]) -> SuitePlan {
    let architectures: Vec<&str> = series.architectures.iter().map(Architecture::as_str).collect();
    let supersede = dominate(contested, &architectures);
    let hidden: HashSet<PublicationId> = supersede.iter().map(|supersession| supersession.loser).collect();
    let enters = |candidate: &&Candidate| {
        candidate.status == PublicationStatus::Pending && !hidden.contains(&candidate.id)
    };
    let mut publish: Vec<PublicationId> =
        contested.iter().filter(enters).map(|candidate| candidate.id).collect();
    publish.sort_unstable();
    SuitePlan { publish, supersede, indexes: indexes(series), hidden }
}

/// Every component has its indexes, empty or not, so that clients never ask in vain.
fn indexes(series: &Series) -> Vec<IndexPlan> {
    let all = Architecture::all();
    let mut plans = Vec::new();
    for component in &series.components {
        let packages = |architecture: &Architecture, architectures| IndexPlan {
            name: IndexName::Packages(component.clone(), architecture.clone()),
            component: component.clone(),
            architectures,
        };
        // arch:all stands in the index of each architecture, and in one of its own for clients that want it there.
        plans.push(packages(&all, vec![all.clone()]));
        for architecture in &series.architectures {
            plans.push(packages(architecture, vec![architecture.clone(), all.clone()]));
        }
        plans.push(IndexPlan {
            name: IndexName::Sources(component.clone()),
            component: component.clone(),
            architectures: Vec::new(),
        });
    }
    plans
}

/// What `Description` of a Release says (behaviour map 3.9).
pub(super) fn description(target: &Target) -> String {
    let series = &target.series;
    let what = match (target.key.pocket, &series.version) {
        (Pocket::Release, Some(version)) => format!(" {version}"),
        (Pocket::Release, None) => String::new(),
        (pocket @ (Pocket::Security | Pocket::Updates | Pocket::Proposed | Pocket::Backports), _) => {
            format!(" {pocket}")
        }
    };
    format!("{} {}{what}", target.distribution, series.name)
}
