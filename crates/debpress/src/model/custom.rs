//! Custom uploads: what is uploaded beside packages, as installer images or translated descriptions (behaviour map 4.4).
//!
//! A custom file is a tar archive. What it holds appears below the suite, in a directory that its type decides. The
//! types of this module make a path that could leave that directory impossible to have.

use std::fmt;
use std::str::FromStr;

use debfmt::digest::Sha256;
use debfmt::names::{Component, SourceName};
use debfmt::version::Version;
use serde::{Deserialize, Serialize};

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

/// Longest path below a suite, in bytes: with the site's own path before it, far from what file systems refuse.
pub const PATH_BYTES: usize = 1024;
/// Longest segment of a path, in bytes.
const SEGMENT_BYTES: usize = 255;

/// Why a text is no path below a directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It leaves the directory, or names nothing in it.
    #[error("{0:?} is absolute, empty, or goes up")]
    Outside(String),
    /// It has control characters or backslashes, which lists of files cannot show.
    #[error("{0:?} has a character that a published path cannot have")]
    Character(String),
    /// It is longer than is taken.
    #[error("{beginning:?}... is longer than {limit} bytes, or a part of it than 255")]
    TooLong {
        /// How it begins.
        beginning: String,
        /// [`PATH_BYTES`].
        limit: usize,
    },
    /// It is no place for custom files.
    #[error("{0:?} is no directory of custom uploads")]
    Directory(String),
}

/// A path that stays below the directory it is relative to: names joined by single slashes, none of them `.` or `..`,
/// without control characters or backslashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafePath(String);

impl SafePath {
    /// Reads a path. `./` before it, a slash after it and doubled slashes are taken off.
    ///
    /// # Errors
    /// [`PathError`]; `..` is refused wherever it stands.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let names: Vec<&str> = text.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
        let path = names.join("/");
        if text.starts_with('/') || names.is_empty() || names.contains(&"..") {
            return Err(PathError::Outside(text.to_owned()));
        }
        if path.chars().any(|c| c.is_control() || c == '\\') {
            return Err(PathError::Character(text.to_owned()));
        }
        if path.len() > PATH_BYTES || names.iter().any(|name| name.len() > SEGMENT_BYTES) {
            return Err(PathError::TooLong { beginning: path.chars().take(40).collect(), limit: PATH_BYTES });
        }
        Ok(Self(path))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first name, and what follows it.
    pub fn split_first(&self) -> (&str, Option<&str>) {
        self.0.split_once('/').map_or((&self.0, None), |(first, rest)| (first, Some(rest)))
    }

    /// Every directory that it lies in, the innermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.rmatch_indices('/').filter_map(|(slash, _)| self.0.get(..slash))
    }

    /// `self` below the directory `version`, where there is one.
    ///
    /// # Errors
    /// Together they are too long.
    pub fn below(&self, version: Option<&Version>) -> Result<Self, PathError> {
        version.map_or_else(|| Ok(self.clone()), |version| Self::parse(&format!("{version}/{self}")))
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SafePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

/// Where a symbolic link leads: relative, and never out of the directory that its path is relative to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkTarget(String);

impl LinkTarget {
    /// Reads the target of the link at `link`.
    ///
    /// `..` may stand before all names only: after a name, which may be another link, nobody can tell from the text
    /// where it leads.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(text: &str, link: &SafePath) -> Result<Self, PathError> {
        let outside = || PathError::Outside(text.to_owned());
        let mut names = text.split('/').filter(|name| !matches!(*name, "" | ".")).peekable();
        let mut up = 0;
        while names.next_if_eq(&"..").is_some() {
            up += 1;
        }
        let down: Vec<&str> = names.collect();
        if text.starts_with('/') || text.is_empty() || up > link.ancestors().count() {
            return Err(outside());
        }
        let mut all = vec![".."; up];
        if !down.is_empty() {
            let below = SafePath::parse(&down.join("/"))?;
            all.push(below.as_str());
            return Ok(Self(all.join("/")));
        }
        if all.is_empty() {
            all.push(".");
        }
        Ok(Self(all.join("/")))
    }

    /// The link from a directory to one of its versions.
    pub fn of_version(version: &Version) -> Self {
        Self(version.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A directory of a suite that holds custom files: `main/installer-amd64`.
///
/// It is never one that indexes lie in, nor the suite's own, so that no custom file can take the place of an index or
/// a Release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomDirectory(SafePath);

impl CustomDirectory {
    /// Reads a directory.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let path = SafePath::parse(text)?;
        let wrong = || PathError::Directory(text.to_owned());
        let (component, rest) = path.split_first();
        let rest = rest.ok_or_else(wrong)?;
        let first = rest.split('/').next().unwrap_or_default();
        let indexes = first == "source" || first == "by-hash" || first.starts_with("binary-");
        if indexes || Component::parse(component).is_err() {
            return Err(wrong());
        }
        Ok(Self(path))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The last name: `installer-amd64`.
    pub fn name(&self) -> &str {
        let path = self.as_str();
        path.rsplit_once('/').map_or(path, |(_, name)| name)
    }
}

impl fmt::Display for CustomDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CustomDirectory {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
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

    fn path(text: &str) -> Option<String> {
        SafePath::parse(text).ok().map(|path| path.to_string())
    }

    #[test]
    fn a_safe_path_stays_below() {
        assert_eq!(path("images/netboot/mini.iso").as_deref(), Some("images/netboot/mini.iso"));
        assert_eq!(path("./a//b/./c/").as_deref(), Some("a/b/c"));
        assert_eq!(path(".disk/..x/y.. z").as_deref(), Some(".disk/..x/y.. z"));
        for bad in ["", ".", "./", "/", "/etc/passwd", "..", "a/..", "../a", "a/../b", "a\nb", "a\\b", "a\0"]
        {
            assert_eq!(path(bad), None, "{bad:?}");
        }
        assert!(path(&"a".repeat(255)).is_some() && path(&"a".repeat(256)).is_none());
        assert!(path(&"abc/".repeat(256)).is_some() && path(&"abc/".repeat(257)).is_none());
    }

    #[test]
    fn a_link_leads_nowhere_outside() {
        let target = |link: &str, text: &str| {
            let link = SafePath::parse(link).unwrap();
            LinkTarget::parse(text, &link).ok().map(|target| target.as_str().to_owned())
        };
        assert_eq!(target("a/b/c", "../x/y").as_deref(), Some("../x/y"));
        assert_eq!(target("a/b/c", "../../x").as_deref(), Some("../../x"));
        assert_eq!(target("a/b/c", "./../..").as_deref(), Some("../.."));
        assert_eq!(target("c", "d//e/").as_deref(), Some("d/e"));
        assert_eq!(target("c", ".").as_deref(), Some("."));
        for (link, bad) in [
            ("c", "/etc/passwd"),
            ("c", ".."),
            ("c", "../c"),
            ("a/c", "../../x"),
            ("a/c", ""),
            // If m leads up, this leads out; who knows.
            ("a/c", "m/.."),
            ("a/b/c", "../m/../x"),
            ("a/c", "x\ny"),
        ] {
            assert_eq!(target(link, bad), None, "{link} -> {bad:?}");
        }
    }

    #[test]
    fn a_directory_is_never_one_of_indexes() {
        for good in ["main/installer-amd64", "main/uefi/grub2-amd64", "universe/i18n"] {
            assert_eq!(CustomDirectory::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(CustomDirectory::parse("main/uefi/grub2-amd64").unwrap().name(), "grub2-amd64");
        for bad in
            ["main", "Release", "main/binary-amd64", "main/source", "main/source/x", "../main/x", "+/x"]
        {
            assert!(CustomDirectory::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_type_is_found_by_its_word() {
        for kind in CustomType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("kernel".parse::<CustomType>().is_err());
    }
}
