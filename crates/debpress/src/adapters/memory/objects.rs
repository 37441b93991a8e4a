//! The content store in memory: the twin of the file system for tests and dry runs.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use debfmt::digest::Sha256;

use crate::model::time::Timestamp;
use crate::ports::found::{Found, FoundKind, damaged_name};
use crate::ports::objects::{ObjectError, ObjectStore, ObjectWriter, Objects};

type Blobs = Arc<Mutex<BTreeMap<Sha256, Arc<Vec<u8>>>>>;

/// A content store that is gone with its last clone.
#[derive(Clone, Debug, Default)]
pub struct MemoryObjects {
    pub(super) blobs: Blobs,
    /// Damaged ones, by the names that they have got.
    aside: Arc<Mutex<BTreeMap<String, Arc<Vec<u8>>>>>,
}

/// A panic while the lock was held cannot leave a map half changed: every change is one call.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Objects for MemoryObjects {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        Ok(Box::new(MemoryObjectWriter { store: self.clone(), bytes: Vec::new() }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        let blob =
            locked(&self.blobs).get(sha256).cloned().ok_or(ObjectError::Missing { sha256: *sha256 })?;
        Ok(Box::new(Cursor::new(blob.as_ref().clone())))
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        Ok(locked(&self.blobs).get(sha256).map(|blob| blob.len() as u64))
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        locked(&self.blobs).iter().for_each(|(sha256, blob)| visit(*sha256, blob.len() as u64));
        Ok(())
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        Ok(())
    }

    fn sync(&self) -> Result<(), ObjectError> {
        Ok(())
    }
}

impl ObjectStore for MemoryObjects {
    fn survey(&self, visit: &mut dyn FnMut(Found)) -> Result<(), ObjectError> {
        for (sha256, blob) in locked(&self.blobs).iter() {
            visit(found(object_path(sha256), FoundKind::File, blob.len() as u64));
        }
        for (path, blob) in locked(&self.aside).iter() {
            visit(found(path.clone(), FoundKind::File, blob.len() as u64));
        }
        Ok(())
    }

    fn set_aside(&self, sha256: &Sha256, holds: Option<&Sha256>) -> Result<Option<String>, ObjectError> {
        let Some(blob) = locked(&self.blobs).remove(sha256) else { return Ok(None) };
        let name = damaged_name(&object_path(sha256), holds);
        locked(&self.aside).insert(name.clone(), blob);
        Ok(Some(name))
    }

    fn discard(
        &self,
        sha256: &Sha256,
        _seen: &Found,
        needed: &mut dyn FnMut() -> bool,
    ) -> Result<bool, ObjectError> {
        if needed() {
            return Ok(false);
        }
        Ok(locked(&self.blobs).remove(sha256).is_some())
    }

    fn recover(&self) -> Result<u64, ObjectError> {
        Ok(0)
    }
}

struct MemoryObjectWriter {
    store: MemoryObjects,
    bytes: Vec<u8>,
}

impl Write for MemoryObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for MemoryObjectWriter {
    fn close(&mut self) -> Result<(), ObjectError> {
        Ok(())
    }

    fn commit(self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError> {
        let mut blobs = locked(&self.store.blobs);
        if blobs.contains_key(sha256) {
            return Ok(false);
        }
        blobs.insert(*sha256, Arc::new(self.bytes));
        Ok(true)
    }
}

fn object_path(sha256: &Sha256) -> String {
    let hex = sha256.to_string();
    let (first, rest) = hex.split_at(2);
    format!("{first}/{rest}")
}

/// Memory has no times and no second names: everything is as young as it can be.
pub(super) fn found(path: String, kind: FoundKind, size: u64) -> Found {
    Found { path, kind, size, mode: 0o755, links: 1, changed: Timestamp(i64::MAX), identity: None }
}
