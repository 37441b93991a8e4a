//! The packages of an upload against what the archive has, and against what the uploader may do.

use std::collections::BTreeSet;

use debfmt::digest::Sha256;
use debfmt::names::{Component, FileName, SourceName};
use debfmt::version::Version;

use crate::model::archive::ArchiveId;
use crate::model::package::Release;
use crate::model::publication::Placement;
use crate::model::queue::{QueueId, QueuedRelease};
use crate::model::suite::Series;
use crate::ports::db::{Grant, Uploader};
use crate::upload::reason::{
    ARCHITECTURE_UNKNOWN, ARCHIVE_FILE_CONFLICT, COMPONENT_UNKNOWN, Reason, UPLOADER_NOT_PERMITTED,
    VERSION_NOT_NEWER,
};

/// What the archive knows that bears on one package.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The files whose names the archive or its queue has with other bytes.
    pub conflicts: Vec<Conflict>,
    /// The newest version that is live in the suite for the same name and architecture.
    pub newest: Option<Version>,
}

/// A file whose name is taken.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The name.
    pub file: FileName,
    /// The waiting queue item that has it; `None`: the archive has had it.
    pub item: Option<QueueId>,
    /// Its SHA-256 there.
    pub had: Sha256,
    /// Its SHA-256 in the upload.
    pub given: Sha256,
}

/// One package: where it is to be placed, and whether its file is as the archive needs it.
pub fn check(release: &Release, placement: &Placement, series: &Series, known: &Known) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let file = release.files().first().map(|file| file.name.to_string());
    let mut add = |code, message: String| reasons.push(Reason { code, file: file.clone(), message });
    if !series.components.contains(&placement.component) {
        let names: Vec<&str> = series.components.iter().map(Component::as_str).collect();
        let message =
            format!("{} has no component {}, it has {}", series.name, placement.component, names.join(", "));
        add(COMPONENT_UNKNOWN, message);
    }
    if let Release::Binary(binary) = release
        && !binary.architecture.is_all()
        && !series.architectures.contains(&binary.architecture)
    {
        let message = format!("{} is not built for {}", series.name, binary.architecture);
        add(ARCHITECTURE_UNKNOWN, message);
    }
    if let Some(newest) = known.newest.as_ref().filter(|newest| *newest > release.version()) {
        let message =
            format!("the suite has {} {newest}, this is the older {}", release.name(), release.version());
        add(VERSION_NOT_NEWER, message);
    }
    reasons.extend(known.conflicts.iter().map(taken));
    reasons
}

fn taken(conflict: &Conflict) -> Reason {
    let Conflict { file, item, had, given } = conflict;
    let message = item.as_ref().map_or_else(
        || {
            format!(
                "the archive had a file of this name with SHA-256 {had}, this one has {given}: a name is used once, so upload a new version"
            )
        },
        |item| {
            format!(
                "queue item {item} waits with a file of this name and SHA-256 {had}, this one has {given}: upload a new version, or have that item rejected first"
            )
        },
    );
    Reason::of_file(ARCHIVE_FILE_CONFLICT, file, message)
}

/// The uploader has a grant for the source in every component that it would go to.
pub fn permission(
    uploader: &Uploader,
    archive: ArchiveId,
    source: &SourceName,
    components: &BTreeSet<Component>,
) -> Vec<Reason> {
    let for_source = |grant: &&Grant| {
        grant.archive.is_none_or(|granted| granted == archive)
            && grant.package.as_ref().is_none_or(|granted| granted == source)
    };
    let grants: Vec<&Grant> = uploader.grants.iter().filter(for_source).collect();
    if grants.is_empty() {
        let message =
            format!("{} may not upload {source}; ask an administrator for `uploader add`", uploader.name);
        return vec![Reason::of_upload(UPLOADER_NOT_PERMITTED, message)];
    }
    let covers = |component: &Component| {
        grants.iter().any(|grant| grant.component.as_ref().is_none_or(|granted| granted == component))
    };
    let denied = components.iter().filter(|component| !covers(component));
    let reason = |component: &Component| {
        let message = format!("{} may not upload {source} into component {component}", uploader.name);
        Reason::of_upload(UPLOADER_NOT_PERMITTED, message)
    };
    denied.map(reason).collect()
}

/// A package whose name `builder` has built until now: the uploader needs a grant for that source too.
pub fn taken_over(
    uploader: &Uploader,
    archive: ArchiveId,
    builder: &SourceName,
    queued: &QueuedRelease,
) -> Vec<Reason> {
    let QueuedRelease { release, placement, .. } = queued;
    let reasons = permission(uploader, archive, builder, &[placement.component.clone()].into());
    let of_package = |reason: Reason| Reason {
        code: reason.code,
        file: release.files().first().map(|file| file.name.to_string()),
        message: format!("{} was built from {builder} until now: {}", release.name(), reason.message),
    };
    reasons.into_iter().map(of_package).collect()
}
