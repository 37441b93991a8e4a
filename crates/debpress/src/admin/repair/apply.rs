//! Does what was planned. It makes no choices; what fails is noted, and keeps nothing else from being mended.

use std::collections::BTreeSet;

use super::plan::{Planned, Step};
use super::{Mending, RepairSite};
use crate::admin::check::codes::POOL_MISSING;
use crate::lock::PublisherLock;
use crate::model::archive::ArchiveId;
use crate::model::suite::SuiteKey;
use crate::publish::{PublishReport, Selection, Skip, publish_distro};
use crate::queue::with_causes;

/// What became of the steps.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) mended: Vec<Mending>,
    pub(super) failed: Vec<Mending>,
}

/// What a step has done, or why it did not.
type Done = Result<String, Box<dyn std::error::Error + Send + Sync>>;

impl Applied {
    /// Does all steps, in their order.
    pub(super) fn all(&mut self, site: &RepairSite<'_>, lock: &PublisherLock, steps: Vec<Planned>) {
        let mut roots = BTreeSet::new();
        for Planned { step, problems } in steps {
            tracing::info!(?step, "mending");
            roots.extend(changed_root(&step).map(str::to_owned));
            let (to, what) = match done(site, lock, &step) {
                Ok(what) => (&mut self.mended, what),
                Err(error) => (&mut self.failed, with_causes(error.as_ref())),
            };
            let mending = |(code, subject)| Mending { code, subject, what: what.clone() };
            to.extend(problems.into_iter().map(mending));
        }
        // Once for all: a pool may have lost thousands of files.
        for root in roots {
            if let Err(error) = site.check.tree.sync(&root) {
                self.failed.push(Mending { code: POOL_MISSING, subject: root, what: with_causes(&error) });
            }
        }
    }
}

/// The archive in whose pool a step changes something.
fn changed_root(step: &Step) -> Option<&str> {
    match step {
        Step::Pool { root, .. } | Step::Stray { root, .. } => Some(root),
        Step::Journal
        | Step::Counters
        | Step::Mode { .. }
        | Step::Object { .. }
        | Step::Staged { .. }
        | Step::Temporaries
        | Step::Orphan { .. }
        | Step::Aside { .. }
        | Step::Publish(_) => None,
    }
}

fn done(site: &RepairSite<'_>, lock: &PublisherLock, step: &Step) -> Done {
    let (tree, objects, words) = (site.check.tree, site.check.objects, step.words());
    match step {
        Step::Journal => {
            told(publish_distro(&site.publish, lock, &Selection::default())?)?;
        }
        Step::Counters => {
            site.check.records.mend_counters()?;
        }
        Step::Mode { root, path } => tree.make_readable(root, path)?,
        Step::Object { object, from: (root, key), damaged } => {
            if let Some(damaged) = damaged {
                objects.set_aside(&object.sha256, damaged.holds())?;
            }
            tree.adopt(root, key, object)?;
            objects.sync()?;
        }
        Step::Pool { root, key, object, damaged } => match damaged {
            Some(damaged) => {
                let aside = tree.restore(root, key, object, damaged.holds())?;
                return Ok(format!(
                    "put back from the content store; the damaged file is {root}/{aside} now"
                ));
            }
            None => {
                tree.place(root, key, object)?;
            }
        },
        Step::Staged { root, suite } => tree.discard(root, suite)?,
        Step::Stray { root, path } => {
            tree.remove_stray(root, path)?;
        }
        Step::Temporaries => objects.sweep()?,
        Step::Orphan { sha256, found } => {
            let mut needed = || site.check.records.needs_object(sha256).unwrap_or(true);
            if !objects.discard(sha256, found, &mut needed)? {
                return Ok("somebody needs it now: it stays".to_owned());
            }
        }
        Step::Aside { root, key, holds } => {
            tree.set_aside(root, key, holds.holds())?;
        }
        Step::Publish(suites) => publish(site, lock, suites)?,
    }
    Ok(words)
}

/// Publishes suites as they are: what waits goes on waiting, and nothing gives way to anything.
fn publish(
    site: &RepairSite<'_>,
    lock: &PublisherLock,
    suites: &BTreeSet<SuiteKey>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Everything in it can be made anew, and something that is damaged has just been found.
    site.publish.cache.sweep(&mut |_, _| false);
    let archives: BTreeSet<ArchiveId> = suites.iter().map(|suite| suite.archive).collect();
    let suites: Vec<SuiteKey> = suites.iter().copied().collect();
    let selection = Selection {
        archives: archives.into_iter().collect(),
        dirty: suites.clone(),
        suites,
        skip: Skip { publishing: true, domination: true, ..Skip::default() },
        ..Selection::default()
    };
    told(publish_distro(&site.publish, lock, &selection)?)
}

/// The first archive that failed is the error; what the others became, the check that follows says.
fn told(mut report: PublishReport) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for warning in &report.warnings {
        tracing::warn!("{warning}");
    }
    match report.failed.pop() {
        Some(failed) if !failed.error.is_published() => Err(Box::new(failed.error)),
        _ => Ok(()),
    }
}
