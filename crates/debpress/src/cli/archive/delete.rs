//! `debpress archive delete`

use clap::Args;
use serde::Serialize;

use super::super::actor::{ActorArgs, MailArgs};
use super::super::choose::WaitArgs;
use super::super::error::{CliError, Status};
use super::super::{Context, mail};
use crate::admin::archive::{Leaving, leaving};
use crate::context::Site;
use crate::model::archive::ArchiveRef;
use crate::model::size::Bytes;
use crate::publish::{DeletedArchive, DeletionSite, delete_archive};
use crate::queue::Choice;

/// Delete a personal archive or a copy: clients see it no more, and its files go.
///
/// First it says what would go, and asks; without a terminal it wants --yes. What waits in the queue is rejected, and its
/// uploaders are told the reason. `dists` goes in one step, then the pool. Records stay: `debpress history` shows what the
/// archive had, who has deleted it and why, under the name REF-deleted, and REF may be used again. Files that debpress has not put
/// there stay, and so do keys.
///
/// If it is interrupted, the same command goes on, and so does the next publisher.
///
/// Exit status: 0 deleted, or the answer was no; 1 it cannot be, or nobody could be asked; 2 wrong usage; 75 another publisher is
/// at work.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress archive delete ~ann/debian/tools --reason 'moved to ~team/debian/tools'"
)]
pub(crate) struct ArchiveDeleteArgs {
    /// Its name.
    #[arg(value_name = "REF")]
    reference: ArchiveRef,
    /// Why; people read it in the history, and uploaders whose uploads are rejected.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    actor: ActorArgs,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why".to_owned()) } else { Ok(text.to_owned()) }
}

/// Nobody was there to say yes.
#[derive(Debug, thiserror::Error)]
#[error("nothing was deleted: there is no terminal to ask on, so say --yes")]
struct NotAsked;

/// What was deleted, as JSON.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    leaving: &'a Leaving,
    recorded_as: String,
    root_gone: bool,
}

pub(super) fn run(context: &Context, site: &Site, args: &ArchiveDeleteArgs) -> Result<Status, CliError> {
    let out = &context.output;
    let (_, leaving) = leaving(&deletion_site(site), &args.reference)?;
    if !args.yes {
        out.note(sentence(&leaving));
        match out.ask("Delete it?") {
            Some(true) => {}
            Some(false) => {
                out.note("nothing was deleted");
                return Ok(Status::Done);
            }
            None => return Err(NotAsked.into()),
        }
    }
    let lock = site.lock("archive delete", args.wait.wait())?;
    // Looked at again: what was asked about may have changed meanwhile.
    let (archive, leaving) = self::leaving(&deletion_site(site), &args.reference)?;
    let (_, choice) = args.actor.choice(site, &args.reason)?;
    let choice = Choice { audience: args.mail.audience(site)?, ..choice };
    let deleted = delete_archive(&deletion_site(site), &lock, &archive, &choice)?;
    drop(lock);
    if choice.audience.is_some() {
        mail::deliver(context, site);
    }
    print(context, &leaving, &deleted)
}

fn deletion_site(site: &Site) -> DeletionSite<'_> {
    DeletionSite { records: site.records(), tree: site.tree(), now: site.now() }
}

fn sentence(leaving: &Leaving) -> String {
    let Leaving { archive, publications, waiting, bytes, root, .. } = leaving;
    format!(
        "{archive}, below {}: live publications {publications}, uploads that wait {waiting}, size {}",
        root.display(),
        Bytes(*bytes)
    )
}

fn print(context: &Context, leaving: &Leaving, deleted: &DeletedArchive) -> Result<Status, CliError> {
    let out = &context.output;
    let recorded_as = deleted.renamed.to_string();
    if !deleted.root_gone {
        out.complain(format_args!(
            "warning: {} holds files that debpress has not put there, and stays",
            leaving.root.display()
        ));
    }
    if out.is_json() {
        out.json(&Report { leaving, recorded_as, root_gone: deleted.root_gone })?;
        return Ok(Status::Done);
    }
    let archive = &leaving.archive;
    out.line(format_args!("deleted {archive}; its history is under {recorded_as}"))?;
    if !leaving.own_keys.is_empty() {
        out.note(format_args!("its keys stay, and sign nothing any more: {}", leaving.own_keys.join(", ")));
    }
    out.note(format_args!("uploads that still arrive in {} are refused", leaving.incoming.display()));
    Ok(Status::Done)
}
