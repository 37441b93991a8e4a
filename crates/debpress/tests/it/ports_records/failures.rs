//! Accepted queue items that could not be processed.

use debpress::model::queue::{ItemFailure, QueueId, QueueStatus};
use debpress::ports::db::{CustomChange, RecordsError};

use super::{Site, at, contract, source};

contract! {
    failures_are_counted_and_the_last_is_shown
    what_is_done_fails_no_more
}

const HELD: u32 = 3;

fn failing(site: &Site) -> Vec<String> {
    let line = |it: &ItemFailure| format!("{} {} {} {}", it.item, it.attempts, it.at.0, it.error);
    site.records.failing_items().unwrap().iter().map(line).collect()
}

fn failures_are_counted_and_the_last_is_shown(site: &Site) {
    let item = site.enter(site.noble(), QueueStatus::Accepted, &[source("hello", "1")]);
    for (attempt, error) in [(1, "no space"), (2, "no space"), (3, "no inodes"), (4, "no inodes")] {
        let count = site.records.item_failed(item, error, HELD, at(i64::from(attempt))).unwrap();
        assert_eq!(count, attempt);
    }
    assert_eq!(failing(site), ["1 4 4 no inodes"]);
    let detail = site.records.queue_detail(item).unwrap().unwrap();
    let events: Vec<_> = detail.events.iter().map(|it| (&*it.who, it.status, &*it.comment)).collect();
    let held = "held after 3 attempts: no inodes";
    let expected = [("ann", QueueStatus::Accepted, ""), ("process-accepted", QueueStatus::Accepted, held)];
    assert_eq!(events, expected);
    assert!(site.records.forget_failure(item).unwrap());
    assert!(!site.records.forget_failure(item).unwrap());
    assert_eq!(failing(site), [""; 0]);
    assert_eq!(site.records.item_failed(item, "again", HELD, at(9)).unwrap(), 1);
    let error = site.records.item_failed(QueueId(99), "x", HELD, at(9)).unwrap_err();
    assert!(matches!(error, RecordsError::NoQueueItem { .. }), "{error:?}");
}

fn what_is_done_fails_no_more(site: &Site) {
    let item = site.enter(site.noble(), QueueStatus::Accepted, &[source("hello", "1")]);
    site.records.item_failed(item, "no space", HELD, at(5)).unwrap();
    site.records.realise(item, &CustomChange::default(), "process-accepted", at(6)).unwrap();
    assert_eq!(failing(site), [""; 0]);
}
