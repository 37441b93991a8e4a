//! What people are told, and the refusals of which they are told.

use rusqlite::Row;

use super::SqliteRecords;
use super::rows::{During, Read, Work, corrupt, text};
use crate::model::notice::{Message, NewNotice, Notice, NoticeId, NoticeKind, NoticeState};
use crate::model::queue::QueueId;
use crate::model::time::Timestamp;
use crate::ports::db::{NoticeFilter, NoticeRecords, RecordsError, Refusal};

impl NoticeRecords for SqliteRecords {
    fn refuse(&self, refusal: &Refusal<'_>) -> Result<(), RecordsError> {
        self.change("record a refused upload", |work| {
            let told = insert(work, None, refusal.notices)?;
            if let Some(claim) = refusal.claim.filter(|_| told > 0) {
                let sql =
                    "INSERT INTO refusal (claim, at, report) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
                if work.run(sql, (claim, refusal.at.0, refusal.report))? == 0 {
                    return Err(RecordsError::Exists { what: "the refusal of", name: claim.to_owned() });
                }
            }
            Ok(())
        })
    }

    fn refusal(&self, claim: &str) -> Result<Option<String>, RecordsError> {
        let sql = "SELECT report FROM refusal WHERE claim = ?1";
        self.work("look for a refused upload").first(sql, [claim], |row| Ok(row.get(0)?))
    }

    fn take_notice(&self, due: Timestamp, until: Timestamp) -> Result<Option<Notice>, RecordsError> {
        let sql = due_sql();
        // Most runs have nothing to send; they need not wait for one that writes.
        if self.work("look for notices").first(&sql, [due.0], |_| Ok(()))?.is_none() {
            return Ok(None);
        }
        self.change("take a notice", |work| {
            let Some(mut notice) = work.first(&sql, [due.0], read)? else { return Ok(None) };
            notice.attempts += 1;
            notice.due = until;
            let sql = "UPDATE notice SET attempts = ?2, due = ?3, taken = ?3 WHERE id = ?1";
            work.run(sql, (notice.id.0, notice.attempts, until.0))?;
            Ok(Some(notice))
        })
    }

    fn notice_sent(&self, id: NoticeId, at: Timestamp) -> Result<(), RecordsError> {
        let sql = "UPDATE notice SET state = 1, due = ?2, taken = 0, error = '' WHERE id = ?1";
        self.work("note that a notice was sent").run(sql, (id.0, at.0))?;
        Ok(())
    }

    fn notice_failed(
        &self,
        id: NoticeId,
        at: Timestamp,
        error: &str,
        retry: Option<Timestamp>,
    ) -> Result<(), RecordsError> {
        let state = number(if retry.is_some() { NoticeState::Waiting } else { NoticeState::GivenUp });
        let sql = "UPDATE notice SET state = ?2, due = ?3, taken = 0, error = ?4 WHERE id = ?1";
        let values = (id.0, state, retry.unwrap_or(at).0, error);
        self.work("note that a notice was not sent").run(sql, values)?;
        Ok(())
    }

    fn retry_notices(&self, now: Timestamp) -> Result<usize, RecordsError> {
        self.change("make notices due again", |work| {
            let waiting = "UPDATE notice SET due = ?1 WHERE state = 0 AND taken <= ?1";
            let given_up = "UPDATE notice SET state = 0, due = ?1 WHERE state = 2";
            Ok(work.run(waiting, [now.0])? + work.run(given_up, [now.0])?)
        })
    }

    fn notices(&self, filter: &NoticeFilter) -> Result<Vec<Notice>, RecordsError> {
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let asked = |state: &NoticeState| filter.states.is_empty() || filter.states.contains(state);
        self.look("list notices", |work| {
            let mut found = Vec::new();
            for state in NoticeState::ALL.into_iter().filter(asked) {
                found.append(&mut work.all(&newest_sql(state), [limit], read)?);
            }
            found.sort_by_key(|notice| notice.id);
            let beyond = filter.limit.map_or(0, |limit| found.len().saturating_sub(limit));
            found.drain(..beyond);
            Ok(found)
        })
    }
}

/// The first notice that is due.
pub(super) fn due_sql() -> String {
    format!("{NOTICES} WHERE state = 0 AND due <= ?1 ORDER BY due, id LIMIT 1")
}

/// The newest of one state. Asked for one state at a time they are found by its index: most of all that was ever told
/// was sent.
pub(super) fn newest_sql(state: NoticeState) -> String {
    format!("{NOTICES} WHERE state = {} ORDER BY id DESC LIMIT ?1", number(state))
}

const NOTICES: &str =
    "SELECT id, item_id, kind, recipient, message, created, state, attempts, due, error FROM notice";

/// Records notices, but for those that tell the same recipient the same thing again. Returns how many it recorded.
pub(super) fn insert(
    work: Work<'_>,
    item: Option<QueueId>,
    notices: &[NewNotice],
) -> Result<usize, RecordsError> {
    let mut recorded = 0;
    for NewNotice { kind, recipient, message, created, about } in notices {
        let message = serde_json::to_string(message).during("write down a notice")?;
        recorded += work.run(
            "INSERT INTO notice (item_id, kind, recipient, message, about, created, state, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?6) ON CONFLICT DO NOTHING",
            (item.map(|item| item.0), kind.as_str(), recipient, message, about, created.0),
        )?;
    }
    Ok(recorded)
}

fn read(row: &Row<'_>) -> Read<Notice> {
    let (kind, message) = (text(row, 2)?, text(row, 4)?);
    let message: Message = serde_json::from_str(message).map_err(|_| corrupt("a message", message))?;
    let state: i64 = row.get(6)?;
    let states = NoticeState::ALL.into_iter();
    Ok(Notice {
        id: NoticeId(row.get(0)?),
        item: row.get::<_, Option<i64>>(1)?.map(QueueId),
        kind: NoticeKind::from_word(kind).ok_or_else(|| corrupt("a kind of notice", kind))?,
        recipient: row.get(3)?,
        message,
        created: Timestamp(row.get(5)?),
        state: { states }
            .find(|known| number(*known) == state)
            .ok_or_else(|| corrupt("a state of a notice", &state.to_string()))?,
        attempts: row.get(7)?,
        due: Timestamp(row.get(8)?),
        error: row.get(9)?,
    })
}

fn number(state: NoticeState) -> i64 {
    match state {
        NoticeState::Waiting => 0,
        NoticeState::Sent => 1,
        NoticeState::GivenUp => 2,
    }
}
