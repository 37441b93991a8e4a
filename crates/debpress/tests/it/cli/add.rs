//! `debpress add`: an administrator adds packages from files.

use std::path::PathBuf;

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debfmt::dsc::SourceFormat;
use serde_json::json;

use crate::support::site::TestSite;

fn deb(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").build()
}

fn words(paths: &[PathBuf]) -> Vec<&str> {
    paths.iter().map(|path| path.to_str().unwrap()).collect()
}

/// Adds what may be at fault and returns the report.
fn add(site: &TestSite, paths: &[&str], status: i32) -> serde_json::Value {
    let said = site.run(&[&["--json", "add", "--suite", "stable"], paths].concat()).ends(status);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn a_suite_that_may_not_change_takes_nothing_and_says_which_do() {
    let site = TestSite::unsigned(&["amd64"]);
    site.run(&["series", "set-status", "stable", "current"]).ok();
    let paths = site.write(&[DebBuilder::new("hello", "1.0", "amd64").build()]);
    let add = |suite: &str| site.run(&["add", "--suite", suite, paths[0].to_str().unwrap()]);
    let said = add("stable").ends(1);
    insta::assert_snapshot!(said.stderr, @"error: stable of debian may not change while stable is current: add to stable-security, stable-updates, stable-proposed, stable-backports instead; where it must change all the same, `debpress series set-status stable frozen` opens it until the status is put back");
    assert_eq!(site.run(&["ls", "hello"]).ok().stdout, "", "nothing waits");
    add("stable-updates").ok();
    site.run(&["series", "set-status", "stable", "obsolete"]).ok();
    assert!(add("stable-updates").ends(1).stderr.contains("none of its suites may"));
    site.run(&["series", "set-status", "stable", "frozen"]).ok();
    add("stable").ok();
}

#[test]
fn a_bad_file_does_not_keep_the_others() {
    let site = TestSite::unsigned(&["amd64"]);
    let mut truncated = deb("broken", "1.0");
    truncated.bytes.truncate(200);
    let files = [
        deb("hello", "1.0"),
        truncated,
        DebBuilder::new("foreign", "1.0", "riscv64").build(),
        DebBuilder::new("elsewhere", "1.0", "amd64").section("contrib/net").build(),
        BuiltFile { name: "readme.txt".into(), bytes: b"text".to_vec() },
        deb("world", "1.0"),
    ];
    let paths = site.write(&files);
    let missing = site.scratch().join("made/missing.deb");
    let said = site
        .run(&[&["add", "--suite", "stable"], &words(&paths)[..], &[missing.to_str().unwrap()]].concat())
        .ends(1);
    assert_eq!(said.stdout, "added 2 packages to stable of debian, refused 5\n");
    let made = format!("{}/", site.scratch().join("made").display());
    let mut lines: Vec<String> = said
        .stderr
        .lines()
        .filter(|line| line.starts_with("refused "))
        .map(|line| line.replace(&made, ""))
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    refused broken_1.0_amd64.deb: deb.truncated broken_1.0_amd64.deb: the archive is truncated: it ends at offset 200
    refused elsewhere_1.0_amd64.deb: component.unknown elsewhere_1.0_amd64.deb: stable has no component contrib, it has main
    refused foreign_1.0_riscv64.deb: architecture.unknown foreign_1.0_riscv64.deb: stable is not built for riscv64
    refused missing.deb: file.missing: there is no such file
    refused readme.txt: file.unexpected-kind: the name ends neither with .deb, .udeb, .ddeb, .dsc nor .changes
    ");
    assert!(said.stderr.contains("hint: --component C puts packages into a component"), "{}", said.stderr);
    assert_eq!(site.run(&["ls"]).ok().stdout.lines().count(), 2);
}

#[test]
fn adding_again_adds_what_is_missing_and_nothing_twice() {
    let site = TestSite::unsigned(&["amd64"]);
    let first = site.write(&[deb("hello", "1.0"), deb("world", "1.0")]);
    assert_eq!(add(&site, &words(&first), 0)["added"], 2);
    let more = site.write(&[deb("again", "1.0")]);
    let report = add(&site, &words(&[first, more].concat()), 0);
    assert_eq!((&report["added"], &report["present"]), (&json!(1), &json!(2)));
    assert!(site.publish().stdout.contains("3 published, 0 superseded"));
    assert_eq!(add(&site, &[site.scratch().join("made").to_str().unwrap()], 0)["present"], 3);
}

#[test]
fn a_directory_is_searched_to_its_depth_for_packages() {
    let site = TestSite::unsigned(&["amd64"]);
    let deep = site.scratch().join("old/pool/main/h/hello");
    std::fs::create_dir_all(&deep).unwrap();
    for file in
        [deb("hello", "1.0"), deb("hello", "1.1"), BuiltFile { name: "Packages".into(), bytes: vec![1] }]
    {
        std::fs::write(deep.join(&file.name), &file.bytes).unwrap();
    }
    // A circle of links has no end, and is not walked.
    std::os::unix::fs::symlink("..", deep.join("up")).unwrap();
    let report = add(&site, &[site.scratch().join("old").to_str().unwrap()], 0);
    assert_eq!((&report["added"], &report["refused"]), (&json!(2), &json!([])));
}

#[test]
fn the_pool_uses_the_name_by_rule_whatever_the_file_is_called() {
    let site = TestSite::unsigned(&["amd64"]);
    let hello = deb("hello", "1:1.0-1");
    let odd = [
        BuiltFile { name: "hello_1%3a1.0-1_amd64.deb".into(), ..hello.clone() },
        BuiltFile { name: "my package (copy).deb".into(), bytes: deb("world", "2.0").bytes },
    ];
    add(&site, &words(&site.write(&odd)), 0);
    site.publish();
    assert_eq!(site.read("pool/main/h/hello/hello_1.0-1_amd64.deb"), hello.bytes);
    assert!(site.archive().join("pool/main/w/world/world_2.0_amd64.deb").is_file());
}

#[test]
fn a_name_that_the_archive_has_had_is_never_used_for_other_bytes() {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[deb("hello", "1.0")]);
    site.publish();
    let other = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/evil", "x").build();
    // Between good ones, so that the whole batch meets the conflict.
    let paths = site.write(&[deb("aaa", "1.0"), other, deb("zzz", "1.0")]);
    let report = add(&site, &words(&paths), 1);
    assert_eq!(report["added"], 2);
    let reason = report["refused"][0]["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("archive.file-conflict") && reason.contains("it had"), "{reason}");
    assert_eq!(report["refused"].as_array().unwrap().len(), 1);
    site.publish();
    assert_eq!(site.read("pool/main/h/hello/hello_1.0_amd64.deb"), deb("hello", "1.0").bytes);
}

#[test]
fn the_component_comes_from_the_option_then_from_the_section() {
    let site = TestSite::with_components("main,extra");
    let plain = DebBuilder::new("plain", "1.0", "amd64").section("net").build();
    let extra = DebBuilder::new("extra", "1.0", "amd64").section("extra/net").build();
    site.add("stable", &[plain, extra]);
    let moved = site.write(&[DebBuilder::new("moved", "1.0", "amd64").section("main/net").build()]);
    site.run(&["add", "-s", "stable", "-c", "extra", moved[0].to_str().unwrap()]).ok();
    let listed = site.run(&["ls"]).ok().stdout;
    let places: Vec<(&str, &str)> = listed
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .map(|cells| (cells[0], cells[3]))
        .collect();
    assert_eq!(places, [("extra", "extra"), ("moved", "extra"), ("plain", "main")]);
}

#[test]
fn a_source_needs_its_files_beside_it_or_in_the_archive() {
    let site = TestSite::unsigned(&["amd64"]);
    let source = |version| SourceBuilder::new("hello", version).format(SourceFormat::V3Quilt).build();
    let (first, second) = (source("1.0-1"), source("1.0-2"));
    site.add_source("stable", &first);
    let orig = first.files.iter().find(|file| file.name.contains(".orig.")).unwrap();
    // The second revision comes without the upstream file, which the archive has.
    let paths = site.write(std::iter::once(&second.dsc).chain(&second.files));
    std::fs::remove_file(site.scratch().join("made").join(&orig.name)).unwrap();
    add(&site, &words(&paths[..1]), 0);
    site.publish();
    assert_eq!(site.read(&format!("pool/main/h/hello/{}", orig.name)), orig.bytes);

    let stranger = SourceBuilder::new("stranger", "1.0-1").format(SourceFormat::V3Quilt).build();
    let report = add(&site, &words(&site.write([&stranger.dsc])), 1);
    let reasons: Vec<&str> =
        report["refused"][0]["reasons"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    assert_eq!(reasons.len(), stranger.files.len(), "all missing files are named at once");
    assert!(reasons.iter().all(|reason| reason.starts_with("file.missing ")), "{reasons:?}");
}

#[test]
fn a_changes_adds_what_it_names_and_only_as_it_says() {
    let site = TestSite::unsigned(&["amd64"]);
    let source = SourceBuilder::new("hello", "1.0").format(SourceFormat::V3Native).build();
    let (binary, mut library) = (deb("hello", "1.0"), deb("libhello1", "1.0"));
    let changes = ChangesBuilder::new("hello", "1.0", "stable").source_files(&source);
    let changes = changes.file(&binary).file(&library).build();
    // Another build of the same version lies there.
    library.bytes = DebBuilder::new("libhello1", "1.0", "amd64").description("another build").build().bytes;
    let files = [&changes, &source.dsc, &binary, &library].into_iter().chain(&source.files);
    let paths = site.write(files);
    let report = add(&site, &words(&paths[..1]), 1);
    assert_eq!(report["added"], 2);
    let refused = &report["refused"][0];
    assert!(refused["path"].as_str().unwrap().ends_with("libhello1_1.0_amd64.deb"));
    let reason = refused["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("file.") && reason.contains("the .changes"), "{reason}");
    assert_eq!(
        site.run(&["ls"]).ok().stdout.lines().next().unwrap(),
        " hello | 1.0 | stable | main | source, amd64 | pending"
    );
}
