//! The queue: uploads that were believed and wait for a decision or for the publisher (behaviour map 4.2).

use std::fmt;

use debfmt::names::{Component, SourceName};
use debfmt::version::Version;
use serde::{Deserialize, Serialize};

use super::custom::QueuedCustom;
use super::notice::NewNotice;
use super::package::Release;
use super::publication::{PackageKind, Placement};
use super::suite::SuiteKey;
use super::time::Timestamp;

/// The number of a queue item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueId(pub i64);

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a queue item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueueStatus {
    /// Has a name that the archive has never had, or takes one from another source; a person looks at it.
    New,
    /// Waits for approval (frozen suites).
    Unapproved,
    /// Decided; `process-accepted` turns it into publication records.
    Accepted,
    /// Turned down by a person; can still be accepted later.
    Rejected,
    /// Turned into publication records.
    Done,
}

impl QueueStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::New, Self::Unapproved, Self::Accepted, Self::Rejected, Self::Done];

    /// The word that records, JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unapproved => "unapproved",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Done => "done",
        }
    }

    /// Reads the word of [`QueueStatus::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether an item may still become publication records without anybody changing their mind.
    pub fn waits(self) -> bool {
        match self {
            Self::New | Self::Unapproved | Self::Accepted => true,
            Self::Rejected | Self::Done => false,
        }
    }

    /// Whether a decision may move an item from here to `next` (behaviour map 4.2).
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::New => false,
            Self::Unapproved => self == Self::New,
            Self::Accepted => matches!(self, Self::New | Self::Unapproved | Self::Rejected),
            Self::Rejected => matches!(self, Self::New | Self::Unapproved | Self::Accepted),
            Self::Done => self == Self::Accepted,
        }
    }
}

impl fmt::Display for QueueStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One package of a queue item and where it is to be placed.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedRelease {
    /// The package.
    pub release: Release,
    /// Component, section and priority it will be published with.
    pub placement: Placement,
    /// Whether the archive has never had this name, or had it from another source.
    pub new: bool,
}

/// An upload that was believed, to enter the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct NewQueueItem {
    /// Where it is meant to go.
    pub suite: SuiteKey,
    /// New, Unapproved or Accepted.
    pub status: QueueStatus,
    /// Source name of the .changes.
    pub source: SourceName,
    /// Version of the .changes.
    pub version: Version,
    /// Architectures of the .changes, separated by blanks.
    pub architectures: String,
    /// File name of the .changes.
    pub changes_name: String,
    /// The signed part of the .changes, without its signature: a stored signature could be replayed elsewhere.
    pub changes_text: String,
    /// SHA-256 of that text in hex: the same .changes is taken once per archive.
    pub changes_sha256: String,
    /// Who uploaded it, as `uploader add` named them, or the context of an upload that nobody signed.
    pub uploader: String,
    /// Fingerprint of the certificate that signed it; empty when nobody needed to.
    pub fingerprint: String,
    /// When it was received.
    pub received: Timestamp,
    /// Its packages.
    pub releases: Vec<QueuedRelease>,
    /// Its custom files.
    pub custom: Vec<QueuedCustom>,
    /// What is told of it.
    pub notices: Vec<NewNotice>,
}

/// A queue item as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueItem {
    /// Its number.
    pub id: QueueId,
    /// Where it is meant to go.
    pub suite: SuiteKey,
    /// Where it stands.
    pub status: QueueStatus,
    /// Source name.
    pub source: String,
    /// Version text.
    pub version: String,
    /// Architectures, separated by blanks.
    pub architectures: String,
    /// File name of the .changes.
    pub changes_name: String,
    /// Who uploaded it.
    pub uploader: String,
    /// Fingerprint of the certificate that signed it; empty when nobody needed to.
    pub fingerprint: String,
    /// When it was received.
    pub received: Timestamp,
}

/// One package of a recorded queue item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePackage {
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Component it will be published in.
    pub component: Component,
    /// Section it will be published with.
    pub section: String,
    /// Priority it will be published with.
    pub priority: String,
    /// Whether the archive has never had this name, or had it from another source.
    pub new: bool,
    /// Its files: name and size in bytes.
    pub files: Vec<(String, u64)>,
}

/// A step in a queue item's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEvent {
    /// When.
    pub at: Timestamp,
    /// Who: an administrator's user name, or the command.
    pub who: String,
    /// The status after it.
    pub status: QueueStatus,
    /// Why.
    pub comment: String,
}

/// All that is recorded about a queue item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDetail {
    /// The item.
    pub item: QueueItem,
    /// Its packages.
    pub packages: Vec<QueuePackage>,
    /// Its custom files.
    pub custom: Vec<QueuedCustom>,
    /// The text of its .changes, without signature.
    pub changes_text: String,
    /// Its history, oldest first.
    pub events: Vec<QueueEvent>,
}

/// That an accepted item could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFailure {
    /// The item.
    pub item: QueueId,
    /// How often, since somebody accepted it last.
    pub attempts: u32,
    /// When it failed last.
    pub at: Timestamp,
    /// Why, with every cause.
    pub error: String,
}

/// What the history of an item says when it is held.
pub fn held_comment(attempts: u32, error: &str) -> String {
    format!("held after {attempts} attempts: {error}")
}

/// Something that somebody did to an item that left its status as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// What, and why.
    pub text: String,
}

/// What a package is, for comparison: its index text and the files that it installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageText {
    /// Source or binary.
    pub kind: PackageKind,
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Component, section and priority.
    pub placement: Placement,
    /// Fields of its index entry, without those that the archive adds.
    pub stanza: String,
    /// Paths that it installs; of a source the names of its files.
    pub paths: Vec<String>,
}

/// Who decides what about a queue item, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The new status.
    pub status: QueueStatus,
    /// Who decides.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why; empty where nothing needs saying.
    pub comment: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_follow_the_map() {
        let mut allowed = Vec::new();
        for from in QueueStatus::ALL {
            for to in QueueStatus::ALL {
                if from.may_become(to) {
                    allowed.push(format!("{from} -> {to}"));
                }
            }
        }
        insta::assert_snapshot!(allowed.join("\n"), @r"
        new -> unapproved
        new -> accepted
        new -> rejected
        unapproved -> accepted
        unapproved -> rejected
        accepted -> rejected
        accepted -> done
        rejected -> accepted
        ");
    }
}
