//! Every path that is ever written below an archive root is a variant here.
//!
//! A new kind of file cannot be forgotten anywhere: modes, retention and clean-up are decided by matching on
//! these types, and no other module joins path segments.

use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use debfmt::names::{Architecture, Component, FileName, SourceName, SuiteName};

use super::archive::ArchiveRef;
use super::custom::{CustomDirectory, SafePath};

/// A file inside a suite's directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuiteFile {
    /// `Release`
    Release,
    /// `InRelease`, the signed form that apt reads first.
    InRelease,
    /// `Release.gpg`, the detached signature.
    ReleaseGpg,
    /// An index, by its plain name.
    Index(IndexName, Compression),
    /// The same bytes by their hash, in the index's own directory.
    ByHash(IndexName, Sha256),
    /// A file of a custom upload: `main/installer-amd64` and `20230607/images/MANIFEST`.
    Custom(CustomDirectory, SafePath),
}

/// An index of a suite, whatever its compression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexName {
    /// `main/binary-amd64/Packages`
    Packages(Component, Architecture),
    /// `main/source/Sources`
    Sources(Component),
    /// `main/i18n/Translation-de`, which comes with a custom upload.
    Translation(Component, Language),
}

/// A language of descriptions: `de`, `pt_BR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// Reads what follows `Translation-`; `None` for what is no name of a language.
    pub fn parse(text: &str) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_-@".contains(c);
        (!text.is_empty() && text.chars().all(legal)).then(|| Self(text.to_owned()))
    }
}

impl IndexName {
    /// The directory below the suite.
    pub fn directory(&self) -> String {
        match self {
            Self::Packages(component, architecture) => format!("{component}/binary-{architecture}"),
            Self::Sources(component) => format!("{component}/source"),
            Self::Translation(component, _) => format!("{component}/i18n"),
        }
    }

    /// The path below the suite, without compression suffix; Release lists it.
    pub fn path(&self) -> String {
        let directory = self.directory();
        match self {
            Self::Packages(..) => format!("{directory}/Packages"),
            Self::Sources(_) => format!("{directory}/Sources"),
            Self::Translation(_, Language(language)) => format!("{directory}/Translation-{language}"),
        }
    }

    /// The index and compression that a path below a suite means: the inverse of [`SuiteFile::path`] for
    /// [`SuiteFile::Index`]. `None` for anything else.
    pub fn of_path(path: &str) -> Option<(Self, Compression)> {
        let words: Vec<&str> = path.split('/').collect();
        let &[component, directory, file] = words.as_slice() else { return None };
        let component = Component::parse(component).ok()?;
        let (name, compression) = Compression::of_name(file);
        match (directory.strip_prefix("binary-"), directory, name) {
            (Some(architecture), _, "Packages") => {
                let architecture = Architecture::parse(architecture).ok()?;
                Some((Self::Packages(component, architecture), compression))
            }
            (None, "source", "Sources") => Some((Self::Sources(component), compression)),
            (None, "i18n", name) => {
                let language = Language::parse(name.strip_prefix("Translation-")?)?;
                Some((Self::Translation(component, language), compression))
            }
            _ => None,
        }
    }
}

impl SuiteFile {
    /// The path below the suite's directory.
    pub fn path(&self) -> String {
        match self {
            Self::Release => "Release".to_owned(),
            Self::InRelease => "InRelease".to_owned(),
            Self::ReleaseGpg => "Release.gpg".to_owned(),
            Self::Index(index, compression) => format!("{}{}", index.path(), compression.suffix()),
            Self::ByHash(index, sha256) => by_hash_path(&index.directory(), sha256),
            Self::Custom(directory, path) => format!("{directory}/{path}"),
        }
    }
}

/// The by-hash path of a file in `directory` (below the suite).
pub fn by_hash_path(directory: &str, sha256: &Sha256) -> String {
    format!("{directory}/by-hash/SHA256/{sha256}")
}

/// A file or directory below an archive's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeKey {
    /// `pool/main/h/hello/hello_1.0_all.deb`; immutable once written.
    Pool {
        /// Component.
        component: Component,
        /// Source name; it names the directory for sources and binaries alike.
        source: SourceName,
        /// File name.
        file: FileName,
    },
    /// A file of the suite that clients see.
    Live(SuiteName, SuiteFile),
    /// A file of the suite that is being prepared; clients do not see it.
    Staged(SuiteName, SuiteFile),
    /// `ann-tools.asc`: the public key of an archive that has one of its own, by [`ArchiveRef::public_key_file`].
    PublicKey(ArchiveRef),
    /// The directory of the suite that clients see: `dists/noble`.
    LiveSuite(SuiteName),
    /// The directory of the suite that is being prepared: `.staged/noble`.
    StagedSuite(SuiteName),
}

/// `pool/` of every archive.
pub const POOL: &str = "pool";
/// What clients see.
pub const DISTS: &str = "dists";
/// Where suites are prepared: beside `dists`, so that one rename exchanges them, and with a leading dot, so that
/// web servers and mirrors leave it alone.
pub const STAGED: &str = ".staged";

impl TreeKey {
    /// The path below the archive's root.
    pub fn path(&self) -> String {
        match self {
            Self::Pool { component, source, file } => format!("{}/{file}", pool_directory(component, source)),
            Self::Live(suite, file) => format!("{DISTS}/{suite}/{}", file.path()),
            Self::Staged(suite, file) => format!("{STAGED}/{suite}/{}", file.path()),
            Self::PublicKey(archive) => archive.public_key_file(),
            Self::LiveSuite(suite) => format!("{DISTS}/{suite}"),
            Self::StagedSuite(suite) => format!("{STAGED}/{suite}"),
        }
    }
}

/// The pool directory of a source in a component, as `Directory` and `Filename` name it.
pub fn pool_directory(component: &Component, source: &SourceName) -> String {
    format!("{POOL}/{component}/{}/{source}", source.pool_prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_found_by_its_path() {
        let main = Component::parse("main").unwrap();
        for index in [
            IndexName::Packages(main.clone(), Architecture::parse("all").unwrap()),
            IndexName::Sources(main.clone()),
            IndexName::Translation(main, Language::parse("pt_BR").unwrap()),
        ] {
            for compression in [Compression::None, Compression::Xz] {
                let path = SuiteFile::Index(index.clone(), compression).path();
                assert_eq!(IndexName::of_path(&path), Some((index.clone(), compression)));
            }
        }
        for other in [
            "Release",
            "main/i18n/Index",
            "main/i18n/Translation-",
            "main/i18n/Translation-a.b",
            "main/binary-amd64/Release",
            "main/x/Packages",
            "../source/Sources",
            "a/b/c/d",
        ] {
            assert_eq!(IndexName::of_path(other), None, "{other}");
        }
    }

    #[test]
    fn keys_have_the_paths_that_apt_expects() {
        let main = Component::parse("main").unwrap();
        let noble = SuiteName::parse("noble-updates").unwrap();
        let amd64 = Architecture::parse("amd64").unwrap();
        let packages = IndexName::Packages(main.clone(), amd64);
        let pool = |source: &str, file: &str| TreeKey::Pool {
            component: main.clone(),
            source: SourceName::parse(source).unwrap(),
            file: FileName::parse(file).unwrap(),
        };
        let keys = [
            pool("hello", "hello_1.0_all.deb"),
            pool("libxml2", "libxml2_2.9_amd64.deb"),
            TreeKey::Live(noble.clone(), SuiteFile::InRelease),
            TreeKey::Live(noble.clone(), SuiteFile::Index(packages.clone(), Compression::Xz)),
            TreeKey::Staged(
                noble.clone(),
                SuiteFile::Index(IndexName::Sources(main.clone()), Compression::Gzip),
            ),
            TreeKey::Staged(noble.clone(), SuiteFile::ByHash(packages, Sha256::from_bytes([0xab; 32]))),
            TreeKey::StagedSuite(noble.clone()),
            TreeKey::PublicKey("~ann/debian/tools".parse().unwrap()),
            TreeKey::Live(
                noble,
                SuiteFile::Custom("main/uefi/x-arm64".parse().unwrap(), "1/a".parse().unwrap()),
            ),
        ];
        let paths: Vec<String> = keys.iter().map(TreeKey::path).collect();
        insta::assert_snapshot!(paths.join("\n"), @r"
        pool/main/h/hello/hello_1.0_all.deb
        pool/main/libx/libxml2/libxml2_2.9_amd64.deb
        dists/noble-updates/InRelease
        dists/noble-updates/main/binary-amd64/Packages.xz
        .staged/noble-updates/main/source/Sources.gz
        .staged/noble-updates/main/binary-amd64/by-hash/SHA256/abababababababababababababababababababababababababababababababab
        .staged/noble-updates
        ann-tools.asc
        dists/noble-updates/main/uefi/x-arm64/1/a
        ");
    }
}
