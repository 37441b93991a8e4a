//! What can be wrong with the archive of a custom upload.

use debfmt::tar::TarError;

use crate::model::custom::PathError;

/// What is wrong with an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackFault {
    /// It cannot be read.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// The path of an entry leaves its place.
    #[error("the entry {path:?} leads out of its place")]
    UnsafePath {
        /// The path.
        path: String,
    },
    /// A path has characters that are not published.
    #[error("the name of the entry {path:?} has characters that are not published")]
    BadName {
        /// The path.
        path: String,
    },
    /// A path is too long.
    #[error("the path of the entry {beginning:?}... is too long")]
    PathTooLong {
        /// How it begins.
        beginning: String,
    },
    /// A symbolic link leads out of its place, or nobody can tell where.
    #[error(
        "the link {path:?} to {target:?} may lead out of its place: a target is relative, and goes up only at its \
         beginning and no further than the version's directory"
    )]
    UnsafeLink {
        /// The link.
        path: String,
        /// Its target.
        target: String,
    },
    /// An entry is neither file nor directory nor symbolic link.
    #[error("the entry {path:?} is {what}; only files, directories and symbolic links are published")]
    UnsupportedEntry {
        /// The path.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// Two entries have one name, or one lies in another that is no directory.
    #[error("the entry {path:?} is there twice, or another one takes its place")]
    DuplicateEntry {
        /// The path.
        path: String,
    },
    /// An entry does not belong into an archive of this type.
    #[error("the entry {path:?} does not belong there: the archive holds {expected}")]
    UnexpectedEntry {
        /// The path.
        path: String,
        /// What the archive should hold.
        expected: String,
    },
    /// A translation cannot be unpacked or read, or says something else in another compression.
    #[error("the translation {path:?} cannot be published: {why}")]
    BadTranslation {
        /// The path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// There are too many entries, or their names are too long together.
    #[error("the archive has too many entries, or too long names")]
    TooManyEntries,
    /// It holds nothing that would be published.
    #[error("there is nothing to publish in it: the archive should hold {expected}")]
    Empty {
        /// What the archive should hold.
        expected: String,
    },
}

impl UnpackFault {
    /// A stable name of the kind of fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tar(error) => error.code(),
            Self::UnsafePath { .. } => "unsafe-path",
            Self::BadName { .. } => "bad-name",
            Self::PathTooLong { .. } => "path-too-long",
            Self::UnsafeLink { .. } => "unsafe-link",
            Self::UnsupportedEntry { .. } => "unsupported-entry",
            Self::DuplicateEntry { .. } => "duplicate-entry",
            Self::UnexpectedEntry { .. } => "unexpected-entry",
            Self::BadTranslation { .. } => "bad-translation",
            Self::TooManyEntries => "too-many-entries",
            Self::Empty { .. } => "empty",
        }
    }

    pub(super) fn of_path(error: PathError, path: &str) -> Self {
        let path = path.to_owned();
        match error {
            PathError::Outside(_) | PathError::Directory(_) => Self::UnsafePath { path },
            PathError::Character(_) => Self::BadName { path },
            PathError::TooLong { beginning, .. } => Self::PathTooLong { beginning },
        }
    }
}
