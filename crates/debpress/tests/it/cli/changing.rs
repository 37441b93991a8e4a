//! Packages that are placed elsewhere and removed, from the command line.

use debfmt::builder::{DebBuilder, SourceBuilder};

use crate::support::site::TestSite;
use crate::support::tool::Said;

/// Main and universe; `tools` is in universe, `hello` in main.
fn site() -> TestSite {
    let site = TestSite::with_components("main,universe");
    let source = SourceBuilder::new("tools", "1.0").section("universe/utils").build();
    site.add_source("stable", &source);
    let built = DebBuilder::new("tools-bin", "1.0", "amd64").source("tools").section("universe/utils");
    site.add("stable", &[built.build(), DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    site
}

#[test]
fn a_package_is_promoted_and_everybody_sees_who_did_it_and_why() {
    let site = site();
    let promote = ["override", "tools", "-s", "stable", "-c", "main", "--reason", "for all"];
    let said = site.run(&promote).ok();
    insta::assert_snapshot!(said.stdout, @r"
    tools 1.0 source: universe/utils optional -> main/utils optional
    tools-bin 1.0 amd64: universe/utils optional -> main/utils optional
    ");
    assert_eq!(said.stderr, "publish-distro makes it visible\n");
    let Said { stdout, stderr } = site.run(&promote).ok();
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", "2 in stable of debian as wanted already\n"));
    site.publish();
    insta::assert_snapshot!(site.run(&["ls", "--history"]).ok().stdout, @r"
     hello     | 1.0 | stable | main     | amd64
     tools     | 1.0 | stable | main     | source
     tools     | 1.0 | stable | universe | source | superseded
     tools-bin | 1.0 | stable | main     | amd64
     tools-bin | 1.0 | stable | universe | amd64  | superseded
    ");
    let history = site.run(&["history", "tools-bin"]).ok().stdout;
    let line = history.lines().find(|line| line.contains("overridden")).unwrap();
    assert!(line.ends_with("in stable of debian: amd64 in main/utils (for all)"), "{line}");
    assert!(line.contains(" overridden by "), "{line}");
    let json = site.run(&["--json", "override", "hello", "-s", "stable", "--phase", "20"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changed"][0]["to"], "main/misc optional for 20%");
    assert!(site.run(&["ls", "hello"]).ok().stdout.contains("| pending, for 20%\n"));
    site.publish();
    assert!(site.run(&["ls", "hello"]).ok().stdout.ends_with("| for 20%\n"));
}

#[test]
fn a_package_is_removed_and_everybody_sees_who_did_it_and_why() {
    let site = site();
    let remove = ["remove", "tools", "-s", "stable", "--reason", "upstream is gone"];
    let dry = site.run(&[&remove[..], &["--dry-run"]].concat()).ok().stdout;
    insta::assert_snapshot!(dry, @r"
    tools 1.0 source would leave stable of debian
    tools-bin 1.0 amd64 would leave stable of debian
    ");
    assert!(!site.run(&["ls", "tools"]).ok().stdout.contains("leaves"));
    insta::assert_snapshot!(site.run(&remove).ok().stdout, @r"
    tools 1.0 source leaves stable of debian
    tools-bin 1.0 amd64 leaves stable of debian
    ");
    let state = |status: &str| {
        let line = site.run(&["ls", "tools", "--history"]).ok().stdout;
        assert!(line.contains(&format!("| source | {status}, by ")), "{line}");
        assert!(line.ends_with(": upstream is gone\n"), "{line}");
    };
    state("leaves");
    let preview = site.run(&["publish-distro", "--dry-run"]).ok().stdout;
    assert!(preview.contains("  removed  tools-bin 1.0 amd64\n"), "{preview}");
    let done = site.run(&["publish-distro"]).ok().stdout;
    assert!(done.contains(" 0 published, 0 superseded, 2 removed, "), "{done}");
    state("deleted");
    let again = site.run(&remove).ends(1).stderr;
    assert!(again.contains("has no package tools, or it is about to be gone"), "{again}");
    let json = site.run(&["--json", "remove", "hello", "-s", "stable", "--reason", "x", "-n"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["dry_run"], &json["packages"][0]["name"]), (&true.into(), &"hello".into()));
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let site = site();
    site.run(&["override", "tools", "-s", "stable"]).ends(2);
    site.run(&["override", "tools", "-s", "stable", "--phase", "101"]).ends(2);
    site.run(&["remove", "tools", "-s", "stable"]).ends(2);
    site.run(&["remove", "tools", "-s", "stable", "--reason", ""]).ends(2);
    let said = site.run(&["override", "tools", "-s", "stable", "-c", "contrib"]).ends(1).stderr;
    assert!(said.contains("stable of debian has no component contrib; there are main, universe"), "{said}");
    let said = site.run(&["remove", "tools", "-s", "stable", "--reason", "x", "--as", "eve"]).ends(1).stderr;
    assert!(said.contains("eve may not decide about tools in debian"), "{said}");
}

#[test]
fn an_extra_override_file_that_cannot_be_read_stops_its_archive_and_says_so() {
    let site = site();
    let directory = site.root().join("distro-parts/debian/overrides/more-extra.override.stable.main");
    std::fs::create_dir_all(&directory).unwrap();
    let said = site.run(&["publish-distro"]).ok().stderr;
    assert!(
        said.contains("nobody knows whether fields of packages in stable of debian have changed"),
        "{said}"
    );
    site.run(&["override", "hello", "-s", "stable", "--priority", "extra"]).ok();
    let said = site.run(&["publish-distro"]).ends(1).stderr;
    let stays =
        "cannot publish stable of debian, which stays as it was: make the file readable, or remove it";
    assert!(said.contains(stays), "{said}");
    assert!(said.contains("debian/overrides/more-extra.override.stable.main\n"), "{said}");
    std::fs::remove_dir(&directory).unwrap();
    std::fs::write(&directory, "hello Task minimal\nhello\n").unwrap();
    let said = site.run(&["publish-distro"]).ok().stderr;
    let told = "warning: more-extra.override.stable.main, line 2 has no effect: it is not of the form PACKAGE FIELD VALUE";
    assert!(said.contains(told), "{said}");
}
