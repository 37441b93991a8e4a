//! One entry of an archive.

use super::TarError;
use super::header::Header;
use super::pax::Extensions;

/// What an entry is. Link targets are bytes as they stand in the archive, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file; the only kind with content.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to the target.
    Symlink(Vec<u8>),
    /// Another name for the target, which is a path in the same archive.
    Hardlink(Vec<u8>),
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
}

/// An entry's header, with its extensions applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path as it stands in the archive: any bytes but NUL, not empty, perhaps absolute or with `..`.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of content; 0 for everything but files.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Time of the last change, in seconds since 1970 UTC.
    pub mtime: i64,
}

impl Entry {
    pub(super) fn new(
        header: &Header,
        extensions: Extensions,
        offset: u64,
        max_path: usize,
    ) -> Result<Self, TarError> {
        let path = extensions.path.unwrap_or_else(|| header.path.clone());
        let link = extensions.link.unwrap_or_else(|| header.link.clone());
        let size = extensions.size.unwrap_or(header.size);
        let mtime = extensions.mtime.unwrap_or(header.mtime);
        if path.len() > max_path || link.len() > max_path {
            return Err(TarError::PathTooLong { offset, limit: max_path });
        }
        if path.is_empty() {
            return Err(TarError::EmptyPath { offset });
        }
        let kind = kind_of(header.typeflag, path.ends_with(b"/"), link)
            .ok_or(TarError::UnsupportedType { offset, typeflag: header.typeflag })?;
        if let EntryKind::Symlink(target) | EntryKind::Hardlink(target) = &kind
            && target.is_empty()
        {
            return Err(TarError::EmptyPath { offset });
        }
        if size > 0 && kind != EntryKind::File {
            return Err(TarError::UnexpectedSize { offset });
        }
        Ok(Self { path, kind, size, mode: header.mode, mtime })
    }

    /// The path as text; see [`path_text`] for what cannot be shown.
    #[must_use]
    pub fn path_lossy(&self) -> String {
        path_text(self.path.clone())
    }
}

fn kind_of(typeflag: u8, trailing_slash: bool, link: Vec<u8>) -> Option<EntryKind> {
    Some(match typeflag {
        // Archives from before ustar have no type for directories.
        0 | b'0' | b'7' if trailing_slash => EntryKind::Directory,
        0 | b'0' | b'7' => EntryKind::File,
        b'1' => EntryKind::Hardlink(link),
        b'2' => EntryKind::Symlink(link),
        b'3' => EntryKind::CharDevice,
        b'4' => EntryKind::BlockDevice,
        b'5' => EntryKind::Directory,
        b'6' => EntryKind::Fifo,
        _ => return None,
    })
}

/// A path as text. Bytes that are not UTF-8, and control characters (a newline would start a new line of
/// whatever list the path ends up in), are written `\xHH`. Everything else, a backslash too, stays: most
/// names that contain `\x2d` are systemd's and really have these four characters.
#[must_use]
pub fn path_text(path: Vec<u8>) -> String {
    match String::from_utf8(path) {
        Ok(text) if !text.bytes().any(|byte| byte.is_ascii_control()) => text,
        Ok(text) => escape(text.as_bytes()),
        Err(error) => escape(error.as_bytes()),
    }
}

fn escape(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len() + 16);
    let hex = |out: &mut String, byte: u8| {
        out.push_str("\\x");
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from_digit(digit.into(), 16).unwrap_or('?'));
        }
    };
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            match u8::try_from(character) {
                Ok(byte) if byte.is_ascii_control() => hex(&mut out, byte),
                _ => out.push(character),
            }
        }
        for byte in chunk.invalid() {
            hex(&mut out, *byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_what_is_no_text_is_escaped() {
        let text = |path: &[u8]| path_text(path.to_vec());
        assert_eq!(text(b"usr/share/doc/x"), "usr/share/doc/x");
        assert_eq!(text("usr/Ä b".as_bytes()), "usr/Ä b");
        assert_eq!(text(br"lib/systemd-a\x2db.slice"), r"lib/systemd-a\x2db.slice");
        assert_eq!(text(b"a\nb\x7f"), r"a\x0ab\x7f");
        assert_eq!(text(b"caf\xe9/x"), r"caf\xe9/x");
    }
}
