//! What stops a publication until somebody says that it is meant.

use std::collections::BTreeSet;

use debpress::model::archive::Archive;
use debpress::publish::{Guard, PublishError, Selection};

use super::world::{World, on_both};

/// What stops a publication, as it is told.
fn alarms(w: &World) -> Vec<String> {
    let dirty = vec![w.suite("stable")];
    match w.try_publish(&Selection { dirty, ..w.select() }) {
        Err(PublishError::Guarded { alarms, .. }) => alarms.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn allowed(w: &World, guards: &[Guard]) -> Selection {
    let allow: BTreeSet<Guard> = guards.iter().copied().collect();
    Selection { dirty: vec![w.suite("stable")], allow, ..w.select() }
}

#[test]
fn what_users_pin_by_does_not_change_by_mistake() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        let archive = w.records.archives().unwrap().remove(0);
        let changed = Archive { origin: "Acme".into(), label: "Acme tools".into(), ..archive };
        w.records.update_archive(&changed).unwrap();
        w.now = w.now.plus(60);
        assert_eq!(
            alarms(&w),
            [
                "Origin would change from \"Debian\" to \"Acme\" (--allow origin)",
                "Label would change from \"Debian\" to \"Acme tools\" (--allow label)",
            ]
        );
        assert_eq!(w.text("stable", "InRelease"), before);
        let error = w.try_publish(&allowed(&w, &[Guard::Origin])).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("Label would change") && !told.contains("Origin would"), "{told}");
        w.try_publish(&allowed(&w, &[Guard::Origin, Guard::Label])).unwrap();
        assert!(w.text("stable", "Release").starts_with("Origin: Acme\nLabel: Acme tools\n"));
    });
}

#[test]
fn time_does_not_go_back() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.now = w.now.plus(7200);
        w.publish();
        w.now = w.now.plus(-3600);
        assert_eq!(
            alarms(&w),
            [
                "Date would go back from 2026-06-01T02:00:00Z to 2026-06-01T01:00:00Z: is the clock right? (--allow date)"
            ]
        );
        w.try_publish(&allowed(&w, &[Guard::Date])).unwrap();
        assert!(w.text("stable", "Release").contains("Date: Mon, 01 Jun 2026 01:00:00 UTC"));
    });
}

#[test]
fn how_much_a_suite_shows_is_known_from_one_publication_to_the_next() {
    on_both(|mut w| {
        for number in 0..12 {
            w.add("stable", &format!("pkg-{number}"), "1.0", "amd64");
        }
        w.publish();
        let entries = |w: &World| w.records.suite_states().unwrap()[0].entries;
        assert_eq!(entries(&w), 12);
        for number in 0..12 {
            w.add("stable", &format!("pkg-{number}"), "2.0", "amd64");
        }
        // Each takes the place of another: nothing leaves.
        w.publish_later();
        assert_eq!(entries(&w), 12);
    });
}
