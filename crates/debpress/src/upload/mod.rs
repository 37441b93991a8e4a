//! Uploads: bytes arrive, and are believed or not.
//!
//! ```text
//! receive    what has arrived, and whether its sender has finished
//! policy     what is asked of it, by where it comes from
//! verify     who signed; from here on only signed text is read
//! target     which archive it is for
//! contents   every file read once, straight into the content store
//! checks     what is wrong with it: all of it, not only the first
//! approval   whether a person must look at it
//! enter      the queue item of an upload that is believed
//! ending     where each upload goes then
//! process    the order of these
//! ```
//!
//! An upload belongs to one run, which has moved it out of incoming ([`crate::ports::incoming`]). Then, in this order:
//! its files go into the content store and are made durable; the queue item is committed; the upload is moved to
//! `accepted/`. A crash before the commit leaves objects that nothing needs, and the next run judges the upload from
//! the start. A crash between commit and move leaves an upload that was filed: the next run inherits it, finds its
//! .changes recorded, and only moves it. The same .changes from anywhere else is a replay, and refused.
//!
//! A run that keeps uploads where they are claims nothing. It files what is good; the .changes that is recorded then tells
//! the next such run that it was there before. A rehearsal is the same without filing, into a content store that is
//! thrown away ([`rehearse_uploads`]).
//!
//! When the content store or the database fails, or the machine lacks room or open files, a run does with the upload what
//! a crash would do: nothing. It stays claimed, and the next run inherits it.

pub mod approval;
pub mod checks;
mod contents;
pub mod custom;
mod ending;
mod enter;
mod examine;
mod held;
pub mod intake;
mod judge;
pub mod package;
mod policy;
mod process;
pub mod reason;
mod receive;
mod refusal;
mod rehearse;
mod report;
pub mod source;
mod target;
mod tell;
mod verdict;
mod verify;
mod weigh;

/// How much memory, in bytes, the lists of files of one upload's packages may take together: enough for every package
/// of a real upload, and the bound of what a made-up one can take.
pub const LISTED_BYTES: usize = 128 * 1024 * 1024;

pub use policy::{UploadContext, UploadPolicy};
pub use process::{UploadError, UploadSettings, UploadSite, process_uploads, rehearse_uploads};
pub use report::{AcceptedUpload, FailedUpload, PassedUpload, RejectedUpload, UploadReport, UploadWarning};
