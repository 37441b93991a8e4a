//! `debpress queue`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::actor::ActorArgs;
use super::error::{CliError, Status};
use crate::admin::lookup::Names;
use crate::context::Site;
use crate::model::archive::ArchiveRef;
use crate::model::queue::{QueueDetail, QueueId, QueueItem, QueueStatus};
use crate::ports::db::QueueFilter;
use crate::queue::{Review, ReviewError, accept, authorise, reject, show, waiting};

/// Look at the queue of uploads, and decide about them.
#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    List(QueueListArgs),
    Show(QueueShowArgs),
    Accept(QueueAcceptArgs),
    Reject(QueueRejectArgs),
}

/// List queue items, the oldest first.
///
/// Without --status those that wait for something: new, unapproved and accepted ones.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue list --status new")]
pub(super) struct QueueListArgs {
    /// Only items of this status: new, unapproved, accepted, rejected or done. May be repeated.
    #[arg(long, value_name = "STATUS", value_parser = status_word)]
    status: Vec<QueueStatus>,
    /// Only of this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
}

/// Show all that is known about a queue item: its packages, their files, its history and its .changes.
///
/// Exit status: 0; 1 there is no such item; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue show 17")]
pub(super) struct QueueShowArgs {
    /// Number of the item.
    #[arg(value_name = "ITEM")]
    item: i64,
}

/// Accept queue items: process-accepted makes publication records of them.
///
/// New, unapproved and rejected items can be accepted. The decision is recorded with your user name. You
/// need a permission for the queue (`debpress permission grant NAME --queue`), unless the site is yours or you are root.
///
/// Exit status: 0 all accepted; 1 one could not be, the others are; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue accept 17 18")]
pub(super) struct QueueAcceptArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
    /// A word about it, for the history.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Reject queue items; they can still be accepted later.
///
/// New, unapproved and accepted items can be rejected. The decision is recorded with your user name. You
/// need a permission for the queue (`debpress permission grant NAME --queue`), unless the site is yours or you are root.
///
/// Exit status: 0 all rejected; 1 one could not be, the others are; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue reject 17 --comment 'debian/copyright is missing'")]
pub(super) struct QueueRejectArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
    /// Why, for the uploader and the history.
    #[arg(short, long, value_name = "TEXT")]
    comment: String,
    #[command(flatten)]
    actor: ActorArgs,
}

fn status_word(word: &str) -> Result<QueueStatus, String> {
    QueueStatus::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = QueueStatus::ALL.iter().map(|status| status.as_str()).collect();
        format!("`{word}` is no status: write one of {}", words.join(", "))
    })
}

pub(super) fn run(context: &Context, command: &QueueCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    match command {
        QueueCommand::List(args) => list(context, &site, args),
        QueueCommand::Show(args) => show_item(context, &site, QueueId(args.item)),
        QueueCommand::Accept(args) => {
            let (actor, choice) = args.actor.choice(&site, &args.comment)?;
            decide(context, &args.items, |item| {
                authorise(site.records(), item, &actor)?;
                accept(site.records(), item, &choice)
            })
        }
        QueueCommand::Reject(args) => {
            let (actor, choice) = args.actor.choice(&site, &args.comment)?;
            decide(context, &args.items, |item| {
                authorise(site.records(), item, &actor)?;
                reject(site.records(), item, &choice)
            })
        }
    }
}

fn decide(
    context: &Context,
    items: &[i64],
    decide: impl Fn(QueueId) -> Result<Review, ReviewError>,
) -> Result<Status, CliError> {
    let mut reviews = Vec::new();
    let mut failed = false;
    for item in items {
        match decide(QueueId(*item)) {
            Ok(review) => reviews.push(review),
            Err(error) => {
                failed = true;
                CliError::from(error).lines().iter().for_each(|line| context.output.complain(line));
            }
        }
    }
    if context.output.is_json() {
        context.output.json(&reviews)?;
    } else {
        for Review { item, status } in reviews {
            context.output.line(format_args!("queue item {item} is {status}"))?;
        }
    }
    Ok(Status::failed_if(failed))
}

/// A queue item as JSON.
#[derive(Serialize)]
struct Item {
    item: QueueId,
    status: QueueStatus,
    archive: String,
    suite: String,
    source: String,
    version: String,
    architectures: String,
    changes: String,
    uploader: String,
    fingerprint: String,
    received: String,
}

impl Item {
    fn new(names: &Names, item: &QueueItem) -> Self {
        Self {
            item: item.id,
            status: item.status,
            archive: names.archive_name(item.suite),
            suite: names.suite_name(item.suite),
            source: item.source.clone(),
            version: item.version.clone(),
            architectures: item.architectures.clone(),
            changes: item.changes_name.clone(),
            uploader: item.uploader.clone(),
            fingerprint: item.fingerprint.clone(),
            received: item.received.to_string(),
        }
    }
}

fn list(context: &Context, site: &Site, args: &QueueListArgs) -> Result<Status, CliError> {
    let names = Names::read(site.records())?;
    let archives = match &args.archive {
        Some(reference) => vec![names.archive(Some(reference))?.id],
        None => Vec::new(),
    };
    let filter = QueueFilter { statuses: args.status.clone(), archives };
    let items: Vec<Item> =
        waiting(site.records(), &filter)?.iter().map(|item| Item::new(&names, item)).collect();
    if context.output.is_json() {
        context.output.json(&items)?;
        return Ok(Status::Done);
    }
    let row = |item: Item| {
        let suite = format!("{} of {}", item.suite, item.archive);
        let (number, status) = (item.item.to_string(), item.status.to_string());
        vec![
            number,
            status,
            suite,
            item.source,
            item.version,
            item.architectures,
            item.uploader,
            item.received,
        ]
    };
    let header = ["ITEM", "STATUS", "SUITE", "SOURCE", "VERSION", "ARCHITECTURES", "UPLOADER", "RECEIVED"];
    context.output.table(&header, items.into_iter().map(row).collect())?;
    Ok(Status::Done)
}

/// A queue item in full as JSON.
#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    item: Item,
    packages: Vec<Package>,
    history: Vec<Event>,
    changes_text: String,
}

#[derive(Serialize)]
struct Package {
    name: String,
    version: String,
    architecture: String,
    component: String,
    section: String,
    priority: String,
    new: bool,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    name: String,
    size: u64,
}

#[derive(Serialize)]
struct Event {
    at: String,
    who: String,
    status: QueueStatus,
    comment: String,
}

fn detail(names: &Names, detail: QueueDetail) -> Detail {
    let packages = detail.packages.into_iter().map(|package| Package {
        component: package.component.to_string(),
        files: package.files.into_iter().map(|(name, size)| File { name, size }).collect(),
        name: package.name,
        version: package.version,
        architecture: package.architecture,
        section: package.section,
        priority: package.priority,
        new: package.new,
    });
    let history = detail.events.into_iter().map(|event| Event {
        at: event.at.to_string(),
        who: event.who,
        status: event.status,
        comment: event.comment,
    });
    Detail {
        item: Item::new(names, &detail.item),
        packages: packages.collect(),
        history: history.collect(),
        changes_text: detail.changes_text,
    }
}

fn show_item(context: &Context, site: &Site, item: QueueId) -> Result<Status, CliError> {
    let names = Names::read(site.records())?;
    let detail = detail(&names, show(site.records(), item)?);
    let out = &context.output;
    if out.is_json() {
        out.json(&detail)?;
        return Ok(Status::Done);
    }
    let Item { source, version, status, suite, archive, uploader, fingerprint, received, .. } = &detail.item;
    out.line(format_args!("queue item {item}: {source} {version}, {status}, for {suite} of {archive}"))?;
    out.line(format_args!("uploaded by {uploader} with key {fingerprint}, received {received}"))?;
    for package in &detail.packages {
        let Package { name, version, architecture, component, section, priority, new, .. } = package;
        let new = if *new { ", new" } else { "" };
        out.line(format_args!("  {name} {version} {architecture}: {component}/{section} {priority}{new}"))?;
        for file in &package.files {
            out.line(format_args!("    {} ({} bytes)", file.name, file.size))?;
        }
    }
    for Event { at, who, status, comment } in &detail.history {
        let comment = if comment.is_empty() { String::new() } else { format!(": {comment}") };
        out.line(format_args!("  {at} {status} by {who}{comment}"))?;
    }
    out.line("")?;
    out.text(&detail.changes_text)?;
    Ok(Status::Done)
}
