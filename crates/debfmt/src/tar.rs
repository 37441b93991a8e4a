//! The tar archives inside packages: a streaming reader.
//!
//! [`TarReader`] goes forward through v7, ustar and GNU archives, entry by entry. Long names and link targets
//! of GNU (`L`, `K`) and, unless refused, the `path`, `linkpath`, `size` and `mtime` of pax are applied;
//! every other kind of header is an error, as deb(5) wants.
//!
//! Two readers that disagree about where an entry ends see two different archives, so nothing ambiguous
//! passes:
//!
//! - the checksum of every header is verified;
//! - a size given by pax replaces the size in the *file's* header, for skipping too, and never the size of
//!   another extension header in between (POSIX, pax interchange format);
//! - an entry that has no content (directory, link, device) must have the size 0;
//! - an extension given twice for one entry, or for none, is an error;
//! - after the end of the archive only zeros may follow.
//!
//! Nothing is allocated because a header asks for it: names are limited by [`Limits::tar_path_bytes`], the
//! number of entries by [`Limits::tar_entries`]; how many bytes may come out of a decoder below is for the
//! caller to limit. Paths are *not* made safe: look before you write.
//!
//! Sources: deb(5); POSIX.1-2017 pax, "ustar Interchange Format" and "pax Interchange Format"; the GNU tar
//! manual, "Basic Tar Format".

mod entry;
mod error;
mod header;
mod pax;

use std::io::{self, BufRead, BufReader, Read};

pub use entry::{Entry, EntryKind, path_text};
pub use error::TarError;

use crate::fill::fill;
use crate::limits::Limits;
use header::{BLOCK, Header};
use pax::Extensions;

/// How much is asked of the reader below, usually a decoder, at a time.
const BUFFER: usize = 64 * 1024;
/// What a pax header may hold besides the path and the link target.
const PAX_OTHER_BYTES: u64 = 64 * 1024;

/// Reads a tar archive entry by entry. [`Read`] gives the content of the current entry.
pub struct TarReader<R> {
    inner: BufReader<R>,
    offset: u64,
    /// What is left of the current entry's content, in bytes.
    remaining: u64,
    /// Zeros that fill the last block of the current entry.
    filler: u64,
    entries: usize,
    max_entries: usize,
    max_path: usize,
    pax: bool,
    ended: bool,
    failure: Option<TarError>,
}

impl<R: Read> TarReader<R> {
    /// A reader at the start of an archive. Nothing is read yet.
    pub fn new(reader: R, limits: &Limits) -> Self {
        Self {
            inner: BufReader::with_capacity(BUFFER, reader),
            offset: 0,
            remaining: 0,
            filler: 0,
            entries: 0,
            max_entries: limits.tar_entries,
            max_path: limits.tar_path_bytes,
            pax: true,
            ended: false,
            failure: None,
        }
    }

    /// Makes pax headers an error, as they are for dpkg when it unpacks a package.
    #[must_use]
    pub fn refuse_pax(mut self) -> Self {
        self.pax = false;
        self
    }

    /// Skips what is left of the current entry and reads the next one.
    ///
    /// `None` at the end of the archive; by then everything has been read, to the end of the reader below.
    ///
    /// # Errors
    /// A [`TarError`]; every later call returns the same one.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.ended {
            return Ok(None);
        }
        self.advance().inspect_err(|error| self.failure = Some(error.clone()))
    }

    fn advance(&mut self) -> Result<Option<Entry>, TarError> {
        self.skip(self.remaining)?;
        self.remaining = 0;
        let filler = std::mem::take(&mut self.filler);
        self.skip(filler)?;
        let mut extensions = Extensions::default();
        loop {
            let at = self.offset;
            let Some(header) = self.read_header()? else {
                if !extensions.is_empty() {
                    return Err(TarError::DanglingExtension { offset: at });
                }
                self.ended = true;
                return self.expect_zeros().map(|()| None);
            };
            match header.typeflag {
                b'L' | b'K' | b'x' | b'g' => self.read_extension(&header, at, &mut extensions)?,
                _ => return self.begin_entry(&header, at, extensions).map(Some),
            }
        }
    }

    /// The next header block; `None` for a block of zeros or the end of the input.
    ///
    /// An archive without its final blocks of zeros is taken for complete, as dpkg and tar do: what was cut
    /// in transport is noticed by the decoder or the `ar` archive around it.
    fn read_header(&mut self) -> Result<Option<Header>, TarError> {
        let at = self.offset;
        let mut block = [0; BLOCK];
        match self.fill(&mut block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ => return Err(TarError::Truncated { offset: self.offset }),
        }
        if block == [0; BLOCK] {
            return Ok(None);
        }
        let header = Header::parse(&block, at)?;
        if self.entries >= self.max_entries && !matches!(header.typeflag, b'L' | b'K' | b'x') {
            return Err(TarError::TooManyEntries { limit: self.max_entries });
        }
        Ok(Some(header))
    }

    fn begin_entry(&mut self, header: &Header, at: u64, extensions: Extensions) -> Result<Entry, TarError> {
        self.entries += 1;
        let entry = Entry::new(header, extensions, at, self.max_path)?;
        self.remaining = entry.size;
        self.filler = filler(entry.size);
        Ok(entry)
    }

    fn read_extension(&mut self, header: &Header, at: u64, to: &mut Extensions) -> Result<(), TarError> {
        let path = self.max_path as u64;
        let limit = match header.typeflag {
            // The name and a NUL.
            b'L' | b'K' => path.saturating_add(1),
            _ => path.saturating_mul(2).saturating_add(PAX_OTHER_BYTES),
        };
        if header.size > limit {
            return Err(TarError::ExtensionTooLarge { offset: at, limit });
        }
        let mut body = vec![0; usize::try_from(header.size).unwrap_or(0)];
        if self.fill(&mut body)? < body.len() {
            return Err(TarError::Truncated { offset: self.offset });
        }
        self.skip(filler(header.size))?;
        match header.typeflag {
            b'L' => to.set_gnu_path(&body, at),
            b'K' => to.set_gnu_link(&body, at),
            kind if !self.pax => Err(TarError::UnsupportedType { offset: at, typeflag: kind }),
            b'x' => to.set_pax(&body, at),
            _ => {
                // Counted like an entry, or a file of nothing but these would be read without end.
                self.entries += 1;
                pax::check_global(&body, at)
            }
        }
    }

    fn skip(&mut self, mut bytes: u64) -> Result<(), TarError> {
        while bytes > 0 {
            let available = self.fill_inner()?;
            if available == 0 {
                return Err(TarError::Truncated { offset: self.offset });
            }
            let n = usize::try_from(bytes).map_or(available, |left| left.min(available));
            self.take(n);
            bytes -= n as u64;
        }
        Ok(())
    }

    /// Reads to the end of the input, which must hold nothing but zeros. This also lets a decoder below
    /// verify the checksum at the end of its stream.
    fn expect_zeros(&mut self) -> Result<(), TarError> {
        loop {
            let available = self.fill_inner()?;
            if available == 0 {
                return Ok(());
            }
            if self.inner.buffer().iter().fold(0, |all, byte| all | byte) != 0 {
                return Err(TarError::TrailingData { offset: self.offset });
            }
            self.take(available);
        }
    }

    /// Fills `buffer` as far as the input goes; returns how far that was.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, TarError> {
        let filled = fill(&mut self.inner, buffer).map_err(|error| TarError::of_io(&error))?;
        self.offset += filled as u64;
        Ok(filled)
    }

    /// How many bytes the buffer holds, after filling it when it was empty; 0 at the end of the input.
    fn fill_inner(&mut self) -> Result<usize, TarError> {
        loop {
            match self.inner.fill_buf() {
                Ok(available) => return Ok(available.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TarError::of_io(&error)),
            }
        }
    }

    fn take(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        self.offset += bytes as u64;
    }
}

impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.remaining).map_or(buf.len(), |left| left.min(buf.len()));
        let Some(to) = buf.get_mut(..wanted).filter(|to| !to.is_empty()) else { return Ok(0) };
        let n = self.inner.read(to)?;
        if n == 0 {
            let error = TarError::Truncated { offset: self.offset };
            self.failure = Some(error.clone());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
        }
        self.remaining -= n as u64;
        self.offset += n as u64;
        Ok(n)
    }
}

/// The zeros after content of `size` bytes, up to the next block.
fn filler(size: u64) -> u64 {
    let block = BLOCK as u64;
    (block - size % block) % block
}

#[cfg(test)]
mod tests;
