//! Who may do what.

use std::collections::BTreeSet;

use super::RecordsError;
use crate::model::permission::{PackageSet, Permission, Rights};
use crate::model::suite::SeriesId;
use crate::model::time::Timestamp;

/// Records of permissions, teams and package sets.
pub trait RightsRecords {
    /// All that is recorded about who may do what.
    ///
    /// # Errors
    /// The database fails.
    fn rights(&self) -> Result<Rights, RecordsError>;

    /// Records a permission; `false`: it was there.
    ///
    /// # Errors
    /// The database fails, or has no such archive or series.
    fn grant(&self, permission: &Permission, by: &str, at: Timestamp) -> Result<bool, RecordsError>;

    /// Takes a permission back; `false`: it was not there.
    ///
    /// # Errors
    /// The database fails.
    fn revoke(&self, permission: &Permission) -> Result<bool, RecordsError>;

    /// Gives a team these members instead of those that it had; a team without members is none.
    ///
    /// # Errors
    /// The database fails.
    fn set_team(&self, team: &str, members: &BTreeSet<String>) -> Result<(), RecordsError>;

    /// Records a package set instead of the one of that name in the series.
    ///
    /// # Errors
    /// The database fails, or has no such series.
    fn set_package_set(&self, set: &PackageSet) -> Result<(), RecordsError>;

    /// Removes a package set; `false`: there was none. Permissions that name it stay, and give nothing.
    ///
    /// # Errors
    /// The database fails.
    fn remove_package_set(&self, series: SeriesId, name: &str) -> Result<bool, RecordsError>;
}
