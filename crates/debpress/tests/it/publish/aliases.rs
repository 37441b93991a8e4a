//! Second names of suites.

use debfmt::names::SuiteName;
use debpress::model::key::TreeKey;

use super::world::{ROOT, World, on_both};

fn set(w: &World, series: usize, aliases: &[&str]) {
    let mut series = w.records.distributions().unwrap()[0].series[series].clone();
    series.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
    w.records.update_series(&series).unwrap();
}

fn target(w: &World, alias: &str) -> Option<String> {
    let key = TreeKey::LiveSuite(SuiteName::parse(alias).unwrap());
    w.tree.inner.link_target(ROOT, &key).unwrap()
}

#[test]
fn an_alias_follows_its_series_without_a_gap() {
    on_both(|mut w| {
        for suite in ["stable", "stable-proposed", "testing"] {
            w.add(suite, "hello", "1.0", "amd64");
        }
        set(&w, 0, &["current"]);
        let report = w.publish();
        assert_eq!(report.aliases.len(), 2);
        assert_eq!(target(&w, "current").as_deref(), Some("stable"));
        assert_eq!(target(&w, "current-proposed").as_deref(), Some("stable-proposed"));
        assert_eq!(target(&w, "current-updates"), None, "there is no such suite");
        assert_eq!(w.publish_later().aliases, [], "once is enough");
        // The next release is out: nothing else has changed.
        set(&w, 0, &[]);
        set(&w, 1, &["current"]);
        let report = w.publish_later();
        assert_eq!((report.suites.len(), report.aliases.len()), (0, 2));
        assert_eq!(target(&w, "current").as_deref(), Some("testing"));
        assert_eq!(target(&w, "current-proposed"), None);
        set(&w, 1, &[]);
        w.publish_later();
        assert_eq!(target(&w, "current"), None);
    });
}

#[test]
fn a_directory_that_has_the_name_is_left_alone() {
    let mut w = World::on_disk();
    w.add("stable", "hello", "1.0", "amd64");
    set(&w, 0, &["current"]);
    let directory = w.path().join("archives/debian/dists/current");
    std::fs::create_dir_all(&directory).unwrap();
    let report = w.publish();
    assert_eq!(report.warnings, ["current of debian is no alias: something else has the name"]);
    assert!(directory.is_dir());
    std::fs::remove_dir(&directory).unwrap();
    assert_eq!(w.publish_later().aliases.len(), 1);
    assert!(directory.join("InRelease").is_file());
}

#[test]
fn an_alias_that_a_crash_has_half_made_is_made_again() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        set(&w, 0, &["current"]);
        w.tree.fail_after(0);
        assert!(w.try_publish(&w.select()).is_err());
        w.tree.mend();
        assert_eq!(w.publish_later().aliases.len(), 1);
        assert_eq!(target(&w, "current").as_deref(), Some("stable"));
    });
}
