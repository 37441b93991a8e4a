//! What a run judges, and what can come of it.

use debfmt::names::FileName;

use super::intake::IntakeError;
use super::process::UploadError;
use super::reason::Reason;
use crate::model::notice::NewNotice;
use crate::model::queue::{QueueId, QueueStatus};
use crate::ports::db::RecordsError;
use crate::ports::incoming::{Arrival, Claim, IncomingError, Place};
use crate::ports::objects::ObjectError;
use crate::ports::shortage::Shortage;

/// An upload to be judged.
pub(super) struct Upload<'a> {
    /// Where its files are read.
    pub(super) files: Place<'a>,
    /// What people call it.
    pub(super) shown: String,
    /// The target directory that it lay in.
    pub(super) path: &'a str,
    /// Whether it may have been filed before, without being moved to its end: by a run that died, or that kept it.
    pub(super) filed_before: bool,
}

impl<'a> Upload<'a> {
    /// One that belongs to this run.
    pub(super) fn claimed(claim: &'a Claim) -> Self {
        let filed_before = claim.inherited;
        Self { files: Place::Claimed(claim), shown: claim.shown(), path: &claim.path, filed_before }
    }

    /// One that stays where it is; `kept`: also after it was filed.
    pub(super) fn arrived(arrival: &'a Arrival, kept: bool) -> Self {
        let files = Place::Arrived(arrival);
        Self { files, shown: arrival.shown(), path: &arrival.path, filed_before: kept }
    }
}

/// Why an upload could not be judged.
#[derive(Debug)]
pub(super) enum Fault {
    /// Something in it cannot be read; trying again would end the same way.
    Upload(Box<dyn std::error::Error + Send + Sync>),
    /// The site fails; the upload may be good.
    Site(UploadError),
}

impl From<IncomingError> for Fault {
    fn from(error: IncomingError) -> Self {
        match Shortage::behind(&error) {
            // A place on the disk that cannot be read: it cannot be read later either.
            None | Some(Shortage::Disk) => Self::Upload(Box::new(error)),
            // The machine lacks something; the upload does not.
            Some(_) => Self::Site(error.into()),
        }
    }
}

impl From<RecordsError> for Fault {
    fn from(error: RecordsError) -> Self {
        Self::Site(error.into())
    }
}

impl From<ObjectError> for Fault {
    fn from(error: ObjectError) -> Self {
        Self::Site(error.into())
    }
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Store { source, .. } => source.into(),
            IntakeError::Read { .. } | IntakeError::Refused(_) => Self::Upload(Box::new(error)),
        }
    }
}

/// What became of a .changes.
pub(super) enum Verdict {
    /// It is in the queue.
    Filed(Filed),
    /// It is refused.
    Refused(Refused),
}

/// Why a .changes is refused, and what is told of it.
pub(super) struct Refused {
    pub(super) reasons: Vec<Reason>,
    pub(super) notices: Vec<NewNotice>,
}

impl Verdict {
    /// Refused, and there is nobody to tell.
    pub(super) fn refused(reasons: Vec<Reason>) -> Self {
        Self::Refused(Refused { reasons, notices: Vec::new() })
    }
}

/// How a .changes came into the queue.
pub(super) enum Entered {
    /// This run has filed it.
    Now(QueueId, QueueStatus),
    /// An earlier run has.
    Before(QueueId),
    /// This run would have, if it filed anything.
    NotReally(QueueStatus),
}

/// A .changes that is in the queue, or would be.
pub(super) struct Filed {
    pub(super) entered: Entered,
    pub(super) source: String,
    pub(super) version: String,
    pub(super) uploader: String,
    /// The files that it names.
    pub(super) files: Vec<FileName>,
    /// What is not wrong enough to refuse it.
    pub(super) warnings: Vec<String>,
}

/// What a run does with an upload that nothing is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is filed.
    Files,
    /// Nothing.
    None,
}
