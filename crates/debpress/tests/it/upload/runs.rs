//! Several runs at once, and runs that die.

use std::io::{self, Read};
use std::sync::Barrier;

use debfmt::builder::DebBuilder;
use debfmt::names::FileName;
use debpress::adapters::fs::incoming::FsIncoming;
use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::time::Timestamp;
use debpress::ports::incoming::{
    Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Listing, Opened, Place, UploadedFile,
};

use debpress::upload::{UploadReport, UploadSettings};

use super::on_both;
use super::world::{AT_ONCE, World, changes, deb, hello, settings};

/// Incoming directories that fail.
pub(super) enum Faulty {
    /// On the last step: what a run that dies before it leaves behind.
    DiesBeforeTheMove(Box<dyn Incoming>),
    /// On the bytes of every package, as a failing disk does.
    CannotRead(Box<dyn Incoming>),
    /// Not at all, but packages changed at that time.
    StillWriting(Box<dyn Incoming>, Timestamp),
    /// On opening a package, which its sender has not handed over yet.
    Denied(Box<dyn Incoming>),
    /// Not at all, but another run takes an upload as soon as we look into it.
    Overtaken(Box<dyn Incoming>, Box<dyn Incoming>),
    /// On bringing together what lies loose: the machine has no room for it.
    NoRoom(Box<dyn Incoming>),
}

use Faulty::{CannotRead, Denied, DiesBeforeTheMove, NoRoom, Overtaken, StillWriting};

impl Faulty {
    fn inner(&self) -> &dyn Incoming {
        match self {
            DiesBeforeTheMove(inner) | CannotRead(inner) | Denied(inner) | NoRoom(inner) => inner.as_ref(),
            StillWriting(inner, _) | Overtaken(inner, _) => inner.as_ref(),
        }
    }
}

struct BadSector;

impl Read for BadSector {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("bad sector"))
    }
}

impl Incoming for Faulty {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        self.inner().inherit()
    }

    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError> {
        self.inner().arrivals(is_target)
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        self.inner().claim(arrival)
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        if matches!(self, NoRoom(_)) {
            let source = io::ErrorKind::StorageFull.into();
            return Err(IncomingError::Io { operation: "move", path: claim.name.clone(), source });
        }
        self.inner().gather(claim, names)
    }

    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        self.inner().gather_copies(claim, names)
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        self.inner().list(place)
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        if let (Overtaken(_, other), Place::Arrived(arrival)) = (self, place) {
            drop(other.claim(arrival)?);
        }
        if let (Denied(_), true) = (self, name.as_str().ends_with(".deb")) {
            let source = io::ErrorKind::PermissionDenied.into();
            return Err(IncomingError::Io { operation: "open", path: name.to_string(), source });
        }
        let opened = self.inner().open(place, directory, name)?;
        match (self, opened) {
            (CannotRead(_), Opened::File(file)) if name.as_str().ends_with(".deb") => {
                Ok(Opened::File(UploadedFile { reader: Box::new(BadSector), ..file }))
            }
            (StillWriting(_, changed), Opened::File(file)) if name.as_str().ends_with(".deb") => {
                Ok(Opened::File(UploadedFile { changed: *changed, ..file }))
            }
            (_, opened) => Ok(opened),
        }
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        if !matches!(self, DiesBeforeTheMove(_)) {
            return self.inner().finish(claim, end, report);
        }
        let source = io::Error::other("the machine stopped");
        Err(IncomingError::Io { operation: "move", path: claim.name, source })
    }
}

#[test]
fn a_run_that_dies_after_the_commit_is_finished_by_the_next_one() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        let signed = world.alice.signed(&changes);
        world.send("up", &[signed.clone(), deb.clone()]);
        let report = world.run_on(&DiesBeforeTheMove(world.incoming()), AT_ONCE);
        assert_eq!(report.failed[0].moved_to, None);
        assert_eq!(world.queue(), ["new hello 1.0"]);
        assert!(world.tree().iter().all(|path| path.starts_with("claimed/")));

        let report = world.run();
        assert_eq!((report.accepted[0].status, report.accepted.len()), (None, 1), "{report:?}");
        assert_eq!((report.rejected, report.failed), (vec![], vec![]));
        assert_eq!(world.queue(), ["new hello 1.0"]);
        assert_eq!(world.tree(), ["accepted/up/hello_1.0_amd64.changes", "accepted/up/hello_1.0_amd64.deb"]);

        // The same files from outside are no crash but a replay.
        world.send("again", &[signed, deb]);
        let report = world.run();
        assert_eq!(report.rejected[0].reasons[0].code, "changes.seen");
        assert_eq!(world.queue(), ["new hello 1.0"]);
    });
}

#[test]
fn a_run_that_dies_before_a_refusal_is_repeated() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        world.send("up", &[changes, deb]);
        world.run_on(&DiesBeforeTheMove(world.incoming()), AT_ONCE);
        let report = world.run();
        assert_eq!(report.rejected[0].reasons[0].code, "signature.missing");
        assert_eq!(world.tree().len(), 3);
    });
}

#[test]
fn a_full_disk_refuses_nobody_and_loses_nothing() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&changes), deb]);
        world.objects.set_broken(true);
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected.len()), (0, 0));
        assert!(report.failed[0].error.contains("content store"), "{report:?}");
        world.objects.set_broken(false);
        assert_eq!(world.run().accepted.len(), 1);
        assert_eq!(world.queue(), ["new hello 1.0"]);
    });
}

#[test]
fn an_upload_that_cannot_be_read_is_set_aside_for_people() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&changes), deb]);
        let report = world.run_on(&CannotRead(world.incoming()), AT_ONCE);
        assert_eq!((report.accepted.len(), report.rejected.len()), (0, 0));
        assert_eq!(report.failed[0].moved_to.as_deref(), Some("failed/up"));
        assert_eq!(report.failed[0].error, "cannot read hello_1.0_amd64.deb: bad sector");
        let told: serde_json::Value = serde_json::from_slice(&world.bytes("failed/up/reasons.json")).unwrap();
        assert_eq!(told["error"], report.failed[0].error);
        assert_eq!(world.tree().len(), 3);
        assert_eq!(world.queue(), [""; 0]);
    });
}

#[test]
fn an_upload_for_which_the_machine_has_no_room_needs_nobody_and_is_filed_by_the_next_run() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        for file in [world.alice.signed(&changes), deb] {
            world.put(&format!("incoming/{}", file.name), &file.bytes);
        }
        let report = world.run_on(&NoRoom(world.incoming()), AT_ONCE);
        assert_eq!((report.accepted.len(), report.failed[0].moved_to.as_deref()), (0, None), "{report:?}");
        assert!(report.failed[0].error.contains("that file system is full: make room"), "{report:?}");
        assert_eq!(world.run().accepted.len(), 1);
        assert_eq!(world.queue(), ["new hello 1.0"]);
    });
}

#[test]
fn runs_that_share_an_incoming_take_each_upload_once() {
    let world = World::real();
    for number in 0..12 {
        let name = format!("tool{number}");
        let deb = deb(&name, "1.0");
        let changes = changes(&name, "1.0", &[&deb]);
        world.send(&format!("up{number}"), &[world.alice.signed(&changes), deb]);
    }
    let verifier = debpress::adapters::openpgp::SequoiaVerifier::default();
    let barrier = Barrier::new(3);
    let (path, objects) = (world.path(), &world.objects);
    let taken: usize = std::thread::scope(|scope| {
        let work = || {
            let records = SqliteRecords::open(&path.join("debpress.db")).unwrap();
            let incoming = FsIncoming::open(path).unwrap();
            barrier.wait();
            let report = super::world::run_with(&records, objects, &incoming, &verifier);
            assert_eq!((report.rejected, report.failed), (vec![], vec![]));
            report.accepted.len()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 12);
    let mut queue = world.queue();
    queue.sort();
    queue.dedup();
    assert_eq!(queue.len(), 12);
    assert_eq!(world.tree().iter().filter(|path| path.starts_with("accepted/")).count(), 24);
}

#[test]
fn what_another_run_takes_meanwhile_is_its_own() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        let signed = world.alice.signed(&text);
        for (path, keep) in [("up/", false), ("debian/", false), ("up/", true), ("debian/", true)] {
            for file in [&signed, &deb] {
                world.put(&format!("incoming/{path}{}", file.name), &file.bytes);
            }
            let settle_seconds = if keep { AT_ONCE } else { i64::MAX / 4 };
            let settings = UploadSettings { keep, ..settings(settle_seconds) };
            let report = world.run_by(&Overtaken(world.incoming(), world.incoming()), &settings);
            assert_eq!(report, UploadReport::default(), "{path} {keep}");
            assert_eq!(world.queue(), [""; 0]);
            // That run dies, and the next one has nothing to do with this story.
            for claim in world.incoming().inherit().unwrap().claims {
                world.incoming().finish(claim, End::Failed, None).unwrap();
            }
        }
    });
}

#[test]
fn of_two_builds_of_one_version_only_one_is_taken_whoever_is_faster() {
    let world = World::real();
    for text in ["built once", "built again"] {
        let deb = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/tool", text).build();
        let changes = changes("hello", "1.0", &[&deb]);
        world.send(text, &[world.alice.signed(&changes), deb]);
    }
    let verifier = debpress::adapters::openpgp::SequoiaVerifier::default();
    let (path, objects, barrier) = (world.path(), &world.objects, Barrier::new(2));
    let refused: Vec<&str> = std::thread::scope(|scope| {
        let work = || {
            let records = SqliteRecords::open(&path.join("debpress.db")).unwrap();
            let incoming = FsIncoming::open(path).unwrap();
            barrier.wait();
            let report = super::world::run_with(&records, objects, &incoming, &verifier);
            assert_eq!(report.failed, vec![]);
            report.rejected
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        let refused = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        refused.flat_map(|upload| upload.reasons).map(|reason| reason.code).collect()
    });
    assert_eq!(refused, ["archive.file-conflict"]);
    assert_eq!(world.queue(), ["new hello 1.0"]);
}

#[test]
fn several_changes_of_one_directory_are_judged_each_by_itself() {
    on_both(|world| {
        let (good, deb_1) = hello("1.0");
        let tool = deb("tool", "1.0");
        let bad = changes("tool", "1.0", &[&tool]);
        world.send("up", &[world.alice.signed(&good), deb_1, bad, tool]);
        let report = world.run();
        assert_eq!(report.accepted.len(), 1);
        let reasons: Vec<String> = report.rejected[0].reasons.iter().map(ToString::to_string).collect();
        assert!(reasons[0].starts_with("signature.missing tool_1.0_amd64.changes: "), "{reasons:?}");
        assert_eq!(world.queue(), ["new hello 1.0"]);
    });
}

#[test]
fn a_dead_run_that_cannot_be_taken_over_keeps_nobody_else() {
    let world = World::real();
    // A lock that cannot be opened, and a claim that is no directory.
    world.put("claimed/7-0.lock/inside", b"");
    world.put("claimed/8-0.lock", b"");
    world.put("claimed/8-0/1", b"");
    let (changes, deb) = hello("1.0");
    world.put("claimed/8-0/2/old/hello_1.0_amd64.changes", &world.alice.sign(&changes.bytes));
    world.put("claimed/8-0/2/old/hello_1.0_amd64.deb", &deb.bytes);
    let tool = super::world::deb("tool", "1.0");
    world.send("up", &[world.alice.signed(&super::world::changes("tool", "1.0", &[&tool])), tool]);
    let report = world.run();
    let accepted: Vec<&str> = report.accepted.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(accepted, ["old", "up"], "{report:?}");
    assert_eq!(report.failed.len(), 2, "{report:?}");
    assert_eq!((report.failed[0].name.as_str(), &report.failed[0].moved_to), ("claimed/7-0", &None));
    assert!(report.failed[0].error.contains("cannot open"), "{report:?}");
    assert!(report.failed[1].error.contains("cannot list"), "{report:?}");
}
