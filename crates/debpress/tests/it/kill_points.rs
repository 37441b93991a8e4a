//! The real program, killed with SIGKILL at its system calls that change files, one after the other.
//!
//! Each point starts from a copy of the same site. After the kill clients see the old suite or the new one; then the next
//! run finishes, and everything is right.

use std::path::{Path, PathBuf};

use debfmt::builder::{ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::ports::signer::Signer;
use tempfile::TempDir;

use crate::cli::people::{THEN, uploader};
use crate::support::long;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// What changes files, directories and the records.
const CALLS: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,fsync,fdatasync,syncfs,ftruncate,\
                     pwrite64,mkdir,mkdirat,symlink,symlinkat";

const PROGRAM: &str = env!("CARGO_BIN_EXE_debpress");

struct Story {
    /// The site as it is before the command.
    site: TestSite,
    /// The time at which the command runs.
    now: i64,
}

impl Story {
    /// A site with everything that a publication can do: packages that enter, give way, move and go, patches and lists.
    fn new() -> Self {
        let site = TestSite::with_components("main,contrib");
        for option in ["pdiffs=3", "contents=both", "long_descriptions=no"] {
            site.run(&["series", "set", "stable", "--option", option]).ok();
        }
        let package = |name: &str, version: &str| DebBuilder::new(name, version, "amd64").build();
        site.add("stable", &[package("hello", "1"), package("moves", "1"), package("goes", "1")]);
        site.add_source("stable", &SourceBuilder::new("hello", "1").build());
        site.publish();
        site.advance(3600);
        site.add("stable", &[package("hello", "2"), package("enters", "1")]);
        site.add_source("stable", &SourceBuilder::new("hello", "2").build());
        site.run(&["override", "moves", "--suite", "stable", "--component", "contrib"]).ok();
        site.run(&["remove", "goes", "--suite", "stable", "--reason", "a story"]).ok();
        site.advance(3600);
        let now = site.now();
        Self { site, now }
    }

    /// The same after the publication, when death row has work to do.
    fn published(self) -> Self {
        self.site.run(&["publish-distro", "--allow", "removal"]).ok();
        let now = self.now + 2 * 86_400;
        Self { now, ..self }
    }

    fn copy(&self) -> Copy {
        let home = TempDir::with_prefix("copy").unwrap();
        let from = self.site.root();
        Ran::of(tool("cp", Path::new("/")).arg("-a").arg(from).arg(home.path())).ok();
        Copy { home, now: self.now }
    }

    /// A site with a package of which somebody has uploaded a newer version.
    fn uploaded() -> Self {
        let site = TestSite::with_components("main,contrib");
        site.add("stable", &[DebBuilder::new("hello", "1", "amd64").build()]);
        site.publish();
        let key = uploader(&site, "ann");
        site.run(&["permission", "grant", "ann"]).ok();
        let package = DebBuilder::new("hello", "2", "amd64").build();
        let changes = ChangesBuilder::new("hello", "2", "stable").file(&package).build();
        let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
        let directory = site.root().join("incoming/hello");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join(&package.name), &package.bytes).unwrap();
        std::fs::write(directory.join(&changes.name), signer.clear_sign(&changes.bytes, THEN).unwrap())
            .unwrap();
        site.advance(3600);
        let now = site.now();
        Self { site, now }
    }

    /// Kills the command at its calls of these numbers, each on a copy that `end` looks at when all is done; returns at
    /// how many.
    fn killed(&self, command: &[&str], numbers: impl Iterator<Item = usize>, end: impl Fn(&Copy)) -> usize {
        let old = self.copy().seen();
        let whole = self.copy();
        whole.run(command).ok();
        let new = whole.seen();
        let mut points = 0;
        for number in numbers {
            let copy = self.copy();
            match copy.run_until(command, (CALLS, "KILL", number)).status() {
                Some(0) => return points,
                // strace ends as its program has: by a signal.
                status => assert_eq!(status, None, "{command:?} at call {number}"),
            }
            let seen = copy.seen();
            assert!(seen == old || seen == new, "{command:?} at call {number}: neither old nor new");
            copy.run(command).ok();
            assert!(copy.seen() == new, "{command:?} after a kill at call {number}: not finished");
            end(&copy);
            copy.run(&["check", "--full"]).ok();
            points += 1;
        }
        points
    }
}

/// A copy of the site, on which one command is killed.
struct Copy {
    home: TempDir,
    now: i64,
}

impl Copy {
    fn site(&self) -> PathBuf {
        self.home.path().join("site")
    }

    fn run(&self, command: &[&str]) -> Ran {
        let mut program = tool(PROGRAM, self.home.path());
        program.env("DEBPRESS_NOW", self.now.to_string());
        Ran::of(program.arg("--site").arg(self.site()).args(command))
    }

    /// Sends a signal at the call of that number.
    fn run_until(&self, command: &[&str], (calls, signal, number): (&str, &str, usize)) -> Ran {
        let mut strace = tool("strace", self.home.path());
        strace.env("DEBPRESS_NOW", self.now.to_string()).args(["-f", "-qq", "-o", "/dev/null"]);
        strace.args(["-e", &format!("trace={calls}")]);
        strace.args(["-e", &format!("inject={calls}:signal={signal}:when={number}")]);
        Ran::of(strace.arg(PROGRAM).arg("--site").arg(self.site()).args(command))
    }

    /// What clients see: the names and sizes of all files of the suite, and the text of its Release.
    fn seen(&self) -> (String, Vec<u8>) {
        let dists = self.site().join("archives/debian/dists/stable");
        let mut find = tool("find", self.home.path());
        let files = Ran::of(find.arg(&dists).args(["-type", "f", "-printf", "%P %s\n"])).ok().stdout;
        let mut files: Vec<&str> = files.lines().collect();
        files.sort_unstable();
        (files.join("\n"), std::fs::read(dists.join("Release")).unwrap_or_default())
    }
}

/// Whether this machine lets a program be killed at a call; says so where it does not.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn can_kill() -> bool {
    let mut strace = tool("strace", Path::new("/"));
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=openat:signal=KILL:when=1", "true"]);
    let can = Ran::of(&mut strace).status().is_none();
    if !can {
        eprintln!("left out: strace may kill no program here");
    }
    can
}

/// Every call in the long form of the tests, some of them else.
fn numbers(step: usize) -> impl Iterator<Item = usize> {
    (1..).step_by(if long() { 1 } else { step })
}

#[test]
fn a_publication_that_is_killed_at_any_call_is_finished_by_the_next_one() {
    if can_kill() {
        let points = Story::new().killed(&["publish-distro", "--allow", "removal"], numbers(5), |_| {});
        assert!(points > 12, "killed at {points} points only");
    }
}

#[test]
fn death_row_that_is_killed_at_any_call_is_finished_by_the_next_one() {
    if can_kill() {
        let points = Story::new().published().killed(&["process-death-row"], numbers(3), |_| {});
        assert!(points > 4, "killed at {points} points only");
    }
}

#[test]
fn an_import_that_is_killed_at_any_call_is_done_by_the_same_command() {
    if can_kill() {
        let story = Story::new();
        let package = DebBuilder::new("imported", "1", "amd64").build();
        let path = story.site.write([&package]).remove(0);
        let points = story.killed(&["add", "--suite", "stable", path.to_str().unwrap()], numbers(4), |_| {});
        assert!(points > 4, "killed at {points} points only");
    }
}

#[test]
fn an_upload_that_is_taken_by_runs_that_are_killed_is_filed_once_and_published() {
    if can_kill() {
        let points = Story::uploaded().killed(&["process-upload"], numbers(3), |copy| {
            let queue = copy.run(&["queue", "list"]).ok().stdout;
            assert_eq!(queue.matches("hello").count(), 1, "{queue}");
            copy.run(&["publish-ftpmaster"]).ok();
            let listed = copy.run(&["ls", "hello"]).ok().stdout;
            assert!(listed.contains(" 2 "), "{listed}");
        });
        assert!(points > 4, "killed at {points} points only");
    }
}

#[test]
fn the_accepted_queue_and_its_publication_are_finished_by_the_next_run() {
    if can_kill() {
        let story = Story::uploaded();
        story.site.run(&["process-upload"]).ok();
        let points = story.killed(&["publish-ftpmaster"], numbers(7), |copy| {
            let listed = copy.run(&["ls", "hello"]).ok().stdout;
            assert!(listed.contains(" 2 "), "{listed}");
        });
        assert!(points > 6, "killed at {points} points only");
    }
}

#[test]
fn what_takes_no_step_at_which_it_could_stop_ends_at_once() {
    if can_kill() {
        let copy = Story::new().copy();
        // It has the lock by then, and reads the archive.
        let ended = copy.run_until(&["check"], ("getdents64", "TERM", 6));
        assert_eq!(ended.status(), None, "{ended}");
        assert_eq!(copy.run(&["lock", "status"]).ok().stdout, "free\n");
        copy.run(&["check", "--full"]).ok();
    }
}
