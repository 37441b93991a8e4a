//! The control archive.

use std::io::Read;

use super::{DebError, path};
use crate::ar::{ArReader, Member};
use crate::compress::{Compression, decoder_buffered};
use crate::deb822::{self, Deb822Error, Paragraph};
use crate::limits::{LimitedReader, Limits};
use crate::tar::{Entry, EntryKind, TarReader, path_text};

/// More files than any package has: deb(5) names 13, debconf and tools add a few.
const MAX_FILES: usize = 1024;

/// What is in the control archive.
pub(super) struct Control {
    pub(super) paragraph: Paragraph,
    pub(super) text: String,
    pub(super) members: Vec<String>,
}

/// Decodes the control archive to its end.
pub(super) fn read<R: Read>(
    ar: &mut ArReader<R>,
    member: &Member,
    compression: Compression,
    limits: &Limits,
) -> Result<Control, DebError> {
    let (members, text) = unpack(ar, member, compression, limits).map_err(|error| error.or_of_archive(ar))?;
    let bytes = text.ok_or_else(|| DebError::NoControlFile { member: member.name.clone() })?;
    let paragraph = deb822::parse_single(&bytes, limits)?;
    let text = String::from_utf8(bytes).map_err(|_| Deb822Error::NotUtf8 { line: 1 })?;
    Ok(Control { paragraph, text, members })
}

/// The names of the files, and the content of `control` if it is there.
type Unpacked = (Vec<String>, Option<Vec<u8>>);

fn unpack<R: Read>(
    ar: &mut ArReader<R>,
    member: &Member,
    compression: Compression,
    limits: &Limits,
) -> Result<Unpacked, DebError> {
    let bad_tar = |source| DebError::Tar { member: member.name.clone(), source };
    let bad_read = |error: std::io::Error| DebError::of_read(&member.name, &error);
    let decoded = decoder_buffered(compression, ar, limits).map_err(bad_read)?;
    let decoded = LimitedReader::new(decoded, "control.tar", limits.control_unpacked_bytes);
    let mut tar = TarReader::new(decoded, limits);
    let (mut names, mut text) = (Vec::new(), None);
    while let Some(entry) = tar.next_entry().map_err(bad_tar)? {
        let size = entry.size;
        let Some(name) = file_name(entry, member)? else { continue };
        if names.contains(&name) {
            return Err(DebError::DuplicateControlFile { member: member.name.clone(), name });
        }
        if names.len() >= MAX_FILES {
            return Err(DebError::TooManyControlFiles { member: member.name.clone(), limit: MAX_FILES });
        }
        if name == "control" {
            if size > limits.text_bytes {
                return Err(DebError::ControlTooLarge { limit: limits.text_bytes });
            }
            let mut bytes = Vec::new();
            tar.read_to_end(&mut bytes).map_err(bad_read)?;
            text = Some(bytes);
        }
        names.push(name);
    }
    Ok((names, text))
}

/// The name of a plain file at the top of the archive; `None` for the archive's own directory, the only
/// other thing that may be there.
fn file_name(entry: Entry, member: &Member) -> Result<Option<String>, DebError> {
    let Some(path) = path::relative(entry.path.clone()) else {
        return Err(DebError::UnsafePath { member: member.name.clone(), path: path_text(entry.path) });
    };
    if path.is_empty() && entry.kind == EntryKind::Directory {
        return Ok(None);
    }
    if path.is_empty() || path.contains(&b'/') || entry.kind != EntryKind::File {
        return Err(DebError::NotAPlainFile { member: member.name.clone(), path: path_text(entry.path) });
    }
    Ok(Some(path_text(path)))
}
