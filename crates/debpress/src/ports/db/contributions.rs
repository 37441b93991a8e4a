//! Records of the files that other programs contribute to suites.

use super::RecordsError;
use crate::model::contribution::Contribution;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;

/// Records of contributed files.
pub trait ContributionRecords {
    /// Every suite that has contributed files, or is going to, by key; its files by path.
    ///
    /// # Errors
    /// The database fails.
    fn contributions(&self) -> Result<Vec<(SuiteKey, Vec<Contribution>)>, RecordsError>;

    /// Records which files are contributed to a suite from now on, in place of those before. Their objects are in the
    /// content store. The suite counts as changed if clients would see a difference; returns whether they would.
    ///
    /// # Errors
    /// The database fails, or has no such archive or series; then nothing was recorded.
    fn contribute(
        &self,
        suite: SuiteKey,
        files: &[Contribution],
        at: Timestamp,
    ) -> Result<bool, RecordsError>;
}
