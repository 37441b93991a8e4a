//! The custom files of an upload against the series and against what the suite has.

use std::collections::BTreeSet;

use debfmt::names::SourceName;

use super::archive::not_built;
use super::permission::Upload;
use crate::model::custom::CustomPublication;
use crate::model::suite::Series;
use crate::upload::custom::CustomUpload;
use crate::upload::reason::{COMPONENT_UNKNOWN, CUSTOM_VERSION_EXISTS, Reason};

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
            let (code, message) = not_built(series, architecture);
            reasons.push(Reason::of_file(code, file, message));
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

/// The uploader may upload the source into every component that the files go into, and, where another source has filled
/// a directory until now, that source too: clients follow `current`, whoever moves it.
pub fn denied(
    upload: &Upload<'_>,
    source: &SourceName,
    uploads: &[CustomUpload],
    live: &[CustomPublication],
) -> Vec<Reason> {
    let components: BTreeSet<_> = uploads.iter().filter_map(CustomUpload::component).collect();
    let mut reasons: Vec<Reason> =
        components.iter().filter_map(|component| upload.denied(source, Some(component))).collect();
    for custom in uploads {
        let Some(place) = &custom.named.place else { continue };
        let others = live.iter().filter(|it| it.directory == place.directory && it.source != *source);
        let builders: BTreeSet<&SourceName> = others.map(|it| &it.source).collect();
        let taken = builders.into_iter().filter_map(|builder| upload.custom_takeover(builder, custom));
        reasons.extend(taken);
    }
    reasons
}
