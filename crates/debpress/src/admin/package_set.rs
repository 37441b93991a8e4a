//! Package sets: groups of source packages of a series that permissions can name.

use std::collections::BTreeSet;

use debfmt::names::SourceName;
use serde::Serialize;

use super::lookup::{LookupError, Names, list as words};
use crate::model::permission::PackageSet;
use crate::model::suite::SeriesId;
use crate::ports::db::{Records, RecordsError};

/// A package set for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedSet {
    /// Its name.
    pub name: String,
    /// Its series.
    pub series: String,
    /// The source packages that stand directly in it.
    pub packages: Vec<String>,
    /// The sets that it includes.
    pub includes: Vec<String>,
}

/// Packages and included sets to put into a set, or to take out.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Source packages.
    pub packages: BTreeSet<SourceName>,
    /// Sets.
    pub includes: BTreeSet<String>,
}

/// Why a package set was not changed or listed.
#[derive(Debug, thiserror::Error)]
pub enum PackageSetError {
    /// The records could not be asked about the series.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The text is no name.
    #[error("`{}` is no name for a package set: it must not be empty or hold control characters", .name.escape_debug())]
    NoName {
        /// The text.
        name: String,
    },
    /// There is no such set.
    #[error("there is no package set `{name}` in {series}; there are {}", words(.known))]
    NoSet {
        /// The name asked for.
        name: String,
        /// The series.
        series: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Something that should leave was not in.
    #[error(
        "{member} does not stand directly in package set {set}; `debpress package-set list` shows what does"
    )]
    NoMember {
        /// What should leave: a package or an included set.
        member: String,
        /// The set.
        set: String,
    },
    /// The records failed.
    #[error("cannot work on the package sets")]
    Records(#[from] RecordsError),
}

/// The package sets of one series.
pub struct PackageSets<'a> {
    records: &'a dyn Records,
    names: &'a Names,
    series: SeriesId,
    known: Vec<PackageSet>,
}

impl<'a> PackageSets<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// The database fails.
    pub fn read(
        records: &'a dyn Records,
        names: &'a Names,
        series: SeriesId,
    ) -> Result<Self, PackageSetError> {
        let mut known = records.rights()?.sets;
        known.retain(|set| set.series == series);
        Ok(Self { records, names, series, known })
    }

    /// Makes a set, or gives one other content than it had.
    ///
    /// # Errors
    /// [`PackageSetError`]; then nothing has changed.
    pub fn set(&self, name: &str, content: Content) -> Result<ListedSet, PackageSetError> {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(PackageSetError::NoName { name: name.to_owned() });
        }
        let Content { packages, includes } = content;
        self.store(PackageSet { series: self.series, name: name.to_owned(), packages, includes })
    }

    /// Puts packages and sets into a set.
    ///
    /// # Errors
    /// [`PackageSetError`]; then nothing has changed.
    pub fn add(&self, name: &str, content: Content) -> Result<ListedSet, PackageSetError> {
        let mut set = self.find(name)?.clone();
        set.packages.extend(content.packages);
        set.includes.extend(content.includes);
        self.store(set)
    }

    /// Takes packages and sets out of a set.
    ///
    /// # Errors
    /// [`PackageSetError`]; then nothing has changed.
    pub fn remove(&self, name: &str, content: &Content) -> Result<ListedSet, PackageSetError> {
        let mut set = self.find(name)?.clone();
        let missing = |member: String| PackageSetError::NoMember { member, set: name.to_owned() };
        for package in &content.packages {
            if !set.packages.remove(package) {
                return Err(missing(package.to_string()));
            }
        }
        for included in &content.includes {
            if !set.includes.remove(included) {
                return Err(missing(included.clone()));
            }
        }
        self.store(set)
    }

    /// Deletes a set.
    ///
    /// # Errors
    /// [`PackageSetError`].
    pub fn delete(&self, name: &str) -> Result<(), PackageSetError> {
        self.find(name)?;
        self.records.remove_package_set(self.series, name)?;
        Ok(())
    }

    fn find(&self, name: &str) -> Result<&PackageSet, PackageSetError> {
        self.known.iter().find(|set| set.name == name).ok_or_else(|| PackageSetError::NoSet {
            name: name.to_owned(),
            series: self.names.series_by_id(self.series),
            known: self.known.iter().map(|set| set.name.clone()).collect(),
        })
    }

    fn store(&self, set: PackageSet) -> Result<ListedSet, PackageSetError> {
        for included in set.includes.iter().filter(|included| **included != set.name) {
            self.find(included)?;
        }
        self.records.set_package_set(&set)?;
        Ok(listed(self.names, &set))
    }
}

/// Every package set, of one series or of all.
///
/// # Errors
/// The database fails.
pub fn list(
    records: &dyn Records,
    names: &Names,
    series: Option<SeriesId>,
) -> Result<Vec<ListedSet>, PackageSetError> {
    let sets = records.rights()?.sets;
    let wanted = sets.iter().filter(|set| series.is_none_or(|series| set.series == series));
    Ok(wanted.map(|set| listed(names, set)).collect())
}

fn listed(names: &Names, set: &PackageSet) -> ListedSet {
    ListedSet {
        name: set.name.clone(),
        series: names.series_by_id(set.series),
        packages: set.packages.iter().map(ToString::to_string).collect(),
        includes: set.includes.iter().cloned().collect(),
    }
}
