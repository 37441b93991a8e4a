//! What a publication leaves alone, and what it does when there is next to nothing to do.

use debfmt::digest::Sha256;
use debpress::model::archive::{ArchiveId, NewArchive};
use debpress::model::publication::Listing;
use debpress::model::suite::{SeriesStatus, SuiteKey};
use debpress::ports::db::ListFilter;
use debpress::ports::hooks::HookEvent;
use debpress::publish::{FtpmasterReport, FtpmasterRun};

use super::world::{ROOT, World, on_both};

const DAY: i64 = 86_400;
const AMD64: &str = "main/binary-amd64/Packages.gz";

fn set_status(w: &World, series: usize, status: SeriesStatus) {
    let mut series = w.records.distributions().unwrap()[0].series[series].clone();
    series.status = status;
    w.records.update_series(&series).unwrap();
}

fn run(security_only: bool) -> FtpmasterRun {
    let distributions = vec!["debian".parse().unwrap()];
    FtpmasterRun { distributions, security_only, ..FtpmasterRun::default() }
}

fn ftpmaster(w: &World, security_only: bool) -> FtpmasterReport {
    w.ftpmaster(&run(security_only)).unwrap()
}

fn archive(w: &World, reference: &str) -> ArchiveId {
    let (origin, label) = (reference.to_owned(), reference.to_owned());
    let (reference, private) = (reference.parse().unwrap(), false);
    w.records.create_archive(&NewArchive { reference, origin, label, size_limit: None, private }).unwrap()
}

/// Every publication: `hello 1.0 amd64 in stable of debian: published`.
fn records(w: &World) -> Vec<String> {
    let archives = w.records.archives().unwrap();
    let distribution = w.records.distributions().unwrap().remove(0);
    let place = |key: SuiteKey| {
        let series = distribution.series.iter().find(|it| it.id == key.series).unwrap();
        let archive = archives.iter().find(|it| it.id == key.archive).unwrap();
        format!("{}{} of {}", series.name, key.pocket.suffix(), archive.reference)
    };
    let listed = w.records.list(&ListFilter { history: true, ..ListFilter::default() }).unwrap();
    let line = |it: &Listing| {
        let status = it.status.as_str();
        format!("{} {} {} in {}: {status}", it.name, it.version, it.architecture, place(it.suite))
    };
    let mut lines: Vec<String> = listed.iter().map(line).collect();
    lines.sort();
    lines
}

/// Every file that clients of the archive see, with its content.
fn tree(w: &World) -> Vec<(String, Option<Sha256>)> {
    let mut files = w.tree.inner.list(ROOT, "dists").unwrap();
    files.extend(w.tree.inner.list(ROOT, "pool").unwrap());
    let content = |path: &str| w.bytes(path).map(|bytes| Sha256::of(&bytes));
    files.into_iter().map(|(path, _)| (path.clone(), content(&path))).collect()
}

#[test]
fn where_there_is_nothing_to_publish_nothing_is_made_however_often() {
    on_both(|mut w| {
        archive(&w, "debian/partner");
        for security_only in [false, false, true] {
            w.now = w.now.plus(3600);
            let report = ftpmaster(&w, security_only);
            assert_eq!(
                (report.published.suites.len(), report.published.warnings.len()),
                (0, 0),
                "{report:?}"
            );
            assert!(report.published.failed.is_empty(), "{report:?}");
        }
        assert_eq!((w.files(), w.hooks.take()), (String::new(), vec![]));
        w.add("stable", "hello", "1.0", "amd64");
        ftpmaster(&w, false);
        let before = tree(&w);
        w.hooks.take();
        w.now = w.now.plus(3600);
        ftpmaster(&w, false);
        assert_eq!((tree(&w), w.hooks.take()), (before, vec![]));
    });
}

#[test]
fn a_run_for_security_leaves_the_rest_waiting_and_tells_nobody_when_it_had_nothing_to_do() {
    on_both(|mut w| {
        set_status(&w, 0, SeriesStatus::Current);
        w.add("stable-updates", "hello", "1.1", "amd64");
        w.add("testing", "hello", "2.0", "amd64");
        ftpmaster(&w, true);
        assert_eq!((w.files(), w.hooks.take()), (String::new(), vec![]), "nothing of it is security");
        w.add("stable-security", "hello", "1.0.1", "amd64");
        w.now = w.now.plus(3600);
        ftpmaster(&w, true);
        assert_eq!(
            records(&w),
            [
                "hello 1.0.1 amd64 in stable-security of debian: published",
                "hello 1.1 amd64 in stable-updates of debian: pending",
                "hello 2.0 amd64 in testing of debian: pending",
            ]
        );
        let files = w.files();
        assert!(
            files.lines().all(|path| path.starts_with("dists/stable-security/") || path.contains("_1.0.1_")),
            "{files}"
        );
        let told = w.hooks.take();
        assert!(matches!(told.last(), Some(HookEvent::Finalize { security_only: true, .. })), "{told:?}");
        w.now = w.now.plus(3600);
        ftpmaster(&w, false);
        assert!(records(&w).iter().all(|line| line.ends_with(": published")), "{:?}", records(&w));
        for suite in ["stable-security", "stable-updates", "testing"] {
            assert!(w.assert_consistent(suite), "{suite}");
        }
    });
}

#[test]
fn a_fresh_series_that_could_not_be_made_is_made_by_the_next_run_and_its_neighbours_stay() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        ftpmaster(&w, false);
        let before = tree(&w);
        set_status(&w, 1, SeriesStatus::Frozen);
        w.now = w.now.plus(3600);
        w.tree.fail_after(10);
        let failed = w.ftpmaster(&run(false));
        assert!(failed.map_or(true, |report| !report.published.failed.is_empty()));
        w.tree.mend();
        let kept = |w: &World| tree(w).iter().filter(|it| before.contains(it)).count();
        assert_eq!((kept(&w), w.assert_consistent("testing")), (before.len(), false));
        w.now = w.now.plus(3600);
        assert_eq!(ftpmaster(&w, false).fresh, ["debian"]);
        for pocket in ["", "-security", "-updates", "-proposed", "-backports"] {
            assert!(w.assert_consistent(&format!("testing{pocket}")), "{pocket}");
        }
        assert_eq!(kept(&w), before.len(), "stable is as it was");
        assert!(ftpmaster(&w, false).fresh.is_empty(), "once");
        assert!(!w.files().contains(".staged"), "{}", w.files());
    });
}

#[test]
fn a_newer_version_replaces_its_like_and_nothing_elsewhere() {
    on_both(|mut w| {
        set_status(&w, 0, SeriesStatus::Frozen);
        let partner = SuiteKey { archive: archive(&w, "debian/partner"), ..w.suite("stable") };
        for suite in ["stable", "stable-updates", "testing"] {
            w.add(suite, "hello", "1.0", "amd64");
        }
        w.add("stable", "hello", "1.0", "arm64");
        w.add("stable", "hello-data", "1.0", "all");
        w.add_to_suite((partner, "main"), "hello", "1.0", "amd64");
        let everything = |w: &World| {
            let archives = w.records.archives().unwrap().iter().map(|it| it.id).collect();
            let report = w.publish_all(&debpress::publish::Selection { archives, ..w.select() }).unwrap();
            assert!(report.failed.is_empty(), "{report:?}");
        };
        everything(&w);
        w.now = w.now.plus(3600);
        w.add("stable", "hello", "2.0", "amd64");
        everything(&w);
        assert_eq!(
            records(&w),
            [
                "hello 1.0 amd64 in stable of debian/partner: published",
                "hello 1.0 amd64 in stable of debian: superseded",
                "hello 1.0 amd64 in stable-updates of debian: published",
                "hello 1.0 amd64 in testing of debian: published",
                "hello 1.0 arm64 in stable of debian: published",
                "hello 2.0 amd64 in stable of debian: published",
                "hello-data 1.0 all in stable of debian: published",
            ]
        );
    });
}

#[test]
fn a_package_may_turn_from_one_architecture_to_all_and_back() {
    on_both(|mut w| {
        let shown = |w: &World| {
            ["amd64", "arm64"].map(|it| w.index("stable", &format!("main/binary-{it}/Packages.gz")))
        };
        let everywhere = |line: &str| [line.to_owned(), line.to_owned()];
        for architecture in ["amd64", "arm64"] {
            w.add("stable", "hello", "1", architecture);
        }
        w.publish();
        w.add("stable", "hello", "2", "all");
        w.publish_later();
        assert_eq!(shown(&w), everywhere("hello 2 all"));
        w.add("stable", "hello", "3", "amd64");
        w.publish_later();
        assert_eq!(shown(&w)[1], "hello 2 all", "arm64 has not been built yet");
        assert!(shown(&w)[0].contains("hello 3 amd64"));
        w.add("stable", "hello", "3", "arm64");
        w.publish_later();
        assert_eq!(shown(&w), ["hello 3 amd64".to_owned(), "hello 3 arm64".to_owned()]);
        let live = records(&w).into_iter().filter(|line| line.ends_with(": published")).count();
        assert_eq!((live, w.assert_consistent("stable")), (2, true));
    });
}

#[test]
fn two_files_of_one_content_share_a_name_by_hash_as_long_as_one_of_them_has_it() {
    on_both(|mut w| {
        w.set(&["by_hash_keep=0"]);
        w.add("stable", "hello", "1.0", "amd64");
        for architecture in ["amd64", "arm64"] {
            w.stage("stable", &format!("main/cnf/Commands-{architecture}"), b"same");
        }
        w.publish();
        let has = |w: &World, bytes: &[u8]| {
            let end = format!("main/cnf/by-hash/SHA256/{}", Sha256::of(bytes));
            let files = w.tree.inner.list(ROOT, "dists/stable").unwrap();
            files.iter().filter(|(path, _)| path.ends_with(&end)).count()
        };
        assert_eq!(has(&w, b"same"), 1);
        w.stage("stable", "main/cnf/Commands-amd64", b"other");
        for version in ["2.0", "3.0", "4.0"] {
            w.add("stable", "hello", version, "amd64");
            w.now = w.now.plus(3 * DAY);
            w.publish();
            assert_eq!((has(&w, b"same"), has(&w, b"other")), (1, 1), "arm64 still has it");
        }
        w.stage("stable", "main/cnf/Commands-arm64", b"other");
        for version in ["5.0", "6.0", "7.0"] {
            w.add("stable", "hello", version, "amd64");
            w.now = w.now.plus(3 * DAY);
            w.publish();
        }
        assert_eq!((has(&w, b"same"), has(&w, b"other")), (0, 1));
        assert_eq!(w.index("stable", AMD64), "hello 7.0 amd64");
    });
}
