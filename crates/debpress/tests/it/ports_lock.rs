//! The contract of a lock in a database: what every adapter that has one passes, on whatever host it is asked.

use std::sync::atomic::{AtomicUsize, Ordering};

use debpress::adapters::memory::MemoryRecords;
use debpress::adapters::memory::lock::{MemoryConnection, MemoryDatabase};
use debpress::adapters::sqlite::SqliteRecords;
use debpress::lock::{Holder, LockStatus};
use debpress::model::time::Timestamp;
use debpress::ports::db::{DatabaseHold, DatabaseLock, LockRecords, Taking};

/// A database that hosts connect to.
trait World: Sync {
    type Host: DatabaseLock;

    /// Another database.
    fn new() -> Self;
    /// A program on another host, with a connection of its own.
    fn host(&self) -> Self::Host;
    /// Ends the connection of a host, as when it loses power: it is not asked.
    fn cut(&self, host: &Self::Host);
}

impl World for MemoryDatabase {
    type Host = MemoryConnection;

    fn new() -> Self {
        Self::new()
    }

    fn host(&self) -> MemoryConnection {
        self.connect()
    }

    fn cut(&self, host: &MemoryConnection) {
        host.end();
    }
}

fn on(host: &str) -> Holder {
    Holder {
        command: "publish-distro".into(),
        pid: 7,
        user: "ann".into(),
        host: host.into(),
        since: Timestamp(60),
    }
}

#[track_caller]
fn taken(host: &impl DatabaseLock, name: &str) -> Box<dyn DatabaseHold> {
    match host.try_take(&on(name)).unwrap() {
        Taking::Taken(hold) => hold,
        Taking::Busy(holder) => panic!("{holder:?} has it"),
    }
}

#[track_caller]
fn busy(host: &impl DatabaseLock, by: &str) {
    match host.try_take(&on("somebody else")).unwrap() {
        // All of it: people look for the process on that host.
        Taking::Busy(holder) => assert_eq!(holder, Some(on(by))),
        Taking::Taken(_) => panic!("a second one has it"),
    }
    assert_eq!(host.status().unwrap(), LockStatus::Held(Some(on(by))));
}

fn one_host_has_it_and_the_other_is_told_which<W: World>() {
    let world = W::new();
    let (vault, tower) = (world.host(), world.host());
    assert_eq!(tower.status().unwrap(), LockStatus::Free);
    let hold = taken(&vault, "vault");
    hold.check().unwrap();
    busy(&tower, "vault");
    drop(hold);
    assert_eq!(tower.status().unwrap(), LockStatus::Free);
    let hold = taken(&tower, "tower");
    busy(&vault, "tower");
    hold.check().unwrap();
}

fn who_has_it_does_not_get_it_again<W: World>() {
    let world = W::new();
    let vault = world.host();
    let hold = taken(&vault, "vault");
    busy(&vault, "vault");
    drop(hold);
    drop(taken(&vault, "vault"));
}

fn it_dies_with_the_connection_of_its_holder<W: World>() {
    let world = W::new();
    let (vault, tower) = (world.host(), world.host());
    let dead = taken(&vault, "vault");
    world.cut(&vault);
    assert!(dead.check().is_err(), "who has lost it is told so");
    assert!(
        vault.try_take(&on("vault")).is_err() && vault.status().is_err(),
        "nobody can tell without a connection"
    );
    let hold = taken(&tower, "tower");
    assert!(dead.check().is_err(), "that somebody has it does not mean oneself");
    drop(dead);
    hold.check().unwrap();
    busy(&world.host(), "tower");
}

fn who_disconnects_lets_it_go<W: World>() {
    let world = W::new();
    let (vault, tower) = (world.host(), world.host());
    let hold = taken(&vault, "vault");
    drop(tower);
    hold.check().unwrap();
    drop((hold, vault));
    drop(taken(&world.host(), "tower"));
}

fn databases_have_nothing_to_do_with_each_other<W: World>() {
    let (one, two) = (W::new(), W::new());
    let (here, there) = (one.host(), two.host());
    let both = (taken(&here, "vault"), taken(&there, "vault"));
    both.0.check().unwrap();
    both.1.check().unwrap();
}

fn of_a_crowd_one_has_it_at_a_time<W: World>() {
    let world = W::new();
    let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (world, inside, turns) = (&world, &inside, &turns);
            scope.spawn(move || {
                let host = world.host();
                for _ in 0..50 {
                    let hold = loop {
                        match host.try_take(&on(&number.to_string())).unwrap() {
                            Taking::Taken(hold) => break hold,
                            Taking::Busy(_) => std::thread::yield_now(),
                        }
                    };
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two have it");
                    turns.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(hold);
                }
            });
        }
    });
    assert_eq!(turns.into_inner(), 200);
}

/// All of it, for one adapter.
macro_rules! contract {
    ($module:ident, $world:ty, $($story:ident),+ $(,)?) => {
        mod $module {
            $(#[test] fn $story() { super::$story::<$world>(); })+
        }
    };
}

contract!(
    memory,
    debpress::adapters::memory::lock::MemoryDatabase,
    one_host_has_it_and_the_other_is_told_which,
    who_has_it_does_not_get_it_again,
    it_dies_with_the_connection_of_its_holder,
    who_disconnects_lets_it_go,
    databases_have_nothing_to_do_with_each_other,
    of_a_crowd_one_has_it_at_a_time,
);

#[test]
fn records_say_whether_they_have_one() {
    assert!(MemoryRecords::new().database_lock().is_some());
    assert!(SqliteRecords::open_in_memory().unwrap().database_lock().is_none());
}
