//! A publication that was interrupted is finished before another one begins, with all that follows a publication: lists,
//! and hooks that tell mirrors.

use std::collections::BTreeSet;

use super::switch::recover;
use super::target::{Group, choose};
use super::{PublishError, PublishReport, PublishSite, Selection, hooks, lists};
use crate::lock::PublisherLock;
use crate::model::suite::SuiteKey;

/// Finishes what is begun, if anything is, and adds it to the report.
///
/// # Errors
/// It cannot be finished: no other publication may begin before. What follows it fails into the report.
pub(super) fn finish(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    report: &mut PublishReport,
) -> Result<(), PublishError> {
    let finished = recover(site, lock)?;
    if finished.is_empty() {
        return Ok(());
    }
    report.recovered.extend(finished.iter().map(|suite| format!("{}/{}", suite.root, suite.name)));
    let failed = |source| PublishError::Records { subject: "what was finished".to_owned(), source };
    let archives = site.records.archives().map_err(failed)?;
    let distributions = site.records.distributions().map_err(failed)?;
    let states = site.records.suite_states().map_err(failed)?;
    let suites: Vec<SuiteKey> = finished.iter().map(|suite| suite.suite).collect();
    let of = suites.iter().map(|suite| suite.archive).collect();
    let selection = Selection { archives: of, dirty: suites.clone(), suites, ..Selection::default() };
    let none = BTreeSet::new();
    let groups = choose(&selection, (&archives, &distributions), &states, (&none, &none))?.groups;
    for group in &groups {
        lists::write(site, lock, group, report);
    }
    let groups: Vec<&Group> = groups.iter().collect();
    hooks::after(site, lock, &groups, &archives, report);
    Ok(())
}
