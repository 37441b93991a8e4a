use proptest::prelude::*;

use super::*;
use crate::digest::{Algorithms, Md5};

fn file(path: &str, algorithms: Algorithms) -> ReleaseFile {
    ReleaseFile { path: path.to_owned(), checksums: Checksums::of(path.as_bytes(), algorithms) }
}

fn sample() -> Release {
    Release {
        origin: Some("Example".to_owned()),
        suite: "noble-updates".to_owned(),
        codename: "noble".to_owned(),
        date: 1_795_499_564,
        valid_until: Some(1_795_499_565),
        not_automatic: true,
        but_automatic_upgrades: true,
        acquire_by_hash: true,
        no_support_for_architecture_all: true,
        architectures: vec![Architecture::parse("all").unwrap(), Architecture::parse("amd64").unwrap()],
        components: vec![Component::parse("main").unwrap()],
        extra: vec![("Changelogs".to_owned(), "https://example.org/@CHANGEPATH@".to_owned())],
        files: vec![file("main/b", Algorithms::INDEX), file("main/a", Algorithms::INDEX)],
        ..Release::default()
    }
}

fn read(text: &str) -> Result<Release, ReleaseError> {
    Release::parse(text.as_bytes(), &Limits::strict())
}

#[test]
fn the_text_reads_like_debians() {
    let md5 = |path: &str| Md5::of(path.as_bytes());
    let sha256 = |path: &str| crate::digest::Sha256::of(path.as_bytes());
    let expected = format!(
        "Origin: Example\nSuite: noble-updates\nCodename: noble\nDate: Tue, 24 Nov 2026 05:52:44 UTC\n\
         Valid-Until: Tue, 24 Nov 2026 05:52:45 UTC\nArchitectures: all amd64\nComponents: main\n\
         NotAutomatic: yes\nButAutomaticUpgrades: yes\nAcquire-By-Hash: yes\nNo-Support-for-Architecture-all: Packages\n\
         Changelogs: https://example.org/@CHANGEPATH@\n\
         MD5Sum:\n {}        6 main/a\n {}        6 main/b\nSHA256:\n {}        6 main/a\n {}        6 main/b\n",
        md5("main/a"),
        md5("main/b"),
        sha256("main/a"),
        sha256("main/b")
    );
    assert_eq!(sample().render(), expected);
}

#[test]
fn where_the_suite_as_it_was_can_be_had_stands_beside_its_name() {
    let mut release = sample();
    release.version = Some("24.04".to_owned());
    release.extra.insert(0, ("Snapshots".to_owned(), "https://example.org/@SNAPSHOTID@".to_owned()));
    let text = release.render();
    let suite = "Suite: noble-updates\nSnapshots: https://example.org/@SNAPSHOTID@\nVersion: 24.04\n";
    assert!(text.contains(suite), "{text}");
    assert_eq!(read(&text), Ok(Release { files: read(&text).unwrap().files, ..release }));
}

#[test]
fn a_digest_that_one_file_lacks_is_listed_for_none() {
    let mut release = sample();
    release.files.push(file("main/c", Algorithms::SHA256));
    let text = release.render();
    assert!(!text.contains("MD5Sum") && text.contains("main/c"), "{text}");
    release.files.clear();
    assert!(release.render().ends_with("\nSHA256:\n"));
    assert_eq!(read(&release.render()), Ok(release));
}

#[test]
fn a_value_cannot_pass_for_a_field() {
    let mut release = sample();
    release.label = Some("x\nSuite: stable\n\nSHA256:".to_owned());
    release.extra = vec![("Date".to_owned(), "never".to_owned()), ("sha256".to_owned(), "x".to_owned())];
    let again = read(&release.render()).unwrap();
    assert_eq!(again.suite, "noble-updates");
    assert_eq!((again.date, again.extra.len()), (release.date, 0));
}

#[test]
fn fields_that_are_absent_have_defaults() {
    let release = read("Date: Tue, 24 Nov 2026 05:52:44 UTC\n").unwrap();
    assert_eq!(release, Release { date: 1_795_499_564, ..Release::default() });
}

#[test]
fn each_error_has_its_cause() {
    let date = "Date: Tue, 24 Nov 2026 05:52:44 UTC\n";
    let sha = "0".repeat(64);
    let md5 = "0".repeat(32);
    let cases = [
        (String::new(), "malformed"),
        ("Suite: x\n".to_owned(), "missing-field"),
        ("Date: yesterday\n".to_owned(), "bad-date"),
        (format!("{date}Valid-Until: never\n"), "bad-date"),
        (format!("{date}NotAutomatic: maybe\n"), "bad-flag"),
        (format!("{date}Components: main x/..\n"), "bad-name"),
        (format!("{date}Architectures: AMD64\n"), "bad-name"),
        (format!("{date}SHA256:\n {sha} 1\n"), "bad-file-line"),
        (format!("{date}SHA256:\n {sha} -1 a\n"), "bad-file-line"),
        (format!("{date}SHA256:\n {sha} 1 a b\n"), "bad-file-line"),
        (format!("{date}SHA256:\n {md5} 1 a\n"), "bad-digest"),
        (format!("{date}SHA256:\n {sha} 1 ../a\n"), "bad-path"),
        (format!("{date}SHA256:\n {sha} 1 /a\n"), "bad-path"),
        (format!("{date}SHA256:\n {sha} 1 a//b\n"), "bad-path"),
        (format!("{date}SHA256:\n {sha} 1 a/./b\n"), "bad-path"),
        (format!("{date}SHA256:\n {sha} 1 a\n {sha} 2 a\n"), "duplicate-file"),
        (format!("{date}MD5Sum:\n {md5} 1 a\n"), "missing-field"),
        (format!("{date}MD5Sum:\n {md5} 1 b\nSHA256:\n {sha} 1 a\n"), "checksums-mismatch"),
        (format!("{date}MD5Sum:\n {md5} 2 a\nSHA256:\n {sha} 1 a\n"), "checksums-mismatch"),
    ];
    for (text, code) in cases {
        let error = read(&text).expect_err(&text);
        assert_eq!(error.code(), code, "{text}");
    }
}

#[test]
fn the_directory_before_a_component_is_dropped() {
    let release = read("Date: Tue, 24 Nov 2026 05:52:44 UTC\nComponents: updates/main contrib\n").unwrap();
    let names: Vec<_> = release.components.iter().map(Component::as_str).collect();
    assert_eq!(names, ["main", "contrib"]);
}

#[test]
fn files_are_found_by_their_path() {
    let release = sample();
    assert_eq!(release.file("main/a"), Some(&release.files[1]));
    assert_eq!(release.file("main/c"), None);
}

#[test]
fn dates_known_to_be_right() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 UTC"),
        (-1, "Wed, 31 Dec 1969 23:59:59 UTC"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 UTC"),
        (1_795_499_564, "Tue, 24 Nov 2026 05:52:44 UTC"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 UTC"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 UTC"),
    ] {
        assert_eq!(format_date(seconds), text);
        assert_eq!(parse_date(text), Some(seconds));
    }
}

#[test]
fn the_zone_may_be_written_in_four_ways() {
    for zone in ["UTC", "GMT", "Z", "+0000"] {
        assert_eq!(parse_date(&format!("Sat, 4 Jul 2026 9:05:06 {zone}")), Some(1_783_155_906));
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "Tue, 24 Nov 2026 05:52:44",
        "Tue, 24 Nov 2026 05:52:44 +0100",
        "Tue, 24 Nov 2026 05:52:44 CET",
        "Tue 24 Nov 2026 05:52:44 UTC",
        "Die, 24 Nov 2026 05:52:44 UTC",
        "Tue, 30 Feb 2026 05:52:44 UTC",
        "Tue, 29 Feb 2100 05:52:44 UTC",
        "Tue, 0 Feb 2026 05:52:44 UTC",
        "Tue, 24 nov 2026 05:52:44 UTC",
        "Tue, 24 Nov 26 05:52:44 UTC",
        "Tue, 24 Nov 2026 24:00:00 UTC",
        "Tue, 24 Nov 2026 05:60:44 UTC",
        "Tue, 24 Nov 2026 05:52:4 UTC",
        "Tue, 24 Nov 2026 +5:52:44 UTC",
        "Tue, 24 Nov 2026 05:52 UTC",
        "Tue, 24 Nov 2026 05:52:44:00 UTC",
        "Tue, 24 Nov 2026 05:52:44 UTC x",
    ] {
        assert_eq!(parse_date(text), None, "{text}");
    }
}

fn any_release() -> impl Strategy<Value = Release> {
    let word = || proptest::option::of("[a-zA-Z0-9]([ -~é]{0,10}[a-z0-9])?");
    let flags = any::<[bool; 4]>();
    let names = proptest::collection::vec("[a-z0-9][a-z0-9-]{0,5}", 0..4);
    let paths = proptest::collection::btree_set("[a-zA-Z0-9.+~-]{0,3}[a-z]/[a-z]{1,4}(\\.xz)?", 0..5);
    let dates = (-30_610_224_000_i64..253_402_300_800, proptest::option::of(0..253_402_300_800_i64));
    let algorithms = any::<[bool; 3]>();
    (word(), word(), dates, flags, names, paths, algorithms).prop_map(
        |(label, description, (date, valid_until), flags, names, paths, [md5, sha1, sha512])| Release {
            label,
            description,
            suite: "x".to_owned(),
            date,
            valid_until,
            not_automatic: flags[0],
            but_automatic_upgrades: flags[1],
            acquire_by_hash: flags[2],
            no_support_for_architecture_all: flags[3],
            architectures: names.iter().map(|name| Architecture::parse(name).unwrap()).collect(),
            components: names.iter().map(|name| Component::parse(name).unwrap()).collect(),
            extra: names.first().map(|name| (format!("X-{name}"), name.clone())).into_iter().collect(),
            files: paths.iter().map(|path| file(path, Algorithms { md5, sha1, sha512 })).collect(),
            ..Release::default()
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(release in any_release()) {
        let text = release.render();
        let again = Release::parse(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(again.render(), text);
        prop_assert_eq!(again, release);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), date in any::<String>()) {
        let _unused = Release::parse(&bytes, &Limits::strict());
        let _unused = parse_date(&date);
    }

    #[test]
    fn any_number_of_seconds_can_be_written(seconds in any::<i64>()) {
        prop_assert!(format_date(seconds).ends_with(" UTC"));
    }
}
