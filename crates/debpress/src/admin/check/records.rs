//! The records themselves: are they sound, and is a publication open?

use debfmt::names::SuiteName;

use super::codes::{JOURNAL_OPEN, RECORDS_DAMAGED};
use super::{CheckError, CheckReport, CheckSite};
use crate::model::archive::ArchiveId;
use crate::model::suite::{Distribution, SuiteKey, suite_name};
use crate::ports::db::{SuiteState, Switch};

/// How the records as a whole are named.
pub(super) const DATABASE: &str = "database";

/// Whether the store of the records finds itself sound.
pub(super) fn integrity(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<bool, CheckError> {
    let problems = site.records.integrity_problems();
    let problems =
        problems.map_err(|source| CheckError::Records { subject: "the records".to_owned(), source })?;
    let sound = problems.is_empty();
    for problem in problems {
        let message = format!("{problem}; stop publishing and restore the database from a backup");
        report.add(RECORDS_DAMAGED, DATABASE, message);
    }
    Ok(sound)
}

/// The open journal, if there is one.
pub(super) fn journal(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<Option<Switch>, CheckError> {
    let open = site.records.open_switch();
    let open = open.map_err(|source| CheckError::Records { subject: "the journal".to_owned(), source })?;
    if let Some(switch) = &open {
        let suites: Vec<_> =
            switch.suites.iter().map(|suite| format!("{}/dists/{}", suite.root, suite.name)).collect();
        let message = format!(
            "the publication made at {} is not recorded as visible: it is being made visible right now, or it was \
             interrupted; then `debpress publish-distro` finishes it",
            switch.at
        );
        report.add(JOURNAL_OPEN, suites.join(", "), message);
    }
    Ok(open)
}

/// A suite that is published.
pub(super) struct PublishedSuite {
    /// Its key.
    pub(super) key: SuiteKey,
    /// Its name.
    pub(super) name: SuiteName,
}

/// How all suites stand.
pub(super) struct Suites {
    states: Vec<SuiteState>,
    distributions: Vec<Distribution>,
}

impl Suites {
    pub(super) fn read(site: &CheckSite<'_>) -> Result<Self, CheckError> {
        let failed = |source| CheckError::Records { subject: "the suites".to_owned(), source };
        let states = site.records.suite_states().map_err(failed)?;
        let distributions = site.records.distributions().map_err(failed)?;
        Ok(Self { states, distributions })
    }

    /// The suites of the archive in which something may wait to be published: also where nothing has changed, for an
    /// architecture that is disabled or for packages that belong to it.
    pub(super) fn of_archive(&self, archive: ArchiveId) -> Vec<SuiteKey> {
        let own = self.states.iter().filter(|state| state.key.archive == archive);
        own.map(|state| state.key).collect()
    }

    /// The published suites of the archive.
    pub(super) fn published(&self, archive: ArchiveId) -> Result<Vec<PublishedSuite>, CheckError> {
        let published = self.states.iter().filter(|state| state.key.archive == archive && state.published);
        let series = |key: SuiteKey| {
            let mut all = self.distributions.iter().flat_map(|distribution| &distribution.series);
            all.find(|series| series.id == key.series)
        };
        // A suite without a series is a reference to nothing, which the integrity check reports.
        let named = published.filter_map(|state| series(state.key).map(|series| (state.key, series)));
        named
            .map(|(key, series)| {
                let name = suite_name(&series.name, key.pocket);
                let failed = |source| CheckError::Name { series: series.name.to_string(), source };
                name.map(|name| PublishedSuite { key, name }).map_err(failed)
            })
            .collect()
    }
}
