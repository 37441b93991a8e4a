//! Questions about publications that no index asks: pool, objects, listings, placements.

use debfmt::digest::Sha256;
use debpress::model::archive::ArchiveId;
use debpress::model::package::Release;
use debpress::model::publication::PackageKind;
use debpress::model::queue::{Decision, QueueId, QueueStatus};
use debpress::model::suite::SuiteKey;
use debpress::ports::db::ListFilter;

use super::{
    Site, architecture, at, binary, collect, component, contract, deb, debs, file, paths, publication,
    source, visits_when_stopped,
};

contract! {
    pending_files_are_those_the_pool_lacks
    the_pool_holds_what_was_published
    every_object_is_needed_once
    a_listing_takes_patterns
    the_nearest_live_placement_counts
    a_version_of_a_source_is_taken_once
    an_archive_is_as_large_as_its_files
    the_last_builder_of_a_name_is_known
    visitors_can_stop
    a_visitor_may_ask_again
}

fn pending_files_are_those_the_pool_lacks(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[source("old", "1")]);
    site.publish(noble, &[], &[], 2);
    let new = publication(&binary("new", "1", "all"), "universe");
    site.records.import(noble, &[new], at(3)).unwrap();
    let files = collect(|visit| site.records.pending_files(&site.snapshot(noble), visit));
    assert_eq!(paths(&files), ["universe/new/new_1_all.deb"]);
    assert_eq!((files[0].sha256, files[0].size), (Sha256::of(b"new_1_all.deb"), 13));
    assert!(collect(|visit| site.records.pending_files(&site.snapshot(site.stable()), visit)).is_empty());
}

fn the_pool_holds_what_was_published(site: &Site) {
    let noble = site.noble();
    let pool = |archive| paths(&collect(|visit| site.records.pool_entries(archive, visit)));
    site.add(noble, &[binary("hello", "1", "all"), source("tool", "1")]);
    assert_eq!(pool(site.primary), [""; 0], "nothing was published");
    site.publish(noble, &[], &[], 2);
    site.add(noble, &[binary("hello", "2", "all")]);
    site.add(site.ppa(), &[binary("mine", "1", "all")]);
    site.publish(site.ppa(), &[], &[], 3);
    let first = ["main/hello/hello_1_all.deb", "main/tool/tool_1.dsc", "main/tool/tool_1.tar.xz"];
    assert_eq!(pool(site.primary), first, "version 2 is pending");
    assert_eq!(pool(site.ppa), ["main/mine/mine_1_all.deb"]);
    // Superseded files stay until they are removed.
    site.publish(noble, &[(1, 4)], &[], 4);
    site.publish(noble, &[(1, 3)], &[], 5);
    assert_eq!(pool(site.primary).len(), 4);
    assert_eq!(pool(ArchiveId(99)), [""; 0]);
}

fn every_object_is_needed_once(site: &Site) {
    let mut twin = deb("twin", "1", "amd64");
    twin.file = file("twin_1_amd64.deb", "hello_1_all.deb");
    site.add(site.noble(), &[binary("hello", "1", "all"), Release::Binary(twin), source("hello", "1")]);
    let objects: Vec<(Sha256, u64)> =
        collect(|visit| site.records.needed_objects(&mut |sha256, size| visit((sha256, size))));
    let expected = ["hello_1_all.deb", "hello_1.dsc", "hello_1.tar.xz"];
    let mut expected: Vec<_> =
        expected.iter().map(|text| (Sha256::of(text.as_bytes()), text.len() as u64)).collect();
    expected.sort();
    assert_eq!(objects, expected);
}

fn a_listing_takes_patterns(site: &Site) {
    site.add(site.stable(), &[binary("libc6", "1", "all")]);
    site.add(
        site.noble(),
        &[
            binary("libc6", "2", "i386"),
            binary("libc6", "2", "amd64"),
            source("glibc", "2"),
            binary("lib", "1", "all"),
        ],
    );
    let list = |name: Option<&str>, suites: &[SuiteKey]| {
        let filter = ListFilter { name: name.map(str::to_owned), suites: suites.to_vec(), history: false };
        let found = site.records.list(&filter).unwrap();
        found.iter().map(|it| format!("{} {} {}", it.name, it.version, it.architecture)).collect::<Vec<_>>()
    };
    let (noble, stable) = (site.noble(), site.stable());
    assert_eq!(list(Some("libc6"), &[]), ["libc6 2 amd64", "libc6 2 i386", "libc6 1 all"], "noble is older");
    assert_eq!(list(Some("*libc*"), &[noble]), ["glibc 2 source", "libc6 2 amd64", "libc6 2 i386"]);
    assert_eq!(list(Some("lib*"), &[stable, stable]), ["libc6 1 all"]);
    assert_eq!(list(Some("l*6"), &[stable, noble]).len(), 3);
    assert_eq!(list(Some("LIBC6"), &[]), [""; 0], "names have one case");
    // Only the star is special.
    for pattern in ["libc?", "libc[0-9]", "libc[0-9]*", "lib%", "li?*", "libc_"] {
        assert_eq!(list(Some(pattern), &[]), [""; 0], "{pattern}");
    }
    assert_eq!(list(None, &[site.ppa()]), [""; 0]);
    assert_eq!(list(None, &[]).len(), 5);
}

fn the_nearest_live_placement_counts(site: &Site) {
    let (noble, stable) = (site.noble(), site.stable());
    let ask = |suite, kind, name: &str, machine: &str| {
        let found = site.records.ancestor(suite, kind, name, machine).unwrap();
        found.map(|it| (it.placement.component.to_string(), it.live))
    };
    let place = |suite, release: &Release, component: &str| {
        site.records.import(suite, &[publication(release, component)], at(1)).unwrap();
    };
    assert_eq!(ask(noble, PackageKind::Binary, "hello", "amd64"), None, "never had the name");
    place(noble, &binary("hello", "1", "amd64"), "main");
    place(stable, &binary("hello", "1", "i386"), "universe");
    place(site.ppa(), &binary("hello", "9", "amd64"), "restricted");
    let binary_of = |suite, machine| ask(suite, PackageKind::Binary, "hello", machine).unwrap();
    assert_eq!(binary_of(noble, "amd64"), ("main".into(), true));
    assert_eq!(binary_of(noble, "i386"), ("main".into(), true), "the series before the architecture");
    assert_eq!(binary_of(site.updates(), "s390x"), ("main".into(), true), "whatever pocket");
    assert_eq!(binary_of(stable, "amd64"), ("universe".into(), true));
    assert_eq!(ask(noble, PackageKind::Source, "hello", "source"), None, "a source is another kind");
    assert_eq!(binary_of(site.ppa(), "amd64"), ("restricted".into(), true), "each archive by itself");

    // Superseded in noble by a later record there: the live one counts, of whatever version.
    place(noble, &binary("hello", "2", "amd64"), "universe");
    site.publish(noble, &[(1, 4)], &[], 2);
    assert_eq!(binary_of(noble, "amd64"), ("universe".into(), true));
    site.publish(noble, &[(4, 4)], &[], 3);
    assert_eq!(binary_of(noble, "i386"), ("universe".into(), true), "noble has none left, stable has");
    site.publish(stable, &[(2, 2)], &[], 4);
    assert_eq!(binary_of(noble, "amd64"), ("universe".into(), false), "gone everywhere: new again");
}

fn a_version_of_a_source_is_taken_once(site: &Site) {
    let noble = site.noble();
    let ask = |archive, version: &str, except: Option<i64>| {
        let version = version.parse().unwrap();
        site.records.source_taken(archive, &"tool".parse().unwrap(), &version, except.map(QueueId)).unwrap()
    };
    assert_eq!(ask(site.primary, "1", None), None);
    site.add(site.updates(), &[source("tool", "1"), binary("tool", "2", "all")]);
    assert_eq!(ask(site.primary, "1", None).unwrap(), "in noble-updates");
    assert_eq!(ask(site.primary, "2", None), None, "a binary package is no source");
    assert_eq!(ask(site.ppa, "1", None), None, "another archive");

    let queued = site.enter(noble, QueueStatus::New, &[source("tool", "3")]);
    assert_eq!(ask(site.primary, "3", None), None, "it may be rejected yet");
    let accepted =
        Decision { status: QueueStatus::Accepted, who: "root".into(), at: at(2), comment: String::new() };
    site.records.decide(queued, &accepted, &[]).unwrap();
    assert_eq!(ask(site.primary, "3", None).unwrap(), format!("as queue item {queued}"));
    assert_eq!(ask(site.primary, "3", Some(queued.0)), None, "not by the item itself");
}

fn an_archive_is_as_large_as_its_files(site: &Site) {
    let size = |archive| site.records.archive_size(archive).unwrap();
    assert_eq!(size(site.primary), 0);
    site.add(site.noble(), &[source("tool", "1"), binary("tool", "1", "all")]);
    let placed = ["tool_1.dsc", "tool_1.tar.xz", "tool_1_all.deb"].map(str::len).iter().sum::<usize>() as u64;
    assert_eq!(size(site.primary), placed);
    site.add(site.stable(), &[source("tool", "1")]);
    assert_eq!(size(site.primary), placed, "a file counts once");
    let waiting = site.enter(site.noble(), QueueStatus::New, &[binary("tool", "2", "all")]);
    assert_eq!(size(site.primary), placed + 14, "and what waits counts");
    let rejected =
        Decision { status: QueueStatus::Rejected, who: "root".into(), at: at(2), comment: "no".into() };
    site.records.decide(waiting, &rejected, &[]).unwrap();
    assert_eq!((size(site.primary), size(site.ppa)), (placed, 0));
}

fn the_last_builder_of_a_name_is_known(site: &Site) {
    let ask = |suite, name: &str| {
        let found = site.records.builder_of(suite, name).unwrap();
        found.map(|it| it.to_string())
    };
    let built = |builder: &str, version: &str, machine: &str| {
        let mut release = deb("tool", version, machine);
        release.source_name = builder.parse().unwrap();
        Release::Binary(release)
    };
    let noble = site.noble();
    site.add(noble, &[source("tool", "1")]);
    assert_eq!(ask(noble, "tool"), None, "a source is no binary package");
    site.add(noble, &[built("first", "1", "amd64"), binary("other", "1", "all")]);
    assert_eq!(ask(noble, "tool").unwrap(), "first");
    site.add(site.updates(), &[built("second", "2", "i386")]);
    assert_eq!(ask(noble, "tool").unwrap(), "second", "whatever pocket and architecture");
    site.add(site.stable(), &[built("third", "3", "amd64")]);
    assert_eq!(ask(noble, "tool").unwrap(), "second", "another series does not count");
    assert_eq!(ask(site.stable(), "tool").unwrap(), "third");
    assert_eq!(ask(site.ppa(), "tool"), None, "another archive does not");
    site.add(site.stable(), &[built("fourth", "4", "amd64"), binary("apart", "1", "all")]);
    site.publish(site.stable(), &[(5, 6)], &[], 2);
    assert_eq!(ask(site.stable(), "tool").unwrap(), "fourth");
    assert_eq!(ask(noble, "apart").unwrap(), "apart", "only where the series never had it");
}

fn visitors_can_stop(site: &Site) {
    let noble = site.noble();
    site.add(
        noble,
        &[source("aaa", "1"), source("bbb", "1"), binary("aaa", "1", "all"), binary("bbb", "1", "all")],
    );
    let snapshot = site.snapshot(noble);
    let (main, all) = (component("main"), [architecture("all")]);
    assert_eq!(visits_when_stopped(|visit| site.records.source_rows(&snapshot, &main, visit)), 1);
    assert_eq!(visits_when_stopped(|visit| site.records.binary_rows(&snapshot, &main, debs(&all), visit)), 1);
    assert_eq!(visits_when_stopped(|visit| site.records.pending_files(&snapshot, visit)), 1);
    let objects =
        |visit: &mut dyn FnMut(Sha256) -> bool| site.records.needed_objects(&mut |sha256, _| visit(sha256));
    assert_eq!(visits_when_stopped(objects), 1);
    site.publish(noble, &[], &[], 2);
    assert_eq!(visits_when_stopped(|visit| site.records.pool_entries(site.primary, visit)), 1);
}

fn a_visitor_may_ask_again(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[source("aaa", "1"), source("bbb", "1")]);
    let snapshot = site.snapshot(noble);
    let rows = collect(|visit| {
        site.records.source_rows(&snapshot, &component("main"), &mut |row| {
            assert_eq!(site.records.contested(&snapshot).unwrap().len(), 2);
            assert_eq!(site.live(noble).len(), 2);
            visit(row)
        })
    });
    assert_eq!(rows.len(), 2);
}
