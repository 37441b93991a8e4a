//! A segment of an index: its text and compressed forms, as the cache keeps them.
//!
//! ```text
//! magic, number of forms (u8)
//! of each form: compression (u8), level (u8), bytes of text (u64), CRC-32 of text (u32), unpadded size (u64), bytes (u64)
//! bytes of text (u64), text, the bytes of each form
//! CRC-32 of all of it (u32)
//! ```
//! Numbers are little-endian. The cache is not synced, so that after a loss of power anything may lie there: what fails
//! its checksum is made again.

use std::io;
use std::ops::Range;

use debfmt::compress::{Block, BlockSums, Compression, default_level};
use debfmt::digest::Sha256;
use rayon::prelude::*;

use crate::ports::index_cache::{CacheKey, IndexCache};

const MAGIC: &[u8] = b"debpress segment 1\n";

/// A segment, ready to be written.
#[derive(Debug)]
pub(super) struct Segment {
    /// SHA-256 of its text.
    pub(super) key: Sha256,
    bytes: Vec<u8>,
    text: Range<usize>,
    forms: Vec<Form>,
}

#[derive(Debug)]
struct Form {
    compression: Compression,
    sums: BlockSums,
    bytes: Range<usize>,
}

impl Segment {
    /// Makes a segment in these forms, or finds it in the cache, if there is one.
    pub(super) fn make(
        text: &[u8],
        forms: &[Compression],
        cache: Option<&dyn IndexCache>,
    ) -> io::Result<Self> {
        let key = Sha256::of(text);
        if let Some(found) = cache.and_then(|cache| Self::find(cache, key, forms)) {
            return Ok(found);
        }
        let block = |form: &Compression| Block::new(*form, default_level(*form), text).map(|it| (*form, it));
        let compressed = forms.iter().filter(|form| **form != Compression::None).map(block);
        let bytes = encode(text, &compressed.collect::<io::Result<Vec<_>>>()?);
        let key_of = CacheKey::Segment(key);
        if let Some(cache) = cache {
            cache.write(key_of, &bytes);
        }
        Self::decode(key, bytes).ok_or_else(|| io::Error::other("a segment of an index is too large"))
    }

    /// Finds a segment in the cache, whole and in all of these forms.
    pub(super) fn find(cache: &dyn IndexCache, key: Sha256, forms: &[Compression]) -> Option<Self> {
        let segment = Self::decode(key, cache.read(CacheKey::Segment(key))?)?;
        let has = |form: &Compression| *form == Compression::None || segment.form(*form).is_some();
        forms.iter().all(has).then_some(segment)
    }

    /// Finds what segments in a row are compressed to as one.
    pub(super) fn find_pack(
        cache: &dyn IndexCache,
        segments: &[Self],
        forms: &[Compression],
    ) -> Option<Self> {
        let key = pack_key(segments.iter().map(|segment| &segment.key));
        let pack = Self::decode(key, cache.read(CacheKey::Pack(key))?)?;
        let has = |form: &Compression| *form == Compression::None || pack.form(*form).is_some();
        forms.iter().all(has).then_some(pack)
    }

    /// Compresses segments in a row as one, for later publications too.
    pub(super) fn pack(
        cache: &dyn IndexCache,
        segments: &[Self],
        forms: &[Compression],
    ) -> io::Result<Option<Self>> {
        let text: Vec<u8> = segments.iter().flat_map(|segment| segment.text()).copied().collect();
        let compressed = forms.par_iter().filter(|form| **form != Compression::None);
        let block = |form: &Compression| Block::new(*form, default_level(*form), &text).map(|it| (*form, it));
        let bytes = encode(&[], &compressed.map(block).collect::<io::Result<Vec<_>>>()?);
        let key = pack_key(segments.iter().map(|segment| &segment.key));
        cache.write(CacheKey::Pack(key), &bytes);
        Ok(Self::decode(key, bytes))
    }

    /// Its text; nothing for a pack.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(self.text.clone()).unwrap_or_default()
    }

    /// One of its compressed forms.
    pub(super) fn form(&self, compression: Compression) -> Option<(BlockSums, &[u8])> {
        let form = self.forms.iter().find(|form| form.compression == compression)?;
        Some((form.sums, self.bytes.get(form.bytes.clone())?))
    }

    fn decode(key: Sha256, bytes: Vec<u8>) -> Option<Self> {
        let (body, crc32) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc32) {
            return None;
        }
        let mut reader = Reader { bytes: body, place: MAGIC.len() };
        let count = if body.starts_with(MAGIC) { reader.byte()? } else { return None };
        let heads = (0..count).map(|_| reader.head()).collect::<Option<Vec<_>>>()?;
        let size = reader.number()?;
        let text = reader.range(size)?;
        let mut forms = Vec::new();
        for (compression, level, sums, size) in heads {
            let bytes = reader.range(size)?;
            // Another version of this program may have other levels.
            if u32::from(level) == default_level(compression) {
                forms.push(Form { compression, sums, bytes });
            }
        }
        (reader.place == body.len()).then_some(Self { key, text, forms, bytes })
    }
}

/// The key of the pack of segments with these keys.
pub(super) fn pack_key<'a>(segments: impl Iterator<Item = &'a Sha256>) -> Sha256 {
    let keys: Vec<u8> = segments.flat_map(|key| *key.as_bytes()).collect();
    Sha256::of(&keys)
}

fn encode(text: &[u8], blocks: &[(Compression, Block)]) -> Vec<u8> {
    let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes();
    let mut bytes = MAGIC.to_vec();
    bytes.push(u8::try_from(blocks.len()).unwrap_or(u8::MAX));
    for (compression, block) in blocks {
        let level = u8::try_from(default_level(*compression)).unwrap_or(u8::MAX);
        bytes.extend([tag(*compression), level]);
        bytes.extend(block.sums.text.to_le_bytes());
        bytes.extend(block.sums.crc32.to_le_bytes());
        bytes.extend(block.sums.unpadded.to_le_bytes());
        bytes.extend(size(&block.bytes));
    }
    bytes.extend(size(text));
    bytes.extend_from_slice(text);
    for (_, block) in blocks {
        bytes.extend_from_slice(&block.bytes);
    }
    let crc32 = crc32fast::hash(&bytes);
    bytes.extend(crc32.to_le_bytes());
    bytes
}

fn tag(compression: Compression) -> u8 {
    let place = Compression::ALL.iter().position(|it| *it == compression);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

struct Reader<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let range = self.range(u64::try_from(N).ok()?)?;
        self.bytes.get(range)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn head(&mut self) -> Option<(Compression, u8, BlockSums, u64)> {
        let compression = *Compression::ALL.get(usize::from(self.byte()?))?;
        let level = self.byte()?;
        let text = self.number()?;
        let crc32 = u32::from_le_bytes(self.array()?);
        let unpadded = self.number()?;
        Some((compression, level, BlockSums { text, crc32, unpadded }, self.number()?))
    }

    fn range(&mut self, size: u64) -> Option<Range<usize>> {
        let end = self.place.checked_add(usize::try_from(size).ok()?)?;
        let range = self.place..end;
        self.bytes.get(range.clone())?;
        self.place = end;
        Some(range)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::adapters::memory::index_cache::MemoryIndexCache;

    const FORMS: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Xz];

    #[test]
    fn what_is_found_is_what_was_made() {
        let cache = MemoryIndexCache::default();
        let text = b"Package: hello\n".repeat(50);
        let made = Segment::make(&text, &FORMS, Some(&cache)).unwrap();
        let found = Segment::find(&cache, made.key, &FORMS).unwrap();
        assert_eq!((found.text(), &found.bytes), (&text[..], &made.bytes));
        assert_eq!(found.form(Compression::Xz), made.form(Compression::Xz));
        assert!(Segment::find(&cache, made.key, &[Compression::Zstd]).is_none(), "a form that it lacks");
        assert!(Segment::find(&cache, Sha256::of(b"other"), &FORMS).is_none());
        // It is made again with the form, and then it is there.
        Segment::make(&text, &[Compression::Zstd], Some(&cache)).unwrap();
        assert!(Segment::find(&cache, made.key, &[Compression::Zstd]).is_some());
    }

    proptest! {
        /// A byte that changed, or an end that is missing, makes it no segment.
        #[test]
        fn damage_is_noticed(place in 0..700_usize, flip in 1..=255_u8, cut: bool) {
            let cache = MemoryIndexCache::default();
            let made = Segment::make(&b"Package: hello\n".repeat(30), &FORMS, Some(&cache)).unwrap();
            let mut bytes = made.bytes.clone();
            let place = place % bytes.len();
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] ^= flip;
            }
            cache.write(CacheKey::Segment(made.key), &bytes);
            prop_assert!(Segment::find(&cache, made.key, &FORMS).is_none());
        }
    }
}
