//! The sites on which power is lost.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::ports::signer::Signer;

use super::site::Copy;
use super::story::Story;
use super::tree;
use crate::cli::people::{THEN, uploader};
use crate::support::custom;
use crate::support::site::TestSite;

pub(super) fn package(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").build()
}

/// A command on a site.
pub(super) fn story(site: &TestSite, command: &[&str]) -> Story {
    Story {
        start: tree::read(&site.root()),
        now: site.now(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        uploaded: Vec::new(),
        end: |_| {},
        next: None,
    }
}

/// Two signed suites that have been published, with patches and Contents.
pub(super) fn published() -> TestSite {
    let site = TestSite::signed_with_components("main,contrib");
    site.run(&["series", "create", "testing", "--status", "development"]).ok();
    for suite in ["stable", "testing"] {
        for option in ["pdiffs=3", "contents=both", "long_descriptions=no"] {
            site.run(&["series", "set", suite, "--option", option]).ok();
        }
        site.add(suite, &[package("hello", "1"), package("moves", "1"), package("goes", "1")]);
        site.add_source(suite, &SourceBuilder::new("hello", "1").build());
    }
    site.publish();
    site.advance(3600);
    site
}

/// Puts another text into a section of the site's configuration.
fn set(site: &TestSite, section: &str, from: &str, to: &str) {
    let configuration = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&configuration).unwrap();
    let (before, after) = text.split_once(&format!("[{section}]")).unwrap();
    assert!(after.contains(from), "{after}");
    std::fs::write(configuration, format!("{before}[{section}]{}", after.replacen(from, to, 1))).unwrap();
}

/// The same with packages that enter, give way, move and go, and a file of another program.
pub(super) fn changed() -> TestSite {
    let site = published();
    for suite in ["stable", "testing"] {
        site.add(suite, &[package("hello", "2"), package("enters", "1")]);
        site.add_source(suite, &SourceBuilder::new("hello", "2").build());
    }
    site.run(&["override", "moves", "--suite", "stable", "--component", "contrib"]).ok();
    site.run(&["remove", "goes", "--suite", "stable", "--reason", "a story"]).ok();
    set(&site, "staging", "settle = \"60s\"", "settle = \"0s\"");
    let staged = site.root().join("staging/archives/debian/dists/stable/main/cnf");
    std::fs::create_dir_all(&staged).unwrap();
    std::fs::write(staged.join("Commands-amd64.xz"), custom::xz(b"suite: stable\n")).unwrap();
    site.advance(3600);
    site
}

/// A site with packages of which somebody has uploaded newer versions, one into a directory, one loose into a target
/// directory; with an upload of custom files; and with one that is refused.
pub(super) fn uploaded() -> Story {
    let site = TestSite::with_components("main,contrib");
    site.add("stable", &[package("hello", "1"), package("loose", "1")]);
    site.publish();
    set(&site, "mail", "transport = \"none\"", "transport = \"directory\"\nfrom = \"archive@example.org\"");
    let key = uploader(&site, "ann");
    site.run(&["permission", "grant", "ann"]).ok();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let mut uploaded = Vec::new();
    for (name, place) in
        [("hello", "hello"), ("loose", "debian/stable"), ("refused", "refused"), ("images", "images")]
    {
        let (file, changes) = match name {
            "images" => {
                let images = custom::installer("20230607");
                let changes = custom::changes(name, "2", "stable", &[(&images, "raw-installer")]);
                (images, changes)
            }
            _ => {
                let package = package(name, "2");
                let changes = ChangesBuilder::new(name, "2", "stable").file(&package).build();
                (package, changes)
            }
        };
        let text = match name {
            "refused" => changes.bytes.clone(),
            _ => signer.clear_sign(&changes.bytes, THEN).unwrap(),
        };
        let directory = site.root().join("incoming").join(place);
        std::fs::create_dir_all(&directory).unwrap();
        for (name, bytes) in [(file.name, file.bytes), (changes.name, text)] {
            std::fs::write(directory.join(&name), &bytes).unwrap();
            uploaded.push((name, bytes));
        }
    }
    site.advance(3600);
    Story { uploaded, end: each_is_filed_once, ..story(&site, &["process-upload"]) }
}

fn each_is_filed_once(copy: &Copy) {
    let queue = copy.run(&["queue", "list"]).ok().stdout;
    for (name, count) in [("hello", 1), ("loose", 1), ("images", 1), ("refused", 0)] {
        assert_eq!(queue.matches(&format!(" {name} ")).count(), count, "{name}: {queue}");
    }
    let rejected = copy.root().join("rejected/refused/reasons.json");
    let reasons: serde_json::Value = serde_json::from_slice(&std::fs::read(rejected).unwrap()).unwrap();
    assert!(reasons["reasons"][0]["code"].is_string(), "{reasons}");
    copy.run(&["publish-ftpmaster"]).ok();
    has_version_2(copy);
}

fn has_version_2(copy: &Copy) {
    for name in ["hello", "loose"] {
        let listed = copy.run(&["ls", name]).ok().stdout;
        assert!(listed.contains(" 2 "), "{listed}");
    }
}

/// The same when they wait to be published.
pub(super) fn accepted() -> Story {
    let story = uploaded();
    let copy = Copy::new(&story.start, story.now);
    copy.run(&["process-upload"]).ok();
    Story {
        start: copy.read(),
        command: vec!["publish-ftpmaster".to_owned()],
        end: |copy| {
            has_version_2(copy);
            let images = "archives/debian/dists/stable/main/installer-amd64/current/images/netboot/mini.iso";
            assert!(copy.root().join(images).exists());
        },
        ..story
    }
}

/// A personal archive that somebody deletes.
pub(super) fn deleted() -> Story {
    let site = TestSite::new(&["amd64"]);
    uploader(&site, "ann");
    let archive = "~ann/debian/tools";
    site.run(&["archive", "create", archive]).ok();
    let path = site.write([&package("hello", "1")]).remove(0);
    site.run(&["add", "--suite", "stable", "--archive", archive, path.to_str().unwrap()]).ok();
    site.run(&["publish-distro", "--ppa"]).ok();
    let end = |copy: &Copy| {
        assert!(!copy.root().join("ppa/ann/tools").exists());
        let listed = copy.run(&["archive", "list"]).ok().stdout;
        assert!(listed.contains("~ann/debian/tools-deleted "), "{listed}");
    };
    let next = |copy: &Copy| {
        // There is no archive of that name where it was deleted to the end.
        let again = copy.run(&["archive", "delete", "~ann/debian/tools", "--reason", "a story", "--yes"]);
        assert!(again.succeeds() || again.status() == Some(1), "{again}");
        copy.run(&["publish-distro", "--ppa"]).ok();
    };
    let command = ["archive", "delete", archive, "--reason", "a story", "--yes"];
    Story { end, next: Some(next), ..story(&site, &command) }
}
