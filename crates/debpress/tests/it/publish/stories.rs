//! What a publication does to the tree and to the records.

use debpress::lock::{Holder, LockError, PublisherLock, Wait};
use debpress::model::time::Timestamp;
use debpress::ports::db::ListFilter;
use debpress::ports::signer::{SignError, Signer};
use debpress::publish::{PublishError, Selection};

use super::world::{START, World, on_both};

fn statuses(w: &World) -> String {
    let filter = ListFilter { history: true, ..ListFilter::default() };
    let listed = w.records.list(&filter).unwrap();
    listed
        .iter()
        .map(|l| format!("{} {} {}", l.name, l.version, l.status.as_str()))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_first_publication_makes_a_whole_archive() {
    on_both(|w| {
        w.add("stable", "hello", "1.0-1", "amd64");
        w.add("stable", "hello-data", "1.0-1", "all");
        let report = w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(w.files(), @r"
        dists/stable/InRelease
        dists/stable/Release
        dists/stable/Release.gpg
        dists/stable/contrib/binary-all/Packages.gz
        dists/stable/contrib/binary-amd64/Packages.gz
        dists/stable/contrib/binary-arm64/Packages.gz
        dists/stable/contrib/source/Sources.gz
        dists/stable/main/binary-all/Packages.gz
        dists/stable/main/binary-amd64/Packages.gz
        dists/stable/main/binary-arm64/Packages.gz
        dists/stable/main/source/Sources.gz
        pool/main/h/hello-data/hello-data_1.0-1_all.deb
        pool/main/h/hello/hello_1.0-1_amd64.deb
        ");
        }
        assert_eq!((report.suites[0].published, report.suites[0].superseded), (2, 0));
        assert_eq!(
            w.index("stable", "main/binary-amd64/Packages.gz"),
            "hello 1.0-1 amd64\nhello-data 1.0-1 all"
        );
        assert_eq!(w.index("stable", "main/binary-arm64/Packages.gz"), "hello-data 1.0-1 all");
        assert_eq!(w.index("stable", "main/binary-all/Packages.gz"), "hello-data 1.0-1 all");
        assert_eq!(w.index("stable", "contrib/binary-amd64/Packages.gz"), "");
        assert!(w.assert_consistent("stable"));
        assert_eq!(statuses(&w), "hello 1.0-1 published\nhello-data 1.0-1 published");
    });
}

#[test]
fn release_says_what_the_archive_is() {
    on_both(|w| {
        w.add("stable", "hello", "1.0-1", "amd64");
        w.publish();
        let release = w.text("stable", "Release");
        let head = release.split("SHA256:").next().unwrap();
        insta::allow_duplicates! {
        insta::assert_snapshot!(head, @r"
        Origin: Debian
        Label: Debian
        Suite: stable
        Version: 12
        Codename: stable
        Date: Mon, 01 Jun 2026 00:00:00 UTC
        Architectures: all amd64 arm64
        Components: main contrib
        Description: Debian stable 12
        Acquire-By-Hash: yes
        No-Support-for-Architecture-all: Packages
        ");
        }
        assert!(!release.contains("MD5Sum:"), "SHA-256 is what clients use");
        assert!(w.text("stable", "InRelease").contains(&release), "InRelease signs Release as it is");
    });
}

#[test]
fn nothing_to_do_touches_nothing() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0-1", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        let report = w.publish_later();
        assert_eq!((report.suites.len(), report.unchanged), (0, 1));
        assert_eq!(w.text("stable", "InRelease"), before);
    });
}

#[test]
fn a_newer_version_replaces_the_older_one_and_the_pool_keeps_both() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0-1", "amd64");
        w.publish();
        w.add("stable", "hello", "1.0-2", "amd64");
        let report = w.publish_later();
        assert_eq!((report.suites[0].published, report.suites[0].superseded), (1, 1));
        assert_eq!(w.index("stable", "main/binary-amd64/Packages.gz"), "hello 1.0-2 amd64");
        let files = w.files();
        assert!(
            files.contains("hello_1.0-1_amd64.deb") && files.contains("hello_1.0-2_amd64.deb"),
            "{files}"
        );
        assert_eq!(statuses(&w), "hello 1.0-1 superseded\nhello 1.0-2 published");
    });
}

#[test]
fn an_older_version_that_comes_late_is_never_shown() {
    on_both(|mut w| {
        w.add("stable", "hello", "2.0-1", "amd64");
        w.publish();
        w.add("stable", "hello", "1.0-1", "amd64");
        w.publish_later();
        assert_eq!(w.index("stable", "main/binary-amd64/Packages.gz"), "hello 2.0-1 amd64");
        assert_eq!(statuses(&w), "hello 1.0-1 superseded\nhello 2.0-1 published");
        assert!(!w.files().contains("hello_1.0-1"), "what is never shown needs no place in the pool");
        assert_eq!(w.publish_later().unchanged, 1);
    });
}

#[test]
fn sections_carry_the_component_unless_it_is_the_preferred_one() {
    on_both(|w| {
        w.add_to(("stable", "contrib"), "glue", "1", "all");
        w.publish();
        let text = w.text("stable", "contrib/binary-amd64/Packages.gz");
        assert!(text.contains("\nSection: contrib/misc\n"), "{text}");
        assert!(text.contains("\nFilename: pool/contrib/g/glue/glue_1_all.deb\n"), "{text}");
    });
}

#[test]
fn only_chosen_suites_are_published() {
    on_both(|w| {
        w.add("stable", "hello", "1", "amd64");
        w.add("testing", "hello", "2", "amd64");
        let selection = Selection { suites: vec![w.suite("testing")], ..w.select() };
        w.try_publish(&selection).unwrap();
        assert!(!w.assert_consistent("stable"));
        assert!(w.assert_consistent("testing"));
    });
}

#[test]
fn a_suite_that_is_asked_for_by_name_is_published_empty() {
    on_both(|w| {
        let selection = Selection { suites: vec![w.suite("stable-proposed")], ..w.select() };
        assert_eq!(w.try_publish(&selection).unwrap().suites.len(), 1);
        assert!(w.assert_consistent("stable-proposed"));
        assert_eq!(w.try_publish(&selection).unwrap().unchanged, 1, "once is enough");
    });
}

#[test]
fn clients_with_the_previous_release_find_its_indexes_by_hash() {
    on_both(|mut w| {
        w.add("stable", "pkg-a", "1", "amd64");
        w.publish();
        let first = by_hash_of_amd64(&w);
        w.add("stable", "pkg-b", "1", "amd64");
        w.publish_later();
        let second = by_hash_of_amd64(&w);
        assert_ne!(first, second);
        let files = w.tree.inner.list(super::world::ROOT, "dists").unwrap();
        let has = |hash: &str| files.iter().any(|(path, _)| path.ends_with(hash));
        assert!(has(&first) && has(&second));
        w.now = w.now.plus(2 * w.settings.by_hash_retention);
        w.add("stable", "pkg-c", "1", "amd64");
        w.publish();
        w.now = w.now.plus(2 * w.settings.by_hash_retention);
        w.add("stable", "pkg-d", "1", "amd64");
        w.publish();
        let files = w.tree.inner.list(super::world::ROOT, "dists").unwrap();
        assert!(!files.iter().any(|(path, _)| path.ends_with(&first)), "retention has an end");
    });
}

fn by_hash_of_amd64(w: &World) -> String {
    let release = w.text("stable", "Release");
    let release =
        debfmt::release::Release::parse(release.as_bytes(), &debfmt::limits::Limits::index()).unwrap();
    release.file("main/binary-amd64/Packages.gz").unwrap().checksums.sha256.to_string()
}

#[test]
fn without_a_key_it_is_published_unsigned_and_leaves_no_stale_signature() {
    on_both(|mut w| {
        w.add("stable", "hello", "1", "amd64");
        w.publish();
        assert!(w.files().contains("InRelease"));
        w.keys.site = None;
        w.add("stable", "hello", "2", "amd64");
        let report = w.publish_later();
        assert_eq!(report.suites[0].signed_by, None);
        assert!(report.warnings[0].contains("unsigned"), "{:?}", report.warnings);
        let files = w.files();
        assert!(
            files.contains("stable/Release")
                && !files.contains("InRelease")
                && !files.contains("Release.gpg")
        );
    });
}

/// A smart card that was pulled out.
struct BrokenSigner;

impl Signer for BrokenSigner {
    fn name(&self) -> &str {
        "smart card"
    }
    fn fingerprints(&self) -> Vec<String> {
        Vec::new()
    }
    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        Err(broken())
    }
    fn clear_sign(&self, _text: &[u8], _at: Timestamp) -> Result<Vec<u8>, SignError> {
        Err(broken())
    }
    fn detach_sign(&self, _text: &[u8], _at: Timestamp) -> Result<Vec<u8>, SignError> {
        Err(broken())
    }
}

fn broken() -> SignError {
    SignError::Failed { signer: "smart card".into(), source: "it was pulled out".into() }
}

#[test]
fn when_signing_fails_the_suite_stays_as_it_was() {
    on_both(|mut w| {
        w.add("stable", "hello", "1", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        let key = w.keys.site.replace(std::sync::Arc::new(BrokenSigner));
        w.add("stable", "hello", "2", "amd64");
        w.now = w.now.plus(60);
        let error = w.try_publish(&w.select()).unwrap_err();
        assert!(matches!(error, PublishError::Sign { .. }), "{error:?}");
        assert_eq!(w.text("stable", "InRelease"), before);
        assert_eq!(statuses(&w), "hello 1 published\nhello 2 pending");
        w.keys.site = key;
        assert_eq!(w.publish_later().suites[0].published, 1);
    });
}

#[test]
fn the_same_records_and_time_give_the_same_bytes() {
    let text = || {
        let w = World::on_disk();
        w.add("stable", "pkg-b", "1", "amd64");
        w.add("stable", "pkg-a", "1", "all");
        w.publish();
        w.text("stable", "Release")
    };
    assert_eq!(text(), text());
}

#[test]
fn who_has_not_the_lock_cannot_publish() {
    let w = World::in_memory();
    let holder = Holder::this_process("process-accepted", START);
    let held = PublisherLock::acquire(&w.lock_path(), &holder, Wait::No).unwrap();
    let me = Holder::this_process("publish-distro", START);
    let refused = PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap_err();
    assert!(matches!(refused, LockError::Busy { holder: Some(found), .. } if found == holder));
    drop(held);
}

#[test]
fn a_pool_file_that_somebody_changed_stops_the_publication() {
    let w = World::on_disk();
    w.add("stable", "hello", "1", "amd64");
    w.publish();
    // Another suite needs the same file, which somebody has replaced in the pool meanwhile.
    w.add("testing", "hello", "1", "amd64");
    let path = w.lock_path().with_file_name("archives/debian/pool/main/h/hello/hello_1_amd64.deb");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "something else").unwrap();
    let error = w.try_publish(&w.select()).unwrap_err();
    let PublishError::Tree { source, .. } = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("exists with other content"), "{source}");
    assert!(!w.assert_consistent("testing"));
}

#[test]
fn published_files_are_readable_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::on_disk();
    w.add("stable", "hello", "1", "amd64");
    w.publish();
    let root = w.lock_path().with_file_name("archives/debian");
    for (path, _) in w.tree.inner.list(super::world::ROOT, "dists").unwrap() {
        let mode = std::fs::metadata(root.join(&path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o644, "{path}");
    }
    let deb = std::fs::metadata(root.join("pool/main/h/hello/hello_1_amd64.deb")).unwrap();
    assert_eq!(deb.permissions().mode() & 0o777, 0o644);
}

#[test]
fn arch_all_waits_for_the_slowest_architecture() {
    on_both(|mut w| {
        let built = |w: &World, name: &str, version: &str, machine: &str| {
            w.add_built_from(("stable", "hello"), name, version, machine);
        };
        for machine in ["amd64", "arm64"] {
            built(&w, "hello", "1", machine);
        }
        built(&w, "hello-data", "1", "all");
        w.publish();
        built(&w, "hello", "2", "amd64");
        built(&w, "hello-data", "2", "all");
        w.publish_later();
        assert_eq!(
            w.index("stable", "main/binary-arm64/Packages.gz"),
            "hello 1 arm64\nhello-data 1 all\nhello-data 2 all"
        );
        built(&w, "hello", "2", "arm64");
        w.publish_later();
        assert_eq!(w.index("stable", "main/binary-arm64/Packages.gz"), "hello 2 arm64\nhello-data 2 all");
    });
}
