//! The records themselves: are they sound, and is a publication open?

use debfmt::names::SuiteName;

use super::codes::{
    JOURNAL_OPEN, NOTICE_STUCK, QUEUE_EMPTY, RECORDS_COUNTER, RECORDS_DAMAGED, RECORDS_FILE, RECORDS_INDEXES,
    RECORDS_RELEASE, RECORDS_STATUS,
};
use super::{CheckError, CheckReport, CheckSite, Mend};
use crate::model::archive::ArchiveId;
use crate::model::notice::NoticeState;
use crate::model::suite::{Distribution, SuiteKey, suite_name};
use crate::ports::db::{Contradiction, ContradictionKind, NoticeFilter, SuiteState, Switch};

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
        report.add_for(JOURNAL_OPEN, suites.join(", "), message, Mend::Journal);
    }
    Ok(open)
}

/// How many records of each kind are named; one cause has often damaged many.
const NAMED: usize = 100;

/// Where records contradict one another, and notices that nobody sends.
pub(super) fn contradictions(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<(), CheckError> {
    let failed = |source| CheckError::Records { subject: "the records".to_owned(), source };
    for found in site.records.contradictions(NAMED).map_err(failed)? {
        let Contradiction { kind, subject, fault } = found;
        let (code, way_out, mend) = way_out(kind);
        report.add_for(code, format_args!("{DATABASE}: {subject}"), format!("{fault}; {way_out}"), mend);
    }
    let waiting = NoticeFilter { states: vec![NoticeState::Waiting], limit: None };
    let waiting = site.records.notices(&waiting).map_err(failed)?;
    for notice in waiting.iter().filter(|notice| notice.attempts > 0 && site.is_old(notice.due)) {
        let message = format!(
            "it was due at {}, and nobody has tried since: mend what `debpress mail list` names, then `debpress mail retry`",
            notice.due
        );
        report.add(NOTICE_STUCK, format_args!("notice {}", notice.id), message);
    }
    Ok(())
}

fn way_out(kind: ContradictionKind) -> (&'static str, &'static str, Mend) {
    let restore = "somebody else has changed the database: restore it from a backup";
    match kind {
        ContradictionKind::Release => (RECORDS_RELEASE, restore, Mend::Nothing),
        ContradictionKind::FileName => (RECORDS_FILE, restore, Mend::Nothing),
        ContradictionKind::Counter => (
            RECORDS_COUNTER,
            "what is accepted for it would not be published; `debpress check --repair` mends it",
            Mend::Counters,
        ),
        ContradictionKind::Indexes => {
            (RECORDS_INDEXES, "publish it again with `debpress publish-distro --careful`", Mend::Nothing)
        }
        ContradictionKind::Buried | ContradictionKind::Status => (RECORDS_STATUS, restore, Mend::Nothing),
        ContradictionKind::EmptyItem => {
            (QUEUE_EMPTY, "reject it with `debpress queue reject`, and upload again", Mend::Nothing)
        }
    }
}

/// A suite that is published.
pub(super) struct PublishedSuite {
    /// Its key.
    pub(super) key: SuiteKey,
    /// Its name.
    pub(super) name: SuiteName,
}

impl PublishedSuite {
    /// That it is published again.
    pub(super) fn mend(&self, root: &str) -> Mend {
        Mend::Publish { suite: self.key, root: root.to_owned(), name: self.name.clone() }
    }
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
