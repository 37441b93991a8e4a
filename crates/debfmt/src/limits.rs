//! The bounds put on everything that strangers send.
//!
//! A format says how bytes are arranged, not how many there may be. [`Limits`] says how many: a reader that
//! reaches a bound stops with a named error and never cuts its input short, because text that was silently
//! cut is text that somebody else reads differently.

use std::io::{self, Read};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// How much a reader of foreign bytes accepts. Sizes are bytes, the others are counts.
///
/// [`Limits::default`] takes every package that Debian and Ubuntu ship with room to spare.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one control, `.changes`, `.dsc` or `.buildinfo` text.
    pub text_bytes: u64,
    /// Bytes of one line of such a text, without its line end.
    pub line_bytes: usize,
    /// Fields of one paragraph.
    pub fields: usize,
    /// Paragraphs of one text.
    pub paragraphs: usize,
    /// Members of one `ar` archive; a `.deb` has three, and a few more whose name begins with `_`.
    pub ar_members: usize,
    /// Entries of one tar archive. Icon themes, the packages with most files, have about 100,000; every one that is
    /// read is kept in memory.
    pub tar_entries: usize,
    /// Bytes of one path, or link target, in a tar archive.
    pub tar_path_bytes: usize,
    /// Bytes of `control.tar` once decompressed.
    pub control_unpacked_bytes: u64,
    /// Bytes of `data.tar` once decompressed.
    pub data_unpacked_bytes: u64,
    /// Bytes of memory that one decompressor may take.
    ///
    /// The default is 256 MiB: `xz -9` needs 65 MiB to unpack and `zstd --long` a window of 128 MiB, and a
    /// file that asks for gigabytes (both formats can) wants to hurt the machine, not to be read.
    pub decoder_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes: 16 * MIB,
            line_bytes: 1024 * 1024,
            fields: 512,
            paragraphs: 65_536,
            ar_members: 16,
            tar_entries: 500_000,
            tar_path_bytes: 4096,
            control_unpacked_bytes: 64 * MIB,
            data_unpacked_bytes: 64 * GIB,
            decoder_memory: 256 * MIB,
        }
    }
}

impl Limits {
    /// Small bounds, so that a test reaches them with a few kilobytes.
    pub fn strict() -> Self {
        Self {
            text_bytes: 4 * KIB,
            line_bytes: 256,
            fields: 16,
            paragraphs: 8,
            ar_members: 6,
            tar_entries: 32,
            tar_path_bytes: 128,
            control_unpacked_bytes: 64 * KIB,
            data_unpacked_bytes: 256 * KIB,
            decoder_memory: 16 * MIB,
        }
    }

    /// The default bounds, but with room for a whole `Packages`, `Sources` or `Release` file.
    ///
    /// Debian's main `Packages` has 50 MB and 63,000 paragraphs, and archives grow.
    pub fn index() -> Self {
        Self { text_bytes: 2 * GIB, paragraphs: 4_000_000, ..Self::default() }
    }
}

/// More bytes came than the bound allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is larger than the limit of {limit} bytes")]
pub struct LimitExceeded {
    /// What was being read, in words: "control.tar".
    pub what: &'static str,
    /// The bound, in bytes.
    pub limit: u64,
}

impl LimitExceeded {
    /// The bound behind an I/O error, if that is what it reports.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl From<LimitExceeded> for io::Error {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::new(io::ErrorKind::InvalidData, exceeded)
    }
}

/// Passes bytes through until a bound is reached, then fails with [`LimitExceeded`].
///
/// Unlike [`Read::take`] it does not end early: input of exactly `limit` bytes is read whole, one byte more is
/// an error of kind [`io::ErrorKind::InvalidData`].
#[derive(Debug)]
pub struct LimitedReader<R> {
    inner: R,
    what: &'static str,
    limit: u64,
    remaining: u64,
}

impl<R> LimitedReader<R> {
    /// Allows `limit` bytes of `inner`; `what` names it in the error.
    pub fn new(inner: R, what: &'static str, limit: u64) -> Self {
        Self { inner, what, limit, remaining: limit }
    }

    /// Bytes that may still come.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Gives the reader back, at the place reached.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> LimitedReader<R> {
    /// At the bound: the end of the input is fine, another byte is not.
    fn expect_end(&mut self) -> io::Result<usize> {
        let mut probe = [0];
        match self.inner.read(&mut probe)? {
            0 => Ok(0),
            _ => Err(LimitExceeded { what: self.what, limit: self.limit }.into()),
        }
    }
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.remaining == 0 {
            return self.expect_end();
        }
        let allowed = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffer.len());
        let (window, _) = buffer.split_at_mut(allowed);
        let count = self.inner.read(window)?;
        self.remaining = self.remaining.saturating_sub(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        LimitedReader::new(bytes, "the test", limit).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn input_up_to_the_limit_passes_whole() {
        assert_eq!(read_all(b"", 0).unwrap(), b"");
        assert_eq!(read_all(b"abc", 3).unwrap(), b"abc");
        assert_eq!(read_all(b"abc", u64::MAX).unwrap(), b"abc");
    }

    #[test]
    fn one_byte_more_is_an_error_that_names_the_limit() {
        let error = read_all(b"abcd", 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(LimitExceeded::of(&error), Some(&LimitExceeded { what: "the test", limit: 3 }));
        assert_eq!(error.to_string(), "the test is larger than the limit of 3 bytes");
    }

    #[test]
    fn the_reader_can_be_taken_back_in_the_middle() {
        let mut reader = LimitedReader::new(&b"abcdef"[..], "x", 4);
        let mut two = [0; 2];
        reader.read_exact(&mut two).unwrap();
        assert_eq!(reader.remaining(), 2);
        assert_eq!(reader.read(&mut []).unwrap(), 0);
        assert_eq!(reader.into_inner(), b"cdef");
    }

    #[test]
    fn other_errors_are_not_taken_for_limits() {
        assert_eq!(LimitExceeded::of(&io::Error::other("x")), None);
        assert_eq!(LimitExceeded::of(&io::ErrorKind::InvalidData.into()), None);
    }

    #[test]
    fn strict_is_stricter_and_index_is_wider() {
        let (strict, normal, index) = (Limits::strict(), Limits::default(), Limits::index());
        assert!(strict.text_bytes < normal.text_bytes && normal.text_bytes < index.text_bytes);
        assert!(strict.paragraphs < normal.paragraphs && normal.paragraphs < index.paragraphs);
        assert!(strict.decoder_memory < normal.decoder_memory);
    }
}
