//! What leaves the pool, and what stays in it.

use std::path::PathBuf;

use debfmt::builder::DebBuilder;
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::publish::{DeathRowReport, DeathRowSite, preview_death_row, process_death_row};

use super::world::{ROOT, World, on_both};
use crate::check::{add_source, checked, problems};

const DAY: i64 = 86_400;

/// Removes from every pool what nobody needs any more.
pub(super) fn death_row(w: &World) -> DeathRowReport {
    let me = Holder::this_process("process-death-row", w.now);
    let lock = PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap();
    let archives = w.records.archives().unwrap();
    process_death_row(&site(w), &lock, &archives.iter().collect::<Vec<_>>())
}

/// Says what that would do.
fn preview(w: &World) -> DeathRowReport {
    let archives = w.records.archives().unwrap();
    preview_death_row(&site(w), &archives.iter().collect::<Vec<_>>())
}

pub(super) fn site(w: &World) -> DeathRowSite<'_> {
    DeathRowSite {
        records: w.records.as_ref(),
        tree: &w.tree,
        cache: w.cache.as_ref(),
        now: w.now,
        stop: w.stop.as_ref(),
    }
}

/// The files of the pool, without the names of its directories.
pub(super) fn pool(w: &World) -> String {
    let files = w.tree.inner.list(ROOT, "pool").unwrap();
    let name = |(path, _): &(String, u64)| {
        let component = path.split('/').nth(1).unwrap();
        let file = path.rsplit('/').next().unwrap();
        if component == "main" { file.to_owned() } else { format!("{component}/{file}") }
    };
    files.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Removes what is over `seconds` after now; the archive must be sound afterwards. Returns what the pool has left.
fn clean_after(w: &mut World, seconds: i64) -> String {
    w.now = w.now.plus(seconds);
    let report = death_row(w);
    assert!(!report.has_failed(), "{report:?}");
    assert_eq!(problems(&checked(w, true)), "");
    pool(w)
}

fn told(report: &DeathRowReport) -> String {
    let line = |it: &debpress::publish::death_row::ArchiveReport| {
        let files: Vec<_> =
            it.files.iter().map(|file| file.path.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(it.bytes, it.files.iter().map(|file| file.bytes).sum::<u64>());
        format!("{}: [{}], {} records, {} held", it.archive, files.join(" "), it.records, it.held)
    };
    report.archives.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `hello` in version 1.0, replaced by 2.0 a moment ago.
pub(super) fn replaced(w: &mut World) {
    w.add("stable", "hello", "1.0", "amd64");
    w.publish();
    w.add("stable", "hello", "2.0", "amd64");
    w.publish_later();
}

#[test]
fn what_comes_too_late_to_be_seen_leaves_nothing_behind() {
    on_both(|mut w| {
        w.add("testing", "hello", "1.0", "amd64");
        w.publish();
        w.add("testing", "hello", "2.0", "amd64");
        w.add("stable", "hello", "2.0", "amd64");
        w.publish_later();
        // It waits for stable, which has a newer one already; meanwhile its file stays for it.
        w.add("stable", "hello", "1.0", "amd64");
        assert_eq!(clean_after(&mut w, DAY), "hello_1.0_amd64.deb hello_2.0_amd64.deb");
        w.publish();
        assert_eq!(problems(&checked(&w, true)), "");
        assert_eq!(clean_after(&mut w, 0), "hello_2.0_amd64.deb");
    });
}

#[test]
fn what_was_replaced_stays_for_a_day() {
    on_both(|mut w| {
        replaced(&mut w);
        assert_eq!(clean_after(&mut w, DAY - 1), "hello_1.0_amd64.deb hello_2.0_amd64.deb");
        w.now = w.now.plus(1);
        let size = w.tree.inner.list(ROOT, "pool").unwrap()[0].1;
        let report = death_row(&w);
        assert_eq!(told(&report), "debian: [hello_1.0_amd64.deb], 1 records, 0 held");
        assert_eq!(report.archives[0].files[0].path, "archives/debian/pool/main/h/hello/hello_1.0_amd64.deb");
        assert_eq!(report.archives[0].bytes, size);
        assert_eq!(clean_after(&mut w, 0), "hello_2.0_amd64.deb");
        assert_eq!(told(&death_row(&w)), "debian: [], 0 records, 0 held", "once is enough");
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    on_both(|mut w| {
        replaced(&mut w);
        w.now = w.now.plus(DAY);
        let before = w.files();
        let rehearsed = preview(&w);
        assert!(rehearsed.dry_run);
        assert_eq!(w.files(), before);
        let done = death_row(&w);
        assert_eq!(rehearsed.archives, done.archives, "what a run does is what was told");
        assert_eq!(told(&preview(&w)), "debian: [], 0 records, 0 held");
    });
}

#[test]
fn a_file_that_is_gone_already_is_no_error() {
    on_both(|mut w| {
        replaced(&mut w);
        w.add("stable", "other", "1.0", "all");
        w.publish_later();
        w.add("stable", "other", "2.0", "all");
        w.publish_later();
        w.now = w.now.plus(DAY);
        // A run that dies after the first file.
        w.tree.fail_after(1);
        let report = death_row(&w);
        w.tree.mend();
        let error = report.archives[0].trouble().next().unwrap();
        assert_eq!(error, "cannot remove somewhere: the disk has died", "{report:?}");
        assert_eq!(told(&report), "debian: [hello_1.0_amd64.deb], 0 records, 0 held");
        assert_eq!(problems(&checked(&w, true)), "", "nobody misses it");
        assert_eq!(told(&preview(&w)), "debian: [other_1.0_all.deb], 2 records, 0 held");
        assert_eq!(clean_after(&mut w, 0), "hello_2.0_amd64.deb other_2.0_all.deb");
    });
}

#[test]
fn revisions_share_their_upstream_tarball() {
    on_both(|mut w| {
        add_source(&w, ("stable", "main"), "hello", "1.0-1");
        w.publish();
        add_source(&w, ("stable", "main"), "hello", "1.0-2");
        w.publish_later();
        let left = "hello_1.0-2.debian.tar.xz hello_1.0-2.dsc hello_1.0.orig.tar.xz";
        assert_eq!(clean_after(&mut w, DAY), left);
        add_source(&w, ("stable", "main"), "hello", "2.0-1");
        w.publish_later();
        assert_eq!(
            clean_after(&mut w, DAY),
            "hello_2.0-1.debian.tar.xz hello_2.0-1.dsc hello_2.0.orig.tar.xz"
        );
    });
}

#[test]
fn a_package_of_two_suites_stays_until_both_have_replaced_it() {
    on_both(|mut w| {
        w.add("testing", "hello", "1.0", "amd64");
        replaced(&mut w);
        assert_eq!(clean_after(&mut w, DAY), "hello_1.0_amd64.deb hello_2.0_amd64.deb");
        assert_eq!(told(&death_row(&w)), "debian: [], 0 records, 0 held", "the record is done with it");
        w.add("testing", "hello", "3.0", "amd64");
        w.publish_later();
        assert_eq!(clean_after(&mut w, DAY), "hello_2.0_amd64.deb hello_3.0_amd64.deb");
        assert!(w.assert_consistent("testing"));
    });
}

#[test]
fn the_old_place_of_a_package_that_moved_is_cleared() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "all");
        add_source(&w, ("stable", "main"), "hello", "1.0");
        w.publish();
        w.add_to(("stable", "contrib"), "hello", "1.0", "all");
        add_source(&w, ("stable", "contrib"), "hello", "1.0");
        w.publish_later();
        let moved = "contrib/hello_1.0.dsc contrib/hello_1.0.tar.xz contrib/hello_1.0_all.deb";
        let both = format!("{moved} hello_1.0.dsc hello_1.0.tar.xz hello_1.0_all.deb");
        assert_eq!(clean_after(&mut w, DAY - 1), both);
        assert_eq!(clean_after(&mut w, 1), moved);
        // The binaries keep their source where it is now.
        add_source(&w, ("stable", "contrib"), "hello", "2.0");
        w.publish_later();
        assert!(clean_after(&mut w, DAY).contains("contrib/hello_1.0.dsc"));
    });
}

#[test]
fn a_source_outlives_its_binaries() {
    on_both(|mut w| {
        add_source(&w, ("stable", "main"), "hello", "1.0");
        w.add("testing", "hello", "1.0", "arm64");
        replaced(&mut w);
        add_source(&w, ("stable", "main"), "hello", "2.0");
        w.publish_later();
        let left = clean_after(&mut w, DAY);
        assert!(left.contains("hello_1.0.dsc") && left.contains("hello_1.0_arm64.deb"), "{left}");
        assert!(!left.contains("hello_1.0_amd64.deb"), "{left}");
        assert_eq!(told(&death_row(&w)), "debian: [], 0 records, 1 held");
        w.add("testing", "hello", "2.0", "arm64");
        w.publish_later();
        // Clients of the earlier index may still fetch the binary, and have a right to its source.
        assert!(clean_after(&mut w, DAY - 1).contains("hello_1.0.dsc"));
        assert!(!clean_after(&mut w, 1).contains("hello_1.0"), "both at once");
    });
}

#[test]
fn built_using_holds_its_sources() {
    on_both(|mut w| {
        let tool = |version: &str, using: &str| {
            DebBuilder::new("tool", version, "amd64").field("Built-Using", using)
        };
        add_source(&w, ("stable", "main"), "libfoo", "1.0");
        add_source(&w, ("stable", "main"), "libbar", "1.0");
        w.add_built(("stable", "main"), &tool("1.0", "libfoo (= 1.0),\n libbar (>= 1.0)"));
        w.publish();
        add_source(&w, ("stable", "main"), "libfoo", "2.0");
        add_source(&w, ("stable", "main"), "libbar", "2.0");
        w.publish_later();
        let left = clean_after(&mut w, 30 * DAY);
        assert!(left.contains("libfoo_1.0.dsc libfoo_1.0.tar.xz"), "{left}");
        assert!(!left.contains("libbar_1.0"), "only exact versions count: {left}");
        w.add_built(("stable", "main"), &tool("2.0", "libfoo (= 2.0)"));
        w.publish_later();
        assert!(clean_after(&mut w, DAY - 1).contains("libfoo_1.0.dsc"));
        assert!(!clean_after(&mut w, 1).contains("libfoo_1.0"));
    });
}

#[test]
fn what_is_wanted_again_stays_or_comes_back() {
    on_both(|mut w| {
        replaced(&mut w);
        w.add("testing", "hello", "1.0", "amd64");
        assert_eq!(clean_after(&mut w, DAY), "hello_1.0_amd64.deb hello_2.0_amd64.deb", "it waits");
        w.publish();
        assert!(w.assert_consistent("testing"));
        w.add("testing", "hello", "2.0", "amd64");
        w.publish_later();
        assert_eq!(clean_after(&mut w, DAY), "hello_2.0_amd64.deb");
        // Gone, and wanted once more.
        w.add("stable-proposed", "hello", "1.0", "amd64");
        assert_eq!(problems(&checked(&w, true)), "");
        w.publish_later();
        assert!(w.assert_consistent("stable-proposed"));
        assert_eq!(clean_after(&mut w, DAY), "hello_1.0_amd64.deb hello_2.0_amd64.deb");
    });
}

#[test]
fn a_publication_that_was_interrupted_loses_nothing() {
    for n in 0.. {
        let mut w = World::in_memory();
        replaced(&mut w);
        w.add("stable", "hello", "1.0", "arm64");
        w.add("stable", "hello", "3.0", "amd64");
        w.now = w.now.plus(DAY);
        w.tree.fail_after(n);
        let done = w.try_publish(&w.select()).is_ok();
        w.tree.mend();
        let report = death_row(&w);
        assert_eq!(told(&report), "debian: [hello_1.0_amd64.deb], 1 records, 0 held", "operation {n}");
        w.assert_consistent("stable");
        w.publish();
        assert!(w.assert_consistent("stable"));
        assert_eq!(problems(&checked(&w, true)), "", "operation {n}");
        if done {
            return;
        }
    }
}

#[test]
fn a_source_that_is_needed_again_before_its_end_was_recorded_comes_back() {
    on_both(|mut w| {
        add_source(&w, ("stable", "main"), "hello", "1.0");
        w.publish();
        add_source(&w, ("stable", "main"), "hello", "2.0");
        w.publish_later();
        w.now = w.now.plus(DAY);
        // The run dies when it has removed one of two files; then a slow architecture sends its package.
        w.tree.fail_after(1);
        assert!(death_row(&w).has_failed());
        w.tree.mend();
        w.add("stable", "hello", "1.0", "arm64");
        let report = checked(&w, true);
        assert_eq!((report.problems.len(), report.problems[0].code), (1, "pool.missing"), "and that is true");
        let (preview, done) = (preview(&w), death_row(&w));
        assert_eq!((preview.archives[0].restored, done.archives[0].restored), (1, 1));
        assert_eq!(preview.archives, done.archives);
        assert_eq!(clean_after(&mut w, 0), "hello_1.0.dsc hello_1.0.tar.xz hello_2.0.dsc hello_2.0.tar.xz");
        assert_eq!(death_row(&w).archives[0].restored, 0);
    });
}

#[test]
fn a_check_misses_what_must_stay_and_nothing_else() {
    let mut w = World::on_disk();
    add_source(&w, ("stable", "main"), "hello", "1.0");
    w.add("testing", "hello", "1.0", "arm64");
    replaced(&mut w);
    add_source(&w, ("stable", "main"), "hello", "2.0");
    w.publish_later();
    w.now = w.now.plus(DAY - 3600);
    let missed = |w: &World, file: &str| {
        let path = w.lock_path().with_file_name(ROOT).join("pool/main/h/hello").join(file);
        let aside = path.with_file_name("aside");
        std::fs::rename(&path, &aside).unwrap();
        std::fs::rename(&aside, w.lock_path().with_file_name("aside")).unwrap();
        let report = checked(w, false);
        std::fs::rename(w.lock_path().with_file_name("aside"), &path).unwrap();
        report
            .problems
            .iter()
            .any(|problem| problem.code == "pool.missing" && problem.subject.ends_with(file))
    };
    assert!(!missed(&w, "hello_1.0_amd64.deb"), "its stay is over");
    assert!(missed(&w, "hello_1.0.dsc"), "its stay is not over yet");
    w.now = w.now.plus(DAY);
    assert!(missed(&w, "hello_1.0.dsc"), "a binary package in another suite holds it");
    assert!(missed(&w, "hello_2.0_amd64.deb") && missed(&w, "hello_1.0_arm64.deb"));
}

/// Five publications whose stay is over, one of them held, and two files that others need.
fn over(mut w: World) -> World {
    add_source(&w, ("stable", "main"), "held", "1.0");
    w.add("testing", "held", "1.0", "all");
    add_source(&w, ("stable", "main"), "hello", "1.0-1");
    w.add_to(("stable", "contrib"), "data", "1.0", "all");
    w.add("stable", "hello", "1.0-1", "amd64");
    w.add("stable", "shared", "1.0", "all");
    w.add("testing", "shared", "1.0", "all");
    w.publish();
    add_source(&w, ("stable", "main"), "held", "2.0");
    add_source(&w, ("stable", "main"), "hello", "1.0-2");
    w.add("stable", "data", "1.0", "all");
    w.add("stable", "hello", "1.0-2", "amd64");
    w.add("stable", "shared", "2.0", "all");
    w.publish_later();
    w.now = w.now.plus(DAY);
    w
}

/// Directories of the pool, where there is a disk.
fn directories(w: &World) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![w.lock_path().with_file_name(ROOT).join("pool")];
    while let Some(next) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        let inside = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        waiting.extend(inside);
        found.push(next.strip_prefix(w.lock_path().parent().unwrap()).unwrap().to_owned());
    }
    found.sort();
    found
}

fn state(w: &World) -> (String, Vec<PathBuf>, String) {
    let archive = w.records.archives().unwrap()[0].id;
    (pool(w), directories(w), format!("{:?}", w.records.condemned(archive, w.now).unwrap()))
}

fn every_point(make: impl Fn() -> World) -> i64 {
    let w = over(make());
    let report = death_row(&w);
    let files = "data_1.0_all.deb hello_1.0-1.debian.tar.xz hello_1.0-1.dsc hello_1.0-1_amd64.deb";
    assert_eq!(told(&report), format!("debian: [{files}], 4 records, 1 held"));
    let end = state(&w);
    for n in 0.. {
        let mut w = over(make());
        w.tree.fail_after(n);
        let died = death_row(&w).has_failed();
        w.tree.mend();
        assert!(w.assert_consistent("stable") && w.assert_consistent("testing"));
        assert_eq!(problems(&checked(&w, true)), "", "operation {n}");
        if !died {
            assert_eq!(state(&w), end);
            return n;
        }
        assert!(!death_row(&w).has_failed());
        assert_eq!(state(&w), end, "the run after a failure at operation {n}");
        // What is wanted back before that run comes back.
        let again = over(make());
        again.tree.fail_after(n);
        death_row(&again);
        again.tree.mend();
        w = again;
        w.add_to(("stable-proposed", "contrib"), "data", "1.0", "all");
        assert_eq!(problems(&checked(&w, true)), "", "operation {n}");
        assert!(!death_row(&w).has_failed());
        w.publish();
        assert!(w.assert_consistent("stable-proposed"));
        assert_eq!(pool(&w), format!("contrib/data_1.0_all.deb {}", end.0));
        assert_eq!(problems(&checked(&w, true)), "", "operation {n}");
    }
    unreachable!("some number of operations is enough")
}

#[test]
fn a_failure_at_any_operation_harms_nobody_and_the_next_run_finishes_on_twins() {
    assert_eq!(every_point(World::in_memory), 7);
}

#[test]
fn a_failure_at_any_operation_harms_nobody_and_the_next_run_finishes_on_disk() {
    assert_eq!(every_point(World::on_disk), 7);
}

#[test]
fn a_file_that_cannot_go_keeps_no_other_from_going() {
    let mut w = World::on_disk();
    w.add("stable", "stuck", "1.0", "all");
    replaced(&mut w);
    w.add("stable", "stuck", "2.0", "all");
    w.publish_later();
    w.now = w.now.plus(DAY);
    let directory = w.lock_path().with_file_name(ROOT).join("pool/main/s");
    let elsewhere = directory.with_file_name("elsewhere");
    std::fs::rename(&directory, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &directory).unwrap();
    let report = death_row(&w);
    assert_eq!(told(&report), "debian: [hello_1.0_amd64.deb], 1 records, 0 held");
    let trouble: Vec<_> = report.archives[0].trouble().collect();
    assert_eq!(trouble.len(), 1);
    assert!(trouble[0].contains("stuck_1.0_all.deb: pool/main/s is a symbolic link"), "{trouble:?}");
    std::fs::remove_file(&directory).unwrap();
    std::fs::rename(&elsewhere, &directory).unwrap();
    assert_eq!(clean_after(&mut w, 0), "hello_2.0_amd64.deb stuck_2.0_all.deb", "the next run has it");
}

#[test]
fn an_archive_that_fails_stops_no_other() {
    let mut w = World::on_disk();
    replaced(&mut w);
    let ppa = debpress::model::archive::NewArchive {
        reference: "~ann/debian/tools".parse().unwrap(),
        origin: "Ann".into(),
        label: "Ann".into(),
        private: false,
        size_limit: None,
    };
    w.records.create_archive(&ppa).unwrap();
    w.now = w.now.plus(DAY);
    // Somebody has moved a directory elsewhere and left a link.
    let directory = w.lock_path().with_file_name(ROOT).join("pool/main/h");
    let elsewhere = directory.with_file_name("elsewhere");
    std::fs::rename(&directory, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &directory).unwrap();
    let report = death_row(&w);
    assert!(report.has_failed());
    let error = report.archives[0].trouble().next().unwrap();
    assert!(error.contains("hello_1.0_amd64.deb: pool/main/h is a symbolic link"), "{error}");
    assert_eq!(
        (report.archives[1].archive.as_str(), report.archives[1].has_failed()),
        ("~ann/debian/tools", false)
    );
    assert!(elsewhere.join("hello/hello_1.0_amd64.deb").exists());
    std::fs::remove_file(&directory).unwrap();
    std::fs::rename(&elsewhere, &directory).unwrap();
    assert_eq!(clean_after(&mut w, 0), "hello_2.0_amd64.deb");
}
