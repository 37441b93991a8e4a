//! Places the contributed files of a suite that is being prepared.

use std::collections::BTreeSet;
use std::io;

use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::release::ReleaseFile;

use super::read::sums;
use crate::lock::PublisherLock;
use crate::model::contribution::Contribution;
use crate::model::key::{IndexName, TreeKey};
use crate::ports::tree::PoolObject;
use crate::publish::indexes::{Written, link_by_hash};
use crate::publish::target::Target;
use crate::publish::{PublishError, PublishSite};

/// Places what is contributed to the suite, and adds it to what Release lists. An index that is there already was made by
/// the publisher or uploaded: the contributed one is left out. Returns how many files were placed, and what an
/// administrator should know.
pub(in crate::publish) fn place(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    written: &mut Written,
) -> Result<(usize, Vec<String>), PublishError> {
    let all = site.records.contributions();
    let all = all.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    let files = all.into_iter().find(|(suite, _)| *suite == target.key).map(|(_, files)| files);
    let made: BTreeSet<IndexName> =
        written.listed.iter().filter_map(|file| Some(IndexName::of_path(&file.path)?.0)).collect();
    let (mut placed, mut left_out) = (0, BTreeSet::new());
    for file in files.unwrap_or_default() {
        if made.contains(&file.index) {
            left_out.insert(file.index.path());
        } else {
            place_one(site, target, &file, written)?;
            placed += 1;
        }
    }
    let told = |path| {
        format!(
            "{path} of {} is staged and left out: the suite has one that was made or uploaded",
            target.label()
        )
    };
    Ok((placed, left_out.into_iter().map(told).collect()))
}

fn place_one(
    site: &PublishSite<'_>,
    target: &Target,
    file: &Contribution,
    written: &mut Written,
) -> Result<(), PublishError> {
    let key = TreeKey::Staged(target.name.clone(), file.file());
    let object = PoolObject { sha256: file.sha256, size: file.size };
    let placed = site.tree.place(&target.root, &key, &object);
    placed.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
    link_by_hash(site, target, &key, (&file.index, file.sha256))?;
    let path = file.file().path();
    let failed = |source| PublishError::Index { subject: target.label(), path: path.clone(), source };
    let (packed, text) = checksums(site, file, target.algorithms()).map_err(failed)?;
    let plain = file.index.path();
    // apt ignores an index whose uncompressed hash it cannot find. Every form has the same text.
    if file.compression != Compression::None && written.listed.iter().all(|listed| listed.path != plain) {
        written.listed.push(ReleaseFile { path: plain, checksums: text });
    }
    written.add(path, packed);
    Ok(())
}

/// The sums of a file and of its text. Read again only for sums that are not recorded.
fn checksums(
    site: &PublishSite<'_>,
    file: &Contribution,
    algorithms: Algorithms,
) -> io::Result<(Checksums, Checksums)> {
    if algorithms == Algorithms::SHA256 {
        let known = |size, sha256| Checksums { size, sha256, md5: None, sha1: None, sha512: None };
        return Ok((known(file.size, file.sha256), known(file.text_size, file.text_sha256)));
    }
    let object = site.objects.open(&file.sha256).map_err(io::Error::other)?;
    sums(object, None, file.compression, algorithms)
}
