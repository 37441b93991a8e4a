//! The 60 bytes before a member.

use super::{ArError, HEADER_BYTES, HEADER_END, Member};

/// Parses a header. `offset` is for the errors.
pub(super) fn parse(header: &[u8; HEADER_BYTES], offset: u64) -> Result<Member, ArError> {
    let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
    if field(58, 60) != HEADER_END {
        return Err(ArError::BadHeader { offset });
    }
    let number = |from, to, radix, name| {
        parse_number(field(from, to), radix).ok_or(ArError::BadNumber { offset, field: name })
    };
    let name = parse_name(field(0, 16)).ok_or(ArError::BadName { offset })?;
    let mtime = number(16, 28, 10, "time")?.unwrap_or(0);
    // Nobody needs these three, but a file in which they are garbage was not made by any known tool.
    number(28, 34, 10, "owner")?;
    number(34, 40, 10, "group")?;
    number(40, 48, 8, "mode")?;
    let size = number(48, 58, 10, "size")?.ok_or(ArError::BadNumber { offset, field: "size" })?;
    // Twelve decimal digits always fit.
    let mtime = i64::try_from(mtime).map_err(|_| ArError::BadNumber { offset, field: "time" })?;
    Ok(Member { name, size, mtime })
}

/// Digits, then blanks to the end of the field. `Some(None)` for a blank field, `None` for anything else:
/// signs, leading blanks and other things that different readers would take for different numbers.
fn parse_number(field: &[u8], radix: u32) -> Option<Option<u64>> {
    let digits = trim_blanks(field);
    if digits.is_empty() {
        return Some(None);
    }
    let mut value = 0u64;
    for &byte in digits {
        let digit = char::from(byte).to_digit(radix)?;
        value = value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    Some(Some(value))
}

/// `field` without the blanks at its end. Blanks only: a tab or newline belongs in no field.
fn trim_blanks(field: &[u8]) -> &[u8] {
    let end = field.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    field.get(..end).unwrap_or_default()
}

fn parse_name(field: &[u8]) -> Option<String> {
    let name = trim_blanks(field);
    let name = name.strip_suffix(b"/").unwrap_or(name);
    // "/", "//" and "/12" are GNU's tables and references, "#1/12" is BSD's long name.
    let plain = !name.is_empty() && !name.starts_with(b"#1/") && name.iter().all(u8::is_ascii_graphic);
    if !plain || name.contains(&b'/') {
        return None;
    }
    String::from_utf8(name.to_vec()).ok()
}
