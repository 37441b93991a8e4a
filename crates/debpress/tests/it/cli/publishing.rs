//! Which archives the publishers look at, as scripts ask for it.

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

/// A site with every kind of archive, each with a package of its own that waits to be published.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    uploader(&site, "ann");
    for archive in ["debian/partner", "debian/rebuild", "~ann/debian/one", "~ann/debian/two"] {
        ok(&site, &format!("archive create {archive}"));
    }
    ok(&site, "archive create ~ann/debian/secret --private");
    for archive in [
        "debian",
        "debian/partner",
        "debian/rebuild",
        "~ann/debian/one",
        "~ann/debian/two",
        "~ann/debian/secret",
    ] {
        let name = archive.replace(['~', '/'], "-").trim_matches('-').to_owned();
        let paths = site.write(&[debfmt::builder::DebBuilder::new(&name, "1.0", "amd64").build()]);
        site.run(&["add", "--suite", "stable", "--archive", archive, paths[0].to_str().unwrap()]).ok();
    }
    site
}

/// The archives that a command has published.
#[track_caller]
fn published(site: &TestSite, command: &str) -> Vec<String> {
    let said = ok(site, &format!("--json {command}")).stdout;
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    let report = if report["published"].is_object() { &report["published"] } else { &report };
    let suites = report["suites"].as_array().unwrap();
    suites.iter().map(|suite| suite["archive"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_mode_publishes_its_kind_of_archive() {
    let site = site();
    assert_eq!(published(&site, "publish-distro --ppa --exclude ~ann/debian/two"), ["~ann/debian/one"]);
    assert_eq!(published(&site, "publish-distro --ppa"), ["~ann/debian/two"]);
    assert_eq!(published(&site, "publish-distro --private-ppa"), ["~ann/debian/secret"]);
    assert_eq!(published(&site, "publish-distro --copy-archive"), ["debian/rebuild"]);
    assert_eq!(published(&site, "publish-distro --partner"), ["debian/partner"]);
    assert_eq!(published(&site, "publish-distro"), ["debian"]);
    assert_eq!(published(&site, "publish-distro --archive ~ann/debian/one --careful"), ["~ann/debian/one"]);
    assert!(site.root().join("private-ppa/ann/secret/debian/dists/stable/Release").is_file());
    assert!(site.root().join("archives/debian-rebuild/debian/dists/stable/Release").is_file());
}

#[test]
fn publish_ftpmaster_publishes_what_belongs_to_a_distribution() {
    let site = site();
    assert_eq!(published(&site, "publish-ftpmaster --post-rsync -d debian"), ["debian", "debian/partner"]);
    assert_eq!(published(&site, "publish-ftpmaster --security-only"), [""; 0]);
    assert_eq!(published(&site, "publish-ftpmaster --all-derived"), [""; 0], "none is derived");
}

#[test]
fn what_excludes_each_other_is_wrong_usage() {
    let site = TestSite::unsigned(&["amd64"]);
    for (wrong, answer) in [
        ("publish-distro --ppa --partner", "cannot be used with"),
        ("publish-distro --archive debian --ppa", "cannot be used with"),
        ("publish-distro -d debian --all-derived", "cannot be used with"),
        ("publish-ftpmaster -d debian -a", "cannot be used with"),
        ("publish-distro --lockfilename other.lock", "belong into different sites"),
        ("publish-distro stable", "unexpected argument"),
    ] {
        let said = site.run(&wrong.split(' ').collect::<Vec<_>>()).ends(2);
        assert!(said.stderr.contains(answer), "{wrong}: {}", said.stderr);
    }
    let said = fails(&site, "publish-distro --copy-archive");
    assert!(said.stderr.contains("there is no copy archive of debian"), "{}", said.stderr);
    let said = fails(&site, "publish-distro -s noble");
    assert!(said.stderr.contains("there is no suite `noble` in debian"), "{}", said.stderr);
    assert_eq!(published(&site, "publish-distro --ppa --include-non-pending"), [""; 0]);
}

#[test]
fn an_archive_that_is_not_published_is_left_alone_and_said_so() {
    let site = site();
    let said = ok(&site, "archive set ~ann/debian/one --publish no").stdout;
    assert!(said.contains("published no"), "{said}");
    assert_eq!(published(&site, "publish-distro --ppa"), ["~ann/debian/two"]);
    let said = fails(&site, "publish-distro --archive ~ann/debian/one");
    assert!(said.stderr.contains("archive set ~ann/debian/one --publish yes"), "{}", said.stderr);
    let said = fails(&site, "archive create debian/debug --private");
    assert!(said.stderr.contains("debian/debug cannot be private"), "{}", said.stderr);
}

#[test]
fn an_archive_that_cannot_be_published_is_told_and_the_others_are() {
    let site = site();
    let pool = site.root().join("ppa/ann/one/debian/pool/main/a/ann-debian-one");
    std::fs::create_dir_all(&pool).unwrap();
    std::fs::write(pool.join("ann-debian-one_1.0_amd64.deb"), "something else").unwrap();
    let said = site.run(&["publish-distro", "--ppa"]).ends(1);
    assert!(said.stderr.contains("exists with other content"), "{}", said.stderr);
    assert!(
        said.stderr.contains("archive ~ann/debian/one was not published; the others were"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("stable of ~ann/debian/two: 1 published"), "{}", said.stdout);
}

#[test]
fn a_dry_run_shows_the_plan_and_does_nothing() {
    let site = TestSite::unsigned(&["amd64"]);
    let deb = |version: &str| [debfmt::builder::DebBuilder::new("hello", version, "amd64").build()];
    site.add("stable", &deb("1.0"));
    let said = ok(&site, "publish-distro --dry-run").stdout;
    let start = "stable of debian: it was never published\n  enters   hello 1.0 amd64 in main\n  file     pool/main/h/hello/";
    assert!(said.starts_with(start), "{said}");
    assert!(!site.archive().exists());
    site.publish();
    assert!(ok(&site, "publish-distro -n").stderr.starts_with("nothing would be published: 1 "));
    site.add("stable", &deb("2.0"));
    let size = deb("2.0")[0].bytes.len();
    insta::assert_snapshot!(ok(&site, "publish-distro -n").stdout.replace(&size.to_string(), "SIZE"), @r"
    stable of debian: it has changed
      enters   hello 2.0 amd64 in main
      leaves   hello 1.0 amd64, for 2.0
      file     pool/main/h/hello/hello_2.0_amd64.deb (SIZE bytes)
      index    main/binary-all/Packages.gz
      index    main/binary-all/Packages.xz
      index    main/binary-amd64/Packages.gz
      index    main/binary-amd64/Packages.xz
      index    main/source/Sources.gz
      index    main/source/Sources.xz
    ");
    let preview: serde_json::Value =
        serde_json::from_str(&ok(&site, "--json publish-distro -n").stdout).unwrap();
    let suite = &preview["suites"][0];
    assert_eq!((&suite["leaves"][0]["version"], &suite["leaves"][0]["by"]), (&"1.0".into(), &"2.0".into()));
    assert_eq!(suite["pool_bytes"], size);
    let said = ok(&site, "publish-distro -n -s stable --careful").stdout;
    assert!(said.starts_with("stable of debian: it has changed"), "{said}");
    assert_eq!(ok(&site, "runs --all").stdout.lines().count(), 2, "a rehearsal is no run");
    // What was shown is what is done.
    let said = site.publish().stdout;
    assert!(said.contains("1 published, 1 superseded"), "{said}");
}

#[test]
fn a_warning_is_said_once() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(&site, "publish-distro -s stable").stderr;
    assert_eq!(said.matches("no signing key is configured").count(), 1, "{said}");
    assert!(said.starts_with("warning: no signing key is configured: "), "{said}");
    site.run(&["-q", "publish-distro", "--careful"]).ok();
}
