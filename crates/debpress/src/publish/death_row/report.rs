//! What a run of death row did, for people, programs and the record of the run.

use serde::Serialize;

use crate::model::key::PoolFile;
use crate::model::run::Ran;

/// What a run did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeathRowReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Each archive that was looked at.
    pub archives: Vec<ArchiveReport>,
}

impl DeathRowReport {
    /// The same without the files one by one.
    pub fn summary(&self) -> DeathRowSummary {
        let summary = |it: &ArchiveReport| ArchiveSummary {
            archive: it.archive.clone(),
            files: it.files.len(),
            bytes: it.bytes,
            records: it.records,
            held: it.held,
            restored: it.restored,
            error: it.trouble().next(),
        };
        DeathRowSummary { archives: self.archives.iter().map(summary).collect() }
    }

    /// Whether something went wrong with an archive.
    pub fn has_failed(&self) -> bool {
        self.archives.iter().any(ArchiveReport::has_failed)
    }
}

/// What happened to one archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// The archive.
    pub archive: String,
    /// Files that left the pool, by path.
    pub files: Vec<RemovedFile>,
    /// Their size in bytes.
    pub bytes: u64,
    /// Publications that are recorded as removed.
    pub records: usize,
    /// Source publications whose stay is over and which stay for binary packages that were made of them.
    pub held: usize,
    /// Files of these that were missing and are in the pool again.
    pub restored: usize,
    /// Files that could not be removed or put back, each with its reason. Their publications wait for the next run; the
    /// others do not.
    pub failed: Vec<String>,
    /// What stopped the archive, with every cause; `files` went before that, and the next run goes on.
    pub error: Option<String>,
}

/// What the record of a run says of it: how many files, and not each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeathRowSummary {
    /// Each archive that was looked at.
    pub archives: Vec<ArchiveSummary>,
}

/// What happened to one archive, as [`ArchiveReport`] says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArchiveSummary {
    /// The archive.
    pub archive: String,
    /// How many files left the pool.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// Publications that are recorded as removed.
    pub records: usize,
    /// Source publications that stay for binary packages.
    pub held: usize,
    /// Files of these that are in the pool again.
    pub restored: usize,
    /// What went wrong first.
    pub error: Option<String>,
}

impl Ran for DeathRowSummary {
    fn changes(&self) -> u64 {
        let changes =
            self.archives.iter().map(|archive| archive.files.max(archive.records) + archive.restored);
        u64::try_from(changes.sum::<usize>()).unwrap_or(u64::MAX)
    }

    fn trouble(&self) -> Vec<String> {
        let lines =
            self.archives.iter().filter_map(|it| Some(format!("{}: {}", it.archive, it.error.as_ref()?)));
        lines.collect()
    }

    fn speaks(&self) -> bool {
        false
    }
}

/// A file that left the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedFile {
    /// Its path, relative to the site.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl ArchiveReport {
    /// What went wrong, in order.
    pub fn trouble(&self) -> impl Iterator<Item = String> + '_ {
        self.failed.iter().chain(&self.error).cloned()
    }

    /// Whether anything went wrong.
    pub fn has_failed(&self) -> bool {
        self.trouble().next().is_some()
    }

    /// A file that went; `None`: it was gone already.
    pub(super) fn add(&mut self, root: &str, file: &PoolFile, size: Option<u64>) {
        let path = format!("{root}/{}", file.path());
        let Some(bytes) = size else {
            tracing::debug!(%path, "gone already");
            return;
        };
        tracing::debug!(%path, bytes, "leaves the pool");
        self.bytes += bytes;
        self.files.push(RemovedFile { path, bytes });
    }
}
