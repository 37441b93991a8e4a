//! Runs of the publishers, and pauses.

use super::RecordsError;
use crate::model::run::{Outcome, Pause, Run, RunEnd, RunId, RunStart};

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Only of this command.
    pub command: Option<String>,
    /// Only with one of these outcomes; none named: any.
    pub outcomes: Vec<Outcome>,
    /// Only those that have changed something, or have failed.
    pub eventful: bool,
    /// At most so many, the newest.
    pub limit: usize,
}

impl RunFilter {
    /// Whether a run is asked for.
    pub fn takes(&self, run: &Run) -> bool {
        let changes = run.end.as_ref().map_or(0, |end| end.changes);
        self.command.as_ref().is_none_or(|command| run.start.command == *command)
            && (self.outcomes.is_empty() || self.outcomes.contains(&run.outcome))
            && (!self.eventful || changes > 0 || run.outcome != Outcome::Done)
    }
}

/// Records of runs.
pub trait RunRecords {
    /// Notes that a run begins. Whoever calls it holds the publisher lock, so every run that is noted as running has died
    /// and is Interrupted from now on.
    ///
    /// # Errors
    /// The database fails.
    fn begin_run(&self, start: &RunStart) -> Result<RunId, RecordsError>;

    /// Notes how a run ended.
    ///
    /// # Errors
    /// The database fails.
    fn end_run(&self, id: RunId, end: &RunEnd) -> Result<(), RecordsError>;

    /// Runs, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, RecordsError>;

    /// One run, or `None`.
    ///
    /// # Errors
    /// The database fails.
    fn run(&self, id: RunId) -> Result<Option<Run>, RecordsError>;

    /// Begins a pause; one that there is already is replaced. `None` ends it. Returns the one that there was.
    ///
    /// # Errors
    /// The database fails.
    fn set_pause(&self, pause: Option<&Pause>) -> Result<Option<Pause>, RecordsError>;

    /// The pause that there is.
    ///
    /// # Errors
    /// The database fails.
    fn pause(&self) -> Result<Option<Pause>, RecordsError>;
}
