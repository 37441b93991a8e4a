//! A content store for a run that changes nothing.

use std::io::Read;

use debfmt::digest::Sha256;

use crate::ports::objects::{ObjectError, ObjectWriter, Objects};

/// A content store that shows what `base` has, and writes into one of its `own`.
pub(super) struct Overlay<'a> {
    /// The store of the site.
    pub(super) base: &'a dyn Objects,
    /// One that is thrown away afterwards.
    pub(super) own: &'a dyn Objects,
}

impl Objects for Overlay<'_> {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        self.own.begin()
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        match self.own.open(sha256) {
            Err(ObjectError::Missing { .. }) => self.base.open(sha256),
            opened => opened,
        }
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        match self.own.size(sha256)? {
            Some(size) => Ok(Some(size)),
            None => self.base.size(sha256),
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        self.base.for_each(visit)?;
        self.own.for_each(visit)
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        self.own.sweep()
    }

    fn sync(&self) -> Result<(), ObjectError> {
        // What is thrown away need not be durable.
        Ok(())
    }
}
