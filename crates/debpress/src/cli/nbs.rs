//! `debpress nbs`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::actor::ActorArgs;
use super::error::{CliError, Status};
use crate::admin::ls::Question;
use crate::admin::nbs::{Cleaned, Cleaning, Kept, Unbuilt, nbs, remove_nbs};
use crate::context::Site;
use crate::model::archive::ArchiveRef;
use crate::model::queue::Note;

/// List binary packages that the newest version of their source no longer builds.
///
/// Nothing newer takes their place, so they stay in the suite until somebody removes them: with --remove, those that no other
/// package of the series needs, in any of its suites (Depends, Pre-Depends and build dependencies). One line per version and
/// suite: ` NAME | VERSION | SUITE | COMPONENT | ARCHITECTURES | SOURCE`, and the source's newest version. Packages whose
/// source is not in the suite are not listed; debug symbols follow the package that they are of.
///
/// Exit status: 0, also when there are none; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  debpress nbs\n  debpress nbs -s stable --json\n  debpress nbs -s stable --remove --reason 'not built any more'"
)]
pub(super) struct NbsArgs {
    /// Only in this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// Only in this archive; in all when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Remove them, as `debpress remove` does.
    #[arg(long, requires = "reason")]
    remove: bool,
    /// Why, for the history.
    #[arg(short, long, value_name = "TEXT", requires = "remove",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// Remove also what other packages need.
    #[arg(long, requires = "remove")]
    force: bool,
    /// Say what would be removed, and change nothing.
    #[arg(short = 'n', long, requires = "remove")]
    dry_run: bool,
    #[command(flatten)]
    actor: ActorArgs,
}

pub(super) fn run(context: &Context, args: &NbsArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let question = Question { suites: &args.suite, archive: args.archive.as_ref(), ..Question::default() };
    if args.remove {
        return clean(context, &site, args, &question);
    }
    let found = nbs(site.records(), &question)?;
    if context.output.is_json() {
        context.output.json(&found)?;
    } else {
        for one in &found {
            let Unbuilt { name, version, suite, component, source, source_version, newest, .. } = one;
            let architectures = one.architectures.join(", ");
            context.output.line(format_args!(
                " {name} | {version} | {suite} | {component} | {architectures} | {source} {source_version}, now {newest}"
            ))?;
        }
    }
    Ok(Status::Done)
}

fn clean(
    context: &Context,
    site: &Site,
    args: &NbsArgs,
    question: &Question<'_>,
) -> Result<Status, CliError> {
    let (actor, choice) = args.actor.choice(site, args.reason.as_deref().unwrap_or_default())?;
    let note = Note { who: choice.who, at: choice.at, text: choice.comment };
    let cleaning = Cleaning { note, force: args.force, dry_run: args.dry_run };
    let cleaned = remove_nbs(site.records(), &actor, question, &cleaning)?;
    let out = &context.output;
    if out.is_json() {
        out.json(&cleaned)?;
        return Ok(Status::Done);
    }
    let Cleaned { dry_run, removed, kept } = &cleaned;
    let what = if *dry_run { "would leave" } else { "leaves" };
    for Unbuilt { name, version, suite, archive, architectures, .. } in removed {
        let architectures = architectures.join(", ");
        out.line(format_args!("{name} {version} ({architectures}) {what} {suite} of {archive}"))?;
    }
    for Kept { package: Unbuilt { name, version, suite, archive, .. }, why } in kept {
        out.line(format_args!("{name} {version} stays in {suite} of {archive}: {}", why.join("; ")))?;
    }
    if !removed.is_empty() && !dry_run {
        out.note("publish-distro makes it so");
    }
    Ok(Status::Done)
}
