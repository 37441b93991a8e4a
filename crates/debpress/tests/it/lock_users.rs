//! Users of one machine who publish one site: the lock is theirs in common.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use debfmt::builder::DebBuilder;

use crate::hooks_left::{background, noted};
use crate::real_hooks::{hook, is_alive};
use crate::support::barrier::Barrier;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// The group that may publish the site.
const GROUP: &str = "4242";

/// A user of the machine.
#[derive(Clone, Copy, Debug)]
struct User {
    uid: &'static str,
    name: &'static str,
}

const ROOT: User = User { uid: "0", name: "root" };
const NOBODY: User = User { uid: "65534", name: "nobody" };
/// Has no line in /etc/passwd.
const NAMELESS: User = User { uid: "64242", name: "uid 64242" };

/// A site that a group may publish, and a directory for locks in which everybody may make files, as in /run/lock.
struct Shared {
    site: TestSite,
    program: PathBuf,
    locks: PathBuf,
}

impl Shared {
    /// `None`, which is said: only root can act as others.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: only root can act as several users");
            return None;
        }
        let site = TestSite::unsigned(&["amd64"]);
        site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
        let (home, locks) = (site.scratch(), site.scratch().join("locks"));
        std::fs::create_dir(&locks).unwrap();
        set_mode(home, 0o755);
        set_mode(&locks, 0o1777);
        // Where it was built others may not look.
        let program = home.join("debpress");
        let built = Path::new(env!("CARGO_BIN_EXE_debpress"));
        if std::fs::hard_link(built, &program).is_err() {
            std::fs::copy(built, &program).unwrap();
        }
        let shared = Self { locks, program, site };
        shared.give_to_the_group();
        Some(shared)
    }

    /// What an administrator does once, and again after root has made something.
    fn give_to_the_group(&self) {
        let root = self.site.root();
        let program = |name| tool(name, Path::new("/"));
        Ran::of(program("chgrp").args(["-R", GROUP]).arg(&root)).ok();
        Ran::of(program("chmod").args(["-R", "g+rwX"]).arg(&root)).ok();
        Ran::of(program("find").arg(&root).args(["-type", "d", "-exec", "chmod", "g+s", "{}", "+"])).ok();
    }

    fn lock_in(&self, path: &Path) {
        let settings = self.site.root().join("debpress.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let (before, rest) = text.split_once("\n[lock]\n").unwrap();
        let (_, after) = rest.split_once("\nscope").unwrap();
        let path = path.display();
        std::fs::write(settings, format!("{before}\n[lock]\npath = \"{path}\"\nscope{after}")).unwrap();
    }

    fn command(&self, user: User, arguments: &[&str]) -> Command {
        let mut command = tool("setpriv", self.site.scratch());
        command.env("DEBPRESS_NOW", self.site.now().to_string());
        command.args(["--reuid", user.uid, "--regid", user.uid, "--groups", GROUP, "--"]);
        command.arg(&self.program).arg("--site").arg(self.site.root()).args(arguments);
        command
    }

    fn run(&self, user: User, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(user, arguments))
    }

    /// One has the lock, and the other is told who; afterwards it is the other's turn.
    fn meet(&self, first: User, second: User) {
        let barrier = Barrier::new();
        let mut command = self.command(first, &["process-accepted"]);
        let child = barrier.stops(&mut command).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        drop(barrier.next());
        let holder = barrier.next();
        assert_eq!(holder.point, "with the lock", "{first:?}");
        let said = self.run(second, &["process-accepted"]).ends(75);
        let name = format!("process-accepted (process {} of {} on ", holder.pid, first.name);
        assert!(said.stderr.contains(&name), "{first:?}, {second:?}: {}", said.stderr);
        let said = self.run(second, &["lock", "status"]).ok();
        assert!(said.stdout.contains(&name), "{first:?}, {second:?}: {}", said.stdout);
        drop(holder);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{first:?}: {output:?}");
        for user in [second, first] {
            assert_eq!(self.run(user, &["lock", "status"]).ok().stdout, "free\n");
            self.run(user, &["process-accepted"]).ok();
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Who makes the lock file, and who else comes.
const PAIRS: [(User, User); 3] = [(ROOT, NOBODY), (NOBODY, ROOT), (NOBODY, NAMELESS)];

#[test]
fn whoever_comes_first_keeps_the_other_out_and_is_named() {
    let Some(shared) = Shared::new() else { return };
    for path in [shared.site.root().join("publisher.lock"), shared.locks.join("debpress.lock")] {
        shared.lock_in(&path);
        for (maker, other) in PAIRS {
            if path.exists() {
                std::fs::remove_file(&path).unwrap();
            }
            shared.run(maker, &["process-accepted"]).ok();
            shared.meet(maker, other);
            shared.meet(other, maker);
            // Whoever it was could write its name.
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if path.starts_with(&shared.locks) { 0o666 } else { 0o664 });
        }
    }
}

#[test]
fn a_file_that_others_may_only_read_is_a_lock_whose_holder_the_kernel_names() {
    let Some(shared) = Shared::new() else { return };
    let path = shared.locks.join("debpress.lock");
    shared.lock_in(&path);
    // The name of a dead process stands in the second one, and nobody may take it away.
    let here = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let dead = format!(r#"{{"command":"dead","pid":4194305,"user":"root","host":"{here}","since":0}}"#);
    for text in ["", &dead] {
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o644);
        shared.meet(NOBODY, NAMELESS);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    shared.meet(NOBODY, ROOT);
}

#[test]
fn what_another_user_has_planted_is_refused() {
    let Some(shared) = Shared::new() else { return };
    let path = shared.locks.join("debpress.lock");
    shared.lock_in(&path);
    let target = shared.site.scratch().join("precious");
    let mut plant = tool("setpriv", Path::new("/"));
    plant.args(["--reuid", NOBODY.uid, "--regid", NOBODY.uid, "--clear-groups", "--", "ln", "-s"]);
    Ran::of(plant.arg(&target).arg(&path)).ok();
    for user in [ROOT, NAMELESS] {
        for command in [&["process-accepted"][..], &["lock", "status"]] {
            let said = shared.run(user, command).ends(1);
            let sentence = format!("error: {} is a symbolic link, and no lock file", path.display());
            assert!(said.stderr.starts_with(&sentence), "{}", said.stderr);
        }
    }
    assert!(!target.exists());
}

#[test]
fn a_lock_file_that_a_user_may_not_read_says_the_way_out() {
    let Some(shared) = Shared::new() else { return };
    let path = shared.locks.join("debpress.lock");
    shared.lock_in(&path);
    std::fs::write(&path, "").unwrap();
    set_mode(&path, 0o600);
    for command in [&["process-accepted"][..], &["lock", "status"]] {
        let said = shared.run(NOBODY, command).ends(1);
        let text = said.stderr.replace(path.to_str().unwrap(), "/locks/debpress.lock");
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @"error: the lock file /locks/debpress.lock belongs to root, and the user nobody may not read it: its owner or root should `chmod a+r` it, or remove it while no publisher is at work");
        }
    }
    // As it says.
    set_mode(&path, 0o644);
    shared.run(NOBODY, &["process-accepted"]).ok();
}

#[test]
fn what_a_hook_of_another_user_has_left_sends_a_publisher_away() {
    let Some(shared) = Shared::new() else { return };
    let script = format!("#!/bin/sh\n{}kill -9 $PPID\nexec sleep 600\n", background("setsid", "left"));
    hook(&shared.site, "publish-distro.d/10-dies", &script);
    assert_eq!(shared.run(ROOT, &["publish-distro"]).status(), None);
    std::fs::remove_file(shared.site.root().join("distro-parts/debian/publish-distro.d/10-dies")).unwrap();
    shared.give_to_the_group();
    let pid = noted(&shared.site, "left");
    let said = shared.run(NOBODY, &["process-accepted"]).ends(75);
    let text = said.stderr.replace(shared.site.root().to_str().unwrap(), "/site");
    insta::assert_snapshot!(text, @r"
    error: a hook of a publisher that has died has left a program running that this user cannot see (`fuser -v /site/hooks.lock` as root shows it): end it, or wait until it has ended
    hint: nothing was done; `--wait` waits for it
    ");
    shared.run(NOBODY, &["process-accepted", "--wait=0s"]).ends(75);
    assert!(is_alive(&pid));
    // Whoever waits gets its turn when it has ended, by itself or by its owner.
    let mut command = shared.command(NOBODY, &["process-accepted", "--wait"]);
    let mut waiting = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(waiting.try_wait().unwrap().is_none());
    Ran::of(tool("kill", Path::new("/")).arg(&pid)).ok();
    assert!(waiting.wait().unwrap().success());
}
