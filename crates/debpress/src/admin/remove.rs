//! Taking packages out of a suite (behaviour map 6.4, 7.7).
//!
//! What is recorded is the wish. The package stays Published, since clients see it, until the next publication of the suite has
//! left it out and is seen itself; then it is Deleted, with the same stay in the pool as what is superseded. So death row
//! never finds a file free that a visible index names.

use serde::Serialize;

use super::chosen::{ChangeError, ChosenPackage, Wanted, choose};
use crate::model::publication::PublicationId;
use crate::model::queue::Note;
use crate::ports::db::Records;
use crate::queue::Actor;

/// What will be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemoveReport {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// Whether nothing was recorded.
    pub dry_run: bool,
    /// What the next publication leaves out, by name.
    pub packages: Vec<ChosenPackage>,
    /// How many publication records that are.
    pub records: usize,
}

/// Has the next publication of a suite leave packages out; with `dry_run`, says which.
///
/// # Errors
/// [`ChangeError`]; then nothing has changed.
pub fn remove(
    records: &dyn Records,
    actor: &Actor,
    wanted: &Wanted<'_>,
    note: &Note,
    dry_run: bool,
) -> Result<RemoveReport, ChangeError> {
    let chosen = choose(records, actor, wanted, None)?;
    let ids: Vec<PublicationId> = chosen.publications.iter().map(|publication| publication.id).collect();
    let mut packages: Vec<ChosenPackage> = chosen.publications.iter().map(ChosenPackage::of).collect();
    packages.sort();
    packages.dedup();
    let asked = if dry_run { ids.len() } else { records.request_removal(chosen.suite.key, &ids, note)? };
    Ok(RemoveReport {
        archive: chosen.archive.reference.to_string(),
        suite: chosen.suite.name,
        dry_run,
        packages,
        records: asked,
    })
}
