//! `debpress publish-distro`

use std::path::{Path, PathBuf};

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::choose::{ArchiveArgs, WaitArgs, suites_of};
use super::error::{CliError, Status};
use super::output::Output;
use super::process_accepted::custom_directories;
use super::runs::ScheduledArgs;
use crate::admin::lookup::Names;
use crate::admin::runs;
use crate::context::Site;
use crate::lock::PublisherLock;
use crate::model::archive::{ArchiveRef, Purpose};
use crate::publish::{
    AliasReport, Careful, Guard, PreviewEntry, PreviewLoss, PublishPreview, PublishReport, Selection, Skip,
    preview_distro, publish_aside, publish_distro,
};

/// Publish what has changed: pool, indexes, signed Release files.
///
/// Each suite that has changed is prepared where clients do not see it, and those of an archive become visible
/// together, each in one step: a client sees the old state or the new one, never anything between. A run that was killed is
/// finished, or was never visible; the next run sees to it. Suites without a change are not touched.
///
/// Files that other programs have put below staging/ are published with their suite (docs/contributed-files.md).
///
/// Writes pool/ and dists/ in the root of each archive, which `debpress archive show` names: archives/DISTRO in the site for
/// the distribution's own. Takes the publisher lock.
///
/// An archive that fails is reported, stays as it was, and does not keep the others. One in which something would change
/// that looks like a mistake, such as a large share of a suite that would leave, fails until --allow names it.
///
/// Exit status: 0 published, or nothing to do; 1 an archive or a hook failed; 2 wrong usage; 75 another publisher is at work, and
/// nothing was done.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PublishDistroArgs {
    #[command(flatten)]
    archives: ArchiveArgs,
    /// Only this suite, even if it never had a package. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// This suite too, as if it had changed. May be repeated.
    #[arg(long, value_name = "SUITE")]
    dirty_suite: Vec<SuiteName>,
    #[command(flatten)]
    careful: CarefulArgs,
    /// Publish although this would change in a way that looks like a mistake: removal, origin, label, suite, codename,
    /// architecture, component or date. May be repeated.
    #[arg(long, value_name = "REASON")]
    allow: Vec<Guard>,
    /// Only say what would be done, and why: what enters and what gives way, which files would be written. Takes no lock.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Write the suites that would be published below DIR instead, as DIR/archives/DISTRO/dists and pool, to look at them
    /// with a real apt: signed and verified, nothing is recorded, hooks do not run, and clients see nothing. For primary and
    /// partner archives. DIR lies outside the site; on its file system, since files are linked there and copied elsewhere.
    #[arg(
        short = 'R',
        long,
        value_name = "DIR",
        conflicts_with_all = ["dry_run", "ppa", "private_ppa", "copy_archive", "disable_apt", "disable_release"]
    )]
    distsroot: Option<PathBuf>,
    /// Leave what is pending pending.
    #[arg(long)]
    disable_publishing: bool,
    /// Let nothing give way to anything newer.
    #[arg(long)]
    disable_domination: bool,
    /// Write no indexes: files go into the pool, and no suite changes.
    #[arg(long)]
    disable_apt: bool,
    /// Write no Release; the same as --disable-apt, since indexes that no Release names are seen by nobody.
    #[arg(long)]
    disable_release: bool,
    /// Look at personal archives with nothing pending too. They are looked at anyway, which costs nothing; accepted for
    /// scripts.
    #[arg(long)]
    include_non_pending: bool,
    /// Refused: there is one lock for all that publishes in a site.
    #[arg(long, value_name = "NAME", hide = true, value_parser = no_own_lock)]
    lockfilename: Option<String>,
    #[command(flatten)]
    scheduled: ScheduledArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// What is done again although the records say that it is done.
#[derive(Clone, Copy, Debug, Args)]
struct CarefulArgs {
    /// Everything that the four below say.
    #[arg(short = 'C', long)]
    careful: bool,
    /// Read every file in the pool that a published package needs, and compare it with the records.
    #[arg(short = 'P', long)]
    careful_publishing: bool,
    /// Look in suites without a change too for what gives way to something newer.
    #[arg(short = 'D', long)]
    careful_domination: bool,
    /// Write the indexes of suites without a change too.
    #[arg(short = 'A', long)]
    careful_apt: bool,
    /// Write the Release of suites without a change too.
    #[arg(long)]
    careful_release: bool,
}

impl CarefulArgs {
    fn careful(self) -> Careful {
        Careful {
            publishing: self.careful || self.careful_publishing,
            domination: self.careful || self.careful_domination,
            indexes: self.careful || self.careful_apt,
            release: self.careful || self.careful_release,
        }
    }
}

fn no_own_lock(_: &str) -> Result<String, String> {
    Err("one lock keeps publishers of a site apart, and nobody steps around it: archives that are to be published \
         at the same time belong into different sites"
        .to_owned())
}

const EXAMPLES: &str = "Examples:
  debpress publish-distro
  debpress publish-distro -d acme -s stable --wait=10m
  debpress publish-distro --dry-run
  debpress publish-distro --distsroot /srv/look
  debpress publish-distro --ppa --exclude ~ann/acme/huge";

pub(super) fn run(context: &Context, args: &PublishDistroArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if args.scheduled.is_paused(context, &site)? {
        return Ok(Status::Done);
    }
    let names = Names::read(site.records())?;
    let selection = args.selection(&names)?;
    if args.dry_run {
        return show_preview(context, &preview_distro(&site.publish_site(&site.signers()?), &selection)?);
    }
    if let Some(directory) = &args.distsroot {
        return aside(context, &site, (args, directory), (&names, &selection));
    }
    let lock = site.lock("publish-distro", args.wait.wait())?;
    publish(context, &site, ("publish-distro", lock), &selection)
}

/// Publishes under the name of a command that has the lock, and says what was done.
pub(super) fn publish(
    context: &Context,
    site: &Site,
    (command, lock): (&'static str, PublisherLock),
    selection: &Selection,
) -> Result<Status, CliError> {
    // Not before: whoever waited here signs with the keys of now.
    let signers = site.signers()?;
    let begun = runs::begin(site, &lock, command)?;
    let bar = context.output.spinner("publishing");
    let report = publish_distro(&site.publish_site(&signers), &lock, selection);
    bar.finish_and_clear();
    let report = runs::end(site, &begun, report)?;
    drop(lock);
    complain(&context.output, &report);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&context.output, &report)?;
    }
    Ok(Status::failed_if(!report.failed.is_empty()))
}

impl PublishDistroArgs {
    fn selection(&self, names: &Names) -> Result<Selection, CliError> {
        let purposes = [Purpose::Primary];
        let archives = self.archives.archives(names, &purposes)?;
        Ok(Selection {
            dirty: suites_of(names, &archives, &self.dirty_suite)?,
            allow: self.allow.iter().copied().collect(),
            careful: self.careful.careful(),
            skip: Skip {
                publishing: self.disable_publishing,
                domination: self.disable_domination,
                indexes: self.disable_apt || self.disable_release,
                retired: false,
            },
            ..self.archives.selection(names, &purposes, &self.suite)?
        })
    }
}

/// Why there is nothing to look at.
#[derive(Debug, thiserror::Error)]
#[error(
    "--distsroot is for primary and partner archives: {reference} is published where it is and nowhere else; `--dry-run` \
     says what would be done"
)]
struct NotAside {
    reference: ArchiveRef,
}

/// Writes what would be published into another directory.
fn aside(
    context: &Context,
    site: &Site,
    (args, directory): (&PublishDistroArgs, &Path),
    (names, selection): (&Names, &Selection),
) -> Result<Status, CliError> {
    let mut chosen = names.archives().iter().filter(|archive| selection.archives.contains(&archive.id));
    if let Some(archive) = chosen.find(|archive| !archive.reference.purpose().can_be_looked_at()) {
        return Err(NotAside { reference: archive.reference.clone() }.into());
    }
    let tree = site.tree_aside(directory)?;
    let lock = site.lock("publish-distro", args.wait.wait())?;
    let signers = site.signers()?;
    let report = publish_aside(&site.publish_site(&signers), &lock, selection, &tree)?;
    drop(lock);
    complain(&context.output, &report);
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&context.output, &report)?;
        let directory = directory.display();
        context.output.note(format_args!("all of this is in {directory} only: nothing was published"));
    }
    Ok(Status::failed_if(!report.failed.is_empty()))
}

fn show_preview(context: &Context, preview: &PublishPreview) -> Result<Status, CliError> {
    let out = &context.output;
    preview.warnings.iter().for_each(|warning| out.note(format_args!("warning: {warning}")));
    if out.is_json() {
        out.json(preview)?;
        return Ok(Status::Done);
    }
    for suite in &preview.suites {
        out.line(format_args!("{} of {}: {}", suite.suite, suite.archive, suite.why))?;
        for it in &suite.enters {
            out.line(format_args!(
                "  enters   {} {} {} in {}",
                it.name, it.version, it.architecture, it.component
            ))?;
        }
        for PreviewEntry { name, version, architecture, .. } in &suite.deleted {
            out.line(format_args!("  removed  {name} {version} {architecture}"))?;
        }
        for PreviewLoss { package, by } in &suite.leaves {
            let (name, version, architecture) = (&package.name, &package.version, &package.architecture);
            out.line(format_args!("  leaves   {name} {version} {architecture}, for {by}"))?;
        }
        for it in &suite.waits {
            let missing = it.missing.join(", ");
            out.line(format_args!(
                "  waits    {} {} {}, for {missing}",
                it.name, it.version, it.architecture
            ))?;
        }
        for file in &suite.pool {
            out.line(format_args!("  file     {} ({} bytes)", file.path, file.bytes))?;
        }
        for path in &suite.indexes {
            out.line(format_args!("  index    {path}"))?;
        }
        for path in &suite.contributed {
            out.line(format_args!("  staged   {path}"))?;
        }
        for path in &suite.withdrawn {
            out.line(format_args!("  gone     {path}"))?;
        }
    }
    if preview.suites.is_empty() {
        out.note(format_args!("nothing would be published: {} suites have no change", preview.unchanged));
    }
    Ok(Status::Done)
}

/// What went wrong, on stderr.
pub(super) fn complain(out: &Output, report: &PublishReport) {
    for warning in &report.warnings {
        out.note(format_args!("warning: {warning}"));
    }
    for failed in &report.failed {
        let lines = CliError::lines_of(&failed.error);
        lines.iter().for_each(|line| out.complain(line));
        if failed.finished {
            out.complain(format_args!(
                "archive {} is published all the same: it was finished",
                failed.archive
            ));
        } else if !failed.error.is_published() {
            out.complain(format_args!("archive {} was not published; the others were", failed.archive));
        }
    }
}

/// What was published.
pub(super) fn print(out: &Output, report: &PublishReport) -> Result<(), CliError> {
    for suite in &report.recovered {
        out.line(format_args!("{suite}: finished what an interrupted run had begun"))?;
    }
    for suite in &report.suites {
        let signed = suite.signed_by.as_ref().map_or("unsigned".to_owned(), |by| format!("signed by {by}"));
        let custom = custom_directories(suite.custom);
        let deleted = if suite.deleted == 0 { String::new() } else { format!(", {} removed", suite.deleted) };
        out.line(format_args!(
            "{} of {}: {} published, {} superseded{deleted}{custom}, {} index files ({} bytes), {signed}",
            suite.suite,
            suite.archive,
            suite.published,
            suite.superseded,
            suite.index_files,
            suite.index_bytes
        ))?;
    }
    for AliasReport { archive, alias, target } in &report.aliases {
        let means = target.as_ref().map_or("is gone".to_owned(), |target| format!("is {target} now"));
        out.line(format_args!("{alias} of {archive} {means}"))?;
    }
    let nothing = report.suites.is_empty() && report.recovered.is_empty() && report.aliases.is_empty();
    if nothing && report.failed.is_empty() {
        let suites = if report.unchanged == 1 { "suite has" } else { "suites have" };
        out.note(format_args!("nothing to publish: {} {suites} no change", report.unchanged));
    }
    Ok(())
}
