//! Records of published custom files.
//!
//! They are made by [`QueueRecords::realise`](super::QueueRecords::realise), together with the publication records of
//! the same queue item, and become visible or go with [`SwitchRecords::finish_switch`](super::SwitchRecords).

use super::RecordsError;
use crate::model::custom::{CustomId, CustomPublication, NewCustomPublication};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;

/// What a queue item's custom files do to its suite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomChange {
    /// What is placed.
    pub place: Vec<NewCustomPublication>,
    /// What the next publication leaves out: older versions, and what `place` stands in for.
    pub supersede: Vec<CustomId>,
}

impl CustomChange {
    /// Whether it leaves the suite as it is.
    pub fn is_empty(&self) -> bool {
        self.place.is_empty() && self.supersede.is_empty()
    }
}

/// Records of custom files.
pub trait CustomRecords {
    /// The custom files that the suite shows or that its next publication will show, by number. What was superseded is
    /// among them as long as it is visible.
    ///
    /// # Errors
    /// The database fails.
    fn custom_publications(&self, suite: SuiteKey) -> Result<Vec<CustomPublication>, RecordsError>;

    /// Places custom files of other suites into a suite, which counts as changed: the same files of the same queue items.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the suite has the directory of one of them, in its version; or the database fails;
    /// then nothing has changed.
    fn copy_custom(&self, suite: SuiteKey, from: &[CustomId], at: Timestamp) -> Result<(), RecordsError>;
}
