//! What hooks are told, and when.

use debpress::model::archive::NewArchive;
use debpress::model::suite::{SeriesStatus, SuiteKey};
use debpress::ports::hooks::HookEvent;
use debpress::publish::Selection;

use super::world::on_both;

#[test]
fn each_archive_of_a_distribution_has_its_hooks_and_the_end_has_one() {
    on_both(|w| {
        let archive = |reference: &str| {
            let (origin, label) = ("x".to_owned(), "x".to_owned());
            let (reference, private) = (reference.parse().unwrap(), false);
            let new = NewArchive { reference, origin, label, size_limit: None, private };
            w.records.create_archive(&new).unwrap()
        };
        let ids = ["debian/partner", "~ann/debian/tools"].map(archive);
        for id in ids {
            let suite = SuiteKey { archive: id, ..w.suite("stable") };
            w.add_to_suite((suite, "main"), "hello", "1.0", "amd64");
        }
        w.add("stable", "hello", "1.0", "amd64");
        w.add("testing", "hello", "1.0", "amd64");
        let archives = w.records.archives().unwrap().iter().map(|archive| archive.id).collect();
        w.publish_all(&Selection { archives, ..Selection::default() }).unwrap();
        let event = |root: &str, suites: &[&str]| HookEvent::Publish {
            distribution: "debian".into(),
            root: root.into(),
            suites: suites.iter().map(|suite| (*suite).to_owned()).collect(),
        };
        let expected = [
            event("archives/debian", &["stable", "testing"]),
            event("archives/debian-partner", &["stable"]),
            HookEvent::Finalize {
                distribution: "debian".into(),
                roots: vec!["archives/debian".into(), "archives/debian-partner".into()],
                security_only: false,
            },
        ];
        assert_eq!(w.hooks.take(), expected);
    });
}

#[test]
fn hooks_are_told_when_only_security_was_published() {
    on_both(|w| {
        let mut series = w.records.distributions().unwrap()[0].series[0].clone();
        series.status = SeriesStatus::Current;
        w.records.update_series(&series).unwrap();
        w.add("stable-security", "hello", "1.1", "amd64");
        w.publish();
        let told = w.hooks.take();
        assert!(matches!(&told[1], HookEvent::Finalize { security_only: true, .. }), "{told:?}");
    });
}

#[test]
fn a_hook_that_fails_leaves_everything_as_it_was_for_the_next_run() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.hooks.fail(Some("publish-distro.d"));
        let error = w.try_publish(&w.select()).unwrap_err();
        assert_eq!(error.to_string(), "cannot publish debian: a hook failed; it stays as it was");
        assert!(!w.assert_consistent("stable"));
        w.hooks.fail(Some("finalize.d"));
        let error = w.try_publish(&w.select()).unwrap_err();
        assert!(error.to_string().starts_with("debian is published, and a hook that follows failed"));
        assert!(w.assert_consistent("stable"));
        w.hooks.fail(None);
        assert_eq!(w.publish_later().unchanged, 1);
    });
}
