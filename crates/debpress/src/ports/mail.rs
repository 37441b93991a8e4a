//! Mail that leaves the site.

use std::fmt;

use crate::model::mailbox::Mailbox;
use crate::model::notice::Message;
use crate::model::time::Timestamp;

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The sender.
    pub from: Mailbox,
    /// The recipient's address.
    pub to: String,
    /// Who gets a copy that the recipient does not see.
    pub bcc: Option<String>,
    /// What is said.
    pub message: Message,
    /// When it was written.
    pub date: Timestamp,
    /// `Message-ID`, in angle brackets.
    pub id: String,
    /// The message that it belongs to in a thread, in angle brackets. That one need not exist.
    pub thread: Option<String>,
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MailError {
    /// What kind of trouble it is.
    pub trouble: Trouble,
    /// What went wrong, with every cause.
    pub message: String,
}

/// What to do about a mail that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No mail can be sent now: nobody answers, or the sender is not let in. Others would fail as well.
    Server,
    /// This one was not taken, and may be later.
    Later,
    /// This one will never be taken.
    Never,
}

/// Takes mail.
pub trait Mail: fmt::Debug {
    /// Hands a mail over. When this returns, somebody else answers for it.
    ///
    /// # Errors
    /// [`MailError`]; then the mail was not taken, as far as anybody can know.
    fn send(&self, letter: &Letter) -> Result<(), MailError>;
}
