//! Who may do what (behaviour map 5.6).
//!
//! A permission gives a person or team a power within bounds. Everything that is not given is denied. The questions
//! are answered by pure functions over all that is recorded, so that an answer can say on what it rests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use debfmt::names::{Component, SourceName};
use serde::{Deserialize, Serialize};

use super::archive::{ArchiveId, ArchiveRef};
use super::suite::{Pocket, SeriesId};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    /// Upload source packages, and the binary packages that come with them.
    Upload,
    /// Decide about queue items: accept, reject, override.
    Queue,
}

impl Power {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Upload, Self::Queue];

    /// The word that records, JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Queue => "queue",
        }
    }

    /// Reads the word of [`Power::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|power| power.as_str() == word)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The bounds of a permission; all that are set hold together, and one that is `None` sets no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The archive. `None`: every archive that is not somebody's own (PPA).
    pub archive: Option<ArchiveId>,
    /// The series.
    pub series: Option<SeriesId>,
    /// The pocket.
    pub pocket: Option<Pocket>,
    /// The component.
    pub component: Option<Component>,
    /// The source package.
    pub package: Option<SourceName>,
    /// The package set, by name; sets are looked up in the series in question.
    pub package_set: Option<String>,
    /// Only for package sets: the packages that stand directly in the set belong to holders of such permissions alone.
    pub explicit: bool,
}

/// A power given to somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// An uploader, or a team.
    pub person: String,
    /// What they may do.
    pub power: Power,
    /// Within which bounds.
    pub scope: Scope,
}

/// A named group of source packages of a series, which may include others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageSet {
    /// The series.
    pub series: SeriesId,
    /// Its name, unique in the series.
    pub name: String,
    /// The packages that stand directly in it.
    pub packages: BTreeSet<SourceName>,
    /// Names of the sets that it includes.
    pub includes: BTreeSet<String>,
}

/// All that is recorded about who may do what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Every permission, sorted.
    pub permissions: Vec<Permission>,
    /// Members of each team: uploaders, or other teams.
    pub teams: BTreeMap<String, BTreeSet<String>>,
    /// Every package set, sorted.
    pub sets: Vec<PackageSet>,
}

/// Something that somebody wants to do.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who: an uploader's name.
    pub person: &'a str,
    /// What.
    pub power: Power,
    /// The archive.
    pub archive: (ArchiveId, &'a ArchiveRef),
    /// The series.
    pub series: SeriesId,
    /// The pocket.
    pub pocket: Pocket,
    /// The source package.
    pub source: &'a SourceName,
    /// The component; `None` when the package is new to the archive: a person will look at it and choose one.
    pub component: Option<&'a Component>,
}

/// Why somebody may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The archive is theirs, or their team's.
    Owner(String),
    /// This was granted to them, or to their team.
    Granted(Permission),
}

/// Why somebody may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// Nothing in this archive.
    NoRights,
    /// Something in it, not this package in this suite.
    NotThis,
    /// This package, not into this component.
    Component,
    /// The package belongs to the holders of an explicit permission.
    Explicit,
}

impl Rights {
    /// The person and every team that they belong to, through other teams as well.
    pub fn groups_of(&self, person: &str) -> BTreeSet<String> {
        let mut groups = BTreeSet::from([person.to_owned()]);
        loop {
            let joined = |members: &BTreeSet<String>| members.iter().any(|member| groups.contains(member));
            let more: Vec<String> = self
                .teams
                .iter()
                .filter(|(team, members)| !groups.contains(*team) && joined(members))
                .map(|(team, _)| team.clone())
                .collect();
            if more.is_empty() {
                return groups;
            }
            groups.extend(more);
        }
    }

    /// Whether a team is a member of itself, through other teams or directly. That does no harm, and is hardly meant.
    pub fn is_circular(&self, team: &str) -> bool {
        let above = self.groups_of(team);
        self.teams.get(team).is_some_and(|members| members.iter().any(|member| above.contains(member)))
    }

    /// Whether somebody may do something, on which ground, or why not.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn decide(&self, request: &Request<'_>) -> Result<Ground, Denial> {
        let groups = self.groups_of(request.person);
        let (archive, reference) = request.archive;
        if let Some(owner) = reference.owner().filter(|owner| groups.contains(*owner)) {
            return Ok(Ground::Owner(owner.to_owned()));
        }
        let held: Vec<&Permission> =
            self.permissions.iter().filter(|held| groups.contains(&held.person)).collect();
        let held: Vec<&Permission> = held
            .into_iter()
            .filter(|held| held.power == request.power && held.scope.reaches(archive, reference))
            .collect();
        if held.is_empty() {
            return Err(Denial::NoRights);
        }
        let mut denial = Denial::NotThis;
        for permission in held {
            match self.covers(&permission.scope, request) {
                Ok(()) => return Ok(Ground::Granted(permission.clone())),
                Err(reason) => denial = denial.max(reason),
            }
        }
        Err(denial)
    }

    /// Whether a request that is granted lacks a permission that names its pocket. Security updates go out unseen by
    /// most people, so uploads of them need one; the owner of an archive needs none.
    pub fn lacks_pocket(&self, request: &Request<'_>, ground: &Ground) -> bool {
        match ground {
            Ground::Owner(_) => false,
            Ground::Granted(_) => {
                request.pocket == Pocket::Security
                    && request.power == Power::Upload
                    && !self.names_pocket(request)
            }
        }
    }

    /// Whether one of the permissions that allow it names the pocket.
    fn names_pocket(&self, request: &Request<'_>) -> bool {
        let groups = self.groups_of(request.person);
        let (archive, reference) = request.archive;
        self.permissions.iter().any(|held| {
            held.scope.pocket == Some(request.pocket)
                && held.power == request.power
                && groups.contains(&held.person)
                && held.scope.reaches(archive, reference)
                && self.covers(&held.scope, request).is_ok()
        })
    }

    /// Whether the bounds, whose archive fits, hold for the request.
    fn covers(&self, scope: &Scope, request: &Request<'_>) -> Result<(), Denial> {
        let fits = scope.series.is_none_or(|series| series == request.series)
            && scope.pocket.is_none_or(|pocket| pocket == request.pocket)
            && scope.package.as_ref().is_none_or(|package| package == request.source);
        if !fits {
            return Err(Denial::NotThis);
        }
        if let Some(set) = &scope.package_set {
            self.set_covers(set, scope, request)?;
        }
        match (&scope.component, request.component) {
            (Some(granted), Some(wanted)) if granted != wanted => Err(Denial::Component),
            _ => Ok(()),
        }
    }

    /// The package sets that the source stands directly in and that only holders of an explicit permission may upload
    /// to, in that archive and series.
    pub fn guarding_sets(&self, request: &Request<'_>) -> BTreeSet<&str> {
        let direct = |name: &&str| {
            self.set(request.series, name).is_some_and(|set| set.packages.contains(request.source))
        };
        let guards = |held: &&Permission| {
            held.power == request.power
                && held.scope.explicit
                && held.scope.reaches(request.archive.0, request.archive.1)
        };
        let held = self.permissions.iter().filter(guards);
        held.filter_map(|held| held.scope.package_set.as_deref()).filter(direct).collect()
    }

    /// A package that stands directly in a set with explicit permissions is open to their holders only; else every
    /// set that has it, itself or through the sets it includes.
    fn set_covers(&self, name: &str, scope: &Scope, request: &Request<'_>) -> Result<(), Denial> {
        let guarding = self.guarding_sets(request);
        if !guarding.is_empty() {
            return if scope.explicit && guarding.contains(name) { Ok(()) } else { Err(Denial::Explicit) };
        }
        if self.packages_of(request.series, name).contains(request.source) {
            return Ok(());
        }
        Err(Denial::NotThis)
    }

    fn set(&self, series: SeriesId, name: &str) -> Option<&PackageSet> {
        self.sets.iter().find(|set| set.series == series && set.name == name)
    }

    /// The packages of a set and of all that it includes; empty when there is no such set.
    pub fn packages_of(&self, series: SeriesId, name: &str) -> BTreeSet<SourceName> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![name]);
        let mut packages = BTreeSet::new();
        while let Some(name) = next.pop() {
            if let Some(set) = self.set(series, name).filter(|_| seen.insert(name)) {
                packages.extend(set.packages.iter().cloned());
                next.extend(set.includes.iter().map(String::as_str));
            }
        }
        packages
    }
}

impl Scope {
    /// Whether the bounds reach into an archive: a permission for no archive in particular is none for somebody's own.
    pub fn reaches(&self, archive: ArchiveId, reference: &ArchiveRef) -> bool {
        self.archive.map_or(reference.owner().is_none(), |granted| granted == archive)
    }
}

/// The command that gives a permission, as an administrator types it. `own`: the archive, where it is somebody's own,
/// since a permission for no archive in particular is none for it. `bounds`: further options.
pub fn grant_command(person: &str, power: Power, own: Option<&str>, bounds: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-+@".contains(c);
    let person = match person.chars().all(plain) {
        true => person.to_owned(),
        false => format!("'{}'", person.replace('\'', "'\\''")),
    };
    let queue = if power == Power::Queue { " --queue" } else { "" };
    let archive = own.map_or_else(String::new, |archive| format!(" --archive {archive}"));
    let blank = if bounds.is_empty() { "" } else { " " };
    format!("debpress permission grant {person}{queue}{archive}{blank}{bounds}")
}

#[cfg(test)]
mod tests;
