//! A published tree that fails when it is told to.

use std::io::Write;

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;
use debpress::model::custom::LinkTarget;
use debpress::model::key::{PoolFile, RootPart, TreeKey};
use debpress::ports::found::Found;
use debpress::ports::tree::{PoolObject, Root, StagedFile, Tree, TreeError};

use super::{Fault, Faults, dead};

/// A tree whose operations fail after a number of them: a disk that dies, or a crash, at exactly that point.
pub(crate) struct FaultyTree {
    pub(crate) inner: Box<dyn Tree>,
    pub(crate) faults: Faults,
    /// Also what is written into each file counts.
    pub(crate) bytes_count: bool,
}

impl FaultyTree {
    pub(crate) fn new(inner: Box<dyn Tree>) -> Self {
        Self { inner, faults: Faults::default(), bytes_count: false }
    }

    /// The next `operations` go well, those after them fail.
    pub(crate) fn fail_after(&self, operations: i64) {
        self.faults.after(operations, Fault::Dead);
    }

    /// Operations that still go well.
    pub(crate) fn left(&self) -> i64 {
        self.faults.left()
    }

    /// The disk is well again.
    pub(crate) fn mend(&self) {
        self.faults.mend();
    }

    fn count<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&dyn Tree) -> Result<T, TreeError>,
    ) -> Result<T, TreeError> {
        self.faults.count(failed(operation), || work(self.inner.as_ref()))
    }
}

fn failed(operation: &'static str) -> impl FnOnce() -> TreeError {
    move || TreeError::Io { operation, path: "somewhere".into(), source: dead() }
}

/// A staged file of which every write and the end count.
struct FaultyFile {
    inner: Box<dyn StagedFile>,
    faults: Faults,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.faults.count(dead, || self.inner.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl StagedFile for FaultyFile {
    fn finish(self: Box<Self>) -> Result<(), TreeError> {
        let Self { inner, faults } = *self;
        faults.count(failed("finish"), || inner.finish())
    }
}

impl Tree for FaultyTree {
    fn place(&self, root: Root<'_>, pool: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        self.count("place", |inner| inner.place(root, pool, object))
    }

    fn stage(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("stage", |inner| inner.stage(root, suite))
    }

    fn discard(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("discard", |inner| inner.discard(root, suite))
    }

    fn create(&self, root: Root<'_>, staged: &TreeKey) -> Result<Box<dyn StagedFile>, TreeError> {
        let inner = self.count("create", |inner| inner.create(root, staged))?;
        let faults = self.faults.clone();
        Ok(if self.bytes_count { Box::new(FaultyFile { inner, faults }) } else { inner })
    }

    fn replace(&self, root: Root<'_>, key: &TreeKey, bytes: &[u8]) -> Result<(), TreeError> {
        self.count("replace", |inner| inner.replace(root, key, bytes))
    }

    fn symlink(&self, root: Root<'_>, staged: &TreeKey, target: &LinkTarget) -> Result<(), TreeError> {
        self.count("symlink", |inner| inner.symlink(root, staged, target))
    }

    fn link_target(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<String>, TreeError> {
        self.count("link_target", |inner| inner.link_target(root, key))
    }

    fn link(&self, root: Root<'_>, from: &TreeKey, to: &TreeKey) -> Result<bool, TreeError> {
        self.count("link", |inner| inner.link(root, from, to))
    }

    fn read(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<Vec<u8>>, TreeError> {
        self.count("read", |inner| inner.read(root, key))
    }

    fn digest(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<(u64, Sha256)>, TreeError> {
        self.count("digest", |inner| inner.digest(root, key))
    }

    fn list(&self, root: Root<'_>, directory: &str) -> Result<Vec<(String, u64)>, TreeError> {
        self.count("list", |inner| inner.list(root, directory))
    }

    fn inspect(&self, root: Root<'_>, directory: &str) -> Result<Vec<Found>, TreeError> {
        self.count("list", |inner| inner.inspect(root, directory))
    }

    fn adopt(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        self.count("adopt", |inner| inner.adopt(root, key, object))
    }

    fn restore(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        object: &PoolObject,
        holds: Option<&Sha256>,
    ) -> Result<String, TreeError> {
        self.count("restore", |inner| inner.restore(root, key, object, holds))
    }

    fn set_aside(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        holds: Option<&Sha256>,
    ) -> Result<Option<String>, TreeError> {
        self.count("set_aside", |inner| inner.set_aside(root, key, holds))
    }

    fn make_readable(&self, root: Root<'_>, path: &str) -> Result<(), TreeError> {
        self.count("make_readable", |inner| inner.make_readable(root, path))
    }

    fn remove_stray(&self, root: Root<'_>, path: &str) -> Result<Option<u64>, TreeError> {
        self.count("remove", |inner| inner.remove_stray(root, path))
    }

    fn long_list(&self, root: Root<'_>) -> Result<Vec<u8>, TreeError> {
        self.count("list", |inner| inner.long_list(root))
    }

    fn pool_size(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        self.count("pool_size", |inner| inner.pool_size(root, file))
    }

    fn remove(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        self.count("remove", |inner| inner.remove(root, file))
    }

    fn sync(&self, root: Root<'_>) -> Result<(), TreeError> {
        self.count("sync", |inner| inner.sync(root))
    }

    fn alias(
        &self,
        root: Root<'_>,
        alias: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<bool, TreeError> {
        self.count("alias", |inner| inner.alias(root, alias, target))
    }

    fn withdraw(&self, root: Root<'_>) -> Result<(), TreeError> {
        self.count("withdraw", |inner| inner.withdraw(root))
    }

    fn remove_part(&self, root: Root<'_>, part: RootPart) -> Result<(), TreeError> {
        self.count("remove", |inner| inner.remove_part(root, part))
    }

    fn remove_root(&self, root: Root<'_>, public_key: &TreeKey) -> Result<bool, TreeError> {
        self.count("remove", |inner| inner.remove_root(root, public_key))
    }

    fn exchange(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("exchange", |inner| inner.exchange(root, suite))
    }

    fn keep_previous(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("keep", |inner| inner.keep_previous(root, suite))
    }
}
