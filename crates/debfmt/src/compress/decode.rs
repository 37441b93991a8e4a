//! Decoders that say what is wrong with a stream, and keep saying it.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::{BzDecoder, MultiBzDecoder};
use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use thiserror::Error;

use super::Compression;
use crate::limits::Limits;

/// How much compressed input is asked for at a time.
const INPUT_BUFFER: usize = 64 * 1024;

/// What is wrong with a compressed stream. It travels inside the [`io::Error`] of a read; see
/// [`DecodeError::of`]. An error of the reader *below* the decoder is never turned into one of these.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The stream asks for a larger window or dictionary than the limits allow.
    #[error("the {compression} stream needs more memory than the limit of {limit} bytes")]
    Memory {
        /// What was being decoded.
        compression: Compression,
        /// [`Limits::decoder_memory`], in bytes.
        limit: u64,
    },
    /// The input ends inside the stream, or there is none at all.
    #[error("the {compression} stream is truncated")]
    Truncated {
        /// What was being decoded.
        compression: Compression,
    },
    /// The stream is over and something else follows.
    #[error("unexpected data after the end of the {compression} stream")]
    TrailingData {
        /// What was being decoded.
        compression: Compression,
    },
    /// The stream is not what it should be: wrong magic, checksum or content.
    #[error("the {compression} stream is corrupt: {reason}")]
    Corrupt {
        /// What was being decoded.
        compression: Compression,
        /// What the decoder says.
        reason: String,
    },
}

impl DecodeError {
    /// The decoder's own error inside `error`, if that is what it is.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    fn into_io(self) -> io::Error {
        let kind = match self {
            Self::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            Self::Memory { .. } | Self::TrailingData { .. } | Self::Corrupt { .. } => {
                io::ErrorKind::InvalidData
            }
        };
        io::Error::new(kind, self)
    }
}

/// Decodes what `reader` yields. Concatenated gzip members, bzip2 and xz streams and zstd frames are read
/// as one content, to the end of the input.
///
/// Reads fail with the reader's own error unchanged, or with a [`DecodeError`]; once failed, a decoder
/// stays failed. `limits` gives the largest window or dictionary.
///
/// # Errors
/// When a decoder cannot be set up (out of memory).
pub fn decoder<'a, R: Read + 'a>(
    c: Compression,
    reader: R,
    limits: &Limits,
) -> io::Result<Box<dyn Read + 'a>> {
    if c == Compression::None {
        return Ok(Box::new(reader));
    }
    decoder_buffered(c, BufReader::with_capacity(INPUT_BUFFER, reader), limits)
}

/// [`decoder`] for a reader that already has a buffer, which it then uses in place.
///
/// # Errors
/// When a decoder cannot be set up (out of memory).
pub fn decoder_buffered<'a, R: BufRead + 'a>(
    c: Compression,
    reader: R,
    limits: &Limits,
) -> io::Result<Box<dyn Read + 'a>> {
    decoder_with(c, reader, limits, true)
}

/// [`decoder`] that reads as apt does: of a `.xz` or `.bz2` file the first stream only, and whatever follows it, another
/// stream or padding too, is [`DecodeError::TrailingData`]. The other compressions are read as [`decoder`] reads them.
///
/// # Errors
/// When a decoder cannot be set up (out of memory).
pub fn decoder_of_one_stream<'a, R: Read + 'a>(
    c: Compression,
    reader: R,
    limits: &Limits,
) -> io::Result<Box<dyn Read + 'a>> {
    if c == Compression::None {
        return Ok(Box::new(reader));
    }
    decoder_with(c, BufReader::with_capacity(INPUT_BUFFER, reader), limits, false)
}

/// `reads_on`: beyond the first stream of a `.xz` or `.bz2` file.
fn decoder_with<'a, R: BufRead + 'a>(
    c: Compression,
    reader: R,
    limits: &Limits,
    reads_on: bool,
) -> io::Result<Box<dyn Read + 'a>> {
    let source = Source { inner: reader, failed: false, empty: true };
    let memory = limits.decoder_memory;
    let inner = match c {
        Compression::None => return Ok(Box::new(source.inner)),
        Compression::Gzip => Inner::Gzip(MultiGzDecoder::new(source)),
        Compression::Bzip2 if reads_on => Inner::Bzip2(MultiBzDecoder::new(source)),
        Compression::Bzip2 => Inner::OneBzip2(BzDecoder::new(source)),
        Compression::Xz => {
            let flags = if reads_on { CONCATENATED } else { 0 };
            let stream = Stream::new_stream_decoder(memory, flags)?;
            Inner::Lzma(XzDecoder::new_stream(source, stream))
        }
        Compression::Lzma => Inner::Lzma(XzDecoder::new_stream(source, Stream::new_lzma_decoder(memory)?)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?;
            // The largest power of two within the limit; the library takes 2^10 to 2^31.
            decoder.window_log_max(memory.checked_ilog2().unwrap_or(0).clamp(10, 31))?;
            Inner::Zstd(decoder)
        }
    };
    Ok(Box::new(Decoder { inner, compression: c, memory, state: State::Reading }))
}

enum Inner<R: BufRead> {
    Gzip(MultiGzDecoder<Source<R>>),
    Bzip2(MultiBzDecoder<Source<R>>),
    OneBzip2(BzDecoder<Source<R>>),
    /// Both .xz and .lzma: the library tells them apart by how the stream was made.
    Lzma(XzDecoder<Source<R>>),
    Zstd(zstd::stream::read::Decoder<'static, Source<R>>),
}

enum State {
    Reading,
    Done,
    /// The libraries answer "end of file" or nonsense when asked again after an error.
    Failed(DecodeError),
}

struct Decoder<R: BufRead> {
    inner: Inner<R>,
    compression: Compression,
    memory: u64,
    state: State,
}

impl<R: BufRead> Decoder<R> {
    fn source(&mut self) -> &mut Source<R> {
        match &mut self.inner {
            Inner::Gzip(d) => d.get_mut(),
            Inner::Bzip2(d) => d.get_mut(),
            Inner::OneBzip2(d) => d.get_mut(),
            Inner::Lzma(d) => d.get_mut(),
            Inner::Zstd(d) => d.get_mut(),
        }
    }

    fn fail(&mut self, error: DecodeError) -> io::Error {
        self.state = State::Failed(error.clone());
        error.into_io()
    }

    /// The stream says that it is over: is it, and is that all?
    fn end(&mut self) -> io::Result<usize> {
        let compression = self.compression;
        if self.source().empty {
            // An empty file is a valid sequence of no zstd frames, but nobody wrote one on purpose.
            return Err(self.fail(DecodeError::Truncated { compression }));
        }
        if !self.source().fill_buf()?.is_empty() {
            return Err(self.fail(DecodeError::TrailingData { compression }));
        }
        self.state = State::Done;
        Ok(0)
    }

    fn classify(&mut self, error: io::Error) -> io::Error {
        if self.source().failed {
            return error;
        }
        let compression = self.compression;
        let named = if error.kind() == io::ErrorKind::UnexpectedEof {
            DecodeError::Truncated { compression }
        } else if wants_memory(&error) {
            DecodeError::Memory { compression, limit: self.memory }
        } else {
            DecodeError::Corrupt { compression, reason: error.to_string() }
        };
        self.fail(named)
    }
}

/// Whether a library's error means that the stream wants more memory than it was told it may have.
fn wants_memory(error: &io::Error) -> bool {
    let Some(inner) = error.get_ref() else { return false };
    match inner.downcast_ref::<liblzma::stream::Error>() {
        Some(lzma) => matches!(lzma, liblzma::stream::Error::MemLimit | liblzma::stream::Error::Mem),
        // zstd's crate keeps only the text of the code `frameParameter_windowTooLarge`.
        None => inner.to_string() == "Frame requires too much memory for decoding",
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Reading => {}
            State::Done => return Ok(0),
            State::Failed(error) => return Err(error.clone().into_io()),
        }
        if buf.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.inner {
            Inner::Gzip(d) => d.read(buf),
            Inner::Bzip2(d) => d.read(buf),
            Inner::OneBzip2(d) => d.read(buf),
            Inner::Lzma(d) => d.read(buf),
            Inner::Zstd(d) => d.read(buf),
        };
        match read {
            Ok(0) => self.end(),
            Ok(n) => Ok(n),
            Err(error) => Err(self.classify(error)),
        }
    }
}

/// The reader below a decoder; remembers whether an error is its own, which a decoder does not tell.
struct Source<R> {
    inner: R,
    failed: bool,
    empty: bool,
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), available.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Ok([]) => return Ok(&[]),
                Ok(_) => break,
                // Decoders drop what they have when they see this one, so it stops here.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        // Asked again because of the borrow checker; a filled buffer answers without reading.
        self.empty = false;
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}
