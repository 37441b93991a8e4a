//! The text of an index that is made as a whole, on its way into segments.
//!
//! A segment begins at a line that is chosen by its hash, so that lines which come or go leave the other segments as they
//! were, and what was compressed of them stays good.

use std::io;

use super::assemble::{Assembled, Assembler};
use super::cut::{begins_group, name_hash};

/// Bytes that a segment has at least, unless it is the last.
const LEAST: usize = 64 << 10;
/// Of so many lines one begins a segment, once it may.
const ONE_OF: u32 = 1024;
/// Bytes after which a segment ends at the next line, whatever it is.
const MOST: usize = 4 << 20;

/// Segments that a group has at least, unless it is the last.
const GROUP: usize = 32;

/// The text of an index while it is made.
pub(super) struct IndexText<'a> {
    assembler: Assembler<'a>,
    /// What was not handed over yet.
    piece: Vec<u8>,
    failed: Option<io::Error>,
}

impl<'a> IndexText<'a> {
    /// Nothing yet.
    pub(super) fn new(assembler: Assembler<'a>) -> Self {
        Self { assembler, piece: Vec::new(), failed: None }
    }

    /// What was written last.
    pub(super) fn piece(&mut self) -> &mut Vec<u8> {
        &mut self.piece
    }

    /// Before a line that begins with these bytes; returns whether there is any use in going on.
    pub(super) fn begin_line(&mut self, line: &[u8]) -> bool {
        let length = self.piece.len();
        let chosen = || name_hash(line).is_multiple_of(ONE_OF);
        if length >= MOST || (length >= LEAST && chosen()) {
            self.failed = self.begin_segment(line).err();
        }
        self.failed.is_none()
    }

    fn begin_segment(&mut self, line: &[u8]) -> io::Result<()> {
        let piece = std::mem::take(&mut self.piece);
        self.assembler.add(piece)?;
        if begins_group(name_hash(line) / ONE_OF, self.assembler.group_length(), GROUP) {
            self.assembler.end_group()?;
        }
        Ok(())
    }

    /// Hands over the rest.
    pub(super) fn finish(mut self) -> io::Result<Assembled> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if !self.piece.is_empty() {
            self.assembler.add(self.piece)?;
        }
        self.assembler.finish()
    }
}
