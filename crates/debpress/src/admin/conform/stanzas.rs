//! The stanzas of an index one after the other, with no more of it in memory than one of them.

use std::io::{self, BufRead, Read};

use debfmt::deb822::{self, Deb822Error, Paragraph};
use debfmt::limits::Limits;

use super::codes::{ARCHIVE_BOUND, INDEX_MALFORMED};
use super::report::Findings;
use super::room::Room;

/// Of one stanza, in bytes; sources of kernels list packages in hundreds of kilobytes.
const STANZA_BYTES: usize = 16 * 1024 * 1024;
/// Of one line, in bytes.
pub(super) const LINE_BYTES: u64 = 4 * 1024 * 1024;

/// Gives each stanza to `each`, which says how many bytes it keeps of it; these are taken from `room`. Ends, and says so, at
/// the first that cannot be read. What fails below, and is no fault of the text, is found when the file is read to its end.
pub(super) fn each(
    text: &mut dyn BufRead,
    path: &str,
    findings: &mut Findings,
    room: &Room,
    each: &mut dyn FnMut(&Paragraph, &mut Findings) -> usize,
) {
    let limits = Limits { line_bytes: STANZA_BYTES, ..Limits::default() };
    let mut text = Numbered { text, line: 0 };
    loop {
        let begun = text.line + 1;
        let stanza = match text.stanza() {
            Ok(Some(stanza)) => stanza,
            Ok(None) | Err(Fault::Below) => return,
            Err(Fault::TooLong) => {
                let message =
                    format!("the stanza that begins on line {begun} has more than {STANZA_BYTES} bytes");
                return findings.add(INDEX_MALFORMED, path, message);
            }
        };
        let kept = match deb822::parse_single(&stanza, &limits) {
            Ok(stanza) => each(&stanza, findings),
            Err(Deb822Error::Empty) => 0,
            Err(error) => {
                let message =
                    format!("the stanza that begins on line {begun} cannot be read: in it, {error}");
                return findings.add(INDEX_MALFORMED, path, message);
            }
        };
        if !room.take(kept) {
            let message = format!(
                "the suite says more of packages than is kept; reading ended before line {}",
                text.line
            );
            return findings.add(ARCHIVE_BOUND, path, message);
        }
    }
}

enum Fault {
    Below,
    TooLong,
}

struct Numbered<'a> {
    text: &'a mut dyn BufRead,
    line: u64,
}

impl Numbered<'_> {
    /// The next stanza with the empty lines before it; `None`: there is none.
    fn stanza(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let mut stanza = Vec::new();
        let mut begun = false;
        loop {
            let Some(length) = line(self.text, &mut stanza).map_err(|_| Fault::Below)? else {
                return Ok(begun.then_some(stanza));
            };
            self.line += 1;
            let start = stanza.len().saturating_sub(length);
            let empty = stanza.get(start..).unwrap_or_default().trim_ascii().is_empty();
            if begun && empty {
                return Ok(Some(stanza));
            }
            if empty {
                stanza.clear();
            }
            begun |= !empty;
            if stanza.len() > STANZA_BYTES {
                return Err(Fault::TooLong);
            }
        }
    }
}

/// Appends the next line, of which at most [`LINE_BYTES`] come at once, and says how long it is; `None`: the text is over.
pub(super) fn line(text: &mut dyn BufRead, out: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let length = text.take(LINE_BYTES).read_until(b'\n', out)?;
    Ok((length > 0).then_some(length))
}

/// A field that must be there and say something.
pub(super) fn needed<'a>(stanza: &'a Paragraph, name: &str) -> Option<&'a str> {
    stanza.get(name).filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> (Vec<String>, Findings) {
        let mut found = Vec::new();
        let mut findings = Findings::default();
        each(&mut text.as_bytes(), "Packages", &mut findings, &Room::new(3), &mut |stanza, _| {
            found.push(stanza.get("Package").unwrap_or("?").to_owned());
            1
        });
        (found, findings)
    }

    #[test]
    fn stanzas_come_one_by_one_whatever_stands_between_them() {
        let (found, findings) = names("\n\nPackage: a\nX: 1\n y\n\n \n\nPackage: b\r\n\r\nPackage: c");
        assert_eq!(found, ["a", "b", "c"]);
        assert!(findings.kept().is_empty());
    }

    #[test]
    fn a_broken_stanza_ends_the_reading_and_says_where() {
        let (found, findings) = names("Package: a\n\nPackage: b\nno colon\n\nPackage: c\n");
        assert_eq!(found, ["a"]);
        assert_eq!(
            findings.kept()[0].message,
            "the stanza that begins on line 3 cannot be read: in it, line 2 has no colon: \"no colon\""
        );
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let (found, findings) = names("Package: a\n\nPackage: b\n\nPackage: c\n\nPackage: d\n\nPackage: e\n");
        assert_eq!(found, ["a", "b", "c", "d"]);
        assert_eq!(findings.kept()[0].code, "archive.bound");
    }
}
