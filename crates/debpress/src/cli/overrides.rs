//! `debpress override`

use clap::Args;
use debfmt::names::{Component, SectionName};

use super::Context;
use super::actor::ActorArgs;
use super::error::{CliError, Status};
use super::packages::{PackagesArgs, words};
use crate::admin::overrides::{NewPlace, OverrideReport, override_published};
use crate::model::queue::Note;

/// Place packages that are published, or about to be, in another component, section or priority, or roll an update out
/// step by step.
///
/// The next publish-distro shows it; the history keeps where they were. A package that moves to another component is in the
/// pool in both places until clients that have read the old indexes are done with it. Debug symbols go with the package
/// that they are of. What is as wanted already is left as it is.
///
/// Exit status: 0 recorded, or nothing to do; 1 failed, or somebody else has changed a package meanwhile; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OverrideArgs {
    #[command(flatten)]
    packages: PackagesArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// Why, for the history.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    actor: ActorArgs,
}

/// What is to be different.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct PlaceArgs {
    /// The component.
    #[arg(short, long, value_name = "C")]
    component: Option<Component>,
    /// The section, without component.
    #[arg(long, value_name = "S")]
    section: Option<SectionName>,
    /// The priority.
    #[arg(long, value_name = "P")]
    priority: Option<SectionName>,
    /// How many of a hundred machines take the binary packages as an update; 100: all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    phase: Option<u8>,
}

const EXAMPLES: &str = "Examples:
  debpress override hello --suite noble --component main --reason 'everybody needs it'
  debpress override hello --suite noble-updates --phase 10
  debpress override libhello1 --suite noble --arch amd64 --arch arm64 --priority standard";

pub(super) fn run(context: &Context, args: &OverrideArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let (actor, choice) = args.actor.choice(&site, &args.reason)?;
    let note = Note { who: choice.who, at: choice.at, text: choice.comment };
    let PlaceArgs { component, section, priority, phase } = &args.place;
    let place = NewPlace {
        component: component.clone(),
        section: section.as_ref().map(ToString::to_string),
        priority: priority.as_ref().map(ToString::to_string),
        phase: *phase,
    };
    let report = override_published(site.records(), &actor, &args.packages.wanted(), &place, &note)?;
    print(context, &report)?;
    Ok(Status::failed_if(report.missed > 0))
}

fn print(context: &Context, report: &OverrideReport) -> Result<(), CliError> {
    let out = &context.output;
    let OverrideReport { archive, suite, changed, unchanged, missed } = report;
    if *missed > 0 {
        out.complain(format_args!(
            "error: somebody else has changed {missed} of them meanwhile, which stay as they are: try again"
        ));
    }
    if out.is_json() {
        return out.json(report);
    }
    for moved in changed {
        out.line(format_args!("{}: {} -> {}", words(&moved.package), moved.from, moved.to))?;
    }
    if *unchanged > 0 {
        out.note(format_args!("{unchanged} in {suite} of {archive} as wanted already"));
    }
    if !changed.is_empty() {
        out.note("publish-distro makes it visible");
    }
    Ok(())
}
