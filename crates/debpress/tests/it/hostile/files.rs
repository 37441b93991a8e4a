//! What lies in the directory of an upload.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder};

use super::{Corpus, Item, good};

pub(super) fn add(corpus: &mut Corpus) {
    let (unsigned, deb) = good();
    let changes = corpus.signed(&unsigned);
    let with = |item: Item| vec![Item::File(changes.clone()), item];
    let other = |bytes: Vec<u8>| Item::File(BuiltFile { name: deb.name.clone(), bytes });
    let mut flipped = deb.bytes.clone();
    flipped[100] ^= 1;
    let cases = [
        ("no .changes", vec![Item::File(deb.clone())]),
        ("nothing but a directory", vec![Item::Directory("sub/sub".into())]),
        ("a .changes alone", vec![Item::File(changes.clone())]),
        ("a package that is a link to itself", with(Item::Link(deb.name.clone(), deb.name.clone()))),
        ("a package that is a link to a secret", with(Item::Link(deb.name.clone(), "/etc/shadow".into()))),
        ("a package that is a link out", with(Item::Link(deb.name.clone(), "../../debpress.db".into()))),
        ("a package that is a device", with(Item::Link(deb.name.clone(), "/dev/zero".into()))),
        ("a package that is a pipe", with(Item::Fifo(deb.name.clone()))),
        ("a package that is a directory", with(Item::Directory(deb.name.clone()))),
        ("a package that is longer", with(other([deb.bytes.as_slice(), b"more"].concat()))),
        ("a package that is shorter", with(other(deb.bytes[..200].to_vec()))),
        ("a package with one bit changed", with(other(flipped))),
        ("a package that is empty", with(other(Vec::new()))),
        (
            "a .changes that is a link",
            vec![Item::File(deb.clone()), Item::Link("bad_1.0_amd64.changes".into(), "/etc/passwd".into())],
        ),
        (
            "a .changes that is a pipe",
            vec![Item::File(deb.clone()), Item::Fifo("bad_1.0_amd64.changes".into())],
        ),
        ("a .changes that is a directory", vec![Item::Directory("bad_1.0_amd64.changes".into())]),
        (
            "a .changes of another name",
            vec![
                Item::File(deb.clone()),
                Item::File(BuiltFile { name: "evil_2_amd64.changes".into(), ..changes.clone() }),
            ],
        ),
        (
            "a .changes with an unspeakable name",
            vec![
                Item::File(deb.clone()),
                Item::File(BuiltFile { name: "a\u{1b}[2J.changes".into(), ..changes.clone() }),
            ],
        ),
    ];
    for (name, items) in cases {
        corpus.add(&format!("files: {name}"), items);
    }
    taken(corpus);
}

/// What the archive or another source has.
fn taken(corpus: &mut Corpus) {
    let other = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/hello", "evil").build();
    let changes = ChangesBuilder::new("hello", "1.0", "stable").file(&other).build();
    corpus.files("archive: another hello 1.0", vec![corpus.signed(&changes), other]);
    let older = DebBuilder::new("hello", "0.9", "amd64").build();
    let changes = ChangesBuilder::new("hello", "0.9", "stable").file(&older).build();
    corpus.files("archive: an older hello", vec![corpus.signed(&changes), older]);
}
