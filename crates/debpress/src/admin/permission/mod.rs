//! Permissions: give, take back, list. What they mean is `model/permission.rs`.

mod check;

use debfmt::names::{Component, SeriesName, SourceName};
use serde::Serialize;

pub use self::check::{Answer, Asked, Verdict, check};
use super::lookup::{LookupError, Names, list as words};
use super::people::{People, PersonError};
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::permission::{Permission, Power, Rights, Scope};
use crate::model::suite::{Pocket, Series};
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};

/// The bounds of permissions as people write them; several components or packages make several permissions.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// The archive; `None`: every archive of a distribution.
    pub archive: Option<ArchiveRef>,
    /// The series.
    pub series: Option<SeriesName>,
    /// The pocket.
    pub pocket: Option<Pocket>,
    /// Components.
    pub components: Vec<Component>,
    /// Source packages.
    pub packages: Vec<SourceName>,
    /// The package set.
    pub package_set: Option<String>,
    /// Whether the permission for the set is an explicit one.
    pub explicit: bool,
}

/// Whom a permission is for, and what for.
#[derive(Clone, Debug)]
pub struct Terms {
    /// An uploader, or a team; to decide about the queue, also a user of the operating system.
    pub person: String,
    /// What they may do.
    pub power: Power,
    /// Within which bounds.
    pub bounds: Bounds,
}

/// A permission for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Who.
    pub person: String,
    /// What they may do.
    pub power: Power,
    /// The archive; `None`: every archive of a distribution.
    pub archive: Option<String>,
    /// The series.
    pub series: Option<String>,
    /// The pocket.
    pub pocket: Option<Pocket>,
    /// The component.
    pub component: Option<String>,
    /// The source package.
    pub package: Option<String>,
    /// The package set.
    pub package_set: Option<String>,
    /// Whether it is an explicit permission for the set.
    pub explicit: bool,
}

/// What became of one permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The permission.
    #[serde(flatten)]
    pub permission: Listed,
    /// Whether this changed anything.
    pub changed: bool,
}

/// Why permissions were not changed or listed.
#[derive(Debug, thiserror::Error)]
pub enum PermissionError {
    /// A name is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The person is unknown.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// No series has the component: the permission would give nothing.
    #[error("no series has a component `{name}`; there are {}", words(.known))]
    NoComponent {
        /// The component.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such package set: the permission would give nothing.
    #[error("there is no package set `{name}`; there are {}: `debpress package-set set` makes one", words(.known))]
    NoPackageSet {
        /// The set.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The records failed.
    #[error("cannot work on the permissions")]
    Records(#[from] RecordsError),
}

/// Whether somebody with queue rights is known only by a user name of the operating system.
pub fn is_user_name_only(people: &People, power: Power, person: &str) -> bool {
    power == Power::Queue && !people.has(person)
}

/// Gives somebody a power within bounds. Everything that the bounds name must be there.
///
/// # Errors
/// [`PermissionError`]; then nothing was given.
pub fn grant(
    records: &dyn Records,
    terms: &Terms,
    by: &str,
    now: Timestamp,
) -> Result<Vec<Outcome>, PermissionError> {
    let people = People::read(records)?;
    match terms.power {
        Power::Upload => people.find(&terms.person)?,
        // Whoever decides on this machine needs no key; the name is that of their account.
        Power::Queue if people.has(&terms.person) => {}
        Power::Queue => people.may_be_uploader(&terms.person)?,
    }
    let names = Names::read(records)?;
    check_bounds(&names, &records.rights()?, &terms.bounds)?;
    each(&names, terms, |permission| records.grant(permission, by, now))
}

/// Takes back the permissions of exactly these bounds.
///
/// # Errors
/// [`PermissionError`].
pub fn revoke(records: &dyn Records, terms: &Terms) -> Result<Vec<Outcome>, PermissionError> {
    each(&Names::read(records)?, terms, |permission| records.revoke(permission))
}

/// Permissions by person; of one person with those of their teams, of one archive those that reach into it.
///
/// # Errors
/// [`PermissionError`].
pub fn list(
    records: &dyn Records,
    person: Option<&str>,
    archive: Option<&ArchiveRef>,
) -> Result<Vec<Listed>, PermissionError> {
    let (names, rights) = (Names::read(records)?, records.rights()?);
    let archive = archive.map(|reference| names.archive(Some(reference))).transpose()?;
    if let Some(person) =
        person.filter(|person| !rights.permissions.iter().any(|held| held.person == **person))
    {
        // Nobody would look twice at an empty list, which a mistyped name gives.
        People::read(records)?.find(person)?;
    }
    let groups = person.map(|person| rights.groups_of(person));
    let wanted = |held: &&Permission| {
        groups.as_ref().is_none_or(|groups| groups.contains(&held.person))
            && archive.is_none_or(|archive| held.scope.reaches(archive.id, &archive.reference))
    };
    Ok(rights.permissions.iter().filter(wanted).map(|held| Listed::new(&names, held)).collect())
}

impl Listed {
    pub(super) fn new(names: &Names, permission: &Permission) -> Self {
        let Permission { person, power, scope } = permission;
        Self {
            person: person.clone(),
            power: *power,
            archive: scope.archive.map(|id| names.archive_by_id(id)),
            series: scope.series.map(|id| names.series_by_id(id)),
            pocket: scope.pocket,
            component: scope.component.as_ref().map(ToString::to_string),
            package: scope.package.as_ref().map(ToString::to_string),
            package_set: scope.package_set.clone(),
            explicit: scope.explicit,
        }
    }

    /// What it is about: `everything`, `hello`, `package set core (explicit), main`.
    pub fn what(&self) -> String {
        let explicit = if self.explicit { " (explicit)" } else { "" };
        let set = self.package_set.as_ref().map(|set| format!("package set {set}{explicit}"));
        let component = self.component.as_ref().map(|component| format!("component {component}"));
        joined([self.package.clone(), set, component], "everything")
    }

    /// Where it holds: `every distribution archive`, `debian, noble, pocket security`.
    pub fn place(&self) -> String {
        let archive = self.archive.clone().unwrap_or_else(|| "distribution archives".to_owned());
        let pocket = self.pocket.map(|pocket| format!("pocket {pocket}"));
        joined([Some(archive), self.series.clone(), pocket], "")
    }
}

fn joined(words: [Option<String>; 3], none: &str) -> String {
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

fn each(
    names: &Names,
    terms: &Terms,
    change: impl Fn(&Permission) -> Result<bool, RecordsError>,
) -> Result<Vec<Outcome>, PermissionError> {
    let mut outcomes = Vec::new();
    for scope in scopes(names, &terms.bounds)? {
        let permission = Permission { person: terms.person.clone(), power: terms.power, scope };
        let changed = change(&permission)?;
        outcomes.push(Outcome { permission: Listed::new(names, &permission), changed });
    }
    Ok(outcomes)
}

/// One scope for each pair of a component and a package.
fn scopes(names: &Names, bounds: &Bounds) -> Result<Vec<Scope>, LookupError> {
    let (archive, series) = place(names, bounds)?;
    let plain = Scope {
        archive: archive.map(|archive| archive.id),
        series: series.map(|series| series.id),
        pocket: bounds.pocket,
        package_set: bounds.package_set.clone(),
        explicit: bounds.explicit,
        ..Scope::default()
    };
    let mut scopes = Vec::new();
    for component in each_or_none(&bounds.components) {
        for package in each_or_none(&bounds.packages) {
            scopes.push(Scope { component: component.clone(), package, ..plain.clone() });
        }
    }
    Ok(scopes)
}

fn each_or_none<T: Clone>(items: &[T]) -> Vec<Option<T>> {
    if items.is_empty() { vec![None] } else { items.iter().cloned().map(Some).collect() }
}

type Found<'n> = (Option<&'n Archive>, Option<&'n Series>);

fn place<'n>(names: &'n Names, bounds: &Bounds) -> Result<Found<'n>, LookupError> {
    let archive = bounds.archive.as_ref().map(|reference| names.archive(Some(reference))).transpose()?;
    let distribution = archive.map(|archive| archive.reference.distribution());
    let series = bounds.series.as_ref().map(|name| names.series(distribution, name)).transpose()?;
    Ok((archive, series))
}

/// A component and a package set that is named must be there, or the permission would silently give nothing.
fn check_bounds(names: &Names, rights: &Rights, bounds: &Bounds) -> Result<(), PermissionError> {
    let (archive, series) = place(names, bounds)?;
    let served = |name| archive.is_none_or(|archive| archive.reference.distribution() == name);
    let all: Vec<&Series> = match series {
        Some(series) => vec![series],
        None => names.distributions().iter().filter(|d| served(&d.name)).flat_map(|d| &d.series).collect(),
    };
    for component in &bounds.components {
        if !all.iter().any(|series| series.components.contains(component)) {
            let mut known: Vec<String> =
                all.iter().flat_map(|series| &series.components).map(ToString::to_string).collect();
            known.sort();
            known.dedup();
            return Err(PermissionError::NoComponent { name: component.to_string(), known });
        }
    }
    let Some(set) = &bounds.package_set else { return Ok(()) };
    let here = rights.sets.iter().filter(|known| all.iter().any(|series| series.id == known.series));
    let mut known: Vec<String> = here.map(|known| known.name.clone()).collect();
    if known.contains(set) {
        return Ok(());
    }
    known.dedup();
    Err(PermissionError::NoPackageSet { name: set.clone(), known })
}
