//! `debpress team`

use clap::{Args, Subcommand};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::team::{Team, add, list, remove, set};

/// Group uploaders into teams, which hold permissions and own archives like a person.
#[derive(Debug, Subcommand)]
pub(super) enum TeamCommand {
    Set(TeamSetArgs),
    Add(TeamAddArgs),
    Remove(TeamRemoveArgs),
    List(TeamListArgs),
}

#[derive(Debug, Args)]
struct MembersArgs {
    /// The team.
    #[arg(value_name = "NAME")]
    team: String,
    /// Uploaders, or other teams.
    #[arg(value_name = "MEMBER", required = true)]
    members: Vec<String>,
}

/// Make a team, or give one other members than it had.
///
/// Members are uploaders and other teams. A team must not be called like an uploader.
///
/// Exit status: 0 recorded; 1 a name is unknown or taken; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress team set core ann bob")]
pub(super) struct TeamSetArgs {
    #[command(flatten)]
    of: MembersArgs,
}

/// Add members to a team.
///
/// Exit status: 0 recorded; 1 a name is unknown; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress team add core eve")]
pub(super) struct TeamAddArgs {
    #[command(flatten)]
    of: MembersArgs,
}

/// Take members out of a team.
///
/// A team without members is gone; its permissions stay recorded and give nothing, until there is a team or an uploader
/// of that name again.
///
/// Exit status: 0 recorded; 1 there is no such team, or one of them is not in it; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress team remove core bob")]
pub(super) struct TeamRemoveArgs {
    #[command(flatten)]
    of: MembersArgs,
}

/// List teams with their members.
///
/// Exit status: 0, also when there are none; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
pub(super) struct TeamListArgs {}

pub(super) fn run(context: &Context, command: &TeamCommand) -> Result<Status, CliError> {
    let site = context.site()?;
    let records = site.records();
    let team = match command {
        TeamCommand::Set(TeamSetArgs { of }) => set(records, &of.team, &of.members)?,
        TeamCommand::Add(TeamAddArgs { of }) => add(records, &of.team, &of.members)?,
        TeamCommand::Remove(TeamRemoveArgs { of }) => remove(records, &of.team, &of.members)?,
        TeamCommand::List(_) => {
            show(context, &list(records)?)?;
            return Ok(Status::Done);
        }
    };
    let out = &context.output;
    if team.circular {
        out.complain(format_args!(
            "warning: team {} is a member of itself; that does no harm, but is it meant?",
            team.team
        ));
    }
    if out.is_json() {
        out.json(&team)?;
    } else if team.members.is_empty() {
        out.line(format_args!("team {} has no members any more, and is gone", team.team))?;
    } else {
        out.line(format_args!("team {} has {}", team.team, members(&team)))?;
    }
    Ok(Status::Done)
}

fn members(team: &Team) -> String {
    team.members.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn show(context: &Context, teams: &[Team]) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.json(&teams);
    }
    let rows = teams.iter().map(|team| vec![team.team.clone(), members(team)]).collect();
    context.output.table(&["TEAM", "MEMBERS"], rows)
}
