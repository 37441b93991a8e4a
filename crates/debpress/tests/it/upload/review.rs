//! From the queue to publication records.

use std::sync::atomic::{AtomicBool, Ordering};

use debfmt::builder::DebBuilder;
use debfmt::limits::Limits;
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::archive::ArchiveId;
use debpress::model::package::Release;
use debpress::model::publication::Placement;
use debpress::model::queue::{QueueId, QueueStatus};
use debpress::model::suite::SeriesStatus;
use debpress::ports::db::{ListFilter, NewPublication, QueueFilter, RecordsError};
use debpress::ports::stop::{Never, Stop};
use debpress::queue::{
    AcceptSite, AcceptedReport, Choice, Override, ReviewError, accept, compare, may_accept, override_item,
    process_accepted, reject, show, waiting,
};
use debpress::upload::package::read_package;

use super::on_both;
use super::world::{TODAY, World, changes, hello};
use crate::support::objects::TestObjects;

pub(super) fn process(world: &World) -> AcceptedReport {
    process_of(world, &Never, &[])
}

/// Processes what is accepted for these archives (for none: for all), until somebody asks to stop.
fn process_of(world: &World, stop: &dyn Stop, archives: &[ArchiveId]) -> AcceptedReport {
    let directory = tempfile::tempdir().unwrap();
    let me = Holder::this_process("process-accepted", TODAY);
    let lock = PublisherLock::acquire(&directory.path().join("lock"), &me, Wait::No).unwrap();
    let (records, limits) = (world.records.as_ref(), &Limits::default());
    let site = AcceptSite { records, objects: &world.objects, limits, attempts: 3, now: TODAY, stop };
    process_accepted(&site, &lock, archives).unwrap()
}

/// Asks to stop from the second question on.
struct AfterOne(AtomicBool);

impl Stop for AfterOne {
    fn asked(&self) -> Option<&'static str> {
        self.0.swap(true, Ordering::Relaxed).then_some("SIGTERM")
    }
}

fn ann(comment: &str) -> Choice {
    Choice { who: "ann".into(), at: TODAY, comment: comment.into(), audience: None }
}

fn send_hello(world: &World, version: &str) -> QueueId {
    let (changes, deb) = hello(version);
    world.send("up", &[world.alice.signed(&changes), deb]);
    world.run().accepted[0].item
}

#[test]
fn a_new_name_is_looked_at_accepted_and_recorded() {
    on_both(|world| {
        let records = world.records.as_ref();
        let item = send_hello(world, "1.0");
        assert_eq!(process(world).done, []);
        assert_eq!(waiting(records, &QueueFilter::default()).unwrap()[0].status, QueueStatus::New);
        accept(records, item, &ann("")).unwrap();
        let done = process(world).done;
        assert_eq!((done[0].item, done[0].publications), (item, 1));
        assert_eq!(process(world), AcceptedReport::default());
        assert_eq!(waiting(records, &QueueFilter::default()).unwrap(), []);
        let listed = records.list(&ListFilter::default()).unwrap();
        assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].version.as_str()), (1, "hello", "1.0"));
        let history: Vec<String> = show(records, item)
            .unwrap()
            .events
            .iter()
            .map(|event| format!("{} by {}", event.status, event.who))
            .collect();
        assert_eq!(history, ["new by alice", "accepted by ann", "done by process-accepted"]);
    });
}

#[test]
fn a_rejection_needs_a_reason_and_can_be_taken_back() {
    on_both(|world| {
        let records = world.records.as_ref();
        let item = send_hello(world, "1.0");
        assert!(matches!(reject(records, item, &ann(" ")), Err(ReviewError::NoReason)));
        reject(records, item, &ann("no licence")).unwrap();
        assert_eq!(process(world), AcceptedReport::default());
        assert_eq!(show(records, item).unwrap().events.last().unwrap().comment, "no licence");
        accept(records, item, &ann("it has one after all")).unwrap();
        assert_eq!(process(world).done.len(), 1);
        let again = accept(records, item, &ann(""));
        assert!(matches!(again, Err(ReviewError::Records(RecordsError::Transition { .. }))));
        let missing = show(records, QueueId(4711));
        assert!(matches!(missing, Err(ReviewError::Records(RecordsError::NoQueueItem { .. }))));
    });
}

#[test]
fn an_item_that_fails_does_not_keep_the_others() {
    on_both(|world| {
        let records = world.records.as_ref();
        let first = send_hello(world, "1.0");
        let second = send_hello(world, "1.1");
        for item in [first, second] {
            accept(records, item, &ann("")).unwrap();
        }
        // Before it is processed, an administrator adds another build of the first one.
        let suite = show(records, first).unwrap().item.suite;
        records.import(suite, &[another_build("1.0")], TODAY).unwrap();
        let report = process(world);
        let done: Vec<QueueId> = report.done.iter().map(|one| one.item).collect();
        assert_eq!(done, [second]);
        assert_eq!((report.failed.len(), report.failed[0].item), (1, first));
        assert!(report.failed[0].error.contains("hello_1.0_amd64.deb"), "{report:?}");
        assert_eq!(show(records, first).unwrap().item.status, QueueStatus::Accepted);
        assert_eq!(process(world).failed.len(), 1);
    });
}

fn another_build(version: &str) -> NewPublication {
    let deb = DebBuilder::new("hello", version, "amd64").file("usr/bin/tool", "other").build();
    let name = deb.name.parse().unwrap();
    let limits = Limits::default();
    let objects = TestObjects::default();
    let release = read_package(&objects, &name, deb.bytes.as_slice(), &limits).unwrap();
    let component = "main".parse().unwrap();
    let placement = Placement { component, section: "utils".into(), priority: "optional".into() };
    NewPublication { release: Release::Binary(release), placement }
}

#[test]
fn an_item_whose_file_name_was_taken_meanwhile_cannot_be_accepted() {
    on_both(|world| {
        let records = world.records.as_ref();
        let first = send_hello(world, "1.0");
        reject(records, first, &ann("no licence")).unwrap();
        let other = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/tool", "other").build();
        world.send("up", &[world.alice.signed(&changes("hello", "1.0", &[&other])), other]);
        let second = world.run().accepted[0].item;
        let taken = accept(records, first, &ann("after all"));
        assert!(matches!(taken, Err(ReviewError::Records(RecordsError::FileConflict { .. }))), "{taken:?}");
        assert_eq!(show(records, first).unwrap().item.status, QueueStatus::Rejected);
        accept(records, second, &ann("")).unwrap();
        assert_eq!(process(world).done.len(), 1);
    });
}

#[test]
fn a_suite_that_was_closed_meanwhile_takes_nothing() {
    on_both(|world| {
        let records = world.records.as_ref();
        let item = send_hello(world, "1.0");
        world.set_status(SeriesStatus::Current);
        assert!(matches!(may_accept(records, item), Err(ReviewError::Refused { .. })));
        let Err(ReviewError::Refused { reasons, .. }) = accept(records, item, &ann("")) else {
            panic!("accepted into a closed suite");
        };
        assert_eq!(reasons[0].code, "suite.closed");
        world.set_status(SeriesStatus::Frozen);
        may_accept(records, item).unwrap();
        assert_eq!(show(records, item).unwrap().item.status, QueueStatus::New, "it was only asked");
        accept(records, item, &ann("")).unwrap();
    });
}

#[test]
fn a_reviewer_places_packages_elsewhere() {
    on_both(|world| {
        let records = world.records.as_ref();
        let item = send_hello(world, "1.0");
        let component = Some("extra".parse().unwrap());
        let wanted = Override { component, section: Some("net".into()), ..Override::default() };
        override_item(records, item, &wanted, &ann("it is no tool")).unwrap();
        let detail = show(records, item).unwrap();
        let package = &detail.packages[0];
        assert_eq!(
            (package.component.as_str(), &*package.section, &*package.priority),
            ("extra", "net", "optional")
        );
        let event = detail.events.last().unwrap();
        assert_eq!((event.status, &*event.who), (QueueStatus::New, "ann"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(event.comment, @"override hello amd64: main/utils optional -> extra/net optional (it is no tool)");
        }
        accept(records, item, &ann("")).unwrap();
        process(world);
        let listed = records.list(&ListFilter::default()).unwrap();
        assert_eq!((&*listed[0].component, &*listed[0].section), ("extra", "net"));
        let late = override_item(records, item, &wanted, &ann(""));
        assert!(matches!(late, Err(ReviewError::Records(RecordsError::NotWaiting { .. }))), "{late:?}");
    });
}

#[test]
fn an_override_that_means_nothing_is_refused() {
    on_both(|world| {
        let records = world.records.as_ref();
        let item = send_hello(world, "1.0");
        let refused =
            |wanted: &Override| override_item(records, item, wanted, &ann("")).unwrap_err().to_string();
        let nothing = Override::default();
        assert!(matches!(override_item(records, item, &nothing, &ann("")), Err(ReviewError::NoChange)));
        let foreign = Override { component: Some("moon".parse().unwrap()), ..Override::default() };
        assert!(refused(&foreign).contains("component.unknown"), "{}", refused(&foreign));
        let (packages, section) = (vec!["helo".to_owned()], Some("net".to_owned()));
        let misspelt = Override { packages, section, ..Override::default() };
        assert!(refused(&misspelt).contains("has no package helo; it has hello"), "{}", refused(&misspelt));
        assert_eq!(show(records, item).unwrap().events.len(), 1, "nothing was noted");
    });
}

#[test]
fn a_reviewer_sees_what_would_change() {
    on_both(|world| {
        let records = world.records.as_ref();
        let first = send_hello(world, "1.0");
        assert_eq!(compare(records, first).unwrap()[0].published, None);
        accept(records, first, &ann("")).unwrap();
        process(world);
        let other = DebBuilder::new("hello", "2.0", "amd64")
            .section("utils")
            .depends("libc6")
            .file("usr/bin/tool2", "x");
        let other = other.build();
        world.send("up", &[world.alice.signed(&changes("hello", "2.0", &[&other])), other]);
        let second = world.run().accepted[0].item;
        let comparison = compare(records, second).unwrap().remove(0);
        assert_eq!(comparison.published.as_deref(), Some("1.0"));
        let fields: Vec<&str> = comparison.fields.iter().map(|change| change.field.as_str()).collect();
        assert!(fields.contains(&"Depends") && fields.contains(&"Version"), "{fields:?}");
        assert_eq!(
            (comparison.added, comparison.removed),
            (vec!["usr/bin/tool2".into()], vec!["usr/bin/tool".into()])
        );
    });
}

#[test]
fn each_item_is_recorded_by_itself_and_a_run_goes_on_where_the_last_one_was_stopped() {
    on_both(|world| {
        let items = ["1.0", "1.1", "1.2"].map(|version| send_hello(world, version));
        for item in items {
            accept(world.records.as_ref(), item, &ann("")).unwrap();
        }
        let done = |report: &AcceptedReport| report.done.iter().map(|one| one.item).collect::<Vec<_>>();
        let stopped = process_of(world, &AfterOne(AtomicBool::new(false)), &[]);
        assert_eq!((done(&stopped), stopped.stopped), (vec![items[0]], Some("SIGTERM")));
        let placed = |world: &World| world.records.list(&ListFilter::default()).unwrap().len();
        assert_eq!(
            (placed(world), world.queue()[1..].concat()),
            (1, "accepted hello 1.1accepted hello 1.2".into())
        );
        assert_eq!(done(&process(world)), items[1..]);
        assert_eq!(placed(world), 3);
    });
}

#[test]
fn what_is_accepted_for_a_copy_is_processed_where_copies_are_asked_for() {
    on_both(|world| {
        let copy = world.add_archive("debian/rebuild");
        let (text, deb) = hello("1.0");
        for file in [world.alice.signed(&text), deb] {
            world.put(&format!("incoming/debian/rebuild/{}", file.name), &file.bytes);
        }
        let filed = world.run_on(world.incoming().as_ref(), super::world::AT_ONCE).accepted.remove(0);
        let here = send_hello(world, "2.0");
        accept(world.records.as_ref(), here, &ann("")).unwrap();
        let primary = show(world.records.as_ref(), here).unwrap().item.suite.archive;
        assert_ne!(copy, primary);
        let done = |archive| {
            let report = process_of(world, &Never, &[archive]);
            report.done.iter().map(|one| one.item).collect::<Vec<_>>()
        };
        assert_eq!(done(primary), [here]);
        assert_eq!(done(primary), []);
        assert_eq!(show(world.records.as_ref(), filed.item).unwrap().item.status, QueueStatus::Accepted);
        assert_eq!(done(copy), [filed.item]);
    });
}
