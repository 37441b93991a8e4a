//! `debpress package-set`

use clap::{Args, Subcommand};
use debfmt::names::SourceName;

use super::Context;
use super::choose::SeriesArgs;
use super::error::{CliError, Status};
use crate::admin::lookup::Names;
use crate::admin::package_set::{Content, ListedSet, PackageSets, list};

/// Group source packages of a series into sets that permissions can name.
#[derive(Debug, Subcommand)]
pub(super) enum PackageSetCommand {
    Set(PackageSetSetArgs),
    Add(PackageSetAddArgs),
    Remove(PackageSetRemoveArgs),
    Delete(PackageSetDeleteArgs),
    List(PackageSetListArgs),
}

#[derive(Debug, Args)]
struct ContentArgs {
    /// The set.
    name: String,
    #[command(flatten)]
    series: SeriesArgs,
    /// Source packages.
    #[arg(value_name = "PACKAGE")]
    packages: Vec<SourceName>,
    /// Another set of the series, whose packages count as well. May be repeated.
    #[arg(long, value_name = "SET")]
    include: Vec<String>,
}

impl ContentArgs {
    fn content(&self) -> Content {
        Content {
            packages: self.packages.iter().cloned().collect(),
            includes: self.include.iter().cloned().collect(),
        }
    }
}

/// Make a package set, or give one other content than it had.
///
/// Each series has its own sets. `debpress permission grant NAME --package-set SET` gives a permission for one.
///
/// Exit status: 0 recorded; 1 the series or an included set does not exist; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress package-set set desktop --series stable gtk mutter --include core"
)]
pub(super) struct PackageSetSetArgs {
    #[command(flatten)]
    of: ContentArgs,
}

/// Put packages and sets into a package set.
///
/// Exit status: 0 recorded; 1 the series or a set does not exist; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress package-set add desktop --series stable nautilus")]
pub(super) struct PackageSetAddArgs {
    #[command(flatten)]
    of: ContentArgs,
}

/// Take packages and sets out of a package set.
///
/// Exit status: 0 recorded; 1 the set does not exist, or one of them is not in it; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress package-set remove desktop --series stable nautilus")]
pub(super) struct PackageSetRemoveArgs {
    #[command(flatten)]
    of: ContentArgs,
}

/// Delete a package set. Permissions that name it stay, and give nothing.
///
/// Exit status: 0 deleted; 1 there is no such set; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress package-set delete desktop --series stable")]
pub(super) struct PackageSetDeleteArgs {
    /// The set.
    name: String,
    #[command(flatten)]
    series: SeriesArgs,
}

/// List package sets with their packages.
///
/// Exit status: 0, also when there are none; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct PackageSetListArgs {
    /// Only those of this series.
    #[arg(long, value_name = "S")]
    series: Option<debfmt::names::SeriesName>,
}

pub(super) fn run(context: &Context, command: &PackageSetCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let sets = |series: &SeriesArgs| -> Result<PackageSets<'_>, CliError> {
        Ok(PackageSets::read(site.records(), &names, series.find(&names)?.id)?)
    };
    let set = match command {
        PackageSetCommand::Set(PackageSetSetArgs { of }) => sets(&of.series)?.set(&of.name, of.content())?,
        PackageSetCommand::Add(PackageSetAddArgs { of }) => sets(&of.series)?.add(&of.name, of.content())?,
        PackageSetCommand::Remove(PackageSetRemoveArgs { of }) => {
            sets(&of.series)?.remove(&of.name, &of.content())?
        }
        PackageSetCommand::Delete(args) => {
            sets(&args.series)?.delete(&args.name)?;
            context.output.note(format_args!("package set {} is deleted", args.name));
            return Ok(Status::Done);
        }
        PackageSetCommand::List(args) => {
            let series = args.series.as_ref().map(|name| names.series(None, name)).transpose()?;
            let listed = list(site.records(), &names, series.map(|series| series.id))?;
            show(context, &listed)?;
            return Ok(Status::Done);
        }
    };
    if context.output.is_json() {
        context.output.json(&set)?;
    } else {
        context.output.line(format_args!("package set {} of {}: {}", set.name, set.series, content(&set)))?;
    }
    Ok(Status::Done)
}

fn content(set: &ListedSet) -> String {
    let included = set.includes.iter().map(|name| format!("all of {name}"));
    let words: Vec<String> = set.packages.iter().cloned().chain(included).collect();
    if words.is_empty() { "empty".to_owned() } else { words.join(", ") }
}

fn show(context: &Context, sets: &[ListedSet]) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.json(&sets);
    }
    let row = |set: &ListedSet| vec![set.name.clone(), set.series.clone(), content(set)];
    context.output.table(&["SET", "SERIES", "PACKAGES"], sets.iter().map(row).collect())
}
