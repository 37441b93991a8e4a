//! The small files beside the indexes that some archives have: stubs and lists of translations (behaviour map 3.9).

use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::names::{Architecture, Component};

use super::{Written, link_by_hash};
use crate::lock::PublisherLock;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::suite::Series;
use crate::publish::release::put;
use crate::publish::target::Target;
use crate::publish::{PublishError, PublishSite};

/// Writes those that the series wants. Everything else that Release lists is there already.
pub(in crate::publish) fn write_small(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    written: &mut Written,
) -> Result<(), PublishError> {
    for name in small_indexes(&target.series) {
        let text = match &name {
            IndexName::Stub(component, architecture) => stub(target, component, architecture),
            IndexName::TranslationIndex(component) => translations_of(site, target, component, written)?,
            IndexName::Packages(..)
            | IndexName::SubPackages(..)
            | IndexName::Sources(_)
            | IndexName::Translation(..)
            | IndexName::Dep11(..)
            | IndexName::Commands(..)
            | IndexName::Oval(..)
            | IndexName::Contents { .. }
            | IndexName::Diffs(_)
            | IndexName::Patch(..) => continue,
        };
        write(site, target, name, &text, written)?;
    }
    Ok(())
}

/// The names of those that the series wants.
pub(in crate::publish) fn small_indexes(series: &Series) -> Vec<IndexName> {
    let mut names = Vec::new();
    for component in &series.components {
        if series.options.i18n_index {
            names.push(IndexName::TranslationIndex(component.clone()));
        }
        if series.options.release_stubs {
            let all = [Architecture::source(), Architecture::all()];
            let stub = |architecture: &Architecture| IndexName::Stub(component.clone(), architecture.clone());
            names.extend(all.iter().chain(&series.architectures).map(stub));
        }
    }
    names
}

fn write(
    site: &PublishSite<'_>,
    target: &Target,
    name: IndexName,
    text: &str,
    written: &mut Written,
) -> Result<(), PublishError> {
    let file = SuiteFile::Index(name.clone(), Compression::None);
    let path = file.path();
    put(site, target, file.clone(), text.as_bytes())?;
    let checksums = Checksums::of(text.as_bytes(), target.algorithms());
    let staged = TreeKey::Staged(target.name.clone(), file);
    link_by_hash(site, target, &staged, (&name, checksums.sha256))?;
    written.add(path, checksums);
    Ok(())
}

/// A stub: what the suite's Release says, of one directory.
fn stub(target: &Target, component: &Component, architecture: &Architecture) -> String {
    let version =
        target.series.version.as_ref().map(|version| format!("Version: {version}\n")).unwrap_or_default();
    format!(
        "Archive: {}\n{version}Component: {component}\nOrigin: {}\nLabel: {}\nArchitecture: {architecture}\n",
        target.name, target.archive.origin, target.archive.label
    )
}

/// The list of a component's translations, with the hashes that its clients know.
fn translations_of(
    site: &PublishSite<'_>,
    target: &Target,
    component: &Component,
    written: &Written,
) -> Result<String, PublishError> {
    let mut lines = Vec::new();
    for file in &written.files {
        let Some((name, compression)) = IndexName::of_path(&file.path) else { continue };
        let IndexName::Translation(of, _) = &name else { continue };
        if of != component {
            continue;
        }
        let (_, short) = file.path.rsplit_once('/').unwrap_or_default();
        let key = TreeKey::Staged(target.name.clone(), SuiteFile::Index(name, compression));
        let bytes = site.tree.read(&target.root, &key);
        let bytes = bytes.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
        let sums = Checksums::of(&bytes.unwrap_or_default(), Algorithms { sha1: true, ..Algorithms::SHA256 });
        let sha1 = sums.sha1.map(|sha1| sha1.to_string()).unwrap_or_default();
        lines.push(format!(" {sha1} {:>8} {short}\n", sums.size));
    }
    lines.sort_by(|one, other| one.rsplit(' ').next().cmp(&other.rsplit(' ').next()));
    Ok(format!("SHA1:\n{}", lines.concat()))
}
