use std::io::{self, Read, Write};

use proptest::prelude::*;

use super::*;
use crate::builder::compress;
use crate::limits::{LimitExceeded, LimitedReader, Limits};

const REAL: [Compression; 5] =
    [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Lzma, Compression::Zstd];

fn decode(c: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    decoder(c, bytes, &Limits::default())?.read_to_end(&mut out).map(|_| out)
}

fn decode_error(c: Compression, bytes: &[u8], limits: &Limits) -> DecodeError {
    let error = decoder(c, bytes, limits).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
    DecodeError::of(&error).unwrap_or_else(|| panic!("{c}: not a decoder's error: {error}")).clone()
}

fn encode(c: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(c, default_level(c), Vec::new()).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn names_say_how_a_file_is_compressed() {
    assert_eq!(Compression::of_name("Packages.xz"), ("Packages", Compression::Xz));
    assert_eq!(Compression::of_name("control.tar.gz"), ("control.tar", Compression::Gzip));
    assert_eq!(Compression::of_name("data.tar"), ("data.tar", Compression::None));
    assert_eq!(Compression::of_name("Packages."), ("Packages.", Compression::None));
    assert_eq!(Compression::of_name(".gz"), (".gz", Compression::None));
    assert_eq!(Compression::of_name(""), ("", Compression::None));
    for c in Compression::ALL {
        assert_eq!(Compression::from_extension(c.extension()), Some(c));
        assert_eq!(c.suffix().len(), c.extension().len() + usize::from(c != Compression::None));
    }
    assert_eq!(Compression::from_extension("Z"), None);
}

#[test]
fn what_is_encoded_is_decoded() {
    let content: Vec<u8> = (0..300_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for c in Compression::ALL.into_iter().filter(|c| *c != Compression::Lzma) {
        assert_eq!(decode(c, &encode(c, &content)).unwrap(), content, "{c}");
        assert_eq!(decode(c, &encode(c, b"")).unwrap(), b"", "{c}");
        assert_eq!(encode(c, &content), encode(c, &content), "{c}");
    }
}

#[test]
fn lzma_is_read_but_not_written() {
    assert_eq!(decode(Compression::Lzma, &compress(Compression::Lzma, b"old")).unwrap(), b"old");
    let Err(error) = Encoder::new(Compression::Lzma, 6, Vec::new()) else { panic!("wrote lzma") };
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
}

#[test]
fn gzip_headers_tell_nothing() {
    // Magic, deflate, no flags, no time, no extra flags, Unix.
    assert_eq!(encode(Compression::Gzip, b"x")[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
}

#[test]
fn levels_beyond_the_last_mean_the_last() {
    for c in [Compression::Gzip, Compression::Bzip2, Compression::Zstd] {
        let mut encoder = Encoder::new(c, u32::MAX, Vec::new()).unwrap();
        encoder.write_all(b"content").unwrap();
        assert_eq!(decode(c, &encoder.finish().unwrap()).unwrap(), b"content");
    }
}

#[test]
fn a_reader_of_one_stream_reads_the_first_of_xz_and_bzip2_and_all_of_others() {
    for c in REAL.into_iter().filter(|c| *c != Compression::Lzma) {
        let two = [encode(c, b"first, "), encode(c, b"second")].concat();
        let mut out = Vec::new();
        let read =
            decoder_of_one_stream(c, two.as_slice(), &Limits::default()).unwrap().read_to_end(&mut out);
        match c {
            Compression::Xz | Compression::Bzip2 => {
                let error = read.unwrap_err();
                assert_eq!(DecodeError::of(&error), Some(&DecodeError::TrailingData { compression: c }));
                assert_eq!(out, b"first, ");
            }
            Compression::None | Compression::Gzip | Compression::Lzma | Compression::Zstd => {
                assert_eq!(out, b"first, second", "{c}");
            }
        }
    }
    // Padding follows the stream; for others that is no error.
    let padded = [encode(Compression::Xz, b"text"), vec![0; 4]].concat();
    assert_eq!(decode(Compression::Xz, &padded).unwrap(), b"text");
    let mut one = decoder_of_one_stream(Compression::Xz, padded.as_slice(), &Limits::default()).unwrap();
    assert!(one.read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn concatenated_streams_are_one_content() {
    for c in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
        let two = [encode(c, b"first, "), encode(c, b"second")].concat();
        assert_eq!(decode(c, &two).unwrap(), b"first, second", "{c}");
    }
}

#[test]
fn a_stream_cut_anywhere_is_truncated() {
    for c in REAL {
        let whole = compress(c, b"some content, some content, some content");
        for cut in 0..whole.len() {
            let error = decode_error(c, &whole[..cut], &Limits::default());
            assert_eq!(error, DecodeError::Truncated { compression: c }, "{c} cut at {cut}");
        }
    }
}

#[test]
fn nothing_may_follow_a_stream() {
    for c in REAL {
        let mut bytes = compress(c, b"content");
        bytes.extend_from_slice(b"garbage after the end");
        let error = decode_error(c, &bytes, &Limits::default());
        assert!(
            matches!(error, DecodeError::TrailingData { .. } | DecodeError::Corrupt { .. }),
            "{c}: {error}"
        );
    }
}

#[test]
fn a_flipped_bit_is_noticed() {
    for c in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
        let mut bytes = encode(c, &b"the content that is checked ".repeat(20));
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        assert!(decode(c, &bytes).is_err(), "{c}");
    }
}

#[test]
fn a_failed_decoder_stays_failed() {
    for c in REAL {
        let whole = compress(c, b"content");
        let mut decoder = decoder(c, &whole[..whole.len() - 1], &Limits::default()).unwrap();
        let first = decoder.read_to_end(&mut Vec::new()).unwrap_err();
        let second = decoder.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(DecodeError::of(&first), DecodeError::of(&second));
        assert_eq!(second.kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn claims_of_giant_windows_are_refused_before_memory_is_taken() {
    let limits = Limits::strict();
    let too_much = |c| DecodeError::Memory { compression: c, limit: limits.decoder_memory };

    // An .lzma header: properties, a dictionary of 4 GiB - 1, size unknown.
    let mut lzma = vec![0x5d, 0xff, 0xff, 0xff, 0xff];
    lzma.extend_from_slice(&[0xff; 8]);
    lzma.extend_from_slice(&[0; 32]);
    assert_eq!(decode_error(Compression::Lzma, &lzma, &limits), too_much(Compression::Lzma));

    // An .xz stream made with a dictionary of 64 MiB.
    let xz = {
        let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        options.dict_size(64 << 20);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        let check = liblzma::stream::Check::Crc64;
        let stream = liblzma::stream::Stream::new_stream_encoder(&filters, check).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"small").unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(decode_error(Compression::Xz, &xz, &limits), too_much(Compression::Xz));
    assert_eq!(decode(Compression::Xz, &xz).unwrap(), b"small");

    // A zstd frame header: no single segment, a window of 2^(10 + 21) bytes.
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    assert_eq!(decode_error(Compression::Zstd, &zstd, &limits), too_much(Compression::Zstd));

    // A single segment whose content, and so its window, claims 5 GB.
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    zstd.extend_from_slice(&5_000_000_000u64.to_le_bytes());
    zstd.extend_from_slice(&[0x01, 0x00, 0x00]);
    assert_eq!(decode_error(Compression::Zstd, &zstd, &limits), too_much(Compression::Zstd));
}

#[test]
fn a_bomb_stops_at_the_limit() {
    for c in REAL {
        let bomb = compress(c, &vec![0; 8 << 20]);
        let decoder = decoder(c, bomb.as_slice(), &Limits::default()).unwrap();
        let mut limited = LimitedReader::new(decoder, "the bomb", 100_000);
        let error = io::copy(&mut limited, &mut io::sink()).unwrap_err();
        assert_eq!(LimitExceeded::of(&error).map(|exceeded| exceeded.limit), Some(100_000), "{c}");
    }
}

#[test]
fn the_readers_own_errors_come_through_unchanged() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "the disk is gone"))
        }
    }
    for c in Compression::ALL {
        let whole = compress(c, &[7; 100]);
        let reader = (&whole[..8]).chain(Broken);
        let error = decoder(c, reader, &Limits::default()).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the disk is gone", "{c}");
        assert_eq!(DecodeError::of(&error), None, "{c}");
    }
}

/// A reader that is interrupted before every byte.
struct Interrupted<'a>(&'a [u8], bool);

impl Read for Interrupted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let one = buf.len().min(1);
        self.0.read(&mut buf[..one])
    }
}

#[test]
fn interruptions_are_not_errors() {
    for c in Compression::ALL {
        let whole = compress(c, b"content");
        let mut out = Vec::new();
        let reader = Interrupted(&whole, false);
        decoder(c, reader, &Limits::default()).unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(out, b"content", "{c}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for c in REAL {
            let reader = decoder(c, bytes.as_slice(), &Limits::strict());
            let read = reader.and_then(|decoder| io::copy(&mut decoder.take(1 << 20), &mut io::sink()));
            prop_assert!(read.is_ok() || read.is_err());
        }
    }

    #[test]
    fn mutated_streams_never_panic_and_never_turn_into_other_content(
        content in prop::collection::vec(any::<u8>(), 1..200), at in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        for c in [Compression::Xz, Compression::Bzip2] {
            let mut bytes = compress(c, &content);
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            if let Ok(decoded) = decode(c, &bytes) {
                prop_assert_eq!(&decoded, &content);
            }
        }
    }
}

/// A file of blocks of these parts.
fn joined(c: Compression, parts: &[&[u8]]) -> Vec<u8> {
    let mut writer = BlockWriter::new(c, Vec::new()).unwrap();
    for part in parts {
        let block = Block::new(c, default_level(c), part).unwrap();
        writer.add(block.sums, &block.bytes).unwrap();
    }
    writer.finish().unwrap()
}

const WRITTEN: [Compression; 3] = [Compression::Gzip, Compression::Xz, Compression::Zstd];

/// apt reads the first stream of a bzip2 file only, and its format cannot be joined at byte boundaries.
#[test]
fn bzip2_files_are_not_made_of_blocks() {
    for c in [Compression::Bzip2, Compression::Lzma] {
        assert!(!Block::is_possible(c));
        assert_eq!(Block::new(c, 9, b"text").unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
    assert!(WRITTEN.into_iter().chain([Compression::None]).all(Block::is_possible));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a text is cut, the file of its blocks is that text.
    #[test]
    fn blocks_join_to_the_text(parts in prop::collection::vec(prop::collection::vec(0..4_u8, 0..400), 0..6)) {
        let text = parts.concat();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        for c in WRITTEN.into_iter().chain([Compression::None]) {
            prop_assert_eq!(&decode(c, &joined(c, &parts)).unwrap(), &text, "{}", c);
        }
    }
}

/// Readers that stop at the end of the first member or stream see everything; the index of an xz stream names its blocks.
#[test]
fn a_file_of_blocks_is_one_gzip_member_and_one_xz_stream() {
    let parts: Vec<Vec<u8>> =
        (0..300_u32).map(|n| format!("Package: p{n}\n").repeat(90).into_bytes()).collect();
    let text = parts.concat();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(&joined(Compression::Gzip, &parts)[..]).read_to_end(&mut out).unwrap();
    assert!(out == text, "the first member is the whole");
    let single = liblzma::stream::Stream::new_stream_decoder(u64::MAX, 0).unwrap();
    out.clear();
    let xz = joined(Compression::Xz, &parts);
    liblzma::read::XzDecoder::new_stream(&xz[..], single).read_to_end(&mut out).unwrap();
    assert!(out == text, "the first stream is the whole");
}
