//! The published tree: `pool/` and `dists/` of every archive.
//!
//! All changes to a suite are made in a staged directory that clients do not see; [`Tree::exchange`] makes it
//! visible in one step, and [`Tree::keep_previous`] keeps what was seen before for those who have begun to read it. Only
//! `publish::switch` calls these.

use std::io::Write;

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;

use super::found::Found;
use crate::model::custom::LinkTarget;
use crate::model::key::{PoolFile, RootPart, TreeKey};

/// What went wrong in a published tree.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A file operation failed.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was tried: `write`, `link`, `exchange`.
        operation: &'static str,
        /// The file or directory.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The pool has the file already, with other bytes (promise 4).
    #[error(
        "{path} exists with other content: it holds {found}, the record says {expected}; the pool is never overwritten, so find out who wrote it before moving it away"
    )]
    Conflict {
        /// The file.
        path: String,
        /// SHA-256 of what is there.
        found: Sha256,
        /// SHA-256 of what should be there.
        expected: Sha256,
    },
    /// The content store's object for a pool file is not whole.
    #[error(
        "cannot place {path}: the content store's object {sha256} has {found} bytes and should have {expected}; add the package again, and run `debpress check --full`"
    )]
    Damaged {
        /// The pool file.
        path: String,
        /// The object.
        sha256: Sha256,
        /// Its size in bytes.
        found: u64,
        /// The size in bytes that it was recorded with.
        expected: u64,
    },
    /// The content store does not have the object for a pool file.
    #[error("cannot place {path}: the content store has no object {sha256}; run `debpress check`")]
    NoObject {
        /// The pool file.
        path: String,
        /// The object.
        sha256: Sha256,
    },
}

/// An object as the records know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolObject {
    /// Its hash, by which the content store knows it.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

/// The root of one archive below the site, as `ArchiveRef::root` names it.
pub type Root<'a> = &'a str;

/// A file being written into a staged suite. It must be finished; dropped, it is not there or is incomplete, and
/// the staged suite is discarded as a whole.
pub trait StagedFile: Write + Send {
    /// Ends the file.
    ///
    /// # Errors
    /// The last bytes could not be written.
    fn finish(self: Box<Self>) -> Result<(), TreeError>;
}

/// Published trees.
pub trait Tree: Send + Sync {
    /// Places an object of the content store into the pool, or into a staged suite, as a hard link where the file
    /// system allows it.
    ///
    /// Nothing happens when the same bytes are there already. Returns whether the file is new.
    ///
    /// # Errors
    /// [`TreeError::Conflict`], [`TreeError::Damaged`], [`TreeError::NoObject`], or the file system refuses.
    fn place(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError>;

    /// Empties the staged directory of a suite and creates it.
    ///
    /// # Errors
    /// The file system refuses.
    fn stage(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError>;

    /// Removes the staged directory of a suite, if there is one. Durable when it returns: nobody looks for it afterwards.
    ///
    /// # Errors
    /// The file system refuses.
    fn discard(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError>;

    /// Creates a file of a staged suite, with its directories.
    ///
    /// A name that is taken may be that of an object or of a live file too, which must not be written to.
    ///
    /// # Errors
    /// The name is taken, or the file system refuses.
    fn create(&self, root: Root<'_>, staged: &TreeKey) -> Result<Box<dyn StagedFile>, TreeError>;

    /// Writes a small file that stands beside the suites, over what had its name: readers see the old bytes or the new
    /// ones. Nothing happens when it has these bytes. Durable when it returns.
    ///
    /// # Errors
    /// The file system refuses.
    fn replace(&self, root: Root<'_>, key: &TreeKey, bytes: &[u8]) -> Result<(), TreeError>;

    /// Makes a symbolic link in a staged suite, with its directories.
    ///
    /// # Errors
    /// The name is taken, or the file system refuses.
    fn symlink(&self, root: Root<'_>, staged: &TreeKey, target: &LinkTarget) -> Result<(), TreeError>;

    /// Where a symbolic link leads, as it stands in it; `None` when the name does not exist or is no link.
    ///
    /// # Errors
    /// It exists and cannot be read.
    fn link_target(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<String>, TreeError>;

    /// Gives an existing file of the live or staged suite a second name in the staged suite.
    ///
    /// Both names mean the same bytes for ever, so nothing may write in place. Returns `false` when `from` does not
    /// exist; does nothing when `to` exists.
    ///
    /// # Errors
    /// The file system refuses.
    fn link(&self, root: Root<'_>, from: &TreeKey, to: &TreeKey) -> Result<bool, TreeError>;

    /// Reads a file that is small enough for memory (a Release), or `None` when it does not exist.
    ///
    /// # Errors
    /// It exists and cannot be read.
    fn read(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<Vec<u8>>, TreeError>;

    /// The size in bytes and SHA-256 of a file, read to its end, or `None` when it does not exist. For checks.
    ///
    /// # Errors
    /// It exists and cannot be read.
    fn digest(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<(u64, Sha256)>, TreeError>;

    /// Every file below `pool/`, `dists/` or another directory of the root: path and size in bytes, sorted. A symbolic
    /// link is listed as itself, with the length of its target.
    ///
    /// # Errors
    /// A directory cannot be read.
    fn list(&self, root: Root<'_>, directory: &str) -> Result<Vec<(String, u64)>, TreeError>;

    /// Everything below `pool/`, `dists/` or another directory of the root, directories included, sorted by path. No
    /// symbolic link is followed, and nothing is read.
    ///
    /// # Errors
    /// A directory cannot be read.
    fn inspect(&self, root: Root<'_>, directory: &str) -> Result<Vec<Found>, TreeError>;

    /// Gives a file, whose bytes the caller has compared, its name in the content store, which has no such object: the
    /// reverse of [`Tree::place`], as a link where the file system allows it. Returns whether the object is new.
    ///
    /// # Errors
    /// The file is not there, or the file system refuses.
    fn adopt(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError>;

    /// Puts an object in the place of a file that is damaged, in one step: readers find the damaged one or the good one.
    /// The damaged one keeps a name beside it, by [`damaged_name`](super::found::damaged_name). `holds`: the hash of what
    /// it holds; `None`: nobody can read it. Returns that name.
    ///
    /// # Errors
    /// [`TreeError::Damaged`], [`TreeError::NoObject`], or the file system refuses; the damaged file is there then.
    fn restore(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        object: &PoolObject,
        holds: Option<&Sha256>,
    ) -> Result<String, TreeError>;

    /// Gives a damaged file that nothing can replace another name beside its own, as [`Tree::restore`] does. `None`: there
    /// is no such file.
    ///
    /// # Errors
    /// The file system refuses.
    fn set_aside(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        holds: Option<&Sha256>,
    ) -> Result<Option<String>, TreeError>;

    /// Lets everybody read the file, or enter the directory, at a path below the root. Its other permissions stay.
    ///
    /// # Errors
    /// It is a symbolic link, or the file system refuses.
    fn make_readable(&self, root: Root<'_>, path: &str) -> Result<(), TreeError>;

    /// Removes a file below `pool/` that is no [`PoolFile`], and the directories that are empty after that, as
    /// [`Tree::remove`] does.
    ///
    /// # Errors
    /// As of [`Tree::remove`], or the path leads elsewhere.
    fn remove_stray(&self, root: Root<'_>, path: &str) -> Result<Option<u64>, TreeError>;

    /// Every file and directory below the root as `ls -lR` shows them, hidden ones left out.
    ///
    /// # Errors
    /// They cannot be listed.
    fn long_list(&self, root: Root<'_>) -> Result<Vec<u8>, TreeError>;

    /// The size in bytes of a pool file, or `None` when it does not exist. A symbolic link has the length of its target.
    ///
    /// # Errors
    /// It exists and cannot be examined.
    fn pool_size(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError>;

    /// Removes a file of the pool, and the directories below `pool/` that are empty after that. The object stays in the
    /// content store. Returns the size in bytes of what went, `None` when there was no such file; its directories are
    /// looked at in any case, so that doing it again ends in the same state.
    ///
    /// No symbolic link is followed: a link of that name goes itself, and nothing is touched behind one that stands for
    /// `pool` or a directory below it. Durable after [`Tree::sync`].
    ///
    /// # Errors
    /// A directory of the path is a symbolic link, the name is that of a directory, or the file system refuses.
    fn remove(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError>;

    /// Makes all that was placed, staged and removed below the root durable. The journal is written after this.
    ///
    /// # Errors
    /// The disk refused; nothing may be switched.
    fn sync(&self, root: Root<'_>) -> Result<(), TreeError>;

    /// Makes a second name of a suite mean `target`, in one step, or removes it. Returns whether that was done: a name that
    /// is no symbolic link is somebody else's, and left alone. Durable when it returns.
    ///
    /// # Errors
    /// The file system refuses.
    fn alias(&self, root: Root<'_>, alias: &SuiteName, target: Option<&SuiteName>)
    -> Result<bool, TreeError>;

    /// Takes everything that clients see of an archive away in one step, by moving `dists` aside. Does nothing where it is
    /// gone. Durable when it returns.
    ///
    /// # Errors
    /// The file system refuses.
    fn withdraw(&self, root: Root<'_>) -> Result<(), TreeError>;

    /// Removes a directory of an archive that is deleted, with all that is in it. No symbolic link is followed: one goes
    /// itself. Does nothing where it is gone.
    ///
    /// # Errors
    /// The file system refuses; some of it may be gone then.
    fn remove_part(&self, root: Root<'_>, part: RootPart) -> Result<(), TreeError>;

    /// Removes the public key and then the root of an archive that is deleted, and the directories above it that only led
    /// there. Whatever is not empty stays: somebody else has put something there. Returns whether the root is gone.
    /// Durable when it returns.
    ///
    /// # Errors
    /// The file system refuses.
    fn remove_root(&self, root: Root<'_>, public_key: &TreeKey) -> Result<bool, TreeError>;

    /// Exchanges the staged directory of a suite with the live one, or moves it there when there is no live one.
    ///
    /// Clients see the old suite before and the new one after, never anything else. Durable when it returns.
    ///
    /// # Errors
    /// The file system refuses, or there is no staged directory.
    fn exchange(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError>;

    /// After an exchange: keeps the suite as it was for readers that have opened its directory, in place of the one before
    /// it, which goes. Nobody finds it by its name in `dists`; who has it open finds every file in it until this is called after
    /// the next exchange.
    ///
    /// Does nothing where there is no staged directory: the suite is new, or this was done. So it may be repeated until it has
    /// succeeded, and what is kept is never lost to a repetition. Nothing needs it to be durable: no reader lives through a
    /// power failure, and a staged directory that comes back is removed when the suite is staged again.
    ///
    /// # Errors
    /// The file system refuses.
    fn keep_previous(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError>;
}
