//! `debpress queue`

mod list;
mod rejected;
mod show;

use clap::{Args, Subcommand};
use debfmt::names::{Component, SectionName, SuiteName};

use super::actor::{ActorArgs, MailArgs};
use super::error::{CliError, Status};
use super::{Context, mail};
use crate::config::Seconds;
use crate::context::Site;
use crate::model::archive::ArchiveRef;
use crate::model::queue::{QueueId, QueueStatus};
use crate::queue::{
    Choice, Only, Override, Review, ReviewError, accept, authorise, may_accept, override_item, reject, retry,
};

/// Look at the queue of uploads, and decide about them.
#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    List(QueueListArgs),
    Show(QueueShowArgs),
    Accept(QueueAcceptArgs),
    Reject(QueueRejectArgs),
    Override(QueueOverrideArgs),
    Retry(QueueRetryArgs),
    Rejected(QueueRejectedArgs),
}

/// List queue items, the oldest first.
///
/// Without --status those that wait for something: new, unapproved and accepted ones. Several bounds hold together.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  debpress queue list --status new\n  debpress queue list --suite noble-proposed --older-than 3d"
)]
pub(super) struct QueueListArgs {
    /// Only items of this status: new, unapproved, accepted, rejected or done. May be repeated.
    #[arg(long, value_name = "STATUS", value_parser = status_word)]
    status: Vec<QueueStatus>,
    /// Only of this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Only for this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// Only of sources with this name; * stands for any characters.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only those that were received at least so long ago (90s, 15m, 6h, 3d).
    #[arg(long, value_name = "AGE")]
    older_than: Option<Seconds>,
    /// Only those that were received in the last so long.
    #[arg(long, value_name = "AGE")]
    newer_than: Option<Seconds>,
}

/// List the uploads that were refused and still lie in rejected/, the oldest first, each with its reasons.
///
/// They never were in the queue. Those that nobody known has signed are counted: there is nobody who could be told.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue rejected --json")]
pub(super) struct QueueRejectedArgs {}

/// Show all that is known about a queue item: its packages, their files, its history and its .changes.
///
/// Each package is compared with the one that its suite (or the series' release pocket) has now: fields that differ,
/// files that come and go.
///
/// Exit status: 0; 1 there is no such item; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue show 17")]
pub(super) struct QueueShowArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
}

/// Accept queue items: process-accepted makes publication records of them.
///
/// New, unapproved and rejected items can be accepted, unless meanwhile the suite was closed, or another upload has
/// taken their version or a file name. The decision is recorded with your user name. You need a
/// permission for the queue (`debpress permission grant NAME --queue`), unless the site is yours or you are root.
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
    /// Only say whether they could be accepted.
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Reject queue items; they can still be accepted later.
///
/// New, unapproved and accepted items can be rejected. The decision is recorded with your user name. You need a
/// permission for the queue (`debpress permission grant NAME --queue`), unless the site is yours or you are root.
///
/// Exit status: 0 all rejected; 1 one could not be, the others are; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue reject 17 --comment 'debian/copyright is missing'")]
pub(super) struct QueueRejectArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
    /// Why, for the uploader and the history.
    #[arg(short, long, alias = "reason", value_name = "TEXT")]
    comment: String,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Let accepted queue items be tried again that process-accepted could not process.
///
/// Exit status: 0 the next process-accepted tries all of them; 1 one has not failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress queue retry 17")]
pub(super) struct QueueRetryArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Place the packages of waiting queue items elsewhere than their uploader wanted.
///
/// What is not named stays as it is. The change is recorded in the item's history with your user name. You need a
/// permission for the queue, in the old component and in the new one (`debpress permission grant NAME --queue`), unless the site is yours or you are root.
///
/// Exit status: 0 all changed; 1 one could not be, the others are; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  debpress queue override 17 --component universe
  debpress queue override 17 --package hello-doc --section doc --priority optional")]
pub(super) struct QueueOverrideArgs {
    /// Numbers of the items.
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<i64>,
    /// Only this package of the items. May be repeated.
    #[arg(long, value_name = "NAME")]
    package: Vec<String>,
    /// Only source packages.
    #[arg(long, conflicts_with = "binaries")]
    sources: bool,
    /// Only binary packages.
    #[arg(long)]
    binaries: bool,
    /// The component.
    #[arg(long, value_name = "C")]
    component: Option<Component>,
    /// The section, without component.
    #[arg(long, value_name = "S")]
    section: Option<SectionName>,
    /// The priority.
    #[arg(long, value_name = "P")]
    priority: Option<SectionName>,
    /// A word about it, for the history.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
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
    let records = site.records();
    match command {
        QueueCommand::List(args) => list::list(context, &site, args),
        QueueCommand::Rejected(_) => rejected::list(context, &site),
        QueueCommand::Show(args) => show::show_items(context, &site, &args.items),
        QueueCommand::Accept(args) => {
            let (actor, choice) = args.actor.choice(&site, &args.comment)?;
            let audience = if args.dry_run { None } else { args.mail.audience(&site)? };
            let choice = Choice { audience, ..choice };
            let status = each(context, &args.items, |item| {
                authorise(records, item, &actor, None)?;
                match args.dry_run {
                    true => may_accept(records, item),
                    false => accept(records, item, &choice),
                }
            });
            deliver(context, &site, &choice, status)
        }
        QueueCommand::Reject(args) => {
            let (actor, choice) = args.actor.choice(&site, &args.comment)?;
            let choice = Choice { audience: args.mail.audience(&site)?, ..choice };
            let status = each(context, &args.items, |item| {
                authorise(records, item, &actor, None)?;
                reject(records, item, &choice)
            });
            deliver(context, &site, &choice, status)
        }
        QueueCommand::Retry(args) => {
            let (actor, _) = args.actor.choice(&site, "")?;
            each(context, &args.items, |item| {
                authorise(records, item, &actor, None)?;
                retry(records, item)
            })
        }
        QueueCommand::Override(args) => {
            let (actor, choice) = args.actor.choice(&site, &args.comment)?;
            let wanted = args.wanted();
            each(context, &args.items, |item| {
                authorise(records, item, &actor, args.component.as_ref())?;
                override_item(records, item, &wanted, &choice)
            })
        }
    }
}

/// What was decided is decided, and then it is told.
fn deliver(
    context: &Context,
    site: &Site,
    choice: &Choice,
    status: Result<Status, CliError>,
) -> Result<Status, CliError> {
    if choice.audience.is_some() {
        mail::deliver(context, site);
    }
    status
}

impl QueueOverrideArgs {
    fn wanted(&self) -> Override {
        let only = match (self.sources, self.binaries) {
            (true, _) => Some(Only::Sources),
            (false, true) => Some(Only::Binaries),
            (false, false) => None,
        };
        Override {
            packages: self.package.clone(),
            only,
            component: self.component.clone(),
            section: self.section.as_ref().map(ToString::to_string),
            priority: self.priority.as_ref().map(ToString::to_string),
        }
    }
}

/// Does something to each item; one that fails is told, and keeps none of the others.
fn each(
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
