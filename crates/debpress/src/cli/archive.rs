//! `debpress archive`

mod delete;

use clap::{ArgGroup, Args, Subcommand};

use super::Context;
use super::choose::YesNo;
use super::error::{CliError, Status};
use crate::admin::archive::{
    ArchiveChange, ArchiveRequest, ShownArchive, change, create, list, missing_owner, show,
};
use crate::model::archive::ArchiveRef;
use crate::model::size::{Bytes, SizeError};

/// Make archives, say what they take, and look at them.
#[derive(Debug, Subcommand)]
pub(super) enum ArchiveCommand {
    Create(ArchiveCreateArgs),
    Set(ArchiveSetArgs),
    Delete(delete::ArchiveDeleteArgs),
    List(ArchiveListArgs),
    Show(ArchiveShowArgs),
}

/// Make an archive: its record, and the directory where uploads for it arrive.
///
/// REF says what it is for: DISTRO/partner, DISTRO/debug, a copy DISTRO/COPYNAME, or a personal archive
/// ~OWNER/DISTRO/PPA of an uploader or a team. The primary archive, DISTRO, is made with
/// its distribution. An archive serves all series of its distribution, and takes uploads at once.
///
/// Exit status: 0 made; 1 there is one of that name already, or no such distribution; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress archive create ~ann/debian/tools --size-limit 8GiB")]
pub(super) struct ArchiveCreateArgs {
    /// Its name.
    #[arg(value_name = "REF")]
    reference: ArchiveRef,
    /// Origin in its Release files; by default the distribution's name, and PPA-OWNER-NAME for a personal archive.
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    /// Label in its Release files.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// How much its packages may have together, such as 500MB or 8GiB; no bound when it is not given.
    #[arg(long, value_name = "SIZE")]
    size_limit: Option<Bytes>,
    /// For those who may see it only: below private-ppa/ instead of ppa/, for a web server that asks for a password.
    /// That cannot be changed later.
    #[arg(long)]
    private: bool,
}

/// Say what an archive takes, and whether it is published.
///
/// Exit status: 0 recorded; 1 there is no such archive; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress archive set ~ann/debian/tools --size-limit 16GiB",
    group = ArgGroup::new("change").args(["enable", "disable", "size_limit", "obsolete_uploads", "publish", "origin", "label", "ls_lr", "indices"]).required(true).multiple(true)
)]
pub(super) struct ArchiveSetArgs {
    /// Its name.
    #[arg(value_name = "REF")]
    reference: ArchiveRef,
    /// Take uploads.
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Take no uploads; what it has stays published.
    #[arg(long)]
    disable: bool,
    /// How much its packages may have together, such as 500MB or 8GiB; `none`: no bound.
    #[arg(long, value_name = "SIZE", value_parser = limit)]
    size_limit: Option<Limit>,
    /// Whether it takes uploads for obsolete series as well.
    #[arg(long, value_name = "ANSWER")]
    obsolete_uploads: Option<YesNo>,
    /// Whether it is published. One that is not keeps what clients see, and what is accepted waits.
    #[arg(long, value_name = "ANSWER")]
    publish: Option<YesNo>,
    /// Origin in its Release files. Clients pin by it: the next publication wants `--allow origin`.
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    /// Label in its Release files, likewise with `--allow label`.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Whether each publication leaves a list of all files in the archive's root, ls-lR.gz.
    #[arg(long, value_name = "ANSWER")]
    ls_lr: Option<YesNo>,
    /// Whether each publication writes indices/ in the archive's root: md5sums.gz, and override files of every suite.
    #[arg(long, value_name = "ANSWER")]
    indices: Option<YesNo>,
}

/// List archives.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct ArchiveListArgs {}

/// Show all about an archive, with a ready-made part of dput.cf for uploads to it.
///
/// Exit status: 0; 1 there is no such archive; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress archive show ~ann/debian/tools")]
pub(super) struct ArchiveShowArgs {
    /// Its name; the only distribution's own archive when it is not given.
    #[arg(value_name = "REF")]
    reference: Option<ArchiveRef>,
}

/// A bound of size, or none.
#[derive(Clone, Copy, Debug)]
struct Limit(Option<Bytes>);

fn limit(text: &str) -> Result<Limit, SizeError> {
    match text {
        "none" => Ok(Limit(None)),
        _ => text.parse().map(|bytes| Limit(Some(bytes))),
    }
}

pub(super) fn run(context: &Context, command: &ArchiveCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    let (records, directory) = (site.records(), site.directory());
    match command {
        ArchiveCommand::Create(args) => {
            let archive = create(
                records,
                directory,
                &ArchiveRequest {
                    reference: args.reference.clone(),
                    origin: args.origin.clone(),
                    label: args.label.clone(),
                    size_limit: args.size_limit,
                    private: args.private,
                },
            )?;
            if let Some(owner) = missing_owner(records, &args.reference)? {
                context.output.complain(format_args!(
                    "warning: there is no uploader and no team `{owner}` yet, so nobody can upload to it"
                ));
            }
            print(context, &archive)
        }
        ArchiveCommand::Set(args) => {
            let enabled = args.enable.then_some(true).or(args.disable.then_some(false));
            let wanted = ArchiveChange {
                enabled,
                size_limit: args.size_limit.map(|Limit(limit)| limit),
                obsolete_uploads: args.obsolete_uploads.map(YesNo::is_yes),
                published: args.publish.map(YesNo::is_yes),
                origin: args.origin.clone(),
                label: args.label.clone(),
                ls_lr: args.ls_lr.map(YesNo::is_yes),
                indices: args.indices.map(YesNo::is_yes),
            };
            print(context, &change(records, directory, &args.reference, &wanted)?)
        }
        ArchiveCommand::Delete(args) => delete::run(context, &site, args),
        ArchiveCommand::List(_) => print_all(context, &list(records, directory)?),
        ArchiveCommand::Show(args) => print(context, &show(records, directory, args.reference.as_ref())?),
    }
}

fn size_limit(archive: &ShownArchive) -> String {
    archive.size_limit.map_or_else(|| "no limit".to_owned(), |bytes| Bytes(bytes).to_string())
}

fn print_all(context: &Context, archives: &[ShownArchive]) -> Result<Status, CliError> {
    if context.output.is_json() {
        context.output.json(&archives)?;
        return Ok(Status::Done);
    }
    let row = |archive: &ShownArchive| {
        let enabled = match (&archive.deleted, archive.enabled) {
            (Some(deleted), _) => {
                if deleted.done {
                    "deleted"
                } else {
                    "being deleted"
                }
            }
            (None, true) => "yes",
            (None, false) => "no",
        };
        let (size, limit) = (Bytes(archive.size).to_string(), size_limit(archive));
        vec![archive.archive.clone(), archive.purpose.to_owned(), enabled.to_owned(), size, limit]
    };
    let header = ["ARCHIVE", "PURPOSE", "TAKES UPLOADS", "SIZE", "SIZE LIMIT"];
    context.output.table(&header, archives.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn print(context: &Context, archive: &ShownArchive) -> Result<Status, CliError> {
    let out = &context.output;
    if out.is_json() {
        out.json(archive)?;
        return Ok(Status::Done);
    }
    let takes = match (archive.enabled, archive.obsolete_uploads) {
        (false, _) => "no uploads",
        (true, false) => "uploads",
        (true, true) => "uploads, for obsolete series as well",
    };
    out.line(format_args!("archive {} ({})", archive.archive, archive.purpose))?;
    out.line(format_args!("  takes     {takes}"))?;
    if let Some(deleted) = &archive.deleted {
        let state = if deleted.done { "since" } else { "not finished yet; begun" };
        out.line(format_args!("  deleted   {state} {}, by {}: {}", deleted.at, deleted.who, deleted.reason))?;
    } else if !archive.published {
        out.line("  published no: clients see what they saw, and what is accepted waits")?;
    }
    if archive.private {
        out.line("  private   yes")?;
    }
    let lists = [(archive.ls_lr, "ls-lR.gz"), (archive.indices, "indices/")];
    let lists: Vec<&str> = lists.iter().filter(|(kept, _)| *kept).map(|(_, name)| *name).collect();
    if !lists.is_empty() {
        out.line(format_args!("  lists     {}", lists.join(", ")))?;
    }
    out.line(format_args!("  size      {} of {}", Bytes(archive.size), size_limit(archive)))?;
    out.line(format_args!("  origin    {}", archive.origin))?;
    out.line(format_args!("  label     {}", archive.label))?;
    out.line(format_args!("  series    {}", archive.series.join(", ")))?;
    out.line(format_args!("  clients   {}", archive.root.display()))?;
    out.line(format_args!("  incoming  {}", archive.incoming.display()))?;
    out.line("\nfor ~/.dput.cf:\n")?;
    out.text(&archive.dput)?;
    Ok(Status::Done)
}
