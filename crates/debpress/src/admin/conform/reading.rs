//! Files of an archive, read once from one end to the other and never further than they may be.

use std::io::{self, BufRead, BufReader, Read};

use debfmt::compress::{Compression, DecodeError, decoder, decoder_of_one_stream};
use debfmt::digest::{Algorithms, Checksums, HashingReader};
use debfmt::limits::Limits;

use crate::ports::outside::{Outside, OutsideError};

/// How much is read of a file that a Release lists, and decompressed of it, in bytes. Debian's largest, Contents, has 0.8 GB.
pub(super) const CONTENT_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// How much memory one decompressor may take, in bytes: `xz -9` needs 65 MiB, and eight files are read at once.
const DECODER_BYTES: u64 = 80 * 1024 * 1024;

pub(super) fn limits() -> Limits {
    Limits { decoder_memory: DECODER_BYTES, ..Limits::default() }
}

/// Why what is in a file cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ContentFault {
    /// It is made of several xz streams.
    Streams,
    /// Something follows its end.
    Trailing(String),
    /// It is not what its name says, or damaged.
    Corrupt(String),
}

/// What was read of a file.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// The file itself. One that is larger than it may be has one byte more than that here.
    pub(super) file: Checksums,
    /// What is in it.
    pub(super) content: Result<Checksums, ContentFault>,
}

/// How far a file may be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of the file itself, in bytes.
    pub(super) file: u64,
    /// Of what is in it, in bytes.
    pub(super) content: u64,
}

/// Reads a file that is compressed as said, and lets `take` have what is in it as it comes. `take` need not read to the
/// end. `None`: it is not there.
///
/// # Errors
/// [`OutsideError`]: it cannot be had to its end.
pub(super) fn read(
    outside: &dyn Outside,
    (path, compression): (&str, Compression),
    bounds: Bounds,
    take: &mut dyn FnMut(&mut dyn BufRead),
) -> Result<Option<Sums>, OutsideError> {
    let Some(opened) = outside.open(path)? else { return Ok(None) };
    let failed = |error: io::Error| OutsideError::of(&error);
    let limited = opened.reader.take(bounds.file.saturating_add(1));
    let mut file = HashingReader::new(limited, Algorithms::ALL);
    let content = content(&mut file, compression, bounds.content, take);
    let file = file.finish().map_err(failed)?;
    let content = match content {
        Ok(sums) => Ok(sums),
        Err(error) => Err(fault(&error).ok_or_else(|| OutsideError::of(&error))?),
    };
    let content = match content {
        Err(ContentFault::Trailing(_)) if has_more(outside, (path, compression), bounds)? => {
            Err(ContentFault::Streams)
        }
        other => other,
    };
    Ok(Some(Sums { file, content }))
}

fn content(
    file: &mut (impl Read + Send),
    compression: Compression,
    bound: u64,
    take: &mut dyn FnMut(&mut dyn BufRead),
) -> io::Result<Checksums> {
    let decoded = decoder_of_one_stream(compression, file, &limits())?;
    let hashing = HashingReader::new(decoded.take(bound.saturating_add(1)), Algorithms::ALL);
    let mut buffered = BufReader::with_capacity(64 * 1024, hashing);
    take(&mut buffered);
    // What is in the buffer has been hashed already.
    buffered.into_inner().finish()
}

/// Whether somebody who reads on past the first stream finds more content: then it is several streams, and no padding.
fn has_more(
    outside: &dyn Outside,
    (path, compression): (&str, Compression),
    bounds: Bounds,
) -> Result<bool, OutsideError> {
    let mut sizes = [0, 0];
    for (size, decode) in sizes.iter_mut().zip([decoder, decoder_of_one_stream]) {
        let Some(opened) = outside.open(path)? else { return Ok(false) };
        let limited = opened.reader.take(bounds.file.saturating_add(1));
        let decoded = decode(compression, limited, &limits());
        let mut decoded =
            decoded.map_err(|error| OutsideError::of(&error))?.take(bounds.content.saturating_add(1));
        *size = read_size(&mut decoded);
    }
    let [all, first] = sizes;
    Ok(all > first)
}

/// How many bytes come before the end or an error.
fn read_size(reader: &mut dyn Read) -> u64 {
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        size += count as u64;
    }
    size
}

/// What is wrong with the content; `None`: the reader below has failed.
fn fault(error: &io::Error) -> Option<ContentFault> {
    let error = DecodeError::of(error)?;
    Some(match error {
        DecodeError::TrailingData { .. } => ContentFault::Trailing(error.to_string()),
        DecodeError::Memory { .. } | DecodeError::Truncated { .. } | DecodeError::Corrupt { .. } => {
            ContentFault::Corrupt(error.to_string())
        }
    })
}

/// A whole file of at most `bound` bytes.
#[derive(Debug)]
pub(super) enum Whole {
    /// It is not there.
    Absent,
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more.
    TooLarge,
}

/// Reads a whole file into memory.
///
/// # Errors
/// [`OutsideError`]: it cannot be had to its end.
pub(super) fn whole(outside: &dyn Outside, path: &str, bound: u64) -> Result<Whole, OutsideError> {
    let Some(opened) = outside.open(path)? else { return Ok(Whole::Absent) };
    let mut bytes = Vec::new();
    let read = opened.reader.take(bound.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| OutsideError::of(&error))?;
    match bytes.len() as u64 > bound {
        true => Ok(Whole::TooLarge),
        false => Ok(Whole::Bytes(bytes)),
    }
}
