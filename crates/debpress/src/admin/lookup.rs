//! From the names that people write to what the records know.

use debfmt::names::{DistributionName, SeriesName, SuiteName};

use crate::model::archive::{Archive, ArchiveId, ArchiveRef, Deletion};
use crate::model::permission::Scope;
use crate::model::suite::{Distribution, Pocket, Series, SeriesId, SuiteKey, suite_name};
use crate::ports::db::{RecordsError, SiteRecords};

/// Why a name means nothing; what there is stands in the message.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The records failed.
    #[error("cannot look up what the site has")]
    Records(#[from] RecordsError),
    /// There is no such distribution.
    #[error("there is no distribution `{name}`; the site has {}", list(.known))]
    NoDistribution {
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No distribution was named, and there is not exactly one.
    #[error("name the distribution with -d; the site has {}", list(.known))]
    WhichDistribution {
        /// Those that there are.
        known: Vec<String>,
    },
    /// No archive was named, and there is not exactly one distribution.
    #[error("name the archive with --archive; the site has {}", list(.known))]
    WhichArchive {
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is no such archive.
    #[error("there is no archive `{name}`; the site has {}", list(.known))]
    NoArchive {
        /// The reference asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The archive has no such suite.
    #[error(
        "there is no suite `{name}` in {archive}; its series are {}, each also with -security, -updates, -proposed and -backports",
        list(.known)
    )]
    NoSuite {
        /// The name asked for.
        name: String,
        /// The archive.
        archive: String,
        /// The series that there are.
        known: Vec<String>,
    },
    /// There is no such series.
    #[error("there is no series `{name}`; the site has {}", list(.known))]
    NoSeries {
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Several distributions have a series of that name.
    #[error("several distributions have a series `{name}`: say which, of {}", list(.known))]
    WhichSeries {
        /// The name asked for.
        name: String,
        /// The distributions that have one.
        known: Vec<String>,
    },
}

pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A suite that was found by its name.
#[derive(Clone, Debug)]
pub struct FoundSuite {
    /// Its key.
    pub key: SuiteKey,
    /// Its name.
    pub name: String,
    /// Its series.
    pub series: Series,
}

/// The archives and distributions of a site, read once.
#[derive(Clone, Debug)]
pub struct Names {
    archives: Vec<Archive>,
    distributions: Vec<Distribution>,
}

/// The suites of a series that may change in an archive.
pub(super) fn open_suites<'a>(archive: &Archive, series: &'a Series) -> impl Iterator<Item = SuiteKey> + 'a {
    let (archive, purpose) = (archive.id, archive.reference.purpose());
    let pockets = purpose.pockets().iter();
    let open = pockets.filter(move |pocket| purpose.may_change(series.status, **pocket));
    open.map(move |pocket| SuiteKey { archive, series: series.id, pocket: *pocket })
}

impl Names {
    /// Reads them.
    ///
    /// # Errors
    /// The database fails.
    pub fn read(records: &(impl SiteRecords + ?Sized)) -> Result<Self, LookupError> {
        Ok(Self { archives: records.archives()?, distributions: records.distributions()? })
    }

    /// Every archive, by reference text.
    pub fn archives(&self) -> &[Archive] {
        &self.archives
    }

    /// Every distribution, by name.
    pub fn distributions(&self) -> &[Distribution] {
        &self.distributions
    }

    /// Who has deleted an archive, when and why; `None`: nobody has.
    pub fn deletion(&self, archive: ArchiveId) -> Option<&Deletion> {
        self.archives.iter().find(|known| known.id == archive)?.deletion.as_ref()
    }

    /// The distribution whose series an archive serves.
    pub fn distribution_of(&self, archive: &ArchiveRef) -> Option<&Distribution> {
        self.distributions.iter().find(|distribution| distribution.name == *archive.distribution())
    }

    /// The suites of an archive that may change.
    pub fn open_suites_of(&self, archive: &Archive) -> Vec<SuiteKey> {
        let series = self.distribution_of(&archive.reference).map_or(&[][..], |it| &it.series);
        series.iter().flat_map(|series| open_suites(archive, series)).collect()
    }

    /// The series of that name, of the distribution if one is given, else the only one of all.
    ///
    /// # Errors
    /// [`LookupError::NoSeries`], [`LookupError::WhichSeries`].
    pub fn series(
        &self,
        distribution: Option<&DistributionName>,
        name: &SeriesName,
    ) -> Result<&Series, LookupError> {
        let asked: Vec<&Distribution> = self
            .distributions
            .iter()
            .filter(|d| distribution.is_none_or(|wanted| d.name == *wanted))
            .collect();
        let mut found = Vec::new();
        for distribution in &asked {
            let of_that_name = distribution.series.iter().filter(|series| series.name == *name);
            found.extend(of_that_name.map(|series| (distribution.name.to_string(), series)));
        }
        match found.as_slice() {
            [(_, only)] => Ok(only),
            [] => Err(LookupError::NoSeries {
                name: name.to_string(),
                known: asked.iter().flat_map(|d| &d.series).map(|series| series.name.to_string()).collect(),
            }),
            several => Err(LookupError::WhichSeries {
                name: name.to_string(),
                known: several.iter().map(|(distribution, _)| distribution.clone()).collect(),
            }),
        }
    }

    /// The named distribution, or the only one.
    ///
    /// # Errors
    /// [`LookupError::NoDistribution`], [`LookupError::WhichDistribution`].
    pub fn distribution(&self, name: Option<&DistributionName>) -> Result<&Distribution, LookupError> {
        let known = || self.distributions.iter().map(|d| d.name.to_string()).collect();
        match (name, self.distributions.as_slice()) {
            (Some(name), all) => all
                .iter()
                .find(|distribution| distribution.name == *name)
                .ok_or_else(|| LookupError::NoDistribution { name: name.to_string(), known: known() }),
            (None, [only]) => Ok(only),
            (None, _) => Err(LookupError::WhichDistribution { known: known() }),
        }
    }

    /// The named archive, or the primary archive of the only distribution.
    ///
    /// # Errors
    /// [`LookupError::NoArchive`], [`LookupError::WhichArchive`].
    pub fn archive(&self, reference: Option<&ArchiveRef>) -> Result<&Archive, LookupError> {
        let known = || self.archives.iter().map(|archive| archive.reference.to_string()).collect();
        let reference = match (reference, self.distributions.as_slice()) {
            (Some(reference), _) => reference.clone(),
            (None, [only]) => ArchiveRef::Primary(only.name.clone()),
            (None, _) => return Err(LookupError::WhichArchive { known: known() }),
        };
        self.archives
            .iter()
            .find(|archive| archive.reference == reference)
            .ok_or_else(|| LookupError::NoArchive { name: reference.to_string(), known: known() })
    }

    /// The suite of an archive that a name means.
    ///
    /// # Errors
    /// [`LookupError::NoSuite`].
    pub fn suite(&self, archive: &Archive, name: &SuiteName) -> Result<FoundSuite, LookupError> {
        let distribution = self.distribution_of(&archive.reference);
        let found = distribution.and_then(|distribution| distribution.suite(name.as_str()));
        match found {
            Some((series, pocket)) => Ok(FoundSuite {
                key: SuiteKey { archive: archive.id, series: series.id, pocket },
                name: name.to_string(),
                series: series.clone(),
            }),
            None => Err(LookupError::NoSuite {
                name: name.to_string(),
                archive: archive.reference.to_string(),
                known: distribution
                    .map(|d| d.series.iter().map(|series| series.name.to_string()).collect())
                    .unwrap_or_default(),
            }),
        }
    }

    /// Every suite that an archive can have.
    pub fn suites(&self, archive: &Archive) -> Vec<FoundSuite> {
        let distribution = self.distribution_of(&archive.reference);
        let series = distribution.map(|d| d.series.as_slice()).unwrap_or_default();
        let suite = |series: &Series, pocket| FoundSuite {
            key: SuiteKey { archive: archive.id, series: series.id, pocket },
            name: series_and_pocket(series, pocket),
            series: series.clone(),
        };
        series.iter().flat_map(|series| Pocket::ALL.map(|pocket| suite(series, pocket))).collect()
    }

    /// How people name a suite: `stable`, or its numbers when the records know it no more.
    pub fn suite_name(&self, key: SuiteKey) -> String {
        let series = self.distributions.iter().flat_map(|d| &d.series).find(|series| series.id == key.series);
        series.map_or_else(
            || format!("series {}", key.series.0),
            |series| series_and_pocket(series, key.pocket),
        )
    }

    /// What a permission reaches, for people: `everything`, `hello in main of debian`.
    pub fn scope(&self, scope: &Scope) -> String {
        let set = scope.package_set.as_ref().map(|set| format!("package set {set}"));
        let what = scope.package.as_ref().map(ToString::to_string).or(set);
        let mut words = vec![what.unwrap_or_else(|| "everything".to_owned())];
        if scope.explicit {
            words.push("(explicit)".to_owned());
        }
        words.extend(scope.component.as_ref().map(|component| format!("in {component}")));
        words.extend(scope.archive.map(|archive| format!("of {}", self.archive_by_id(archive))));
        words.extend(scope.series.map(|series| format!("for {}", self.series_by_id(series))));
        words.extend(scope.pocket.map(|pocket| format!("in pocket {pocket}")));
        words.join(" ")
    }

    /// How people name the archive of that number.
    pub fn archive_by_id(&self, id: ArchiveId) -> String {
        let archive = self.archives.iter().find(|archive| archive.id == id);
        archive.map_or_else(|| format!("archive {}", id.0), |archive| archive.reference.to_string())
    }

    /// How people name the series of that number.
    pub fn series_by_id(&self, id: SeriesId) -> String {
        let series = self.distributions.iter().flat_map(|d| &d.series).find(|series| series.id == id);
        series.map_or_else(|| format!("series {}", id.0), |series| series.name.to_string())
    }

    /// How people name an archive.
    pub fn archive_name(&self, key: SuiteKey) -> String {
        self.archive_by_id(key.archive)
    }
}

fn series_and_pocket(series: &Series, pocket: Pocket) -> String {
    // Series are recorded only when all their suites have names.
    suite_name(&series.name, pocket)
        .map_or_else(|_| format!("{}{}", series.name, pocket.suffix()), |name| name.to_string())
}
