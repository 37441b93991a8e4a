//! Takes a whole archive away: what clients see in one step, then the rest.
#![expect(clippy::disallowed_methods, reason = "the adapter of the published tree")]

use std::fs;
use std::io;
use std::path::Path;

use super::durable;
use super::tree::{failed, is_missing};
use crate::model::key::{DISTS, RootPart, WITHDRAWN};
use crate::ports::tree::TreeError;

/// Moves `dists` aside.
pub(super) fn withdraw(root: &Path) -> Result<(), TreeError> {
    let (seen, aside) = (root.join(DISTS), root.join(WITHDRAWN));
    match fs::symlink_metadata(&seen) {
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(failed("examine", &seen)(error)),
        Ok(_) => {}
    }
    // What an earlier run has moved, where something has made `dists` again since.
    remove_all(&aside)?;
    fs::rename(&seen, &aside).map_err(failed("move aside", &seen))?;
    durable::sync_directory(root).map_err(failed("sync", root))
}

/// Removes a file or directory of the root with all that is in it.
pub(super) fn remove_part(root: &Path, part: RootPart) -> Result<(), TreeError> {
    remove_all(&root.join(part.path()))
}

fn remove_all(path: &Path) -> Result<(), TreeError> {
    // It follows no symbolic link; one of this very name is removed itself.
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            fs::remove_file(path).map_err(failed("remove", path))
        }
        Err(error) if !is_missing(&error) => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes the public key, the root, and what is empty above it; the first directory below the site stays.
pub(super) fn remove_root(site: &Path, root: &str, public_key: &Path) -> Result<bool, TreeError> {
    match fs::remove_file(public_key) {
        Err(error) if !is_missing(&error) => return Err(failed("remove", public_key)(error)),
        _ => {}
    }
    let (mut path, mut gone) = (Path::new(root), None);
    while let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        let here = site.join(path);
        let removed = match fs::remove_dir(&here) {
            Ok(()) => true,
            Err(error) if is_missing(&error) => true,
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => false,
            Err(error) => return Err(failed("remove", &here)(error)),
        };
        gone.get_or_insert(removed);
        let kept = if removed { site.join(above) } else { here };
        match durable::sync_directory(&kept) {
            Err(error) if !is_missing(&error) => return Err(failed("sync", &kept)(error)),
            _ => {}
        }
        if !removed {
            break;
        }
        path = above;
    }
    Ok(gone.unwrap_or_default())
}
