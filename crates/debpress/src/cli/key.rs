//! `debpress key`

use clap::{Args, Subcommand};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::key::assign;
use crate::model::archive::ArchiveRef;
use crate::model::signing::{KeyName, KeyNames};

/// Say which keys sign archives.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    Assign(KeyAssignArgs),
}

/// Say which keys sign an archive from its next publication on; several sign all together.
///
/// What is published already keeps its signature until then: `publish-distro --archive REF --careful-release` publishes
/// it again at once. See docs/keys.md for how to change a key without breaking the machines that know the old one.
///
/// Exit status: 0 recorded; 1 there is no such archive, or a key cannot sign; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress key assign acme/debug keys/archives/acme-debug.asc")]
pub(super) struct KeyAssignArgs {
    /// The archive.
    #[arg(value_name = "REF")]
    archive: ArchiveRef,
    /// Files below keys/ of the site, each with a secret key, or fingerprints of keys that gpg holds.
    #[arg(value_name = "KEY", required_unless_present = "default", conflicts_with = "default")]
    keys: Vec<KeyName>,
    /// No key of its own: those of the site sign, and a personal archive is signed with the key of its owner.
    #[arg(long)]
    default: bool,
}

pub(super) fn run(context: &Context, command: &KeyCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    let signers = site.signers()?;
    match command {
        KeyCommand::Assign(args) => {
            let mut keys = args.keys.clone();
            keys.dedup();
            let keys = KeyNames(keys);
            let archive = assign(site.records(), &signers, &args.archive, &keys)?;
            let by =
                if args.default { "the keys that are used by default".to_owned() } else { keys.to_string() };
            context.output.note(format_args!("{archive} is signed with {by} from its next publication on"));
            Ok(Status::Done)
        }
    }
}
