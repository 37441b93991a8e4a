//! Which packages the named files and directories mean.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use debfmt::changes::Changes;
use debfmt::clearsign;
use debfmt::deb::DebKind;
use debfmt::limits::Limits;
use debfmt::names::FileName;

use super::RefusedFile;
use crate::adapters::fs::local;
use crate::upload::intake::Expected;
use crate::upload::reason::{CHANGES_MALFORMED, FILE_UNEXPECTED_KIND, Family, Reason, UPLOAD_UNREADABLE};

/// A package to read.
#[derive(Clone, Debug)]
pub(super) struct Package {
    /// Its .deb, .udeb, .ddeb or .dsc.
    pub(super) path: PathBuf,
    /// Source or binary, by the file's name.
    pub(super) kind: Kind,
    /// What a .changes says about it.
    pub(super) listed: Option<Listed>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A .dsc.
    Source,
    /// A .deb, .udeb or .ddeb.
    Binary,
    /// A .changes: a list of packages.
    Changes,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        match name {
            _ if DebKind::of_file_name(name).is_some() => Some(Self::Binary),
            _ if name.ends_with(".dsc") => Some(Self::Source),
            _ if name.ends_with(".changes") => Some(Self::Changes),
            _ => None,
        }
    }
}

/// What a .changes says about a file.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Size and hashes.
    pub(super) expected: Expected,
    /// Section, perhaps with component.
    pub(super) section: String,
    /// Priority.
    pub(super) priority: String,
}

/// The packages that are meant, each path once, by path. In directories only packages count; a file that was named
/// itself must be one.
pub(super) fn packages(named: &[PathBuf], limits: &Limits, refused: &mut Vec<RefusedFile>) -> Vec<Package> {
    let mut found = Found { packages: BTreeMap::new(), changes: Vec::new() };
    for path in named {
        if path.is_dir() {
            match local::files_below(path) {
                Ok(files) => files.into_iter().for_each(|file| found.take(file)),
                Err((path, error)) => refused.push(refuse(path, unreadable(&error))),
            }
        } else if Kind::of(path).is_some() {
            found.take(path.clone());
        } else {
            let message = "the name ends neither with .deb, .udeb, .ddeb, .dsc nor .changes";
            refused.push(refuse(path.clone(), Reason::of_upload(FILE_UNEXPECTED_KIND, message)));
        }
    }
    for changes in std::mem::take(&mut found.changes) {
        if let Err(reasons) = found.take_listed(&changes, limits) {
            refused.push(RefusedFile { path: changes, reasons });
        }
    }
    found.packages.into_values().collect()
}

fn refuse(path: PathBuf, reason: Reason) -> RefusedFile {
    RefusedFile { path, reasons: vec![reason.to_string()] }
}

pub(super) fn unreadable(error: &io::Error) -> Reason {
    Reason::of_upload(UPLOAD_UNREADABLE, error)
}

struct Found {
    packages: BTreeMap<PathBuf, Package>,
    changes: Vec<PathBuf>,
}

impl Found {
    fn take(&mut self, path: PathBuf) {
        match Kind::of(&path) {
            Some(Kind::Changes) => self.changes.push(path),
            Some(kind) => {
                self.packages.insert(path.clone(), Package { path, kind, listed: None });
            }
            None => {}
        }
    }

    /// Takes the packages that a .changes names; they lie beside it.
    fn take_listed(&mut self, path: &Path, limits: &Limits) -> Result<(), Vec<String>> {
        let lines = |reasons: Vec<Reason>| reasons.iter().map(Reason::to_string).collect::<Vec<_>>();
        let changes = read_changes(path, limits).map_err(lines)?;
        let directory = path.parent().unwrap_or(Path::new(""));
        for file in &changes.files {
            let path = directory.join(file.name.as_str());
            if let Some(kind @ (Kind::Source | Kind::Binary)) = Kind::of(&path) {
                let listed = Listed {
                    expected: Expected::from(file),
                    section: file.section.clone(),
                    priority: file.priority.clone(),
                };
                self.packages.insert(path.clone(), Package { path, kind, listed: Some(listed) });
            }
        }
        Ok(())
    }
}

/// The signature is not looked at: whoever adds the file vouches for it.
fn read_changes(path: &Path, limits: &Limits) -> Result<Changes, Vec<Reason>> {
    let bytes = local::read_small(path, limits.text_bytes).map_err(|error| vec![unreadable(&error)])?;
    let payload = match clearsign::split(&bytes, limits) {
        Ok(document) => document.payload().to_vec(),
        Err(error) => return Err(vec![Reason::of_upload(CHANGES_MALFORMED, error)]),
    };
    Changes::parse(&payload, limits).map_err(|errors| {
        errors.iter().map(|error| Reason::of_upload(Family::Changes.code(error.code()), error)).collect()
    })
}

/// The file's name where a pool can hold it, else one of the same kind: downloads have names like
/// `x_1%3a2_all.deb`. The pool uses the name that the package has by rule, so this one only needs the right ending.
pub(super) fn usable_name(path: &Path) -> Result<FileName, Reason> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default();
    FileName::parse(&name)
        .or_else(|_| FileName::parse(&format!("package.{ending}")))
        .map_err(|error| Reason::of_upload(UPLOAD_UNREADABLE, error))
}
