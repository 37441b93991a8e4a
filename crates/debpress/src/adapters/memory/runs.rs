//! Runs of the publishers, and pauses.

use super::MemoryRecords;
use crate::model::run::{Outcome, Pause, Run, RunEnd, RunId, RunStart};
use crate::ports::db::{RecordsError, RunFilter, RunRecords};

impl RunRecords for MemoryRecords {
    fn begin_run(&self, start: &RunStart) -> Result<RunId, RecordsError> {
        self.change(|state| {
            for run in state.runs.iter_mut().filter(|run| run.outcome == Outcome::Running) {
                run.outcome = Outcome::Interrupted;
            }
            let id = RunId(state.runs.last().map_or(1, |last| last.id.0 + 1));
            state.runs.push(Run { id, start: start.clone(), end: None, outcome: Outcome::Running });
            Ok(id)
        })
    }

    fn end_run(&self, id: RunId, end: &RunEnd) -> Result<(), RecordsError> {
        self.change(|state| {
            if let Some(run) = state.runs.iter_mut().find(|run| run.id == id) {
                (run.outcome, run.end) = (end.outcome, Some(end.clone()));
            }
            Ok(())
        })
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, RecordsError> {
        Ok(self.look(|state| {
            let newest_first = state.runs.iter().rev().filter(|run| filter.takes(run));
            let mut found: Vec<Run> = newest_first.take(filter.limit).cloned().collect();
            found.reverse();
            found
        }))
    }

    fn run(&self, id: RunId) -> Result<Option<Run>, RecordsError> {
        Ok(self.look(|state| state.runs.iter().find(|run| run.id == id).cloned()))
    }

    fn set_pause(&self, pause: Option<&Pause>) -> Result<Option<Pause>, RecordsError> {
        self.change(|state| Ok(std::mem::replace(&mut state.pause, pause.cloned())))
    }

    fn pause(&self) -> Result<Option<Pause>, RecordsError> {
        Ok(self.look(|state| state.pause.clone()))
    }
}
