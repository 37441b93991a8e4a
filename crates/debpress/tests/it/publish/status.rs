//! What becomes of published suites when the status of a series closes them.

use debfmt::names::SeriesName;
use debpress::admin::series::{self, SeriesChoice, SeriesError, ShownSeries};
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::suite::SeriesStatus;

use super::world::{World, on_both};

pub(super) fn set_status(w: &World, status: SeriesStatus) -> Result<ShownSeries, SeriesError> {
    let choice = SeriesChoice { distribution: None, name: &SeriesName::parse("stable").unwrap() };
    let me = Holder::this_process("series set-status", w.now);
    let lock = PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap();
    series::set_status(w.records.as_ref(), &w.tree, &lock, choice, status)
}

fn refused(w: &World, status: SeriesStatus) -> String {
    let before = w.records.distributions().unwrap();
    let said = set_status(w, status).unwrap_err().to_string();
    assert_eq!(w.records.distributions().unwrap(), before);
    said
}

#[test]
fn what_clients_see_keeps_its_suite_open_until_it_has_no_valid_until() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.set(&["valid_for=7d"]);
        w.publish();
        let said = refused(&w, SeriesStatus::Current);
        assert_eq!(
            said,
            "stable of debian would never change again while stable is current, and clients refuse a suite after the Valid-Until of its Release: run `debpress series set stable --option valid_for=`, then `debpress publish-distro`, and try again; after that the option may be set for the suites that still change"
        );
        w.set(&["valid_for="]);
        assert_eq!(
            refused(&w, SeriesStatus::Current),
            said,
            "it is put back, and clients do not see that yet"
        );
        w.publish_later();
        set_status(&w, SeriesStatus::Current).unwrap();
        assert_eq!(w.release("stable").valid_until, None);
    });
}

#[test]
fn every_pocket_that_a_status_closes_is_looked_at() {
    on_both(|mut w| {
        set_status(&w, SeriesStatus::Frozen).unwrap();
        for suite in ["stable", "stable-security", "stable-updates", "stable-backports"] {
            w.add(suite, "hello", "1.0", "amd64");
        }
        w.publish();
        set_status(&w, SeriesStatus::Current).unwrap();
        w.set(&["valid_for=7d"]);
        w.publish_later();
        // The release pocket is closed already, and -proposed was never published.
        let said = refused(&w, SeriesStatus::Obsolete);
        let suites = "stable-security of debian, stable-updates of debian, stable-backports of debian would";
        assert!(said.starts_with(suites), "{said}");
        set_status(&w, SeriesStatus::Frozen).unwrap();
        let said = refused(&w, SeriesStatus::Development);
        assert!(said.starts_with("stable-security of debian, stable-updates of debian would"), "{said}");
        w.set(&["valid_for="]);
        w.publish_later();
        set_status(&w, SeriesStatus::Obsolete).unwrap();
    });
}

#[test]
fn a_change_that_waits_and_a_suite_that_nobody_sees_keep_no_suite_open() {
    on_both(|w| {
        w.set(&["valid_for=7d"]);
        w.add("stable", "hello", "1.0", "amd64");
        set_status(&w, SeriesStatus::Obsolete).unwrap();
        set_status(&w, SeriesStatus::Frozen).unwrap();
        w.set(&["valid_for="]);
        w.publish();
        w.add("stable", "hello", "2.0", "amd64");
        set_status(&w, SeriesStatus::Obsolete).unwrap();
    });
}

#[test]
fn a_publication_that_was_interrupted_is_finished_before_the_status_changes() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        // A disk that dies ever later, until the journal is open and clients see nothing yet.
        let died = (0..).find(|&operations| {
            w.tree.fail_after(operations);
            w.try_publish(&w.select()).unwrap_err();
            w.records.open_switch().unwrap().is_some()
        });
        assert!(died.is_some());
        w.tree.mend();
        let said = refused(&w, SeriesStatus::Current);
        assert_eq!(
            said,
            "the publication of 2026-06-01T00:00:00Z was interrupted, so stable keeps its status: run `debpress publish-distro`, which finishes it, and try again"
        );
        assert_eq!(w.publish().recovered, ["archives/debian/stable"]);
        set_status(&w, SeriesStatus::Current).unwrap();
        assert_eq!(w.index("stable", "main/binary-amd64/Packages.gz"), "hello 1.0 amd64");
    });
}
