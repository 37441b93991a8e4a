//! An archive in a directory, seen as a web server would show it.
#![expect(clippy::disallowed_methods, reason = "the adapter of archives in directories, which only reads")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::ports::outside::{Entry, EntryKind, FileSize, Opened, Outside, OutsideError, is_path_below};

/// More names than a directory of an archive has.
const MOST_NAMES: usize = 1_000_000;

/// Links are followed, as servers do; what is no regular file is never opened, so that nothing waits for a pipe.
#[derive(Clone, Debug)]
pub struct OutsideDirectory {
    root: PathBuf,
}

impl OutsideDirectory {
    /// The archive with this root.
    ///
    /// # Errors
    /// It is not there, or is no directory.
    pub fn new(root: &Path) -> io::Result<Self> {
        match fs::metadata(root)?.is_dir() {
            true => Ok(Self { root: root.to_owned() }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// The place of a file; a path that leads out of the archive has none.
    fn place(&self, path: &str) -> Result<PathBuf, OutsideError> {
        if path.is_empty() || is_path_below(path) {
            return Ok(self.root.join(path));
        }
        Err(OutsideError { reason: format!("{path:?} is no path below the archive") })
    }

    /// The size of a regular file.
    fn regular(&self, path: &str) -> Result<Option<(PathBuf, u64)>, OutsideError> {
        let place = self.place(path)?;
        match fs::metadata(&place) {
            Ok(metadata) if metadata.is_file() => Ok(Some((place, metadata.len()))),
            Ok(_) => Err(OutsideError { reason: "it is no regular file".to_owned() }),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(OutsideError::of(&error)),
        }
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

impl Outside for OutsideDirectory {
    fn open(&self, path: &str) -> Result<Option<Opened<'_>>, OutsideError> {
        let Some((place, _)) = self.regular(path)? else { return Ok(None) };
        match File::open(place) {
            Ok(file) => Ok(Some(Opened { reader: Box::new(file) })),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(OutsideError::of(&error)),
        }
    }

    fn size(&self, path: &str) -> Result<Option<FileSize>, OutsideError> {
        Ok(self.regular(path)?.map(|(_, size)| FileSize::Known(size)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, OutsideError> {
        let entries = match fs::read_dir(self.place(path)?) {
            Ok(entries) => entries,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(OutsideError::of(&error)),
        };
        let mut found = Vec::new();
        for entry in entries.take(MOST_NAMES) {
            let entry = entry.map_err(|error| OutsideError::of(&error))?;
            // A name that is no text is in no index.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = match entry.file_type() {
                Ok(kind) if kind.is_dir() => EntryKind::Directory,
                Ok(kind) if kind.is_symlink() => EntryKind::Link,
                Ok(_) | Err(_) => EntryKind::File,
            };
            found.push(Entry { name, kind });
        }
        Ok(Some(found))
    }
}
