//! Every combination of commands that take the publisher lock, started together on one site: exactly one proceeds.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use debfmt::builder::DebBuilder;

use crate::architecture::source::production;
use crate::support::apt::Apt;
use crate::support::barrier::Barrier;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// Every command that takes the lock.
const LOCKING: [&[&str]; 10] = [
    &["process-accepted"],
    &["publish-distro"],
    &["publish-distro", "--distsroot", "aside"],
    &["publish-ftpmaster"],
    &["process-death-row"],
    &["repack"],
    &["series", "set-status", "stable", "development"],
    &["check"],
    &DELETE,
    &APPLY,
];
/// An archive that comes and goes.
const PERSONAL: &str = "~ann/debian/tools";
const DELETE: [&str; 6] = ["archive", "delete", PERSONAL, "--reason", "it moves", "--yes"];
/// As JSON, since it tells people what it would change before it locks.
const APPLY: [&str; 3] = ["apply", "--yes", "--json"];
/// Takes the lock of a site that nobody else knows yet.
const ALONE: &str = "demo";
/// The scripts of the publisher, which cron starts.
const SCRIPTS: [&[&str]; 3] = [&["process-accepted"], &["publish-distro"], &["publish-ftpmaster"]];

struct Story {
    site: TestSite,
    barrier: Barrier,
    version: u32,
    /// Whether there is an archive to delete.
    has_personal: bool,
}

impl Story {
    fn new() -> Self {
        Self { site: TestSite::new(&["amd64"]), barrier: Barrier::new(), version: 0, has_personal: false }
    }

    /// Something to do for whoever gets the lock.
    fn add(&mut self) {
        self.version += 1;
        let package = DebBuilder::new("hello", &self.version.to_string(), "all");
        self.site.add("stable", &[package.build()]);
    }

    /// And for those who look before they lock.
    fn prepare(&mut self, commands: &[&[&str]]) {
        self.add();
        if commands.contains(&&DELETE[..]) && !std::mem::replace(&mut self.has_personal, true) {
            self.site.run(&["archive", "create", PERSONAL]).ok();
        }
        if commands.contains(&&APPLY[..]) {
            let path = self.site.root().join("debpress.toml");
            let settings = std::fs::read_to_string(&path).unwrap();
            let settings = settings.split("[archive.debian]").next().unwrap();
            let declared = format!("[archive.debian]\nsize_limit = \"{}GiB\"\n", self.version);
            std::fs::write(&path, format!("{settings}{declared}")).unwrap();
        }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.site.program_for_signals();
        command.arg("--site").arg(self.site.root()).args(arguments);
        self.barrier.stops(&mut command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Starts them together and lets them try together. The one that has the lock keeps it until the others have ended.
    fn meet(&mut self, commands: &[&[&str]]) {
        self.prepare(commands);
        let children: Vec<Child> = commands.iter().map(|arguments| self.start(arguments)).collect();
        let ready: Vec<_> = children.iter().map(|_| self.barrier.next()).collect();
        assert!(ready.iter().all(|it| it.point == "before the lock"));
        drop(ready);
        let holder = self.barrier.next();
        assert_eq!(holder.point, "with the lock");
        let deletes =
            children.iter().zip(commands).any(|(child, it)| child.id() == holder.pid && *it == DELETE);
        let (mut first, others): (Vec<Child>, Vec<Child>) =
            children.into_iter().partition(|child| child.id() == holder.pid);
        for other in others {
            let Output { status, stdout, stderr } = other.wait_with_output().unwrap();
            let said = String::from_utf8(stderr).unwrap();
            assert_eq!((status.code(), &*stdout), (Some(75), &b""[..]), "{commands:?}: {said}");
            let name = format!("(process {} of ", holder.pid);
            assert!(said.starts_with("error: another publisher is at work: "), "{said}");
            assert!(said.contains(&name), "{commands:?}: {said} does not name process {}", holder.pid);
        }
        assert!(self.barrier.is_empty(), "{commands:?}: a second one has the lock");
        drop(holder);
        let output = first.pop().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{commands:?}: {output:?}");
        self.has_personal &= !deletes;
    }

    /// The archive is right, and has what was added last.
    fn end(&self) {
        self.site.run(&["publish-distro"]).ok();
        self.site.run(&["check", "--full"]).ok();
        let apt = Apt::new("amd64");
        let uri = format!("file:{}", self.site.archive().display());
        apt.source(&uri, "stable", &format!("Signed-By: {}", self.site.public_key().display()));
        apt.update();
        let planned = apt.get(&["install", "--simulate", "hello"]);
        assert!(planned.contains(&format!("Inst hello ({} ", self.version)), "{planned}");
    }
}

#[test]
fn no_command_that_locks_is_missing_here() {
    let mut named = BTreeSet::new();
    for source in production(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        // An argument that is no literal is not tried either.
        named.extend(source.arguments_of(".lock").into_iter().filter(|argument| !argument.is_empty()));
        let locks = !source.after("PublisherLock::").is_empty();
        assert!(!locks || ["lock", "context"].contains(&source.part()), "{} locks by itself", source.path);
    }
    let name = |command: &&[&str]| {
        let mut names = (1..=command.len()).map(|words| format!("{:?}", command[..words].join(" ")));
        names.find(|name| named.contains(name)).unwrap_or_else(|| panic!("{command:?} takes no lock"))
    };
    let tried: BTreeSet<String> = LOCKING.iter().map(name).chain([format!("{ALONE:?}")]).collect();
    assert_eq!(named, tried, "the commands that lock, and those that are tried here");
}

#[test]
fn of_any_two_exactly_one_proceeds() {
    let mut story = Story::new();
    for (at, one) in LOCKING.iter().enumerate() {
        for other in &LOCKING[at..] {
            story.meet(&[one, other]);
        }
    }
    story.end();
}

#[test]
fn of_any_three_scripts_exactly_one_proceeds() {
    let mut story = Story::new();
    for (at, one) in SCRIPTS.iter().enumerate() {
        for (then, two) in SCRIPTS.iter().enumerate().skip(at) {
            for three in &SCRIPTS[then..] {
                story.meet(&[one, two, three]);
            }
        }
    }
    story.end();
}

#[test]
fn a_crowd_has_one_winner_after_the_other() {
    let mut story = Story::new();
    story.add();
    let waiting = &["publish-ftpmaster", "--wait"][..];
    let children: Vec<Child> = (0..8).map(|_| story.start(waiting)).collect();
    let ready: Vec<_> = children.iter().map(|_| story.barrier.next()).collect();
    drop(ready);
    for _ in &children {
        let holder = story.barrier.next();
        assert_eq!(holder.point, "with the lock");
        assert!(story.barrier.is_empty(), "nobody else has it");
        drop(holder);
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    story.end();
}

#[test]
fn sites_are_published_side_by_side() {
    let (mut one, mut two) = (Story::new(), Story::new());
    one.add();
    two.add();
    let (first, second) = (one.start(&["publish-distro"]), two.start(&["publish-distro"]));
    drop((one.barrier.next(), two.barrier.next()));
    let both = (one.barrier.next(), two.barrier.next());
    assert_eq!((&*both.0.point, &*both.1.point), ("with the lock", "with the lock"));
    drop(both);
    for child in [first, second] {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    one.end();
    two.end();
}

#[test]
fn a_lock_file_that_is_taken_away_lets_nobody_in() {
    let mut story = Story::new();
    let path = story.site.root().join("publisher.lock");
    for meddle in ["remove", "replace", "empty"] {
        story.add();
        let first = story.start(&["publish-distro"]);
        drop(story.barrier.next());
        let holder = story.barrier.next();
        match meddle {
            "remove" => std::fs::remove_file(&path).unwrap(),
            "replace" => {
                let new = path.with_extension("new");
                std::fs::write(&new, "").unwrap();
                std::fs::rename(&new, &path).unwrap();
            }
            _ => std::fs::write(&path, "").unwrap(),
        }
        let said = story.site.run(&["publish-distro"]).ends(75);
        // The kernel knows whose it is, whatever the file says.
        let named = format!("publish-distro (process {} of ", holder.pid);
        assert!(
            said.stderr.starts_with("error: another publisher is at work: "),
            "{meddle}: {}",
            said.stderr
        );
        assert!(said.stderr.contains(&named), "{meddle}: {}", said.stderr);
        let said = story.site.run(&["lock", "status"]).ok();
        assert!(said.stdout.starts_with("held by ") && said.stdout.contains(&named), "{}", said.stdout);
        drop(holder);
        assert!(first.wait_with_output().unwrap().status.success());
        assert_eq!(story.site.run(&["lock", "status"]).ok().stdout, "free\n");
    }
    story.end();
}

#[test]
fn who_waits_is_ended_by_a_signal_and_has_done_nothing() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let mut story = Story::new();
        story.add();
        let first = story.start(&["publish-distro"]);
        drop(story.barrier.next());
        let holder = story.barrier.next();
        for wait in ["--wait", "--wait=30s"] {
            let mut waiting = story.start(&["publish-distro", wait]);
            drop(story.barrier.next());
            assert!(waiting.try_wait().unwrap().is_none(), "it waits");
            let mut kill = tool("kill", Path::new("/"));
            Ran::of(kill.args(["-s", name, &waiting.id().to_string()])).ok();
            assert_eq!(waiting.wait().unwrap().signal(), Some(number), "{wait}");
        }
        let said = story.site.run(&["lock", "status"]).ok();
        assert!(said.stdout.contains(&format!("(process {} of ", holder.pid)), "{}", said.stdout);
        drop(holder);
        assert!(first.wait_with_output().unwrap().status.success());
        let runs = story.site.run(&["--json", "runs"]).ok().stdout;
        let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
        assert_eq!(runs.as_array().map(Vec::len), Some(1), "only the first has run: {runs}");
        story.end();
    }
}
