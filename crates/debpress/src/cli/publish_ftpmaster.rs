//! `debpress publish-ftpmaster`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs};
use super::error::{CliError, Status};
use super::{process_accepted, publish_distro};
use crate::admin::lookup::Names;
use crate::model::archive::Purpose;
use crate::publish::publish_ftpmaster;

/// Process accepted queue items and publish what has changed, under one lock.
///
/// What process-accepted and publish-distro do, in this order, for the distribution's primary and partner archives.
/// This is what cron runs.
///
/// Exit status: 0 done, or nothing to do; 1 failed, or an item could not be processed; 2 wrong usage; 75 another
/// publisher is at work, and nothing was done.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PublishFtpmasterArgs {
    #[command(flatten)]
    archives: ArchiveArgs,
    /// Only this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Example (cron):
  7 * * * *  debpress --site /srv/apt publish-ftpmaster -d acme";

pub(super) fn run(context: &Context, args: &PublishFtpmasterArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let purposes = [Purpose::Primary, Purpose::Partner];
    let selection = args.archives.selection(&names, &purposes, &args.suite, false)?;
    let signer = site.signer()?;
    let lock = site.lock("publish-ftpmaster", args.wait.wait())?;
    let bar = context.output.spinner("publishing");
    let (publish, queue) = (site.publish_site(signer.as_ref()), site.accept_site());
    let report = publish_ftpmaster(&publish, &queue, &lock, &selection);
    bar.finish_and_clear();
    let report = report?;
    drop(lock);
    process_accepted::complain(&context.output, &report.accepted);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        process_accepted::print(&context.output, &report.accepted)?;
        publish_distro::print(&context.output, &report.published)?;
    }
    Ok(Status::failed_if(!report.accepted.failed.is_empty()))
}
