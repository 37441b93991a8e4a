//! A publisher that has lost its lock in the database, and must not know better than the one that has it now.

use debpress::adapters::memory::lock::{MemoryConnection, MemoryDatabase};
use debpress::lock::{Holder, LockError, Places, PublisherLock, Wait};
use debpress::ports::stop::Stop;
use debpress::publish::{PublishError, PublishReport, process_death_row, publish_distro};

use super::death_row::{pool, replaced, site};
use super::world::{World, on_both};

/// Publishers of one distribution on two hosts, with one database.
struct Hosts {
    database: MemoryDatabase,
}

impl Hosts {
    fn lock(w: &World, host: &MemoryConnection, name: &str) -> Result<PublisherLock, LockError> {
        let file = w.lock_path().with_file_name(name);
        let me = Holder { host: name.to_owned(), ..Holder::this_process("publish-distro", w.now) };
        PublisherLock::acquire_all(&Places { file: &file, site: None, database: Some(host) }, &me, Wait::No)
    }

    /// A lock that is lost already.
    fn lost(&self, w: &World) -> PublisherLock {
        let vault = self.database.connect();
        let lock = Self::lock(w, &vault, "vault").unwrap();
        vault.end();
        lock
    }
}

/// Ends a connection where a publisher looks whether somebody wants it to stop.
struct Ends(MemoryConnection);

impl Stop for Ends {
    fn asked(&self) -> Option<&'static str> {
        self.0.end();
        None
    }
}

fn publish(w: &World, lock: &PublisherLock) -> Result<PublishReport, PublishError> {
    let mut report = publish_distro(&w.site(), lock, &w.select())?;
    report.failed.pop().map_or(Ok(report), |failed| Err(failed.error))
}

#[track_caller]
fn is_lost(result: Result<PublishReport, PublishError>) {
    let error = result.unwrap_err();
    let PublishError::Lock { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**source, LockError::Lost(_)), "{source}");
}

#[test]
fn what_is_ready_stays_unseen_when_the_lock_is_lost_meanwhile() {
    on_both(|mut w| {
        let hosts = Hosts { database: MemoryDatabase::new() };
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        w.add("stable", "hello", "2.0", "amd64");
        let before = w.text("stable", "Release");
        let vault = hosts.database.connect();
        let lock = Hosts::lock(&w, &vault, "vault").unwrap();
        w.stop = Box::new(Ends(vault));
        is_lost(publish(&w, &lock));
        assert_eq!(w.text("stable", "Release"), before);
        // The other host comes, and the first one with its lost lock keeps nobody out.
        let tower = hosts.database.connect();
        let other = Hosts::lock(&w, &tower, "tower").unwrap();
        publish(&w, &other).unwrap();
        assert_ne!(w.text("stable", "Release"), before);
        assert!(w.assert_consistent("stable"));
        drop(lock);
        let refused = Hosts::lock(&w, &hosts.database.connect(), "vault").unwrap_err().to_string();
        assert!(refused.contains(" on tower, since "), "{refused}");
    });
}

#[test]
fn a_publication_that_was_interrupted_is_finished_only_with_the_lock() {
    on_both(|w| {
        let hosts = Hosts { database: MemoryDatabase::new() };
        w.add("stable", "hello", "1.0", "amd64");
        w.die_with_the_journal_open();
        is_lost(publish(&w, &hosts.lost(&w)));
        assert!(w.records.open_switch().unwrap().is_some(), "whoever has the lock does it");
        let tower = hosts.database.connect();
        publish(&w, &Hosts::lock(&w, &tower, "tower").unwrap()).unwrap();
        assert!(w.records.open_switch().unwrap().is_none() && w.assert_consistent("stable"));
    });
}

#[test]
fn death_row_removes_nothing_without_the_lock() {
    on_both(|mut w| {
        let hosts = Hosts { database: MemoryDatabase::new() };
        replaced(&mut w);
        w.now = w.now.plus(2 * 86_400);
        let archives = w.records.archives().unwrap();
        let archives: Vec<_> = archives.iter().collect();
        let before = pool(&w);
        let report = process_death_row(&site(&w), &hosts.lost(&w), &archives);
        let error = report.archives[0].error.as_deref().unwrap();
        assert!(error.contains("the publisher lock in the database is lost"), "{error}");
        assert_eq!(pool(&w), before);
        let tower = hosts.database.connect();
        let report = process_death_row(&site(&w), &Hosts::lock(&w, &tower, "tower").unwrap(), &archives);
        assert!(report.archives[0].error.is_none());
        assert_ne!(pool(&w), before);
    });
}
