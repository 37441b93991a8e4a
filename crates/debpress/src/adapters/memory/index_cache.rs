//! A cache of indexes in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::ports::index_cache::{CacheKey, IndexCache};

/// A cache that goes with the program.
#[derive(Debug, Default)]
pub struct MemoryIndexCache {
    kept: Mutex<BTreeMap<CacheKey, Vec<u8>>>,
}

impl IndexCache for MemoryIndexCache {
    fn read(&self, key: CacheKey) -> Option<Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn write(&self, key: CacheKey, bytes: &[u8]) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bytes.to_vec());
    }

    fn sweep(&self, keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64 {
        let mut went = 0;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, bytes| {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let stays = keep(*key, size);
            went += if stays { 0 } else { size };
            stays
        });
        went
    }
}

/// A cache that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIndexCache;

impl IndexCache for NoIndexCache {
    fn read(&self, _key: CacheKey) -> Option<Vec<u8>> {
        None
    }

    fn write(&self, _key: CacheKey, _bytes: &[u8]) {}

    fn sweep(&self, _keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64 {
        0
    }
}
