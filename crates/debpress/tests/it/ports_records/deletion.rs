//! The end of an archive in the records.

use debpress::model::archive::{ArchiveId, Deletion};
use debpress::model::publication::PublicationStatus;
use debpress::model::queue::QueueStatus;
use debpress::ports::db::{ListFilter, QueueFilter, RecordsError};

use super::custom::installer;
use super::{Site, archive, at, contract, index, source};

contract! {
    what_an_archive_had_is_deleted_and_its_neighbours_are_not
    what_waits_for_a_deleted_archive_is_rejected_with_the_reason
    a_deletion_that_begins_again_is_that_of_the_first_time
    a_deleted_archive_takes_nothing
    a_deletion_is_finished_once_and_frees_the_name
}

fn deletion(seconds: i64) -> Deletion {
    Deletion { done: false, at: at(seconds), who: "root".into(), reason: "moved".into() }
}

fn status(site: &Site, archive: ArchiveId) -> Vec<(String, PublicationStatus)> {
    let all = site.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap();
    let own = all.into_iter().filter(|it| it.suite.archive == archive);
    own.map(|it| (format!("{} {}", it.name, it.version), it.status)).collect()
}

fn what_an_archive_had_is_deleted_and_its_neighbours_are_not(site: &Site) {
    for suite in [site.noble(), site.ppa()] {
        site.add(suite, &[source("hello", "1")]);
        site.publish(suite, &[], &[index("Release", "1")], 5);
        site.add(suite, &[source("later", "1")]);
    }
    let others = status(site, site.primary);
    assert_eq!(site.records.begin_deletion(site.ppa, &deletion(9)).unwrap(), 2);
    let deleted = |name: &str| (name.to_owned(), PublicationStatus::Deleted);
    assert_eq!(status(site, site.ppa), [deleted("hello 1"), deleted("later 1")]);
    assert_eq!(status(site, site.primary), others);
    let listed = site.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap();
    let ends =
        listed.iter().filter(|it| it.suite == site.ppa()).map(|it| (it.ended, it.superseded_by.clone()));
    assert_eq!(ends.collect::<Vec<_>>(), [(Some(at(9)), None), (Some(at(9)), None)]);
    let states = site.records.suite_states().unwrap();
    let state = states.iter().find(|it| it.key == site.ppa()).unwrap();
    assert!(!state.is_dirty() && !state.published && state.entries == 0);
    assert!(states.iter().find(|it| it.key == site.noble()).unwrap().is_dirty());
    let known = site.records.archives().unwrap();
    let doomed = known.iter().find(|it| it.id == site.ppa).unwrap();
    assert!(doomed.is_being_deleted() && !doomed.enabled && !doomed.published);
    assert!(known.iter().filter(|it| it.id != site.ppa).all(|it| it.deletion.is_none() && it.enabled));
}

fn what_waits_for_a_deleted_archive_is_rejected_with_the_reason(site: &Site) {
    let waits = site.enter(site.ppa(), QueueStatus::New, &[source("alpha", "1")]);
    let accepted = site.enter(site.ppa(), QueueStatus::Accepted, &[source("bravo", "1")]);
    let done = site.enter(site.ppa(), QueueStatus::Accepted, &[source("charlie", "1")]);
    site.records.realise(done, &super::CustomChange::default(), "x", at(3)).unwrap();
    let elsewhere = site.enter(site.noble(), QueueStatus::New, &[source("alpha", "1")]);
    site.records.begin_deletion(site.ppa, &deletion(9)).unwrap();
    for item in [waits, accepted] {
        let detail = site.records.queue_detail(item).unwrap().unwrap();
        let last = detail.events.last().unwrap();
        assert_eq!((last.status, last.at), (QueueStatus::Rejected, at(9)));
        assert_eq!((last.who.as_str(), last.comment.as_str()), ("root", "moved"));
    }
    let of = |item| site.records.queue_detail(item).unwrap().unwrap().item.status;
    assert_eq!((of(done), of(elsewhere)), (QueueStatus::Done, QueueStatus::New));
}

fn a_deletion_that_begins_again_is_that_of_the_first_time(site: &Site) {
    site.records.begin_deletion(site.ppa, &deletion(9)).unwrap();
    let again = Deletion { who: "eve".into(), reason: "other".into(), ..deletion(20) };
    assert_eq!(site.records.begin_deletion(site.ppa, &again).unwrap(), 0);
    let known = site.records.archives().unwrap();
    assert_eq!(known.iter().find(|it| it.id == site.ppa).unwrap().deletion, Some(deletion(9)));
    site.records.begin_deletion(ArchiveId(99), &again).unwrap_err();
}

fn a_deleted_archive_takes_nothing(site: &Site) {
    let waits = site.enter(site.ppa(), QueueStatus::New, &[source("alpha", "1")]);
    site.records.begin_deletion(site.ppa, &deletion(9)).unwrap();
    let refused =
        |error: RecordsError| assert!(matches!(error, RecordsError::ArchiveDeleted { .. }), "{error:?}");
    let new = super::publication(&source("hello", "1"), "main");
    refused(site.records.import(site.ppa(), &[new], at(10)).unwrap_err());
    let late = super::queue::upload(site.ppa(), QueueStatus::New, &[source("late", "1")]);
    refused(site.records.enter_queue(&late).unwrap_err());
    // Whoever has looked at it before.
    refused(site.records.decide(waits, &super::queue::decision(QueueStatus::Accepted), &[]).unwrap_err());
    assert_eq!(status(site, site.ppa), []);
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap().len(), 1);
}

fn a_deletion_is_finished_once_and_frees_the_name(site: &Site) {
    let item = site.enter(site.ppa(), QueueStatus::Accepted, &[source("installer", "1")]);
    let custom = super::CustomChange { place: vec![installer("1")], supersede: Vec::new() };
    site.records.realise(item, &custom, "x", at(3)).unwrap();
    site.publish(site.ppa(), &[], &[index("Release", "1")], 5);
    site.records.set_alias(site.ppa, &"now".parse().unwrap(), Some(&"noble".parse().unwrap())).unwrap();
    let (taken, free) = ("debian".parse().unwrap(), "~ann/debian/tools-deleted".parse().unwrap());
    site.records.finish_deletion(site.ppa, &free, at(20)).unwrap_err();
    let icons = super::contributions::file("main/dep11/icons-48x48.tar.gz", "a", "1");
    site.records.contribute(site.ppa(), &[icons], at(6)).unwrap();
    site.records.begin_deletion(site.ppa, &deletion(9)).unwrap();
    let error = site.records.finish_deletion(site.ppa, &taken, at(20)).unwrap_err();
    assert!(matches!(error, RecordsError::Exists { .. }), "{error:?}");
    site.records.finish_deletion(site.ppa, &free, at(20)).unwrap();
    site.records.finish_deletion(site.ppa, &free, at(30)).unwrap_err();
    let known = site.records.archives().unwrap();
    let gone = known.iter().find(|it| it.id == site.ppa).unwrap();
    assert_eq!((gone.reference.clone(), gone.deletion.clone().unwrap().done), (free, true));
    assert_eq!(site.records.custom_publications(site.ppa()).unwrap(), []);
    assert_eq!(site.records.current_indexes(site.ppa()).unwrap(), []);
    assert_eq!(site.records.aliases().unwrap(), []);
    assert_eq!(site.records.contributions().unwrap(), []);
    assert_eq!(site.records.archive_size(site.ppa).unwrap(), 0);
    assert_eq!(site.records.condemned(site.ppa, at(1_000_000)).unwrap(), []);
    let again = site.records.create_archive(&archive("~ann/debian/tools")).unwrap();
    assert_ne!(again, site.ppa);
    assert_eq!(site.records.integrity_problems().unwrap(), [] as [String; 0]);
}
