//! Mirrors that copy with rsync(1) beside a publisher.

use std::path::{Path, PathBuf};

use debfmt::digest::Sha256;
use tempfile::TempDir;

use super::SUITES;
use super::pace::{Pace, Reader};
use super::reader::{Met, Names, release, shown};
use super::source::Files;
use crate::support::tool::{Ran, tool};

/// A directory that becomes like another one, again and again.
pub(super) struct Mirror {
    from: PathBuf,
    home: TempDir,
}

impl Mirror {
    pub(super) fn of(from: &Path) -> Self {
        Self { from: from.to_owned(), home: TempDir::with_prefix("mirror").unwrap() }
    }

    /// Files of one size that were written in one second are the same to rsync, unless it looks at them.
    fn sync(&self, options: &[&str], directory: &str) -> Ran {
        let to = self.home.path().join(directory);
        std::fs::create_dir_all(&to).unwrap();
        let path = |path: &Path| format!("{}/", path.display());
        let mut rsync = tool("rsync", self.home.path());
        Ran::of(rsync.arg("-a").args(options).arg(path(&self.from.join(directory))).arg(path(&to)))
    }

    /// As docs/mirrors.md says: each suite by itself, then the pool, and only then is looked at the copy. Returns what it met.
    pub(super) fn suites(&self, (pace, reader): (&Pace, Reader)) -> (u32, Met) {
        let mut met = Met::default();
        let mut source = Files(self.home.path().to_owned());
        // As for everybody who opens a directory.
        let times = pace.read(reader, 1, || {
            for suite in SUITES {
                self.sync(&["--delete", "--checksum"], &format!("dists/{suite}")).ok();
            }
            self.sync(&[], "pool").ok();
            for suite in SUITES {
                met.suite(&mut source, suite, Names::Plain);
                met.suite(&mut source, suite, Names::ByHash);
            }
        });
        (times, met)
    }

    /// All of `dists` at once: how often was something of two Releases in it, and how often did rsync say that files had
    /// vanished?
    pub(super) fn all_at_once(&self, (pace, reader): (&Pace, Reader)) -> (u32, u32, u32) {
        let (mut mixed, mut vanished) = (0, 0);
        let times = pace.read(reader, 1, || match self.sync(&["--delete", "--checksum"], "dists").status() {
            Some(0) => mixed += u32::from(SUITES.iter().any(|suite| !self.is_whole(suite))),
            Some(23 | 24) => vanished += 1,
            status => panic!("rsync ended with {status:?}"),
        });
        (times, mixed, vanished)
    }

    fn is_whole(&self, suite: &str) -> bool {
        let read = |path: &str| std::fs::read(self.home.path().join("dists").join(suite).join(path)).ok();
        let release = release(&read("InRelease").unwrap());
        shown(&release).iter().all(|path| {
            let sha256 = release.file(path).unwrap().checksums.sha256;
            read(path).is_some_and(|bytes| Sha256::of(&bytes) == sha256)
        })
    }
}
