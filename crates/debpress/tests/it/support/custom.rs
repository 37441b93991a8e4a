//! Makes the files of custom uploads.

use std::io::Write;

use debfmt::builder::{BuiltFile, ChangesBuilder, TarWriter};
use debfmt::compress::{Compression, Encoder};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    compressed(Compression::Gzip, bytes)
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    compressed(Compression::Xz, bytes)
}

fn compressed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(compression, 6, Vec::new()).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn tarball(name: &str, tar: TarWriter) -> BuiltFile {
    BuiltFile { name: name.into(), bytes: gzip(&tar.finish()) }
}

/// Images of the installer in `version` for amd64, as its build makes them.
pub(crate) fn installer(version: &str) -> BuiltFile {
    let base = format!("./installer-amd64/{version}");
    let tar = TarWriter::new()
        .directory("./")
        .directory("./installer-amd64/")
        .symlink("./installer-amd64/current", version)
        .directory(format!("{base}/images/"))
        .file(format!("{base}/images/MANIFEST"), b"the same in all")
        .file(format!("{base}/images/netboot/mini.iso"), version.as_bytes())
        .symlink(format!("{base}/images/latest"), "netboot/mini.iso");
    tarball(&format!("debian-installer-images_{version}_amd64.tar.gz"), tar)
}

/// A .changes of custom files only, each with its section.
pub(crate) fn changes(source: &str, version: &str, suite: &str, files: &[(&BuiltFile, &str)]) -> BuiltFile {
    let builder = ChangesBuilder::new(source, version, suite).architecture(files[0].1);
    files.iter().fold(builder, |builder, (file, section)| builder.file_in(file, section, "-")).build()
}
