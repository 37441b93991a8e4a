//! Every check of an upload that needs no more than the upload itself, and those that ask the archive about all of its
//! packages together.

use std::collections::BTreeSet;

use debfmt::changes::Changes;
use debfmt::names::FileName;

use super::checks;
use super::contents::Contents;
use super::process::UploadSite;
use super::reason::{Reason, SOURCE_NOT_PUBLISHED};
use super::target::Suite;
use super::verdict::Fault;
use crate::model::package::{BinaryRelease, Release};
use crate::model::publication::PackageKind;
use crate::model::queue::QueuedRelease;
use crate::ports::db::{ListFilter, RecordsError};

/// What is wrong with an upload, whatever archive it is for.
pub(super) fn by_itself(
    site: &UploadSite<'_>,
    name: &FileName,
    changes: &Changes,
    contents: &Contents,
) -> Vec<Reason> {
    let mut reasons = site.settings.policy.check(name, changes);
    reasons.extend(checks::changes::check(name, changes));
    reasons.extend(checks::control::people(name, &changes.paragraph));
    reasons.extend(contents.reasons.iter().cloned());
    reasons.extend(checks::files::check(name, changes));
    reasons.extend(checks::files::binaries(name, changes));
    if let Some((name, dsc)) = &contents.dsc {
        reasons.extend(checks::source::check(name, dsc, changes));
        reasons.extend(checks::control::source(name, dsc));
    }
    for binary in &contents.binaries {
        reasons.extend(checks::binary::check(binary, changes));
        reasons.extend(checks::control::binary(binary));
        reasons.extend(checks::times::check(binary, site.now));
    }
    reasons.extend(checks::files::completeness(name, &reasons, site.settings.settle_seconds));
    reasons
}

/// What is wrong with the packages of an upload together: debug symbols without their package; in a context of build
/// machines, packages whose source the suite does not have (behaviour map 5.4, 36 and 85).
pub(super) fn against_archive(
    site: &UploadSite<'_>,
    suite: Suite<'_>,
    changes: &Changes,
    placed: &[QueuedRelease],
) -> Result<Vec<Reason>, Fault> {
    let binaries: Vec<&BinaryRelease> = placed
        .iter()
        .filter_map(|queued| match &queued.release {
            Release::Binary(binary) => Some(binary),
            Release::Source(_) => None,
        })
        .collect();
    // The packages that the archive has, of those whose debug symbols are here.
    let mut known = BTreeSet::new();
    for debug in &binaries {
        let Some(subject) = checks::debug::subject(debug) else { continue };
        let (version, architecture) = (debug.version.as_str(), debug.architecture.as_str());
        if is_live(site, suite, (PackageKind::Binary, subject, version), Some(architecture))? {
            known.insert((subject, version, architecture));
        }
    }
    let mut reasons = checks::debug::check(&binaries, &known);
    let (source, version) = (changes.source.as_str(), changes.source_version.as_str());
    let wanted = (PackageKind::Source, source, version);
    if site.settings.policy.needs_source
        && binaries.len() == placed.len()
        && !binaries.is_empty()
        && !is_live(site, suite, wanted, None)?
    {
        let message = format!(
            "{} does not have the source {source} {version}: upload it first",
            suite.archive.reference
        );
        reasons.push(Reason::of_upload(SOURCE_NOT_PUBLISHED, message));
    }
    Ok(reasons)
}

/// Whether the archive has a live publication of a package in that version, in any suite of the series.
fn is_live(
    site: &UploadSite<'_>,
    suite: Suite<'_>,
    (kind, name, version): (PackageKind, &str, &str),
    architecture: Option<&str>,
) -> Result<bool, RecordsError> {
    let listed = site.records.list(&ListFilter { name: Some(name.to_owned()), ..ListFilter::default() })?;
    Ok(listed.iter().any(|listing| {
        listing.kind == kind
            && listing.name == name
            && listing.version == version
            && (listing.suite.archive, listing.suite.series) == (suite.key.archive, suite.key.series)
            && architecture.is_none_or(|architecture| listing.architecture == architecture)
    }))
}
