//! A site that is declared in debpress.toml.

use debfmt::builder::DebBuilder;
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::time::Timestamp;

use super::people::{fails, ok};
use crate::support::site::TestSite;

/// Two distributions, one derived from the other, partner and debug archives, and three personal ones.
const GROWN: &str = r#"
[distribution.debian.series.stable]
aliases = ["current"]

[distribution.tux]
display_name = "Tux"
redirect_uploads = true

[distribution.tux.series.puffin]
status = "current"
version = "1"
components = ["main", "extra"]
architectures = ["amd64", "arm64"]
parent = "debian/stable"

[distribution.tux.series.penguin]
status = "development"
components = ["main"]
architectures = ["amd64"]
disabled_architectures = ["armel"]
aliases = ["next"]
options = { valid_for = "7d" }

[archive."debian/partner"]
[archive."tux/debug"]

[archive."~ann/debian/tools"]
size_limit = "8GiB"

[archive."~ann/tux/secret"]
private = true

[archive."~bob/tux/lab"]
origin = "Lab"
uploads = false
"#;

/// Writes what is declared after the settings that `init` wrote.
fn declare(site: &TestSite, text: &str) {
    let path = site.root().join("debpress.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let settings = settings.split("\n# DECLARED\n").next().unwrap();
    std::fs::write(&path, format!("{settings}\n# DECLARED\n{text}")).unwrap();
}

fn json(site: &TestSite, command: &str) -> serde_json::Value {
    serde_json::from_str(&ok(site, &format!("--json {command}")).stdout).unwrap()
}

/// All that the commands show of distributions, series and archives.
fn shown(site: &TestSite) -> Vec<serde_json::Value> {
    ["distribution list", "series list", "archive list"].map(|command| json(site, command)).into()
}

#[test]
fn what_would_change_is_shown_and_without_a_yes_nothing_does() {
    let site = TestSite::unsigned(&["amd64"]);
    declare(&site, GROWN);
    let before = shown(&site);
    let said = ok(&site, "apply --dry-run");
    insta::assert_snapshot!(said.stdout, @r"
            WHAT                       VALUE                   FROM          TO
    create  distribution tux           called                                Tux
    create  distribution tux           series puffin                         current; main, extra; amd64, arm64; version 1; from debian/stable
    create  distribution tux           series penguin                        development; main; amd64, armel
    change  distribution tux           redirect_uploads        no            yes
    change  series debian/stable       aliases                 -             current
    change  series tux/penguin         architectures           amd64, armel  amd64
    change  series tux/penguin         disabled_architectures  -             armel
    change  series tux/penguin         aliases                 -             next
    change  series tux/penguin         valid_for               -             7d
    create  archive debian/partner     origin                                debian
    create  archive debian/partner     label                                 debian partner
    create  archive tux/debug          origin                                Tux
    create  archive tux/debug          label                                 Tux debug symbols
    create  archive ~ann/debian/tools  origin                                PPA-ann-tools
    create  archive ~ann/debian/tools  label                                 tools of ann
    create  archive ~ann/debian/tools  size_limit                            8 GiB
    create  archive ~ann/tux/secret    origin                                PPA-ann-secret
    create  archive ~ann/tux/secret    label                                 secret of ann
    create  archive ~ann/tux/secret    private                               yes
    create  archive ~bob/tux/lab       origin                                Lab
    create  archive ~bob/tux/lab       label                                 lab of bob
    change  archive ~bob/tux/lab       uploads                 yes           no
    1 as declared already
    ");
    assert_eq!(said.stderr, "");
    assert_eq!(shown(&site), before, "it only shows");
    let said = fails(&site, "apply");
    assert_eq!(
        said.stderr,
        "error: nothing was changed: there is no terminal to ask on, so look at the steps above and say --yes\n"
    );
    assert_eq!(shown(&site), before);
}

#[test]
fn a_site_grows_as_declared_and_a_second_time_nothing_happens() {
    let site = TestSite::unsigned(&["amd64"]);
    declare(&site, GROWN);
    ok(&site, "apply --yes");
    let series = json(&site, "series list -d tux");
    assert_eq!((&series[0]["series"], &series[0]["status"]), (&"puffin".into(), &"current".into()));
    assert_eq!(series[1]["disabled_architectures"], serde_json::json!(["armel"]));
    assert_eq!(series[1]["options"]["valid_for"], 604_800);
    assert_eq!(json(&site, "series list -d debian")[0]["aliases"], serde_json::json!(["current"]));
    let lab = json(&site, "archive show ~bob/tux/lab");
    assert_eq!((&lab["origin"], &lab["enabled"]), (&"Lab".into(), &false.into()));
    assert_eq!(json(&site, "archive show ~ann/tux/secret")["private"], true);
    assert!(site.root().join("incoming/~ann/debian/tools").is_dir());
    let after = shown(&site);
    for command in ["apply", "apply --yes"] {
        assert_eq!(ok(&site, command).stdout, "10 as declared already\n");
    }
    let report = json(&site, "apply");
    assert_eq!(report, serde_json::json!({"applied": false, "steps": [], "unchanged": 10, "undeclared": []}));
    assert_eq!(shown(&site), after);
    ok(&site, "publish-ftpmaster -a");
    ok(&site, "check");
}

#[test]
fn options_change_and_only_then_is_anything_published_again() {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    declare(&site, "[distribution.debian.series.stable.options]\nby_hash = \"publish\"\n");
    let report = json(&site, "apply --yes");
    assert_eq!(report["applied"], true);
    assert_eq!(report["steps"][0]["fields"][0]["after"], "publish");
    assert_eq!(json(&site, "publish-distro")["suites"].as_array().unwrap().len(), 1);
    ok(&site, "apply --yes");
    assert_eq!(json(&site, "publish-distro")["suites"].as_array().unwrap().len(), 0);
}

#[test]
fn one_refusal_leaves_everything_as_it_was() {
    let site = TestSite::unsigned(&["amd64"]);
    ok(&site, "series set stable --option valid_for=7d");
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let before = shown(&site);
    let closes = "[distribution.debian]\nredirect_uploads = true\n\
                  [distribution.debian.series.stable]\nstatus = \"current\"\n[archive.\"~ann/debian/tools\"]\n";
    declare(&site, closes);
    for command in ["apply --dry-run", "apply --yes"] {
        let said = fails(&site, command);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.stderr, @"
            error: series debian/stable cannot be as it is declared; nothing was changed
              caused by: stable of debian would never change again while stable is current, and clients refuse a suite after the Valid-Until of its Release: run `debpress series set stable --option valid_for=`, then `debpress publish-distro`, and try again; after that the option may be set for the suites that still change
            ");
        }
        assert_eq!(said.stdout, "");
    }
    // The option alone changes nothing that clients have.
    declare(&site, &format!("{closes}[distribution.debian.series.stable.options]\nvalid_for = \"\"\n"));
    fails(&site, "apply --yes");
    assert_eq!(shown(&site), before);
    declare(
        &site,
        "[distribution.debian.series.stable]\ncomponents = [\"x\"]\narchitectures = [\"arm64\"]\n",
    );
    let said = fails(&site, "apply --yes");
    insta::assert_snapshot!(said.stderr, @"
    error: what is declared cannot be; nothing was changed:
        series debian/stable: architecture amd64 is not declared: name it, or name it in disabled_architectures
        series debian/stable: component main cannot leave stable: name it with the others, at the place that you want
    ");
    declare(&site, "[archive.debian]\nsigning_keys = [\"keys/lost.asc\"]\norigin = \"X\"\n");
    let said = fails(&site, "apply --yes");
    assert!(
        said.stderr.contains("archive debian cannot be as it is declared; nothing was changed"),
        "{}",
        said.stderr
    );
    declare(&site, "[distribution.debian.series.stable]\nstate = \"current\"\n");
    let said = fails(&site, "apply --yes");
    assert!(said.stderr.contains("unknown field `state`"), "{}", said.stderr);
    declare(&site, "");
    assert_eq!(shown(&site), before);
}

#[test]
fn a_second_name_moves_and_clients_follow() {
    let site = TestSite::unsigned(&["amd64"]);
    ok(&site, "series create newer --status development");
    ok(&site, "series set stable --alias current");
    for suite in ["stable", "newer"] {
        site.add(suite, &[DebBuilder::new(suite, "1.0", "amd64").build()]);
    }
    site.publish();
    let target = || std::fs::read_link(site.archive().join("dists/current")).unwrap();
    assert_eq!(target().to_str(), Some("stable"));
    declare(&site, "[distribution.debian.series.newer]\naliases = [\"current\"]\n");
    let said = ok(&site, "apply --yes");
    insta::assert_snapshot!(said.stdout, @r"
            WHAT                 VALUE              FROM     TO
    change  series debian/newer  aliases            -        current
    change  series debian/newer  aliases of stable  current  -
    1 as declared already
    ");
    assert_eq!(said.stderr, "recorded, not declared, and left alone: series debian/stable\napplied\n");
    site.publish();
    assert_eq!(target().to_str(), Some("newer"));
    assert!(ok(&site, "apply").stdout.starts_with("2 as declared"));
}

#[test]
fn nothing_is_applied_while_a_publisher_is_at_work() {
    let site = TestSite::unsigned(&["amd64"]);
    declare(&site, GROWN);
    let holder = Holder {
        command: "publish-distro".into(),
        pid: 4711,
        user: "ann".into(),
        host: "vault".into(),
        since: Timestamp(0),
    };
    let lock = PublisherLock::acquire(&site.root().join("publisher.lock"), &holder, Wait::No).unwrap();
    let before = shown(&site);
    site.run(&["apply", "--yes"]).ends(75);
    assert_eq!(shown(&site), before);
    ok(&site, "apply --dry-run");
    drop(lock);
    ok(&site, "apply --yes --wait");
}

#[test]
fn what_was_done_before_a_failure_is_told_and_the_rest_is_done_next_time() {
    let site = TestSite::unsigned(&["amd64"]);
    declare(&site, GROWN);
    // The directory for uploads cannot be made where a file is.
    std::fs::write(site.root().join("incoming/~ann"), "in the way").unwrap();
    let said = fails(&site, "apply --yes");
    let first = said.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    insta::assert_snapshot!(first, @"error: stopped at archive ~ann/debian/tools; done before that: distribution tux, series debian/stable, series tux/penguin, archive debian/partner, archive tux/debug; when the cause is mended, `debpress apply` does the rest");
    std::fs::remove_file(site.root().join("incoming/~ann")).unwrap();
    ok(&site, "apply --yes");
    assert_eq!(ok(&site, "apply").stdout, "10 as declared already\n");
}

#[test]
fn a_site_that_declares_nothing_is_told_so() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(&site, "apply");
    assert_eq!(said.stdout, "0 as declared already\n");
    assert!(
        said.stderr.starts_with("debpress.toml declares no distribution and no archive"),
        "{}",
        said.stderr
    );
}
