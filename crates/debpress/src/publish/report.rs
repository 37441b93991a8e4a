//! What a run of the publisher did.

use serde::{Serialize, Serializer};

use super::PublishError;
use crate::model::run::Ran;
use crate::ports::shortage::in_one_line;

/// What a run of the publisher did.
#[derive(Debug, Default, Serialize)]
pub struct PublishReport {
    /// Suites of an interrupted publication that this run finished first.
    pub recovered: Vec<String>,
    /// Suites that are visible in a new state.
    pub suites: Vec<SuiteReport>,
    /// Second names of suites that mean something else now.
    pub aliases: Vec<AliasReport>,
    /// How many suites had no change.
    pub unchanged: usize,
    /// Archives that could not be published. They are as they were, unless the error says otherwise.
    pub failed: Vec<FailedArchive>,
    /// What an administrator should know.
    pub warnings: Vec<String>,
    /// How long each part took.
    pub phases: Vec<Phase>,
}

impl Ran for PublishReport {
    fn changes(&self) -> u64 {
        u64::try_from(self.suites.len() + self.recovered.len() + self.aliases.len()).unwrap_or(u64::MAX)
    }

    fn trouble(&self) -> Vec<String> {
        let line = |failed: &FailedArchive| format!("{}: {}", failed.archive, in_one_line(&failed.error));
        self.failed.iter().map(line).collect()
    }

    fn speaks(&self) -> bool {
        !self.warnings.is_empty()
    }
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What was done: `prepare noble of debian`.
    pub name: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl PublishReport {
    /// What another run did, after what this one did.
    pub fn add(&mut self, other: Self) {
        self.recovered.extend(other.recovered);
        self.suites.extend(other.suites);
        self.aliases.extend(other.aliases);
        self.unchanged += other.unchanged;
        self.failed.extend(other.failed);
        self.phases.extend(other.phases);
        let new = other.warnings.into_iter().filter(|warning| !self.warnings.contains(warning));
        let new: Vec<String> = new.collect();
        self.warnings.extend(new);
    }
}

/// A second name of a suite that has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AliasReport {
    /// The archive.
    pub archive: String,
    /// The second name.
    pub alias: String,
    /// The suite that it means; `None`: it is gone.
    pub target: Option<String>,
}

/// What happened to one suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiteReport {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// Publications that became visible.
    pub published: usize,
    /// Publications that were replaced.
    pub superseded: usize,
    /// Publications that somebody wanted to be gone, and that are.
    pub deleted: usize,
    /// Directories of custom files that became visible.
    pub custom: usize,
    /// Files of other programs that it shows.
    pub contributed: usize,
    /// Index files written, compressed forms counted apart.
    pub index_files: usize,
    /// Their size in bytes.
    pub index_bytes: u64,
    /// Who signed; `None`: unsigned.
    pub signed_by: Option<String>,
}

/// An archive that could not be published.
#[derive(Debug, Serialize)]
pub struct FailedArchive {
    /// Its reference.
    pub archive: String,
    /// Why; in JSON one text with every cause.
    #[serde(serialize_with = "with_causes")]
    pub error: PublishError,
    /// What had begun to become visible was finished by the same run all the same.
    pub finished: bool,
}

impl FailedArchive {
    /// One of which nothing is to be seen.
    pub(super) fn new(archive: &str, error: PublishError) -> Self {
        Self { archive: archive.to_owned(), error, finished: false }
    }
}

fn with_causes<S: Serializer>(error: &PublishError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&in_one_line(error))
}
