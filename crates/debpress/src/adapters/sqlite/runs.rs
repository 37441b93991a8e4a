//! Runs of the publishers, and pauses.

use rusqlite::{Row, params};

use super::SqliteRecords;
use super::rows::{Read, Work, corrupt, size, stored_size, text};
use crate::model::run::{Outcome, Pause, Run, RunEnd, RunId, RunStart};
use crate::model::time::Timestamp;
use crate::ports::db::{RecordsError, RunFilter, RunRecords};

impl RunRecords for SqliteRecords {
    fn begin_run(&self, start: &RunStart) -> Result<RunId, RecordsError> {
        self.change("note that a run begins", |work| {
            work.run("UPDATE run SET outcome = 'interrupted' WHERE outcome = 'running'", ())?;
            let RunStart { command, user, host, pid, at } = start;
            let sql = "INSERT INTO run (command, user, host, pid, began, outcome)
                       VALUES (?1, ?2, ?3, ?4, ?5, 'running')";
            work.insert(sql, (command, user, host, pid, at.0)).map(RunId)
        })
    }

    fn end_run(&self, id: RunId, end: &RunEnd) -> Result<(), RecordsError> {
        let sql = "UPDATE run SET outcome = ?2, milliseconds = ?3, changes = ?4, report = ?5, error = ?6, ended = ?7
                   WHERE id = ?1";
        let (milliseconds, changes) = (stored_size(end.milliseconds), stored_size(end.changes));
        let values =
            params![id.0, end.outcome.as_str(), milliseconds, changes, end.report, end.error, end.at.0];
        self.work("note how a run ended").run(sql, values)?;
        Ok(())
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, RecordsError> {
        let mut found = Vec::new();
        let sql = format!("{RUNS} ORDER BY id DESC");
        self.work("list the runs").each(&sql, (), |row| {
            let run = read(row)?;
            if filter.takes(&run) {
                found.push(run);
            }
            Ok(found.len() < filter.limit)
        })?;
        found.truncate(filter.limit);
        found.reverse();
        Ok(found)
    }

    fn run(&self, id: RunId) -> Result<Option<Run>, RecordsError> {
        self.work("read a run").first(&format!("{RUNS} WHERE id = ?1"), [id.0], read)
    }

    fn set_pause(&self, pause: Option<&Pause>) -> Result<Option<Pause>, RecordsError> {
        self.change("change the pause", |work| {
            let before = read_pause(work)?;
            work.run("DELETE FROM pause", ())?;
            if let Some(Pause { who, since, reason }) = pause {
                let sql = "INSERT INTO pause (id, who, since, reason) VALUES (1, ?1, ?2, ?3)";
                work.run(sql, (who, since.0, reason))?;
            }
            Ok(before)
        })
    }

    fn pause(&self) -> Result<Option<Pause>, RecordsError> {
        read_pause(self.work("read the pause"))
    }
}

const RUNS: &str =
    "SELECT id, command, user, host, pid, began, outcome, milliseconds, changes, report, error, ended
                    FROM run";

fn read(row: &Row<'_>) -> Read<Run> {
    let word = text(row, 6)?;
    let outcome = Outcome::from_word(word).ok_or_else(|| corrupt("the outcome of a run", word))?;
    let ended: Option<i64> = row.get(11)?;
    let end = match ended {
        None => None,
        Some(at) => Some(RunEnd {
            outcome,
            milliseconds: size(row, 7)?,
            changes: size(row, 8)?,
            report: row.get(9)?,
            error: row.get(10)?,
            at: Timestamp(at),
        }),
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        start: RunStart {
            command: row.get(1)?,
            user: row.get(2)?,
            host: row.get(3)?,
            pid: row.get(4)?,
            at: Timestamp(row.get(5)?),
        },
        end,
        outcome,
    })
}

fn read_pause(work: Work<'_>) -> Result<Option<Pause>, RecordsError> {
    work.first("SELECT who, since, reason FROM pause", (), |row| {
        Ok(Pause { who: row.get(0)?, since: Timestamp(row.get(1)?), reason: row.get(2)? })
    })
}
