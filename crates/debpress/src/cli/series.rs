//! `debpress series`

use clap::{ArgGroup, Args, Subcommand};
use debfmt::dsc::SourceFormat;
use debfmt::names::{Architecture, Component, DistributionName, SeriesName};
use serde::Serialize;

use super::Context;
use super::choose::WaitArgs;
use super::error::{CliError, Status};
use crate::admin::grow::{SeriesRequest, create_series};
use crate::admin::series::{
    SeriesChange, SeriesChoice, ShownOption, ShownSeries, change, list, set_status, show,
};
use crate::model::mailbox::is_address;
use crate::model::publishing::{OptionError, SeriesOptions};
use crate::model::suite::{Pocket, SeriesStatus};

/// Make series, say where they stand in their life, what they take, and what is published of them.
#[derive(Debug, Subcommand)]
pub(super) enum SeriesCommand {
    Create(SeriesCreateArgs),
    SetStatus(SeriesSetStatusArgs),
    Set(SeriesSetArgs),
    Show(SeriesShowArgs),
    List(SeriesListArgs),
}

/// What a new series is like.
#[derive(Clone, Debug, Args)]
pub(super) struct NewSeriesArgs {
    /// Its components, the most preferred first; those of the newest series where none is named.
    #[arg(long, value_name = "C", value_delimiter = ',')]
    component: Vec<Component>,
    /// Its architectures; those of the newest series where none is named.
    #[arg(long, value_name = "A", value_delimiter = ',')]
    arch: Vec<Architecture>,
    /// Its version for people, as in Version of Release files.
    #[arg(long, value_name = "TEXT")]
    version: Option<String>,
    /// Where it stands in its life.
    #[arg(long, value_name = "STATUS", default_value = "frozen")]
    status: SeriesStatus,
    /// The series that it is derived from, as DISTRO/SERIES.
    #[arg(long, value_name = "SERIES", value_parser = parent)]
    parent: Option<(DistributionName, SeriesName)>,
}

impl NewSeriesArgs {
    /// A series of that name.
    pub(super) fn request(&self, name: &SeriesName) -> SeriesRequest {
        SeriesRequest {
            name: name.clone(),
            version: self.version.clone(),
            components: self.component.clone(),
            architectures: self.arch.clone(),
            status: self.status,
            parent: self.parent.clone(),
        }
    }
}

fn parent(text: &str) -> Result<(DistributionName, SeriesName), String> {
    let names = text.split_once('/').and_then(|(distribution, series)| {
        Some((DistributionName::parse(distribution).ok()?, SeriesName::parse(series).ok()?))
    });
    names.ok_or_else(|| format!("`{}` is no series: write DISTRO/SERIES", text.escape_debug()))
}

/// Make a series of a distribution, newer than those that there are.
///
/// It begins frozen: uploads wait for approval while it is being set up, and the next publish-ftpmaster makes the indexes
/// of all its pockets. `debpress series set-status` opens it.
///
/// Exit status: 0 made; 1 there is one of that name already; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress series create plucky --version 25.04")]
pub(super) struct SeriesCreateArgs {
    #[command(flatten)]
    of: NameArgs,
    #[command(flatten)]
    like: NewSeriesArgs,
}

#[derive(Debug, Args)]
struct NameArgs {
    /// The series.
    #[arg(value_name = "SERIES")]
    name: SeriesName,
    /// The distribution; needed only where several have a series of that name.
    #[arg(short, long, value_name = "NAME")]
    distribution: Option<DistributionName>,
}

impl NameArgs {
    fn choice(&self) -> SeriesChoice<'_> {
        SeriesChoice { distribution: self.distribution.as_ref(), name: &self.name }
    }
}

/// Say where a series stands in its life: that decides which of its pockets take uploads.
///
/// experimental and development: release, proposed and backports; frozen: all pockets, and uploads wait for approval;
/// current and supported: all but release, which never changes again; obsolete: none; future: proposed and backports.
/// Only the primary archive follows it.
///
/// Exit status: 0 recorded; 1 there is no such series, or it cannot have that status now; 2 wrong usage; 75 another publisher is at
/// work.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress series set-status noble current")]
pub(super) struct SeriesSetStatusArgs {
    #[command(flatten)]
    of: NameArgs,
    /// experimental, development, frozen, current, supported, obsolete or future.
    #[arg(value_name = "STATUS")]
    status: SeriesStatus,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Say which source formats, components and architectures a series takes, which list hears what it accepts, which second
/// names it has, and what is published of it.
///
/// Options are listed by `debpress series show`, and explained in docs/publishing.md. The next run of `publish-distro`
/// publishes every suite of the series anew that may still change.
///
/// Exit status: 0 recorded; 1 there is no such series; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress series set noble --source-format '3.0 (quilt)' --source-format '3.0 (native)'\n  debpress series set noble --option valid_for=7d --option backports_not_automatic=yes --option by_hash=",
    group = ArgGroup::new("change").args(["source_format", "any_source_format", "announce", "alias", "no_alias", "option", "component", "enable_arch", "disable_arch"]).required(true).multiple(true)
)]
pub(super) struct SeriesSetArgs {
    #[command(flatten)]
    of: NameArgs,
    /// Take source packages of this format: 1.0, 3.0 (quilt) or 3.0 (native). May be repeated; takes no others then.
    #[arg(long, value_name = "F", value_parser = source_format)]
    source_format: Vec<SourceFormat>,
    /// Take every source format that is known.
    #[arg(long, conflicts_with = "source_format")]
    any_source_format: bool,
    /// The address of a mailing list that is told what the primary archive accepts for the series; `none`: nobody is.
    #[arg(long, value_name = "ADDRESS", value_parser = list_address)]
    announce: Option<ListAddress>,
    /// A second name, such as `stable`: `stable-updates` then is a link to -updates of this series. Taken from the series that
    /// had it. May be repeated; takes no others then.
    #[arg(long, value_name = "NAME", conflicts_with = "no_alias")]
    alias: Vec<SeriesName>,
    /// No second name.
    #[arg(long)]
    no_alias: bool,
    /// Change an option of what is published; nothing after the `=` puts the default back. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = option)]
    option: Vec<String>,
    /// All its components, the most preferred first: those that it has, and new ones. None can leave.
    #[arg(long, value_name = "C", value_delimiter = ',')]
    component: Vec<Component>,
    /// Publish and take an architecture: one that was disabled, or a new one.
    #[arg(long, value_name = "A", value_delimiter = ',')]
    enable_arch: Vec<Architecture>,
    /// Publish and take an architecture no more. Its packages stay in the records and in the pool, and come back when it is
    /// enabled again.
    #[arg(long, value_name = "A", value_delimiter = ',')]
    disable_arch: Vec<Architecture>,
}

impl SeriesSetArgs {
    fn change(&self) -> SeriesChange {
        let formats = self.any_source_format || !self.source_format.is_empty();
        let aliases = self.no_alias || !self.alias.is_empty();
        SeriesChange {
            source_formats: formats.then(|| self.source_format.clone()),
            announce: self.announce.clone().map(|ListAddress(list)| list),
            aliases: aliases.then(|| self.alias.clone()),
            options: self.option.clone(),
            components: (!self.component.is_empty()).then(|| self.component.clone()),
            enable: self.enable_arch.clone(),
            disable: self.disable_arch.clone(),
        }
    }
}

/// Show a series with every option of what is published.
///
/// Exit status: 0; 1 there is no such series; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress series show noble")]
pub(super) struct SeriesShowArgs {
    #[command(flatten)]
    of: NameArgs,
}

/// List series with their status and the pockets that are open for uploads.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct SeriesListArgs {
    /// Only of this distribution.
    #[arg(short, long, value_name = "NAME")]
    distribution: Option<DistributionName>,
}

/// A mailing list, or that there is none.
#[derive(Clone, Debug)]
struct ListAddress(Option<String>);

fn list_address(text: &str) -> Result<ListAddress, String> {
    match text {
        "none" => Ok(ListAddress(None)),
        address if is_address(address) => Ok(ListAddress(Some(address.to_owned()))),
        _ => Err(format!(
            "`{}` is no mail address: write one such as list@example.org, or none",
            text.escape_debug()
        )),
    }
}

fn option(text: &str) -> Result<String, OptionError> {
    SeriesOptions::default().apply(text).map(|()| text.to_owned())
}

fn source_format(text: &str) -> Result<SourceFormat, String> {
    SourceFormat::from_text(text)
        .ok_or_else(|| format!("`{text}` is no source format: write 1.0, 3.0 (quilt) or 3.0 (native)"))
}

pub(super) fn run(context: &Context, command: &SeriesCommand) -> Result<Status, CliError> {
    let made = match command {
        SeriesCommand::SetStatus(args) => {
            let site = context.site()?;
            let lock = site.lock("series set-status", args.wait.wait())?;
            set_status(site.records(), site.tree(), &lock, args.of.choice(), args.status)?
        }
        SeriesCommand::Set(args) => change(context.site()?.records(), args.of.choice(), &args.change())?,
        SeriesCommand::Create(args) => {
            let new = args.like.request(&args.of.name);
            create_series(context.site()?.records(), args.of.distribution.as_ref(), &new)?
        }
        SeriesCommand::Show(args) => return run_show(context, &args.of),
        SeriesCommand::List(args) => return run_list(context, args.distribution.as_ref()),
    };
    print(context, &made)
}

fn print(context: &Context, series: &ShownSeries) -> Result<Status, CliError> {
    let out = &context.output;
    if out.is_json() {
        out.json(series)?;
        return Ok(Status::Done);
    }
    out.line(format_args!("{}", sentence(series)))?;
    Ok(Status::Done)
}

fn sentence(series: &ShownSeries) -> String {
    let options: Vec<&str> = series.options.keys().map(String::as_str).collect();
    let options =
        if options.is_empty() { String::new() } else { format!("; options changed: {}", options.join(", ")) };
    let disabled = match series.disabled_architectures.as_slice() {
        [] => String::new(),
        some => format!("; disabled: {}", some.join(", ")),
    };
    format!(
        "{} of {} is {}; open for uploads: {}; source formats: {}; announced to: {}{disabled}{options}",
        series.series,
        series.distribution,
        series.status,
        pockets(series),
        formats(series),
        list_of(series)
    )
}

/// A series with its options, as JSON.
#[derive(Serialize)]
struct WithOptions<'a> {
    #[serde(flatten)]
    series: &'a ShownSeries,
    all_options: &'a [ShownOption],
}

fn run_show(context: &Context, of: &NameArgs) -> Result<Status, CliError> {
    let (series, options) = show(context.site()?.records(), of.choice())?;
    let out = &context.output;
    if out.is_json() {
        out.json(&WithOptions { series: &series, all_options: &options })?;
        return Ok(Status::Done);
    }
    out.line(format_args!("{}", sentence(&series)))?;
    let row = |option: &ShownOption| {
        let value = if option.value.is_empty() { "-" } else { &option.value };
        let set = if option.default { "" } else { "changed" };
        vec![option.name.clone(), value.to_owned(), set.to_owned()]
    };
    out.table(&["OPTION", "VALUE", ""], options.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn run_list(context: &Context, distribution: Option<&DistributionName>) -> Result<Status, CliError> {
    let listed = list(context.site()?.records(), distribution)?;
    if context.output.is_json() {
        context.output.json(&listed)?;
        return Ok(Status::Done);
    }
    let row = |series: &ShownSeries| {
        let (name, status) = (series.series.clone(), series.status.to_string());
        vec![series.distribution.clone(), name, status, pockets(series), formats(series), list_of(series)]
    };
    let header = ["DISTRIBUTION", "SERIES", "STATUS", "OPEN POCKETS", "SOURCE FORMATS", "ANNOUNCED TO"];
    context.output.table(&header, listed.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn pockets(series: &ShownSeries) -> String {
    let words: Vec<&str> = series.open_pockets.iter().map(|pocket: &Pocket| pocket.as_str()).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn formats(series: &ShownSeries) -> String {
    if series.source_formats.is_empty() { "any".to_owned() } else { series.source_formats.join(", ") }
}

fn list_of(series: &ShownSeries) -> String {
    series.announce.clone().unwrap_or_else(|| "nobody".to_owned())
}
