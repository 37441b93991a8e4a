//! Runs of the publishers, and pauses.

use debpress::model::run::{Outcome, Pause, Run, RunEnd, RunId, RunStart};
use debpress::ports::db::RunFilter;

use super::{Site, at, contract};

contract! {
    a_run_is_recorded_from_its_beginning_to_its_end
    a_run_that_died_is_found_by_the_next_one
    runs_are_listed_as_they_are_asked_for
    a_pause_lasts_until_it_is_ended
}

fn start(command: &str, began: i64) -> RunStart {
    let (user, host) = ("root".to_owned(), "vault".to_owned());
    RunStart { command: command.into(), user, host, pid: 4711, at: at(began) }
}

fn end(outcome: Outcome, changes: u64) -> RunEnd {
    let (report, error) = ("{\"suites\": []}".to_owned(), String::new());
    RunEnd { outcome, milliseconds: 1500, changes, report, error, at: at(20) }
}

fn listed(site: &Site, filter: &RunFilter) -> Vec<(i64, Outcome)> {
    let runs = site.records.runs(&RunFilter { limit: filter.limit.max(1), ..filter.clone() }).unwrap();
    runs.iter().map(|run| (run.id.0, run.outcome)).collect()
}

fn a_run_is_recorded_from_its_beginning_to_its_end(site: &Site) {
    let begun = start("publish-distro", 10);
    let id = site.records.begin_run(&begun).unwrap();
    let expected = Run { id, start: begun, end: None, outcome: Outcome::Running };
    assert_eq!(site.records.run(id).unwrap(), Some(expected.clone()));
    let ended = end(Outcome::Done, 2);
    site.records.end_run(id, &ended).unwrap();
    let expected = Run { end: Some(ended), outcome: Outcome::Done, ..expected };
    assert_eq!(site.records.run(id).unwrap(), Some(expected));
    assert_eq!(site.records.run(RunId(99)).unwrap(), None);
}

fn a_run_that_died_is_found_by_the_next_one(site: &Site) {
    site.records.begin_run(&start("publish-distro", 10)).unwrap();
    let second = site.records.begin_run(&start("publish-distro", 20)).unwrap();
    site.records.end_run(second, &end(Outcome::Done, 0)).unwrap();
    let all = RunFilter { limit: 10, ..RunFilter::default() };
    assert_eq!(listed(site, &all), [(1, Outcome::Interrupted), (2, Outcome::Done)]);
}

fn runs_are_listed_as_they_are_asked_for(site: &Site) {
    for (command, outcome, changes) in [
        ("publish-distro", Outcome::Done, 0),
        ("process-accepted", Outcome::Done, 1),
        ("publish-distro", Outcome::Failed, 0),
        ("publish-distro", Outcome::Done, 0),
    ] {
        let id = site.records.begin_run(&start(command, 10)).unwrap();
        site.records.end_run(id, &end(outcome, changes)).unwrap();
    }
    let all = RunFilter { limit: 10, ..RunFilter::default() };
    let numbers = |filter: RunFilter| listed(site, &filter).iter().map(|run| run.0).collect::<Vec<_>>();
    assert_eq!(numbers(RunFilter { limit: 2, ..all.clone() }), [3, 4]);
    assert_eq!(numbers(RunFilter { eventful: true, ..all.clone() }), [2, 3]);
    assert_eq!(numbers(RunFilter { command: Some("process-accepted".into()), ..all.clone() }), [2]);
    assert_eq!(numbers(RunFilter { outcomes: vec![Outcome::Done], limit: 1, ..all }), [4]);
}

fn a_pause_lasts_until_it_is_ended(site: &Site) {
    let pause = |reason: &str| Pause { who: "ann".into(), since: at(5), reason: reason.into() };
    assert_eq!(site.records.pause().unwrap(), None);
    assert_eq!(site.records.set_pause(Some(&pause("one"))).unwrap(), None);
    assert_eq!(site.records.set_pause(Some(&pause("two"))).unwrap(), Some(pause("one")));
    assert_eq!(site.records.pause().unwrap(), Some(pause("two")));
    assert_eq!(site.records.set_pause(None).unwrap(), Some(pause("two")));
    assert_eq!((site.records.pause().unwrap(), site.records.set_pause(None).unwrap()), (None, None));
}
