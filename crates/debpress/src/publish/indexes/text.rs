//! The text of an index on its way to the compressors.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use debfmt::compress::{Compression, Encoder, default_level};
use debfmt::digest::{Algorithms, Checksums, Hasher, HashingWriter};

use crate::ports::tree::StagedFile;

/// Bytes of index text that are handed over at a time.
const PIECE: usize = 1 << 20;

/// A part of the text of an index.
pub(super) type Piece = Arc<Vec<u8>>;

/// The text of an index, given out piece by piece and hashed meanwhile.
pub(super) struct IndexText {
    senders: Vec<SyncSender<Piece>>,
    /// What was not given out yet.
    pub(super) piece: Vec<u8>,
    hasher: Hasher,
}

impl IndexText {
    /// A text that goes to whoever listens to these.
    pub(super) fn new(senders: Vec<SyncSender<Piece>>, algorithms: Algorithms) -> Self {
        Self { senders, piece: Vec::new(), hasher: Hasher::new(algorithms) }
    }

    /// Ends a stanza; returns whether anybody still listens.
    pub(super) fn end_stanza(&mut self) -> bool {
        self.piece.push(b'\n');
        self.end_part()
    }

    /// Ends what can be given out; returns whether anybody still listens.
    pub(super) fn end_part(&mut self) -> bool {
        self.piece.len() < PIECE || self.hand_over()
    }

    /// Gives out the rest and returns what the text sums to.
    pub(super) fn finish(mut self) -> Checksums {
        self.hand_over();
        self.hasher.finish()
    }

    fn hand_over(&mut self) -> bool {
        self.hasher.update(&self.piece);
        let piece = Arc::new(std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE + PIECE / 8)));
        self.senders.iter().all(|sender| sender.send(Arc::clone(&piece)).is_ok())
    }
}

/// Writes one compressed form of the text until it ends.
pub(super) fn compress(
    compression: Compression,
    file: Box<dyn StagedFile>,
    pieces: &Receiver<Piece>,
    algorithms: Algorithms,
) -> io::Result<Checksums> {
    let hashing = HashingWriter::new(file, algorithms);
    let mut encoder = Encoder::new(compression, default_level(compression), hashing)?;
    for piece in pieces {
        encoder.write_all(&piece)?;
    }
    let (file, checksums) = encoder.finish()?.finish();
    file.finish().map_err(io::Error::other)?;
    Ok(checksums)
}
