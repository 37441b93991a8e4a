//! Mends what a check finds, as far as a program may decide it.
//!
//! ```text
//! recover   names that an earlier repair had taken from objects
//! look      the check
//! begin     an open journal goes forward; counters; modes; then the check once more
//! facts     what damaged files hold, and where good copies of them are
//! plan      a value: one step for each problem that can be mended; pure
//! objects   from a pool that has them                       the damaged one keeps a name beside it
//! pool      from the content store                          the same; readers find the one or the other
//! remove    what runs that died have left behind
//! publish   suites whose files are not what they should be, by the one way in which anything becomes visible
//! look      the check: what is left is for a person
//! ```
//!
//! Nothing is overwritten or removed that could be the only copy of anything. Each step is whole by itself and finds
//! nothing to do when it is done again, so that a repair which dies is followed by another one. Publishers are kept out by
//! the lock; uploads are not, and so an object goes only when it is old and the records still do not need it when nobody
//! can find it any more.

mod apply;
mod facts;
mod plan;

use std::collections::HashSet;

use serde::Serialize;

use super::check::{CheckError, CheckReport, CheckSite, Problem, check};
use crate::lock::PublisherLock;
use crate::ports::db::RecordsError;
use crate::ports::objects::ObjectError;
use crate::publish::PublishSite;
use apply::Applied;
use plan::Planned;

/// What a repair works with.
#[derive(Clone, Copy)]
pub struct RepairSite<'a> {
    /// What is looked at.
    pub check: CheckSite<'a>,
    /// What suites are published with.
    pub publish: PublishSite<'a>,
}

/// What a repair may do beyond what it always may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepairOptions {
    /// Remove files of the pools that no publication names.
    pub remove_unknown: bool,
}

/// Something that was mended, or would be, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mending {
    /// The code of the problem.
    pub code: &'static str,
    /// What it is about.
    pub subject: String,
    /// What was done; where it failed, why.
    pub what: String,
}

/// What a repair has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// Whether it only says what it would do.
    pub dry_run: bool,
    /// What was mended, or would be, in the order in which that is done.
    pub mended: Vec<Mending>,
    /// What could not be mended because something failed.
    pub failed: Vec<Mending>,
    /// What a check says afterwards; in a dry run, what it says now.
    pub left: CheckReport,
}

impl RepairReport {
    /// Whether anything is left that somebody must do something about. In a dry run: that nothing but a person can mend.
    pub fn needs_somebody(&self) -> bool {
        let planned: HashSet<_> = self.mended.iter().map(|it| (it.code, it.subject.as_str())).collect();
        let is_planned =
            |problem: &Problem| self.dry_run && planned.contains(&(problem.code, problem.subject.as_str()));
        let mut rest = self.left.problems.iter().filter(|problem| !is_planned(problem));
        !self.failed.is_empty() || rest.any(Problem::matters)
    }
}

/// Why a repair ended before it had tried everything.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The site could not be looked at.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The records failed.
    #[error("cannot repair the site: the records failed")]
    Records(#[from] RecordsError),
    /// The content store failed.
    #[error("cannot repair the site: the content store failed")]
    Objects(#[from] ObjectError),
}

/// Says what [`repair`] would do now, and changes nothing. What is behind an open journal, or behind files that cannot be
/// read, shows only when that is mended.
///
/// # Errors
/// [`RepairError`].
pub fn preview_repair(site: &CheckSite<'_>, options: RepairOptions) -> Result<RepairReport, RepairError> {
    let left = check(site)?;
    let mut steps = plan::first(&left);
    let facts = facts::read(site, &left)?;
    steps.extend(plan::plan(&left, &facts, options));
    let mended = steps.iter().flat_map(Planned::told).collect();
    Ok(RepairReport { dry_run: true, mended, failed: Vec::new(), left })
}

/// Mends what can be mended.
///
/// # Errors
/// [`RepairError`]; what was mended until then is mended.
pub fn repair(
    site: &RepairSite<'_>,
    lock: &PublisherLock,
    options: RepairOptions,
) -> Result<RepairReport, RepairError> {
    site.check.objects.recover()?;
    let mut applied = Applied::default();
    let mut found = check(&site.check)?;
    let first = plan::first(&found);
    if !first.is_empty() {
        applied.all(site, lock, first);
        found = check(&site.check)?;
    }
    let facts = facts::read(&site.check, &found)?;
    let steps = plan::plan(&found, &facts, options);
    if !steps.is_empty() {
        applied.all(site, lock, steps);
        found = check(&site.check)?;
    }
    let Applied { mended, failed } = applied;
    Ok(RepairReport { dry_run: false, mended, failed, left: found })
}

impl Planned {
    /// What a dry run says.
    fn told(&self) -> Vec<Mending> {
        let what = self.step.words();
        let one = |(code, subject): &(&'static str, String)| Mending {
            code,
            subject: subject.clone(),
            what: what.clone(),
        };
        self.problems.iter().map(one).collect()
    }
}
