//! The files of a suite that stay for clients with an earlier Release, by their hash.

use std::collections::BTreeMap;

use debfmt::digest::Sha256;
use debfmt::release::Release;

use super::codes::{INDEX_ORPHAN, INDEX_RETIRED};
use super::hashing::{self, Content};
use super::suites::{SuiteCheck, SuiteFiles};
use super::{CheckError, CheckReport};
use crate::model::custom::is_sums;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::time::Timestamp;
use crate::ports::db::IndexFile;

/// What lies in front of a hash.
const BY_HASH: &str = "by-hash/SHA256/";

/// Compares names by hash with what was ever published, by size, and with a full check by content. `current`: the files
/// of the Release that clients see, which are looked at elsewhere. One that is not there any more has had its time.
pub(super) fn check(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    files: &SuiteFiles,
    (current, release): (&[IndexFile], &Release),
) -> Result<(), CheckError> {
    let retired = check.site.records.retired_indexes(check.suite.key, Timestamp(i64::MIN), u64::MAX);
    let retired =
        retired.map_err(|source| CheckError::Records { subject: check.suite.name.to_string(), source })?;
    let now = known(current.iter());
    let mut earlier = known(retired.iter().map(|retired| &retired.file));
    earlier.retain(|path, _| !now.contains_key(path));
    let mut present = Vec::new();
    for (path, (file, sha256, size)) in earlier.iter() {
        match files.get(path) {
            None => {}
            Some(found) if found == size => present.push((check.key(file.clone()), *sha256)),
            Some(found) => {
                tell(
                    check,
                    report,
                    file,
                    &format!("it has {found} bytes, and had {size} when it was published"),
                );
            }
        }
    }
    if check.site.full {
        read(check, report, &present);
    }
    for path in files.paths().filter(|path| path.contains(BY_HASH)) {
        if !now.contains_key(path) && !earlier.contains_key(path) && !is_listed(current, release, path) {
            let message =
                "no Release that was published has named it; the next publication of the suite leaves it out";
            let subject = format!("{}/dists/{}/{path}", check.root, check.suite.name);
            report.add(INDEX_ORPHAN, subject, message);
        }
    }
    Ok(())
}

type Known = BTreeMap<String, (SuiteFile, Sha256, u64)>;

/// The names under which recorded files stay.
fn known<'a>(files: impl Iterator<Item = &'a IndexFile>) -> Known {
    let lasting = |file: &IndexFile| {
        let sha256 = Sha256::from_hex(&file.sha256).ok()?;
        let lasting = SuiteFile::lasting(&file.path, sha256).filter(|_| !is_sums(&file.path))?;
        Some((lasting.path(), (lasting, sha256, file.size)))
    };
    files.filter_map(lasting).collect()
}

/// Whether a current file has this hash, whatever its name.
fn is_listed(current: &[IndexFile], release: &Release, path: &str) -> bool {
    let hash = path.rsplit('/').next().unwrap_or(path);
    let is_it = |sha256: &Sha256| sha256.to_string() == hash;
    current.iter().any(|file| file.sha256 == hash)
        || release.files.iter().any(|file| is_it(&file.checksums.sha256))
}

fn read(check: &SuiteCheck<'_>, report: &mut CheckReport, present: &[(TreeKey, Sha256)]) {
    let (tree, root) = (check.site.tree, check.root);
    let contents = hashing::each(present, ("earlier indexes read", check.site.progress), |(key, sha256)| {
        hashing::file(tree, root, key, sha256)
    });
    for ((key, sha256), content) in present.iter().zip(contents) {
        if let (TreeKey::Live(_, file), Some(fault)) = (key, content.fault(sha256))
            && content != Content::Gone
        {
            tell(check, report, file, &fault);
        }
    }
}

fn tell(check: &SuiteCheck<'_>, report: &mut CheckReport, file: &SuiteFile, fault: &str) {
    let message = format!(
        "{fault}; a client with an earlier Release tries again with the current one; `debpress check --repair` takes it away"
    );
    report.add(INDEX_RETIRED, check.path(file), message);
}
