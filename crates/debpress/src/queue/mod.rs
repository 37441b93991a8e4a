//! The queue: a person or a rule decides about uploads that were believed.
//!
//! ```text
//! review     what waits; one item in full; accept and reject
//! process    accepted items become publication records, each by itself
//! custom     their custom files, unpacked into the content store and placed into their suite
//! ```
//! Decisions only add records and need no lock. Making publication records does: the publisher reads them.

mod custom;
mod process;
mod review;

pub use process::{AcceptSite, AcceptedReport, FailedItem, ProcessedItem, process_accepted};
pub use review::{Choice, Review, ReviewError, accept, reject, show, waiting};
