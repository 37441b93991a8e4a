//! Files that other programs stage for suites.

use std::path::PathBuf;

use debfmt::digest::Sha256;
use debpress::model::archive::NewArchive;
use debpress::model::suite::{SeriesStatus, SuiteKey};
use debpress::model::time::Timestamp;
use debpress::publish::Selection;

use crate::support::custom::{gzip, xz};

use super::world::{ROOT, START, World, on_both};

const CATALOGUE: &str = "main/dep11/Components-amd64.yml";
const PACKED: &str = "main/dep11/Components-amd64.yml.gz";
const COMMANDS: &str = "main/cnf/Commands-amd64";

impl World {
    fn staged(&self, suite: &str, path: &str) -> PathBuf {
        self.path().join("staging").join(ROOT).join("dists").join(suite).join(path)
    }

    /// Stages a file as another program does. Its time says that it is as old as can be.
    pub(crate) fn stage(&self, suite: &str, path: &str, bytes: &[u8]) {
        let file = self.staged(suite, path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let new = file.with_extension("new");
        std::fs::write(&new, bytes).unwrap();
        std::fs::File::open(&new).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        std::fs::rename(&new, &file).unwrap();
        let looks = Sha256::of(bytes).to_string();
        self.staging.0.put((ROOT, suite, path), bytes, Timestamp(0), &looks);
    }

    /// The same in memory, changed at a time.
    pub(crate) fn stage_at(&self, suite: &str, path: &str, bytes: &[u8], changed: Timestamp) {
        self.staging.0.put((ROOT, suite, path), bytes, changed, "new");
    }

    /// The same in memory, with looks of its own.
    pub(crate) fn stage_as(&self, suite: &str, path: &str, bytes: &[u8], looks: &str) {
        self.staging.0.put((ROOT, suite, path), bytes, Timestamp(0), looks);
    }

    /// Takes a staged file away.
    pub(crate) fn unstage(&self, suite: &str, path: &str) {
        std::fs::remove_file(self.staged(suite, path)).unwrap();
        self.staging.0.remove((ROOT, suite, path));
    }
}

fn listed(w: &World, suite: &str) -> Vec<String> {
    let own =
        |path: &&String| ["dep11", "cnf", "i18n", "Contents", "oval"].iter().any(|it| path.contains(it));
    let files = w.release(suite).files;
    files.iter().map(|file| &file.path).filter(own).cloned().collect()
}

/// A published suite with a catalogue and a list of commands.
fn contributed(w: &World) {
    w.add("stable", "hello", "1.0", "amd64");
    w.stage("stable", PACKED, &gzip(b"one"));
    w.stage("stable", COMMANDS, b"suite: stable");
    assert_eq!(w.publish().warnings, [""; 0]);
}

#[test]
fn what_is_staged_is_published_by_both_of_its_names_and_listed_with_its_text() {
    on_both(|w| {
        contributed(&w);
        assert!(w.assert_consistent("stable"));
        assert_eq!(w.text("stable", PACKED), "one");
        assert_eq!(w.text("stable", COMMANDS), "suite: stable");
        assert_eq!(listed(&w, "stable"), [COMMANDS, CATALOGUE, PACKED]);
        let sum = w.release("stable").file(CATALOGUE).unwrap().checksums.clone();
        assert_eq!((sum.size, sum.sha256), (3, Sha256::of(b"one")));
    });
}

#[test]
fn content_decides_and_times_do_not() {
    on_both(|mut w| {
        contributed(&w);
        w.stage("stable", COMMANDS, b"suite: stable");
        let again = w.publish_later();
        assert_eq!((again.suites.len(), again.unchanged), (0, 1), "the same once more is no change");
        // As old as can be, and of the same length.
        w.stage("stable", COMMANDS, b"suite: STABLE");
        assert_eq!(w.publish_later().suites.len(), 1);
        assert_eq!(w.text("stable", COMMANDS), "suite: STABLE");
        assert_eq!(w.publish_later().suites.len(), 0);
    });
}

#[test]
fn it_is_carried_over_when_the_suite_is_published_for_other_reasons() {
    on_both(|mut w| {
        contributed(&w);
        let before = listed(&w, "stable");
        w.add("stable", "hello", "2.0", "amd64");
        let report = w.publish_later();
        assert_eq!((report.suites[0].contributed, listed(&w, "stable")), (2, before));
        assert_eq!(w.text("stable", PACKED), "one");
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn what_is_staged_no_more_leaves_and_stays_by_hash_for_a_while() {
    on_both(|mut w| {
        contributed(&w);
        w.unstage("stable", PACKED);
        let plan = w.preview();
        assert_eq!(plan.suites[0].withdrawn, [PACKED]);
        assert_eq!(plan.suites[0].contributed, [COMMANDS]);
        assert_eq!(w.publish_later().suites.len(), 1);
        assert_eq!(listed(&w, "stable"), [COMMANDS]);
        let by_hash = format!("main/dep11/by-hash/SHA256/{}", Sha256::of(&gzip(b"one")));
        let files = debpress::ports::tree::Tree::list(w.tree.inner.as_ref(), ROOT, "dists").unwrap();
        assert!(files.iter().any(|(path, _)| path.ends_with(&by_hash)), "clients may ask for it yet");
    });
}

#[test]
fn forms_of_an_index_are_taken_when_they_agree() {
    on_both(|mut w| {
        contributed(&w);
        w.stage("stable", "main/dep11/Components-amd64.yml.xz", &xz(b"two"));
        let report = w.publish_later();
        assert_eq!(report.suites.len(), 0);
        assert!(report.warnings[0].contains("unpack to different texts"), "{:?}", report.warnings);
        assert_eq!(w.text("stable", PACKED), "one");
        w.stage("stable", PACKED, &gzip(b"two"));
        assert_eq!(w.publish_later().warnings, [""; 0]);
        assert_eq!(w.text("stable", "main/dep11/Components-amd64.yml.xz"), "two");
        assert_eq!(listed(&w, "stable").len(), 4);
    });
}

#[test]
fn what_is_damaged_is_told_and_the_suite_shows_what_it_showed() {
    on_both(|mut w| {
        contributed(&w);
        let mut damaged = gzip(b"a longer text that is cut");
        damaged.truncate(20);
        w.stage("stable", PACKED, &damaged);
        let report = w.publish_later();
        assert!(
            report.warnings[0].contains("is not taken: the gzip stream is truncated"),
            "{:?}",
            report.warnings
        );
        w.add("stable", "hello", "2.0", "amd64");
        w.publish_later();
        assert_eq!(w.text("stable", PACKED), "one");
    });
}

#[test]
fn names_that_no_client_asks_for_are_told() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.stage("stable", "main/binary-amd64/Packages", b"Package: evil\n");
        w.stage("stable", "universe/cnf/Commands-amd64", b"x");
        w.stage("stable", "main/dep11/notes.txt", b"x");
        w.stage("staple", COMMANDS, b"x");
        let warnings = w.publish().warnings.join("\n");
        insta::allow_duplicates! { insta::assert_snapshot!(warnings, @"
        files are staged for staple of debian, which has no such suite
        archives/debian/dists/stable/main/binary-amd64/Packages is not taken: it has no name of a file that programs may contribute
        archives/debian/dists/stable/main/dep11/notes.txt is not taken: it has no name of a file that programs may contribute
        archives/debian/dists/stable/universe/cnf/Commands-amd64 is not taken: the series has no such component
        ") }
        assert_eq!(listed(&w, "stable"), [""; 0]);
    });
}

#[test]
fn a_personal_archive_gets_no_suite_by_what_is_staged_for_it() {
    on_both(|w| {
        let reference = "~ann/debian/tools".parse().unwrap();
        let (origin, label) = ("Tools".into(), "Tools".into());
        let new = NewArchive { reference, origin, label, size_limit: None, private: false };
        let tools = w.records.create_archive(&new).unwrap();
        let root = "ppa/ann/tools/debian";
        for suite in ["stable", "stable-updates"] {
            let file = w.path().join("staging").join(root).join("dists").join(suite).join(COMMANDS);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "x").unwrap();
            w.staging.0.put((root, suite, COMMANDS), b"x", Timestamp(0), "x");
        }
        let report = w.try_publish(&Selection { archives: vec![tools], ..Selection::default() }).unwrap();
        let suites: Vec<&str> = report.suites.iter().map(|it| it.suite.as_str()).collect();
        assert_eq!(suites, ["stable"]);
        let warning = "files are staged for stable-updates of ~ann/debian/tools, which has no such suite";
        assert!(report.warnings.contains(&warning.to_owned()), "{:?}", report.warnings);
    });
}

#[test]
fn names_of_strangers_have_no_power_over_terminals_and_are_not_told_for_ever() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.stage("stable", "main/dep11/a\x1b[2J\nwarning: well", b"x");
        for number in 0..100 {
            w.stage("stable", &format!("main/dep11/x{number}"), b"x");
            w.stage(&format!("su\nite{number}"), COMMANDS, b"x");
        }
        let warnings = w.publish().warnings;
        assert!(warnings.iter().all(|it| !it.contains(char::is_control)), "{warnings:?}");
        assert_eq!(warnings.len(), 42);
        assert_eq!(warnings[20], "debian: 80 more of what is staged there is not taken");
        assert!(
            warnings[21].contains("main/dep11/a\\u{1b}[2J\\nwarning: well is not taken"),
            "{}",
            warnings[21]
        );
    });
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let w = World::on_disk();
    contributed(&w);
    let file = w.staged("stable", "main/dep11/icons-64x64.tar");
    std::fs::File::create_new(file).unwrap().set_len(3 << 30).unwrap();
    let report = w.publish();
    assert_eq!(report.suites.len(), 0);
    assert!(
        report.warnings[0].ends_with("is not taken: it is larger than 2147483648 bytes"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn what_the_publisher_makes_itself_is_left_out() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.stage("stable", "Contents-amd64.gz", &gzip(b"bin/hello hello\n"));
        w.stage("stable", "main/i18n/Translation-de.gz", &gzip(b"Package: hello\n"));
        w.publish();
        assert_eq!(w.text("stable", "Contents-amd64.gz"), "bin/hello hello\n");
        w.set(&["contents=both"]);
        let report = w.publish_later();
        assert!(report.warnings[0].contains("Contents-amd64 of stable of debian is staged and left out"));
        assert_ne!(w.text("stable", "Contents-amd64.gz"), "bin/hello hello\n");
        assert_eq!(w.text("stable", "main/i18n/Translation-de.gz"), "Package: hello\n");
        assert!(w.assert_consistent("stable"));
        w.set(&["contents="]);
        assert_eq!(w.publish_later().warnings, [""; 0]);
        assert_eq!(w.text("stable", "Contents-amd64.gz"), "bin/hello hello\n");
    });
}

#[test]
fn a_suite_that_may_not_change_waits() {
    on_both(|mut w| {
        contributed(&w);
        let release = w.text("stable", "Release");
        let mut distribution = w.records.distributions().unwrap().remove(0);
        distribution.series[0].status = SeriesStatus::Current;
        w.records.update_series(&distribution.series[0]).unwrap();
        w.stage("stable", COMMANDS, b"other");
        let report = w.publish_later();
        assert!(report.warnings[0].contains("what is staged for it waits"), "{:?}", report.warnings);
        assert_eq!(
            (w.text("stable", "Release"), w.text("stable", COMMANDS)),
            (release, "suite: stable".into())
        );
    });
}

#[test]
fn what_changed_a_moment_ago_is_left_to_the_next_run() {
    let mut w = World::in_memory();
    w.settings.staging_settle = 60;
    w.add("stable", "hello", "1.0", "amd64");
    w.stage_at("stable", COMMANDS, b"half", START.plus(-59));
    let report = w.publish();
    assert!(report.warnings[0].contains("it changed a moment ago"), "{:?}", report.warnings);
    assert_eq!(listed(&w, "stable"), [""; 0]);
    w.now = w.now.plus(1);
    w.publish();
    assert_eq!(listed(&w, "stable"), [COMMANDS]);
}

#[test]
fn writers_that_are_not_done_and_links_are_left_alone() {
    let w = World::on_disk();
    w.add("stable", "hello", "1.0", "amd64");
    for name in ["main/cnf/.Commands-amd64", "main/cnf/Commands-amd64.new", "main/cnf/Commands-arm64.tmp"] {
        w.stage("stable", name, b"half");
    }
    let directory = w.path().join("staging/archives/debian/dists/stable/main");
    std::fs::write(w.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(w.path().join("secret"), directory.join("cnf/Commands-armhf")).unwrap();
    std::os::unix::fs::symlink(directory.join("cnf"), directory.join("dep11")).unwrap();
    let warnings = w.publish().warnings.join("\n");
    assert!(warnings.contains("cnf/Commands-armhf is not taken: it is no regular file"), "{warnings}");
    assert_eq!(listed(&w, "stable"), [""; 0]);
}

#[test]
fn a_plan_shows_what_would_be_taken_and_takes_nothing() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        w.stage("stable", PACKED, &gzip(b"one"));
        let plan = w.preview();
        let suite = &plan.suites[0];
        assert_eq!(
            (suite.contributed.as_slice(), suite.why.as_str()),
            ([PACKED.to_owned()].as_slice(), "other programs have staged something for it")
        );
        assert_eq!(w.records.contributions().unwrap(), []);
        assert_eq!(w.objects.size(&Sha256::of(&gzip(b"one"))).unwrap(), None);
    });
}

#[test]
fn other_hashes_are_listed_of_files_of_other_programs_too() {
    on_both(|w| {
        w.set(&["hashes=md5"]);
        contributed(&w);
        let release = w.release("stable");
        for path in [CATALOGUE, PACKED, COMMANDS] {
            assert!(release.file(path).unwrap().checksums.md5.is_some(), "{path}");
        }
    });
}

#[test]
fn a_file_that_nobody_touched_is_not_read_again() {
    let mut w = World::in_memory();
    contributed(&w);
    w.clock.0 = Timestamp(START.0 + 10);
    // The twin says that it looks as before: who believes that does not see the difference.
    w.stage_as("stable", COMMANDS, b"unseen", Sha256::of(b"suite: stable").to_string().as_str());
    assert_eq!(w.publish_later().suites.len(), 0);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_left_to_the_next_run() {
    let mut w = World::in_memory();
    contributed(&w);
    w.stage("stable", COMMANDS, b"half of it");
    w.staging.0.change_when_opened(true);
    let report = w.publish_later();
    assert!(report.warnings[0].contains("it changed while it was read"), "{:?}", report.warnings);
    assert_eq!(w.objects.size(&Sha256::of(b"half of it")).unwrap(), None, "nothing is left of it");
    w.staging.0.change_when_opened(false);
    w.stage("stable", COMMANDS, b"the whole");
    assert_eq!(w.publish_later().warnings, [""; 0]);
    assert_eq!(w.text("stable", COMMANDS), "the whole");
}

#[test]
fn an_area_that_is_not_there_empties_no_suite() {
    on_both(|mut w| {
        contributed(&w);
        std::fs::rename(w.path().join("staging"), w.path().join("elsewhere")).unwrap();
        w.staging.0.remove_area(ROOT);
        w.add("stable", "hello", "2.0", "amd64");
        let report = w.publish_later();
        assert!(
            report.warnings[0].contains("the staging area of debian is not there"),
            "{:?}",
            report.warnings
        );
        assert_eq!(w.text("stable", PACKED), "one");
    });
}

#[test]
fn partner_and_personal_archives_show_what_is_staged_for_them() {
    let w = World::on_disk();
    let archive = |reference: &str| {
        let reference = reference.parse().unwrap();
        let (origin, label) = ("x".to_owned(), "x".to_owned());
        w.records
            .create_archive(&NewArchive { reference, origin, label, size_limit: None, private: false })
            .unwrap()
    };
    let archives = vec![archive("debian/partner"), archive("~ann/debian/tools")];
    let roots = ["archives/debian-partner", "ppa/ann/tools/debian"];
    for (archive, root) in archives.iter().zip(roots) {
        w.add_to_suite(
            (SuiteKey { archive: *archive, ..w.suite("stable") }, "main"),
            "hello",
            "1.0",
            "amd64",
        );
        let file = w.path().join("staging").join(root).join("dists/stable").join(COMMANDS);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, root).unwrap();
        let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, secret).unwrap();
    }
    let report = w.publish_all(&Selection { archives, ..Selection::default() }).unwrap();
    assert!(report.failed.is_empty(), "{report:?}");
    for root in roots {
        let file = w.path().join(root).join("dists/stable").join(COMMANDS);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), root);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o644);
    }
}
