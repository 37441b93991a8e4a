//! The `ar` container of binary packages: a streaming reader.
//!
//! An archive is the magic line `!<arch>` and then members: a header of 60 bytes, the content, and a filler
//! byte when the content has an odd length. The reader goes forward only and allocates nothing that a
//! header asks for: a claimed size is only ever counted down, so a claim of gigabytes in a small file ends
//! as [`ArError::Truncated`].
//!
//! Only the common format is read, as deb(5) says: names of up to 16 bytes with an optional trailing slash,
//! none of the long-name extensions of GNU or BSD.
//!
//! Sources: ar(5), deb(5).

mod header;

use std::io::{self, BufRead, BufReader, Read};

use thiserror::Error;

use crate::fill::fill;
use crate::limits::Limits;

/// The first eight bytes of every archive.
pub const MAGIC: &[u8; 8] = b"!<arch>\n";
/// The length of a member's header, in bytes.
pub const HEADER_BYTES: usize = 60;
/// The last two bytes of every member header.
pub const HEADER_END: &[u8; 2] = b"`\n";

/// How much is asked of the reader below at a time.
const BUFFER: usize = 64 * 1024;

/// What is wrong with an archive. Offsets count bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArError {
    /// There is not a single byte.
    #[error("the file is empty")]
    Empty,
    /// The file does not start with the magic line.
    #[error("the file is not an ar archive")]
    NotAnArchive,
    /// A member header does not end as one must: garbage, or the reader is out of step.
    #[error("no ar member header at offset {offset}")]
    BadHeader {
        /// Where the header should be.
        offset: u64,
    },
    /// A member's name is empty, not printable ASCII, or uses a long-name extension.
    #[error("bad ar member name at offset {offset}")]
    BadName {
        /// Where the header is.
        offset: u64,
    },
    /// A numeric field holds something other than digits and trailing blanks.
    #[error("bad {field} in the ar header at offset {offset}")]
    BadNumber {
        /// Where the header is.
        offset: u64,
        /// `size`, `time`, `owner`, `group` or `mode`.
        field: &'static str,
    },
    /// The filler byte after a member of odd length is not a newline.
    #[error("bad ar filler byte at offset {offset}")]
    BadFiller {
        /// Where the byte is.
        offset: u64,
    },
    /// The file ends inside a header, a member or its filler.
    #[error("the archive is truncated: it ends at offset {offset}")]
    Truncated {
        /// Where the file ends.
        offset: u64,
    },
    /// There are more members than the limit.
    #[error("more than {limit} ar members")]
    TooManyMembers {
        /// [`Limits::ar_members`].
        limit: usize,
    },
    /// The reader below failed. This says nothing about the archive.
    #[error("cannot read the archive: {message}")]
    Io {
        /// The kind of the reader's error.
        kind: io::ErrorKind,
        /// What the reader says.
        message: String,
    },
}

impl ArError {
    fn io(error: &io::Error) -> Self {
        Self::Io { kind: error.kind(), message: error.to_string() }
    }

    /// A stable code for machines, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty-file",
            Self::NotAnArchive => "not-an-archive",
            Self::BadHeader { .. }
            | Self::BadName { .. }
            | Self::BadNumber { .. }
            | Self::BadFiller { .. } => "malformed",
            Self::Truncated { .. } => "truncated",
            Self::TooManyMembers { .. } => "too-many-members",
            Self::Io { .. } => "io",
        }
    }
}

/// A member's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name, without filler and without one trailing slash. Printable ASCII, not empty, 16 bytes at most.
    pub name: String,
    /// How long the content claims to be, in bytes.
    pub size: u64,
    /// The time of the member, in seconds since 1970 UTC; 0 when the field is blank.
    pub mtime: i64,
}

/// Reads an archive member by member. [`Read`] and [`BufRead`] give the content of the current member.
///
/// Reads ahead of what it returns, so the reader given to it is of no use to others afterwards except to
/// be dropped or drained.
pub struct ArReader<R> {
    inner: BufReader<R>,
    /// What is left of the current member, in bytes.
    remaining: u64,
    /// Whether a filler byte follows the current member.
    filler: bool,
    offset: u64,
    members: usize,
    max_members: usize,
    failure: Option<ArError>,
}

impl<R: Read> ArReader<R> {
    /// A reader at the start of an archive. Nothing is read yet.
    pub fn new(reader: R, limits: &Limits) -> Self {
        Self {
            inner: BufReader::with_capacity(BUFFER, reader),
            remaining: 0,
            filler: false,
            offset: 0,
            members: 0,
            max_members: limits.ar_members,
            failure: None,
        }
    }

    /// Skips what is left of the current member and reads the next header. `None` at the end of the file.
    ///
    /// # Errors
    /// An [`ArError`]; every later call returns the same one.
    pub fn next_member(&mut self) -> Result<Option<Member>, ArError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.advance().inspect_err(|error| self.failure = Some(error.clone()))
    }

    /// Reads and drops the rest of the current member and its filler byte.
    ///
    /// # Errors
    /// [`ArError::Truncated`], [`ArError::BadFiller`] or [`ArError::Io`].
    pub fn finish_member(&mut self) -> Result<(), ArError> {
        self.skip_content()?;
        self.read_filler().inspect_err(|error| self.failure = Some(error.clone()))
    }

    fn skip_content(&mut self) -> Result<(), ArError> {
        while self.remaining > 0 {
            match self.fill_buf() {
                Ok(available) => {
                    let n = available.len();
                    self.consume(n);
                }
                Err(error) => return Err(self.failure.clone().unwrap_or_else(|| ArError::io(&error))),
            }
        }
        Ok(())
    }

    /// Why the last read of a member's content failed, if it did. A decoder on top may have turned the
    /// error into one of its own: this is the truth.
    #[must_use]
    pub fn failure(&self) -> Option<&ArError> {
        self.failure.as_ref()
    }

    /// How many bytes of the archive have been handed out or skipped so far.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn advance(&mut self) -> Result<Option<Member>, ArError> {
        if self.offset == 0 {
            self.read_magic()?;
        }
        self.finish_member()?;
        let at = self.offset;
        let mut header = [0; HEADER_BYTES];
        match self.fill(&mut header)? {
            0 => return Ok(None),
            HEADER_BYTES => {}
            _ => return Err(ArError::Truncated { offset: self.offset }),
        }
        if self.members >= self.max_members {
            return Err(ArError::TooManyMembers { limit: self.max_members });
        }
        self.members += 1;
        let member = header::parse(&header, at)?;
        self.remaining = member.size;
        self.filler = member.size % 2 == 1;
        Ok(Some(member))
    }

    fn read_magic(&mut self) -> Result<(), ArError> {
        let mut magic = [0; MAGIC.len()];
        let n = self.fill(&mut magic)?;
        match magic.get(..n) {
            _ if n == 0 => Err(ArError::Empty),
            Some(all) if all == MAGIC => Ok(()),
            Some(start) if MAGIC.starts_with(start) => Err(ArError::Truncated { offset: self.offset }),
            _ => Err(ArError::NotAnArchive),
        }
    }

    fn read_filler(&mut self) -> Result<(), ArError> {
        if !std::mem::take(&mut self.filler) {
            return Ok(());
        }
        let at = self.offset;
        let mut byte = [0; 1];
        match self.fill(&mut byte)? {
            0 => Err(ArError::Truncated { offset: at }),
            _ if byte == *b"\n" => Ok(()),
            _ => Err(ArError::BadFiller { offset: at }),
        }
    }

    /// Fills `buffer` as far as the file goes; returns how far that was.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArError> {
        let filled = fill(&mut self.inner, buffer).map_err(|error| ArError::io(&error))?;
        self.offset += filled as u64;
        Ok(filled)
    }
}

impl<R: Read> BufRead for ArReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.remaining == 0 {
            return Ok(&[]);
        }
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        while self.inner.buffer().is_empty() {
            match self.inner.fill_buf() {
                Ok([]) => {
                    let error = ArError::Truncated { offset: self.offset };
                    self.failure = Some(error.clone());
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(ArError::io(&error));
                    return Err(error);
                }
            }
        }
        let available = self.inner.buffer();
        let n = usize::try_from(self.remaining).map_or(available.len(), |left| left.min(available.len()));
        Ok(available.get(..n).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        let amount = usize::try_from(self.remaining).map_or(amount, |left| left.min(amount));
        self.inner.consume(amount);
        self.remaining -= amount as u64;
        self.offset += amount as u64;
    }
}

impl<R: Read> Read for ArReader<R> {
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

#[cfg(test)]
mod tests;
