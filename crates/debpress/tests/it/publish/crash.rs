//! A disk that dies at every single operation of a publication, and the next run.

use debpress::adapters::clock::FixedClock;

use crate::support::custom::gzip;

use super::death_row::death_row;
use super::faulty::Fault;
use super::world::{ROOT, World, on_both};

/// Two suites, a new package, a replaced one, and one that moves component.
fn changed(make: impl Fn() -> World) -> World {
    let mut w = make();
    w.add("stable", "hello", "1.0", "amd64");
    w.add("stable", "data", "1.0", "all");
    w.add("testing", "hello", "1.0", "amd64");
    w.publish();
    w.add("stable", "hello", "2.0", "amd64");
    w.add("stable", "extra", "1.0", "arm64");
    w.add_to(("stable", "contrib"), "data", "1.0", "all");
    w.add("testing", "hello", "3.0", "amd64");
    w.now = w.now.plus(3600);
    w
}

fn state(w: &World) -> String {
    ["stable", "testing"]
        .map(|suite| {
            assert!(w.assert_consistent(suite));
            w.text(suite, "Release")
        })
        .concat()
}

fn every_point(make: impl Fn() -> World) -> i64 {
    every_point_of(|| changed(&make))
}

/// Publishes with a disk that dies at every operation in turn; returns how many there are.
pub(super) fn every_point_of(changed: impl Fn() -> World) -> i64 {
    let w = changed();
    let old = state(&w);
    w.publish();
    let new = state(&w);
    assert_ne!(old, new);
    for n in 0.. {
        let mut w = changed();
        w.tree.fail_after(n);
        let result = w.try_publish(&w.select());
        w.tree.mend();
        if result.is_ok() {
            return n;
        }
        // Each suite is the old or the new one. They become visible one after the other, so that together they may
        // be between the two only while the journal is open.
        let seen = state(&w);
        assert!(seen == old || seen == new || w.records.open_switch().unwrap().is_some(), "operation {n}");
        // Death row may come at any time, and finds nothing that somebody sees.
        let now = w.now;
        w.now = w.now.plus(30 * 86_400);
        assert!(!death_row(&w).has_failed());
        w.now = now;
        state(&w);
        w.publish();
        assert_eq!(state(&w), new, "the next run after a failure at operation {n}");
        assert!(w.records.open_switch().unwrap().is_none());
        assert_eq!(w.publish().unchanged, 2, "operation {n}");
        assert!(!w.files().contains(".staged"), "operation {n}: {}", w.files());
    }
    unreachable!("some number of operations is enough")
}

#[test]
fn a_failure_at_any_operation_leaves_old_or_new_and_the_next_run_finishes_on_twins() {
    assert!(every_point(World::in_memory) > 50);
}

#[test]
fn a_failure_at_any_operation_leaves_old_or_new_and_the_next_run_finishes_on_disk() {
    assert!(every_point(World::on_disk) > 50);
}

#[test]
fn what_options_add_fails_and_is_finished_like_the_rest() {
    let with_options = || {
        let w = World::in_memory();
        w.set(&["long_descriptions=no", "contents=component", "i18n_index=yes", "release_stubs=yes"]);
        w
    };
    assert!(every_point(with_options) > 150);
}

#[test]
fn patches_fail_and_are_finished_like_the_rest() {
    let with_patches = || {
        let mut w = World::in_memory();
        w.set(&["pdiffs=3"]);
        for suite in ["stable", "testing"] {
            for number in 0..20 {
                w.add(suite, &format!("package-{number}"), "1", "amd64");
            }
        }
        w.publish();
        w.add("stable", "package-3", "2", "amd64");
        w.publish_later();
        w
    };
    let w = with_patches();
    assert!(w.files().contains("stable/main/binary-amd64/Packages.diff/Index"));
    assert!(every_point(with_patches) > 120);
}

#[test]
fn what_other_programs_contribute_fails_and_is_finished_like_the_rest() {
    let contributed = || {
        let w = World::in_memory();
        for (suite, path) in
            [("stable", "main/dep11/Components-amd64.yml"), ("testing", "main/cnf/Commands-amd64")]
        {
            w.stage(suite, path, path.as_bytes());
            w.stage(suite, &format!("{path}.gz"), &gzip(path.as_bytes()));
        }
        w
    };
    assert!(every_point(contributed) > 60);
}

#[test]
fn a_failure_during_recovery_is_recovered_from() {
    for n in 0..8 {
        for m in 0..8 {
            let w = changed(World::in_memory);
            let total = every_operation(&w);
            let w = changed(World::in_memory);
            w.tree.fail_after(total - n);
            drop(w.try_publish(&w.select()));
            w.tree.fail_after(m);
            drop(w.try_publish(&w.select()));
            w.tree.mend();
            w.publish();
            state(&w);
            assert!(w.records.open_switch().unwrap().is_none());
            assert_eq!(w.index("testing", "main/binary-amd64/Packages.gz"), "hello 3.0 amd64");
        }
    }
}

#[test]
fn a_run_that_finishes_what_it_has_failed_at_says_that_it_is_published() {
    let mut finished = 0;
    for n in 0..200 {
        let w = changed(World::in_memory);
        let old = state(&w);
        w.tree.faults.after(n, Fault::Once);
        let report = w.publish_all(&w.select());
        w.tree.mend();
        let Some(failed) = report.ok().and_then(|mut report| report.failed.pop()) else { continue };
        assert_eq!(failed.finished, state(&w) != old, "operation {n}: {failed:?}");
        finished += u32::from(failed.finished);
    }
    assert!(finished > 2, "{finished}");
}

/// How many operations the publication of `w` takes.
fn every_operation(w: &World) -> i64 {
    const MANY: i64 = 1_000_000;
    w.tree.fail_after(MANY);
    w.publish();
    MANY - w.tree.left()
}

#[test]
fn a_staged_directory_that_was_removed_by_hand_is_named() {
    let w = changed(World::in_memory);
    let total = every_operation(&w);
    let w = changed(World::in_memory);
    // The last operations are two exchanges, and two old directories that move aside; fail at the first exchange.
    let mut n = total;
    let stuck = loop {
        let w = changed(World::in_memory);
        w.tree.fail_after(n);
        let failed = w.try_publish(&w.select()).is_err();
        w.tree.mend();
        let first = w.records.open_switch().unwrap().is_some();
        if failed && first && w.text("stable", "Release") == old_release() {
            break w;
        }
        n -= 1;
        assert!(n > 0);
    };
    drop(w);
    let suite = debfmt::names::SuiteName::parse("stable").unwrap();
    debpress::ports::tree::Tree::discard(stuck.tree.inner.as_ref(), super::world::ROOT, &suite).unwrap();
    let error = stuck.try_publish(&stuck.select()).unwrap_err().to_string();
    assert!(error.contains("archives/debian/.staged/stable is gone"), "{error}");
}

fn old_release() -> String {
    changed(World::in_memory).text("stable", "Release")
}

/// Publishes a replaced package with a disk that dies as soon as the journal is written.
fn interrupted(w: &mut World) {
    w.add("stable", "hello", "1.0", "amd64");
    w.publish();
    w.add("stable", "hello", "2.0", "amd64");
    w.now = w.now.plus(3600);
    w.die_with_the_journal_open();
    assert_eq!(w.index("stable", AMD64), "hello 1.0 amd64", "clients see the old suite");
}

const AMD64: &str = "main/binary-amd64/Packages.gz";

/// The pool and the indexes of amd64 by hash: how many files each has.
fn kept(w: &World) -> (usize, usize) {
    let count = |directory| w.tree.inner.list(ROOT, directory).unwrap().len();
    (count("pool"), count("dists/stable/main/binary-amd64/by-hash"))
}

#[test]
fn what_a_recovered_publication_replaces_stays_as_long_as_if_nothing_had_happened() {
    on_both(|mut w| {
        interrupted(&mut w);
        let before = kept(&w).1;
        w.now = w.now.plus(25 * 3600);
        assert_eq!(w.publish().recovered, ["archives/debian/stable"]);
        // One more, which carries the indexes over that it has to.
        w.add("stable", "other", "1.0", "arm64");
        w.now = w.now.plus(24 * 3600 - 1);
        assert!(!death_row(&w).has_failed());
        w.publish();
        assert_eq!(kept(&w), (3, 2 * before), "clients saw the old index a day ago");
        w.now = w.now.plus(1);
        death_row(&w);
        assert_eq!(kept(&w).0, 2, "and then it goes");
    });
}

#[test]
fn the_stay_of_what_is_replaced_begins_when_a_long_run_is_over() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        w.add("stable", "hello", "2.0", "amd64");
        w.now = w.now.plus(3600);
        w.clock = FixedClock(w.now.plus(7200));
        w.publish();
        let day = w.clock.0.plus(24 * 3600);
        w.now = day.plus(-1);
        death_row(&w);
        assert_eq!(kept(&w).0, 2);
        w.now = day;
        death_row(&w);
        assert_eq!(kept(&w).0, 1);
    });
}
