//! Puts the files of what enters a suite into the pool, before any index names them.

use super::PublishError;
use super::PublishSite;
use super::plan::SuitePlan;
use super::target::Target;
use crate::lock::PublisherLock;
use crate::model::key::TreeKey;
use crate::model::publication::PoolEntry;
use crate::ports::db::Snapshot;
use crate::ports::tree::{PoolObject, TreeError};

/// Places every file that the plan needs. Files that are there already cost one look.
///
/// A run that stops later leaves them behind unseen; the next run finds them in place.
pub(super) fn place(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    snapshot: &Snapshot,
    plan: &SuitePlan,
) -> Result<(), PublishError> {
    let mut failure = None;
    let mut place = |entry: PoolEntry| {
        // A publication that is outdone before it is ever seen needs no file.
        if plan.hidden.contains(&entry.publication) {
            return true;
        }
        let key = TreeKey::Pool(entry.pool_file());
        let object = PoolObject { sha256: entry.sha256, size: entry.size };
        match site.tree.place(&target.root, &key, &object) {
            Ok(_) => true,
            Err(source) => {
                failure = Some(PublishError::Tree { subject: target.label(), source });
                false
            }
        }
    };
    let walked = site.records.pending_files(snapshot, &mut place);
    walked.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    failure.map_or(Ok(()), Err)
}

/// Reads every file of the suite's pool that a published package needs, and compares it with the records. One that is
/// gone is placed again.
pub(super) fn verify(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
) -> Result<(), PublishError> {
    let mut failure = None;
    let mut compare = |entry: PoolEntry| {
        let compared = verify_file(site, lock, target, entry);
        failure = compared.err();
        failure.is_none()
    };
    let walked = site.records.pool_entries(target.key.archive, &mut compare);
    walked.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    failure.map_or(Ok(()), Err)
}

fn verify_file(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    entry: PoolEntry,
) -> Result<(), PublishError> {
    let tree_failed = |source| PublishError::Tree { subject: target.label(), source };
    let expected = entry.sha256;
    let key = TreeKey::Pool(entry.pool_file());
    match site.tree.digest(&target.root, &key).map_err(tree_failed)? {
        Some((_, found)) if found != expected => {
            Err(tree_failed(TreeError::Conflict { path: key.path(), found, expected }))
        }
        Some(_) => Ok(()),
        None => {
            let object = PoolObject { sha256: expected, size: entry.size };
            site.tree.place(&target.root, &key, &object).map(|_| ()).map_err(tree_failed)
        }
    }
}
