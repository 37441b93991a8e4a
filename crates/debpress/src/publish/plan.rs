//! What a publication does to one suite, decided before anything is touched.
//!
//! Pure: it looks at records that were read and returns a value. Applying a plan makes no choices.

use std::collections::HashSet;

use debfmt::names::{Architecture, Component};

use super::Skip;
use super::dominate::{self, Rules};
use crate::model::key::IndexName;
use crate::model::publication::{Candidate, PublicationId, PublicationStatus};
use crate::model::suite::Series;
use crate::ports::db::Supersession;

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

/// How many versions of a package a suite keeps.
const KEEP: usize = 1;

/// The sources of the binaries that may go: what was built from them may decide.
pub(super) fn sources_of_losers(series: &Series, contested: &[Candidate]) -> Vec<(String, String)> {
    let architectures: Vec<&str> = series.architectures.iter().map(Architecture::as_str).collect();
    dominate::sources_of_losers(contested, Rules { architectures: &architectures, keep: KEEP })
}

/// Decides for one suite. `contested` are the publications of every name that may change, `kin` what was built from the
/// same sources as those that may go.
pub(super) fn plan(series: &Series, contested: &[Candidate], kin: &[Candidate], skip: Skip) -> SuitePlan {
    let architectures: Vec<&str> = series.architectures.iter().map(Architecture::as_str).collect();
    let rules = Rules { architectures: &architectures, keep: KEEP };
    let is_pending = |candidate: &&Candidate| candidate.status == PublicationStatus::Pending;
    let waiting: Vec<PublicationId> = match skip.publishing {
        true => contested.iter().filter(is_pending).map(|candidate| candidate.id).collect(),
        false => Vec::new(),
    };
    let considered: Vec<Candidate> =
        contested.iter().filter(|candidate| !waiting.contains(&candidate.id)).cloned().collect();
    let supersede = if skip.domination { Vec::new() } else { dominate::dominate(&considered, kin, rules) };
    let hidden: HashSet<PublicationId> =
        supersede.iter().map(|supersession| supersession.loser).chain(waiting).collect();
    let enters = |candidate: &&Candidate| is_pending(candidate) && !hidden.contains(&candidate.id);
    let mut publish: Vec<PublicationId> =
        considered.iter().filter(enters).map(|candidate| candidate.id).collect();
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
