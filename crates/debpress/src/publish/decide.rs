//! Reads what records and files of the site say of a suite, and has the plan made of it: for a publication and for its
//! preview.

use std::collections::HashSet;

use super::extras;
use super::plan::{SuitePlan, plan, sources_of_losers};
use super::target::Target;
use super::{PublishError, PublishSite, Selection};
use crate::model::publication::{Candidate, PublicationId};
use crate::ports::db::{RecordsError, Snapshot};

/// A plan, and what it was made of.
#[derive(Debug)]
pub(super) struct Decided {
    /// What happens.
    pub(super) plan: SuitePlan,
    /// The publications of every name that may change, but those that leave.
    pub(super) contested: Vec<Candidate>,
    /// What was built from the sources of those that may go.
    pub(super) kin: Vec<Candidate>,
    /// What somebody wants to be gone.
    pub(super) leaving: Vec<Candidate>,
}

/// Decides for one suite.
pub(super) fn decide(
    site: &PublishSite<'_>,
    selection: &Selection,
    target: &Target,
    snapshot: &Snapshot,
) -> Result<Decided, PublishError> {
    let decided = from_records(site, selection, target, snapshot);
    let mut decided = decided.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    decided.plan.extras = extras::read(site, target)?;
    Ok(decided)
}

fn from_records(
    site: &PublishSite<'_>,
    selection: &Selection,
    target: &Target,
    snapshot: &Snapshot,
) -> Result<Decided, RecordsError> {
    let leaving = site.records.leaving(snapshot)?;
    let gone: HashSet<PublicationId> = leaving.iter().map(|candidate| candidate.id).collect();
    let staying = |mut candidates: Vec<Candidate>| {
        candidates.retain(|candidate| !gone.contains(&candidate.id));
        candidates
    };
    let contested = staying(site.records.contested(snapshot)?);
    let losing = sources_of_losers(&target.series, &contested);
    let kin = staying(site.records.built_from(snapshot, &losing)?);
    let special = site.records.special_kinds(snapshot)?;
    let plan = plan(&target.series, &contested, &kin, &special, selection.skip).without(&leaving);
    Ok(Decided { plan, contested, kin, leaving })
}
