//! The crash-safe steps that everything on disk is made of.
//!
//! A file appears under its name only when its bytes are on the disk, and is world-readable whatever the umask of
//! the cron job. Nothing is ever written in place.
#![expect(clippy::disallowed_methods, reason = "the one place where files are written")]

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// Mode of published and other public files.
pub const PUBLIC: u32 = 0o644;
/// Mode of secret keys.
pub const SECRET: u32 = 0o600;

/// Writes a file so that, after a crash, its name means the old bytes or the new ones.
///
/// # Errors
/// The file system refuses; the old file, if any, is untouched.
pub fn write_file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let directory = parent(path);
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    temporary.write_all(bytes)?;
    // Set on the open file: a mode given at creation is cut by the umask.
    temporary.as_file().set_permissions(Permissions::from_mode(mode))?;
    // Without this a crash after the rename can leave an empty file under the name.
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

/// Writes a file that is not there yet, durable when it returns; `false`: there is one, which is left as it is.
///
/// # Errors
/// The file system refuses; then there is no new file.
pub fn write_new_file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<bool> {
    let directory = parent(path);
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    temporary.write_all(bytes)?;
    temporary.as_file().set_permissions(Permissions::from_mode(mode))?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(path) {
        Ok(_) => sync_directory(directory).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// Creates a directory and its parents, readable by all whatever the umask. What exists is left as it is.
///
/// # Errors
/// The file system refuses, or something else has the name.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    create_each(path, &|_| Ok(()))
}

/// The same, durable when it returns: for what no [`sync_file_system`] follows. A file that was synced in a directory that
/// a power failure takes away is gone with it.
///
/// # Errors
/// The same, or the disk refuses.
pub fn create_durable_dir_all(path: &Path) -> io::Result<()> {
    create_each(path, &|made| sync_directory(parent(made)))
}

fn create_each(path: &Path, made: &dyn Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_each(parent, made)?;
    }
    match fs::DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => {
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
            made(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the names in a directory durable.
///
/// # Errors
/// The disk refuses.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes everything written so far to the file system that holds `path` durable: for many small files far cheaper
/// than one sync each.
///
/// # Errors
/// The disk refuses.
pub fn sync_file_system(path: &Path) -> io::Result<()> {
    let directory = File::open(path)?;
    rustix::fs::syncfs(&directory).map_err(io::Error::from)
}

/// The directory of a path; the current one for a bare name.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
