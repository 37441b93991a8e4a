//! What a check says: things that disagree, and how many it looked at.

use std::fmt;

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;
use serde::Serialize;

use super::codes::{self, Repair, Severity};
use crate::model::key::TreeKey;
use crate::model::suite::SuiteKey;
use crate::ports::found::Found;
use crate::ports::tree::PoolObject;

/// Two things that disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A word of [`CODES`](super::CODES).
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a path relative to the site, an object's hash, `database`.
    pub subject: String,
    /// What disagrees with what, and the way out.
    pub message: String,
    /// What the code means.
    pub meaning: &'static str,
    /// What a repair can do.
    pub repair: Repair,
    /// What a repair works on.
    #[serde(skip)]
    pub(crate) mend: Mend,
}

/// One line: `pool.missing: archives/debian/pool/main/h/hello/hello_1.0_all.deb: it is not there; ...`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.code, self.subject, self.message)
    }
}

/// What a repair works on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mend {
    /// Nothing that a program may decide.
    #[default]
    Nothing,
    /// An open journal goes forward.
    Journal,
    /// Counters of suites.
    Counters,
    /// An object is missing or damaged.
    Object(PoolObject),
    /// A file of a pool is missing or damaged.
    Pool { root: String, key: TreeKey, object: PoolObject },
    /// A file or directory cannot be read by everybody.
    Mode { root: String, path: String },
    /// Something of a suite is not what it should be: all of it is made from the records.
    Publish { suite: SuiteKey, root: String, name: SuiteName },
    /// A suite that was prepared.
    Staged { root: String, suite: SuiteName },
    /// A file of a run that died.
    PoolTemporary { root: String, path: String },
    /// A file that nobody knows.
    Unknown { root: String, path: String },
    /// Objects that never got a name.
    Temporaries,
    /// An object that nobody needs.
    Orphan { sha256: Sha256, found: Box<Found> },
}

/// What was looked at and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Archives looked at.
    pub archives: usize,
    /// Published suites looked at.
    pub suites: usize,
    /// Objects that the records need.
    pub objects: u64,
    /// Files in the pools.
    pub pool_files: u64,
    /// Index files that the Release files list and that must exist, by-hash names not counted.
    pub index_files: u64,
    /// Custom files that the suites show.
    pub custom_files: u64,
    /// Objects that no record needs, whatever their age.
    pub orphans: u64,
    /// Their size in bytes.
    pub orphan_bytes: u64,
    /// Damaged files that were put aside, for a person to look at and to remove.
    pub set_aside: u64,
    /// What disagrees; empty: all is well.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    pub(super) fn add(&mut self, code: &'static str, subject: impl fmt::Display, message: impl Into<String>) {
        self.add_for(code, subject, message, Mend::Nothing);
    }

    pub(super) fn add_for(
        &mut self,
        code: &'static str,
        subject: impl fmt::Display,
        message: impl Into<String>,
        mend: Mend,
    ) {
        let row = codes::row(code);
        self.problems.push(Problem {
            code,
            severity: row.severity,
            subject: subject.to_string(),
            message: message.into(),
            meaning: row.meaning,
            repair: row.repair,
            mend,
        });
    }

    /// Whether anything disagrees that somebody must do something about.
    pub fn is_sound(&self) -> bool {
        !self.problems.iter().any(Problem::matters)
    }
}

impl Problem {
    /// Whether somebody must do something about it.
    pub fn matters(&self) -> bool {
        self.severity > Severity::Notice
    }
}
