//! One tar archive of a source package.

use std::collections::BTreeSet;
use std::io::Read;

use super::{SourceTreeError, TEXT_BYTES, Texts};
use crate::limits::{LimitExceeded, Limits};
use crate::tar::{Entry, EntryKind, TarError, TarReader, path_text};

/// How much memory the paths of an archive's symbolic links may take together, in bytes.
const LINK_BYTES: usize = 16 * 1024 * 1024;

/// How an archive is read.
pub(super) struct Tree<'l> {
    /// Whether it holds `debian/` itself, and not a directory that holds it.
    pub(super) packaging: bool,
    pub(super) limits: &'l Limits,
}

/// What must be remembered of an archive.
#[derive(Default)]
struct Seen {
    /// Paths of symbolic links, as components joined by `/`.
    links: BTreeSet<Vec<u8>>,
    link_bytes: usize,
    /// The first directory or file at the top, and whether there is another.
    top: Option<Vec<u8>>,
    several: bool,
    texts: Vec<(usize, Text, Option<Vec<u8>>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Changelog,
    Copyright,
}

impl Text {
    fn path(self) -> &'static str {
        match self {
            Self::Changelog => "debian/changelog",
            Self::Copyright => "debian/copyright",
        }
    }
}

impl Tree<'_> {
    pub(super) fn read(&self, reader: impl Read) -> Result<Texts, SourceTreeError> {
        let mut tar = TarReader::new(reader, self.limits);
        let mut seen = Seen::default();
        let fault = |error| {
            if let TarError::TooLarge(exceeded) = &error {
                return SourceTreeError::TooLarge { limit: exceeded.limit };
            }
            error.into()
        };
        while let Some(entry) = tar.next_entry().map_err(fault)? {
            let parts = parts(&entry.path).ok_or_else(|| unsafe_path(&entry.path))?;
            check(&entry, &parts, &mut seen)?;
            if let Some(text) = text_of(&parts) {
                seen.texts.push((parts.len(), text, content(&entry, text, &mut tar)?));
            }
        }
        self.texts(seen)
    }

    /// The texts that lie where they belong: below the one directory at the top, which dpkg-source takes away, or at the
    /// top where there are several.
    fn texts(&self, seen: Seen) -> Result<Texts, SourceTreeError> {
        let depth = if self.packaging || seen.several { 2 } else { 3 };
        let mut texts = Texts::default();
        for (_, text, content) in seen.texts.into_iter().filter(|(parts, ..)| *parts == depth) {
            let content = content.ok_or(SourceTreeError::NotAFile { path: text.path() })?;
            match text {
                Text::Changelog => texts.changelog = Some(content),
                Text::Copyright => texts.copyright = Some(content),
            }
        }
        Ok(texts)
    }
}

fn unsafe_path(path: &[u8]) -> SourceTreeError {
    SourceTreeError::UnsafePath { path: path_text(path.to_vec()) }
}

/// The components of a path below the root; `None` when it leaves it.
fn parts(path: &[u8]) -> Option<Vec<&[u8]>> {
    if path.first() == Some(&b'/') {
        return None;
    }
    let parts: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    (!parts.contains(&&b".."[..])).then_some(parts)
}

fn check(entry: &Entry, parts: &[&[u8]], seen: &mut Seen) -> Result<(), SourceTreeError> {
    let Some((name, parents)) = parts.split_last() else { return Ok(()) };
    through_link(&entry.path, parents, &seen.links)?;
    match &seen.top {
        None => seen.top = parts.first().map(|top| top.to_vec()),
        Some(top) => seen.several |= parts.first() != Some(&top.as_slice()),
    }
    let path = [parents, &[*name]].concat().join(&b'/');
    match &entry.kind {
        EntryKind::File => {
            seen.links.remove(&path);
        }
        EntryKind::Directory => {}
        EntryKind::Symlink(_) => {
            seen.link_bytes += path.len();
            if seen.link_bytes > LINK_BYTES {
                return Err(SourceTreeError::TooLarge { limit: LINK_BYTES as u64 });
            }
            seen.links.insert(path);
        }
        EntryKind::Hardlink(target) => {
            let target_parts = self::parts(target).ok_or_else(|| unsafe_path(target))?;
            if let Some((_, parents)) = target_parts.split_last() {
                through_link(target, parents, &seen.links)?;
            }
        }
        EntryKind::CharDevice | EntryKind::BlockDevice | EntryKind::Fifo => {
            return Err(SourceTreeError::SpecialFile { path: path_text(entry.path.clone()) });
        }
    }
    Ok(())
}

fn through_link(path: &[u8], parents: &[&[u8]], links: &BTreeSet<Vec<u8>>) -> Result<(), SourceTreeError> {
    if links.is_empty() {
        return Ok(());
    }
    let mut above: Vec<u8> = Vec::new();
    for part in parents {
        if !above.is_empty() {
            above.push(b'/');
        }
        above.extend(*part);
        if links.contains(&above) {
            let (path, link) = (path_text(path.to_vec()), path_text(above));
            return Err(SourceTreeError::ThroughLink { path, link });
        }
    }
    Ok(())
}

/// Which text a path may be; how deep it lies is judged when the whole archive is known.
fn text_of(parts: &[&[u8]]) -> Option<Text> {
    match parts {
        [b"debian", name] | [_, b"debian", name] => match *name {
            b"changelog" => Some(Text::Changelog),
            b"copyright" => Some(Text::Copyright),
            _ => None,
        },
        _ => None,
    }
}

/// The bytes of a text; `None` when it is no regular file.
fn content(entry: &Entry, text: Text, tar: &mut impl Read) -> Result<Option<Vec<u8>>, SourceTreeError> {
    if entry.kind != EntryKind::File {
        return Ok(None);
    }
    if entry.size > TEXT_BYTES {
        return Err(SourceTreeError::TextTooLarge { path: text.path() });
    }
    let mut bytes = Vec::new();
    let read = tar.take(TEXT_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| match LimitExceeded::of(&error) {
        Some(exceeded) => SourceTreeError::TooLarge { limit: exceeded.limit },
        None => SourceTreeError::Compressed { reason: error.to_string() },
    })?;
    Ok(Some(bytes))
}
