//! Runs of the publishers, and pauses in which those of cron do nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// The number of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is at work.
    Running,
    /// All was done, or there was nothing to do.
    Done,
    /// Something failed.
    Failed,
    /// It was killed, or the machine stopped.
    Interrupted,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Interrupted];

    /// The word that records, JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Reads the word of [`Outcome::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who runs what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The command: `publish-distro`.
    pub command: String,
    /// The user it runs as.
    pub user: String,
    /// The host it runs on.
    pub host: String,
    /// Its process number.
    pub pid: u32,
    /// When it began.
    pub at: Timestamp,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// How much it has changed: queue items done and suites published, say.
    pub changes: u64,
    /// Its report, as JSON; empty where it changed nothing and had nothing to say.
    pub report: String,
    /// What went wrong; empty: nothing.
    pub error: String,
    /// When it ended.
    pub at: Timestamp,
}

/// A run as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Who runs what.
    pub start: RunStart,
    /// How it ended; `None`: it is at work, or was interrupted.
    pub end: Option<RunEnd>,
    /// Where it stands.
    pub outcome: Outcome,
}

/// A pause: scheduled runs do nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who wants it.
    pub who: String,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// The report of a run.
pub trait Ran: Serialize {
    /// How much it has changed.
    fn changes(&self) -> u64;

    /// What went wrong, a line each.
    fn trouble(&self) -> Vec<String>;

    /// Whether it has something to say although nothing was changed and nothing went wrong.
    fn speaks(&self) -> bool;
}

/// What hooks did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HookReport {
    /// Those that ran, by name.
    pub ran: Vec<String>,
    /// What lies beside them and is none, each with the reason.
    pub skipped: Vec<String>,
    /// What they have left running, and what became of it.
    pub left: Vec<String>,
}

impl HookReport {
    /// What an administrator should know.
    pub fn warnings(self) -> impl Iterator<Item = String> {
        self.skipped.into_iter().chain(self.left)
    }
}
