//! Where the packages of an upload are placed, and the queue item of an upload that is believed.

use debfmt::changes::{Changes, ChangesFile};
use debfmt::digest::Sha256;
use debfmt::names::{Component, FileName, SourceName, split_section};
use debfmt::version::Version;

use super::checks::archive::{Conflict, Known};
use super::contents::first_known;
use super::judge::Fault;
use super::package::{NO_PRIORITY, NO_SECTION};
use super::reason::{CHANGES_BAD_SECTION, Reason};
use super::target::Suite;
use super::verify::Believed;
use crate::model::archive::ArchiveId;
use crate::model::package::Release;
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{NewQueueItem, QueueStatus, QueuedRelease};
use crate::model::time::Timestamp;
use crate::ports::db::{ListFilter, Records};

/// What a .changes says when its maker has named no section or priority.
const UNSET: &str = "-";

/// Where a package goes.
pub(super) struct Placed {
    pub(super) queued: QueuedRelease,
    /// The source that has built the name until now, where that is not the one of the upload.
    pub(super) taken_from: Option<SourceName>,
}

/// Where `release` goes: where the archive has put the name before, else where its maker wants it.
///
/// A name that the archive never had is new, and so is one that `source` takes from another source: its old builder
/// is replaced for everybody, so a person looks.
pub(super) fn place(
    records: &dyn Records,
    suite: Suite<'_>,
    source: &SourceName,
    release: Release,
    listed: Option<&ChangesFile>,
) -> Result<Result<Placed, Reason>, Fault> {
    let kind = kind_of(&release);
    let before = records.placement(suite.key.archive, kind, release.name(), release.architecture())?;
    let Some(placement) = before else {
        let placement = wished(&release, listed, suite.series.components.first());
        let placed = |placement| {
            let queued = QueuedRelease { release, placement, new: true };
            Placed { queued, taken_from: None }
        };
        return Ok(placement.map(placed));
    };
    let taken_from = match kind {
        PackageKind::Source => None,
        PackageKind::Binary => {
            records.builder_of(suite.key, release.name())?.filter(|builder| builder != source)
        }
    };
    let queued = QueuedRelease { release, placement, new: taken_from.is_some() };
    Ok(Ok(Placed { queued, taken_from }))
}

fn kind_of(release: &Release) -> PackageKind {
    match release {
        Release::Source(_) => PackageKind::Source,
        Release::Binary(_) => PackageKind::Binary,
    }
}

/// The maker's wish: from the .changes, where it says something, else from the package. A section without component
/// means the series' most preferred one.
fn wished(
    release: &Release,
    listed: Option<&ChangesFile>,
    preferred: Option<&Component>,
) -> Result<Placement, Reason> {
    let said = |value: Option<&String>, own: &str, default: &str| {
        let said = value.map(|value| value.trim()).filter(|value| !value.is_empty() && *value != UNSET);
        let own = Some(own).filter(|own| !own.is_empty() && *own != UNSET);
        said.or(own).unwrap_or(default).to_owned()
    };
    let section = said(listed.map(|file| &file.section), release.section(), NO_SECTION);
    let priority = said(listed.map(|file| &file.priority), release.priority(), NO_PRIORITY);
    let wrong = |why: String| Reason {
        code: CHANGES_BAD_SECTION,
        file: release.files().first().map(|file| file.name.to_string()),
        message: format!("section {section:?}: {why}"),
    };
    let (component, name) = split_section(&section).map_err(|error| wrong(error.to_string()))?;
    let component = component.or_else(|| preferred.cloned());
    let component = component.ok_or_else(|| wrong("the series has no component".to_owned()))?;
    Ok(Placement { component, section: name.into_string(), priority })
}

/// What the archive knows about a package.
pub(super) fn known(
    records: &dyn Records,
    lookups: &dyn Fn(&FileName) -> Vec<ArchiveId>,
    suite: Suite<'_>,
    release: &Release,
) -> Result<Known, Fault> {
    let archive = suite.key.archive;
    let mut known = Known::default();
    for file in release.files() {
        let given = file.checksums.sha256;
        let had = first_known(records, &lookups(&file.name), &file.name)?.filter(|had| *had != given);
        let conflict = match had {
            Some(had) => Some((None, had)),
            None => {
                let queued = records.queued_conflict(archive, &file.name, &given)?;
                queued.map(|(item, had)| (Some(item), had))
            }
        };
        let conflict = conflict.map(|(item, had)| Conflict { file: file.name.clone(), item, had, given });
        known.conflicts.extend(conflict);
    }
    let name = Some(release.name().to_owned());
    let live = records.list(&ListFilter { name, suites: vec![suite.key], history: false })?;
    let same = live.iter().filter(|listing| {
        listing.kind == kind_of(release)
            && listing.name == release.name()
            && listing.architecture == release.architecture()
    });
    let versions = same.filter_map(|listing| Version::parse(&listing.version).ok());
    known.newest = versions.reduce(|a, b| if b > a { b } else { a });
    Ok(known)
}

/// Everything that a queue item says about an upload beside its packages.
pub(super) struct Entry<'a> {
    pub(super) suite: Suite<'a>,
    pub(super) name: &'a FileName,
    pub(super) believed: &'a Believed<'a>,
    /// Who has signed, or the context of an upload that nobody need sign.
    pub(super) uploader: &'a str,
    pub(super) changes: &'a Changes,
}

impl Entry<'_> {
    /// The queue item of a believed upload: New if it has a new name and somebody looks at such names there, else Accepted.
    pub(super) fn item(&self, releases: Vec<QueuedRelease>, received: Timestamp) -> NewQueueItem {
        let reviewed = self.suite.archive.reference.purpose().reviews_new_names();
        let new = reviewed && releases.iter().any(|queued| queued.new);
        let architectures: Vec<&str> = self.changes.architectures.iter().map(|a| a.as_str()).collect();
        let payload = &self.believed.payload;
        NewQueueItem {
            suite: self.suite.key,
            status: if new { QueueStatus::New } else { QueueStatus::Accepted },
            source: self.changes.source.clone(),
            version: self.changes.version.clone(),
            architectures: architectures.join(" "),
            changes_name: self.name.to_string(),
            changes_text: String::from_utf8_lossy(payload).into_owned(),
            changes_sha256: Sha256::of(payload).to_string(),
            uploader: self.uploader.to_owned(),
            fingerprint: self.believed.signer.as_ref().map_or_else(String::new, |s| s.fingerprint.clone()),
            received,
            releases,
        }
    }
}
