//! Releases: what a source or binary package is, before anybody publishes it anywhere.
//!
//! A release is immutable. The finished index text is made once, when the package comes in, so that publishing
//! never opens a package again: an index is these texts in order, each followed by the few fields that depend on
//! where the package is published (section, priority, file name).

use debfmt::deb::DebKind;
use debfmt::deb822;
use debfmt::digest::Checksums;
use debfmt::limits::Limits;
use debfmt::names::{Architecture, FileName, PackageName, SourceName};
use debfmt::relations::{Relation, Relations, VersionOperator};
use debfmt::version::Version;

/// A file of a package: its name in the pool and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFile {
    /// Its name, the same in every pool directory.
    pub name: FileName,
    /// Its size in bytes and its hashes.
    pub checksums: Checksums,
}

/// A source package to record.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRelease {
    /// Its name.
    pub name: SourceName,
    /// Its version.
    pub version: Version,
    /// Section as its maker asked for it; an override may differ.
    pub section: String,
    /// Priority as its maker asked for it.
    pub priority: String,
    /// Text for the Sources index, see `debfmt::sources::stanza_body`.
    pub stanza: String,
    /// The `Files` and `Checksums-*` fields, see `debfmt::sources::file_lists`.
    pub file_lists: String,
    /// The .dsc and every file it names.
    pub files: Vec<PackageFile>,
    /// The newest entry of its changelog.
    pub changelog: String,
    /// Its debian/copyright, if it has one.
    pub copyright: Option<Vec<u8>>,
}

/// A binary package to record.
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryRelease {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// Its architecture; `all` for every one.
    pub architecture: Architecture,
    /// deb, udeb or ddeb.
    pub kind: DebKind,
    /// Name of the source that built it; it also names the pool directory.
    pub source_name: SourceName,
    /// Version of the source that built it.
    pub source_version: Version,
    /// Section as its maker asked for it.
    pub section: String,
    /// Priority as its maker asked for it.
    pub priority: String,
    /// Text for the Packages index, see `debfmt::packages::stanza_body`.
    pub stanza: String,
    /// The one file.
    pub file: PackageFile,
    /// Paths of the files it installs, without leading `./`, for Contents.
    pub contents: Vec<String>,
    /// When its files were last changed; `None`: it has none. Judged at upload, and not recorded.
    pub times: Option<FileTimes>,
}

/// A version of a source package, as a binary package names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReference {
    /// The source's name.
    pub name: SourceName,
    /// Its version.
    pub version: Version,
}

impl SourceReference {
    fn text(&self) -> (&str, &str) {
        (self.name.as_str(), self.version.as_str())
    }
}

/// What a stanza says of the sources that went into a package.
const BUILT_USING: &str = "Built-Using";

impl BinaryRelease {
    /// The sources that `Built-Using` names, sorted, each once (Policy 7.8): licences demand that they are kept as long as
    /// the package is.
    ///
    /// Only `name (= version)` counts; what does not read is left out, and the rest counts nevertheless (behaviour map
    /// 5.4, 90).
    pub fn built_using(&self) -> Vec<SourceReference> {
        // Few packages have the field, and its name is written like this whatever its maker wrote.
        if !self.stanza.contains("\nBuilt-Using:") {
            return Vec::new();
        }
        let stanza = deb822::parse_single(self.stanza.as_bytes(), &Limits::index()).unwrap_or_default();
        let named = stanza.get(BUILT_USING).unwrap_or_default().split(',');
        let relations = named.filter_map(|relation| Relations::parse(relation).ok()).flat_map(|it| it.0);
        let mut sources: Vec<_> = relations.flatten().filter_map(exact_source).collect();
        // By text: versions that are equal to Policy may be written differently, and records compare texts.
        sources.sort_by(|a, b| a.text().cmp(&b.text()));
        sources.dedup_by(|a, b| a.text() == b.text());
        sources
    }
}

fn exact_source(relation: Relation) -> Option<SourceReference> {
    match relation.version {
        Some((VersionOperator::Exactly, version)) => {
            Some(SourceReference { name: SourceName::parse(relation.name.as_str()).ok()?, version })
        }
        Some(_) | None => None,
    }
}

/// The ends of the span in which the files of a package were last changed: seconds since 1970 UTC, and a file of that
/// time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTimes {
    /// The first.
    pub oldest: (i64, String),
    /// The last.
    pub newest: (i64, String),
}

/// A source or binary package to record.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "most are the larger variant, and each is moved once or twice")]
pub enum Release {
    /// A source package.
    Source(SourceRelease),
    /// A binary package.
    Binary(BinaryRelease),
}

impl Release {
    /// The package's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Source(source) => source.name.as_str(),
            Self::Binary(binary) => binary.name.as_str(),
        }
    }

    /// The package's version.
    pub fn version(&self) -> &Version {
        match self {
            Self::Source(source) => &source.version,
            Self::Binary(binary) => &binary.version,
        }
    }

    /// The architecture as `ls` and `.changes` name it: `source` for a source package.
    pub fn architecture(&self) -> &str {
        match self {
            Self::Source(_) => "source",
            Self::Binary(binary) => binary.architecture.as_str(),
        }
    }

    /// The source package's name: itself, or the one that built it.
    pub fn source_name(&self) -> &SourceName {
        match self {
            Self::Source(source) => &source.name,
            Self::Binary(binary) => &binary.source_name,
        }
    }

    /// Section as the package's maker asked for it.
    pub fn section(&self) -> &str {
        match self {
            Self::Source(source) => &source.section,
            Self::Binary(binary) => &binary.section,
        }
    }

    /// Priority as the package's maker asked for it.
    pub fn priority(&self) -> &str {
        match self {
            Self::Source(source) => &source.priority,
            Self::Binary(binary) => &binary.priority,
        }
    }

    /// Every file that the pool must hold for it.
    pub fn files(&self) -> &[PackageFile] {
        match self {
            Self::Source(source) => &source.files,
            Self::Binary(binary) => std::slice::from_ref(&binary.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use debfmt::digest::Algorithms;

    use super::*;

    fn built_using(field: &str) -> String {
        let version: Version = "1".parse().unwrap();
        let checksums = Checksums::of(b"", Algorithms::SHA256);
        let release = BinaryRelease {
            name: "tool".parse().unwrap(),
            version: version.clone(),
            architecture: Architecture::all(),
            kind: DebKind::Deb,
            source_name: "tool".parse().unwrap(),
            source_version: version,
            section: String::new(),
            priority: String::new(),
            stanza: format!("Package: tool\n{field}Version: 1\n"),
            file: PackageFile { name: "tool_1_all.deb".parse().unwrap(), checksums },
            contents: Vec::new(),
            times: None,
        };
        let told = release.built_using();
        told.iter().map(|it| format!("{} {}", it.name, it.version)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn exact_versions_are_references_and_nothing_else_is() {
        assert_eq!(built_using(""), "");
        assert_eq!(built_using("Built-Using: gcc-12 (= 12.2.0-14)\n"), "gcc-12 12.2.0-14");
        let folded = "Built-Using: glibc (= 1:2.36),\n binutils (=2.40-2),\n glibc (= 1:2.36)\n";
        assert_eq!(built_using(folded), "binutils 2.40-2, glibc 1:2.36");
        let odd = "Built-Using: a, b0 (>= 1), c0 (= 1), D0 (= 2), e0 (= /), f0 (= 3) [amd64],,\n";
        assert_eq!(built_using(odd), "c0 1, f0 3");
        assert_eq!(built_using("X-Built-Using: gcc-12 (= 12)\n"), "");
    }
}
