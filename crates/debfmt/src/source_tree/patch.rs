//! The `.diff.gz` of a format 1.0 package: which lines it makes of two files in `debian/`.

use std::io::{BufRead, BufReader, Read};

use super::{SourceTreeError, TEXT_BYTES};
use crate::limits::LimitExceeded;

/// No line of a patch is longer, in bytes.
const LINE_BYTES: u64 = 1024 * 1024;

/// What a patch does to the two texts.
#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) changelog: Hunks,
    pub(super) copyright: Hunks,
}

/// What a patch does to one file.
#[derive(Debug, Default)]
pub(super) struct Hunks(Vec<Hunk>);

/// A piece of a unified patch.
#[derive(Debug, Default)]
struct Hunk {
    /// The first line that it looks at, from 1; 0 for a new file.
    start: usize,
    /// Lines with their sign: blank, `-` or `+`.
    lines: Vec<(u8, Vec<u8>)>,
}

impl Hunks {
    /// The file after the patch; unchanged when the patch does not touch it.
    pub(super) fn apply(self, path: &str, old: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, SourceTreeError> {
        if self.0.is_empty() {
            return Ok(old);
        }
        let bad = || SourceTreeError::BadPatch { path: path.to_owned(), reason: "it does not fit" };
        let old = old.unwrap_or_default();
        let mut before: Vec<&[u8]> = old.split(|byte| *byte == b'\n').collect();
        if before.last().is_some_and(|last| last.is_empty()) {
            before.pop();
        }
        let (mut after, mut next) = (Vec::new(), 0);
        let mut put = |line: &[u8]| {
            after.extend(line);
            after.push(b'\n');
        };
        for Hunk { start, lines } in &self.0 {
            let start = start.saturating_sub(1);
            before.get(next..start.max(next)).ok_or_else(bad)?.iter().for_each(|line| put(line));
            next = next.max(start);
            for (sign, line) in lines {
                if *sign == b'+' {
                    put(line);
                    continue;
                }
                if before.get(next) != Some(&line.as_slice()) {
                    return Err(bad());
                }
                if *sign == b' ' {
                    put(line);
                }
                next += 1;
            }
        }
        before.get(next..).ok_or_else(bad)?.iter().for_each(|line| put(line));
        Ok(Some(after))
    }
}

impl Patch {
    /// Reads a unified patch to its end, and keeps what it does to the two texts.
    pub(super) fn read(reader: impl Read) -> Result<Self, SourceTreeError> {
        let mut lines = Lines { reader: BufReader::with_capacity(64 * 1024, reader), kept: 0 };
        let mut patch = Self::default();
        let mut line = lines.next()?;
        while let Some(text) = line {
            if !text.starts_with(b"--- ") {
                line = lines.next()?;
                continue;
            }
            let Some(new) = lines.next()?.filter(|line| line.starts_with(b"+++ ")) else {
                return Err(bad(&text, "a file has no +++ line"));
            };
            let path = target(new.get(4..).unwrap_or_default())?;
            line = patch.file(&path, &mut lines)?;
        }
        Ok(patch)
    }

    /// Reads the hunks of one file; the line after them.
    fn file(
        &mut self,
        path: &[u8],
        lines: &mut Lines<impl Read>,
    ) -> Result<Option<Vec<u8>>, SourceTreeError> {
        let mut kept = match path {
            b"debian/changelog" => Some(&mut self.changelog),
            b"debian/copyright" => Some(&mut self.copyright),
            _ => None,
        };
        loop {
            let line = lines.next()?;
            let Some(head) = line.as_ref().filter(|line| line.starts_with(b"@@ ")) else { return Ok(line) };
            let range = Range::parse(head).ok_or_else(|| bad(path, "a hunk has no readable head"))?;
            let hunk = range.read(path, lines, kept.is_some())?;
            if let Some(hunks) = &mut kept {
                hunks.0.push(hunk);
            }
        }
    }
}

fn bad(path: &[u8], reason: &'static str) -> SourceTreeError {
    SourceTreeError::BadPatch { path: String::from_utf8_lossy(path).into_owned(), reason }
}

/// The path below the package's directory that a `+++` line names: `hello-1.0/debian/rules<TAB>date`.
fn target(text: &[u8]) -> Result<Vec<u8>, SourceTreeError> {
    let path = text.split(|byte| *byte == b'\t').next().unwrap_or_default();
    let path = path.trim_ascii();
    let leaves = path.first() == Some(&b'/') || path.split(|byte| *byte == b'/').any(|part| part == b"..");
    if leaves {
        return Err(SourceTreeError::UnsafePath { path: String::from_utf8_lossy(path).into_owned() });
    }
    let slash = path.iter().position(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    Ok(path.get(slash..).unwrap_or_default().to_vec())
}

/// `@@ -OLD[,COUNT] +NEW[,COUNT] @@`
struct Range {
    start: usize,
    old: usize,
    new: usize,
}

impl Range {
    fn parse(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?;
        let mut words = text.split_whitespace().skip(1);
        let (start, old) = numbers(words.next()?.strip_prefix('-')?)?;
        let (_, new) = numbers(words.next()?.strip_prefix('+')?)?;
        Some(Self { start, old, new })
    }

    fn read(self, path: &[u8], lines: &mut Lines<impl Read>, keep: bool) -> Result<Hunk, SourceTreeError> {
        let Self { start, mut old, mut new } = self;
        let mut hunk = Hunk { start, lines: Vec::new() };
        while old > 0 || new > 0 {
            let line = lines.next()?.ok_or_else(|| bad(path, "a hunk is cut"))?;
            let (sign, text) = line.split_first().map_or((b' ', &[][..]), |(sign, text)| (*sign, text));
            let counts = match sign {
                b' ' => old.checked_sub(1).zip(new.checked_sub(1)),
                b'-' => old.checked_sub(1).zip(Some(new)),
                b'+' => Some(old).zip(new.checked_sub(1)),
                // No newline at the end of the file: we keep one.
                b'\\' => continue,
                _ => None,
            };
            (old, new) = counts.ok_or_else(|| bad(path, "a hunk has other lines than it says"))?;
            if keep {
                lines.keep(text.len())?;
                hunk.lines.push((sign, text.to_vec()));
            }
        }
        Ok(hunk)
    }
}

fn numbers(text: &str) -> Option<(usize, usize)> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((start.parse().ok()?, count.parse().ok()?))
}

/// The lines of a patch, within bounds.
struct Lines<R> {
    reader: BufReader<R>,
    /// Bytes of the lines that are kept.
    kept: u64,
}

impl<R: Read> Lines<R> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, SourceTreeError> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        let count = read.map_err(|error| match LimitExceeded::of(&error) {
            Some(exceeded) => SourceTreeError::TooLarge { limit: exceeded.limit },
            None => SourceTreeError::Compressed { reason: error.to_string() },
        })?;
        if count == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if count as u64 == LINE_BYTES {
            return Err(SourceTreeError::TooLarge { limit: LINE_BYTES });
        }
        Ok(Some(line))
    }

    fn keep(&mut self, bytes: usize) -> Result<(), SourceTreeError> {
        // Some room for each line, or a patch of empty lines would be free.
        self.kept += bytes as u64 + 32;
        if self.kept > 4 * TEXT_BYTES {
            return Err(SourceTreeError::TextTooLarge { path: "debian/changelog" });
        }
        Ok(())
    }
}
