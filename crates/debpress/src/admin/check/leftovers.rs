//! What unfinished work has left behind, and the lists beside pool and dists.

use std::io::Read;

use debfmt::compress::{Compression, decoder};
use debfmt::limits::LimitedReader;

use super::codes::{ARCHIVE_DELETING, CLAIM_LEFT, CLAIM_LOST, LISTS_DAMAGED, LISTS_MISSING, WITHDRAWN_LEFT};
use super::records::PublishedSuite;
use super::{CheckError, CheckReport, CheckSite};
use crate::model::archive::Archive;
use crate::model::key::{TreeKey, WITHDRAWN};
use crate::queue::with_causes;

/// An archive that is being deleted has nothing else to be looked at.
pub(super) fn deleted(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    archive: &Archive,
) -> Result<(), CheckError> {
    let root = archive.root();
    let gone = archive.deletion.as_ref().is_some_and(|deletion| deletion.done);
    if !gone && !listed(site, &root, WITHDRAWN)?.is_empty() {
        let message = "its deletion was interrupted; the next `debpress publish-distro` finishes it";
        report.add(ARCHIVE_DELETING, root, message);
    }
    Ok(())
}

/// What lies beside pool and dists of an archive. `published`: a suite of it that is published.
pub(super) fn archive(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    archive: &Archive,
    published: Option<&PublishedSuite>,
) -> Result<(), CheckError> {
    let root = archive.root();
    let withdrawn = listed(site, &root, WITHDRAWN)?;
    if !withdrawn.is_empty() {
        let message = format!(
            "{} files that clients saw of an archive which was being deleted, and the records say that it lives: the database \
             is from another time; publish it again with `debpress publish-distro --careful`, then remove the directory",
            withdrawn.len()
        );
        report.add(WITHDRAWN_LEFT, format_args!("{root}/{WITHDRAWN}"), message);
    }
    let Some(suite) = published else { return Ok(()) };
    let wanted = [(archive.lists.ls_lr, TreeKey::FileList), (archive.lists.indices, TreeKey::Md5Sums)];
    for (_, key) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
        list(site, report, &root, &key, suite);
    }
    Ok(())
}

/// How many files a directory of the root has.
fn listed(site: &CheckSite<'_>, root: &str, directory: &str) -> Result<Vec<(String, u64)>, CheckError> {
    let listed = site.tree.list(root, directory);
    listed.map_err(|source| CheckError::Tree { subject: format!("{root}/{directory}"), source })
}

fn list(site: &CheckSite<'_>, report: &mut CheckReport, root: &str, key: &TreeKey, suite: &PublishedSuite) {
    let fault = match site.tree.read(root, key) {
        Ok(Some(packed)) => unpack(site, &packed)
            .err()
            .map(|error| (LISTS_DAMAGED, format!("it does not unpack: {}", with_causes(&error)))),
        Ok(None) => Some((LISTS_MISSING, "the archive wants it, and it is not there".to_owned())),
        Err(error) => Some((LISTS_DAMAGED, format!("it cannot be read: {}", with_causes(&error)))),
    };
    if let Some((code, fault)) = fault {
        let message = format!("{fault}; the next publication of the archive writes it anew");
        report.add_for(code, format_args!("{root}/{}", key.path()), message, suite.mend(root));
    }
}

fn unpack(site: &CheckSite<'_>, packed: &[u8]) -> std::io::Result<()> {
    let text = decoder(Compression::Gzip, packed, site.limits)?;
    let mut text = LimitedReader::new(text, "the unpacked list", site.limits.text_bytes);
    let mut piece = vec![0; 64 * 1024];
    while text.read(&mut piece)? > 0 {}
    Ok(())
}

/// Uploads that wait in the directory of a dead run.
pub(super) fn claims(site: &CheckSite<'_>, report: &mut CheckReport) {
    for claim in site.claims {
        let (code, message) = match claim.inheritable {
            true => (
                CLAIM_LEFT,
                "the run that had claimed it is dead; the next `debpress process-upload` takes it over",
            ),
            false => (
                CLAIM_LOST,
                "the run that had claimed it is dead and its lock file is gone, so that nobody takes it over; move what \
                 is in it back into incoming",
            ),
        };
        report.add(code, &claim.path, message);
    }
}
