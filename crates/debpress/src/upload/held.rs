//! Objects that wait for the verdict: what is refused leaves nothing in the content store.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use debfmt::digest::Sha256;

use crate::ports::objects::{ObjectError, ObjectWriter, Objects};

type Waiting = Arc<Mutex<Vec<(Sha256, Box<dyn ObjectWriter>)>>>;

/// A content store whose new objects get their names all together, or never.
pub(super) struct Held<'a> {
    store: &'a dyn Objects,
    waiting: Waiting,
}

struct HeldWriter {
    inner: Box<dyn ObjectWriter>,
    waiting: Waiting,
}

impl<'a> Held<'a> {
    /// Nothing waits yet.
    pub(super) fn new(store: &'a dyn Objects) -> Self {
        Self { store, waiting: Waiting::default() }
    }

    /// Gives every object its name. Durable after [`Objects::sync`].
    ///
    /// # Errors
    /// One could not get its name; those before it have theirs, and nothing needs them.
    pub(super) fn keep(self) -> Result<(), ObjectError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for (sha256, object) in waiting {
            object.commit(&sha256)?;
        }
        Ok(())
    }
}

impl Write for HeldWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl ObjectWriter for HeldWriter {
    fn close(&mut self) -> Result<(), ObjectError> {
        self.inner.close()
    }

    fn commit(mut self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError> {
        self.inner.close()?;
        let Self { inner, waiting } = *self;
        waiting.lock().unwrap_or_else(PoisonError::into_inner).push((*sha256, inner));
        Ok(true)
    }
}

impl Objects for Held<'_> {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        let (inner, waiting) = (self.store.begin()?, Arc::clone(&self.waiting));
        Ok(Box::new(HeldWriter { inner, waiting }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        self.store.open(sha256)
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        self.store.size(sha256)
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        self.store.for_each(visit)
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        self.store.sweep()
    }

    fn sync(&self) -> Result<(), ObjectError> {
        self.store.sync()
    }
}
