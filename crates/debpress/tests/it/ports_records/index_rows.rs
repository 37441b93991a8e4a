//! Rows of indexes by the numbers of their publications, and what indexes were made of.

use debfmt::deb::DebKind;
use debpress::model::archive::Deletion;
use debpress::model::package::Release;
use debpress::model::publication::PublicationId;
use debpress::ports::db::{BinaryBounds, IndexOutline, RowsOf, Snapshot};

use super::{Site, architecture, at, binary, collect, component, contract, deb, debs, index, source};

contract! {
    the_numbers_are_those_of_the_rows_in_their_order
    rows_come_as_they_are_asked_for
    what_indexes_were_made_of_is_recorded_with_them
    a_deleted_archive_has_no_outlines
}

fn outline(path: &str, sha256: &str) -> IndexOutline {
    IndexOutline { path: path.into(), sha256: sha256.repeat(32) }
}

fn ids(site: &Site, snapshot: &Snapshot, rows: RowsOf<'_>) -> Vec<i64> {
    let found = site.records.row_ids(snapshot, &component("main"), rows).unwrap();
    found.into_iter().map(|id| id.0).collect()
}

fn the_numbers_are_those_of_the_rows_in_their_order(site: &Site) {
    let noble = site.noble();
    let mut installer = deb("between", "1", "amd64");
    installer.kind = DebKind::Udeb;
    site.add(
        noble,
        &[
            binary("zoo", "1", "amd64"),
            binary("abc", "2", "amd64"),
            source("zoo", "1"),
            binary("abc", "1", "all"),
            Release::Binary(installer),
            binary("abc", "1", "i386"),
            source("abc", "1"),
        ],
    );
    let (snapshot, machines) = (site.snapshot(noble), ["amd64", "all"].map(architecture));
    for kind in [DebKind::Deb, DebKind::Udeb, DebKind::Ddeb] {
        let bounds = BinaryBounds { kind, architectures: &machines };
        let rows = collect(|visit| site.records.binary_rows(&snapshot, &component("main"), bounds, visit));
        let of_rows: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        assert_eq!(ids(site, &snapshot, RowsOf::Binaries(bounds)), of_rows, "{kind:?}");
    }
    assert_eq!(ids(site, &snapshot, RowsOf::Binaries(debs(&machines))), [4, 2, 1]);
    assert_eq!(ids(site, &snapshot, RowsOf::Binaries(debs(&[]))), [0_i64; 0]);
    assert_eq!(ids(site, &snapshot, RowsOf::Sources), [7, 3]);
    // What comes later does not count; what gives way ceases to.
    site.add(noble, &[binary("abc", "3", "amd64")]);
    assert_eq!(ids(site, &snapshot, RowsOf::Binaries(debs(&machines))), [4, 2, 1]);
    site.publish(noble, &[(2, 8)], &[], 3);
    assert_eq!(ids(site, &site.snapshot(noble), RowsOf::Binaries(debs(&machines))), [4, 8, 1]);
}

fn rows_come_as_they_are_asked_for(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "amd64"), source("hello", "1"), binary("world", "1", "all")]);
    let numbers = |ids: &[i64]| ids.iter().copied().map(PublicationId).collect::<Vec<_>>();
    let snapshot = site.snapshot(noble);
    let machines = ["amd64", "all"].map(architecture);
    let expected =
        collect(|visit| site.records.binary_rows(&snapshot, &component("main"), debs(&machines), visit));
    let mut found = Vec::new();
    site.records.binary_rows_of(&numbers(&[3, 1]), &mut |row| found.push(row)).unwrap();
    found.reverse();
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    let sources = collect(|visit| site.records.source_rows(&snapshot, &component("main"), visit));
    let mut found = Vec::new();
    site.records.source_rows_of(&numbers(&[2]), &mut |row| found.push(row)).unwrap();
    assert_eq!(format!("{found:?}"), format!("{sources:?}"));
    let lists =
        collect(|visit| site.records.contents_rows(&snapshot, &component("main"), debs(&machines), visit));
    let mut found = Vec::new();
    site.records.contents_rows_of(&numbers(&[1, 2, 3]), &mut |row| found.push(row)).unwrap();
    assert_eq!(found, lists);
    assert_eq!(site.records.row_names(&numbers(&[3, 2, 1])).unwrap(), ["world", "hello", "hello"]);
    // A number that is none, or that of another kind.
    site.records.row_names(&numbers(&[1, 9])).unwrap_err();
    site.records.binary_rows_of(&numbers(&[2]), &mut |_| {}).unwrap_err();
    site.records.source_rows_of(&numbers(&[1]), &mut |_| {}).unwrap_err();
}

fn what_indexes_were_made_of_is_recorded_with_them(site: &Site) {
    let (noble, stable) = (site.noble(), site.stable());
    assert_eq!(site.records.outlines(noble).unwrap(), []);
    let publish = |suite, outlines: &[IndexOutline], when| {
        let mut switch = site.switch(suite, &[], &[index("Release", "1")], when);
        switch.suites[0].outlines = outlines.to_vec();
        site.records.begin_switch(&switch).unwrap();
        assert_ne!(site.records.outlines(suite).unwrap(), outlines, "not before clients see it");
        site.records.finish_switch(&switch, switch.at).unwrap();
        assert_eq!(site.records.outlines(suite).unwrap(), outlines);
    };
    publish(noble, &[outline("main/binary-amd64/Packages", "aa"), outline("main/source/Sources", "bb")], 1);
    publish(stable, &[outline("main/source/Sources", "cc")], 2);
    publish(noble, &[outline("main/binary-amd64/Packages", "dd")], 3);
    let mut all = site.records.all_outlines().unwrap();
    all.sort();
    assert_eq!(all, [outline("main/binary-amd64/Packages", "dd"), outline("main/source/Sources", "cc")]);
}

fn a_deleted_archive_has_no_outlines(site: &Site) {
    let suite = site.ppa();
    let mut switch = site.switch(suite, &[], &[], 1);
    switch.suites[0].outlines = vec![outline("main/source/Sources", "aa")];
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
    let deletion = Deletion { done: false, at: at(2), who: "root".into(), reason: String::new() };
    site.records.begin_deletion(suite.archive, &deletion).unwrap();
    site.records.finish_deletion(suite.archive, &"~ann/debian/gone".parse().unwrap(), at(3)).unwrap();
    assert_eq!(site.records.all_outlines().unwrap(), []);
}
