//! What a reader still finds that has opened the directory of a suite before it was published again.

use std::fs::File;

use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::release::Release;

use super::world::{ROOT, World, decompressed};

/// The directory of a suite, opened once.
struct Opened(File);

impl Opened {
    fn suite(w: &World, name: &str) -> Self {
        Self(File::open(w.directory("dists").join(name)).unwrap())
    }

    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        let flags = rustix::fs::OFlags::RDONLY;
        let file = rustix::fs::openat(&self.0, path, flags, rustix::fs::Mode::empty())?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut File::from(file), &mut bytes)?;
        Ok(bytes)
    }

    /// Everything that its Release names is there by plain name, and is what it says; returns which version of hello.
    fn whole(&self) -> String {
        let release = Release::parse(&self.read("Release").unwrap(), &Limits::index()).unwrap();
        let mut hello = String::new();
        for file in release.files.iter().filter(|file| file.path.ends_with(".gz")) {
            let bytes = self.read(&file.path).unwrap_or_else(|error| panic!("{}: {error}", file.path));
            assert_eq!(Sha256::of(&bytes), file.checksums.sha256, "{}", file.path);
            let text = decompressed(&file.path, &bytes);
            hello.extend(text.lines().filter_map(|line| line.strip_prefix("Version: ")));
        }
        hello
    }
}

/// Stable and testing with hello 1, and hello 2 on its way.
fn changed(mut w: World) -> World {
    for suite in ["stable", "testing"] {
        w.add(suite, "hello", "1", "amd64");
    }
    w.publish();
    for suite in ["stable", "testing"] {
        w.add(suite, "hello", "2", "amd64");
    }
    w.now = w.now.plus(3600);
    w
}

#[test]
fn who_has_opened_a_suite_reads_it_whole_until_it_has_been_published_twice() {
    let mut w = changed(World::on_disk());
    let first = Opened::suite(&w, "stable");
    w.publish();
    let second = Opened::suite(&w, "stable");
    assert_eq!((first.whole(), second.whole()), ("1".to_owned(), "2".to_owned()));
    // Other suites and runs without a change have nothing to do with it, however long they go on.
    for number in 3..6 {
        w.add("testing", "hello", &number.to_string(), "amd64");
        w.now = w.now.plus(30 * 86_400);
        w.publish();
        w.publish();
    }
    assert_eq!(first.whole(), "1");
    w.add("stable", "hello", "3", "amd64");
    w.publish();
    assert!(first.read("Release").is_err());
    assert_eq!(second.whole(), "2");
    let listed = String::from_utf8(w.tree.inner.long_list(ROOT).unwrap()).unwrap();
    assert!(listed.contains("./dists/stable") && !listed.contains("previous"), "clients do not see it");
}

/// Files below a directory of the archive, by their paths below it, with their sizes.
fn files(w: &World, directory: &str) -> Vec<(String, u64)> {
    let files = w.tree.inner.list(ROOT, directory).unwrap();
    files.into_iter().map(|(path, size)| (path.replacen(directory, "", 1), size)).collect()
}

/// How many operations the publication takes.
fn operations() -> i64 {
    const MANY: i64 = 1_000_000;
    let w = changed(World::in_memory());
    w.tree.fail_after(MANY);
    w.publish();
    MANY - w.tree.left()
}

#[test]
fn whatever_fails_what_clients_saw_before_is_kept() {
    let total = operations();
    for n in 0..=total {
        let w = changed(World::in_memory());
        let before = files(&w, "dists");
        w.tree.fail_after(n);
        assert_eq!(w.try_publish(&w.select()).is_ok(), n == total);
        // The disk dies in the run that finishes, too.
        for again in 0..12 {
            w.tree.fail_after(again);
            drop(w.try_publish(&w.select()));
        }
        w.tree.mend();
        w.publish();
        assert_eq!(files(&w, ".previous"), before, "operation {n}");
        assert_ne!(files(&w, "dists"), before);
    }
}

#[test]
fn a_crash_while_suites_change_places_takes_nothing_from_those_who_have_opened_them() {
    let total = operations();
    for n in total - 8..total {
        let w = changed(World::on_disk());
        let opened = ["stable", "testing"].map(|name| Opened::suite(&w, name));
        w.tree.fail_after(n);
        assert!(w.try_publish(&w.select()).is_err());
        w.tree.mend();
        assert!(opened.iter().all(|suite| suite.whole() == "1"), "operation {n}");
        w.publish();
        assert!(opened.iter().all(|suite| suite.whole() == "1"), "the next run after operation {n}");
        assert_eq!(Opened::suite(&w, "stable").whole(), "2");
    }
}
