//! Mends what lies in a published tree: files change places with whole ones, and damaged ones keep a name.
#![expect(clippy::disallowed_methods, reason = "the adapter of the published tree")]

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::found::{entries, make_readable, name_aside};
use super::tree::{failed, is_missing};
use super::{durable, removal};
use crate::model::key::POOL;
use crate::ports::found::{Found, FoundKind};
use crate::ports::tree::TreeError;
use debfmt::digest::Sha256;

/// Everything below a directory of the root, sorted by path.
pub(super) fn inspect(root: &Path, directory: &str) -> Result<Vec<Found>, TreeError> {
    let (mut all, mut waiting) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = waiting.pop() {
        let path = root.join(&directory);
        let listed = entries(&path, &format!("{directory}/"), &mut |found| {
            if found.kind == FoundKind::Directory {
                waiting.push(found.path.clone());
            }
            all.push(found);
        });
        match listed {
            Err(error) if !is_missing(&error) => return Err(failed("list", &path)(error)),
            _ => {}
        }
    }
    all.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(all)
}

/// The way by which whoever reads a name in a pool comes upon a whole file: a second name, which then takes the first.
pub(super) fn restore(object: &Path, path: &Path, holds: Option<&Sha256>) -> io::Result<PathBuf> {
    let aside = name_aside(path, holds)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let directory = durable::parent(path);
    // A name of which `check` knows that it is nobody's, should this be the end.
    let coming = directory.join(format!(".tmp.{name}"));
    match fs::remove_file(&coming) {
        Err(error) if !is_missing(&error) => return Err(error),
        _ => {}
    }
    match fs::hard_link(object, &coming) {
        Err(error) if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::TooManyLinks) => {
            copy(object, &coming)?;
        }
        linked => linked?,
    }
    fs::rename(&coming, path)?;
    durable::sync_directory(directory)?;
    Ok(aside)
}

fn copy(object: &Path, path: &Path) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    io::copy(&mut File::open(object)?, &mut file)?;
    file.set_permissions(Permissions::from_mode(durable::PUBLIC))?;
    file.sync_all()
}

/// Links a file of a tree to where its object belongs. `None`: a link cannot be made, and a copy must do.
pub(super) fn adopt(path: &Path, object: &Path) -> io::Result<Option<bool>> {
    let link = || fs::hard_link(path, object);
    let linked = link().or_else(|error| {
        if !is_missing(&error) || !path.exists() {
            return Err(error);
        }
        durable::create_dir_all(durable::parent(object))?;
        link()
    });
    match linked {
        Ok(()) => {
            make_readable(object)?;
            durable::sync_directory(durable::parent(object))?;
            Ok(Some(true))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Some(false)),
        Err(error) if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::TooManyLinks) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Removes a file of the pool that is no package's.
pub(super) fn remove_stray(root: &Path, path: &str) -> io::Result<Option<u64>> {
    let mut names = path.split('/');
    let inside = names.next() == Some(POOL);
    if !inside || !names.all(|name| !["", ".", ".."].contains(&name)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not below the pool"));
    }
    removal::remove(root, path)
}
