//! Archives: which kinds there are, how they are named, and where each keeps its files.
//!
//! Every rule that differs by purpose is a method of [`Purpose`] or [`ArchiveRef`] in this file, so that no
//! other code compares purposes.

use std::fmt;
use std::str::FromStr;

use debfmt::names::{DistributionName, OwnerName};
use serde::{Deserialize, Serialize};

use super::signing::{KeyNames, KeyPath};
use super::suite::{Pocket, SeriesStatus};
use super::time::Timestamp;

/// The number by which the records know an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArchiveId(pub i64);

/// What an archive is for (behaviour map 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The distribution's own archive.
    Primary,
    /// Packages of partners, beside the primary archive.
    Partner,
    /// Debug symbols, beside the primary archive.
    Debug,
    /// A named copy of an archive, for rebuild tests.
    Copy,
    /// A personal package archive.
    Ppa,
}

impl Purpose {
    /// Every purpose, in the order in which archives are listed.
    pub const ALL: [Self; 5] = [Self::Primary, Self::Partner, Self::Debug, Self::Copy, Self::Ppa];

    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Partner => "partner",
            Self::Debug => "debug",
            Self::Copy => "copy",
            Self::Ppa => "ppa",
        }
    }

    /// Whether a name that this archive has never had waits in the queue as New for a person
    /// (behaviour map 5.5: outside the main archives nothing waits).
    pub fn reviews_new_names(self) -> bool {
        match self {
            Self::Primary | Self::Partner => true,
            Self::Debug | Self::Copy | Self::Ppa => false,
        }
    }

    /// Whether a person looks at boot loaders and kernel modules before they are accepted (behaviour map 5.5): what
    /// the keys of these archives sign starts on every machine.
    pub fn reviews_boot_code(self) -> bool {
        self != Self::Ppa
    }

    /// Whether the suite of a series may change (behaviour map 3.3): a released series keeps its release pocket for
    /// ever, and there is nothing to update before it is released. A frozen series is between the two, and takes all.
    pub fn may_change(self, status: SeriesStatus, pocket: Pocket) -> bool {
        match self {
            Self::Partner | Self::Debug | Self::Copy | Self::Ppa => true,
            Self::Primary => match (status, pocket) {
                (SeriesStatus::Frozen, _) => true,
                (SeriesStatus::Experimental | SeriesStatus::Development, Pocket::Release) => true,
                (_, Pocket::Release) | (SeriesStatus::Obsolete, _) => false,
                (SeriesStatus::Current | SeriesStatus::Supported, _) => true,
                (SeriesStatus::Experimental | SeriesStatus::Development | SeriesStatus::Future, pocket) => {
                    matches!(pocket, Pocket::Proposed | Pocket::Backports)
                }
            },
        }
    }

    /// The pockets that the archive has (behaviour map 5.6).
    pub fn pockets(self) -> &'static [Pocket] {
        match self {
            Self::Primary | Self::Debug | Self::Copy => &Pocket::ALL,
            Self::Partner => &[Pocket::Release, Pocket::Proposed],
            Self::Ppa => &[Pocket::Release],
        }
    }

    /// Whether all packages are placed in one component, the series' most preferred one (behaviour map 4.3).
    pub fn has_one_component(self) -> bool {
        self == Self::Ppa
    }

    /// Whether a version must not go back (behaviour map 5.4 J): copies are made to build older ones again.
    pub fn versions_only_grow(self) -> bool {
        self != Self::Copy
    }

    /// Whether the hooks of the distribution run when it is published: those of the distribution's own archives do.
    pub fn has_hooks(self) -> bool {
        match self {
            Self::Primary | Self::Partner | Self::Debug => true,
            Self::Copy | Self::Ppa => false,
        }
    }

    /// Whether extra override files of the site, and options of the series that name fields of packages, hold for its
    /// packages (behaviour map 3.7).
    pub fn has_extra_overrides(self) -> bool {
        match self {
            Self::Primary | Self::Copy => true,
            Self::Partner | Self::Debug | Self::Ppa => false,
        }
    }

    /// Whether a publication can be written into another place, to be looked at (behaviour map 3.1, `--distsroot`).
    pub fn can_be_looked_at(self) -> bool {
        match self {
            Self::Primary | Self::Partner => true,
            Self::Debug | Self::Copy | Self::Ppa => false,
        }
    }

    /// Whether an archive of the kind can be deleted (behaviour map 3.14): those that a distribution is made of cannot.
    pub fn can_be_deleted(self) -> bool {
        match self {
            Self::Copy | Self::Ppa => true,
            Self::Primary | Self::Partner | Self::Debug => false,
        }
    }

    /// Whether source packages may be uploaded; into a copy they are copied.
    pub fn takes_sources(self) -> bool {
        self != Self::Copy
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How people name an archive: `DISTRO`, `DISTRO/partner`, `DISTRO/debug`, `DISTRO/COPYNAME`, `~OWNER/DISTRO/PPA`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArchiveRef {
    /// `DISTRO`
    Primary(DistributionName),
    /// `DISTRO/partner`
    Partner(DistributionName),
    /// `DISTRO/debug`
    Debug(DistributionName),
    /// `DISTRO/COPYNAME`
    Copy(DistributionName, OwnerName),
    /// `~OWNER/DISTRO/PPA`
    Ppa {
        /// Person or team that owns the archive.
        owner: OwnerName,
        /// Distribution whose series it serves.
        distribution: DistributionName,
        /// Name of the archive below its owner.
        name: OwnerName,
    },
}

/// A text that is no archive reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no archive reference: write DISTRO, DISTRO/partner, DISTRO/debug, DISTRO/COPYNAME or ~OWNER/DISTRO/PPA"
)]
pub struct ArchiveRefError {
    /// The text as given.
    pub text: String,
}

impl ArchiveRef {
    /// The archive's purpose.
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Primary(_) => Purpose::Primary,
            Self::Partner(_) => Purpose::Partner,
            Self::Debug(_) => Purpose::Debug,
            Self::Copy(..) => Purpose::Copy,
            Self::Ppa { .. } => Purpose::Ppa,
        }
    }

    /// The distribution whose series the archive serves.
    pub fn distribution(&self) -> &DistributionName {
        match self {
            Self::Primary(distribution)
            | Self::Partner(distribution)
            | Self::Debug(distribution)
            | Self::Copy(distribution, _)
            | Self::Ppa { distribution, .. } => distribution,
        }
    }

    /// The person or team whose own it is; `None` for the archives of the distribution.
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::Ppa { owner, .. } => Some(owner.as_str()),
            Self::Primary(_) | Self::Partner(_) | Self::Debug(_) | Self::Copy(..) => None,
        }
    }

    /// The archive whose upstream tarballs need not be uploaded to this one again (behaviour map 5.4, 55): to a personal
    /// archive, those of its distribution.
    pub fn shares_upstream_of(&self) -> Option<Self> {
        match self.purpose() {
            Purpose::Ppa => Some(Self::Primary(self.distribution().clone())),
            Purpose::Primary | Purpose::Partner | Purpose::Debug | Purpose::Copy => None,
        }
    }

    /// Where uploads for the archive arrive, relative to the site, when their senders name it by the directory.
    pub fn incoming(&self) -> String {
        format!("incoming/{self}")
    }

    /// `Origin` and `Label` of an archive that is given none, in a distribution that people call `display_name`: those
    /// of the distribution, but a personal archive says that it is one, so that nobody pins it by mistake.
    pub fn default_origin_and_label(&self, display_name: &str) -> (String, String) {
        match self {
            Self::Primary(_) | Self::Copy(..) => (display_name.to_owned(), display_name.to_owned()),
            Self::Partner(_) => (display_name.to_owned(), format!("{display_name} partner")),
            Self::Debug(_) => (display_name.to_owned(), format!("{display_name} debug symbols")),
            Self::Ppa { owner, name, .. } => (format!("PPA-{owner}-{name}"), format!("{name} of {owner}")),
        }
    }

    /// The file of a signing key that is this archive's alone.
    pub fn own_key(&self) -> KeyPath {
        KeyPath::of(&self.root())
    }

    /// The file of the signing key of an archive that must not be signed with the site's, because other people decide
    /// what is in it: all personal archives of an owner share one (behaviour map 3.10).
    pub fn owners_key(&self) -> Option<KeyPath> {
        self.owner().map(|owner| KeyPath::of(&format!("ppa-owner/{owner}")))
    }

    /// The name of the file in the archive's root from which users take its public key, where it has one of its own.
    pub fn public_key_file(&self) -> String {
        let name = match self {
            Self::Primary(d) => d.to_string(),
            Self::Partner(d) => format!("{d}-partner"),
            Self::Debug(d) => format!("{d}-debug"),
            Self::Copy(d, name) => format!("{d}-{name}"),
            Self::Ppa { owner, name, .. } => format!("{owner}-{name}"),
        };
        format!("{name}.asc")
    }

    /// Where the archive keeps `pool/` and `dists/`, relative to the site (design section 5), if it is not private.
    pub fn root(&self) -> String {
        match self {
            Self::Primary(d) => format!("archives/{d}"),
            Self::Partner(d) => format!("archives/{d}-partner"),
            Self::Debug(d) => format!("archives/{d}-debug"),
            Self::Copy(d, name) => format!("archives/{d}-{name}/{d}"),
            Self::Ppa { owner, distribution, name } => format!("ppa/{owner}/{name}/{distribution}"),
        }
    }

    /// The name by which a deleted archive is known, so that its own may be used again: `~ann/debian/tools-deleted`, then
    /// `-deleted2`. `None`: it cannot be deleted, or there is no such name.
    pub fn when_deleted(&self, number: usize) -> Option<Self> {
        let suffix = if number < 2 { "-deleted".to_owned() } else { format!("-deleted{number}") };
        // Room for the suffix in the longest name.
        let renamed = |name: &OwnerName| {
            let short: String = name.as_str().chars().take(80).collect();
            OwnerName::parse(&format!("{short}{suffix}")).ok()
        };
        match self {
            Self::Primary(_) | Self::Partner(_) | Self::Debug(_) => None,
            Self::Copy(distribution, name) => Some(Self::Copy(distribution.clone(), renamed(name)?)),
            Self::Ppa { owner, distribution, name } => Some(Self::Ppa {
                owner: owner.clone(),
                distribution: distribution.clone(),
                name: renamed(name)?,
            }),
        }
    }

    /// Whether both would have the same root, or one of them lies in the other's: `acme/debug`, and the primary archive
    /// of a distribution `acme-debug`. Neither could tell which files are its own.
    pub fn shares_root_with(&self, other: &Self) -> bool {
        let (one, other) = (format!("{}/", self.root()), format!("{}/", other.root()));
        one.starts_with(&other) || other.starts_with(&one)
    }
}

impl fmt::Display for ArchiveRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primary(d) => write!(f, "{d}"),
            Self::Partner(d) => write!(f, "{d}/partner"),
            Self::Debug(d) => write!(f, "{d}/debug"),
            Self::Copy(d, name) => write!(f, "{d}/{name}"),
            Self::Ppa { owner, distribution, name } => write!(f, "~{owner}/{distribution}/{name}"),
        }
    }
}

impl FromStr for ArchiveRef {
    type Err = ArchiveRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ArchiveRefError { text: text.to_owned() };
        let distribution = |word: &str| DistributionName::parse(word).map_err(|_| wrong());
        let name = |word: &str| OwnerName::parse(word).map_err(|_| wrong());
        let words: Vec<&str> = text.split('/').collect();
        match words.as_slice() {
            [owner, d, ppa] => Ok(Self::Ppa {
                owner: name(owner.strip_prefix('~').ok_or_else(wrong)?)?,
                distribution: distribution(d)?,
                name: name(ppa)?,
            }),
            [d, "partner"] => Ok(Self::Partner(distribution(d)?)),
            [d, "debug"] => Ok(Self::Debug(distribution(d)?)),
            [d, copy] => Ok(Self::Copy(distribution(d)?, name(copy)?)),
            [d] => Ok(Self::Primary(distribution(d)?)),
            _ => Err(wrong()),
        }
    }
}

/// An archive as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its number.
    pub id: ArchiveId,
    /// Its name, which also tells purpose, distribution and root.
    pub reference: ArchiveRef,
    /// `Origin` of its Release files.
    pub origin: String,
    /// `Label` of its Release files.
    pub label: String,
    /// Whether it takes uploads.
    pub enabled: bool,
    /// How many bytes its packages may have together; `None`: no bound.
    pub size_limit: Option<u64>,
    /// Whether it takes uploads for obsolete series as well.
    pub obsolete_uploads: bool,
    /// Whether it is published. One that is not keeps what clients see, and what is accepted waits.
    pub published: bool,
    /// Whether it is for those who may see it only, below a root of its own; for personal archives.
    pub private: bool,
    /// The keys that sign it; none: those of the site, and for a personal archive one that is made when it is needed.
    pub signing_keys: KeyNames,
    /// What is kept beside `pool/` and `dists/`.
    pub lists: ArchiveLists,
    /// That it is being deleted, or was; `None`: it lives.
    pub deletion: Option<Deletion>,
}

/// Lists of what an archive has, for mirrors and for people, beside `pool/` and `dists/` (behaviour map 2.7, 3.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArchiveLists {
    /// `ls-lR.gz`: every file with its size and time.
    pub ls_lr: bool,
    /// `indices/`: MD5 sums of packages and indexes, and the sections and priorities of packages.
    pub indices: bool,
}

/// The end of an archive (behaviour map 3.14). Its records stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Whether its files are gone; until then its name is taken.
    pub done: bool,
    /// Since when nobody sees it and nothing is taken for it.
    pub at: Timestamp,
    /// Who has deleted it.
    pub who: String,
    /// Why.
    pub reason: String,
}

impl Archive {
    /// Whether its deletion has begun and is not finished.
    pub fn is_being_deleted(&self) -> bool {
        self.deletion.as_ref().is_some_and(|deletion| !deletion.done)
    }

    /// Where the archive keeps `pool/` and `dists/`, relative to the site.
    pub fn root(&self) -> String {
        match self.private {
            true => format!("private-{}", self.reference.root()),
            false => self.reference.root(),
        }
    }
}

/// An archive to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewArchive {
    /// Its name.
    pub reference: ArchiveRef,
    /// `Origin` of its Release files.
    pub origin: String,
    /// `Label` of its Release files.
    pub label: String,
    /// How many bytes its packages may have together; `None`: no bound.
    pub size_limit: Option<u64>,
    /// Whether it is for those who may see it only.
    pub private: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_changes_in_its_time_only() {
        let mut lines = Vec::new();
        for status in SeriesStatus::ALL {
            let open = Pocket::ALL.into_iter().filter(|pocket| Purpose::Primary.may_change(status, *pocket));
            let open: Vec<&str> = open.map(Pocket::as_str).collect();
            lines.push(format!("{status}: {}", open.join(" ")));
        }
        insta::assert_snapshot!(lines.join("\n"), @r"
        experimental: release proposed backports
        development: release proposed backports
        frozen: release security updates proposed backports
        current: security updates proposed backports
        supported: security updates proposed backports
        obsolete: 
        future: proposed backports
        ");
        assert!(Purpose::Ppa.may_change(SeriesStatus::Obsolete, Pocket::Release));
    }

    #[test]
    fn references_are_read_back_as_written() {
        for text in ["debian", "debian/partner", "debian/debug", "debian/rebuild", "~ann/debian/tools"] {
            let reference: ArchiveRef = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn references_cannot_leave_the_site() {
        for text in
            ["", "..", "debian/..", "~../debian/x", "ann/debian/x", "~ann/debian/x/y", "/debian", "a b"]
        {
            assert!(text.parse::<ArchiveRef>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_archive_has_its_own_root() {
        let texts = ["debian", "debian/partner", "debian/debug", "debian/rebuild", "~ann/debian/tools"];
        let roots: Vec<String> =
            texts.iter().map(|text| text.parse::<ArchiveRef>().unwrap().root()).collect();
        insta::assert_snapshot!(roots.join("\n"), @r"
        archives/debian
        archives/debian-partner
        archives/debian-debug
        archives/debian-rebuild/debian
        ppa/ann/tools/debian
        ");
    }
}
