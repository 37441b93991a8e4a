//! `process-accepted`: accepted items become publication records.
//!
//! Each item is a transaction of its own. One that fails is reported, stays Accepted, and does not keep the others.

use serde::Serialize;

use crate::lock::PublisherLock;
use crate::model::archive::ArchiveId;
use crate::model::queue::{QueueId, QueueItem, QueueStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{CustomChange, QueueFilter, QueueRecords, RecordsError};

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
}

/// What a run of `process-accepted` did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AcceptedReport {
    /// Done now.
    pub done: Vec<ProcessedItem>,
    /// Not done.
    pub failed: Vec<FailedItem>,
}

/// Makes publication records of every Accepted item of these archives (none named: of all), the oldest first.
///
/// # Errors
/// The queue cannot be read. What goes wrong with a single item is in the report.
pub fn process_accepted(
    records: &dyn QueueRecords,
    _lock: &PublisherLock,
    archives: &[ArchiveId],
    now: Timestamp,
) -> Result<AcceptedReport, RecordsError> {
    let filter = QueueFilter { statuses: vec![QueueStatus::Accepted], archives: archives.to_vec() };
    let mut report = AcceptedReport::default();
    for QueueItem { id: item, source, version, .. } in records.queue_items(&filter)? {
        match records.realise(item, &CustomChange::default(), WHO, now) {
            Ok(publications) => report.done.push(ProcessedItem { item, source, version, publications }),
            // Turned down by somebody since the list was made.
            Err(RecordsError::Transition { .. }) => {}
            Err(error) => {
                let error = with_causes(&error);
                report.failed.push(FailedItem { item, source, version, error });
            }
        }
    }
    Ok(report)
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
