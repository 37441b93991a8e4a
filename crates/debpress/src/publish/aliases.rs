//! Second names of suites: `stable` for `noble`, as symbolic links that change in one step (behaviour map 3.12).

use std::collections::BTreeMap;

use debfmt::names::SuiteName;

use super::{PublishError, PublishReport, PublishSite, Selection};
use crate::lock::PublisherLock;
use crate::model::archive::Archive;
use crate::model::suite::{Distribution, suite_name};
use crate::ports::db::{RecordsError, SuiteState};

/// Makes the aliases of the chosen archives what their series say. An alias is there when its suite is; one that a real
/// directory has the name of is left out with a warning.
pub(super) fn update(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
    archives: &[Archive],
    report: &mut PublishReport,
) -> Result<(), PublishError> {
    let failed = |source: RecordsError| PublishError::Records { subject: "the aliases".to_owned(), source };
    let distributions = site.records.distributions().map_err(failed)?;
    let recorded = site.records.aliases().map_err(failed)?;
    let any = distributions.iter().flat_map(|it| &it.series).any(|series| !series.aliases.is_empty());
    if !any && recorded.is_empty() {
        return Ok(());
    }
    let states = site.records.suite_states().map_err(failed)?;
    let chosen = archives.iter().filter(|it| it.published && selection.archives.contains(&it.id));
    for archive in chosen {
        let of_archive = recorded.iter().filter(|alias| alias.archive == archive.id);
        let before: BTreeMap<&str, &str> =
            of_archive.map(|alias| (alias.name.as_str(), alias.target.as_str())).collect();
        let wanted = wanted(archive, &distributions, &states);
        for (alias, target) in &wanted {
            if before.get(alias.as_str()) != Some(&target.as_str()) {
                set(site, lock, archive, (alias, Some(target)), report)?;
            }
        }
        let gone = before.keys().filter(|name| wanted.keys().all(|alias| alias.as_str() != **name));
        for name in gone.filter_map(|name| SuiteName::parse(name).ok()) {
            set(site, lock, archive, (&name, None), report)?;
        }
    }
    Ok(())
}

/// The aliases that an archive should have: of each suite that clients see.
fn wanted(
    archive: &Archive,
    distributions: &[Distribution],
    states: &[SuiteState],
) -> BTreeMap<SuiteName, SuiteName> {
    let own = distributions.iter().filter(|it| it.name == *archive.reference.distribution());
    let mut wanted = BTreeMap::new();
    for series in own.flat_map(|distribution| &distribution.series) {
        let seen = states.iter().filter(|state| {
            state.published && state.key.archive == archive.id && state.key.series == series.id
        });
        for pocket in seen.map(|state| state.key.pocket) {
            let Ok(target) = suite_name(&series.name, pocket) else { continue };
            let names = series.aliases.iter().filter_map(|alias| suite_name(alias, pocket).ok());
            wanted.extend(names.map(|alias| (alias, target.clone())));
        }
    }
    wanted
}

/// Changes one alias; the link first, because a record of it must not be ahead of it.
fn set(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    archive: &Archive,
    (alias, target): (&SuiteName, Option<&SuiteName>),
    report: &mut PublishReport,
) -> Result<(), PublishError> {
    let subject = || format!("{alias} of {}", archive.reference);
    let made = site.tree.alias(&archive.root(), alias, target);
    if !made.map_err(|source| PublishError::Tree { subject: subject(), source })? {
        report.warnings.push(format!("{} is no alias: something else has the name", subject()));
        return Ok(());
    }
    let noted = site.records.set_alias(archive.id, alias, target);
    noted.map_err(|source| PublishError::Records { subject: subject(), source })?;
    let target = target.map(ToString::to_string);
    let (archive, alias) = (archive.reference.to_string(), alias.to_string());
    report.aliases.push(super::report::AliasReport { archive, alias, target });
    Ok(())
}
