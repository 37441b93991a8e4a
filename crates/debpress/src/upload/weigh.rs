//! What an upload brings, held against the archive: where each package goes, and every reason against it.

use debfmt::names::FileName;

use super::checks;
use super::custom::CustomUpload;
use super::enter::{self, Placed};
use super::judge::{Case, Judge};
use super::reason::{Reason, UPLOAD_NOTHING_NEW};
use super::target::Suite;
use super::verdict::Fault;
use crate::model::archive::Archive;
use crate::model::package::Release;
use crate::model::queue::QueuedRelease;

impl Judge<'_> {
    /// Who uploads, and where to; `None`: what nobody need sign, everybody may upload who can put it there (behaviour
    /// map 5.6).
    pub(super) fn upload<'c>(
        &'c self,
        case: &'c Case<'_>,
        suite: Suite<'c>,
    ) -> Option<checks::permission::Upload<'c>> {
        let signer = case.believed.signer.as_ref()?;
        Some(checks::permission::Upload {
            rights: &self.rights,
            person: &signer.uploader.name,
            archive: suite.archive,
            series: suite.series,
            pocket: suite.key.pocket,
        })
    }

    pub(super) fn place(
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
    pub(super) fn custom(
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
    pub(super) fn room(
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
