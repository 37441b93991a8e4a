//! Packages of one architecture that wait: for what belongs to them, or for clients that see them.

use debfmt::builder::{DebBuilder, SourceBuilder};
use debfmt::names::Architecture;
use debpress::admin::series::SeriesChange;
use debpress::model::publication::Listing;
use debpress::ports::db::ListFilter;

use super::moves;
use super::world::{World, on_both};
use crate::check::{add_source_built, checked, problems};

const AMD64: &str = "main/binary-amd64/Packages.gz";

/// The source `foo` of a version, which builds `libfoo` for each architecture and `foo-common` for all.
fn source(w: &World, version: &str) {
    let source = SourceBuilder::new("foo", version).binary("libfoo", "any").binary("foo-common", "all");
    add_source_built(w, ("stable", "main"), &source);
}

fn built(w: &World, name: &str, version: &str, architecture: &str) {
    w.add_built(("stable", "main"), &DebBuilder::new(name, version, architecture).source("foo"));
}

fn whole(w: &World, version: &str) {
    source(w, version);
    built(w, "libfoo", version, "amd64");
    built(w, "foo-common", version, "all");
}

#[test]
fn what_is_built_early_waits_for_the_packages_for_all_architectures() {
    on_both(|mut w| {
        w.set(&["wait_for_all=yes"]);
        whole(&w, "1");
        assert!(w.publish().warnings.is_empty(), "nothing waits");
        source(&w, "2");
        built(&w, "libfoo", "2", "amd64");
        w.add_built(("stable", "main"), &DebBuilder::new("other", "2", "amd64"));
        let preview = w.preview();
        let waits = &preview.suites[0].waits;
        assert_eq!((waits.len(), &*waits[0].name, &*waits[0].missing[0]), (1, "libfoo", "foo-common"));
        assert!(preview.suites[0].pool.iter().all(|file| !file.path.contains("libfoo_2")));
        let told = w.publish_later().warnings.join("\n");
        let sentence = "stable of debian: libfoo 2 amd64 stays pending until what its source builds for all \
                        architectures is there: foo-common";
        assert!(told.contains(sentence), "{told}");
        assert_eq!(w.index("stable", AMD64), "foo-common 1 all\nlibfoo 1 amd64\nother 2 amd64");
        assert_eq!(problems(&checked(&w, true)), "");
        built(&w, "foo-common", "2", "all");
        assert_eq!(w.publish_later().suites[0].published, 2);
        assert_eq!(w.index("stable", AMD64), "foo-common 2 all\nlibfoo 2 amd64\nother 2 amd64");
    });
}

#[test]
fn what_waits_is_replaced_by_something_newer_that_is_whole() {
    on_both(|mut w| {
        w.set(&["wait_for_all=yes"]);
        source(&w, "1");
        built(&w, "libfoo", "1", "amd64");
        assert_eq!((w.publish().suites[0].published, w.index("stable", AMD64)), (1, String::new()));
        whole(&w, "2");
        let report = w.publish_later();
        assert_eq!((report.suites[0].published, report.suites[0].superseded), (3, 2));
        assert_eq!(w.index("stable", AMD64), "foo-common 2 all\nlibfoo 2 amd64");
    });
}

#[test]
fn nothing_waits_where_the_series_does_not_want_it_or_the_source_does_not_say() {
    on_both(|mut w| {
        w.set(&["wait_for_all=yes"]);
        built(&w, "libfoo", "1", "amd64");
        w.publish();
        assert_eq!(w.index("stable", AMD64), "libfoo 1 amd64", "its source is not in the archive");
        source(&w, "2");
        built(&w, "libfoo", "2", "amd64");
        w.publish_later();
        assert_eq!(w.index("stable", AMD64), "libfoo 1 amd64");
        w.set(&["wait_for_all="]);
        w.publish_later();
        assert_eq!(w.index("stable", AMD64), "libfoo 2 amd64", "the option decides, at the next run");
    });
}

#[test]
fn what_clients_see_already_does_not_wait_to_be_placed_elsewhere() {
    on_both(|mut w| {
        w.set(&["wait_for_all=yes"]);
        whole(&w, "1");
        w.publish();
        moves::remove_from(&w, "stable", "foo-common").unwrap();
        w.publish_later();
        assert_eq!(w.index("stable", AMD64), "libfoo 1 amd64");
        moves::place_in(&w, "stable", "libfoo", "contrib").unwrap();
        let report = w.publish_later();
        assert_eq!((report.suites[0].published, &report.warnings[..]), (1, &[][..]));
        assert_eq!(w.index("stable", AMD64), "");
        assert_eq!(w.index("stable", "contrib/binary-amd64/Packages.gz"), "libfoo 1 amd64");
        assert_eq!(problems(&checked(&w, true)), "");
    });
}

#[test]
fn what_is_pending_for_a_disabled_architecture_is_published_when_somebody_sees_it() {
    on_both(|mut w| {
        w.add("stable", "hello", "1", "arm64");
        w.publish();
        w.add("stable", "hello", "2", "arm64");
        w.add("stable", "other", "1", "arm64");
        let arm64 = || vec![Architecture::parse("arm64").unwrap()];
        w.change(&SeriesChange { disable: arm64(), ..SeriesChange::default() });
        w.publish_later();
        let stands = |w: &World| {
            let all = w.records.list(&ListFilter::default()).unwrap();
            let line = |it: &Listing| format!("{} {} {}", it.name, it.version, it.status.as_str());
            all.iter().map(line).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(stands(&w), "hello 1 published, hello 2 pending, other 1 pending");
        assert_eq!(problems(&checked(&w, true)), "");
        w.change(&SeriesChange { enable: arm64(), ..SeriesChange::default() });
        w.publish_later();
        assert_eq!(stands(&w), "hello 2 published, other 1 published");
        assert_eq!(w.index("stable", "main/binary-arm64/Packages.gz"), "hello 2 arm64\nother 1 arm64");
        assert_eq!(problems(&checked(&w, true)), "");
    });
}
