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

#[cfg(test)]
mod tests {
    use super::*;

    const NOBLE: SeriesId = SeriesId(1);

    fn debian() -> ArchiveRef {
        "debian".parse().unwrap()
    }

    fn scope() -> Scope {
        Scope::default()
    }

    fn rights(permissions: &[(&str, Scope)]) -> Rights {
        let permission = |(person, scope): &(&str, Scope)| Permission {
            person: (*person).into(),
            power: Power::Upload,
            scope: scope.clone(),
        };
        Rights { permissions: permissions.iter().map(permission).collect(), ..Rights::default() }
    }

    fn ask(rights: &Rights, person: &str, source: &str, component: Option<&str>) -> Result<Ground, Denial> {
        ask_in(rights, person, (ArchiveId(1), &debian()), source, component)
    }

    fn ask_in(
        rights: &Rights,
        person: &str,
        archive: (ArchiveId, &ArchiveRef),
        source: &str,
        component: Option<&str>,
    ) -> Result<Ground, Denial> {
        let (source, component) = (source.parse().unwrap(), component.map(|name| name.parse().unwrap()));
        let component = component.as_ref();
        let (series, pocket, power) = (NOBLE, Pocket::Release, Power::Upload);
        rights.decide(&Request { person, power, archive, series, pocket, source: &source, component })
    }

    fn core(packages: &[&str], includes: &[&str], name: &str) -> PackageSet {
        PackageSet {
            series: NOBLE,
            name: name.into(),
            packages: packages.iter().map(|name| name.parse().unwrap()).collect(),
            includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn bounds_hold_together() {
        let main = Scope { component: Some("main".parse().unwrap()), ..scope() };
        let hello = Scope { package: Some("hello".parse().unwrap()), ..scope() };
        let other_series = Scope { series: Some(SeriesId(2)), ..scope() };
        let security = Scope { pocket: Some(Pocket::Security), ..scope() };
        let elsewhere = Scope { archive: Some(ArchiveId(2)), ..scope() };
        let rights = rights(&[
            ("ann", main.clone()),
            ("bob", hello),
            ("zoe", other_series),
            ("sec", security),
            ("far", elsewhere),
        ]);
        let granted = Permission { person: "ann".into(), power: Power::Upload, scope: main };
        assert_eq!(ask(&rights, "ann", "tool", Some("main")), Ok(Ground::Granted(granted)));
        assert_eq!(ask(&rights, "ann", "tool", Some("universe")), Err(Denial::Component));
        assert!(ask(&rights, "ann", "tool", None).is_ok(), "a new package will be looked at");
        assert!(ask(&rights, "bob", "hello", Some("universe")).is_ok());
        assert_eq!(ask(&rights, "bob", "tool", None), Err(Denial::NotThis));
        assert_eq!(ask(&rights, "zoe", "tool", None), Err(Denial::NotThis));
        assert_eq!(ask(&rights, "sec", "tool", None), Err(Denial::NotThis));
        assert_eq!(ask(&rights, "far", "tool", None), Err(Denial::NoRights));
        assert_eq!(ask(&rights, "eve", "hello", None), Err(Denial::NoRights));
    }

    #[test]
    fn a_right_to_decide_is_none_to_upload() {
        let mut rights = rights(&[("ann", scope())]);
        rights.permissions[0].power = Power::Queue;
        assert_eq!(ask(&rights, "ann", "hello", None), Err(Denial::NoRights));
    }

    #[test]
    fn teams_of_teams_share_their_rights_even_in_a_circle() {
        let mut rights = rights(&[("all", scope())]);
        for (team, member) in [("core", "ann"), ("all", "core"), ("core", "all")] {
            rights.teams.entry(team.into()).or_default().insert(member.into());
        }
        assert!(ask(&rights, "ann", "hello", Some("main")).is_ok());
        assert_eq!(ask(&rights, "bob", "hello", Some("main")), Err(Denial::NoRights));
        rights.teams.insert("docs".into(), ["core".to_owned()].into());
        assert_eq!(["all", "core", "docs"].map(|team| rights.is_circular(team)), [true, true, false]);
    }

    #[test]
    fn a_personal_archive_belongs_to_its_owner_and_whom_they_name() {
        let tools: ArchiveRef = "~team/debian/tools".parse().unwrap();
        let invited = Scope { archive: Some(ArchiveId(7)), ..scope() };
        let mut rights = rights(&[("all", scope()), ("guest", invited)]);
        rights.teams.insert("team".into(), ["ann".to_owned()].into());
        let ask = |person| ask_in(&rights, person, (ArchiveId(7), &tools), "hello", Some("main"));
        assert_eq!(ask("ann"), Ok(Ground::Owner("team".into())));
        assert!(ask("guest").is_ok());
        assert_eq!(ask("all"), Err(Denial::NoRights), "everything of the distribution is not everything");
    }

    #[test]
    fn a_package_set_includes_others() {
        let mut rights = rights(&[("ann", Scope { package_set: Some("desktop".into()), ..scope() })]);
        rights.sets = vec![core(&["bash"], &["desktop"], "core"), core(&["gtk"], &["core"], "desktop")];
        assert!(ask(&rights, "ann", "gtk", None).is_ok());
        assert!(ask(&rights, "ann", "bash", None).is_ok(), "through core, whose circle ends");
        assert_eq!(ask(&rights, "ann", "hello", None), Err(Denial::NotThis));
    }

    #[test]
    fn an_explicit_permission_keeps_the_others_of_the_set_out() {
        let of_set = |set: &str, explicit| Scope { package_set: Some(set.into()), explicit, ..scope() };
        let mut rights = rights(&[
            ("ann", of_set("core", false)),
            ("bob", of_set("kernel", true)),
            ("main", Scope { component: Some("main".parse().unwrap()), ..scope() }),
        ]);
        rights.sets = vec![core(&["bash"], &["kernel"], "core"), core(&["linux"], &[], "kernel")];
        assert!(ask(&rights, "bob", "linux", None).is_ok());
        assert_eq!(ask(&rights, "ann", "linux", None), Err(Denial::Explicit));
        assert!(ask(&rights, "ann", "bash", None).is_ok());
        assert!(ask(&rights, "main", "linux", Some("main")).is_ok(), "it is about package sets only");
    }
}
