//! Series and distributions as administrators change them.

use super::people::{fails, ok};
use crate::support::site::TestSite;

#[test]
fn the_status_of_a_series_says_which_pockets_are_open() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(&site, "series set-status stable current");
    assert_eq!(
        said.stdout,
        "stable of debian is current; open for uploads: security, updates, proposed, backports; source formats: any; announced to: nobody\n"
    );
    ok(&site, "series set stable --source-format 1.0 --announce changes@debian.example");
    insta::assert_snapshot!(ok(&site, "series list").stdout, @r"
    DISTRIBUTION  SERIES  STATUS   OPEN POCKETS                            SOURCE FORMATS  ANNOUNCED TO
    debian        stable  current  security, updates, proposed, backports  1.0             changes@debian.example
    ");
    let said =
        site.run(&["series", "set", "stable", "--source-format", "3.0 (quilt)", "--source-format", "1.0"]);
    assert!(
        said.ok()
            .stdout
            .ends_with("source formats: 1.0, 3.0 (quilt); announced to: changes@debian.example\n")
    );
    ok(&site, "series set-status stable obsolete");
    let json = ok(&site, "series set stable --any-source-format --announce none --json").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["status"], &json["open_pockets"]), (&"obsolete".into(), &serde_json::json!([])));
    assert_eq!(
        (&json["source_formats"], &json["announce"]),
        (&serde_json::json!([]), &serde_json::Value::Null)
    );
}

#[test]
fn what_is_no_series_status_or_format_is_answered_with_what_is() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = fails(&site, "series set-status sid current");
    assert_eq!(said.stderr, "error: there is no series `sid`; the site has stable\n");
    let said = fails(&site, "series set-status stable current -d ubuntu");
    assert!(said.stderr.contains("there is no series `stable`; the site has none"), "{}", said.stderr);
    for (wrong, answer) in [
        (&["series", "set-status", "stable", "done"][..], "`done` is no status of a series"),
        (&["series", "set", "stable", "--source-format", "3.0 (git)"], "`3.0 (git)` is no source format"),
        (&["series", "set", "stable"], "required"),
        (&["series", "set", "stable", "--announce", "everybody"], "`everybody` is no mail address"),
        (&["distribution", "set", "debian", "--redirect-uploads", "maybe"], "possible values: yes, no"),
    ] {
        let said = site.run(wrong).ends(2);
        assert!(said.stderr.contains(answer), "{wrong:?}: {}", said.stderr);
    }
}

#[test]
fn uploads_to_release_pockets_are_sent_to_proposed() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(&site, "distribution set debian --redirect-uploads yes");
    assert_eq!(said.stdout, "debian: uploads to a release pocket go to -proposed\n");
    insta::assert_snapshot!(ok(&site, "distribution list").stdout, @r"
    DISTRIBUTION  CALLED  SERIES  UPLOADS TO A RELEASE POCKET
    debian        debian  stable  go to -proposed
    ");
    let said = ok(&site, "distribution set debian --redirect-uploads no");
    assert!(said.stdout.ends_with("stay there\n"), "{}", said.stdout);
    fails(&site, "distribution set ubuntu --redirect-uploads no");
}

#[test]
fn a_second_name_belongs_to_one_series_and_is_no_suite() {
    let site = TestSite::unsigned(&["amd64"]);
    ok(&site, "series create next --status development");
    ok(&site, "series set stable --alias current --alias lts");
    ok(&site, "series set next --alias current");
    let listed: serde_json::Value = serde_json::from_str(&ok(&site, "--json series list").stdout).unwrap();
    assert_eq!(
        (&listed[0]["aliases"], &listed[1]["aliases"]),
        (&serde_json::json!(["lts"]), &serde_json::json!(["current"]))
    );
    let said = fails(&site, "series set next --alias stable-updates");
    assert!(said.stderr.contains("`stable-updates` is a suite of debian already"), "{}", said.stderr);
    site.add("next", &[debfmt::builder::DebBuilder::new("hello", "1.0", "amd64").build()]);
    let said = ok(&site, "publish-distro").stdout;
    assert!(said.ends_with("current of debian is next now\n"), "{said}");
    assert!(site.archive().join("dists/current/Release").is_file());
    ok(&site, "check");
    ok(&site, "series set next --no-alias");
    assert_eq!(ok(&site, "publish-distro").stdout, "current of debian is gone\n");
}

#[test]
fn options_are_set_shown_and_put_back() {
    let site = TestSite::unsigned(&["amd64"]);
    let said =
        ok(&site, "series set stable --option valid_for=7d --option field.X-A=b --option by_hash=publish");
    assert!(said.stdout.ends_with("; options changed: by_hash, fields, valid_for\n"), "{}", said.stdout);
    insta::assert_snapshot!(ok(&site, "series show stable").stdout, @r"
    stable of debian is development; open for uploads: release, proposed, backports; source formats: any; announced to: nobody; options changed: by_hash, fields, valid_for
    OPTION                   VALUE
    compressors              -
    keep_versions            1
    wait_for_all             no
    hashes                   -
    by_hash                  publish  changed
    by_hash_keep             2
    pdiffs                   no
    udebs                    auto
    ddebs                    auto
    long_descriptions        yes
    contents                 no
    i18n_index               no
    release_stubs            no
    backports_not_automatic  no
    proposed_not_automatic   no
    valid_for                7d       changed
    changelogs               -
    snapshots                -
    package_origin           -
    package_bugs             -
    field.X-A                b        changed
    ");
    let json = |line: &str| -> serde_json::Value { serde_json::from_str(&ok(&site, line).stdout).unwrap() };
    let expected = serde_json::json!({"by_hash": "publish", "fields": {"X-A": "b"}, "valid_for": 604_800});
    assert_eq!(json("series list --json")[0]["options"], expected);
    let json = json("series show stable --json");
    assert_eq!((&json["series"], &json["options"]), (&"stable".into(), &expected));
    let hashes = serde_json::json!({"name": "by_hash", "value": "publish", "default": false});
    assert!(json["all_options"].as_array().unwrap().contains(&hashes), "{json}");
    ok(&site, "publish-distro -s stable");
    let said = fails(&site, "series set-status stable current");
    assert!(said.stderr.contains("clients refuse a suite after the Valid-Until"), "{}", said.stderr);
    ok(&site, "series set stable --option valid_for= --option field.X-A= --option by_hash=");
    fails(&site, "series set-status stable current");
    ok(&site, "publish-distro");
    let said = ok(&site, "series set-status stable current");
    assert!(!said.stdout.contains("options"), "{}", said.stdout);
}

#[test]
fn an_option_that_is_none_is_refused() {
    let site = TestSite::unsigned(&["amd64"]);
    for (wrong, answer) in [
        ("by_hash=maybe", "write no, publish or advertise"),
        ("speed=high", "there is no option `speed`"),
        ("by_hash", "write NAME=VALUE"),
    ] {
        let said = site.run(&["series", "set", "stable", "--option", wrong]).ends(2);
        assert!(said.stderr.contains(answer), "{wrong}: {}", said.stderr);
    }
    fails(&site, "series show sid");
}
