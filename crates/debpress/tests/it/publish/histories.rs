//! Random histories of an archive: whatever happens, what clients see is in the pool.

use std::collections::BTreeSet;

use debfmt::builder::{DebBuilder, SourceBuilder};
use debfmt::names::Architecture;
use debpress::admin::check::Problem;
use debpress::admin::series::SeriesChange;
use debpress::model::publication::{Listing, PublicationStatus};
use debpress::ports::db::ListFilter;
use debpress::publish::{Selection, Skip};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::death_row::death_row;
use super::moves;
use super::world::{ROOT, World};
use crate::check::{add_source_built, checked};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Source {
        suite: &'static str,
        component: &'static str,
        name: &'static str,
        version: &'static str,
    },
    Binary {
        place: (&'static str, &'static str),
        name: &'static str,
        version: &'static str,
        built: Built,
    },
    /// With a disk that dies after so many operations.
    Publish(Option<i64>),
    /// Without a part of the work: domination, or what is pending.
    Partly {
        domination: bool,
    },
    /// How many versions stay.
    Keep(&'static str),
    Wait(i64),
    /// Places a package and all that was built from it into a component.
    Move(&'static str, &'static str, &'static str),
    /// Takes a package and all that was built from it out of a suite.
    Remove(&'static str, &'static str),
    /// Whether packages wait for those of their source that fit every architecture.
    WaitForAll(bool),
    /// Whether arm64 is published.
    Arm64(bool),
    Clean(Option<i64>),
}

#[derive(Clone, Debug)]
pub(super) struct Built {
    machine: &'static str,
    using: Option<(&'static str, &'static str)>,
}

const SUITES: [&str; 3] = ["stable", "stable-proposed", "testing"];

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let suite = || select(&SUITES[..]);
    let component = || select(&["main", "main", "contrib"][..]);
    let name = || select(&["hello", "libx"][..]);
    let version = || select(&["1-1", "1-2", "2-1"][..]);
    let built = (select(&["all", "amd64", "arm64"][..]), prop::option::of((name(), version())));
    let built = built.prop_map(|(machine, using)| Built { machine, using });
    let dies = || prop::option::weighted(0.3, 0..30_i64);
    prop_oneof![
        4 => (suite(), component(), name(), version())
            .prop_map(|(suite, component, name, version)| Step::Source { suite, component, name, version }),
        4 => ((suite(), component()), name(), version(), built)
            .prop_map(|(place, name, version, built)| Step::Binary { place, name, version, built }),
        4 => dies().prop_map(Step::Publish),
        2 => select(&[3600, 43_200, 90_000][..]).prop_map(Step::Wait),
        3 => (suite(), name(), select(&["main", "contrib"][..]))
            .prop_map(|(suite, name, component)| Step::Move(suite, name, component)),
        2 => (suite(), name()).prop_map(|(suite, name)| Step::Remove(suite, name)),
        1 => any::<bool>().prop_map(|domination| Step::Partly { domination }),
        1 => select(&["keep_versions=1", "keep_versions=2"][..]).prop_map(Step::Keep),
        1 => any::<bool>().prop_map(Step::WaitForAll),
        1 => any::<bool>().prop_map(Step::Arm64),
        3 => dies().prop_map(|dies| Step::Clean(dies.map(|left| left / 5))),
    ]
}

pub(super) fn act(w: &mut World, step: &Step) {
    match step {
        Step::Source { suite, component, name, version } => {
            // One version has something for every architecture.
            let mut source = SourceBuilder::new(name, version);
            if *version == "2-1" {
                source = source.binary(name, "all");
            }
            add_source_built(w, (suite, component), &source);
        }
        Step::Binary { place, name, version, built } => {
            let mut package = DebBuilder::new(name, version, built.machine);
            // One name is one content, whatever else the history says.
            if let Some((source, source_version)) = built.using.filter(|_| *version == "1-2") {
                let tool = format!("{name}-{source}-{source_version}");
                package = DebBuilder::new(&tool, version, built.machine).source(name);
                package = package.field("Built-Using", &format!("{source} (= {source_version})"));
            }
            w.add_built(*place, &package);
        }
        Step::Publish(dies) => {
            w.tree.fail_after(dies.unwrap_or(i64::MAX));
            let published = w.try_publish(&w.select());
            assert!(dies.is_some() || published.is_ok(), "{published:?}");
            w.tree.mend();
            if published.is_ok() {
                assert_told(w);
            }
        }
        // One that is not there is not moved.
        Step::Move(suite, name, component) => drop(moves::place_in(w, suite, name, component)),
        Step::Remove(suite, name) => drop(moves::remove_from(w, suite, name)),
        Step::Partly { domination } => {
            let skip = Skip { domination: *domination, publishing: !*domination, ..Skip::default() };
            w.try_publish(&Selection { skip, ..w.select() }).unwrap();
            assert_told(w);
        }
        Step::Keep(versions) => w.set(&[versions]),
        Step::WaitForAll(on) => w.set(&[if *on { "wait_for_all=yes" } else { "wait_for_all=no" }]),
        Step::Arm64(on) => {
            let arm64 = || vec![Architecture::parse("arm64").unwrap()];
            let (enable, disable) = if *on { (arm64(), Vec::new()) } else { (Vec::new(), arm64()) };
            w.change(&SeriesChange { enable, disable, ..SeriesChange::default() });
        }
        Step::Wait(seconds) => w.now = w.now.plus(*seconds),
        Step::Clean(dies) => clean(w, *dies),
    }
    w.tree.mend();
}

fn clean(w: &World, dies: Option<i64>) {
    let before = (pool(w), wanted_sources(w));
    w.tree.fail_after(dies.unwrap_or(i64::MAX));
    let report = death_row(w);
    assert!(dies.is_some() || !report.has_failed(), "{report:?}");
    let after = pool(w);
    let lost = before.1.iter().filter(|file| has(&before.0, file) && !has(&after, file));
    assert_eq!(lost.collect::<Vec<_>>(), [""; 0], "sources of packages that are live");
}

/// After a publication each suite shows what is Published, and nothing else; what is not live any more says why.
fn assert_told(w: &World) {
    let series = &w.records.distributions().unwrap()[0].series[0];
    let machines: Vec<String> = series.architectures.iter().map(ToString::to_string).collect();
    let all = w.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap();
    for suite in SUITES.iter().filter(|suite| w.assert_consistent(suite)) {
        let key = w.suite(suite);
        let own: Vec<_> = all.iter().filter(|it| it.suite == key).collect();
        for component in ["main", "contrib"] {
            let here = own.iter().filter(|it| it.component.as_str() == component);
            let live: Vec<_> = here.filter(|it| it.status == PublicationStatus::Published).collect();
            for machine in &machines {
                let fits = |it: &&&&Listing| it.architecture == "all" || it.architecture == *machine;
                let line = |it: &&&Listing| format!("{} {} {}", it.name, it.version, it.architecture);
                let mut records: Vec<_> = live.iter().filter(fits).map(line).collect();
                let shown = w.index(suite, &format!("{component}/binary-{machine}/Packages.gz"));
                let mut shown: Vec<_> = shown.lines().map(str::to_owned).collect();
                records.sort();
                shown.sort();
                assert_eq!(records, shown, "{suite} {component} {machine}");
            }
            let sources = w.text(suite, &format!("{component}/source/Sources.gz"));
            let records = live.iter().filter(|it| it.architecture == "source").count();
            assert_eq!(records, sources.lines().filter(|line| line.starts_with("Package: ")).count());
        }
        for it in own {
            let told = match it.status {
                PublicationStatus::Pending | PublicationStatus::Published => it.ended.is_none(),
                PublicationStatus::Superseded => it.superseded_by.is_some(),
                PublicationStatus::Deleted => it.removal.is_some(),
            };
            assert!(told, "{it:?}");
        }
    }
}

fn pool(w: &World) -> BTreeSet<String> {
    w.tree.inner.list(ROOT, "pool").unwrap().into_iter().map(|(path, _)| path).collect()
}

fn has(pool: &BTreeSet<String>, file: &str) -> bool {
    pool.iter().any(|path| path.ends_with(file))
}

/// The .dsc files that live binary packages were made of.
fn wanted_sources(w: &World) -> BTreeSet<String> {
    let live = w.records.list(&ListFilter::default()).unwrap();
    let mut wanted = BTreeSet::new();
    for binary in live.iter().filter(|it| it.architecture != "source") {
        // The name says it all: TOOL-SOURCE-VERSION of Built-Using, or the source itself.
        let mut words = binary.name.splitn(3, '-');
        let source = words.next().unwrap();
        wanted.insert(format!("/{source}_{}.dsc", binary.version));
        if let (Some(source), Some(version)) = (words.next(), words.next()) {
            wanted.insert(format!("/{source}_{version}.dsc"));
        }
    }
    wanted
}

/// What must never be wrong: files that clients are told of are there, and are the right ones.
fn assert_sound(w: &World) {
    for suite in SUITES {
        w.assert_consistent(suite);
    }
    let report = checked(w, true);
    // What dying publications leave is known to a check, and no loss.
    let left = ["journal.open", "staged.left", "pool.unknown", "release.differs"];
    // What a dying death row took of a source that something holds since then comes back with the next one.
    let archive = w.records.archives().unwrap()[0].id;
    let condemned = w.records.condemned(archive, w.now).unwrap();
    let held = condemned.iter().filter(|it| it.held).flat_map(|it| &it.files);
    let held: BTreeSet<_> = held.map(|it| format!("{ROOT}/{}", it.entry.pool_file().path())).collect();
    let back = |it: &Problem| it.code == "pool.missing" && held.contains(&it.subject);
    let lost: Vec<_> = report.problems.iter().filter(|it| !left.contains(&it.code) && !back(it)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_live_loses_its_files(history in vec(steps(), 1..40)) {
        let mut w = World::in_memory();
        for step in &history {
            act(&mut w, step);
            assert_sound(&w);
        }
        // In the end the pool has what is live, and sources of it.
        w.publish();
        w.now = w.now.plus(2 * 86_400);
        prop_assert!(!death_row(&w).has_failed());
        assert_sound(&w);
        prop_assert!(checked(&w, true).problems.iter().all(|it| it.code != "pool.missing"));
        let archive = w.records.archives().unwrap()[0].id;
        let condemned = w.records.condemned(archive, w.now).unwrap();
        prop_assert!(condemned.iter().all(|it| it.held), "{:?}", condemned);
        let sources = wanted_sources(&w);
        for held in condemned.iter().flat_map(|it| &it.files).filter(|it| it.entry.file.as_str().ends_with(".dsc")) {
            prop_assert!(sources.iter().any(|dsc| dsc[1..] == *held.entry.file.as_str()), "{:?}", held);
        }
        if history.iter().all(|step| !matches!(step, Step::Publish(Some(_)))) {
            prop_assert_eq!(checked(&w, true).problems, vec![]);
        }
        w.now = w.now.plus(1);
        prop_assert!(death_row(&w).archives[0].files.is_empty());
    }
}

#[test]
fn the_file_of_what_waits_for_a_disabled_architecture_is_known_to_a_check() {
    let mut w = World::in_memory();
    let built = Built { machine: "arm64", using: None };
    let package = Step::Binary { place: ("testing", "main"), name: "hello", version: "2-1", built };
    let moved = |component| Step::Move("testing", "hello", component);
    let steps = [package, Step::Publish(None), moved("contrib"), Step::Publish(None)];
    steps.iter().for_each(|step| act(&mut w, step));
    // It goes back while nobody sees its architecture; its old file stays for it.
    [Step::Arm64(false), moved("main"), Step::Publish(None)].iter().for_each(|step| act(&mut w, step));
    w.now = w.now.plus(2 * 86_400);
    assert!(!death_row(&w).has_failed());
    assert_eq!(checked(&w, true).problems, vec![]);
    [Step::Arm64(true), Step::Publish(None)].iter().for_each(|step| act(&mut w, step));
    assert!(w.assert_consistent("testing"));
    assert_eq!(checked(&w, true).problems, vec![]);
}
