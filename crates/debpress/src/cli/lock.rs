//! `debpress lock`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::error::{CliError, Status};
use crate::lock::{Holder, LockStatus, status};

/// Look at the publisher lock.
#[derive(Debug, Subcommand)]
pub(super) enum LockCommand {
    Status(LockStatusArgs),
}

/// Say whether a publisher is at work, and which.
///
/// The lock is held by a process and ends with it; there is never anything to remove.
///
/// Exit status: 0, free or held; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct LockStatusArgs {}

/// The lock as JSON.
#[derive(Serialize)]
struct Shown {
    held: bool,
    holder: Option<Holder>,
}

pub(super) fn run(context: &Context, command: &LockCommand) -> Result<Status, CliError> {
    let LockCommand::Status(_) = command;
    let site = context.site()?;
    let status = status(&site.lock_path())?;
    let out = &context.output;
    if out.is_json() {
        let shown = match status {
            LockStatus::Free => Shown { held: false, holder: None },
            LockStatus::Held(holder) => Shown { held: true, holder },
        };
        out.json(&shown)?;
        return Ok(Status::Done);
    }
    match status {
        LockStatus::Free => out.line("free")?,
        LockStatus::Held(Some(holder)) => out.line(format_args!("held by {holder}"))?,
        LockStatus::Held(None) => out.line("held by a publisher that has not said its name yet")?,
    }
    Ok(Status::Done)
}
