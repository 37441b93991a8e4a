use std::io::{self, Read};

use proptest::prelude::*;

use super::*;
use crate::builder::{TarHeader, TarWriter};

type Listed = Vec<(Entry, Vec<u8>)>;

fn read_with(bytes: &[u8], limits: &Limits) -> Result<Listed, TarError> {
    let mut tar = TarReader::new(bytes, limits);
    let mut entries = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        let mut content = Vec::new();
        // A failed read is reported by the next call.
        let read = tar.read_to_end(&mut content);
        assert!(read.is_err() || content.len() as u64 == entry.size);
        entries.push((entry, content));
    }
    Ok(entries)
}

fn read(bytes: &[u8]) -> Result<Listed, TarError> {
    read_with(bytes, &Limits::default())
}

fn paths(bytes: &[u8]) -> Result<Vec<String>, TarError> {
    let mut tar = TarReader::new(bytes, &Limits::default());
    let mut paths = Vec::new();
    while let Some(entry) = tar.next_entry()? {
        paths.push(entry.path_lossy());
    }
    Ok(paths)
}

fn with_header(header: &TarHeader<'_>) -> Vec<u8> {
    TarWriter::new().raw(&header.to_block()).finish()
}

fn sample() -> TarWriter {
    TarWriter::new()
        .mtime(7)
        .directory("./")
        .file("./a", b"content of a")
        .symlink("./b", "a")
        .hardlink("./c", "./a")
        .file("./empty", b"")
        .file("./block", &[b'x'; 512])
}

#[test]
fn all_kinds_of_entries_are_read() {
    let device = |typeflag| TarHeader { path: b"dev", typeflag, ..TarHeader::default() };
    let bytes = sample().entry(&device(b'3')).entry(&device(b'4')).entry(&device(b'6')).finish();
    let entries = read(&bytes).unwrap();
    let kinds: Vec<EntryKind> = entries.iter().map(|(entry, _)| entry.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Directory,
            EntryKind::File,
            EntryKind::Symlink(b"a".to_vec()),
            EntryKind::Hardlink(b"./a".to_vec()),
            EntryKind::File,
            EntryKind::File,
            EntryKind::CharDevice,
            EntryKind::BlockDevice,
            EntryKind::Fifo,
        ]
    );
    assert_eq!(entries[1].1, b"content of a");
    assert_eq!((entries[1].0.mtime, entries[1].0.mode), (7, 0o644));
    assert_eq!(entries[5].1, [b'x'; 512]);
}

#[test]
fn content_may_be_skipped_in_part() {
    let bytes = sample().finish();
    let mut tar = TarReader::new(bytes.as_slice(), &Limits::default());
    tar.next_entry().unwrap();
    tar.next_entry().unwrap();
    tar.read_exact(&mut [0; 3]).unwrap();
    assert_eq!(tar.next_entry().unwrap().unwrap().path, b"./b");
}

#[test]
fn v7_and_posix_headers_are_understood() {
    let v7 =
        TarHeader { path: b"usr/", typeflag: 0, magic: &[0; 8], prefix: b"ignored", ..TarHeader::default() };
    let (entry, _) = read(&with_header(&v7)).unwrap().remove(0);
    assert_eq!((entry.path.as_slice(), entry.kind), (&b"usr/"[..], EntryKind::Directory));

    let posix =
        TarHeader { path: b"name", prefix: b"a/prefix", magic: b"ustar\x0000", ..TarHeader::default() };
    assert_eq!(paths(&with_header(&posix)).unwrap(), ["a/prefix/name"]);

    // GNU keeps times where POSIX has the prefix.
    let gnu = TarHeader { path: b"name", prefix: b"00000000000", ..TarHeader::default() };
    assert_eq!(paths(&with_header(&gnu)).unwrap(), ["name"]);
}

#[test]
fn long_names_of_gnu_and_pax_are_applied() {
    let long = "d/".repeat(150) + "name";
    let target = "t/".repeat(150);
    let entries = read(&TarWriter::new().symlink(&long, &target).file("short", b"").finish()).unwrap();
    assert_eq!(entries[0].0.path, long.as_bytes());
    assert_eq!(entries[0].0.kind, EntryKind::Symlink(target.into_bytes()));
    assert_eq!(entries[1].0.path, b"short");

    let pax = TarWriter::new()
        .pax(&[("path", &long), ("mtime", "-1.5"), ("comment", "ignored")])
        .file("short", b"x")
        .file("next", b"")
        .finish();
    let entries = read(&pax).unwrap();
    assert_eq!((entries[0].0.path.as_slice(), entries[0].0.mtime), (long.as_bytes(), -2));
    assert_eq!((entries[1].0.path.as_slice(), entries[1].0.mtime), (&b"next"[..], 0));
}

#[test]
fn non_utf8_names_are_kept_as_bytes() {
    let entries = read(&TarWriter::new().file(b"caf\xe9", b"").finish()).unwrap();
    assert_eq!(entries[0].0.path, b"caf\xe9");
    assert_eq!(entries[0].0.path_lossy(), r"caf\xe9");
}

#[test]
fn times_before_1970_and_large_ones_are_read() {
    for mtime in [-1, -86_400, 1 << 40, i64::MAX, i64::MIN] {
        let header = TarHeader { path: b"x", mtime, ..TarHeader::default() };
        assert_eq!(read(&with_header(&header)).unwrap()[0].0.mtime, mtime);
    }
}

#[test]
fn the_pax_size_counts_for_the_file_and_for_nothing_in_between() {
    // The attack: a size in pax that another reader applies to the long name header after it, or does not
    // apply to the file, would make it take content for headers: here the hidden entry.
    let hidden = TarWriter::new().file("hidden", b"").unfinished();
    let smuggled = TarWriter::new()
        .pax(&[("size", "512")])
        .entry(&TarHeader { path: "l".repeat(120).as_bytes(), ..TarHeader::default() })
        .content(&hidden)
        .file("last", b"")
        .finish();
    let entries = read(&smuggled).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!((entries[0].0.size, &entries[0].1), (512, &hidden));
    assert_eq!(entries[1].0.path, b"last");

    // Also when pax says less than the header.
    let smuggled = TarWriter::new()
        .pax(&[("size", "0")])
        .entry(&TarHeader { path: b"x", size: 512, ..TarHeader::default() })
        .raw(&hidden)
        .finish();
    assert_eq!(paths(&smuggled).unwrap(), ["x", "hidden"]);

    // And a directory has no content whatever pax says.
    let bytes = TarWriter::new().pax(&[("size", "512")]).directory("d/").content(&hidden).finish();
    assert_eq!(read(&bytes), Err(TarError::UnexpectedSize { offset: 1024 }));
}

#[test]
fn a_giant_pax_size_ends_as_truncated() {
    let bytes = TarWriter::new().pax(&[("size", &u64::MAX.to_string())]).file("x", b"").finish();
    assert_eq!(paths(&bytes), Err(TarError::Truncated { offset: bytes.len() as u64 }));
    assert_eq!(read(&bytes), Err(TarError::Truncated { offset: bytes.len() as u64 }));
}

#[test]
fn pax_that_changes_what_content_is_gets_refused() {
    for (key, value) in
        [("GNU.sparse.major", "1"), ("size", "-1"), ("size", "0x1"), ("path", ""), ("path", "a\0b")]
    {
        let bytes = TarWriter::new().pax(&[(key, value)]).file("x", b"").finish();
        assert!(matches!(read(&bytes), Err(TarError::BadPax { offset: 0, .. })), "{key}={value}");
    }
    let global = |body: &[u8]| TarWriter::new().extension(b'g', body).file("x", b"").finish();
    assert_eq!(paths(&global(b"13 comment=x\n")).unwrap(), ["x"]);
    assert!(matches!(paths(&global(b"9 size=1\n\n")), Err(TarError::BadPax { .. })));
    assert!(matches!(paths(&global(b"10 size=1\n")), Err(TarError::BadPax { .. })));
}

#[test]
fn pax_can_be_refused() {
    let bytes = TarWriter::new().pax(&[("comment", "x")]).file("x", b"").finish();
    let mut tar = TarReader::new(bytes.as_slice(), &Limits::default()).refuse_pax();
    assert_eq!(tar.next_entry(), Err(TarError::UnsupportedType { offset: 0, typeflag: b'x' }));
}

#[test]
fn extensions_said_twice_or_for_nothing_are_refused() {
    let twice = TarWriter::new().extension(b'L', b"one\0").extension(b'L', b"two\0").file("x", b"").finish();
    assert_eq!(read(&twice), Err(TarError::RepeatedExtension { offset: 1024 }));
    let both = TarWriter::new().pax(&[("path", "one")]).extension(b'L', b"two\0").file("x", b"").finish();
    assert_eq!(read(&both), Err(TarError::RepeatedExtension { offset: 1024 }));
    let pax = TarWriter::new().pax(&[]).pax(&[]).file("x", b"").finish();
    assert_eq!(read(&pax), Err(TarError::RepeatedExtension { offset: 512 }));
    let dangling = TarWriter::new().file("x", b"").extension(b'L', b"one\0").finish();
    assert_eq!(read(&dangling), Err(TarError::DanglingExtension { offset: 1536 }));
}

#[test]
fn unknown_kinds_and_odd_headers_are_refused() {
    for typeflag in [b'S', b'V', b'M', b'D', b'N', b'X', b'A', b'8', 0xff] {
        let header = TarHeader { path: b"x", typeflag, ..TarHeader::default() };
        assert_eq!(read(&with_header(&header)), Err(TarError::UnsupportedType { offset: 0, typeflag }));
    }
    for typeflag in [b'1', b'2', b'3', b'4', b'5', b'6'] {
        let header = TarHeader { path: b"x", typeflag, size: 1, link: b"y", ..TarHeader::default() };
        assert_eq!(read(&with_header(&header)), Err(TarError::UnexpectedSize { offset: 0 }));
    }
    let nameless = TarHeader::default();
    assert_eq!(read(&with_header(&nameless)), Err(TarError::EmptyPath { offset: 0 }));
    let nowhere = TarHeader { path: b"x", typeflag: b'2', ..TarHeader::default() };
    assert_eq!(read(&with_header(&nowhere)), Err(TarError::EmptyPath { offset: 0 }));
}

#[test]
fn a_wrong_checksum_is_noticed_and_a_signed_one_accepted() {
    let mut bytes = sample().finish();
    bytes[512] = b'_';
    assert_eq!(read(&bytes), Err(TarError::BadChecksum { offset: 512 }));
    assert_eq!(read(&[b'x'; 512]), Err(TarError::BadChecksum { offset: 0 }));

    let mut block = TarHeader { path: b"\xe9\xe8", ..TarHeader::default() }.to_block();
    let unsigned = u32::from_str_radix(std::str::from_utf8(&block[148..154]).unwrap(), 8).unwrap();
    block[148..154].copy_from_slice(format!("{:06o}", unsigned - 512).as_bytes());
    assert_eq!(read(&block).unwrap()[0].0.path, b"\xe9\xe8");
}

#[test]
fn limits_are_kept() {
    let limits = Limits { tar_entries: 2, tar_path_bytes: 150, ..Limits::default() };
    let two = TarWriter::new().file("a", b"").file("b", b"");
    assert_eq!(read_with(&two.clone().finish(), &limits).unwrap().len(), 2);
    let three = read_with(&two.file("c", b"").finish(), &limits);
    assert_eq!(three, Err(TarError::TooManyEntries { limit: 2 }));

    let named = |length: usize| read_with(&TarWriter::new().file("n".repeat(length), b"").finish(), &limits);
    assert_eq!(named(150).unwrap().len(), 1);
    assert_eq!(named(151), Err(TarError::ExtensionTooLarge { offset: 0, limit: 151 }));
    let pax = TarWriter::new().pax(&[("path", &"n".repeat(151))]).file("x", b"").finish();
    assert_eq!(read_with(&pax, &limits), Err(TarError::PathTooLong { offset: 1024, limit: 150 }));

    // Headers that never lead to an entry count too.
    let mut globals = TarWriter::new();
    for _ in 0..3 {
        globals = globals.extension(b'g', b"");
    }
    assert_eq!(read_with(&globals.finish(), &limits), Err(TarError::TooManyEntries { limit: 2 }));

    // A name of 4 GiB in an archive of 1 KiB.
    let header = TarHeader { path: b"x", typeflag: b'L', size: 4 << 30, ..TarHeader::default() };
    assert_eq!(
        read_with(&with_header(&header), &limits),
        Err(TarError::ExtensionTooLarge { offset: 0, limit: 151 })
    );
}

#[test]
fn only_zeros_may_follow_the_end() {
    let end = sample().unfinished().len() as u64;
    assert!(read(&sample().raw(&[0; 512 * 9]).finish()).is_ok());
    assert!(read(&sample().raw(&[0; 512 * 3 + 5]).unfinished()).is_ok());
    let mut more = sample().finish();
    more.extend_from_slice(&TarWriter::new().file("hidden", b"").finish());
    assert_eq!(read(&more), Err(TarError::TrailingData { offset: end + 512 }));
}

#[test]
fn an_end_without_zeros_is_an_end_between_entries_only() {
    let bytes = sample().unfinished();
    let whole = read(&bytes).unwrap();
    let mut seams = 0;
    for cut in 0..bytes.len() {
        match read(&bytes[..cut]) {
            Ok(entries) => {
                assert_eq!(entries, whole[..entries.len()]);
                seams += 1;
            }
            Err(error) => assert_eq!(error, TarError::Truncated { offset: cut as u64 }),
        }
    }
    assert_eq!(seams, whole.len());
    assert_eq!(read(b"").unwrap(), []);
}

#[test]
fn a_failing_reader_is_not_a_bad_archive() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let bytes = sample().unfinished();
    let mut tar = TarReader::new(bytes.as_slice().chain(Broken), &Limits::default());
    let error = loop {
        if let Err(error) = tar.next_entry() {
            break error;
        }
    };
    assert_eq!(error.code(), "io");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read_with(&bytes, &Limits::strict()).is_ok() == bytes.is_empty() || bytes.iter().all(|b| *b == 0));
    }

    #[test]
    fn arbitrary_fields_under_a_right_checksum_never_panic(
        path in prop::collection::vec(any::<u8>(), 0..100), typeflag in any::<u8>(), size in 0..3000u64,
        link in prop::collection::vec(any::<u8>(), 0..100), content in prop::collection::vec(any::<u8>(), 0..1500),
    ) {
        let header = TarHeader { path: &path, typeflag, size, link: &link, ..TarHeader::default() };
        let bytes = TarWriter::new().raw(&header.to_block()).content(&content).file("after", b"x").finish();
        if let Ok(entries) = read_with(&bytes, &Limits::strict()) {
            prop_assert!(entries.len() <= 3);
        }
    }

    #[test]
    fn what_is_written_is_read(
        files in prop::collection::vec(("[a-z/é]{1,300}[a-z]", prop::collection::vec(any::<u8>(), 0..1500)), 0..6),
    ) {
        let writer = files.iter().fold(TarWriter::new(), |tar, (path, content)| tar.file(path, content));
        let read = read(&writer.finish()).unwrap();
        let read: Vec<_> = read.into_iter().map(|(entry, content)| (entry.path_lossy(), content)).collect();
        prop_assert_eq!(read, files);
    }
}
