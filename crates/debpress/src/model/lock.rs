//! The publisher lock, as people see it.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Who holds the lock, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The command: `publish-distro`.
    pub command: String,
    /// Its process number.
    pub pid: u32,
    /// The user it runs as.
    pub user: String,
    /// The host it runs on.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, pid, user, host, since } = self;
        write!(f, "{command} (process {pid} of {user} on {host}, since {since})")
    }
}

/// How the lock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockStatus {
    /// Nobody holds it.
    Free,
    /// Somebody holds it; who, where that can be known.
    Held(Option<Holder>),
}
