//! The content store, the cache of indexes, the staging area and the signer, where each operation counts.

use std::io::{Read, Write};
use std::sync::Arc;

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;
use debpress::adapters::fs::staging::FsStaging;
use debpress::adapters::memory::staging::MemoryStaging;
use debpress::model::contribution::FileStamp;
use debpress::model::time::Timestamp;
use debpress::ports::found::Found;
use debpress::ports::index_cache::{CacheKey, IndexCache};
use debpress::ports::objects::{ObjectError, ObjectStore, ObjectWriter, Objects};
use debpress::ports::signer::{SignError, Signer};
use debpress::ports::staging::{StagedEntry, Staging, StagingError};
use debpress::ports::tree::Root;

use super::{Faults, dead};

pub(crate) struct FaultyObjects {
    pub(crate) inner: Box<dyn ObjectStore>,
    pub(crate) faults: Faults,
}

fn object_error(operation: &'static str) -> impl FnOnce() -> ObjectError {
    move || ObjectError::Io { operation, subject: "somewhere".into(), source: dead() }
}

impl Objects for FaultyObjects {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        let begin = || self.inner.begin();
        let inner = self.faults.count(object_error("create a file"), begin)?;
        Ok(Box::new(FaultyObject { inner, faults: self.faults.clone() }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        self.faults.count(object_error("open"), || self.inner.open(sha256))
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        self.faults.count(object_error("look up"), || self.inner.size(sha256))
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        self.faults.count(object_error("list"), || self.inner.for_each(visit))
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        self.faults.count(object_error("sweep"), || self.inner.sweep())
    }

    fn sync(&self) -> Result<(), ObjectError> {
        self.faults.count(object_error("sync"), || self.inner.sync())
    }
}

impl ObjectStore for FaultyObjects {
    fn survey(&self, visit: &mut dyn FnMut(Found)) -> Result<(), ObjectError> {
        self.faults.count(object_error("list"), || self.inner.survey(visit))
    }

    fn set_aside(&self, sha256: &Sha256, holds: Option<&Sha256>) -> Result<Option<String>, ObjectError> {
        self.faults.count(object_error("rename"), || self.inner.set_aside(sha256, holds))
    }

    fn discard(
        &self,
        sha256: &Sha256,
        seen: &Found,
        needed: &mut dyn FnMut() -> bool,
    ) -> Result<bool, ObjectError> {
        self.faults.count(object_error("remove"), || self.inner.discard(sha256, seen, needed))
    }

    fn recover(&self) -> Result<u64, ObjectError> {
        self.faults.count(object_error("recover"), || self.inner.recover())
    }
}

struct FaultyObject {
    inner: Box<dyn ObjectWriter>,
    faults: Faults,
}

impl Write for FaultyObject {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.faults.count(dead, || self.inner.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl ObjectWriter for FaultyObject {
    fn close(&mut self) -> Result<(), ObjectError> {
        self.faults.count(object_error("close"), || self.inner.close())
    }

    fn commit(self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError> {
        let Self { inner, faults } = *self;
        faults.count(object_error("name"), || inner.commit(sha256))
    }
}

/// A cache that forgets: it has no errors.
pub(crate) struct FaultyCache {
    pub(crate) inner: Box<dyn IndexCache>,
    pub(crate) faults: Faults,
}

impl IndexCache for FaultyCache {
    fn read(&self, key: CacheKey) -> Option<Vec<u8>> {
        self.faults.count(|| (), || self.inner.read(key).ok_or(())).ok()
    }

    fn write(&self, key: CacheKey, bytes: &[u8]) {
        let write = || {
            self.inner.write(key, bytes);
            Ok(())
        };
        self.faults.count(|| (), write).unwrap_or_default();
    }

    fn sweep(&self, keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64 {
        self.faults.count(|| (), || Ok(self.inner.sweep(keep))).unwrap_or_default()
    }
}

/// Where a site on disk has it; else in memory.
pub(crate) struct FaultyStaging(pub(crate) MemoryStaging, pub(crate) Option<FsStaging>, pub(crate) Faults);

impl FaultyStaging {
    fn count<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&dyn Staging) -> Result<T, StagingError>,
    ) -> Result<T, StagingError> {
        let inner: &dyn Staging = self.1.as_ref().map_or(&self.0, |disk| disk);
        let error = || StagingError::Io { operation, path: "somewhere".into(), source: dead() };
        self.2.count(error, || work(inner))
    }
}

impl Staging for FaultyStaging {
    fn suites(&self, root: Root<'_>) -> Result<Option<Vec<String>>, StagingError> {
        self.count("list", |inner| inner.suites(root))
    }

    fn list(&self, root: Root<'_>, suite: &SuiteName) -> Result<Vec<StagedEntry>, StagingError> {
        self.count("list", |inner| inner.list(root, suite))
    }

    fn open(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<Box<dyn Read + Send>>, StagingError> {
        self.count("open", |inner| inner.open(root, suite, path))
    }

    fn stamp(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<FileStamp>, StagingError> {
        self.count("examine", |inner| inner.stamp(root, suite, path))
    }
}

pub(crate) struct FaultySigner {
    pub(crate) inner: Arc<dyn Signer>,
    pub(crate) faults: Faults,
}

impl FaultySigner {
    fn count<T>(&self, work: impl FnOnce() -> Result<T, SignError>) -> Result<T, SignError> {
        let error = || SignError::Failed { signer: "the signer".into(), source: Box::new(dead()) };
        self.faults.count(error, work)
    }
}

impl Signer for FaultySigner {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn fingerprints(&self) -> Vec<String> {
        self.inner.fingerprints()
    }

    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        self.count(|| self.inner.public_keys())
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        self.count(|| self.inner.clear_sign(text, at))
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        self.count(|| self.inner.detach_sign(text, at))
    }
}
