//! What a plan is made of: everything that is read of a suite's records before anything is decided.

use std::collections::{BTreeSet, HashSet};

use debfmt::deb::DebKind;

use super::target::Target;
use super::waits::{Promises, promised, sources_that_may_wait};
use super::{PublishError, PublishSite, plan};
use crate::model::publication::{Candidate, PublicationId};
use crate::ports::db::{RecordsError, Snapshot};

/// What a plan is made of.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The publications of every name that may change, but those that leave.
    pub(super) contested: Vec<Candidate>,
    /// What was built from the same sources as those that may go, or that may have to wait.
    pub(super) kin: Vec<Candidate>,
    /// What somebody wants to be gone.
    pub(super) leaving: Vec<Candidate>,
    /// The kinds of binary packages other than .deb that the suite has.
    pub(super) special: Vec<DebKind>,
    /// What sources build for all architectures; empty where nothing waits for it.
    pub(super) promises: Promises,
}

/// Reads what a plan for the suite is made of.
pub(super) fn read(
    site: &PublishSite<'_>,
    target: &Target,
    snapshot: &Snapshot,
) -> Result<Facts, PublishError> {
    read_records(site, target, snapshot)
        .map_err(|source| PublishError::Records { subject: target.label(), source })
}

fn read_records(site: &PublishSite<'_>, target: &Target, snapshot: &Snapshot) -> Result<Facts, RecordsError> {
    let leaving = site.records.leaving(snapshot)?;
    let gone: HashSet<PublicationId> = leaving.iter().map(|candidate| candidate.id).collect();
    let staying = |mut candidates: Vec<Candidate>| {
        candidates.retain(|candidate| !gone.contains(&candidate.id));
        candidates
    };
    let contested = staying(site.records.contested(snapshot)?);
    let waiting = match target.series.options.wait_for_all {
        true => sources_that_may_wait(&contested),
        false => BTreeSet::new(),
    };
    let asked: Vec<_> = waiting.iter().cloned().collect();
    let promises = match asked.is_empty() {
        true => Promises::default(),
        false => promised(&site.records.source_stanzas(target.archive.id, &asked)?),
    };
    let losing = plan::sources_of_losers(&target.series, &contested);
    let families: BTreeSet<_> = losing.into_iter().chain(waiting).collect();
    let kin = staying(site.records.built_from(snapshot, &families.into_iter().collect::<Vec<_>>())?);
    let special = site.records.special_kinds(snapshot)?;
    Ok(Facts { contested, kin, leaving, special, promises })
}
