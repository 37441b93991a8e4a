//! Who may do what.

use std::collections::BTreeSet;

use super::{MemoryRecords, State, missing};
use crate::model::permission::{PackageSet, Permission, Rights};
use crate::model::suite::SeriesId;
use crate::model::time::Timestamp;
use crate::ports::db::{RecordsError, RightsRecords};

impl RightsRecords for MemoryRecords {
    fn rights(&self) -> Result<Rights, RecordsError> {
        Ok(self.look(|state| state.rights.clone()))
    }

    fn grant(&self, permission: &Permission, _by: &str, _at: Timestamp) -> Result<bool, RecordsError> {
        self.change(|state| state.grant(permission, "record a permission"))
    }

    fn revoke(&self, permission: &Permission) -> Result<bool, RecordsError> {
        self.change(|state| {
            let permissions = &mut state.rights.permissions;
            let before = permissions.len();
            permissions.retain(|known| known != permission);
            Ok(permissions.len() < before)
        })
    }

    fn set_team(&self, team: &str, members: &BTreeSet<String>) -> Result<(), RecordsError> {
        self.change(|state| {
            state.rights.teams.remove(team);
            if !members.is_empty() {
                state.rights.teams.insert(team.to_owned(), members.clone());
            }
            Ok(())
        })
    }

    fn set_package_set(&self, set: &PackageSet) -> Result<(), RecordsError> {
        self.change(|state| {
            state.check_series(set.series, "record a package set")?;
            state.rights.sets.retain(|known| (known.series, &known.name) != (set.series, &set.name));
            state.rights.sets.push(set.clone());
            state.rights.sets.sort();
            Ok(())
        })
    }

    fn remove_package_set(&self, series: SeriesId, name: &str) -> Result<bool, RecordsError> {
        self.change(|state| {
            let before = state.rights.sets.len();
            state.rights.sets.retain(|known| known.series != series || known.name != name);
            Ok(state.rights.sets.len() < before)
        })
    }
}

impl State {
    /// Records a permission; `false`: it was there.
    pub(super) fn grant(
        &mut self,
        permission: &Permission,
        operation: &'static str,
    ) -> Result<bool, RecordsError> {
        if let Some(archive) = permission.scope.archive {
            self.check_archive(archive, operation)?;
        }
        if let Some(series) = permission.scope.series {
            self.check_series(series, operation)?;
        }
        let known = &mut self.rights.permissions;
        if known.contains(permission) {
            return Ok(false);
        }
        known.push(permission.clone());
        known.sort();
        Ok(true)
    }

    pub(super) fn check_series(&self, series: SeriesId, operation: &'static str) -> Result<(), RecordsError> {
        let mut all = self.distributions.iter().flat_map(|distribution| &distribution.series);
        if all.any(|known| known.id == series) {
            return Ok(());
        }
        Err(missing(operation, format!("series {}", series.0)))
    }
}
