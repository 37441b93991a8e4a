//! The content store as a directory: `objects/ab/cdef...`, one read-only file per SHA-256.
#![expect(clippy::disallowed_methods, reason = "the adapter of the content store")]

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use debfmt::digest::Sha256;
use tempfile::{NamedTempFile, TempDir, TempPath};

use super::{durable, store};
use crate::ports::found::Found;
use crate::ports::objects::{ObjectError, ObjectStore, ObjectWriter, Objects, UNNAMED};

/// A content store in a directory.
#[derive(Clone, Debug)]
pub struct FsObjects {
    directory: PathBuf,
}

/// A file without a name that nobody has written to for so long belongs to a run that died.
const ABANDONED: Duration = Duration::from_secs(86_400);

impl FsObjects {
    /// The store in `directory`, which `init` has made.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// A store for things that nobody keeps, among the temporary files of the machine; it goes with the directory.
    ///
    /// # Errors
    /// No directory could be made.
    pub fn scratch() -> Result<(TempDir, Self), ObjectError> {
        let directory =
            TempDir::with_prefix("debpress").map_err(failed("create a directory", Path::new("scratch")))?;
        let store = Self::new(directory.path().to_owned());
        Ok((directory, store))
    }

    /// Where an object lies.
    pub(super) fn path(&self, sha256: &Sha256) -> PathBuf {
        let hex = sha256.to_string();
        let (first, rest) = hex.split_at(2);
        self.directory.join(first).join(rest)
    }
}

fn failed(operation: &'static str, subject: &Path) -> impl FnOnce(io::Error) -> ObjectError + use<> {
    let subject = subject.display().to_string();
    move |source| ObjectError::Io { operation, subject, source }
}

impl Objects for FsObjects {
    fn begin(&self) -> Result<Box<dyn ObjectWriter>, ObjectError> {
        let unnamed = self.directory.join(UNNAMED);
        let create = || {
            durable::create_dir_all(&unnamed)?;
            NamedTempFile::new_in(&unnamed)
        };
        let file = create().map_err(failed("create a file", &unnamed))?;
        let file = Unnamed::Open(BufWriter::with_capacity(128 * 1024, file));
        Ok(Box::new(FsObjectWriter { store: self.clone(), file }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, ObjectError> {
        let path = self.path(sha256);
        match File::open(&path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ObjectError::Missing { sha256: *sha256 })
            }
            Err(error) => Err(failed("open", &path)(error)),
        }
    }

    fn size(&self, sha256: &Sha256) -> Result<Option<u64>, ObjectError> {
        let path = self.path(sha256);
        match fs::symlink_metadata(&path) {
            Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("look up", &path)(error)),
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(Sha256, u64)) -> Result<(), ObjectError> {
        for byte in 0..=u8::MAX {
            let first = format!("{byte:02x}");
            let directory = self.directory.join(&first);
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("list", &directory)(error)),
            };
            for entry in entries {
                let entry = entry.map_err(failed("list", &directory))?;
                let name = format!("{first}{}", entry.file_name().to_string_lossy());
                // Anything else in there was not put there by the store.
                if let Ok(sha256) = Sha256::from_hex(&name) {
                    visit(sha256, entry.metadata().map_err(failed("examine", &directory))?.len());
                }
            }
        }
        Ok(())
    }

    fn sweep(&self) -> Result<(), ObjectError> {
        let unnamed = self.directory.join(UNNAMED);
        let entries = match fs::read_dir(&unnamed) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("list", &unnamed)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed("list", &unnamed))?;
            let path = entry.path();
            // An object that waits for somebody's decision, and that may get its name again.
            if store::is_claimed(&entry.file_name().to_string_lossy()) {
                continue;
            }
            // A run that is at work has written to its file today. One that is gone by now was just given a name.
            let abandoned = fs::symlink_metadata(&path)
                .and_then(|metadata| metadata.modified())
                .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > ABANDONED));
            if abandoned {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), ObjectError> {
        durable::sync_file_system(&self.directory).map_err(failed("sync", &self.directory))
    }
}

impl ObjectStore for FsObjects {
    fn survey(&self, visit: &mut dyn FnMut(Found)) -> Result<(), ObjectError> {
        store::survey(&self.directory, visit).map_err(failed("list", &self.directory))
    }

    fn set_aside(&self, sha256: &Sha256, holds: Option<&Sha256>) -> Result<Option<String>, ObjectError> {
        let path = self.path(sha256);
        store::set_aside(&path, holds).map_err(failed("put aside", &path))
    }

    fn discard(
        &self,
        sha256: &Sha256,
        seen: &Found,
        needed: &mut dyn FnMut() -> bool,
    ) -> Result<bool, ObjectError> {
        let path = self.path(sha256);
        store::discard(&self.directory, (&path, sha256), seen, needed).map_err(failed("remove", &path))
    }

    fn recover(&self) -> Result<u64, ObjectError> {
        store::recover(&self.directory).map_err(failed("give names back", &self.directory))
    }
}

/// Puts `file` in the place of an object that no pool has.
///
/// Such an object may be what a power failure left of a run that had named it and not yet synced it: its name is
/// right, and its bytes may be missing. The bytes that were just hashed are better. An object that a pool has was
/// synced before the records spoke of it.
fn replace_unproved(file: TempPath, path: &Path) -> io::Result<()> {
    let unproved = match fs::symlink_metadata(path) {
        Ok(there) => there.nlink() == 1,
        // A repair has just taken it away, because nobody needed it until now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
    };
    if unproved {
        file.persist(path).map_err(|error| error.error)?;
    }
    Ok(())
}

struct FsObjectWriter {
    store: FsObjects,
    file: Unnamed,
}

/// A file that has no name in the store yet. Dropped, it is gone.
enum Unnamed {
    Open(BufWriter<NamedTempFile>),
    Closed(TempPath),
    /// Closing it failed.
    Lost,
}

impl Write for FsObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Unnamed::Open(file) => file.write(bytes),
            Unnamed::Closed(_) | Unnamed::Lost => Err(io::Error::other("the object is closed")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.file {
            Unnamed::Open(file) => file.flush(),
            Unnamed::Closed(_) | Unnamed::Lost => Ok(()),
        }
    }
}

impl Unnamed {
    /// The finished file, closed.
    fn finish(self) -> io::Result<TempPath> {
        match self {
            Self::Open(file) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                // The pool's file is this inode: the web server must be able to read it.
                file.as_file().set_permissions(Permissions::from_mode(durable::PUBLIC))?;
                Ok(file.into_temp_path())
            }
            Self::Closed(path) => Ok(path),
            Self::Lost => Err(io::Error::other("the object could not be closed")),
        }
    }
}

impl ObjectWriter for FsObjectWriter {
    fn close(&mut self) -> Result<(), ObjectError> {
        let file = std::mem::replace(&mut self.file, Unnamed::Lost);
        self.file = Unnamed::Closed(file.finish().map_err(failed("close", &self.store.directory))?);
        Ok(())
    }

    fn commit(self: Box<Self>, sha256: &Sha256) -> Result<bool, ObjectError> {
        let path = self.store.path(sha256);
        let name = || -> io::Result<bool> {
            let file = self.file.finish()?;
            let persist = |file: TempPath| match file.persist_noclobber(&path) {
                Ok(()) => Ok(Ok(true)),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    replace_unproved(error.path, &path).map(|()| Ok(false))
                }
                Err(error) if error.error.kind() == io::ErrorKind::NotFound => Ok(Err(error.path)),
                Err(error) => Err(error.error),
            };
            match persist(file)? {
                Ok(new) => Ok(new),
                // The first object of its directory.
                Err(file) => {
                    durable::create_dir_all(durable::parent(&path))?;
                    persist(file)?.map_err(|_| io::ErrorKind::NotFound.into())
                }
            }
        };
        name().map_err(failed("name", &path))
    }
}
