//! What a run of `process-upload` did.

use serde::Serialize;

use super::reason::Reason;
use crate::model::queue::{QueueId, QueueStatus};
use crate::model::time::Timestamp;

/// A .changes that was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedUpload {
    /// The upload, as it was called in incoming.
    pub name: String,
    /// Its .changes.
    pub changes: String,
    /// The queue item.
    pub item: QueueId,
    /// Where the item stood when it was filed; `None` when an earlier run had filed it and only the move was left.
    pub status: Option<QueueStatus>,
    /// Source name and version text.
    pub source: String,
    /// Version text.
    pub version: String,
    /// Who uploaded it.
    pub uploader: String,
}

/// A .changes that would be filed by a run that is no rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedUpload {
    /// The upload, as it is called in incoming.
    pub name: String,
    /// Its .changes.
    pub changes: String,
    /// Where the item would stand.
    pub status: QueueStatus,
    /// Source name.
    pub source: String,
    /// Version text.
    pub version: String,
    /// Who uploaded it.
    pub uploader: String,
}

/// Something about an upload that somebody may want to know, and that is no reason to refuse it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UploadWarning {
    /// The upload, as it was called in incoming.
    pub name: String,
    /// What it is, in one sentence.
    pub message: String,
}

/// A .changes that was filed although another one of the same upload was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FiledChanges {
    /// Its name.
    pub(super) changes: String,
    /// The queue item.
    pub(super) item: QueueId,
}

/// An upload that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedUpload {
    /// The upload, as it was called in incoming.
    pub name: String,
    /// Where it lies now, relative to the site: where it was moved to, or where it was left.
    pub moved_to: String,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// An upload that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedUpload {
    /// The upload, as it was called in incoming.
    pub name: String,
    /// Where it lies now, relative to the site; `None` when it stays claimed and the next run tries again.
    pub moved_to: Option<String>,
    /// What went wrong, with every cause.
    pub error: String,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UploadReport {
    /// Filed into the queue.
    pub accepted: Vec<AcceptedUpload>,
    /// Good, in a rehearsal, which files nothing.
    pub passed: Vec<PassedUpload>,
    /// Refused.
    pub rejected: Vec<RejectedUpload>,
    /// Left in incoming, because their sender seems to be still writing.
    pub waiting: Vec<String>,
    /// Neither; somebody has to look.
    pub failed: Vec<FailedUpload>,
    /// What else there is to say.
    pub warnings: Vec<UploadWarning>,
}

/// `reasons.json` of a rejected or failed upload.
#[derive(Serialize)]
pub(super) struct ReasonsFile<'a> {
    /// The upload, as it was called in incoming.
    pub(super) upload: &'a str,
    /// When it was judged, RFC 3339.
    pub(super) at: String,
    /// Every reason to refuse it.
    pub(super) reasons: &'a [Reason],
    /// Those of its .changes that were filed nevertheless: only the others need sending again.
    pub(super) filed: &'a [FiledChanges],
    /// What kept it from being judged.
    pub(super) error: Option<&'a str>,
}

impl ReasonsFile<'_> {
    /// The text of the file.
    pub(super) fn new<'a>(upload: &'a str, now: Timestamp, reasons: &'a [Reason]) -> ReasonsFile<'a> {
        ReasonsFile { upload, at: now.to_string(), reasons, filed: &[], error: None }
    }

    /// JSON, for people to read as well.
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
