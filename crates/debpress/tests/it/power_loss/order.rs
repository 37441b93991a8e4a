//! The order of what was done, read off the record: data first, then what makes it visible or speaks of it.

use super::disk::{Barrier, Change, Disk, Event, Inode, Name};

/// What the records speak of.
const SPOKEN_OF: [&str; 2] = ["objects/", "archives/"];

const LOG: &str = "debpress.db-wal";

/// Checks that
///
/// - no record is written while something of the content store or of an archive is not on the disk,
/// - nothing of an archive is replaced or made visible while something of it, or the record before it, is not,
/// - nothing that is on the disk is moved into a directory that is not,
/// - no file takes another's place, or a name that people know, before its content is on the disk.
pub(super) fn check(disk: &Disk) {
    let mut wrong = Vec::new();
    for (number, barrier) in disk.barriers.iter().enumerate() {
        if barrier.path.as_deref() == Some(LOG) {
            wrong.extend(speaks_too_early(disk, number, barrier));
        }
    }
    for (number, event) in disk.events.iter().enumerate() {
        if let Change::Names(names) = &event.change
            && names.len() > 1
        {
            wrong.extend(moves_too_early(disk, number, names));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was done before a barrier, and is made durable by it or later or never.
fn speaks_too_early(disk: &Disk, number: usize, barrier: &Barrier) -> Option<String> {
    let early = disk.events[..barrier.asked].iter().find(|event| {
        let spoken_of =
            SPOKEN_OF.iter().any(|start| event.path.starts_with(start)) && !is_private(&event.path);
        spoken_of && event.told_by.is_none_or(|by| by >= number)
    });
    early.map(|event| format!("a record is written after change {} without {}", barrier.asked, event.path))
}

/// Objects without names, and what is inside of suites that nobody sees: those that are made visible are looked at then.
fn is_private(path: &str) -> bool {
    path.starts_with("objects/unnamed/")
        || path.split_once("/.staged/").is_some_and(|(_, staged)| staged.contains('/'))
}

fn is_pending(event: &Event, at: usize) -> bool {
    event.durable.is_none_or(|durable| durable > at)
}

fn moves_too_early(disk: &Disk, at: usize, names: &[Name]) -> Option<String> {
    let path = &disk.events[at].path;
    let pending = || disk.events[..at].iter().filter(|event| is_pending(event, at));
    let moved: Vec<Inode> = names.iter().filter_map(|name| name.inode).collect();
    let says =
        |event: &Event| format!("{path} (change {at}) has its place before {} is on the disk", event.path);
    if path.starts_with("objects/") {
        return None;
    }
    let homeless = pending().find(|event| {
        matches!(event.change, Change::Names(_)) && path.starts_with(&format!("{}/", event.path))
    });
    let empty = pending().find(|event| match &event.change {
        Change::Write { inode, .. } | Change::Resize { inode, .. } | Change::Mode { inode, .. } => {
            moved.contains(inode)
        }
        Change::Names(_) => false,
    });
    // A suite with all that is in it, and what its indexes name; and the journal.
    let suite = path.starts_with("archives/") && path.contains("/dists/");
    let unseen = pending().find(|event| suite && (event.path.starts_with("archives/") || event.path == LOG));
    homeless.or(empty).or(unseen).map(says)
}
