//! A run of `process-upload`: what has arrived goes to its end, one upload after the other.

use debfmt::limits::Limits;
use debfmt::names::{DistributionName, SuiteName};

use super::ending;
use super::judge::Judge;
use super::policy::UploadPolicy;
use super::receive::{self, Shared};
use super::rehearse::Overlay;
use super::report::{FailedUpload, UploadReport};
use super::target::Targets;
use super::verdict::Effect;
use super::verify::Keyring;
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};
use crate::ports::incoming::{Arrival, Arrivals, Claim, Incoming, IncomingError, Inheritance};
use crate::ports::objects::{ObjectError, Objects};
use crate::ports::shortage::in_one_line;
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
    /// Only the upload with this name, or with this path below incoming.
    pub only: Option<String>,
    /// Whether uploads stay in incoming, whatever becomes of them. One that was filed before is then no replay.
    pub keep: bool,
    /// Whether people are told by mail.
    pub mail: bool,
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
            only: None,
            keep: false,
            mail: true,
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
    /// The only upload that was asked for is not there.
    #[error("there is no upload {name} in incoming; another run may have taken it")]
    NoUpload {
        /// Its name.
        name: String,
    },
    /// No distribution has the suite that every upload is to go to.
    #[error("--series says {suite}, which is no suite of any distribution of the site")]
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
/// Where the settings keep uploads, or choose one, those of dead runs are left to another run.
///
/// # Errors
/// [`UploadError`] when nothing can be done at all. What happens to a single upload is in the report, and never keeps
/// the others.
pub fn process_uploads(site: &UploadSite<'_>) -> Result<UploadReport, UploadError> {
    site.objects.sweep()?;
    let judge = judge(site, Effect::Files)?;
    let mut report = UploadReport::default();
    let found = arrivals(&judge, &mut report)?;
    if site.settings.keep {
        each_ready(site, &found, &mut report, &mut |arrival, report| ending::look(&judge, arrival, report));
        return Ok(report);
    }
    let claims = if site.settings.only.is_none() { inherit(site, &mut report)? } else { Vec::new() };
    let mut shared = Shared::of(site, &claims, &found);
    for claim in claims {
        ending::end(&judge, claim, &shared, &mut report);
    }
    each_ready(site, &found, &mut report, &mut |arrival, report| {
        ending::take(&judge, arrival, &mut shared, report)
    });
    Ok(report)
}

/// Judges every upload that is ready, and changes nothing: what would be filed is told as passed. `scratch` is a content
/// store that is thrown away afterwards; it takes what the uploads bring.
///
/// Each upload is judged as if it were the only one: of two that exclude each other both pass.
///
/// # Errors
/// [`UploadError`], as [`process_uploads`].
pub fn rehearse_uploads(site: &UploadSite<'_>, scratch: &dyn Objects) -> Result<UploadReport, UploadError> {
    let objects = Overlay { base: site.objects, own: scratch };
    let site = UploadSite { objects: &objects, ..*site };
    let mut report = UploadReport::default();
    let judge = judge(&site, Effect::None)?;
    let found = arrivals(&judge, &mut report)?;
    each_ready(&site, &found, &mut report, &mut |arrival, report| ending::look(&judge, arrival, report));
    Ok(report)
}

fn judge<'a>(site: &'a UploadSite<'a>, effect: Effect) -> Result<Judge<'a>, UploadError> {
    let UploadSettings { distribution, suite, policy, limits, .. } = site.settings;
    Ok(Judge {
        site,
        effect,
        rights: site.records.rights()?,
        keyring: Keyring {
            verifier: site.verifier,
            uploaders: site.records.uploaders()?,
            now: site.now,
            policy,
            limits,
        },
        targets: Targets::read(site.records, distribution.as_ref(), suite.as_ref())?,
    })
}

/// The uploads that dead runs had claimed.
fn inherit(site: &UploadSite<'_>, report: &mut UploadReport) -> Result<Vec<Claim>, UploadError> {
    let Inheritance { claims, troubles } = site.incoming.inherit()?;
    for (name, error) in troubles {
        report.failed.push(FailedUpload { name, moved_to: None, error: in_one_line(&error) });
    }
    Ok(claims)
}

/// What has arrived, of that what the settings choose.
fn arrivals(judge: &Judge<'_>, report: &mut UploadReport) -> Result<Vec<Arrival>, UploadError> {
    let site = judge.site;
    let Arrivals { mut found, troubles } =
        site.incoming.arrivals(&|path| judge.targets.is_directory(path))?;
    for (path, error) in troubles {
        let place = Some(judge.site.settings.policy.context.place(&path));
        report.failed.push(FailedUpload { name: path, moved_to: place, error: in_one_line(&error) });
    }
    if let Some(only) = &site.settings.only {
        found.retain(|arrival| arrival.shown() == *only || arrival.name.to_string_lossy() == *only);
        if found.is_empty() {
            return Err(UploadError::NoUpload { name: only.clone() });
        }
    }
    Ok(found)
}

/// What is done with an upload that is ready.
type Work<'w> = dyn FnMut(&Arrival, &mut UploadReport) -> Result<(), IncomingError> + 'w;

fn each_ready(site: &UploadSite<'_>, found: &[Arrival], report: &mut UploadReport, work: &mut Work<'_>) {
    for arrival in found {
        let done = match receive::is_ready(site, arrival) {
            Ok(Some(true)) => work(arrival, report),
            Ok(Some(false)) => {
                report.waiting.push(arrival.shown());
                Ok(())
            }
            // Another run has it, or its sender has taken it back.
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            let name = arrival.shown();
            let moved_to = Some(site.settings.policy.context.place(&name));
            report.failed.push(FailedUpload { name, moved_to, error: in_one_line(&error) });
        }
    }
}
