//! Placing packages into suites and reading them back for the indexes.

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debpress::model::archive::ArchiveId;
use debpress::model::package::{BinaryRelease, Release};
use debpress::model::publication::{Candidate, PackageKind};
use debpress::model::queue::QueueStatus;
use debpress::model::suite::SuiteKey;
use debpress::ports::db::{BinaryBounds, CustomChange, Imported, ListFilter, RecordsError, SuiteState};

use super::queue::upload;
use super::{
    Site, architecture, at, binary, collect, component, contract, deb, debs, file, paths, publication, source,
};

contract! {
    an_import_is_pending_and_marks_the_suite
    a_release_is_live_once
    the_same_release_may_be_in_many_suites
    a_release_keeps_the_name_it_was_recorded_under
    placing_a_package_back_is_a_placement
    another_content_for_a_known_file_is_refused_whole
    each_archive_knows_its_own_files
    an_import_needs_its_archive
    a_snapshot_hides_what_comes_later
    only_contested_names_are_read
    what_was_built_from_a_source_is_found_by_it
    what_sources_say_is_read_for_those_that_are_live
    rows_come_in_the_order_of_an_index
    each_kind_of_binary_package_is_read_by_itself
    a_suite_is_marked_without_a_new_package
    the_files_of_packages_are_read_in_the_order_of_their_rows
}

fn an_import_is_pending_and_marks_the_suite(site: &Site) {
    let noble = site.noble();
    assert_eq!(site.records.suite_states().unwrap(), []);
    let wanted =
        [publication(&source("hello", "1.0"), "main"), publication(&binary("hello", "1.0", "amd64"), "main")];
    let done = site.records.import(noble, &wanted, at(5)).unwrap();
    assert_eq!(done, Imported { added: 2, present: 0 });
    assert_eq!(site.live(noble), ["hello 1.0 amd64 main pending", "hello 1.0 source main pending"]);
    let states = site.records.suite_states().unwrap();
    assert_eq!(
        states,
        [SuiteState { key: noble, changes: 1, shown: 0, published: false, entries: 0, extra: None }]
    );
    assert!(states[0].is_dirty());
    let listed = site.records.list(&ListFilter::default()).unwrap();
    assert_eq!(
        (listed[0].created, &*listed[0].section),
        (at(5), "libs"),
        "the archive's section, not the maker's"
    );

    assert_eq!(site.records.import(site.stable(), &[], at(6)).unwrap(), Imported::default());
    assert_eq!(site.records.suite_states().unwrap().len(), 1, "nothing touched stable");
}

fn a_release_is_live_once(site: &Site) {
    let noble = site.noble();
    let hello = binary("hello", "1.0", "amd64");
    site.add(noble, std::slice::from_ref(&hello));
    let twice = [publication(&hello, "main"), publication(&hello, "main")];
    let done = site.records.import(noble, &twice, at(2)).unwrap();
    assert_eq!(done, Imported { added: 0, present: 2 });
    assert_eq!(site.changes(noble).0, 1, "nothing new to show");

    // Another placement is a change.
    let moved = [publication(&hello, "universe"), publication(&hello, "universe")];
    let done = site.records.import(noble, &moved, at(3)).unwrap();
    assert_eq!(done, Imported { added: 1, present: 1 });
    assert_eq!(site.live(noble), ["hello 1.0 amd64 main pending", "hello 1.0 amd64 universe pending"]);

    // What was superseded is not live, and can come back.
    site.publish(noble, &[(1, 2)], &[], 4);
    let done = site.records.import(noble, &[publication(&hello, "main")], at(5)).unwrap();
    assert_eq!(done.added, 1);

    // So are another section and another priority.
    let mut changed = publication(&hello, "main");
    changed.placement.section = "games".into();
    assert_eq!(site.records.import(noble, &[changed.clone()], at(6)).unwrap().added, 1);
    changed.placement.priority = "required".into();
    assert_eq!(site.records.import(noble, &[changed.clone()], at(7)).unwrap().added, 1);
    assert_eq!(site.records.import(noble, &[changed], at(8)).unwrap().present, 1);
}

fn the_same_release_may_be_in_many_suites(site: &Site) {
    let hello = source("hello", "1.0");
    for suite in [site.noble(), site.updates(), site.stable(), site.ppa()] {
        site.add(suite, std::slice::from_ref(&hello));
        assert_eq!(site.live(suite), ["hello 1.0 source main pending"]);
    }
    let objects: Vec<(Sha256, u64)> =
        collect(|visit| site.records.needed_objects(&mut |sha256, size| visit((sha256, size))));
    assert_eq!(objects.len(), 2, "its two files, once");
    let keys: Vec<SuiteKey> = site.records.suite_states().unwrap().iter().map(|it| it.key).collect();
    assert_eq!(keys, [site.noble(), site.updates(), site.stable(), site.ppa()], "by archive, series, pocket");
}

fn a_release_keeps_the_name_it_was_recorded_under(site: &Site) {
    site.add(site.noble(), &[binary("hello", "1", "all")]);
    let mut renamed = deb("hello", "1", "all");
    renamed.file.name = "hello-renamed.deb".parse().unwrap();
    let renamed = Release::Binary(renamed);
    let item = upload(site.noble(), QueueStatus::Accepted, std::slice::from_ref(&renamed));
    site.add(site.ppa(), &[renamed]);
    let id = site.records.enter_queue(&item).unwrap();
    assert_eq!(
        site.records.realise(id, &CustomChange::default(), "x", at(2)).unwrap(),
        0,
        "the same bytes are the same release"
    );
    let files = collect(|visit| site.records.pending_files(&site.snapshot(site.ppa()), visit));
    assert_eq!(paths(&files), ["main/hello/hello_1_all.deb"]);
    for archive in [site.primary, site.ppa] {
        let known = |name: &str| site.records.known_file(archive, &name.parse().unwrap()).unwrap();
        assert_eq!(known("hello_1_all.deb"), Some(files[0].sha256));
        assert_eq!(known("hello-renamed.deb"), None, "a name that no pool will hold is not taken");
    }
}

fn placing_a_package_back_is_a_placement(site: &Site) {
    let noble = site.noble();
    for hello in [source("hello", "1"), binary("hello", "1", "amd64")] {
        let place = |suite, component: &str| {
            let done = site.records.import(suite, &[publication(&hello, component)], at(1)).unwrap();
            (done.added, done.present)
        };
        assert_eq!(place(noble, "main"), (1, 0));
        site.publish(noble, &[], &[], 2);
        assert_eq!(place(noble, "universe"), (1, 0));
        // The next publication would show universe, so that this must be said again.
        assert_eq!(place(noble, "main"), (1, 0));
        assert_eq!(place(noble, "main"), (0, 1));
        assert_eq!(place(site.updates(), "universe"), (1, 0), "another suite has its own");
        assert_eq!(place(noble, "main"), (0, 1));
    }
    // Two of each: published in main, pending in universe, pending in main.
    assert_eq!(site.live(noble).len(), 6);
}

fn another_content_for_a_known_file_is_refused_whole(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1.0", "amd64")]);
    let mut changed = deb("hello", "1.0", "amd64");
    changed.file = file("hello_1.0_amd64.deb", "other bytes");
    let given = changed.file.checksums.sha256;
    let wanted =
        [publication(&binary("before", "1", "all"), "main"), publication(&Release::Binary(changed), "main")];

    // In another suite of the same archive: the pool is shared.
    let error = site.records.import(site.stable(), &wanted, at(2)).unwrap_err();
    let had = Sha256::of(b"hello_1.0_amd64.deb");
    let told = matches!(&error, RecordsError::FileConflict { file, had: h, given: g }
        if file == "hello_1.0_amd64.deb" && *h == had && *g == given);
    assert!(told, "{error:?}");
    assert_eq!(site.live(site.stable()), [""; 0]);
    assert_eq!(site.records.suite_states().unwrap().len(), 1, "stable was never touched");
    let known = |name: &str| site.records.known_file(site.primary, &name.parse().unwrap()).unwrap();
    assert_eq!(known("before_1_all.deb"), None);
    assert_eq!(known("hello_1.0_amd64.deb"), Some(had));
    let objects: Vec<Sha256> = collect(|visit| site.records.needed_objects(&mut |sha256, _| visit(sha256)));
    assert_eq!(objects, [had]);
}

fn each_archive_knows_its_own_files(site: &Site) {
    site.add(site.noble(), &[binary("hello", "1.0", "amd64")]);
    let mut other = deb("hello", "1.0", "amd64");
    other.file = file("hello_1.0_amd64.deb", "built elsewhere");
    site.add(site.ppa(), &[Release::Binary(other)]);
    let name = "hello_1.0_amd64.deb".parse().unwrap();
    let known = |archive: ArchiveId| site.records.known_file(archive, &name).unwrap();
    assert_eq!(known(site.primary), Some(Sha256::of(b"hello_1.0_amd64.deb")));
    assert_eq!(known(site.ppa), Some(Sha256::of(b"built elsewhere")));
    assert_eq!(known(ArchiveId(99)), None);
}

fn an_import_needs_its_archive(site: &Site) {
    let nowhere = SuiteKey { archive: ArchiveId(99), ..site.noble() };
    let error =
        site.records.import(nowhere, &[publication(&source("hello", "1"), "main")], at(1)).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "{error:?}");
    assert_eq!(site.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap(), []);
}

fn a_snapshot_hides_what_comes_later(site: &Site) {
    let noble = site.noble();
    let before = site.snapshot(noble);
    assert_eq!((before.newest.0, before.changes), (0, 0));
    site.add(noble, &[source("early", "1"), binary("early", "1", "all")]);
    let snapshot = site.snapshot(noble);
    site.add(noble, &[source("late", "1"), binary("late", "1", "all"), source("early", "2")]);

    let names = |rows: Vec<String>| rows.join(" ");
    let contested = site.records.contested(&snapshot).unwrap();
    assert_eq!(
        names(contested.into_iter().map(|it| format!("{}={}", it.name, it.version)).collect()),
        "early=1 early=1"
    );
    let main = component("main");
    let sources = collect(|visit| site.records.source_rows(&snapshot, &main, visit));
    assert_eq!(sources.len(), 1);
    let binaries =
        collect(|visit| site.records.binary_rows(&snapshot, &main, debs(&[architecture("all")]), visit));
    assert_eq!(binaries.len(), 1);
    let files = collect(|visit| site.records.pending_files(&snapshot, visit));
    assert_eq!(
        paths(&files),
        ["main/early/early_1.dsc", "main/early/early_1.tar.xz", "main/early/early_1_all.deb"]
    );

    // A publication of the snapshot leaves the suite dirty: what came later is not shown.
    let mut switch = site.switch(noble, &[], &[], 9);
    switch.suites[0].publish = site.pending(&snapshot);
    switch.suites[0].changes = snapshot.changes;
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
    assert_eq!(site.changes(noble), (2, 1, true));
    assert_eq!(site.pending(&site.snapshot(noble)).len(), 3);
}

fn what_was_built_from_a_source_is_found_by_it(site: &Site) {
    let noble = site.noble();
    let built = |name: &str, version: &str, machine: &str, kind| {
        let source_name = "hello".parse().unwrap();
        Release::Binary(BinaryRelease { source_name, kind, ..deb(name, version, machine) })
    };
    site.add(
        noble,
        &[
            built("hello", "1", "amd64", DebKind::Deb),
            built("hello-data", "1", "all", DebKind::Deb),
            built("hello-dbgsym", "1", "amd64", DebKind::Ddeb),
            built("hello", "2", "amd64", DebKind::Deb),
            binary("other", "1", "amd64"),
            source("hello", "1"),
        ],
    );
    site.add(site.stable(), &[built("hello", "1", "i386", DebKind::Deb)]);
    site.publish(noble, &[(1, 4)], &[], 3);
    let found = |sources: &[(&str, &str)]| {
        let sources: Vec<_> =
            sources.iter().map(|(name, version)| ((*name).into(), (*version).into())).collect();
        let found = site.records.built_from(&site.snapshot(noble), &sources).unwrap();
        let line = |it: &Candidate| format!("{} {} {} {}", it.id.0, it.name, it.version, it.debug);
        found.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(found(&[("hello", "1")]), ["2 hello-data 1 false", "3 hello-dbgsym 1 true"]);
    assert_eq!(found(&[("hello", "2"), ("other", "1")]), ["4 hello 2 false", "5 other 1 false"]);
    assert_eq!(found(&[]), [""; 0]);
    let candidate =
        site.records.built_from(&site.snapshot(noble), &[("hello".into(), "2".into())]).unwrap().remove(0);
    assert_eq!(candidate.source, Some(("hello".into(), "2".into())));
}

fn only_contested_names_are_read(site: &Site) {
    let noble = site.noble();
    // Published: one name on two architectures, one name twice, one name in two versions.
    site.add(
        noble,
        &[
            binary("calm", "1", "amd64"),
            binary("calm", "1", "i386"),
            source("calm", "1"),
            binary("double", "1", "amd64"),
            binary("split", "1", "amd64"),
            binary("split", "2", "i386"),
            binary("moved", "1", "amd64"),
        ],
    );
    let moved = publication(&binary("moved", "1", "amd64"), "universe");
    site.records.import(noble, &[moved], at(2)).unwrap();
    site.add(noble, &[binary("double", "2", "amd64")]);
    site.publish(noble, &[(4, 9)], &[], 3);
    // A change of a source does not read the binary of that name.
    site.add(noble, &[source("calm", "2")]);
    site.add(site.stable(), &[binary("double", "3", "amd64")]);

    let found = site.records.contested(&site.snapshot(noble)).unwrap();
    let texts: Vec<_> = found
        .iter()
        .map(|it| {
            let status = it.status.as_str();
            format!("{} {} {} {} {} {status}", it.id.0, it.name, it.version, it.architecture, it.component)
        })
        .collect();
    assert_eq!(
        texts,
        [
            "3 calm 1 source main published",
            "10 calm 2 source main pending",
            "7 moved 1 amd64 main published",
            "8 moved 1 amd64 universe published",
            "5 split 1 amd64 main published",
            "6 split 2 i386 main published",
        ]
    );
    assert!(found.iter().take(2).all(|it| it.kind == PackageKind::Source));
}

fn what_sources_say_is_read_for_those_that_are_live(site: &Site) {
    site.add(site.noble(), &[source("hello", "1"), binary("hello", "1", "amd64"), source("world", "1")]);
    site.add(site.updates(), &[source("hello", "2")]);
    site.publish(site.noble(), &[(3, 1)], &[], 3);
    let asked: Vec<_> = [("hello", "2"), ("hello", "1"), ("hello", "3"), ("world", "1")]
        .map(|(name, version): (&str, &str)| (name.to_owned(), version.to_owned()))
        .to_vec();
    let found = site.records.source_stanzas(site.primary, &asked).unwrap();
    assert_eq!(
        found.iter().map(|it| it.source.clone()).collect::<Vec<_>>(),
        asked[..2],
        "in the order of the question"
    );
    let Release::Source(hello) = source("hello", "1") else { unreachable!() };
    assert_eq!(found[1].text, hello.stanza);
    assert_eq!(site.records.source_stanzas(ArchiveId(99), &asked).unwrap(), []);
}

fn rows_come_in_the_order_of_an_index(site: &Site) {
    let noble = site.noble();
    site.add(
        noble,
        &[
            binary("zip", "1", "amd64"),
            binary("apt", "2", "all"),
            binary("apt", "10", "amd64"),
            binary("apt", "10", "i386"),
            binary("apt", "1", "s390x"),
            source("zip", "1"),
            source("apt", "2"),
        ],
    );
    site.publish(noble, &[], &[], 2);
    let other = publication(&binary("other", "1", "amd64"), "universe");
    site.records.import(noble, &[other], at(3)).unwrap();
    site.add(noble, &[source("apt", "10")]);
    let (main, snapshot) = (component("main"), site.snapshot(noble));

    let machines = ["i386", "amd64", "all"].map(architecture);
    let rows = collect(|visit| site.records.binary_rows(&snapshot, &main, debs(&machines), visit));
    let files: Vec<_> = rows.iter().map(|row| row.file.as_str()).collect();
    // Version *text* order: "10" before "2"; nothing of s390x or universe.
    assert_eq!(files, ["apt_10_amd64.deb", "apt_10_i386.deb", "apt_2_all.deb", "zip_1_amd64.deb"]);
    let Release::Binary(apt) = binary("apt", "10", "amd64") else { unreachable!() };
    assert_eq!((&rows[0].checksums, &rows[0].stanza), (&apt.file.checksums, &apt.stanza));
    assert_eq!((rows[0].source_name.as_str(), rows[0].pending), ("apt", false));
    assert_eq!((&*rows[0].section, &*rows[0].priority), ("libs", "optional"), "of the placement");
    assert!(collect(|visit| site.records.binary_rows(&snapshot, &main, debs(&[]), visit)).is_empty());

    let rows = collect(|visit| site.records.source_rows(&snapshot, &main, visit));
    let texts: Vec<_> = rows.iter().map(|row| (row.name.as_str(), &*row.stanza, row.pending)).collect();
    assert_eq!(
        texts,
        [
            ("apt", "Package: apt\nVersion: 10\n", true),
            ("apt", "Package: apt\nVersion: 2\n", false),
            ("zip", "Package: zip\nVersion: 1\n", false),
        ]
    );
    assert_eq!(rows[2].file_lists, "Files:\n zip_1.dsc\n zip_1.tar.xz\n");
}

fn each_kind_of_binary_package_is_read_by_itself(site: &Site) {
    let noble = site.noble();
    let special = |name: &str, kind: DebKind| {
        let mut release = deb(name, "1", "amd64");
        release.kind = kind;
        Release::Binary(release)
    };
    site.add(
        noble,
        &[
            special("plain", DebKind::Deb),
            special("installer", DebKind::Udeb),
            special("symbols", DebKind::Ddeb),
        ],
    );
    let (snapshot, machines) = (site.snapshot(noble), [architecture("amd64")]);
    for (kind, name) in [(DebKind::Deb, "plain"), (DebKind::Udeb, "installer"), (DebKind::Ddeb, "symbols")] {
        let bounds = BinaryBounds { kind, architectures: &machines };
        let rows = collect(|visit| site.records.binary_rows(&snapshot, &component("main"), bounds, visit));
        assert_eq!(rows.iter().map(|row| row.source_name.as_str()).collect::<Vec<_>>(), [name]);
    }
    let files = collect(|visit| site.records.pending_files(&snapshot, visit));
    assert_eq!(files.len(), 3, "and the pool holds them all");
    assert_eq!(site.records.special_kinds(&snapshot).unwrap(), [DebKind::Udeb, DebKind::Ddeb]);

    // Of this suite, live, and within the snapshot.
    let stable = site.stable();
    let before = site.snapshot(stable);
    assert_eq!(site.records.special_kinds(&before).unwrap(), []);
    site.add(stable, &[special("installer", DebKind::Udeb), special("plain", DebKind::Deb)]);
    assert_eq!(site.records.special_kinds(&before).unwrap(), [], "it came later");
    assert_eq!(site.records.special_kinds(&site.snapshot(stable)).unwrap(), [DebKind::Udeb]);
    site.add(stable, &[binary("installer", "2", "amd64")]);
    site.publish(stable, &[(4, 6)], &[], 3);
    assert_eq!(site.records.special_kinds(&site.snapshot(stable)).unwrap(), [], "it was superseded");
}

fn a_suite_is_marked_without_a_new_package(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "amd64")]);
    site.publish(noble, &[], &[], 2);
    assert_eq!(site.changes(noble), (1, 1, true));
    site.records.touch_suites(&[noble, site.stable()]).unwrap();
    assert_eq!(site.changes(noble), (2, 1, true));
    assert_eq!(site.records.suite_states().unwrap().len(), 1, "nothing is in stable");
}

fn the_files_of_packages_are_read_in_the_order_of_their_rows(site: &Site) {
    let noble = site.noble();
    let mut bare = deb("bare", "1", "amd64");
    bare.contents.clear();
    let mut udeb = deb("udeb", "1", "amd64");
    udeb.kind = DebKind::Udeb;
    site.add(
        noble,
        &[
            binary("zip", "1", "amd64"),
            binary("apt", "1", "all"),
            binary("far", "1", "i386"),
            Release::Binary(bare),
            Release::Binary(udeb),
        ],
    );
    let (main, snapshot) = (component("main"), site.snapshot(noble));
    site.add(noble, &[binary("late", "1", "amd64")]);
    let other = publication(&binary("other", "1", "amd64"), "universe");
    site.records.import(noble, &[other], at(3)).unwrap();
    let machines = ["amd64", "all"].map(architecture);
    let rows = collect(|visit| site.records.contents_rows(&snapshot, &main, debs(&machines), visit));
    let told: Vec<_> = rows.iter().map(|row| (row.id.0, &*row.name, &*row.section, &*row.paths)).collect();
    assert_eq!(
        told,
        [
            (2, "apt", "libs", "usr/bin/apt\nusr/share/doc/apt/copyright"),
            (1, "zip", "libs", "usr/bin/zip\nusr/share/doc/zip/copyright"),
        ]
    );
    let bounds = BinaryBounds { kind: DebKind::Udeb, architectures: &machines };
    let rows = collect(|visit| site.records.contents_rows(&snapshot, &main, bounds, visit));
    assert_eq!(rows.len(), 1);
    assert!(collect(|visit| site.records.contents_rows(&snapshot, &main, debs(&[]), visit)).is_empty());
}
