//! Little that becomes much.

use debfmt::builder::{ArWriter, TarHeader, TarWriter, compress};
use debfmt::compress::Compression;

use super::Corpus;
use super::archives::{control_tar, data_tar, gz};

const FORMS: [(&str, Compression); 4] = [
    ("gz", Compression::Gzip),
    ("xz", Compression::Xz),
    ("zst", Compression::Zstd),
    ("bz2", Compression::Bzip2),
];

pub(super) fn add(corpus: &mut Corpus) {
    let start = || ArWriter::new().member("debian-binary", b"2.0\n");
    // 200 MB of zeros, in a control archive that may have 64.
    let zeros = TarWriter::new().file("./control", &vec![0; 200_000_000]).finish();
    for (name, form) in FORMS {
        let control = compress(form, &zeros);
        let bytes =
            start().member(&format!("control.tar.{name}"), &control).member("data.tar.gz", &gz(&data_tar()));
        corpus.deb(&format!("bomb: control.tar.{name}"), bytes.finish());
    }
    // A file that says it has a terabyte, and is cut after the zeros that there are.
    let header = TarHeader { path: b"./usr/zeros", size: 1 << 40, ..TarHeader::default() };
    let huge = [TarWriter::new().entry(&header).unfinished(), vec![0; 200_000_000]].concat();
    for (name, form) in FORMS {
        let data = compress(form, &huge);
        let bytes =
            start().member("control.tar.gz", &gz(&control_tar())).member(&format!("data.tar.{name}"), &data);
        corpus.deb(&format!("bomb: data.tar.{name}"), bytes.finish());
    }
    // Compressed data inside compressed data is only data; the outer layer is what counts.
    let twice = compress(Compression::Gzip, &compress(Compression::Gzip, &zeros));
    let bytes = start().member("control.tar.gz", &twice).member("data.tar.gz", &gz(&data_tar()));
    corpus.deb("bomb: gz in gz", bytes.finish());
    for (name, form) in FORMS {
        let good = compress(form, &control_tar());
        let cut = start().member(&format!("control.tar.{name}"), &good[..good.len() - 6]);
        corpus.deb(
            &format!("compression: {name} is cut"),
            cut.member("data.tar.gz", &gz(&data_tar())).finish(),
        );
        let mut flipped = good.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 0x40;
        let bytes = start().member(&format!("control.tar.{name}"), &flipped);
        corpus.deb(
            &format!("compression: {name} is damaged"),
            bytes.member("data.tar.gz", &gz(&data_tar())).finish(),
        );
        let tail = [good.as_slice(), b"rubbish rubbish rubbish"].concat();
        let bytes = start().member(&format!("control.tar.{name}"), &tail);
        corpus.deb(
            &format!("compression: {name} with rubbish behind"),
            bytes.member("data.tar.gz", &gz(&data_tar())).finish(),
        );
    }
    let wide = wide_window();
    let bytes = start().member("control.tar.gz", &gz(&control_tar())).member("data.tar.zst", &wide);
    corpus.deb("compression: a zstd window of 2 GiB", bytes.finish());
    let bytes =
        start().member("control.tar.gz", &gz(&control_tar())).member("data.tar.xz", &wide_dictionary());
    corpus.deb("compression: an xz dictionary of 1.5 GiB", bytes.finish());
}

/// The head of a zstd frame that asks for a window of 2 GiB (RFC 8878 section 3.1.1.1.2).
fn wide_window() -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]
}

/// An xz stream whose block header asks for a dictionary of 1.5 GiB (The .xz File Format, section 5.3.1), with true
/// checksums.
fn wide_dictionary() -> Vec<u8> {
    let mut out = vec![0xfd, b'7', b'z', b'X', b'Z', 0, 0, 1];
    out.extend(crc32(&[0, 1]).to_le_bytes());
    let block = [2, 0, 0x21, 1, 37, 0, 0, 0];
    out.extend(block);
    out.extend(crc32(&block).to_le_bytes());
    out.extend([1, 0, 0, b'x', 0]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    };
    !bytes.iter().fold(!0, step)
}
