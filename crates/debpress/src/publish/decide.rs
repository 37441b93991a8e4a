//! Reads what records and files of the site say of a suite, and has the plan made of it: for a publication and for its
//! preview.

use super::facts::{self, Facts};
use super::plan::{SuitePlan, plan};
use super::target::Target;
use super::{PublishError, PublishSite, Selection, extras};
use crate::ports::db::Snapshot;

/// A plan, and what it was made of.
#[derive(Debug)]
pub(super) struct Decided {
    /// What happens.
    pub(super) plan: SuitePlan,
    /// What it was made of.
    pub(super) facts: Facts,
    /// The records that it looks at.
    pub(super) snapshot: Snapshot,
}

/// Decides for one suite.
pub(super) fn decide(
    site: &PublishSite<'_>,
    selection: &Selection,
    target: &Target,
) -> Result<Decided, PublishError> {
    let failed = |source| PublishError::Records { subject: target.label(), source };
    let snapshot = site.records.snapshot(target.key).map_err(failed)?;
    let facts = facts::read(site, target, &snapshot)?;
    let mut plan = plan(&target.series, &facts, selection.skip).without(&facts.leaving);
    plan.extras = extras::read(site, target)?;
    Ok(Decided { plan, facts, snapshot })
}
