//! What clients with an older Release still find by its hash.

use std::collections::BTreeMap;

use debfmt::digest::Sha256;

use super::world::{ROOT, World, on_both};

const DAY: i64 = 86_400;

/// What lies below `dists/stable`, with the publication that made it in place of each hash.
#[derive(Default)]
struct Seen {
    publications: usize,
    made: BTreeMap<String, String>,
}

impl Seen {
    /// Remembers what the suite shows by plain names now.
    fn note(&mut self, w: &World) {
        self.publications += 1;
        let files = w.tree.inner.list(ROOT, "dists/stable").unwrap();
        for (path, _) in files.iter().filter(|(path, _)| !path.contains("by-hash")) {
            let sha256 = Sha256::of(&w.bytes(path).unwrap()).to_string();
            let name = path.rsplit('/').next().unwrap();
            self.made.entry(sha256).or_insert_with(|| format!("{name} {}", self.publications));
        }
    }

    /// The files by hash of the suite itself and of main for amd64. Every one of the suite must be known.
    fn by_hash(&self, w: &World) -> String {
        let mut lines = Vec::new();
        for (path, _) in w.tree.inner.list(ROOT, "dists/stable").unwrap() {
            let Some((directory, hash)) = path.split_once("/by-hash/SHA256/") else { continue };
            let made = self.made.get(hash).unwrap_or_else(|| panic!("nobody made {path}"));
            assert_eq!(Sha256::of(&w.bytes(&path).unwrap()).to_string(), hash, "{made}");
            if ["dists/stable", "dists/stable/main/binary-amd64"].contains(&directory) {
                lines.push(format!("{} {made}", directory.trim_start_matches("dists/")));
            }
        }
        lines.sort();
        lines.join("\n")
    }

    /// Publishes `days` later.
    fn publish(&mut self, w: &mut World, days: i64) {
        w.now = w.now.plus(days * DAY);
        assert_eq!(w.publish().suites.len(), 1);
        self.note(w);
        assert!(w.assert_consistent("stable"));
    }
}

#[test]
fn the_files_of_the_last_releases_stay_however_old_they_are() {
    on_both(|mut w| {
        let mut seen = Seen::default();
        // A, B, A again by a rollback, and C; months lie between them.
        w.add("stable", "hello", "1", "amd64");
        seen.publish(&mut w, 0);
        w.set(&["long_descriptions=no"]);
        seen.publish(&mut w, 100);
        w.set(&["long_descriptions=yes"]);
        seen.publish(&mut w, 100);
        w.add("stable", "world", "1", "amd64");
        seen.publish(&mut w, 100);
        insta::allow_duplicates! {
        insta::assert_snapshot!(seen.by_hash(&w), @r"
        stable InRelease 2
        stable InRelease 3
        stable InRelease 4
        stable Release 2
        stable Release 3
        stable Release 4
        stable Release.gpg 2
        stable Release.gpg 3
        stable Release.gpg 4
        stable/main/binary-amd64 Packages.gz 1
        stable/main/binary-amd64 Packages.gz 2
        stable/main/binary-amd64 Packages.gz 4
        ");
        }
    });
}

#[test]
fn how_many_releases_stay_is_an_option() {
    on_both(|mut w| {
        let mut seen = Seen::default();
        w.set(&["by_hash_keep=0"]);
        for number in 0..4 {
            w.add("stable", "hello", &number.to_string(), "amd64");
            seen.publish(&mut w, 100);
        }
        // The one that was live until a moment ago is young, whatever the count.
        let packages = |seen: &Seen, w: &World| {
            let shown = seen.by_hash(w);
            let of =
                shown.lines().filter_map(|line| line.strip_prefix("stable/main/binary-amd64 Packages.gz "));
            of.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(packages(&seen, &w), "3 4");
        // What is gone is not called back by a larger number; from now on more stays.
        w.set(&["by_hash_keep=3"]);
        seen.publish(&mut w, 100);
        for number in 4..8 {
            w.add("stable", "hello", &number.to_string(), "amd64");
            seen.publish(&mut w, 100);
        }
        assert_eq!(packages(&seen, &w), "6 7 8 9");
        // Age alone keeps more than the count.
        for number in 8..12 {
            w.add("stable", "hello", &number.to_string(), "amd64");
            seen.publish(&mut w, 0);
            w.now = w.now.plus(60);
        }
        assert_eq!(packages(&seen, &w), "10 11 12 13 8 9");
    });
}

#[test]
fn a_suite_that_is_not_written_again_keeps_what_it_has() {
    on_both(|mut w| {
        let mut seen = Seen::default();
        w.add("stable", "hello", "1", "amd64");
        seen.publish(&mut w, 0);
        w.add("stable", "hello", "2", "amd64");
        seen.publish(&mut w, 100);
        let before = w.tree.inner.list(ROOT, "dists/stable").unwrap();
        for number in 0..5 {
            w.now = w.now.plus(100 * DAY);
            w.add("testing", "hello", &number.to_string(), "amd64");
            w.publish();
        }
        assert_eq!(w.tree.inner.list(ROOT, "dists/stable").unwrap(), before);
        w.add("stable", "hello", "3", "amd64");
        seen.publish(&mut w, 100);
        assert_eq!(seen.by_hash(&w).matches("InRelease").count(), 3, "{}", seen.by_hash(&w));
    });
}

#[test]
fn without_names_by_hash_release_has_none_either() {
    on_both(|mut w| {
        let mut seen = Seen::default();
        w.add("stable", "hello", "1", "amd64");
        seen.publish(&mut w, 0);
        assert_eq!(seen.by_hash(&w).lines().count(), 4);
        w.set(&["by_hash=no"]);
        w.now = w.now.plus(100 * DAY);
        w.publish();
        seen.note(&w);
        assert_eq!(seen.by_hash(&w).matches(" 2").count(), 0, "{}", seen.by_hash(&w));
    });
}
