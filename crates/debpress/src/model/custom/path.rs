//! Paths of custom files, which cannot leave their place.

use std::fmt;
use std::str::FromStr;

use debfmt::names::Component;
use debfmt::version::Version;

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
}
