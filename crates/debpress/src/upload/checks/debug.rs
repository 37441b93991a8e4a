//! Packages of debug symbols: each belongs to a package (behaviour map 5.4, 35 and 36).

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb::DebKind;

use crate::model::package::BinaryRelease;
use crate::upload::reason::{DEBUG_DUPLICATE, DEBUG_ORPHANED, Reason};

/// What the name of such a package ends with.
pub const SUFFIX: &str = "-dbgsym";

/// The package whose symbols these are: of a .ddeb, and of a .deb that debhelper made.
pub fn subject(release: &BinaryRelease) -> Option<&str> {
    let stem = release.name.as_str().strip_suffix(SUFFIX);
    match release.kind {
        DebKind::Ddeb => Some(stem.unwrap_or(release.name.as_str())),
        DebKind::Deb => stem,
        DebKind::Udeb => None,
    }
}

/// Each debug package comes once, and with the package whose symbols it has, or after it: `known` are the packages of
/// the archive by name, version and architecture.
pub fn check(binaries: &[&BinaryRelease], known: &BTreeSet<(&str, &str, &str)>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut first: BTreeMap<(&str, &str, &str), &BinaryRelease> = BTreeMap::new();
    for debug in binaries.iter().copied().filter(|release| subject(release).is_some()) {
        let (name, version) = (debug.name.as_str(), debug.version.as_str());
        if let Some(other) = first.insert((name, version, debug.architecture.as_str()), debug) {
            let message = format!("{} has the same debug symbols: {name} {version}", other.file.name);
            reasons.push(Reason::of_file(DEBUG_DUPLICATE, &debug.file.name, message));
        }
        let Some(subject) = subject(debug) else { continue };
        let belongs = |release: &BinaryRelease| {
            release.name.as_str() == subject
                && release.kind != DebKind::Ddeb
                && release.version == debug.version
                && release.architecture == debug.architecture
        };
        if !binaries.iter().any(|release| belongs(release))
            && !known.contains(&(subject, version, debug.architecture.as_str()))
        {
            let message = format!(
                "it has the debug symbols of {subject} {version} for {}, which is neither in the upload nor in the archive",
                debug.architecture
            );
            reasons.push(Reason::of_file(DEBUG_ORPHANED, &debug.file.name, message));
        }
    }
    reasons
}
