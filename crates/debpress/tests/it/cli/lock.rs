//! One publisher at a time, as people and cron see it.

use std::process::Stdio;

use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::time::Timestamp;

use crate::support::site::TestSite;

fn hold(site: &TestSite) -> PublisherLock {
    let holder = Holder {
        command: "publish-distro".into(),
        pid: 4711,
        user: "ann".into(),
        host: "vault".into(),
        since: Timestamp(0),
    };
    PublisherLock::acquire(&site.root().join("publisher.lock"), &holder, Wait::No).unwrap()
}

#[test]
fn the_second_publisher_ends_with_75_and_names_the_first() {
    let site = TestSite::unsigned(&["amd64"]);
    let held = hold(&site);
    for command in ["process-accepted", "publish-distro", "publish-ftpmaster"] {
        let said = site.run(&[command]).ends(75);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.stderr, @r"
            error: another publisher is at work: publish-distro (process 4711 of ann on vault, since 1970-01-01T00:00:00Z)
            hint: nothing was done; `--wait` waits for it
            ");
        }
        site.run(&[command, "--wait=0s"]).ends(75);
    }
    // What only adds records goes on.
    site.run(&["process-upload"]).ok();
    site.run(&["ls"]).ok();
    drop(held);
    site.run(&["publish-distro"]).ok();
}

#[test]
fn the_status_of_a_series_waits_until_no_publisher_is_at_work() {
    let site = TestSite::unsigned(&["amd64"]);
    let held = hold(&site);
    let said = site.run(&["series", "set-status", "stable", "current"]).ends(75);
    assert!(
        said.stderr.starts_with("error: another publisher is at work: publish-distro"),
        "{}",
        said.stderr
    );
    site.run(&["series", "set-status", "stable", "current", "--wait=0s"]).ends(75);
    let list = || site.run(&["series", "list"]).ok().stdout;
    assert!(list().contains("development"), "{}", list());
    // What only says how the next run publishes goes on.
    site.run(&["series", "set", "stable", "--option", "by_hash=no"]).ok();
    drop(held);
    site.run(&["series", "set-status", "stable", "current", "--wait"]).ok();
    assert!(list().contains("current"), "{}", list());
}

#[test]
fn lock_status_says_who() {
    let site = TestSite::unsigned(&["amd64"]);
    assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
    let held = hold(&site);
    let said = site.run(&["lock", "status"]).ok();
    assert_eq!(
        said.stdout,
        "held by publish-distro (process 4711 of ann on vault, since 1970-01-01T00:00:00Z)\n"
    );
    let said = site.run(&["lock", "status", "--json"]).ok();
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&json["held"], &json["holder"]["pid"]), (&true.into(), &4711.into()));
    drop(held);
    assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
}

#[test]
fn who_waits_gets_it_when_it_is_free() {
    let site = TestSite::unsigned(&["amd64"]);
    let held = hold(&site);
    let mut command = site.program();
    command.arg("--site").arg(site.root()).args(["publish-distro", "--wait", "-s", "stable"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it must not get past the lock");
    drop(held);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(site.archive().join("dists/stable/Release").is_file());
}

#[test]
fn sites_that_name_one_lock_file_share_it() {
    let (one, two) = (TestSite::unsigned(&["amd64"]), TestSite::unsigned(&["amd64"]));
    let shared = one.root().join("publisher.lock");
    let path = two.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"publisher.lock\"", &format!("{:?}", shared.to_str().unwrap())))
        .unwrap();
    let held = hold(&one);
    two.run(&["publish-distro"]).ends(75);
    drop(held);
    two.run(&["publish-distro"]).ok();
}

#[test]
fn keys_are_read_when_the_lock_is_there() {
    let site = TestSite::new(&["amd64"]);
    let held = hold(&site);
    std::fs::remove_file(site.root().join("keys/signing.asc")).unwrap();
    for command in ["publish-distro", "publish-ftpmaster"] {
        site.run(&[command]).ends(75);
    }
    drop(held);
    for command in ["publish-distro", "publish-ftpmaster"] {
        let said = site.run(&[command]).fails();
        assert!(said.stderr.contains("keys/signing.asc"), "{}", said.stderr);
    }
}

#[test]
fn a_lock_in_the_database_is_refused_where_the_database_has_none() {
    let site = TestSite::unsigned(&["amd64"]);
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("scope = \"host\""), "{text}");
    std::fs::write(&path, text.replace("scope = \"host\"", "scope = \"database\"")).unwrap();
    for command in [&["publish-distro"][..], &["ls"], &["lock", "status"]] {
        let said = site.run(command).ends(1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.stderr, @r#"error: [lock] of debpress.toml says scope = "database", and the records of this site are in SQLite: one file of one host, without a lock that another host would see; say scope = "host", and run every publisher on the host that has the site"#);
        }
    }
    std::fs::write(&path, text).unwrap();
    site.run(&["publish-distro"]).ok();
}
