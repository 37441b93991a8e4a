//! `debpress init`

use std::path::PathBuf;

use clap::Args;
use debfmt::names::{Architecture, Component, DistributionName, SeriesName};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::init::{MadeSite, NewSite, init};

/// Make a site: a directory with everything that a distribution needs.
///
/// DIR must be missing or empty. It then holds debpress.toml (the configuration, each key explained), debpress.db
/// (the records), objects/ (every file once), incoming/ accepted/ rejected/ failed/ (uploads), keys/ (the signing key,
/// readable by its owner only, and the public key for users) and later archives/ (what a web server serves).
///
/// Exit status: 0 made; 1 failed, or DIR is not empty; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InitArgs {
    /// The directory to make.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Name of the distribution: a word that also names directories, such as acme.
    #[arg(long, value_name = "NAME")]
    distribution: DistributionName,
    /// Its name for people [default: NAME].
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Series, oldest first, such as stable or noble; apt users write one into their sources.
    #[arg(long, value_name = "S", required = true, value_delimiter = ',')]
    series: Vec<SeriesName>,
    /// Components of each series, the most preferred first.
    #[arg(long, value_name = "C", value_delimiter = ',', default_value = "main")]
    component: Vec<Component>,
    /// Architectures of each series [default: this machine's].
    #[arg(long, value_name = "A", value_delimiter = ',')]
    arch: Vec<Architecture>,
    /// Origin in Release files [default: the name for people].
    #[arg(long, value_name = "TEXT")]
    origin: Option<String>,
    /// Label in Release files [default: the name for people].
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Make no signing key; the archive is published unsigned until debpress.toml names one.
    #[arg(long)]
    no_signing_key: bool,
}

const EXAMPLES: &str = "Example:
  debpress init /srv/apt --distribution acme --series stable --component main,extra --arch amd64,arm64";

pub(super) fn run(context: &Context, args: &InitArgs) -> Result<Status, CliError> {
    let display_name = args.display_name.clone().unwrap_or_else(|| args.distribution.to_string());
    let made = init(&NewSite {
        directory: args.directory.clone(),
        distribution: args.distribution.clone(),
        series: args.series.clone(),
        components: args.component.clone(),
        architectures: architectures(args)?,
        origin: args.origin.clone().unwrap_or_else(|| display_name.clone()),
        label: args.label.clone().unwrap_or_else(|| display_name.clone()),
        display_name,
        signing_key: !args.no_signing_key,
        now: context.clock().now(),
    })?;
    print(context, &made)?;
    Ok(Status::Done)
}

/// This machine's architecture has another name in Debian.
fn architectures(args: &InitArgs) -> Result<Vec<Architecture>, CliError> {
    if !args.arch.is_empty() {
        return Ok(args.arch.clone());
    }
    let name = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "armhf",
        "x86" => "i386",
        "powerpc64" => "ppc64el",
        other => other,
    };
    Ok(vec![Architecture::parse(name)?])
}

fn print(context: &Context, made: &MadeSite) -> Result<(), CliError> {
    let out = &context.output;
    if out.is_json() {
        return out.json(made);
    }
    let site = made.site.display();
    out.line(format_args!("made the site {site} with the archive {}", made.archive))?;
    match &made.key {
        Some(key) => {
            out.line(format_args!("signing key {}", key.fingerprint))?;
            out.line(format_args!("public key for users: {}", key.public.display()))?;
        }
        None => out.line("no signing key: the archive will be published unsigned")?,
    }
    let series = made.series.first().map_or("SUITE", String::as_str);
    out.note(format_args!("next steps:"));
    out.note(format_args!("  debpress --site {site} add FILE.deb --suite {series}"));
    out.note(format_args!("  debpress --site {site} publish-distro"));
    out.note(format_args!("  then let a web server serve {}", made.published.display()));
    Ok(())
}
