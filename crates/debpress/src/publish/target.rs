//! Which suites a run publishes. Pure.
//!
//! A [`Target`] is a suite that may change now: there is no other way to have one, and everything that writes into a
//! suite asks for one. So nothing can write into the release pocket of a series that is released.

use std::collections::BTreeSet;

use debfmt::compress::Compression;
use debfmt::digest::Algorithms;
use debfmt::names::SuiteName;

use super::{PublishError, PublishSite, Selection};
use crate::model::archive::{Archive, ArchiveId};
use crate::model::suite::{Distribution, Pocket, Series, SuiteKey, suite_name};
use crate::ports::db::SuiteState;

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
    /// How many packages clients see in it.
    pub(super) entries: u64,
    /// Whether it has no change, and is looked at only because its indexes might be smaller.
    pub(super) idle: bool,
    /// Nobody else makes one.
    _open: Open,
}

/// That a suite may change.
#[derive(Clone, Debug)]
struct Open;

impl Target {
    /// The suite as messages name it.
    pub(super) fn label(&self) -> String {
        format!("{} of {}", self.name, self.archive.reference)
    }

    /// The digests of everything that Release lists.
    pub(super) fn algorithms(&self) -> Algorithms {
        self.series.options.algorithms()
    }

    /// The forms in which its indexes are written.
    pub(super) fn compressors<'a>(&'a self, site: &PublishSite<'a>) -> &'a [Compression] {
        self.series.options.compressors.as_ref().unwrap_or(&site.settings.compressors)
    }
}

/// The suites of one archive that a run publishes.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The archive.
    pub(super) archive: ArchiveId,
    /// Its reference.
    pub(super) reference: String,
    /// The suites, by key.
    pub(super) targets: Vec<Target>,
}

/// What a selection means.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// The suites, by archive.
    pub(super) groups: Vec<Group>,
    /// Every archive of the site.
    pub(super) archives: Vec<Archive>,
    /// Those whose extra override files have changed.
    pub(super) extra: BTreeSet<SuiteKey>,
    /// How many of those that it covers have no change.
    pub(super) unchanged: usize,
    /// What an administrator should know, each as a sentence: which have a change and may not change now.
    pub(super) warnings: Vec<String>,
}

/// The suites that a selection means. Those that are `expiring` are published again without a change, those that are
/// `contributed` to have one that is not recorded.
pub(super) fn choose(
    selection: &Selection,
    (archives, distributions): (&[Archive], &[Distribution]),
    states: &[SuiteState],
    (expiring, contributed): (&BTreeSet<SuiteKey>, &BTreeSet<SuiteKey>),
) -> Result<Chosen, PublishError> {
    let (mut wanted, mut idle) = (BTreeSet::new(), BTreeSet::new());
    let mut chosen = Chosen::default();
    for state in states.iter().filter(|state| selection.covers(state.key)) {
        let named_first = selection.suites.contains(&state.key) && !state.published;
        let due = expiring.contains(&state.key) || contributed.contains(&state.key);
        let dirty = state.is_dirty() || selection.dirty.contains(&state.key) || due;
        if dirty || named_first || (selection.careful.every_suite() && state.published) {
            wanted.insert(state.key);
        } else if selection.repack && state.published {
            idle.insert(state.key);
        } else {
            chosen.unchanged += 1;
        }
    }
    let untouched = |key: &&SuiteKey| states.iter().all(|state| state.key != **key);
    let named = selection.suites.iter().chain(&selection.dirty).chain(contributed);
    wanted.extend(named.filter(|key| selection.covers(**key)).filter(untouched));
    for key in wanted.into_iter().chain(idle.iter().copied()) {
        let Some(archive) = archives.iter().find(|archive| archive.id == key.archive) else { continue };
        let entries = states.iter().find(|state| state.key == key).map_or(0, |state| state.entries);
        match open(key, archive, distributions, entries)? {
            Some(Ok(target)) => chosen.add(Target { idle: idle.contains(&key), ..target }),
            Some(Err(_)) if idle.contains(&key) => chosen.unchanged += 1,
            Some(Err(closed)) if expiring.contains(&key) => {
                chosen
                    .warnings
                    .push(format!("{closed}; clients refuse it when the time of its Release is over"));
            }
            Some(Err(closed)) => chosen.warnings.push(closed),
            None => {}
        }
    }
    Ok(chosen)
}

impl Chosen {
    fn add(&mut self, target: Target) {
        match self.groups.iter_mut().find(|group| group.archive == target.key.archive) {
            Some(group) => group.targets.push(target),
            None => {
                let (archive, reference) = (target.key.archive, target.archive.reference.to_string());
                self.groups.push(Group { archive, reference, targets: vec![target] });
            }
        }
    }
}

/// The suite as a target, or why it may not change now; `None`: the records know its series no more.
fn open(
    key: SuiteKey,
    archive: &Archive,
    distributions: &[Distribution],
    entries: u64,
) -> Result<Option<Result<Target, String>>, PublishError> {
    let series = distributions
        .iter()
        .flat_map(|distribution| distribution.series.iter().map(move |series| (distribution, series)))
        .find(|(_, series)| series.id == key.series);
    let Some((distribution, series)) = series else { return Ok(None) };
    if archive.deletion.is_some() {
        return Ok(None);
    }
    let name = suite_name(&series.name, key.pocket)
        .map_err(|source| PublishError::Name { series: series.name.to_string(), source })?;
    if !archive.reference.purpose().may_change(series.status, key.pocket) {
        let reference = &archive.reference;
        let closed = format!(
            "{name} of {reference} stays as it is, because {} is {}: what is accepted for it waits",
            series.name, series.status
        );
        return Ok(Some(Err(closed)));
    }
    Ok(Some(Ok(Target {
        key,
        name,
        root: archive.root(),
        archive: archive.clone(),
        series: series.clone(),
        distribution: distribution.display_name.clone(),
        entries,
        idle: false,
        _open: Open,
    })))
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
