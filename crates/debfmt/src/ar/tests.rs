use std::io::{self, Read};

use proptest::prelude::*;

use super::*;
use crate::builder::ArWriter;

fn sample() -> Vec<u8> {
    ArWriter::new().mtime(12).member("one", b"odd").member("two/", b"even").member("empty", b"").finish()
}

type Members = Vec<(String, Vec<u8>)>;

fn read_all(bytes: &[u8]) -> Result<Members, ArError> {
    let mut ar = ArReader::new(bytes, &Limits::default());
    let mut members = Vec::new();
    while let Some(member) = ar.next_member()? {
        let mut content = Vec::new();
        if ar.read_to_end(&mut content).is_err() {
            return Err(ar.failure().unwrap().clone());
        }
        members.push((member.name, content));
    }
    Ok(members)
}

fn skip_all(bytes: &[u8]) -> Result<usize, ArError> {
    let mut ar = ArReader::new(bytes, &Limits::default());
    let mut count = 0;
    while ar.next_member()?.is_some() {
        count += 1;
    }
    Ok(count)
}

#[test]
fn members_are_read_or_skipped() {
    let bytes = sample();
    let expected = [("one", &b"odd"[..]), ("two", b"even"), ("empty", b"")];
    let expected: Members = expected.iter().map(|(n, c)| ((*n).to_owned(), c.to_vec())).collect();
    assert_eq!(read_all(&bytes), Ok(expected));
    assert_eq!(skip_all(&bytes), Ok(3));

    let mut ar = ArReader::new(bytes.as_slice(), &Limits::default());
    let first = ar.next_member().unwrap().unwrap();
    assert_eq!(first, Member { name: "one".into(), size: 3, mtime: 12 });
    ar.read_exact(&mut [0; 1]).unwrap();
    assert_eq!(ar.next_member().unwrap().unwrap().name, "two");
    ar.finish_member().unwrap();
    ar.finish_member().unwrap();
    assert_eq!(ar.next_member().unwrap().unwrap().name, "empty");
    assert_eq!(ar.next_member(), Ok(None));
    assert_eq!(ar.next_member(), Ok(None));
    assert_eq!(ar.offset(), bytes.len() as u64);
}

#[test]
fn a_cut_at_any_byte_is_noticed_unless_it_is_between_members() {
    let bytes = sample();
    // After the magic and after each member.
    let seams = [8, 8 + 64, 8 + 64 + 64, 8 + 64 + 64 + 60];
    for cut in 0..bytes.len() {
        for result in [read_all(&bytes[..cut]).map(|members| members.len()), skip_all(&bytes[..cut])] {
            match result {
                Ok(count) => assert_eq!(seams.get(count), Some(&cut)),
                Err(ArError::Empty) => assert_eq!(cut, 0),
                Err(error) => assert_eq!(error, ArError::Truncated { offset: cut as u64 }),
            }
        }
    }
}

#[test]
fn errors_stay() {
    let bytes = sample();
    let mut ar = ArReader::new(&bytes[..70], &Limits::default());
    assert!(ar.next_member().is_ok());
    assert_eq!(ar.next_member(), Err(ArError::Truncated { offset: 70 }));
    assert_eq!(ar.next_member(), Err(ArError::Truncated { offset: 70 }));
}

#[test]
fn a_file_that_is_no_archive_says_so() {
    assert_eq!(skip_all(b""), Err(ArError::Empty));
    assert_eq!(skip_all(b"!<arch>"), Err(ArError::Truncated { offset: 7 }));
    assert_eq!(skip_all(b"!<thin>\n"), Err(ArError::NotAnArchive));
    assert_eq!(skip_all(b"PK"), Err(ArError::NotAnArchive));
    assert_eq!(skip_all(b"!<arch>\n"), Ok(0));
}

#[test]
fn a_claim_of_gigabytes_is_only_counted_down() {
    let bytes = ArWriter::new().header("big", "5000000000").raw(&[0; 1000]).finish();
    let truncated = Err(ArError::Truncated { offset: 8 + 60 + 1000 });
    assert_eq!(skip_all(&bytes), truncated);
    assert_eq!(read_all(&bytes).map(|_| 0), truncated);
}

#[test]
fn odd_numbers_are_no_numbers() {
    for size in ["-1", "+1", "0x10", " 1", "1 2", "", "1\t", "1e3", "٣"] {
        let bytes = ArWriter::new().header("x", size).raw(&[0; 100]).finish();
        let error = skip_all(&bytes).unwrap_err();
        assert!(
            matches!(error, ArError::BadNumber { offset: 8, field: "size" } | ArError::BadHeader { .. }),
            "{size}"
        );
    }
    let good = ArWriter::new().member("x", b"").finish();
    for (at, field) in [(16, "time"), (28, "owner"), (34, "group"), (40, "mode")] {
        let mut bytes = good.clone();
        bytes[8 + at] = b'-';
        assert_eq!(skip_all(&bytes), Err(ArError::BadNumber { offset: 8, field }));
    }
    // Blank fields other than the size are fine: some writers leave them so.
    let mut bytes = good;
    bytes[8 + 16..8 + 48].fill(b' ');
    assert_eq!(skip_all(&bytes), Ok(1));
}

#[test]
fn long_name_extensions_and_odd_names_are_refused() {
    for name in ["/", "//", "/12", "#1/20", "", "a/b", "a b", "a\nb", "../x", "ä"] {
        let bytes = ArWriter::new().member(name, b"content").finish();
        let error = skip_all(&bytes).unwrap_err();
        assert!(
            matches!(error, ArError::BadName { offset: 8 } | ArError::BadHeader { .. }),
            "{name:?}: {error}"
        );
    }
}

#[test]
fn the_filler_is_checked_and_counted() {
    let mut bytes = ArWriter::new().member("x", b"odd").finish();
    *bytes.last_mut().unwrap() = b'X';
    assert_eq!(skip_all(&bytes), Err(ArError::BadFiller { offset: 71 }));
    bytes.pop();
    assert_eq!(skip_all(&bytes), Err(ArError::Truncated { offset: 71 }));
}

#[test]
fn members_are_limited() {
    let limits = Limits { ar_members: 2, ..Limits::default() };
    let two = ArWriter::new().member("a", b"").member("b", b"");
    let mut ar = ArReader::new(io::Cursor::new(two.clone().member("c", b"").finish()), &limits);
    assert!(ar.next_member().is_ok() && ar.next_member().is_ok());
    assert_eq!(ar.next_member(), Err(ArError::TooManyMembers { limit: 2 }));
    let mut ar = ArReader::new(io::Cursor::new(two.finish()), &limits);
    assert!(ar.next_member().is_ok() && ar.next_member().is_ok());
    assert_eq!(ar.next_member(), Ok(None));
}

#[test]
fn a_failing_disk_is_not_a_bad_archive() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let bytes = sample();
    for cut in 0..bytes.len() {
        let mut ar = ArReader::new((&bytes[..cut]).chain(Broken), &Limits::default());
        let error = loop {
            match ar.next_member() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("read past a broken disk"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), "io");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
        let bytes = if magic { [MAGIC.as_slice(), &bytes].concat() } else { bytes };
        let (read, skipped) = (read_all(&bytes), skip_all(&bytes));
        prop_assert_eq!(read.map(|members| members.len()), skipped);
    }

    #[test]
    fn mutated_archives_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = sample();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        prop_assert_eq!(read_all(&bytes).map(|members| members.len()), skip_all(&bytes));
    }
}
