//! `debpress apply`

use clap::Args;
use serde::Serialize;

use super::Context;
use super::choose::WaitArgs;
use super::error::{CliError, Status};
use crate::admin::apply::{ApplySite, Declared, Field, Plan, ShownStep, apply, look};
use crate::context::Site;
use crate::ports::signer::Signers;

/// Make what debpress.toml declares: distributions, their series, and archives.
///
/// First it shows what would change, and asks; without a terminal it wants --yes. Everything is checked before anything is
/// changed, by the rules of the commands that change one thing: `series set`, `series set-status`, `archive create` and so
/// on. What debpress.toml does not say is left as it is, and what is recorded and not declared is told and left alone. A
/// second time there is nothing to do. docs/apply.md says what can be declared.
///
/// Exit status: 0 it is so, or the answer was no; 1 it cannot be, or nobody could be asked; 2 wrong usage; 75 another publisher is at work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  debpress apply --dry-run\n  debpress apply --yes")]
pub(super) struct ApplyArgs {
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(short, long, conflicts_with = "dry_run")]
    yes: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// What was, or would be, done, as JSON.
#[derive(Serialize)]
struct Report<'a> {
    applied: bool,
    steps: &'a [ShownStep],
    unchanged: usize,
    undeclared: &'a [String],
}

/// Nobody was there to say yes.
#[derive(Debug, thiserror::Error)]
#[error("nothing was changed: there is no terminal to ask on, so look at the steps above and say --yes")]
struct NotAsked;

pub(super) fn run(context: &Context, args: &ApplyArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let declared = Declared::of(site.config());
    let plan = look(&apply_site(&site, None), &declared)?;
    let steps = plan.shown();
    if declared.is_empty() {
        context.output.note("debpress.toml declares no distribution and no archive: docs/apply.md says how");
    }
    if args.dry_run || steps.is_empty() {
        print(context, &plan, &steps, false)?;
        return Ok(Status::Done);
    }
    if !context.output.is_json() {
        print(context, &plan, &steps, false)?;
    }
    match args.yes.then_some(true).or_else(|| context.output.ask("Apply this?")) {
        Some(true) => {}
        Some(false) => {
            context.output.note("nothing was changed");
            return Ok(Status::Done);
        }
        None => return Err(NotAsked.into()),
    }
    let signers = plan.needs_keys().then(|| site.signers()).transpose()?;
    let signers: Option<&dyn Signers> = signers.as_ref().map(|signers| signers as &dyn Signers);
    let lock = site.lock("apply", args.wait.wait())?;
    let plan = apply(&apply_site(&site, signers), &lock, &declared, &steps)?;
    match context.output.is_json() {
        true => print(context, &plan, &steps, true)?,
        false => context.output.note("applied"),
    }
    Ok(Status::Done)
}

fn apply_site<'a>(site: &'a Site, signers: Option<&'a dyn Signers>) -> ApplySite<'a> {
    ApplySite { records: site.records(), tree: site.tree(), directory: site.directory(), signers }
}

fn print(context: &Context, plan: &Plan, steps: &[ShownStep], applied: bool) -> Result<(), CliError> {
    let out = &context.output;
    if out.is_json() {
        let (unchanged, undeclared) = (plan.unchanged, plan.undeclared.as_slice());
        return out.json(&Report { applied, steps, unchanged, undeclared });
    }
    let rows = steps.iter().flat_map(|step| step.fields.iter().map(|field| row(step, field)));
    out.table(&["", "WHAT", "VALUE", "FROM", "TO"], rows.collect())?;
    out.line(format_args!("{} as declared already", plan.unchanged))?;
    if !plan.undeclared.is_empty() {
        out.note(format_args!("recorded, not declared, and left alone: {}", plan.undeclared.join(", ")));
    }
    Ok(())
}

fn row(step: &ShownStep, field: &Field) -> Vec<String> {
    let shown = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
    let verb = if step.created { "create" } else { "change" };
    let before = field.before.as_deref().map_or_else(String::new, shown);
    vec![verb.to_owned(), step.subject.clone(), field.name.clone(), before, shown(&field.after)]
}
