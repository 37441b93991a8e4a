//! What a person does with queue items.

use serde::Serialize;

use super::told::{self, Audience};
use crate::model::archive::Archive;
use crate::model::queue::{Decision, QueueDetail, QueueId, QueueItem, QueueStatus};
use crate::model::suite::Series;
use crate::model::time::Timestamp;
use crate::ports::db::{QueueFilter, Records, RecordsError};
use crate::upload::checks;
use crate::upload::reason::{COMPONENT_UNKNOWN, Reason, VERSION_TAKEN};

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// A rejection without a reason helps nobody.
    #[error("say why: a rejection without a reason tells its uploader nothing")]
    NoReason,
    /// The item cannot be accepted as things are.
    #[error("queue item {item} cannot be accepted: {}", sentences(.reasons))]
    Refused {
        /// The item.
        item: QueueId,
        /// Everything that stands against it.
        reasons: Vec<Reason>,
    },
    /// An override names a package that the item does not have.
    #[error("queue item {item} has no package {package}; it has {}", .known.join(", "))]
    NoPackage {
        /// The item.
        item: QueueId,
        /// The name asked for.
        package: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Nothing is wrong with the item.
    #[error("queue item {item} has not failed: process-accepted takes it when it is accepted")]
    NotFailing {
        /// The item.
        item: QueueId,
    },
    /// Nothing to change was named.
    #[error("say what to change: --component, --section or --priority")]
    NoChange,
    /// Whoever decides may not.
    #[error(transparent)]
    Denied(#[from] super::authority::Denied),
    /// The records refuse.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

fn sentences(reasons: &[Reason]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
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
    /// Everybody who can be told by mail; `None`: nobody is.
    pub audience: Option<Audience>,
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
pub fn waiting(records: &dyn Records, filter: &QueueFilter) -> Result<Vec<QueueItem>, ReviewError> {
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
pub fn show(records: &dyn Records, item: QueueId) -> Result<QueueDetail, ReviewError> {
    Ok(records.queue_detail(item)?.ok_or(RecordsError::NoQueueItem { item })?)
}

/// Whether an item could be accepted now: its status allows it, its suite may change, its components are the series',
/// and nobody has taken its source version meanwhile (behaviour map 4.2). Changes nothing.
///
/// # Errors
/// [`ReviewError::Refused`], [`RecordsError::NoQueueItem`], [`RecordsError::Transition`], or the database fails.
pub fn may_accept(records: &dyn Records, item: QueueId) -> Result<Review, ReviewError> {
    let detail = show(records, item)?;
    let (from, to) = (detail.item.status, QueueStatus::Accepted);
    if !from.may_become(to) {
        return Err(RecordsError::Transition { item, from, to }.into());
    }
    let place = place_of(records, &detail.item)?;
    let mut reasons = Vec::new();
    if let Some((archive, series)) = &place {
        reasons.extend(checks::suite::check(archive, series, detail.item.suite.pocket));
        reasons.extend(foreign_components(&detail, series));
    }
    reasons.extend(taken(records, &detail)?);
    if reasons.is_empty() {
        Ok(Review { item, status: to })
    } else {
        Err(ReviewError::Refused { item, reasons })
    }
}

/// Accepts an item; the next `process-accepted` makes publication records of it.
///
/// # Errors
/// As for [`may_accept`]; and [`RecordsError::FileConflict`] when another upload has taken one of its file names.
pub fn accept(records: &dyn Records, item: QueueId, choice: &Choice) -> Result<Review, ReviewError> {
    may_accept(records, item)?;
    decide(records, item, QueueStatus::Accepted, choice)
}

/// Lets an accepted item that has failed be tried again; the next `process-accepted` does.
///
/// # Errors
/// [`ReviewError::NotFailing`], [`RecordsError::NoQueueItem`], or the database fails.
pub fn retry(records: &dyn Records, item: QueueId) -> Result<Review, ReviewError> {
    let status = show(records, item)?.item.status;
    match records.forget_failure(item)? {
        true => Ok(Review { item, status }),
        false => Err(ReviewError::NotFailing { item }),
    }
}

/// Rejects an item; it can still be accepted later.
///
/// # Errors
/// [`ReviewError::NoReason`], [`RecordsError::NoQueueItem`], [`RecordsError::Transition`], or the database fails.
pub fn reject(records: &dyn Records, item: QueueId, choice: &Choice) -> Result<Review, ReviewError> {
    if choice.comment.trim().is_empty() {
        return Err(ReviewError::NoReason);
    }
    decide(records, item, QueueStatus::Rejected, choice)
}

fn decide(
    records: &dyn Records,
    item: QueueId,
    status: QueueStatus,
    choice: &Choice,
) -> Result<Review, ReviewError> {
    let notices = match &choice.audience {
        Some(audience) => told::notices(records, &show(records, item)?, status, choice, audience)?,
        None => Vec::new(),
    };
    let (who, at, comment) = (choice.who.clone(), choice.at, choice.comment.clone());
    records.decide(item, &Decision { status, who, at, comment }, &notices)?;
    Ok(Review { item, status })
}

/// The archive and series of an item; `None` when the records know them no more.
pub(super) fn place_of(
    records: &dyn Records,
    item: &QueueItem,
) -> Result<Option<(Archive, Series)>, RecordsError> {
    let archive = records.archives()?.into_iter().find(|archive| archive.id == item.suite.archive);
    let mut all = records.distributions()?.into_iter().flat_map(|distribution| distribution.series);
    let series = all.find(|series| series.id == item.suite.series);
    Ok(archive.zip(series))
}

fn foreign_components(detail: &QueueDetail, series: &Series) -> Vec<Reason> {
    let foreign = detail.packages.iter().filter(|package| !series.components.contains(&package.component));
    let reason = |component: &str, name: &str| {
        let message =
            format!("component {component} of {name} is none of {}: override it first", series.name);
        Reason::of_upload(COMPONENT_UNKNOWN, message)
    };
    foreign.map(|package| reason(package.component.as_str(), &package.name)).collect()
}

fn taken(records: &dyn Records, detail: &QueueDetail) -> Result<Option<Reason>, RecordsError> {
    let QueueItem { id, suite, .. } = &detail.item;
    let Some(source) = detail.packages.iter().find(|package| package.architecture == "source") else {
        return Ok(None);
    };
    let (Ok(name), Ok(version)) = (source.name.parse(), source.version.parse()) else { return Ok(None) };
    let place = records.source_taken(suite.archive, &name, &version, Some(*id))?;
    Ok(place.map(|place| {
        let message = format!("the archive has taken {name} {version} {place}: a version is used once");
        Reason::of_upload(VERSION_TAKEN, message)
    }))
}
