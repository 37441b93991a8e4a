//! The journal of a publication: what is about to become visible, and what the records say afterwards.

use debfmt::names::SuiteName;
use serde::{Deserialize, Serialize};

use super::{IndexOutline, RecordsError};
use crate::model::custom::CustomId;
use crate::model::publication::PublicationId;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;

/// An index file that a Release names, or is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexFile {
    /// Path below the suite: `main/binary-amd64/Packages.gz`.
    pub path: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

/// An index file that no current Release names any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredIndex {
    /// The file.
    pub file: IndexFile,
    /// Until when clients saw a Release that names it.
    pub until: Timestamp,
    /// How many Releases of the suite have been published after the last one that named it, 1 or more; `None`: it retired
    /// before they were counted.
    pub ago: Option<u64>,
}

/// A publication that another one replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supersession {
    /// The one that goes.
    pub loser: PublicationId,
    /// The one that stays.
    pub winner: PublicationId,
}

/// One suite of a publication: what to exchange and what to record when it is visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteSwitch {
    /// The suite.
    pub suite: SuiteKey,
    /// Root of its archive, relative to the site.
    pub root: String,
    /// Its name.
    pub name: String,
    /// SHA-256 in hex of the new `InRelease`, or of `Release` where nothing is signed: tells after a crash whether the
    /// exchange has happened.
    pub release_sha256: String,
    /// Pending publications that become Published.
    pub publish: Vec<PublicationId>,
    /// Publications that become Superseded.
    pub supersede: Vec<Supersession>,
    /// Publications that become Deleted.
    #[serde(default)]
    pub delete: Vec<PublicationId>,
    /// Custom files that become visible.
    #[serde(default)]
    pub custom_enter: Vec<CustomId>,
    /// Custom files that leave the suite.
    #[serde(default)]
    pub custom_leave: Vec<CustomId>,
    /// Every index file of the new suite that Release names, the patches between them, and the Release files themselves.
    pub files: Vec<IndexFile>,
    /// What the new indexes were made of, by path.
    #[serde(default)]
    pub outlines: Vec<IndexOutline>,
    /// The suite's change counter that the new indexes show.
    pub changes: i64,
    /// How many publications they show.
    #[serde(default)]
    pub entries: u64,
    /// SHA-256 in hex of what the extra override files say that they show; `None`: there are none.
    #[serde(default)]
    pub extra: Option<String>,
}

impl SuiteSwitch {
    /// The suite's name as a path segment.
    ///
    /// # Errors
    /// [`RecordsError::Corrupt`]: somebody else wrote the journal.
    pub fn suite_name(&self) -> Result<SuiteName, RecordsError> {
        SuiteName::parse(&self.name)
            .map_err(|_| RecordsError::Corrupt { what: "a suite name", value: self.name.clone() })
    }
}

/// A publication whose suites are staged and durable: it will be made visible, now or by the next run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// When the publication was made; what its Release files give as Date.
    pub at: Timestamp,
    /// Superseded files may leave the pool from then on, if the suites change places when the publication was made.
    pub removable: Timestamp,
    /// The suites.
    pub suites: Vec<SuiteSwitch>,
}

impl Switch {
    /// When superseded files may leave the pool, if the suites have changed places by `finished`: clients that read the
    /// old indexes until then need them for as long as if nothing had delayed the switch.
    pub fn removable_after(&self, finished: Timestamp) -> Timestamp {
        let stay = self.removable.seconds().saturating_sub(self.at.seconds());
        self.removable.max(finished.plus(stay))
    }

    /// Until when clients saw the old indexes, if the suites have changed places by `finished`. A clock that was set
    /// back in between shortens nothing.
    pub fn seen_until(&self, finished: Timestamp) -> Timestamp {
        self.at.max(finished)
    }
}

/// Records of the switch.
pub trait SwitchRecords {
    /// The journal of a publication that has not been recorded as visible, if there is one.
    ///
    /// # Errors
    /// The database fails, or the journal does not parse.
    fn open_switch(&self) -> Result<Option<Switch>, RecordsError>;

    /// Writes the journal. From here on the publication goes forward, whatever happens.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when another journal is open, or the database fails.
    fn begin_switch(&self, switch: &Switch) -> Result<(), RecordsError>;

    /// Records that every suite of the journal is visible, and closes it: Pending becomes Published, losers become
    /// Superseded, what leaves becomes Deleted, both removable (those that were Pending at once, for nobody has seen them),
    /// index files change hands and the Release is counted if any did, the dirty mark is cleared up to the value shown. Doing it
    /// again changes nothing.
    ///
    /// `finished` is when the suites had changed places: that may be long after the publication was made, and stay of
    /// execution ([`Switch::removable_after`]) and retention of indexes ([`Switch::seen_until`]) begin then.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the open journal is another one, or the database fails; the journal stays open.
    fn finish_switch(&self, switch: &Switch, finished: Timestamp) -> Result<(), RecordsError>;

    /// The index files that the published Release of the suite names, by path.
    ///
    /// # Errors
    /// The database fails.
    fn current_indexes(&self, suite: SuiteKey) -> Result<Vec<IndexFile>, RecordsError>;

    /// Index files that an earlier published Release named, and that were current at or after `since` or that one of the
    /// last `releases` Releases before the current one named, without the current ones. Clients may still ask for them by
    /// hash. What retired last comes first; then by path and hash.
    ///
    /// Releases are counted as they are published, whatever the clock says: content that comes back is as young as its
    /// last Release.
    ///
    /// # Errors
    /// The database fails.
    fn retired_indexes(
        &self,
        suite: SuiteKey,
        since: Timestamp,
        releases: u64,
    ) -> Result<Vec<RetiredIndex>, RecordsError>;
}
