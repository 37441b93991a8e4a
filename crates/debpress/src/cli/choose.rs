//! Options that several commands share: which archives, and how long to wait for the lock.

use std::time::Duration;

use clap::{Args, ValueEnum};
use debfmt::names::{DistributionName, SeriesName, SuiteName};

use super::error::CliError;
use crate::admin::lookup::{LookupError, Names};
use crate::config::{DurationError, Seconds};
use crate::lock::Wait;
use crate::model::archive::{Archive, ArchiveRef, Purpose};
use crate::model::suite::{Distribution, Series, SuiteKey};
use crate::publish::Selection;

/// Waiting for another publisher.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct WaitArgs {
    /// Wait for another publisher to end, at most DURATION (such as 90s, 15m, 1h); without DURATION for ever.
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "forever",
        value_parser = wait
    )]
    wait: Option<Wait>,
}

impl WaitArgs {
    pub(super) fn wait(self) -> Wait {
        self.wait.unwrap_or(Wait::No)
    }
}

fn wait(text: &str) -> Result<Wait, DurationError> {
    if text == "forever" {
        return Ok(Wait::Forever);
    }
    let Seconds(seconds) = text.parse()?;
    Ok(Wait::For(Duration::from_secs(u64::try_from(seconds).unwrap_or_default())))
}

/// A yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum YesNo {
    Yes,
    No,
}

impl YesNo {
    /// Whether it is a yes.
    pub(super) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// Which series, where it is an option.
#[derive(Clone, Debug, Args)]
pub(super) struct SeriesArgs {
    /// The series.
    #[arg(long, value_name = "S")]
    series: SeriesName,
    /// The distribution; needed only where several have a series of that name.
    #[arg(short, long, value_name = "NAME")]
    distribution: Option<DistributionName>,
}

impl SeriesArgs {
    /// The series that is meant.
    pub(super) fn find<'n>(&self, names: &'n Names) -> Result<&'n Series, LookupError> {
        names.series(self.distribution.as_ref(), &self.series)
    }
}

/// Which distributions a publishing command looks at.
#[derive(Clone, Debug, Args)]
pub(super) struct DistributionArgs {
    /// The distribution; needed only where the site has several.
    #[arg(short, long, value_name = "NAME")]
    distribution: Option<DistributionName>,
    /// Every derived distribution: one with a series that has a parent series.
    #[arg(short, long, conflicts_with = "distribution")]
    all_derived: bool,
}

impl DistributionArgs {
    /// The distributions that are meant.
    pub(super) fn find<'n>(&self, names: &'n Names) -> Result<Vec<&'n Distribution>, CliError> {
        if !self.all_derived {
            return Ok(vec![names.distribution(self.distribution.as_ref())?]);
        }
        let derived = names.distributions().iter().filter(|distribution| distribution.is_derived());
        Ok(derived.collect())
    }
}

/// Which archives a publishing command looks at.
#[derive(Clone, Debug, Args)]
#[group(id = "mode", multiple = false, args = ["archive", "partner", "ppa", "private_ppa", "copy_archive"])]
pub(super) struct ArchiveArgs {
    #[command(flatten)]
    distributions: DistributionArgs,
    /// An archive, instead of the distribution's own: DISTRO, DISTRO/partner, DISTRO/debug, DISTRO/COPYNAME or
    /// ~OWNER/DISTRO/PPA. May be repeated.
    #[arg(long, value_name = "REF", conflicts_with_all = ["distribution", "all_derived"])]
    archive: Vec<ArchiveRef>,
    /// The partner archive.
    #[arg(long)]
    partner: bool,
    /// Every public personal archive.
    #[arg(long)]
    ppa: bool,
    /// Every private personal archive.
    #[arg(long)]
    private_ppa: bool,
    /// Every copy archive.
    #[arg(long, alias = "copy-archives")]
    copy_archive: bool,
    /// Not this archive. May be repeated.
    #[arg(long, value_name = "REF")]
    exclude: Vec<ArchiveRef>,
}

/// Why no archive is meant.
#[derive(Debug, thiserror::Error)]
enum ChooseError {
    #[error("there is no {kind} of {distributions}; `debpress archive create` makes one")]
    None { kind: &'static str, distributions: String },
    #[error(
        "archive {reference} is not published: `debpress archive set {reference} --publish yes` changes that"
    )]
    Unpublished { reference: ArchiveRef },
}

impl ArchiveArgs {
    /// The archives that are meant, those that are published; of distributions those of the given purposes.
    pub(super) fn archives<'n>(
        &self,
        names: &'n Names,
        purposes: &[Purpose],
    ) -> Result<Vec<&'n Archive>, CliError> {
        let mut found = if self.archive.is_empty() {
            self.of_distributions(names, purposes)?
        } else {
            let named = self.archive.iter().map(|reference| published(names.archive(Some(reference))?));
            named.collect::<Result<_, _>>()?
        };
        found.retain(|archive| !self.exclude.contains(&archive.reference));
        Ok(found)
    }

    fn of_distributions<'n>(
        &self,
        names: &'n Names,
        purposes: &[Purpose],
    ) -> Result<Vec<&'n Archive>, CliError> {
        let distributions = self.distributions.find(names)?;
        let of_them = |archive: &&Archive| {
            distributions.iter().any(|distribution| distribution.name == *archive.reference.distribution())
        };
        let meant = |archive: &&Archive| {
            let purpose = archive.reference.purpose();
            match (self.partner, self.ppa, self.private_ppa, self.copy_archive) {
                (true, ..) => purpose == Purpose::Partner,
                (_, true, ..) => purpose == Purpose::Ppa && !archive.private,
                (_, _, true, _) => purpose == Purpose::Ppa && archive.private,
                (.., true) => purpose == Purpose::Copy,
                _ => purposes.contains(&purpose),
            }
        };
        let found: Vec<&Archive> = names.archives().iter().filter(of_them).filter(meant).collect();
        let must_be_there = (self.partner, "partner archive").max((self.copy_archive, "copy archive"));
        if let ((true, kind), true) = (must_be_there, found.is_empty()) {
            let names: Vec<&str> = distributions.iter().map(|it| it.name.as_str()).collect();
            return Err(ChooseError::None { kind, distributions: names.join(", ") }.into());
        }
        Ok(found.into_iter().filter(|archive| archive.published).collect())
    }

    /// What the publisher looks at: of each archive the named suites, or all.
    pub(super) fn selection(
        &self,
        names: &Names,
        purposes: &[Purpose],
        suites: &[SuiteName],
    ) -> Result<Selection, CliError> {
        let archives = self.archives(names, purposes)?;
        Ok(Selection {
            suites: suites_of(names, &archives, suites)?,
            archives: archives.iter().map(|archive| archive.id).collect(),
            ..Selection::default()
        })
    }
}

fn published(archive: &Archive) -> Result<&Archive, CliError> {
    match archive.published {
        true => Ok(archive),
        false => Err(ChooseError::Unpublished { reference: archive.reference.clone() }.into()),
    }
}

/// The suites of these names, in each archive that has them; a name that none has is an error.
pub(super) fn suites_of(
    names: &Names,
    archives: &[&Archive],
    suites: &[SuiteName],
) -> Result<Vec<SuiteKey>, CliError> {
    let mut found = Vec::new();
    for suite in suites {
        let of_archives: Vec<_> = archives.iter().map(|archive| names.suite(archive, suite)).collect();
        let keys: Vec<SuiteKey> = of_archives.iter().flatten().map(|suite| suite.key).collect();
        match of_archives.into_iter().next() {
            Some(Err(error)) if keys.is_empty() => return Err(error.into()),
            _ => found.extend(keys),
        }
    }
    Ok(found)
}
