//! Source packages that no tool makes.

use debfmt::builder::{BuiltFile, BuiltSource, SourceBuilder, compress};
use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::dsc::SourceFormat;

/// A native source package whose one archive is this, compressed; nothing is signed.
pub(crate) fn native_source(name: &str, version: &str, tar: &[u8], compression: Compression) -> BuiltSource {
    with_archive(name, version, compress(compression, tar), compression)
}

/// The same for an archive that is compressed already, or claims to be.
pub(crate) fn with_archive(
    name: &str,
    version: &str,
    archive: Vec<u8>,
    compression: Compression,
) -> BuiltSource {
    let builder = SourceBuilder::new(name, version).binary(name, "any").format(SourceFormat::V3Native);
    let mut source = builder.compression(compression).build();
    let old = source.files.remove(0);
    let new = BuiltFile { name: old.name.clone(), bytes: archive };
    let sums = |file: &BuiltFile| Checksums::of(&file.bytes, Algorithms::ALL);
    let (before, after) = (sums(&old), sums(&new));
    let mut text = String::from_utf8(source.dsc.bytes.clone()).unwrap();
    for (old, new) in [
        (before.md5.unwrap().to_string(), after.md5.unwrap().to_string()),
        (before.sha1.unwrap().to_string(), after.sha1.unwrap().to_string()),
        (before.sha256.to_string(), after.sha256.to_string()),
    ] {
        text = text.replace(&format!("{old} {}", before.size), &format!("{new} {}", after.size));
    }
    source.dsc.bytes = text.into_bytes();
    source.files.push(new);
    source
}
