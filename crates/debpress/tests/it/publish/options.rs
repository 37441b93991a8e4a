//! What a series has decided about its suites.

use std::collections::BTreeSet;

use debfmt::builder::{BuiltFile, TarWriter};
use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, Checksums};
use debpress::model::custom::CustomType;
use debpress::model::suite::SeriesStatus;

use super::world::{ROOT, START, World, on_both};
use crate::support::custom::{gzip, installer, tarball};

const DAY: i64 = 86_400;

/// The fields of Release before its lists.
fn head(w: &World, suite: &str) -> String {
    let text = w.text(suite, "Release");
    let ends = ["MD5Sum:", "SHA1:", "SHA256:"].iter().filter_map(|list| text.find(list)).min();
    text[..ends.unwrap()].to_owned()
}

/// How many files by hash clients see.
fn by_hash(w: &World, suite: &str) -> usize {
    let files = w.tree.inner.list(ROOT, &format!("dists/{suite}")).unwrap();
    files.iter().filter(|(path, _)| path.contains("/by-hash/")).count()
}

/// An upload of descriptions translated into a language.
pub(super) fn translations(language: &str) -> BuiltFile {
    let text = format!("Package: hello\nDescription-md5: 00\nDescription-{language}: Hallo\n");
    let tar = TarWriter::new().file(format!("i18n/Translation-{language}.gz"), &gzip(text.as_bytes()));
    tarball(&format!("ddtp-{language}_main_20260601.tar.gz"), tar)
}

#[test]
fn release_says_what_the_series_wants_it_to() {
    on_both(|w| {
        for suite in ["stable", "stable-backports", "stable-proposed"] {
            w.add(suite, "hello", "1.0", "amd64");
        }
        w.set(&[
            "backports_not_automatic=yes",
            "valid_for=7d",
            "changelogs=https://example.org/@CHANGEPATH@",
            "snapshots=https://snapshot.example.org/@SNAPSHOTID@",
            "field.X-Build=nightly",
        ]);
        w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(head(&w, "stable-backports"), @r"
        Origin: Debian
        Label: Debian
        Suite: stable-backports
        Snapshots: https://snapshot.example.org/@SNAPSHOTID@
        Version: 12
        Codename: stable
        Date: Mon, 01 Jun 2026 00:00:00 UTC
        Valid-Until: Mon, 08 Jun 2026 00:00:00 UTC
        Architectures: all amd64 arm64
        Components: main contrib
        Description: Debian stable backports
        NotAutomatic: yes
        ButAutomaticUpgrades: yes
        Acquire-By-Hash: yes
        No-Support-for-Architecture-all: Packages
        Changelogs: https://example.org/@CHANGEPATH@
        X-Build: nightly
        ");
        }
        for suite in ["stable", "stable-proposed"] {
            let release = w.release(suite);
            assert!(!release.not_automatic && !release.but_automatic_upgrades, "{suite}");
        }
        w.set(&["proposed_not_automatic=yes", "backports_not_automatic=no"]);
        w.publish();
        assert!(w.release("stable-proposed").not_automatic && !w.release("stable-backports").not_automatic);
    });
}

#[test]
fn every_file_has_every_hash_that_is_asked_for() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.upload("stable", CustomType::DebianInstaller, &installer("1"));
        w.upload("stable", CustomType::DdtpTarball, &translations("de"));
        w.set(&["hashes=md5,sha1,sha512"]);
        w.publish();
        let release = w.release("stable");
        let paths: Vec<&str> = release.files.iter().map(|file| file.path.as_str()).collect();
        for path in ["main/installer-amd64/1/SHA256SUMS", "main/i18n/Translation-de"] {
            assert!(paths.contains(&path), "{paths:?}");
        }
        for file in &release.files {
            let sums = &file.checksums;
            assert!(sums.md5.is_some() && sums.sha1.is_some() && sums.sha512.is_some(), "{}", file.path);
        }
        let packages = w.text("stable", "main/binary-amd64/Packages.gz");
        let listed = &release.file("main/binary-amd64/Packages").unwrap().checksums;
        assert_eq!(*listed, Checksums::of(packages.as_bytes(), Algorithms::ALL));
        assert!(w.assert_consistent("stable"));
        w.set(&["hashes="]);
        w.publish();
        assert!(!w.text("stable", "Release").contains("MD5Sum"));
    });
}

#[test]
fn indexes_by_hash_come_before_release_says_so() {
    on_both(|mut w| {
        w.set(&["by_hash=no"]);
        w.add("stable", "hello", "1.0", "amd64");
        w.upload("stable", CustomType::DdtpTarball, &translations("de"));
        w.publish();
        assert_eq!((w.release("stable").acquire_by_hash, by_hash(&w, "stable")), (false, 0));
        w.add("stable", "hello", "2.0", "amd64");
        w.publish_later();
        assert_eq!(by_hash(&w, "stable"), 0);
        w.set(&["by_hash=publish"]);
        w.publish_later();
        assert!(!w.release("stable").acquire_by_hash);
        assert!(w.assert_consistent("stable"), "also by hash");
        w.set(&["by_hash="]);
        w.publish_later();
        assert!(w.release("stable").acquire_by_hash && w.assert_consistent("stable"));
    });
}

#[test]
fn a_series_may_have_forms_of_its_own() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        w.set(&["compressors=none,zst"]);
        w.publish();
        let packages = |form: &str| format!("main/binary-amd64/Packages{form}");
        assert_eq!(w.index("stable", &packages("")), "hello 1.0 amd64");
        assert_eq!(w.index("stable", &packages(".zst")), "hello 1.0 amd64");
        let files = w.files();
        assert!(!files.contains("Packages.gz"), "{files}");
        assert_eq!(w.settings.compressors, [Compression::Gzip], "the site's are as they were");
    });
}

#[test]
fn a_changed_option_is_shown_by_the_next_publication() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        assert_eq!(w.publish_later().unchanged, 1);
        w.set(&["field.X-A=1"]);
        let report = w.publish_later();
        assert_eq!(
            (report.suites.len(), report.unchanged),
            (1, 0),
            "the suites that nobody used are not made"
        );
        assert!(head(&w, "stable").contains("X-A: 1\n"));
        assert_eq!(w.publish_later().unchanged, 1);
    });
}

#[test]
fn a_release_that_expires_soon_is_made_again() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.set(&["valid_for=10d"]);
        w.publish();
        let until = |w: &World| w.release("stable").valid_until.unwrap() - START.seconds();
        assert_eq!(until(&w), 10 * DAY);
        w.now = START.plus(5 * DAY);
        assert_eq!(w.publish().unchanged, 1, "half of its time is left");
        w.now = START.plus(5 * DAY + 1);
        let report = w.publish();
        assert_eq!((report.suites.len(), report.suites[0].published), (1, 0));
        assert_eq!(until(&w), 15 * DAY + 1);
        assert_eq!(w.publish().unchanged, 1);
        assert!(w.assert_consistent("stable"));
        // Somebody has released it all the same.
        let mut series = w.records.distributions().unwrap().remove(0).series.remove(0);
        series.status = SeriesStatus::Current;
        w.records.update_series(&series).unwrap();
        w.now = START.plus(14 * DAY);
        let report = w.publish();
        assert_eq!(report.suites.len(), 0);
        assert!(
            report.warnings[0].ends_with("clients refuse it when the time of its Release is over"),
            "{report:?}"
        );
    });
}

#[test]
fn a_dry_run_names_what_options_add_and_why_a_suite_is_written() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.set(&["compressors=xz", "release_stubs=yes", "contents=component", "valid_for=10d"]);
        let preview = |w: &World| w.preview().suites.remove(0);
        let files = preview(&w).indexes;
        w.publish();
        let written = w.release("stable").files.into_iter().map(|file| file.path);
        let expected: Vec<String> =
            written.filter(|path| path.ends_with(".xz") || path.ends_with("/Release")).collect();
        assert_eq!(files.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
        w.now = START.plus(9 * DAY);
        assert_eq!(preview(&w).why, "its Release expires soon");
    });
}

#[test]
fn a_suite_keeps_as_many_versions_as_the_series_wants() {
    on_both(|mut w| {
        let amd64 = "main/binary-amd64/Packages.gz";
        w.set(&["keep_versions=2"]);
        for version in ["1.0", "2.0", "3.0"] {
            w.add("stable", "hello", version, "amd64");
            w.publish_later();
        }
        assert_eq!(w.index("stable", amd64), "hello 2.0 amd64\nhello 3.0 amd64");
        assert!(w.assert_consistent("stable"));
        w.set(&["keep_versions="]);
        w.publish_later();
        assert_eq!(w.index("stable", amd64), "hello 3.0 amd64", "fewer are kept from the next run on");
        assert!(w.publish_later().suites.is_empty(), "and nothing is left to do");
    });
}
