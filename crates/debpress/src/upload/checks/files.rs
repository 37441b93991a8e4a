//! Which files an upload has, against what it says it is.

use debfmt::changes::{Changes, ChangesFile};
use debfmt::deb::DebKind;
use debfmt::names::FileName;

use crate::upload::custom::is_custom;
use crate::upload::reason::{
    CHANGES_NO_BINARY, DSC_MISSING, DSC_NOT_IN_CHANGES, DSC_SEVERAL, FILE_MISSING, Reason, UPLOAD_INCOMPLETE,
};

/// An upload has one .dsc if, and only if, its Architecture says `source`.
pub fn check(name: &FileName, changes: &Changes) -> Vec<Reason> {
    let is_dsc = |file: &&FileName| file.as_str().ends_with(".dsc");
    let dscs: Vec<&FileName> = changes.files.iter().map(|file| &file.name).filter(is_dsc).collect();
    let says_source = changes.architectures.iter().any(|architecture| architecture.is_source());
    match (dscs.as_slice(), says_source) {
        ([], false) | ([_], true) => Vec::new(),
        ([], true) => {
            vec![Reason::of_file(DSC_MISSING, name, "Architecture says source, and no .dsc is listed")]
        }
        ([dsc, ..], false) => {
            let message = "it is listed, and Architecture of the .changes does not say source";
            vec![Reason::of_file(DSC_NOT_IN_CHANGES, dsc, message)]
        }
        ([_, _, ..], true) => {
            let names: Vec<&str> = dscs.iter().map(|dsc| dsc.as_str()).collect();
            let message = format!("it lists {}; upload each source package by itself", names.join(", "));
            vec![Reason::of_file(DSC_SEVERAL, name, message)]
        }
    }
}

/// An upload whose Architecture names architectures beside `source` has a binary package or a custom file. Not one of each: a build of
/// the machine's own packages lists `all` too.
pub fn binaries(name: &FileName, changes: &Changes) -> Option<Reason> {
    let said: Vec<&str> =
        changes.architectures.iter().filter(|one| !one.is_source()).map(|one| one.as_str()).collect();
    let is_built =
        |file: &ChangesFile| DebKind::of_file_name(file.name.as_str()).is_some() || is_custom(file);
    let has_binary = changes.files.iter().any(is_built);
    let message = format!(
        "Architecture says {}, and no binary package is listed: build with `dpkg-buildpackage --build=source`, or list the packages",
        said.join(" ")
    );
    (!said.is_empty() && !has_binary).then(|| Reason::of_file(CHANGES_NO_BINARY, name, message))
}

/// Says of an upload with missing files that it was waited for.
pub fn completeness(name: &FileName, reasons: &[Reason], waited_seconds: i64) -> Option<Reason> {
    let missing = reasons.iter().filter(|reason| reason.code == FILE_MISSING).count();
    let message =
        format!("{missing} of the files it needs did not arrive, and nothing has for {waited_seconds} s");
    (missing > 0).then(|| Reason::of_file(UPLOAD_INCOMPLETE, name, message))
}
