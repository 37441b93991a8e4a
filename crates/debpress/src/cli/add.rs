//! `debpress add`

use std::path::PathBuf;

use clap::Args;
use debfmt::names::{Component, SuiteName};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::add::{AddReport, Addition, add};
use crate::admin::lookup::Names;
use crate::model::archive::ArchiveRef;
use crate::upload::reason::COMPONENT_UNKNOWN;

/// Add packages from files to a suite, without queue and signature.
///
/// FILE is a .deb, .udeb, .ddeb, a .dsc (its files lie beside it, or the archive has them), a .changes (the packages
/// it names lie beside it and must be as it says), or a directory, in which all of these are looked for.
/// Each file is read once and copied into the site; the originals are not needed afterwards. The packages become
/// visible with the next publish-distro.
///
/// A package goes to the component that its Section names (COMPONENT/SECTION), else to the first of the series.
/// A file that is at fault is reported on stderr and skipped; the others are added. Doing it again adds what is
/// missing and nothing twice. A file name that the archive has had with other content is refused.
///
/// A suite that may not change now, such as the release pocket of a released series, is refused: nothing would ever be seen there.
///
/// Exit status: 0 all are in the suite; 1 a file was refused, or it failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AddArgs {
    /// Files and directories.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The suite: a series, or a series with -security, -updates, -proposed or -backports.
    #[arg(short, long, value_name = "SUITE")]
    suite: SuiteName,
    /// The archive; the distribution's own when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// The component for all of them, whatever they say themselves.
    #[arg(short, long, value_name = "C")]
    component: Option<Component>,
}

const EXAMPLES: &str = "Examples:
  debpress add build/*.deb --suite stable
  debpress add /srv/old-repository/pool --suite stable --component main";

pub(super) fn run(context: &Context, args: &AddArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let archive = names.archive(args.archive.as_ref())?;
    let suite = names.suite(archive, &args.suite)?;
    let addition = Addition {
        records: site.records(),
        objects: site.objects(),
        limits: site.limits(),
        archive: &archive.reference,
        suite: &suite,
        component: args.component.as_ref(),
        now: site.now(),
    };
    let bar = context.output.progress("adding");
    let report = add(&addition, &args.files, &mut |done, all| {
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    });
    bar.finish_and_clear();
    let report = report?;
    print(context, &archive.reference, &report)?;
    Ok(Status::failed_if(!report.refused.is_empty()))
}

fn print(context: &Context, archive: &ArchiveRef, report: &AddReport) -> Result<(), CliError> {
    let out = &context.output;
    for refused in &report.refused {
        for reason in &refused.reasons {
            out.complain(format_args!("refused {}: {reason}", refused.path.display()));
        }
    }
    let mut reasons = report.refused.iter().flat_map(|refused| &refused.reasons);
    if reasons.any(|reason| reason.starts_with(COMPONENT_UNKNOWN)) {
        out.note("hint: --component C puts packages into a component that the series has");
    }
    if out.is_json() {
        return out.json(report);
    }
    let AddReport { suite, added, present, refused } = report;
    let mut line = format!("added {} to {suite} of {archive}", packages(*added));
    if *present > 0 {
        line.push_str(&format!(", {} there already", packages(*present)));
    }
    if !refused.is_empty() {
        line.push_str(&format!(", refused {}", refused.len()));
    }
    out.line(line)?;
    if *added > 0 {
        out.note("publish-distro makes them visible");
    }
    Ok(())
}

fn packages(count: usize) -> String {
    if count == 1 { "1 package".to_owned() } else { format!("{count} packages") }
}
