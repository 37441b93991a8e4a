//! Files that an administrator names: packages to add, keys, the configuration.
#![expect(clippy::disallowed_methods, reason = "the adapter of files that an administrator names")]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::durable;

/// Opens a file for reading. Symbolic links are followed: the administrator named the file.
///
/// # Errors
/// It cannot be opened, or is a directory.
pub fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}

/// The size of a file in bytes; zero when it cannot be told, and reading it will tell why.
pub fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The number of the user that a file belongs to.
///
/// # Errors
/// It is not there, or cannot be looked at.
pub fn owner(path: &Path) -> io::Result<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).map(|metadata| metadata.uid())
}

/// The permissions of a file, such as `0o600`.
///
/// # Errors
/// It is not there, or cannot be looked at.
pub fn mode(path: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o7777)
}

/// A path without links and `..`, of which the end need not be there yet.
///
/// # Errors
/// A directory on the way cannot be looked at, or the part that is not there goes up.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        resolved => return resolved,
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match path.file_name() {
        Some(name) => Ok(resolved(parent.unwrap_or(Path::new(".")))?.join(name)),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "a directory that is not there goes up")),
    }
}

/// Reads a small file; one of more than `limit` bytes is refused.
///
/// # Errors
/// It cannot be read, or is larger.
pub fn read_small(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// Every file below a directory, in no particular order; symbolic links to files count, those to directories are
/// not followed, so that the walk ends.
///
/// # Errors
/// The first directory that cannot be listed, with its path.
pub fn files_below(directory: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let failed = |error| (directory.clone(), error);
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => directories.push(entry.path()),
                kind if kind.is_symlink() && entry.path().is_dir() => {}
                _ => files.push(entry.path()),
            }
        }
    }
    Ok(files)
}

/// The names in a directory that are text, in no particular order.
///
/// # Errors
/// It cannot be listed.
pub fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// Whether a directory is missing or empty: then a site can be made of it.
///
/// # Errors
/// It cannot be listed, or is no directory.
pub fn is_free(directory: &Path) -> io::Result<bool> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Creates a directory that only its owner may enter, durably.
///
/// # Errors
/// The file system refuses.
pub fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(directory)?;
    durable::sync_directory(durable::parent(directory))
}

/// Makes a new directory below the system's directory for temporary files. It stays until somebody removes it.
///
/// # Errors
/// The file system refuses.
pub fn new_temporary_directory(prefix: &str) -> io::Result<PathBuf> {
    tempfile::Builder::new().prefix(prefix).tempdir().map(tempfile::TempDir::keep)
}
