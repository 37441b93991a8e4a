//! Several distributions in one site, one derived from the other.

use debfmt::builder::DebBuilder;

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

/// debian, and tux which is derived from it.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(
        &site,
        "distribution create tux --display-name Tux --series penguin,puffin --component main,extra --arch arm64,amd64 \
         --parent debian/stable",
    );
    assert_eq!(said.stdout, "tux has penguin, puffin\n");
    site
}

fn add(site: &TestSite, archive: &str, suite: &str, name: &str) {
    let paths = site.write(&[DebBuilder::new(name, "1.0", "amd64").build()]);
    site.run(&["add", "--suite", suite, "--archive", archive, paths[0].to_str().unwrap()]).ok();
}

#[test]
fn a_distribution_is_made_with_all_that_it_needs() {
    let site = site();
    assert!(site.root().join("incoming/tux").is_dir());
    let listed: serde_json::Value =
        serde_json::from_str(&ok(&site, "--json series list -d tux").stdout).unwrap();
    let puffin = &listed[1];
    assert_eq!((&puffin["series"], &puffin["status"]), (&"puffin".into(), &"frozen".into()));
    assert_eq!(puffin["architectures"], serde_json::json!(["amd64", "arm64"]));
    let said = ok(&site, "series create parrot -d tux --version 3 --status development");
    assert!(
        said.stdout.starts_with("parrot of tux is development; open for uploads: release"),
        "{}",
        said.stdout
    );
    let listed: serde_json::Value =
        serde_json::from_str(&ok(&site, "--json series list -d tux").stdout).unwrap();
    assert_eq!(listed[2]["components"], serde_json::json!(["main", "extra"]), "those of the newest one");
    for (wrong, answer) in [
        (
            "distribution create tux --series x --component main --arch amd64",
            "the distribution `tux` exists already",
        ),
        ("distribution create y --series x --arch amd64", "--component: name at least one"),
        ("distribution create y --series x,x --component main --arch amd64", "`x` is named twice"),
        ("series create parrot -d tux", "the series `parrot` exists already"),
        ("series create x -d lost", "there is no distribution `lost`"),
        ("series create x -d tux --parent debian/lost", "there is no series `lost`"),
    ] {
        let said = fails(&site, wrong);
        assert!(said.stderr.contains(answer), "{wrong}: {}", said.stderr);
    }
}

/// `SUITE of ARCHIVE` of each suite that a command has published.
#[track_caller]
fn published(site: &TestSite, command: &str) -> Vec<String> {
    let report: serde_json::Value =
        serde_json::from_str(&ok(site, &format!("--json {command}")).stdout).unwrap();
    let report = if report["published"].is_object() { report["published"].clone() } else { report };
    let suites = report["suites"].as_array().unwrap().iter();
    let line = |it: &serde_json::Value| {
        format!("{} of {}", it["suite"].as_str().unwrap(), it["archive"].as_str().unwrap())
    };
    suites.map(line).collect()
}

#[test]
fn every_archive_of_two_distributions_is_published_in_two_commands() {
    let site = site();
    uploader(&site, "ann");
    for archive in [
        "debian/partner",
        "debian/debug",
        "debian/rebuild",
        "tux/partner",
        "~ann/debian/one",
        "~ann/debian/two",
        "~ann/tux/three",
    ] {
        ok(&site, &format!("archive create {archive}"));
    }
    ok(&site, "series set-status puffin current -d tux");
    ok(&site, "series set-status penguin supported -d tux");
    for (archive, suite) in [
        ("debian", "stable"),
        ("debian/partner", "stable"),
        ("debian/debug", "stable"),
        ("tux", "puffin-updates"),
        ("tux/partner", "puffin"),
        ("~ann/debian/one", "stable"),
        ("~ann/debian/two", "stable"),
        ("~ann/tux/three", "puffin"),
    ] {
        add(&site, archive, suite, &archive.replace(['/', '~'], "x"));
    }
    let suites = |command: &str| published(&site, command);
    assert_eq!(suites("publish-ftpmaster -a"), ["puffin-updates of tux", "puffin of tux/partner"]);
    assert_eq!(
        suites("publish-ftpmaster -d debian"),
        ["stable of debian", "stable of debian/partner", "stable of debian/debug"]
    );
    assert_eq!(
        suites("publish-distro --ppa -d debian"),
        ["stable of ~ann/debian/one", "stable of ~ann/debian/two"]
    );
    assert_eq!(suites("publish-distro --ppa --all-derived"), ["puffin of ~ann/tux/three"]);
    let release =
        std::fs::read_to_string(site.root().join("archives/tux/dists/puffin-updates/Release")).unwrap();
    assert!(release.starts_with("Origin: Tux\nLabel: Tux\nSuite: puffin-updates\n"), "{release}");
    let said = fails(&site, "publish-ftpmaster");
    assert!(said.stderr.contains("name the distribution with -d"), "{}", said.stderr);
    site.run(&["check"]).ok();
}

#[test]
fn a_new_series_has_its_indexes_after_the_first_run() {
    let site = site();
    let said = ok(&site, "publish-ftpmaster -d tux");
    assert!(said.stderr.contains("tux has suites that are new"), "{}", said.stderr);
    for suite in ["penguin", "penguin-security", "puffin", "puffin-backports"] {
        assert!(site.root().join(format!("archives/tux/dists/{suite}/Release")).is_file(), "{suite}");
    }
}
