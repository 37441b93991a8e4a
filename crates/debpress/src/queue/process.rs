//! `process-accepted`: accepted items become publication records.
//!
//! Each item is a transaction of its own. One that fails is reported, stays Accepted, and does not keep the others. One that
//! fails again and again is held: it is shown, and tried no more until somebody says so.

use debfmt::limits::Limits;
use serde::Serialize;

use super::custom::{self, CustomError, Placing};
use crate::lock::PublisherLock;
use crate::model::archive::ArchiveId;
use crate::model::queue::{ItemFailure, QueueId, QueueItem, QueueStatus};
use crate::model::run::Ran;
use crate::model::time::Timestamp;
use crate::ports::db::{QueueFilter, Records, RecordsError};
use crate::ports::objects::Objects;
use crate::ports::shortage::in_one_line;
use crate::ports::stop::Stop;

/// Who stands in the history of an item that this makes Done.
const WHO: &str = "process-accepted";

/// An item that is Done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessedItem {
    /// The item.
    pub item: QueueId,
    /// Source name.
    pub source: String,
    /// Version text.
    pub version: String,
    /// The publication records that were made; fewer than packages where some were live already.
    pub publications: usize,
    /// The directories of custom files that were placed into the suite.
    pub custom: usize,
    /// What an administrator should know.
    pub warnings: Vec<String>,
}

/// An item that stays Accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedItem {
    /// The item.
    pub item: QueueId,
    /// Source name.
    pub source: String,
    /// Version text.
    pub version: String,
    /// Why, with every cause.
    pub error: String,
    /// How often it has failed, since somebody accepted it last.
    pub attempts: u32,
}

/// What a run of `process-accepted` did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AcceptedReport {
    /// Done now.
    pub done: Vec<ProcessedItem>,
    /// Not done, and tried again by the next run.
    pub failed: Vec<FailedItem>,
    /// Not tried any more, until somebody lets them be tried again.
    pub held: Vec<FailedItem>,
    /// The signal that has stopped the run before its end; what it did not come to stays accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<&'static str>,
}

impl AcceptedReport {
    /// What another run did, after what this one did.
    pub fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.held.extend(other.held);
        self.stopped = self.stopped.or(other.stopped);
    }
}

impl Ran for AcceptedReport {
    fn changes(&self) -> u64 {
        u64::try_from(self.done.len()).unwrap_or(u64::MAX)
    }

    fn trouble(&self) -> Vec<String> {
        let line = |item: &FailedItem| {
            format!("queue item {}, {} {}: {}", item.item, item.source, item.version, item.error)
        };
        let stopped = self.stopped.map(|signal| format!("stopped by {signal}: the next run goes on"));
        self.failed.iter().map(line).chain(stopped).collect()
    }

    fn speaks(&self) -> bool {
        false
    }
}

/// What `process-accepted` works with.
#[derive(Clone, Copy)]
pub struct AcceptSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The content store: custom files are unpacked into it.
    pub objects: &'a dyn Objects,
    /// Bounds of what is unpacked.
    pub limits: &'a Limits,
    /// After how many attempts an item that fails is held.
    pub attempts: u32,
    /// The time of this run.
    pub now: Timestamp,
    /// Whether somebody has asked to stop.
    pub stop: &'a dyn Stop,
}

/// Makes publication records of every Accepted item of these archives (none named: of all), the oldest first.
///
/// # Errors
/// The queue cannot be read. What goes wrong with a single item is in the report.
pub fn process_accepted(
    site: &AcceptSite<'_>,
    _lock: &PublisherLock,
    archives: &[ArchiveId],
) -> Result<AcceptedReport, RecordsError> {
    let (statuses, archives) = (vec![QueueStatus::Accepted], archives.to_vec());
    let filter = QueueFilter { statuses, archives, ..QueueFilter::default() };
    let mut report = AcceptedReport::default();
    let failing = site.records.failing_items()?;
    for item in site.records.queue_items(&filter)? {
        let held = failing.iter().find(|it| it.item == item.id && it.attempts >= site.attempts);
        if let Some(ItemFailure { attempts, error, .. }) = held.cloned() {
            report.held.push(failed(item, error, attempts));
            continue;
        }
        report.stopped = site.stop.asked();
        if report.stopped.is_some() {
            break;
        }
        match realise(site, &item) {
            Ok(done) => report.done.push(done),
            // Turned down by somebody since the list was made.
            Err(CustomError::Records(RecordsError::Transition { .. })) => {}
            Err(error) => {
                let error = in_one_line(&error);
                // Where not even that can be noted, it is tried again.
                let noted = site.records.item_failed(item.id, &error, site.attempts, site.now);
                report.failed.push(failed(item, error, noted.unwrap_or(1)));
            }
        }
    }
    Ok(report)
}

fn failed(item: QueueItem, error: String, attempts: u32) -> FailedItem {
    let QueueItem { id, source, version, .. } = item;
    FailedItem { item: id, source, version, error, attempts }
}

fn realise(site: &AcceptSite<'_>, item: &QueueItem) -> Result<ProcessedItem, CustomError> {
    let Placing { change, warnings } = custom::place(site, item)?;
    let publications = site.records.realise(item.id, &change, WHO, site.now)?;
    Ok(ProcessedItem {
        item: item.id,
        source: item.source.clone(),
        version: item.version.clone(),
        publications,
        custom: change.place.len(),
        warnings,
    })
}

/// An error with all its causes in one line.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    in_one_line(error)
}
