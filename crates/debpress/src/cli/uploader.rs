//! `debpress uploader`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use debfmt::names::{Component, SourceName};
use serde::Serialize;

use super::Context;
use super::error::{CliError, Status};
use crate::adapters::fs::local;
use crate::admin::lookup::Names;
use crate::admin::uploader::{Applicant, add_uploader, remove_key, set_mail};
use crate::model::archive::ArchiveRef;
use crate::model::permission::{Power, Rights, Scope};
use crate::ports::db::Uploader;

/// Record who may upload, and what.
#[derive(Debug, Subcommand)]
pub(super) enum UploaderCommand {
    Add(UploaderAddArgs),
    Set(UploaderSetArgs),
    RemoveKey(UploaderRemoveKeyArgs),
    List(UploaderListArgs),
}

/// Record a key of an uploader, and something they may upload.
///
/// KEYFILE holds one or several OpenPGP public keys, as `gpg --armor --export` writes them. Without --archive,
/// --component and --package the uploader may upload anything. Done again, it adds to what the uploader has, and
/// replaces a key by its newer form (an extended expiry).
///
/// Exit status: 0 recorded; 1 no key of the file can be used, or it belongs to somebody else; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct UploaderAddArgs {
    /// The uploader's name, for the queue and the logs.
    name: String,
    /// File with the public key.
    #[arg(value_name = "KEYFILE")]
    key_file: PathBuf,
    /// Only into this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Only into this component.
    #[arg(long, value_name = "C")]
    component: Option<Component>,
    /// Only this source package.
    #[arg(long, value_name = "P")]
    package: Option<SourceName>,
    /// Record the key and no permission; `debpress permission grant` gives those.
    #[arg(long, conflicts_with_all = ["archive", "component", "package"])]
    only_key: bool,
    /// Address for notices, instead of the first one of the key.
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
}

const EXAMPLES: &str = "Example:
  debpress uploader add ann ann.asc --component main";

/// Say where notices about uploads go.
///
/// Exit status: 0 recorded; 1 there is no such uploader; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress uploader set ann --mail ann@example.org")]
pub(super) struct UploaderSetArgs {
    /// The uploader.
    name: String,
    /// The address; `none`: send nothing.
    #[arg(long, value_name = "ADDRESS")]
    mail: String,
}

/// Forget a key of an uploader: uploads that it signs are refused from now on.
///
/// The uploader stays, with permissions and teams. What was uploaded with the key stays as well.
///
/// Exit status: 0 forgotten; 1 there is no such uploader or key; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  debpress uploader remove-key ann 9E1C2D04AF6B3B5A8C7D1E2F3A4B5C6D7E8F9A0B"
)]
pub(super) struct UploaderRemoveKeyArgs {
    /// The uploader.
    name: String,
    /// The whole fingerprint, as `debpress uploader list` shows it.
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: String,
}

/// List uploaders, their keys and what they may upload.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct UploaderListArgs {}

/// No key file that a person has is larger.
const KEY_FILE: u64 = 16 * 1024 * 1024;

/// A key file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
struct KeyFileError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

pub(super) fn run(context: &Context, command: &UploaderCommand) -> Result<Status, CliError> {
    match command {
        UploaderCommand::Add(args) => add(context, args),
        UploaderCommand::Set(args) => set(context, args),
        UploaderCommand::RemoveKey(args) => {
            let fingerprint = remove_key(context.site()?.records(), &args.name, &args.fingerprint)?;
            context.output.note(format_args!("{} has no key {fingerprint} any more", args.name));
            Ok(Status::Done)
        }
        UploaderCommand::List(_) => list(context),
    }
}

fn set(context: &Context, args: &UploaderSetArgs) -> Result<Status, CliError> {
    let mail = Some(args.mail.as_str()).filter(|mail| *mail != "none");
    set_mail(context.site()?.records(), &args.name, mail)?;
    context.output.note(format_args!(
        "notices for {} will go to {}, once debpress sends mail",
        args.name,
        mail.unwrap_or("nobody")
    ));
    Ok(Status::Done)
}

fn add(context: &Context, args: &UploaderAddArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let archive = match &args.archive {
        Some(reference) => Some(names.archive(Some(reference))?.id),
        None => None,
    };
    let scope = Scope {
        archive,
        component: args.component.clone(),
        package: args.package.clone(),
        ..Scope::default()
    };
    let grant = (!args.only_key).then_some(&scope);
    let mail = args.mail.as_deref();
    let keys = local::read_small(&args.key_file, KEY_FILE)
        .map_err(|source| KeyFileError { path: args.key_file.clone(), source })?;
    let applicant = Applicant { name: &args.name, keys: &keys, mail, grant, now: site.now() };
    let recorded = add_uploader(site.records(), site.verifier(), &applicant)?;
    let out = &context.output;
    for skipped in &recorded.skipped {
        out.complain(format_args!("warning: left out {skipped}"));
    }
    if out.is_json() {
        out.json(&recorded)?;
        return Ok(Status::Done);
    }
    for key in &recorded.keys {
        let user = key.user_ids.first().map_or("no user ID", String::as_str);
        let expires = key.expires.as_ref().map_or_else(String::new, |at| format!(", expires {at}"));
        let has = if args.only_key { "has" } else { "may upload with" };
        out.line(format_args!("{} {has} key {} ({user}{expires})", args.name, key.fingerprint))?;
    }
    Ok(Status::Done)
}

/// An uploader as JSON.
#[derive(Serialize)]
struct ListedUploader {
    name: String,
    keys: Vec<String>,
    mail: Option<String>,
    grants: Vec<String>,
}

fn list(context: &Context) -> Result<Status, CliError> {
    let site = context.site()?;
    let names = Names::read(site.records())?;
    let (uploaders, rights) = (site.records().uploaders()?, site.records().rights()?);
    let listed: Vec<ListedUploader> =
        uploaders.iter().map(|uploader| listed(&names, &rights, uploader)).collect();
    if context.output.is_json() {
        context.output.json(&listed)?;
        return Ok(Status::Done);
    }
    let row = |uploader: &ListedUploader| {
        vec![uploader.name.clone(), uploader.keys.join("\n"), uploader.grants.join("\n")]
    };
    let rows = listed.iter().map(row).collect();
    context.output.table(&["UPLOADER", "KEYS", "MAY UPLOAD"], rows)?;
    Ok(Status::Done)
}

fn listed(names: &Names, rights: &Rights, uploader: &Uploader) -> ListedUploader {
    let own = rights.permissions.iter().filter(|permission| permission.person == uploader.name);
    ListedUploader {
        name: uploader.name.clone(),
        keys: uploader.keys.iter().map(|(fingerprint, _)| fingerprint.clone()).collect(),
        mail: uploader.mail.clone(),
        grants: own.filter(|own| own.power == Power::Upload).map(|own| names.scope(&own.scope)).collect(),
    }
}
