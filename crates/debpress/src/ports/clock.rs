//! The time of day.

use crate::model::time::Timestamp;

/// Tells what time it is. The edge of a command asks once and hands the answer on.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds UTC.
    fn now(&self) -> Timestamp;

    /// Milliseconds since some moment before, by a clock that nobody sets: for how long something takes.
    fn milliseconds(&self) -> u64;
}
