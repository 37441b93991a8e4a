//! What a person does with queue items.

use serde::Serialize;

use crate::model::queue::{Decision, QueueDetail, QueueId, QueueItem, QueueStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{QueueFilter, QueueRecords, RecordsError};

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A rejection without a reason helps nobody.
    #[error("say why: a rejection without a reason tells its uploader nothing")]
    NoReason,
    /// Whoever decides may not.
    #[error(transparent)]
    Denied(#[from] super::authority::Denied),
    /// The records refuse.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// Who reviews, when, and what they say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty for an acceptance.
    pub comment: String,
}

/// What became of one item of a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The item.
    pub item: QueueId,
    /// Its status now.
    pub status: QueueStatus,
}

/// The items that match, by the time at which they were received; without statuses in the filter, those that wait for
/// somebody: New, Unapproved and Accepted.
///
/// # Errors
/// The database fails.
pub fn waiting(records: &dyn QueueRecords, filter: &QueueFilter) -> Result<Vec<QueueItem>, ReviewError> {
    let mut filter = filter.clone();
    if filter.statuses.is_empty() {
        filter.statuses = vec![QueueStatus::New, QueueStatus::Unapproved, QueueStatus::Accepted];
    }
    Ok(records.queue_items(&filter)?)
}

/// One item in full.
///
/// # Errors
/// [`RecordsError::NoQueueItem`], or the database fails.
pub fn show(records: &dyn QueueRecords, item: QueueId) -> Result<QueueDetail, ReviewError> {
    Ok(records.queue_detail(item)?.ok_or(RecordsError::NoQueueItem { item })?)
}

/// Accepts an item; the next `process-accepted` makes publication records of it.
///
/// # Errors
/// [`RecordsError::NoQueueItem`], [`RecordsError::Transition`], or the database fails.
pub fn accept(records: &dyn QueueRecords, item: QueueId, choice: &Choice) -> Result<Review, ReviewError> {
    decide(records, item, QueueStatus::Accepted, choice)
}

/// Rejects an item; it can still be accepted later.
///
/// # Errors
/// [`ReviewError::NoReason`], [`RecordsError::NoQueueItem`], [`RecordsError::Transition`], or the database fails.
pub fn reject(records: &dyn QueueRecords, item: QueueId, choice: &Choice) -> Result<Review, ReviewError> {
    if choice.comment.trim().is_empty() {
        return Err(ReviewError::NoReason);
    }
    decide(records, item, QueueStatus::Rejected, choice)
}

fn decide(
    records: &dyn QueueRecords,
    item: QueueId,
    status: QueueStatus,
    choice: &Choice,
) -> Result<Review, ReviewError> {
    let Choice { who, at, comment } = choice.clone();
    records.decide(item, &Decision { status, who, at, comment })?;
    Ok(Review { item, status })
}
