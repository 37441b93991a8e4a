//! Programs of the site before and after the switch (behaviour map 2.7).

use std::collections::BTreeMap;

use super::switch::{StagedSuite, release_hash};
use super::target::Group;
use super::{FailedArchive, PublishError, PublishReport, PublishSite, sign_hooks, signing};
use crate::lock::PublisherLock;
use crate::model::archive::Archive;
use crate::model::key::TreeKey;
use crate::model::suite::Pocket;
use crate::ports::hooks::HookEvent;

/// Runs `publish-distro.d` on suites that are ready. A hook may sign or add what it likes, so the switch looks again at
/// what it will find.
pub(super) fn before(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    group: &Group,
    staged: &mut [StagedSuite],
) -> Result<Vec<String>, PublishError> {
    let Some(first) = group.targets.first().filter(|it| it.archive.reference.purpose().has_hooks()) else {
        return Ok(Vec::new());
    };
    let event = HookEvent::Publish {
        distribution: first.archive.reference.distribution().to_string(),
        root: first.root.clone(),
        suites: staged.iter().map(|suite| suite.switch.name.clone()).collect(),
    };
    let failed = |source| PublishError::Hook { subject: group.reference.clone(), source };
    let report = site.hooks.run(&event).map_err(failed)?;
    if !report.ran.is_empty() {
        let names: Vec<(String, bool)> =
            staged.iter().map(|suite| (suite.switch.name.clone(), suite.signed_by_hooks)).collect();
        for StagedSuite { switch, .. } in staged {
            let found = release_hash(site, switch, TreeKey::Staged)?;
            let gone = || PublishError::HookTookRelease {
                subject: group.reference.clone(),
                suite: switch.name.clone(),
            };
            switch.release_sha256 = found.ok_or_else(gone)?;
        }
        for target in &group.targets {
            match names.iter().find(|(name, _)| name == target.name.as_str()) {
                Some((_, true)) => sign_hooks::still(site, lock, target)?,
                Some((_, false)) => signing::still(site, lock, target)?,
                None => {}
            }
        }
    }
    Ok(report.warnings().collect())
}

/// Runs `finalize.d` of each distribution of which something was published. One that fails is reported: what is seen is
/// seen.
pub(super) fn after(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    published: &[&Group],
    all: &[Archive],
    report: &mut PublishReport,
) {
    let mut distributions: BTreeMap<String, bool> = BTreeMap::new();
    let targets = published.iter().flat_map(|group| &group.targets);
    for target in targets.filter(|target| target.archive.reference.purpose().has_hooks()) {
        let is_security = target.key.pocket == Pocket::Security;
        let name = target.archive.reference.distribution().to_string();
        let only = distributions.entry(name).or_insert(true);
        *only &= is_security;
    }
    for (distribution, security_only) in distributions {
        let own = all.iter().filter(|archive| {
            archive.reference.distribution().as_str() == distribution
                && archive.reference.purpose().has_hooks()
        });
        let roots = own.map(Archive::root).collect();
        let event = HookEvent::Finalize { distribution: distribution.clone(), roots, security_only };
        match site.hooks.run(&event) {
            Ok(ran) => report.warnings.extend(ran.warnings()),
            Err(source) => {
                let error = PublishError::Finalize { subject: distribution.clone(), source };
                report.failed.push(FailedArchive::new(&distribution, error));
            }
        }
    }
}
