//! Does everything agree? Records, content store, pool, indexes, Release files and signatures, each with the next.
//!
//! A check only reads and needs no lock. It does not see one moment, though: a publication that runs meanwhile can make
//! it report `journal.open`, `staged.left`, `release.differs`, the `index.*` codes of a suite that changed places under
//! its eyes, and `pool.missing` or `pool.unknown` for files that came or went. Such lines are gone when the check is
//! repeated; to be sure the first time, hold the lock around it.
//!
//! One cause gives one line: an index that names a pool file which is reported already is not reported too.

pub mod codes;
mod contents;
mod custom;
mod hashing;
mod indexes;
mod leftovers;
mod objects;
mod pdiffs;
mod pool;
mod problem;
mod records;
mod retired;
mod signatures;
mod stanzas;
mod store;
mod suites;

pub use codes::{CODES, Code, Repair, Severity};
use debfmt::limits::Limits;
use debfmt::names::NameError;
pub(crate) use hashing::{Content, each, file as read_file, object as read_object};
pub(crate) use problem::Mend;
pub use problem::{CheckReport, Problem};

use crate::model::archive::Archive;
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};
use crate::ports::incoming::LeftClaim;
use crate::ports::objects::{ObjectError, ObjectStore};
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
    pub objects: &'a dyn ObjectStore,
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
    /// Also read every object and every pool file to its end and compare hashes, on all cores. Takes as long as reading
    /// the disk.
    pub full: bool,
    /// Uploads that dead runs of process-upload have claimed.
    pub claims: &'a [LeftClaim],
    /// Whom to tell how far it is.
    pub progress: &'a Progress<'a>,
}

/// Is told what is being looked at, how much of it is done and how much there is; from several threads.
pub type Progress<'a> = dyn Fn(&'static str, u64, u64) + Sync + 'a;

/// For how long, in seconds, what no record needs may be that of an upload or an import that is under way.
pub(crate) const SAFETY_AGE: i64 = 86_400;

impl CheckSite<'_> {
    /// Whether something has been as it is for so long that no run which is at work can have made it.
    pub(crate) fn is_old(&self, changed: Timestamp) -> bool {
        self.now.seconds().saturating_sub(changed.seconds()) > SAFETY_AGE
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
    records::contradictions(site, report)?;
    let store = store::survey(site, report)?;
    let verdicts = objects::check(site, report, &store)?;
    let suites = records::Suites::read(site)?;
    let archives = site.records.archives().map_err(failed)?;
    for archive in archives {
        if archive.deletion.is_some() {
            leftovers::deleted(site, report, &archive)?;
            continue;
        }
        report.archives += 1;
        let root = archive.root();
        let known = pool::Known { store: &store, verdicts: &verdicts };
        let mut pool = pool::check(site, report, &known, &suites.of_archive(archive.id), &archive)?;
        if journal.is_none() {
            pool::check_staged(site, report, &root)?;
        }
        let published = suites.published(archive.id)?;
        leftovers::archive(site, report, &archive, published.first())?;
        let judge = if published.is_empty() { Judge::Unsigned } else { judge(site, report, &archive) };
        for suite in published {
            report.suites += 1;
            let of_suite =
                suites::SuiteCheck { site, root: &root, suite: &suite, judge: &judge, archive: &archive };
            of_suite.run(report, &mut pool, journal.as_ref())?;
        }
    }
    leftovers::claims(site, report);
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
