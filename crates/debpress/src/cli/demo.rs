//! `debpress demo`

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::error::{CliError, Status};
use crate::admin::demo::{self, Say};

/// Show the whole way of a package, on a site made for it.
///
/// Makes a site, keys, two uploaders and packages; sends a good upload, a forged one and a damaged one; judges,
/// accepts and publishes them; and lets this machine's own apt-get install from the result, in a root of its own.
/// Nothing outside DIR is changed, and no root rights are needed. Without apt on the machine all but the last step is
/// done.
///
/// Exit status: 0 all went well; 1 a step failed, or DIR is not empty; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArgs {
    /// Where to make everything: a directory that is missing or empty [default: a new one below the system's
    /// directory for temporary files].
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

const EXAMPLES: &str = "Example:
  debpress demo /tmp/debpress-demo";

pub(super) fn run(context: &Context, args: &DemoArgs) -> Result<Status, CliError> {
    let directory = demo::directory(args.directory.as_deref())?;
    let mut printed = Ok(());
    let mut number = 0;
    demo::tour(&directory, &|| context.clock(), &mut |say| {
        let text = match say {
            Say::Step(text) => {
                number += 1;
                format!("\n{number}. {text}")
            }
            Say::Note(text) => format!("   {text}"),
            Say::Look(text) => format!("   $ {text}"),
            Say::Output(text) => format!("       {text}"),
        };
        if printed.is_ok() {
            printed = context.output.line(text);
        }
    })?;
    printed.map(|()| Status::Done)
}
