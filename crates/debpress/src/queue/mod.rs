//! The queue: a person or a rule decides about uploads that were believed.
//!
//! ```text
//! authority  who may decide
//! review     what waits; one item in full; accept and reject
//! compare    what an item would change
//! overrides  where its packages will be placed
//! told       what people hear of a decision
//! process    accepted items become publication records, each by itself
//! custom     their custom files, unpacked into the content store and placed into their suite
//! ```
//! Decisions only add records and need no lock. Making publication records does: the publisher reads them.

mod authority;
mod compare;
mod custom;
mod overrides;
mod process;
mod review;
mod told;

pub use authority::{Actor, Denied, Subject, authorise, may_decide};
pub use compare::{Comparison, FieldChange, compare, comparison};
pub use overrides::{Only, Override, override_item};
pub(crate) use process::with_causes;
pub use process::{AcceptSite, AcceptedReport, FailedItem, ProcessedItem, process_accepted};
pub use review::{Choice, Review, ReviewError, accept, may_accept, reject, retry, show, waiting};
pub use told::Audience;
