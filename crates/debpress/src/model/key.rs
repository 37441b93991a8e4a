//! Every path that is ever written below an archive root is a variant here.
//!
//! A new kind of file cannot be forgotten anywhere: modes, retention and clean-up are decided by matching on
//! these types, and no other module joins path segments.

use debfmt::compress::Compression;
use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::names::{Architecture, Component, FileName, SourceName, SuiteName};

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
    /// `main/debian-installer/binary-amd64/Packages`
    SubPackages(Component, SubComponent, Architecture),
    /// `main/source/Sources`
    Sources(Component),
    /// `main/i18n/Translation-de`, which comes with a custom upload; `Translation-en` may be made.
    Translation(Component, Language),
    /// `main/i18n/Index`, which lists the translations for old clients. Never compressed.
    TranslationIndex(Component),
    /// `main/binary-amd64/Release` or `main/source/Release`, which says where a directory belongs. Never compressed.
    Stub(Component, Architecture),
}

/// A part of a component whose packages no machine installs that does not ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubComponent {
    /// `debian-installer`: packages for the installer.
    DebianInstaller,
    /// `debug`: debug symbols.
    Debug,
}

impl SubComponent {
    /// Both.
    pub const ALL: [Self; 2] = [Self::DebianInstaller, Self::Debug];

    /// The name of its directory.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DebianInstaller => "debian-installer",
            Self::Debug => "debug",
        }
    }

    /// The packages that it has.
    pub fn kind(self) -> DebKind {
        match self {
            Self::DebianInstaller => DebKind::Udeb,
            Self::Debug => DebKind::Ddeb,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sub| sub.as_str() == name)
    }
}

/// A language of descriptions: `de`, `pt_BR`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// The language in which packages describe themselves.
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

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
            Self::Stub(component, architecture) if architecture.is_source() => format!("{component}/source"),
            Self::Packages(component, architecture) | Self::Stub(component, architecture) => {
                format!("{component}/binary-{architecture}")
            }
            Self::SubPackages(component, sub, architecture) => {
                format!("{component}/{}/binary-{architecture}", sub.as_str())
            }
            Self::Sources(component) => format!("{component}/source"),
            Self::Translation(component, _) | Self::TranslationIndex(component) => {
                format!("{component}/i18n")
            }
        }
    }

    /// The path below the suite, without compression suffix; Release lists it.
    pub fn path(&self) -> String {
        let directory = self.directory();
        match self {
            Self::Packages(..) | Self::SubPackages(..) => format!("{directory}/Packages"),
            Self::Sources(_) => format!("{directory}/Sources"),
            Self::Translation(_, Language(language)) => format!("{directory}/Translation-{language}"),
            Self::TranslationIndex(_) => format!("{directory}/Index"),
            Self::Stub(..) => format!("{directory}/Release"),
        }
    }

    /// The index and compression that a path below a suite means: the inverse of [`SuiteFile::path`] for
    /// [`SuiteFile::Index`]. `None` for anything else.
    pub fn of_path(path: &str) -> Option<(Self, Compression)> {
        let words: Vec<&str> = path.split('/').collect();
        let (file, directories) = words.split_last()?;
        let (component, directories) = directories.split_first()?;
        let component = Component::parse(component).ok()?;
        let (name, compression) = Compression::of_name(file);
        let index = match (directories, name) {
            (&[directory], "Packages") => Self::Packages(component, architecture_of(directory)?),
            (&[sub, directory], "Packages") => {
                Self::SubPackages(component, SubComponent::from_name(sub)?, architecture_of(directory)?)
            }
            (&["source"], "Sources") => Self::Sources(component),
            (&[directory], "Release") if compression == Compression::None => {
                let source = (directory == "source").then(Architecture::source);
                Self::Stub(component, source.or_else(|| architecture_of(directory))?)
            }
            (&["i18n"], "Index") if compression == Compression::None => Self::TranslationIndex(component),
            (&["i18n"], name) => {
                Self::Translation(component, Language::parse(name.strip_prefix("Translation-")?)?)
            }
            _ => return None,
        };
        Some((index, compression))
    }
}

/// The architecture that a directory of packages is for: `binary-amd64`.
fn architecture_of(directory: &str) -> Option<Architecture> {
    Architecture::parse(directory.strip_prefix("binary-")?).ok()
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
            IndexName::SubPackages(
                main.clone(),
                SubComponent::DebianInstaller,
                Architecture::parse("amd64").unwrap(),
            ),
            IndexName::SubPackages(main.clone(), SubComponent::Debug, Architecture::all()),
            IndexName::Translation(main, Language::parse("pt_BR").unwrap()),
        ] {
            for compression in [Compression::None, Compression::Xz] {
                let path = SuiteFile::Index(index.clone(), compression).path();
                assert_eq!(IndexName::of_path(&path), Some((index.clone(), compression)));
            }
        }
        let main = Component::parse("main").unwrap();
        for index in [
            IndexName::TranslationIndex(main.clone()),
            IndexName::Stub(main.clone(), Architecture::source()),
            IndexName::Stub(main, Architecture::all()),
        ] {
            assert_eq!(IndexName::of_path(&index.path()), Some((index, Compression::None)));
        }
        for other in [
            "Release",
            "main/i18n/Index.gz",
            "main/binary-amd64/Release.gz",
            "main/i18n/Release",
            "main/i18n/Translation-",
            "main/i18n/Translation-a.b",
            "main/x/Packages",
            "main/x/binary-amd64/Packages",
            "main/debug/Packages",
            "main/debug/source/Sources",
            "binary-amd64/Packages",
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
        dists/noble-updates/main/uefi/x-arm64/1/a
        ");
    }
}
