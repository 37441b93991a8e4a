//! Why a package is refused.

use std::io::{self, Read};

use thiserror::Error;

use crate::ar::{ArError, ArReader};
use crate::deb822::Deb822Error;
use crate::tar::TarError;

#[cfg(doc)]
use crate::limits::Limits;

/// What is wrong with a package. `member` is the name of the `ar` member: `control.tar.xz`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DebError {
    /// The outer archive is bad, truncated, or cannot be read.
    #[error(transparent)]
    Ar(#[from] ArError),
    /// `debian-binary` does not say that this is format 2.
    #[error("unknown package format version {found:?}")]
    BadFormatVersion {
        /// Its first line, or its size when it is too large.
        found: String,
    },
    /// A member that should not be there: the order is wrong, or the format has changed.
    #[error("unexpected member {name:?} where {expected} belongs")]
    UnexpectedMember {
        /// What is there.
        name: String,
        /// What should be.
        expected: &'static str,
    },
    /// The archive ends before this member.
    #[error("the member {expected} is missing")]
    MissingMember {
        /// What should be there.
        expected: &'static str,
    },
    /// One of the three members is there twice.
    #[error("the member {name:?} is a second one of its kind")]
    DuplicateMember {
        /// The name of the second one.
        name: String,
    },
    /// A member is compressed in a way that it may not be.
    #[error("{member:?} is compressed in a way that packages may not use")]
    UnsupportedCompression {
        /// The member.
        member: String,
    },
    /// Something that is no member follows the data.
    #[error("unexpected data after the end of the package at offset {offset}")]
    TrailingGarbage {
        /// Where the package ends.
        offset: u64,
    },
    /// The tar archive in a member is bad; so is its compression, or how much comes out of it.
    #[error("{member}: {source}")]
    Tar {
        /// The member.
        member: String,
        /// What is wrong with it.
        source: TarError,
    },
    /// A path that is absolute or climbs out of the root.
    #[error("{member}: unsafe path {path:?}")]
    UnsafePath {
        /// The member.
        member: String,
        /// The path, with what is no text escaped.
        path: String,
    },
    /// All paths of the data together are longer than the limit.
    #[error("{member}: the paths are longer than {limit} bytes in total")]
    PathsTooLong {
        /// The member.
        member: String,
        /// 128 bytes for each of [`Limits::tar_entries`].
        limit: u64,
    },
    /// The control archive holds something other than plain files at its top.
    #[error("{member}: {path:?} is not a plain file")]
    NotAPlainFile {
        /// The member.
        member: String,
        /// The path, with what is no text escaped.
        path: String,
    },
    /// The control archive holds more files than any package has use for.
    #[error("{member}: more than {limit} files")]
    TooManyControlFiles {
        /// The member.
        member: String,
        /// The limit.
        limit: usize,
    },
    /// The control archive holds two files of the same name.
    #[error("{member}: a second file {name:?}")]
    DuplicateControlFile {
        /// The member.
        member: String,
        /// The file, `control` for the control file.
        name: String,
    },
    /// The control archive has no file `control`.
    #[error("{member}: there is no control file")]
    NoControlFile {
        /// The member.
        member: String,
    },
    /// The control file is larger than the limit.
    #[error("the control file is larger than {limit} bytes")]
    ControlTooLarge {
        /// [`Limits::text_bytes`].
        limit: u64,
    },
    /// The control file is not one good paragraph of UTF-8 text.
    #[error("the control file: {0}")]
    Control(#[from] Deb822Error),
}

impl DebError {
    /// A failed read of the member `member`.
    pub(super) fn of_read(member: &str, error: &io::Error) -> Self {
        Self::Tar { member: member.to_owned(), source: TarError::of_io(error) }
    }

    /// The error behind this one. A decoder or a tar reader only sees that its input ended or failed; the
    /// `ar` reader below, which can be asked once they are gone, knows why.
    pub(super) fn or_of_archive<R: Read>(self, ar: &ArReader<R>) -> Self {
        match (&self, ar.failure()) {
            (Self::Tar { .. }, Some(failure)) => Self::Ar(failure.clone()),
            _ => self,
        }
    }

    /// Whether the reader failed, which says nothing about the package and may go away.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.code() == "io"
    }

    /// A stable code for machines, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ar(error) => error.code(),
            Self::Tar { source, .. } => source.code(),
            Self::Control(error) => error.code(),
            Self::BadFormatVersion { .. } => "bad-format-version",
            Self::UnexpectedMember { .. } => "unexpected-member",
            Self::MissingMember { .. } => "missing-member",
            Self::DuplicateMember { .. } => "duplicate-member",
            Self::UnsupportedCompression { .. } => "unsupported-compression",
            Self::TrailingGarbage { .. } => "trailing-data",
            Self::UnsafePath { .. } => "unsafe-path",
            Self::PathsTooLong { .. } | Self::TooManyControlFiles { .. } | Self::ControlTooLarge { .. } => {
                "too-large"
            }
            Self::NotAPlainFile { .. } => "unsupported-entry",
            Self::DuplicateControlFile { .. } => "duplicate-file",
            Self::NoControlFile { .. } => "no-control-file",
        }
    }
}
