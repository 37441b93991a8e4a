//! One .changes with its files: believed and filed, or refused with every reason.

use std::cell::RefCell;

use debfmt::changes::{Changes, ChangesError};
use debfmt::digest::Sha256;
use debfmt::names::FileName;

use super::contents::{Contents, FileReader};
use super::custom::CustomUpload;
use super::enter::{self, Entry, Placed};
use super::held::Held;
use super::process::UploadSite;
use super::reason::{
    ARCHIVE_FILE_CONFLICT, CHANGES_SEEN, CHANGES_SEEN_ELSEWHERE, Family, Reason, UPLOAD_NOTHING_NEW,
};
use super::receive::{ChangesPlace, Text, read_text};
use super::target::{Suite, Target, Targets};
use super::verdict::{Effect, Entered, Fault, Filed, Upload, Verdict};
use super::verify::{Believed, Keyring};
use super::{approval, checks, examine};
use crate::model::archive::Archive;
use crate::model::package::{Release, SourceRelease};
use crate::model::permission::Rights;
use crate::model::queue::{NewQueueItem, QueueId, QueuedRelease};
use crate::model::suite::SuiteKey;
use crate::ports::db::RecordsError;
use crate::ports::incoming::below;

/// Judges the uploads of a run.
pub(super) struct Judge<'a> {
    pub(super) site: &'a UploadSite<'a>,
    pub(super) effect: Effect,
    pub(super) keyring: Keyring<'a>,
    pub(super) targets: Targets,
    /// Who may do what.
    pub(super) rights: Rights,
}

/// Everything that is known about a .changes whose signature is good.
struct Case<'a> {
    place: &'a ChangesPlace,
    /// What it is for, if its path says so.
    target: Option<Target<'a>>,
    believed: Believed<'a>,
    changes: Changes,
    /// Who has signed, or the context of an upload that nobody need sign.
    uploader: &'a str,
    /// See [`Upload`].
    filed_before: bool,
    /// What is not wrong enough to refuse it.
    warnings: RefCell<Vec<String>>,
}

impl Judge<'_> {
    /// Judges one .changes of an upload, and files it when nothing is wrong.
    pub(super) fn judge(&self, upload: &Upload<'_>, place: &ChangesPlace) -> Result<Verdict, Fault> {
        let limits = &self.site.settings.limits;
        let (files, directory) = (upload.files, &place.directory);
        let document = match read_text(self.site.incoming, files, directory, &place.name, limits)? {
            Text::Bytes(bytes) => bytes,
            Text::Refused(reason) => return Ok(Verdict::Refused(vec![reason])),
        };
        let believed = match self.keyring.believe(&place.name, &document) {
            Ok(believed) => believed,
            Err(reason) => return Ok(Verdict::Refused(vec![reason])),
        };
        // A wrong path is one reason among others: who has to send it again wants to know all of them.
        let (target, mut reasons) = match self.targets.find(&below(upload.path, directory)) {
            Ok(target) => (Some(target), Vec::new()),
            Err(reason) => (None, vec![reason]),
        };
        let changes = match Changes::parse(&believed.payload, limits) {
            Ok(changes) => changes,
            Err(errors) => {
                let code = |error: &ChangesError| Family::Changes.code(error.code());
                reasons.extend(errors.iter().map(|error| Reason::of_file(code(error), &place.name, error)));
                return Ok(Verdict::Refused(reasons));
            }
        };
        let context = self.site.settings.policy.context.as_str();
        let uploader = believed.signer.as_ref().map_or(context, |signer| &signer.uploader.name);
        let (filed_before, warnings) = (upload.filed_before, RefCell::default());
        let case = Case { place, target, believed, changes, uploader, filed_before, warnings };
        if let Some(verdict) = self.seen(&case)? {
            return Ok(verdict);
        }
        let lookups = |file: &FileName| self.targets.lookups(case.target.as_ref(), file);
        let (site, keyring) = (self.site, &self.keyring);
        let held = Held::new(site.objects);
        let reader = FileReader { site, objects: &held, keyring, place: files, directory, lookups: &lookups };
        let contents = reader.read(&case.changes)?;
        self.decide(&case, contents, reasons, held)
    }

    /// The verdict about a .changes that is in a queue already.
    ///
    /// From a run that died or kept it, it is the one that was filed. Otherwise somebody sends it a second time.
    fn seen(&self, case: &Case<'_>) -> Result<Option<Verdict>, Fault> {
        let Some(target) = &case.target else { return Ok(None) };
        let sha256 = Sha256::of(&case.believed.payload).to_string();
        match self.site.records.changes_seen(target.archive.id, &sha256)? {
            Some(item) => Ok(Some(case.known(item))),
            None => self.seen_elsewhere(case, target, &sha256),
        }
    }

    /// A signed Distribution field means one distribution, also where several have a suite of that name: the one that has
    /// taken it.
    fn seen_elsewhere(
        &self,
        case: &Case<'_>,
        target: &Target<'_>,
        sha256: &str,
    ) -> Result<Option<Verdict>, Fault> {
        if case.believed.signer.is_none() {
            return Ok(None);
        }
        for archive in self.targets.elsewhere(target) {
            if self.site.records.changes_seen(archive.id, sha256)?.is_some() {
                let (there, here) = (&archive.reference, &target.archive.reference);
                let message = format!(
                    "it was taken into {there} before: what is meant for {here} needs a .changes of its own"
                );
                let reason = Reason::of_file(CHANGES_SEEN_ELSEWHERE, &case.place.name, message);
                return Ok(Some(Verdict::Refused(vec![reason])));
            }
        }
        Ok(None)
    }

    fn decide(
        &self,
        case: &Case<'_>,
        contents: Contents,
        before: Vec<Reason>,
        held: Held<'_>,
    ) -> Result<Verdict, Fault> {
        let mut reasons = before;
        reasons.extend(examine::by_itself(self.site, &case.place.name, &case.changes, &contents));
        let Contents { dsc, source, binaries, custom, .. } = contents;
        if let Some(SourceRelease { name, version, copyright: None, .. }) = &source {
            let message = format!("{name} {version} has no debian/copyright");
            case.warnings.borrow_mut().push(message);
        }
        let releases =
            source.map(Release::Source).into_iter().chain(binaries.into_iter().map(Release::Binary));
        let Some(target) = &case.target else { return Ok(Verdict::Refused(reasons)) };
        match target.suite(&case.changes.distribution) {
            Ok(suite) => {
                let suite = redirected(case, target, suite);
                if let Some((name, dsc)) = &dsc {
                    reasons.extend(checks::suite::source(suite.archive, suite.series, name, dsc));
                }
                match self.item(case, suite, (releases.collect(), custom), reasons)? {
                    Ok(item) => self.enter(case, &item, held),
                    Err(reasons) => Ok(Verdict::Refused(reasons)),
                }
            }
            Err(unknown) => {
                reasons.push(unknown);
                Ok(Verdict::Refused(reasons))
            }
        }
    }

    /// Compares the packages with the archive: their queue item, or every reason against it.
    fn item(
        &self,
        case: &Case<'_>,
        suite: Suite<'_>,
        (releases, custom): (Vec<Release>, Vec<CustomUpload>),
        mut reasons: Vec<Reason>,
    ) -> Result<Result<NewQueueItem, Vec<Reason>>, Fault> {
        reasons.extend(checks::suite::check(suite.archive, suite.series, suite.key.pocket));
        let placed = self.place(case, suite, releases, &mut reasons)?;
        reasons.extend(examine::against_archive(self.site, suite, &case.changes, &placed)?);
        let upload = self.upload(case, suite);
        reasons.extend(upload.iter().flat_map(|it| it.check(&case.changes.source, &placed)));
        reasons.extend(self.custom(case, suite, &custom)?);
        reasons.extend(self.room(case, suite.archive, (&placed, &custom))?);
        if !reasons.is_empty() {
            return Ok(Err(reasons));
        }
        let entry = Entry {
            suite,
            name: &case.place.name,
            believed: &case.believed,
            uploader: case.uploader,
            changes: &case.changes,
        };
        let custom = custom.into_iter().map(|upload| upload.queued).collect();
        Ok(Ok(entry.item(placed, custom, self.site.now)))
    }

    /// Files an upload that nothing is wrong with.
    fn enter(&self, case: &Case<'_>, item: &NewQueueItem, held: Held<'_>) -> Result<Verdict, Fault> {
        if self.effect == Effect::None {
            return Ok(case.filed(Entered::NotReally(item.status)));
        }
        held.keep()?;
        // Power may fail after the commit: what the records speak of must be there then.
        self.site.objects.sync()?;
        match self.site.records.enter_queue(item) {
            Ok(id) => Ok(case.filed(Entered::Now(id, item.status))),
            // Another run was faster with a second copy.
            Err(RecordsError::ChangesSeen { item }) => Ok(case.known(item)),
            // Or with another file of the same name.
            Err(conflict @ RecordsError::FileConflict { .. }) => {
                let reason = Reason::of_file(ARCHIVE_FILE_CONFLICT, &case.place.name, conflict);
                Ok(Verdict::Refused(vec![reason]))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Who uploads, and where to; `None`: what nobody need sign, everybody may upload who can put it there (behaviour
    /// map 5.6).
    fn upload<'c>(&'c self, case: &'c Case<'_>, suite: Suite<'c>) -> Option<checks::permission::Upload<'c>> {
        let signer = case.believed.signer.as_ref()?;
        Some(checks::permission::Upload {
            rights: &self.rights,
            person: &signer.uploader.name,
            archive: suite.archive,
            series: suite.series,
            pocket: suite.key.pocket,
        })
    }

    fn place(
        &self,
        case: &Case<'_>,
        suite: Suite<'_>,
        releases: Vec<Release>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Vec<QueuedRelease>, Fault> {
        let records = self.site.records;
        let lookups = |file: &FileName| self.targets.lookups(case.target.as_ref(), file);
        let (mut present, count) = (0, releases.len());
        let mut placed = Vec::with_capacity(releases.len());
        for release in releases {
            let name = release.files().first().map(|file| file.name.clone());
            let listed = case.changes.files.iter().find(|file| Some(&file.name) == name.as_ref());
            match enter::place(records, suite, &case.changes.source, release, listed)? {
                Ok(Placed { queued, taken_from }) => {
                    if let (Some(builder), Some(upload)) = (&taken_from, self.upload(case, suite)) {
                        reasons.extend(upload.takeover(builder, &queued));
                    }
                    let known = enter::known(records, &lookups, suite, &queued.release)?;
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
        if let Some(upload) = self.upload(case, suite) {
            reasons.extend(checks::custom::denied(&upload, &case.changes.source, uploads, &live));
        }
        Ok(reasons)
    }

    /// Whether the archive has room for an upload with a source or custom files; binaries of a source that it has must
    /// not fail for that.
    fn room(
        &self,
        case: &Case<'_>,
        archive: &Archive,
        (placed, custom): (&[QueuedRelease], &[CustomUpload]),
    ) -> Result<Option<Reason>, Fault> {
        let is_source = |queued: &QueuedRelease| matches!(queued.release, Release::Source(_));
        if archive.size_limit.is_none() || (custom.is_empty() && !placed.iter().any(is_source)) {
            return Ok(None);
        }
        let size = self.site.records.archive_size(archive.id)?;
        let custom = custom.iter().map(|upload| &upload.queued.file);
        let files = placed.iter().flat_map(|queued| queued.release.files()).chain(custom);
        let uploaded = files.map(|file| file.checksums.size).sum();
        match checks::archive::room(archive, size, uploaded) {
            Ok(warning) => {
                case.warnings.borrow_mut().extend(warning);
                Ok(None)
            }
            Err(reason) => Ok(Some(reason)),
        }
    }
}

/// The suite that an upload really goes to.
fn redirected<'s>(case: &Case<'_>, target: &Target<'_>, suite: Suite<'s>) -> Suite<'s> {
    let (purpose, trusted) = (suite.archive.reference.purpose(), case.believed.signer.is_none());
    let pocket = approval::pocket(target.redirects_uploads(), purpose, suite.key.pocket, trusted);
    if pocket != suite.key.pocket {
        let name = &suite.series.name;
        let message =
            format!("it is for {name} and goes to {name}{} first, as all uploads do", pocket.suffix());
        case.warnings.borrow_mut().push(message);
    }
    Suite { key: SuiteKey { pocket, ..suite.key }, ..suite }
}

impl Case<'_> {
    fn filed(&self, entered: Entered) -> Verdict {
        Verdict::Filed(Filed {
            entered,
            source: self.changes.source.to_string(),
            version: self.changes.version.to_string(),
            uploader: self.uploader.to_owned(),
            files: self.changes.files.iter().map(|file| file.name.clone()).collect(),
            warnings: self.warnings.take(),
        })
    }

    /// The verdict about what `item` has taken.
    fn known(&self, item: QueueId) -> Verdict {
        if self.filed_before {
            return self.filed(Entered::Before(item));
        }
        let message =
            format!("the archive took this .changes before, as queue item {item}: upload a new version");
        Verdict::Refused(vec![Reason::of_file(CHANGES_SEEN, &self.place.name, message)])
    }
}
