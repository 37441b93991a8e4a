//! The custom files of an upload against the series and against what the suite has.

use std::collections::BTreeSet;

use debfmt::names::SourceName;

use crate::model::custom::CustomPublication;
use crate::model::suite::Series;
use crate::upload::custom::CustomUpload;
use crate::upload::reason::{ARCHITECTURE_UNKNOWN, COMPONENT_UNKNOWN, CUSTOM_VERSION_EXISTS, Reason};

/// The series must have what the files are for, and a version's directory is made once: `live` are the custom files
/// that the suite has.
pub fn check(uploads: &[CustomUpload], series: &Series, live: &[CustomPublication]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let version = |it: &CustomPublication| it.version.as_ref().map(|version| version.to_string());
    let live = live.iter().filter(|it| !it.superseded);
    let mut taken: BTreeSet<(String, String)> =
        live.filter_map(|it| Some((it.directory.to_string(), version(it)?))).collect();
    for upload in uploads {
        let file = &upload.queued.file.name;
        if let Some(architecture) = &upload.named.architecture
            && !architecture.is_all()
            && !series.architectures.contains(architecture)
        {
            let message = format!("{} is not built for {architecture}", series.name);
            reasons.push(Reason::of_file(ARCHITECTURE_UNKNOWN, file, message));
        }
        if let Some(component) = upload.component().filter(|component| !series.components.contains(component))
        {
            let message = format!("{} has no component {component}", series.name);
            reasons.push(Reason::of_file(COMPONENT_UNKNOWN, file, message));
        }
        let Some(place) = &upload.named.place else { continue };
        for version in &upload.versions {
            if !taken.insert((place.directory.to_string(), version.clone())) {
                let directory = &place.directory;
                let message = format!("{directory} has version {version} already: upload a new version");
                reasons.push(Reason::of_file(CUSTOM_VERSION_EXISTS, file, message));
            }
        }
    }
    reasons
}

/// The custom files that go into a directory which another source than `source` has filled, each with that source: its
/// clients follow `current`, whoever moves it.
pub fn taken_from<'a>(
    uploads: &'a [CustomUpload],
    source: &SourceName,
    live: &'a [CustomPublication],
) -> Vec<(&'a CustomUpload, &'a SourceName)> {
    let mut taken = Vec::new();
    for upload in uploads {
        let Some(place) = &upload.named.place else { continue };
        let others = live.iter().filter(|it| it.directory == place.directory && it.source != *source);
        let builders: BTreeSet<&SourceName> = others.map(|it| &it.source).collect();
        taken.extend(builders.into_iter().map(|builder| (upload, builder)));
    }
    taken
}
