//! Looks at what lies on the disk, and gives damaged files other names.
#![expect(clippy::disallowed_methods, reason = "looks at files of content store and trees")]

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use debfmt::digest::Sha256;

use super::durable;
use crate::model::time::Timestamp;
use crate::ports::found::{Found, FoundKind, Identity, damaged_name};

/// How many damaged files with one content and one name are told apart.
const MANY: u32 = 1000;

/// What a name is, by what the file system says of it.
pub(super) fn found(path: String, metadata: &Metadata) -> Found {
    let kind = match metadata.file_type() {
        kind if kind.is_file() => FoundKind::File,
        kind if kind.is_dir() => FoundKind::Directory,
        kind if kind.is_symlink() => FoundKind::Link,
        _ => FoundKind::Other,
    };
    Found {
        path,
        kind,
        size: metadata.len(),
        mode: metadata.mode() & 0o7777,
        links: metadata.nlink(),
        changed: Timestamp(metadata.ctime()),
        identity: Some(identity(metadata)),
    }
}

/// Which file it is.
pub(super) fn identity(metadata: &Metadata) -> Identity {
    Identity { device: metadata.dev(), inode: metadata.ino() }
}

/// What a file system keeps for itself in its topmost directory, where a disk of its own is mounted.
const OF_THE_DISK: &str = "lost+found";

/// Everything in a directory, itself not; a name that goes meanwhile is left out.
pub(super) fn entries(directory: &Path, shown: &str, visit: &mut dyn FnMut(Found)) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name() == OF_THE_DISK {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) => {
                visit(found(format!("{shown}{}", entry.file_name().to_string_lossy()), &metadata))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The names under which a damaged file may be kept, the first that is free of which it gets.
fn names_aside(path: &Path, holds: Option<&Sha256>) -> impl Iterator<Item = PathBuf> + use<> {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (first, directory) = (damaged_name(&name, holds), durable::parent(path).to_owned());
    let numbered = {
        let (first, directory) = (first.clone(), directory.clone());
        (2..MANY).map(move |number| directory.join(format!("{first}.{number}")))
    };
    std::iter::once(directory.join(first)).chain(numbered)
}

/// Gives a file a second name that tells what it holds; one that it has already is enough.
pub(super) fn name_aside(path: &Path, holds: Option<&Sha256>) -> io::Result<PathBuf> {
    let own = identity(&fs::symlink_metadata(path)?);
    for aside in names_aside(path, holds) {
        match fs::hard_link(path, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::symlink_metadata(&aside).is_ok_and(|there| identity(&there) == own) {
                    return Ok(aside);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Takes its own name from a file, which keeps one that tells what it holds. `None`: it is not there.
pub(super) fn move_aside(path: &Path, holds: Option<&Sha256>) -> io::Result<Option<PathBuf>> {
    let aside = match name_aside(path, holds) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        named => named?,
    };
    fs::remove_file(path)?;
    durable::sync_directory(durable::parent(path))?;
    Ok(Some(aside))
}

/// Lets everybody read a file, or enter a directory.
pub(super) fn make_readable(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let needed = match metadata.file_type() {
        kind if kind.is_dir() => 0o555,
        kind if kind.is_file() => 0o444,
        _ => return Err(io::Error::other("it is neither a file nor a directory")),
    };
    fs::set_permissions(path, Permissions::from_mode(metadata.mode() & 0o7777 | needed))
}
