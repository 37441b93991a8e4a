//! `debpress publish-ftpmaster`

use clap::Args;

use super::Context;
use super::choose::{DistributionArgs, WaitArgs};
use super::error::{CliError, Status};
use super::runs::ScheduledArgs;
use super::{process_accepted, publish_distro};
use crate::admin::lookup::Names;
use crate::admin::runs;
use crate::model::run::Ran as _;
use crate::publish::{FtpmasterRun, Guard, publish_ftpmaster};

/// Process accepted queue items and publish what has changed, under one lock.
///
/// What process-accepted and publish-distro do, for the primary, partner and debug archives of a distribution: what goes to
/// -security first. A frozen series whose suites were never published takes over the newest custom uploads (installer,
/// upgrade tool, translated descriptions) of the series before it and gets its indexes, for all pockets, and nothing
/// else is done in that run. A pass with nothing to do changes nothing. This is what cron runs.
///
/// Exit status: 0 done, or nothing to do; 1 an archive could not be published, or a queue item not be processed; 2 wrong
/// usage; 75 another publisher is at work, and nothing was done.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PublishFtpmasterArgs {
    #[command(flatten)]
    distributions: DistributionArgs,
    /// Only what goes to -security.
    #[arg(short, long)]
    security_only: bool,
    /// Publish although this would change in a way that looks like a mistake: removal, origin, label, suite, codename,
    /// architecture, component or date. May be repeated.
    #[arg(long, value_name = "REASON")]
    allow: Vec<Guard>,
    /// Nothing: what is published is never copied. Accepted for scripts.
    #[arg(short, long)]
    post_rsync: bool,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples (cron):
  3-58/5 * * * *  debpress --site /srv/apt publish-ftpmaster --scheduled -d acme
  */5    * * * *  debpress --site /srv/apt publish-ftpmaster --scheduled --all-derived";

pub(super) fn run(context: &Context, args: &PublishFtpmasterArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let names = Names::read(site.records())?;
    let distributions = args.distributions.find(&names)?;
    let run = FtpmasterRun {
        distributions: distributions.iter().map(|distribution| distribution.name.clone()).collect(),
        security_only: args.security_only,
        allow: args.allow.iter().copied().collect(),
    };
    let lock = site.lock("publish-ftpmaster", args.wait.wait())?;
    // Not before: whoever waited here signs with the keys of now.
    let signers = site.signers()?;
    let begun = runs::begin(&site, &lock, "publish-ftpmaster")?;
    let bar = context.output.spinner("publishing");
    let (publish, queue) = (site.publish_site(&signers), site.accept_site());
    let report = publish_ftpmaster(&publish, &queue, &lock, &run);
    bar.finish_and_clear();
    let report = runs::end(&site, &begun, report)?;
    drop(lock);
    let out = &context.output;
    process_accepted::complain(out, &report.accepted);
    publish_distro::complain(out, &report.published);
    for distribution in &report.fresh {
        out.note(format_args!(
            "{distribution} has suites that are new: nothing else was done with it this time"
        ));
    }
    if out.is_json() {
        out.json(&report)?;
    } else {
        for custom in &report.inherited {
            out.line(format_args!("{custom}: taken over"))?;
        }
        process_accepted::print(out, &report.accepted)?;
        publish_distro::print(out, &report.published)?;
    }
    Ok(Status::failed_if(!report.trouble().is_empty()))
}
