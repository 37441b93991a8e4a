//! `archive delete`, as people use it.

use debfmt::builder::DebBuilder;

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

const DELETE: [&str; 5] = ["archive", "delete", "~ann/debian/tools", "--reason", "moved to the team"];

fn site() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    uploader(&site, "ann");
    for (archive, version) in [("~ann/debian/tools", "1.0"), ("~ann/debian/tools2", "1.0")] {
        ok(&site, &format!("archive create {archive}"));
        let paths = site.write(&[DebBuilder::new("hello", version, "amd64").build()]);
        site.run(&["add", "--suite", "stable", "--archive", archive, paths[0].to_str().unwrap()]).ok();
    }
    ok(&site, "publish-distro --ppa");
    site
}

#[test]
fn a_personal_archive_goes_when_somebody_says_yes_and_leaves_its_history() {
    let site = site();
    let root = site.root().join("ppa/ann/tools/debian");
    let said = site.run(&DELETE).ends(1);
    insta::assert_snapshot!(said.stderr, @"
    ~ann/debian/tools, below ppa/ann/tools/debian: live publications 1, uploads that wait 0, size 664 bytes
    error: nothing was deleted: there is no terminal to ask on, so say --yes
    ");
    assert!(root.join("dists/stable/Release").is_file());
    let said = site.run(&[&DELETE[..], &["--yes"]].concat()).ok();
    insta::assert_snapshot!(said.stdout, @"deleted ~ann/debian/tools; its history is under ~ann/debian/tools-deleted");
    assert!(!root.exists() && !site.root().join("ppa/ann/tools").exists());
    assert!(site.root().join("ppa/ann/tools2/debian/dists/stable/Release").is_file());
    assert!(site.root().join("keys/ppa-owner/ann.asc").is_file(), "the owner's key stays");
    let history = ok(&site, "history hello --archive ~ann/debian/tools-deleted").stdout;
    let last = history.lines().last().unwrap();
    assert!(last.contains("deleted") && last.contains("moved to the team"), "{history}");
    let listed = ok(&site, "archive list").stdout;
    let line = listed.lines().find(|line| line.starts_with("~ann/debian/tools-deleted ")).unwrap();
    assert!(line.contains(" deleted "), "{listed}");
    ok(&site, "check");
    ok(&site, "key doctor");
    ok(&site, "publish-distro --ppa");
    // The name is free.
    ok(&site, "archive create ~ann/debian/tools");
    let paths = site.write(&[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.run(&["add", "--suite", "stable", "--archive", "~ann/debian/tools", paths[0].to_str().unwrap()])
        .ok();
    ok(&site, "publish-distro --ppa");
    assert!(root.join("dists/stable/Release").is_file());
    ok(&site, "check");
}

#[test]
fn what_cannot_be_deleted_is_said_before_anybody_is_asked() {
    let site = site();
    for (reference, answer) in [
        ("debian", "debian cannot be deleted: only personal archives and copies can"),
        ("~ann/debian/lost", "there is no archive `~ann/debian/lost`"),
    ] {
        let said = fails(&site, &format!("archive delete {reference} --reason x --yes"));
        assert!(said.stderr.contains(answer), "{}", said.stderr);
    }
    site.run(&["archive", "delete", "~ann/debian/tools", "--yes"]).ends(2);
    site.run(&["archive", "delete", "~ann/debian/tools", "--yes", "--reason", " "]).ends(2);
    site.run(&[&DELETE[..], &["--yes"]].concat()).ok();
    for (command, answer) in [
        ("archive delete ~ann/debian/tools-deleted --reason x --yes", "was deleted"),
        ("archive set ~ann/debian/tools-deleted --enable", "~ann/debian/tools-deleted is deleted"),
        ("archive delete ~ann/debian/tools --reason x --yes", "there is no archive"),
    ] {
        let said = fails(&site, command);
        assert!(said.stderr.contains(answer), "{command}: {}", said.stderr);
    }
    let paths = site.write(&[DebBuilder::new("late", "1.0", "amd64").build()]);
    let add =
        ["add", "--suite", "stable", "--archive", "~ann/debian/tools-deleted", paths[0].to_str().unwrap()];
    let said = site.run(&add).ends(1);
    assert!(said.stderr.contains("is deleted, and takes nothing any more"), "{}", said.stderr);
}

#[test]
fn files_of_others_keep_the_root_and_keys_are_told() {
    let site = site();
    std::fs::write(site.root().join("ppa/ann/tools/debian/README"), "mine").unwrap();
    let said = site.run(&[&DELETE[..], &["--yes"]].concat()).ok();
    assert!(
        said.stderr.contains("holds files that debpress has not put there, and stays"),
        "{}",
        said.stderr
    );
    assert!(site.root().join("ppa/ann/tools/debian/README").is_file());
    assert!(!site.root().join("ppa/ann/tools/debian/pool").exists());
}
