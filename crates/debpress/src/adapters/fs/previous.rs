//! A suite as it was, for readers that have its directory open: it moves, and they do not notice.
#![expect(clippy::disallowed_methods, reason = "the adapter of the published tree")]

use std::fs;
use std::io;
use std::path::Path;

use super::durable;
use super::tree::{failed, is_missing};
use crate::ports::tree::TreeError;

/// Moves `staged` to `previous`, in place of what is there. Without `staged` nothing happens: it has moved already.
pub(super) fn keep(staged: &Path, previous: &Path) -> Result<(), TreeError> {
    match fs::symlink_metadata(staged) {
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(failed("examine", staged)(error)),
        Ok(_) => {}
    }
    let parent = durable::parent(previous);
    durable::create_durable_dir_all(parent).map_err(failed("create", parent))?;
    remove(previous)?;
    match fs::rename(staged, previous) {
        // Somebody has put one of the two on a disk of its own: readers fare as if nothing were kept.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            tracing::warn!(directory = %previous.display(), "the earlier suite cannot be kept: it is on another file system");
            remove(staged)
        }
        moved => moved.map_err(failed("keep", staged)),
    }
}

/// Removes a directory with all that is in it, if it is there. A symbolic link goes itself.
pub(super) fn remove(directory: &Path) -> Result<(), TreeError> {
    match fs::remove_dir_all(directory) {
        Err(error) if !is_missing(&error) => Err(failed("remove", directory)(error)),
        _ => Ok(()),
    }
}
