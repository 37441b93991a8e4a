//! Custom files of uploads: which types there are, how their files are named, and where what they hold goes
//! (behaviour map 4.4).
//!
//! The section of a file in the .changes says that it is custom and of which type: `raw-installer`. Everything else
//! about the type stands in one table here. Nothing in this module touches a file; [`unpack`] reads the tar archives,
//! `intake` takes them into the content store, and `queue` unpacks them there when their item is accepted.

mod fault;
mod intake;
pub mod unpack;

use debfmt::changes::ChangesFile;
use debfmt::names::{Architecture, Component, FileName, split_section};
use debfmt::version::Version;

pub(super) use intake::read_custom;

use super::reason::{CUSTOM_BAD_FILE_NAME, CUSTOM_UNKNOWN_TYPE, Reason};
use crate::model::archive::Purpose;
use crate::model::custom::{CustomDirectory, CustomType, QueuedCustom};

/// What the sections of all custom files begin with.
const RAW: &str = "raw-";
/// The component of everything whose file does not name one: clients look for it there.
const MAIN: &str = "main";
/// What the names of files that are unpacked end with.
const TAR: &str = ".tar.gz";

/// What the table says about a type.
struct Rule {
    section: &'static str,
    kind: CustomType,
    /// How its files are named, for people.
    shape: &'static str,
    /// Reads a file name, without [`TAR`] where `shape` has it.
    read: fn(&str) -> Option<Named>,
}

const RULES: [Rule; 8] = [
    Rule {
        section: "raw-installer",
        kind: CustomType::DebianInstaller,
        shape: "BASE_VERSION_ARCH.tar.gz",
        read: |name| versioned(name, |_, architecture| format!("installer-{architecture}")),
    },
    Rule {
        section: "raw-dist-upgrader",
        kind: CustomType::DistUpgrader,
        shape: "NAME_VERSION_ARCH.tar.gz",
        read: |name| {
            let named = versioned(name, |_, architecture| format!("dist-upgrader-{architecture}"))?;
            let place = named.place.map(|place| Place { contents: Contents::Versions, ..place });
            Some(Named { place, ..named })
        },
    },
    Rule {
        section: "raw-ddtp-tarball",
        kind: CustomType::DdtpTarball,
        shape: "NAME_COMPONENT_VERSION.tar.gz",
        read: descriptions,
    },
    Rule {
        section: "raw-uefi",
        kind: CustomType::Uefi,
        shape: "TYPE_VERSION_ARCH.tar.gz",
        read: |name| versioned(name, |base, architecture| format!("uefi/{base}-{architecture}")),
    },
    Rule {
        section: "raw-signing",
        kind: CustomType::Signing,
        shape: "TYPE_VERSION_ARCH.tar.gz",
        read: |name| versioned(name, |base, architecture| format!("signed/{base}-{architecture}")),
    },
    Rule {
        section: "raw-translations",
        kind: CustomType::Translations,
        shape: "PACKAGE_VERSION_ARCH_translations.tar.gz",
        read: |name| {
            let named = versioned(name.strip_suffix("_translations")?, |_, _| "translations".to_owned())?;
            Some(Named { place: None, ..named })
        },
    },
    Rule {
        section: "raw-translations-static",
        kind: CustomType::StaticTranslations,
        shape: "any name",
        read: |_| Some(Named { architecture: None, place: None }),
    },
    Rule {
        section: "raw-meta-data",
        kind: CustomType::MetaData,
        shape: "any name",
        read: |_| Some(Named { architecture: None, place: None }),
    },
];

/// What the name of a custom file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The architecture that it is for, where its type has one.
    pub architecture: Option<Architecture>,
    /// Where what it holds goes; `None`: it is kept as it is, and not published.
    pub place: Option<Place>,
}

/// Where the files of a tar archive go.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The directory below the suite.
    pub directory: CustomDirectory,
    /// What the archive may hold.
    pub contents: Contents,
}

/// What a tar archive may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// A directory with the name of this version, and everything below it.
    Version(Version),
    /// Directories with the names of versions.
    Versions,
    /// Files called `Translation-LANGUAGE`, which take the place of those of the same name.
    Translations,
}

/// A custom file of an upload that was read and found sound.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomUpload {
    /// The file.
    pub queued: QueuedCustom,
    /// What its name says.
    pub named: Named,
    /// The versions it holds; empty where its type has none.
    pub versions: Vec<String>,
}

impl CustomUpload {
    /// The component that its files go into, if they go anywhere.
    pub fn component(&self) -> Option<Component> {
        let place = self.named.place.as_ref()?;
        let first = place.directory.as_str().split('/').next()?;
        Component::parse(first).ok()
    }
}

/// Whether the .changes lists this file as a custom one, whatever its name.
pub fn is_custom(file: &ChangesFile) -> bool {
    section(file).is_some_and(|section| section.starts_with(RAW))
}

fn section(file: &ChangesFile) -> Option<String> {
    split_section(&file.section).ok().map(|(_, section)| section.into_string())
}

/// The type of a custom file of the .changes, and what its name says.
///
/// # Errors
/// There is no such type, or its files are not called so.
pub fn recognise(file: &ChangesFile) -> Result<(CustomType, Named), Reason> {
    let section = section(file).unwrap_or_default();
    let Some(rule) = RULES.iter().find(|rule| rule.section == section) else {
        let known: Vec<&str> = RULES.iter().map(|rule| rule.section).collect();
        let message =
            format!("section {section:?} is no type of custom uploads: there are {}", known.join(", "));
        return Err(Reason::of_file(CUSTOM_UNKNOWN_TYPE, &file.name, message));
    };
    let named = rule.named(&file.name).ok_or_else(|| {
        let message = format!("a file of section {section} is called {}", rule.shape);
        Reason::of_file(CUSTOM_BAD_FILE_NAME, &file.name, message)
    })?;
    Ok((rule.kind, named))
}

/// What the name of a custom file of a queue item says; `None` when a file of its type cannot have that name.
pub fn named(queued: &QueuedCustom) -> Option<Named> {
    let rule = RULES.iter().find(|rule| rule.kind == queued.kind)?;
    rule.named(&queued.file.name)
}

/// Whether a person must look at a custom file before it is accepted, whoever uploaded it: what is to be signed with
/// an archive's keys boots machines (behaviour map 5.5).
pub fn needs_person(kind: CustomType, purpose: Purpose) -> bool {
    match kind {
        CustomType::Uefi | CustomType::Signing => purpose.reviews_boot_code(),
        CustomType::DebianInstaller
        | CustomType::DistUpgrader
        | CustomType::DdtpTarball
        | CustomType::Translations
        | CustomType::StaticTranslations
        | CustomType::MetaData => false,
    }
}

impl Rule {
    fn named(&self, name: &FileName) -> Option<Named> {
        let name = name.as_str();
        let stem = if self.shape.ends_with(TAR) { name.strip_suffix(TAR)? } else { name };
        (self.read)(stem)
    }
}

/// Reads `BASE_VERSION_ARCH`, whose files lie in `directory(BASE, ARCH)`.
fn versioned(stem: &str, directory: fn(&str, &Architecture) -> String) -> Option<Named> {
    let words: Vec<&str> = stem.split('_').collect();
    let &[base, version, architecture] = words.as_slice() else { return None };
    let base = FileName::parse(base).ok()?;
    let version = Version::parse(version).ok()?;
    let architecture = Architecture::parse(architecture).ok()?;
    let directory = format!("{MAIN}/{}", directory(base.as_str(), &architecture));
    let directory = CustomDirectory::parse(&directory).ok()?;
    let place = Some(Place { directory, contents: Contents::Version(version) });
    Some(Named { architecture: Some(architecture), place })
}

/// Reads `NAME_COMPONENT_VERSION`. The version tells uploads apart and appears nowhere.
fn descriptions(stem: &str) -> Option<Named> {
    let words: Vec<&str> = stem.split('_').collect();
    let &[name, component, version] = words.as_slice() else { return None };
    FileName::parse(name).ok()?;
    Version::parse(version).ok()?;
    let component = Component::parse(component).ok()?;
    let directory = CustomDirectory::parse(&format!("{component}/i18n")).ok()?;
    Some(Named { architecture: None, place: Some(Place { directory, contents: Contents::Translations }) })
}

#[cfg(test)]
mod tests;
