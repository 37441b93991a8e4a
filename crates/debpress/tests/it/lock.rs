//! One publisher at a time, through the real program.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use debfmt::builder::DebBuilder;
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::time::Timestamp;

use crate::support::long;
use crate::support::site::TestSite;
use crate::support::tool::tool;

fn site() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site
}

fn hold(site: &TestSite) -> PublisherLock {
    let me = Holder {
        command: "publish-ftpmaster".into(),
        pid: 4711,
        user: "archive".into(),
        host: "vault".into(),
        since: Timestamp(1_780_272_000),
    };
    PublisherLock::acquire(&site.root().join("publisher.lock"), &me, Wait::No).unwrap()
}

/// What writes the published tree, or uses up publication records.
const PUBLISHERS: [&[&str]; 4] =
    [&["process-accepted"], &["publish-distro"], &["publish-ftpmaster"], &["process-death-row"]];

#[test]
fn who_comes_second_does_nothing_and_is_told_who_is_first() {
    let site = site();
    let held = hold(&site);
    for command in PUBLISHERS {
        let said = site.run(command).ends(75);
        assert_eq!(said.stdout, "");
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.stderr, @r"
            error: another publisher is at work: publish-ftpmaster (process 4711 of archive on vault, since 2026-06-01T00:00:00Z)
            hint: nothing was done; `--wait` waits for it
            ");
        }
    }
    assert!(!site.archive().exists(), "nothing was published");
    let said = site.run(&["lock", "status"]).ok();
    assert_eq!(
        said.stdout,
        "held by publish-ftpmaster (process 4711 of archive on vault, since 2026-06-01T00:00:00Z)\n"
    );
    drop(held);
    assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
    for command in PUBLISHERS {
        site.run(command).ok();
    }
}

#[test]
fn uploads_and_decisions_need_no_lock() {
    let site = site();
    let held = hold(&site);
    for command in [&["process-upload"][..], &["queue", "list"], &["ls"]] {
        site.run(command).ok();
    }
    site.add("stable", &[DebBuilder::new("other", "1.0", "amd64").build()]);
    drop(held);
}

#[test]
fn waiting_has_an_end() {
    let site = site();
    let held = hold(&site);
    let said = site.run(&["publish-distro", "--wait=1s"]).ends(75);
    assert!(said.stderr.contains("publish-ftpmaster (process 4711"), "{}", said.stderr);
    drop(held);
    site.run(&["publish-distro", "--wait"]).ok();
}

#[test]
fn who_waits_with_a_limit_gets_it_when_it_is_free_in_time() {
    let site = site();
    let held = hold(&site);
    let mut command = site.program();
    command.arg("--site").arg(site.root()).args(["publish-distro", "--wait=10m"]);
    let mut waiting = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(waiting.try_wait().unwrap().is_none(), "it does not get past the lock");
    drop(held);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    assert!(site.archive().join("dists/stable/InRelease").exists());
}

/// Another program that takes the same lock, and that nobody gives a chance to clean up.
fn other_holder(site: &TestSite) -> Child {
    let lock = site.root().join("publisher.lock");
    let mut command = tool("flock", site.scratch());
    command.args(["--no-fork", "--nonblock"]).arg(lock).args(["sh", "-c", "echo held; exec sleep 600"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    // It has the lock when it says so.
    let mut said = [0; 5];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut said).unwrap();
    child
}

#[test]
fn a_holder_that_is_killed_leaves_nothing_in_the_way() {
    let site = site();
    let mut child = other_holder(&site);
    site.run(&["publish-distro"]).ends(75);
    child.kill().unwrap();
    child.wait().unwrap();
    site.run(&["publish-distro"]).ok();
    assert!(site.archive().join("dists/stable/InRelease").exists());
}

/// How long the slowest and the median of so many refusals took, from start to end.
fn refusals(site: &TestSite, count: usize) -> (Duration, Duration) {
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        site.run(&["publish-distro"]).ends(75);
        took.push(started.elapsed());
    }
    took.sort();
    (took[count - 1], took[count / 2])
}

/// The figures of docs/safety.md. Nothing is asserted of time: that depends on the machine and on who else uses it.
#[test]
fn what_a_refusal_takes_is_told() {
    let site = site();
    let held = hold(&site);
    let count = if long() { 100 } else { 1 };
    let (slowest, median) = refusals(&site, count);
    eprintln!("refused {count} times: median {median:?}, slowest {slowest:?}");
    // The kernel is asked for the name.
    std::fs::write(site.root().join("publisher.lock"), "").unwrap();
    let (slowest, median) = refusals(&site, count);
    eprintln!("by a holder without a name, {count} times: median {median:?}, slowest {slowest:?}");
    drop(held);
}
