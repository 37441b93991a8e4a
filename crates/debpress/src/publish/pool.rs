//! Puts the files of what enters a suite into the pool, before any index names them.

use super::PublishError;
use super::PublishSite;
use super::plan::{SuitePlan, Target};
use crate::lock::PublisherLock;
use crate::model::key::TreeKey;
use crate::model::publication::PoolEntry;
use crate::ports::db::Snapshot;
use crate::ports::tree::PoolObject;

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
        let key = TreeKey::Pool { component: entry.component, source: entry.source, file: entry.file };
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
