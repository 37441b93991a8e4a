//! Teams: names that hold permissions for their members.

use std::collections::BTreeSet;

use serde::Serialize;

use super::lookup::list as words;
use super::people::{People, PersonError};
use crate::ports::db::{Records, RecordsError};

/// A team as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Team {
    /// Its name.
    pub team: String,
    /// Uploaders and teams in it; empty: the team is gone.
    pub members: BTreeSet<String>,
    /// Whether it is a member of itself, through other teams or directly.
    pub circular: bool,
}

/// Why a team was not changed or listed.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    /// A name is unknown, or means somebody else.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// There is no such team.
    #[error("there is no team `{name}`; there are {}: `debpress team set` makes one", words(.known))]
    NoTeam {
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Somebody who should leave was not in.
    #[error("{member} is not in team {team}, whose members are {}", words(.members))]
    NoMember {
        /// Who should leave.
        member: String,
        /// The team.
        team: String,
        /// Who is in.
        members: Vec<String>,
    },
    /// The records failed.
    #[error("cannot work on the teams")]
    Records(#[from] RecordsError),
}

/// Gives a team these members instead of those that it had; makes it when it is new.
///
/// # Errors
/// [`TeamError`]; then nothing has changed.
pub fn set(records: &dyn Records, team: &str, members: &[String]) -> Result<Team, TeamError> {
    let people = People::read(records)?;
    people.may_be_team(team)?;
    store(records, &people, team, members.iter().cloned().collect())
}

/// Adds members to a team.
///
/// # Errors
/// [`TeamError`]; then nothing has changed.
pub fn add(records: &dyn Records, team: &str, members: &[String]) -> Result<Team, TeamError> {
    let mut all = members_of(records, team)?;
    all.extend(members.iter().cloned());
    store(records, &People::read(records)?, team, all)
}

/// Takes members out of a team; a team without members is gone.
///
/// # Errors
/// [`TeamError`]; then nothing has changed.
pub fn remove(records: &dyn Records, team: &str, members: &[String]) -> Result<Team, TeamError> {
    let known = members_of(records, team)?;
    let mut left = known.clone();
    for member in members {
        if !left.remove(member) {
            let (member, team) = (member.clone(), team.to_owned());
            return Err(TeamError::NoMember { member, team, members: known.into_iter().collect() });
        }
    }
    records.set_team(team, &left)?;
    shown(records, team)
}

/// Every team, by name.
///
/// # Errors
/// The database fails.
pub fn list(records: &dyn Records) -> Result<Vec<Team>, TeamError> {
    let rights = records.rights()?;
    let team = |(team, members): (&String, &BTreeSet<String>)| Team {
        team: team.clone(),
        members: members.clone(),
        circular: rights.is_circular(team),
    };
    Ok(rights.teams.iter().map(team).collect())
}

fn members_of(records: &dyn Records, team: &str) -> Result<BTreeSet<String>, TeamError> {
    let mut teams = records.rights()?.teams;
    match teams.remove(team) {
        Some(members) => Ok(members),
        None => Err(TeamError::NoTeam { name: team.to_owned(), known: teams.into_keys().collect() }),
    }
}

fn store(
    records: &dyn Records,
    people: &People,
    team: &str,
    members: BTreeSet<String>,
) -> Result<Team, TeamError> {
    for member in members.iter().filter(|member| *member != team) {
        people.find(member)?;
    }
    records.set_team(team, &members)?;
    shown(records, team)
}

fn shown(records: &dyn Records, team: &str) -> Result<Team, TeamError> {
    let rights = records.rights()?;
    let members = rights.teams.get(team).cloned().unwrap_or_default();
    Ok(Team { team: team.to_owned(), members, circular: rights.is_circular(team) })
}
