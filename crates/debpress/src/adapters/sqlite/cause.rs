//! What SQLite's error codes mean to an administrator.

use std::error::Error;

use rusqlite::ffi;

/// The database file, or one beside it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} {trouble}; SQLite says: {said}, code {code}")]
struct FileTrouble {
    path: String,
    /// What is wrong with it, and what to do.
    trouble: &'static str,
    said: &'static str,
    /// The extended code: <https://www.sqlite.org/rescode.html>.
    code: i32,
}

/// The cause as people read it: what has to do with files names `path`, the database, and says the way out.
pub(super) fn cause(
    error: impl Error + Send + Sync + 'static,
    path: Option<&str>,
) -> Box<dyn Error + Send + Sync> {
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    match error.downcast::<rusqlite::Error>() {
        Ok(error) => match file_trouble(&error, path) {
            Some(trouble) => Box::new(trouble),
            None => error,
        },
        Err(error) => error,
    }
}

fn file_trouble(error: &rusqlite::Error, path: Option<&str>) -> Option<FileTrouble> {
    let code = error.sqlite_error()?.extended_code;
    let trouble = trouble(code)?;
    let path = path.filter(|path| !path.is_empty()).unwrap_or("the database").to_owned();
    // The words for a whole class of codes; the message of the connection may be that of another error.
    Some(FileTrouble { path, trouble, said: ffi::code_to_str(code), code })
}

fn trouble(code: i32) -> Option<&'static str> {
    Some(match code {
        ffi::SQLITE_FULL => {
            "cannot grow, the disk is full: make room and run the command again; nothing was recorded"
        }
        // Also what SQLite says of a full disk: the shared memory beside the database could not be given its size.
        ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMOPEN => {
            "cannot have its -shm file: the disk is full or a quota used up, or nothing can be written there; make room and \
             run the command again; nothing was recorded"
        }
        _ => match code & 0xff {
            ffi::SQLITE_IOERR => {
                "cannot be read or written: the disk fails, a quota is used up, or the file system is mounted read-only; the \
                 kernel's log (dmesg) says which; mend that and run the command again"
            }
            ffi::SQLITE_CANTOPEN => {
                "cannot be opened: it is not there, debpress may not write it and make files beside it, or too many files \
                 are open (ulimit -n); mend that and run the command again"
            }
            ffi::SQLITE_READONLY => {
                "cannot be written: the file or its file system is read-only, or belongs to somebody else; mend that and run \
                 the command again"
            }
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: i32) -> String {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        cause(error, Some("/site/debpress.db")).to_string()
    }

    #[test]
    fn what_has_to_do_with_files_names_the_database_and_a_way_out() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_CANTOPEN, ffi::SQLITE_READONLY] {
            let text = text(code);
            assert!(
                text.starts_with("/site/debpress.db cannot be ") || text.contains("cannot grow"),
                "{text}"
            );
            assert!(text.contains("run the command again"), "{text}");
            assert!(
                text.ends_with(&format!("SQLite says: {}, code {code}", ffi::code_to_str(code))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_full_disk_is_called_one_and_a_failing_one_is_not() {
        assert!(text(ffi::SQLITE_FULL).contains("the disk is full"));
        assert!(text(ffi::SQLITE_IOERR_SHMSIZE).contains("the disk is full"));
        assert!(!text(ffi::SQLITE_IOERR_READ).contains("full"));
    }

    #[test]
    fn what_has_nothing_to_do_with_files_stays_as_it_is() {
        assert!(!text(ffi::SQLITE_CONSTRAINT).contains("/site"));
    }
}
