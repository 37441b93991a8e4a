//! What hooks leave running: it ends with them, or with the next run.

use std::process::{Child, Stdio};

use debfmt::builder::DebBuilder;

use crate::real_hooks::{hook, is_alive};
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site
}

/// What a hook has written into a file of the site.
pub(crate) fn noted(site: &TestSite, name: &str) -> String {
    std::fs::read_to_string(site.root().join(name)).unwrap().trim().to_owned()
}

/// A part of a script: starts something that a shell waits for no more, and notes its number when it is what it will be.
pub(crate) fn background(how: &str, name: &str) -> String {
    format!("{how} sleep 600 &\necho $! > {name}\nuntil [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done\n")
}

#[test]
fn what_a_hook_leaves_running_ends_with_it_and_is_named() {
    for parts in ["publish-distro.d", "finalize.d"] {
        let site = site();
        let script = format!("#!/bin/sh\n{}{}", background("nohup", "one"), background("setsid", "two"));
        hook(&site, &format!("{parts}/10-busy"), &script);
        let said = site.run(&["publish-distro"]).ok();
        for name in ["one", "two"] {
            let pid = noted(&site, name);
            assert!(!is_alive(&pid), "{parts}: {name}");
            let sentence = format!("10-busy left sleep 600 (process {pid}) running, which was ended with it");
            assert_eq!(said.stderr.matches(&sentence).count(), 1, "{parts}: {}", said.stderr);
        }
        assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
        assert!(site.archive().join("dists/stable/Release").is_file(), "and the publication stands");
        std::fs::remove_file(site.root().join("distro-parts/debian").join(parts).join("10-busy")).unwrap();
        let said = site.run(&["publish-distro"]).ok();
        assert!(!said.stderr.contains("sleep"), "{}", said.stderr);
    }
}

#[test]
fn what_ends_by_itself_in_a_moment_may_do_so() {
    let site = site();
    // As the tee of `exec > >(tee log)` in bash.
    let script = "#!/bin/sh\n(while [ ! -e go ]; do :; done; echo whole > last) &\ntouch go\n";
    hook(&site, "finalize.d/log", script);
    let said = site.run(&["publish-distro"]).ok();
    assert!(!said.stderr.contains("running"), "{}", said.stderr);
    assert_eq!(noted(&site, "last"), "whole");
}

#[test]
fn a_hook_that_takes_too_long_takes_with_it_what_has_left_its_group() {
    let site = site();
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("timeout = \"1h\"", "timeout = \"1s\"")).unwrap();
    hook(&site, "publish-distro.d/slow", &format!("#!/bin/sh\n{}wait\n", background("setsid", "away")));
    let said = site.run(&["publish-distro"]).ends(1);
    assert!(said.stderr.contains("slow was killed after 1 s"), "{}", said.stderr);
    assert!(!is_alive(&noted(&site, "away")));
}

/// Starts something that closes what it has inherited, as ssh and sudo do, and stays in the group of the hook.
const CLOSES: &str = r#"#!/bin/bash
(
    for path in /proc/self/fd/*; do
        number=${path##*/}
        [ "$number" -le 2 ] || eval "exec $number>&-"
    done
    exec sleep 600
) &
echo $! > child
until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done
"#;

#[test]
fn what_closes_all_that_it_has_inherited_ends_with_the_group_of_its_hook() {
    let site = site();
    hook(&site, "finalize.d/ssh", CLOSES);
    site.run(&["publish-distro"]).ok();
    assert!(!is_alive(&noted(&site, "child")));
}

/// Starts a daemon, which closes all that it has inherited and goes into a session of its own.
const AGENT: &str = r#"#!/bin/sh
mkdir -m 700 agent
gpg-connect-agent --homedir "$PWD/agent" 'GETINFO pid' /bye | sed -n 's/^D //p' > daemon
"#;

#[test]
fn a_daemon_that_a_hook_has_started_is_no_part_of_it() {
    let site = site();
    hook(&site, "finalize.d/agent", AGENT);
    let said = site.run(&["publish-distro"]).ok();
    let pid = noted(&site, "daemon");
    assert!(is_alive(&pid) && !said.stderr.contains("running"), "{}", said.stderr);
    site.run(&["publish-distro"]).ok();
    assert!(is_alive(&pid));
    Ran::of(tool("kill", site.scratch()).arg(pid)).ok();
}

#[test]
fn a_hook_inherits_nothing_of_the_publisher_but_what_it_is_known_by() {
    let site = site();
    hook(&site, "publish-distro.d/look", "#!/bin/sh\nls -l /proc/$$/fd > descriptors\n");
    site.run(&["publish-distro"]).ok();
    let text = noted(&site, "descriptors");
    let root = site.root().display().to_string();
    // The shell reads its script, and writes what it finds.
    let own = |line: &str| line.ends_with("/look") || line.ends_with("/descriptors");
    let of_site = text.lines().filter(|line| line.contains(&root) && !own(line));
    let of_site: Vec<&str> = of_site.collect();
    assert!(of_site.len() == 1 && of_site[0].ends_with(&format!("-> {root}/hooks.lock")), "{text}");
    assert!(text.contains(" 0 -> /dev/null"), "{text}");
}

/// Somebody who only reads the file, as a backup does.
fn reader(site: &TestSite) -> Child {
    let mut command = tool("tail", site.scratch());
    command.arg("--follow").arg(site.root().join("hooks.lock"));
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn what_a_publisher_that_was_killed_has_left_is_ended_by_whoever_comes_next() {
    for next in [&["publish-distro"][..], &["check"], &["series", "set-status", "stable", "development"]] {
        let site = site();
        let left = background("setsid", "left");
        let script = format!("#!/bin/sh\necho $$ > hook\n{left}kill -9 $PPID\nexec sleep 600\n");
        hook(&site, "publish-distro.d/10-dies", &script);
        assert_eq!(site.run(&["publish-distro"]).status(), None, "a signal has ended it");
        let pid = noted(&site, "left");
        assert!(is_alive(&pid), "nobody was there to end it");
        std::fs::remove_file(site.root().join("distro-parts/debian/publish-distro.d/10-dies")).unwrap();
        let mut reader = reader(&site);
        let said = site.run(next).said();
        let sentence =
            format!("a hook of a publisher that has died had left sleep 600 (process {pid}) running");
        assert!(said.stderr.contains(&sentence), "{next:?}: {}", said.stderr);
        assert!(!is_alive(&pid) && !is_alive(&noted(&site, "hook")));
        assert!(reader.try_wait().unwrap().is_none(), "who only reads is left alone");
        reader.kill().unwrap();
        reader.wait().unwrap();
        assert!(!site.run(&["publish-distro"]).ok().stderr.contains("sleep"));
        site.run(&["check", "--full"]).ok();
    }
}
