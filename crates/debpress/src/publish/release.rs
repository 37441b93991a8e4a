//! Writes and signs the Release of a staged suite: the file that makes everything else mean something.

use std::io::Write;

use debfmt::digest::{Algorithms, Checksums, Sha256};
use debfmt::names::Architecture;
use debfmt::release::Release;

use super::indexes::Written;
use super::switch::StagedSuite;
use super::target::{Group, Target, description};
use super::{PublishError, PublishSite, sign_hooks, signing};
use crate::lock::PublisherLock;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::publishing::{ByHash, SeriesOptions};
use crate::ports::db::IndexFile;
use crate::ports::hooks::SIGN;
use crate::ports::signer::Signing;

/// What was written.
pub(super) struct WrittenRelease {
    /// SHA-256 of InRelease, or of Release where nothing is signed, in hex.
    pub(super) sha256: String,
    /// Who signed it; `None`: nobody.
    pub(super) signed_by: Option<String>,
    /// Why nobody signed it.
    pub(super) unsigned: Option<String>,
    /// Whether hooks of `sign.d` signed it.
    pub(super) by_hooks: bool,
    /// What an administrator should know.
    pub(super) warnings: Vec<String>,
}

/// Writes Release, and InRelease and Release.gpg when hooks of `sign.d` make them, or else a key is configured. The staged suite was empty before, so no
/// signature of an earlier Release can stay behind.
pub(super) fn write(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    written: &Written,
) -> Result<WrittenRelease, PublishError> {
    let text = release(site, target, written).render();
    put(site, target, SuiteFile::Release, text.as_bytes())?;
    let by_hooks = sign_hooks::release(site, lock, target, text.as_bytes())?;
    let warnings = by_hooks.warnings;
    let result = WrittenRelease {
        sha256: sha256(by_hooks.clear.as_deref().unwrap_or(text.as_bytes())),
        signed_by: None,
        unsigned: None,
        by_hooks: by_hooks.clear.is_some() || by_hooks.detached.is_some(),
        warnings,
    };
    if result.by_hooks {
        for (file, signed) in
            [(SuiteFile::InRelease, by_hooks.clear), (SuiteFile::ReleaseGpg, by_hooks.detached)]
        {
            signed.map_or(Ok(()), |bytes| put(site, target, file, &bytes))?;
        }
        return Ok(WrittenRelease { signed_by: Some(SIGN.to_owned()), ..result });
    }
    let by = match signing::of(site, lock, target)? {
        Signing::By(by) => by,
        Signing::Nobody(why) => return Ok(WrittenRelease { unsigned: Some(why), ..result }),
    };
    let failed = |source| PublishError::Sign { subject: target.label(), source };
    let clear = signing::clear_sign(site, &by, text.as_bytes()).map_err(failed)?;
    let detached = SuiteFile::ReleaseGpg.path();
    let detached = signing::detach_sign(site, &by, &detached, text.as_bytes()).map_err(failed)?;
    put(site, target, SuiteFile::InRelease, &clear)?;
    put(site, target, SuiteFile::ReleaseGpg, &detached)?;
    signing::show(site, lock, target, &by)?;
    let signed_by = Some(by.signer.name().to_owned());
    Ok(WrittenRelease { sha256: sha256(&clear), signed_by, ..result })
}

fn sha256(bytes: &[u8]) -> String {
    Checksums::of(bytes, Algorithms::SHA256).sha256.to_string()
}

fn release(site: &PublishSite<'_>, target: &Target, written: &Written) -> Release {
    let mut architectures = vec![Architecture::all()];
    architectures.extend(target.series.architectures.iter().cloned());
    let options = &target.series.options;
    let held_back = options.is_not_automatic(target.key.pocket);
    Release {
        origin: Some(target.archive.origin.clone()),
        label: Some(target.archive.label.clone()),
        suite: target.name.to_string(),
        version: target.series.version.clone(),
        codename: target.series.name.to_string(),
        date: site.now.seconds(),
        valid_until: options.valid_for.map(|seconds| site.now.plus(seconds).seconds()),
        not_automatic: held_back,
        but_automatic_upgrades: held_back,
        acquire_by_hash: options.by_hash == ByHash::Advertise,
        no_support_for_architecture_all: true,
        architectures,
        components: target.series.components.clone(),
        description: Some(description(target)),
        extra: extra(options),
        files: written.listed.clone(),
    }
}

/// The fields that only some archives have.
fn extra(options: &SeriesOptions) -> Vec<(String, String)> {
    let own = [("Snapshots", &options.snapshots), ("Changelogs", &options.changelogs)];
    let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    own.chain(options.fields.clone()).collect()
}

/// Gives the Release files of ready suites their names by hash, so that who has seen one can ask for it again, and adds
/// them to what will be recorded. After the hooks, which may sign anew.
pub(super) fn name_by_hash(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    group: &Group,
    staged: &mut [StagedSuite],
) -> Result<(), PublishError> {
    for StagedSuite { switch, .. } in staged {
        let Some(target) = group.targets.iter().find(|it| it.name.as_str() == switch.name) else { continue };
        let failed = |source| PublishError::Tree { subject: target.label(), source };
        for file in SuiteFile::RELEASES {
            let path = file.path();
            let plain = TreeKey::Staged(target.name.clone(), file);
            let Some(bytes) = site.tree.read(&target.root, &plain).map_err(failed)? else { continue };
            let sha256 = Sha256::of(&bytes);
            if target.series.options.by_hash != ByHash::No {
                let by_hash = TreeKey::Staged(target.name.clone(), SuiteFile::ReleaseByHash(sha256));
                site.tree.link(&target.root, &plain, &by_hash).map_err(failed)?;
            }
            switch.files.push(IndexFile { path, sha256: sha256.to_string(), size: bytes.len() as u64 });
        }
    }
    Ok(())
}

/// Writes a small file of the staged suite.
pub(super) fn put(
    site: &PublishSite<'_>,
    target: &Target,
    file: SuiteFile,
    bytes: &[u8],
) -> Result<(), PublishError> {
    let key = TreeKey::Staged(target.name.clone(), file);
    let path = key.path();
    let tree_failed = |source| PublishError::Tree { subject: target.label(), source };
    let mut staged = site.tree.create(&target.root, &key).map_err(tree_failed)?;
    let failed = |source| PublishError::Index { subject: target.label(), path, source };
    staged.write_all(bytes).map_err(failed)?;
    staged.finish().map_err(tree_failed)
}
