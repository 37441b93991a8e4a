//! A publisher that grows, changes, shrinks and goes back to what was, in two suites, with little patience for readers.

use std::collections::BTreeSet;

use debfmt::builder::{BuiltFile, DebBuilder};
use debfmt::digest::Sha256;

use super::reader::release;
use super::{SPAN, SUITES};
use crate::support::site::TestSite;

/// How much time passes between two publications: what was replaced leaves the pool after eight of them.
const BETWEEN: i64 = 3 * 3600;

pub(super) struct Publisher {
    pub(super) site: TestSite,
    /// The hash of every index that a Release has named.
    pub(super) indexes: BTreeSet<Sha256>,
    /// How often an index came back: named by the Release before the last, not by the last, and now again.
    pub(super) returned: usize,
    /// The index of the last publications of the first suite.
    last: Vec<Sha256>,
}

impl Publisher {
    /// A site whose suites have been published once. Indexes stay by hash for [`SPAN`] more Releases and not a second longer.
    pub(super) fn new() -> Self {
        let site = TestSite::new(&["amd64"]);
        let settings = site.root().join("debpress.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let short = text.replace("by_hash_retention = \"1d\"", "by_hash_retention = \"1s\"");
        assert_ne!(text, short);
        std::fs::write(&settings, short).unwrap();
        site.run(&["series", "set", "stable", "--option", &format!("by_hash_keep={SPAN}")]).ok();
        site.add("stable", &[package("hello", "0")]);
        site.add("stable-backports", &[package("base", "1")]);
        site.publish();
        let mut publisher = Self { site, indexes: BTreeSet::new(), returned: 0, last: Vec::new() };
        publisher.note();
        publisher
    }

    /// A, B with one more package, A again without it, C.
    pub(super) fn publish(&mut self, number: u32) {
        let site = &self.site;
        site.advance(BETWEEN);
        match number % 6 {
            0 => site.add("stable", &[package("hello", &number.to_string())]),
            1 => SUITES.iter().for_each(|suite| site.add(suite, &[package("extra", "1")])),
            3 => site.add("stable-backports", &[package(&format!("more-{number}"), "1")]),
            4 => site.add("stable", &[package("extra", "1")]),
            2 => self.remove("stable"),
            _ => SUITES.iter().for_each(|suite| self.remove(suite)),
        }
        self.site.run(&["publish-distro", "--allow", "removal"]).ok();
        if number.is_multiple_of(5) {
            self.site.run(&["process-death-row"]).ok();
        }
        self.note();
    }

    fn remove(&self, suite: &str) {
        self.site.run(&["remove", "extra", "--suite", suite, "--reason", "a story"]).ok();
    }

    fn note(&mut self) {
        for suite in SUITES {
            let release = release(&self.site.read(&format!("dists/{suite}/InRelease")));
            self.indexes.extend(release.files.iter().map(|file| file.checksums.sha256));
            if suite == SUITES[0] {
                self.last.push(release.file("main/binary-amd64/Packages.gz").unwrap().checksums.sha256);
            }
        }
        if let [.., before, last, now] = self.last[..] {
            self.returned += usize::from(before == now && last != now);
        }
    }
}

fn package(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").build()
}
