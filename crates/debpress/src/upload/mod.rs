//! Uploads: bytes arrive, and are believed or not.
//!
//! ```text
//! receive    what has arrived, and whether its sender has finished
//! verify     who signed; from here on only signed text is read
//! target     which archive it is for
//! contents   every file read once, straight into the content store
//! checks     what is wrong with it: all of it, not only the first
//! enter      the queue item of an upload that is believed
//! process    the order of these, and where each upload ends
//! ```
//!
//! An upload belongs to one run, which has moved it out of incoming ([`crate::ports::incoming`]). Then, in this order:
//! its files go into the content store and are made durable; the queue item is committed; the upload is moved to
//! `accepted/`. A crash before the commit leaves objects that nothing needs, and the next run judges the upload from
//! the start. A crash between commit and move leaves an upload that was filed: the next run inherits it, finds its
//! .changes recorded, and only moves it. The same .changes from anywhere else is a replay, and refused.
//!
//! When the content store or the database fails, a run does with the upload what a crash would do: nothing. It stays
//! claimed, and the next run inherits it.

pub mod checks;
mod contents;
pub mod custom;
mod enter;
pub mod intake;
mod judge;
pub mod package;
mod process;
pub mod reason;
mod receive;
mod report;
pub mod source;
mod target;
mod verify;

/// How much memory, in bytes, the lists of files of one upload's packages may take together: enough for every package
/// of a real upload, and the bound of what a made-up one can take.
pub const LISTED_BYTES: usize = 128 * 1024 * 1024;

pub use process::{UploadError, UploadSettings, UploadSite, process_uploads};
pub use report::{AcceptedUpload, FailedUpload, RejectedUpload, UploadReport};
