//! What scripts rely on: exit status, the two streams, JSON, where the site is looked for, the commands' own names.

use std::io::Read;
use std::process::Stdio;

use debfmt::builder::DebBuilder;

use crate::support::site::TestSite;
use crate::support::tool::Ran;

fn packages() -> Vec<debfmt::builder::BuiltFile> {
    let deb = |name, version, architecture| DebBuilder::new(name, version, architecture).build();
    vec![
        deb("hello", "1:2.0-1", "amd64"),
        deb("hello", "1:2.0-1", "arm64"),
        deb("hello-data", "2.0-1", "all"),
    ]
}

#[test]
fn wrong_usage_ends_with_2() {
    let site = TestSite::unsigned(&["amd64"]);
    for arguments in [
        &["no-such-command"][..],
        &["add", "--suite", "stable"],
        &["queue", "list", "--status", "lost"],
        &["publish-distro", "--wait=soon"],
        &["publish-distro", "-d", "debian", "--archive", "debian"],
        &["process-death-row", "--ppa", "--archive", "debian"],
        &["ls", "-s", "../stable"],
        &["-v", "-q", "ls"],
    ] {
        let said = site.run(arguments).ends(2);
        assert!(said.stdout.is_empty() && said.stderr.contains("error:"), "{arguments:?}: {}", said.stderr);
    }
    Ran::of(site.program().arg("--version")).ok();
}

#[test]
fn a_missing_site_is_named_with_the_way_out() {
    let site = TestSite::unsigned(&["amd64"]);
    let nowhere = site.scratch().join("nowhere");
    let said = Ran::of(site.program().arg("--site").arg(&nowhere).arg("ls")).ends(1);
    assert_eq!(
        said.stderr,
        format!(
            "error: there is no debpress site in {}: make one with `debpress init`, or name the right directory with --site or in DEBPRESS_SITE\n",
            nowhere.display()
        )
    );
    // Not the directory itself, but the one that was meant by it.
    let said = Ran::of(site.program().arg("ls")).ends(1);
    assert!(
        said.stderr.contains(&format!("no debpress site in {}", site.scratch().display())),
        "{}",
        said.stderr
    );
}

#[test]
fn the_site_is_an_option_or_in_the_environment_or_here() {
    let site = TestSite::unsigned(&["amd64"]);
    Ran::of(site.program().arg("ls").arg("--site").arg(site.root())).ok();
    Ran::of(site.program().arg("ls").env("DEBPRESS_SITE", site.root())).ok();
    Ran::of(site.program().arg("ls").current_dir(site.root())).ok();
    let nowhere = site.scratch().join("nowhere");
    let mut both = site.program();
    Ran::of(both.arg("ls").arg("--site").arg(site.root()).env("DEBPRESS_SITE", nowhere)).ok();
}

#[test]
fn names_that_mean_nothing_are_answered_with_those_that_do() {
    let site = TestSite::unsigned(&["amd64"]);
    for (arguments, answer) in [
        (&["publish-distro", "-d", "ubuntu"][..], "there is no distribution `ubuntu`; the site has debian"),
        (&["publish-distro", "-s", "sid"], "there is no suite `sid` in debian; its series are stable"),
        (
            &["publish-distro", "--archive", "debian/partner"],
            "there is no archive `debian/partner`; the site has debian",
        ),
        (
            &["add", "x.deb", "--suite", "stable", "-c", "extra"],
            "series stable has no component `extra`; it has main",
        ),
        (&["queue", "show", "7"], "there is no queue item 7"),
    ] {
        let said = site.run(arguments).ends(1);
        assert!(said.stderr.starts_with("error: ") && said.stderr.contains(answer), "{}", said.stderr);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_shown_with_its_line() {
    let site = TestSite::unsigned(&["amd64"]);
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("by_hash_retention", "by_hash_retension");
    std::fs::write(&path, text).unwrap();
    let said = site.run(&["publish-distro"]).ends(1);
    assert!(
        said.stderr.starts_with(&format!("error: {} is not understood\n", path.display())),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("unknown field `by_hash_retension`"), "{}", said.stderr);
}

#[test]
fn what_is_where_is_a_line_for_each_version_and_suite() {
    let site = TestSite::unsigned(&["amd64", "arm64"]);
    site.add("stable", &packages());
    site.publish();
    site.add("stable-proposed", &[DebBuilder::new("hello", "1:2.1-1", "amd64").build()]);
    insta::assert_snapshot!(site.run(&["ls"]).ok().stdout, @r"
    hello      | 1:2.0-1 | stable          | main | amd64, arm64
    hello      | 1:2.1-1 | stable-proposed | main | amd64        | pending
    hello-data | 2.0-1   | stable          | main | all
    ");
    assert_eq!(site.run(&["ls", "*-data", "-s", "stable"]).ok().stdout.lines().count(), 1);
    assert_eq!(site.run(&["ls", "nothing-like-it"]).ok().stdout, "");
}

#[test]
fn every_command_that_reports_has_json() {
    let site = TestSite::unsigned(&["amd64", "arm64"]);
    let paths: Vec<String> = site.write(&packages()).iter().map(|path| path.display().to_string()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let said = site.run(&[&["--json"], arguments].concat()).ok();
        serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said.stdout))
    };
    assert_eq!(json(&[&["add", "--suite", "stable"], &paths[..]].concat())["added"], 3);
    assert_eq!(json(&["process-upload"])["accepted"], serde_json::json!([]));
    assert_eq!(json(&["process-accepted"])["done"], serde_json::json!([]));
    assert_eq!(json(&["publish-ftpmaster"])["published"]["suites"][0]["published"], 3);
    assert_eq!(json(&["publish-distro"])["unchanged"], 1);
    assert_eq!(json(&["ls", "hello"])[0]["architectures"], serde_json::json!(["amd64", "arm64"]));
    assert_eq!(json(&["queue", "list"]), serde_json::json!([]));
    assert_eq!(json(&["uploader", "list"]), serde_json::json!([]));
    assert_eq!(json(&["lock", "status"])["held"], false);
    assert_eq!(json(&["check"])["problems"], serde_json::json!([]));
}

#[test]
fn quiet_leaves_data_and_takes_talk() {
    let site = TestSite::new(&["amd64", "arm64"]);
    site.add("stable", &packages());
    let said = site.run(&["-q", "publish-distro"]).ok();
    assert!(said.stdout.starts_with("stable of debian: 3 published"), "{}", said.stdout);
    assert_eq!(said.stderr, "");
    assert_eq!(site.run(&["publish-distro"]).ok().stderr, "nothing to publish: 1 suite has no change\n");
    assert_eq!(site.run(&["publish-distro", "-q"]).ok().stderr, "");
}

#[test]
fn a_link_named_like_a_command_is_that_command() {
    let site = TestSite::unsigned(&["amd64", "arm64"]);
    site.add("stable", &packages());
    for name in
        ["process-accepted", "publish-distro", "publish-ftpmaster", "process-death-row", "process-upload"]
    {
        let link = site.scratch().join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_debpress"), &link).unwrap();
        let mut command = crate::support::tool::tool(link.to_str().unwrap(), site.scratch());
        Ran::of(command.env("DEBPRESS_SITE", site.root()).args(["-d", "debian"])).ok();
    }
    assert!(site.archive().join("dists/stable/Release").is_file());
}

#[test]
fn a_reader_who_stops_early_is_no_error() {
    let site = TestSite::unsigned(&["amd64", "arm64"]);
    site.add("stable", &packages());
    let mut command = site.program();
    command.arg("--site").arg(site.root()).arg("ls").stdout(Stdio::piped()).stderr(Stdio::piped());
    // Closed before the program can write a word.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command.stdout(writer).spawn().unwrap();
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{talk}");
    assert_eq!(talk, "");
}
