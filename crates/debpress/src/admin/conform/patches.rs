//! `Packages.diff/Index` and its patches, merged or one after the other (DebianRepository/Format, "PDiffs").
//!
//! A reader of its own: it takes both forms, and goes on where others stop.

use std::collections::BTreeMap;
use std::io::Read;

use debfmt::compress::{Compression, decoder_of_one_stream};
use debfmt::deb822::{self, Paragraph};
use debfmt::digest::Sha256;
use debfmt::limits::Limits;

use super::codes::{ARCHIVE_UNREADABLE, PDIFF_CURRENT, PDIFF_HASH, PDIFF_MALFORMED, PDIFF_MISSING};
use super::listing::{Listing, number};
use super::reading::{Whole, whole};
use super::release::Suite;
use crate::ports::outside::is_path_below;

/// Of a list of patches, in bytes.
const LIST_BYTES: u64 = 16 * 1024 * 1024;
/// Of one patch, compressed or not, in bytes.
const PATCH_BYTES: u64 = 256 * 1024 * 1024;
/// More patches than any index keeps.
const MOST_PATCHES: usize = 1_000;

/// Size and hash of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) sha256: Sha256,
    pub(super) size: u64,
}

impl Text {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { sha256: Sha256::of(bytes), size: bytes.len() as u64 }
    }
}

/// One patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) name: String,
    /// The text that it starts from.
    pub(super) from: Text,
    /// Whether it is there and is what the list says.
    pub(super) sound: bool,
}

/// A list of patches, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patches {
    /// The path of the list, from the archive's root.
    pub(super) list: String,
    pub(super) current: Text,
    /// Whether each leads straight to the current text, and not to what the next one starts from.
    pub(super) merged: bool,
    pub(super) patches: Vec<Patch>,
}

/// Judges a list, whose path is from the suite's directory, and each patch. `None`: it cannot be read.
pub(super) fn judge(suite: &mut Suite<'_>, listing: &Listing, list: &str, index: &str) -> Option<Patches> {
    let path = suite.path(list);
    let bytes = suite.whole(list, LIST_BYTES)?;
    let fields = deb822::parse_single(&bytes, &Limits::default()).map_err(|error| error.to_string());
    let read = fields.and_then(|fields| Fields::read(&fields));
    let fields = match read {
        Ok(fields) => fields,
        Err(fault) => {
            suite.report.findings.add(PDIFF_MALFORMED, path, fault);
            return None;
        }
    };
    let listed =
        listing.files.get(index).and_then(|file| Some(Text { sha256: file.sha256?, size: file.size }));
    if let Some(listed) = listed.filter(|listed| *listed != fields.current) {
        let message = format!(
            "its patches lead to {} with {} bytes, {index} is {} with {} bytes",
            fields.current.sha256, fields.current.size, listed.sha256, listed.size
        );
        suite.report.findings.add(PDIFF_CURRENT, &path, message);
        // They are patches of another time, and their ends say nothing.
        return None;
    }
    let mut patches = Vec::new();
    for (name, from) in fields.history.clone() {
        let sound = judge_patch(suite, list, &name, &fields);
        patches.push(Patch { name, from, sound });
    }
    Some(Patches { list: path, current: fields.current, merged: fields.merged, patches })
}

/// The lists of an index of patches, by name.
struct Fields {
    current: Text,
    merged: bool,
    history: Vec<(String, Text)>,
    patches: BTreeMap<String, Text>,
    downloads: BTreeMap<String, Text>,
}

impl Fields {
    fn read(fields: &Paragraph) -> Result<Self, String> {
        let current = fields.get("SHA256-Current").ok_or("the field SHA256-Current is missing")?;
        let words: Vec<&str> = current.split_ascii_whitespace().collect();
        let [hash, size] = words[..] else { return Err(format!("SHA256-Current is {current:?}")) };
        let current = text(hash, size).ok_or_else(|| format!("SHA256-Current is {current:?}"))?;
        Ok(Self {
            current,
            merged: fields.get("X-Patch-Precedence") == Some("merged"),
            history: list(fields, "SHA256-History")?,
            patches: list(fields, "SHA256-Patches")?.into_iter().collect(),
            downloads: list(fields, "SHA256-Download")?.into_iter().collect(),
        })
    }
}

fn text(hash: &str, size: &str) -> Option<Text> {
    Some(Text { sha256: hash.parse().ok()?, size: number(size)? })
}

fn list(fields: &Paragraph, field: &str) -> Result<Vec<(String, Text)>, String> {
    let lines = fields.get(field).unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
    let read = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let wrong = || format!("{field}: {line:?} is no hash, size and name");
        let [hash, size, name] = words[..] else { return Err(wrong()) };
        let good = is_path_below(name) && !name.contains('/');
        text(hash, size).filter(|_| good).map(|text| (name.to_owned(), text)).ok_or_else(wrong)
    };
    let found: Vec<_> = lines.map(read).take(MOST_PATCHES).collect::<Result<_, _>>()?;
    Ok(found)
}

/// Whether a patch is there, and is what the list says as it is downloaded and as it is.
fn judge_patch(suite: &mut Suite<'_>, list: &str, name: &str, fields: &Fields) -> bool {
    let download = format!("{name}.gz");
    let path = suite.path(&format!("{}{download}", list.trim_end_matches("Index")));
    let findings = &mut suite.report.findings;
    let Some(plain) = fields.patches.get(name) else {
        findings.add(PDIFF_MALFORMED, suite.name.path(list), format!("SHA256-Patches has no {name}"));
        return false;
    };
    let bytes = match whole(suite.of.outside, &path, PATCH_BYTES) {
        Ok(Whole::Bytes(bytes)) => bytes,
        Ok(Whole::Absent) => {
            findings.add(PDIFF_MISSING, path, format!("{list} names it and it is not there"));
            return false;
        }
        Ok(Whole::TooLarge) => {
            findings.add(PDIFF_MALFORMED, path, format!("it has more than {PATCH_BYTES} bytes"));
            return false;
        }
        Err(error) => {
            findings.add(ARCHIVE_UNREADABLE, path, error);
            return false;
        }
    };
    let fault = match fields.downloads.get(&download) {
        Some(download) if *download != Text::of(&bytes) => {
            Some((PDIFF_HASH, "the file is not what SHA256-Download says".to_owned()))
        }
        _ => match unpacked(&bytes) {
            Ok(script) if Text::of(&script) == *plain => None,
            Ok(_) => Some((PDIFF_HASH, "what is in it is not what SHA256-Patches says".to_owned())),
            Err(fault) => Some((PDIFF_MALFORMED, fault)),
        },
    };
    let sound = fault.is_none();
    if let Some((rule, message)) = fault {
        findings.add(rule, path, message);
    }
    sound
}

/// What is in a patch that was downloaded.
pub(super) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut script = Vec::new();
    let decoded = decoder_of_one_stream(Compression::Gzip, bytes, &Limits::default());
    let read =
        decoded.and_then(|decoded| decoded.take(PATCH_BYTES.saturating_add(1)).read_to_end(&mut script));
    match read {
        Ok(size) if size as u64 <= PATCH_BYTES => Ok(script),
        Ok(_) => Err(format!("it unpacks to more than {PATCH_BYTES} bytes")),
        Err(error) => Err(error.to_string()),
    }
}

/// A patch once more, which is known to be sound.
pub(super) fn script(suite: &Suite<'_>, patches: &Patches, patch: &Patch) -> Result<Vec<u8>, String> {
    let path = format!("{}{}.gz", patches.list.trim_end_matches("Index"), patch.name);
    match whole(suite.of.outside, &path, PATCH_BYTES) {
        Ok(Whole::Bytes(bytes)) => unpacked(&bytes),
        Ok(Whole::Absent | Whole::TooLarge) => Err("it is gone".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
