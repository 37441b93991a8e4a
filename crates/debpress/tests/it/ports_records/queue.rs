//! The queue.

use debfmt::digest::Sha256;
use debpress::model::archive::ArchiveId;
use debpress::model::package::Release;
use debpress::model::publication::PackageKind;
use debpress::model::queue::{Decision, NewQueueItem, Note, QueueId, QueueStatus, QueuedRelease};
use debpress::model::suite::SuiteKey;
use debpress::ports::db::{CustomChange, QueueFilter, RecordsError};

use super::{Site, at, binary, contract, deb, file, placement, publication, source};

contract! {
    an_upload_is_filed_with_all_that_came
    a_changes_file_is_taken_once_per_archive
    a_file_name_waits_with_one_content_only
    an_item_has_each_file_name_once
    a_rejected_file_gives_its_name_free
    the_queue_is_listed_oldest_first
    a_reviewer_sees_the_text_of_what_waits_and_of_what_is_live
    what_waits_can_be_placed_elsewhere
    nothing_is_accepted_whose_file_name_was_taken_meanwhile
    decisions_follow_the_map
    only_accepted_items_are_realised
    realising_places_what_is_not_there
    realising_refuses_another_content
    a_queued_upload_needs_its_archive
}

/// An upload whose .changes text follows its source name.
pub(super) fn upload(suite: SuiteKey, status: QueueStatus, releases: &[Release]) -> NewQueueItem {
    let first = &releases[0];
    let (name, version) = (first.name(), first.version().as_str());
    let queued = |release: &Release| QueuedRelease {
        release: release.clone(),
        placement: placement("main"),
        new: release.architecture() != "source",
    };
    NewQueueItem {
        suite,
        status,
        source: name.parse().unwrap(),
        version: version.parse().unwrap(),
        architectures: "source amd64".into(),
        changes_name: format!("{name}_{version}_source.changes"),
        changes_text: format!("Source: {name}\n"),
        changes_sha256: Sha256::of(format!("{name} {version}").as_bytes()).to_string(),
        uploader: "ann".into(),
        fingerprint: "AA".into(),
        received: at(10),
        releases: releases.iter().map(queued).collect(),
        custom: Vec::new(),
        notices: Vec::new(),
    }
}

pub(super) fn decision(status: QueueStatus) -> Decision {
    Decision { status, who: "root".into(), at: at(20), comment: "looked at it".into() }
}

fn an_upload_is_filed_with_all_that_came(site: &Site) {
    let item =
        upload(site.noble(), QueueStatus::New, &[source("hello", "1.0"), binary("hello", "1.0", "amd64")]);
    let id = site.records.enter_queue(&item).unwrap();
    let detail = site.records.queue_detail(id).unwrap().unwrap();
    assert_eq!(detail.item, site.records.queue_items(&QueueFilter::default()).unwrap()[0]);
    assert_eq!((detail.item.id, detail.item.suite, detail.item.status), (id, site.noble(), QueueStatus::New));
    assert_eq!(
        (&*detail.item.source, &*detail.item.version, &*detail.item.architectures),
        ("hello", "1.0", "source amd64")
    );
    assert_eq!(
        (&*detail.item.changes_name, &*detail.changes_text),
        ("hello_1.0_source.changes", "Source: hello\n")
    );
    assert_eq!(
        (&*detail.item.uploader, &*detail.item.fingerprint, detail.item.received),
        ("ann", "AA", at(10))
    );
    let packages: Vec<_> = detail
        .packages
        .iter()
        .map(|it| {
            format!(
                "{} {} {} {} {} {} {} {:?}",
                it.name, it.version, it.architecture, it.component, it.section, it.priority, it.new, it.files
            )
        })
        .collect();
    assert_eq!(
        packages,
        [
            r#"hello 1.0 source main libs optional false [("hello_1.0.tar.xz", 16), ("hello_1.0.dsc", 13)]"#,
            r#"hello 1.0 amd64 main libs optional true [("hello_1.0_amd64.deb", 19)]"#,
        ]
    );
    let event = &detail.events[0];
    assert_eq!((event.at, &*event.who, event.status, &*event.comment), (at(10), "ann", QueueStatus::New, ""));

    assert_eq!(site.records.suite_states().unwrap(), [], "waiting is not publishing");
    assert_eq!(site.records.known_file(site.primary, &"hello_1.0.dsc".parse().unwrap()).unwrap(), None);
    assert_eq!(site.records.queue_detail(QueueId(99)).unwrap(), None);
}

fn a_changes_file_is_taken_once_per_archive(site: &Site) {
    let mut item = upload(site.noble(), QueueStatus::New, &[source("hello", "1.0")]);
    let id = site.records.enter_queue(&item).unwrap();
    site.records.decide(id, &decision(QueueStatus::Rejected), &[]).unwrap();
    item.suite = site.stable();
    item.releases = upload(site.noble(), QueueStatus::New, &[source("other", "1.0")]).releases;
    let error = site.records.enter_queue(&item).unwrap_err();
    assert!(matches!(error, RecordsError::ChangesSeen { item } if item == id), "{error:?}");
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap().len(), 1);
    let seen = |archive: ArchiveId| site.records.changes_seen(archive, &item.changes_sha256).unwrap();
    assert_eq!((seen(site.primary), seen(site.ppa)), (Some(id), None));
    item.suite = site.ppa();
    let second = site.records.enter_queue(&item).unwrap();
    assert_ne!(second, id);
}

fn a_file_name_waits_with_one_content_only(site: &Site) {
    let built = |text: &str| {
        let mut release = deb("hello", "1.0", "amd64");
        release.file = file("hello_1.0_amd64.deb", text);
        Release::Binary(release)
    };
    let item = |suite, status, changes: &str, release: Release| {
        let mut item = upload(suite, status, &[source("hello", "1.0"), release]);
        item.changes_sha256 = changes.into();
        item
    };
    let noble = site.noble();
    let (one, two) = (Sha256::of(b"one"), Sha256::of(b"two"));
    let name = "hello_1.0_amd64.deb".parse().unwrap();
    let ask = |archive, given| site.records.queued_conflict(archive, &name, given).unwrap();
    assert_eq!(ask(site.primary, &two), None);
    let first = site.records.enter_queue(&item(noble, QueueStatus::New, "1", built("one"))).unwrap();
    let again = item(site.stable(), QueueStatus::Accepted, "2", built("two"));
    for status in [QueueStatus::New, QueueStatus::Unapproved, QueueStatus::Accepted] {
        if status != QueueStatus::New {
            site.records.decide(first, &decision(status), &[]).unwrap();
        }
        assert_eq!(ask(site.primary, &two), Some((first, one)), "{status}");
        assert_eq!(ask(site.primary, &one), None, "the same bytes are no conflict");
        assert_eq!(ask(site.ppa, &two), None, "another archive has names of its own");
        let error = site.records.enter_queue(&again).unwrap_err();
        let told = matches!(&error, RecordsError::FileConflict { file, had, given }
            if file == "hello_1.0_amd64.deb" && (*had, *given) == (one, two));
        assert!(told, "{error:?}");
    }
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap().len(), 1);
    site.records.enter_queue(&item(noble, QueueStatus::New, "3", built("one"))).unwrap();
    site.records.enter_queue(&item(site.ppa(), QueueStatus::New, "4", built("two"))).unwrap();
    let dsc = site.records.queued_conflict(site.ppa, &"hello_1.0.dsc".parse().unwrap(), &two).unwrap();
    assert_eq!(dsc.map(|(_, had)| had), Some(Sha256::of(b"hello_1.0.dsc")), "files of sources count");
}

fn an_item_has_each_file_name_once(site: &Site) {
    let item =
        upload(site.noble(), QueueStatus::New, &[binary("hello", "1", "all"), another_build("hello", "1")]);
    let error = site.records.enter_queue(&item).unwrap_err();
    assert!(matches!(&error, RecordsError::FileConflict { had, given, .. } if had != given), "{error:?}");
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap(), [], "nothing was filed");
}

fn a_rejected_file_gives_its_name_free(site: &Site) {
    let release = |text: &str| {
        let mut release = deb("hello", "1.0", "amd64");
        release.file = file("hello_1.0_amd64.deb", text);
        [Release::Binary(release)]
    };
    let item = upload(site.noble(), QueueStatus::Accepted, &release("one"));
    let first = site.records.enter_queue(&item).unwrap();
    site.records.decide(first, &decision(QueueStatus::Rejected), &[]).unwrap();
    let mut again = upload(site.noble(), QueueStatus::Accepted, &release("two"));
    again.changes_sha256 = "again".into();
    let second = site.records.enter_queue(&again).unwrap();
    site.records.realise(second, &CustomChange::default(), "x", at(30)).unwrap();

    // Now it is the archive's: no longer of the queue, and taken all the same.
    let name = "hello_1.0_amd64.deb".parse().unwrap();
    let asked = site.records.queued_conflict(site.primary, &name, &Sha256::of(b"three")).unwrap();
    assert_eq!(asked, None);
    let mut third = upload(site.noble(), QueueStatus::New, &release("three"));
    third.changes_sha256 = "third".into();
    let error = site.records.enter_queue(&third).unwrap_err();
    let had = Sha256::of(b"two");
    assert!(matches!(error, RecordsError::FileConflict { had: h, .. } if h == had), "{error:?}");
}

fn the_queue_is_listed_oldest_first(site: &Site) {
    let enter = |suite, status, name: &str, received| {
        let mut item = upload(suite, status, &[source(name, "1")]);
        item.received = at(received);
        site.records.enter_queue(&item).unwrap();
    };
    enter(site.noble(), QueueStatus::Accepted, "third", 30);
    enter(site.ppa(), QueueStatus::Unapproved, "second", 20);
    enter(site.noble(), QueueStatus::New, "first", 10);
    enter(site.noble(), QueueStatus::New, "fourth", 30);
    let names = |statuses: &[QueueStatus], archives: &[ArchiveId]| {
        let filter = QueueFilter {
            statuses: statuses.to_vec(),
            archives: archives.to_vec(),
            ..QueueFilter::default()
        };
        let items = site.records.queue_items(&filter).unwrap();
        items.into_iter().map(|it| it.source).collect::<Vec<_>>()
    };
    assert_eq!(names(&[], &[]), ["first", "second", "third", "fourth"]);
    assert_eq!(
        names(&[QueueStatus::Accepted, QueueStatus::New, QueueStatus::New], &[]),
        ["first", "third", "fourth"]
    );
    assert_eq!(names(&[], &[site.ppa]), ["second"]);
    assert_eq!(names(&[QueueStatus::New], &[site.ppa]), [""; 0]);
    let bounded = |filter: QueueFilter| {
        let items = site.records.queue_items(&filter).unwrap();
        items.into_iter().map(|it| it.source).collect::<Vec<_>>()
    };
    let all = QueueFilter::default;
    assert_eq!(bounded(QueueFilter { suites: vec![site.ppa()], ..all() }), ["second"]);
    assert_eq!(bounded(QueueFilter { name: Some("f*r*".into()), ..all() }), ["first", "fourth"]);
    assert_eq!(bounded(QueueFilter { name: Some("f".into()), ..all() }), [""; 0]);
    assert_eq!(bounded(QueueFilter { since: Some(at(20)), until: Some(at(30)), ..all() }), ["second"]);
}

fn a_reviewer_sees_the_text_of_what_waits_and_of_what_is_live(site: &Site) {
    let noble = site.noble();
    let text = |name: &str| site.records.live_text(noble, PackageKind::Binary, name, "amd64").unwrap();
    assert_eq!(text("hello"), None);
    site.add(noble, &[binary("hello", "1", "amd64"), source("hello", "1")]);
    site.add(noble, &[binary("hello", "2", "amd64")]);
    let live = text("hello").unwrap();
    assert_eq!((&*live.version, live.placement.component.as_str()), ("2", "main"));
    assert!(
        live.stanza.contains("hello") && live.paths.contains(&"usr/share/doc/hello/copyright".to_owned())
    );
    assert!(site.records.live_text(site.updates(), PackageKind::Binary, "hello", "amd64").unwrap().is_none());

    let id = site.enter(noble, QueueStatus::New, &[source("hello", "3"), binary("hello", "3", "i386")]);
    let texts = site.records.queued_texts(id).unwrap();
    let told: Vec<_> = texts.iter().map(|it| format!("{} {}", it.version, it.architecture)).collect();
    assert_eq!(told, ["3 source", "3 i386"]);
    assert_eq!(texts[0].paths, ["hello_3.tar.xz", "hello_3.dsc"], "of a source the names of its files");
    assert!(matches!(site.records.queued_texts(QueueId(99)), Err(RecordsError::NoQueueItem { .. })));
}

fn what_waits_can_be_placed_elsewhere(site: &Site) {
    let id =
        site.enter(site.noble(), QueueStatus::New, &[source("hello", "3"), binary("hello", "3", "i386")]);
    let note = Note { who: "root".into(), at: at(30), text: "moved".into() };
    site.records.override_packages(id, &[(1, placement("universe"))], &note).unwrap();
    let detail = site.records.queue_detail(id).unwrap().unwrap();
    let components: Vec<_> = detail.packages.iter().map(|package| package.component.as_str()).collect();
    assert_eq!(components, ["main", "universe"]);
    let last = detail.events.last().unwrap();
    assert_eq!((last.status, &*last.who, &*last.comment), (QueueStatus::New, "root", "moved"));
    site.records.decide(id, &decision(QueueStatus::Rejected), &[]).unwrap();
    let error = site.records.override_packages(id, &[(1, placement("main"))], &note).unwrap_err();
    assert_eq!(error.to_string(), format!("queue item {id} is rejected, and only what waits can be changed"));
    assert!(matches!(
        site.records.override_packages(QueueId(99), &[], &note),
        Err(RecordsError::NoQueueItem { .. })
    ));
}

fn nothing_is_accepted_whose_file_name_was_taken_meanwhile(site: &Site) {
    let first = site.enter(site.noble(), QueueStatus::New, &[binary("hello", "1", "all")]);
    site.records.decide(first, &decision(QueueStatus::Rejected), &[]).unwrap();
    let mut other = upload(site.noble(), QueueStatus::New, &[another_build("hello", "1")]);
    other.changes_sha256 = Sha256::of(b"another").to_string();
    let second = site.records.enter_queue(&other).unwrap();
    let conflict = site.records.decide(first, &decision(QueueStatus::Accepted), &[]);
    assert!(matches!(conflict, Err(RecordsError::FileConflict { .. })), "{conflict:?}");
    site.records.decide(second, &decision(QueueStatus::Accepted), &[]).unwrap();
    site.records.realise(second, &CustomChange::default(), "cron", at(40)).unwrap();
    let conflict = site.records.decide(first, &decision(QueueStatus::Accepted), &[]);
    assert!(matches!(conflict, Err(RecordsError::FileConflict { .. })), "the archive has it: {conflict:?}");
    assert_eq!(site.records.queue_detail(first).unwrap().unwrap().item.status, QueueStatus::Rejected);
}

/// The same file name with other bytes.
fn another_build(name: &str, version: &str) -> Release {
    let mut other = deb(name, version, "all");
    other.file = file(&format!("{name}_{version}_all.deb"), "another build");
    Release::Binary(other)
}

fn decisions_follow_the_map(site: &Site) {
    let item = upload(site.noble(), QueueStatus::New, &[source("hello", "1.0")]);
    let id = site.records.enter_queue(&item).unwrap();
    let status = || site.records.queue_detail(id).unwrap().unwrap().item.status;
    for from in [QueueStatus::New, QueueStatus::Unapproved, QueueStatus::Accepted, QueueStatus::Rejected] {
        if status() != from {
            site.records.decide(id, &decision(from), &[]).unwrap();
        }
        for to in QueueStatus::ALL {
            // Done is never a decision.
            if from.may_become(to) && to != QueueStatus::Done {
                continue;
            }
            let error = site.records.decide(id, &decision(to), &[]).unwrap_err();
            let told = matches!(error, RecordsError::Transition { item, from: f, to: t } if (item, f, t) == (id, from, to));
            assert!(told, "{error:?}");
            assert_eq!(status(), from);
        }
    }
    let events = site.records.queue_detail(id).unwrap().unwrap().events;
    let words: Vec<_> = events.iter().map(|it| (it.status.as_str(), &*it.who, it.at, &*it.comment)).collect();
    assert_eq!(
        words,
        [
            ("new", "ann", at(10), ""),
            ("unapproved", "root", at(20), "looked at it"),
            ("accepted", "root", at(20), "looked at it"),
            ("rejected", "root", at(20), "looked at it"),
        ]
    );
    let error = site.records.decide(QueueId(99), &decision(QueueStatus::Accepted), &[]).unwrap_err();
    assert_eq!(error.to_string(), "there is no queue item 99; `debpress queue list` shows them");
}

fn only_accepted_items_are_realised(site: &Site) {
    let item = upload(site.noble(), QueueStatus::New, &[source("hello", "1.0")]);
    let id = site.records.enter_queue(&item).unwrap();
    let error = site.records.realise(id, &CustomChange::default(), "process-accepted", at(30)).unwrap_err();
    assert_eq!(error.to_string(), format!("queue item {id} is new and cannot become done"));
    site.records.decide(id, &decision(QueueStatus::Accepted), &[]).unwrap();
    assert_eq!(site.records.realise(id, &CustomChange::default(), "process-accepted", at(30)).unwrap(), 1);
    assert_eq!(site.live(site.noble()), ["hello 1.0 source main pending"]);
    assert_eq!(site.changes(site.noble()), (1, 0, false));
    let events = site.records.queue_detail(id).unwrap().unwrap().events;
    let last = events.last().unwrap();
    assert_eq!((last.status, &*last.who, last.at), (QueueStatus::Done, "process-accepted", at(30)));

    // A second run finds it Done and changes nothing.
    let error = site.records.realise(id, &CustomChange::default(), "process-accepted", at(31)).unwrap_err();
    assert!(matches!(error, RecordsError::Transition { from: QueueStatus::Done, .. }), "{error:?}");
    assert_eq!(site.changes(site.noble()), (1, 0, false));
    let error =
        site.records.realise(QueueId(99), &CustomChange::default(), "process-accepted", at(31)).unwrap_err();
    assert!(matches!(error, RecordsError::NoQueueItem { item: QueueId(99) }), "{error:?}");
}

fn realising_places_what_is_not_there(site: &Site) {
    let noble = site.noble();
    let hello = source("hello", "1.0");
    site.add(noble, std::slice::from_ref(&hello));
    let enter = |item: &NewQueueItem| site.records.enter_queue(item).unwrap();
    let known = enter(&upload(noble, QueueStatus::Accepted, std::slice::from_ref(&hello)));
    assert_eq!(
        site.records.realise(known, &CustomChange::default(), "x", at(30)).unwrap(),
        0,
        "it is live already"
    );
    assert_eq!(site.changes(noble).0, 1, "so nothing is dirty");

    let mut item = upload(noble, QueueStatus::Accepted, &[hello.clone(), binary("hello", "1.0", "amd64")]);
    item.changes_sha256 = "another".into();
    let partly = enter(&item);
    assert_eq!(site.records.realise(partly, &CustomChange::default(), "x", at(31)).unwrap(), 1);
    assert_eq!(site.live(noble), ["hello 1.0 amd64 main pending", "hello 1.0 source main pending"]);

    item.changes_sha256 = "with another component".into();
    item.releases[0].placement = placement("universe");
    let moved = enter(&item);
    assert_eq!(site.records.realise(moved, &CustomChange::default(), "x", at(32)).unwrap(), 1);
    assert_eq!(site.changes(noble).0, 3);
}

fn realising_refuses_another_content(site: &Site) {
    let mut built_twice = deb("hello", "1.0", "amd64");
    built_twice.file = file("hello_1.0_amd64.deb", "another build");
    let given = built_twice.file.checksums.sha256;
    let item =
        upload(site.noble(), QueueStatus::Accepted, &[source("hello", "1.0"), Release::Binary(built_twice)]);
    let id = site.records.enter_queue(&item).unwrap();
    // Between the upload and its realisation the same name came with other bytes.
    let hello = publication(&binary("hello", "1.0", "amd64"), "main");
    site.records.import(site.stable(), &[hello], at(15)).unwrap();
    let error = site.records.realise(id, &CustomChange::default(), "x", at(30)).unwrap_err();
    assert!(matches!(error, RecordsError::FileConflict { given: g, .. } if g == given), "{error:?}");
    let detail = site.records.queue_detail(id).unwrap().unwrap();
    assert_eq!((detail.item.status, detail.events.len()), (QueueStatus::Accepted, 1));
    assert_eq!(site.live(site.noble()), [""; 0]);
    assert_eq!(site.records.known_file(site.primary, &"hello_1.0.dsc".parse().unwrap()).unwrap(), None);
}

fn a_queued_upload_needs_its_archive(site: &Site) {
    let nowhere = SuiteKey { archive: ArchiveId(99), ..site.noble() };
    let error =
        site.records.enter_queue(&upload(nowhere, QueueStatus::New, &[source("hello", "1")])).unwrap_err();
    assert!(matches!(error, RecordsError::Database { .. }), "{error:?}");
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap(), []);
}
