use super::*;

/// The digests of "abc" as FIPS 180-4 and RFC 1321 print them.
const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ABC_MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
const ABC_SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
const ABC_SHA512: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                          2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

#[test]
fn abc_has_the_digests_of_the_standards() {
    let sums = Checksums::of(b"abc", Algorithms::ALL);
    assert_eq!(sums.size, 3);
    assert_eq!(sums.sha256.to_string(), ABC_SHA256);
    assert_eq!(sums.md5.unwrap().to_string(), ABC_MD5);
    assert_eq!(sums.sha1.unwrap().to_string(), ABC_SHA1);
    assert_eq!(sums.sha512.unwrap().to_string(), ABC_SHA512);
    assert_eq!(Sha256::of(b"abc"), sums.sha256);
}

#[test]
fn only_what_was_asked_for_is_computed() {
    let sums = Checksums::of(b"abc", Algorithms::SHA256);
    assert_eq!((sums.md5, sums.sha1, sums.sha512), (None, None, None));
    let sums = Checksums::of(b"abc", Algorithms::INDEX);
    assert!(sums.md5.is_some() && sums.sha1.is_none() && sums.sha512.is_none());
}

#[test]
fn hex_of_either_case_is_read_and_lower_case_is_shown() {
    let upper = ABC_SHA1.to_uppercase();
    assert_eq!(Sha1::from_hex(&upper).unwrap().to_string(), ABC_SHA1);
    assert_eq!(upper.parse::<Sha1>().unwrap(), Sha1::of(b"abc"));
    assert_eq!(format!("{:?}", Md5::of(b"abc")), format!("Md5({ABC_MD5})"));
}

#[test]
fn raw_bytes_go_in_and_come_out() {
    let digest = Md5::of(b"abc");
    assert_eq!(Md5::from_slice(digest.as_bytes()), Some(digest));
    assert_eq!(Md5::from_bytes(*digest.as_bytes()), digest);
    assert_eq!(Md5::from_slice(&[0; 15]), None);
}

#[test]
fn a_wrong_length_is_named() {
    let error = Md5::from_hex("abc").unwrap_err();
    assert_eq!(error, DigestError::Length { algorithm: "MD5", expected: 32, found: 3 });
}

#[test]
fn a_character_that_is_no_digit_is_named_by_its_place() {
    for bad in ["g", "+", " ", "\0"] {
        let text = format!("{}{bad}{}", "0".repeat(9), "0".repeat(22));
        assert_eq!(Md5::from_hex(&text), Err(DigestError::NotHex { algorithm: "MD5", position: 9 }));
    }
    // Two bytes of one character: the right length, and not cut in the middle of a character.
    let text = format!("é{}", "0".repeat(30));
    assert_eq!(Md5::from_hex(&text), Err(DigestError::NotHex { algorithm: "MD5", position: 0 }));
}

#[test]
fn a_reader_hashes_also_what_nobody_read() {
    let mut reader = HashingReader::new(&b"abc"[..], Algorithms::ALL);
    let mut one = [0];
    reader.read_exact(&mut one).unwrap();
    assert_eq!(reader.finish().unwrap(), Checksums::of(b"abc", Algorithms::ALL));
}

/// Takes one byte of what it is offered, as a full pipe may.
struct Sip(Vec<u8>);

impl Write for Sip {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.extend(buffer.first());
        Ok(buffer.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_hashes_what_was_taken_not_what_was_offered() {
    let mut writer = HashingWriter::new(Sip(Vec::new()), Algorithms::ALL);
    writer.write_all(b"abc").unwrap();
    writer.flush().unwrap();
    let (Sip(bytes), sums) = writer.finish();
    assert_eq!(bytes, b"abc");
    assert_eq!(sums, Checksums::of(b"abc", Algorithms::ALL));
}
