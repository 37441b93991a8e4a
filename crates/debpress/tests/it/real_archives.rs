//! Every kind of archive, read by the real apt.

use debfmt::builder::{DebBuilder, SourceBuilder};

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::newest::newest_apt;
use crate::support::site::TestSite;

/// Each archive, the directory that clients see, and the package that it has.
const ARCHIVES: [(&str, &str, &str); 6] = [
    ("debian", "archives/debian", "hello"),
    ("debian/partner", "archives/debian-partner", "viewer"),
    ("debian/debug", "archives/debian-debug", "hello-symbols"),
    ("debian/rebuild", "archives/debian-rebuild/debian", "hello-again"),
    ("~ann/debian/tools", "ppa/ann/tools/debian", "tools"),
    ("~ann/debian/secret", "private-ppa/ann/secret/debian", "secret"),
];

/// A site with all of them, published.
fn site() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    for (archive, _, package) in ARCHIVES {
        if archive != "debian" {
            let private: &[&str] = if archive.ends_with("secret") { &["--private"] } else { &[] };
            site.run(&[&["archive", "create", archive][..], private].concat()).ok();
        }
        let built = DebBuilder::new(package, "1.0", "amd64").build();
        let source = SourceBuilder::new(package, "1.0").build();
        let mut paths = site.write([&built]);
        paths.push(site.write(std::iter::once(&source.dsc).chain(&source.files)).remove(0));
        let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        site.run(&[&["add", "--suite", "stable", "--archive", archive][..], &paths].concat()).ok();
    }
    site.run(&["publish-ftpmaster"]).ok();
    for mode in ["--ppa", "--private-ppa", "--copy-archive"] {
        site.run(&["publish-distro", mode]).ok();
    }
    site
}

#[track_caller]
fn installs(apt: &Apt, package: &str) {
    apt.update();
    let planned = apt.get(&["install", "--simulate", package]);
    assert!(planned.contains(&format!("Inst {package} (1.0 ")), "{planned}");
    apt.get(&["download", package]);
    assert!(apt.work().join(format!("{package}_1.0_amd64.deb")).is_file());
    // Where there is nothing but apt nobody can unpack it.
    apt.get(&["source", "--download-only", package]);
    assert!(apt.work().join(format!("{package}_1.0.dsc")).is_file());
}

#[test]
fn apt_reads_every_kind_of_archive() {
    let site = site();
    for archive in ARCHIVES.iter().filter(|(archive, ..)| !archive.ends_with("secret")) {
        reads(&site, &Apt::new("amd64"), archive);
    }
}

/// An apt that trusts the archive's key reads it over HTTP.
#[track_caller]
fn reads(site: &TestSite, apt: &Apt, (archive, root, package): &(&str, &str, &str)) {
    let server = HttpServer::serve(&site.root().join(root));
    apt.source(&server.uri(), "stable", &apt.signed_by(&site.archive_key(archive)));
    installs(apt, package);
}

#[test]
fn the_newest_apt_reads_every_kind_of_archive() {
    let site = site();
    for archive in ARCHIVES.iter().filter(|(archive, ..)| !archive.ends_with("secret")) {
        let Some(apt) = newest_apt("amd64") else { return };
        reads(&site, &apt, archive);
    }
    let Some(apt) = newest_apt("amd64") else { return };
    let server =
        HttpServer::serve_to(&site.root().join("private-ppa/ann/secret/debian"), "Basic YW5uOnNlY3JldA==");
    let key = apt.signed_by(&site.archive_key("~ann/debian/secret"));
    apt.source(&server.uri(), "stable", &key);
    let said = apt.run("apt-get", &["update"]).fails();
    assert!(said.stderr.contains("401"), "{}", said.stderr);
    apt.source(&server.uri().replace("http://", "http://ann:secret@"), "stable", &key);
    installs(&apt, "secret");
}

#[test]
fn apt_reads_a_private_archive_with_a_password_and_not_without() {
    let site = site();
    // `ann:secret`, as RFC 7617 writes it.
    let server =
        HttpServer::serve_to(&site.root().join("private-ppa/ann/secret/debian"), "Basic YW5uOnNlY3JldA==");
    let key = format!("Signed-By: {}", site.archive_key("~ann/debian/secret").display());
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &key);
    let said = apt.run("apt-get", &["update"]).fails();
    assert!(said.stderr.contains("401"), "{}", said.stderr);
    apt.source(&server.uri().replace("http://", "http://ann:secret@"), "stable", &key);
    installs(&apt, "secret");
}
