//! The cache of indexes as a directory: `cache/segments/ab/cdef...`, and `packs` and `outlines` alike.
//!
//! Nothing is synced: what a loss of power leaves half written is noticed by its checksum when it is read.
#![expect(
    clippy::disallowed_methods,
    reason = "an adapter of the file system; nothing here needs to be durable"
)]

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use debfmt::digest::Sha256;

use crate::ports::index_cache::{CacheKey, IndexCache};

/// A cache in a directory, which is made when something is kept.
#[derive(Clone, Debug)]
pub struct FsIndexCache {
    directory: PathBuf,
}

type MakeKey = fn(Sha256) -> CacheKey;

/// A directory for each kind of key.
const PARTS: [(&str, MakeKey); 3] =
    [("segments", CacheKey::Segment), ("packs", CacheKey::Pack), ("outlines", CacheKey::Outline)];

impl FsIndexCache {
    /// The cache in `directory`.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn path(&self, key: CacheKey) -> PathBuf {
        let (part, sha256) = match key {
            CacheKey::Segment(sha256) => ("segments", sha256),
            CacheKey::Pack(sha256) => ("packs", sha256),
            CacheKey::Outline(sha256) => ("outlines", sha256),
        };
        let hex = sha256.to_string();
        let (first, rest) = hex.split_at(2);
        self.directory.join(part).join(first).join(rest)
    }

    fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let Some(directory) = path.parent() else { return Ok(()) };
        fs::create_dir_all(directory)?;
        // What is published of private archives is for the users who publish, and nobody else.
        let mode = Permissions::from_mode(0o640);
        let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(directory)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }
}

impl IndexCache for FsIndexCache {
    fn read(&self, key: CacheKey) -> Option<Vec<u8>> {
        fs::read(self.path(key)).ok()
    }

    fn write(&self, key: CacheKey, bytes: &[u8]) {
        let path = self.path(key);
        if let Err(error) = Self::store(&path, bytes) {
            tracing::debug!(path = %path.display(), %error, "the cache of indexes keeps nothing");
        }
    }

    fn sweep(&self, keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64 {
        let mut went = 0;
        for (part, key) in PARTS {
            for first in entries(&self.directory.join(part)) {
                for path in entries(&first) {
                    let size = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
                    // What has no such name was left by a run that died while it wrote.
                    let stays = hash_of(&path).is_some_and(|sha256| keep(key(sha256), size));
                    if !stays && fs::remove_file(&path).is_ok() {
                        went += size;
                    }
                }
            }
        }
        went
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn hash_of(path: &Path) -> Option<Sha256> {
    let rest = path.file_name()?.to_str()?;
    let first = path.parent()?.file_name()?.to_str()?;
    Sha256::from_hex(&format!("{first}{rest}")).ok()
}
