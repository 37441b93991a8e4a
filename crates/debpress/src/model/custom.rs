//! Custom uploads: what is uploaded beside packages, as installer images or translated descriptions (behaviour map 4.4).
//!
//! A custom file is a tar archive. What it holds appears below the suite, in a directory that its type decides. The
//! types of this module make a path that could leave that directory impossible to have.

mod path;

use std::fmt;
use std::str::FromStr;

use debfmt::digest::Sha256;
use debfmt::names::SourceName;
use debfmt::version::Version;
use serde::{Deserialize, Serialize};

pub use path::{CustomDirectory, LinkTarget, PATH_BYTES, PathError, SafePath};

use super::package::PackageFile;
use super::time::Timestamp;

/// What a custom file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomType {
    /// Boot images of the Debian installer.
    DebianInstaller,
    /// The tool that upgrades a machine to the suite.
    DistUpgrader,
    /// Translated package descriptions.
    DdtpTarball,
    /// Boot loaders to be signed, the form before [`CustomType::Signing`].
    Uefi,
    /// Boot loaders and kernel modules to be signed.
    Signing,
    /// Translations of programs, for a translation service.
    Translations,
    /// Translations of programs that are only kept.
    StaticTranslations,
    /// Anything about the upload that is only kept.
    MetaData,
}

impl CustomType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::DebianInstaller,
        Self::DistUpgrader,
        Self::DdtpTarball,
        Self::Uefi,
        Self::Signing,
        Self::Translations,
        Self::StaticTranslations,
        Self::MetaData,
    ];

    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DebianInstaller => "debian-installer",
            Self::DistUpgrader => "dist-upgrader",
            Self::DdtpTarball => "ddtp-tarball",
            Self::Uefi => "uefi",
            Self::Signing => "signing",
            Self::Translations => "translations",
            Self::StaticTranslations => "static-translations",
            Self::MetaData => "meta-data",
        }
    }

    /// Whether each version that is published has [`SUMS`] of its files.
    pub fn has_sums(self) -> bool {
        match self {
            Self::DebianInstaller | Self::DistUpgrader | Self::Uefi | Self::Signing => true,
            Self::DdtpTarball | Self::Translations | Self::StaticTranslations | Self::MetaData => false,
        }
    }

    /// Whether the publisher makes the file of that name itself, whatever an upload brought.
    pub fn makes(self, path: &SafePath) -> bool {
        match path.as_str().strip_suffix(SIGNATURE).map(SafePath::parse) {
            Some(Ok(of)) => self.is_signed_alone(&of) || (self.has_sums() && of.as_str() == SUMS),
            _ => self.has_sums() && path.as_str() == SUMS,
        }
    }

    /// Whether the published file `path` gets a signature of its own beside it. The upgrade tool checks that of the
    /// archive it has fetched before it unpacks it.
    pub fn is_signed_alone(self, path: &SafePath) -> bool {
        self == Self::DistUpgrader && path.as_str().ends_with(".tar.gz")
    }
}

impl fmt::Display for CustomType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No custom type of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no type {0:?} of custom uploads")]
pub struct NoSuchType(String);

impl FromStr for CustomType {
    type Err = NoSuchType;

    fn from_str(word: &str) -> Result<Self, NoSuchType> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| NoSuchType(word.to_owned()))
    }
}

/// The sums of a version's files. Release lists them, and so vouches for the files too.
pub const SUMS: &str = "SHA256SUMS";
/// The link to the newest version of a directory.
pub const CURRENT: &str = "current";
/// Larger files get no signature of their own, in bytes: each is read into memory to be signed.
pub const SIGNED_ALONE: u64 = 64 * 1024 * 1024;
/// What a detached signature is called after its file.
pub const SIGNATURE: &str = ".gpg";

/// Whether a file that Release lists is one of [`SUMS`] and no index.
pub fn is_sums(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(_, name)| name == SUMS)
}

/// The number of a record of published custom files. Numbers grow with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomId(pub i64);

/// What a path of a custom publication is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomContent {
    /// A regular file.
    File {
        /// The object that it is.
        sha256: Sha256,
        /// Its size in bytes.
        size: u64,
    },
    /// A symbolic link.
    Link(LinkTarget),
}

/// A file of a custom publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomFile {
    /// Its path, below the directory and version.
    pub path: SafePath,
    /// What it is.
    pub content: CustomContent,
}

/// Unpacked custom files to place into a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCustomPublication {
    /// Their type.
    pub kind: CustomType,
    /// The directory below the suite.
    pub directory: CustomDirectory,
    /// The directory below that; `None` where the type has no versions.
    pub version: Option<Version>,
    /// The files, by path.
    pub files: Vec<CustomFile>,
}

/// Custom files that a suite shows or is going to show, or that it still shows until its next publication.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomPublication {
    /// The record.
    pub id: CustomId,
    /// The source package of the upload that brought them.
    pub source: SourceName,
    /// Their type.
    pub kind: CustomType,
    /// The directory below the suite.
    pub directory: CustomDirectory,
    /// The directory below that; `None` where the type has no versions.
    pub version: Option<Version>,
    /// Whether something newer has replaced it: the next publication leaves it out.
    pub superseded: bool,
    /// When it became visible; `None`: it has not yet.
    pub published: Option<Timestamp>,
    /// The files, by path.
    pub files: Vec<CustomFile>,
}

/// A custom file of a queue item, as it was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedCustom {
    /// What it is for.
    pub kind: CustomType,
    /// Its name, and the object that it is.
    pub file: PackageFile,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_word() {
        for kind in CustomType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("kernel".parse::<CustomType>().is_err());
    }
}
