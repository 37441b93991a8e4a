//! What people are told, and the refusals of which they are told.

use super::RecordsError;
use crate::model::notice::{NewNotice, Notice, NoticeId, NoticeState};
use crate::model::time::Timestamp;

/// An upload that is refused, and what is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The claim of the upload, see [`Claim::id`](crate::ports::incoming::Claim::id); `None`: it was not claimed, and
    /// may be judged again.
    pub claim: Option<&'a str>,
    /// The report that goes with the upload.
    pub report: &'a str,
    /// When.
    pub at: Timestamp,
    /// What is told.
    pub notices: &'a [NewNotice],
}

/// Which notices.
#[derive(Clone, Debug, Default)]
pub struct NoticeFilter {
    /// In one of these states; none named: in any.
    pub states: Vec<NoticeState>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

/// Records of notices. Those about queue items are recorded with the decision that they tell: see
/// [`QueueRecords`](super::QueueRecords).
pub trait NoticeRecords {
    /// Records what is told of an upload that is refused. A notice that tells the same recipient what they were told
    /// before is left out. If one remains, the refusal is recorded too: from here on the claim is refused, whatever happens
    /// to the run, see [`NoticeRecords::refusal`].
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the claim is recorded already, or the database fails.
    fn refuse(&self, refusal: &Refusal<'_>) -> Result<(), RecordsError>;

    /// The report of a claim that was refused, or `None`.
    ///
    /// # Errors
    /// The database fails.
    fn refusal(&self, claim: &str) -> Result<Option<String>, RecordsError>;

    /// The first notice that was due at `due`, and counts an attempt: before `until` nobody else gets it, and then it is
    /// due again, for a sender that dies.
    ///
    /// # Errors
    /// The database fails.
    fn take_notice(&self, due: Timestamp, until: Timestamp) -> Result<Option<Notice>, RecordsError>;

    /// Notes that a notice was sent.
    ///
    /// # Errors
    /// The database fails.
    fn notice_sent(&self, id: NoticeId, at: Timestamp) -> Result<(), RecordsError>;

    /// Notes that a notice could not be sent, why, and when to try again; `retry` is `None`: never.
    ///
    /// # Errors
    /// The database fails.
    fn notice_failed(
        &self,
        id: NoticeId,
        at: Timestamp,
        error: &str,
        retry: Option<Timestamp>,
    ) -> Result<(), RecordsError>;

    /// Makes every notice due that waits or was given up, because somebody has mended what was wrong; not those that
    /// somebody is just sending. Returns how many.
    ///
    /// # Errors
    /// The database fails.
    fn retry_notices(&self, now: Timestamp) -> Result<usize, RecordsError>;

    /// Notices, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    fn notices(&self, filter: &NoticeFilter) -> Result<Vec<Notice>, RecordsError>;
}
