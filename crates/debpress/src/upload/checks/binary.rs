//! Binary packages against the .changes.

use debfmt::changes::Changes;

use super::debug;
use crate::model::package::BinaryRelease;
use crate::upload::package::binary_file_name;
use crate::upload::reason::{
    DEB_ARCHITECTURE_MISMATCH, DEB_NAME_MISMATCH, DEB_NOT_IN_CHANGES, DEB_PRIORITY_MISMATCH,
    DEB_SECTION_MISMATCH, DEB_VERSION_MISMATCH, Reason,
};

/// What a .changes says where its maker has named none.
const UNSET: &str = "-";

/// The package has the name that belongs to it and is one that the .changes speaks of.
pub fn check(release: &BinaryRelease, changes: &Changes) -> Vec<Reason> {
    let file = &release.file.name;
    let mut reasons = Vec::new();
    let mut add = |code, message: String| reasons.push(Reason::of_file(code, file, message));
    let proper = binary_file_name(release);
    if proper.as_ref() != Ok(file) {
        let proper = proper.map_or_else(|error| error.to_string(), |name| name.to_string());
        add(DEB_NAME_MISMATCH, format!("going by its control file it should be called {proper}"));
    }
    if release.source_name != changes.source {
        let message =
            format!("it was built from {}, the .changes is about {}", release.source_name, changes.source);
        add(DEB_NOT_IN_CHANGES, message);
    } else if !is_listed(release, changes) {
        add(DEB_NOT_IN_CHANGES, format!("Binary of the .changes does not list {}", release.name));
    }
    if release.source_version != changes.source_version {
        let (built, said) = (&release.source_version, &changes.source_version);
        add(DEB_VERSION_MISMATCH, format!("it was built from version {built}, the .changes is about {said}"));
    }
    if !changes.architectures.contains(&release.architecture) {
        let message =
            format!("it is for {}, which Architecture of the .changes does not list", release.architecture);
        add(DEB_ARCHITECTURE_MISMATCH, message);
    }
    reasons.extend(place(release, changes));
    reasons
}

/// Section and priority are the same in the control file and in the .changes, where both say something.
fn place(release: &BinaryRelease, changes: &Changes) -> Vec<Reason> {
    let file = &release.file.name;
    let Some(listed) = changes.files.iter().find(|listed| listed.name == *file) else { return Vec::new() };
    let differ = |own: &str, said: &str| !own.is_empty() && !said.is_empty() && said != UNSET && own != said;
    let pairs = [
        (DEB_SECTION_MISMATCH, "section", &release.section, &listed.section),
        (DEB_PRIORITY_MISMATCH, "priority", &release.priority, &listed.priority),
    ];
    let differing = pairs.into_iter().filter(|(_, _, own, said)| differ(own, said));
    let reason = |(code, what, own, said): (&'static str, &str, &String, &String)| {
        Reason::of_file(code, file, format!("its control file says {what} {own}, the .changes {said}"))
    };
    differing.map(reason).collect()
}

fn is_listed(release: &BinaryRelease, changes: &Changes) -> bool {
    let name = release.name.as_str();
    let listed = changes.binaries.iter().any(|binary| binary == name);
    // Debug symbols are made by debhelper, and not always listed in Binary.
    changes.binaries.is_empty() || listed || debug::subject(release).is_some()
}
