//! From the queue to publication records.

use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::queue::{QueueId, QueueStatus};
use debpress::ports::db::{ListFilter, QueueFilter, RecordsError};
use debpress::queue::{
    AcceptSite, AcceptedReport, Choice, ReviewError, accept, process_accepted, reject, show, waiting,
};

use super::on_both;
use super::world::{TODAY, World, changes, hello};
use debfmt::builder::DebBuilder;
use debfmt::limits::Limits;

pub(super) fn process(world: &World) -> AcceptedReport {
    let directory = tempfile::tempdir().unwrap();
    let me = Holder::this_process("process-accepted", TODAY);
    let lock = PublisherLock::acquire(&directory.path().join("lock"), &me, Wait::No).unwrap();
    let (records, limits) = (world.records.as_ref(), &Limits::default());
    let site = AcceptSite { records, objects: &world.objects, limits, now: TODAY };
    process_accepted(&site, &lock, &[]).unwrap()
}

fn ann(comment: &str) -> Choice {
    Choice { who: "ann".into(), at: TODAY, comment: comment.into() }
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
        // Two uploads of one version with other bytes. The second is taken because the first is rejected, and then
        // somebody changes their mind.
        let first = send_hello(world, "1.0");
        reject(records, first, &ann("no licence")).unwrap();
        let other = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/tool", "other").build();
        world.send("up", &[world.alice.signed(&changes("hello", "1.0", &[&other])), other]);
        let second = world.run().accepted[0].item;
        let third = send_hello(world, "1.1");
        for item in [first, second, third] {
            accept(records, item, &ann("")).unwrap();
        }
        let report = process(world);
        let done: Vec<QueueId> = report.done.iter().map(|one| one.item).collect();
        assert_eq!(done, [first, third]);
        assert_eq!((report.failed.len(), report.failed[0].item), (1, second));
        assert!(report.failed[0].error.contains("hello_1.0_amd64.deb"), "{report:?}");
        assert_eq!(show(records, second).unwrap().item.status, QueueStatus::Accepted);
        assert_eq!(process(world).failed.len(), 1);
    });
}
