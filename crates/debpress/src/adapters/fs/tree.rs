//! Published trees as directories of a site.
#![expect(clippy::disallowed_methods, reason = "the adapter of the published tree")]

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use debfmt::digest::{Algorithms, HashingReader, Sha256};
use debfmt::names::SuiteName;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::found::{make_readable, move_aside};
use super::objects::FsObjects;
use super::{demolition, durable, listing, mending, mounts, previous, removal};
use crate::model::custom::LinkTarget;
use crate::model::key::{PoolFile, RootPart, TreeKey};
use crate::ports::found::Found;
use crate::ports::objects::Objects;
use crate::ports::tree::{PoolObject, Root, StagedFile, Tree, TreeError};

/// Trees below a site directory.
#[derive(Clone, Debug)]
pub struct FsTree {
    site: PathBuf,
    objects: FsObjects,
}

impl FsTree {
    /// The trees below `site`, whose pool files come from `objects`.
    pub fn new(site: PathBuf, objects: FsObjects) -> Self {
        Self { site, objects }
    }

    fn path(&self, root: Root<'_>, key: &TreeKey) -> PathBuf {
        self.site.join(root).join(key.path())
    }

    /// Removes a staged suite, if it is there. Returns its path.
    fn empty(&self, root: Root<'_>, suite: &SuiteName) -> Result<PathBuf, TreeError> {
        let path = self.path(root, &TreeKey::StagedSuite(suite.clone()));
        match fs::remove_dir_all(&path) {
            Err(error) if !is_missing(&error) => Err(failed("remove", &path)(error)),
            _ => Ok(path),
        }
    }

    /// A path as it is told: below the root.
    fn shown(&self, root: Root<'_>, path: &Path) -> String {
        path.strip_prefix(self.site.join(root)).unwrap_or(path).display().to_string()
    }

    /// Copies a file of a tree into the content store, where a link cannot be made.
    fn copy_in(&self, path: &Path, sha256: &Sha256) -> io::Result<bool> {
        let mut writer = self.objects.begin().map_err(io::Error::other)?;
        io::copy(&mut File::open(path)?, &mut writer)?;
        let new = writer.commit(sha256).map_err(io::Error::other)?;
        self.objects.sync().map_err(io::Error::other)?;
        Ok(new)
    }
}

pub(super) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TreeError + use<> {
    let path = path.display().to_string();
    move |source| TreeError::Io { operation, path, source }
}

pub(super) fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

pub(super) fn create_parent(path: &Path) -> Result<(), TreeError> {
    let parent = durable::parent(path);
    durable::create_dir_all(parent).map_err(failed("create", parent))
}

impl Tree for FsTree {
    fn place(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        let PoolObject { sha256, size } = object;
        let (path, object) = (self.path(root, key), self.objects.path(sha256));
        check_whole(&path, &object, sha256, *size)?;
        let link = || fs::hard_link(&object, &path);
        let tried = link().or_else(|error| {
            if !is_missing(&error) || !object.exists() {
                return Err(error);
            }
            durable::create_dir_all(durable::parent(&path))?;
            link()
        });
        match tried {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                check_same(&path, &object, sha256).map(|()| false)
            }
            Err(error) if is_missing(&error) => {
                Err(TreeError::NoObject { path: path.display().to_string(), sha256: *sha256 })
            }
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                copy(&object, &path).map(|()| true)
            }
            // An inode can have only so many names; the next ones get a copy.
            Err(error) if error.kind() == io::ErrorKind::TooManyLinks => copy(&object, &path).map(|()| true),
            Err(error) => Err(failed("link", &path)(error)),
        }
    }

    fn stage(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.empty(root, suite)?;
        // Where the suite will be, too: what is created now is durable with everything else, before the switch.
        create_parent(&self.path(root, &TreeKey::LiveSuite(suite.clone())))?;
        let path = self.path(root, &TreeKey::StagedSuite(suite.clone()));
        durable::create_dir_all(&path).map_err(failed("create", &path))
    }

    fn discard(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        self.empty(root, suite).map(drop)
    }

    fn create(&self, root: Root<'_>, staged: &TreeKey) -> Result<Box<dyn StagedFile>, TreeError> {
        let path = self.path(root, staged);
        create_parent(&path)?;
        let file = File::create_new(&path).map_err(failed("create", &path))?;
        let readable = file.set_permissions(Permissions::from_mode(durable::PUBLIC));
        readable.map_err(failed("set the mode of", &path))?;
        Ok(Box::new(FsStagedFile { path, file: BufWriter::with_capacity(128 * 1024, file) }))
    }

    fn replace(&self, root: Root<'_>, key: &TreeKey, bytes: &[u8]) -> Result<(), TreeError> {
        if self.read(root, key)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        let path = self.path(root, key);
        let parent = durable::parent(&path);
        durable::create_durable_dir_all(parent).map_err(failed("create", parent))?;
        durable::write_file(&path, bytes, durable::PUBLIC).map_err(failed("write", &path))
    }

    fn symlink(&self, root: Root<'_>, staged: &TreeKey, target: &LinkTarget) -> Result<(), TreeError> {
        let path = self.path(root, staged);
        create_parent(&path)?;
        std::os::unix::fs::symlink(target.as_str(), &path).map_err(failed("make the link", &path))
    }

    fn link_target(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<String>, TreeError> {
        let path = self.path(root, key);
        match fs::read_link(&path) {
            Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
            // What is no link is an invalid argument to those who ask where it leads.
            Err(error) if is_missing(&error) || error.kind() == io::ErrorKind::InvalidInput => Ok(None),
            Err(error) => Err(failed("read the link", &path)(error)),
        }
    }

    fn link(&self, root: Root<'_>, from: &TreeKey, to: &TreeKey) -> Result<bool, TreeError> {
        let (from, to) = (self.path(root, from), self.path(root, to));
        create_parent(&to)?;
        match fs::hard_link(&from, &to) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(failed("link", &to)(error)),
        }
    }

    fn read(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<Vec<u8>>, TreeError> {
        let path = self.path(root, key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    fn digest(&self, root: Root<'_>, key: &TreeKey) -> Result<Option<(u64, Sha256)>, TreeError> {
        let path = self.path(root, key);
        match File::open(&path) {
            Ok(file) => {
                let hashed = HashingReader::new(file, Algorithms::SHA256).finish();
                let checksums = hashed.map_err(failed("read", &path))?;
                Ok(Some((checksums.size, checksums.sha256)))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("open", &path)(error)),
        }
    }

    fn list(&self, root: Root<'_>, directory: &str) -> Result<Vec<(String, u64)>, TreeError> {
        let mut files = Vec::new();
        walk(&self.site.join(root), directory, &mut files)?;
        files.sort();
        Ok(files)
    }

    fn inspect(&self, root: Root<'_>, directory: &str) -> Result<Vec<Found>, TreeError> {
        mending::inspect(&self.site.join(root), directory)
    }

    fn adopt(&self, root: Root<'_>, key: &TreeKey, object: &PoolObject) -> Result<bool, TreeError> {
        let path = self.path(root, key);
        match mending::adopt(&path, &self.objects.path(&object.sha256)).map_err(failed("keep", &path))? {
            Some(new) => Ok(new),
            None => self.copy_in(&path, &object.sha256).map_err(failed("copy", &path)),
        }
    }

    fn restore(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        object: &PoolObject,
        holds: Option<&Sha256>,
    ) -> Result<String, TreeError> {
        let (path, source) = (self.path(root, key), self.objects.path(&object.sha256));
        check_whole(&path, &source, &object.sha256, object.size)?;
        if !source.exists() {
            return Err(TreeError::NoObject { path: path.display().to_string(), sha256: object.sha256 });
        }
        let aside = mending::restore(&source, &path, holds).map_err(failed("restore", &path))?;
        Ok(self.shown(root, &aside))
    }

    fn set_aside(
        &self,
        root: Root<'_>,
        key: &TreeKey,
        holds: Option<&Sha256>,
    ) -> Result<Option<String>, TreeError> {
        let path = self.path(root, key);
        let aside = move_aside(&path, holds).map_err(failed("put aside", &path))?;
        Ok(aside.map(|aside| self.shown(root, &aside)))
    }

    fn make_readable(&self, root: Root<'_>, path: &str) -> Result<(), TreeError> {
        let path = self.site.join(root).join(path);
        make_readable(&path).map_err(failed("change the mode of", &path))
    }

    fn remove_stray(&self, root: Root<'_>, path: &str) -> Result<Option<u64>, TreeError> {
        let root = self.site.join(root);
        mending::remove_stray(&root, path).map_err(failed("remove", &root.join(path)))
    }

    fn long_list(&self, root: Root<'_>) -> Result<Vec<u8>, TreeError> {
        let path = self.site.join(root);
        listing::long_list(&path).map_err(failed("list", &path))
    }

    fn pool_size(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        let path = self.site.join(root).join(file.path());
        match fs::symlink_metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("examine", &path)(error)),
        }
    }

    fn remove(&self, root: Root<'_>, file: &PoolFile) -> Result<Option<u64>, TreeError> {
        let (root, path) = (self.site.join(root), file.path());
        removal::remove(&root, &path).map_err(failed("remove", &root.join(&path)))
    }

    fn sync(&self, root: Root<'_>) -> Result<(), TreeError> {
        let path = self.site.join(root);
        let directories = mounts::to_sync(&path, mounts::device_of).map_err(failed("examine", &path))?;
        directories.iter().try_for_each(|it| durable::sync_file_system(it).map_err(failed("sync", it)))
    }

    fn alias(
        &self,
        root: Root<'_>,
        alias: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<bool, TreeError> {
        let live = self.path(root, &TreeKey::LiveSuite(alias.clone()));
        match fs::symlink_metadata(&live) {
            Ok(there) if !there.is_symlink() => return Ok(false),
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failed("examine", &live)(error)),
        }
        match target {
            Some(target) => {
                let staged = self.path(root, &TreeKey::StagedSuite(alias.clone()));
                create_parent(&staged)?;
                create_parent(&live)?;
                // What a run that died has left.
                remove_link(&staged)?;
                std::os::unix::fs::symlink(target.as_str(), &staged)
                    .map_err(failed("make the link", &staged))?;
                fs::rename(&staged, &live).map_err(failed("move the link to", &live))?;
                sync_directories_of(&[&live, &staged])?;
            }
            None => {
                remove_link(&live)?;
                sync_directories_of(&[&live])?;
            }
        }
        Ok(true)
    }

    fn withdraw(&self, root: Root<'_>) -> Result<(), TreeError> {
        demolition::withdraw(&self.site.join(root))
    }

    fn remove_part(&self, root: Root<'_>, part: RootPart) -> Result<(), TreeError> {
        demolition::remove_part(&self.site.join(root), part)
    }

    fn remove_root(&self, root: Root<'_>, public_key: &TreeKey) -> Result<bool, TreeError> {
        demolition::remove_root(&self.site, root, &self.path(root, public_key))
    }

    fn exchange(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        let live = self.path(root, &TreeKey::LiveSuite(suite.clone()));
        let staged = self.path(root, &TreeKey::StagedSuite(suite.clone()));
        create_parent(&live)?;
        exchange(&live, &staged).map_err(failed("exchange", &live))?;
        sync_directories_of(&[&live, &staged])
    }

    fn keep_previous(&self, root: Root<'_>, suite: &SuiteName) -> Result<(), TreeError> {
        let staged = self.path(root, &TreeKey::StagedSuite(suite.clone()));
        let previous = self.path(root, &TreeKey::PreviousSuite(suite.clone()));
        previous::keep(&staged, &previous)?;
        // Also when it had moved already: a run that died may not have made that durable.
        for directory in [&previous, &staged].map(|path| durable::parent(path)) {
            match durable::sync_directory(directory) {
                Err(error) if !is_missing(&error) => return Err(failed("sync", directory)(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Makes the names of these paths durable.
fn sync_directories_of(paths: &[&Path]) -> Result<(), TreeError> {
    let mut directories = paths.iter().map(|path| durable::parent(path));
    directories.try_for_each(|it| durable::sync_directory(it).map_err(failed("sync", it)))
}

/// Removes a symbolic link, if it is there.
fn remove_link(path: &Path) -> Result<(), TreeError> {
    match fs::remove_file(path) {
        Err(error) if !is_missing(&error) => Err(failed("remove the link", path)(error)),
        _ => Ok(()),
    }
}

/// Exchanges two directories, or moves the staged one to where no live one is.
fn exchange(live: &Path, staged: &Path) -> io::Result<()> {
    if !live.exists() {
        return fs::rename(staged, live);
    }
    match renameat_with(CWD, staged, CWD, live, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
            // This file system cannot exchange. Between the two renames there is no live suite; a crash there is
            // mended by the next run, which finds no live suite and moves the staged one to its place.
            let aside = staged.with_extension("before");
            if aside.exists() {
                fs::remove_dir_all(&aside)?;
            }
            fs::rename(live, &aside)?;
            fs::rename(staged, live)?;
            fs::rename(&aside, staged)
        }
        Err(error) => Err(error.into()),
    }
}

/// No index may name a file that is shorter than it says: the last look before one does. An object that is missing
/// is found by whoever links it.
fn check_whole(path: &Path, object: &Path, sha256: &Sha256, expected: u64) -> Result<(), TreeError> {
    match fs::symlink_metadata(object) {
        Ok(metadata) if metadata.len() != expected => {
            let (path, found) = (path.display().to_string(), metadata.len());
            Err(TreeError::Damaged { path, sha256: *sha256, found, expected })
        }
        _ => Ok(()),
    }
}

/// Same inode, or at least the same bytes: then the pool has the file already.
fn check_same(path: &Path, object: &Path, expected: &Sha256) -> Result<(), TreeError> {
    let there = fs::symlink_metadata(path).map_err(failed("examine", path))?;
    if let Ok(wanted) = fs::symlink_metadata(object)
        && (wanted.dev(), wanted.ino()) == (there.dev(), there.ino())
    {
        return Ok(());
    }
    let file = File::open(path).map_err(failed("open", path))?;
    let found = HashingReader::new(file, Algorithms::SHA256).finish().map_err(failed("read", path))?;
    if found.sha256 == *expected {
        return Ok(());
    }
    let path = path.display().to_string();
    Err(TreeError::Conflict { path, found: found.sha256, expected: *expected })
}

/// Puts a copy into the pool where a link cannot be made.
fn copy(object: &Path, path: &Path) -> Result<(), TreeError> {
    create_parent(path)?;
    let copied = || -> io::Result<()> {
        let mut temporary = tempfile::NamedTempFile::new_in(durable::parent(path))?;
        io::copy(&mut File::open(object)?, &mut temporary)?;
        temporary.as_file().set_permissions(Permissions::from_mode(durable::PUBLIC))?;
        temporary.as_file().sync_all()?;
        temporary.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    copied().map_err(failed("copy", path))
}

fn walk(root: &Path, directory: &str, files: &mut Vec<(String, u64)>) -> Result<(), TreeError> {
    let path = root.join(directory);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(failed("list", &path)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed("list", &path))?;
        let name = format!("{directory}/{}", entry.file_name().to_string_lossy());
        let metadata = entry.metadata().map_err(failed("examine", &path))?;
        if metadata.is_dir() {
            walk(root, &name, files)?;
        } else {
            files.push((name, metadata.len()));
        }
    }
    Ok(())
}

struct FsStagedFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Write for FsStagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl StagedFile for FsStagedFile {
    /// The bytes reach the disk with [`Tree::sync`], one call for all files of the publication.
    fn finish(mut self: Box<Self>) -> Result<(), TreeError> {
        self.file.flush().map_err(failed("write", &self.path))
    }
}
