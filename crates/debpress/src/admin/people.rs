//! The names of uploaders and teams: one namespace, since permissions name either.

use std::collections::BTreeSet;

use super::lookup::list;
use crate::ports::db::{Records, RecordsError};

/// Why a name is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The records failed.
    #[error("cannot read who there is")]
    Records(#[from] RecordsError),
    /// Nobody is called so.
    #[error("there is no uploader and no team `{name}`; there are {}", list(.known))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Somebody is called so already.
    #[error(
        "`{name}` is the name of {what} already, and a permission must mean one of the two: take another name"
    )]
    Taken {
        /// The name.
        name: String,
        /// `an uploader` or `a team`.
        what: &'static str,
    },
    /// The text is no name.
    #[error("`{}` is no name for {what}: it must not be empty or hold control characters", .name.escape_debug())]
    NoName {
        /// The text.
        name: String,
        /// `an uploader` or `a team`.
        what: &'static str,
    },
}

/// Everybody who can hold a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Names of the uploaders.
    pub uploaders: BTreeSet<String>,
    /// Names of the teams.
    pub teams: BTreeSet<String>,
}

impl People {
    /// Reads them.
    ///
    /// # Errors
    /// The database fails.
    pub fn read(records: &dyn Records) -> Result<Self, RecordsError> {
        Ok(Self {
            uploaders: records.uploaders()?.into_iter().map(|uploader| uploader.name).collect(),
            teams: records.rights()?.teams.into_keys().collect(),
        })
    }

    /// Whether somebody is called so.
    pub fn has(&self, name: &str) -> bool {
        self.uploaders.contains(name) || self.teams.contains(name)
    }

    /// Somebody is called so.
    ///
    /// # Errors
    /// [`PersonError::Unknown`], with the names that there are.
    pub fn find(&self, name: &str) -> Result<(), PersonError> {
        if self.has(name) {
            return Ok(());
        }
        let known = self.uploaders.union(&self.teams).cloned().collect();
        Err(PersonError::Unknown { name: name.to_owned(), known })
    }

    /// An uploader may be called so.
    ///
    /// # Errors
    /// [`PersonError::NoName`], [`PersonError::Taken`] by a team.
    pub fn may_be_uploader(&self, name: &str) -> Result<(), PersonError> {
        allowed(name, "an uploader", &self.teams, "a team")
    }

    /// A team may be called so.
    ///
    /// # Errors
    /// [`PersonError::NoName`], [`PersonError::Taken`] by an uploader.
    pub fn may_be_team(&self, name: &str) -> Result<(), PersonError> {
        allowed(name, "a team", &self.uploaders, "an uploader")
    }
}

fn allowed(
    name: &str,
    kind: &'static str,
    others: &BTreeSet<String>,
    what: &'static str,
) -> Result<(), PersonError> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(PersonError::NoName { name: name.to_owned(), what: kind });
    }
    if others.contains(name) {
        return Err(PersonError::Taken { name: name.to_owned(), what });
    }
    Ok(())
}
