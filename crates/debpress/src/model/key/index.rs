//! The indexes of a suite by name and by path.

use debfmt::compress::Compression;
use debfmt::deb::DebKind;
use debfmt::names::{Architecture, Component};
use debfmt::pdiff;

use super::extra::{Dep11File, OvalName, machine};

#[cfg(doc)]
use super::SuiteFile;

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
    /// `main/Contents-amd64`, `main/Contents-udeb-amd64`, or `Contents-amd64` of all components.
    Contents {
        /// The component; `None`: all of them.
        component: Option<Component>,
        /// Whether it is of packages for the installer.
        udeb: bool,
        /// The architecture; `all` for the packages that fit every one.
        architecture: Architecture,
    },
    /// `main/i18n/Index`, which lists the translations for old clients. Never compressed.
    TranslationIndex(Component),
    /// `main/binary-amd64/Release` or `main/source/Release`, which says where a directory belongs. Never compressed.
    Stub(Component, Architecture),
    /// `main/dep11/Components-amd64.yml` and `main/dep11/icons-64x64.tar`, which other programs make.
    Dep11(Component, Dep11File),
    /// `main/cnf/Commands-amd64`, which other programs make: command-not-found looks commands up there.
    Commands(Component, Architecture),
    /// `main/oval/com.example.noble.oval.xml`, which other programs make.
    Oval(Component, OvalName),
    /// `main/binary-amd64/Packages.diff/Index`, which lists patches from earlier texts to the current one. Never compressed.
    Diffs(Box<IndexName>),
    /// `main/binary-amd64/Packages.diff/NAME.gz`, such a patch. The list vouches for it, and not Release.
    Patch(Box<IndexName>, PatchName),
}

/// The name of a patch between two texts of an index, without `.gz`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatchName(String);

impl PatchName {
    /// Reads a name; `None`: it could be that of something else.
    pub fn parse(text: &str) -> Option<Self> {
        pdiff::is_patch_name(text).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
    /// The directory below the suite; empty for the suite's own.
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
            Self::Contents { component, .. } => {
                component.as_ref().map_or_else(String::new, ToString::to_string)
            }
            Self::Translation(component, _) | Self::TranslationIndex(component) => {
                format!("{component}/i18n")
            }
            Self::Diffs(of) | Self::Patch(of, _) => format!("{}{DIFF}", of.path()),
            Self::Dep11(component, _) => format!("{component}/dep11"),
            Self::Commands(component, _) => format!("{component}/cnf"),
            Self::Oval(component, _) => format!("{component}/oval"),
        }
    }

    /// Whether there may be patches between its texts: those that are made of stanzas.
    pub fn is_patched(&self) -> bool {
        match self {
            Self::Packages(..) | Self::SubPackages(..) | Self::Sources(_) | Self::Translation(..) => true,
            Self::Contents { .. }
            | Self::TranslationIndex(_)
            | Self::Stub(..)
            | Self::Diffs(_)
            | Self::Patch(..)
            | Self::Dep11(..)
            | Self::Commands(..)
            | Self::Oval(..) => false,
        }
    }

    /// The component of which it is; `None`: of all of them.
    pub fn component(&self) -> Option<&Component> {
        match self {
            Self::Packages(component, _)
            | Self::SubPackages(component, ..)
            | Self::Sources(component)
            | Self::Translation(component, _)
            | Self::TranslationIndex(component)
            | Self::Stub(component, _)
            | Self::Dep11(component, _)
            | Self::Commands(component, _)
            | Self::Oval(component, _) => Some(component),
            Self::Contents { component, .. } => component.as_ref(),
            Self::Diffs(of) | Self::Patch(of, _) => of.component(),
        }
    }

    /// Whether other programs may make it. What names packages of the pool comes from the records only.
    pub fn may_be_contributed(&self) -> bool {
        match self {
            Self::Dep11(..)
            | Self::Commands(..)
            | Self::Oval(..)
            | Self::Translation(..)
            | Self::Contents { .. } => true,
            Self::Packages(..)
            | Self::SubPackages(..)
            | Self::Sources(_)
            | Self::TranslationIndex(_)
            | Self::Stub(..)
            | Self::Diffs(_)
            | Self::Patch(..) => false,
        }
    }

    /// The path below the suite, without compression suffix; Release lists it.
    pub fn path(&self) -> String {
        let name = match self {
            Self::Packages(..) | Self::SubPackages(..) => "Packages".to_owned(),
            Self::Sources(_) => "Sources".to_owned(),
            Self::Translation(_, Language(language)) => format!("{TRANSLATION}{language}"),
            Self::TranslationIndex(_) | Self::Diffs(_) => LIST.to_owned(),
            Self::Patch(_, PatchName(name)) => name.clone(),
            Self::Stub(..) => "Release".to_owned(),
            Self::Dep11(_, file) => file.name(),
            Self::Commands(_, architecture) => format!("{COMMANDS}{architecture}"),
            Self::Oval(_, name) => name.name(),
            Self::Contents { udeb, architecture, .. } => {
                format!("{CONTENTS}{}{architecture}", if *udeb { UDEB } else { "" })
            }
        };
        below(&self.directory(), &name)
    }

    /// The index and compression that a path below a suite means: the inverse of [`SuiteFile::path`] for
    /// [`SuiteFile::Index`]. `None` for anything else.
    pub fn of_path(path: &str) -> Option<(Self, Compression)> {
        let words: Vec<&str> = path.split('/').collect();
        let (file, directories) = words.split_last()?;
        let (name, compression) = Compression::of_name(file);
        if let Some(of) = path.strip_suffix(file).and_then(|it| it.strip_suffix('/')?.strip_suffix(DIFF)) {
            return Some((diff_of(of, name, compression)?, compression));
        }
        let Some((component, directories)) = directories.split_first() else {
            return Some((contents_of(None, name)?, compression));
        };
        let component = Component::parse(component).ok()?;
        let index = match (directories, name) {
            (&[directory], "Packages") => Self::Packages(component, architecture_of(directory)?),
            (&[sub, directory], "Packages") => {
                Self::SubPackages(component, SubComponent::from_name(sub)?, architecture_of(directory)?)
            }
            (&["source"], "Sources") => Self::Sources(component),
            (&[], name) => contents_of(Some(component), name)?,
            (&[directory], "Release") if compression == Compression::None => {
                let source = (directory == "source").then(Architecture::source);
                Self::Stub(component, source.or_else(|| architecture_of(directory))?)
            }
            (&["i18n"], "Index") if compression == Compression::None => Self::TranslationIndex(component),
            (&["i18n"], name) => {
                Self::Translation(component, Language::parse(name.strip_prefix(TRANSLATION)?)?)
            }
            (&["dep11"], name) => Self::Dep11(component, Dep11File::parse(name)?),
            (&["cnf"], name) => Self::Commands(component, machine(name.strip_prefix(COMMANDS)?)?),
            (&["oval"], name) => Self::Oval(component, OvalName::parse(name)?),
            _ => return None,
        };
        Some((index, compression))
    }
}

/// What belongs to patches of an index that has them.
fn diff_of(of: &str, name: &str, compression: Compression) -> Option<IndexName> {
    let (of, _) =
        IndexName::of_path(of).filter(|(of, form)| of.is_patched() && *form == Compression::None)?;
    match compression {
        Compression::None if name == LIST => Some(IndexName::Diffs(Box::new(of))),
        Compression::Gzip => Some(IndexName::Patch(Box::new(of), PatchName::parse(name)?)),
        Compression::None | Compression::Bzip2 | Compression::Xz | Compression::Lzma | Compression::Zstd => {
            None
        }
    }
}

const LIST: &str = "Index";
const DIFF: &str = ".diff";
const TRANSLATION: &str = "Translation-";
const CONTENTS: &str = "Contents-";
const COMMANDS: &str = "Commands-";
const UDEB: &str = "udeb-";

/// The lists of files that a name means: `Contents-udeb-amd64`.
fn contents_of(component: Option<Component>, name: &str) -> Option<IndexName> {
    let rest = name.strip_prefix(CONTENTS)?;
    let (udeb, name) = rest.strip_prefix(UDEB).map_or((false, rest), |name| (true, name));
    let architecture = machine(name)?;
    Some(IndexName::Contents { component, udeb, architecture })
}

/// A name in a directory of the suite.
pub(super) fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// The architecture that a directory of packages is for: `binary-amd64`.
fn architecture_of(directory: &str) -> Option<Architecture> {
    Architecture::parse(directory.strip_prefix("binary-")?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::SuiteFile;
    use super::*;

    #[test]
    fn an_index_is_found_by_its_path() {
        let main = Component::parse("main").unwrap();
        for index in [
            IndexName::Packages(main.clone(), Architecture::parse("all").unwrap()),
            IndexName::Sources(main.clone()),
            IndexName::Contents {
                component: Some(main.clone()),
                udeb: true,
                architecture: Architecture::parse("hurd-i386").unwrap(),
            },
            IndexName::Contents { component: None, udeb: false, architecture: Architecture::all() },
            IndexName::SubPackages(
                main.clone(),
                SubComponent::DebianInstaller,
                Architecture::parse("amd64").unwrap(),
            ),
            IndexName::SubPackages(main.clone(), SubComponent::Debug, Architecture::all()),
            IndexName::Translation(main.clone(), Language::parse("pt_BR").unwrap()),
            IndexName::Dep11(main.clone(), Dep11File::parse("icons-64x64@2.tar").unwrap()),
            IndexName::Commands(main.clone(), Architecture::parse("amd64").unwrap()),
            IndexName::Oval(main, OvalName::parse("com.example.oval.xml").unwrap()),
        ] {
            for compression in [Compression::None, Compression::Xz] {
                let path = SuiteFile::Index(index.clone(), compression).path();
                assert_eq!(IndexName::of_path(&path), Some((index.clone(), compression)));
            }
        }
        let main = Component::parse("main").unwrap();
        let sources = Box::new(IndexName::Sources(main.clone()));
        let patch = IndexName::Patch(sources.clone(), PatchName::parse("2026-11-24-1.0").unwrap());
        let path = SuiteFile::Index(patch.clone(), Compression::Gzip).path();
        assert_eq!(path, "main/source/Sources.diff/2026-11-24-1.0.gz");
        assert_eq!(IndexName::of_path(&path), Some((patch, Compression::Gzip)));
        for index in [
            IndexName::Diffs(sources),
            IndexName::TranslationIndex(main.clone()),
            IndexName::Stub(main.clone(), Architecture::source()),
            IndexName::Stub(main, Architecture::all()),
        ] {
            assert_eq!(IndexName::of_path(&index.path()), Some((index, Compression::None)));
        }
    }

    #[test]
    fn what_is_no_index_is_told_apart() {
        for other in [
            "Release",
            "main/i18n/Index.gz",
            "main/binary-amd64/Release.gz",
            "main/i18n/Release",
            "main/i18n/Translation-",
            "main/i18n/Translation-a.b",
            "main/x/Packages",
            "Contents-source",
            "Contents-",
            "main/Contents-a/b",
            "main/x/Contents-amd64",
            "main/x/binary-amd64/Packages",
            "main/debug/Packages",
            "main/debug/source/Sources",
            "binary-amd64/Packages",
            "../source/Sources",
            "main/source/Sources.diff",
            "main/source/Sources.diff/Index.gz",
            "main/source/Sources.diff/x",
            "main/source/Sources.diff/.x.gz",
            "main/source/Sources.gz.diff/Index",
            "main/source/Sources.diff/by-hash/SHA256/00",
            "main/Contents-amd64.diff/Index",
            ".diff/Index",
            "a/b/c/d",
        ] {
            assert_eq!(IndexName::of_path(other), None, "{other}");
        }
    }
}
