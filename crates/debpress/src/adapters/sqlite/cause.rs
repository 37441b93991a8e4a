//! What SQLite's error codes mean to an administrator.

use std::error::Error;

use rusqlite::ffi;

/// The file system that holds the database has no room.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: make room and run the command again; nothing was recorded")]
struct DiskFull(#[source] rusqlite::Error);

/// The cause as people read it. A full disk has several codes, of which one calls itself an I/O error.
pub(super) fn cause(error: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    match error.downcast::<rusqlite::Error>() {
        Ok(error) if is_disk_full(&error) => Box::new(DiskFull(*error)),
        Ok(error) => error,
        Err(error) => error,
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    // The second: the shared memory of the write-ahead log could not be given its size.
    matches!(code, Some(ffi::SQLITE_FULL | ffi::SQLITE_IOERR_SHMSIZE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: i32) -> String {
        cause(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).to_string()
    }

    #[test]
    fn a_full_disk_is_called_one() {
        assert!(text(ffi::SQLITE_FULL).starts_with("the disk is full"));
        assert!(text(ffi::SQLITE_IOERR_SHMSIZE).starts_with("the disk is full"));
        assert!(!text(ffi::SQLITE_IOERR_READ).contains("full"));
    }
}
