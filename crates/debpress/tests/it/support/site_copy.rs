//! Copies of a site, on which a command is disturbed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::strace::{CALLS, Call, calls};
use super::tool::{Ran, tool};

const PROGRAM: &str = env!("CARGO_BIN_EXE_debpress");

/// A site as it is before a command, and when that runs.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) root: PathBuf,
    pub(crate) now: i64,
}

impl Start {
    pub(crate) fn copy(&self) -> SiteCopy {
        let home = TempDir::with_prefix("copy").unwrap();
        Ran::of(tool("cp", Path::new("/")).arg("-a").arg(&self.root).arg(home.path())).ok();
        SiteCopy { home, now: self.now }
    }

    /// The calls that the command makes on a copy of the site.
    pub(crate) fn calls(&self, command: &[&str]) -> Vec<Call> {
        let copy = self.copy();
        let trace = copy.home.path().join("trace");
        let mut strace = copy.strace(&trace, CALLS);
        Ran::of(copy.on_site(strace.args(["-e", "signal=none", PROGRAM]), command)).ok();
        calls(&std::fs::read_to_string(trace).unwrap())
    }
}

/// A copy of a site.
pub(crate) struct SiteCopy {
    home: TempDir,
    now: i64,
}

impl SiteCopy {
    pub(crate) fn site(&self) -> PathBuf {
        self.home.path().join("site")
    }

    fn on_site<'a>(&self, program: &'a mut Command, command: &[&str]) -> &'a mut Command {
        program.env("DEBPRESS_NOW", self.now.to_string()).arg("--site").arg(self.site()).args(command)
    }

    fn strace(&self, to: &Path, calls: &str) -> Command {
        let mut strace = tool("strace", self.home.path());
        strace.args(["-f", "-qq", "-o"]).arg(to).args(["-e", &format!("trace={calls}")]);
        strace
    }

    pub(crate) fn run(&self, command: &[&str]) -> Ran {
        Ran::of(self.on_site(&mut tool(PROGRAM, self.home.path()), command))
    }

    /// Runs the command, with `disturbed` happening to the call of that name, as in `signal=KILL:when=3`.
    pub(crate) fn run_disturbed(&self, command: &[&str], (call, disturbed): (&str, String)) -> Ran {
        let mut strace = self.strace(Path::new("/dev/null"), call);
        let inject = format!("inject={call}:{disturbed}");
        Ran::of(self.on_site(strace.args(["-e", &inject, PROGRAM]), command))
    }

    /// What clients see: the names and sizes of all files of all suites, and the texts of their Releases.
    pub(crate) fn seen(&self) -> (String, Vec<Vec<u8>>) {
        let mut find = tool("find", &self.site());
        let find = find.args(["archives", "ppa", "-path", "*/dists/*", "-type", "f", "-printf", "%p %s\n"]);
        let files = Ran::of(find).said().stdout;
        let mut files: Vec<&str> = files.lines().collect();
        files.sort_unstable();
        let releases = files.iter().filter_map(|line| line.split(' ').next());
        let releases = releases.filter(|path| path.ends_with("/Release"));
        let releases = releases.map(|path| std::fs::read(self.site().join(path)).unwrap()).collect();
        (files.join("\n"), releases)
    }
}

/// Does the work of each, on both cores.
pub(crate) fn each<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
                    work(one);
                }
            });
        }
    });
}

/// Some of them, from the beginning to the end; all in the long form of the tests.
pub(crate) fn spread<T: Clone>(all: &[T], some: usize) -> Vec<T> {
    let step = if super::long() { 1 } else { (all.len() / some).max(1) };
    all.iter().skip(step / 2).step_by(step).cloned().collect()
}
