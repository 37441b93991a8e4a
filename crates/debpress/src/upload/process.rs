//! A run of `process-upload`: what has arrived goes to its end, one upload after the other.

use debfmt::limits::Limits;
use debfmt::names::{DistributionName, FileName, SuiteName};

use super::judge::{Fault, Judge, Upload, Verdict};
use super::policy::UploadPolicy;
use super::reason::Reason;
use super::receive::{self, ChangesPlace, Text};
use super::report::{AcceptedUpload, FailedUpload, ReasonsFile, RejectedUpload, UploadReport, chain};
use super::target::Targets;
use super::verify::Keyring;
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};
use crate::ports::incoming::{Arrival, Arrivals, Claim, End, Incoming, IncomingError, Inheritance, Place};
use crate::ports::objects::{ObjectError, Objects};
use crate::ports::verifier::Verifier;

/// What a site decides about its uploads.
#[derive(Clone, Debug)]
pub struct UploadSettings {
    /// An upload that is not complete is left alone until nothing in it has changed for so many seconds.
    pub settle_seconds: i64,
    /// Bounds of everything that is read.
    pub limits: Limits,
    /// How much memory, in bytes, the lists of files of one upload's packages may take together.
    pub listed_bytes: usize,
    /// The distribution of uploads that come without a path; may be `None` where there is only one.
    pub distribution: Option<DistributionName>,
    /// The suite of every upload, whatever its path and its Distribution field say.
    pub suite: Option<SuiteName>,
    /// What is asked of uploads.
    pub policy: UploadPolicy,
}

impl Default for UploadSettings {
    fn default() -> Self {
        Self {
            settle_seconds: 60,
            limits: Limits::default(),
            listed_bytes: super::LISTED_BYTES,
            distribution: None,
            suite: None,
            policy: UploadPolicy::default(),
        }
    }
}

/// What a run works with.
pub struct UploadSite<'a> {
    /// The database.
    pub records: &'a dyn Records,
    /// The content store.
    pub objects: &'a dyn Objects,
    /// Where uploads arrive.
    pub incoming: &'a dyn Incoming,
    /// Who knows about signatures.
    pub verifier: &'a dyn Verifier,
    /// What the site decides.
    pub settings: &'a UploadSettings,
    /// What time it is: signatures are judged at it, and items are dated with it.
    pub now: Timestamp,
}

/// Why a run ended early, or an upload is left for the next run.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The directories of uploads cannot be used.
    #[error("cannot take uploads")]
    Incoming(#[from] IncomingError),
    /// The database failed.
    #[error("cannot work on uploads")]
    Records(#[from] RecordsError),
    /// The content store failed.
    #[error("cannot keep the files of uploads")]
    Objects(#[from] ObjectError),
    /// The reasons could not be written down.
    #[error("cannot write the reasons of an upload")]
    Reasons(#[from] serde_json::Error),
    /// There is no distribution that uploads could be for.
    #[error("{}", no_distribution(.wanted.as_ref(), .known))]
    Distribution {
        /// The one that was asked for.
        wanted: Option<DistributionName>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No distribution has the suite that every upload is to go to.
    #[error("--suite says {suite}, which is no suite of any distribution of the site")]
    Suite {
        /// The suite.
        suite: SuiteName,
    },
}

fn no_distribution(wanted: Option<&DistributionName>, known: &[String]) -> String {
    match wanted {
        Some(wanted) => format!("there is no distribution {wanted}; the site has {}", known.join(", ")),
        None => "there is no distribution yet; `debpress init` makes one".to_owned(),
    }
}

/// Takes every upload that is ready to its end: filed, refused, or failed. Uploads that other runs have claimed are
/// theirs; those of dead runs come first.
///
/// # Errors
/// [`UploadError`] when nothing can be done at all. What happens to a single upload is in the report, and never keeps
/// the others.
pub fn process_uploads(site: &UploadSite<'_>) -> Result<UploadReport, UploadError> {
    site.objects.sweep()?;
    let judge = Judge {
        site,
        keyring: Keyring {
            verifier: site.verifier,
            uploaders: site.records.uploaders()?,
            now: site.now,
            policy: &site.settings.policy,
            limits: &site.settings.limits,
        },
        targets: Targets::read(
            site.records,
            site.settings.distribution.as_ref(),
            site.settings.suite.as_ref(),
        )?,
    };
    let mut report = UploadReport::default();
    let Inheritance { claims, troubles } = site.incoming.inherit()?;
    for (name, error) in troubles {
        report.failed.push(FailedUpload { name, moved_to: None, error: chain(&error) });
    }
    for claim in claims {
        end(&judge, claim, &mut report);
    }
    let Arrivals { found, troubles } = site.incoming.arrivals(&|path| judge.targets.is_directory(path))?;
    for (path, error) in troubles {
        let name = format!("incoming/{path}");
        report.failed.push(FailedUpload { name, moved_to: None, error: chain(&error) });
    }
    for arrival in found {
        let name = arrival.shown();
        match claim_if_ready(site, &arrival) {
            Ok(Ready::Claimed(claim)) => end(&judge, claim, &mut report),
            Ok(Ready::NotYet) => report.waiting.push(name),
            Ok(Ready::Gone) => {}
            Err(error) => report.failed.push(FailedUpload { name, moved_to: None, error: chain(&error) }),
        }
    }
    Ok(report)
}

enum Ready {
    Claimed(Claim),
    NotYet,
    /// Another run has it, or its sender has taken it back.
    Gone,
}

fn claim_if_ready(site: &UploadSite<'_>, arrival: &Arrival) -> Result<Ready, IncomingError> {
    match receive::is_ready(site, arrival)? {
        None => Ok(Ready::Gone),
        Some(false) => Ok(Ready::NotYet),
        Some(true) => Ok(site.incoming.claim(arrival)?.map_or(Ready::Gone, Ready::Claimed)),
    }
}

/// Judges a claimed upload and moves it to where it belongs. What cannot be judged or moved because the site fails
/// stays claimed: the next run inherits it.
fn end(judge: &Judge<'_>, claim: Claim, report: &mut UploadReport) {
    let name = claim.shown();
    let ended = match judge_all(judge, &claim, report) {
        Ok(reasons) if reasons.is_empty() => accept(judge.site, claim),
        Ok(reasons) => reject(judge.site, claim, reasons, report),
        Err(Fault::Upload(error)) => fail(judge.site, claim, chain(error.as_ref()), report),
        Err(Fault::Site(error)) => Err(error),
    };
    if let Err(error) = ended {
        report.failed.push(FailedUpload { name, moved_to: None, error: chain(&error) });
    }
}

fn accept(site: &UploadSite<'_>, claim: Claim) -> Result<(), UploadError> {
    site.incoming.finish(claim, End::Accepted, None)?;
    Ok(())
}

fn reject(
    site: &UploadSite<'_>,
    claim: Claim,
    reasons: Vec<Reason>,
    report: &mut UploadReport,
) -> Result<(), UploadError> {
    let name = claim.shown();
    let file = ReasonsFile::new(&name, site.now, &reasons, None).bytes()?;
    let moved_to = site.incoming.finish(claim, End::Rejected, Some(&file))?;
    report.rejected.push(RejectedUpload { name, moved_to, reasons });
    Ok(())
}

fn fail(
    site: &UploadSite<'_>,
    claim: Claim,
    error: String,
    report: &mut UploadReport,
) -> Result<(), UploadError> {
    let name = claim.shown();
    let file = ReasonsFile::new(&name, site.now, &[], Some(&error)).bytes()?;
    let moved_to = Some(site.incoming.finish(claim, End::Failed, Some(&file))?);
    report.failed.push(FailedUpload { name, moved_to, error });
    Ok(())
}

/// Judges every .changes of an upload; the reasons against it, which are none when all were filed.
fn judge_all(judge: &Judge<'_>, claim: &Claim, report: &mut UploadReport) -> Result<Vec<Reason>, Fault> {
    let incoming = judge.site.incoming;
    if claim.loose {
        gather(judge, claim)?;
    }
    let listing = incoming.list(Place::Claimed(claim))?;
    let changes = match listing.as_ref().map(receive::changes_of) {
        Some(Ok(changes)) => changes,
        Some(Err(reasons)) => return Ok(reasons),
        None => Vec::new(),
    };
    let mut reasons = Vec::new();
    for place in &changes {
        match judge.judge(&Upload::claimed(claim), place)? {
            Verdict::Refused(more) => reasons.extend(more),
            Verdict::Filed(filed) => report.accepted.push(AcceptedUpload {
                name: claim.shown(),
                changes: place.name.to_string(),
                item: filed.item,
                status: filed.status,
                source: filed.source,
                version: filed.version,
                uploader: filed.uploader,
            }),
        }
    }
    Ok(reasons)
}

/// Brings the files that a loose .changes names into the claim: only for an uploader, because loose uploads lie side
/// by side and anybody could name the files of others. A .changes is an upload of its own, and never brought along.
fn gather(judge: &Judge<'_>, claim: &Claim) -> Result<(), Fault> {
    let (site, place) = (judge.site, Place::Claimed(claim));
    let Some(listing) = site.incoming.list(place)? else { return Ok(()) };
    for ChangesPlace { directory, name } in receive::changes_of(&listing).unwrap_or_default() {
        let limits = &site.settings.limits;
        let Text::Bytes(bytes) = receive::read_text(site.incoming, place, &directory, &name, limits)? else {
            continue;
        };
        let Ok(believed) = judge.keyring.believe(&name, &bytes) else { continue };
        let named = receive::listed_files(&believed.payload, limits).unwrap_or_default();
        let names = named.into_iter().map(|(name, _)| name);
        let names: Vec<FileName> = names.filter(|name| !name.as_str().ends_with(".changes")).collect();
        site.incoming.gather(claim, &names)?;
    }
    Ok(())
}
