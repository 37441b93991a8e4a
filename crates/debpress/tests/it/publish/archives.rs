//! Several archives and distributions, each by itself; and suites that never change again.

use debpress::model::archive::{Archive, ArchiveId, NewArchive};
use debpress::model::suite::SeriesStatus;
use debpress::ports::db::ListFilter;
use debpress::publish::{Careful, FtpmasterRun, PublishReport, Selection, Skip};

use super::world::{START, World, on_both};

fn set_status(w: &World, series: usize, status: SeriesStatus) {
    let mut series = w.records.distributions().unwrap()[0].series[series].clone();
    series.status = status;
    w.records.update_series(&series).unwrap();
}

/// One more archive of debian.
fn archive(w: &World, reference: &str) -> ArchiveId {
    let (origin, label) = (reference.to_owned(), reference.to_owned());
    let reference = reference.parse().unwrap();
    let private = false;
    w.records.create_archive(&NewArchive { reference, origin, label, size_limit: None, private }).unwrap()
}

fn suites(report: &PublishReport) -> Vec<String> {
    report.suites.iter().map(|suite| format!("{} of {}", suite.suite, suite.archive)).collect()
}

fn ftpmaster(w: &World, security_only: bool) -> debpress::publish::FtpmasterReport {
    let distributions = w.records.distributions().unwrap().into_iter().map(|it| it.name).collect();
    w.ftpmaster(&FtpmasterRun { distributions, security_only, ..FtpmasterRun::default() }).unwrap()
}

#[test]
fn a_release_that_is_out_never_changes_again() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        w.add("stable", "hello", "2.0", "amd64");
        set_status(&w, 0, SeriesStatus::Current);
        for careful in [Careful::default(), Careful::ALL] {
            w.now = w.now.plus(3600);
            let named = vec![w.suite("stable")];
            let report = w.try_publish(&Selection { careful, dirty: named, ..w.select() }).unwrap();
            assert_eq!(suites(&report), [""; 0]);
            assert_eq!(
                report.warnings,
                ["stable of debian stays as it is, because stable is current: what is accepted for it waits"]
            );
            assert_eq!(w.text("stable", "InRelease"), before);
        }
        let listed = w.records.list(&ListFilter::default()).unwrap();
        let statuses: Vec<&str> = listed.iter().map(|it| it.status.as_str()).collect();
        assert_eq!(statuses, ["published", "pending"]);
        // What the time has come for does change.
        w.add("stable-updates", "hello", "2.0", "amd64");
        assert_eq!(suites(&w.publish_later()), ["stable-updates of debian"]);
    });
}

#[test]
fn updates_wait_until_there_is_something_to_update() {
    on_both(|mut w| {
        w.add("stable-security", "hello", "1.1", "amd64");
        assert_eq!((suites(&w.publish()), w.assert_consistent("stable-security")), (vec![], false));
        set_status(&w, 0, SeriesStatus::Current);
        assert_eq!(suites(&w.publish_later()), ["stable-security of debian"]);
    });
}

#[test]
fn an_archive_that_fails_keeps_none_of_the_others() {
    let w = World::on_disk();
    let others = ["debian/partner", "~ann/debian/tools"].map(|reference| archive(&w, reference));
    for id in others {
        let suite = debpress::model::suite::SuiteKey { archive: id, ..w.suite("stable") };
        w.add_to_suite((suite, "main"), "hello", "1.0", "amd64");
    }
    w.add("stable", "hello", "1.0", "amd64");
    // Somebody has put another file there.
    let pool = w.path().join("archives/debian-partner/pool/main/h/hello");
    std::fs::create_dir_all(&pool).unwrap();
    std::fs::write(pool.join("hello_1.0_amd64.deb"), "something else").unwrap();
    let all = w.records.archives().unwrap().iter().map(|archive| archive.id).collect();
    let report = w.publish_all(&Selection { archives: all, ..Selection::default() }).unwrap();
    assert_eq!(suites(&report), ["stable of debian", "stable of ~ann/debian/tools"]);
    let failed: Vec<&str> = report.failed.iter().map(|failed| failed.archive.as_str()).collect();
    assert_eq!(failed, ["debian/partner"]);
    assert!(!w.path().join("archives/debian-partner/dists").exists());
    std::fs::remove_dir_all(&pool).unwrap();
    let all = w.records.archives().unwrap().iter().map(|archive| archive.id).collect();
    let report = w.publish_all(&Selection { archives: all, ..Selection::default() }).unwrap();
    assert_eq!((suites(&report), report.unchanged), (vec!["stable of debian/partner".to_owned()], 2));
}

#[test]
fn a_release_that_nobody_can_read_keeps_no_other_archive_from_being_published() {
    let mut w = World::on_disk();
    w.set(&["valid_for=10d"]);
    let partner = archive(&w, "debian/partner");
    let suite = debpress::model::suite::SuiteKey { archive: partner, ..w.suite("stable") };
    w.add_to_suite((suite, "main"), "hello", "1.0", "amd64");
    w.add("stable", "hello", "1.0", "amd64");
    let all = w.records.archives().unwrap().iter().map(|archive| archive.id).collect();
    let all = Selection { archives: all, ..Selection::default() };
    w.publish_all(&all).unwrap();
    // A directory in its place cannot be read by anybody.
    let release = w.path().join("archives/debian-partner/dists/stable/Release");
    std::fs::remove_file(&release).unwrap();
    std::fs::create_dir(&release).unwrap();
    w.add("stable", "hello", "2.0", "amd64");
    w.now = w.now.plus(3600);
    let said = "nobody knows when the Release of stable of debian/partner expires: ";
    assert!(w.preview_of(&all).warnings[0].starts_with(said));
    let report = w.publish_all(&all).unwrap();
    assert_eq!((suites(&report), report.unchanged), (vec!["stable of debian".to_owned()], 1));
    assert!(report.warnings[0].starts_with(said) && report.failed.is_empty(), "{report:?}");
    // One with a change fails by itself.
    w.add_to_suite((suite, "main"), "hello", "2.0", "amd64");
    w.add("testing", "hello", "2.0", "amd64");
    let report = w.publish_all(&all).unwrap();
    assert_eq!(
        (suites(&report), report.failed[0].archive.as_str()),
        (vec!["testing of debian".to_owned()], "debian/partner")
    );
}

#[test]
fn private_archives_have_a_root_of_their_own() {
    let w = World::on_disk();
    let id = archive(&w, "~ann/debian/public");
    let new = NewArchive {
        reference: "~ann/debian/secret".parse().unwrap(),
        origin: "x".into(),
        label: "x".into(),
        size_limit: None,
        private: true,
    };
    let secret = w.records.create_archive(&new).unwrap();
    for archive in [id, secret] {
        let suite = debpress::model::suite::SuiteKey { archive, ..w.suite("stable") };
        w.add_to_suite((suite, "main"), "hello", "1.0", "amd64");
    }
    w.publish_all(&Selection { archives: vec![id, secret], ..Selection::default() }).unwrap();
    assert!(w.path().join("ppa/ann/public/debian/dists/stable/InRelease").is_file());
    assert!(w.path().join("private-ppa/ann/secret/debian/dists/stable/InRelease").is_file());
    assert!(!w.path().join("ppa/ann/secret").exists());
}

#[test]
fn a_frozen_series_gets_its_indexes_and_nothing_else_at_first() {
    on_both(|w| {
        set_status(&w, 1, SeriesStatus::Frozen);
        w.add("stable", "hello", "1.0", "amd64");
        let report = ftpmaster(&w, false);
        assert_eq!(report.fresh, ["debian"]);
        let pockets = ["", "-security", "-updates", "-proposed", "-backports"];
        assert_eq!(suites(&report.published), pockets.map(|pocket| format!("testing{pocket} of debian")));
        assert!(w.assert_consistent("testing-backports") && !w.assert_consistent("stable"));
        let report = ftpmaster(&w, false);
        assert_eq!((report.fresh.len(), suites(&report.published)), (0, vec!["stable of debian".to_owned()]));
    });
}

#[test]
fn security_goes_first_and_alone_where_that_is_asked_for() {
    on_both(|w| {
        set_status(&w, 0, SeriesStatus::Current);
        for suite in ["stable-security", "stable-updates"] {
            w.add(suite, "hello", "1.1", "amd64");
        }
        let report = ftpmaster(&w, true);
        assert_eq!(suites(&report.published), ["stable-security of debian"]);
        assert!(!w.assert_consistent("stable-updates"));
        w.add("stable-security", "hello", "1.2", "amd64");
        let report = ftpmaster(&w, false);
        assert_eq!(suites(&report.published), ["stable-security of debian", "stable-updates of debian"]);
        let report = ftpmaster(&w, true);
        assert_eq!((suites(&report.published), report.published.unchanged), (vec![], 0), "no empty switch");
    });
}

#[test]
fn an_archive_that_is_not_published_stays_as_it_is() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let archive = w.records.archives().unwrap().remove(0);
        w.records.update_archive(&Archive { published: false, ..archive.clone() }).unwrap();
        w.add("stable", "hello", "2.0", "amd64");
        w.now = START.plus(60);
        assert_eq!(suites(&ftpmaster(&w, false).published), [""; 0]);
        w.records.update_archive(&archive).unwrap();
        assert_eq!(suites(&ftpmaster(&w, false).published), ["stable of debian"]);
    });
}

#[test]
fn a_run_may_leave_out_what_it_is_told_to() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        w.add("stable", "hello", "2.0", "amd64");
        let packages = "main/binary-amd64/Packages.gz";
        w.now = START.plus(60);
        let all = w.select();
        let only = |skip: Skip| Selection { skip, ..all.clone() };
        let files = |w: &World| w.files().contains("hello_2.0_amd64.deb");
        assert!(!files(&w));
        let report = w.try_publish(&only(Skip { publishing: true, ..Skip::default() })).unwrap();
        assert_eq!(report.suites[0].published, 0);
        assert_eq!((w.index("stable", packages), files(&w)), ("hello 1.0 amd64".into(), false));
        let report = w.try_publish(&only(Skip { indexes: true, ..Skip::default() })).unwrap();
        assert_eq!((suites(&report), w.index("stable", packages)), (vec![], "hello 1.0 amd64".into()));
        assert!(files(&w), "its file is in the pool, and nothing names it");
        w.now = START.plus(120);
        w.try_publish(&only(Skip { domination: true, ..Skip::default() })).unwrap();
        assert_eq!(w.index("stable", packages), "hello 1.0 amd64\nhello 2.0 amd64");
        w.now = START.plus(180);
        w.publish();
        assert_eq!(w.index("stable", packages), "hello 2.0 amd64", "what was left out is done now");
        assert_eq!(w.publish_later().unchanged, 1);
    });
}

#[test]
fn a_careful_run_reads_the_pool() {
    let w = World::on_disk();
    w.add("stable", "hello", "1.0", "amd64");
    w.publish();
    let file = w.path().join("archives/debian/pool/main/h/hello/hello_1.0_amd64.deb");
    std::fs::remove_file(&file).unwrap();
    let careful = Selection { careful: Careful::ALL, ..w.select() };
    w.try_publish(&careful).unwrap();
    assert!(file.is_file(), "what is gone is placed again");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "something else").unwrap();
    let error = w.try_publish(&careful).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("exists with other content"), "{cause}");
}
