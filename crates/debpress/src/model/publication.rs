//! Publication records: which release is in which suite, since when, and what became of it (behaviour map 6.4).

use debfmt::digest::{Checksums, Md5, Sha256};
use debfmt::names::{Component, FileName, SourceName};
use serde::{Deserialize, Serialize};

use super::key::PoolFile;
use super::suite::SuiteKey;
use super::time::Timestamp;

/// The number of a publication record. Numbers grow with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicationId(pub i64);

/// The number by which the records know a source or binary release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseId(pub i64);

/// Where a publication record stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicationStatus {
    /// Accepted; the next publication shows it.
    Pending,
    /// In the indexes.
    Published,
    /// Replaced by a newer version.
    Superseded,
    /// Removed by a person.
    Deleted,
}

impl PublicationStatus {
    /// Every status, in the order of life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Published, Self::Superseded, Self::Deleted];

    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Superseded => "superseded",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the word of [`PublicationStatus::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What kind of release a publication places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    /// A source package.
    Source,
    /// A binary package, arch:all included.
    Binary,
}

impl PackageKind {
    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Binary => "binary",
        }
    }
}

/// The archive's own choice of component, section and priority for one publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Component, which also decides the pool directory.
    pub component: Component,
    /// Section, without component.
    pub section: String,
    /// Priority.
    pub priority: String,
}

/// A live publication (Pending or Published), with what the planner needs to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub id: PublicationId,
    /// Source or binary.
    pub kind: PackageKind,
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Pending or Published.
    pub status: PublicationStatus,
    /// Component.
    pub component: Component,
    /// Of a binary: the source that it was built from, name and version text.
    pub source: Option<(String, String)>,
    /// Whether it holds debug symbols (.ddeb).
    pub debug: bool,
}

/// A file that a publication needs in the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolEntry {
    /// The record that needs it.
    pub publication: PublicationId,
    /// Component, the first directory.
    pub component: Component,
    /// Source name, the directory.
    pub source: SourceName,
    /// File name.
    pub file: FileName,
    /// What it must hold.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Its MD5, where that is known.
    pub md5: Option<Md5>,
}

impl PoolEntry {
    /// Where the file is.
    pub fn pool_file(&self) -> PoolFile {
        let Self { component, source, file, .. } = self;
        PoolFile { component: component.clone(), source: source.clone(), file: file.clone() }
    }
}

/// A source publication, ready to be written into a Sources index.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// The record.
    pub id: PublicationId,
    /// Whether it is Pending still.
    pub pending: bool,
    /// Source name.
    pub name: SourceName,
    /// Stanza body.
    pub stanza: String,
    /// File list fields.
    pub file_lists: String,
    /// Section in force.
    pub section: String,
    /// Priority in force.
    pub priority: String,
}

/// A binary publication, ready to be written into a Packages index.
#[derive(Clone, Debug)]
pub struct BinaryRow {
    /// The record.
    pub id: PublicationId,
    /// Whether it is Pending still.
    pub pending: bool,
    /// Source name, for the pool directory.
    pub source_name: SourceName,
    /// File name.
    pub file: FileName,
    /// Size and hashes of the file.
    pub checksums: Checksums,
    /// Stanza body.
    pub stanza: String,
    /// Section in force.
    pub section: String,
    /// Priority in force.
    pub priority: String,
    /// How many of a hundred machines take it as an update; `None`: all.
    pub phase: Option<u8>,
}

/// What a binary publication says of the files in its package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentsRow {
    /// The record.
    pub id: PublicationId,
    /// Package name.
    pub name: String,
    /// Section in force.
    pub section: String,
    /// The paths that it installs, without leading `./`, each ending with a line end or the text.
    pub paths: String,
}

/// A publication as people ask for it (`ls`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Source or binary.
    pub kind: PackageKind,
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// The suite.
    pub suite: SuiteKey,
    /// Component.
    pub component: String,
    /// Section.
    pub section: String,
    /// Status.
    pub status: PublicationStatus,
    /// When the record was made.
    pub created: Timestamp,
    /// When the indexes first had it.
    pub published: Option<Timestamp>,
    /// When it was superseded or deleted.
    pub ended: Option<Timestamp>,
    /// The version that superseded it.
    pub superseded_by: Option<String>,
    /// Priority.
    pub priority: String,
    /// How many of a hundred machines take it as an update; `None`: all.
    pub phase: Option<u8>,
    /// Who made the record by hand, and why; `None`: it came with an upload or an import.
    pub made_by: Option<Words>,
    /// Who wanted it to be gone, when and why. While it is live, the next publication leaves it out.
    pub removal: Option<(Timestamp, Words)>,
}

/// Who did something, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Who.
    pub who: String,
    /// Why; may be empty.
    pub reason: String,
}
