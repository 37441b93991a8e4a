//! The queue: a person or a rule decides about uploads that were believed.
//!
//! ```text
//! authority  who may decide
//! review     what waits; one item in full; accept and reject
//! process    accepted items become publication records, each by itself
//! ```
//! Decisions only add records and need no lock. Making publication records does: the publisher reads them.

mod authority;
mod process;
mod review;

pub use authority::{Actor, Denied, Subject, authorise, may_decide};
pub use process::{AcceptedReport, FailedItem, ProcessedItem, process_accepted};
pub use review::{Choice, Review, ReviewError, accept, reject, show, waiting};
