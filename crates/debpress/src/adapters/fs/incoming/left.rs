//! Claims of runs that are dead, for who only wants to know.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{CLAIMED, failed, walk};
use crate::ports::incoming::{IncomingError, LeftClaim, below, fit_to_show};

const LOCK: &[u8] = b".lock";

/// The claims of dead runs below a directory of the site, sorted. Changes nothing.
///
/// # Errors
/// A directory cannot be listed, or a lock not be asked for.
pub fn left_claims(site: &Path, directory: &str) -> Result<Vec<LeftClaim>, IncomingError> {
    let shown = below(directory, CLAIMED);
    let claimed = site.join(&shown);
    if !walk::is_directory(&claimed)? {
        return Ok(Vec::new());
    }
    let mut left = Vec::new();
    for name in walk::names(&claimed)? {
        let run = claimed.join(&name);
        if name.as_bytes().ends_with(LOCK) || !walk::is_directory(&run)? {
            continue;
        }
        let lock = claimed.join(OsString::from_vec([name.as_bytes(), LOCK].concat()));
        let Some(inheritable) = is_dead(&lock)? else { continue };
        for claim in walk::names(&run)? {
            let path = format!("{shown}/{}/{}", fit_to_show(&name), fit_to_show(&claim));
            left.push(LeftClaim { path, inheritable });
        }
    }
    Ok(left)
}

/// Whether the run of a lock file is dead: `None`, it lives; `false`, it has no lock file.
fn is_dead(path: &Path) -> Result<Option<bool>, IncomingError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(Some(false)),
        Err(errno) => return Err(failed("open", path)(errno)),
    };
    // Shared, and given up at once: whoever wants to inherit takes the run for a living one for that moment, and comes
    // again.
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(Some(true)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(errno) => Err(failed("lock", path)(errno)),
    }
}
