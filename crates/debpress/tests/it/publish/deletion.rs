//! The end of an archive, also where the disk dies at every operation of it.

use debpress::adapters::memory::lock::MemoryDatabase;
use debpress::admin::history::history;
use debpress::lock::{Holder, Places, PublisherLock, Wait};
use debpress::model::archive::{Archive, NewArchive};
use debpress::model::publication::PublicationStatus;
use debpress::model::queue::Note;
use debpress::model::suite::{Pocket, SuiteKey};
use debpress::ports::db::{ListFilter, NewPublication, RecordsError};
use debpress::publish::{DeletedArchive, DeletionError, DeletionSite, Selection, delete_archive};
use debpress::queue::Choice;

use super::death_row::death_row;
use super::world::{World, on_both};

const DOOMED: &str = "~ann/debian/tools";
/// Archives whose roots lie beside or near that of the doomed one.
const NEIGHBOURS: [&str; 4] = ["debian", "~ann/debian/tools2", "~ann/debian/tools-deleted", "debian/tools"];

fn archive(w: &World, reference: &str) -> Archive {
    let all = w.records.archives().unwrap();
    all.into_iter().find(|archive| archive.reference.to_string() == reference).unwrap()
}

fn suite(w: &World, reference: &str) -> SuiteKey {
    let series = w.records.distributions().unwrap()[0].series[0].id;
    SuiteKey { archive: archive(w, reference).id, series, pocket: Pocket::Release }
}

fn create(w: &World, reference: &str, private: bool) {
    let (reference, text) = (reference.parse().unwrap(), || "Tools".to_owned());
    let new = NewArchive { reference, origin: text(), label: text(), size_limit: None, private };
    w.records.create_archive(&new).unwrap();
}

fn publish(w: &World) {
    let archives = w.records.archives().unwrap();
    let archives = archives.iter().filter(|it| it.published).map(|it| it.id).collect();
    let report = w.publish_all(&Selection { archives, ..Selection::default() }).unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
}

/// The doomed archive among its neighbours, all published; something in the doomed one is pending, something replaced.
fn grown(mut w: World, private: bool) -> World {
    create(&w, DOOMED, private);
    for neighbour in &NEIGHBOURS[1..] {
        create(&w, neighbour, private && neighbour.starts_with('~'));
    }
    for reference in NEIGHBOURS.into_iter().chain([DOOMED]) {
        w.add_to_suite((suite(&w, reference), "main"), "hello", "1.0", "amd64");
    }
    publish(&w);
    w.now = w.now.plus(3600);
    w.add_to_suite((suite(&w, DOOMED), "main"), "hello", "2.0", "amd64");
    publish(&w);
    w.add_to_suite((suite(&w, DOOMED), "main"), "later", "1.0", "amd64");
    w
}

fn delete(w: &World) -> Result<DeletedArchive, DeletionError> {
    let me = Holder::this_process("archive delete", w.now);
    delete_with(w, &PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap())
}

fn delete_with(w: &World, lock: &PublisherLock) -> Result<DeletedArchive, DeletionError> {
    let site = DeletionSite { records: w.records.as_ref(), tree: &w.tree, now: w.now };
    let choice = Choice { who: "root".into(), at: w.now, comment: "moved".into(), audience: None };
    delete_archive(&site, lock, &archive(w, DOOMED), &choice)
}

#[test]
fn nothing_goes_when_the_lock_in_the_database_is_lost() {
    let w = grown(World::in_memory(), false);
    let before = files(&w);
    let database = MemoryDatabase::new();
    let vault = database.connect();
    let me = Holder::this_process("archive delete", w.now);
    let places = Places { file: &w.lock_path(), site: None, database: Some(&vault) };
    let lock = PublisherLock::acquire_all(&places, &me, Wait::No).unwrap();
    vault.end();
    let error = delete_with(&w, &lock).unwrap_err();
    assert!(matches!(error, DeletionError::Lock { .. }), "{error}");
    assert_eq!(files(&w), before);
    drop(lock);
    delete(&w).unwrap();
}

/// The files of the doomed archive, and those of all others.
fn files(w: &World) -> (Vec<String>, Vec<String>) {
    let below = |roots: &[&str]| {
        let mut found = Vec::new();
        for root in roots.iter().flat_map(|root| [(*root).to_owned(), format!("private-{root}")]) {
            for directory in ["dists", "pool", ".staged", ".previous", ".withdrawn"] {
                let listed = w.tree.inner.list(&root, directory).unwrap();
                found.extend(listed.into_iter().map(|(path, _)| format!("{root}/{path}")));
            }
        }
        found
    };
    let neighbours = [
        "archives/debian",
        "archives/debian-tools/debian",
        "ppa/ann/tools2/debian",
        "ppa/ann/tools-deleted/debian",
    ];
    (below(&["ppa/ann/tools/debian"]), below(&neighbours))
}

/// Every release that the doomed archive ever had, with its status.
fn histories(w: &World) -> Vec<(String, String, PublicationStatus)> {
    let id = w.records.archives().unwrap().iter().find(|it| it.deletion.is_some()).unwrap().id;
    let all = w.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap();
    let own = all.into_iter().filter(|listing| listing.suite.archive == id);
    own.map(|listing| (listing.name, listing.version, listing.status)).collect()
}

fn is_deleted(w: &World) {
    let renamed = archive(w, "~ann/debian/tools-deleted2");
    let deletion = renamed.deletion.clone().unwrap();
    assert!(deletion.done && !renamed.enabled && !renamed.published);
    assert_eq!((deletion.who.as_str(), deletion.reason.as_str()), ("root", "moved"));
    let mut history = histories(w);
    history.sort();
    let line = |name: &str, version: &str, status| (name.to_owned(), version.to_owned(), status);
    assert_eq!(
        history,
        [
            line("hello", "1.0", PublicationStatus::Superseded),
            line("hello", "2.0", PublicationStatus::Deleted),
            line("later", "1.0", PublicationStatus::Deleted),
        ]
    );
    assert!(
        w.records.suite_states().unwrap().iter().all(|it| it.key.archive != renamed.id || !it.is_dirty())
    );
    assert_eq!(w.records.archive_size(renamed.id).unwrap(), 0);
    let condemned = w.records.condemned(renamed.id, w.now.plus(1_000_000)).unwrap();
    assert_eq!(condemned, [], "death row has nothing to look for");
}

fn every_point(make: impl Fn() -> World, private: bool) -> i64 {
    for n in 0.. {
        // Once the same command goes on, and once the next publisher does.
        for by_publisher in [false, true] {
            let mut w = grown(make(), private);
            let (own, others) = files(&w);
            assert!(!own.is_empty() && !others.is_empty());
            w.tree.fail_after(n);
            let result = delete(&w);
            w.tree.mend();
            assert_eq!(files(&w).1, others, "operation {n}: files of others");
            if let Ok(deleted) = &result {
                assert!(deleted.root_gone);
                assert_eq!(files(&w), (Vec::new(), others));
                is_deleted(&w);
                return n;
            }
            // It has begun in the records before the first file goes, and clients see all of it or nothing.
            let begun = archive(&w, DOOMED);
            assert!(begun.is_being_deleted() && !begun.published, "operation {n}");
            let seen = files(&w).0.iter().filter(|line| line.contains("/dists/")).count();
            let all = own.iter().filter(|line| line.contains("/dists/")).count();
            assert!(seen == 0 || seen == all, "operation {n}: {seen} of {all}");
            let pool = |lines: &[String]| lines.iter().filter(|line| line.contains("/pool/")).count();
            assert!(seen == 0 || pool(&files(&w).0) == pool(&own), "operation {n}: dists goes first");
            // Death row may come first: it has no say in an archive that is being deleted.
            w.now = w.now.plus(60);
            assert!(!death_row(&w).has_failed());
            assert!(seen == 0 || pool(&files(&w).0) == pool(&own), "operation {n}: clients see what is gone");
            w.now = w.now.plus(60);
            match by_publisher {
                true => publish(&w),
                false => drop(delete(&w).unwrap()),
            }
            assert_eq!(files(&w), (Vec::new(), others), "operation {n}");
            is_deleted(&w);
            publish(&w);
        }
    }
    unreachable!("some number of operations is enough")
}

#[test]
fn a_failure_at_any_operation_of_a_deletion_is_finished_by_the_next_run_on_twins() {
    assert!(every_point(World::in_memory, false) >= 5);
}

#[test]
fn a_failure_at_any_operation_of_a_deletion_is_finished_by_the_next_run_on_disk() {
    assert!(every_point(World::on_disk, false) >= 5);
    assert!(every_point(World::on_disk, true) >= 5, "private archives too");
}

#[test]
fn the_name_is_free_and_what_was_is_not_forgotten() {
    on_both(|w| {
        let w = grown(w, false);
        delete(&w).unwrap();
        create(&w, DOOMED, false);
        let new = suite(&w, DOOMED);
        w.add_to_suite((new, "main"), "hello", "2.0", "arm64");
        publish(&w);
        assert!(files(&w).0.iter().any(|line| line.contains("hello_2.0_arm64.deb")));
        is_deleted(&w);
        delete(&w).unwrap();
        assert_eq!(files(&w).0, Vec::<String>::new());
        archive(&w, "~ann/debian/tools-deleted3");
    });
}

#[test]
fn what_somebody_had_removed_before_is_not_put_down_to_the_end_of_the_archive() {
    on_both(|mut w| {
        create(&w, DOOMED, false);
        let suite = suite(&w, DOOMED);
        for name in ["gone", "last"] {
            w.add_to_suite((suite, "main"), name, "1.0", "amd64");
        }
        publish(&w);
        w.now = w.now.plus(3600);
        let live = w.records.live_named(suite, "gone").unwrap();
        let note = Note { who: "ann".into(), at: w.now, text: "not free".into() };
        w.records.request_removal(suite, &[live[0].id], &note).unwrap();
        publish(&w);
        w.now = w.now.plus(3600);
        delete(&w).unwrap();
        let told = |name: &str| {
            let all = history(w.records.as_ref(), name, None).unwrap();
            let last = all.last().unwrap();
            format!("{} by {}: {}", last.what, last.who.clone().unwrap_or_default(), last.comment)
        };
        assert_eq!(told("gone"), "deleted by ann: amd64 in main/misc (not free)");
        assert_eq!(told("last"), "deleted by root: amd64 in main/misc, with the archive: moved");
    });
}

#[test]
fn nothing_is_placed_into_an_archive_that_is_being_deleted() {
    on_both(|w| {
        let w = grown(w, false);
        w.tree.fail_after(0);
        delete(&w).unwrap_err();
        w.tree.mend();
        let none: [NewPublication; 0] = [];
        w.records.import(suite(&w, DOOMED), &none, w.now).unwrap();
        let refused = w.try_add((suite(&w, DOOMED), "main"), "late", "1.0", "amd64").unwrap_err();
        assert!(matches!(refused, RecordsError::ArchiveDeleted { .. }), "{refused}");
        assert!(
            w.records
                .create_archive(&NewArchive {
                    reference: DOOMED.parse().unwrap(),
                    origin: String::new(),
                    label: String::new(),
                    size_limit: None,
                    private: false,
                })
                .is_err(),
            "its name is taken until its files are gone"
        );
    });
}

#[test]
fn what_a_distribution_is_made_of_stays_and_so_does_what_is_half_published() {
    on_both(|w| {
        let w = grown(w, false);
        let me = Holder::this_process("archive delete", w.now);
        let lock = PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap();
        let site = DeletionSite { records: w.records.as_ref(), tree: &w.tree, now: w.now };
        let choice = Choice { who: "root".into(), at: w.now, comment: "why".into(), audience: None };
        let before = files(&w);
        let refused = delete_archive(&site, &lock, &archive(&w, "debian"), &choice).unwrap_err();
        assert!(matches!(refused, DeletionError::Kept { .. }), "{refused}");
        drop(lock);
        // The journal of a publication is open.
        for n in 0.. {
            w.tree.fail_after(n);
            let archives = vec![archive(&w, DOOMED).id];
            drop(w.publish_all(&Selection { archives, ..Selection::default() }));
            w.tree.mend();
            if w.records.open_switch().unwrap().is_some() {
                break;
            }
        }
        let refused = delete(&w).unwrap_err();
        assert!(matches!(refused, DeletionError::Unfinished { .. }), "{refused}");
        assert_eq!(files(&w).1, before.1);
        publish(&w);
        delete(&w).unwrap();
    });
}
