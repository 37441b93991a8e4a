//! A random history of operations gives the same answers from the database and from memory.

use std::collections::BTreeMap;

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debpress::model::archive::Deletion;
use debpress::model::contribution::Contribution;
use debpress::model::custom::CustomId;
use debpress::model::package::Release;
use debpress::model::permission::Scope;
use debpress::model::publication::{Candidate, PackageKind, PublicationId, ReleaseId};
use debpress::model::queue::{Decision, Note, QueueId, QueueStatus};
use debpress::model::suite::SuiteKey;
use debpress::model::time::Timestamp;
use debpress::ports::db::{
    CustomChange, IndexFile, ListFilter, NewPublication, NewUploader, QueueFilter, RecordsError, Replacement,
    Snapshot,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::custom::installer;
use super::queue::upload;
use super::{
    Site, architecture, at, collect, component, deb, debs, file, in_memory, in_sqlite, index, placement,
    source,
};

/// One step of a history. Suites are numbers from 0 to 3.
#[derive(Clone, Debug)]
enum Step {
    Import(usize, Vec<(Release, &'static str)>),
    Enter(usize, QueueStatus, Vec<Release>),
    Decide(i64, QueueStatus),
    Realise(i64, Option<(u8, i64)>),
    Publish {
        suite: usize,
        early: bool,
        repeat: bool,
        files: Vec<IndexFile>,
    },
    Begin(usize),
    Remove(i64),
    Replace(usize, i64, &'static str, Option<u8>),
    Ask(usize, Vec<i64>),
    Contribute(usize, Vec<(&'static str, &'static str)>),
    /// The second archive goes: begins, or ends.
    Delete {
        done: bool,
    },
    Grant(&'static str, &'static str, Option<&'static str>),
}

fn releases() -> impl Strategy<Value = Release> {
    let name = select(&["hello", "world", "libc6"][..]);
    let version = select(&["1", "2", "10~rc1"][..]);
    let sources = (name.clone(), version.clone()).prop_map(|(name, version)| source(name, version));
    let kind = select(&[DebKind::Deb, DebKind::Deb, DebKind::Deb, DebKind::Udeb][..]);
    let machine = select(&["all", "amd64", "i386"][..]);
    // One build in eight differs from the others of its name: a conflict in the making.
    let content = 0..8_u8;
    let binaries =
        (name, version, machine, kind, content).prop_map(|(name, version, machine, kind, content)| {
            let mut release = deb(name, version, machine);
            release.kind = kind;
            release.source_name =
                if content % 2 == 0 { release.source_name } else { "builder".parse().unwrap() };
            if content == 1 {
                release.stanza.push_str("Built-Using: hello (= 1), builder (>= 2)\n");
            }
            if content == 0 {
                release.file = file(release.file.name.as_str(), "another build");
            }
            Release::Binary(release)
        });
    prop_oneof![1 => sources, 3 => binaries]
}

fn steps() -> impl Strategy<Value = Step> {
    let suite = || 0..4_usize;
    let status = || select(&QueueStatus::ALL[..]);
    let components = || select(&["main", "universe"][..]);
    let files = vec((select(&["Release", "Packages", "Sources"][..]), select(&["A", "B", "C"][..])), 0..4);
    let files = files.prop_map(|files| files.into_iter().map(|(path, text)| index(path, text)).collect());
    prop_oneof![
        4 => (suite(), vec((releases(), components()), 0..6)).prop_map(|(suite, what)| Step::Import(suite, what)),
        2 => (suite(), status(), vec(releases(), 1..4)).prop_map(|(suite, status, what)| Step::Enter(suite, status, what)),
        2 => (0..8_i64, status()).prop_map(|(item, status)| Step::Decide(item, status)),
        2 => (0..8_i64, prop::option::of((0..4_u8, 1..5_i64))).prop_map(|(item, it)| Step::Realise(item, it)),
        4 => (suite(), any::<bool>(), any::<bool>(), files)
            .prop_map(|(suite, early, repeat, files)| Step::Publish { suite, early, repeat, files }),
        1 => suite().prop_map(Step::Begin),
        2 => (0..130_i64).prop_map(Step::Remove),
        2 => (suite(), 1..20_i64, components(), prop::option::of(0..100_u8))
            .prop_map(|(suite, which, component, phase)| Step::Replace(suite, which, component, phase)),
        2 => (suite(), vec(1..20_i64, 1..4)).prop_map(|(suite, which)| Step::Ask(suite, which)),
        1 => (suite(), vec((select(&["48x48", "64x64"][..]), select(&["A", "B"][..])), 0..3))
            .prop_map(|(suite, what)| Step::Contribute(suite, what)),
        1 => any::<bool>().prop_map(|done| Step::Delete { done }),
        1 => (select(&["ann", "bob"][..]), select(&["AA", "BB"][..]), prop::option::of(components()))
            .prop_map(|(name, key, component)| Step::Grant(name, key, component)),
    ]
}

/// Does a step and tells what came of it.
fn act(site: &Site, number: usize, step: &Step, early: &mut BTreeMap<usize, Snapshot>) -> String {
    let now = at(i64::try_from(number / 2).unwrap());
    let records = &site.records;
    match step {
        Step::Import(suite, what) => {
            early.insert(*suite, site.snapshot(suite_of(site, *suite)));
            let publish = |(release, component): &(Release, &str)| NewPublication {
                release: release.clone(),
                placement: placement(component),
            };
            let what: Vec<_> = what.iter().map(publish).collect();
            told(records.import(suite_of(site, *suite), &what, now))
        }
        Step::Enter(suite, status, what) => {
            let mut item = upload(suite_of(site, *suite), *status, what);
            item.received = now;
            told(records.enter_queue(&item))
        }
        Step::Decide(item, status) => {
            let decision =
                Decision { status: *status, who: "root".into(), at: now, comment: number.to_string() };
            told(records.decide(QueueId(*item), &decision, &[]))
        }
        Step::Realise(item, custom) => told(records.realise(QueueId(*item), &change(*custom), "cron", now)),
        Step::Publish { suite, early: from_before, repeat, files } => {
            let now_there = site.snapshot(suite_of(site, *suite));
            let before = early.get(suite).copied().unwrap_or(now_there);
            publish(site, if *from_before { before } else { now_there }, files, (now.0, *repeat))
        }
        Step::Begin(suite) => {
            told(records.begin_switch(&site.switch(suite_of(site, *suite), &[], &[], now.0)))
        }
        Step::Remove(when) => remove(site, at(*when)),
        Step::Replace(suite, which, name, phase) => {
            let (publication, placement) = (PublicationId(*which), placement(name));
            let wanted = Replacement { publication, placement, phase: *phase };
            told(records.replace(suite_of(site, *suite), &[wanted], &note(now)))
        }
        Step::Ask(suite, which) => {
            let which: Vec<_> = which.iter().copied().map(PublicationId).collect();
            told(records.request_removal(suite_of(site, *suite), &which, &note(now)))
        }
        Step::Contribute(suite, what) => contribute(site, suite_of(site, *suite), what, now),
        Step::Delete { done } => delete(site, *done, now),
        Step::Grant(name, key, part) => grant(site, (name, key), *part, (number, now)),
    }
}

fn grant(
    site: &Site,
    (name, key): (&str, &str),
    part: Option<&str>,
    (number, now): (usize, Timestamp),
) -> String {
    let records = &site.records;
    let archive = Some(site.ppa);
    let grant = Some(Scope { archive, component: part.map(component), ..Scope::default() });
    let mail = part.map(|part| format!("{part}@example.org"));
    let (name, fingerprint) = (name.to_owned(), key.to_owned());
    let certificate = number.to_string().into_bytes();
    told(records.add_uploader(&NewUploader { name, fingerprint, certificate, mail, grant, added: now }))
}

fn contribute(site: &Site, suite: SuiteKey, what: &[(&str, &str)], now: Timestamp) -> String {
    let file = |(name, text): &(&str, &str)| {
        super::contributions::file(&format!("main/dep11/icons-{name}.tar.gz"), text, text)
    };
    let mut files: Vec<Contribution> = what.iter().map(file).collect();
    files.sort_by_key(|it| it.file().path());
    files.dedup_by_key(|it| it.file().path());
    told(site.records.contribute(suite, &files, now))
}

/// The second archive begins to go, or is gone.
fn delete(site: &Site, done: bool, at: Timestamp) -> String {
    let renamed = "~ann/debian/tools-deleted".parse().unwrap();
    match done {
        true => site.records.finish_deletion(site.ppa, &renamed, at).is_ok().to_string(),
        false => {
            let (who, reason) = ("root".into(), at.to_string());
            told(site.records.begin_deletion(site.ppa, &Deletion { done, at, who, reason }))
        }
    }
}

fn note(at: Timestamp) -> Note {
    Note { who: "ann".into(), at, text: "so be it".into() }
}

/// Records as removed whatever may be.
fn remove(site: &Site, when: Timestamp) -> String {
    let condemned = site.records.condemned(site.primary, when).unwrap();
    let over: Vec<_> = condemned.iter().map(|it| it.publication).collect();
    format!("{condemned:?}; {}", told(site.records.record_removed(&over, when)))
}

/// Places a version and supersedes a record, where there is something to do.
fn change(custom: Option<(u8, i64)>) -> CustomChange {
    custom.map_or_else(CustomChange::default, |(version, loser)| CustomChange {
        place: vec![installer(&version.to_string())],
        supersede: vec![CustomId(loser)],
    })
}

fn told<T: std::fmt::Debug>(result: Result<T, RecordsError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

fn suite_of(site: &Site, number: usize) -> SuiteKey {
    [site.noble(), site.updates(), site.stable(), site.ppa()][number]
}

/// Publishes with the simplest domination: of each name and architecture, the newest record stays.
fn publish(site: &Site, snapshot: Snapshot, files: &[IndexFile], (now, repeat): (i64, bool)) -> String {
    let leaving: Vec<_> = site.records.leaving(&snapshot).unwrap().iter().map(|it| it.id).collect();
    let mut candidates = site.records.contested(&snapshot).unwrap();
    candidates.retain(|it| !leaving.contains(&it.id));
    let mut newest: BTreeMap<(PackageKind, &str, &str), &Candidate> = BTreeMap::new();
    for candidate in &candidates {
        newest.insert((candidate.kind, &candidate.name, &candidate.architecture), candidate);
    }
    let winner = |it: &Candidate| newest[&(it.kind, &*it.name, &*it.architecture)].id.0;
    let losers = candidates.iter().filter(|it| winner(it) != it.id.0);
    let supersede: Vec<_> = losers.map(|it| (it.id.0, winner(it))).collect();
    let mut switch = site.switch(snapshot.suite, &supersede, files, now);
    switch.suites[0].publish = site.pending(&snapshot);
    switch.suites[0].publish.retain(|it| !leaving.contains(it));
    switch.suites[0].delete = leaving;
    switch.suites[0].changes = snapshot.changes;
    let shown = site.records.custom_publications(snapshot.suite).unwrap();
    let ids = |superseded: bool| shown.iter().filter(move |it| it.superseded == superseded).map(|it| it.id);
    switch.suites[0].custom_enter = ids(false).collect();
    switch.suites[0].custom_leave = ids(true).collect();
    let begun = told(site.records.begin_switch(&switch));
    // A journal that was left open is rolled forward, as the next run would.
    let open = site.records.open_switch().unwrap().unwrap();
    // Sometimes at once, sometimes later.
    let finished = at(now + now % 3);
    let mut results = vec![begun, told(site.records.finish_switch(&open, finished))];
    if repeat {
        results.push(told(site.records.finish_switch(&open, finished)));
    }
    results.join("; ")
}

/// Everything that can be asked, as text.
fn everything(site: &Site) -> Vec<String> {
    let records = &site.records;
    let mut answers = vec![
        told(records.distributions()),
        told(records.archives()),
        told(records.uploaders()),
        told(records.suite_states()),
        told(records.open_switch()),
        told(records.list(&ListFilter { history: true, ..ListFilter::default() })),
        told(records.list(&ListFilter { name: Some("*l*o*".into()), ..ListFilter::default() })),
        told(records.integrity_problems()),
        told(records.rights()),
        told(records.contributions()),
    ];
    let items = records.queue_items(&QueueFilter::default()).unwrap();
    answers.extend(items.iter().map(|item| told(records.queue_detail(item.id))));
    let objects: Vec<(Sha256, u64)> =
        collect(|visit| records.needed_objects(&mut |sha256, size| visit((sha256, size))));
    answers.push(format!("{objects:?}"));
    for archive in [site.primary, site.ppa] {
        answers.push(format!("{:?}", sorted(collect(|visit| records.pool_entries(archive, visit)))));
        answers.push(told(records.condemned(archive, at(105))));
        answers.push(told(records.condemned(archive, at(1000))));
        let (hello, one) = ("hello".parse().unwrap(), "1".parse().unwrap());
        answers.push(told(records.source_taken(archive, &hello, &one, Some(QueueId(2)))));
        answers.push(told(records.archive_size(archive)));
        let name = "hello_1_all.deb".parse().unwrap();
        answers.push(told(records.known_file(archive, &name)));
        answers.push(told(records.queued_conflict(archive, &name, &Sha256::of(b"another build"))));
    }
    for suite in [site.noble(), site.stable(), site.ppa()] {
        answers.push(told(records.builder_of(suite, "hello")));
        for (kind, machine) in [(PackageKind::Source, "source"), (PackageKind::Binary, "i386")] {
            answers.push(told(records.ancestor(suite, kind, "hello", machine)));
        }
    }
    for number in 0..4 {
        suite_answers(site, suite_of(site, number), &mut answers);
    }
    answers
}

fn suite_answers(site: &Site, suite: SuiteKey, answers: &mut Vec<String>) {
    let records = &site.records;
    let snapshot = site.snapshot(suite);
    answers.push(format!("{snapshot:?}"));
    answers.push(told(records.contested(&snapshot)));
    answers.push(told(records.leaving(&snapshot)));
    for name in ["hello", "builder"] {
        let mut live = records.live_named(suite, name).unwrap();
        live.iter_mut().for_each(|it| it.release = ReleaseId(0));
        answers.push(format!("{live:?}"));
    }
    answers.push(told(records.live_count(&snapshot)));
    let source = |version: &str| ("hello".to_owned(), version.to_owned());
    answers.push(told(records.built_from(&snapshot, &[source("1"), source("2")])));
    answers.push(told(records.custom_publications(suite)));
    answers.push(format!("{:?}", sorted(collect(|visit| records.pending_files(&snapshot, visit)))));
    let machines = ["amd64", "all"].map(architecture);
    for name in ["main", "universe"].map(component) {
        answers.push(format!("{:?}", collect(|visit| records.source_rows(&snapshot, &name, visit))));
        answers.push(format!(
            "{:?}",
            collect(|visit| records.binary_rows(&snapshot, &name, debs(&machines), visit))
        ));
    }
    answers.push(told(records.current_indexes(suite)));
    for (since, releases) in [(0, 0), (8, 0), (8, 2), (99, 1)] {
        answers.push(told(records.retired_indexes(suite, at(since), releases)));
    }
}

fn sorted<T: std::fmt::Debug>(items: Vec<T>) -> Vec<String> {
    let mut texts: Vec<_> = items.iter().map(|item| format!("{item:?}")).collect();
    texts.sort();
    texts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_adapters_tell_the_same_history(history in vec(steps(), 1..30)) {
        let (database, memory) = (in_sqlite(), in_memory());
        let (mut early, mut early_again) = (BTreeMap::new(), BTreeMap::new());
        for (number, step) in history.iter().enumerate() {
            let one = act(&database, number, step, &mut early);
            let other = act(&memory, number, step, &mut early_again);
            prop_assert_eq!(one, other, "step {} {:?}", number, step);
        }
        prop_assert_eq!(everything(&database), everything(&memory));
    }
}
