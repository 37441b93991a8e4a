//! Reproducible encoders.

use std::io::{self, Write};

use super::Compression;

/// The level that [`Encoder`] users should ask for when they have no opinion.
///
/// - gzip 6: zlib-rs at level 9 was measured slower *and* larger on package indices.
/// - bzip2 9: its levels are block sizes; speed hardly depends on them.
/// - xz 6: what dpkg-deb uses; higher levels only enlarge the dictionary that every reader must allocate.
/// - zstd 9: level 19 was measured to take 40 times as long for output a seventh smaller.
#[must_use]
pub fn default_level(c: Compression) -> u32 {
    match c {
        Compression::None | Compression::Lzma => 0,
        Compression::Gzip | Compression::Xz => 6,
        Compression::Bzip2 | Compression::Zstd => 9,
    }
}

/// Compresses what is written to it into `W`. The output depends on the input, the compression and the
/// level only. Call [`finish`](Self::finish): dropping an encoder leaves a truncated stream.
#[must_use = "an encoder that is not finished leaves a truncated stream"]
pub struct Encoder<W: Write>(Inner<W>);

enum Inner<W: Write> {
    None(W),
    Gzip(flate2::write::GzEncoder<W>),
    Bzip2(bzip2::write::BzEncoder<W>),
    Xz(liblzma::write::XzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    /// An encoder with a `level` from 0 or 1 (fast) to 9 (22 for zstd; see [`default_level`]); a level
    /// beyond the last means the last, and [`Compression::None`] has none.
    ///
    /// # Errors
    /// `Unsupported` for [`Compression::Lzma`], which is only ever read; or out of memory.
    pub fn new(c: Compression, level: u32, writer: W) -> io::Result<Self> {
        Ok(Self(match c {
            Compression::None => Inner::None(writer),
            Compression::Gzip => Inner::Gzip(gzip(level, writer)),
            Compression::Bzip2 => {
                Inner::Bzip2(bzip2::write::BzEncoder::new(writer, bzip2::Compression::new(level.clamp(1, 9))))
            }
            Compression::Xz => {
                let check = liblzma::stream::Check::Crc64;
                let stream = liblzma::stream::Stream::new_easy_encoder(level.min(9), check)?;
                Inner::Xz(liblzma::write::XzEncoder::new_stream(writer, stream))
            }
            Compression::Zstd => {
                let level = i32::try_from(level.clamp(1, 22)).unwrap_or(22);
                let mut encoder = zstd::stream::write::Encoder::new(writer, level)?;
                // Without it a damaged .zst would be noticed only by luck.
                encoder.include_checksum(true)?;
                Inner::Zstd(encoder)
            }
            Compression::Lzma => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "lzma files are read but never written",
                ));
            }
        }))
    }

    /// Writes what is left and the end of the stream, and returns the writer (not flushed).
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Inner::None(w) => Ok(w),
            Inner::Gzip(e) => e.finish(),
            Inner::Bzip2(e) => e.finish(),
            Inner::Xz(e) => e.finish(),
            Inner::Zstd(e) => e.finish(),
        }
    }
}

/// A gzip encoder whose header says nothing about when, where or from which file it was made: no time, no
/// name, and "Unix" as the operating system on every machine.
fn gzip<W: Write>(level: u32, writer: W) -> flate2::write::GzEncoder<W> {
    const UNIX: u8 = 3;
    let level = flate2::Compression::new(level.min(9));
    flate2::GzBuilder::new().mtime(0).operating_system(UNIX).write(writer, level)
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::None(w) => w.write(buf),
            Inner::Gzip(e) => e.write(buf),
            Inner::Bzip2(e) => e.write(buf),
            Inner::Xz(e) => e.write(buf),
            Inner::Zstd(e) => e.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Inner::None(w) => w.flush(),
            Inner::Gzip(e) => e.flush(),
            Inner::Bzip2(e) => e.flush(),
            Inner::Xz(e) => e.flush(),
            Inner::Zstd(e) => e.flush(),
        }
    }
}
