//! The moments that matter, each forced.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Stdio;

use debfmt::builder::DebBuilder;
use debfmt::digest::Sha256;

use super::apts::client;
use super::reader::{release, shown};
use crate::support::http::HttpServer;
use crate::support::site::TestSite;
use crate::support::tool::tool;

/// A published site with hello 1.
fn published() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    add(&site, "hello", "1");
    site.publish();
    site
}

fn add(site: &TestSite, name: &str, version: &str) {
    site.advance(3600);
    site.add("stable", &[DebBuilder::new(name, version, "amd64").build()]);
}

fn remove(site: &TestSite, name: &str) {
    site.advance(3600);
    site.run(&["remove", name, "--suite", "stable", "--reason", "a story"]).ok();
}

fn publish(site: &TestSite) {
    site.run(&["publish-distro", "--allow", "removal"]).ok();
}

/// The archive as it looks to a client that has read this InRelease and asks for everything else now.
fn seen(site: &TestSite, name: &str, inrelease: &[u8]) -> std::path::PathBuf {
    let seen = site.scratch().join(name);
    std::fs::create_dir_all(seen.join("dists/stable")).unwrap();
    std::fs::write(seen.join("dists/stable/InRelease"), inrelease).unwrap();
    symlink(site.archive().join("dists/stable/main"), seen.join("dists/stable/main")).unwrap();
    symlink(site.archive().join("pool"), seen.join("pool")).unwrap();
    seen
}

/// apt with the suite stable of this server only.
fn apt(site: &TestSite, server: &HttpServer, more: &str) -> crate::support::apt::Apt {
    let apt = client(&server.uri(), &site.public_key(), more);
    apt.source(&server.uri(), "stable", &apt.signed_by(&site.public_key()));
    apt
}

fn versions(apt: &crate::support::apt::Apt) -> String {
    apt.run("apt-cache", &["dumpavail"])
        .ok()
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("Version: "))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn apt_that_asks_by_plain_names_between_two_publications_says_so_and_keeps_what_it_had() {
    let site = published();
    let server = HttpServer::serve(&site.archive());
    let apt = apt(&site, &server, "Acquire::By-Hash \"no\";");
    apt.update();
    add(&site, "hello", "2");
    publish(&site);
    let inrelease = site.read("dists/stable/InRelease");
    add(&site, "hello", "3");
    publish(&site);
    server.serve_instead(&seen(&site, "between", &inrelease));
    let said = apt.run("apt-get", &["update"]).ends(100).stderr;
    assert!(said.contains("Hash Sum mismatch") || said.contains("File has unexpected size"), "{said}");
    assert!(said.contains("They have been ignored, or old ones used instead."), "{said}");
    assert_eq!(versions(&apt), "1");
    apt.get(&["download", "hello"]);
    server.serve_instead(&site.archive());
    apt.update();
    assert_eq!(versions(&apt), "3");
}

#[test]
fn apt_that_has_read_any_release_of_a_rollback_completes_its_update() {
    let site = published();
    let mut inreleases = vec![site.read("dists/stable/InRelease")];
    let index = |inrelease: &[u8]| release(inrelease).file("main/binary-amd64/Packages").unwrap().clone();
    // A, then B, A again, and C, days apart: nothing stays for its age.
    for step in 0..3 {
        site.advance(30 * 86_400);
        match step {
            0 => add(&site, "extra", "1"),
            1 => remove(&site, "extra"),
            _ => add(&site, "hello", "2"),
        }
        publish(&site);
        inreleases.push(site.read("dists/stable/InRelease"));
    }
    let indexes: Vec<_> = inreleases.iter().map(|it| index(it).checksums.sha256).collect();
    assert!(indexes[0] == indexes[2] && indexes[0] != indexes[1], "the rollback is one");
    // By count three Releases stay; the index of the first one is there with that of the third.
    let shown = ["1", "1 1", "1", "2"];
    for (number, (inrelease, shown)) in inreleases.iter().zip(shown).enumerate() {
        let server = HttpServer::serve(&seen(&site, &number.to_string(), inrelease));
        let apt = apt(&site, &server, "");
        apt.update();
        assert_eq!(versions(&apt), shown, "{number}");
        apt.get(&["download", "hello"]);
        let asked = server.take_asked();
        assert!(asked.iter().all(|line| line.starts_with("200 ")), "{asked:#?}");
    }
}

#[test]
fn a_process_in_the_directory_of_a_suite_reads_it_whole_after_the_next_publication() {
    let site = published();
    let directory = site.archive().join("dists/stable");
    let mut shell = tool("sh", site.scratch());
    shell.current_dir(&directory).args(["-c", "read go && exec sha256sum --check --strict -"]);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let release = release(&site.read("dists/stable/InRelease"));
    let sum = |path: String| format!("{}  {path}\n", release.file(&path).unwrap().checksums.sha256);
    let sums: String = shown(&release).into_iter().map(sum).collect();
    let inrelease = Sha256::of(&site.read("dists/stable/InRelease"));
    add(&site, "hello", "2");
    publish(&site);
    assert_ne!(Sha256::of(&site.read("dists/stable/InRelease")), inrelease);
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(format!("go\n{sums}{inrelease}  InRelease\n").as_bytes()).unwrap();
    drop(stdin);
    let ended = shell.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}");
    assert_eq!(said.lines().count(), sums.lines().count() + 1);
}

#[test]
fn what_stays_for_readers_has_its_bytes_in_common_with_what_stays_by_hash() {
    let site = published();
    for version in ["2", "3"] {
        add(&site, "hello", version);
        publish(&site);
    }
    let files = |directory: &str| {
        let mut found = Vec::new();
        walk(&site.archive().join(directory), &mut found);
        found
    };
    let live = files("dists");
    let inodes: BTreeSet<u64> = live.iter().map(|(inode, _)| *inode).collect();
    let hashes: BTreeSet<Sha256> = live.iter().map(|(_, sha256)| *sha256).collect();
    let release = release(&site.read("dists/stable/InRelease"));
    let (shared, own): (Vec<_>, Vec<_>) =
        files(".previous").into_iter().partition(|(inode, _)| inodes.contains(inode));
    assert!(shared.len() > 8 && shared.len() > own.len(), "{shared:?} {own:?}");
    // An index that has not changed is written anew by each publication, and so are the bytes of it that stay.
    let unchanged = |sha256| release.files.iter().any(|file| file.checksums.sha256 == sha256);
    assert!(own.iter().all(|(_, sha256)| hashes.contains(sha256) && unchanged(*sha256)), "{own:?}");
}

/// The files below a directory: their numbers, and the hashes of their bytes.
fn walk(directory: &Path, found: &mut Vec<(u64, Sha256)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push((path.metadata().unwrap().ino(), Sha256::of(&std::fs::read(&path).unwrap())));
        }
    }
}
