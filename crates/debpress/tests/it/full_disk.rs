//! A disk that is really full: a small file system of its own, filled up to some bytes.

use std::path::{Path, PathBuf};

use debfmt::builder::DebBuilder;
use tempfile::TempDir;

use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

/// A file system in memory, as large as that.
struct SmallDisk {
    directory: TempDir,
}

impl SmallDisk {
    /// `None`, which is said: who runs the tests may not mount anything.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    fn new(kibibytes: u32) -> Option<Self> {
        let directory = TempDir::with_prefix("disk").unwrap();
        let mut command = tool("mount", Path::new("/"));
        command.args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"]).arg(directory.path());
        if Ran::of(&mut command).succeeds() {
            return Some(Self { directory });
        }
        eprintln!("left out: no file system can be mounted here, and so none can be full");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.directory.path().join("ballast")
    }

    /// Fills it until so many KiB are left.
    fn fill(&self, left: u64) {
        let room = rustix::fs::statvfs(self.directory.path()).unwrap();
        let ballast = (room.f_bavail * room.f_frsize).saturating_sub(left * 1024);
        std::fs::write(self.ballast(), vec![0; usize::try_from(ballast).unwrap()]).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Ran::of(tool("umount", Path::new("/")).arg("--lazy").arg(self.directory.path())).said();
    }
}

/// Whether somebody who reads it knows what to do.
fn says_full(said: &str) -> bool {
    let full = ["No space left on device", "the disk is full"].iter().any(|text| said.contains(text));
    full && said.contains("make room") && said.contains("run the command again")
}

/// What clients see of the suite.
fn seen(site: &TestSite) -> Vec<u8> {
    site.read("dists/stable/InRelease")
}

fn add(site: &TestSite, version: u32) {
    site.add("stable", &[DebBuilder::new("hello", &version.to_string(), "amd64").build()]);
    site.advance(60);
}

#[test]
fn a_publication_on_a_full_disk_happens_not_at_all_and_then_whole() {
    let Some(disk) = SmallDisk::new(24 * 1024) else { return };
    let site = TestSite::below(&disk.directory, &["amd64"]);
    add(&site, 0);
    site.publish();
    let mut failures = 0;
    for round in 0.. {
        add(&site, round + 1);
        let before = seen(&site);
        disk.fill(u64::from(round) * 8);
        let said = site.run(&["publish-distro"]);
        let succeeded = said.succeeds();
        if !succeeded {
            let said = said.ends(1);
            assert!(says_full(&said.stderr), "round {round}: {}", said.stderr);
            failures += 1;
        }
        // Where only the record of it failed, the new suite is seen already, and stays.
        let after = seen(&site);
        disk.make_room();
        site.run(&["publish-distro"]).ok();
        assert!(seen(&site) != before);
        assert!(after == before || after == seen(&site), "round {round}: neither old nor new");
        site.run(&["check", "--full"]).ok();
        if succeeded {
            break;
        }
    }
    assert!(failures >= 3, "it must have been full at several points: {failures}");
}

#[test]
fn an_import_on_a_full_disk_is_repeated_when_there_is_room() {
    let Some(disk) = SmallDisk::new(24 * 1024) else { return };
    let site = TestSite::below(&disk.directory, &["amd64"]);
    for round in 0..6 {
        let package = DebBuilder::new(&format!("hello-{round}"), "1", "amd64").build();
        let path = site.write([&package]).remove(0);
        disk.fill(round * 16);
        let said = site.run(&["add", "--suite", "stable", path.to_str().unwrap()]);
        if !said.succeeds() {
            let said = said.ends(1);
            assert!(says_full(&said.stderr), "round {round}: {}", said.stderr);
        }
        disk.make_room();
        site.add_paths("stable", &[path]);
        site.publish();
        site.run(&["check", "--full"]).ok();
    }
}
