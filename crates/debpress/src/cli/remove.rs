//! `debpress remove`

use clap::Args;

use super::Context;
use super::actor::ActorArgs;
use super::error::{CliError, Status};
use super::packages::{PackagesArgs, words};
use crate::admin::remove::{RemoveReport, remove};
use crate::model::queue::Note;

/// Take packages out of a suite.
///
/// They leave the indexes with the next publish-distro, and the pool some time after that, when clients are done with them
/// (process-death-row). Until then nothing is lost, and history keeps everything for ever: `debpress history NAME` tells
/// who removed what, when and why. Added again, a package comes back. A source takes along what was built from it, and a
/// package its debug symbols.
///
/// publish-distro stops where a large share of a suite would leave at once, until that is allowed (--allow removal).
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    packages: PackagesArgs,
    /// Why, for the history.
    #[arg(short, long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    /// Say what would be removed, and change nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    actor: ActorArgs,
}

const EXAMPLES: &str = "Examples:
  debpress remove hello --suite noble --reason 'upstream is gone' --dry-run
  debpress remove hello --suite noble --reason 'upstream is gone'
  debpress remove libhello0 --suite noble --binaries-only --arch i386 --reason 'not built there any more'";

pub(super) fn run(context: &Context, args: &RemoveArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let (actor, choice) = args.actor.choice(&site, &args.reason)?;
    let note = Note { who: choice.who, at: choice.at, text: choice.comment };
    let report = remove(site.records(), &actor, &args.packages.wanted(), &note, args.dry_run)?;
    print(context, &report)?;
    Ok(Status::Done)
}

fn print(context: &Context, report: &RemoveReport) -> Result<(), CliError> {
    let out = &context.output;
    if out.is_json() {
        return out.json(report);
    }
    let RemoveReport { archive, suite, packages, dry_run, records: _ } = report;
    let what = if *dry_run { "would leave" } else { "leaves" };
    for package in packages {
        out.line(format_args!("{} {what} {suite} of {archive}", words(package)))?;
    }
    if !dry_run {
        out.note("publish-distro makes it so");
    }
    Ok(())
}
