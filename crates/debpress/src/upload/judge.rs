//! One .changes with its files: believed and filed, or refused with every reason.

use std::cell::RefCell;

use debfmt::changes::{Changes, ChangesError};
use debfmt::digest::Sha256;
use debfmt::names::FileName;

use super::contents::{Contents, FileReader};
use super::custom::CustomUpload;
use super::enter::Entry;
use super::held::Held;
use super::process::UploadSite;
use super::reason::{ARCHIVE_FILE_CONFLICT, CHANGES_SEEN, CHANGES_SEEN_ELSEWHERE, Family, Reason};
use super::receive::{ChangesPlace, Text, read_text};
use super::target::{Suite, Target, Targets};
use super::verdict::{Effect, Entered, Fault, Filed, Upload, Verdict};
use super::verify::{Believed, Keyring};
use super::{approval, checks, examine};
use crate::model::package::{Release, SourceRelease};
use crate::model::permission::Rights;
use crate::model::queue::{NewQueueItem, QueueId};
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
pub(super) struct Case<'a> {
    pub(super) place: &'a ChangesPlace,
    /// What it is for, if its path says so.
    pub(super) target: Option<Target<'a>>,
    pub(super) believed: Believed<'a>,
    pub(super) changes: Changes,
    /// Who has signed, or the context of an upload that nobody need sign.
    uploader: &'a str,
    /// See [`Upload`].
    filed_before: bool,
    /// What is not wrong enough to refuse it.
    pub(super) warnings: RefCell<Vec<String>>,
}

impl Judge<'_> {
    /// Judges one .changes of an upload, and files it when nothing is wrong.
    pub(super) fn judge(&self, upload: &Upload<'_>, place: &ChangesPlace) -> Result<Verdict, Fault> {
        let limits = &self.site.settings.limits;
        let (files, directory) = (upload.files, &place.directory);
        let document = match read_text(self.site.incoming, files, directory, &place.name, limits)? {
            Text::Bytes(bytes) => bytes,
            Text::Refused(reason) => return Ok(Verdict::refused(vec![reason])),
        };
        // A wrong path is one reason among others: who has to send it again wants to know all of them.
        let (target, mut reasons) = match self.targets.find(&below(upload.path, directory)) {
            Ok(target) => (Some(target), Vec::new()),
            Err(reason) => (None, vec![reason]),
        };
        let believed = match self.keyring.believe(&place.name, &document) {
            Ok(believed) => believed,
            Err(doubted) => return Ok(self.refuse_doubted(place, doubted, &document, target.as_ref())),
        };
        let changes = match Changes::parse(&believed.payload, limits) {
            Ok(changes) => changes,
            Err(errors) => {
                let code = |error: &ChangesError| Family::Changes.code(error.code());
                reasons.extend(errors.iter().map(|error| Reason::of_file(code(error), &place.name, error)));
                return Ok(self.refuse_unread(place, &believed, target.as_ref(), reasons));
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
            Some(item) => Ok(Some(self.known(case, item))),
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
                return Ok(Some(self.refuse(case, vec![reason])));
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
        let Some(target) = &case.target else { return Ok(self.refuse(case, reasons)) };
        match target.suite(&case.changes.distribution) {
            Ok(suite) => {
                let suite = redirected(case, target, suite);
                if let Some((name, dsc)) = &dsc {
                    reasons.extend(checks::suite::source(suite.archive, suite.series, name, dsc));
                }
                match self.item(case, suite, (releases.collect(), custom), reasons)? {
                    Ok(item) => self.enter(case, &item, held),
                    Err(reasons) => Ok(self.refuse(case, reasons)),
                }
            }
            Err(unknown) => {
                reasons.push(unknown);
                Ok(self.refuse(case, reasons))
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
        let mut item = entry.item(placed, custom, self.site.now);
        item.notices = self.news(case, suite, &item);
        Ok(Ok(item))
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
            Err(RecordsError::ChangesSeen { item }) => Ok(self.known(case, item)),
            // Or with another file of the same name.
            Err(conflict @ RecordsError::FileConflict { .. }) => {
                let reason = Reason::of_file(ARCHIVE_FILE_CONFLICT, &case.place.name, conflict);
                Ok(self.refuse(case, vec![reason]))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The verdict about what `item` has taken.
    fn known(&self, case: &Case<'_>, item: QueueId) -> Verdict {
        if case.filed_before {
            return case.filed(Entered::Before(item));
        }
        let message =
            format!("the archive took this .changes before, as queue item {item}: upload a new version");
        self.refuse(case, vec![Reason::of_file(CHANGES_SEEN, &case.place.name, message)])
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

    /// The uploader who has signed it.
    pub(super) fn signer(&self) -> Option<&str> {
        self.believed.signer.as_ref().map(|signer| signer.uploader.name.as_str())
    }
}
