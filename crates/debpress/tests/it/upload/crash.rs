//! A run that dies at any moment: the next one brings every upload to the same end, once, where its path said.

use std::sync::atomic::{AtomicUsize, Ordering};

use debfmt::builder::{ChangesBuilder, SourceBuilder};
use debfmt::names::FileName;
use debpress::model::permission::{Permission, Power, Scope};
use debpress::ports::db::NoticeFilter;
use debpress::ports::incoming::{
    Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Listing, Opened, Place,
};

use super::on_both;
use super::world::{AT_ONCE, TODAY, World, changes, deb, hello};

/// Directories of a machine that stops before the operation of this number.
struct Stops {
    inner: Box<dyn Incoming>,
    left: AtomicUsize,
    /// Nothing comes to its end.
    stuck: bool,
}

impl Stops {
    /// A machine that stops before the operation of this number.
    fn before(world: &World, number: usize) -> Self {
        Self { inner: world.incoming(), left: AtomicUsize::new(number), stuck: false }
    }

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
        if self.stuck {
            let source = std::io::Error::other("the disk is full");
            return Err(IncomingError::Io { operation: "move", path: claim.name, source });
        }
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

/// Every notice that was recorded: who is told what.
fn told(world: &World) -> Vec<String> {
    let notices = world.records.notices(&NoticeFilter::default()).unwrap();
    let mut lines: Vec<String> =
        notices.iter().map(|notice| format!("{}: {}", notice.recipient, notice.message.subject)).collect();
    lines.sort();
    lines
}

fn outcome(world: &World) -> (Vec<String>, Vec<String>) {
    let mut queue = world.queue_of_suites();
    queue.sort();
    (queue, world.tree())
}

/// How many operations a run has, and what it leads to.
fn whole(world: &World) -> usize {
    send(world);
    let incoming = Stops::before(world, usize::MAX);
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
            let incoming = Stops::before(&world, number);
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
            let incoming = Stops::before(world, operations);
            drop(world.try_run_on(&incoming));
        }
        let report = world.run();
        assert_eq!((report.rejected, report.failed), (vec![], vec![]));
        let undisturbed = World::memory();
        whole(&undisturbed);
        assert_eq!(outcome(world), outcome(&undisturbed));
    });
}

/// What cannot be believed and what can, each in a directory: one refused that alice is told of, one refused that nobody is
/// told of, and one that is good. Then a directory with one of which she is told and one that is good, and a refused one that
/// lies loose.
fn send_refused(world: &World) {
    let lonely = changes("lonely", "1.0", &[&deb("lonely", "1.0")]);
    world.send("lonely", &[world.alice.signed(&lonely)]);
    world.send("unsigned", &[changes("nobody", "1.0", &[])]);
    let (text, deb) = hello("1.0");
    world.send("good", &[world.alice.signed(&text), deb]);
    let half = self::deb("half", "1.0");
    let files = [changes("half", "1.0", &[&half]), changes("other", "1.0", &[&self::deb("other", "1.0")])];
    world.send("both", &[world.alice.signed(&files[0]), world.alice.signed(&files[1]), half]);
    let loose = world.alice.signed(&changes("loose", "1.0", &[&self::deb("loose", "1.0")]));
    world.put(&format!("incoming/{}", loose.name), &loose.bytes);
}

#[test]
fn after_a_crash_at_any_operation_whoever_signed_has_heard_of_a_refusal_once() {
    for new_world in [World::real, World::memory] {
        let undisturbed = new_world();
        send_refused(&undisturbed);
        let incoming = Stops::before(&undisturbed, usize::MAX);
        assert_eq!(undisturbed.run_on(&incoming, AT_ONCE).rejected.len(), 4);
        let operations = usize::MAX - incoming.left.load(Ordering::SeqCst);
        let expected = (outcome(&undisturbed), told(&undisturbed));
        assert!(operations > 40 && expected.1.len() == 5, "{operations}: {expected:?}");
        for number in 0..operations {
            let world = new_world();
            send_refused(&world);
            let incoming = Stops::before(&world, number);
            drop(world.try_run_on(&incoming));
            drop(incoming);
            assert_eq!(world.run().failed, [], "stopped before {number}");
            assert_eq!((outcome(&world), told(&world)), expected, "stopped before {number}");
        }
    }
}

#[test]
fn what_was_refused_stays_refused_although_it_would_be_good_by_now() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        world.send("up", &[world.bob.signed(&text), deb]);
        let stuck = Stops { stuck: true, ..Stops::before(world, usize::MAX) };
        let report = world.run_on(&stuck, AT_ONCE);
        drop(stuck);
        assert_eq!((report.rejected.len(), report.failed.len()), (0, 1), "{report:?}");
        assert_eq!(told(world), ["bob@example.org: [debian/noble] hello 1.0 (Rejected)"]);
        let permission = Permission { person: "bob".into(), power: Power::Upload, scope: Scope::default() };
        world.records.grant(&permission, "root", TODAY).unwrap();
        let report = world.run();
        let codes: Vec<_> = report.rejected[0].reasons.iter().map(|reason| reason.code).collect();
        assert_eq!((codes, report.accepted.len()), (vec!["permission.package"], 0));
        let reasons = String::from_utf8(world.bytes("rejected/up/reasons.json")).unwrap();
        assert!(reasons.contains("permission.package"), "{reasons}");
        assert_eq!(told(world).len(), 1, "he has heard of it");
    });
}
