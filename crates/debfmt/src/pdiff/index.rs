//! The text of a list of patches.

use std::collections::BTreeMap;

use super::{DiffIndex, DiffIndexError, Patch, Sum, is_patch_name};
use crate::deb822::Paragraph;
use crate::digest::Sha256;

const CURRENT: &str = "SHA256-Current";
const HISTORY: &str = "SHA256-History";
const PATCHES: &str = "SHA256-Patches";
const DOWNLOAD: &str = "SHA256-Download";
const PRECEDENCE: &str = "X-Patch-Precedence";
/// The one form in which patches are downloaded.
const SUFFIX: &str = ".gz";

pub(super) fn render(index: &DiffIndex) -> String {
    let mut text = format!("{CURRENT}: {} {}\n", index.current.sha256, index.current.size);
    write_list(&mut text, HISTORY, index, |patch| (patch.from, ""));
    write_list(&mut text, PATCHES, index, |patch| (patch.script, ""));
    write_list(&mut text, DOWNLOAD, index, |patch| (patch.download, SUFFIX));
    text.push_str(PRECEDENCE);
    text.push_str(": merged\n");
    text
}

fn write_list(text: &mut String, field: &str, index: &DiffIndex, file: fn(&Patch) -> (Sum, &'static str)) {
    text.push_str(&format!("{field}:\n"));
    for patch in &index.patches {
        let (Sum { sha256, size }, suffix) = file(patch);
        text.push_str(&format!(" {sha256} {size} {}{suffix}\n", patch.name));
    }
}

pub(super) fn parse(paragraph: &Paragraph) -> Result<DiffIndex, DiffIndexError> {
    if paragraph.get(PRECEDENCE) != Some("merged") {
        return Err(DiffIndexError::NotMerged);
    }
    let current = field(paragraph, CURRENT)?;
    let bad = || DiffIndexError::BadLine { field: CURRENT, text: current.to_owned() };
    let current = sum(CURRENT, current.split_once(' ').ok_or_else(bad)?)?;
    let mut scripts: BTreeMap<String, Sum> = list(paragraph, PATCHES, "")?.into_iter().collect();
    let mut downloads: BTreeMap<String, Sum> = list(paragraph, DOWNLOAD, SUFFIX)?.into_iter().collect();
    let mut patches = Vec::new();
    for (name, from) in list(paragraph, HISTORY, "")? {
        let missing = |field| DiffIndexError::Uneven { field, name: name.clone() };
        let script = scripts.remove(&name).ok_or_else(|| missing(PATCHES))?;
        let download = downloads.remove(&name).ok_or_else(|| missing(DOWNLOAD))?;
        patches.push(Patch { name, from, script, download });
    }
    match scripts.into_keys().chain(downloads.into_keys()).next() {
        Some(name) => Err(DiffIndexError::Uneven { field: HISTORY, name }),
        None => Ok(DiffIndex { current, patches }),
    }
}

fn field<'a>(paragraph: &'a Paragraph, field: &'static str) -> Result<&'a str, DiffIndexError> {
    paragraph.get(field).ok_or(DiffIndexError::MissingField { field })
}

fn list(
    paragraph: &Paragraph,
    name: &'static str,
    suffix: &str,
) -> Result<Vec<(String, Sum)>, DiffIndexError> {
    let lines = field(paragraph, name)?.lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let bad = || DiffIndexError::BadLine { field: name, text: line.to_owned() };
        let [sha256, size, file] = words[..] else { return Err(bad()) };
        let patch = file.strip_suffix(suffix).ok_or_else(bad)?;
        if !is_patch_name(patch) {
            return Err(DiffIndexError::BadName { name: patch.to_owned() });
        }
        Ok((patch.to_owned(), sum(name, (sha256, size))?))
    };
    lines.map(read).collect()
}

fn sum(field: &'static str, (sha256, size): (&str, &str)) -> Result<Sum, DiffIndexError> {
    let sha256 = Sha256::from_hex(sha256).map_err(|error| DiffIndexError::BadDigest { field, error })?;
    let bad = |_| DiffIndexError::BadLine { field, text: format!("{sha256} {size}") };
    Ok(Sum { sha256, size: size.trim().parse().map_err(bad)? })
}
