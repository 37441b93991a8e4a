//! Mail of the site: sending what waits, trying the configuration out, and looking at what was told.

use serde::Serialize;

use crate::context::{Site, SiteError};
use crate::model::mailbox::{Mailbox, is_address};
use crate::model::notice::{Message, Notice, NoticeState};
use crate::notice::{Delivery, Post, deliver};
use crate::ports::db::{NoticeFilter, Records, RecordsError};
use crate::ports::mail::{Letter, MailError};

/// Why mail was not sent or shown.
#[derive(Debug, thiserror::Error)]
pub enum MailUseError {
    /// The site sends none.
    #[error("the site sends no mail: set `transport` and `from` in [mail] of debpress.toml")]
    Off,
    /// The text is no mail address.
    #[error("`{}` is no mail address: write one such as ann@example.org", .address.escape_debug())]
    Address {
        /// The text.
        address: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The mail was not taken.
    #[error("the mail to {address} was not taken")]
    Refused {
        /// Where it was to go.
        address: String,
        /// Why.
        #[source]
        source: MailError,
    },
    /// The database fails.
    #[error("cannot send what waits")]
    Records(#[from] RecordsError),
}

/// Sends every notice that is due; `None`: the site sends no mail. `all`: also those that were to wait longer or were
/// given up.
///
/// # Errors
/// [`MailUseError`].
pub fn send(site: &Site, all: bool) -> Result<Option<Delivery>, MailUseError> {
    let (Some(mail), Some(from)) = (site.mail()?, &site.config().mail.from) else { return Ok(None) };
    let post = Post { mail: mail.as_ref(), from, bcc: site.config().mail.bcc.as_deref() };
    if all {
        site.records().retry_notices(site.now())?;
    }
    Ok(Some(deliver(site.records(), post, site.clock())?))
}

/// Sends one mail that says that mail works.
///
/// # Errors
/// [`MailUseError`].
pub fn test(site: &Site, address: &str) -> Result<(), MailUseError> {
    if !is_address(address) {
        return Err(MailUseError::Address { address: address.to_owned() });
    }
    let (Some(mail), Some(from)) = (site.mail()?, &site.config().mail.from) else {
        return Err(MailUseError::Off);
    };
    let letter = test_letter(from, address, site);
    mail.send(&letter).map_err(|source| MailUseError::Refused { address: address.to_owned(), source })
}

fn test_letter(from: &Mailbox, address: &str, site: &Site) -> Letter {
    let (host, now) = (from.address.rsplit_once('@').map_or("localhost", |(_, host)| host), site.now());
    Letter {
        from: from.clone(),
        to: address.to_owned(),
        bcc: site.config().mail.bcc.clone(),
        message: Message {
            subject: "Test of debpress".to_owned(),
            author: None,
            headers: Vec::new(),
            text: "This archive can send mail: notices about uploads look like this one.\n".to_owned(),
            attachment: None,
        },
        date: now,
        id: format!("<debpress.test.{}@{host}>", now.0),
        thread: None,
    }
}

/// A notice for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownNotice {
    /// Its number.
    pub notice: i64,
    /// When it came about, RFC 3339.
    pub created: String,
    /// Whether it was sent.
    pub state: NoticeState,
    /// How often that was tried.
    pub attempts: u32,
    /// When it is tried (again), or when it was sent or given up, RFC 3339.
    pub due: String,
    /// What it tells.
    pub kind: &'static str,
    /// The queue item that it is about.
    pub item: Option<i64>,
    /// Where it goes.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// What went wrong at the last attempt; empty: nothing.
    pub error: String,
}

impl From<Notice> for ShownNotice {
    fn from(notice: Notice) -> Self {
        Self {
            notice: notice.id.0,
            created: notice.created.to_string(),
            state: notice.state,
            attempts: notice.attempts,
            due: notice.due.to_string(),
            kind: notice.kind.as_str(),
            item: notice.item.map(|item| item.0),
            recipient: notice.recipient,
            subject: notice.message.subject,
            text: notice.message.text,
            error: notice.error,
        }
    }
}

/// Notices, the oldest first.
///
/// # Errors
/// The database fails.
pub fn list(records: &dyn Records, filter: &NoticeFilter) -> Result<Vec<ShownNotice>, RecordsError> {
    Ok(records.notices(filter)?.into_iter().map(ShownNotice::from).collect())
}
