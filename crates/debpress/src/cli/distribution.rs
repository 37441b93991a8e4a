//! `debpress distribution`

use clap::{Args, Subcommand};
use debfmt::names::{DistributionName, SeriesName};

use super::Context;
use super::choose::YesNo;
use super::error::{CliError, Status};
use super::series::NewSeriesArgs;
use crate::admin::distribution::{ShownDistribution, list, redirect_uploads};
use crate::admin::grow::{DistributionRequest, create_distribution};

/// Make distributions, and say what holds for all their series.
#[derive(Debug, Subcommand)]
pub(super) enum DistributionCommand {
    Create(DistributionCreateArgs),
    Set(DistributionSetArgs),
    List(DistributionListArgs),
}

/// Make a distribution: its series, its primary archive, and the directory where its uploads arrive.
///
/// Its series begin frozen: uploads wait for approval while it is being set up, and the first publish-ftpmaster makes the
/// indexes of all pockets. `debpress series set-status` opens them.
///
/// Exit status: 0 made; 1 there is one of that name already; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress distribution create tux --series penguin --component main,extra --arch amd64 --parent debian/trixie"
)]
pub(super) struct DistributionCreateArgs {
    /// Its name.
    name: DistributionName,
    /// Its name for people, as in Origin of Release files.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Its series, the oldest first.
    #[arg(long, value_name = "S", required = true, value_delimiter = ',')]
    series: Vec<SeriesName>,
    #[command(flatten)]
    like: NewSeriesArgs,
}

/// Say where uploads to the release pockets of a distribution go.
///
/// With --redirect-uploads yes, what is uploaded to the release pocket of a series (Distribution: noble) goes to
/// noble-proposed instead, to be tried there before it is copied.
///
/// Exit status: 0 recorded; 1 there is no such distribution; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress distribution set debian --redirect-uploads yes")]
pub(super) struct DistributionSetArgs {
    /// The distribution.
    name: DistributionName,
    /// Whether uploads to a release pocket go to -proposed.
    #[arg(long, value_name = "ANSWER")]
    redirect_uploads: YesNo,
}

/// List distributions.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct DistributionListArgs {}

pub(super) fn run(context: &Context, command: &DistributionCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    let out = &context.output;
    match command {
        DistributionCommand::Create(args) => {
            let request = DistributionRequest {
                name: args.name.clone(),
                display_name: args.display_name.clone(),
                series: args.series.iter().map(|name| args.like.request(name)).collect(),
            };
            let made = create_distribution(site.records(), site.directory(), &request)?;
            match out.is_json() {
                true => out.json(&made)?,
                false => out.line(format_args!("{} has {}", made.distribution, made.series.join(", ")))?,
            }
        }
        DistributionCommand::Set(args) => {
            let changed = redirect_uploads(site.records(), &args.name, args.redirect_uploads.is_yes())?;
            match out.is_json() {
                true => out.json(&changed)?,
                false => out.line(format_args!(
                    "{}: uploads to a release pocket {}",
                    changed.distribution,
                    redirected(&changed)
                ))?,
            }
        }
        DistributionCommand::List(_) => {
            let listed = list(site.records())?;
            if out.is_json() {
                out.json(&listed)?;
                return Ok(Status::Done);
            }
            let row = |one: &ShownDistribution| {
                let (name, series) = (one.distribution.clone(), one.series.join(", "));
                vec![name, one.display_name.clone(), series, redirected(one).to_owned()]
            };
            let header = ["DISTRIBUTION", "CALLED", "SERIES", "UPLOADS TO A RELEASE POCKET"];
            out.table(&header, listed.iter().map(row).collect())?;
        }
    }
    Ok(Status::Done)
}

fn redirected(distribution: &ShownDistribution) -> &'static str {
    if distribution.redirect_uploads { "go to -proposed" } else { "stay there" }
}
