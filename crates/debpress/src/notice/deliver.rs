//! What was recorded goes out.

use serde::Serialize;

use crate::model::mailbox::Mailbox;
use crate::model::notice::Notice;
use crate::model::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::db::{NoticeRecords, Records, RecordsError};
use crate::ports::mail::{Letter, Mail, MailError, Trouble};

/// How long a sender may take for one notice, in seconds; then another one takes it for dead and sends it again. Longer
/// than any mail server keeps a client waiting.
const LEASE: i64 = 15 * 60;
/// How long to wait after the first attempt that failed, in seconds; each further one waits twice as long.
const FIRST_PAUSE: i64 = 5 * 60;
/// The longest pause between attempts, in seconds.
const LONGEST_PAUSE: i64 = 6 * 60 * 60;
/// How long a notice is tried, in seconds from when it was written. Nobody wants to hear of older news.
const GIVE_UP: i64 = 4 * 24 * 60 * 60;

/// How mail leaves the site.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Who takes it.
    pub mail: &'a dyn Mail,
    /// The sender of every notice.
    pub from: &'a Mailbox,
    /// Who gets a copy of each that the recipient does not see.
    pub bcc: Option<&'a str>,
}

/// A notice that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undelivered {
    /// Where it was to go.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Why.
    pub error: String,
    /// Whether it will be tried again.
    pub again: bool,
}

/// What a delivery did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// How many notices were sent.
    pub sent: usize,
    /// Those that were not.
    pub failed: Vec<Undelivered>,
}

/// Sends every notice that is due now; what becomes due meanwhile is left for a later run. Several may deliver at once:
/// each notice is one's.
///
/// A server that does not answer is asked once; what waits is left for a later run.
///
/// # Errors
/// The database fails. Then a notice may have been sent that is noted as waiting, and it is sent once more.
pub fn deliver(records: &dyn Records, post: Post<'_>, clock: &dyn Clock) -> Result<Delivery, RecordsError> {
    let (began, mut delivery) = (clock.now(), Delivery::default());
    // A slow server keeps us for long: each notice is ours from when it is taken.
    while let Some(notice) = records.take_notice(began, clock.now().plus(LEASE))? {
        match post.mail.send(&letter(&notice, post)) {
            Ok(()) => {
                records.notice_sent(notice.id, clock.now())?;
                delivery.sent += 1;
            }
            Err(error) => {
                let is_down = error.trouble == Trouble::Server;
                delivery.failed.push(fail(records, notice, error, clock.now())?);
                if is_down {
                    break;
                }
            }
        }
    }
    Ok(delivery)
}

fn fail(
    records: &dyn NoticeRecords,
    notice: Notice,
    error: MailError,
    now: Timestamp,
) -> Result<Undelivered, RecordsError> {
    let is_old = now.0 >= notice.created.0.saturating_add(GIVE_UP);
    let retry = match error.trouble {
        Trouble::Never => None,
        Trouble::Later | Trouble::Server => (!is_old).then(|| now.plus(pause(notice.attempts))),
    };
    records.notice_failed(notice.id, now, &error.message, retry)?;
    let (recipient, subject) = (notice.recipient, notice.message.subject);
    Ok(Undelivered { recipient, subject, error: error.message, again: retry.is_some() })
}

/// How long to wait after the attempt of this number, in seconds.
fn pause(attempt: u32) -> i64 {
    let doubled =
        1_i64.checked_shl(attempt.saturating_sub(1)).and_then(|factor| FIRST_PAUSE.checked_mul(factor));
    doubled.filter(|pause| *pause > 0).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

/// The mail of a notice. All that tell of one queue item are one thread.
fn letter(notice: &Notice, post: Post<'_>) -> Letter {
    let host = post.from.address.rsplit_once('@').map_or("localhost", |(_, host)| host);
    let written = notice.created;
    let mut message = notice.message.clone();
    if let Some(item) = notice.item {
        message.headers.push(("X-Debpress-Queue-Item".to_owned(), item.to_string()));
    }
    Letter {
        from: post.from.clone(),
        to: notice.recipient.clone(),
        bcc: post.bcc.map(str::to_owned),
        message,
        date: written,
        id: format!("<debpress.notice.{}.{}@{host}>", notice.id, written.0),
        thread: notice.item.map(|item| format!("<debpress.item.{item}@{host}>")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let minutes: Vec<i64> = [1, 2, 3, 7, 8, 64, u32::MAX].map(|attempt| pause(attempt) / 60).into();
        assert_eq!(minutes, [5, 10, 20, 320, 360, 360, 360]);
    }
}
