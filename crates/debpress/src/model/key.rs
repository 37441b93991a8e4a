//! Every path that is ever written below an archive root is a variant here.
//!
//! A new kind of file cannot be forgotten anywhere: modes, retention and clean-up are decided by matching on
//! these types, and no other module joins path segments.

mod extra;
mod index;

use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use debfmt::names::{Component, FileName, SourceName, SuiteName};

pub use extra::{Dep11File, IconSize, OvalName};
pub use index::{IndexName, Language, PatchName, SubComponent};

use self::index::below;
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
    /// A Release file by its hash: `by-hash/SHA256/HASH` beside it.
    ReleaseByHash(Sha256),
    /// A file of a custom upload: `main/installer-amd64` and `20230607/images/MANIFEST`.
    Custom(CustomDirectory, SafePath),
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
            Self::ReleaseByHash(sha256) => by_hash_path("", sha256),
            Self::Custom(directory, path) => format!("{directory}/{path}"),
        }
    }
}

impl SuiteFile {
    /// The files that make everything else mean something.
    pub const RELEASES: [Self; 3] = [Self::Release, Self::InRelease, Self::ReleaseGpg];

    /// The name under which a recorded index file stays for clients with an earlier Release: its hash. A patch stays under
    /// its own, which apt asks for and no other patch has. `path`: its plain name below the suite. `None`: it is the
    /// name of no index and no Release file.
    pub fn lasting(path: &str, sha256: Sha256) -> Option<Self> {
        if Self::RELEASES.iter().any(|release| release.path() == path) {
            return Some(Self::ReleaseByHash(sha256));
        }
        let (index, form) = IndexName::of_path(path)?;
        let is_patch = matches!(index, IndexName::Patch(..));
        Some(if is_patch { Self::Index(index, form) } else { Self::ByHash(index, sha256) })
    }
}

/// The by-hash path of a file in `directory` (below the suite).
pub fn by_hash_path(directory: &str, sha256: &Sha256) -> String {
    below(directory, &format!("by-hash/SHA256/{sha256}"))
}

/// A file of the pool. Nothing else below an archive's root is ever removed by its own name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolFile {
    /// Component.
    pub component: Component,
    /// Source name; it names the directory for sources and binaries alike.
    pub source: SourceName,
    /// File name.
    pub file: FileName,
}

impl PoolFile {
    /// The path below the archive's root.
    pub fn path(&self) -> String {
        format!("{}/{}", pool_directory(&self.component, &self.source), self.file)
    }
}

/// A file or directory below an archive's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TreeKey {
    /// `pool/main/h/hello/hello_1.0_all.deb`; immutable once written.
    Pool(PoolFile),
    /// A file of the suite that clients see.
    Live(SuiteName, SuiteFile),
    /// A file of the suite that is being prepared; clients do not see it.
    Staged(SuiteName, SuiteFile),
    /// `ann-tools.asc`: the public key of an archive that has one of its own, by [`ArchiveRef::public_key_file`].
    PublicKey(ArchiveRef),
    /// `ls-lR.gz`: every file of the archive.
    FileList,
    /// `indices/md5sums.gz`: the MD5 sums of packages and indexes.
    Md5Sums,
    /// `indices/override.noble.main.gz`, `.main.src.gz` or `.main.debian-installer.gz`: where packages belong.
    Overrides(SuiteName, Component, OverrideKind),
    /// The directory of the suite that clients see: `dists/noble`.
    LiveSuite(SuiteName),
    /// The directory of the suite that is being prepared: `.staged/noble`.
    StagedSuite(SuiteName),
    /// The directory of the suite as it was before: `.previous/noble`.
    PreviousSuite(SuiteName),
}

/// The packages that a list of overrides is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideKind {
    /// Binary packages.
    Binary,
    /// Source packages.
    Source,
    /// Packages for the installer.
    Installer,
}

impl OverrideKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Binary, Self::Source, Self::Installer];

    fn suffix(self) -> &'static str {
        match self {
            Self::Binary => "",
            Self::Source => ".src",
            Self::Installer => ".debian-installer",
        }
    }
}

/// Where lists of an archive are that are of no suite.
pub const INDICES: &str = "indices";
/// `ls-lR.gz`, what it is called.
pub const FILE_LIST: &str = "ls-lR.gz";
/// `pool/` of every archive.
pub const POOL: &str = "pool";
/// What clients see.
pub const DISTS: &str = "dists";
/// Where suites are prepared: beside `dists`, so that one rename exchanges them, and with a leading dot, so that
/// web servers and mirrors leave it alone.
pub const STAGED: &str = ".staged";
/// Where a suite that was replaced stays for readers that have it open; beside `dists` and hidden for the same reasons.
pub const PREVIOUS: &str = ".previous";
/// Where `dists` of an archive goes that is deleted, in one step.
pub const WITHDRAWN: &str = ".withdrawn";

/// A directory below an archive's root that goes as a whole when the archive is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootPart {
    /// What clients saw.
    Withdrawn,
    /// What they saw before that.
    Previous,
    /// What was being prepared.
    Staged,
    /// The pool.
    Pool,
    /// Lists of what is in it.
    Indices,
    /// The list of all its files.
    FileList,
}

impl RootPart {
    /// In the order in which they go.
    pub const ALL: [Self; 6] =
        [Self::Withdrawn, Self::Previous, Self::Staged, Self::Pool, Self::Indices, Self::FileList];

    /// The path below the archive's root.
    pub fn path(self) -> &'static str {
        match self {
            Self::Withdrawn => WITHDRAWN,
            Self::Previous => PREVIOUS,
            Self::Staged => STAGED,
            Self::Pool => POOL,
            Self::Indices => INDICES,
            Self::FileList => FILE_LIST,
        }
    }
}

impl TreeKey {
    /// The path below the archive's root.
    pub fn path(&self) -> String {
        match self {
            Self::Pool(file) => file.path(),
            Self::Live(suite, file) => format!("{DISTS}/{suite}/{}", file.path()),
            Self::Staged(suite, file) => format!("{STAGED}/{suite}/{}", file.path()),
            Self::PublicKey(archive) => archive.public_key_file(),
            Self::FileList => FILE_LIST.to_owned(),
            Self::Md5Sums => format!("{INDICES}/md5sums.gz"),
            Self::Overrides(suite, component, kind) => {
                format!("{INDICES}/override.{suite}.{component}{}.gz", kind.suffix())
            }
            Self::LiveSuite(suite) => format!("{DISTS}/{suite}"),
            Self::StagedSuite(suite) => format!("{STAGED}/{suite}"),
            Self::PreviousSuite(suite) => format!("{PREVIOUS}/{suite}"),
        }
    }
}

/// The pool directory of a source in a component, as `Directory` and `Filename` name it.
pub fn pool_directory(component: &Component, source: &SourceName) -> String {
    format!("{POOL}/{component}/{}/{source}", source.pool_prefix())
}

#[cfg(test)]
mod tests {
    use debfmt::names::Architecture;

    use super::*;

    #[test]
    fn keys_have_the_paths_that_apt_expects() {
        let main = Component::parse("main").unwrap();
        let noble = SuiteName::parse("noble-updates").unwrap();
        let amd64 = Architecture::parse("amd64").unwrap();
        let packages = IndexName::Packages(main.clone(), amd64);
        let pool = |source: &str, file: &str| {
            let (source, file) = (SourceName::parse(source).unwrap(), FileName::parse(file).unwrap());
            TreeKey::Pool(PoolFile { component: main.clone(), source, file })
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
            TreeKey::Live(noble.clone(), SuiteFile::ReleaseByHash(Sha256::from_bytes([0xcd; 32]))),
            TreeKey::StagedSuite(noble.clone()),
            TreeKey::PreviousSuite(noble.clone()),
            TreeKey::PublicKey("~ann/debian/tools".parse().unwrap()),
            TreeKey::FileList,
            TreeKey::Overrides(noble.clone(), main.clone(), OverrideKind::Source),
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
        dists/noble-updates/by-hash/SHA256/cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
        .staged/noble-updates
        .previous/noble-updates
        ann-tools.asc
        ls-lR.gz
        indices/override.noble-updates.main.src.gz
        dists/noble-updates/main/uefi/x-arm64/1/a
        ");
    }
}
