//! The command line: one file per command, each with its arguments (whose doc comment is the help text) and a thin
//! `run` that calls one use case and prints what it reports.

mod actor;
mod add;
mod apply;
mod archive;
mod check;
mod choose;
mod conform;
mod demo;
mod distribution;
mod error;
mod history;
mod init;
mod key;
mod lock;
mod logging;
mod ls;
mod mail;
mod nbs;
mod output;
mod overrides;
mod package_set;
mod packages;
mod permission;
mod process_accepted;
mod process_death_row;
mod process_upload;
mod publish_distro;
mod publish_ftpmaster;
mod queue;
mod remove;
mod repack;
mod runs;
mod series;
mod team;
mod uploader;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::error::{CliError, Status};
use self::output::Output;
use crate::adapters::clock::{FixedClock, SystemClock};
use crate::adapters::signals::Signals;
use crate::context::{Site, SiteError};
use crate::model::time::Timestamp;
use crate::ports::clock::Clock;

/// Takes signed uploads of Debian packages, checks and queues them, and publishes archives that every stock apt
/// installs from.
///
/// Exit status: 0 done, or nothing to do; 1 failed; 2 wrong usage; 75 another publisher is at work;
/// 130 or 143 stopped by Ctrl-C or SIGTERM.
/// Data goes to stdout, talk to stderr.
#[derive(Debug, Parser)]
#[command(name = "debpress", version, propagate_version = false)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Directory of the site; the current directory when it is not given.
    #[arg(long, global = true, value_name = "DIR", env = "DEBPRESS_SITE", hide_env_values = true)]
    site: Option<PathBuf>,
    /// Say more; twice: everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print data as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// The time to work at, in seconds since 1970, instead of the machine's: makes the same archive again.
    #[arg(long, global = true, hide = true, value_name = "SECONDS", env = "DEBPRESS_NOW")]
    now: Option<i64>,
    /// Where a test waits for this program.
    #[cfg(feature = "barrier")]
    #[arg(long, global = true, hide = true, value_name = "ADDRESS", env = "DEBPRESS_BARRIER")]
    barrier: Option<crate::adapters::barrier::Address>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Add(add::AddArgs),
    Apply(apply::ApplyArgs),
    #[command(subcommand)]
    Archive(archive::ArchiveCommand),
    #[command(subcommand)]
    Distribution(distribution::DistributionCommand),
    #[command(subcommand)]
    Key(key::KeyCommand),
    #[command(subcommand)]
    Series(series::SeriesCommand),
    #[command(subcommand)]
    Uploader(uploader::UploaderCommand),
    #[command(subcommand)]
    Permission(permission::PermissionCommand),
    #[command(subcommand)]
    Team(team::TeamCommand),
    #[command(subcommand)]
    PackageSet(package_set::PackageSetCommand),
    ProcessUpload(process_upload::ProcessUploadArgs),
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    ProcessAccepted(process_accepted::ProcessAcceptedArgs),
    PublishDistro(publish_distro::PublishDistroArgs),
    PublishFtpmaster(publish_ftpmaster::PublishFtpmasterArgs),
    ProcessDeathRow(process_death_row::ProcessDeathRowArgs),
    Repack(repack::RepackArgs),
    Override(overrides::OverrideArgs),
    Remove(remove::RemoveArgs),
    Ls(ls::LsArgs),
    Nbs(nbs::NbsArgs),
    History(history::HistoryArgs),
    Check(check::CheckArgs),
    Conform(conform::ConformArgs),
    Runs(runs::RunsArgs),
    Pause(runs::PauseArgs),
    Resume(runs::ResumeArgs),
    #[command(subcommand)]
    Mail(mail::MailCommand),
    #[command(subcommand)]
    Lock(lock::LockCommand),
}

/// What a command runs with.
struct Context {
    directory: PathBuf,
    now: Option<Timestamp>,
    output: Output,
}

impl Context {
    fn clock(&self) -> Box<dyn Clock> {
        match self.now {
            Some(now) => Box::new(FixedClock(now)),
            None => Box::new(SystemClock),
        }
    }

    fn site(&self) -> Result<Site, SiteError> {
        self.site_in(None)
    }

    /// The site in another directory than that of the common option.
    fn site_in(&self, directory: Option<&Path>) -> Result<Site, SiteError> {
        let directory = directory.unwrap_or(&self.directory);
        // Messages then name a place that means something in a log, and not `.`.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        Site::open(&directory, self.clock())
    }
}

/// Names under which the program acts as the command of that name, as links to it.
const OWN_NAMES: [&str; 5] =
    ["process-upload", "process-accepted", "publish-distro", "publish-ftpmaster", "process-death-row"];

/// Runs the program with the arguments it was started with.
pub fn main() -> ExitCode {
    match run(arguments(std::env::args_os().collect())) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            // To stdout and 0 for --help and --version, else to stderr and 2.
            let printed = error.print();
            ExitCode::from(if printed.is_ok() && !error.use_stderr() { 0 } else { 2 })
        }
    }
}

/// `publish-distro -d debian` means `debpress publish-distro -d debian`.
fn arguments(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let name = arguments.first().and_then(|first| Path::new(first).file_name()).map(OsString::from);
    if let Some(name) = name.filter(|name| OWN_NAMES.iter().any(|own| name == own)) {
        arguments.insert(1, name);
    }
    arguments
}

fn run(arguments: Vec<OsString>) -> Result<u8, clap::Error> {
    let Cli { global, command } = Cli::try_parse_from(arguments)?;
    logging::start(global.verbose, global.quiet);
    #[cfg(feature = "barrier")]
    global.barrier.into_iter().for_each(crate::adapters::barrier::set);
    let context = Context {
        directory: global.site.unwrap_or_else(|| PathBuf::from(".")),
        now: global.now.map(Timestamp),
        output: Output::new(global.json, global.quiet),
    };
    let status = match dispatch(&context, &command) {
        Ok(status) => status.exit_status(),
        Err(error) => {
            for line in error.lines() {
                context.output.complain(line);
            }
            error.exit_status()
        }
    };
    // What was done in spite of a signal is done.
    Ok(if status == 0 { 0 } else { Signals::exit_status().unwrap_or(status) })
}

fn dispatch(context: &Context, command: &Command) -> Result<Status, CliError> {
    match command {
        Command::Demo(args) => demo::run(context, args),
        Command::Init(args) => init::run(context, args),
        Command::Add(args) => add::run(context, args),
        Command::Apply(args) => apply::run(context, args),
        Command::Archive(command) => archive::run(context, command),
        Command::Distribution(command) => distribution::run(context, command),
        Command::Key(command) => key::run(context, command),
        Command::Series(command) => series::run(context, command),
        Command::Uploader(command) => uploader::run(context, command),
        Command::Permission(command) => permission::run(context, command),
        Command::Team(command) => team::run(context, command),
        Command::PackageSet(command) => package_set::run(context, command),
        Command::ProcessUpload(args) => process_upload::run(context, args),
        Command::Queue(command) => queue::run(context, command),
        Command::ProcessAccepted(args) => process_accepted::run(context, args),
        Command::PublishDistro(args) => publish_distro::run(context, args),
        Command::PublishFtpmaster(args) => publish_ftpmaster::run(context, args),
        Command::ProcessDeathRow(args) => process_death_row::run(context, args),
        Command::Repack(args) => repack::run(context, args),
        Command::Override(args) => overrides::run(context, args),
        Command::Remove(args) => remove::run(context, args),
        Command::Ls(args) => ls::run(context, args),
        Command::Nbs(args) => nbs::run(context, args),
        Command::History(args) => history::run(context, args),
        Command::Check(args) => check::run(context, args),
        Command::Conform(args) => conform::run(context, args),
        Command::Runs(args) => runs::run_runs(context, args),
        Command::Pause(args) => runs::run_pause(context, args),
        Command::Resume(args) => runs::run_resume(context, args),
        Command::Mail(command) => mail::run(context, command),
        Command::Lock(command) => lock::run(context, command),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_link_named_like_a_command_is_that_command() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            arguments(words(&["/usr/sbin/publish-distro", "-d", "debian"])),
            words(&["/usr/sbin/publish-distro", "publish-distro", "-d", "debian"])
        );
        assert_eq!(arguments(words(&["debpress", "ls"])), words(&["debpress", "ls"]));
        assert_eq!(arguments(Vec::new()), Vec::<OsString>::new());
    }
}
