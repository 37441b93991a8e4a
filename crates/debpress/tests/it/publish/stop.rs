//! Somebody asks to stop while a publisher is at work.

use std::sync::atomic::{AtomicI64, Ordering};

use debpress::ports::stop::{Never, Stop};
use debpress::publish::PublishError;

use super::death_row::death_row;
use super::world::World;
use crate::check::{add_source, checked, problems};

/// Says so from the question of that number on.
struct From(AtomicI64);

impl Stop for From {
    fn asked(&self) -> Option<&'static str> {
        (self.0.fetch_sub(1, Ordering::Relaxed) <= 0).then_some("SIGTERM")
    }
}

fn stop_at(w: &mut World, question: i64) {
    w.stop = Box::new(From(AtomicI64::new(question)));
}

/// Two suites of which each has something new.
fn changed(w: &mut World) {
    for suite in ["stable", "testing"] {
        w.add(suite, "hello", "1.0", "amd64");
    }
    w.publish();
    for suite in ["stable", "testing"] {
        w.add(suite, "hello", "2.0", "amd64");
    }
    w.now = w.now.plus(3600);
}

fn seen(w: &World) -> [String; 2] {
    ["stable", "testing"].map(|suite| w.index(suite, "main/binary-amd64/Packages.gz"))
}

/// Whether the publication was stopped; nothing else may go wrong with it.
fn stopped(w: &World) -> bool {
    match w.try_publish(&w.select()) {
        Ok(_) => false,
        Err(PublishError::Stopped { signal, .. }) => signal == "SIGTERM",
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_publication_that_is_stopped_has_happened_whole_or_not_at_all() {
    for make in [World::in_memory, World::on_disk] {
        let mut questions = 0;
        loop {
            let mut w = make();
            changed(&mut w);
            stop_at(&mut w, questions);
            let done = !stopped(&w);
            w.stop = Box::new(Never);
            let version = if done { "hello 2.0 amd64" } else { "hello 1.0 amd64" };
            assert_eq!(seen(&w), [version, version], "question {questions}");
            assert!(w.records.open_switch().unwrap().is_none());
            w.publish();
            assert_eq!(seen(&w), ["hello 2.0 amd64"; 2]);
            assert_eq!(problems(&checked(&w, true)), "");
            if done {
                break;
            }
            questions += 1;
        }
        assert!(questions >= 4, "asked {questions} times");
    }
}

#[test]
fn death_row_that_is_stopped_goes_on_with_the_next_run() {
    for make in [World::in_memory, World::on_disk] {
        let mut questions = 0;
        loop {
            let mut w = make();
            changed(&mut w);
            add_source(&w, ("stable", "main"), "other", "1.0");
            w.publish();
            add_source(&w, ("stable", "main"), "other", "2.0");
            w.publish_later();
            w.now = w.now.plus(2 * 86_400);
            stop_at(&mut w, questions);
            let report = death_row(&w);
            w.stop = Box::new(Never);
            assert_eq!(problems(&checked(&w, true)), "", "question {questions}");
            let all = report.archives[0].files.len();
            let rest = death_row(&w);
            assert!(!rest.has_failed());
            assert_eq!(all + rest.archives[0].files.len(), 3, "question {questions}");
            assert_eq!(problems(&checked(&w, true)), "");
            if !report.has_failed() {
                assert_eq!(all, 3);
                break;
            }
            questions += 1;
        }
        assert_eq!(questions, 4, "before each file, and at the end");
    }
}
