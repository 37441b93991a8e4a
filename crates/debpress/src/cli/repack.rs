//! `debpress repack`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs};
use super::error::{CliError, Status};
use super::publish_distro::publish;
use super::runs::ScheduledArgs;
use crate::admin::lookup::Names;
use crate::model::archive::Purpose;
use crate::publish::Selection;

/// Compress the indexes as small as they get.
///
/// A publication compresses only what has changed, in small parts, and joins them with those that it has: that takes no
/// time, and files that are up to a fifth larger. This command compresses large groups of parts as one, which takes as
/// long as compressing the whole index does, and publishes the smaller files. Publications after it keep using them;
/// around each package that changes, small parts take their place again.
///
/// What the indexes say does not change. Suites whose indexes are small already are left as they are; changes that wait
/// are published too. Takes the publisher lock: run it when nobody is in a hurry, once a night perhaps.
///
/// Exit status: 0 done, or nothing to do; 1 an archive failed; 2 wrong usage; 75 another publisher is at work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RepackArgs {
    #[command(flatten)]
    archives: ArchiveArgs,
    /// Only this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples:
  debpress repack
  debpress repack --archive ~ann/acme/tools

Examples (cron):
  23 4 * * *  debpress --site /srv/apt -q repack --scheduled -d acme --wait=1h";

pub(super) fn run(context: &Context, args: &RepackArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let names = Names::read(site.records())?;
    let selection = args.archives.selection(&names, &[Purpose::Primary], &args.suite)?;
    let selection = Selection { repack: true, ..selection };
    let lock = site.lock("repack", args.wait.wait())?;
    publish(context, &site, ("repack", lock), &selection)
}
