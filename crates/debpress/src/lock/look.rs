//! Looking at the lock without keeping it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::{LockError, LockStatus, Places, file, holder};

/// File systems on which `flock` of one machine, or of one kernel, may not be seen by another: number as in statfs(2),
/// and name.
const DOUBTFUL: [(i64, &str); 12] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0x517B, "SMB"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE"),
    (0x00C3_6400, "Ceph"),
    (0x0BD0_0BD0, "Lustre"),
    (0x5346_414F, "AFS"),
    (0x7461_636F, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

/// The name of the file system of `path`, if a lock there may not keep out publishers on other machines, or any at all.
///
/// # Errors
/// [`LockError::Io`].
pub fn doubtful(path: &Path) -> Result<Option<&'static str>, LockError> {
    let directory = path.parent().unwrap_or(path);
    let found = rustix::fs::statfs(directory);
    let found = found.map_err(|error| {
        let source = error.into();
        LockError::Io { operation: "examine the file system of", path: path.to_owned(), source }
    })?;
    Ok(doubt(found.f_type))
}

pub(super) fn doubt(number: i64) -> Option<&'static str> {
    DOUBTFUL.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Looks at the lock in all its places without keeping it.
///
/// # Errors
/// [`LockError::Io`], [`LockError::Unreadable`], [`LockError::Database`].
pub fn status(places: &Places<'_>) -> Result<LockStatus, LockError> {
    let opened = |path: &Path| match file::open_to_read(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file::cannot_open(path, source)),
    };
    let failed = |source| LockError::Io { operation: "examine", path: places.file.to_owned(), source };
    if let Some(file) = opened(places.file)?
        && is_held(&file).map_err(failed)?
    {
        return Ok(LockStatus::Held(holder::named(&file)));
    }
    // Whoever holds only this has lost its lock file.
    if let Some(site) = places.site.map(opened).transpose()?.flatten()
        && is_held(&site).unwrap_or(false)
    {
        return Ok(LockStatus::Held(holder::by_kernel(&site)));
    }
    places.database.map_or(Ok(LockStatus::Free), |it| it.status().map_err(LockError::Database))
}

fn is_held(file: &File) -> io::Result<bool> {
    // Shared, so that two who only look do not see each other.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
