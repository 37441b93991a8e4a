//! What a publication would do: the same plan, shown instead of carried out. Nothing is written, and no lock is needed.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::contributed::{self, Change, Reading, Survey};
use super::decide::{Decided, decide};
use super::indexes::small_indexes;
use super::plan::SuitePlan;
use super::run::choose_suites;
use super::target::Target;
use super::waits::Waiting;
use super::{PublishError, PublishSite, Selection};
use crate::model::contribution::Contribution;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::publication::{Candidate, PublicationId};
use crate::model::suite::SuiteKey;
use crate::ports::db::{RecordsError, Snapshot, SuiteState};

/// What a run would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublishPreview {
    /// The suites that would change.
    pub suites: Vec<SuitePreview>,
    /// How many suites have no change.
    pub unchanged: usize,
    /// What an administrator should know.
    pub warnings: Vec<String>,
}

/// What would happen to one suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuitePreview {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// Why it is published.
    pub why: String,
    /// What would become visible.
    pub enters: Vec<PreviewEntry>,
    /// What would give way.
    pub leaves: Vec<PreviewLoss>,
    /// What would leave because somebody wants it to be gone.
    pub deleted: Vec<PreviewEntry>,
    /// What would stay pending, for want of what belongs to it.
    pub waits: Vec<PreviewWait>,
    /// The files that what enters needs in the pool.
    pub pool: Vec<PreviewFile>,
    /// The size of those files together, in bytes.
    pub pool_bytes: u64,
    /// The index files that would be written.
    pub indexes: Vec<String>,
    /// The files of other programs that it would show.
    pub contributed: Vec<String>,
    /// Files of other programs that would leave: they are staged no more.
    pub withdrawn: Vec<String>,
}

/// A package that would become visible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PreviewEntry {
    /// Its name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Component.
    pub component: String,
}

/// A package that would give way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PreviewLoss {
    /// What it is.
    #[serde(flatten)]
    pub package: PreviewEntry,
    /// The version that takes its place.
    pub by: String,
}

/// A package that would stay pending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewWait {
    /// Its name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// Its architecture.
    pub architecture: String,
    /// The arch:all packages of its source that it waits for.
    pub missing: Vec<String>,
}

/// A file of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewFile {
    /// Its path below the archive's root.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Says what [`publish_distro`](super::publish_distro) would do with the same selection.
///
/// # Errors
/// The records fail.
pub fn preview_distro(site: &PublishSite<'_>, selection: &Selection) -> Result<PublishPreview, PublishError> {
    let survey = contributed::survey(site, selection, Reading::Look)?;
    let visible = survey.visible();
    let chosen = choose_suites(site, selection, &visible)?;
    let failed = |source| PublishError::Records { subject: "the chosen suites".to_owned(), source };
    let states = site.records.suite_states().map_err(failed)?;
    let targets = chosen.groups.iter().flat_map(|group| &group.targets);
    let suites = targets.map(|target| preview(site, (selection, &chosen.extra), target, (&states, &survey)));
    Ok(PublishPreview {
        suites: suites.collect::<Result<_, _>>()?,
        unchanged: chosen.unchanged,
        warnings: [survey.warnings, chosen.warnings].concat(),
    })
}

fn preview(
    site: &PublishSite<'_>,
    (selection, extra): (&Selection, &BTreeSet<SuiteKey>),
    target: &Target,
    (states, survey): (&[SuiteState], &Survey),
) -> Result<SuitePreview, PublishError> {
    let records_failed = |source: RecordsError| PublishError::Records { subject: target.label(), source };
    let Decided { plan, facts, snapshot } = decide(site, selection, target)?;
    let all: HashMap<PublicationId, &Candidate> =
        facts.kin.iter().chain(&facts.contested).map(|candidate| (candidate.id, candidate)).collect();
    let mut enters: Vec<PreviewEntry> = plan.publish.iter().filter_map(|id| all.get(id)).map(entry).collect();
    enters.sort();
    let loss = |it: &crate::ports::db::Supersession| {
        let (loser, winner) = (all.get(&it.loser)?, all.get(&it.winner)?);
        Some(PreviewLoss { package: entry(loser), by: winner.version.clone() })
    };
    let mut leaves: Vec<PreviewLoss> = plan.supersede.iter().filter_map(loss).collect();
    leaves.sort();
    let mut deleted: Vec<PreviewEntry> = facts.leaving.iter().map(|candidate| entry(&candidate)).collect();
    deleted.sort();
    let pool = pool_files(site, &snapshot, &plan).map_err(records_failed)?;
    let indexes = if selection.skip.indexes { Vec::new() } else { indexes(site, target, &plan) };
    let change = survey.changes.iter().find(|change| change.suite == target.key);
    let known = site.records.contributions().map_err(records_failed)?;
    let known = known.into_iter().find(|(suite, _)| *suite == target.key).map(|(_, files)| files);
    let is_made = |file: &&Contribution| plan.indexes.iter().any(|index| index.name == file.index);
    let paths = |files: &[Contribution]| {
        files.iter().filter(|file| !is_made(file)).map(|file| file.file().path()).collect::<Vec<_>>()
    };
    let contributed = paths(change.map_or(known.as_deref().unwrap_or_default(), |change| &change.files));
    let withdrawn = paths(change.map_or(&[], |change| &change.gone));
    Ok(SuitePreview {
        archive: target.archive.reference.to_string(),
        suite: target.name.to_string(),
        why: why((selection, extra), target, (states, change)),
        enters,
        leaves,
        deleted,
        waits: plan.waits.iter().map(wait).collect(),
        pool_bytes: pool.iter().map(|file| file.bytes).sum(),
        pool,
        indexes,
        contributed,
        withdrawn,
    })
}

fn entry(candidate: &&Candidate) -> PreviewEntry {
    PreviewEntry {
        name: candidate.name.clone(),
        version: candidate.version.clone(),
        architecture: candidate.architecture.clone(),
        component: candidate.component.to_string(),
    }
}

fn wait(waiting: &Waiting) -> PreviewWait {
    let Waiting { name, version, architecture, missing, .. } = waiting.clone();
    PreviewWait { name, version, architecture, missing }
}

fn why(
    (selection, extra): (&Selection, &BTreeSet<SuiteKey>),
    target: &Target,
    (states, change): (&[SuiteState], Option<&Change>),
) -> String {
    let state = states.iter().find(|state| state.key == target.key);
    match state {
        Some(state) if state.published && state.is_dirty() => "it has changed".to_owned(),
        Some(state) if state.published && selection.dirty.contains(&target.key) => {
            "--dirty-suite names it".to_owned()
        }
        Some(state) if state.published && extra.contains(&target.key) => {
            "the extra fields of its packages have changed".to_owned()
        }
        Some(state) if state.published && change.is_some_and(|change| change.visible) => {
            "other programs have staged something for it".to_owned()
        }
        Some(state) if state.published && !selection.careful.every_suite() => {
            "its Release expires soon".to_owned()
        }
        Some(state) if state.published => "the run is careful".to_owned(),
        Some(_) | None => "it was never published".to_owned(),
    }
}

fn pool_files(
    site: &PublishSite<'_>,
    snapshot: &Snapshot,
    plan: &SuitePlan,
) -> Result<Vec<PreviewFile>, RecordsError> {
    let mut files = Vec::new();
    site.records.pending_files(snapshot, &mut |entry| {
        if !plan.hidden.contains(&entry.publication) {
            let bytes = entry.size;
            let key = TreeKey::Pool(entry.pool_file());
            files.push(PreviewFile { path: key.path(), bytes });
        }
        true
    })?;
    Ok(files)
}

fn indexes(site: &PublishSite<'_>, target: &Target, plan: &SuitePlan) -> Vec<String> {
    let forms = |index: &super::plan::IndexPlan| {
        let path = |compression| SuiteFile::Index(index.name.clone(), compression).path();
        target.compressors(site).iter().map(|compression| path(*compression)).collect::<Vec<_>>()
    };
    let small = small_indexes(&target.series);
    plan.indexes.iter().flat_map(forms).chain(small.iter().map(IndexName::path)).collect()
}
