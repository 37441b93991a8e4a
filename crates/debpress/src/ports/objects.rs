//! The content store: every file of every package once, by its SHA-256.

use std::io::{Read, Write};

use debfmt::digest::Sha256;

use super::found::Found;

/// What went wrong in the content store.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// An operation on the store failed.
    #[error("cannot {operation} in the content store ({subject})")]
    Io {
        /// What was tried: `create a file`.
        operation: &'static str,
        /// The object or path.
        subject: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The object is not there.
    #[error("the content store has no object {sha256}; `debpress check` lists what is missing")]
    Missing {
        /// The object.
        sha256: Sha256,
    },
}

/// An object that is being written and that nobody can see yet. Dropped without `commit`, it leaves nothing behind.
pub trait ObjectWriter: Write + Send {
    /// Ends the writing without giving a name yet, so that many objects can wait for one decision: takes no open file.
    ///
    /// # Errors
    /// What was written could not be kept.
    fn close(&mut self) -> Result<(), ObjectError>;

    /// Gives the bytes written so far their name. The caller has hashed them while writing.
    ///
    /// Returns whether the object is new. Visible at once, durable after [`Objects::sync`].
    ///
    /// # Errors
    /// The file could not be given its name.
    fn commit(self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError>;
}

/// The content store.
pub trait Objects: Send + Sync {
    /// Begins a new object.
    ///
    /// # Errors
    /// No file could be created.
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError>;

    /// Opens an object for reading.
    ///
    /// # Errors
    /// [`ObjectError::Missing`], or it cannot be read.
    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError>;

    /// The object's size in bytes, or `None` when the store does not have it.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError>;

    /// Calls `visit` with the hash and size in bytes of every object, in no particular order.
    ///
    /// # Errors
    /// The store cannot be listed.
    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError>;

    /// Removes what writers that died left behind. Writers at work are not disturbed.
    ///
    /// # Errors
    /// The store cannot be listed, or refuses.
    fn sweep(&self) -> Result<(), ObjectError>;

    /// Makes every committed object durable: after it returns, power may fail. Records that speak of an object are
    /// committed only after this.
    ///
    /// # Errors
    /// The disk refused; nothing may be recorded.
    fn sync(&self) -> Result<(), ObjectError>;
}

/// The content store as those see it who look after it: one that is nothing but that.
pub trait ObjectStore: Objects {
    /// Calls `visit` with every name in the store and in its directories: objects, files that have no name yet, and whatever
    /// somebody else has put there. Paths are relative to the store; [`object_of`] tells which are those of objects, and
    /// [`is_unnamed`] which belong to a writer. The directories of objects are not visited themselves. Nothing is read.
    ///
    /// # Errors
    /// The store cannot be listed.
    fn survey(&self, visit: &mut dyn FnMut(Found)) -> Result<(), ObjectError>;

    /// Gives an object that is damaged another name beside its own, so that a good one can take its place. Nothing is
    /// overwritten. `holds`: the hash of what it holds; `None`: nobody can read it. Returns the new name, or `None` when
    /// there is no such object.
    ///
    /// # Errors
    /// The file system refuses; it has its old name then.
    fn set_aside(&self, sha256: &Sha256, holds: Option<&Sha256>) -> Result<Option<String>, ObjectError>;

    /// Removes an object that nobody needs, unless it is another file than was `seen` or has got another name, or `needed`,
    /// which is asked when no new writer can find the object any more, says that it is needed after all. Whoever writes the
    /// same bytes meanwhile keeps what it has written. Returns whether it is gone.
    ///
    /// # Errors
    /// The file system refuses; the object may be without its name then, and [`ObjectStore::recover`] gives it back.
    fn discard(
        &self,
        sha256: &Sha256,
        seen: &Found,
        needed: &mut dyn FnMut() -> bool,
    ) -> Result<bool, ObjectError>;

    /// Gives objects their names again that a run took which died in [`ObjectStore::discard`]. Returns how many.
    ///
    /// # Errors
    /// The store cannot be listed, or refuses.
    fn recover(&self) -> Result<u64, ObjectError>;
}

/// Where objects are written before they have a name. It is inside the store, so that a rename can give the name.
pub const UNNAMED: &str = "unnamed";

/// The object that lies at a path of the store; `None`: it is not the path of one.
pub fn object_of(path: &str) -> Option<Sha256> {
    let (first, rest) = path.split_once('/')?;
    let sha256 = (first.len() == 2).then(|| Sha256::from_hex(&format!("{first}{rest}")).ok())??;
    // Only in small letters is it the name that the store gives.
    (sha256.to_string() == format!("{first}{rest}")).then_some(sha256)
}

/// Whether a path of the store is that of a file which has no name yet.
pub fn is_unnamed(path: &str) -> bool {
    path.strip_prefix(UNNAMED).is_some_and(|rest| rest.starts_with('/'))
}
