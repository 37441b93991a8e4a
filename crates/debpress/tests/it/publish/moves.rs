//! Packages that somebody places elsewhere or takes out of a suite.

use debfmt::builder::DebBuilder;
use debfmt::deb::DebKind;
use debfmt::names::{Architecture, Component, SuiteName};
use debpress::admin::chosen::{ChangeError, Wanted};
use debpress::admin::history::history;
use debpress::admin::overrides::{NewPlace, OverrideReport, override_published};
use debpress::admin::remove::{RemoveReport, remove};
use debpress::model::permission::{Permission, Power, Scope};
use debpress::model::queue::Note;
use debpress::model::suite::SeriesStatus;
use debpress::publish::{Guard, PublishError};
use debpress::queue::{Actor, Only};

use super::crash::every_point_of;
use super::death_row::death_row;
use super::status::set_status;
use super::world::{ROOT, World, on_both};
use crate::check::{add_source, checked, problems};

const DAY: i64 = 86_400;
const AMD64: &str = "binary-amd64/Packages.gz";

fn ann() -> Actor {
    Actor::Administrator("ann".into())
}

fn note(w: &World) -> Note {
    Note { who: "ann".into(), at: w.now, text: "for everybody".into() }
}

fn component(name: &str) -> NewPlace {
    NewPlace { component: Some(Component::parse(name).unwrap()), ..NewPlace::default() }
}

fn phase(share: u8) -> NewPlace {
    NewPlace { phase: Some(share), ..NewPlace::default() }
}

/// Which packages of stable: `hello`, `hello=1.0`, `hello/amd64`.
struct Asked {
    names: Vec<String>,
    version: Option<String>,
    architectures: Vec<Architecture>,
    suite: SuiteName,
    only: Option<Only>,
}

fn asked(text: &str) -> Asked {
    let (text, architecture) = text.split_once('/').map_or((text, None), |(text, it)| (text, Some(it)));
    let (name, version) = text.split_once('=').map_or((text, None), |(name, it)| (name, Some(it)));
    Asked {
        names: vec![name.to_owned()],
        version: version.map(str::to_owned),
        architectures: architecture.iter().map(|it| Architecture::parse(it).unwrap()).collect(),
        suite: SuiteName::parse("stable").unwrap(),
        only: None,
    }
}

impl Asked {
    fn only(mut self, only: Only) -> Self {
        self.only = Some(only);
        self
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            names: &self.names,
            suite: &self.suite,
            archive: None,
            version: self.version.as_deref(),
            architectures: &self.architectures,
            only: self.only,
        }
    }

    fn place(&self, w: &World, place: &NewPlace) -> Result<OverrideReport, ChangeError> {
        override_published(w.records.as_ref(), &ann(), &self.wanted(), place, &note(w))
    }

    fn remove(&self, w: &World) -> Result<RemoveReport, ChangeError> {
        remove(w.records.as_ref(), &ann(), &self.wanted(), &note(w), false)
    }
}

fn place(w: &World, names: &str, to: &NewPlace) -> OverrideReport {
    asked(names).place(w, to).unwrap()
}

/// Places a package of a suite and all that was built from it into a component.
pub(super) fn place_in(w: &World, suite: &str, name: &str, to: &str) -> Result<OverrideReport, ChangeError> {
    let suite = SuiteName::parse(suite).unwrap();
    Asked { suite, ..asked(name) }.place(w, &component(to))
}

/// Takes a package and all that was built from it out of a suite.
pub(super) fn remove_from(w: &World, suite: &str, name: &str) -> Result<RemoveReport, ChangeError> {
    Asked { suite: SuiteName::parse(suite).unwrap(), ..asked(name) }.remove(w)
}

/// What an override has moved: `hello 1.0 amd64 main/misc optional -> ...`.
fn moved(report: &OverrideReport) -> Vec<String> {
    let line = |it: &debpress::admin::overrides::Moved| {
        let package = &it.package;
        format!("{} {} {}: {} -> {}", package.name, package.version, package.architecture, it.from, it.to)
    };
    report.changed.iter().map(line).collect()
}

fn gone(report: &RemoveReport) -> Vec<String> {
    report.packages.iter().map(|it| format!("{} {} {}", it.name, it.version, it.architecture)).collect()
}

/// What amd64 and the sources have in a component of stable.
fn shown(w: &World, component: &str) -> String {
    let sources = w.text("stable", &format!("{component}/source/Sources.gz"));
    let source = |line: &str| line.strip_prefix("Package: ").map(|name| format!("source {name}"));
    let mut lines = vec![w.index("stable", &format!("{component}/{AMD64}"))];
    lines.extend(sources.lines().filter_map(source));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn pool(w: &World) -> Vec<String> {
    let files = w.tree.inner.list(ROOT, "pool").unwrap();
    files.into_iter().map(|(path, _)| path.trim_start_matches("pool/").to_owned()).collect()
}

fn assert_sound(w: &World) {
    assert_eq!(problems(&checked(w, true)), "");
}

/// A source with two packages and the symbols of one, and a package of another source.
fn tools(w: &World) {
    add_source(w, ("stable", "contrib"), "tools", "1.0");
    let built = |name: &str, architecture: &str| DebBuilder::new(name, "1.0", architecture).source("tools");
    w.add_built(("stable", "contrib"), &built("tools", "amd64"));
    w.add_built(("stable", "contrib"), &built("tools-dbgsym", "amd64").kind(DebKind::Ddeb));
    w.add_built(("stable", "contrib"), &built("tools-data", "all"));
    w.add_to(("stable", "contrib"), "stranger", "1.0", "amd64");
}

#[test]
fn a_source_is_promoted_with_all_that_was_built_from_it_and_leaves_its_old_place_later() {
    on_both(|mut w| {
        tools(&w);
        w.publish();
        w.now = w.now.plus(3600);
        let report = place(&w, "tools", &component("main"));
        assert_eq!(
            moved(&report),
            [
                "tools 1.0 amd64: contrib/misc optional -> main/misc optional",
                "tools 1.0 source: contrib/misc optional -> main/misc optional",
                "tools-data 1.0 all: contrib/misc optional -> main/misc optional",
                "tools-dbgsym 1.0 amd64: contrib/misc optional -> main/misc optional",
            ]
        );
        assert_eq!(shown(&w, "main"), "", "nothing is seen before it is published");
        let report = w.publish();
        assert_eq!((report.suites[0].published, report.suites[0].superseded), (4, 4));
        assert_eq!(shown(&w, "main"), "tools 1.0 amd64\ntools-data 1.0 all\nsource tools");
        assert_eq!(shown(&w, "contrib"), "stranger 1.0 amd64");
        assert_sound(&w);
        let both = pool(&w);
        assert_eq!(both.iter().filter(|path| path.contains("tools_1.0_amd64")).count(), 2, "{both:?}");
        w.now = w.now.plus(DAY - 1);
        death_row(&w);
        assert_eq!(pool(&w), both, "clients that read the old indexes are served");
        w.now = w.now.plus(1);
        death_row(&w);
        let left = pool(&w);
        assert!(left.iter().all(|path| path.starts_with("main/") || path.contains("stranger")), "{left:?}");
        assert_sound(&w);
    });
}

#[test]
fn what_moves_there_and_back_is_never_missed() {
    on_both(|mut w| {
        tools(&w);
        w.publish();
        for to in ["main", "contrib", "main", "contrib"] {
            place(&w, "tools", &component(to));
            w.publish_later();
            assert!(shown(&w, to).contains("tools 1.0 amd64"));
            w.now = w.now.plus(DAY / 2);
            death_row(&w);
            assert_sound(&w);
        }
        // And before anybody has seen it.
        place(&w, "tools", &component("main"));
        place(&w, "tools", &component("contrib"));
        assert_eq!(w.publish_later().suites[0].superseded, 8);
        w.now = w.now.plus(DAY);
        death_row(&w);
        assert!(pool(&w).iter().all(|path| path.starts_with("contrib/")));
        assert_sound(&w);
    });
}

#[test]
fn what_is_as_wanted_records_nothing() {
    on_both(|mut w| {
        tools(&w);
        w.publish();
        let report = place(&w, "tools", &component("contrib"));
        assert_eq!((report.changed.len(), report.unchanged), (0, 4));
        assert_eq!(w.publish_later().suites, []);
        // Only what differs is recorded.
        let section =
            NewPlace { section: Some("libs".into()), priority: Some("extra".into()), ..NewPlace::default() };
        assert_eq!(
            moved(&place(&w, "tools-data", &section)),
            ["tools-data 1.0 all: contrib/misc optional -> contrib/libs extra"]
        );
        assert_eq!(place(&w, "tools", &section).unchanged, 1, "the newest record counts");
        w.publish_later();
        let text = w.text("stable", &format!("contrib/{AMD64}"));
        assert_eq!(text.matches("Section: contrib/libs\nPriority: extra\n").count(), 2, "{text}");
        assert_sound(&w);
    });
}

#[test]
fn part_of_a_source_can_be_meant() {
    on_both(|w| {
        tools(&w);
        w.add_to(("stable", "contrib"), "tools", "0.9", "arm64");
        w.publish();
        let told = |asked: Asked| {
            let report = asked.place(&w, &component("main")).unwrap();
            let packages = report.changed.iter().map(|it| &it.package);
            packages.map(|it| format!("{} {}", it.name, it.architecture)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told(asked("tools-data")), "tools-data all");
        assert_eq!(told(asked("tools").only(Only::Sources)), "tools source");
        assert_eq!(told(asked("tools/arm64").only(Only::Binaries)), "tools arm64");
        assert_eq!(told(asked("tools=1.0").only(Only::Binaries)), "tools amd64, tools-dbgsym amd64");
        let refused = |asked: Asked| asked.place(&w, &component("main")).unwrap_err().to_string();
        assert_eq!(
            refused(asked("tools=2/amd64")),
            "stable of debian has no package tools 2 of amd64, or it is about to be gone: nothing was changed; `debpress ls tools` shows where it is"
        );
        assert_eq!(
            asked("tools").place(&w, &component("universe")).unwrap_err().to_string(),
            "stable of debian has no component universe; there are main, contrib"
        );
        assert!(refused(asked("stranger").only(Only::Sources)).contains("no source package stranger,"));
    });
}

/// Everything at once: a promotion, a removal, one that comes back, and a new version.
fn changed_by_hand(make: impl Fn() -> World) -> World {
    let mut w = make();
    tools(&w);
    w.add("stable", "old", "1.0", "amd64");
    w.add("stable", "back", "1.0", "all");
    w.add("testing", "hello", "1.0", "amd64");
    w.publish();
    w.add("stable", "old", "1.1", "amd64");
    place(&w, "tools", &component("main"));
    asked("old").remove(&w).unwrap();
    asked("back").remove(&w).unwrap();
    w.add("stable", "back", "1.0", "all");
    w.add("testing", "hello", "2.0", "amd64");
    w.now = w.now.plus(3600);
    w
}

#[test]
fn a_failure_at_any_operation_of_a_move_loses_nothing_on_twins() {
    assert!(every_point_of(|| changed_by_hand(World::in_memory)) > 50);
}

#[test]
fn a_failure_at_any_operation_of_a_move_loses_nothing_on_disk() {
    assert!(every_point_of(|| changed_by_hand(World::on_disk)) > 50);
}

#[test]
fn a_failure_of_death_row_at_any_operation_takes_nothing_that_is_seen() {
    on_both(|mut w| {
        for n in 0..12 {
            let version = format!("{n}.0");
            w.add_to(("stable", "contrib"), "hello", &version, "amd64");
            w.add_to(("stable", "contrib"), "world", &version, "all");
            w.publish_later();
            place(&w, "hello", &component("main"));
            asked("world").remove(&w).unwrap();
            w.publish_later();
            w.now = w.now.plus(DAY);
            w.tree.fail_after(n);
            death_row(&w);
            w.tree.mend();
            assert_eq!(
                (shown(&w, "main"), shown(&w, "contrib")),
                (format!("hello {version} amd64"), String::new())
            );
            assert!(w.assert_consistent("stable"));
            assert!(!death_row(&w).has_failed());
            assert_sound(&w);
            assert_eq!(pool(&w), [format!("main/h/hello/hello_{version}_amd64.deb")]);
        }
    });
}

#[test]
fn what_is_removed_is_there_until_nobody_sees_it() {
    on_both(|mut w| {
        tools(&w);
        w.publish();
        w.now = w.now.plus(3600);
        let report = asked("tools").remove(&w).unwrap();
        assert_eq!(
            gone(&report),
            ["tools 1.0 amd64", "tools 1.0 source", "tools-data 1.0 all", "tools-dbgsym 1.0 amd64"]
        );
        w.now = w.now.plus(30 * DAY);
        death_row(&w);
        assert!(shown(&w, "contrib").contains("tools"), "the wish is not the deed");
        assert_sound(&w);
        let preview = w.preview().suites.remove(0);
        assert_eq!((preview.deleted.len(), preview.leaves.len(), preview.enters.len()), (4, 0, 0));
        assert_eq!(w.publish().suites[0].deleted, 4);
        assert_eq!(shown(&w, "contrib"), "stranger 1.0 amd64");
        let before = pool(&w);
        w.now = w.now.plus(DAY - 1);
        death_row(&w);
        assert_eq!(pool(&w), before);
        w.now = w.now.plus(1);
        death_row(&w);
        assert_eq!(pool(&w), ["contrib/s/stranger/stranger_1.0_amd64.deb"]);
        assert_sound(&w);
        let told = history(w.records.as_ref(), "tools-data", None).unwrap();
        let told: Vec<_> =
            told.iter().map(|it| format!("{}: {:?} {}", it.what, it.who, it.comment)).collect();
        assert_eq!(
            told,
            [
                "recorded for publication: None all in contrib/misc",
                "published: None all in contrib/misc",
                "asked to be removed: Some(\"ann\") all in contrib/misc (for everybody)",
                "deleted: Some(\"ann\") all in contrib/misc (for everybody)",
            ]
        );
    });
}

#[test]
fn what_was_removed_comes_back() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        asked("hello").remove(&w).unwrap();
        w.publish_later();
        assert_eq!(shown(&w, "main"), "");
        w.add("stable", "hello", "1.0", "amd64");
        w.publish_later();
        assert_eq!(shown(&w, "main"), "hello 1.0 amd64");
        // Its first stay is over, and its second is not.
        w.now = w.now.plus(2 * DAY);
        death_row(&w);
        assert_sound(&w);
        // When its file was gone.
        asked("hello").remove(&w).unwrap();
        w.publish_later();
        w.now = w.now.plus(2 * DAY);
        death_row(&w);
        assert_eq!(pool(&w), [""; 0]);
        w.add("stable", "hello", "1.0", "amd64");
        w.publish_later();
        assert_sound(&w);
        // Added again before anybody has seen that it is gone: nobody ever does.
        asked("hello").remove(&w).unwrap();
        w.add("stable", "hello", "1.0", "amd64");
        let report = w.publish_later();
        assert_eq!((report.suites[0].published, report.suites[0].deleted), (1, 1));
        assert_eq!(shown(&w, "main"), "hello 1.0 amd64");
        w.now = w.now.plus(2 * DAY);
        death_row(&w);
        assert_sound(&w);
    });
}

#[test]
fn what_is_asked_for_while_a_publication_runs_waits_for_the_next_one() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.add("stable", "world", "1.0", "amd64");
        w.publish();
        w.add("stable", "hello", "2.0", "amd64");
        w.now = w.now.plus(3600);
        w.die_with_the_journal_open();
        asked("world").remove(&w).unwrap();
        place(&w, "hello=1.0", &component("contrib"));
        let recovered = w.publish();
        assert_eq!(recovered.recovered, ["archives/debian/stable"]);
        assert_eq!(shown(&w, "main"), "hello 2.0 amd64", "the same run goes on with what has changed");
        assert_eq!(shown(&w, "contrib"), "", "a newer version had won by then");
        assert_sound(&w);
    });
}

#[test]
fn a_large_removal_is_stopped_until_it_is_meant() {
    on_both(|mut w| {
        (0..12).for_each(|n| w.add("stable", &format!("package{n}"), "1.0", "amd64"));
        w.publish();
        for n in 0..11 {
            asked(&format!("package{n}")).remove(&w).unwrap();
        }
        w.now = w.now.plus(3600);
        let stopped = w.try_publish(&w.select()).unwrap_err();
        assert!(matches!(stopped, PublishError::Guarded { .. }), "{stopped}");
        let mut selection = w.select();
        selection.allow.insert(Guard::Removal);
        assert_eq!(w.try_publish(&selection).unwrap().suites[0].deleted, 11);
    });
}

#[test]
fn a_suite_that_must_not_change_keeps_what_it_has_where_it_is() {
    on_both(|w| {
        tools(&w);
        w.publish();
        set_status(&w, SeriesStatus::Current).unwrap();
        let said = "stable of debian stays as it is, because stable is current: nothing was changed";
        assert_eq!(asked("tools").remove(&w).unwrap_err().to_string(), said);
        assert_eq!(asked("tools").place(&w, &component("main")).unwrap_err().to_string(), said);
    });
}

#[test]
fn whoever_may_decide_about_the_queue_of_both_components_may_move_and_others_may_not() {
    on_both(|w| {
        tools(&w);
        w.publish();
        let bob = Actor::Person("bob".into());
        let asked = asked("tools");
        let try_it =
            || override_published(w.records.as_ref(), &bob, &asked.wanted(), &component("main"), &note(&w));
        let grant = |name: &str| {
            let scope = Scope { component: Some(Component::parse(name).unwrap()), ..Scope::default() };
            let permission = Permission { person: "bob".into(), power: Power::Queue, scope };
            assert!(w.records.grant(&permission, "root", w.now).unwrap());
        };
        assert!(matches!(try_it(), Err(ChangeError::Denied(_))));
        grant("contrib");
        let Err(ChangeError::Denied(denied)) = try_it() else { panic!() };
        assert!(denied.to_string().contains("no permission covers component main"), "{denied}");
        grant("main");
        assert_eq!(try_it().unwrap().changed.len(), 4);
    });
}

#[test]
fn an_update_is_rolled_out_step_by_step() {
    on_both(|mut w| {
        tools(&w);
        w.add_to(("stable", "contrib"), "tools", "1.0", "arm64");
        w.publish();
        let share = |w: &World, architecture: &str| {
            let text = w.text("stable", &format!("contrib/binary-{architecture}/Packages.gz"));
            let shares = text.lines().filter_map(|line| line.strip_prefix("Phased-Update-Percentage: "));
            shares.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(share(&w, "amd64"), "");
        let report = place(&w, "tools-data", &phase(10));
        assert_eq!(
            moved(&report),
            ["tools-data 1.0 all: contrib/misc optional -> contrib/misc optional for 10%"]
        );
        assert_eq!(asked("tools/amd64").place(&w, &phase(0)).unwrap().changed.len(), 2, "with its symbols");
        w.publish_later();
        assert_eq!((share(&w, "amd64"), share(&w, "arm64")), ("0 10".into(), "10".into()));
        // A move leaves it, an end of it is recorded like each step.
        place(&w, "tools", &component("main"));
        w.publish_later();
        assert_eq!(w.text("stable", &format!("main/{AMD64}")).matches("Phased-Update-Percentage").count(), 2);
        assert_eq!(place(&w, "tools", &phase(100)).changed.len(), 3);
        assert_eq!(place(&w, "tools", &phase(100)).changed.len(), 0);
        w.publish_later();
        assert!(!w.text("stable", &format!("main/{AMD64}")).contains("Phased"));
        assert_sound(&w);
    });
}
