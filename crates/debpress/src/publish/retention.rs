//! Which index files of earlier Releases stay, by their hash, when a suite is published again (behaviour map 3.11).
//!
//! A client that has read a Release asks for its indexes afterwards, at once or, behind a slow mirror, hours later. So
//! files stay for a time after they ceased to be current, and those of the last Releases stay whatever their age:
//! a suite that is published once a month has no minute in which its last Release but one is broken.

use debfmt::digest::Sha256;

use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::custom::is_sums;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::publishing::{ByHash, SeriesOptions};
use crate::model::time::Timestamp;
use crate::ports::db::{IndexFile, RecordsError, RetiredIndex};

/// The files of the live Release and of earlier ones that stay beside a new one, the latest first.
pub(super) fn earlier(site: &PublishSite<'_>, target: &Target) -> Result<Vec<IndexFile>, PublishError> {
    let failed = |source: RecordsError| PublishError::Records { subject: target.label(), source };
    let options = &target.series.options;
    let since = site.now.plus(-site.settings.by_hash_retention);
    // The live Release becomes the first of the earlier ones.
    let releases = options.by_hash_keep.max(options.pdiffs).saturating_sub(1);
    let mut files = site.records.current_indexes(target.key).map_err(failed)?;
    let retired = site.records.retired_indexes(target.key, since, releases).map_err(failed)?;
    files.extend(retired.into_iter().filter(|it| stays(it, since, options)).map(|retired| retired.file));
    // Custom files are placed anew, by their own names.
    files.retain(|file| !is_sums(&file.path));
    Ok(files)
}

/// Whether a file stays: by age, or by count. Patches are made from whole texts, so those stay for as many Releases as
/// patches lead from.
fn stays(retired: &RetiredIndex, since: Timestamp, options: &SeriesOptions) -> bool {
    let is_patched = IndexName::of_path(&retired.file.path).is_some_and(|(index, _)| index.is_patched());
    let keep = if is_patched { options.by_hash_keep.max(options.pdiffs) } else { options.by_hash_keep };
    retired.until >= since || retired.ago.is_some_and(|ago| ago < keep)
}

/// Carries files of the live suite over to the staged one, by hash. After everything that is written: what is there
/// already is left alone.
pub(super) fn carry(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    earlier: &[IndexFile],
) -> Result<(), PublishError> {
    for file in earlier {
        let name = lasting(target, file)?;
        let from = TreeKey::Live(target.name.clone(), name.clone());
        let to = TreeKey::Staged(target.name.clone(), name);
        let linked = site.tree.link(&target.root, &from, &to);
        // One that is gone was removed by somebody else; it cannot be brought back, and nothing current needs it.
        let linked = linked.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
        // Where nothing is published by hash there is nothing to miss.
        if !linked && target.series.options.by_hash != ByHash::No {
            tracing::warn!(file = %from.path(), "an earlier index is missing");
        }
    }
    Ok(())
}

/// The name under which a recorded file stays.
pub(super) fn lasting(target: &Target, file: &IndexFile) -> Result<SuiteFile, PublishError> {
    let corrupt = |what| {
        let source = RecordsError::Corrupt { what, value: file.path.clone() };
        PublishError::Records { subject: target.label(), source }
    };
    let sha256 = Sha256::from_hex(&file.sha256).map_err(|_| corrupt("a hash"))?;
    SuiteFile::lasting(&file.path, sha256).ok_or_else(|| corrupt("the path of an index"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_by_age_or_by_count() {
        let retired = |path: &str, until, ago| {
            let file = IndexFile { path: path.into(), sha256: String::new(), size: 0 };
            RetiredIndex { file, until: Timestamp(until), ago }
        };
        let options = SeriesOptions { by_hash_keep: 2, pdiffs: 5, ..SeriesOptions::default() };
        let kept = |path: &str, until, ago| stays(&retired(path, until, ago), Timestamp(100), &options);
        // The live Release is one of those that are kept.
        let (release, packages) = ("Release", "main/binary-amd64/Packages.xz");
        assert_eq!([1, 2, 4, 5].map(|ago| kept(release, 99, Some(ago))), [true, false, false, false]);
        assert_eq!([1, 2, 4, 5].map(|ago| kept(packages, 99, Some(ago))), [true, true, true, false]);
        assert!(kept(release, 100, Some(70)) && kept(packages, 100, None));
        assert!(!kept(packages, 99, None), "from before Releases were counted: by age only");
    }
}
