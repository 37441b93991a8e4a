//! What is inside source packages.

use debfmt::builder::{ChangesBuilder, TarHeader, TarWriter, compress};
use debfmt::compress::Compression;

use super::Corpus;
use crate::support::sources::with_archive;

const LOG: &[u8] = b"src (1.0) stable; urgency=low\n\n  * x\n\n -- A <a@example.org>  now\n";
const NEWER: &[u8] = b"src (1.1) stable; urgency=low\n\n  * x\n\n -- A <a@example.org>  now\n";

pub(super) fn add(corpus: &mut Corpus) {
    let tar = || TarWriter::new().file("src/debian/changelog", LOG);
    let special = |typeflag| tar().entry(&TarHeader { path: b"src/x", typeflag, ..TarHeader::default() });
    let many = (0..600_000).fold(tar(), |tar, number| tar.directory(format!("src/d{number}")));
    let links = (0..200_000).fold(tar(), |tar, number| tar.symlink(format!("src/{number:090}"), "x"));
    let cases: Vec<(&str, TarWriter)> = vec![
        ("a path upwards", tar().file("src/../../evil", b"x")),
        ("an absolute path", tar().file("/etc/passwd", b"x")),
        ("a file through a link", tar().symlink("src/x", "/etc").file("src/x/passwd", b"x")),
        ("a link through a link", tar().symlink("src/x", "/etc").symlink("src/x/y", "/")),
        ("a hard link through a link", tar().symlink("src/x", "/etc").hardlink("src/y", "src/x/passwd")),
        ("a hard link upwards", tar().hardlink("src/y", "../../etc/passwd")),
        ("a top that is a link", TarWriter::new().symlink("src", "/tmp").file("src/debian/changelog", LOG)),
        (
            "a debian that is a link",
            TarWriter::new().symlink("src/debian", "/tmp").file("src/debian/changelog", LOG),
        ),
        ("a changelog that is a link", TarWriter::new().symlink("src/debian/changelog", "/etc/passwd")),
        ("a changelog that is a directory", TarWriter::new().directory("src/debian/changelog/")),
        ("a device", special(b'3')),
        ("a pipe", special(b'6')),
        ("a sparse file", special(b'S')),
        ("an entry of no known kind", special(b'Z')),
        ("no changelog", TarWriter::new().file("src/README", b"x")),
        ("a changelog of another version", TarWriter::new().file("src/debian/changelog", NEWER)),
        ("a changelog of megabytes", TarWriter::new().file("src/debian/changelog", &vec![b'\n'; 20_000_000])),
        ("a changelog that is binary", TarWriter::new().file("src/debian/changelog", &[0xff; 1000])),
        ("more entries than anybody has", many),
        ("more links than anybody has", links),
        ("a global header with a path", tar().extension(b'g', b"14 path=evil\n\n")),
        ("a pax record of megabytes", tar().extension(b'x', &vec![b'9'; 20_000_000]).file("src/x", b"x")),
    ];
    for (name, tar) in cases {
        source(corpus, name, &tar.finish());
    }
    let good = compress(Compression::Gzip, &tar().finish());
    archive(corpus, "cut", good[..good.len() - 8].to_vec());
    archive(corpus, "rubbish", vec![7; 4096]);
    let zeros = TarHeader { path: b"src/zeros", size: 1 << 40, ..TarHeader::default() };
    let bomb = [tar().entry(&zeros).unfinished(), vec![0; 200_000_000]].concat();
    archive(corpus, "a bomb that is cut", compress(Compression::Gzip, &bomb));
}

fn source(corpus: &mut Corpus, name: &str, tar: &[u8]) {
    archive(corpus, name, compress(Compression::Gzip, tar));
}

fn archive(corpus: &mut Corpus, name: &str, bytes: Vec<u8>) {
    let mut source = with_archive("src", "1.0", bytes, Compression::Gzip);
    source.dsc.bytes = corpus.sign(&source.dsc.bytes);
    let changes = ChangesBuilder::new("src", "1.0", "stable").source_files(&source).build();
    let mut files = vec![corpus.signed(&changes), source.dsc];
    files.extend(source.files);
    corpus.files(&format!("source: {name}"), files);
}
