//! The compressions of Debian files: bounded decoders and reproducible encoders.
//!
//! [`decoder`] turns a compressed byte stream into its content. Whatever the stream says about itself is
//! distrusted: a window or dictionary larger than [`Limits::decoder_memory`] is refused before it is
//! allocated, an end of input inside the stream is an error, and so is anything that follows it. How much
//! comes *out* is not bounded here, because only the caller knows what is sane: wrap the decoder in a
//! [`LimitedReader`](crate::limits::LimitedReader).
//!
//! [`Encoder`] writes the same bytes for the same input: no time, no file name, one thread. [`BlockWriter`] joins files
//! from parts that were compressed before.
//!
//! Sources: deb(5) and dsc(5) for which compressions exist and what their file names end with; RFC 1952
//! (gzip), the .xz file format specification 1.2, RFC 8878 (Zstandard).

mod blocks;
mod decode;
mod encode;

use std::fmt;

pub use blocks::{Block, BlockSums, BlockWriter};
pub use decode::{DecodeError, decoder, decoder_buffered, decoder_of_one_stream};
pub use encode::{Encoder, default_level};

#[cfg(doc)]
use crate::limits::Limits;

/// How a file is compressed, as its name says (the content is not guessed at).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not compressed.
    None,
    /// `.gz`, RFC 1952.
    Gzip,
    /// `.bz2`, allowed for data members and source archives only.
    Bzip2,
    /// `.xz`, the usual one.
    Xz,
    /// `.lzma`, the format before xz: no integrity check. Read, never written.
    Lzma,
    /// `.zst`, RFC 8878; Ubuntu's choice for binary packages.
    Zstd,
}

impl Compression {
    /// Every compression, in the order of the enum.
    pub const ALL: [Self; 6] = [Self::None, Self::Gzip, Self::Bzip2, Self::Xz, Self::Lzma, Self::Zstd];

    /// What a file name ends with, without the dot; empty for [`Compression::None`].
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.suffix().strip_prefix('.').unwrap_or("")
    }

    /// What a file name ends with, with its dot; empty for [`Compression::None`].
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Xz => ".xz",
            Self::Lzma => ".lzma",
            Self::Zstd => ".zst",
        }
    }

    /// The compression with this [`extension`](Self::extension); `None` when there is no such one.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.extension() == extension)
    }

    /// Splits a file name into what precedes the compression suffix, and the compression.
    ///
    /// A name with an unknown suffix, or with nothing before it, is whole and not compressed:
    /// `Packages.xz` is (`Packages`, xz), `control.tar` is (`control.tar`, none), `.gz` is (`.gz`, none).
    #[must_use]
    pub fn of_name(name: &str) -> (&str, Self) {
        let known = name.rsplit_once('.').and_then(|(stem, extension)| {
            // An empty extension would be `Compression::None`, and "name." is not "name".
            let found = Self::from_extension(extension).filter(|c| *c != Self::None)?;
            (!stem.is_empty()).then_some((stem, found))
        });
        known.unwrap_or((name, Self::None))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
        })
    }
}

#[cfg(test)]
mod tests;
