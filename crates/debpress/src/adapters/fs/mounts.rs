//! The file systems that an archive lies on.
//!
//! Syncing one does nothing for the others, and an administrator may have put the pool on a disk of its own.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The directories of an archive that may be mounted apart, or be links to where they are.
const APART: [&str; 2] = ["pool", "dists"];

/// One directory on each file system that the archive at `root` lies on, itself first.
///
/// # Errors
/// What `device_of` says: the number of the file system that holds a directory, `None` if there is no such directory.
pub(super) fn to_sync(
    root: &Path,
    device_of: impl Fn(&Path) -> io::Result<Option<u64>>,
) -> io::Result<Vec<PathBuf>> {
    let (mut directories, mut seen) = (vec![root.to_owned()], vec![device_of(root)?]);
    for directory in APART.map(|name| root.join(name)) {
        let device = device_of(&directory)?;
        if device.is_some() && !seen.contains(&device) {
            seen.push(device);
            directories.push(directory);
        }
    }
    Ok(directories)
}

/// The number of the file system that holds what a path leads to; `None`: it leads nowhere.
///
/// # Errors
/// The file system refuses.
pub(super) fn device_of(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.dev())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests of an adapter")]
mod tests {
    use super::*;

    /// What is synced where root, pool and dists are on these file systems.
    fn synced(root: u64, pool: Option<u64>, dists: Option<u64>) -> String {
        let device = |path: &Path| match path.to_str() {
            Some("debian") => Ok(Some(root)),
            Some("debian/pool") => Ok(pool),
            Some("debian/dists") => Ok(dists),
            other => Err(io::Error::other(format!("who asks for {other:?}?"))),
        };
        let directories = to_sync(Path::new("debian"), device).unwrap();
        directories.iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_file_system_of_an_archive_is_synced_once() {
        assert_eq!(synced(1, Some(1), Some(1)), "debian");
        assert_eq!(synced(1, None, None), "debian", "nothing is published yet");
        assert_eq!(synced(1, Some(2), Some(1)), "debian debian/pool");
        assert_eq!(synced(1, Some(1), Some(2)), "debian debian/dists");
        assert_eq!(synced(1, Some(2), Some(3)), "debian debian/pool debian/dists");
        assert_eq!(synced(1, Some(2), Some(2)), "debian debian/pool", "both are on one disk");
    }

    #[test]
    fn directories_side_by_side_are_on_one_file_system_and_links_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (directory.path().join("debian"), directory.path().join("elsewhere"));
        fs::create_dir_all(root.join("dists")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.join("pool")).unwrap();
        assert_eq!(device_of(&root.join("pool")).unwrap(), None, "it leads nowhere");
        assert_eq!(to_sync(&root, device_of).unwrap(), std::slice::from_ref(&root));
        // The kernel's own file system is another one wherever tests run.
        fs::remove_file(root.join("pool")).unwrap();
        std::os::unix::fs::symlink("/proc", root.join("pool")).unwrap();
        assert_eq!(to_sync(&root, device_of).unwrap(), [root.clone(), root.join("pool")]);
    }
}
