//! A run that dies at any moment: the next one brings every upload to the same end, once, where its path said.

use std::sync::atomic::{AtomicUsize, Ordering};

use debfmt::builder::{ChangesBuilder, SourceBuilder};
use debfmt::names::FileName;
use debpress::ports::incoming::{
    Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Listing, Opened, Place,
};

use super::on_both;
use super::world::{AT_ONCE, World, hello};

/// Directories of a machine that stops before the operation of this number.
struct Stops {
    inner: Box<dyn Incoming>,
    left: AtomicUsize,
}

impl Stops {
    fn step(&self) -> Result<&dyn Incoming, IncomingError> {
        let take = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
            Ok(_) => Ok(self.inner.as_ref()),
            Err(_) => {
                let source = std::io::Error::other("the machine stopped");
                Err(IncomingError::Io { operation: "do anything with", path: "incoming".into(), source })
            }
        }
    }

    fn has_stopped(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Incoming for Stops {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        self.step()?.inherit()
    }

    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError> {
        self.step()?.arrivals(is_target)
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        self.step()?.claim(arrival)
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        self.step()?.gather(claim, names)
    }

    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        self.step()?.gather_copies(claim, names)
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        self.step()?.list(place)
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        self.step()?.open(place, directory, name)
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        self.step()?.finish(claim, end, report)
    }
}

/// Two loose revisions that share a tarball, a directory beside them, and one with its path inside.
fn send(world: &World) {
    world.add_archive("~ann/debian/tools");
    for revision in ["1.0-1", "1.0-2"] {
        let mut built = SourceBuilder::new("world", revision).binary("world", "any").build();
        built.dsc = world.alice.signed(&built.dsc);
        let text = ChangesBuilder::new("world", revision, "noble").source_files(&built).build();
        for file in [vec![world.alice.signed(&text), built.dsc], built.files].concat() {
            world.put(&format!("incoming/debian/noble-proposed/{}", file.name), &file.bytes);
        }
    }
    for (path, version) in [("debian/up", "1.0"), ("session/~ann/debian/tools", "1.1")] {
        let (text, deb) = hello(version);
        for file in [world.alice.signed(&text), deb] {
            world.put(&format!("incoming/{path}/{}", file.name), &file.bytes);
        }
    }
}

fn outcome(world: &World) -> (Vec<String>, Vec<String>) {
    let mut queue = world.queue_of_suites();
    queue.sort();
    (queue, world.tree())
}

/// How many operations a run has, and what it leads to.
fn whole(world: &World) -> usize {
    send(world);
    let incoming = Stops { inner: world.incoming(), left: AtomicUsize::new(usize::MAX) };
    let report = world.run_on(&incoming, AT_ONCE);
    assert_eq!((report.accepted.len(), report.rejected, report.failed), (4, vec![], vec![]));
    usize::MAX - incoming.left.load(Ordering::SeqCst)
}

#[test]
fn after_a_crash_at_any_operation_every_upload_is_filed_once_where_it_was_meant() {
    for new_world in [World::real, World::memory] {
        let undisturbed = new_world();
        let operations = whole(&undisturbed);
        let expected = outcome(&undisturbed);
        assert!(operations > 40 && expected.0.len() == 4, "{operations}: {expected:?}");
        for number in 0..operations {
            let world = new_world();
            send(&world);
            let incoming = Stops { inner: world.incoming(), left: AtomicUsize::new(number) };
            // A run that cannot even begin says so.
            drop(world.try_run_on(&incoming));
            assert!(incoming.has_stopped());
            drop(incoming);
            let report = world.run();
            assert_eq!((report.rejected, report.failed), (vec![], vec![]), "stopped before {number}");
            assert_eq!(outcome(&world), expected, "stopped before {number}");
        }
    }
}

#[test]
fn a_crash_of_the_run_that_mends_a_crash_is_mended_too() {
    on_both(|world| {
        send(world);
        for operations in 1..60 {
            let incoming = Stops { inner: world.incoming(), left: AtomicUsize::new(operations) };
            drop(world.try_run_on(&incoming));
        }
        let report = world.run();
        assert_eq!((report.rejected, report.failed), (vec![], vec![]));
        let undisturbed = World::memory();
        whole(&undisturbed);
        assert_eq!(outcome(world), outcome(&undisturbed));
    });
}
