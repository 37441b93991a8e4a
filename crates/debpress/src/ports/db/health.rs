//! What the records say of themselves, for who looks after a site.

use debfmt::digest::Sha256;

use super::RecordsError;

/// In which way records contradict one another. A reference to a row that is missing is none of these: see
/// [`SiteRecords::integrity_problems`](super::SiteRecords::integrity_problems).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContradictionKind {
    /// A publication or a queue item has a package that is not recorded.
    Release,
    /// The archive of a publication does not know a file name of its package, or knows it with another content.
    FileName,
    /// A suite shows more changes than there were.
    Counter,
    /// A suite is published and no index file of it is recorded, or the other way round.
    Indexes,
    /// A publication is live in an archive that is gone.
    Buried,
    /// A publication lacks what its status implies, such as when it was published.
    Status,
    /// A queue item has neither a package nor a custom file.
    EmptyItem,
}

/// Records that contradict one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// In which way.
    pub kind: ContradictionKind,
    /// Which record: `publication 7`, `queue item 3`, `suite 2`.
    pub subject: String,
    /// What is wrong with it, as the beginning of a sentence.
    pub fault: String,
}

/// Records as those see them who look after a site.
pub trait HealthRecords {
    /// Where records contradict one another, at most `limit` of each kind. Reads all of them.
    ///
    /// # Errors
    /// The database fails.
    fn contradictions(&self, limit: usize) -> Result<Vec<Contradiction>, RecordsError>;

    /// Lets every suite that shows more changes than there were count one change more than it shows, so that its next
    /// publication makes it anew. Returns how many there were.
    ///
    /// # Errors
    /// The database fails.
    fn mend_counters(&self) -> Result<usize, RecordsError>;

    /// Whether any record needs an object: then the content store must have it.
    ///
    /// # Errors
    /// The database fails.
    fn needs_object(&self, sha256: &Sha256) -> Result<bool, RecordsError>;

    /// What an object is called by those who need it, at most `limit` names, sorted: `hello_1.0_amd64.deb`.
    ///
    /// # Errors
    /// The database fails.
    fn object_names(&self, sha256: &Sha256, limit: usize) -> Result<Vec<String>, RecordsError>;
}
