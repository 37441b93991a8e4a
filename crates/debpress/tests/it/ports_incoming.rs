//! The contract of `ports::incoming`, passed by the real directories and by their twin.

mod targets;

use std::io::Read;
use std::path::Path;
use std::sync::Barrier;

use debfmt::names::FileName;
use debpress::adapters::fs::incoming::FsIncoming;
use debpress::adapters::memory::incoming::MemorySite;
use debpress::ports::incoming::{Arrival, Claim, End, Entry, Incoming, IncomingError, Opened, Place};

/// A site that a test can look at and write into as senders do.
trait Site {
    fn put(&self, path: &str, bytes: &[u8]);
    fn put_link(&self, path: &str);
    /// Every file: path, sorted; claims without the run and number in their path.
    fn tree(&self) -> Vec<String>;
    fn bytes(&self, path: &str) -> Vec<u8>;
    fn run(&self) -> Box<dyn Incoming>;
}

struct RealSite(tempfile::TempDir);

impl RealSite {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("incoming")).unwrap();
        Self(directory)
    }
}

fn files_below(path: &Path, root: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), root, out);
        } else if !entry.file_name().to_string_lossy().ends_with(".lock") {
            out.push(entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

/// `claimed/4711-0/3/up/x` -> `claimed/up/x`
fn anonymous(path: String) -> String {
    match path.strip_prefix("claimed/") {
        Some(rest) => format!("claimed/{}", rest.splitn(3, '/').last().unwrap()),
        None => path,
    }
}

impl Site for RealSite {
    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn put_link(&self, path: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
    }

    fn tree(&self) -> Vec<String> {
        let mut out = Vec::new();
        files_below(self.0.path(), self.0.path(), &mut out);
        let mut out: Vec<String> = out.into_iter().map(anonymous).collect();
        out.sort();
        out
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(path)).unwrap()
    }

    fn run(&self) -> Box<dyn Incoming> {
        Box::new(FsIncoming::open(self.0.path()).unwrap())
    }
}

impl Site for MemorySite {
    fn put(&self, path: &str, bytes: &[u8]) {
        self.put(path, bytes);
    }

    fn put_link(&self, path: &str) {
        self.put_link(path);
    }

    fn tree(&self) -> Vec<String> {
        let mut tree: Vec<String> = self.tree().into_iter().map(anonymous).collect();
        tree.sort();
        tree
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        self.bytes(path).unwrap()
    }

    fn run(&self) -> Box<dyn Incoming> {
        Box::new(self.run())
    }
}

fn on_both(story: impl Fn(&dyn Site)) {
    story(&RealSite::new());
    story(&MemorySite::new());
}

fn file(name: &str) -> FileName {
    FileName::parse(name).unwrap()
}

/// What lies in incoming itself and in these target directories.
fn arrivals_in(run: &dyn Incoming, targets: &[&str]) -> Vec<Arrival> {
    let arrivals = run.arrivals(&|path| targets.contains(&path)).unwrap();
    assert!(arrivals.troubles.is_empty(), "{:?}", arrivals.troubles);
    arrivals.found
}

fn arrivals(run: &dyn Incoming) -> Vec<Arrival> {
    arrivals_in(run, &[])
}

fn arrival(path: &str, name: &str, loose: bool) -> Arrival {
    Arrival { path: path.into(), name: name.into(), loose }
}

fn only_claim(run: &dyn Incoming) -> Claim {
    let arrivals = arrivals(run);
    assert_eq!(arrivals.len(), 1);
    run.claim(&arrivals[0]).unwrap().unwrap()
}

fn content(opened: Opened) -> Vec<u8> {
    let Opened::File(mut opened) = opened else { panic!("no file") };
    let mut bytes = Vec::new();
    opened.reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(opened.size, bytes.len() as u64);
    bytes
}

#[test]
fn arrivals_are_directories_and_loose_changes_by_name() {
    on_both(|site| {
        for path in
            ["incoming/b/x.deb", "incoming/a.changes", "incoming/a.deb", "incoming/.tmp/y", "incoming/c/z"]
        {
            site.put(path, b"");
        }
        let arrivals = arrivals(site.run().as_ref());
        let expected =
            [("a.changes", true), ("b", false), ("c", false)].map(|(name, loose)| arrival("", name, loose));
        assert_eq!(arrivals, expected);
    });
}

#[test]
fn an_upload_is_claimed_once() {
    on_both(|site| {
        site.put("incoming/up/x.changes", b"text");
        let (one, two) = (site.run(), site.run());
        let seen = arrivals(one.as_ref());
        assert_eq!(seen, arrivals(two.as_ref()));
        let claim = one.claim(&seen[0]).unwrap().unwrap();
        assert_eq!(two.claim(&seen[0]).unwrap(), None);
        assert_eq!((claim.name.as_str(), claim.inherited), ("up", false));
        assert_eq!(site.tree(), ["claimed/up/x.changes"]);
        assert_eq!(one.finish(claim, End::Accepted, None).unwrap(), "accepted/up");
        assert_eq!(site.tree(), ["accepted/up/x.changes"]);
    });
}

#[test]
fn a_claim_keeps_its_identity_whoever_inherits_it() {
    on_both(|site| {
        for name in ["a", "b", "c"] {
            site.put(&format!("incoming/debian/{name}.changes"), b"text");
        }
        let run = site.run();
        let found = run.arrivals(&|path| path == "debian").unwrap().found;
        let claims: Vec<Claim> = found.iter().filter_map(|arrival| run.claim(arrival).unwrap()).collect();
        let mut ids: Vec<String> = claims.into_iter().map(|claim| claim.id).collect();
        ids.sort();
        ids.dedup();
        assert!(ids.len() == 3 && ids.iter().all(|id| !id.is_empty()), "{ids:?}");
        drop(run);
        for _ in 0..3 {
            let inherited = site.run().inherit().unwrap().claims;
            let mut found: Vec<String> = inherited.into_iter().map(|claim| claim.id).collect();
            found.sort();
            assert_eq!(found, ids);
        }
    });
}

#[test]
fn many_runs_share_an_incoming_and_each_upload_has_one_owner() {
    let site = RealSite::new();
    for number in 0..40 {
        site.put(&format!("incoming/up{number:02}/x.changes"), b"");
    }
    let barrier = Barrier::new(4);
    let claimed: Vec<Vec<String>> = std::thread::scope(|scope| {
        let work = || {
            let run = FsIncoming::open(site.0.path()).unwrap();
            let arrivals = arrivals(&run);
            barrier.wait();
            run.inherit().unwrap();
            let claims = arrivals.iter().filter_map(|arrival| run.claim(arrival).unwrap());
            claims.map(|claim| run.finish(claim, End::Accepted, None).unwrap()).collect()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all: Vec<String> = claimed.concat();
    all.sort();
    let expected: Vec<String> = (0..40).map(|number| format!("accepted/up{number:02}")).collect();
    assert_eq!(all, expected);
}

#[test]
fn a_dead_run_is_inherited_and_a_living_one_is_left_alone() {
    on_both(|site| {
        site.put("incoming/up/x.changes", b"text");
        site.put("incoming/loose.changes", b"text");
        let first = site.run();
        for arrival in arrivals(first.as_ref()) {
            assert!(first.claim(&arrival).unwrap().is_some());
        }
        let second = site.run();
        assert_eq!(second.inherit().unwrap().claims, []);
        drop(first);
        let mut claims = second.inherit().unwrap().claims;
        claims.sort_by_key(|claim| claim.loose);
        let told: Vec<_> = claims.iter().map(|c| (c.name.as_str(), c.inherited, c.loose)).collect();
        assert_eq!(told, [("up", true, false), ("loose", true, true)]);
        assert_eq!(
            content(second.open(Place::Claimed(&claims[1]), "", &file("loose.changes")).unwrap()),
            b"text"
        );
        for claim in claims {
            second.finish(claim, End::Failed, None).unwrap();
        }
        assert_eq!(site.tree(), ["failed/loose/loose.changes", "failed/up/x.changes"]);
        assert_eq!(second.inherit().unwrap().claims, []);
    });
}

#[test]
fn loose_files_follow_their_changes() {
    on_both(|site| {
        for name in ["x.changes", "x.deb", "other.deb", "dir.deb/inside"] {
            site.put(&format!("incoming/{name}"), name.as_bytes());
        }
        let run = site.run();
        let arrival = arrival("", "x.changes", true);
        let before = run.list(Place::Arrived(&arrival)).unwrap().unwrap().newest;
        let beside = run.open(Place::Arrived(&arrival), "", &file("x.deb")).unwrap();
        let Opened::File(found) = &beside else { panic!("no file") };
        assert!(found.changed >= before);
        assert_eq!(content(beside), b"x.deb");
        let claim = run.claim(&arrival).unwrap().unwrap();
        let names = ["x.deb", "missing.deb", "dir.deb", "x.changes"].map(file);
        run.gather(&claim, &names).unwrap();
        run.gather(&claim, &names).unwrap();
        run.finish(claim, End::Accepted, None).unwrap();
        assert_eq!(
            site.tree(),
            ["accepted/x/x.changes", "accepted/x/x.deb", "incoming/dir.deb/inside", "incoming/other.deb"]
        );
    });
}

#[test]
fn what_another_upload_needs_too_is_copied() {
    on_both(|site| {
        for name in ["x.changes", "both.deb", "y.deb", "dir.deb/inside"] {
            site.put(&format!("incoming/debian/{name}"), name.as_bytes());
        }
        site.put_link("incoming/debian/link.deb");
        let run = site.run();
        let claim = run.claim(&arrival("debian", "x.changes", true)).unwrap().unwrap();
        let names = ["both.deb", "missing.deb", "dir.deb", "link.deb", "x.changes"].map(file);
        run.gather_copies(&claim, &names).unwrap();
        run.gather(&claim, &[file("y.deb")]).unwrap();
        // What the claim has is not touched again, whatever its sender has put there meanwhile.
        site.put("incoming/debian/both.deb", b"changed");
        run.gather_copies(&claim, &names).unwrap();
        run.finish(claim, End::Accepted, None).unwrap();
        assert_eq!(site.bytes("accepted/x/both.deb"), b"both.deb");
        let stayed = ["both.deb", "dir.deb/inside", "link.deb"].map(|name| format!("incoming/debian/{name}"));
        let taken = ["both.deb", "x.changes", "y.deb"].map(|name| format!("accepted/x/{name}"));
        assert_eq!(site.tree(), [taken, stayed].concat());
    });
}

#[test]
fn files_are_listed_with_their_directory_and_links_are_not_followed() {
    on_both(|site| {
        site.put("incoming/up/x.changes", b"text");
        site.put("incoming/up/~ann/debian/y.deb", b"bytes");
        site.put("incoming/up/more/a.deb", b"bytes");
        site.put_link("incoming/up/z.deb");
        let run = site.run();
        let claim = only_claim(run.as_ref());
        let listing = run.list(Place::Claimed(&claim)).unwrap().unwrap();
        let entry = |directory: &str, name: &str, regular| Entry {
            directory: directory.into(),
            name: name.into(),
            regular,
        };
        let expected = [
            entry("", "x.changes", true),
            entry("", "z.deb", false),
            entry("more", "a.deb", true),
            entry("~ann/debian", "y.deb", true),
        ];
        assert_eq!(listing.entries, expected);
        let open = |directory: &str, name| run.open(Place::Claimed(&claim), directory, &file(name)).unwrap();
        assert_eq!(content(open("~ann/debian", "y.deb")), b"bytes");
        assert!(matches!(open("", "z.deb"), Opened::Other));
        assert!(matches!(open("", "w.deb"), Opened::Missing));
        assert!(matches!(open("nowhere", "y.deb"), Opened::Missing));
        assert!(matches!(open("..", "y.deb"), Opened::Missing));
        run.finish(claim, End::Accepted, None).unwrap();
    });
}

#[test]
fn an_end_never_overwrites_and_the_report_is_ours() {
    on_both(|site| {
        let run = site.run();
        for text in ["one", "two", "three"] {
            site.put("incoming/up/reasons.json", text.as_bytes());
            let claim = only_claim(run.as_ref());
            run.finish(claim, End::Rejected, Some(b"[]")).unwrap();
        }
        assert_eq!(
            site.tree(),
            [
                "rejected/up.1/reasons.json",
                "rejected/up.1/reasons.json.uploaded",
                "rejected/up.2/reasons.json",
                "rejected/up.2/reasons.json.uploaded",
                "rejected/up/reasons.json",
                "rejected/up/reasons.json.uploaded",
            ]
        );
        assert_eq!(site.bytes("rejected/up.2/reasons.json"), b"[]");
        assert_eq!(site.bytes("rejected/up.2/reasons.json.uploaded"), b"three");
    });
}

#[test]
fn what_is_gone_is_no_upload() {
    on_both(|site| {
        let run = site.run();
        let gone = [("up", false), ("x.changes", true)].map(|(name, loose)| arrival("", name, loose));
        for arrival in &gone {
            assert_eq!(run.list(Place::Arrived(arrival)).unwrap(), None);
            assert_eq!(run.claim(arrival).unwrap(), None);
        }
        assert_eq!(site.tree(), [""; 0]);
    });
}

#[test]
fn a_run_leaves_nothing_of_its_own_behind() {
    let site = RealSite::new();
    site.put("incoming/up/x.changes", b"");
    let run = site.run();
    let claim = only_claim(run.as_ref());
    run.finish(claim, End::Accepted, None).unwrap();
    site.put("incoming/debian/noble/x.changes", b"");
    for arrival in arrivals_in(run.as_ref(), &["debian", "debian/noble"]) {
        let claim = run.claim(&arrival).unwrap().unwrap();
        run.finish(claim, End::Accepted, None).unwrap();
        assert_eq!(run.claim(&arrival).unwrap(), None);
    }
    drop(run);
    assert_eq!(std::fs::read_dir(site.0.path().join("claimed")).unwrap().count(), 0);
}

#[test]
fn strange_things_in_incoming_do_no_harm() {
    let site = RealSite::new();
    let incoming = site.0.path().join("incoming");
    site.put_link("incoming/evil.changes");
    std::os::unix::fs::symlink("/etc", incoming.join("link-to-directory")).unwrap();
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"od\xffd\n");
    std::fs::create_dir(incoming.join(odd)).unwrap();
    std::fs::write(incoming.join(odd).join("x.deb"), b"").unwrap();
    let fifo = incoming.join(odd).join("fifo.deb");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();

    let run = site.run();
    let mut ends = Vec::new();
    for arrival in arrivals(run.as_ref()) {
        let claim = run.claim(&arrival).unwrap().unwrap();
        let place = Place::Claimed(&claim);
        assert!(run.list(place).unwrap().is_some());
        assert!(!matches!(run.open(place, "", &file("evil.changes")).unwrap(), Opened::File(_)));
        assert!(!matches!(run.open(place, "", &file("fifo.deb")).unwrap(), Opened::File(_)));
        ends.push(run.finish(claim, End::Rejected, Some(b"{}")).unwrap());
    }
    assert_eq!(ends, ["rejected/evil", "rejected/od\u{fffd}d\u{fffd}"]);
    assert!(incoming.join("link-to-directory").is_symlink());
}

#[test]
fn a_site_without_incoming_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let error = FsIncoming::open(directory.path()).unwrap_err();
    assert!(matches!(&error, IncomingError::NoDirectory { .. }));
    let text = error.to_string();
    assert!(text.contains("incoming is missing: create it"), "{text}");
}
