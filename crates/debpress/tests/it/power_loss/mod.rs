//! The power fails.

mod crash;
mod disk;
mod order;
mod record;
mod site;
mod steps;
mod story;
mod tree;

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::ports::signer::Signer;

use self::site::Copy;
use self::story::Story;
use crate::cli::people::{THEN, uploader};
use crate::support::site::TestSite;

const DAY: i64 = 86_400;

fn package(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").build()
}

/// Two signed suites with everything that a publication can do: packages that enter, give way, move and go, patches, Contents.
fn published() -> TestSite {
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

/// The same with something to publish.
fn changed() -> TestSite {
    let site = published();
    for suite in ["stable", "testing"] {
        site.add(suite, &[package("hello", "2"), package("enters", "1")]);
        site.add_source(suite, &SourceBuilder::new("hello", "2").build());
    }
    site.run(&["override", "moves", "--suite", "stable", "--component", "contrib"]).ok();
    site.run(&["remove", "goes", "--suite", "stable", "--reason", "a story"]).ok();
    site.advance(3600);
    site
}

fn story(site: &TestSite, command: &[&str]) -> Story {
    Story {
        start: tree::read(&site.root()),
        now: site.now(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        uploaded: Vec::new(),
        end: |_| {},
    }
}

/// A site with a package of which somebody has uploaded a newer version into a directory; a loose upload of another one in a
/// target directory; and one that is refused.
fn uploaded() -> Story {
    let site = TestSite::with_components("main,contrib");
    site.add("stable", &[package("hello", "1"), package("loose", "1")]);
    site.publish();
    let key = uploader(&site, "ann");
    site.run(&["permission", "grant", "ann"]).ok();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let mut uploaded = Vec::new();
    for (name, place) in [("hello", "hello"), ("loose", "debian/stable"), ("refused", "refused")] {
        let package = package(name, "2");
        let changes = ChangesBuilder::new(name, "2", "stable").file(&package).build();
        let text = match name {
            "refused" => changes.bytes.clone(),
            _ => signer.clear_sign(&changes.bytes, THEN).unwrap(),
        };
        let directory = site.root().join("incoming").join(place);
        std::fs::create_dir_all(&directory).unwrap();
        for (name, bytes) in [(package.name, package.bytes), (changes.name, text)] {
            std::fs::write(directory.join(&name), &bytes).unwrap();
            uploaded.push((name, bytes));
        }
    }
    site.advance(3600);
    let end = |copy: &Copy| {
        let queue = copy.run(&["queue", "list"]).ok().stdout;
        for (name, count) in [("hello", 1), ("loose", 1), ("refused", 0)] {
            assert_eq!(queue.matches(name).count(), count, "{name}: {queue}");
        }
        copy.run(&["publish-ftpmaster"]).ok();
        has_version_2(copy);
    };
    Story { uploaded, end, ..story(&site, &["process-upload"]) }
}

fn has_version_2(copy: &Copy) {
    for name in ["hello", "loose"] {
        let listed = copy.run(&["ls", name]).ok().stdout;
        assert!(listed.contains(" 2 "), "{listed}");
    }
}

#[test]
fn a_publication_that_loses_power_shows_the_old_suites_or_the_new_ones_and_is_finished_by_the_next_one() {
    story(&changed(), &["publish-distro", "--allow", "removal"]).record().survives();
}

#[test]
fn the_first_publication_of_an_archive_that_loses_power_is_finished_by_the_next_one() {
    let site = TestSite::with_components("main,contrib");
    site.add("stable", &[package("hello", "1")]);
    story(&site, &["publish-distro"]).record().survives();
}

#[test]
fn death_row_that_loses_power_is_finished_by_the_next_one() {
    let site = changed();
    site.run(&["publish-distro", "--allow", "removal"]).ok();
    site.advance(2 * DAY);
    story(&site, &["process-death-row"]).record().survives();
}

#[test]
fn an_import_that_loses_power_is_done_by_the_same_command() {
    let site = published();
    let path = site.write([&package("imported", "1")]).remove(0);
    let end = |copy: &Copy| {
        let listed = copy.run(&["ls", "imported"]).ok().stdout;
        assert!(listed.contains(" 1 "), "{listed}");
    };
    let command = ["add", "--suite", "stable", path.to_str().unwrap()];
    Story { end, ..story(&site, &command) }.record().survives();
}

#[test]
fn uploads_that_are_taken_by_a_run_that_loses_power_are_judged_once_and_published() {
    uploaded().record().survives();
}

#[test]
fn the_accepted_queue_that_loses_power_with_its_publication_is_finished_by_the_next_run() {
    let story = uploaded();
    let copy = Copy::new(&story.start, story.now);
    copy.run(&["process-upload"]).ok();
    let command = vec!["publish-ftpmaster".to_owned()];
    Story { start: copy.read(), command, end: has_version_2, ..story }.record().survives();
}
