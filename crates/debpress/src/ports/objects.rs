//! The content store: every file of every package once, by its SHA-256.

use std::io::{Read, Write};

use debfmt::digest::Sha256;

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
