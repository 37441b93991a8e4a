//! System calls of real programs: which ones a command makes, and what happens when one of them kills it or fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::tool::{Ran, tool};

/// What changes files, directories and the records, and what opens them.
pub(crate) const CALLS: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,fsync,fdatasync,syncfs,ftruncate,\
                                fallocate,write,pwrite64,copy_file_range,mkdir,mkdirat,symlink,symlinkat,chmod,fchmod,\
                                fchmodat,utimensat,open,openat,creat";

/// One call of a thread: the how manieth of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) number: usize,
    /// What it was given, for messages.
    pub(crate) given: String,
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.number)
    }
}

impl Call {
    /// What strace is told to let it kill its program.
    pub(crate) fn kills(&self) -> (&str, String) {
        (&self.name, format!("signal=KILL:when={}", self.number))
    }

    /// What strace is told to let it fail; also all that follow of its name?
    pub(crate) fn fails(&self, error: &str, and_all_that_follow: bool) -> (&str, String) {
        let more = if and_all_that_follow { "+" } else { "" };
        (&self.name, format!("error={error}:when={}{more}", self.number))
    }
}

/// The calls in what strace wrote, in their order. What several threads do is there once, for strace counts each alone.
/// Where in one of them the loader is at work or the program speaks, nothing is disturbed.
pub(crate) fn calls(trace: &str) -> Vec<Call> {
    let mut counts = BTreeMap::new();
    let (mut left_out, mut seen, mut calls) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, given)) = rest.trim_start().split_once('(') else { continue };
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            continue;
        }
        let number = counts.entry((thread.to_owned(), name.to_owned())).or_insert(0);
        *number += 1;
        let of_system = ["\"/etc/ld.so", "\"/lib", "\"/usr/lib", "\"/proc/", "\"/dev/", "\"/sys/"];
        let speaks = name == "write" && (given.starts_with("1,") || given.starts_with("2,"));
        let key = (name.to_owned(), *number);
        if speaks || of_system.iter().any(|it| given.contains(it)) {
            left_out.insert(key);
        } else if seen.insert(key) {
            calls.push(Call { name: name.to_owned(), number: *number, given: given.to_owned() });
        }
    }
    calls.retain(|call| !left_out.contains(&(call.name.clone(), call.number)));
    calls
}

/// Whether this machine lets a program be killed at a call; says so where it does not.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn can_inject() -> bool {
    let mut strace = tool("strace", Path::new("/"));
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=openat:signal=KILL:when=1", "true"]);
    let can = Ran::of(&mut strace).status().is_none();
    if !can {
        eprintln!("left out: strace may change no program here");
    }
    can
}
