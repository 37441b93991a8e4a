//! Judges any APT archive from outside, as apt, debootstrap and mirrors see it: a directory, or a web server.
//!
//! It needs no site, no records and no lock, and shares no code with what publishes or checks a site, so that a fault there
//! is not one here. It only reads. Whatever it reads is a stranger's: every text, file and number of things has a bound,
//! and what reaches one is a finding.
//!
//! | file | concern |
//! |---|---|
//! | `codes.rs` | the rules: code, weight, why, source |
//! | `place.rs`, `suites.rs` | where the archive is, which suites it has |
//! | `listing.rs`, `release.rs`, `fields.rs`, `signed.rs` | InRelease and Release: read, compared, judged, verified |
//! | `reading.rs`, `files.rs` | listed files: hashes, compressed forms, names by hash |
//! | `kinds.rs`, `scope.rs`, `parse.rs` | which index a file is, whether it is asked for, and who reads it |
//! | `stanzas.rs`, `binaries.rs`, `sources.rs`, `translations.rs`, `contents.rs` | indexes, read piece by piece |
//! | `patches.rs`, `history.rs` | lists of patches, and the texts that they start from |
//! | `room.rs`, `threads.rs` | memory that strangers may fill; several things at once |
//! | `known.rs`, `pool.rs` | what was seen of packages in all suites, and their files |
//!
//! One cause gives one finding: of a file with another hash nothing else is said.

mod binaries;
pub mod codes;
mod contents;
mod fields;
mod files;
mod history;
mod kinds;
mod known;
mod listing;
mod parse;
mod patches;
mod place;
mod pool;
mod reading;
mod release;
pub mod report;
mod room;
mod scope;
mod signed;
mod sources;
mod stanzas;
mod suites;
mod threads;
mod translations;

pub use place::{Place, PlaceError};
pub use report::Report;
pub use scope::Scope;

use crate::model::time::Timestamp;
use crate::ports::outside::{Outside, OutsideError};
use crate::ports::verifier::{JudgeAt, Verifier, VerifyPolicy};
use codes::{ARCHIVE_NO_SUITES, ARCHIVE_UNREADABLE};
use known::Known;
pub use suites::SuiteName;

/// How signatures of archives are judged for their users: keys must be good now; certificates of old keys are bound with
/// SHA-1.
pub const OF_USERS: VerifyPolicy =
    VerifyPolicy { judge: JudgeAt::Now, clock_skew: 300, accept_sha1_certificates: true };

/// What is judged, and how.
#[derive(Clone, Copy)]
pub struct Conform<'a> {
    /// The archive.
    pub outside: &'a dyn Outside,
    /// The suites as [`SuiteName`] reads them; empty: all that are found.
    pub suites: &'a [SuiteName],
    /// What of each suite is looked at.
    pub scope: &'a Scope,
    /// Who verifies signatures.
    pub verifier: &'a dyn Verifier,
    /// The certificates that users of the archive have, armoured or binary; `None`: nobody verifies.
    pub keyring: Option<&'a [u8]>,
    /// The time at which dates and signatures are judged.
    pub now: Timestamp,
    /// Whether files of packages are looked at.
    pub pool: bool,
    /// Also read every file of every package, and every name by hash, to its end.
    pub full: bool,
    /// Told what is being looked at.
    pub step: &'a (dyn Fn(&str) + Sync),
}

/// Judges an archive. Memory: the names and hashes of the packages of one suite, and less of each package before; of stanzas,
/// and of texts that patches start from, one for each of eight threads.
pub fn conform(of: &Conform<'_>) -> Report {
    let mut report = Report::default();
    let suites = match of.suites {
        [] => found(of, &mut report),
        named => named.to_vec(),
    };
    let mut known = Known::default();
    for (number, suite) in (0..).zip(&suites) {
        (of.step)(&suite.to_string());
        report.suites.push(release::judge(of, suite, number, &mut known));
    }
    report
}

fn found(of: &Conform<'_>, report: &mut Report) -> Vec<SuiteName> {
    match suites::find(of.outside) {
        Ok(suites) => {
            if suites.is_empty() {
                let message = "no directory below it has an InRelease or a Release, and neither has the root, or the server shows \
                               no lists of directories; name suites with --suite";
                report.findings.add(ARCHIVE_NO_SUITES, "dists", message);
            }
            suites
        }
        Err(OutsideError { reason }) => {
            report.findings.add(ARCHIVE_UNREADABLE, "dists", reason);
            Vec::new()
        }
    }
}
