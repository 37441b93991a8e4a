//! `process-death-row` through the real program, and apt beside it.

use debfmt::builder::{DebBuilder, SourceBuilder};

use super::everything_below;
use super::people::ok;
use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::site::TestSite;

const DAY: i64 = 86_400;

/// Adds `hello` with its source and publishes it.
fn publish(site: &TestSite, version: &str) {
    site.add_source("stable", &SourceBuilder::new("hello", version).build());
    site.add("stable", &[DebBuilder::new("hello", version, "amd64").build()]);
    site.publish();
}

#[test]
fn files_leave_the_pool_when_nobody_can_ask_for_them_any_more() {
    let site = TestSite::new(&["amd64"]);
    publish(&site, "1.0-1");
    let server = HttpServer::serve(&site.archive());
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", site.public_key().display()));
    apt.update();
    site.advance(60);
    publish(&site, "1.0-2");

    // A client that has read the older index gets what it names.
    site.advance(DAY - 1);
    let said = ok(&site, "process-death-row");
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", "debian: nothing to remove\n"));
    apt.get(&["install", "--download-only", "hello"]);
    assert_eq!(apt.downloaded(), ["hello_1.0-1_amd64.deb"]);
    apt.get(&["source", "hello=1.0-1"]);

    site.advance(1);
    let before = everything_below(&site.archive());
    let said = ok(&site, "process-death-row --dry-run");
    insta::assert_snapshot!(said.stdout, @r"
    archives/debian/pool/main/h/hello/hello_1.0-1.debian.tar.xz 588
    archives/debian/pool/main/h/hello/hello_1.0-1.dsc 732
    archives/debian/pool/main/h/hello/hello_1.0-1_amd64.deb 664
    debian: 3 files would leave the pool, 1984 bytes freed; 2 publications done with it
    ");
    assert_eq!(everything_below(&site.archive()), before);
    let said = ok(&site, "process-death-row -d debian");
    assert_eq!(said.stdout, "debian: 3 files left the pool, 1984 bytes freed; 2 publications done with it\n");
    assert_eq!(said.stderr, "");
    assert_eq!(ok(&site, "check --full").stdout, "");
    apt.update();
    apt.get(&["install", "--download-only", "hello"]);
    assert!(apt.downloaded().contains(&"hello_1.0-2_amd64.deb".to_owned()));
    apt.get(&["source", "hello"]);
    let left = everything_below(&site.archive().join("pool"));
    let name = |(path, _): &(String, Vec<u8>)| path.rsplit('/').next().unwrap().to_owned();
    let left: Vec<_> = left.iter().map(name).collect();
    let upstream = "hello_1.0.orig.tar.xz";
    assert_eq!(left, ["hello_1.0-2.debian.tar.xz", "hello_1.0-2.dsc", "hello_1.0-2_amd64.deb", upstream]);
    assert_eq!(ok(&site, "ls --history hello").stdout.lines().count(), 2, "history stays");
}

#[test]
fn personal_archives_are_cleaned_apart() {
    let site = TestSite::unsigned(&["amd64"]);
    let ppa = "~ann/debian/tools";
    ok(&site, &format!("archive create {ppa}"));
    for version in ["1.0", "2.0"] {
        site.advance(60);
        publish(&site, version);
        let file = DebBuilder::new("tool", version, "all").build();
        let path = site.write([&file]).remove(0);
        ok(&site, &format!("add --suite stable --archive {ppa} {}", path.display()));
        ok(&site, &format!("publish-distro --archive {ppa}"));
    }
    site.advance(DAY);
    let said = ok(&site, "--json process-death-row --ppa -n");
    let told: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let path = "ppa/ann/tools/debian/pool/main/t/tool/tool_1.0_all.deb";
    assert_eq!(told["dry_run"], true);
    assert_eq!(told["archives"].as_array().unwrap().len(), 1);
    let archive = &told["archives"][0];
    assert_eq!((&archive["archive"], &archive["files"][0]["path"]), (&ppa.into(), &path.into()));
    assert_eq!((&archive["records"], &archive["error"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(archive["bytes"], archive["files"][0]["bytes"]);

    assert!(site.root().join(path).exists());
    let said = ok(&site, "process-death-row --ppa -d debian").stdout;
    assert!(said.starts_with("~ann/debian/tools: 1 file left the pool, "), "{said}");
    assert!(!site.root().join(path).exists());
    assert!(site.archive().join("pool/main/h/hello/hello_1.0_amd64.deb").exists(), "not asked about");
    let said = ok(&site, &format!("process-death-row --archive debian --archive {ppa}"));
    assert_eq!(said.stderr, "~ann/debian/tools: nothing to remove\n");
    assert!(said.stdout.starts_with("debian: 3 files left the pool, "), "{}", said.stdout);
}

#[test]
fn an_archive_that_fails_is_told_and_the_others_are_cleaned() {
    let site = TestSite::unsigned(&["amd64"]);
    ok(&site, "archive create debian/partner");
    let tool = |version: &str| {
        let path = site.write([&DebBuilder::new("tool", version, "all").build()]).remove(0);
        ok(&site, &format!("add --suite stable --archive debian/partner {}", path.display()));
        ok(&site, "publish-distro --archive debian/partner");
    };
    for version in ["1.0", "2.0"] {
        site.advance(60);
        publish(&site, version);
        tool(version);
    }
    site.advance(DAY);
    let pool = site.archive().join("pool");
    let elsewhere = site.scratch().join("elsewhere");
    std::fs::rename(&pool, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &pool).unwrap();
    let said = site.run(&["process-death-row"]).ends(1);
    assert!(said.stderr.starts_with("error: debian: cannot remove "), "{}", said.stderr);
    assert!(said.stderr.contains("pool is a symbolic link"), "{}", said.stderr);
    assert!(said.stdout.starts_with("debian/partner: 1 file left the pool, "), "{}", said.stdout);
    assert!(elsewhere.join("main/h/hello/hello_1.0_amd64.deb").exists());
}
