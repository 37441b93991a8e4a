//! Files of blocks that are compressed each on its own, so that a file that changed in one place is joined again from
//! blocks that were compressed before.
//!
//! What comes out is one ordinary file, which every reader takes, not only those that read on after the end of a stream:
//!
//! - gzip: one member. Each block is deflated data up to a byte boundary (RFC 1951, 3.2.4, as zlib flushes); the end
//!   adds a last block, which is empty, and the CRC-32 of the whole text, combined from those of the blocks.
//! - xz: one stream (.xz file format specification, 3). Each block is one of its blocks; the end adds their index.
//!   Several streams in one file are allowed too, and apt reads the first one only.
//! - zstd: frames one after the other (RFC 8878, 3.1), for its format can do no better; apt reads them.
//!
//! Not bzip2: its blocks end at any bit, and of several streams in one file apt reads the first one only.

use std::io::{self, Write};

use liblzma::stream::{Check, Filters, LzmaOptions, Stream};

use super::{Compression, Encoder};

/// A part of a text, compressed on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What is written of it.
    pub bytes: Vec<u8>,
    /// What the file says of it at its end.
    pub sums: BlockSums,
}

/// What the end of a file says of one of its blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSums {
    /// Its text in bytes.
    pub text: u64,
    /// CRC-32 of its text.
    pub crc32: u32,
    /// xz: its size in bytes without padding, as the index of the stream says it; otherwise 0.
    pub unpadded: u64,
}

impl Block {
    /// Whether files of this compression can be made of blocks.
    #[must_use]
    pub fn is_possible(c: Compression) -> bool {
        match c {
            Compression::None | Compression::Gzip | Compression::Xz | Compression::Zstd => true,
            Compression::Bzip2 | Compression::Lzma => false,
        }
    }

    /// Compresses a part of a text, at a `level` as [`Encoder::new`] takes it. The same text gives the same bytes.
    ///
    /// # Errors
    /// `Unsupported` where it is not [possible](Self::is_possible), or out of memory.
    pub fn new(c: Compression, level: u32, text: &[u8]) -> io::Result<Self> {
        let crc32 = crc32fast::hash(text);
        let (bytes, unpadded) = match c {
            // An empty gzip block is no block; the other formats can say that there is nothing.
            Compression::None => (text.to_vec(), 0),
            Compression::Bzip2 | Compression::Lzma => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    format!("{c} files cannot be made of blocks"),
                ));
            }
            _ if text.is_empty() => (Vec::new(), 0),
            Compression::Gzip => (deflate(level, text)?, 0),
            Compression::Xz => xz_block(level, text)?,
            Compression::Zstd => (whole(c, level, text)?, 0),
        };
        Ok(Self { bytes, sums: BlockSums { text: length(text), crc32, unpadded } })
    }
}

/// Joins blocks of one compression to a file.
#[derive(Debug)]
#[must_use = "a file that is not finished has no end"]
pub struct BlockWriter<W: Write> {
    writer: W,
    compression: Compression,
    crc32: crc32fast::Hasher,
    text: u64,
    /// xz: sizes of the blocks, unpadded and of the text.
    records: Vec<(u64, u64)>,
}

impl<W: Write> BlockWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(compression: Compression, mut writer: W) -> io::Result<Self> {
        match compression {
            // No flags, no time, no name, no word on the level; "Unix" on every machine.
            Compression::Gzip => writer.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])?,
            Compression::Xz => writer.write_all(&xz_header())?,
            Compression::None | Compression::Bzip2 | Compression::Lzma | Compression::Zstd => {}
        }
        let crc32 = crc32fast::Hasher::new();
        Ok(Self { writer, compression, crc32, text: 0, records: Vec::new() })
    }

    /// Adds the bytes of a block of this compression.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn add(&mut self, sums: BlockSums, bytes: &[u8]) -> io::Result<()> {
        self.crc32.combine(&crc32fast::Hasher::new_with_initial_len(sums.crc32, sums.text));
        self.text = self.text.wrapping_add(sums.text);
        if sums.unpadded > 0 {
            self.records.push((sums.unpadded, sums.text));
        }
        self.writer.write_all(bytes)
    }

    /// Ends the file and returns the writer (not flushed).
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        match self.compression {
            Compression::Gzip => {
                // A last block with fixed codes that holds nothing but its end.
                self.writer.write_all(&[3, 0])?;
                self.writer.write_all(&self.crc32.finalize().to_le_bytes())?;
                // Modulo 2^32 (RFC 1952, 2.3.1).
                let [a, b, c, d, ..] = self.text.to_le_bytes();
                self.writer.write_all(&[a, b, c, d])?;
            }
            Compression::Xz => self.writer.write_all(&xz_end(&self.records))?,
            // A file of nothing is no zstd file.
            Compression::Zstd if self.text == 0 => {
                let nothing = whole(self.compression, super::default_level(self.compression), &[])?;
                self.writer.write_all(&nothing)?;
            }
            Compression::None | Compression::Bzip2 | Compression::Lzma | Compression::Zstd => {}
        }
        Ok(self.writer)
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn whole(c: Compression, level: u32, text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::new(c, level, Vec::new())?;
    encoder.write_all(text)?;
    encoder.finish()
}

/// Deflated data that ends at a byte boundary, and is not the last.
fn deflate(level: u32, text: &[u8]) -> io::Result<Vec<u8>> {
    let level = flate2::Compression::new(level.min(9));
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
    encoder.write_all(text)?;
    encoder.flush()?;
    // Dropped, the encoder writes an end into what is left to it.
    Ok(std::mem::take(encoder.get_mut()))
}

/// Bytes before the first block of a stream, and after its index.
const XZ_EDGE: usize = 12;
/// Stream flags: CRC-64 (specification, 2.1.1.2).
const XZ_FLAGS: [u8; 2] = [0, 4];

/// The one block of a stream that holds just this, and its unpadded size.
fn xz_block(level: u32, text: &[u8]) -> io::Result<(Vec<u8>, u64)> {
    let mut stream = whole_xz(level, text)?;
    let malformed = || io::Error::other("the xz encoder wrote a stream of a form that is not known");
    let edge = stream.len().checked_sub(XZ_EDGE).ok_or_else(malformed)?;
    // Backward size: of the index, in four bytes, less one (2.1.2.2).
    let backward = stream.get(edge + 4..edge + 8).and_then(|bytes| bytes.try_into().ok());
    let index = u32::from_le_bytes(backward.ok_or_else(malformed)?);
    let index = usize::try_from((u64::from(index) + 1) * 4).map_err(|_| malformed())?;
    let end = edge.checked_sub(index).filter(|end| *end > XZ_EDGE).ok_or_else(malformed)?;
    // The index: a null byte, one record, its unpadded size (4.1 to 4.3).
    let record = match stream.get(end..edge) {
        Some([0, 1, record @ ..]) => record,
        _ => return Err(malformed()),
    };
    let unpadded = vli(record).ok_or_else(malformed)?;
    stream.truncate(end);
    stream.drain(..XZ_EDGE);
    Ok((stream, unpadded))
}

/// A dictionary larger than the text would only take memory, of those who read it too.
fn whole_xz(level: u32, text: &[u8]) -> io::Result<Vec<u8>> {
    const SMALLEST: u32 = 4096;
    // The dictionary of level 6, the largest that we ask readers for.
    const LARGEST: u32 = 8 << 20;
    let needed = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut options = LzmaOptions::new_preset(level.min(6))?;
    options.dict_size(needed.clamp(SMALLEST, LARGEST));
    let stream = Stream::new_stream_encoder(Filters::new().lzma2(&options), Check::Crc64)?;
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(text)?;
    encoder.finish()
}

/// A variable-length integer at the start of these bytes (1.2).
fn vli(bytes: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_vli(to: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return to.push(low & 0x7f);
        }
        to.push(low | 0x80);
    }
}

fn xz_header() -> Vec<u8> {
    let mut header = vec![0xfd, b'7', b'z', b'X', b'Z', 0];
    header.extend(XZ_FLAGS);
    header.extend(crc32fast::hash(&XZ_FLAGS).to_le_bytes());
    header
}

/// Index and footer of a stream (4, 2.1.2).
fn xz_end(records: &[(u64, u64)]) -> Vec<u8> {
    let mut end = vec![0];
    put_vli(&mut end, u64::try_from(records.len()).unwrap_or(u64::MAX));
    for (unpadded, text) in records {
        put_vli(&mut end, *unpadded);
        put_vli(&mut end, *text);
    }
    end.resize(end.len().next_multiple_of(4), 0);
    let crc32 = crc32fast::hash(&end);
    end.extend(crc32.to_le_bytes());
    let backward = u32::try_from(end.len() / 4).unwrap_or(u32::MAX).saturating_sub(1);
    let mut tail = backward.to_le_bytes().to_vec();
    tail.extend(XZ_FLAGS);
    end.extend(crc32fast::hash(&tail).to_le_bytes());
    end.extend(tail);
    end.extend(b"YZ");
    end
}
