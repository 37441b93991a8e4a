mod paths;

use std::io::{self, Read};

use proptest::prelude::*;

use super::*;
use crate::ar::ArError;
use crate::builder::{ArWriter, DebBuilder, TarHeader, TarWriter, compress};
use crate::compress::DecodeError;
use crate::digest::{Algorithms, Checksums, HashingReader};
use crate::limits::LimitExceeded;
use crate::tar::TarError;

const CONTROL_TEXT: &[u8] = b"Package: x\nVersion: 1\nArchitecture: all\n";
const CONTROL_COMPRESSIONS: [Compression; 4] =
    [Compression::None, Compression::Gzip, Compression::Xz, Compression::Zstd];

fn read_default(bytes: &[u8]) -> Result<DebFile, DebError> {
    read(bytes, &Limits::default())
}

/// Both ways of reading must refuse what is wrong outside of the data archive.
fn error_of(bytes: &[u8]) -> DebError {
    let error = read_default(bytes).unwrap_err();
    assert_eq!(read_control(bytes, &Limits::default()).unwrap_err(), error);
    error
}

fn good_control() -> Vec<u8> {
    TarWriter::new().file("./control", CONTROL_TEXT).finish()
}

fn good_data() -> Vec<u8> {
    TarWriter::new().directory("./").file("./usr/x", b"x").finish()
}

/// A package of these uncompressed archives.
fn deb(control: &[u8], data: &[u8]) -> Vec<u8> {
    ArWriter::new()
        .member("debian-binary", b"2.0\n")
        .member("control.tar", control)
        .member("data.tar", data)
        .finish()
}

fn with_members(members: &[(&str, &[u8])]) -> Vec<u8> {
    members.iter().fold(ArWriter::new(), |ar, (name, content)| ar.member(name, content)).finish()
}

fn with_control(control: TarWriter) -> Vec<u8> {
    deb(&control.finish(), &good_data())
}

fn with_data(data: TarWriter) -> Vec<u8> {
    deb(&good_control(), &data.finish())
}

fn builder() -> DebBuilder {
    DebBuilder::new("hello", "1:2.0-3", "amd64")
        .file("usr/bin/hello", b"#!/bin/sh\n")
        .file("usr/share/doc/hello/copyright", b"free\n")
        .symlink("usr/bin/hi", "hello")
        .control_file("postinst", b"#!/bin/sh\n")
        .mtime(77)
}

#[test]
fn a_package_is_read_whole() {
    let deb = read_default(&builder().build().bytes).unwrap();
    assert_eq!(deb.control.get("Package"), Some("hello"));
    assert_eq!(deb.control_text, builder().control_text());
    assert_eq!(deb.control_members, ["control", "md5sums", "postinst"]);
    let files: Vec<&str> = deb.files().collect();
    assert_eq!(files, ["usr/bin/hello", "usr/bin/hi", "usr/share/doc/hello/copyright"]);
    assert_eq!(deb.entries[0].path, "usr");
    let hello = DataEntry { path: "usr/bin/hello".into(), mtime: 77, kind: DataKind::File, size: 10 };
    assert!(deb.entries.contains(&hello));
}

#[test]
fn every_allowed_compression_is_read() {
    for control in CONTROL_COMPRESSIONS {
        for data in Compression::ALL {
            let bytes = builder().compression(data).control_compression(control).build().bytes;
            let deb = read_default(&bytes).unwrap();
            assert_eq!((deb.control_compression, deb.data_compression), (control, data));
            assert_eq!(deb.files().count(), 3);
            let only_control = read_control(bytes.as_slice(), &Limits::default()).unwrap();
            assert_eq!(only_control.control_text, deb.control_text);
            assert_eq!(only_control.data_compression, data);
            assert!(only_control.entries.is_empty());
        }
    }
}

#[test]
fn a_hashing_reader_sees_the_whole_file() {
    let bytes = builder().build().bytes;
    for with_data in [true, false] {
        let mut reader = HashingReader::new(bytes.as_slice(), Algorithms::ALL);
        read_parts(&mut reader, &Limits::default(), with_data).unwrap();
        assert_eq!(reader.finish().unwrap(), Checksums::of(&bytes, Algorithms::ALL));
    }
}

#[test]
fn kinds_are_told_by_file_names() {
    assert_eq!(DebKind::of_file_name("a_1_all.deb"), Some(DebKind::Deb));
    assert_eq!(DebKind::of_file_name("a_1_all.udeb"), Some(DebKind::Udeb));
    assert_eq!(DebKind::of_file_name("a_1_all.ddeb"), Some(DebKind::Ddeb));
    assert_eq!(DebKind::of_file_name("a_1.dsc"), None);
    assert_eq!(DebKind::of_file_name("deb"), None);
}

#[test]
fn a_package_cut_at_any_byte_is_refused() {
    for compression in Compression::ALL {
        let bytes = builder().compression(compression).build().bytes;
        for cut in 0..bytes.len() {
            let error = error_of(&bytes[..cut]);
            let known = matches!(
                error,
                DebError::Ar(ArError::Truncated { .. } | ArError::Empty) | DebError::MissingMember { .. }
            );
            assert!(known, "{compression} cut at {cut}: {error}");
        }
    }
}

#[test]
fn files_that_are_no_packages_say_so() {
    assert_eq!(error_of(b""), DebError::Ar(ArError::Empty));
    assert_eq!(error_of(b"\x1f\x8bgzip after all"), DebError::Ar(ArError::NotAnArchive));
    assert_eq!(error_of(b"!<arch>\n"), DebError::MissingMember { expected: "debian-binary" });
}

#[test]
fn members_must_be_the_three_in_their_order() {
    let (control, data) = (good_control(), good_data());
    let version: (&str, &[u8]) = ("debian-binary", b"2.0\n");
    let control: (&str, &[u8]) = ("control.tar", &control);
    let data: (&str, &[u8]) = ("data.tar", &data);

    let unexpected = |name: &str, expected| DebError::UnexpectedMember { name: name.into(), expected };
    assert_eq!(
        error_of(&with_members(&[control, version, data])),
        unexpected("control.tar", "debian-binary")
    );
    assert_eq!(error_of(&with_members(&[version, data, control])), unexpected("data.tar", "control.tar"));
    assert_eq!(
        error_of(&with_members(&[version, control, ("surprise", b""), data])),
        unexpected("surprise", "data.tar")
    );
    assert_eq!(error_of(&with_members(&[version])), DebError::MissingMember { expected: "control.tar" });
    assert_eq!(
        error_of(&with_members(&[version, control])),
        DebError::MissingMember { expected: "data.tar" }
    );

    let duplicate = |name: &str| DebError::DuplicateMember { name: name.into() };
    assert_eq!(error_of(&with_members(&[version, version, control, data])), duplicate("debian-binary"));
    assert_eq!(error_of(&with_members(&[version, control, control, data])), duplicate("control.tar"));
    assert_eq!(error_of(&with_members(&[version, control, data, data])), duplicate("data.tar"));
    assert_eq!(
        error_of(&with_members(&[version, control, data, ("control.tar.xz", b"")])),
        duplicate("control.tar.xz")
    );
}

#[test]
fn members_that_readers_shall_ignore_are_ignored() {
    let (control, data) = (good_control(), good_data());
    let bytes = with_members(&[
        ("debian-binary", b"2.7\nmore lines\n"),
        ("_early", b"odd"),
        ("control.tar", &control),
        ("_between", b""),
        ("data.tar", &data),
        ("_gpgorigin", b"signature"),
        ("later", b""),
    ]);
    assert_eq!(read_default(&bytes).unwrap().files().collect::<Vec<_>>(), ["usr/x"]);

    let many = vec![("_", &b""[..]); 20];
    let bytes = with_members(&[&[("debian-binary", &b"2.0\n"[..])], many.as_slice()].concat());
    assert_eq!(error_of(&bytes), DebError::Ar(ArError::TooManyMembers { limit: 16 }));
}

#[test]
fn another_format_version_is_refused() {
    for text in ["3.0\n", "2\n", "2.\n", "2.x\n", "2.0", "", "20.0\n", "0.939000\n"] {
        let bytes = with_members(&[("debian-binary", text.as_bytes())]);
        assert!(matches!(error_of(&bytes), DebError::BadFormatVersion { .. }), "{text:?}");
    }
    let bytes = with_members(&[("debian-binary", &[b'2'; 5000])]);
    assert_eq!(error_of(&bytes), DebError::BadFormatVersion { found: "5000 bytes".into() });
}

#[test]
fn compressions_that_are_not_allowed_are_refused() {
    let data = good_data();
    for name in ["control.tar.bz2", "control.tar.lzma", "control.tar.Z", "control.tar.", "control.tar.g.gz"] {
        let bytes = with_members(&[("debian-binary", b"2.0\n"), (name, b""), ("data.tar", &data)]);
        assert_eq!(error_of(&bytes), DebError::UnsupportedCompression { member: name.into() });
    }
    let control = good_control();
    let bytes =
        with_members(&[("debian-binary", b"2.0\n"), ("control.tar", &control), ("data.tar.lz4", b"")]);
    assert_eq!(error_of(&bytes), DebError::UnsupportedCompression { member: "data.tar.lz4".into() });
}

#[test]
fn a_size_of_gigabytes_in_a_small_file_is_truncation() {
    let start = ArWriter::new().member("debian-binary", b"2.0\n");
    let bytes = start.clone().header("control.tar.xz", "5000000000").raw(&[0; 500]).finish();
    // The garbage is no xz stream, and the decoder may notice that first.
    assert!(matches!(error_of(&bytes), DebError::Ar(ArError::Truncated { .. }) | DebError::Tar { .. }));
    let control = good_control();
    let bytes =
        start.member("control.tar", &control).header("data.tar", "5000000000").raw(&[0; 500]).finish();
    assert_eq!(error_of(&bytes), DebError::Ar(ArError::Truncated { offset: bytes.len() as u64 }));
}

#[test]
fn nothing_but_members_may_follow() {
    let good = deb(&good_control(), &good_data());
    let offset = good.len() as u64;
    for garbage in [&b"\n"[..], b"garbage", &[0; 60], &[b'x'; 200]] {
        let bytes = [&good, garbage].concat();
        assert_eq!(error_of(&bytes), DebError::TrailingGarbage { offset });
    }
    let second = ArWriter::new().member("later", b"content").finish();
    let cut = [&good, &second[8..second.len() - 3]].concat();
    assert_eq!(error_of(&cut), DebError::TrailingGarbage { offset });
}

#[test]
fn data_after_a_compressed_stream_is_refused() {
    for c in CONTROL_COMPRESSIONS {
        let mut control = compress(c, &good_control());
        control.extend_from_slice(b"hidden after the stream");
        let name = format!("control.tar{}", c.suffix());
        let data = good_data();
        let bytes = with_members(&[("debian-binary", b"2.0\n"), (&name, &control), ("data.tar", &data)]);
        assert!(matches!(error_of(&bytes), DebError::Tar { member, .. } if member == name), "{c}");
    }
}

#[test]
fn a_control_bomb_stops_at_the_limit() {
    let limits = Limits::strict();
    let limit = limits.control_unpacked_bytes;
    for c in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let bomb =
            TarWriter::new().file("./control", CONTROL_TEXT).file("./bomb", &vec![0; 16 << 20]).finish();
        let bomb = compress(c, &bomb);
        assert!(bomb.len() * 50 < 16 << 20, "{c} is no bomb: {}", bomb.len());
        let member = format!("control.tar{}", c.suffix());
        let bytes =
            with_members(&[("debian-binary", b"2.0\n"), (&member, &bomb), ("data.tar", &good_data())]);
        let source = TarError::TooLarge(LimitExceeded { what: "control.tar", limit });
        assert_eq!(read(bytes.as_slice(), &limits).unwrap_err(), DebError::Tar { member, source });
    }
}

#[test]
fn a_data_bomb_stops_at_the_limit() {
    let limits = Limits::strict();
    let bytes = DebBuilder::new("x", "1", "all").file("bomb", vec![0; 16 << 20]).build().bytes;
    let what = LimitExceeded { what: "data.tar", limit: limits.data_unpacked_bytes };
    let expected = DebError::Tar { member: "data.tar.xz".into(), source: TarError::TooLarge(what) };
    assert_eq!(read(bytes.as_slice(), &limits).unwrap_err(), expected);
    assert!(read_control(bytes.as_slice(), &limits).is_ok());
}

#[test]
fn paths_that_compress_to_nothing_do_not_fill_the_memory() {
    let limits = Limits { tar_path_bytes: 4096, data_unpacked_bytes: 1 << 30, ..Limits::strict() };
    let data = (0..20).fold(TarWriter::new(), |tar, n| tar.file(format!("./{n}{}", "p".repeat(1000)), b""));
    let bytes = with_data(data);
    let limit = 128 * 32;
    let expected = DebError::PathsTooLong { member: "data.tar".into(), limit };
    assert_eq!(read(bytes.as_slice(), &limits).unwrap_err(), expected);
}

#[test]
fn a_giant_window_is_named() {
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    zstd.extend_from_slice(&5_000_000_000u64.to_le_bytes());
    zstd.extend_from_slice(&[0x01, 0x00, 0x00]);
    let bytes = with_members(&[("debian-binary", b"2.0\n"), ("control.tar.zst", &zstd)]);
    let limit = Limits::default().decoder_memory;
    let source = TarError::Decode(DecodeError::Memory { compression: Compression::Zstd, limit });
    assert_eq!(error_of(&bytes), DebError::Tar { member: "control.tar.zst".into(), source });
}

#[test]
fn a_failing_disk_is_not_a_bad_package() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let bytes = builder().build().bytes;
    for cut in 0..bytes.len() {
        for with_data in [true, false] {
            let reader = (&bytes[..cut]).chain(Broken);
            let error = read_parts(reader, &Limits::default(), with_data).unwrap_err();
            assert!(error.is_io(), "cut at {cut}: {error:?}");
        }
    }
}

fn compressions() -> impl Strategy<Value = (Compression, Compression)> {
    (prop::sample::select(&CONTROL_COMPRESSIONS[..]), prop::sample::select(&Compression::ALL[..]))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read_default(&bytes).is_err());
        let bytes = with_members(&[("debian-binary", b"2.0\n"), ("control.tar.xz", &bytes), ("data.tar", &bytes)]);
        prop_assert!(read_default(&bytes).is_err());
    }

    #[test]
    fn mutated_packages_never_panic(
        (control, data) in compressions(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = builder().control_compression(control).compression(data).build().bytes;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let limits = Limits { data_unpacked_bytes: 1 << 20, decoder_memory: 32 << 20, ..Limits::strict() };
        if let Ok(deb) = read(bytes.as_slice(), &limits) {
            prop_assert!(deb.entries.iter().all(|entry| !entry.path.starts_with('/')));
        }
        let error = read_control(bytes.as_slice(), &limits).err();
        prop_assert!(error.is_none_or(|error| !error.is_io()));
    }
}
