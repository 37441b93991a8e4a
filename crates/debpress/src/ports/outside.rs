//! The files of an archive as clients see them: over HTTP, or in a directory that a web server shows.
//!
//! It has two real adapters and no twin in memory: the stories of `tests/it/conform` read the same archives through both.

use std::io::Read;

/// An archive of anybody's. Paths go from its root, parts joined by `/`; none of them is empty, `.` or `..`, but the root
/// itself, which is the empty path.
pub trait Outside: Sync {
    /// Opens a file for reading from its beginning; `None`: it is not there.
    ///
    /// # Errors
    /// [`OutsideError`]: it may be there and cannot be had.
    fn open(&self, path: &str) -> Result<Option<Opened<'_>>, OutsideError>;

    /// The size of a file; `None`: it is not there.
    ///
    /// # Errors
    /// As [`Outside::open`].
    fn size(&self, path: &str) -> Result<Option<FileSize>, OutsideError>;

    /// What is in a directory, in any order; `None`: it is not there, or the server shows no lists.
    ///
    /// # Errors
    /// As [`Outside::open`].
    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, OutsideError>;
}

/// A file that is open.
pub struct Opened<'a> {
    /// Its bytes. How many come is not bounded here.
    pub reader: Box<dyn Read + Send + 'a>,
}

/// What is known of the size of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSize {
    /// In bytes.
    Known(u64),
    /// The server does not say.
    Unsaid,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, one part of a path.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What a name in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A link to something that may have another name too.
    Link,
}

/// Why a file that may be there cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct OutsideError {
    /// In words.
    pub reason: String,
}

impl OutsideError {
    /// An error with everything that led to it.
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut reason = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !reason.ends_with(&cause_text) {
                reason = format!("{reason}: {cause_text}");
            }
            next = cause.source();
        }
        Self { reason }
    }
}

/// Whether a text is a path as [`Outside`] takes them: it leads to a place below where it starts.
pub fn is_path_below(path: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.len() <= LONGEST_PATH && path.split('/').all(good) && !path.chars().any(char::is_control)
}

/// No file system takes longer ones.
const LONGEST_PATH: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        for good in ["a", "pool/main/h/hello_1.0~rc1+b1_amd64.deb", "...", "a b"] {
            assert!(is_path_below(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "a//b", "a/", "./a", "../a", "a/../b", "a\nb", "a\0b"] {
            assert!(!is_path_below(bad), "{bad:?}");
        }
        assert!(!is_path_below(&"a/".repeat(3000)));
    }
}
