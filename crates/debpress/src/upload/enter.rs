//! Where the packages of an upload are placed, and the queue item of an upload that is believed.

use debfmt::changes::{Changes, ChangesFile};
use debfmt::digest::Sha256;
use debfmt::names::{Component, FileName, SourceName, split_section};
use debfmt::version::Version;

use super::approval::{self, Facts};
use super::checks::archive::{Conflict, Known};
use super::contents::first_known;
use super::custom::needs_person;
use super::package::{NO_PRIORITY, NO_SECTION};
use super::reason::{CHANGES_BAD_SECTION, Reason};
use super::target::Suite;
use super::verdict::Fault;
use super::verify::Believed;
use crate::model::archive::ArchiveId;
use crate::model::custom::QueuedCustom;
use crate::model::package::Release;
use crate::model::publication::{Listing, PackageKind, Placement};
use crate::model::queue::{NewQueueItem, QueuedRelease};
use crate::model::suite::{Pocket, SuiteKey};
use crate::model::time::Timestamp;
use crate::ports::db::{Ancestor, ListFilter, Records};

/// What a .changes says when its maker has named no section or priority.
const UNSET: &str = "-";

/// Where a package goes.
pub(super) struct Placed {
    pub(super) queued: QueuedRelease,
    /// The source that has built the name until now, where that is not the one of the upload.
    pub(super) taken_from: Option<SourceName>,
}

/// Where `release` goes: where the archive has put the name before, else where its maker wants it (behaviour map 5.7).
///
/// A name that no live record has is new, and so is one that `source` takes from another source: its old builder
/// is replaced for everybody, so a person looks.
pub(super) fn place(
    records: &dyn Records,
    suite: Suite<'_>,
    source: &SourceName,
    release: Release,
    listed: Option<&ChangesFile>,
) -> Result<Result<Placed, Reason>, Fault> {
    let kind = kind_of(&release);
    let preferred = suite.series.components.first();
    if suite.archive.reference.purpose().has_one_component() {
        let placed = wished(&release, listed, preferred).map(|wish| {
            let placement = Placement { component: preferred.cloned().unwrap_or(wish.component), ..wish };
            Placed { queued: QueuedRelease { release, placement, new: false }, taken_from: None }
        });
        return Ok(placed);
    }
    let before = records.ancestor(suite.key, kind, release.name(), release.architecture())?;
    let Some(Ancestor { placement, live }) = before else {
        let preferred = match kind {
            PackageKind::Source => None,
            PackageKind::Binary => {
                records.ancestor(suite.key, PackageKind::Source, source.as_str(), "source")?
            }
        };
        let preferred = preferred.map(|source| source.placement.component);
        let placement = wished(&release, listed, preferred.as_ref().or(suite.series.components.first()));
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
    let queued = QueuedRelease { release, placement, new: !live || taken_from.is_some() };
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
    let mut known = Known::default();
    for file in release.files() {
        let given = file.checksums.sha256;
        let had = first_known(records, &lookups(&file.name), &file.name)?.filter(|had| *had != given);
        let conflict = match had {
            Some(had) => Some((None, had)),
            None => {
                let queued = records.queued_conflict(suite.key.archive, &file.name, &given)?;
                queued.map(|(item, had)| (Some(item), had))
            }
        };
        let conflict = conflict.map(|(item, had)| Conflict { file: file.name.clone(), item, had, given });
        known.conflicts.extend(conflict);
    }
    if let Release::Source(source) = release {
        known.taken = records.source_taken(suite.key.archive, &source.name, &source.version, None)?;
    }
    if suite.archive.reference.purpose().versions_only_grow() {
        known.newest = newest(records, suite, release)?;
    }
    known.present = known.conflicts.is_empty() && is_present(records, suite, release)?;
    Ok(known)
}

/// The newest live version in the suite, or in the release pocket of the series where the suite has none.
fn newest(
    records: &dyn Records,
    suite: Suite<'_>,
    release: &Release,
) -> Result<Option<(Version, String)>, Fault> {
    for pocket in [suite.key.pocket, Pocket::Release] {
        let key = SuiteKey { pocket, ..suite.key };
        let versions = same(records, key, release)?;
        let versions = versions.iter().filter_map(|listing| Version::parse(&listing.version).ok());
        if let Some(newest) = versions.reduce(|a, b| if b > a { b } else { a }) {
            return Ok(Some((newest, format!("{}{}", suite.series.name, pocket.suffix()))));
        }
    }
    Ok(None)
}

/// Whether the very release is live in the suite. Its file cannot be another one: a name is used once.
fn is_present(records: &dyn Records, suite: Suite<'_>, release: &Release) -> Result<bool, Fault> {
    let same = same(records, suite.key, release)?;
    Ok(same.iter().any(|listing| listing.version == release.version().as_str()))
}

/// The live publications of the release's name, kind and architecture.
fn same(records: &dyn Records, suite: SuiteKey, release: &Release) -> Result<Vec<Listing>, Fault> {
    let name = Some(release.name().to_owned());
    let mut live = records.list(&ListFilter { name, suites: vec![suite], history: false })?;
    live.retain(|listing| {
        listing.kind == kind_of(release)
            && listing.name == release.name()
            && listing.architecture == release.architecture()
    });
    Ok(live)
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
    /// The queue item of a believed upload. A custom file is never new by itself.
    pub(super) fn item(
        &self,
        releases: Vec<QueuedRelease>,
        custom: Vec<QueuedCustom>,
        received: Timestamp,
    ) -> NewQueueItem {
        let purpose = self.suite.archive.reference.purpose();
        let facts = Facts {
            purpose,
            series: self.suite.series.status,
            pocket: self.suite.key.pocket,
            trusted: self.believed.signer.is_none(),
            new: releases.iter().any(|queued| queued.new),
            delicate: custom.iter().any(|queued| needs_person(queued.kind, purpose)),
        };
        let architectures: Vec<&str> = self.changes.architectures.iter().map(|a| a.as_str()).collect();
        let payload = &self.believed.payload;
        NewQueueItem {
            suite: self.suite.key,
            status: approval::status(facts),
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
            custom,
            notices: Vec::new(),
        }
    }
}
