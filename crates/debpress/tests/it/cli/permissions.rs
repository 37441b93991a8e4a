//! Who may do what, as administrators say it and ask about it.

use debfmt::builder::DebBuilder;

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

/// A site with two components and the uploader ann.
fn site() -> TestSite {
    let site = TestSite::with_components("main,universe");
    uploader(&site, "ann");
    site
}

#[test]
fn a_permission_is_given_listed_and_taken_back() {
    let site = site();
    let said = ok(&site, "permission grant ann --component main,universe --pocket updates");
    assert_eq!(
        said.stdout,
        "ann may now upload component main in distribution archives, pocket updates\n\
         ann may now upload component universe in distribution archives, pocket updates\n"
    );
    let said = ok(&site, "permission grant ann --component main --pocket updates");
    assert!(said.stdout.starts_with("ann could already upload component main"), "{}", said.stdout);
    ok(&site, "permission grant ann --archive debian --series stable --package hello");
    insta::assert_snapshot!(ok(&site, "permission list").stdout, @r"
    WHO  MAY     WHAT                WHERE
    ann  upload  component main      distribution archives, pocket updates
    ann  upload  component universe  distribution archives, pocket updates
    ann  upload  hello               debian, stable
    ");
    let said = fails(&site, "permission revoke ann --component main");
    assert!(said.stdout.starts_with("ann had no permission to upload component main"), "{}", said.stdout);
    ok(&site, "permission revoke ann --component main,universe --pocket updates");
    let json = ok(&site, "permission list ann --archive debian --json").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!((&json[0]["package"], &json[0]["archive"]), (&"hello".into(), &"debian".into()));
}

#[test]
fn what_does_not_exist_is_not_granted() {
    let site = site();
    for (command, answer) in [
        ("permission grant anne", "error: there is no uploader and no team `anne`; there are ann\n"),
        (
            "permission grant ann --component restricted",
            "error: no series has a component `restricted`; there are main, universe\n",
        ),
        (
            "permission grant ann --package-set core",
            "error: there is no package set `core`; there are none: `debpress package-set set` makes one\n",
        ),
        ("permission grant ann --series sid", "error: there is no series `sid`; the site has stable\n"),
        ("permission list anne", "error: there is no uploader and no team `anne`; there are ann\n"),
        ("permission check anne hello", "error: there is no uploader and no team `anne`; there are ann\n"),
    ] {
        assert_eq!(fails(&site, command).stderr, answer, "{command}");
    }
    assert_eq!(ok(&site, "permission list").stdout, "");
}

#[test]
fn who_decides_may_be_a_user_of_the_machine_who_has_no_key() {
    let site = site();
    let said = ok(&site, "permission grant root --queue --component main");
    assert_eq!(
        said.stderr,
        "note: `root` is no uploader and no team; taken as a user name of this machine\n"
    );
    assert_eq!(said.stdout, "root may now decide about component main in distribution archives\n");
    let said = fails(&site, "permission check rot hello --queue --component main");
    assert!(said.stderr.starts_with("note: `rot` is no uploader and no team; taken"), "{}", said.stderr);
    assert!(ok(&site, "permission list root").stdout.contains("root  queue  component main"));
}

#[test]
fn the_answer_says_why_or_what_is_missing_and_the_command_that_gives_it() {
    let site = site();
    let said = fails(&site, "permission check ann hello");
    assert_eq!(said.stdout, "denied: hello in stable of debian: ann has no permission to upload in debian\n");
    assert_eq!(said.stderr, "hint: `debpress permission grant ann --package hello` would allow it\n");

    ok(&site, "permission grant ann --package hello");
    let said = ok(&site, "permission check ann hello");
    assert_eq!(
        said.stdout,
        "allowed: hello in stable of debian: ann may upload hello in distribution archives\n"
    );

    // The suggested command does what it says, also where only a pocket is missing.
    let said = fails(&site, "permission check ann hello --suite stable-security");
    assert!(said.stdout.contains("the security pocket need a permission that names it"), "{}", said.stdout);
    let command = said.stderr.split('`').nth(1).unwrap().strip_prefix("debpress ").unwrap();
    assert_eq!(command, "permission grant ann --pocket security --package hello");
    ok(&site, command);
    ok(&site, "permission check ann hello --suite stable-security");

    ok(&site, "permission grant ann --component universe");
    let said = fails(&site, "permission check ann tool --component main --json");
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&json["verdict"], &json["component"]), (&"denied".into(), &"main".into()));
    assert_eq!(json["missing"], "ann may not upload tool in component main");
}

#[test]
fn what_the_hint_says_about_security_updates_is_enough() {
    for given in ["", "permission grant ann --component universe"] {
        let site = site();
        if !given.is_empty() {
            ok(&site, given);
        }
        let question = "permission check ann hello --suite stable-security --component main";
        let said = fails(&site, question);
        let command = said.stderr.split('`').nth(1).unwrap().strip_prefix("debpress ").unwrap();
        assert_eq!(command, "permission grant ann --pocket security --package hello");
        ok(&site, command);
        ok(&site, question);
    }
}

#[test]
fn a_package_is_looked_for_where_the_archive_has_it() {
    let site = site();
    ok(&site, "permission grant ann --component universe");
    ok(&site, "permission check ann hello");
    let source = debfmt::builder::SourceBuilder::new("hello", "1.0-1").binary("hello", "amd64").build();
    site.add("stable", &[DebBuilder::new("hello", "1.0-1", "amd64").build()]);
    site.add_source("stable", &source);
    let said = fails(&site, "permission check ann hello");
    assert!(said.stdout.contains("hello in stable of debian, component main"), "{}", said.stdout);
}
