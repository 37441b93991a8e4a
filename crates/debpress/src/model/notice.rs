//! Notices: what people are told about uploads, as the records keep it (behaviour map 4.6).
//!
//! A notice is for one recipient, so that a mail server that refuses one of them keeps nothing from the others.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::mailbox::Mailbox;
use super::queue::QueueId;
use super::time::Timestamp;

/// The number of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub i64);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// The upload waits as New.
    New,
    /// It waits for approval.
    Unapproved,
    /// It is accepted.
    Accepted,
    /// It is refused, or a person has rejected it.
    Rejected,
    /// It is accepted, and a list is told.
    Announced,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::New, Self::Unapproved, Self::Accepted, Self::Rejected, Self::Announced];

    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unapproved => "unapproved",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Announced => "announced",
        }
    }

    /// Reads the word of [`NoticeKind::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whether a notice has reached somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeState {
    /// It is to be sent.
    Waiting,
    /// A mail server has taken it.
    Sent,
    /// It could not be sent, and nobody will try again.
    GivenUp,
}

impl NoticeState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::GivenUp];

    /// The word that JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given-up",
        }
    }

    /// Reads the word of [`NoticeState::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for NoticeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text file that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its file name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What is said. Names and texts in it come from strangers: whoever makes a mail of it must encode them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The subject.
    pub subject: String,
    /// Who has done what is told, for announcements: answers go there.
    pub author: Option<Mailbox>,
    /// Header fields beside the usual ones, name and value.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub text: String,
    /// The .changes, without its signature.
    pub attachment: Option<Attachment>,
}

/// A notice to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// What it tells.
    pub kind: NoticeKind,
    /// The address that it goes to.
    pub recipient: String,
    /// What it says.
    pub message: Message,
    /// When that came about.
    pub created: Timestamp,
    /// What it is about: the same recipient is told of the same thing once. `None`: it happens once by itself.
    pub about: Option<String>,
}

/// A notice as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// The queue item that it is about; `None`: an upload that was refused.
    pub item: Option<QueueId>,
    /// What it tells.
    pub kind: NoticeKind,
    /// The address that it goes to.
    pub recipient: String,
    /// What it says.
    pub message: Message,
    /// When that came about.
    pub created: Timestamp,
    /// Whether it was sent.
    pub state: NoticeState,
    /// How often that was tried.
    pub attempts: u32,
    /// When it is to be tried again, where it waits; else when it was sent or given up.
    pub due: Timestamp,
    /// What went wrong at the last attempt; empty: nothing.
    pub error: String,
}
