//! What a machine can run short of, whatever it is asked to do, and what people do about it.

use std::error::Error;
use std::io;

/// Why an operation on files failed although nothing is wrong with the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// ENOSPC: the disk has no room, or no inodes.
    Room,
    /// EDQUOT: the user or the project has no room.
    Quota,
    /// EROFS.
    ReadOnly,
    /// EMFILE, ENFILE.
    OpenFiles,
    /// EIO.
    Disk,
}

impl Shortage {
    /// What an error of the operating system means.
    pub fn of(error: &io::Error) -> Option<Self> {
        use rustix::io::Errno;
        let kinds = [
            (io::ErrorKind::StorageFull, Self::Room),
            (io::ErrorKind::QuotaExceeded, Self::Quota),
            (io::ErrorKind::ReadOnlyFilesystem, Self::ReadOnly),
        ];
        if let Some((_, shortage)) = kinds.into_iter().find(|(kind, _)| *kind == error.kind()) {
            return Some(shortage);
        }
        match Errno::from_io_error(error)? {
            Errno::MFILE | Errno::NFILE => Some(Self::OpenFiles),
            Errno::IO => Some(Self::Disk),
            _ => None,
        }
    }

    /// The first in an error and all that led to it.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| Self::of(cause.downcast_ref::<io::Error>()?))
    }

    /// What to do, as the end of a sentence.
    pub fn way_out(self) -> &'static str {
        match self {
            Self::Room => {
                "that file system is full: make room (`df` and `df -i` say where), then run the command again"
            }
            Self::Quota => {
                "the quota of the user is used up: make room or raise it, then run the command again"
            }
            Self::ReadOnly => {
                "that file system is mounted read-only, maybe by the kernel because its disk fails (`dmesg`): mount it \
                 writable, then run the command again"
            }
            Self::OpenFiles => {
                "too many files are open: raise the limit (`ulimit -n`), then run the command again"
            }
            Self::Disk => {
                "the disk fails (`dmesg` says more): mend or replace it, run the command again, and then \
                 `debpress check --full`"
            }
        }
    }
}

/// An error with everything that caused it, in one line, and the way out where the machine is short of something.
pub fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let told = causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
    match Shortage::behind(error) {
        Some(shortage) => format!("{told}; {}", shortage.way_out()),
        None => told,
    }
}

/// The error and what led to it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::objects::ObjectError;

    fn full(errno: rustix::io::Errno) -> ObjectError {
        let source = io::Error::from_raw_os_error(errno.raw_os_error());
        ObjectError::Io { operation: "name", subject: "/site/objects/ab".into(), source }
    }

    #[test]
    fn a_shortage_is_told_with_the_path_and_what_to_do() {
        insta::assert_snapshot!(
            in_one_line(&full(rustix::io::Errno::NOSPC)),
            @"cannot name in the content store (/site/objects/ab): No space left on device (os error 28); that file system is full: make room (`df` and `df -i` say where), then run the command again"
        );
        let of = |errno| Shortage::behind(&full(errno));
        assert_eq!(of(rustix::io::Errno::DQUOT), Some(Shortage::Quota));
        assert_eq!(of(rustix::io::Errno::MFILE), Some(Shortage::OpenFiles));
        assert_eq!(of(rustix::io::Errno::ACCESS), None);
    }
}
