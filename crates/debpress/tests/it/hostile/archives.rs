//! The ar archive that a .deb is, and the tar archives in it.

use debfmt::builder::{ArWriter, TarHeader, TarWriter, compress};
use debfmt::compress::Compression;

use super::Corpus;

pub(super) const CONTROL: &[u8] =
    b"Package: bad\nVersion: 1.0\nArchitecture: amd64\nMaintainer: A <a@example.org>\nInstalled-Size: 1\nDescription: bad\n";

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    compress(Compression::Gzip, bytes)
}

pub(super) fn control_tar() -> Vec<u8> {
    TarWriter::new().file("./control", CONTROL).finish()
}

pub(super) fn data_tar() -> Vec<u8> {
    TarWriter::new().mtime(1_700_000_000).directory("./usr").file("./usr/bad", b"bad").finish()
}

/// A .deb of these two archives.
pub(super) fn deb(control: &[u8], data: &[u8]) -> Vec<u8> {
    let ar = ArWriter::new().member("debian-binary", b"2.0\n").member("control.tar.gz", &gz(control));
    ar.member("data.tar.gz", &gz(data)).finish()
}

pub(super) fn add(corpus: &mut Corpus) {
    ar(corpus);
    data(corpus);
    control(corpus);
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn ar(corpus: &mut Corpus) {
    let (control, data) = (gz(&control_tar()), gz(&data_tar()));
    let start = || ArWriter::new().member("debian-binary", b"2.0\n");
    let both = || start().member("control.tar.gz", &control).member("data.tar.gz", &data);
    let whole = both().finish();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing at all", Vec::new()),
        ("no archive at all", b"#!/bin/sh\nrm -rf /\n".to_vec()),
        ("only the magic", b"!<arch>\n".to_vec()),
        ("a thin archive", [b"!<thin>\n", &whole[8..]].concat()),
        ("cut in a header", whole[..100].to_vec()),
        ("cut in a member", whole[..whole.len() - 20].to_vec()),
        ("rubbish at the end", [whole.as_slice(), b"rubbish"].concat()),
        ("another package at the end", [whole.as_slice(), whole.as_slice()].concat()),
        ("no control", start().member("data.tar.gz", &data).finish()),
        ("no data", start().member("control.tar.gz", &control).finish()),
        (
            "no version",
            ArWriter::new().member("control.tar.gz", &control).member("data.tar.gz", &data).finish(),
        ),
        (
            "data before control",
            start().member("data.tar.gz", &data).member("control.tar.gz", &control).finish(),
        ),
        (
            "two controls",
            start()
                .member("control.tar.gz", &control)
                .member("control.tar.gz", &control)
                .member("data.tar.gz", &data)
                .finish(),
        ),
        ("two datas", both().member("data.tar.gz", &data).finish()),
        (
            "a control in another form too",
            start()
                .member("control.tar.gz", &control)
                .member("control.tar", &control_tar())
                .member("data.tar.gz", &data)
                .finish(),
        ),
        (
            "a strange member",
            start()
                .member("evil", b"x")
                .member("control.tar.gz", &control)
                .member("data.tar.gz", &data)
                .finish(),
        ),
        (
            "hundreds of members",
            (0..300).fold(both(), |ar, number| ar.member(&format!("_x{number}"), b"x")).finish(),
        ),
        (
            "version 3",
            ArWriter::new()
                .member("debian-binary", b"3.0\n")
                .member("control.tar.gz", &control)
                .member("data.tar.gz", &data)
                .finish(),
        ),
        (
            "a version that is none",
            ArWriter::new()
                .member("debian-binary", &[b'2'; 5000])
                .member("control.tar.gz", &control)
                .member("data.tar.gz", &data)
                .finish(),
        ),
        ("a size below nothing", start().header("control.tar.gz", "-5").raw(&control).finish()),
        ("a size of gigabytes", start().header("control.tar.gz", "9999999999").raw(&control).finish()),
        ("a size that is no number", start().header("control.tar.gz", "evil").raw(&control).finish()),
        (
            "a size that overlaps the next",
            start()
                .header("control.tar.gz", &(control.len() + 100).to_string())
                .raw(&control)
                .raw(&data)
                .finish(),
        ),
        (
            "a compression that nobody has",
            start().member("control.tar.Z", &control).member("data.tar.gz", &data).finish(),
        ),
        (
            "data compressed as lz4",
            start().member("control.tar.gz", &control).member("data.tar.lz4", &data).finish(),
        ),
        (
            "control that is not what its name says",
            start().member("control.tar.xz", &control).member("data.tar.gz", &data).finish(),
        ),
        (
            "a member with a path",
            ArWriter::new().member("../../evil", b"2.0\n").member("control.tar.gz", &control).finish(),
        ),
        ("a damaged header end", {
            let mut bytes = whole.clone();
            bytes[66] = b'x';
            bytes
        }),
    ];
    for (name, bytes) in cases {
        corpus.deb(&format!("ar: {name}"), bytes);
    }
}

fn entry(header: &TarHeader<'_>) -> Vec<u8> {
    TarWriter::new().entry(header).finish()
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn data(corpus: &mut Corpus) {
    let tar = TarWriter::new;
    let header = |path: &'static [u8], typeflag: u8| TarHeader { path, typeflag, ..TarHeader::default() };
    let many = (0..600_000).fold(tar(), |tar, number| tar.directory(format!("./d{number}"))).finish();
    let mut checksum = data_tar();
    checksum[150] ^= 1;
    let good = data_tar();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a path upwards", tar().file("./../../etc/passwd", b"x").finish()),
        ("a path upwards inside", tar().file("./usr/../../etc/passwd", b"x").finish()),
        ("an absolute path", tar().file("/etc/passwd", b"x").finish()),
        ("a path of dots", tar().file("..", b"x").finish()),
        ("an empty path", entry(&header(b"", b'0'))),
        ("a path beyond all bounds", tar().file(format!("./{}", "d/".repeat(3000)), b"x").finish()),
        ("a hard link upwards", tar().hardlink("./usr/x", "../../etc/passwd").finish()),
        ("a hard link to an absolute path", tar().hardlink("./usr/x", "/etc/passwd").finish()),
        ("a symlink to nowhere", entry(&header(b"./x", b'2'))),
        ("an entry of no known kind", entry(&header(b"./x", b'Z'))),
        ("a sparse file", entry(&header(b"./x", b'S'))),
        ("a volume label", entry(&header(b"./x", b'V'))),
        (
            "a size of exabytes",
            entry(&TarHeader { path: b"./x", size: u64::MAX / 2, ..TarHeader::default() }),
        ),
        ("a size beyond the end", entry(&TarHeader { path: b"./x", size: 1 << 30, ..TarHeader::default() })),
        (
            "a directory with content",
            entry(&TarHeader { path: b"./x", typeflag: b'5', size: 512, ..TarHeader::default() }),
        ),
        ("a wrong checksum", checksum),
        ("cut in a header", good[..300].to_vec()),
        ("cut in a file", good[..1200].to_vec()),
        ("no end", tar().file("./x", b"x").unfinished()[..600].to_vec()),
        ("rubbish after the end", [good.as_slice(), &[7; 1024]].concat()),
        (
            "a long name of megabytes",
            tar().extension(b'L', &vec![b'a'; 20_000_000]).file("./x", b"x").finish(),
        ),
        ("a long name for nobody", tar().extension(b'L', b"./evil\0").finish()),
        (
            "two long names",
            tar().extension(b'L', b"./a\0").extension(b'L', b"./b\0").file("./x", b"x").finish(),
        ),
        ("pax", tar().pax(&[("path", "./evil")]).file("./x", b"x").finish()),
        (
            "a pax record of megabytes",
            tar().extension(b'x', &vec![b'9'; 20_000_000]).file("./x", b"x").finish(),
        ),
        ("a pax size that lies", tar().pax(&[("size", "99999999999999999999")]).file("./x", b"x").finish()),
        ("a global pax header", tar().extension(b'g', b"14 path=evil\n\n").file("./x", b"x").finish()),
        ("more entries than anybody has", many),
    ];
    for (name, bytes) in cases {
        corpus.deb(&format!("data: {name}"), deb(&control_tar(), &bytes));
    }
}

fn control(corpus: &mut Corpus) {
    let tar = TarWriter::new;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no control file", tar().file("./postinst", b"#!/bin/sh\n").finish()),
        ("two control files", tar().file("./control", CONTROL).file("./control", CONTROL).finish()),
        ("control that is a link", tar().symlink("./control", "/etc/passwd").finish()),
        ("control that is a directory", tar().directory("./control").finish()),
        ("control below a directory", tar().file("./sub/control", CONTROL).finish()),
        ("a path upwards", tar().file("./control", CONTROL).file("../evil", b"x").finish()),
        ("a device", entry(&TarHeader { path: b"./control", typeflag: b'3', ..TarHeader::default() })),
        ("nothing at all", Vec::new()),
        ("rubbish", vec![b'x'; 4096]),
        (
            "a control file of megabytes",
            tar().file("./control", &[CONTROL, &vec![b'\n'; 30_000_000]].concat()).finish(),
        ),
    ];
    for (name, bytes) in cases {
        corpus.deb(&format!("control: {name}"), deb(&bytes, &data_tar()));
    }
}
