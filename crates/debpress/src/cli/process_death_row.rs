//! `debpress process-death-row`

use std::convert::Infallible;

use clap::Args;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs};
use super::error::{CliError, Status};
use super::output::Output;
use super::runs::ScheduledArgs;
use crate::admin::lookup::Names;
use crate::admin::runs;
use crate::context::Site;
use crate::lock::Wait;
use crate::model::archive::Archive;
use crate::publish::death_row::ArchiveReport;
use crate::publish::{DeathRowReport, MASTER, preview_death_row, process_death_row};

/// Remove from the pools what nobody needs any more.
///
/// The files of a package that was replaced stay for a while, because clients with older indexes ask for them
/// (`stay_of_execution` in debpress.toml, a day unless it says otherwise). After that this command removes them, unless
/// another package of the archive needs them: the same one in another suite, or another revision with the same upstream
/// tarball. A source stays as long as binary packages that were built from that very version, or that name it in
/// Built-Using, are in the archive: their licences demand it.
///
/// Removes files below pool/ of each archive, and the directories that are empty then; nothing else. The content store
/// keeps the bytes, so that what is wanted again comes back with its publication; as long as pool files are hard links to
/// it, the disk of this machine gains nothing, but that of each mirror does. The history of a package does not change.
///
/// Looks at the primary, partner and debug archives of the distribution unless told otherwise. An archive that fails is
/// reported on stderr and stops no other. A run that was killed does no harm; the next one finishes it. Takes the
/// publisher lock.
///
/// Exit status: 0 done, or nothing to do; 1 an archive failed; 2 wrong usage; 75 another publisher is at work, and nothing
/// was done.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProcessDeathRowArgs {
    /// Say which files would go, and remove none. Needs no lock.
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    archives: ArchiveArgs,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples:
  debpress process-death-row --dry-run
  debpress process-death-row --archive ~ann/acme/tools

Examples (cron):
  41 */6 * * *  debpress --site /srv/apt -q process-death-row --scheduled -d acme --wait=1h
  11 3   * * *  debpress --site /srv/apt -q process-death-row --scheduled --ppa --wait=1h";

pub(super) fn run(context: &Context, args: &ProcessDeathRowArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let names = Names::read(site.records())?;
    let archives = args.archives.archives(&names, &MASTER)?;
    let report = match args.dry_run {
        true => preview_death_row(&site.death_row_site(), &archives),
        false => remove(context, &site, args.wait.wait(), &archives)?,
    };
    for archive in &report.archives {
        for error in archive.trouble() {
            context.output.complain(format_args!("error: {}: {error}", archive.archive));
        }
    }
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&context.output, &report)?;
    }
    Ok(Status::failed_if(report.has_failed()))
}

fn remove(
    context: &Context,
    site: &Site,
    wait: Wait,
    archives: &[&Archive],
) -> Result<DeathRowReport, CliError> {
    let lock = site.lock("process-death-row", wait)?;
    let begun = runs::begin(site, &lock, "process-death-row")?;
    let bar = context.output.spinner("removing");
    let report = process_death_row(&site.death_row_site(), &lock, archives);
    bar.finish_and_clear();
    let Ok(_) = runs::end(site, &begun, Ok::<_, Infallible>(report.summary()));
    Ok(report)
}

/// What went, or would go: in a dry run, each file with its size in bytes.
fn print(out: &Output, report: &DeathRowReport) -> Result<(), CliError> {
    for cleaned in &report.archives {
        let ArchiveReport { archive, files, bytes, records, held, restored, .. } = cleaned;
        if report.dry_run {
            for file in files {
                out.line(format_args!("{} {}", file.path, file.bytes))?;
            }
        }
        let does = if report.dry_run { "would leave" } else { "left" };
        if !files.is_empty() || *records > 0 {
            let (files, records) = (counted(files.len(), "file"), counted(*records, "publication"));
            out.line(format_args!(
                "{archive}: {files} {does} the pool, {bytes} bytes freed; {records} done with it"
            ))?;
        } else if !cleaned.has_failed() && *restored == 0 {
            out.note(format_args!("{archive}: nothing to remove"));
        }
        if *restored > 0 {
            let (files, was) = (counted(*restored, "file"), if report.dry_run { "would be" } else { "was" });
            out.line(format_args!("{archive}: {files} of sources that are needed {was} put back"))?;
        }
        if *held > 0 {
            let sources = counted(*held, "source");
            out.note(format_args!("{archive}: {sources} kept for binary packages that were made of them"));
        }
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
