//! One .changes with its files: believed and filed, or refused with every reason.

use debfmt::changes::{Changes, ChangesError};
use debfmt::digest::Sha256;

use super::checks;
use super::contents::{Contents, FileReader};
use super::custom::CustomUpload;
use super::enter::{self, Entry, Placed};
use super::intake::IntakeError;
use super::process::{UploadError, UploadSite};
use super::reason::{ARCHIVE_FILE_CONFLICT, CHANGES_SEEN, Family, Reason, UPLOAD_NOTHING_NEW};
use super::receive::{ChangesPlace, Text, read_text};
use super::target::{Suite, Target};
use super::verify::{Believed, Keyring};
use crate::model::package::Release;
use crate::model::permission::Rights;
use crate::model::queue::{QueueId, QueueStatus, QueuedRelease};
use crate::ports::db::RecordsError;
use crate::ports::incoming::{Claim, IncomingError, Place};
use crate::ports::objects::ObjectError;

/// Why an upload could not be judged.
#[derive(Debug)]
pub(super) enum Fault {
    /// Something in it cannot be read; trying again would end the same way.
    Upload(Box<dyn std::error::Error + Send + Sync>),
    /// The site fails; the upload may be good.
    Site(UploadError),
}

impl From<IncomingError> for Fault {
    fn from(error: IncomingError) -> Self {
        Self::Upload(Box::new(error))
    }
}

impl From<RecordsError> for Fault {
    fn from(error: RecordsError) -> Self {
        Self::Site(error.into())
    }
}

impl From<ObjectError> for Fault {
    fn from(error: ObjectError) -> Self {
        Self::Site(error.into())
    }
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Store { source, .. } => source.into(),
            IntakeError::Read { .. } | IntakeError::Refused(_) => Self::Upload(Box::new(error)),
        }
    }
}

/// What became of a .changes.
pub(super) enum Verdict {
    /// It is in the queue.
    Filed(Filed),
    /// It is refused.
    Refused(Vec<Reason>),
}

/// A .changes that is in the queue.
pub(super) struct Filed {
    pub(super) item: QueueId,
    /// `None`: it was there before this run.
    pub(super) status: Option<QueueStatus>,
    pub(super) source: String,
    pub(super) version: String,
    pub(super) uploader: String,
}

/// Judges the uploads of a run.
pub(super) struct Judge<'a> {
    pub(super) site: &'a UploadSite<'a>,
    pub(super) keyring: Keyring<'a>,
    pub(super) target: Target,
    /// Who may do what.
    pub(super) rights: Rights,
}

/// Everything that is known about a .changes whose signature is good.
struct Case<'a> {
    place: &'a ChangesPlace,
    believed: Believed<'a>,
    changes: Changes,
    /// Another run had claimed it before.
    inherited: bool,
}

impl Judge<'_> {
    /// Judges one .changes of a claimed upload, and files it when nothing is wrong.
    pub(super) fn judge(&self, claim: &Claim, place: &ChangesPlace) -> Result<Verdict, Fault> {
        let limits = &self.site.settings.limits;
        let claimed = Place::Claimed(claim);
        let document = match read_text(self.site.incoming, claimed, &place.directory, &place.name, limits)? {
            Text::Bytes(bytes) => bytes,
            Text::Refused(reason) => return Ok(Verdict::Refused(vec![reason])),
        };
        let believed = match self.keyring.verify(&place.name, &document) {
            Ok(believed) => believed,
            Err(reason) => return Ok(Verdict::Refused(vec![reason])),
        };
        let changes = match Changes::parse(&believed.payload, limits) {
            Ok(changes) => changes,
            Err(errors) => {
                let code = |error: &ChangesError| Family::Changes.code(error.code());
                let reasons = errors.iter().map(|error| Reason::of_file(code(error), &place.name, error));
                return Ok(Verdict::Refused(reasons.collect()));
            }
        };
        let case = Case { place, believed, changes, inherited: claim.inherited };
        if let Some(verdict) = self.seen(&case)? {
            return Ok(verdict);
        }
        let reader = FileReader {
            site: self.site,
            keyring: &self.keyring,
            claim,
            directory: &place.directory,
            archive: self.target.archive.id,
        };
        let contents = reader.read(&case.changes)?;
        self.decide(&case, contents)
    }

    /// The verdict about a .changes that is in the queue already.
    ///
    /// Inherited from a run that died, it is the one that was filed. Otherwise somebody sends it a second time.
    fn seen(&self, case: &Case<'_>) -> Result<Option<Verdict>, Fault> {
        let sha256 = Sha256::of(&case.believed.payload).to_string();
        let item = self.site.records.changes_seen(self.target.archive.id, &sha256)?;
        Ok(item.map(|item| if case.inherited { case.filed(item, None) } else { case.replayed(item) }))
    }

    fn decide(&self, case: &Case<'_>, contents: Contents) -> Result<Verdict, Fault> {
        let mut reasons = checks::changes::check(&case.place.name, &case.changes);
        let Contents { dsc, source, binaries, custom, reasons: found } = contents;
        reasons.extend(found);
        reasons.extend(checks::files::check(&case.place.name, &case.changes));
        if let Some((name, dsc)) = &dsc {
            reasons.extend(checks::source::check(name, dsc, &case.changes));
        }
        for binary in &binaries {
            reasons.extend(checks::binary::check(binary, &case.changes));
        }
        let waited = self.site.settings.settle_seconds;
        reasons.extend(checks::files::completeness(&case.place.name, &reasons, waited));
        let releases =
            source.map(Release::Source).into_iter().chain(binaries.into_iter().map(Release::Binary));
        match self.target.suite(&case.changes.distribution) {
            Ok(suite) => self.enter(case, suite, (releases.collect(), custom), reasons),
            Err(unknown) => {
                reasons.push(unknown);
                Ok(Verdict::Refused(reasons))
            }
        }
    }

    /// Compares the packages with the archive, and files them when there is no reason against it.
    fn enter(
        &self,
        case: &Case<'_>,
        suite: Suite<'_>,
        (releases, custom): (Vec<Release>, Vec<CustomUpload>),
        mut reasons: Vec<Reason>,
    ) -> Result<Verdict, Fault> {
        reasons.extend(checks::suite::check(&self.target.archive, suite.series, suite.key.pocket));
        let placed = self.place(case, suite, releases, &mut reasons)?;
        reasons.extend(self.upload(case, suite).check(&case.changes.source, &placed));
        reasons.extend(self.custom(case, suite, &custom)?);
        reasons.extend(self.room(&placed, &custom)?);
        if !reasons.is_empty() {
            return Ok(Verdict::Refused(reasons));
        }
        let entry = Entry {
            target: &self.target,
            suite,
            name: &case.place.name,
            believed: &case.believed,
            changes: &case.changes,
        };
        let custom = custom.into_iter().map(|upload| upload.queued).collect();
        let item = entry.item(placed, custom, self.site.now);
        // Power may fail after the commit: what the records speak of must be there then.
        self.site.objects.sync()?;
        match self.site.records.enter_queue(&item) {
            Ok(id) => Ok(case.filed(id, Some(item.status))),
            // Another run was faster with a second copy.
            Err(RecordsError::ChangesSeen { item }) => Ok(case.replayed(item)),
            // Or with another file of the same name.
            Err(conflict @ RecordsError::FileConflict { .. }) => {
                let reason = Reason::of_file(ARCHIVE_FILE_CONFLICT, &case.place.name, conflict);
                Ok(Verdict::Refused(vec![reason]))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Who uploads, and where to.
    fn upload<'c>(&'c self, case: &'c Case<'_>, suite: Suite<'c>) -> checks::permission::Upload<'c> {
        checks::permission::Upload {
            rights: &self.rights,
            person: &case.believed.uploader.name,
            archive: &self.target.archive,
            series: suite.series,
            pocket: suite.key.pocket,
        }
    }

    fn place(
        &self,
        case: &Case<'_>,
        suite: Suite<'_>,
        releases: Vec<Release>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Vec<QueuedRelease>, Fault> {
        let (records, archive) = (self.site.records, &self.target.archive);
        let (mut present, count) = (0, releases.len());
        let mut placed = Vec::with_capacity(releases.len());
        for release in releases {
            let name = release.files().first().map(|file| file.name.clone());
            let listed = case.changes.files.iter().find(|file| Some(&file.name) == name.as_ref());
            match enter::place(records, (archive, suite), &case.changes.source, release, listed)? {
                Ok(Placed { queued, taken_from }) => {
                    if let Some(builder) = &taken_from {
                        reasons.extend(self.upload(case, suite).takeover(builder, &queued));
                    }
                    let known = enter::known(records, archive, suite, &queued.release)?;
                    let (release, placement) = (&queued.release, &queued.placement);
                    reasons.extend(checks::archive::check(release, placement, suite.series, &known));
                    present += usize::from(known.present);
                    placed.push(queued);
                }
                Err(reason) => reasons.push(reason),
            }
        }
        if count > 0 && present == count {
            let message = "every package of it is in the suite already: upload a new version";
            reasons.push(Reason::of_file(UPLOAD_NOTHING_NEW, &case.place.name, message));
        }
        Ok(placed)
    }

    /// What is wrong with the custom files, now that it is known where they go.
    fn custom(
        &self,
        case: &Case<'_>,
        suite: Suite<'_>,
        uploads: &[CustomUpload],
    ) -> Result<Vec<Reason>, Fault> {
        if uploads.is_empty() {
            return Ok(Vec::new());
        }
        let live = self.site.records.custom_publications(suite.key)?;
        let mut reasons = checks::custom::check(uploads, suite.series, &live);
        let upload = self.upload(case, suite);
        reasons.extend(checks::custom::denied(&upload, &case.changes.source, uploads, &live));
        Ok(reasons)
    }

    /// Whether the archive has room for an upload with a source or custom files; binaries of a source that it has must
    /// not fail for that.
    fn room(&self, placed: &[QueuedRelease], custom: &[CustomUpload]) -> Result<Option<Reason>, Fault> {
        let is_source = |queued: &QueuedRelease| matches!(queued.release, Release::Source(_));
        let archive = &self.target.archive;
        if archive.size_limit.is_none() || (custom.is_empty() && !placed.iter().any(is_source)) {
            return Ok(None);
        }
        let size = self.site.records.archive_size(archive.id)?;
        let custom = custom.iter().map(|upload| &upload.queued.file);
        let files = placed.iter().flat_map(|queued| queued.release.files()).chain(custom);
        let uploaded = files.map(|file| file.checksums.size).sum();
        Ok(checks::archive::room(archive, size, uploaded).err())
    }
}

impl Case<'_> {
    fn filed(&self, item: QueueId, status: Option<QueueStatus>) -> Verdict {
        Verdict::Filed(Filed {
            item,
            status,
            source: self.changes.source.to_string(),
            version: self.changes.version.to_string(),
            uploader: self.believed.uploader.name.clone(),
        })
    }

    fn replayed(&self, item: QueueId) -> Verdict {
        let message =
            format!("the archive took this .changes before, as queue item {item}: upload a new version");
        Verdict::Refused(vec![Reason::of_file(CHANGES_SEEN, &self.place.name, message)])
    }
}
