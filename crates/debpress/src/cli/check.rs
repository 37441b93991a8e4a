//! `debpress check`

use clap::Args;
use debfmt::limits::Limits;

use super::Context;
use super::choose::WaitArgs;
use super::error::{CliError, Status};
use crate::admin::check::{CheckReport, CheckSite, check};

/// Check that records, content store and published archives agree; change nothing.
///
/// Looks at the database itself, at every object that a package needs, at every file of every pool, and at every published
/// suite: each file that its Release names, by name and by hash, each package that its indexes name, and its
/// signatures. Without --full, objects and pool files are compared by name and size; indexes are always read.
///
/// Each disagreement is one line on stdout: CODE PATH: what is wrong; what to do. Takes the publisher lock, so that
/// nothing changes meanwhile; with --no-lock it looks while others publish, and what they change under its eyes can show
/// up as a problem that is gone the next time.
///
/// Exit status: 0 all agree; 1 something does not, or it failed; 2 wrong usage; 75 a publisher is at work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    /// Read every byte of objects and pool, too.
    #[arg(long)]
    full: bool,
    /// Do not keep publishers out meanwhile.
    #[arg(long, conflicts_with = "wait")]
    no_lock: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

const EXAMPLES: &str = "Examples:
  debpress check
  debpress check --full --wait=2h";

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let lock = match args.no_lock {
        true => None,
        false => Some(site.lock("check", args.wait.wait())?),
    };
    let signers = site.signers()?;
    let bar = context.output.spinner("checking");
    let report = check(&CheckSite {
        records: site.records(),
        objects: site.objects(),
        tree: site.tree(),
        verifier: site.archive_verifier(),
        signers: &signers,
        limits: &Limits::index(),
        full: args.full,
        now: site.now(),
    });
    bar.finish_and_clear();
    let report = report?;
    drop(lock);
    print(context, &report)?;
    Ok(Status::failed_if(!report.problems.is_empty()))
}

fn print(context: &Context, report: &CheckReport) -> Result<(), CliError> {
    let out = &context.output;
    let CheckReport { archives, objects, pool_files, suites, index_files, custom_files, problems } = report;
    if out.is_json() {
        return out.json(report);
    }
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
    Ok(())
}
