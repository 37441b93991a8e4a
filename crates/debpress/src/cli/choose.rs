//! Options that several commands share: which archives, and how long to wait for the lock.

use std::time::Duration;

use clap::{Args, ValueEnum};
use debfmt::names::{DistributionName, SeriesName, SuiteName};

use super::error::CliError;
use crate::admin::lookup::{LookupError, Names};
use crate::config::{DurationError, Seconds};
use crate::lock::Wait;
use crate::model::archive::{Archive, ArchiveRef, Purpose};
use crate::model::suite::Series;
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

/// Which archives a publishing command looks at.
#[derive(Clone, Debug, Args)]
pub(super) struct ArchiveArgs {
    /// The distribution; needed only where the site has several.
    #[arg(short, long, value_name = "NAME")]
    distribution: Option<DistributionName>,
    /// An archive, instead of the distribution's own: DISTRO, DISTRO/partner, DISTRO/debug, DISTRO/COPYNAME or
    /// ~OWNER/DISTRO/PPA. May be repeated.
    #[arg(long, value_name = "REF", conflicts_with = "distribution")]
    archive: Vec<ArchiveRef>,
}

impl ArchiveArgs {
    /// The archives that are meant; of a distribution those of the given purposes.
    pub(super) fn archives<'n>(
        &self,
        names: &'n Names,
        purposes: &[Purpose],
    ) -> Result<Vec<&'n Archive>, CliError> {
        if !self.archive.is_empty() {
            let found = self.archive.iter().map(|reference| names.archive(Some(reference)));
            return Ok(found.collect::<Result<_, _>>()?);
        }
        let distribution = names.distribution(self.distribution.as_ref())?;
        let own = |archive: &&Archive| {
            *archive.reference.distribution() == distribution.name
                && purposes.contains(&archive.reference.purpose())
        };
        Ok(names.archives().iter().filter(own).collect())
    }

    /// What the publisher looks at: of each archive the named suites, or all.
    pub(super) fn selection(
        &self,
        names: &Names,
        purposes: &[Purpose],
        suites: &[SuiteName],
        careful: bool,
    ) -> Result<Selection, CliError> {
        let archives = self.archives(names, purposes)?;
        let mut selection = Selection { careful, ..Selection::default() };
        for archive in archives {
            selection.archives.push(archive.id);
            for suite in suites {
                selection.suites.push(names.suite(archive, suite)?.key);
            }
        }
        Ok(selection)
    }
}
