//! Published trees in memory: the twin of the file system for tests and dry runs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use debfmt::digest::{Algorithms, Checksums, Sha256};
use debfmt::names::SuiteName;

pub use super::objects::MemoryObjects;
use super::objects::{found, locked};
use crate::model::custom::LinkTarget;
use crate::model::key::{DISTS, PoolFile, RootPart, TreeKey, WITHDRAWN};
use crate::ports::found::{Found, FoundKind, damaged_name};
use crate::ports::tree::{PoolObject, Root, StagedFile, Tree, TreeError};

type Files = Arc<Mutex<BTreeMap<String, Node>>>;

/// What a name of a tree is.
#[derive(Clone, Debug)]
enum Node {
    File(Arc<Vec<u8>>),
    Link(String),
}

impl Node {
    /// The bytes of a file.
    fn file(&self) -> Option<&Arc<Vec<u8>>> {
        match self {
            Self::File(bytes) => Some(bytes),
            Self::Link(_) => None,
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::File(bytes) => bytes.len() as u64,
            Self::Link(target) => target.len() as u64,
        }
    }
}

/// Trees that are gone with their last clone.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: Files,
    objects: MemoryObjects,
}

impl MemoryTree {
    /// Empty trees whose pool files come from `objects`.
    pub fn new(objects: MemoryObjects) -> Self {
        Self { files: Files::default(), objects }
    }
}

fn full(root: Root<'_>, key: &TreeKey) -> String {
    format!("{root}/{}", key.path())
}

fn hash(bytes: &[u8]) -> Sha256 {
    Checksums::of(bytes, Algorithms::SHA256).sha256
}

impl Tree for MemoryTree {
    fn place(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        let (path, sha256) = (full(root, key), &object.sha256);
        let mut files = locked(&self.files);
        if let Some(there) = files.get(&path).and_then(Node::file) {
            let found = hash(there);
            let conflict = TreeError::Conflict { path, found, expected: *sha256 };
            return if found == *sha256 { Ok(false) } else { Err(conflict) };
        }
        let blob = locked(&self.objects.blobs).get(sha256).cloned();
        let blob = blob.ok_or_else(|| TreeError::NoObject { path: path.clone(), sha256: *sha256 })?;
        let (found, expected) = (blob.len() as u64, object.size);
        if found != expected {
            return Err(TreeError::Damaged { path, sha256: *sha256, found, expected });
        }
        files.insert(path, Node::File(blob));
        Ok(true)
    }

    fn stage(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.discard(root, suite)
    }

    fn discard(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        let prefix = format!("{}/", full(root, &TreeKey::StagedSuite(suite.clone())));
        locked(&self.files).retain(|path, _| !path.starts_with(&prefix));
        Ok(())
    }

    fn create(&self, root: Root<'_>, staged: &TreeKey) -> Result<Box<dyn StagedFile>, TreeError> {
        let path = full(root, staged);
        if locked(&self.files).contains_key(&path) {
            let source = io::ErrorKind::AlreadyExists.into();
            return Err(TreeError::Io { operation: "create", path, source });
        }
        Ok(Box::new(MemoryFile { path, files: Arc::clone(&self.files), bytes: Vec::new() }))
    }

    fn replace(&self, root: Root<'_>, key: &TreeKey, bytes: &[u8]) -> Result<(), TreeError> {
        locked(&self.files).insert(full(root, key), Node::File(Arc::new(bytes.to_vec())));
        Ok(())
    }

    fn symlink(&self, root: Root<'_>, staged: &TreeKey, target: &LinkTarget) -> Result<(), TreeError> {
        let path = full(root, staged);
        let mut files = locked(&self.files);
        if files.contains_key(&path) {
            let source = io::ErrorKind::AlreadyExists.into();
            return Err(TreeError::Io { operation: "make the link", path, source });
        }
        files.insert(path, Node::Link(target.as_str().to_owned()));
        Ok(())
    }

    fn link_target(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<String>, TreeError> {
        Ok(match locked(&self.files).get(&full(root, key)) {
            Some(Node::Link(target)) => Some(target.clone()),
            Some(Node::File(_)) | None => None,
        })
    }

    fn link(&self, root: Root<'_>, from: &TreeKey, to: &TreeKey) -> Result<bool, TreeError> {
        let mut files = locked(&self.files);
        let Some(node) = files.get(&full(root, from)).cloned() else { return Ok(false) };
        files.entry(full(root, to)).or_insert(node);
        Ok(true)
    }

    fn read(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<Vec<u8>>, TreeError> {
        Ok(locked(&self.files).get(&full(root, key)).and_then(Node::file).map(|bytes| bytes.as_ref().clone()))
    }

    fn digest(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<(u64, Sha256)>, TreeError> {
        let there = locked(&self.files).get(&full(root, key)).and_then(Node::file).cloned();
        Ok(there.map(|bytes| (bytes.len() as u64, hash(&bytes))))
    }

    fn list(&self, root: Root<'_>, directory: &str) -> Result<Vec<(String, u64)>, TreeError> {
        let (below, prefix) = (format!("{root}/"), format!("{root}/{directory}/"));
        let files = locked(&self.files);
        let inside = files.iter().filter(|(path, _)| path.starts_with(&prefix));
        Ok(inside.map(|(path, node)| (path.replacen(&below, "", 1), node.size())).collect())
    }

    fn inspect(&self, root: Root<'_>, directory: &str) -> Result<Vec<Found>, TreeError> {
        let (below, prefix) = (format!("{root}/"), format!("{root}/{directory}/"));
        let files = locked(&self.files);
        let inside = files.iter().filter(|(path, _)| path.starts_with(&prefix));
        let one = |(path, node): (&String, &Node)| {
            let kind = if node.file().is_some() { FoundKind::File } else { FoundKind::Link };
            found(path.replacen(&below, "", 1), kind, node.size())
        };
        Ok(inside.map(one).collect())
    }

    fn adopt(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        let path = full(root, key);
        let there = locked(&self.files).get(&path).and_then(Node::file).cloned();
        let there = there.ok_or_else(|| TreeError::Io {
            operation: "keep",
            path,
            source: io::ErrorKind::NotFound.into(),
        })?;
        let mut blobs = locked(&self.objects.blobs);
        let new = !blobs.contains_key(&object.sha256);
        blobs.entry(object.sha256).or_insert(there);
        Ok(new)
    }

    fn restore(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        object: &PoolObject,
        holds: Option<&Sha256>,
    ) -> Result<String, TreeError> {
        let aside = self.set_aside(root, key, holds)?.unwrap_or_default();
        self.place(root, key, object)?;
        Ok(aside)
    }

    fn set_aside(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        holds: Option<&Sha256>,
    ) -> Result<Option<String>, TreeError> {
        let mut files = locked(&self.files);
        let Some(node) = files.remove(&full(root, key)) else { return Ok(None) };
        let aside = damaged_name(&key.path(), holds);
        files.insert(format!("{root}/{aside}"), node);
        Ok(Some(aside))
    }

    fn make_readable(&self, _root: Root<'_>, _path: &str) -> Result<(), TreeError> {
        Ok(())
    }

    fn remove_stray(&self, root: Root<'_>, path: &str) -> Result<Option<u64>, TreeError> {
        Ok(locked(&self.files).remove(&format!("{root}/{path}")).map(|node| node.size()))
    }

    fn long_list(&self, root: Root<'_>) -> Result<Vec<u8>, TreeError> {
        let prefix = format!("{root}/");
        let files = locked(&self.files);
        let inside = files.iter().filter_map(|(path, node)| Some((path.strip_prefix(&prefix)?, node)));
        let seen = inside.filter(|(path, _)| path.split('/').all(|name| !name.starts_with('.')));
        let lines: Vec<String> = seen.map(|(path, node)| format!("{:>10} {path}\n", node.size())).collect();
        Ok(lines.concat().into_bytes())
    }

    fn pool_size(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        Ok(locked(&self.files).get(&format!("{root}/{}", file.path())).map(Node::size))
    }

    fn remove(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        Ok(locked(&self.files).remove(&format!("{root}/{}", file.path())).map(|node| node.size()))
    }

    fn sync(&self, _root: Root<'_>) -> Result<(), TreeError> {
        Ok(())
    }

    fn alias(
        &self,
        root: Root<'_>,
        alias: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<bool, TreeError> {
        let path = full(root, &TreeKey::LiveSuite(alias.clone()));
        let mut files = locked(&self.files);
        let below = format!("{path}/");
        if files.keys().any(|known| known.starts_with(&below)) {
            return Ok(false);
        }
        match target {
            Some(target) => files.insert(path, Node::Link(target.to_string())),
            None => files.remove(&path),
        };
        Ok(true)
    }

    fn withdraw(&self, root: Root<'_>) -> Result<(), TreeError> {
        let (from, to) = (format!("{root}/{DISTS}/"), format!("{root}/{WITHDRAWN}/"));
        let mut files = locked(&self.files);
        let seen: Vec<String> = files.keys().filter(|path| path.starts_with(&from)).cloned().collect();
        for path in seen {
            if let (Some(node), Some(rest)) = (files.remove(&path), path.strip_prefix(&from)) {
                files.insert(format!("{to}{rest}"), node);
            }
        }
        Ok(())
    }

    fn remove_part(&self, root: Root<'_>, part: RootPart) -> Result<(), TreeError> {
        let itself = format!("{root}/{}", part.path());
        let below = format!("{itself}/");
        locked(&self.files).retain(|path, _| *path != itself && !path.starts_with(&below));
        Ok(())
    }

    fn remove_root(&self, root: Root<'_>, public_key: &TreeKey) -> Result<bool, TreeError> {
        let mut files = locked(&self.files);
        files.remove(&full(root, public_key));
        let below = format!("{root}/");
        Ok(files.keys().all(|path| !path.starts_with(&below)))
    }

    fn exchange(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        let live = format!("{}/", full(root, &TreeKey::LiveSuite(suite.clone())));
        let staged = format!("{}/", full(root, &TreeKey::StagedSuite(suite.clone())));
        let mut files = locked(&self.files);
        if !files.keys().any(|path| path.starts_with(&staged)) {
            let source = io::ErrorKind::NotFound.into();
            return Err(TreeError::Io { operation: "exchange", path: staged, source });
        }
        let other_side = |path: String| {
            let to_live = path.strip_prefix(&staged).map(|rest| format!("{live}{rest}"));
            let to_staged = path.strip_prefix(&live).map(|rest| format!("{staged}{rest}"));
            to_live.or(to_staged).unwrap_or(path)
        };
        *files =
            std::mem::take(&mut *files).into_iter().map(|(path, node)| (other_side(path), node)).collect();
        Ok(())
    }

    fn keep_previous(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        let staged = format!("{}/", full(root, &TreeKey::StagedSuite(suite.clone())));
        let previous = format!("{}/", full(root, &TreeKey::PreviousSuite(suite.clone())));
        let mut files = locked(&self.files);
        if !files.keys().any(|path| path.starts_with(&staged)) {
            return Ok(());
        }
        files.retain(|path, _| !path.starts_with(&previous));
        let moved =
            |path: String| path.strip_prefix(&staged).map(|rest| format!("{previous}{rest}")).unwrap_or(path);
        *files = std::mem::take(&mut *files).into_iter().map(|(path, node)| (moved(path), node)).collect();
        Ok(())
    }
}

struct MemoryFile {
    path: String,
    files: Files,
    bytes: Vec<u8>,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StagedFile for MemoryFile {
    fn finish(self: Box<Self>) -> Result<(), TreeError> {
        locked(&self.files).insert(self.path, Node::File(Arc::new(self.bytes)));
        Ok(())
    }
}
