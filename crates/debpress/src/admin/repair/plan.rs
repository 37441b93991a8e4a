//! What is done about which problem. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;

use super::RepairOptions;
use super::facts::Facts;
use crate::admin::check::codes::INDEX_RETIRED;
use crate::admin::check::{CheckReport, Content, Mend, Problem};
use crate::model::key::{STAGED, TreeKey};
use crate::model::suite::SuiteKey;
use crate::ports::found::Found;
use crate::ports::tree::PoolObject;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Finish what a publication has begun.
    Journal,
    /// Let suites count on.
    Counters,
    /// Let everybody read a file or enter a directory.
    Mode { root: String, path: String },
    /// Take an object from a file of a pool. `damaged`: what the one that is there holds.
    Object { object: PoolObject, from: (String, TreeKey), damaged: Option<Content> },
    /// Put a file of a pool back. `damaged`: what the one that is there holds.
    Pool { root: String, key: TreeKey, object: PoolObject, damaged: Option<Content> },
    /// Remove a suite that was prepared.
    Staged { root: String, suite: SuiteName },
    /// Remove a file of a pool.
    Stray { root: String, path: String },
    /// Remove files that are no objects yet, and never will be.
    Temporaries,
    /// Remove an object that nobody needs.
    Orphan { sha256: Sha256, found: Box<Found> },
    /// Take a damaged file away that a publication would carry over.
    Aside { root: String, key: TreeKey, holds: Content },
    /// Publish suites again, together.
    Publish(BTreeSet<SuiteKey>),
}

/// A step, and the problems that it mends, by code and subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) step: Step,
    pub(super) problems: Vec<(&'static str, String)>,
}

impl Step {
    /// What it does, as people read it of something that was done.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Journal => "the publication that was interrupted is finished".to_owned(),
            Self::Counters => "the suite counts on from what it shows".to_owned(),
            Self::Mode { .. } => "everybody may read it".to_owned(),
            Self::Object { from: (root, key), damaged, .. } => {
                format!("taken from {root}/{}{}", key.path(), kept(damaged.is_some()))
            }
            Self::Pool { damaged, .. } => {
                format!("put back from the content store{}", kept(damaged.is_some()))
            }
            Self::Staged { root, suite } => format!("{root}/{STAGED}/{suite} is removed"),
            Self::Stray { .. } | Self::Temporaries | Self::Orphan { .. } => "removed".to_owned(),
            Self::Aside { .. } => format!("taken away{}", kept(true)),
            Self::Publish(_) => "the suite is published again".to_owned(),
        }
    }
}

fn kept(damaged: bool) -> &'static str {
    if damaged { "; the damaged file is kept beside it, as NAME.damaged-HASH" } else { "" }
}

/// What must be done before anything else can be judged.
pub(super) fn first(report: &CheckReport) -> Vec<Planned> {
    let step = |problem: &Problem| match &problem.mend {
        Mend::Journal => Some(Step::Journal),
        Mend::Counters => Some(Step::Counters),
        Mend::Mode { root, path } => Some(Step::Mode { root: root.clone(), path: path.clone() }),
        Mend::Nothing
        | Mend::Object(_)
        | Mend::Pool { .. }
        | Mend::Publish { .. }
        | Mend::Staged { .. }
        | Mend::PoolTemporary { .. }
        | Mend::Unknown { .. }
        | Mend::Temporaries
        | Mend::Orphan { .. } => None,
    };
    let mut steps = joined(report.problems.iter().filter_map(|problem| Some((step(problem)?, problem))));
    // Whoever may not enter a directory cannot change what is in it.
    let depth = |planned: &Planned| {
        if let Step::Mode { path, .. } = &planned.step { path.matches('/').count() } else { 0 }
    };
    steps.sort_by_key(depth);
    steps
}

/// What is done about the rest.
pub(super) fn plan(report: &CheckReport, facts: &Facts, options: RepairOptions) -> Vec<Planned> {
    let mut objects = Vec::new();
    let (mut pool, mut rest) = (Vec::new(), Vec::new());
    let mut suites: BTreeMap<SuiteKey, Vec<&Problem>> = BTreeMap::new();
    let mut restored: HashSet<Sha256> = HashSet::new();
    for problem in &report.problems {
        match &problem.mend {
            Mend::Object(object) => objects.extend(object_step(facts, object).map(|it| (it, problem))),
            Mend::Pool { root, key, object } => {
                // One that was thought good is found not to be by who wants to use it.
                let from_copy = object_step(facts, object);
                let is_good = facts.objects.get(&object.sha256) == Some(&Content::Good);
                if let Some(step) = from_copy.filter(|_| restored.insert(object.sha256)) {
                    objects.push((step, problem));
                }
                if is_good || facts.copies.contains_key(&object.sha256) {
                    pool.extend(pool_step(facts, root, key, object).map(|step| (step, problem)));
                }
            }
            Mend::Publish { suite, .. } => suites.entry(*suite).or_default().push(problem),
            Mend::Nothing
            | Mend::Journal
            | Mend::Counters
            | Mend::Mode { .. }
            | Mend::Staged { .. }
            | Mend::PoolTemporary { .. }
            | Mend::Unknown { .. }
            | Mend::Temporaries
            | Mend::Orphan { .. } => {
                rest.extend(removal(&problem.mend, options).map(|step| (step, problem)));
            }
        }
    }
    let mut planned = joined(objects.into_iter().chain(pool).chain(rest));
    planned.extend(facts.retired.iter().map(|(root, key, holds)| Planned {
        problems: vec![(INDEX_RETIRED, format!("{root}/{}", key.path()))],
        step: Step::Aside { root: root.clone(), key: key.clone(), holds: holds.clone() },
    }));
    if !suites.is_empty() {
        let problems = suites.values().flatten().map(|problem| (problem.code, problem.subject.clone()));
        let problems = problems.collect();
        planned.push(Planned { step: Step::Publish(suites.into_keys().collect()), problems });
    }
    planned
}

/// One step for each thing, whoever has told of it.
fn joined<'a>(steps: impl Iterator<Item = (Step, &'a Problem)>) -> Vec<Planned> {
    let (mut planned, mut known): (Vec<Planned>, HashMap<String, usize>) = Default::default();
    for (step, problem) in steps {
        let of = (problem.code, problem.subject.clone());
        // A pool that is gone has as many steps as files: they are not compared one with each other.
        let at = *known.entry(format!("{step:?}")).or_insert(planned.len());
        match planned.get_mut(at) {
            Some(known) if known.problems.contains(&of) => {}
            Some(known) => known.problems.push(of),
            None => planned.push(Planned { step, problems: vec![of] }),
        }
    }
    planned
}

/// An object is taken from a pool, if it is not good and one has it.
fn object_step(facts: &Facts, object: &PoolObject) -> Option<Step> {
    let from = facts.copies.get(&object.sha256)?.clone();
    let holds = facts.objects.get(&object.sha256).filter(|holds| **holds != Content::Good)?;
    let damaged = holds.damage();
    Some(Step::Object { object: *object, from, damaged })
}

/// A file of a pool is put back from its object, which is good by then.
fn pool_step(facts: &Facts, root: &str, key: &TreeKey, object: &PoolObject) -> Option<Step> {
    let holds = facts.files.get(&(root.to_owned(), key.path())).filter(|holds| **holds != Content::Good)?;
    let damaged = holds.damage();
    Some(Step::Pool { root: root.to_owned(), key: key.clone(), object: *object, damaged })
}

fn removal(mend: &Mend, options: RepairOptions) -> Option<Step> {
    match mend {
        Mend::Staged { root, suite } => Some(Step::Staged { root: root.clone(), suite: suite.clone() }),
        Mend::PoolTemporary { root, path } => Some(Step::Stray { root: root.clone(), path: path.clone() }),
        Mend::Unknown { root, path } if options.remove_unknown => {
            Some(Step::Stray { root: root.clone(), path: path.clone() })
        }
        Mend::Temporaries => Some(Step::Temporaries),
        Mend::Orphan { sha256, found } => Some(Step::Orphan { sha256: *sha256, found: found.clone() }),
        Mend::Nothing
        | Mend::Journal
        | Mend::Counters
        | Mend::Object(_)
        | Mend::Pool { .. }
        | Mend::Mode { .. }
        | Mend::Publish { .. }
        | Mend::Unknown { .. } => None,
    }
}
