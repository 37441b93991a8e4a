//! What a publication does to one suite, decided before anything is touched.
//!
//! Pure: it looks at records that were read and returns a value. Applying a plan makes no choices.

use std::collections::HashSet;

use debfmt::deb::DebKind;
use debfmt::names::{Architecture, Component};

use super::Skip;
use super::dominate::{self, Rules};
use super::extras::Extras;
use super::facts::Facts;
use super::waits::{self, Waiting};
use crate::model::key::{IndexName, Language, SubComponent};
use crate::model::publication::{Candidate, PublicationId, PublicationStatus};
use crate::model::publishing::ContentsLists;
use crate::model::suite::Series;
use crate::ports::db::{BinaryBounds, Supersession};

/// What happens to one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SuitePlan {
    /// Publications that become visible, by record.
    pub(super) publish: Vec<PublicationId>,
    /// Publications that give way, by record.
    pub(super) supersede: Vec<Supersession>,
    /// Publications that stay Pending, for want of what belongs to them.
    pub(super) waits: Vec<Waiting>,
    /// Publications that somebody wants to be gone, by record.
    pub(super) delete: Vec<PublicationId>,
    /// The records that the indexes leave out.
    pub(super) hidden: HashSet<PublicationId>,
    /// The fields that packages get beyond their own.
    pub(super) extras: Extras,
    /// The indexes to write.
    pub(super) indexes: Vec<IndexPlan>,
}

/// One index to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexPlan {
    /// Which.
    pub(super) name: IndexName,
    /// The components whose publications it lists.
    pub(super) components: Vec<Component>,
    /// The kind of binary packages that it lists.
    pub(super) kind: DebKind,
    /// The architectures whose publications it lists; empty for sources.
    pub(super) architectures: Vec<Architecture>,
}

impl IndexPlan {
    /// The binary publications that it lists.
    pub(super) fn bounds(&self) -> BinaryBounds<'_> {
        BinaryBounds { kind: self.kind, architectures: &self.architectures }
    }
}

/// The sources of the binaries that may go: what was built from them may decide.
pub(super) fn sources_of_losers(series: &Series, contested: &[Candidate]) -> Vec<(String, String)> {
    let architectures = judged(series);
    dominate::sources_of_losers(
        contested,
        Rules { architectures: &architectures, keep: series.options.keep_versions },
    )
}

/// The architectures that domination looks at: what a disabled one needs stays until it is enabled again.
fn judged(series: &Series) -> Vec<&str> {
    series.all_architectures().map(Architecture::as_str).collect()
}

/// Decides for one suite.
pub(super) fn plan(series: &Series, facts: &Facts, skip: Skip) -> SuitePlan {
    let Facts { contested, kin, special, promises, .. } = facts;
    let architectures = judged(series);
    let rules = Rules { architectures: &architectures, keep: series.options.keep_versions };
    let is_pending = |candidate: &&Candidate| candidate.status == PublicationStatus::Pending;
    let mut waits = waits::waiting(contested, kin, promises);
    let left_out: HashSet<PublicationId> = match skip.publishing {
        true => contested.iter().filter(is_pending).map(|candidate| candidate.id).collect(),
        false => {
            let unseen = contested.iter().filter(|it| is_pending(it) && is_disabled(series, it));
            waits.iter().map(|waiting| waiting.id).chain(unseen.map(|candidate| candidate.id)).collect()
        }
    };
    let (late, considered): (Vec<Candidate>, Vec<Candidate>) =
        contested.iter().cloned().partition(|candidate| left_out.contains(&candidate.id));
    let mut supersede = Vec::new();
    if !skip.domination {
        supersede = dominate::dominate(&considered, kin, rules);
        // What waits replaces nothing, and waits no longer when it is replaced itself.
        supersede.extend(late.iter().filter_map(|it| dominate::overtaken(it, &considered, rules)));
        supersede.sort_by_key(|supersession| supersession.loser);
    }
    let losers = supersede.iter().map(|supersession| supersession.loser);
    let hidden: HashSet<PublicationId> = losers.clone().chain(left_out).collect();
    let overtaken: HashSet<PublicationId> = losers.collect();
    waits.retain(|waiting| !overtaken.contains(&waiting.id));
    let enters = |candidate: &&Candidate| is_pending(candidate) && !hidden.contains(&candidate.id);
    let mut publish: Vec<PublicationId> =
        considered.iter().filter(enters).map(|candidate| candidate.id).collect();
    publish.sort_unstable();
    SuitePlan {
        publish,
        supersede,
        waits,
        delete: Vec::new(),
        extras: Extras::default(),
        indexes: indexes(series, special),
        hidden,
    }
}

/// Whether no index has the candidate: it stays pending until its architecture is enabled again.
fn is_disabled(series: &Series, candidate: &Candidate) -> bool {
    series.disabled_architectures.iter().any(|one| one.as_str() == candidate.architecture)
}

impl SuitePlan {
    /// The same without publications that leave. They had no say in it: nothing gives way to what goes itself.
    pub(super) fn without(mut self, leaving: &[Candidate]) -> Self {
        self.delete = leaving.iter().map(|candidate| candidate.id).collect();
        self.hidden.extend(&self.delete);
        self
    }
}

/// Every component has its indexes, empty or not, so that clients never ask in vain.
fn indexes(series: &Series, special: &[DebKind]) -> Vec<IndexPlan> {
    let shows = |sub: &SubComponent| series.options.shows(sub.kind(), special.contains(&sub.kind()));
    let subs: Vec<SubComponent> = SubComponent::ALL.into_iter().filter(shows).collect();
    let mut plans = Vec::new();
    for component in &series.components {
        packages(&mut plans, series, component, None);
        for sub in &subs {
            packages(&mut plans, series, component, Some(*sub));
        }
        if !series.options.long_descriptions {
            let all = Architecture::all();
            plans.push(IndexPlan {
                name: IndexName::Translation(component.clone(), Language::english()),
                components: vec![component.clone()],
                kind: DebKind::Deb,
                architectures: std::iter::once(&all).chain(&series.architectures).cloned().collect(),
            });
        }
        plans.push(IndexPlan {
            name: IndexName::Sources(component.clone()),
            components: vec![component.clone()],
            kind: DebKind::Deb,
            architectures: Vec::new(),
        });
    }
    let has_udebs = subs.contains(&SubComponent::DebianInstaller);
    let components: Vec<Option<&Component>> = match series.options.contents {
        ContentsLists::No => Vec::new(),
        ContentsLists::Component => series.components.iter().map(Some).collect(),
        ContentsLists::Both => series.components.iter().map(Some).chain([None]).collect(),
    };
    for component in components {
        contents(&mut plans, series, component, DebKind::Deb);
        if has_udebs {
            contents(&mut plans, series, component, DebKind::Udeb);
        }
    }
    plans
}

/// Each architecture has the files of its own packages, and `all` those that fit every one: apt reads both.
/// `No-Support-for-Architecture-all: Packages` of Release says that it is otherwise for Packages only.
fn contents(plans: &mut Vec<IndexPlan>, series: &Series, component: Option<&Component>, kind: DebKind) {
    for architecture in std::iter::once(&Architecture::all()).chain(&series.architectures) {
        plans.push(IndexPlan {
            name: IndexName::Contents {
                component: component.cloned(),
                udeb: kind == DebKind::Udeb,
                architecture: architecture.clone(),
            },
            components: component.map_or_else(|| series.components.clone(), |one| vec![one.clone()]),
            kind,
            architectures: vec![architecture.clone()],
        });
    }
}

/// arch:all stands in the index of each architecture, and in one of its own for clients that want it there.
fn packages(plans: &mut Vec<IndexPlan>, series: &Series, component: &Component, sub: Option<SubComponent>) {
    let all = Architecture::all();
    for architecture in std::iter::once(&all).chain(&series.architectures) {
        let (of, named) = (component.clone(), architecture.clone());
        let name = match sub {
            None => IndexName::Packages(of, named),
            Some(sub) => IndexName::SubPackages(of, sub, named),
        };
        let mut architectures = vec![architecture.clone()];
        architectures.extend((!architecture.is_all()).then(Architecture::all));
        let kind = sub.map_or(DebKind::Deb, SubComponent::kind);
        plans.push(IndexPlan { name, components: vec![component.clone()], kind, architectures });
    }
}
