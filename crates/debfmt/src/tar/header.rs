//! One header block of 512 bytes.

use super::TarError;

/// Everything in a tar archive comes in blocks of this many bytes.
pub(super) const BLOCK: usize = 512;

/// The fields of a header that matter here.
pub(super) struct Header {
    pub(super) typeflag: u8,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) mtime: i64,
    /// `prefix/name` or `name`; may be empty.
    pub(super) path: Vec<u8>,
    /// May be empty.
    pub(super) link: Vec<u8>,
}

impl Header {
    /// Parses a block that is not all zeros. `offset` is for the errors.
    pub(super) fn parse(block: &[u8; BLOCK], offset: u64) -> Result<Self, TarError> {
        let field = |from: usize, length: usize| block.get(from..from + length).unwrap_or_default();
        let number = |from, length, name| {
            number(field(from, length)).ok_or(TarError::BadNumber { offset, field: name })
        };
        verify_checksum(block, offset)?;
        let size = u64::try_from(number(124, 12, "size")?)
            .map_err(|_| TarError::BadNumber { offset, field: "size" })?;
        let mode = u32::try_from(number(100, 8, "mode")?)
            .map_err(|_| TarError::BadNumber { offset, field: "mode" })?;
        let mtime = number(136, 12, "time")?;
        let mut path = Vec::new();
        // Only POSIX has a prefix; GNU archives keep times in its place.
        if field(257, 6) == b"ustar\0" {
            let prefix = text(field(345, 155));
            if !prefix.is_empty() {
                path.extend_from_slice(prefix);
                path.push(b'/');
            }
        }
        path.extend_from_slice(text(field(0, 100)));
        let typeflag = field(156, 1).first().copied().unwrap_or(0);
        Ok(Self { typeflag, size, mode, mtime, path, link: text(field(157, 100)).to_vec() })
    }
}

/// The sum of the block's bytes, with the checksum itself taken as blanks, must be what the header says.
/// Some old writers summed signed bytes.
fn verify_checksum(block: &[u8; BLOCK], offset: u64) -> Result<(), TarError> {
    const FIELD: std::ops::Range<usize> = 148..156;
    let field = block.get(FIELD).unwrap_or_default();
    let stored = number(field).ok_or(TarError::BadChecksum { offset })?;
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| i64::from(*byte)).sum::<i64>();
    let unsigned = sum(block) - sum(field) + 8 * i64::from(b' ');
    if stored == unsigned {
        return Ok(());
    }
    let negative = block.iter().chain(field).filter(|byte| **byte >= 0x80).count();
    // In the field itself no byte is beyond ASCII, or `number` would not have read a sum from it.
    let signed = unsigned - 256 * i64::try_from(negative).unwrap_or(0);
    if stored == signed { Ok(()) } else { Err(TarError::BadChecksum { offset }) }
}

/// A field up to its first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

/// A number in octal digits, with blanks before and blanks or NULs after it, or in GNU's base 256. A blank
/// field is 0, as in old archives. `None` for anything else, or what does not fit.
fn number(field: &[u8]) -> Option<i64> {
    if let [first @ (0x80 | 0xff), rest @ ..] = field {
        return base_256(*first == 0xff, rest);
    }
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let field = field.get(start..)?;
    let end = field.iter().position(|byte| matches!(byte, b' ' | 0)).unwrap_or(field.len());
    let (digits, rest) = field.split_at_checked(end)?;
    if rest.iter().any(|byte| !matches!(byte, b' ' | 0)) {
        return None;
    }
    digits.iter().try_fold(0i64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 8)?;
        value.checked_mul(8)?.checked_add(i64::from(digit))
    })
}

/// Two's complement, highest byte first.
fn base_256(negative: bool, bytes: &[u8]) -> Option<i64> {
    let start = if negative { -1i64 } else { 0 };
    bytes.iter().try_fold(start, |value, byte| value.checked_mul(256)?.checked_add(i64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"77777777777 "), Some(0o77_777_777_777));
        assert_eq!(number(b"777777777777"), Some(0o777_777_777_777));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(b"        "), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(8 << 30));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff"), Some(-1));
    }

    #[test]
    fn what_readers_could_take_for_different_numbers_is_no_number() {
        for bad in [
            &b"-1\0"[..],
            b"+1\0",
            b"0x1\0",
            b"8\0",
            b"1\x002",
            b"1 2 ",
            b"12a\0",
            b"\x81\0\0",
            b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xff\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
    }
}
