//! The packages of an upload against what the archive has.

use debfmt::digest::Sha256;
use debfmt::names::{Architecture, Component, FileName};
use debfmt::version::Version;

use crate::model::archive::Archive;
use crate::model::package::Release;
use crate::model::publication::Placement;
use crate::model::queue::QueueId;
use crate::model::suite::Series;
use crate::upload::reason::{
    ARCHITECTURE_DISABLED, ARCHITECTURE_UNKNOWN, ARCHIVE_FILE_CONFLICT, ARCHIVE_FULL, COMPONENT_UNKNOWN,
    Reason, VERSION_NOT_NEWER, VERSION_TAKEN,
};

/// What the archive knows that bears on one package.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The files whose names the archive or its queue has with other bytes.
    pub conflicts: Vec<Conflict>,
    /// The newest version that is live for the same name and architecture, and the suite where: the upload's own, or,
    /// where that has none, the series' release pocket (behaviour map 5.4 J).
    pub newest: Option<(Version, String)>,
    /// Where the archive has taken this version of a source before.
    pub taken: Option<String>,
    /// Whether the very same file is live in the suite already.
    pub present: bool,
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

/// The reason why a series takes nothing for an architecture (behaviour map 5.4, 75 and 87).
pub(super) fn not_built(series: &Series, architecture: &Architecture) -> (&'static str, String) {
    if series.disabled_architectures.contains(architecture) {
        let message = format!("{architecture} is disabled in {}", series.name);
        return (ARCHITECTURE_DISABLED, message);
    }
    (ARCHITECTURE_UNKNOWN, format!("{} is not built for {architecture}", series.name))
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
        let (code, message) = not_built(series, &binary.architecture);
        add(code, message);
    }
    let (name, version) = (release.name(), release.version());
    if let Some((newest, suite)) = known.newest.as_ref().filter(|(newest, _)| newest > version) {
        add(VERSION_NOT_NEWER, format!("{suite} has {name} {newest}, this is the older {version}"));
    }
    if let Some(place) = &known.taken {
        let message = format!(
            "the archive has taken {name} {version} before, {place}: a version is used once, so upload a new one"
        );
        add(VERSION_TAKEN, message);
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

/// How full an archive is with an upload: `Err` above its limit, `Ok` with a warning near it (95 %, behaviour map 5.4).
///
/// Sizes in bytes; `uploaded` is what the upload brings.
///
/// # Errors
/// The reason to refuse the upload.
pub fn room(archive: &Archive, size: u64, uploaded: u64) -> Result<Option<String>, Reason> {
    let Some(limit) = archive.size_limit else { return Ok(None) };
    let after = size.saturating_add(uploaded);
    let state = format!("{} would have {} of {}", archive.reference, mebibytes(after), mebibytes(limit));
    if after > limit {
        let message = format!("{state}: remove packages, or ask an administrator for more room");
        return Err(Reason::of_upload(ARCHIVE_FULL, message));
    }
    let near = limit.saturating_sub(limit / 20);
    Ok((after > near).then(|| format!("{state}: it is nearly full")))
}

fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, ((bytes & 0xF_FFFF) * 10) >> 20)
}
