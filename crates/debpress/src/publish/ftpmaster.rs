//! `publish-ftpmaster`: the accepted queue and the publication, under one lock.

use serde::Serialize;

use super::{PublishError, PublishReport, PublishSite, Selection, publish_distro};
use crate::lock::PublisherLock;
use crate::ports::db::RecordsError;
use crate::queue::{AcceptSite, AcceptedReport, process_accepted};

/// What a run did.
#[derive(Debug, Serialize)]
pub struct FtpmasterReport {
    /// What became of accepted queue items.
    pub accepted: AcceptedReport,
    /// What was published.
    pub published: PublishReport,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum FtpmasterError {
    /// The queue could not be read.
    #[error("cannot process accepted queue items")]
    Queue(#[source] RecordsError),
    /// The publication failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Turns accepted queue items into publication records and publishes what has changed.
///
/// # Errors
/// The records cannot be read, or the publication fails, see [`publish_distro`]. A queue item that cannot be
/// processed is reported and stops nothing.
pub fn publish_ftpmaster(
    site: &PublishSite<'_>,
    queue: &AcceptSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
) -> Result<FtpmasterReport, FtpmasterError> {
    let accepted = process_accepted(queue, lock, &selection.archives).map_err(FtpmasterError::Queue)?;
    let published = publish_distro(site, lock, selection)?;
    Ok(FtpmasterReport { accepted, published })
}
