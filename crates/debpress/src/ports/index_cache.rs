//! A cache of parts of indexes: what was rendered and compressed once is not again.
//!
//! It can be deleted at any time: whatever it gives could be made anew from the records. So it has no errors. What cannot
//! be read is not there, and what cannot be written will be missed and made again.

use debfmt::digest::Sha256;

/// What the cache keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheKey {
    /// A part of an index with its compressed forms, by the SHA-256 of its text.
    Segment(Sha256),
    /// The compressed forms of many segments in a row, as one, by the SHA-256 of their keys.
    Pack(Sha256),
    /// What an index was made of, by its own SHA-256.
    Outline(Sha256),
}

/// A cache of parts of indexes. Used by one publisher at a time.
pub trait IndexCache: Send + Sync {
    /// What was kept, or `None`. It may be damaged, as after a loss of power: who asks must look at it.
    fn read(&self, key: CacheKey) -> Option<Vec<u8>>;

    /// Keeps something, over what had its key.
    fn write(&self, key: CacheKey, bytes: &[u8]);

    /// Removes all but what `keep` wants, which is asked of each thing with its size in bytes. Returns how many bytes
    /// went.
    fn sweep(&self, keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64;
}
