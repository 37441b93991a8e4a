//! The .dsc against the .changes.

use debfmt::changes::Changes;
use debfmt::dsc::Dsc;
use debfmt::names::FileName;

use crate::upload::reason::{DSC_NAME_MISMATCH, DSC_SOURCE_MISMATCH, DSC_VERSION_MISMATCH, Reason};
use crate::upload::source::dsc_file_name;

/// The .dsc has the name that belongs to it, and is about the same source and version as the .changes.
pub fn check(name: &FileName, dsc: &Dsc, changes: &Changes) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if dsc_file_name(dsc).as_ref() != Ok(name) {
        let message = format!("it should be called {}_{}.dsc", dsc.source, dsc.version.without_epoch());
        reasons.push(Reason::of_file(DSC_NAME_MISMATCH, name, message));
    }
    if dsc.source != changes.source {
        let message = format!("it is about {}, the .changes about {}", dsc.source, changes.source);
        reasons.push(Reason::of_file(DSC_SOURCE_MISMATCH, name, message));
    }
    // Not only equal but the same text: file names are made of it.
    if dsc.version.as_str() != changes.version.as_str() {
        let message = format!("it has version {}, the .changes {}", dsc.version, changes.version);
        reasons.push(Reason::of_file(DSC_VERSION_MISMATCH, name, message));
    }
    reasons
}
