//! Translated descriptions: the custom files that are indexes too. Clients fetch only those that Release lists, and by
//! their hash.

use std::io;

use debfmt::compress::{Compression, decoder};
use debfmt::digest::{Algorithms, Checksums, HashingReader};
use debfmt::limits::{LimitedReader, Limits};
use debfmt::release::ReleaseFile;

use super::indexes::{Written, link_by_hash};
use super::target::Target;
use super::{PublishError, PublishSite};
use crate::model::key::{IndexName, Language, SuiteFile, TreeKey};
use crate::ports::tree::PoolObject;

/// Whether a custom file has the name of a translation that the publisher makes itself.
pub(super) fn is_made(target: &Target, file: &SuiteFile) -> bool {
    let Some((IndexName::Translation(component, language), _)) = IndexName::of_path(&file.path()) else {
        return false;
    };
    let series = &target.series;
    !series.options.long_descriptions
        && language == Language::english()
        && series.components.contains(&component)
}

/// Gives a staged file its name by hash and adds it to what Release lists, if it is a translation.
pub(super) fn list(
    site: &PublishSite<'_>,
    target: &Target,
    file: &SuiteFile,
    object: &PoolObject,
    written: &mut Written,
) -> Result<(), PublishError> {
    let path = file.path();
    let Some((index, compression)) = IndexName::of_path(&path) else { return Ok(()) };
    let tree_failed = |source| PublishError::Tree { subject: target.label(), source };
    let key = TreeKey::Staged(target.name.clone(), file.clone());
    let plain = index.path();
    link_by_hash(site, target, &key, (&index, object.sha256))?;
    // apt ignores an index whose uncompressed hash it cannot find. Every compression has the same text: that was
    // looked at when they were uploaded.
    let wants_text =
        compression != Compression::None && written.listed.iter().all(|listed| listed.path != plain);
    let PoolObject { sha256, size } = *object;
    let mut checksums = Checksums { size, sha256, md5: None, sha1: None, sha512: None };
    if wants_text || target.algorithms() != Algorithms::SHA256 {
        let bytes = site.tree.read(&target.root, &key).map_err(tree_failed)?.unwrap_or_default();
        if wants_text {
            let (subject, path) = (target.label(), path.clone());
            let failed = |source| PublishError::Index { subject, path, source };
            let checksums = text_checksums(compression, &bytes, target.algorithms()).map_err(failed)?;
            written.listed.push(ReleaseFile { path: plain, checksums });
        }
        checksums = Checksums { size, sha256, ..Checksums::of(&bytes, target.algorithms()) };
    }
    written.add(path, checksums);
    Ok(())
}

fn text_checksums(compression: Compression, packed: &[u8], algorithms: Algorithms) -> io::Result<Checksums> {
    let limits = Limits::index();
    let text = decoder(compression, packed, &limits)?;
    HashingReader::new(LimitedReader::new(text, "the translation", limits.text_bytes), algorithms).finish()
}
