//! Second names of suites that clients see.

use debfmt::names::SuiteName;

use super::RecordsError;
use crate::model::archive::ArchiveId;

/// An alias of a suite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuiteAlias {
    /// The archive.
    pub archive: ArchiveId,
    /// The second name.
    pub name: String,
    /// The suite that it means.
    pub target: String,
}

/// Records of aliases.
pub trait AliasRecords {
    /// Every alias that was made, by archive and name.
    ///
    /// # Errors
    /// The database fails.
    fn aliases(&self) -> Result<Vec<SuiteAlias>, RecordsError>;

    /// Notes that an alias means another suite now; `None`: that it is gone.
    ///
    /// # Errors
    /// The database fails.
    fn set_alias(
        &self,
        archive: ArchiveId,
        name: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<(), RecordsError>;
}
