//! Reads many files on all cores.

use std::sync::atomic::{AtomicU64, Ordering};

use debfmt::digest::{Algorithms, HashingReader, Sha256};
use rayon::prelude::*;

use super::Progress;
use crate::model::key::TreeKey;
use crate::ports::objects::{ObjectError, ObjectStore};
use crate::ports::tree::Tree;
use crate::queue::with_causes;

/// What reading a file has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// It holds what it should.
    Good,
    /// It holds something else.
    Other(Sha256),
    /// It cannot be read.
    Unreadable(String),
    /// It is not there any more.
    Gone,
}

impl Content {
    /// What is wrong, as the beginning of a sentence.
    pub(super) fn fault(&self, expected: &Sha256) -> Option<String> {
        match self {
            Self::Good => None,
            Self::Other(found) => {
                Some(format!("its bytes have the SHA-256 {found}, the records say {expected}"))
            }
            Self::Unreadable(why) => Some(format!("it cannot be read: {why}")),
            Self::Gone => Some("it was removed during the check".to_owned()),
        }
    }

    /// The same, if a file is there and is not what it should be.
    pub(crate) fn damage(&self) -> Option<Self> {
        match self {
            Self::Good | Self::Gone => None,
            Self::Other(_) | Self::Unreadable(_) => Some(self.clone()),
        }
    }

    /// The hash of what a damaged file holds.
    pub(crate) fn holds(&self) -> Option<&Sha256> {
        match self {
            Self::Other(found) => Some(found),
            Self::Good | Self::Unreadable(_) | Self::Gone => None,
        }
    }
}

/// Does something with each item, on all cores; the results have the order of the items.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    (what, progress): (&'static str, &Progress<'_>),
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (done, all) = (AtomicU64::new(0), items.len() as u64);
    let one = |item: &T| {
        let result = work(item);
        progress(what, done.fetch_add(1, Ordering::Relaxed) + 1, all);
        result
    };
    items.par_iter().map(one).collect()
}

/// Reads an object to its end.
///
/// # Errors
/// The content store failed as a whole.
pub(crate) fn object(objects: &dyn ObjectStore, sha256: &Sha256) -> Result<Content, ObjectError> {
    let reader = match objects.open(sha256) {
        Ok(reader) => reader,
        Err(ObjectError::Missing { .. }) => return Ok(Content::Gone),
        Err(error) => return Ok(Content::Unreadable(with_causes(&error))),
    };
    Ok(match HashingReader::new(reader, Algorithms::SHA256).finish() {
        Ok(found) if found.sha256 == *sha256 => Content::Good,
        Ok(found) => Content::Other(found.sha256),
        Err(error) => Content::Unreadable(error.to_string()),
    })
}

/// Reads a file of a tree to its end.
pub(crate) fn file(tree: &dyn Tree, root: &str, key: &TreeKey, sha256: &Sha256) -> Content {
    match tree.digest(root, key) {
        Ok(Some((_, found))) if found == *sha256 => Content::Good,
        Ok(Some((_, found))) => Content::Other(found),
        Ok(None) => Content::Gone,
        Err(error) => Content::Unreadable(with_causes(&error)),
    }
}
