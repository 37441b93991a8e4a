//! Who may do what.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::names::SourceName;
use rusqlite::params;

use super::SqliteRecords;
use super::rows::{Work, maybe_parsed, parsed, text};
use crate::model::archive::ArchiveId;
use crate::model::permission::{PackageSet, Permission, Power, Rights, Scope};
use crate::model::suite::SeriesId;
use crate::model::time::Timestamp;
use crate::ports::db::{RecordsError, RightsRecords};

impl RightsRecords for SqliteRecords {
    fn rights(&self) -> Result<Rights, RecordsError> {
        self.look("read the permissions", |work| {
            let mut teams: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            work.each("SELECT team, member FROM team_member", (), |row| {
                teams.entry(row.get(0)?).or_default().insert(row.get(1)?);
                Ok(true)
            })?;
            Ok(Rights { permissions: permissions(work)?, teams, sets: package_sets(work)? })
        })
    }

    fn grant(&self, permission: &Permission, by: &str, at: Timestamp) -> Result<bool, RecordsError> {
        self.change("record a permission", |work| insert_permission(work, permission, by, at))
    }

    fn revoke(&self, permission: &Permission) -> Result<bool, RecordsError> {
        let sql = format!("DELETE FROM permission WHERE {SAME}");
        self.change("take a permission back", |work| {
            let Permission { person, power, scope } = permission;
            let values = Columns::of(scope);
            let Columns { archive, series, pocket, component, package, package_set, explicit } = values;
            let power = power.as_str();
            let gone = work.run(
                &sql,
                params![person, power, archive, series, pocket, component, package, package_set, explicit],
            )?;
            Ok(gone > 0)
        })
    }

    fn set_team(&self, team: &str, members: &BTreeSet<String>) -> Result<(), RecordsError> {
        self.change("record a team", |work| {
            work.run("DELETE FROM team_member WHERE team = ?1", [team])?;
            for member in members {
                work.run("INSERT INTO team_member (team, member) VALUES (?1, ?2)", (team, member))?;
            }
            Ok(())
        })
    }

    fn set_package_set(&self, set: &PackageSet) -> Result<(), RecordsError> {
        self.change("record a package set", |work| {
            let (series, name) = (set.series.0, set.name.as_str());
            clear_package_set(work, set.series, name)?;
            work.run("INSERT INTO package_set (series_id, name) VALUES (?1, ?2)", (series, name))?;
            for package in &set.packages {
                let sql = "INSERT INTO package_set_member (series_id, name, package) VALUES (?1, ?2, ?3)";
                work.run(sql, (series, name, package.as_str()))?;
            }
            for included in &set.includes {
                let sql = "INSERT INTO package_set_include (series_id, name, included) VALUES (?1, ?2, ?3)";
                work.run(sql, (series, name, included))?;
            }
            Ok(())
        })
    }

    fn remove_package_set(&self, series: SeriesId, name: &str) -> Result<bool, RecordsError> {
        self.change("remove a package set", |work| clear_package_set(work, series, name))
    }
}

/// The condition that a row is a permission; IS, because two bounds that are NULL are the same.
const SAME: &str = "person = ?1 AND power = ?2 AND archive_id IS ?3 AND series_id IS ?4 AND pocket IS ?5
    AND component IS ?6 AND package IS ?7 AND package_set IS ?8 AND explicit = ?9";

/// The bounds of a permission as columns.
struct Columns<'a> {
    archive: Option<i64>,
    series: Option<i64>,
    pocket: Option<&'static str>,
    component: Option<&'a str>,
    package: Option<&'a str>,
    package_set: Option<&'a str>,
    explicit: bool,
}

impl<'a> Columns<'a> {
    fn of(scope: &'a Scope) -> Self {
        Self {
            archive: scope.archive.map(|archive| archive.0),
            series: scope.series.map(|series| series.0),
            pocket: scope.pocket.map(|pocket| pocket.as_str()),
            component: scope.component.as_ref().map(|component| component.as_str()),
            package: scope.package.as_ref().map(SourceName::as_str),
            package_set: scope.package_set.as_deref(),
            explicit: scope.explicit,
        }
    }
}

/// Records a permission; `false`: it was there.
pub(super) fn insert_permission(
    work: Work<'_>,
    permission: &Permission,
    by: &str,
    at: Timestamp,
) -> Result<bool, RecordsError> {
    let Permission { person, power, scope } = permission;
    let Columns { archive, series, pocket, component, package, package_set, explicit } = Columns::of(scope);
    let sql = format!(
        "INSERT INTO permission (person, power, archive_id, series_id, pocket, component, package, package_set,
             explicit, added, added_by)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         WHERE NOT EXISTS (SELECT 1 FROM permission WHERE {SAME})"
    );
    let power = power.as_str();
    let added = work.run(
        &sql,
        params![person, power, archive, series, pocket, component, package, package_set, explicit, at.0, by],
    )?;
    Ok(added > 0)
}

fn permissions(work: Work<'_>) -> Result<Vec<Permission>, RecordsError> {
    let sql = "SELECT person, power, archive_id, series_id, pocket, component, package, package_set, explicit
               FROM permission";
    let mut permissions = work.all(sql, (), |row| {
        let word = text(row, 1)?;
        let power = Power::from_word(word)
            .ok_or_else(|| RecordsError::Corrupt { what: "a power", value: word.to_owned() })?;
        let scope = Scope {
            archive: row.get::<_, Option<i64>>(2)?.map(ArchiveId),
            series: row.get::<_, Option<i64>>(3)?.map(SeriesId),
            pocket: maybe_parsed(row, 4, "a pocket")?,
            component: maybe_parsed(row, 5, "a component")?,
            package: maybe_parsed(row, 6, "a source name")?,
            package_set: row.get(7)?,
            explicit: row.get(8)?,
        };
        Ok(Permission { person: row.get(0)?, power, scope })
    })?;
    permissions.sort();
    Ok(permissions)
}

fn package_sets(work: Work<'_>) -> Result<Vec<PackageSet>, RecordsError> {
    let sql = "SELECT series_id, name FROM package_set ORDER BY series_id, name";
    let mut sets = work.all(sql, (), |row| {
        let (series, name) = (SeriesId(row.get(0)?), row.get(1)?);
        Ok(PackageSet { series, name, packages: BTreeSet::new(), includes: BTreeSet::new() })
    })?;
    for set in &mut sets {
        let key = (set.series.0, set.name.clone());
        let sql = "SELECT package FROM package_set_member WHERE series_id = ?1 AND name = ?2";
        let packages: Vec<SourceName> = work.all(sql, key.clone(), |row| parsed(row, 0, "a source name"))?;
        set.packages = packages.into_iter().collect();
        let sql = "SELECT included FROM package_set_include WHERE series_id = ?1 AND name = ?2";
        set.includes = work.all(sql, key, |row| Ok(row.get(0)?))?.into_iter().collect();
    }
    Ok(sets)
}

fn clear_package_set(work: Work<'_>, series: SeriesId, name: &str) -> Result<bool, RecordsError> {
    for table in ["package_set_member", "package_set_include"] {
        let sql = format!("DELETE FROM {table} WHERE series_id = ?1 AND name = ?2");
        work.run(&sql, (series.0, name))?;
    }
    let sql = "DELETE FROM package_set WHERE series_id = ?1 AND name = ?2";
    Ok(work.run(sql, (series.0, name))? > 0)
}
