//! `debpress mail`

use clap::{Args, Subcommand};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::mail::{MailUseError, ShownNotice, list, send, test};
use crate::context::Site;
use crate::model::notice::NoticeState;
use crate::notice::Delivery;
use crate::ports::db::NoticeFilter;

/// Notices by mail: what was told to whom, what waits, and whether mail works.
#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    List(MailListArgs),
    Send(MailSendArgs),
    Test(MailTestArgs),
}

/// List notices, the oldest first.
///
/// Each is for one recipient. One that waits is sent by the next process-upload, queue accept, queue reject or mail send
/// after its time.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress mail list --state waiting --state given-up")]
pub(super) struct MailListArgs {
    /// Only notices of this state: waiting, sent or given-up. May be repeated.
    #[arg(long, value_name = "STATE", value_parser = state_word)]
    state: Vec<NoticeState>,
    /// Only the newest so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

/// Send the notices that are due.
///
/// Other commands do it too; this is for a cron job where uploads are rare, and after a fault was mended.
///
/// Exit status: 0 all that was due was sent, or nothing was; 1 something could not be sent; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress mail send --all")]
pub(super) struct MailSendArgs {
    /// Also those whose next attempt is later, and those that were given up.
    #[arg(long)]
    all: bool,
}

/// Send one mail to an address, to see whether [mail] of debpress.toml is right.
///
/// Exit status: 0 it was taken; 1 it was not; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress mail test ann@example.org")]
pub(super) struct MailTestArgs {
    /// The address.
    #[arg(value_name = "ADDRESS")]
    address: String,
}

fn state_word(word: &str) -> Result<NoticeState, String> {
    NoticeState::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = NoticeState::ALL.iter().map(|state| state.as_str()).collect();
        format!("`{word}` is no state of a notice: write one of {}", words.join(", "))
    })
}

pub(super) fn run(context: &Context, command: &MailCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    match command {
        MailCommand::List(args) => {
            let filter = NoticeFilter { states: args.state.clone(), limit: Some(args.limit) };
            show(context, &list(site.records(), &filter)?)
        }
        MailCommand::Send(args) => {
            let delivery = send(&site, args.all)?.ok_or(MailUseError::Off)?;
            complain(context, &delivery);
            if context.output.is_json() {
                context.output.json(&delivery)?;
            } else {
                context.output.line(format_args!("{} sent", notices(delivery.sent)))?;
            }
            Ok(Status::failed_if(!delivery.failed.is_empty()))
        }
        MailCommand::Test(args) => {
            test(&site, &args.address)?;
            context.output.line(format_args!("a mail to {} was taken", args.address))?;
            Ok(Status::Done)
        }
    }
}

fn show(context: &Context, found: &[ShownNotice]) -> Result<Status, CliError> {
    if context.output.is_json() {
        context.output.json(&found)?;
        return Ok(Status::Done);
    }
    let row = |notice: &ShownNotice| {
        let (number, state, kind) =
            (notice.notice.to_string(), notice.state.to_string(), notice.kind.to_owned());
        let (to, subject, error) = (notice.recipient.clone(), notice.subject.clone(), notice.error.clone());
        vec![number, notice.created.clone(), state, kind, to, subject, error]
    };
    let header = ["NOTICE", "WRITTEN", "STATE", "KIND", "RECIPIENT", "SUBJECT", "LAST ERROR"];
    context.output.table(&header, found.iter().map(row).collect())?;
    Ok(Status::Done)
}

/// Sends what is due after a command that may have told something. Whatever goes wrong with it, the command has done its
/// work, and the notices wait.
pub(super) fn deliver(context: &Context, site: &Site) {
    match send(site, false) {
        Ok(None) => {}
        Ok(Some(delivery)) => complain(context, &delivery),
        Err(error) => {
            let error = CliError::from(error);
            context.output.complain("not every notice was sent; the others wait for a later run");
            error.lines().iter().for_each(|line| context.output.complain(line));
        }
    }
}

fn complain(context: &Context, delivery: &Delivery) {
    for failed in &delivery.failed {
        let then = if failed.again { "it waits for a later run" } else { "it is given up" };
        context.output.complain(format_args!("no mail to {}: {}; {then}", failed.recipient, failed.error));
    }
}

fn notices(count: usize) -> String {
    if count == 1 { "1 notice".to_owned() } else { format!("{count} notices") }
}
