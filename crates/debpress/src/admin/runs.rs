//! Runs of the publishers as people see them, and pauses.

use serde::Serialize;

use crate::context::Site;
use crate::lock::{Holder, PublisherLock};
use crate::model::run::{Outcome, Pause, Ran, Run, RunEnd, RunId, RunStart};
use crate::ports::db::{Records, RecordsError, RunFilter};
use crate::ports::shortage::in_one_line;

/// A run that was noted as begun.
#[derive(Debug)]
#[must_use = "a run that is not ended looks as if it were interrupted"]
pub struct Begun {
    id: RunId,
    milliseconds: u64,
}

/// Notes that a run begins, under the lock that it holds. Signals ask it to stop from now on, so that its end is noted.
///
/// # Errors
/// The database fails.
pub fn begin(site: &Site, _lock: &PublisherLock, command: &str) -> Result<Begun, RecordsError> {
    let Holder { command, pid, user, host, since } = Holder::this_process(command, site.now());
    site.stop_when_asked();
    let id = site.records().begin_run(&RunStart { command, user, host, pid, at: since })?;
    Ok(Begun { id, milliseconds: site.clock().milliseconds() })
}

/// Notes how a run ended, and hands its report on. Where that cannot be noted, the run itself is none the worse for it.
pub fn end<R: Ran, E: std::error::Error + 'static>(
    site: &Site,
    begun: &Begun,
    report: Result<R, E>,
) -> Result<R, E> {
    let (changes, trouble, text) = match &report {
        Ok(report) => {
            let (changes, trouble) = (report.changes(), report.trouble());
            let worth = changes > 0 || !trouble.is_empty() || report.speaks();
            let text = if worth { serde_json::to_string(report).unwrap_or_default() } else { String::new() };
            (changes, trouble, text)
        }
        Err(error) => (0, vec![in_one_line(error)], String::new()),
    };
    let end = RunEnd {
        outcome: if trouble.is_empty() { Outcome::Done } else { Outcome::Failed },
        milliseconds: site.clock().milliseconds().saturating_sub(begun.milliseconds),
        changes,
        report: text,
        error: trouble.join("\n"),
        at: site.now(),
    };
    if let Err(error) = site.records().end_run(begun.id, &end) {
        tracing::warn!("the end of this run was not noted: {}", in_one_line(&error));
    }
    report
}

/// A run for people and as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownRun {
    /// Its number.
    pub run: i64,
    /// The command.
    pub command: String,
    /// Who ran it, where: `root of vault`.
    pub who: String,
    /// When it began, RFC 3339.
    pub began: String,
    /// When it ended, RFC 3339.
    pub ended: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub milliseconds: Option<u64>,
    /// How much it has changed.
    pub changes: u64,
    /// What went wrong, a line each.
    pub trouble: Vec<String>,
    /// Its report; `null` where it had nothing to say.
    pub report: serde_json::Value,
}

impl From<Run> for ShownRun {
    fn from(run: Run) -> Self {
        let Run { id, start, end, outcome } = run;
        let end = end.as_ref();
        let trouble = end.map(|end| end.error.lines().map(str::to_owned).collect());
        let report = end.map(|end| serde_json::from_str(&end.report).unwrap_or_default());
        Self {
            run: id.0,
            command: start.command,
            who: format!("{} of {}", start.user, start.host),
            began: start.at.to_string(),
            ended: end.map(|end| end.at.to_string()),
            outcome,
            milliseconds: end.map(|end| end.milliseconds),
            changes: end.map_or(0, |end| end.changes),
            trouble: trouble.unwrap_or_default(),
            report: report.unwrap_or_default(),
        }
    }
}

/// Why a run is not shown.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// There is no such run.
    #[error("there is no run {run}; `debpress runs` shows them")]
    NoRun {
        /// The number asked for.
        run: RunId,
    },
    /// A pause without a reason helps nobody who finds it.
    #[error("say why: whoever finds the publishers paused wants to know")]
    NoReason,
    /// The database fails.
    #[error("cannot read the runs")]
    Records(#[from] RecordsError),
}

/// Runs, the oldest first.
///
/// # Errors
/// The database fails.
pub fn list(records: &dyn Records, filter: &RunFilter) -> Result<Vec<ShownRun>, RunsError> {
    Ok(records.runs(filter)?.into_iter().map(ShownRun::from).collect())
}

/// One run in full.
///
/// # Errors
/// [`RunsError::NoRun`], or the database fails.
pub fn show(records: &dyn Records, run: RunId) -> Result<ShownRun, RunsError> {
    Ok(records.run(run)?.ok_or(RunsError::NoRun { run })?.into())
}

/// Pauses scheduled runs; a pause that there is already is replaced.
///
/// # Errors
/// [`RunsError::NoReason`], or the database fails.
pub fn pause(site: &Site, who: &str, reason: &str) -> Result<Pause, RunsError> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        return Err(RunsError::NoReason);
    }
    let pause = Pause { who: who.to_owned(), since: site.now(), reason };
    site.records().set_pause(Some(&pause))?;
    Ok(pause)
}

/// Ends a pause; returns the one that there was.
///
/// # Errors
/// The database fails.
pub fn resume(records: &dyn Records) -> Result<Option<Pause>, RunsError> {
    Ok(records.set_pause(None)?)
}
