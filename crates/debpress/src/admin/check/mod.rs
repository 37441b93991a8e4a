//! Does everything agree? Records, content store, pool, indexes, Release files and signatures, each with the next.
//!
//! A check only reads and needs no lock. It does not see one moment, though: a publication that runs meanwhile can make
//! it report `journal.open`, `staged.left`, `release.differs`, the `index.*` codes of a suite that changed places under
//! its eyes, and `pool.missing` or `pool.unknown` for files that came or went. Such lines are gone when the check is
//! repeated; to be sure the first time, hold the lock around it.
//!
//! One cause gives one line: an index that names a pool file which is reported already is not reported too.

pub mod codes;
mod custom;
mod indexes;
mod objects;
mod pdiffs;
mod pool;
mod records;
mod signatures;
mod stanzas;
mod suites;

use std::fmt;

pub use codes::CODES;
use debfmt::limits::Limits;
use debfmt::names::NameError;
use serde::Serialize;

use crate::model::archive::Archive;
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};
use crate::ports::objects::{ObjectError, Objects};
use crate::ports::signer::{Signers, Signing};
use crate::ports::tree::{Tree, TreeError};
use crate::ports::verifier::Verifier;
use crate::queue::with_causes;

/// What a check looks at.
#[derive(Clone, Copy)]
pub struct CheckSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The content store.
    pub objects: &'a dyn Objects,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// Who judges signatures.
    pub verifier: &'a dyn Verifier,
    /// Who should have signed what.
    pub signers: &'a dyn Signers,
    /// The time at which signatures are judged, and at which files may have left the pool.
    pub now: Timestamp,
    /// Bounds on indexes and Release files: [`Limits::index`].
    pub limits: &'a Limits,
    /// Also read every object and every pool file to its end and compare hashes. Takes as long as reading the disk.
    pub full: bool,
}

/// Two things that disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A word of [`CODES`].
    pub code: &'static str,
    /// What it is about: a path relative to the site, an object's hash, `database`.
    pub subject: String,
    /// What disagrees with what, and the way out.
    pub message: String,
}

/// One line: `pool.missing: archives/debian/pool/main/h/hello/hello_1.0_all.deb: it is not there; ...`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.code, self.subject, self.message)
    }
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
    /// What disagrees; empty: all is well.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    fn add(&mut self, code: &'static str, subject: impl fmt::Display, message: impl Into<String>) {
        self.problems.push(Problem { code, subject: subject.to_string(), message: message.into() });
    }
}

/// Why a check could not be made to its end. A file that cannot be read is a [`Problem`], not one of these.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The records failed.
    #[error("cannot check {subject}")]
    Records {
        /// What was to be checked.
        subject: String,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// The content store failed as a whole.
    #[error("cannot check the content store")]
    Objects {
        /// Why.
        #[source]
        source: ObjectError,
    },
    /// A published tree failed as a whole.
    #[error("cannot check {subject}")]
    Tree {
        /// What was to be checked.
        subject: String,
        /// Why.
        #[source]
        source: TreeError,
    },
    /// A suite's name cannot be used as a path.
    #[error("cannot check a suite of series {series}")]
    Name {
        /// The series.
        series: String,
        /// Why.
        #[source]
        source: NameError,
    },
}

/// Checks the whole site. Memory: the file list of one pool, and the text of one index.
///
/// # Errors
/// [`CheckError`]: records, store or tree could not be read at all. When the records are known to be damaged, that is
/// reported instead, with what was found until then.
pub fn check(site: &CheckSite<'_>) -> Result<CheckReport, CheckError> {
    let mut report = CheckReport::default();
    let sound = records::integrity(site, &mut report)?;
    match everything_else(site, &mut report) {
        Err(CheckError::Records { subject, source }) if !sound => {
            let message =
                format!("{subject} cannot be checked: {source}; restore the database from a backup");
            report.add(codes::RECORDS_DAMAGED, records::DATABASE, message);
        }
        ended => ended?,
    }
    Ok(report)
}

fn everything_else(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<(), CheckError> {
    let failed = |source| CheckError::Records { subject: "the archives".to_owned(), source };
    let journal = records::journal(site, report)?;
    objects::check(site, report)?;
    let suites = records::Suites::read(site)?;
    let archives = site.records.archives().map_err(failed)?;
    for archive in archives.into_iter().filter(|archive| archive.deletion.is_none()) {
        report.archives += 1;
        let root = archive.root();
        let mut pool = pool::check(site, report, &root, &suites.of_archive(archive.id), &archive)?;
        if journal.is_none() {
            pool::check_staged(site, report, &root)?;
        }
        let published = suites.published(archive.id)?;
        let judge = if published.is_empty() { Judge::Unsigned } else { judge(site, report, &archive) };
        for suite in published {
            report.suites += 1;
            let of_suite = suites::SuiteCheck { site, root: &root, suite: &suite, judge: &judge };
            of_suite.run(report, &mut pool, journal.as_ref())?;
        }
    }
    Ok(())
}

/// What signatures of an archive are judged by.
enum Judge {
    /// Nothing of it may be signed.
    Unsigned,
    /// Who signs is no concern of debpress; what is signed must be believed by whoever has these certificates.
    Others(Vec<u8>),
    /// The certificates that its users are given.
    Certificates(Vec<u8>),
    /// Nobody knows: a key cannot be used.
    Nothing,
}

/// A key that cannot be used is a problem like others: it keeps nobody from looking at files and indexes.
fn judge(site: &CheckSite<'_>, report: &mut CheckReport, archive: &Archive) -> Judge {
    match site.signers.of(archive) {
        Ok(Signing::By(by)) => Judge::Certificates(by.certificates),
        Ok(Signing::Nobody(_)) => match site.signers.given(archive) {
            Ok(Some((certificates, _))) => Judge::Others(certificates),
            Ok(None) | Err(_) => Judge::Unsigned,
        },
        Err(error) => {
            let message = format!("{}; see `debpress key doctor`", with_causes(&error));
            report.add(codes::SIGNATURE_KEY, archive.reference.to_string(), message);
            Judge::Nothing
        }
    }
}
