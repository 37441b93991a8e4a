//! A published tree that fails when it is told to.

use std::sync::atomic::{AtomicI64, Ordering};

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;
use debpress::model::custom::LinkTarget;
use debpress::model::key::{PoolFile, RootPart, TreeKey};
use debpress::ports::found::Found;
use debpress::ports::tree::{PoolObject, Root, StagedFile, Tree, TreeError};

/// A tree whose operations fail after a number of them: a disk that dies, or a crash, at exactly that point.
pub(crate) struct FaultyTree {
    pub(crate) inner: Box<dyn Tree>,
    left: AtomicI64,
}

impl FaultyTree {
    pub(crate) fn new(inner: Box<dyn Tree>) -> Self {
        Self { inner, left: AtomicI64::new(i64::MAX) }
    }

    /// The next `operations` go well, those after them fail.
    pub(crate) fn fail_after(&self, operations: i64) {
        self.left.store(operations, Ordering::SeqCst);
    }

    /// Operations that still go well.
    pub(crate) fn left(&self) -> i64 {
        self.left.load(Ordering::SeqCst)
    }

    /// The disk is well again.
    pub(crate) fn mend(&self) {
        self.fail_after(i64::MAX);
    }

    fn count(&self, operation: &'static str) -> Result<(), TreeError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        let source = std::io::Error::other("the disk has died");
        Err(TreeError::Io { operation, path: "somewhere".into(), source })
    }
}

impl Tree for FaultyTree {
    fn place(&self, root: Root<'_>, pool: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        self.count("place")?;
        self.inner.place(root, pool, object)
    }

    fn stage(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("stage")?;
        self.inner.stage(root, suite)
    }

    fn discard(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("discard")?;
        self.inner.discard(root, suite)
    }

    fn create(&self, root: Root<'_>, staged: &TreeKey) -> Result<Box<dyn StagedFile>, TreeError> {
        self.count("create")?;
        self.inner.create(root, staged)
    }

    fn replace(&self, root: Root<'_>, key: &TreeKey, bytes: &[u8]) -> Result<(), TreeError> {
        self.count("replace")?;
        self.inner.replace(root, key, bytes)
    }

    fn symlink(&self, root: Root<'_>, staged: &TreeKey, target: &LinkTarget) -> Result<(), TreeError> {
        self.count("symlink")?;
        self.inner.symlink(root, staged, target)
    }

    fn link_target(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<String>, TreeError> {
        self.count("link_target")?;
        self.inner.link_target(root, key)
    }

    fn link(&self, root: Root<'_>, from: &TreeKey, to: &TreeKey) -> Result<bool, TreeError> {
        self.count("link")?;
        self.inner.link(root, from, to)
    }

    fn read(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<Vec<u8>>, TreeError> {
        self.count("read")?;
        self.inner.read(root, key)
    }

    fn digest(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<(u64, Sha256)>, TreeError> {
        self.count("digest")?;
        self.inner.digest(root, key)
    }

    fn list(&self, root: Root<'_>, directory: &str) -> Result<Vec<(String, u64)>, TreeError> {
        self.count("list")?;
        self.inner.list(root, directory)
    }

    fn inspect(&self, root: Root<'_>, directory: &str) -> Result<Vec<Found>, TreeError> {
        self.count("list")?;
        self.inner.inspect(root, directory)
    }

    fn adopt(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        self.count("adopt")?;
        self.inner.adopt(root, key, object)
    }

    fn restore(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        object: &PoolObject,
        holds: Option<&Sha256>,
    ) -> Result<String, TreeError> {
        self.count("restore")?;
        self.inner.restore(root, key, object, holds)
    }

    fn set_aside(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        holds: Option<&Sha256>,
    ) -> Result<Option<String>, TreeError> {
        self.count("set_aside")?;
        self.inner.set_aside(root, key, holds)
    }

    fn make_readable(&self, root: Root<'_>, path: &str) -> Result<(), TreeError> {
        self.count("make_readable")?;
        self.inner.make_readable(root, path)
    }

    fn remove_stray(&self, root: Root<'_>, path: &str) -> Result<Option<u64>, TreeError> {
        self.count("remove")?;
        self.inner.remove_stray(root, path)
    }

    fn long_list(&self, root: Root<'_>) -> Result<Vec<u8>, TreeError> {
        self.count("list")?;
        self.inner.long_list(root)
    }

    fn pool_size(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        self.count("pool_size")?;
        self.inner.pool_size(root, file)
    }

    fn remove(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        self.count("remove")?;
        self.inner.remove(root, file)
    }

    fn sync(&self, root: Root<'_>) -> Result<(), TreeError> {
        self.count("sync")?;
        self.inner.sync(root)
    }

    fn alias(
        &self,
        root: Root<'_>,
        alias: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<bool, TreeError> {
        self.count("alias")?;
        self.inner.alias(root, alias, target)
    }

    fn withdraw(&self, root: Root<'_>) -> Result<(), TreeError> {
        self.count("withdraw")?;
        self.inner.withdraw(root)
    }

    fn remove_part(&self, root: Root<'_>, part: RootPart) -> Result<(), TreeError> {
        self.count("remove")?;
        self.inner.remove_part(root, part)
    }

    fn remove_root(&self, root: Root<'_>, public_key: &TreeKey) -> Result<bool, TreeError> {
        self.count("remove")?;
        self.inner.remove_root(root, public_key)
    }

    fn exchange(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("exchange")?;
        self.inner.exchange(root, suite)
    }

    fn keep_previous(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.count("keep")?;
        self.inner.keep_previous(root, suite)
    }
}
