//! A real site is damaged, mended by the real program, and read by a real apt.

use debfmt::builder::{DebBuilder, SourceBuilder};

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::site::TestSite;

#[test]
fn apt_reads_what_was_mended() {
    let site = TestSite::new(&["amd64"]);
    site.add_source("stable", &SourceBuilder::new("hello", "1.0-1").build());
    site.add("stable", &[DebBuilder::new("hello", "1.0-1", "amd64").build()]);
    site.publish();
    let archive = site.archive();
    let pool = archive.join("pool/main/h/hello");
    std::fs::remove_file(pool.join("hello_1.0-1_amd64.deb")).unwrap();
    std::fs::remove_file(pool.join("hello_1.0-1.dsc")).unwrap();
    std::fs::write(pool.join("hello_1.0-1.dsc"), "damaged").unwrap();
    std::fs::remove_file(archive.join("dists/stable/main/binary-amd64/Packages.xz")).unwrap();
    std::fs::write(archive.join("dists/stable/InRelease"), "damaged").unwrap();
    let fails = |arguments: &[&str]| site.run(arguments).ends(1);

    assert!(
        fails(&["check"]).stderr.contains("`debpress check --repair --dry-run` says what can be done about")
    );
    let rehearsed = site.run(&["check", "--repair", "--dry-run"]).ok().stdout;
    assert!(rehearsed.contains(
        "would mend: pool.missing: archives/debian/pool/main/h/hello/hello_1.0-1_amd64.deb: put back"
    ));
    site.advance(60);
    let mended = site.run(&["check", "--repair"]).ok();
    assert!(
        mended
            .stdout
            .contains("mended: pool.size: archives/debian/pool/main/h/hello/hello_1.0-1.dsc: put back")
    );
    assert!(mended.stderr.contains("all agree") && mended.stderr.contains("1 damaged files were put aside"));
    assert_eq!(site.run(&["check", "--full", "--repair"]).ok().stdout, "", "once is enough");
    let json: serde_json::Value = serde_json::from_str(&site.run(&["--json", "check"]).ok().stdout).unwrap();
    assert_eq!(json["problems"], serde_json::json!([]));

    let server = HttpServer::serve(&archive);
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", site.public_key().display()));
    apt.update();
    apt.get(&["install", "--download-only", "hello"]);
    assert_eq!(apt.downloaded(), ["hello_1.0-1_amd64.deb"]);
    apt.get(&["source", "hello"]);
}
