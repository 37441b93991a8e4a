//! The texts that patches start from, as far as the archive still has them by hash: from each of them the patches must end
//! in the current one.

use std::collections::BTreeMap;
use std::io::Read;

use debfmt::compress::{Compression, decoder};
use debfmt::pdiff::apply;

use super::codes::{PDIFF_CHAIN, PDIFF_UNTRIED};
use super::patches::{Patch, Patches, Text, script};
use super::reading::{Whole, limits, whole};
use super::release::Suite;
use crate::ports::outside::EntryKind;

/// Of one text, compressed or not, in bytes. Larger ones are not tried.
const TEXT_BYTES: u64 = 512 * 1024 * 1024;
/// How many files by hash are read to find earlier texts.
const MOST_LOOKED_AT: usize = 200;

/// Tries the patches. Where one is not sound, which is said already, none is tried.
pub(super) fn judge(suite: &mut Suite<'_>, patches: &Patches, index: &str) {
    if patches.patches.iter().any(|patch| !patch.sound) {
        return;
    }
    let earlier = earlier(suite, patches, index);
    let mut untried = 0;
    for (number, patch) in patches.patches.iter().enumerate() {
        let Some(path) = earlier.get(patch.from.sha256.as_bytes()) else {
            untried += 1;
            continue;
        };
        let chain = patches.patches.get(number..).unwrap_or_default();
        let chain = if patches.merged { chain.get(..1).unwrap_or_default() } else { chain };
        if let Err(fault) = walk(suite, patches, path, chain) {
            let message = format!("patching the text {}, from {} on, {fault}", patch.from.sha256, patch.name);
            suite.report.findings.add(PDIFF_CHAIN, &patches.list, message);
        }
    }
    if untried > 0 {
        let message =
            format!("{untried} of {} earlier texts are not in the archive any more", patches.patches.len());
        suite.report.findings.add(PDIFF_UNTRIED, &patches.list, message);
    }
}

/// Patches a text to its end.
fn walk(suite: &Suite<'_>, patches: &Patches, from: &str, chain: &[Patch]) -> Result<(), String> {
    let mut text = text(suite, from).ok_or("it is gone")?;
    for patch in chain {
        if Text::of(&text) != patch.from {
            return Err(format!("gives another text than the one that {} starts from", patch.name));
        }
        let script = script(suite, patches, patch)?;
        text = apply(&text, &script).map_err(|error| format!("fails at {}: {error}", patch.name))?;
    }
    match Text::of(&text) == patches.current {
        true => Ok(()),
        false => Err("does not end in the current text".to_owned()),
    }
}

/// Where earlier texts are, by their hash.
fn earlier(suite: &Suite<'_>, patches: &Patches, index: &str) -> BTreeMap<[u8; 32], String> {
    let directory = index.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
    let directory = suite.path(&format!("{directory}by-hash/SHA256"));
    let mut found = BTreeMap::new();
    for patch in &patches.patches {
        let path = format!("{directory}/{}", patch.from.sha256);
        if matches!(suite.of.outside.size(&path), Ok(Some(_))) {
            found.insert(*patch.from.sha256.as_bytes(), path);
        }
    }
    if found.len() == patches.patches.len() {
        return found;
    }
    // Compressed ones have the names of what they are compressed: all are read, where the server shows which there are.
    let names = suite.of.outside.list(&directory).ok().flatten().unwrap_or_default();
    let files = names.into_iter().filter(|entry| entry.kind != EntryKind::Directory).take(MOST_LOOKED_AT);
    for path in files.map(|entry| format!("{directory}/{}", entry.name)) {
        if let Some(text) = text(suite, &path) {
            let of = Text::of(&text);
            if patches.patches.iter().any(|patch| patch.from == of) {
                found.entry(*of.sha256.as_bytes()).or_insert(path);
            }
        }
    }
    found
}

/// What is in a file whose name does not say how it is compressed.
fn text(suite: &Suite<'_>, path: &str) -> Option<Vec<u8>> {
    let Ok(Whole::Bytes(bytes)) = whole(suite.of.outside, path, TEXT_BYTES) else { return None };
    let compression = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Compression::Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        [b'B', b'Z', b'h', ..] => Compression::Bzip2,
        _ => return Some(bytes),
    };
    let mut text = Vec::new();
    let decoded = decoder(compression, bytes.as_slice(), &limits()).ok()?;
    let size = decoded.take(TEXT_BYTES.saturating_add(1)).read_to_end(&mut text).ok()?;
    (size as u64 <= TEXT_BYTES).then_some(text)
}
