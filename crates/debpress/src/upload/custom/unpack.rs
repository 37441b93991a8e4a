//! Reads the tar archives of custom uploads, and finds everything that is wrong with them.
//!
//! The same reader looks at an archive when it is uploaded and unpacks it when it is accepted, so that what passed
//! once passes again. It writes nothing itself: whoever calls it gets the bytes of each regular file and keeps them
//! wherever files have no paths. An archive whose paths, links and kinds of entries are not all sound is refused
//! whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use debfmt::compress::{Compression, decoder};
use debfmt::limits::{LimitedReader, Limits};
use debfmt::tar::{Entry, EntryKind, TarError, TarReader, path_text};
use debfmt::version::Version;

pub use super::fault::UnpackFault;
use super::{Contents, Place};
use crate::model::custom::{CustomType, LinkTarget, SIGNATURE, SUMS, SafePath};
use crate::model::key::IndexName;

/// What an archive may unpack to, in bytes, whatever its size: an installer for every board of an architecture has
/// about a tenth of it.
const UNPACKED_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// What an archive of no size may unpack to, in bytes.
const UNPACKED_BASE: u64 = 64 * 1024 * 1024;
/// How much an archive may grow beyond that. Images are compressed already, and text shrinks to a tenth.
const GROWTH: u64 = 20;
/// Entries of one archive.
const ENTRIES: usize = 100_000;
/// What the paths and link targets of one archive may have together, in bytes: they are kept in memory.
const PATHS_BYTES: usize = 8 * 1024 * 1024;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError<E: std::error::Error + 'static> {
    /// It is at fault.
    #[error(transparent)]
    Fault(#[from] UnpackFault),
    /// A file of it could not be kept.
    #[error(transparent)]
    Keep(E),
}

/// What a path of an unpacked archive is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member<T> {
    /// A regular file, as it was kept.
    File(T),
    /// A symbolic link.
    Link(LinkTarget),
}

/// A version of an unpacked archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpacked<T> {
    /// Its directory; `None` where the type has no versions.
    pub version: Option<Version>,
    /// Its files, by their path below the directory.
    pub files: BTreeMap<SafePath, Member<T>>,
}

/// A compressed tar archive of a custom upload.
pub struct Tarball<'a> {
    /// The type of the upload.
    pub kind: CustomType,
    /// Where its files go.
    pub place: &'a Place,
    /// Its size in bytes, which says how much may come out of it.
    pub bytes: u64,
}

/// Reads an archive to its end. `keep` gets the path of each regular file, below its version, and its content.
///
/// # Errors
/// [`UnpackError::Fault`] with the first fault that was found; [`UnpackError::Keep`].
pub fn unpack<T, E: std::error::Error + 'static>(
    packed: impl Read,
    tarball: &Tarball<'_>,
    limits: &Limits,
    keep: &mut dyn FnMut(&SafePath, &mut dyn Read) -> Result<T, E>,
) -> Result<Vec<Unpacked<T>>, UnpackError<E>> {
    let limits = Limits { tar_entries: limits.tar_entries.min(ENTRIES), ..limits.clone() };
    let decoded = decoder(Compression::Gzip, packed, &limits).map_err(|error| fault_of_io(&error))?;
    let bound = unpacked_bytes(tarball.bytes, &limits);
    let mut tar = TarReader::new(LimitedReader::new(decoded, "the unpacked archive", bound), &limits);
    let mut found = Found { place: tarball.place, versions: BTreeMap::new(), paths_bytes: 0 };
    while let Some(entry) = tar.next_entry().map_err(UnpackFault::from)? {
        let Some(placed) = found.place(&entry)? else { continue };
        let member = match placed.link {
            Some(target) => Member::Link(target),
            None => Member::File(keep(&placed.path, &mut tar).map_err(UnpackError::Keep)?),
        };
        found.add(placed.version, placed.path, member)?;
    }
    Ok(found.finish(tarball.kind)?)
}

/// What an archive of `packed` bytes may unpack to, in bytes.
fn unpacked_bytes(packed: u64, limits: &Limits) -> u64 {
    let grown = packed.saturating_mul(GROWTH).saturating_add(UNPACKED_BASE);
    grown.min(UNPACKED_BYTES).min(limits.data_unpacked_bytes)
}

fn fault_of_io(error: &io::Error) -> UnpackFault {
    UnpackFault::Tar(TarError::Io { kind: error.kind(), message: error.to_string() })
}

/// Where an entry goes.
struct PlacedEntry {
    version: Option<Version>,
    path: SafePath,
    /// Where it leads, if it is a link.
    link: Option<LinkTarget>,
}

/// A version and its files.
type VersionFiles<T> = (Option<Version>, BTreeMap<SafePath, Member<T>>);

/// What was found in an archive so far.
struct Found<'a, T> {
    place: &'a Place,
    /// By the name of their directory: equal versions may be written in two ways.
    versions: BTreeMap<String, VersionFiles<T>>,
    paths_bytes: usize,
}

impl<T> Found<'_, T> {
    /// Where an entry goes; `None` for directories, which come with their files, and for what the publisher makes
    /// itself.
    fn place(&mut self, entry: &Entry) -> Result<Option<PlacedEntry>, UnpackFault> {
        let shown = path_text(entry.path.clone());
        let unsupported = |what| Err(UnpackFault::UnsupportedEntry { path: shown.clone(), what });
        let target = match &entry.kind {
            EntryKind::File | EntryKind::Directory => None,
            EntryKind::Symlink(target) => Some(target),
            EntryKind::Hardlink(_) => return unsupported("a hard link"),
            EntryKind::CharDevice | EntryKind::BlockDevice => return unsupported("a device"),
            EntryKind::Fifo => return unsupported("a named pipe"),
        };
        self.count(entry, target)?;
        let is_directory = entry.kind == EntryKind::Directory;
        let Some(path) = safe_path(entry, &shown)? else { return Ok(None) };
        let unexpected =
            || UnpackFault::UnexpectedEntry { path: shown.clone(), expected: self.place.expected() };
        let (version, path) = match self.place.inside(&path).ok_or_else(unexpected)? {
            Inside::Path(version, path) => (version, path),
            Inside::Ignored => return Ok(None),
            Inside::Top if is_directory => return Ok(None),
            Inside::Top => return Err(unexpected()),
        };
        if is_directory {
            return Ok(None);
        }
        // Release lists translations, and an index is a file.
        if target.is_some() && self.place.contents == Contents::Translations {
            return Err(unexpected());
        }
        path.below(version.as_ref()).map_err(|error| UnpackFault::of_path(error, &shown))?;
        let link = target.map(|target| {
            let unsafe_link =
                || UnpackFault::UnsafeLink { path: shown.clone(), target: path_text(target.clone()) };
            let text = std::str::from_utf8(target).map_err(|_| unsafe_link())?;
            LinkTarget::parse(text, &path).map_err(|_| unsafe_link())
        });
        Ok(Some(PlacedEntry { version, path, link: link.transpose()? }))
    }

    fn count(&mut self, entry: &Entry, target: Option<&Vec<u8>>) -> Result<(), UnpackFault> {
        self.paths_bytes += entry.path.len() + target.map_or(0, Vec::len);
        if self.paths_bytes > PATHS_BYTES { Err(UnpackFault::TooManyEntries) } else { Ok(()) }
    }

    fn add(
        &mut self,
        version: Option<Version>,
        path: SafePath,
        member: Member<T>,
    ) -> Result<(), UnpackFault> {
        let name = version.as_ref().map_or(String::new(), Version::to_string);
        let (_, files) = self.versions.entry(name).or_insert_with(|| (version, BTreeMap::new()));
        match files.insert(path.clone(), member) {
            None => Ok(()),
            Some(_) => Err(UnpackFault::DuplicateEntry { path: path.to_string() }),
        }
    }

    fn finish(self, kind: CustomType) -> Result<Vec<Unpacked<T>>, UnpackFault> {
        if self.versions.is_empty() {
            return Err(UnpackFault::Empty { expected: self.place.expected() });
        }
        let unpacked: Vec<_> =
            self.versions.into_values().map(|(version, files)| Unpacked { version, files }).collect();
        match unpacked.iter().find_map(|version| misplaced(kind, &version.files)) {
            Some(path) => Err(UnpackFault::DuplicateEntry { path }),
            None => Ok(unpacked),
        }
    }
}

/// The path of an entry; `None` for the archive's own root.
fn safe_path(entry: &Entry, shown: &str) -> Result<Option<SafePath>, UnpackFault> {
    let text = std::str::from_utf8(&entry.path);
    let text = text.map_err(|_| UnpackFault::BadName { path: shown.to_owned() })?;
    let root = entry.kind == EntryKind::Directory && matches!(text, "." | "./");
    if root {
        return Ok(None);
    }
    SafePath::parse(text).map(Some).map_err(|error| UnpackFault::of_path(error, shown))
}

/// A path that lies in one that is no directory: in a file or link of the archive, or in a file that the publisher
/// will make.
fn misplaced<T>(kind: CustomType, files: &BTreeMap<SafePath, Member<T>>) -> Option<String> {
    let mut taken: BTreeSet<String> = files.keys().map(SafePath::to_string).collect();
    if kind.has_sums() {
        taken.extend([SUMS.to_owned(), format!("{SUMS}{SIGNATURE}")]);
    }
    taken.extend(
        files.keys().filter(|path| kind.is_signed_alone(path)).map(|path| format!("{path}{SIGNATURE}")),
    );
    let misplaced = files.keys().find(|path| path.ancestors().any(|directory| taken.contains(directory)));
    misplaced.map(SafePath::to_string)
}

/// Where a path of an archive lies.
enum Inside {
    /// Below the directory of a version, or of the type where that has no versions.
    Path(Option<Version>, SafePath),
    /// It is that directory, or one around it.
    Top,
    /// The publisher makes its own.
    Ignored,
}

impl Place {
    /// What an archive holds, for people.
    fn expected(&self) -> String {
        match &self.contents {
            Contents::Version(version) => format!("a directory {version}"),
            Contents::Versions => "directories with the names of versions".to_owned(),
            Contents::Translations => "files Translation-LANGUAGE, or a directory i18n of them".to_owned(),
        }
    }

    /// Where a path of the archive lies; `None` when it does not belong there. An archive may begin with the directory
    /// that it is unpacked in: `installer-amd64/20230607/images`.
    fn inside(&self, path: &SafePath) -> Option<Inside> {
        let (first, rest) = path.split_first();
        let (first, rest) = match rest {
            None if first == self.directory.name() => return Some(Inside::Top),
            Some(rest) if first == self.directory.name() => {
                rest.split_once('/').map_or((rest, None), |(first, rest)| (first, Some(rest)))
            }
            _ => (first, rest),
        };
        let version = match &self.contents {
            Contents::Translations => {
                let path = SafePath::parse(first).ok()?;
                let index = IndexName::of_path(&format!("{}/{path}", self.directory));
                return index.filter(|_| rest.is_none()).map(|_| Inside::Path(None, path));
            }
            _ if first == "current" => return Some(Inside::Ignored),
            Contents::Version(version) => {
                Some(version.clone()).filter(|version| version.as_str() == first)?
            }
            Contents::Versions => Version::parse(first).ok()?,
        };
        let Some(rest) = rest else { return Some(Inside::Top) };
        Some(Inside::Path(Some(version), SafePath::parse(rest).ok()?))
    }
}
