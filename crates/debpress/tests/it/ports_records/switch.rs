//! The journal of a publication, and what finishing it records.

use debpress::model::publication::PublicationId;
use debpress::ports::db::{IndexFile, RecordsError, Supersession};

use super::{Site, at, binary, contract, index};

contract! {
    the_journal_is_open_until_it_is_finished
    finishing_records_what_became_visible
    finishing_again_changes_nothing
    a_pending_record_can_be_superseded
    a_failing_finish_leaves_the_journal_open
    indexes_change_hands
    retired_indexes_are_kept_for_those_who_read_an_older_release
    what_is_finished_later_stays_as_long_from_then_on
    a_clock_that_was_set_back_shortens_nothing
    content_that_comes_back_is_current_again
    the_files_of_the_last_releases_are_known_whatever_their_age
    a_release_that_is_published_again_as_it_was_is_not_counted
    a_suite_may_be_published_empty
}

fn the_journal_is_open_until_it_is_finished(site: &Site) {
    assert_eq!(site.records.open_switch().unwrap(), None);
    site.add(site.noble(), &[binary("hello", "1", "all")]);
    let switch = site.switch(site.noble(), &[], &[index("Release", "1")], 5);
    site.records.begin_switch(&switch).unwrap();
    assert_eq!(site.records.open_switch().unwrap().as_ref(), Some(&switch));
    assert_eq!(site.live(site.noble()), ["hello 1 all main pending"], "not visible yet");

    let mut other = switch.clone();
    other.at = at(6);
    for error in [
        site.records.begin_switch(&switch),
        site.records.begin_switch(&other),
        site.records.finish_switch(&other, other.at),
    ] {
        let error = error.unwrap_err();
        let told = matches!(&error, RecordsError::Exists { name, .. } if name == "1970-01-01T00:00:05Z");
        assert!(told, "{error:?}");
    }
    site.records.finish_switch(&switch, switch.at).unwrap();
    assert_eq!(site.records.open_switch().unwrap(), None);
    site.records.begin_switch(&other).unwrap();
}

fn finishing_records_what_became_visible(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), binary("world", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    assert_eq!(site.live(noble), ["hello 1 all main published", "world 1 all main published"]);
    assert_eq!(site.changes(noble), (1, 1, true));
    site.add(noble, &[binary("hello", "2", "all")]);
    assert_eq!(site.changes(noble), (2, 1, true));
    site.publish(noble, &[(1, 3)], &[], 6);
    assert_eq!(site.live(noble), ["hello 2 all main published", "world 1 all main published"]);
    assert_eq!(site.history(noble)[0], "hello 1 all main superseded", "history stays");
    assert_eq!(site.changes(noble), (2, 2, true));
}

fn finishing_again_changes_nothing(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), binary("hello", "2", "all")]);
    let switch = site.switch(noble, &[(1, 2)], &[index("main/Packages", "a")], 5);
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
    site.add(noble, &[binary("world", "1", "all")]);
    let before = (site.history(noble), site.changes(noble), site.records.current_indexes(noble).unwrap());
    site.records.finish_switch(&switch, switch.at).unwrap();
    let after = (site.history(noble), site.changes(noble), site.records.current_indexes(noble).unwrap());
    assert_eq!(before, after);
    assert_eq!(before.1, (2, 1, true), "what came later stays to be shown");
    assert_eq!(retired(site, 0), []);
}

fn a_pending_record_can_be_superseded(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), binary("hello", "2", "all")]);
    let mut switch = site.switch(noble, &[(1, 2)], &[], 5);
    switch.suites[0].publish = vec![PublicationId(2)];
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
    assert_eq!(site.history(noble), ["hello 1 all main superseded", "hello 2 all main published"]);
}

fn a_failing_finish_leaves_the_journal_open(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all")]);
    let mut switch = site.switch(noble, &[], &[index("a", "1")], 5);
    // A winner that is not recorded: somebody else wrote the journal.
    switch.suites[0].supersede = vec![Supersession { loser: PublicationId(1), winner: PublicationId(99) }];
    site.records.begin_switch(&switch).unwrap();
    let error = site.records.finish_switch(&switch, switch.at).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "{error:?}");
    assert_eq!(site.records.open_switch().unwrap(), Some(switch));
    assert_eq!(site.live(noble), ["hello 1 all main pending"]);
    assert_eq!(site.changes(noble), (1, 0, false));
    assert_eq!(site.records.current_indexes(noble).unwrap(), []);
}

fn indexes_change_hands(site: &Site) {
    let (noble, updates) = (site.noble(), site.updates());
    assert_eq!(site.records.current_indexes(noble).unwrap(), []);
    let first = [index("main/b", "b1"), index("main/a", "a1")];
    site.publish(noble, &[], &first, 5);
    site.publish(updates, &[], &[index("main/a", "other suite")], 5);
    assert_eq!(site.records.current_indexes(noble).unwrap(), [first[1].clone(), first[0].clone()], "by path");
    let second = [index("main/a", "a2"), index("main/c", "c1")];
    site.publish(noble, &[], &second, 6);
    assert_eq!(site.records.current_indexes(noble).unwrap(), second);
    assert_eq!(site.records.current_indexes(updates).unwrap(), [index("main/a", "other suite")]);
}

fn retired(site: &Site, since: i64) -> Vec<IndexFile> {
    let mut files = by_count(site, since, 0).into_iter().map(|(file, _)| file).collect::<Vec<_>>();
    files.sort();
    files
}

/// What retired at or after `since`, or was named by one of the last earlier Releases; and by how many of them not any more.
fn by_count(site: &Site, since: i64, releases: u64) -> Vec<(IndexFile, u64)> {
    let retired = site.records.retired_indexes(site.noble(), at(since), releases).unwrap();
    retired.into_iter().map(|retired| (retired.file, retired.ago.unwrap())).collect()
}

fn retired_indexes_are_kept_for_those_who_read_an_older_release(site: &Site) {
    let noble = site.noble();
    for (when, content) in [(100, "one"), (200, "two"), (300, "three")] {
        site.publish(noble, &[], &[index("Packages", content), index("Sources", "same")], when);
    }
    let (one, two) = (index("Packages", "one"), index("Packages", "two"));
    let mut both = vec![one, two.clone()];
    both.sort();
    assert_eq!(retired(site, 0), both);
    // `one` was current until 200: a client that asked at 200 may have read that Release.
    assert_eq!(retired(site, 200), both);
    assert_eq!(retired(site, 201), std::slice::from_ref(&two));
    assert_eq!(retired(site, 300), [two]);
    assert_eq!(retired(site, 301), []);
}

/// When what `hello 2` replaced may leave the pool, and until when clients saw the index, if a publication that was made at
/// 10 is finished at `finished`.
fn stays_until(site: &Site, finished: i64) -> (i64, i64) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all")]);
    site.publish(noble, &[], &[index("Packages", "one")], 5);
    site.add(noble, &[binary("hello", "2", "all")]);
    let switch = site.switch(noble, &[(1, 2)], &[index("Packages", "two")], 10);
    site.records.begin_switch(&switch).unwrap();
    let open = site.records.open_switch().unwrap().unwrap();
    site.records.finish_switch(&open, at(finished)).unwrap();
    site.records.finish_switch(&open, at(finished + 7)).unwrap();
    assert_eq!(site.records.open_switch().unwrap(), None);
    let condemned = |now: &i64| !site.records.condemned(site.primary, at(*now)).unwrap().is_empty();
    (
        (0..10_000).find(condemned).unwrap(),
        (0..10_000).take_while(|since| !retired(site, *since).is_empty()).last().unwrap(),
    )
}

fn what_is_finished_later_stays_as_long_from_then_on(site: &Site) {
    assert_eq!(stays_until(site, 2000), (2100, 2000));
}

fn a_clock_that_was_set_back_shortens_nothing(site: &Site) {
    assert_eq!(stays_until(site, 6), (110, 10));
}

fn content_that_comes_back_is_current_again(site: &Site) {
    let noble = site.noble();
    let (a, b) = (index("Packages", "A"), index("Packages", "B"));
    site.publish(noble, &[], std::slice::from_ref(&a), 100);
    site.publish(noble, &[], std::slice::from_ref(&b), 200);
    // A rollback within the same second as the mistake, then all over again.
    site.publish(noble, &[], std::slice::from_ref(&a), 200);
    assert_eq!(site.records.current_indexes(noble).unwrap(), std::slice::from_ref(&a));
    assert_eq!(retired(site, 0), std::slice::from_ref(&b), "A is current, so it is not retired");
    site.publish(noble, &[], std::slice::from_ref(&b), 300);
    site.publish(noble, &[], &[], 400);
    // A was current twice; the second time counts.
    let mut both = vec![a, b.clone()];
    both.sort();
    assert_eq!(retired(site, 250), both, "each once");
    assert_eq!(retired(site, 301), [b]);
}

fn the_files_of_the_last_releases_are_known_whatever_their_age(site: &Site) {
    let noble = site.noble();
    let file = |content: &str| index("Packages", content);
    // A, B, A again, and C; the clock is set back between them, and another suite is published more often.
    for (content, when) in [("A", 500), ("B", 400), ("A", 300), ("C", 200)] {
        site.publish(
            noble,
            &[],
            &[file(content), index("Release", &when.to_string()), index("Sources", "same")],
            when,
        );
        site.publish(site.updates(), &[], &[index("Packages", &when.to_string())], when);
    }
    let release = |when: i64| index("Release", &when.to_string());
    assert_eq!(by_count(site, 1000, 0), []);
    assert_eq!(by_count(site, 1000, 1), [(file("A"), 1), (release(300), 1)]);
    assert_eq!(by_count(site, 1000, 2)[2..], [(file("B"), 2), (release(400), 2)]);
    // A was named by the first Release too; it is as young as its last one.
    assert_eq!(by_count(site, 1000, 9)[4..], [(release(500), 3)]);
    assert_eq!(by_count(site, 0, 0).len(), 5, "all of them by age");
    site.publish(noble, &[], &[file("B"), release(100), index("Sources", "same")], 100);
    assert_eq!(
        by_count(site, 1000, 2),
        [(file("C"), 1), (release(200), 1), (file("A"), 2), (release(300), 2)]
    );
}

fn a_release_that_is_published_again_as_it_was_is_not_counted(site: &Site) {
    let noble = site.noble();
    for content in ["one", "two", "two", "two"] {
        site.publish(noble, &[], &[index("Packages", content)], 100);
    }
    assert_eq!(by_count(site, 1000, 1), [(index("Packages", "one"), 1)]);
}

fn a_suite_may_be_published_empty(site: &Site) {
    site.publish(site.stable(), &[], &[index("Release", "empty")], 5);
    assert_eq!(site.changes(site.stable()), (0, 0, true));
}
