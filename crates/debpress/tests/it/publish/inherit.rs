//! What a new series takes over of the series before it.

use debfmt::builder::{BuiltFile, TarWriter};
use debpress::model::custom::CustomType;
use debpress::model::suite::SeriesStatus;
use debpress::publish::{FtpmasterReport, FtpmasterRun};

use crate::support::custom::{gzip, installer, tarball};

use super::world::{World, on_both};

/// Boot images for an architecture that the series need not have.
fn images(architecture: &str, version: &str) -> BuiltFile {
    let base = format!("./installer-{architecture}/{version}");
    let tar = TarWriter::new().directory(format!("{base}/")).file(format!("{base}/image"), b"boot");
    tarball(&format!("debian-installer-images_{version}_{architecture}.tar.gz"), tar)
}

fn descriptions() -> BuiltFile {
    let tar =
        TarWriter::new().directory("./i18n/").file("./i18n/Translation-de.gz", &gzip(b"Package: hello\n"));
    tarball("translations_main_20230607.tar.gz", tar)
}

/// A published series with custom uploads, and a newer one that is frozen.
fn frozen(w: &World) {
    let mut newer = w.records.distributions().unwrap()[0].series[1].clone();
    newer.status = SeriesStatus::Frozen;
    w.records.update_series(&newer).unwrap();
    w.add("stable", "hello", "1.0", "amd64");
    for file in [installer("1"), installer("3"), installer("2"), images("s390x", "1")] {
        assert!(w.upload("stable", CustomType::DebianInstaller, &file).failed.is_empty());
    }
    assert!(w.upload("stable", CustomType::DdtpTarball, &descriptions()).failed.is_empty());
    w.publish();
}

fn ftpmaster(w: &World) -> FtpmasterReport {
    let distributions = vec!["debian".parse().unwrap()];
    w.ftpmaster(&FtpmasterRun { distributions, ..FtpmasterRun::default() }).unwrap()
}

#[test]
fn a_fresh_series_shows_the_newest_custom_uploads_of_the_one_before() {
    on_both(|w| {
        frozen(&w);
        let report = ftpmaster(&w);
        let expected = ["main/i18n of stable into testing", "main/installer-amd64/3 of stable into testing"];
        assert_eq!(report.inherited, expected, "the newest; nothing for a machine that the series has not");
        let files = w.files();
        for path in [
            "installer-amd64/3/images/netboot/mini.iso",
            "installer-amd64/3/SHA256SUMS.gpg",
            "installer-amd64/current",
        ] {
            assert!(files.contains(&format!("dists/testing/main/{path}\n")), "{path}: {files}");
        }
        assert!(!files.contains("dists/testing/main/installer-amd64/2"));
        assert_eq!(w.text("testing", "main/i18n/Translation-de.gz"), "Package: hello\n");
        assert!(w.assert_consistent("testing"));
        assert!(!files.contains("testing-updates/main/installer-amd64"), "release pocket to release pocket");
    });
}

#[test]
fn what_the_series_has_already_stays() {
    on_both(|w| {
        frozen(&w);
        assert!(w.upload("testing", CustomType::DebianInstaller, &installer("4")).failed.is_empty());
        let report = ftpmaster(&w);
        assert_eq!(report.inherited, ["main/i18n of stable into testing"]);
        assert!(!w.files().contains("dists/testing/main/installer-amd64/3"));
        assert!(ftpmaster(&w).inherited.is_empty(), "once");
    });
}

#[test]
fn a_run_that_dies_between_takes_over_once() {
    let total = {
        let w = World::in_memory();
        frozen(&w);
        w.tree.fail_after(1_000_000);
        ftpmaster(&w);
        1_000_000 - w.tree.left()
    };
    for n in (0..total).step_by(7) {
        let w = World::in_memory();
        frozen(&w);
        w.tree.fail_after(n);
        drop(w.ftpmaster(&FtpmasterRun {
            distributions: vec!["debian".parse().unwrap()],
            ..FtpmasterRun::default()
        }));
        w.tree.mend();
        ftpmaster(&w);
        assert!(w.files().contains("dists/testing/main/installer-amd64/3/SHA256SUMS.gpg"), "operation {n}");
        assert!(w.assert_consistent("testing"));
        let copies = w.records.custom_publications(w.suite("testing")).unwrap();
        assert_eq!(copies.len(), 2, "operation {n}");
    }
}
