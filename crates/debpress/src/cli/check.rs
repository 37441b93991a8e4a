//! `debpress check`

use clap::Args;
use debfmt::limits::Limits;
use indicatif::ProgressBar;

use super::Context;
use super::choose::WaitArgs;
use super::error::{CliError, Status};
use crate::admin::check::{CheckReport, CheckSite, Problem, Repair, check};
use crate::admin::repair::{RepairOptions, RepairReport, RepairSite, preview_repair, repair};

/// Check that records, content store and published archives agree, and mend what does not.
///
/// Looks at the database itself and at its records, at everything in the content store and in every pool, at every published
/// suite: each file that its Release names, by name and by hash, each package that its indexes name, Contents and
/// signatures; and at what runs that died have left behind. Without --full, objects and pool files are compared by name,
/// size and number on the disk, and none is read that has them right; indexes are always read.
///
/// Each disagreement is one line on stdout: CODE PATH: what is wrong; what to do. docs/checking.md has the table of codes.
/// Takes the publisher lock, so that nothing changes meanwhile; with --no-lock it looks while others publish, and what they
/// change under its eyes can show up as a problem that is gone the next time.
///
/// With --repair it mends what can be mended, and then says what is left: objects come back from a pool that has them,
/// pool files from the content store, suites are published again, with what waits left waiting, and what runs that died
/// have left is removed. It overwrites nothing that could be the only copy: a damaged file stays beside the good one as
/// NAME.damaged-HASH.
///
/// Exit status: 0 all agree, or was mended; 1 something does not agree, or it failed; 2 wrong usage; 75 a publisher is at
/// work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    /// Read every byte of objects and pool, too, on all cores.
    #[arg(long)]
    full: bool,
    /// Mend what can be mended.
    #[arg(long)]
    repair: bool,
    /// With --repair: say what it would do, and change nothing.
    #[arg(short = 'n', long, requires = "repair")]
    dry_run: bool,
    /// With --repair: remove files of the pools that no publication names.
    #[arg(long, requires = "repair")]
    remove_unknown: bool,
    /// Do not keep publishers out meanwhile.
    #[arg(long, conflicts_with_all = ["wait", "repair"])]
    no_lock: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples:
  debpress check
  debpress check --full --wait=2h
  debpress check --repair --dry-run
  debpress check --full --repair";

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let lock = match args.no_lock {
        true => None,
        false => Some(site.lock("check", args.wait.wait())?),
    };
    let signers = site.signers()?;
    let claims = site.left_claims()?;
    let bar = context.output.spinner("checking");
    let look = CheckSite {
        records: site.records(),
        objects: site.objects(),
        tree: site.tree(),
        verifier: site.archive_verifier(),
        signers: &signers,
        limits: &Limits::index(),
        full: args.full,
        now: site.now(),
        claims: &claims,
        progress: &|what, done, all| show(&bar, what, (done, all)),
    };
    let options = RepairOptions { remove_unknown: args.remove_unknown };
    let report = match (args.repair, &lock) {
        (true, Some(_)) if args.dry_run => Some(preview_repair(&look, options)?),
        (true, Some(lock)) => {
            Some(repair(&RepairSite { check: look, publish: site.publish_site(&signers) }, lock, options)?)
        }
        _ => None,
    };
    if let Some(report) = report {
        bar.finish_and_clear();
        drop(lock);
        print_repair(context, &report)?;
        return Ok(Status::failed_if(report.needs_somebody()));
    }
    let report = check(&look)?;
    bar.finish_and_clear();
    drop(lock);
    print(context, &report)?;
    Ok(Status::failed_if(!report.is_sound()))
}

fn show(bar: &ProgressBar, what: &'static str, (done, all): (u64, u64)) {
    // Drawing costs more than looking at a name.
    if done.is_multiple_of(64) || done == all {
        bar.set_message(match all {
            0 => format!("{what}: {done}"),
            all => format!("{what}: {done} of {all}"),
        });
    }
}

fn print(context: &Context, report: &CheckReport) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.json(report);
    }
    summary(context, report)?;
    let mendable = |problem: &&Problem| !matches!(problem.repair, Repair::Person | Repair::Itself);
    match report.problems.iter().filter(mendable).count() {
        0 => {}
        count => context.output.note(format_args!(
            "`debpress check --repair --dry-run` says what can be done about {count} of them"
        )),
    }
    Ok(())
}

fn summary(context: &Context, report: &CheckReport) -> Result<(), CliError> {
    let out = &context.output;
    let CheckReport { archives, objects, pool_files, suites, index_files, custom_files, problems, .. } =
        report;
    for problem in problems {
        out.line(problem)?;
    }
    let found = match problems.len() {
        0 => "all agree".to_owned(),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let custom = match custom_files {
        0 => String::new(),
        count => format!(", {count} custom files"),
    };
    out.note(format_args!(
        "checked {archives} archives, {suites} published suites with {index_files} index files{custom}, {pool_files} pool \
         files and {objects} objects: {found}"
    ));
    if report.orphans > 0 {
        let (orphans, bytes) = (report.orphans, report.orphan_bytes);
        out.note(format_args!("{orphans} objects with {bytes} bytes are needed by no record; those of the last day may be of an upload"));
    }
    if report.set_aside > 0 {
        out.note(format_args!(
            "{} damaged files were put aside as *.damaged-*: look at them, and remove them",
            report.set_aside
        ));
    }
    Ok(())
}

fn print_repair(context: &Context, report: &RepairReport) -> Result<(), CliError> {
    let out = &context.output;
    for failed in &report.failed {
        out.complain(format_args!("error: {}: {}: {}", failed.code, failed.subject, failed.what));
    }
    if out.is_json() {
        return out.json(report);
    }
    let did = if report.dry_run { "would mend" } else { "mended" };
    for mending in &report.mended {
        out.line(format_args!("{did}: {}: {}: {}", mending.code, mending.subject, mending.what))?;
    }
    summary(context, &report.left)
}
