//! The order of what was done, read off the record: data first, then what makes it visible or speaks of it.

use super::disk::{Barrier, Change, Disk, Event, Inode, Name};
use super::tree::Node;

/// What the records speak of.
const SPOKEN_OF: [&str; 4] = ["objects/", "archives/", "ppa/", "private-ppa/"];

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

/// Something the records speak of that was done before they were synced, and is not durable. What is in a directory that has
/// gone, durably, is as good as gone.
fn speaks_too_early(disk: &Disk, number: usize, barrier: &Barrier) -> Option<String> {
    let done = &disk.events[..barrier.asked];
    let is_pending = |event: &Event| event.told_by.is_none_or(|by| by >= number);
    let removed = done.iter().filter(|event| !is_pending(event) && is_removal(event));
    let removed: Vec<String> = removed.map(|event| format!("{}/", event.path)).collect();
    let early = done.iter().find(|event| {
        let spoken_of = SPOKEN_OF.iter().any(|start| event.path.starts_with(start));
        let gone = || removed.iter().any(|directory| event.path.starts_with(directory));
        is_pending(event) && spoken_of && !is_private(&event.path) && !gone()
    });
    early.map(|event| format!("a record is written after change {} without {}", barrier.asked, event.path))
}

fn is_removal(event: &Event) -> bool {
    matches!(&event.change, Change::Names(names) if names.iter().all(|name| name.inode.is_none()))
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
    let is_directory = |inode: &Inode| matches!(disk.nodes[*inode], Node::Directory { .. });
    let suite = path.contains("/dists/") && moved.iter().any(is_directory);
    let unseen = pending().find(|event| suite && (event.path.starts_with("archives/") || event.path == LOG));
    homeless.or(empty).or(unseen).map(says)
}
