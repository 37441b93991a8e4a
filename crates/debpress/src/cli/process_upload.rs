//! `debpress process-upload`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use debfmt::names::{DistributionName, SuiteName};

use super::error::{CliError, Status};
use super::runs::ScheduledArgs;
use super::{Context, mail};
use crate::adapters::fs::objects::FsObjects;
use crate::upload::{UploadContext, UploadReport, process_uploads, rehearse_uploads};

/// Judge the uploads in incoming/: believe them into the queue, or refuse them with every reason.
///
/// An upload is a directory in incoming/, or a .changes that lies there loose with the files it names. The path below
/// incoming/ says which archive and suite it is for, as in debian/noble or ~ann/debian/tools: that of a directory which
/// stays, or of one inside the upload. Without it, the primary archive of the distribution; the Distribution field then
/// says the suite. Whoever signed
/// the .changes and each .dsc must be a known uploader; every file must be there as it is listed. One that is believed
/// is filed into the queue (New when it has a name that the archive has never had, or takes a binary package from
/// another source; else Accepted) and moved to accepted/. One that is refused is moved to rejected/ with the reasons in reasons.json, and each reason is a line on
/// stderr. One that nobody could judge is moved to failed/. Uploads that their sender may still be writing wait.
///
/// Several runs may work at the same time. It does not take the publisher lock.
///
/// Exit status: 0 all were judged (refused ones too), or there were none; 1 one could not be judged; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProcessUploadArgs {
    /// The distribution of uploads that come without a path; needed only where the site has several.
    #[arg(short, long, alias = "distro", value_name = "NAME")]
    distribution: Option<DistributionName>,
    /// The suite of every upload, whatever its path and its Distribution field say.
    #[arg(short, long, alias = "suite", value_name = "SUITE")]
    series: Option<SuiteName>,
    /// Where the uploads come from, and what is asked of them.
    #[arg(short = 'C', long, value_enum, default_value_t = ContextName::Insecure)]
    context: ContextName,
    /// Judge everything and change nothing: say what would be filed or refused. Each upload is judged as if it were the
    /// only one.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Leave uploads in incoming/, also after they were filed or refused; the next run with --keep passes those by that
    /// were filed.
    #[arg(short = 'K', long)]
    keep: bool,
    /// Tell nobody by mail what became of the uploads.
    #[arg(short = 'M', long)]
    no_mails: bool,
    /// Only the upload of this name, or of this path below incoming/.
    #[arg(short = 'J', long, value_name = "NAME")]
    just_leaf: Option<String>,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    /// The directory of the site, instead of --site.
    #[arg(value_name = "BASE")]
    base: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ContextName {
    /// People: what lies in incoming/; an uploader must have signed each .changes and .dsc.
    Insecure,
    /// Build machines: what lies in buildd/incoming/, without signatures; source or binary packages, not both in one .changes.
    Buildd,
    /// Another archive: what lies in sync/incoming/, without signatures; source packages only.
    Sync,
}

impl From<ContextName> for UploadContext {
    fn from(name: ContextName) -> Self {
        match name {
            ContextName::Insecure => Self::Insecure,
            ContextName::Buildd => Self::Buildd,
            ContextName::Sync => Self::Sync,
        }
    }
}

const EXAMPLES: &str = "Examples:
  */5 * * * *  debpress --site /srv/apt process-upload --scheduled       (cron)
  debpress process-upload --dry-run --just-leaf hello_1.0_source.changes";

pub(super) fn run(context: &Context, args: &ProcessUploadArgs) -> Result<Status, CliError> {
    let site = context.site_in(args.base.as_deref())?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let origin = args.context.into();
    let incoming = site.incoming(origin)?;
    let mut settings = site.config().upload_settings(origin);
    settings.distribution = args.distribution.clone().or(settings.distribution);
    settings.suite.clone_from(&args.series);
    settings.only.clone_from(&args.just_leaf);
    settings.keep = args.keep;
    settings.mail &= !args.no_mails;
    let upload_site = site.upload_site(&incoming, &settings);
    let report = if args.dry_run {
        let (_directory, scratch) = FsObjects::scratch()?;
        rehearse_uploads(&upload_site, &scratch)?
    } else {
        process_uploads(&upload_site)?
    };
    complain(context, args.dry_run, &report);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(context, &report)?;
    }
    if !args.no_mails && !args.dry_run {
        mail::deliver(context, &site);
    }
    Ok(Status::failed_if(!report.failed.is_empty()))
}

fn complain(context: &Context, dry_run: bool, report: &UploadReport) {
    let out = &context.output;
    let rejected = if dry_run { "would reject" } else { "rejected" };
    for upload in &report.rejected {
        for reason in &upload.reasons {
            out.complain(format_args!("{rejected} {}: {reason}", upload.name));
        }
        if !dry_run {
            out.note(format_args!("rejected {} lies in {}", upload.name, upload.moved_to));
        }
    }
    for upload in &report.failed {
        let place = upload.moved_to.as_deref().unwrap_or("claimed/, and the next run tries again");
        out.complain(format_args!("failed {}: {}; it lies in {place}", upload.name, upload.error));
    }
    for warning in &report.warnings {
        out.note(format_args!("warning {}: {}", warning.name, warning.message));
    }
}

fn print(context: &Context, report: &UploadReport) -> Result<(), CliError> {
    let out = &context.output;
    for upload in &report.accepted {
        let status = match upload.status {
            Some(status) => format!("filed as {status}"),
            None => "had been filed before".to_owned(),
        };
        let (item, source, version) = (upload.item, &upload.source, &upload.version);
        out.line(format_args!("{source} {version} by {}: {status}, queue item {item}", upload.uploader))?;
    }
    for upload in &report.passed {
        let (source, version, status) = (&upload.source, &upload.version, upload.status);
        out.line(format_args!("{source} {version} by {}: would be filed as {status}", upload.uploader))?;
    }
    if !report.waiting.is_empty() {
        out.note(format_args!("left alone, because it may not be complete: {}", report.waiting.join(", ")));
    }
    Ok(())
}
