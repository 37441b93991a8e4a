//! `Release` files: DebianRepository/Format, "Release" files.
//!
//! A `Release` names every index of a suite with its size and digests; signed, it is the root of trust of apt.

use crate::deb822::{self, Deb822Error};
use crate::digest::{Checksums, DigestError};
use crate::limits::Limits;
use crate::names::{Architecture, Component, NameError};

mod date;
mod read;
mod render;

pub use date::{format_date, parse_date};

/// What is wrong with a `Release` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The text is not one paragraph.
    #[error(transparent)]
    Malformed(#[from] Deb822Error),
    /// A field is absent or empty without which the file means nothing.
    #[error("the field {field} is missing or empty")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A date is not one in UTC.
    #[error("{field}: {value:?} is not a date in UTC")]
    BadDate {
        /// The field.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// A field that says yes or no says something else.
    #[error("{field}: {value:?} is neither yes nor no")]
    BadFlag {
        /// The field.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// A word in `Architectures` or `Components` is not a name.
    #[error("{field}: {error}")]
    BadName {
        /// The field.
        field: &'static str,
        /// What is wrong.
        error: NameError,
    },
    /// A line of a list of files is not a digest, a size and a path.
    #[error("{field}: {text:?} is not of the form \"digest size path\"")]
    BadLine {
        /// The field.
        field: &'static str,
        /// The line.
        text: String,
    },
    /// A digest is not one.
    #[error("{field}: {path}: {error}")]
    BadDigest {
        /// The field.
        field: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        error: DigestError,
    },
    /// A path is absolute, has empty parts, `.` or `..`, or control characters.
    #[error("{field}: {path:?} is not a path below the suite")]
    BadPath {
        /// The field.
        field: &'static str,
        /// The path.
        path: String,
    },
    /// A file is listed twice in one field.
    #[error("{field}: {path} is listed twice")]
    DuplicateFile {
        /// The field.
        field: &'static str,
        /// The file.
        path: String,
    },
    /// A file is not in `SHA256`, or has another size there.
    #[error("{field}: {path} is not listed in SHA256 with the same size")]
    ChecksumsMismatch {
        /// The field that lists it.
        field: &'static str,
        /// The file.
        path: String,
    },
}

impl ReleaseError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::MissingField { .. } => "missing-field",
            Self::BadDate { .. } => "bad-date",
            Self::BadFlag { .. } => "bad-flag",
            Self::BadName { .. } => "bad-name",
            Self::BadLine { .. } => "bad-file-line",
            Self::BadDigest { .. } => "bad-digest",
            Self::BadPath { .. } => "bad-path",
            Self::DuplicateFile { .. } => "duplicate-file",
            Self::ChecksumsMismatch { .. } => "checksums-mismatch",
        }
    }
}

/// One index of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseFile {
    /// Its path from the directory of the suite: `main/binary-amd64/Packages.xz`.
    pub path: String,
    /// Its size and digests.
    pub checksums: Checksums,
}

/// A `Release` file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Who publishes.
    pub origin: Option<String>,
    /// A name for pinning and for people.
    pub label: Option<String>,
    /// The suite; empty if the file has none, as some flat archives do.
    pub suite: String,
    /// The version of the distribution.
    pub version: Option<String>,
    /// The code name; empty if the file has none.
    pub codename: String,
    /// When it was made, in seconds since 1970 UTC.
    pub date: i64,
    /// When it is to be thrown away, in seconds since 1970 UTC.
    pub valid_until: Option<i64>,
    /// Whether apt must not install from it unless told to.
    pub not_automatic: bool,
    /// With `not_automatic`: whether apt may upgrade what was installed from it.
    pub but_automatic_upgrades: bool,
    /// Whether indexes can be had by their digests too.
    pub acquire_by_hash: bool,
    /// Whether `binary-ARCH/Packages` has the packages for `all` too, though `all` is in `architectures`.
    pub no_support_for_architecture_all: bool,
    /// The architectures.
    pub architectures: Vec<Architecture>,
    /// The components. A directory before the name is dropped when a file is read, as apt does: the security
    /// archive of Debian writes `updates/main` and its indexes lie in `main`.
    pub components: Vec<Component>,
    /// One line for people.
    pub description: Option<String>,
    /// Other fields, in their order: `Changelogs`, `Signed-By`, `Snapshots`. Names that this type has are ignored.
    pub extra: Vec<(String, String)>,
    /// The indexes. [`Release::parse`] gives them sorted by path.
    pub files: Vec<ReleaseFile>,
}

impl Release {
    /// The text, with the files sorted by path. Fields stand in the order of Launchpad's archives, but for
    /// `Acquire-By-Hash`, which is before the long lists as Debian has it.
    ///
    /// `SHA256` is always written; `MD5Sum`, `SHA1` and `SHA512` only if every file has that digest, because a
    /// list with holes makes clients think that files are missing.
    pub fn render(&self) -> String {
        render::release(self)
    }

    /// Reads the text of a `Release`, or of an `InRelease` without its signature.
    ///
    /// `Date` must be there, and `SHA256` if any list of files is; nothing else has to.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Self, ReleaseError> {
        read::release(&deb822::parse_single(text, limits)?)
    }

    /// The file with a path.
    pub fn file(&self, path: &str) -> Option<&ReleaseFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// The fields that [`Release`] has a place for.
const OWN_FIELDS: &[&str] = &[
    "Origin",
    "Label",
    "Suite",
    "Version",
    "Codename",
    "Date",
    "Valid-Until",
    "NotAutomatic",
    "ButAutomaticUpgrades",
    "Acquire-By-Hash",
    "No-Support-for-Architecture-all",
    "Architectures",
    "Components",
    "Description",
    "MD5Sum",
    "SHA1",
    "SHA256",
    "SHA512",
];

/// Whether [`Release`] has a place for a field, whatever the case of its letters.
pub fn is_own(name: &str) -> bool {
    OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
