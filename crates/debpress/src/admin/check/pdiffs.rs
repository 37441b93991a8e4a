//! The patches of an index against their list: every one is there, and unpacks to the script that the list vouches for.

use std::io::Read;

use debfmt::compress::{Compression, decoder};
use debfmt::digest::Checksums;
use debfmt::limits::LimitedReader;
use debfmt::pdiff::{DiffIndex, Patch, Sum};

use super::CheckReport;
use super::codes::{INDEX_MALFORMED, INDEX_PATCH};
use super::suites::{PUBLISH_AGAIN, SuiteCheck, SuiteFiles};
use crate::model::key::{IndexName, PatchName, SuiteFile};
use crate::queue::with_causes;

/// Checks the list of patches of an index. `listed`: what Release says of the index.
pub(super) fn check(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    files: &SuiteFiles,
    (of, listed): (&IndexName, Option<&Checksums>),
    text: &[u8],
) {
    let list = SuiteFile::Index(IndexName::Diffs(Box::new(of.clone())), Compression::None);
    let malformed = |fault: &str| format!("{fault}, so that apt fetches the whole index; {PUBLISH_AGAIN}");
    let DiffIndex { current, patches } = match DiffIndex::parse(text, check.site.limits) {
        Ok(list) => list,
        Err(error) => {
            return report.add(INDEX_MALFORMED, check.path(&list), malformed(&error.to_string()));
        }
    };
    if listed.is_none_or(|listed| (listed.sha256, listed.size) != (current.sha256, current.size)) {
        let fault = "it leads to another text than the one that Release lists";
        report.add(INDEX_MALFORMED, check.path(&list), malformed(fault));
    }
    for patch in patches {
        let Some(name) = PatchName::parse(&patch.name) else { continue };
        let file = SuiteFile::Index(IndexName::Patch(Box::new(of.clone()), name), Compression::Gzip);
        if let Some(fault) = fault(check, files, &file, &patch) {
            let message = format!("{fault}; clients fetch the whole index instead; {PUBLISH_AGAIN}");
            report.add(INDEX_PATCH, check.path(&file), message);
        }
    }
}

fn fault(check: &SuiteCheck<'_>, files: &SuiteFiles, file: &SuiteFile, patch: &Patch) -> Option<String> {
    let Some(size) = files.get(&file.path()) else { return Some("it is not there".to_owned()) };
    if *size != patch.download.size {
        return Some(format!("it has {size} bytes, and should have {}", patch.download.size));
    }
    let packed = match check.read(file.clone(), *size) {
        Ok(packed) => packed,
        Err(fault) => return Some(fault),
    };
    if Sum::of(&packed) != patch.download {
        return Some(format!(
            "its bytes have another SHA-256 than its list says ({})",
            patch.download.sha256
        ));
    }
    match unpack(check, &packed, patch.script.size) {
        Ok(script) if Sum::of(&script) == patch.script => None,
        Ok(_) => Some("it unpacks to another script than the one whose hash its list gives".to_owned()),
        Err(error) => Some(format!("it does not unpack: {}", with_causes(&error))),
    }
}

fn unpack(check: &SuiteCheck<'_>, packed: &[u8], size: u64) -> std::io::Result<Vec<u8>> {
    let unpacked = decoder(Compression::Gzip, packed, check.site.limits)?;
    let mut script = Vec::new();
    LimitedReader::new(unpacked, "the unpacked patch", size).read_to_end(&mut script)?;
    Ok(script)
}
