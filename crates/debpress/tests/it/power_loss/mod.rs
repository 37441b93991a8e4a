//! The power fails while the real program is at work, at every point in turn.
//!
//! A command runs once under strace, which writes down every system call that changes a file system, with all bytes
//! ([`record`], [`steps`]). A model of the disk ([`disk`]) knows from that what was done, and from when on the program could rely
//! on it. [`crash`] says what a disk may hold when the power fails between two changes: what was durable then, and of the rest
//! nothing, all names but no contents, all but the end of the last write, or what was drawn, the same every time. That the
//! record is complete is checked: replayed as a whole it gives the directory that the command has left.
//!
//! On each such disk clients see each suite as it was or as it will be, with every file that it names, readable for all; nothing
//! that was uploaded is lost; the next run finishes; `check --full` finds nothing; and SQLite finds its file sound
//! ([`story`], [`site`]). When the command has ended, what it said it did is durable. [`order`] looks at the record itself.
//!
//! What is assumed of the file system is less than any in use gives:
//!
//! - A link, a rename, an exchange or a removal happens as a whole or not at all, also between two directories.
//! - After `fsync` of a file its content, size and mode are durable, but not its name; `fdatasync` leaves the mode out.
//! - After `fsync` of a directory the names in it are durable, but not its own. What has changed two directories is durable when
//!   both are synced. After `syncfs` everything is durable that was done before it was called.
//! - All else may be lost, whatever was done later and kept: writes to one file, sizes, modes and names, each by itself. Two changes of
//!   one name keep their order. A file may be longer than what was written to it, with zeros. A write may end early.
//!
//! Not part of it: disks that lose what they have said is durable, and writes of which parts in the middle are lost.

mod crash;
mod disk;
mod order;
mod record;
mod site;
mod sites;
mod steps;
mod story;
mod tree;

use self::disk::{Change, Event};
use self::site::Copy;
use self::sites::{accepted, changed, deleted, package, published, story, uploaded};
use self::story::Story;
use self::tree::Tree;
use crate::support::site::TestSite;

const DAY: i64 = 86_400;

#[test]
fn a_publication_that_loses_power_shows_old_suites_or_new_ones_and_is_finished_by_the_next_one() {
    story(&changed(), &["publish-distro", "--allow", "removal"]).record().survives();
}

#[test]
fn a_publication_that_loses_power_again_while_it_is_finished_is_finished_by_the_one_after() {
    let first = story(&changed(), &["publish-distro", "--allow", "removal"]);
    let is_exchange = |event: &Event| match &event.change {
        Change::Names(names) => names.len() == 2 && event.path.starts_with("archives/debian/dists/"),
        Change::Write { .. } | Change::Resize { .. } | Change::Mode { .. } => false,
    };
    let start = first.record().lost_before(is_exchange);
    Story { start, ..first }.record().survives();
}

#[test]
fn the_first_publication_of_an_archive_that_loses_power_is_finished_by_the_next_one() {
    let site = TestSite::with_components("main,contrib");
    site.run(&["series", "set", "stable", "--alias", "steady"]).ok();
    site.run(&["archive", "set", "debian", "--ls-lr", "yes", "--indices", "yes"]).ok();
    site.add("stable", &[package("hello", "1")]);
    let end = |copy: &Copy| assert!(copy.root().join("archives/debian/dists/steady/Release").exists());
    Story { end, ..story(&site, &["publish-distro"]) }.record().survives();
    // What mirrors read is written after the records; a run that dies before leaves it to the next publication.
    let end = |copy: &Copy| {
        let there =
            ["ls-lR.gz", "indices/md5sums.gz"].map(|path| copy.root().join("archives/debian").join(path));
        assert_eq!(there.map(|path| path.exists()), [true; 2]);
    };
    Story { end, ..story(&site, &["publish-distro"]) }.record().ended();
}

#[test]
fn death_row_that_loses_power_is_finished_by_the_next_one() {
    let site = changed();
    site.run(&["publish-distro", "--allow", "removal"]).ok();
    site.advance(2 * DAY);
    story(&site, &["process-death-row"]).record().survives();
}

#[test]
fn the_deletion_of_an_archive_that_loses_power_is_finished_by_the_next_publisher() {
    deleted().record().survives();
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
fn uploads_that_are_inherited_by_a_run_that_loses_power_again_are_judged_once_and_published() {
    let first = uploaded();
    let is_end = |event: &Event| ["accepted/", "rejected/"].iter().any(|end| event.path.starts_with(end));
    let start = first.record().lost_before(is_end);
    Story { start, ..first }.record().survives();
}

#[test]
fn the_accepted_queue_that_loses_power_with_its_publication_is_finished_by_the_next_run() {
    accepted().record().survives();
}

#[test]
fn a_site_a_key_and_an_archive_that_somebody_was_told_of_are_there_after_a_failure_of_power() {
    let site = TestSite::new(&["amd64"]);
    let init = ["init", "site", "--distribution", "debian", "--series", "stable", "--arch", "amd64"];
    let end = |copy: &Copy| {
        copy.run(&["key", "doctor"]).ok();
    };
    Story { start: Tree::new(), end, ..story(&site, &init) }.record().ended();
    let end = |copy: &Copy| assert!(copy.root().join("incoming/debian/partner").is_dir());
    let partner = Story { end, ..story(&site, &["archive", "create", "debian/partner"]) };
    partner.record().ended();
    site.run(&["archive", "create", "debian/partner"]).ok();
    let end = |copy: &Copy| {
        copy.run(&["key", "doctor"]).ok();
        let keys = [
            "archives/debian-partner.asc",
            "archives/debian-partner.revocation",
            "public/archives/debian-partner.asc",
        ];
        assert_eq!(keys.map(|key| copy.root().join("keys").join(key).exists()), [true; 3]);
    };
    Story { end, ..story(&site, &["key", "generate", "--archive", "debian/partner"]) }.record().ended();
}
