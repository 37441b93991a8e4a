//! What a check needs of the content store: everything that lies in it, and ways to take out what is damaged or needed
//! by nobody.
#![expect(clippy::disallowed_methods, reason = "the adapter of the content store")]

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use debfmt::digest::Sha256;

use super::durable;
use super::found::{entries, found, identity, move_aside};
use crate::ports::found::{Found, FoundKind};
use crate::ports::objects::{UNNAMED, object_of};

/// How an object is called while it is decided whether it goes: nobody who writes the same bytes finds it.
const CLAIMED: &str = "claimed-";

/// Whether a file without a name is an object that is about to go.
pub(super) fn is_claimed(name: &str) -> bool {
    name.starts_with(CLAIMED)
}

/// Whether a name is that of a directory of objects.
fn is_shard(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Everything in the store, except the directories of objects themselves.
pub(super) fn survey(store: &Path, visit: &mut dyn FnMut(Found)) -> io::Result<()> {
    let mut names = Vec::new();
    entries(store, "", &mut |there| names.push(there))?;
    for mut there in names {
        let (name, path) = (there.path.clone(), store.join(&there.path));
        // A directory of objects may lie on another disk, behind a link.
        if is_shard(&name) && there.kind == FoundKind::Link {
            there = found(name.clone(), &fs::metadata(&path)?);
        }
        match there.kind == FoundKind::Directory && (is_shard(&name) || name == UNNAMED) {
            true => entries(&path, &format!("{name}/"), visit)?,
            false => visit(there),
        }
    }
    Ok(())
}

/// Gives a damaged object another name; returns it, relative to the store.
pub(super) fn set_aside(path: &Path, holds: Option<&Sha256>) -> io::Result<Option<String>> {
    let aside = move_aside(path, holds)?;
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let shown = |aside: &Path| {
        let names = [aside.parent().and_then(last), last(aside)];
        names.into_iter().flatten().collect::<Vec<_>>().join("/")
    };
    Ok(aside.as_deref().map(shown))
}

/// See [`ObjectStore::discard`](crate::ports::objects::ObjectStore::discard).
pub(super) fn discard(
    store: &Path,
    (path, sha256): (&Path, &Sha256),
    seen: &Found,
    needed: &mut dyn FnMut() -> bool,
) -> io::Result<bool> {
    let unnamed = store.join(UNNAMED);
    durable::create_dir_all(&unnamed)?;
    let claimed = unnamed.join(format!("{CLAIMED}{sha256}"));
    let before = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        before => before?,
    };
    // The number of a file that is gone may be that of a new one; the time of its last change is not.
    let as_seen = found(String::new(), &before);
    if (as_seen.identity, as_seen.changed) != (seen.identity, seen.changed) {
        return Ok(false);
    }
    match fs::rename(path, &claimed) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        moved => moved?,
    }
    let there = fs::symlink_metadata(&claimed)?;
    // A writer of the same bytes has put its own in the place of the one that was seen, or a pool has it now.
    let written = |metadata: &Metadata| (identity(metadata), metadata.mtime(), metadata.mtime_nsec());
    let is_other = written(&before) != written(&there) || there.nlink() > 1;
    if is_other || needed() {
        give_back(&claimed, path)?;
        return Ok(false);
    }
    fs::remove_file(&claimed)?;
    Ok(true)
}

/// The old name for an object again, unless a writer has given it to the same bytes meanwhile.
fn give_back(claimed: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(claimed, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::remove_file(claimed)
}

/// Gives back what a run had claimed that died.
pub(super) fn recover(store: &Path) -> io::Result<u64> {
    let mut back = 0;
    let entries = match fs::read_dir(store.join(UNNAMED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((first, rest)) = name.strip_prefix(CLAIMED).and_then(|hex| hex.split_at_checked(2)) else {
            continue;
        };
        let path = format!("{first}/{rest}");
        if object_of(&path).is_some() {
            give_back(&entry.path(), &store.join(path))?;
            back += 1;
        }
    }
    Ok(back)
}
