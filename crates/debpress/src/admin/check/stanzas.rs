//! The stanzas of an index against the pool: every file that they name is there, with that size and hash; and the form
//! of Contents.

use debfmt::deb822::{self, Paragraph};
use debfmt::digest::Sha256;

use std::collections::BTreeSet;

use super::CheckReport;
use super::codes::{INDEX_MALFORMED, INDEX_POOL_FILE};
use super::contents::Names;
use super::pool::Pool;
use super::suites::{PUBLISH_AGAIN, SuiteCheck};
use crate::model::key::IndexName;

/// A file that a stanza names.
struct Named {
    path: String,
    size: u64,
    sha256: Option<Sha256>,
}

/// Checks the text of an index, one stanza after the other. It ends at the first stanza that cannot be read.
pub(super) fn check(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    (pool, names): (&mut Pool, &mut Names),
    name: &IndexName,
    text: &[u8],
) {
    let index = format!("{}/dists/{}/{}", check.root, check.suite.name, name.path());
    // Made by other programs, each in a form of its own.
    if let IndexName::Dep11(..) | IndexName::Commands(..) | IndexName::Oval(..) = name {
        return;
    }
    if let IndexName::Contents { .. } = name {
        match contents(text) {
            Ok(named) => names.contents_of(name, named),
            Err(fault) => report.add(INDEX_MALFORMED, index, format!("{fault}; {PUBLISH_AGAIN}")),
        }
        return;
    }
    let mut own = names.packages_of(name);
    if let Err(fault) = stanzas(check, text, |stanza| {
        // Contents of an architecture has the packages of that architecture alone.
        if let Some((own, architecture)) = &mut own
            && stanza.get("Architecture") == Some(architecture.as_str())
        {
            own.extend(stanza.get("Package").map(str::to_owned));
        }
        let files = match name {
            IndexName::Packages(..) | IndexName::SubPackages(..) => {
                binary_file(stanza).map(|file| vec![file])
            }
            IndexName::Sources(_) => source_files(stanza),
            IndexName::Translation(..)
            | IndexName::TranslationIndex(_)
            | IndexName::Stub(..)
            | IndexName::Dep11(..)
            | IndexName::Commands(..)
            | IndexName::Oval(..)
            | IndexName::Contents { .. }
            | IndexName::Diffs(_)
            | IndexName::Patch(..) => Ok(Vec::new()),
        };
        let package = stanza.get("Package").unwrap_or("of unknown name");
        for Named { path, size, sha256 } in files.map_err(|fault| format!("package {package}: {fault}"))? {
            if let Some(fault) = pool.fault(&path, size, sha256) {
                let message = format!("{index} names it: {fault}; {PUBLISH_AGAIN}");
                report.add(INDEX_POOL_FILE, format_args!("{}/{path}", check.root), message);
            }
        }
        Ok(())
    }) {
        report.add(INDEX_MALFORMED, index, format!("{fault}; {PUBLISH_AGAIN}"));
    }
}

fn stanzas(
    check: &SuiteCheck<'_>,
    text: &[u8],
    mut each: impl FnMut(&Paragraph) -> Result<(), String>,
) -> Result<(), String> {
    let stanzas = deb822::paragraphs(text, check.site.limits).map_err(|error| error.to_string())?;
    for stanza in stanzas {
        each(&stanza.map_err(|error| error.to_string())?)?;
    }
    Ok(())
}

/// Each line of Contents has a path and its packages, and paths are in order. The packages, without their sections.
fn contents(text: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not text in UTF-8".to_owned())?;
    let (mut last, mut named) = ("", BTreeSet::new());
    for line in text.lines() {
        let (path, packages) = line.rsplit_once(' ').unwrap_or_default();
        let path = path.trim_end_matches(' ');
        if path.is_empty() || packages.split(',').any(|package| !package.contains('/')) {
            return Err(format!("{line:?} is not of the form \"path section/package\""));
        }
        if path < last {
            return Err(format!("{path:?} stands after {last:?}"));
        }
        last = path;
        for package in packages.split(',').filter_map(|package| package.rsplit('/').next()) {
            if !named.contains(package) {
                named.insert(package.to_owned());
            }
        }
    }
    Ok(named)
}

fn field<'a>(stanza: &'a Paragraph, name: &str) -> Result<&'a str, String> {
    stanza.get(name).ok_or_else(|| format!("the field {name} is missing"))
}

fn hash(text: &str) -> Result<Sha256, String> {
    Sha256::from_hex(text).map_err(|error| error.to_string())
}

fn size(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a size in bytes"))
}

fn binary_file(stanza: &Paragraph) -> Result<Named, String> {
    Ok(Named {
        path: field(stanza, "Filename")?.to_owned(),
        size: size(field(stanza, "Size")?)?,
        sha256: stanza.get("SHA256").map(hash).transpose()?,
    })
}

/// Both lists are read: a client may use either.
fn source_files(stanza: &Paragraph) -> Result<Vec<Named>, String> {
    let directory = field(stanza, "Directory")?;
    let mut files = Vec::new();
    for list in ["Files", "Checksums-Sha256"] {
        let lines = field(stanza, list)?.lines().map(str::trim).filter(|line| !line.is_empty());
        for line in lines {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let [digest, bytes, file] = words[..] else {
                return Err(format!("{list}: {line:?} is not of the form \"digest size name\""));
            };
            let sha256 = (list == "Checksums-Sha256").then(|| hash(digest)).transpose()?;
            files.push(Named { path: format!("{directory}/{file}"), size: size(bytes)?, sha256 });
        }
    }
    Ok(files)
}
