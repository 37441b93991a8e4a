//! Which packages of a series others cannot do without. Pure, but for [`Members::read`].

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb::DebKind;
use debfmt::deb822::Paragraph;
use debfmt::names::Architecture;
use debfmt::relations::{Relation, Relations, VersionOperator};
use debfmt::version::Version;

use super::fields;
use crate::admin::lookup::FoundSuite;
use crate::model::publication::PublicationId;
use crate::model::suite::Pocket;
use crate::ports::db::{BinaryBounds, Records, RecordsError};

/// What packages need to be installed, and sources to be built.
const BINARY_NEEDS: [&str; 2] = ["Depends", "Pre-Depends"];
const SOURCE_NEEDS: [&str; 3] = ["Build-Depends", "Build-Depends-Indep", "Build-Depends-Arch"];

/// One version of a package in one suite: suite, name, version text.
pub(super) type Place = (String, String, String);

/// A package with what it needs and what it is good for.
#[derive(Clone, Debug)]
struct Member {
    place: Place,
    pocket: Pocket,
    kind: DebKind,
    is_source: bool,
    offers: Vec<(String, Option<Version>)>,
    needs: Vec<Vec<Relation>>,
}

/// Where a package is.
#[derive(Clone, Debug)]
struct Home {
    suite: String,
    pocket: Pocket,
    kind: DebKind,
}

/// The packages of a series, in all suites of an archive.
#[derive(Clone, Debug, Default)]
pub(super) struct Members(Vec<Member>);

impl Members {
    /// Adds what a suite has, but for what is leaving.
    pub(super) fn read(&mut self, records: &dyn Records, suite: &FoundSuite) -> Result<(), RecordsError> {
        let snapshot = records.snapshot(suite.key)?;
        let leaving: BTreeSet<PublicationId> =
            records.leaving(&snapshot)?.iter().map(|candidate| candidate.id).collect();
        let all = Architecture::all();
        let architectures: Vec<Architecture> =
            std::iter::once(&all).chain(&suite.series.architectures).cloned().collect();
        let home = |kind| Home { suite: suite.name.clone(), pocket: suite.key.pocket, kind };
        for component in &suite.series.components {
            for kind in [DebKind::Deb, DebKind::Udeb] {
                let bounds = BinaryBounds { kind, architectures: &architectures };
                records.binary_rows(&snapshot, component, bounds, &mut |row| {
                    if !leaving.contains(&row.id) {
                        self.0.extend(Member::binary(&home(kind), &fields(&row.stanza)));
                    }
                    true
                })?;
            }
            records.source_rows(&snapshot, component, &mut |row| {
                if !leaving.contains(&row.id) {
                    self.0.extend(Member::source(&home(DebKind::Deb), &fields(&row.stanza)));
                }
                true
            })?;
        }
        Ok(())
    }

    /// Of those that are to go, the ones that must stay because something that stays needs them, with what that is. One that
    /// stays may need another one.
    pub(super) fn needed(&self, going: &BTreeSet<Place>) -> BTreeMap<Place, BTreeSet<String>> {
        let mut kept: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        loop {
            let goes = |member: &Member| going.contains(&member.place) && !kept.contains_key(&member.place);
            let found = self.broken(&goes);
            if found.is_empty() {
                return kept;
            }
            for (place, who) in found {
                kept.entry(place).or_default().extend(who);
            }
        }
    }

    /// What breaks when some go: those that go and are needed, and by whom.
    fn broken(&self, goes: &dyn Fn(&Member) -> bool) -> BTreeMap<Place, BTreeSet<String>> {
        let (mut staying, mut leaving): (Offers<'_>, Offers<'_>) = (BTreeMap::new(), BTreeMap::new());
        for member in self.0.iter().filter(|member| !member.is_source) {
            let offers = if goes(member) { &mut leaving } else { &mut staying };
            for (name, version) in &member.offers {
                offers.entry(name.as_str()).or_default().push((version.as_ref(), member));
            }
        }
        let mut found: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        for member in self.0.iter().filter(|member| member.is_source || !goes(member)) {
            for group in &member.needs {
                // What some users do not have is no help to them; what goes is missed by whoever has it.
                let helps = |one: &&Member| one.kind == member.kind && one.is_had_with(member);
                if group.iter().any(|relation| fitting(&staying, relation).iter().any(helps)) {
                    continue;
                }
                let (suite, name, version) = &member.place;
                let kind = if member.is_source { "source " } else { "" };
                let missed = group.iter().flat_map(|relation| fitting(&leaving, relation));
                for one in missed.filter(|one| one.kind == member.kind) {
                    let who = format!("{kind}{name} {version} in {suite}");
                    found.entry(one.place.clone()).or_default().insert(who);
                }
            }
        }
        found
    }
}

/// Who offers a name, in which version.
type Offers<'a> = BTreeMap<&'a str, Vec<(Option<&'a Version>, &'a Member)>>;

/// Who satisfies a relation.
fn fitting<'a>(offers: &Offers<'a>, relation: &Relation) -> Vec<&'a Member> {
    let holds = |version: &Option<&Version>| match (&relation.version, version) {
        (None, _) => true,
        (Some((operator, wanted)), Some(present)) => VersionOperator::holds(*operator, present, wanted),
        (Some(_), None) => false,
    };
    let of_name = offers.get(relation.name.as_str()).into_iter().flatten();
    of_name.filter(|(version, _)| holds(version)).map(|(_, member)| *member).collect()
}

impl Member {
    /// Whether everybody who has the suite of `other` has that of this one as well.
    fn is_had_with(&self, other: &Self) -> bool {
        let beside = match other.pocket {
            Pocket::Release => &[][..],
            Pocket::Security => &[Pocket::Security],
            Pocket::Updates | Pocket::Proposed | Pocket::Backports => &[Pocket::Security, Pocket::Updates],
        };
        self.pocket == other.pocket || self.pocket == Pocket::Release || beside.contains(&self.pocket)
    }

    fn binary(home: &Home, fields: &Paragraph) -> Option<Self> {
        let (name, version) = (fields.get("Package")?, fields.get("Version")?);
        let mut offers = vec![(name.to_owned(), Version::parse(version).ok())];
        let provided = relations(fields, &["Provides"]).into_iter().flatten();
        offers.extend(provided.map(|it| (it.name.to_string(), it.version.map(|(_, version)| version))));
        let place = (home.suite.clone(), name.to_owned(), version.to_owned());
        let (pocket, kind) = (home.pocket, home.kind);
        Some(Self { place, pocket, kind, is_source: false, offers, needs: relations(fields, &BINARY_NEEDS) })
    }

    fn source(home: &Home, fields: &Paragraph) -> Option<Self> {
        let (name, version) = (fields.get("Package")?, fields.get("Version")?);
        let place = (home.suite.clone(), name.to_owned(), version.to_owned());
        let (pocket, kind) = (home.pocket, home.kind);
        Some(Self {
            place,
            pocket,
            kind,
            is_source: true,
            offers: Vec::new(),
            needs: relations(fields, &SOURCE_NEEDS),
        })
    }
}

/// The alternatives that fields name; what does not parse was refused when it came.
fn relations(fields: &Paragraph, names: &[&str]) -> Vec<Vec<Relation>> {
    let texts = names.iter().filter_map(|name| fields.get(name));
    texts.filter_map(|text| Relations::parse(text).ok()).flat_map(|relations| relations.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name version: needs | provides` of one suite.
    fn members(lines: &[(&str, &str, &str, &str)]) -> Members {
        members_of(DebKind::Deb, "noble", Pocket::Release, lines)
    }

    fn members_of(kind: DebKind, suite: &str, pocket: Pocket, lines: &[(&str, &str, &str, &str)]) -> Members {
        let home = Home { suite: suite.to_owned(), pocket, kind };
        let member = |(name, version, needs, provides): &(&str, &str, &str, &str)| {
            let mut fields = Paragraph::default();
            for (field, value) in
                [("Package", name), ("Version", version), ("Depends", needs), ("Provides", provides)]
            {
                if !value.is_empty() {
                    fields.set(field, value);
                }
            }
            Member::binary(&home, &fields).unwrap()
        };
        Members(lines.iter().map(member).collect())
    }

    fn kept(members: &Members, going: &[(&str, &str)]) -> String {
        let place = |(name, version): &(&str, &str)| ("noble".into(), (*name).into(), (*version).into());
        let kept = members.needed(&going.iter().map(place).collect());
        let line = |((_, name, _), who): (&Place, &BTreeSet<String>)| {
            format!("{name} for {}", who.iter().cloned().collect::<Vec<_>>().join(", "))
        };
        kept.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_is_needed_stays_and_what_that_needs() {
        let all = [
            ("liba1", "1", "libb1", ""),
            ("libb1", "1", "libc1", ""),
            ("libc1", "1", "", ""),
            ("libd1", "1", "", ""),
            ("tool", "1", "liba1 (>= 1)", ""),
        ];
        let going = [("liba1", "1"), ("libb1", "1"), ("libc1", "1"), ("libd1", "1")];
        let stay = "liba1 for tool 1 in noble; libb1 for liba1 1 in noble; libc1 for libb1 1 in noble";
        assert_eq!(kept(&members(&all), &going), stay);
        assert_eq!(kept(&members(&all[..4]), &going), "", "they need nobody but each other");
    }

    #[test]
    fn an_alternative_a_provider_and_another_version_do_as_well() {
        let all = [
            ("mail-a", "1", "", "mailer"),
            ("mail-b", "1", "", "mailer (= 2)"),
            ("lib", "1", "", ""),
            ("lib", "2", "", ""),
            ("one", "1", "mail-a | mail-b", ""),
            ("two", "1", "mailer, lib (>= 1)", ""),
        ];
        assert_eq!(kept(&members(&all), &[("mail-a", "1"), ("lib", "1")]), "");
        let strict = [&all[..], &[("three", "1", "mailer (>= 1), lib (= 1)", "")]].concat();
        assert_eq!(
            kept(&members(&strict), &[("mail-b", "1"), ("lib", "1")]),
            "lib for three 1 in noble; mail-b for three 1 in noble"
        );
        assert_eq!(kept(&members(&[("x", "1", "missing", "")]), &[("lib", "1")]), "", "broken before");
    }

    #[test]
    fn what_is_in_a_suite_that_few_have_does_not_do_for_everybody() {
        let release = [("lib", "1", "", ""), ("tool", "1", "lib", "")];
        for (pocket, stays) in [
            (Pocket::Proposed, "lib for tool 1 in noble"),
            (Pocket::Updates, "lib for tool 1 in noble"),
            (Pocket::Release, ""),
        ] {
            let mut all = members(&release);
            all.0.extend(members_of(DebKind::Deb, "other", pocket, &[("lib", "2", "", "")]).0);
            assert_eq!(kept(&all, &[("lib", "1")]), stays, "{pocket}");
        }
        let mut all =
            members_of(DebKind::Deb, "noble-proposed", Pocket::Proposed, &[("tool", "1", "lib", "")]);
        all.0.extend(members(&release[..1]).0);
        assert_eq!(kept(&all, &[("lib", "1")]), "lib for tool 1 in noble-proposed");
        all.0.extend(members_of(DebKind::Deb, "noble-updates", Pocket::Updates, &[("lib", "2", "", "")]).0);
        assert_eq!(kept(&all, &[("lib", "1")]), "");
    }

    #[test]
    fn packages_of_the_installer_need_each_other_and_no_others() {
        let udebs = [("lib-udeb", "1", "", ""), ("tool-udeb", "1", "lib-udeb", "")];
        let mut all = members_of(DebKind::Udeb, "noble", Pocket::Release, &udebs);
        all.0.extend(members(&[("other", "1", "", "lib-udeb")]).0);
        assert_eq!(kept(&all, &[("lib-udeb", "1")]), "lib-udeb for tool-udeb 1 in noble");
    }
}
