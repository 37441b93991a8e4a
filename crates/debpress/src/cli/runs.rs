//! `debpress runs`, `debpress pause` and `debpress resume`

use clap::{Args, Subcommand};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::runs::{ShownRun, list, pause, resume, show};
use crate::context::Site;
use crate::model::run::{Outcome, Pause, RunId};
use crate::ports::db::RunFilter;

/// Look at what the publishers did: every run of process-accepted, publish-distro, publish-ftpmaster and
/// process-death-row, good or bad.
///
/// Exit status: 0; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  debpress runs\n  debpress runs --outcome failed --outcome interrupted\n  debpress runs show 4711"
)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// Only runs of this command.
    #[arg(long = "command", value_name = "NAME")]
    of: Option<String>,
    /// Only with this outcome: running, done, failed or interrupted. May be repeated.
    #[arg(long, value_name = "OUTCOME", value_parser = outcome_word)]
    outcome: Vec<Outcome>,
    /// Also those that had nothing to do.
    #[arg(long)]
    all: bool,
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    Show(RunsShowArgs),
}

/// Show all about a run: who, when, how long each part took, what changed, what went wrong.
///
/// Exit status: 0; 1 there is no such run; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress runs show 4711")]
struct RunsShowArgs {
    /// Its number.
    #[arg(value_name = "RUN")]
    run: i64,
}

/// Let scheduled runs do nothing, until `debpress resume`.
///
/// Runs with --scheduled, as cron should start them, then end at once with status 0 and say who wants it and why. A run
/// without --scheduled goes on: it is an administrator's. One that is at work is not stopped.
///
/// Exit status: 0 paused; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress pause --reason 'moving the pool to new disks'")]
pub(super) struct PauseArgs {
    /// Why, for whoever finds the publishers paused.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Let scheduled runs work again.
///
/// Exit status: 0, also when there was no pause; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress resume")]
pub(super) struct ResumeArgs {}

/// Whether a run was started by a schedule.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ScheduledArgs {
    /// Do nothing while there is a pause (`debpress pause`): for cron.
    #[arg(long)]
    scheduled: bool,
}

impl ScheduledArgs {
    /// Whether this run must do nothing.
    pub(super) fn is_paused(self, context: &Context, site: &Site) -> Result<bool, CliError> {
        let Some(Pause { who, since, reason }) = site.records().pause()? else { return Ok(false) };
        let then = if self.scheduled { "nothing was done" } else { "this one goes on" };
        context
            .output
            .note(format_args!("scheduled runs are paused by {who} since {since}: {reason}; {then}"));
        Ok(self.scheduled)
    }
}

fn outcome_word(word: &str) -> Result<Outcome, String> {
    Outcome::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        format!("`{word}` is no outcome of a run: write one of {}", words.join(", "))
    })
}

pub(super) fn run_runs(context: &Context, args: &RunsArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    if let Some(RunsCommand::Show(args)) = &args.command {
        return print_one(context, &show(site.records(), RunId(args.run))?);
    }
    let filter = RunFilter {
        command: args.of.clone(),
        outcomes: args.outcome.clone(),
        eventful: !args.all && args.outcome.is_empty(),
        limit: args.limit,
    };
    let runs = list(site.records(), &filter)?;
    if context.output.is_json() {
        context.output.json(&runs)?;
        return Ok(Status::Done);
    }
    let row = |run: &ShownRun| {
        let (number, outcome, took) = (run.run.to_string(), run.outcome.to_string(), took(run));
        let trouble = run.trouble.first().cloned().unwrap_or_default();
        vec![number, run.began.clone(), run.command.clone(), outcome, took, run.changes.to_string(), trouble]
    };
    let header = ["RUN", "BEGAN", "COMMAND", "OUTCOME", "TOOK", "CHANGES", "TROUBLE"];
    context.output.table(&header, runs.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn took(run: &ShownRun) -> String {
    run.milliseconds.map_or_else(String::new, |ms| format!("{}.{:03} s", ms / 1000, ms % 1000))
}

fn print_one(context: &Context, run: &ShownRun) -> Result<Status, CliError> {
    let out = &context.output;
    if out.is_json() {
        out.json(run)?;
        return Ok(Status::Done);
    }
    out.line(format_args!("run {}: {} by {}", run.run, run.command, run.who))?;
    out.line(format_args!("  began    {}", run.began))?;
    if let Some(ended) = &run.ended {
        out.line(format_args!("  ended    {ended}, after {}", took(run)))?;
    }
    out.line(format_args!("  outcome  {}, {} changes", run.outcome, run.changes))?;
    for trouble in &run.trouble {
        out.line(format_args!("  trouble  {trouble}"))?;
    }
    if !run.report.is_null() {
        out.line(serde_json::to_string_pretty(&run.report)?)?;
    }
    Ok(Status::Done)
}

pub(super) fn run_pause(context: &Context, args: &PauseArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let who = site.actor(None)?.name().to_owned();
    let paused = pause(&site, &who, &args.reason)?;
    context.output.line(format_args!("scheduled runs are paused: {}", paused.reason))?;
    Ok(Status::Done)
}

pub(super) fn run_resume(context: &Context, _args: &ResumeArgs) -> Result<Status, CliError> {
    match resume(context.site()?.records())? {
        Some(pause) => context.output.line(format_args!(
            "scheduled runs work again; they were paused by {} since {}: {}",
            pause.who, pause.since, pause.reason
        ))?,
        None => context.output.line("there was no pause")?,
    }
    Ok(Status::Done)
}
