//! What people are told, and the refusals of which they are told.

use super::{MemoryRecords, State};
use crate::model::notice::{NewNotice, Notice, NoticeId, NoticeState};
use crate::model::queue::QueueId;
use crate::model::time::Timestamp;
use crate::ports::db::{NoticeFilter, NoticeRecords, RecordsError, Refusal};

/// A notice, and what it is about. Its number is its place in the list, from 1.
#[derive(Clone, Debug)]
pub(super) struct Told {
    notice: Notice,
    about: Option<String>,
    /// Until when it belongs to who is sending it.
    taken: Option<Timestamp>,
}

impl NoticeRecords for MemoryRecords {
    fn refuse(&self, refusal: &Refusal<'_>) -> Result<(), RecordsError> {
        self.change(|state| {
            let told = state.tell(None, refusal.notices);
            if let Some(claim) = refusal.claim.filter(|_| told > 0)
                && state.refusals.insert(claim.to_owned(), refusal.report.to_owned()).is_some()
            {
                return Err(RecordsError::Exists { what: "the refusal of", name: claim.to_owned() });
            }
            Ok(())
        })
    }

    fn refusal(&self, claim: &str) -> Result<Option<String>, RecordsError> {
        Ok(self.look(|state| state.refusals.get(claim).cloned()))
    }

    fn take_notice(&self, due: Timestamp, until: Timestamp) -> Result<Option<Notice>, RecordsError> {
        self.change(|state| {
            let is_due =
                |Told { notice, .. }: &&mut Told| notice.state == NoticeState::Waiting && notice.due <= due;
            let waiting = state.notices.iter_mut().filter(is_due);
            let first = waiting.min_by_key(|told| (told.notice.due, told.notice.id));
            Ok(first.map(|Told { notice, taken, .. }| {
                notice.attempts += 1;
                (notice.due, *taken) = (until, Some(until));
                notice.clone()
            }))
        })
    }

    fn notice_sent(&self, id: NoticeId, at: Timestamp) -> Result<(), RecordsError> {
        self.turn(id, NoticeState::Sent, at, "")
    }

    fn notice_failed(
        &self,
        id: NoticeId,
        at: Timestamp,
        error: &str,
        retry: Option<Timestamp>,
    ) -> Result<(), RecordsError> {
        match retry {
            Some(retry) => self.turn(id, NoticeState::Waiting, retry, error),
            None => self.turn(id, NoticeState::GivenUp, at, error),
        }
    }

    fn retry_notices(&self, now: Timestamp) -> Result<usize, RecordsError> {
        self.change(|state| {
            let idle = |told: &&mut Told| told.taken.is_none_or(|until| until <= now);
            let unsent = state.notices.iter_mut().filter(|told| told.notice.state != NoticeState::Sent);
            Ok(unsent.filter(idle).fold(0, |count, Told { notice, .. }| {
                (notice.state, notice.due) = (NoticeState::Waiting, now);
                count + 1
            }))
        })
    }

    fn notices(&self, filter: &NoticeFilter) -> Result<Vec<Notice>, RecordsError> {
        let asked = |notice: &&Notice| filter.states.is_empty() || filter.states.contains(&notice.state);
        Ok(self.look(|state| {
            let notices = state.notices.iter().rev().map(|told| &told.notice).filter(asked);
            let mut found: Vec<Notice> = notices.take(filter.limit.unwrap_or(usize::MAX)).cloned().collect();
            found.reverse();
            found
        }))
    }
}

impl MemoryRecords {
    fn turn(&self, id: NoticeId, to: NoticeState, due: Timestamp, error: &str) -> Result<(), RecordsError> {
        self.change(|state| {
            let found = state.notices.iter_mut().find(|told| told.notice.id == id);
            if let Some(Told { notice, taken, .. }) = found {
                *taken = None;
                (notice.state, notice.due, notice.error) = (to, due, error.to_owned());
            }
            Ok(())
        })
    }
}

impl State {
    /// Records notices, but for those that tell the same recipient the same thing again. Returns how many it recorded.
    pub(super) fn tell(&mut self, item: Option<QueueId>, notices: &[NewNotice]) -> usize {
        let before = self.notices.len();
        for NewNotice { kind, recipient, message, created, about } in notices {
            let same = |told: &Told| told.about == *about && told.notice.recipient == *recipient;
            if about.is_some() && self.notices.iter().any(same) {
                continue;
            }
            let id = self.notices.last().map_or(1, |last| last.notice.id.0 + 1);
            let notice = Notice {
                id: NoticeId(id),
                item,
                kind: *kind,
                recipient: recipient.clone(),
                message: message.clone(),
                created: *created,
                state: NoticeState::Waiting,
                attempts: 0,
                due: *created,
                error: String::new(),
            };
            self.notices.push(Told { notice, about: about.clone(), taken: None });
        }
        self.notices.len() - before
    }
}
