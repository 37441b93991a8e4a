//! Everything that lies in the content store, in one walk that reads no file.

use std::collections::HashMap;

use debfmt::digest::Sha256;

use super::codes::{OBJECT_ORPHAN, OBJECT_STRANGER, OBJECT_TEMPORARY};
use super::{CheckError, CheckReport, CheckSite, Mend};
use crate::model::time::Timestamp;
use crate::ports::found::{Found, FoundKind, Identity, is_damaged_name};
use crate::ports::objects::{is_unnamed, object_of};

/// An object as it lies in the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) size: u64,
    pub(super) is_file: bool,
    pub(super) identity: Option<Identity>,
    links: u64,
    mode: u32,
    changed: Timestamp,
}

/// The objects of the store.
pub(super) type Store = HashMap<Sha256, Stored>;

/// Looks through the store.
pub(super) fn survey(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<Store, CheckError> {
    let mut store = Store::new();
    let (mut strangers, mut temporary) = (Vec::new(), Vec::new());
    let surveyed = site.objects.survey(&mut |found| {
        if let Some(sha256) = object_of(&found.path) {
            let Found { size, mode, links, changed, identity, .. } = found;
            let is_file = found.kind == FoundKind::File;
            store.insert(sha256, Stored { size, is_file, identity, links, mode, changed });
            (site.progress)("objects found", store.len() as u64, 0);
        } else if is_damaged_name(&found.path) {
            report.set_aside += 1;
        } else if is_unnamed(&found.path) {
            if site.is_old(found.changed) {
                temporary.push(found);
            }
        } else {
            strangers.push(found.path);
        }
    });
    surveyed.map_err(|source| CheckError::Objects { source })?;
    strangers.sort();
    for path in strangers {
        let message = "its name is not that of an object: somebody else has put it there; move it away";
        report.add(OBJECT_STRANGER, format_args!("objects/{path}"), message);
    }
    temporary.sort_by(|one, other| one.path.cmp(&other.path));
    for found in temporary {
        let message = format!(
            "{} bytes that a run had begun to write and that nobody needs, unchanged since {}; remove it",
            found.size, found.changed
        );
        let subject = format!("objects/{}", found.path);
        report.add_for(OBJECT_TEMPORARY, subject, message, Mend::Temporaries);
    }
    Ok(store)
}

/// Tells of what is left of the store when all that is needed was found.
pub(super) fn orphans<'a>(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    left: impl Iterator<Item = (&'a Sha256, &'a Stored)>,
) {
    let mut left: Vec<_> = left.collect();
    left.sort_unstable_by_key(|(sha256, _)| **sha256);
    for (sha256, stored) in left {
        report.orphans += 1;
        report.orphan_bytes += stored.size;
        // One that a pool has is told as a file of the pool that nobody knows.
        if !site.is_old(stored.changed) || stored.links > 1 || !stored.is_file {
            continue;
        }
        let message = format!(
            "no record needs its {} bytes, and nothing has touched it since {}: it came with an upload or an import that \
             did not end; remove it",
            stored.size, stored.changed
        );
        let found = Found {
            path: sha256.to_string(),
            kind: FoundKind::File,
            size: stored.size,
            mode: stored.mode,
            links: stored.links,
            changed: stored.changed,
            identity: stored.identity,
        };
        let mend = Mend::Orphan { sha256: *sha256, found: Box::new(found) };
        report.add_for(OBJECT_ORPHAN, format_args!("object {sha256}"), message, mend);
    }
}
