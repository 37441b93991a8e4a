//! `debpress publish-distro`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs};
use super::error::{CliError, Status};
use super::output::Output;
use super::process_accepted::custom_directories;
use crate::admin::lookup::Names;
use crate::model::archive::Purpose;
use crate::publish::{PublishReport, publish_distro};

/// Publish what has changed: pool, indexes, signed Release files.
///
/// Each suite that has changed is prepared where clients do not see it, and all of them become visible together at
/// the end, each in one step: a client sees the old state or the new one, never anything between. A run that was killed is
/// finished, or was never visible; the next run sees to it. Suites without a change are not touched.
///
/// Writes pool/ and dists/ below archives/DISTRO in the site. Takes the publisher lock.
///
/// Exit status: 0 published, or nothing to do; 1 failed, and the archive is as it was; 2 wrong usage; 75 another
/// publisher is at work, and nothing was done.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PublishDistroArgs {
    #[command(flatten)]
    archives: ArchiveArgs,
    /// Only this suite, even if it never had a package. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// Also suites without a change.
    #[arg(short = 'C', long)]
    careful: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples:
  debpress publish-distro
  debpress publish-distro -d acme -s stable --wait=10m";

pub(super) fn run(context: &Context, args: &PublishDistroArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let selection = args.archives.selection(&names, &[Purpose::Primary], &args.suite, args.careful)?;
    let signer = site.signer()?;
    let lock = site.lock("publish-distro", args.wait.wait())?;
    let bar = context.output.spinner("publishing");
    let report = publish_distro(&site.publish_site(signer.as_ref()), &lock, &selection);
    bar.finish_and_clear();
    let report = report?;
    drop(lock);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&context.output, &report)?;
    }
    Ok(Status::Done)
}

/// What was published.
pub(super) fn print(out: &Output, report: &PublishReport) -> Result<(), CliError> {
    for suite in &report.recovered {
        out.line(format_args!("{suite}: finished what an interrupted run had begun"))?;
    }
    for suite in &report.suites {
        let signed = suite.signed_by.as_ref().map_or("unsigned".to_owned(), |by| format!("signed by {by}"));
        let custom = custom_directories(suite.custom);
        out.line(format_args!(
            "{} of {}: {} published, {} superseded{custom}, {} index files ({} bytes), {signed}",
            suite.suite,
            suite.archive,
            suite.published,
            suite.superseded,
            suite.index_files,
            suite.index_bytes
        ))?;
    }
    if report.suites.is_empty() && report.recovered.is_empty() {
        let suites = if report.unchanged == 1 { "suite has" } else { "suites have" };
        out.note(format_args!("nothing to publish: {} {suites} no change", report.unchanged));
    }
    Ok(())
}
