//! Sorts more lines than memory should hold: full buffers are sorted and packed, and merged at the end.
//!
//! What is held is one buffer of 32 MiB, its order, and everything else packed, which is a small part of it: sorted paths
//! repeat each other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Range;

use debfmt::compress::{Compression, Encoder, decoder};
use debfmt::limits::Limits;

/// Bytes of lines in a buffer.
const BUFFER: usize = 32 << 20;
/// Fast: what is packed is read once and thrown away.
const LEVEL: u32 = 1;

/// Lines in the order of their bytes, without their ends. They must not contain any.
pub(super) struct SortedLines {
    buffer: Buffer,
    limit: usize,
    packed: Vec<Vec<u8>>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    lines: Vec<Range<usize>>,
}

/// A source of sorted lines.
type Lines<'a> = Box<dyn Iterator<Item = io::Result<Vec<u8>>> + 'a>;

impl SortedLines {
    /// None yet.
    pub(super) fn new() -> Self {
        Self::with_buffer(BUFFER)
    }

    fn with_buffer(limit: usize) -> Self {
        Self { buffer: Buffer::default(), limit, packed: Vec::new() }
    }

    /// Adds a line that is made of these parts.
    pub(super) fn push(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let start = self.buffer.bytes.len();
        for part in parts {
            self.buffer.bytes.extend_from_slice(part);
        }
        self.buffer.lines.push(start..self.buffer.bytes.len());
        if self.buffer.bytes.len() >= self.limit {
            let packed = std::mem::take(&mut self.buffer).pack()?;
            self.packed.push(packed);
        }
        Ok(())
    }

    /// All lines, in order; the same line as often as it was added.
    pub(super) fn finish(self) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let mut sources: Vec<Lines<'static>> = vec![self.buffer.into_lines()];
        for packed in self.packed {
            let reader = decoder(Compression::Zstd, io::Cursor::new(packed), &Limits::index())?;
            sources.push(Box::new(BufReader::new(reader).split(b'\n')));
        }
        Merge::new(sources)
    }
}

impl Buffer {
    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.lines.sort_unstable_by(|one, other| bytes[one.clone()].cmp(&bytes[other.clone()]));
    }

    fn pack(mut self) -> io::Result<Vec<u8>> {
        self.sort();
        let mut encoder = Encoder::new(Compression::Zstd, LEVEL, Vec::new())?;
        for line in &self.lines {
            encoder.write_all(&self.bytes[line.clone()])?;
            encoder.write_all(b"\n")?;
        }
        encoder.finish()
    }

    fn into_lines(mut self) -> Lines<'static> {
        self.sort();
        let Self { bytes, lines } = self;
        Box::new(lines.into_iter().map(move |line| Ok(bytes[line].to_vec())))
    }
}

/// The least line of every source that has one, each with the number of its source.
struct Merge<'a> {
    sources: Vec<Lines<'a>>,
    next: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

impl<'a> Merge<'a> {
    fn new(sources: Vec<Lines<'a>>) -> io::Result<Self> {
        let mut merge = Self { next: BinaryHeap::new(), sources };
        for number in 0..merge.sources.len() {
            merge.refill(number)?;
        }
        Ok(merge)
    }

    fn refill(&mut self, number: usize) -> io::Result<()> {
        if let Some(line) = self.sources[number].next().transpose()? {
            self.next.push(Reverse((line, number)));
        }
        Ok(())
    }
}

impl Iterator for Merge<'_> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((line, number)) = self.next.pop()?;
        Some(self.refill(number).map(|()| line))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However small the buffer is, the lines are those that were added, in order.
        #[test]
        fn lines_come_out_sorted(lines in prop::collection::vec("[a-c/é]{0,6}", 0..60), limit in 1..80_usize) {
            let mut sorted = SortedLines::with_buffer(limit);
            for line in &lines {
                let (start, end) = line.as_bytes().split_at(line.len() / 2);
                sorted.push(&[start, end]).unwrap();
            }
            let mut expected: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
            expected.sort();
            let found: Vec<Vec<u8>> = sorted.finish().unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
