//! The suites of an archive: those that somebody names, and those that are found.

use std::fmt;
use std::str::FromStr;

use crate::ports::outside::{EntryKind, Outside, OutsideError, is_path_below};

/// How deep suites lie below `dists/`: `stable/updates` is two.
const DEEPEST: usize = 3;
/// More directories than an archive has between `dists/` and its suites.
const MOST_DIRECTORIES: usize = 2_000;

/// A suite as sources.list(5) names it: `stable` lies in `dists/stable`; with a slash at the end it is the directory of a flat
/// archive, from the archive's root, which is `./` itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteName {
    name: String,
    flat: bool,
}

/// A text that names no suite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no suite: write the name below dists/, as `stable`, or for a flat archive a directory with a slash, as `./`"
)]
pub struct SuiteNameError(String);

impl FromStr for SuiteName {
    type Err = SuiteNameError;

    fn from_str(text: &str) -> Result<Self, SuiteNameError> {
        let path = match text.strip_suffix('/') {
            Some("" | ".") => return Ok(Self { name: String::new(), flat: true }),
            Some(path) => path,
            None => text,
        };
        match is_path_below(path) {
            true => Ok(Self { name: path.to_owned(), flat: text.ends_with('/') }),
            false => Err(SuiteNameError(text.to_owned())),
        }
    }
}

impl fmt::Display for SuiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.flat, self.name.as_str()) {
            (true, "") => f.write_str("./"),
            (true, name) => write!(f, "{name}/"),
            (false, name) => f.write_str(name),
        }
    }
}

impl SuiteName {
    fn below_dists(name: &str) -> Self {
        Self { name: name.to_owned(), flat: false }
    }

    /// Whether it has no components, and its indexes lie beside its Release.
    pub(super) fn is_flat(&self) -> bool {
        self.flat
    }

    /// What apt wants to be its Suite or Codename: of `stable/updates` that is `stable`. Nothing for a flat archive.
    pub(super) fn expected(&self) -> Option<&str> {
        let whole = Some(self.name.as_str()).filter(|_| !self.flat)?;
        Some(whole.rsplit_once('/').map_or(whole, |(first, _)| first))
    }

    /// The path of a file of it, from the archive's root.
    pub(super) fn path(&self, file: &str) -> String {
        match (self.flat, self.name.as_str()) {
            (true, "") => file.to_owned(),
            (true, name) => format!("{name}/{file}"),
            (false, name) => format!("dists/{name}/{file}"),
        }
    }
}

/// The suites that are there, sorted: directories below `dists/` with an InRelease or a Release, and no links, which are
/// other names of these. Without any, the root itself if it is a flat archive.
///
/// # Errors
/// [`OutsideError`]: a directory cannot be listed.
pub(super) fn find(outside: &dyn Outside) -> Result<Vec<SuiteName>, OutsideError> {
    let mut found = Vec::new();
    let mut looked = 0;
    let mut waiting = vec![String::new()];
    while let Some(directory) = waiting.pop().filter(|_| looked < MOST_DIRECTORIES) {
        looked += 1;
        let path = if directory.is_empty() { "dists".to_owned() } else { format!("dists/{directory}") };
        if !directory.is_empty() && is_suite(outside, &path)? {
            found.push(directory);
            continue;
        }
        if directory.split('/').filter(|part| !part.is_empty()).count() >= DEEPEST {
            continue;
        }
        for entry in outside.list(&path)?.unwrap_or_default() {
            let below = match directory.as_str() {
                "" => entry.name,
                directory => format!("{directory}/{}", entry.name),
            };
            if entry.kind == EntryKind::Directory && is_path_below(&below) {
                waiting.push(below);
            }
        }
    }
    found.sort();
    let mut suites: Vec<SuiteName> = found.iter().map(|name| SuiteName::below_dists(name)).collect();
    if suites.is_empty() && is_suite(outside, "")? {
        suites.push(SuiteName { name: String::new(), flat: true });
    }
    Ok(suites)
}

fn is_suite(outside: &dyn Outside, directory: &str) -> Result<bool, OutsideError> {
    let path =
        |file: &str| if directory.is_empty() { file.to_owned() } else { format!("{directory}/{file}") };
    Ok(outside.size(&path("InRelease"))?.is_some() || outside.size(&path("Release"))?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_named_as_in_sources_list() {
        let read =
            |text: &str| text.parse::<SuiteName>().map(|suite| (suite.to_string(), suite.path("Release")));
        let pair = |name: &str, path: &str| Ok((name.to_owned(), path.to_owned()));
        assert_eq!(read("stable"), pair("stable", "dists/stable/Release"));
        assert_eq!(read("stable/updates"), pair("stable/updates", "dists/stable/updates/Release"));
        assert_eq!(read("./"), pair("./", "Release"));
        assert_eq!(read("/"), pair("./", "Release"));
        assert_eq!(read("some/where/"), pair("some/where/", "some/where/Release"));
        for bad in ["", "../x", "/x", "a//b", "a/../b"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!("stable/updates".parse::<SuiteName>().unwrap().expected(), Some("stable"));
        assert_eq!("flat/".parse::<SuiteName>().unwrap().expected(), None);
    }
}
