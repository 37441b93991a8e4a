//! Differences between index files: `Packages.diff/Index` and the patches beside it (DebianRepository/Format, "PDiffs").
//!
//! A patch is an ed script with the commands `a`, `c` and `d` only, from the last line to the first: what apt's `rred`
//! reads, and `diff --ed` writes. The patches of an index are *merged*: each leads from one earlier text straight to the
//! current one, so that a client needs exactly one of them.

use crate::deb822::{self, Deb822Error};
use crate::digest::{DigestError, Sha256};
use crate::limits::Limits;

mod align;
mod index;
mod script;

pub use script::{ScriptError, apply, diff};

/// A text, or a file, by its size and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

impl Sum {
    /// That of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Sha256::of(bytes), size: bytes.len() as u64 }
    }
}

/// One patch, from an earlier text to the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The name of its file, without `.gz`.
    pub name: String,
    /// The earlier text.
    pub from: Sum,
    /// The script.
    pub script: Sum,
    /// The script as clients download it, with gzip.
    pub download: Sum,
}

/// `Packages.diff/Index`: from which earlier texts patches lead to the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffIndex {
    /// The current text.
    pub current: Sum,
    /// The patches, the one from the oldest text first.
    pub patches: Vec<Patch>,
}

/// What is wrong with a list of patches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiffIndexError {
    /// The text is not one paragraph.
    #[error(transparent)]
    Malformed(#[from] Deb822Error),
    /// A field is missing without which the file means nothing.
    #[error("the field {field} is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// Patches that each lead to the next text are not read here.
    #[error("its patches are not merged: the field X-Patch-Precedence does not say so")]
    NotMerged,
    /// A line is not a hash, a size and a name.
    #[error("{field}: {text:?} is not of the form \"hash size name\"")]
    BadLine {
        /// The field.
        field: &'static str,
        /// The line.
        text: String,
    },
    /// A hash is none.
    #[error("{field}: {error}")]
    BadDigest {
        /// The field.
        field: &'static str,
        /// What is wrong.
        error: DigestError,
    },
    /// A name could be that of a file elsewhere, or of no patch.
    #[error("{name:?} is no name of a patch")]
    BadName {
        /// The name.
        name: String,
    },
    /// A patch is in one list and not in another.
    #[error("the lists do not name the same patches: {field} has no {name}")]
    Uneven {
        /// The list.
        field: &'static str,
        /// The patch.
        name: String,
    },
}

impl DiffIndex {
    /// The text.
    pub fn render(&self) -> String {
        index::render(self)
    }

    /// Reads a list of merged patches.
    ///
    /// # Errors
    /// [`DiffIndexError`]
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Self, DiffIndexError> {
        index::parse(&deb822::parse_single(text, limits)?)
    }
}

/// Whether a text can be the name of a patch: letters, digits, `.`, `+`, `-` and `_`, beginning with a letter or digit.
pub fn is_patch_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".+-_".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(legal) && name != "Index"
}

#[cfg(test)]
mod tests;
