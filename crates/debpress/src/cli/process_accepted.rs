//! `debpress process-accepted`

use clap::Args;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs};
use super::error::{CliError, Status};
use super::output::Output;
use super::runs::ScheduledArgs;
use crate::admin::lookup::Names;
use crate::admin::runs;
use crate::model::run::Ran as _;
use crate::publish::MASTER;
use crate::queue::{AcceptedReport, process_accepted};

/// Turn accepted queue items into publication records.
///
/// The next publish-distro publishes them; publish-ftpmaster does both. Each item stands for itself: one that cannot be
/// processed stays accepted, is reported on stderr, and is tried again by the next run; after as many attempts as [queue]
/// of debpress.toml says it is held until `debpress queue retry`.
///
/// Takes the publisher lock.
///
/// Exit status: 0 done, or nothing to do; 1 an item could not be processed; 2 wrong usage; 75 another publisher is at
/// work, and nothing was done.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress process-accepted -d acme --wait=10m")]
pub(super) struct ProcessAcceptedArgs {
    #[command(flatten)]
    archives: ArchiveArgs,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(super) fn run(context: &Context, args: &ProcessAcceptedArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let names = Names::read(site.records())?;
    let archives = args.archives.archives(&names, &MASTER)?;
    let archives: Vec<_> = archives.iter().map(|archive| archive.id).collect();
    let lock = site.lock("process-accepted", args.wait.wait())?;
    let begun = runs::begin(&site, &lock, "process-accepted")?;
    // None named would be all of the site.
    let report = match archives.is_empty() {
        true => Ok(AcceptedReport::default()),
        false => process_accepted(&site.accept_site(), &lock, &archives),
    };
    let report = runs::end(&site, &begun, report)?;
    drop(lock);
    complain(&context.output, &report);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&context.output, &report)?;
        if report.done.is_empty() && report.failed.is_empty() {
            context.output.note("nothing is accepted");
        }
    }
    Ok(Status::failed_if(!report.trouble().is_empty()))
}

/// What went wrong, on stderr.
pub(super) fn complain(out: &Output, report: &AcceptedReport) {
    for item in &report.held {
        let (number, source, version, attempts) = (item.item, &item.source, &item.version, item.attempts);
        out.note(format_args!(
            "queue item {number}, {source} {version}, is held after {attempts} attempts: {}; `debpress queue retry {number}` lets it be tried again",
            item.error
        ));
    }
    for warning in report.done.iter().flat_map(|item| &item.warnings) {
        out.note(warning);
    }
    for item in &report.failed {
        let (number, source, version) = (item.item, &item.source, &item.version);
        out.complain(format_args!("queue item {number}, {source} {version}, stays accepted: {}", item.error));
    }
    if let Some(signal) = report.stopped {
        out.complain(format_args!("stopped by {signal}: what is still accepted is for the next run"));
    }
}

/// What was done.
pub(super) fn print(out: &Output, report: &AcceptedReport) -> Result<(), CliError> {
    for item in &report.done {
        let records = if item.publications == 1 { "record" } else { "records" };
        let custom = custom_directories(item.custom);
        out.line(format_args!(
            "{} {}: {} publication {records}{custom}, queue item {}",
            item.source, item.version, item.publications, item.item
        ))?;
    }
    Ok(())
}

/// What a line about packages adds about custom files, if there are any.
pub(super) fn custom_directories(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 directory of custom files".to_owned(),
        more => format!(", {more} directories of custom files"),
    }
}
