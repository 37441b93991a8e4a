//! A suite that was replaced stays for those who have opened it, until it has been replaced once more.

use std::os::unix::fs::symlink;

use debpress::model::key::SuiteFile;

use super::{Place, ROOT, on_both, suite};

/// Stages a suite whose Release is this text, and exchanges it with the live one.
fn exchange(place: &Place, release: &[u8]) {
    place.tree.stage(ROOT, &suite()).unwrap();
    place.stage(SuiteFile::Release, release);
    place.tree.exchange(ROOT, &suite()).unwrap();
}

/// The Release that is kept, by its size.
fn kept(place: &Place) -> Vec<(String, u64)> {
    place.tree.list(ROOT, ".previous").unwrap()
}

fn is(size: u64) -> Vec<(String, u64)> {
    vec![(".previous/stable/Release".to_owned(), size)]
}

#[test]
fn a_new_suite_has_nothing_before_it() {
    on_both(|p| {
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        exchange(p, b"1");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(kept(p), []);
        assert_eq!(p.live(SuiteFile::Release).as_deref(), Some("1"));
    });
}

#[test]
fn what_was_seen_before_is_kept_and_what_was_kept_goes() {
    on_both(|p| {
        for release in [&b"1"[..], b"22", b"333"] {
            exchange(p, release);
            p.tree.keep_previous(ROOT, &suite()).unwrap();
            assert_eq!(p.tree.list(ROOT, ".staged").unwrap(), []);
        }
        assert_eq!(kept(p), is(2));
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(kept(p), is(2), "what was done is not undone by doing it again");
        exchange(p, b"4444");
        assert_eq!(kept(p), is(2), "it goes after the exchange and not before");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(kept(p), is(3));
        assert_eq!(p.live(SuiteFile::Release).as_deref(), Some("4444"));
    });
}

#[test]
fn a_suite_that_is_prepared_again_does_not_touch_what_is_kept() {
    on_both(|p| {
        exchange(p, b"1");
        exchange(p, b"22");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        p.tree.stage(ROOT, &suite()).unwrap();
        p.stage(SuiteFile::Release, b"never seen");
        p.tree.discard(ROOT, &suite()).unwrap();
        assert_eq!(kept(p), is(1));
    });
}

#[test]
fn who_has_the_directory_open_reads_on_in_it() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        exchange(p, b"1");
        let open = std::fs::File::open(directory.path().join(ROOT).join("dists/stable")).unwrap();
        let read = || {
            let flags = rustix::fs::OFlags::RDONLY;
            let file = rustix::fs::openat(&open, "Release", flags, rustix::fs::Mode::empty())?;
            std::io::read_to_string(std::fs::File::from(file))
        };
        exchange(p, b"22");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(read().unwrap(), "1");
        exchange(p, b"333");
        assert_eq!(read().unwrap(), "1", "until the suite has been exchanged once more");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert!(read().is_err());
    });
}

#[test]
fn a_link_in_the_place_of_what_is_kept_goes_itself() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let (root, outside) = (directory.path().join(ROOT), directory.path().join("elsewhere"));
        std::fs::create_dir_all(root.join(".previous")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("precious"), "x").unwrap();
        symlink(&outside, root.join(".previous/stable")).unwrap();
        exchange(p, b"1");
        exchange(p, b"22");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(kept(p), is(1));
        assert!(outside.join("precious").is_file());
    });
}

#[test]
fn what_is_kept_may_be_on_another_file_system_and_is_not_kept_then() {
    on_both(|p| {
        let Some(directory) = &p.directory else { return };
        let other = tempfile::tempdir_in("/dev/shm").unwrap();
        let device = |path: &std::path::Path| std::os::unix::fs::MetadataExt::dev(&path.metadata().unwrap());
        let apart = device(other.path()) != device(directory.path());
        exchange(p, b"1");
        symlink(other.path(), directory.path().join(ROOT).join(".previous")).unwrap();
        exchange(p, b"22");
        p.tree.keep_previous(ROOT, &suite()).unwrap();
        assert_eq!(p.tree.list(ROOT, ".staged").unwrap(), []);
        assert_eq!(other.path().join("stable").exists(), !apart);
    });
}
