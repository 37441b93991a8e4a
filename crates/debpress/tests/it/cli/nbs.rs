//! Binary packages that no source builds any more.

use debfmt::builder::{DebBuilder, SourceBuilder};
use debfmt::deb::DebKind;

use crate::support::site::TestSite;

/// Adds a source of `tools` that builds these packages, and the packages, of which `tools-data` is for all architectures.
fn add(site: &TestSite, version: &str, binaries: &[&str]) {
    let mut source = SourceBuilder::new("tools", version);
    let mut built = Vec::new();
    for name in binaries {
        let architecture = if *name == "tools-data" { "all" } else { "amd64" };
        source = source.binary(name, architecture);
        built.push(DebBuilder::new(name, version, architecture).source("tools").build());
    }
    let source = source.build();
    let symbols =
        DebBuilder::new("tools-dbgsym", version, "amd64").source("tools").kind(DebKind::Ddeb).build();
    let files = std::iter::once(&source.dsc).chain(&source.files).chain(&built).chain([&symbols]);
    let paths = site.write(files);
    let is_package = |path: &str| [".dsc", ".deb", ".ddeb"].iter().any(|end| path.ends_with(end));
    let paths = paths.iter().map(|path| path.to_str().unwrap()).filter(|path| is_package(path));
    let command: Vec<&str> = ["add", "--suite", "stable"].into_iter().chain(paths).collect();
    site.run(&command).ok();
    site.publish();
}

#[test]
fn what_the_newest_source_does_not_build_is_listed() {
    let site = TestSite::unsigned(&["amd64"]);
    // What no source of the suite could build is not of interest.
    site.add("stable", &[DebBuilder::new("stranger", "1", "amd64").build()]);
    add(&site, "1.0", &["tools", "tools-data", "tools-old"]);
    let listed = |arguments: &[&str]| site.run(&[&["nbs"], arguments].concat()).ok().stdout;
    assert_eq!(listed(&[]), "");
    add(&site, "2.0", &["tools", "tools-new"]);
    insta::assert_snapshot!(listed(&[]), @r"
     tools-data | 1.0 | stable | main | all | tools 1.0, now 2.0
     tools-old | 1.0 | stable | main | amd64 | tools 1.0, now 2.0
    ");
    assert_eq!(listed(&["-s", "stable-updates"]), "");
    let json: serde_json::Value = serde_json::from_str(&listed(&["--json", "-s", "stable"])).unwrap();
    assert_eq!((&json[1]["name"], &json[1]["newest"]), (&"tools-old".into(), &"2.0".into()));
    assert_eq!(json[0]["architectures"], serde_json::json!(["all"]));
    // A newer version of its own, and it is built again.
    add(&site, "3.0", &["tools", "tools-old", "tools-data"]);
    assert_eq!(listed(&[]), " tools-new | 2.0 | stable | main | amd64 | tools 2.0, now 3.0\n");
}

#[test]
fn what_nobody_needs_is_removed_and_the_rest_is_told() {
    let site = TestSite::unsigned(&["amd64"]);
    add(&site, "1.0", &["tools", "tools-data", "tools-old", "libtools0"]);
    let other = |name: &str, needs: &str| DebBuilder::new(name, "1", "amd64").depends(needs).build();
    site.add("stable-proposed", &[other("user", "libtools0 (>= 1.0) | nothing")]);
    add(&site, "2.0", &["tools"]);
    let clean = |more: &[&str]| {
        let command = ["nbs", "--remove", "--reason", "not built any more"];
        site.run(&[&command, more].concat()).ok().stdout
    };
    insta::assert_snapshot!(clean(&["--dry-run"]), @r"
    tools-data 1.0 (all) would leave stable of debian
    tools-old 1.0 (amd64) would leave stable of debian
    libtools0 1.0 stays in stable of debian: user 1 in stable-proposed needs it
    ");
    assert!(clean(&[]).starts_with("tools-data 1.0 (all) leaves stable of debian\n"));
    assert_eq!(site.run(&["nbs"]).ok().stdout.lines().count(), 1, "what leaves is listed no more");
    site.publish();
    let left = site.run(&["ls", "-s", "stable"]).ok().stdout;
    assert!(!left.contains("tools-old") && left.contains("libtools0"), "{left}");
    assert_eq!(clean(&["--force"]), "libtools0 1.0 (amd64) leaves stable of debian\n");
    site.publish();
    assert_eq!(site.run(&["nbs"]).ok().stdout, "");
    let history = site.run(&["history", "libtools0"]).ok().stdout;
    assert!(history.contains(" deleted by ") && history.contains("(not built any more)"), "{history}");
    site.run(&["nbs", "--remove"]).ends(2);
    site.run(&["nbs", "--force"]).ends(2);
}
