//! A world whose operations fail when they are told to: all ports that a publication uses count in one sequence.

mod ports;
mod records;
mod tree;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

pub(super) use ports::{FaultyCache, FaultyObjects, FaultySigner, FaultyStaging};
pub(super) use records::FaultyRecords;
pub(crate) use tree::FaultyTree;

/// What happens at the operation that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, and everything after it goes well.
    Once,
    /// It is done, and its caller is told that it failed; everything after it goes well.
    OnceUnheard,
    /// The process is dead from here on: this and everything after it fails.
    Dead,
    /// The same, and the operation has been done all the same.
    DeadUnheard,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Once, Self::OnceUnheard, Self::Dead, Self::DeadUnheard];
}

/// What becomes of one operation.
enum Lot {
    Done,
    Unheard,
    Failed,
}

/// Counts operations, and lets one or all that follow fail. Clones count together.
#[derive(Clone)]
pub(crate) struct Faults(Arc<(AtomicI64, Mutex<Fault>)>);

impl Default for Faults {
    fn default() -> Self {
        Self(Arc::new((AtomicI64::new(i64::MAX), Mutex::new(Fault::Dead))))
    }
}

impl Faults {
    /// The next `operations` go well; then comes the fault.
    pub(crate) fn after(&self, operations: i64, fault: Fault) {
        *self.0.1.lock().unwrap() = fault;
        self.0.0.store(operations, Ordering::SeqCst);
    }

    /// Operations that still go well.
    pub(crate) fn left(&self) -> i64 {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Everything is well again.
    pub(crate) fn mend(&self) {
        self.after(i64::MAX, Fault::Dead);
    }

    fn draw(&self) -> Lot {
        let left = self.0.0.fetch_sub(1, Ordering::SeqCst);
        let fault = *self.0.1.lock().unwrap();
        match (left, fault) {
            (1.., _) => Lot::Done,
            (0, Fault::OnceUnheard | Fault::DeadUnheard) => Lot::Unheard,
            (0, _) | (_, Fault::Dead | Fault::DeadUnheard) => Lot::Failed,
            (_, Fault::Once | Fault::OnceUnheard) => Lot::Done,
        }
    }

    /// Does one operation, or fails with that error.
    fn count<T, E>(&self, error: impl FnOnce() -> E, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        match self.draw() {
            Lot::Done => work(),
            Lot::Unheard => work().and_then(|_| Err(error())),
            Lot::Failed => Err(error()),
        }
    }
}

/// The error of a disk that has died.
fn dead() -> std::io::Error {
    std::io::Error::other("the disk has died")
}
