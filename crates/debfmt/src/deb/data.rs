//! The data archive.

use std::io::Read;

use super::{DebError, path};
use crate::ar::{ArReader, Member};
use crate::compress::{Compression, decoder_buffered};
use crate::limits::{LimitedReader, Limits};
use crate::tar::{Entry, EntryKind, TarReader, path_text};

/// What the paths of a package may have on average: real ones have about 70 bytes. Without it two million
/// paths of 4 KiB each, which compress to nearly nothing, would fill the memory.
const AVERAGE_PATH_BYTES: u64 = 128;

/// What an entry of the data archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Another name for a file.
    Hardlink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
}

/// An entry of the data archive: something that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataEntry {
    /// The path below the root, without "./" or "/" before it and without "/" after it; never empty. Bytes
    /// that are no text are escaped as [`path_text`] says.
    pub path: String,
    /// Time of the last change, in seconds since 1970 UTC.
    pub mtime: i64,
    /// What it is.
    pub kind: DataKind,
    /// Bytes of content; 0 for everything but files.
    pub size: u64,
}

/// Decodes the data archive to its end and lists it. The root directory itself is left out.
pub(super) fn read<R: Read>(
    ar: &mut ArReader<R>,
    member: &Member,
    compression: Compression,
    limits: &Limits,
) -> Result<Vec<DataEntry>, DebError> {
    list(ar, member, compression, limits).map_err(|error| error.or_of_archive(ar))
}

fn list<R: Read>(
    ar: &mut ArReader<R>,
    member: &Member,
    compression: Compression,
    limits: &Limits,
) -> Result<Vec<DataEntry>, DebError> {
    let name = || member.name.clone();
    let bad_tar = |source| DebError::Tar { member: name(), source };
    let decoded =
        decoder_buffered(compression, ar, limits).map_err(|error| DebError::of_read(&member.name, &error))?;
    let decoded = LimitedReader::new(decoded, "data.tar", limits.data_unpacked_bytes);
    let mut tar = TarReader::new(decoded, limits).refuse_pax();
    let limit =
        (limits.tar_entries as u64).saturating_mul(AVERAGE_PATH_BYTES).max(limits.tar_path_bytes as u64);
    let mut entries = Vec::new();
    let mut total = 0u64;
    while let Some(entry) = tar.next_entry().map_err(bad_tar)? {
        total = total.saturating_add(entry.path.len() as u64);
        if total > limit {
            return Err(DebError::PathsTooLong { member: name(), limit });
        }
        entries.extend(data_entry(entry, member)?);
    }
    Ok(entries)
}

/// `None` for the root directory.
fn data_entry(entry: Entry, member: &Member) -> Result<Option<DataEntry>, DebError> {
    let unsafe_path =
        |path: Vec<u8>| DebError::UnsafePath { member: member.name.clone(), path: path_text(path) };
    let kind = match entry.kind {
        EntryKind::File => DataKind::File,
        EntryKind::Directory => DataKind::Directory,
        // Where it leads is not looked at: absolute targets and `..` are usual in symbolic links.
        EntryKind::Symlink(_) => DataKind::Symlink,
        EntryKind::Hardlink(target) => {
            // Unlike a symbolic link's, this target is a path that the unpacker itself will open.
            if path::relative(target.clone()).is_none() {
                return Err(unsafe_path(target));
            }
            DataKind::Hardlink
        }
        EntryKind::CharDevice | EntryKind::BlockDevice => DataKind::Device,
        EntryKind::Fifo => DataKind::Fifo,
    };
    let Some(path) = path::relative(entry.path.clone()) else { return Err(unsafe_path(entry.path)) };
    if path.is_empty() {
        // Only a directory can be the root.
        return if kind == DataKind::Directory { Ok(None) } else { Err(unsafe_path(entry.path)) };
    }
    Ok(Some(DataEntry { path: path_text(path), mtime: entry.mtime, kind, size: entry.size }))
}
