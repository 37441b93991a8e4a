//! `debpress key`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::key::{
    KeyAdminError, KeyRequest, KeySite, ListedKey, assign, doctor, export, generate, list, write,
};
use crate::config::Seconds;
use crate::context::Site;
use crate::model::archive::ArchiveRef;
use crate::model::signing::{KeyName, KeyNames};
use crate::model::time::Timestamp;

/// Make signing keys, give their public parts away, say which archive each signs, and look after them.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    List(KeyListArgs),
    Generate(KeyGenerateArgs),
    Export(KeyExportArgs),
    Doctor(KeyDoctorArgs),
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

/// List every signing key, with what it signs.
///
/// Also those below keys/ that sign nothing.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct KeyListArgs {}

/// Make a signing key, without a passphrase, below keys/.
///
/// It signs at once only what nobody has seen yet; else it says what to do when users know it: see docs/keys.md. Beside it lies
/// its revocation, which makes it useless for everybody who imports it.
///
/// Exit status: 0 made; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress key generate --archive acme/debug --expires 2y")]
pub(super) struct KeyGenerateArgs {
    /// The archive that it is for; for all that have none of their own when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// The name that users see, such as "Acme archive <archive@acme.example>".
    #[arg(long, value_name = "UID")]
    name: Option<String>,
    /// After how long it expires, such as 90d or 2y; never when it is not given.
    #[arg(long, value_name = "TIME", value_parser = expires)]
    expires: Option<u32>,
}

/// Write the public keys that users need: what they name after Signed-By.
///
/// Exit status: 0; 1 nothing signs, or it failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  debpress key export keys/archive-key.asc\n  debpress key export --archive ~ann/acme/tools --binary tools.gpg"
)]
pub(super) struct KeyExportArgs {
    /// Of this archive; of what has no keys of its own when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Without armour, as older programs want a keyring.
    #[arg(long)]
    binary: bool,
    /// Where to; to stdout when it is not given.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Say what must be done for the keys to go on signing.
///
/// Looks at every key that is used: whether it has expired or will in 60, 30 or 7 days, is revoked, weak or readable by others,
/// and whether the public key that users are given is that of the secret one. One line each: LEVEL: CODE: KEY: what is
/// wrong, and what to do.
///
/// Exit status: 0 nothing, or notes only; 1 something must be done, or it failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example (cron):\n  0 6 * * *  debpress --site /srv/apt -q key doctor")]
pub(super) struct KeyDoctorArgs {
    /// How long a Release is valid after its date, such as 7d: no key may expire before.
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<Seconds>,
}

/// OpenPGP counts the life of a key in seconds of 32 bits.
fn expires(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no life of a key: write a number with d or y, such as 90d or 2y");
    let (days, unit) = match (text.strip_suffix('y'), text.strip_suffix('d')) {
        (Some(years), _) => (years, 365),
        (None, Some(days)) => (days, 1),
        (None, None) => return Err(wrong()),
    };
    let seconds =
        days.parse::<u32>().ok().filter(|days| *days > 0).and_then(|days| days.checked_mul(unit * 86_400));
    seconds.ok_or_else(wrong)
}

pub(super) fn run(context: &Context, command: &KeyCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    match command {
        KeyCommand::List(_) => print_list(context, &site),
        KeyCommand::Generate(args) => make(context, &site, args),
        KeyCommand::Export(args) => {
            let bytes = export(site.records(), &site.signers()?, args.archive.as_ref(), args.binary)?;
            match &args.file {
                Some(file) => write(file, &bytes)?,
                None => context.output.bytes(&bytes)?,
            }
            Ok(Status::Done)
        }
        KeyCommand::Doctor(args) => print_doctor(context, &site, args),
        KeyCommand::Assign(args) => say(context, &site, args),
    }
}

fn say(context: &Context, site: &Site, args: &KeyAssignArgs) -> Result<Status, CliError> {
    let mut keys = KeyNames::default();
    keys.0.extend(args.keys.iter().cloned());
    keys.0.dedup();
    let archive = assign(site.records(), &site.signers()?, &args.archive, &keys)?;
    let by = if args.default { "the keys that are used by default".to_owned() } else { keys.to_string() };
    context.output.note(format_args!("{archive} is signed with {by} from its next publication on"));
    Ok(Status::Done)
}

fn with_keys<T>(
    site: &Site,
    look: impl FnOnce(&KeySite<'_>) -> Result<T, KeyAdminError>,
) -> Result<T, CliError> {
    let mut archives = site.records().archives()?;
    // One that is deleted is signed no more.
    archives.retain(|archive| archive.deletion.is_none());
    let (directory, config) = (site.directory(), &site.config().signing);
    Ok(look(&KeySite { directory, config, archives: &archives, now: site.now() })?)
}

fn print_list(context: &Context, site: &Site) -> Result<Status, CliError> {
    let keys = with_keys(site, list)?;
    if context.output.is_json() {
        context.output.json(&keys)?;
        return Ok(Status::Done);
    }
    let row = |key: &ListedKey| {
        let day = |at: Timestamp| at.to_string().split('T').next().unwrap_or_default().to_owned();
        let made = if key.fingerprint.is_empty() { String::new() } else { day(key.created) };
        let expires = match key.expires {
            Some(expires) => day(expires),
            None if key.fingerprint.is_empty() => String::new(),
            None => "never".to_owned(),
        };
        let used_by = if key.used_by.is_empty() { "nothing".to_owned() } else { key.used_by.join(", ") };
        let (algorithm, state) = (key.algorithm.clone(), key.state.clone());
        vec![key.key.clone(), used_by, algorithm, made, expires, state, key.fingerprint.clone()]
    };
    let header = ["KEY", "SIGNS", "KIND", "MADE", "EXPIRES", "STATE", "FINGERPRINT"];
    context.output.table(&header, keys.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn make(context: &Context, site: &Site, args: &KeyGenerateArgs) -> Result<Status, CliError> {
    let request = KeyRequest {
        archive: args.archive.clone(),
        name: args.name.clone(),
        expires: args.expires,
        now: site.now(),
    };
    let made = generate(site.records(), &site.signers()?, &request)?;
    let out = &context.output;
    if out.is_json() {
        out.json(&made)?;
        return Ok(Status::Done);
    }
    out.line(format_args!("{} {}", made.fingerprint, made.key))?;
    match &made.next {
        Some(next) => out.note(format_args!("it signs nothing yet; when users are to know it: {next}")),
        None => out.note("it signs from the next publication on"),
    }
    Ok(Status::Done)
}

fn print_doctor(context: &Context, site: &Site, args: &KeyDoctorArgs) -> Result<Status, CliError> {
    let valid_for = args.valid_for.map(|Seconds(seconds)| seconds);
    let report = with_keys(site, |keys| doctor(keys, valid_for))?;
    let out = &context.output;
    if out.is_json() {
        out.json(&report)?;
    } else {
        for finding in &report.findings {
            out.line(finding)?;
        }
        out.note(format_args!("{} keys looked at, {} findings", report.keys, report.findings.len()));
    }
    Ok(Status::failed_if(report.is_ill()))
}
