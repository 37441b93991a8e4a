//! Distributions, series, pockets and suites (behaviour map 6.1).

use std::fmt;
use std::str::FromStr;

use debfmt::dsc::SourceFormat;
use debfmt::names::{Architecture, Component, DistributionName, NameError, SeriesName, SuiteName};
use serde::{Deserialize, Serialize};

use super::archive::ArchiveId;
use super::publishing::SeriesOptions;

/// The number by which the records know a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesId(pub i64);

/// A layer of a series with a purpose of its own; its suffix makes the suite's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pocket {
    /// The series itself; no suffix.
    Release,
    /// `-security`
    Security,
    /// `-updates`
    Updates,
    /// `-proposed`
    Proposed,
    /// `-backports`
    Backports,
}

impl Pocket {
    /// Every pocket, in the order of the behaviour map.
    pub const ALL: [Self; 5] =
        [Self::Release, Self::Security, Self::Updates, Self::Proposed, Self::Backports];

    /// What is appended to the series' name to name the suite.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Release => "",
            Self::Security => "-security",
            Self::Updates => "-updates",
            Self::Proposed => "-proposed",
            Self::Backports => "-backports",
        }
    }

    /// The word that records and JSON use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Security => "security",
            Self::Updates => "updates",
            Self::Proposed => "proposed",
            Self::Backports => "backports",
        }
    }
}

impl fmt::Display for Pocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pocket {
    type Err = String;

    /// Reads the word of [`Pocket::as_str`]; the error is the text itself.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|pocket| pocket.as_str() == text).ok_or_else(|| text.to_owned())
    }
}

/// Where a series stands in its life (behaviour map 6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeriesStatus {
    /// Tried out; not meant for users yet.
    Experimental,
    /// Under work: uploads go into the release pocket. Also the status of a plain archive, for ever.
    #[default]
    Development,
    /// About to be released: uploads wait for approval.
    Frozen,
    /// The newest released one: its release pocket does not change any more.
    Current,
    /// Released and still cared for.
    Supported,
    /// Released long ago; takes no uploads.
    Obsolete,
    /// Not begun.
    Future,
}

impl SeriesStatus {
    /// Every status, in the order of life; Future last.
    pub const ALL: [Self; 7] = [
        Self::Experimental,
        Self::Development,
        Self::Frozen,
        Self::Current,
        Self::Supported,
        Self::Obsolete,
        Self::Future,
    ];

    /// The word that records, JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::Development => "development",
            Self::Frozen => "frozen",
            Self::Current => "current",
            Self::Supported => "supported",
            Self::Obsolete => "obsolete",
            Self::Future => "future",
        }
    }
}

impl fmt::Display for SeriesStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SeriesStatus {
    type Err = String;

    /// Reads the word of [`SeriesStatus::as_str`]; the error says which words there are.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|status| status.as_str()).collect();
            format!("`{text}` is no status of a series: write one of {}", words.join(", "))
        })
    }
}

/// A distribution with its series, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Its name, a path segment: `debian`.
    pub name: DistributionName,
    /// Its name for people, as in `Origin` and `Description`: `Debian`.
    pub display_name: String,
    /// Whether what is uploaded to a release pocket goes to -proposed instead.
    pub redirect_uploads: bool,
    /// Its series.
    pub series: Vec<Series>,
}

/// A series of a distribution: `noble`, `bookworm`, or `stable` in a plain archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Its number.
    pub id: SeriesId,
    /// Its name.
    pub name: SeriesName,
    /// Its version for people, as in `Version` of Release: `24.04`.
    pub version: Option<String>,
    /// Its components, the most preferred first.
    pub components: Vec<Component>,
    /// Its enabled architectures, without `all` and `source`, sorted.
    pub architectures: Vec<Architecture>,
    /// Those that are disabled, sorted: their packages keep records and files, stand in no index, and no more are taken
    /// (behaviour map 6.1).
    pub disabled_architectures: Vec<Architecture>,
    /// Where it stands in its life.
    pub status: SeriesStatus,
    /// The source formats that it takes; empty: every one that is known.
    pub source_formats: Vec<SourceFormat>,
    /// The mailing list that is told what the primary archive accepts; `None`: nobody is.
    pub announce: Option<String>,
    /// The series of another distribution that this one is derived from.
    pub parent: Option<SeriesId>,
    /// Second names, such as `stable`: those of its suites are links to it.
    pub aliases: Vec<SeriesName>,
    /// What the publisher writes into its suites.
    pub options: SeriesOptions,
}

/// A distribution to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDistribution {
    /// Its name.
    pub name: DistributionName,
    /// Its name for people.
    pub display_name: String,
    /// Its series, oldest first.
    pub series: Vec<NewSeries>,
}

/// A series to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSeries {
    /// Its name.
    pub name: SeriesName,
    /// Its version for people.
    pub version: Option<String>,
    /// Its components, the most preferred first.
    pub components: Vec<Component>,
    /// Its architectures.
    pub architectures: Vec<Architecture>,
    /// Where it stands in its life.
    pub status: SeriesStatus,
    /// The series of another distribution that it is derived from.
    pub parent: Option<SeriesId>,
}

impl Series {
    /// Every architecture that it has packages of, disabled ones too.
    pub fn all_architectures(&self) -> impl Iterator<Item = &Architecture> {
        self.architectures.iter().chain(&self.disabled_architectures)
    }
}

impl Distribution {
    /// Whether it is derived from another one: any of its series has a parent.
    pub fn is_derived(&self) -> bool {
        self.series.iter().any(|series| series.parent.is_some())
    }

    /// Finds the series and pocket that a suite name means: `noble-updates` -> (`noble`, Updates).
    ///
    /// A series whose own name ends like a pocket wins over the pocket of a shorter series.
    pub fn suite(&self, name: &str) -> Option<(&Series, Pocket)> {
        let exact = self.series.iter().find(|series| series.name.as_str() == name);
        exact.map(|series| (series, Pocket::Release)).or_else(|| {
            self.series.iter().find_map(|series| {
                let suffix = name.strip_prefix(series.name.as_str())?;
                let pocket = Pocket::ALL.into_iter().find(|pocket| pocket.suffix() == suffix)?;
                Some((series, pocket))
            })
        })
    }
}

/// Which suite of which archive: the key under which publication records stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SuiteKey {
    /// The archive.
    pub archive: ArchiveId,
    /// The series.
    pub series: SeriesId,
    /// The pocket.
    pub pocket: Pocket,
}

/// A suite's name: series plus pocket suffix.
///
/// # Errors
/// The joined name is too long; series are recorded only when all their suites have names.
pub fn suite_name(series: &SeriesName, pocket: Pocket) -> Result<SuiteName, NameError> {
    SuiteName::parse(&format!("{series}{}", pocket.suffix()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debian() -> Distribution {
        let series = |id, name: &str| Series {
            id: SeriesId(id),
            name: SeriesName::parse(name).unwrap(),
            version: None,
            components: vec![],
            architectures: vec![],
            disabled_architectures: vec![],
            status: SeriesStatus::Development,
            source_formats: vec![],
            announce: None,
            parent: None,
            aliases: vec![],
            options: SeriesOptions::default(),
        };
        Distribution {
            name: DistributionName::parse("debian").unwrap(),
            display_name: "Debian".into(),
            redirect_uploads: false,
            series: vec![series(1, "noble"), series(2, "noble-updates-next"), series(3, "stable")],
        }
    }

    #[test]
    fn suite_names_are_found_by_series_and_pocket() {
        let debian = debian();
        let found = |name: &str| debian.suite(name).map(|(series, pocket)| (series.id.0, pocket));
        assert_eq!(found("noble"), Some((1, Pocket::Release)));
        assert_eq!(found("noble-security"), Some((1, Pocket::Security)));
        assert_eq!(found("noble-updates-next"), Some((2, Pocket::Release)));
        assert_eq!(found("stable-backports"), Some((3, Pocket::Backports)));
        assert_eq!(found("stable-lts"), None);
        assert_eq!(found("sid"), None);
    }
}
