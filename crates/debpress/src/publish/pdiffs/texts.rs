//! The texts of indexes, unpacked in memory.

use std::io::Read;

use debfmt::compress::{Compression, decoder};
use debfmt::digest::Sha256;
use debfmt::limits::{LimitedReader, Limits};
use debfmt::pdiff::Sum;

use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::ports::db::IndexFile;
use crate::ports::shortage::in_one_line;
use crate::publish::target::Target;
use crate::publish::{PublishSite, retention};

/// The longest text that gets patches, in bytes: five times Debian's. Three such texts are in memory at a time.
const LONGEST: u64 = 256 * 1024 * 1024;

/// An earlier text of an index.
pub(super) struct EarlierText {
    pub(super) bytes: Vec<u8>,
    pub(super) sum: Sum,
}

/// How much work it is to unpack a form, compared with others.
pub(super) fn work(form: Compression) -> u8 {
    match form {
        Compression::None => 0,
        Compression::Zstd => 1,
        Compression::Gzip => 2,
        Compression::Xz | Compression::Lzma => 3,
        Compression::Bzip2 => 4,
    }
}

/// The current text, as it was just written; or why it cannot be had.
pub(super) fn staged_text(
    site: &PublishSite<'_>,
    target: &Target,
    (name, form): (&IndexName, Compression),
    sum: Sum,
) -> Result<Vec<u8>, String> {
    let key = TreeKey::Staged(target.name.clone(), SuiteFile::Index(name.clone(), form));
    let packed = read(site, target, &key)?.ok_or("it is not there")?;
    let text = unpack(form, &packed)?;
    if Sum::of(&text) == sum { Ok(text) } else { Err("it is not the text that was written".to_owned()) }
}

/// The text of a recorded file of the live suite, found by its hash or by its plain name; or why it cannot be had.
pub(super) fn earlier_text(
    site: &PublishSite<'_>,
    target: &Target,
    file: &IndexFile,
    form: Compression,
) -> Result<EarlierText, String> {
    let by_hash = retention::lasting(target, file).map_err(|error| error.to_string())?;
    let (index, _) = IndexName::of_path(&file.path).ok_or("it is no index")?;
    for live in [by_hash, SuiteFile::Index(index, form)] {
        let Some(packed) = read(site, target, &TreeKey::Live(target.name.clone(), live))? else { continue };
        if Sha256::of(&packed).to_string() == file.sha256 {
            let bytes = unpack(form, &packed)?;
            let sum = Sum::of(&bytes);
            return Ok(EarlierText { bytes, sum });
        }
    }
    Err("no file has its hash any more".to_owned())
}

fn read(site: &PublishSite<'_>, target: &Target, key: &TreeKey) -> Result<Option<Vec<u8>>, String> {
    site.tree.read(&target.root, key).map_err(|error| in_one_line(&error))
}

fn unpack(form: Compression, packed: &[u8]) -> Result<Vec<u8>, String> {
    let unpacked = || {
        let reader = decoder(form, packed, &Limits::index())?;
        let mut text = Vec::new();
        LimitedReader::new(reader, "an index that gets patches", LONGEST).read_to_end(&mut text)?;
        Ok(text)
    };
    unpacked().map_err(|error: std::io::Error| error.to_string())
}
