//! A key is changed as docs/keys.md says, under the eyes of machines that know only the old one or only the new one.

use std::path::PathBuf;

use debfmt::builder::DebBuilder;

use crate::support::apt::Apt;
use crate::support::document::{blocks, follow};
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;

const GUIDE: &str = include_str!("../../../../docs/keys.md");

/// A machine that was given the public key as it was at some time.
struct Machine {
    apt: Apt,
}

impl Machine {
    fn knowing(site: &TestSite, name: &str, given: &[u8], uri: &str) -> Self {
        Self::with(Apt::new("amd64"), site, (name, given), uri)
    }

    /// The same with a given apt.
    fn with(apt: Apt, site: &TestSite, (name, given): (&str, &[u8]), uri: &str) -> Self {
        let file = site.scratch().join(name);
        std::fs::write(&file, given).unwrap();
        apt.source(uri, "stable", &apt.signed_by(&file));
        Self { apt }
    }

    /// Updates without any warning, and sees this version.
    #[track_caller]
    fn sees(&self, version: &str) {
        self.apt.update();
        let policy = self.apt.run("apt-cache", &["policy", "hello"]).ok().stdout;
        assert!(policy.contains(&format!("Candidate: {version}\n")), "{policy}");
    }

    /// Refuses to update.
    #[track_caller]
    fn refuses(&self) {
        self.apt.run("apt-get", &["update"]).fails();
    }
}

fn ok(site: &TestSite, words: &str) -> String {
    site.run(&words.split(' ').collect::<Vec<_>>()).ok().stdout
}

fn publish(site: &TestSite, archive: &str, version: &str) {
    site.advance(3600);
    let paths: Vec<PathBuf> = site.write(&[DebBuilder::new("hello", version, "amd64").build()]);
    site.run(&["add", "--suite", "stable", "--archive", archive, paths[0].to_str().unwrap()]).ok();
    ok(site, &format!("publish-distro --archive {archive}"));
}

fn sign_with(site: &TestSite, keys: &str) {
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = |line: &str| match line.starts_with("key = ") {
        true => format!("key = {keys}\n"),
        false => format!("{line}\n"),
    };
    std::fs::write(&path, text.lines().map(line).collect::<String>()).unwrap();
    ok(site, &format!("key export {}", site.public_key().display()));
}

#[test]
fn the_key_of_a_site_changes_while_machines_look() {
    with_either_apt(|make| {
        let site = TestSite::new(&["amd64"]);
        publish(&site, "debian", "1.0");
        let server = HttpServer::serve(&site.archive());
        let given = || std::fs::read(site.public_key()).unwrap();
        let knowing = |name: &str, given: &[u8]| Machine::with(make(""), &site, (name, given), &server.uri());
        let old = knowing("old.asc", &given());
        old.sees("1.0");

        ok(&site, "key generate");
        sign_with(&site, "[\"keys/signing.asc\", \"keys/signing-2.asc\"]");
        publish(&site, "debian", "2.0");
        let both = knowing("both.asc", &given());
        let only_new = std::fs::read(site.root().join("keys/public/signing-2.asc")).unwrap();
        let new = knowing("new.asc", &only_new);
        for machine in [&old, &both, &new] {
            machine.sees("2.0");
        }
        // Who was given the two keys in files of their own names both.
        let apart = Machine { apt: make("") };
        let files = ["old.asc", "new.asc"].map(|name| site.scratch().join(name));
        let both_files = apart.apt.signed_by_any(&[&files[0], &files[1]]);
        apart.apt.source(&server.uri(), "stable", &both_files);
        apart.sees("2.0");

        sign_with(&site, "\"keys/signing-2.asc\"");
        publish(&site, "debian", "3.0");
        both.sees("3.0");
        new.sees("3.0");
        apart.sees("3.0");
        knowing("late.asc", &given()).sees("3.0");
        old.refuses();
        assert_eq!(ok(&site, "key doctor"), "");
        assert_eq!(ok(&site, "check"), "");
    });
}

#[test]
fn the_key_of_a_personal_archive_changes_while_machines_look() {
    let (site, archive) = (TestSite::new(&["amd64"]), "~ann/debian/tools");
    ok(&site, &format!("archive create {archive}"));
    publish(&site, archive, "1.0");
    let root = site.root().join("ppa/ann/tools/debian");
    let server = HttpServer::serve(&root);
    let shown = || std::fs::read(root.join("ann-tools.asc")).unwrap();
    let old = Machine::knowing(&site, "old.asc", &shown(), &server.uri());
    old.sees("1.0");

    ok(&site, &format!("key generate --archive {archive}"));
    let new = "keys/ppa/ann/tools/debian.asc";
    ok(&site, &format!("key assign {archive} keys/ppa-owner/ann.asc {new}"));
    publish(&site, archive, "2.0");
    let both = Machine::knowing(&site, "both.asc", &shown(), &server.uri());
    let only_new = std::fs::read(site.root().join("keys/public/ppa/ann/tools/debian.asc")).unwrap();
    let only_new = Machine::knowing(&site, "new.asc", &only_new, &server.uri());
    for machine in [&old, &both, &only_new] {
        machine.sees("2.0");
    }

    ok(&site, &format!("key assign {archive} {new}"));
    publish(&site, archive, "3.0");
    both.sees("3.0");
    only_new.sees("3.0");
    old.refuses();
}

#[test]
fn the_guide_to_keys_works_as_written() {
    let home = tempfile::tempdir().unwrap();
    let guide = blocks("keys.md", GUIDE);
    let (shown, run): (Vec<_>, Vec<_>) = guide.into_iter().partition(|block| block.info == "toml");
    for block in &shown {
        debpress::config::Config::parse(&block.text).unwrap();
    }
    let run: Vec<_> = run.into_iter().filter(|block| !block.info.is_empty()).collect();
    assert!(run.iter().any(|block| block.info == "sh"));
    follow(home.path(), &run);
    let template = debpress::config::template(true);
    let (_, signing) = template.split_once("[signing]\n").unwrap();
    let (signing, _) = signing.split_once("\n[").unwrap();
    let assigned = |line: &str| Some(line.trim_start_matches("# ").split_once(" = ")?.0.to_owned());
    for key in signing.lines().filter_map(assigned).filter(|key| !key.contains(' ')) {
        assert!(GUIDE.contains(&format!("| `{key}`")) || GUIDE.contains(&format!("`{key}` |")), "{key}");
    }
}
