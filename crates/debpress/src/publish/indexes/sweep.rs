//! What the cache of indexes keeps: what the indexes that clients see are made of.

use std::collections::BTreeSet;

use debfmt::digest::Sha256;

use super::outline::Outline;
use super::segment::pack_key;
use crate::lock::PublisherLock;
use crate::ports::db::{Records, RecordsError};
use crate::ports::index_cache::{CacheKey, IndexCache};

/// Removes from the cache what no published index is made of. Returns how many bytes went.
pub(in crate::publish) fn sweep_cache(
    records: &dyn Records,
    cache: &dyn IndexCache,
    _lock: &PublisherLock,
) -> Result<u64, RecordsError> {
    let mut needed = BTreeSet::new();
    for named in records.all_outlines()? {
        let Ok(sha256) = Sha256::from_hex(&named.sha256) else { continue };
        let key = CacheKey::Outline(sha256);
        let Some(outline) = cache.read(key).as_deref().and_then(Outline::decode) else { continue };
        needed.insert(key);
        needed.extend(outline.parts.iter().map(|part| CacheKey::Segment(part.text)));
        let packs = outline.groups().map(|group| pack_key(group.iter().map(|part| &part.text)));
        needed.extend(packs.map(CacheKey::Pack));
    }
    Ok(cache.sweep(&mut |key, _| needed.contains(&key)))
}
