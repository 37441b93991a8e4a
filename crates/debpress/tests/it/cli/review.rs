//! A reviewer at work, by commands only.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder};

use super::uploads::{add_uploader, key, send};
use crate::support::site::TestSite;

fn hello(version: &str, path: &str) -> BuiltFile {
    DebBuilder::new("hello", version, "amd64").file(path, version).build()
}

/// `hello` 1.0 is published; 2.0 waits, with a package that is new.
fn site_with_an_item() -> TestSite {
    let site = TestSite::with_components("main,extra");
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    site.add("stable", &[hello("1.0", "usr/bin/hello")]);
    site.publish();
    let deb = hello("2.0", "usr/bin/hello2");
    let other = DebBuilder::new("fresh", "2.0", "amd64").source("hello").build();
    let changes = ChangesBuilder::new("hello", "2.0", "stable").file(&deb).file(&other).build();
    send(&site, &ann, "up", &changes, &[&deb, &other]);
    assert!(site.run(&["process-upload"]).ok().stdout.contains("filed as new, queue item 1"));
    site
}

#[test]
fn a_reviewer_sees_what_an_item_would_change() {
    let site = site_with_an_item();
    let shown = site.run(&["queue", "show", "1"]).ok().stdout;
    for line in [
        "    compared with 1.0:",
        "      - Version: 1.0",
        "      + Version: 2.0",
        "      - usr/bin/hello",
        "      + usr/bin/hello2",
        "    nothing of that name is published there",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} is not in\n{shown}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&site.run(&["queue", "show", "1", "--json"]).ok().stdout).unwrap();
    let comparisons = json["comparisons"].as_array().unwrap();
    let of = |name: &str| comparisons.iter().find(|comparison| comparison["name"] == name).unwrap();
    assert_eq!(
        (&of("hello")["published"], &of("fresh")["published"]),
        (&"1.0".into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_reviewer_overrides_and_decides_and_all_of_it_is_history() {
    let site = site_with_an_item();
    let said = site.run(&["queue", "override", "1", "--package", "fresh", "--component", "moon"]);
    let said = said.ends(1);
    assert!(said.stderr.contains("component.unknown"), "{}", said.stderr);
    site.run(&["queue", "override", "1", "--package", "fresh", "--component", "extra", "-c", "young"]).ok();
    assert_eq!(site.run(&["queue", "accept", "-n", "1"]).ok().stdout, "queue item 1 is accepted\n");
    assert!(
        site.run(&["queue", "list", "--status", "new"]).ok().stdout.contains("hello"),
        "it was only asked"
    );
    site.advance(60);
    site.run(&["queue", "accept", "1"]).ok();
    site.run(&["publish-ftpmaster"]).ok();
    assert!(site.run(&["ls", "fresh"]).ok().stdout.contains("| extra"));

    let history = site.run(&["history", "hello"]).ok().stdout;
    let words: Vec<&str> = history.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    let expect = [
        "hello 1.0 recorded for publication in stable of debian: amd64 in main/misc",
        "hello 2.0 uploaded as new by ann in stable of debian (queue item 1)",
        "hello 2.0 published in stable of debian: amd64 in main/misc",
        "hello 1.0 superseded in stable of debian: amd64 in main/misc, by 2.0",
    ];
    for line in expect {
        assert!(words.contains(&line), "{line:?} is not in\n{history}");
    }
    assert!(
        history.contains("hello 2.0 new by ") && history.contains("override fresh amd64: main/misc"),
        "{history}"
    );
}

#[test]
fn what_was_refused_is_listed_and_counted() {
    let site = TestSite::new(&["amd64"]);
    assert!(site.run(&["queue", "rejected"]).ok().stderr.contains("0 refused"));
    let (ann, stranger) = (key("ann"), key("stranger"));
    add_uploader(&site, "ann", &ann.public, &["--package", "other"]).ok();
    let deb = hello("1.0", "usr/bin/hello");
    let changes = ChangesBuilder::new("hello", "1.0", "stable").file(&deb).build();
    send(&site, &stranger, "from-nobody", &changes, &[&deb]);
    send(&site, &ann, "without-right", &changes, &[&deb]);
    site.run(&["process-upload"]).ok();
    let said = site.run(&["queue", "rejected"]).ok();
    assert!(said.stderr.contains("2 refused, 1 of them signed by nobody known"), "{}", said.stderr);
    assert!(
        said.stdout.contains(
            "from-nobody, signed by nobody known, in rejected/from-nobody\n  signature.unknown-key "
        ),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("without-right, in rejected/without-right\n  permission.package: "),
        "{}",
        said.stdout
    );
    let json: serde_json::Value =
        serde_json::from_str(&site.run(&["queue", "rejected", "--json"]).ok().stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
}

#[test]
fn the_queue_is_filtered_as_people_ask() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    for (name, version) in [("hello", "1.0"), ("world", "1.0")] {
        let deb = DebBuilder::new(name, version, "amd64").build();
        let changes = ChangesBuilder::new(name, version, "stable").file(&deb).build();
        send(&site, &ann, name, &changes, &[&deb]);
        site.run(&["process-upload"]).ok();
        site.advance(3600);
    }
    let listed = |options: &[&str]| {
        let out = site.run(&[&["queue", "list", "--json"], options].concat()).ok().stdout;
        let items: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
        items.iter().map(|item| item["source"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["--older-than", "2h"]), ["hello"]);
    assert_eq!(listed(&["--newer-than", "90m"]), ["world"]);
    assert_eq!(listed(&["--name", "w*"]), ["world"]);
    assert_eq!(listed(&["--suite", "stable"]).len(), 2);
    assert_eq!(listed(&["--suite", "stable-updates"]).len(), 0);
    let said = site.run(&["queue", "list", "--suite", "sid"]).ends(1);
    assert!(said.stderr.contains("sid") && said.stderr.contains("stable"), "{}", said.stderr);
}
