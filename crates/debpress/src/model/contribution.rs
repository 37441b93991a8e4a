//! Contributed files: indexes of a suite that other programs make (behaviour map 2.6).

use debfmt::compress::Compression;
use debfmt::digest::Sha256;

use super::key::{IndexName, SuiteFile};

/// What tells two states of a file apart without reading it. Equal stamps mean equal content; an empty one is equal to
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStamp(pub String);

impl FileStamp {
    /// Whether it promises the content that `other` was made for.
    pub fn promises(&self, other: &Self) -> bool {
        !self.0.is_empty() && self == other
    }
}

/// A file that a suite shows, or is going to, because a program has staged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The index that it is.
    pub index: IndexName,
    /// How it is compressed.
    pub compression: Compression,
    /// SHA-256 of its bytes, by which the content store has it.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of what it unpacks to.
    pub text_sha256: Sha256,
    /// Size in bytes of what it unpacks to.
    pub text_size: u64,
    /// How the staged file looked when it was read.
    pub stamp: FileStamp,
}

impl Contribution {
    /// The file of the suite.
    pub fn file(&self) -> SuiteFile {
        SuiteFile::Index(self.index.clone(), self.compression)
    }

    /// Whether clients see the same, whatever became of the staged file.
    pub fn shows_as(&self, other: &Self) -> bool {
        (&self.index, self.compression, self.sha256) == (&other.index, other.compression, other.sha256)
    }
}
