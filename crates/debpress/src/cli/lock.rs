//! `debpress lock`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::error::{CliError, Status};
use crate::lock::{Holder, LockStatus, doubtful};

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
    /// Where the lock file is, if that may not keep out publishers on other machines.
    doubtful_file_system: Option<&'static str>,
}

pub(super) fn run(context: &Context, command: &LockCommand) -> Result<Status, CliError> {
    let LockCommand::Status(_) = command;
    let site = context.site()?;
    let status = site.lock_status()?;
    let doubtful = doubtful(&site.lock_path())?;
    let out = &context.output;
    if out.is_json() {
        let (held, holder) = match status {
            LockStatus::Free => (false, None),
            LockStatus::Held(holder) => (true, holder),
        };
        out.json(&Shown { held, holder, doubtful_file_system: doubtful })?;
        return Ok(Status::Done);
    }
    if let Some(file_system) = doubtful {
        out.note(format_args!(
            "warning: the lock file is on {file_system}: it may not keep out publishers on other machines"
        ));
    }
    match status {
        LockStatus::Free => out.line("free")?,
        LockStatus::Held(Some(holder)) => out.line(format_args!("held by {holder}"))?,
        LockStatus::Held(None) => out.line("held by a publisher whose name is not in the lock file")?,
    }
    Ok(Status::Done)
}
