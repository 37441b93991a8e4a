//! `publish-ftpmaster`: everything that a distribution needs from time to time, under one lock (behaviour map 2.2).
//!
//! ```text
//! recover    a publication that a crash interrupted goes forward first
//! fresh      suites of a frozen series that were never published: what they take over of the custom uploads of the series
//!            before it, their indexes, empty or not, and nothing else this time
//! accepted   accepted queue items become publication records
//! security   what goes to -security, before anything that takes longer
//! all        the primary, partner and debug archives
//! ```
//! Where nothing has changed, nothing is switched and no time is lost: a pass over nothing is no pass.

use std::collections::BTreeSet;

use debfmt::names::DistributionName;
use serde::Serialize;

use super::inherit::inherit;
use super::interrupted;
use super::{Guard, PublishError, PublishReport, PublishSite, Selection, publish_distro};
use crate::lock::PublisherLock;
use crate::model::archive::{Archive, ArchiveId, Purpose};
use crate::model::run::Ran;
use crate::model::suite::{Distribution, Pocket, Series, SeriesStatus, SuiteKey};
use crate::ports::db::{RecordsError, SuiteState};
use crate::queue::{AcceptSite, AcceptedReport, process_accepted};

/// The archives of a distribution that a run publishes.
pub const MASTER: [Purpose; 3] = [Purpose::Primary, Purpose::Partner, Purpose::Debug];

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub struct FtpmasterReport {
    /// Distributions with suites that were published for the first time, and where nothing else was done.
    pub fresh: Vec<String>,
    /// Custom uploads that such suites have taken over, as `main/installer-amd64/1.0 of noble into plucky`.
    pub inherited: Vec<String>,
    /// What became of accepted queue items.
    pub accepted: AcceptedReport,
    /// What was published.
    pub published: PublishReport,
}

impl Ran for FtpmasterReport {
    fn changes(&self) -> u64 {
        self.accepted.changes().saturating_add(self.published.changes())
    }

    fn trouble(&self) -> Vec<String> {
        [self.accepted.trouble(), self.published.trouble()].concat()
    }

    fn speaks(&self) -> bool {
        !self.fresh.is_empty() || self.published.speaks()
    }
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum FtpmasterError {
    /// The queue could not be read.
    #[error("cannot process accepted queue items")]
    Queue(#[source] RecordsError),
    /// The records could not be read.
    #[error("cannot read what the distributions have")]
    Records(#[from] RecordsError),
    /// The publication failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What a run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct FtpmasterRun {
    /// The distributions, one after the other.
    pub distributions: Vec<DistributionName>,
    /// Only what goes to -security.
    pub security_only: bool,
    /// What is meant although it looks like a mistake.
    pub allow: BTreeSet<Guard>,
}

/// Does everything that the distributions need.
///
/// # Errors
/// The records cannot be read, or no publication can begin, see [`publish_distro`]. A queue item that cannot be
/// processed and an archive that cannot be published are reported, and stop nothing.
pub fn publish_ftpmaster(
    site: &PublishSite<'_>,
    queue: &AcceptSite<'_>,
    lock: &PublisherLock,
    run: &FtpmasterRun,
) -> Result<FtpmasterReport, FtpmasterError> {
    let mut report = FtpmasterReport::default();
    interrupted::finish(site, lock, &mut report.published)?;
    let archives = site.records.archives()?;
    let distributions = site.records.distributions()?;
    for distribution in distributions.iter().filter(|known| run.distributions.contains(&known.name)) {
        let work = Work { site, queue, lock, distribution, archives: &archives };
        work.run(run, &mut report)?;
    }
    Ok(report)
}

struct Work<'a> {
    site: &'a PublishSite<'a>,
    queue: &'a AcceptSite<'a>,
    lock: &'a PublisherLock,
    distribution: &'a Distribution,
    archives: &'a [Archive],
}

impl Work<'_> {
    fn run(&self, run: &FtpmasterRun, report: &mut FtpmasterReport) -> Result<(), FtpmasterError> {
        let only = |archives, suites| {
            let allow = run.allow.clone();
            Selection { archives, suites, allow, ..Selection::default() }
        };
        let primary = self.archives_of(&[Purpose::Primary]);
        let fresh = self.fresh(&primary, &self.site.records.suite_states()?);
        if !fresh.is_empty() {
            report.inherited.extend(self.inherit(&fresh)?);
            report.fresh.push(self.distribution.name.to_string());
            return self
                .publish(Selection { archives: primary, suites: fresh, ..Selection::default() }, report);
        }
        let all = self.archives_of(&MASTER);
        // None named would be all of the site.
        if all.is_empty() {
            return Ok(());
        }
        let name = format!("accepted queue of {}", self.distribution.name);
        let work = || process_accepted(self.queue, self.lock, &all);
        let accepted = self.site.timed(&mut report.published.phases, name, work);
        let accepted = accepted.map_err(FtpmasterError::Queue)?;
        report.accepted.add(accepted);
        let security = security(&primary, &self.site.records.suite_states()?);
        if !security.is_empty() {
            self.publish(only(primary, security), report)?;
        }
        if run.security_only {
            return Ok(());
        }
        self.publish(only(all, Vec::new()), report)
    }

    fn publish(&self, selection: Selection, report: &mut FtpmasterReport) -> Result<(), FtpmasterError> {
        report.published.add(publish_distro(self.site, self.lock, &selection)?);
        Ok(())
    }

    /// The distribution's published archives of these purposes.
    fn archives_of(&self, purposes: &[Purpose]) -> Vec<ArchiveId> {
        let own = self.archives.iter().filter(|archive| {
            *archive.reference.distribution() == self.distribution.name
                && purposes.contains(&archive.reference.purpose())
                && archive.published
        });
        own.map(|archive| archive.id).collect()
    }

    /// Lets the fresh release suites take over what they can of the custom uploads of the series before theirs, or of the
    /// one that theirs is derived from.
    fn inherit(&self, fresh: &[SuiteKey]) -> Result<Vec<String>, FtpmasterError> {
        let mut told = Vec::new();
        for to in fresh.iter().filter(|key| key.pocket == Pocket::Release) {
            let Some((from, source, series)) = self.origin(*to)? else { continue };
            let taken = inherit(self.site.records, self.lock, (from, *to), series, self.site.now)?;
            told.extend(taken.iter().map(|it| format!("{it} of {source} into {}", series.name)));
        }
        Ok(told)
    }

    /// The suite from which a release suite takes over, the name of its series, and the series that takes.
    fn origin(&self, to: SuiteKey) -> Result<Option<(SuiteKey, String, &Series)>, FtpmasterError> {
        let all = &self.distribution.series;
        let Some(place) = all.iter().position(|series| series.id == to.series) else { return Ok(None) };
        let Some(series) = all.get(place) else { return Ok(None) };
        if let Some(before) = place.checked_sub(1).and_then(|before| all.get(before)) {
            return Ok(Some((SuiteKey { series: before.id, ..to }, before.name.to_string(), series)));
        }
        let distributions = self.site.records.distributions()?;
        let parent = distributions.iter().find_map(|distribution| {
            let parent = distribution.series.iter().find(|it| Some(it.id) == series.parent)?;
            let archive = self.archives.iter().find(|archive| {
                *archive.reference.distribution() == distribution.name
                    && archive.reference.purpose() == Purpose::Primary
            })?;
            let from = SuiteKey { archive: archive.id, series: parent.id, ..to };
            Some((from, format!("{}/{}", distribution.name, parent.name)))
        });
        Ok(parent.map(|(from, name)| (from, name, series)))
    }

    /// The suites of frozen series that were never published. New series are frozen, so that they can be set up in
    /// peace; clients and mirrors then find all pockets from the first day.
    fn fresh(&self, primary: &[ArchiveId], states: &[SuiteState]) -> Vec<SuiteKey> {
        let frozen = self.distribution.series.iter().filter(|series| series.status == SeriesStatus::Frozen);
        let suites = frozen.flat_map(|series| {
            let of_archive = |archive: &ArchiveId| {
                let archive = *archive;
                Pocket::ALL.map(|pocket| SuiteKey { archive, series: series.id, pocket })
            };
            primary.iter().flat_map(of_archive).collect::<Vec<_>>()
        });
        let is_published = |key: &SuiteKey| states.iter().any(|state| state.key == *key && state.published);
        suites.filter(|key| !is_published(key)).collect()
    }
}

/// The -security suites that have a change.
fn security(primary: &[ArchiveId], states: &[SuiteState]) -> Vec<SuiteKey> {
    let keys = states.iter().filter(|state| state.is_dirty()).map(|state| state.key);
    keys.filter(|key| key.pocket == Pocket::Security && primary.contains(&key.archive)).collect()
}
