//! What can be wrong with a tar archive.

use std::io;

use thiserror::Error;

use crate::compress::DecodeError;
use crate::limits::LimitExceeded;

#[cfg(doc)]
use crate::limits::Limits;

/// What is wrong with an archive. Offsets count bytes from the start of the *uncompressed* archive and name
/// the header of the entry, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TarError {
    /// The archive ends inside a header or an entry.
    #[error("the tar archive is truncated: it ends at offset {offset}")]
    Truncated {
        /// Where it ends.
        offset: u64,
    },
    /// The checksum of a header is wrong; or this is no header at all.
    #[error("bad tar header checksum at offset {offset}")]
    BadChecksum {
        /// Where the header is.
        offset: u64,
    },
    /// A numeric field is not a number, or not one that makes sense there.
    #[error("bad {field} in the tar header at offset {offset}")]
    BadNumber {
        /// Where the header is.
        offset: u64,
        /// `size`, `mode`, `time` or `checksum`.
        field: &'static str,
    },
    /// A kind of header that packages may not contain: sparse files, multi-volume marks, vendors' own, ...
    #[error("unsupported tar header type {:?} at offset {offset}", char::from(*typeflag))]
    UnsupportedType {
        /// Where the header is.
        offset: u64,
        /// The type byte of the header.
        typeflag: u8,
    },
    /// A directory, link or device that claims to have content: readers disagree about whether it is there.
    #[error("the tar entry at offset {offset} cannot have content but claims a size")]
    UnexpectedSize {
        /// Where the header is.
        offset: u64,
    },
    /// An entry, or a link's target, without a name.
    #[error("empty name in the tar header at offset {offset}")]
    EmptyPath {
        /// Where the header is.
        offset: u64,
    },
    /// A path or link target is longer than the limit.
    #[error("the path of the tar entry at offset {offset} is longer than {limit} bytes")]
    PathTooLong {
        /// Where the header is.
        offset: u64,
        /// [`Limits::tar_path_bytes`].
        limit: usize,
    },
    /// An extension header (long name or pax) is larger than what it may hold.
    #[error("the tar extension header at offset {offset} is larger than {limit} bytes")]
    ExtensionTooLarge {
        /// Where the header is.
        offset: u64,
        /// What is allowed, in bytes.
        limit: u64,
    },
    /// The same thing is given twice for one entry.
    #[error("repeated tar extension header at offset {offset}")]
    RepeatedExtension {
        /// Where the second one is.
        offset: u64,
    },
    /// An extension header is followed by the end of the archive instead of an entry.
    #[error("tar extension header without an entry before offset {offset}")]
    DanglingExtension {
        /// Where the entry should be.
        offset: u64,
    },
    /// A pax record is malformed, or asks for something that is not supported.
    #[error("bad pax header at offset {offset}: {what}")]
    BadPax {
        /// Where the header is.
        offset: u64,
        /// What is wrong, in words.
        what: &'static str,
    },
    /// There are more entries than the limit.
    #[error("more than {limit} tar entries")]
    TooManyEntries {
        /// [`Limits::tar_entries`].
        limit: usize,
    },
    /// Something other than zeros follows the end of the archive.
    #[error("unexpected data after the end of the tar archive, at or after offset {offset}")]
    TrailingData {
        /// The archive ends before this offset.
        offset: u64,
    },
    /// The compressed stream below is bad.
    #[error(transparent)]
    Decode(DecodeError),
    /// More came out of the compressed stream than the limit.
    #[error(transparent)]
    TooLarge(LimitExceeded),
    /// The reader below failed. This says nothing about the archive.
    #[error("cannot read the tar archive: {message}")]
    Io {
        /// The kind of the reader's error.
        kind: io::ErrorKind,
        /// What the reader says.
        message: String,
    },
}

impl TarError {
    /// Gives the errors of the layers below their names back.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        if let Some(exceeded) = LimitExceeded::of(error) {
            Self::TooLarge(exceeded.clone())
        } else if let Some(decode) = DecodeError::of(error) {
            Self::Decode(decode.clone())
        } else {
            Self::Io { kind: error.kind(), message: error.to_string() }
        }
    }

    /// A stable code for machines, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } | Self::Decode(DecodeError::Truncated { .. }) => "truncated",
            Self::BadChecksum { .. }
            | Self::BadNumber { .. }
            | Self::UnexpectedSize { .. }
            | Self::EmptyPath { .. }
            | Self::RepeatedExtension { .. }
            | Self::DanglingExtension { .. }
            | Self::BadPax { .. } => "malformed",
            Self::UnsupportedType { .. } => "unsupported-entry",
            Self::PathTooLong { .. } | Self::ExtensionTooLarge { .. } => "path-too-long",
            Self::TooManyEntries { .. } => "too-many-entries",
            Self::TrailingData { .. } | Self::Decode(DecodeError::TrailingData { .. }) => "trailing-data",
            Self::Decode(DecodeError::Corrupt { .. }) => "corrupt",
            Self::Decode(DecodeError::Memory { .. }) | Self::TooLarge(_) => "too-large",
            Self::Io { .. } => "io",
        }
    }
}
