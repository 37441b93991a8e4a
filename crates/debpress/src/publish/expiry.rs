//! Which suites must be published again before clients refuse them: those whose Release expires soon.

use std::collections::BTreeSet;

use debfmt::limits::Limits;
use debfmt::release::Release;

use super::{PublishError, PublishSite, Selection};
use crate::model::archive::Archive;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::suite::{Distribution, SuiteKey, suite_name};
use crate::ports::db::SuiteState;
use crate::ports::shortage::in_one_line;

/// The published suites whose Release is valid for less than half of the time that the series says. Only the Releases of
/// series that say one are read. One that cannot be read counts as not expiring, and is told in the second part of the answer:
/// it is trouble of its archive, and must keep none of the others from being published.
pub(super) fn expiring(
    site: &PublishSite<'_>,
    selection: &Selection,
    (archives, distributions): (&[Archive], &[Distribution]),
    states: &[SuiteState],
) -> Result<(BTreeSet<SuiteKey>, Vec<String>), PublishError> {
    let (mut found, mut unreadable) = (BTreeSet::new(), Vec::new());
    for state in states.iter().filter(|state| state.published && selection.covers(state.key)) {
        let mut all = distributions.iter().flat_map(|distribution| &distribution.series);
        let Some(series) = all.find(|series| series.id == state.key.series) else { continue };
        let archive = archives.iter().find(|archive| archive.id == state.key.archive);
        let (Some(valid_for), Some(archive)) = (series.options.valid_for, archive) else { continue };
        let name = suite_name(&series.name, state.key.pocket)
            .map_err(|source| PublishError::Name { series: series.name.to_string(), source })?;
        let subject = format!("{name} of {}", archive.reference);
        let text = site.tree.read(&archive.root(), &TreeKey::Live(name, SuiteFile::Release));
        let text = text.unwrap_or_else(|error| {
            let warning =
                format!("nobody knows when the Release of {subject} expires: {}", in_one_line(&error));
            unreadable.push(warning);
            None
        });
        // What is wrong with one that cannot be read is for `check` to say.
        let release = text.and_then(|text| Release::parse(&text, &Limits::index()).ok());
        let until = release.and_then(|release| release.valid_until);
        if until.is_some_and(|until| until.saturating_sub(site.now.seconds()) < valid_for / 2) {
            found.insert(state.key);
        }
    }
    Ok((found, unreadable))
}
