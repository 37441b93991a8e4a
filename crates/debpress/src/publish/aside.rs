//! A publication to look at: the suites that would be published are written whole into a tree of their own, with the pool
//! that they need. Nobody else sees them, and nothing is recorded.

use std::collections::BTreeSet;

use super::contributed::{self, Reading};
use super::decide::{Decided, decide};
use super::run::{check_guards, choose_suites, stage};
use super::target::{Group, Target};
use super::{FailedArchive, Guard, PublishError, PublishReport, PublishSite, Selection, Skip, SuiteReport};
use crate::lock::PublisherLock;
use crate::model::key::TreeKey;
use crate::model::publication::PoolEntry;
use crate::ports::tree::{PoolObject, Tree};

/// Writes what [`publish_distro`](super::publish_distro) would publish below the root of each archive in `aside`, signed and
/// verified. Hooks of `publish-distro.d` and `finalize.d` do not run. An archive that fails is in the report.
///
/// # Errors
/// The records cannot be read.
pub fn publish_aside(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
    aside: &dyn Tree,
) -> Result<PublishReport, PublishError> {
    let survey = contributed::survey(site, selection, Reading::Look)?;
    let visible = survey.visible();
    let chosen = choose_suites(site, selection, &visible)?;
    let mut report = PublishReport { unchanged: chosen.unchanged, ..PublishReport::default() };
    report.warnings = [survey.warnings, chosen.warnings].concat();
    if !visible.is_empty() {
        let warning = "what other programs have staged since the last publication is not in it";
        report.warnings.push(warning.to_owned());
    }
    let work = Aside { site, lock, selection, aside };
    for group in &chosen.groups {
        match work.archive(group, &mut report.warnings) {
            Ok(suites) => report.suites.extend(suites),
            Err(error) => {
                report.failed.push(FailedArchive::new(&group.reference, error));
            }
        }
    }
    Ok(report)
}

struct Aside<'a> {
    site: &'a PublishSite<'a>,
    lock: &'a PublisherLock,
    selection: &'a Selection,
    aside: &'a dyn Tree,
}

impl Aside<'_> {
    fn archive(&self, group: &Group, warnings: &mut Vec<String>) -> Result<Vec<SuiteReport>, PublishError> {
        let mut done = Vec::new();
        for target in &group.targets {
            let Some((report, told)) = self.suite(target)? else { continue };
            let new: Vec<String> = told.into_iter().filter(|it| !warnings.contains(it)).collect();
            warnings.extend(new);
            done.push(report);
        }
        if let Some(first) = group.targets.first() {
            self.pool(first)?;
            self.aside.sync(&first.root).map_err(|source| tree_failed(first, source))?;
        }
        Ok(done)
    }

    fn suite(&self, target: &Target) -> Result<Option<(SuiteReport, Vec<String>)>, PublishError> {
        // What it would change is a question to what clients see now; in the other tree there is nothing to compare with.
        let Decided { plan, snapshot, .. } = decide(self.site, self.selection, target)?;
        check_guards(self.site, self.selection, target, (&snapshot, &plan))?;
        let selection = Selection {
            allow: Guard::ALL.into_iter().collect::<BTreeSet<_>>(),
            skip: Skip { retired: true, indexes: false, ..self.selection.skip },
            ..self.selection.clone()
        };
        let site = PublishSite { tree: self.aside, ..*self.site };
        let staged = stage(&site, self.lock, &selection, target)?;
        let Some((_, report, warnings)) = staged else { return Ok(None) };
        self.aside.exchange(&target.root, &target.name).map_err(|source| tree_failed(target, source))?;
        // Nobody reads there while it is written.
        self.aside.discard(&target.root, &target.name).map_err(|source| tree_failed(target, source))?;
        Ok(Some((report, warnings)))
    }

    /// The files that the suites of the archive need already; those that enter are there.
    fn pool(&self, target: &Target) -> Result<(), PublishError> {
        let mut failure = None;
        let mut place = |entry: PoolEntry| {
            let key = TreeKey::Pool(entry.pool_file());
            let object = PoolObject { sha256: entry.sha256, size: entry.size };
            failure = self.aside.place(&target.root, &key, &object).err();
            failure.is_none()
        };
        let walked = self.site.records.pool_entries(target.key.archive, &mut place);
        walked.map_err(|source| PublishError::Records { subject: target.label(), source })?;
        failure.map_or(Ok(()), |source| Err(tree_failed(target, source)))
    }
}

fn tree_failed(target: &Target, source: crate::ports::tree::TreeError) -> PublishError {
    PublishError::Tree { subject: target.label(), source }
}
