//! What a source package would unpack to, looked at without unpacking it.
//!
//! Each file of the package is read once, from beginning to end, so this can sit on a reader whose bytes go elsewhere at
//! the same time. Nothing is written anywhere and nothing of the package is run. Of the content only
//! `debian/changelog` and `debian/copyright` are kept.
//!
//! What is refused is what would not stay in its place when dpkg-source unpacks it: absolute paths, `..`, hard links and
//! members that lead through a symbolic link of the archive, devices and pipes. Where a symbolic link itself points to is
//! not looked at: upstream trees have links of every kind, and a link that nothing is written through does no harm.
//!
//! Sources: dsc(5), dpkg-source(1) "SOURCE PACKAGE FORMATS", Policy 4.4 and 4.5.

mod patch;
mod tree;

use std::io::Read;

use crate::changelog::{self, ChangelogError, Entry};
use crate::compress::{Compression, decoder};
use crate::dsc::{Dsc, SourceFormat};
use crate::limits::{LimitedReader, Limits};
use crate::names::FileName;
use crate::tar::TarError;

use patch::Patch;
use tree::Tree;

/// `debian/changelog` and `debian/copyright` may have so many bytes.
pub const TEXT_BYTES: u64 = 10 * 1024 * 1024;

/// What is wrong with a file of a source package, or with all of them together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceTreeError {
    /// The archive cannot be read.
    #[error("it is damaged: {source}")]
    Tar {
        /// Why.
        #[from]
        source: TarError,
    },
    /// What is compressed cannot be read.
    #[error("its compressed data cannot be read: {reason}")]
    Compressed {
        /// Why.
        reason: String,
    },
    /// It unpacks to more than is allowed.
    #[error("it unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// A path would leave the tree.
    #[error("it holds {path:?}, which would be unpacked outside of the package")]
    UnsafePath {
        /// The path.
        path: String,
    },
    /// A member would be written through a link of the archive.
    #[error("it holds {path:?}, which would be written through the link {link:?}")]
    ThroughLink {
        /// The member.
        path: String,
        /// The link.
        link: String,
    },
    /// A member is neither file nor directory nor link.
    #[error("it holds {path:?}, which is a device or a pipe")]
    SpecialFile {
        /// The member.
        path: String,
    },
    /// `debian/changelog` or `debian/copyright` is no regular file.
    #[error("{path} is no regular file")]
    NotAFile {
        /// Its path.
        path: &'static str,
    },
    /// `debian/changelog` or `debian/copyright` is larger than [`TEXT_BYTES`].
    #[error("{path} has more than {TEXT_BYTES} bytes")]
    TextTooLarge {
        /// Its path.
        path: &'static str,
    },
    /// The patch cannot be read, or does not fit the upstream file.
    #[error("the patch cannot be applied to {path}: {reason}")]
    BadPatch {
        /// What it changes.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// The whole package has no changelog.
    #[error("the package has no debian/changelog")]
    NoChangelog,
    /// Its changelog cannot be read.
    #[error("debian/changelog: {source}")]
    BadChangelog {
        /// Why.
        source: ChangelogError,
    },
    /// The changelog is that of another package or version.
    #[error("debian/changelog is about {found}, the .dsc about {expected}")]
    OtherVersion {
        /// Source and version of the changelog.
        found: String,
        /// Source and version of the .dsc.
        expected: String,
    },
}

impl SourceTreeError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tar { .. } => "bad-archive",
            Self::Compressed { .. } => "bad-compression",
            Self::TooLarge { .. } => "too-large",
            Self::UnsafePath { .. } => "unsafe-path",
            Self::ThroughLink { .. } => "through-link",
            Self::SpecialFile { .. } => "special-file",
            Self::NotAFile { .. } => "not-a-file",
            Self::TextTooLarge { .. } => "text-too-large",
            Self::BadPatch { .. } => "bad-patch",
            Self::NoChangelog => "no-changelog",
            Self::BadChangelog { .. } => "bad-changelog",
            Self::OtherVersion { .. } => "changelog-mismatch",
        }
    }
}

/// What a whole source package holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// The newest entry of its changelog.
    pub changelog: Entry,
    /// Its `debian/copyright`; Policy 12.5 wants one.
    pub copyright: Option<Vec<u8>>,
}

/// The two texts that are kept, and what else must be remembered, while the files of a package are read.
#[derive(Debug, Default)]
pub struct SourceTree {
    /// Of upstream, or of a native package.
    base: Texts,
    /// Of the packaging, which replaces those of upstream.
    debian: Texts,
    patch: Option<Patch>,
    has_debian: bool,
}

/// The texts of one archive.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) changelog: Option<Vec<u8>>,
    pub(crate) copyright: Option<Vec<u8>>,
}

impl SourceTree {
    /// Reads one file of the package, to its end if nothing is wrong. Signatures (`.asc`) are only read.
    ///
    /// # Errors
    /// The first thing that is wrong with the file. Errors of `reader` itself come out as [`SourceTreeError::Tar`] or
    /// [`SourceTreeError::Compressed`]; whoever has the reader knows better.
    pub fn read(
        &mut self,
        name: &FileName,
        reader: impl Read,
        limits: &Limits,
    ) -> Result<(), SourceTreeError> {
        let (stem, compression) = Compression::of_name(name.as_str());
        let limit = limits.data_unpacked_bytes;
        let open = |reader| {
            let unpacked = decoder(compression, reader, limits)
                .map_err(|error| SourceTreeError::Compressed { reason: error.to_string() })?;
            Ok::<_, SourceTreeError>(LimitedReader::new(unpacked, "source", limit))
        };
        if let Some(stem) = stem.strip_suffix(".tar") {
            let packaging = stem.ends_with(".debian");
            let component = stem.rsplit_once(".orig-").is_some();
            let texts = Tree { packaging, limits }.read(open(reader)?)?;
            self.has_debian |= packaging;
            match (packaging, component) {
                (true, _) => self.debian = texts,
                // A component is unpacked into a directory of its own: it has no say about debian/.
                (false, true) => {}
                (false, false) => self.base = texts,
            }
        } else if stem.ends_with(".diff") {
            self.patch = Some(Patch::read(open(reader)?)?);
        }
        Ok(())
    }

    /// Puts together what was read, when every file was.
    ///
    /// # Errors
    /// The changelog is missing, unreadable, or about something else; the patch does not fit.
    pub fn finish(self, dsc: &Dsc) -> Result<Inspected, SourceTreeError> {
        let mut texts = match (dsc.format, self.has_debian) {
            // The packaging replaces what upstream has in debian/ altogether.
            (SourceFormat::V3Quilt, true) => self.debian,
            (SourceFormat::V1 | SourceFormat::V3Native | SourceFormat::V3Quilt, _) => self.base,
        };
        if let Some(patch) = self.patch {
            texts.changelog = patch.changelog.apply("debian/changelog", texts.changelog)?;
            texts.copyright = patch.copyright.apply("debian/copyright", texts.copyright)?;
        }
        let text = texts.changelog.ok_or(SourceTreeError::NoChangelog)?;
        let entry = changelog::newest(&text).map_err(|source| SourceTreeError::BadChangelog { source })?;
        if entry.source != dsc.source || entry.version.as_str() != dsc.version.as_str() {
            return Err(SourceTreeError::OtherVersion {
                found: format!("{} {}", entry.source, entry.version),
                expected: format!("{} {}", dsc.source, dsc.version),
            });
        }
        Ok(Inspected { changelog: entry, copyright: texts.copyright })
    }
}

#[cfg(test)]
mod tests;
