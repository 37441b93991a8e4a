//! Packages put together from their parts, so that a mutation reaches what is inside a compressed member.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A member of an ar archive with a true header.
fn member(out: &mut Vec<u8>, name: &str, content: &[u8]) {
    out.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", content.len()).bytes());
    out.extend(content);
    if content.len() % 2 == 1 {
        out.push(b'\n');
    }
}

/// A .deb whose two archives are these bytes, compressed.
pub(super) fn deb(control: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    member(&mut out, "debian-binary", b"2.0\n");
    member(&mut out, "control.tar.gz", &gzip(control));
    member(&mut out, "data.tar.gz", &gzip(data));
    out
}

/// A tar archive with one file.
pub(super) fn tar(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    for (at, text) in
        [(100, "0000644"), (108, "0000000"), (116, "0000000"), (136, "00000000000"), (257, "ustar  ")]
    {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    checksum(&mut header);
    let mut out = header.to_vec();
    out.extend(content);
    out.resize(out.len().next_multiple_of(512) + 1024, 0);
    out
}

/// Makes the checksum of a tar header true.
fn checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// The same archive with true checksums in whatever blocks look like headers: otherwise nearly every mutation would end
/// at the checksum.
pub(super) fn with_true_checksums(archive: &[u8]) -> Vec<u8> {
    let mut out = archive.to_vec();
    for block in out.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar") {
            checksum(block);
        }
    }
    out
}
