//! The four digests an archive uses, and hashing while bytes pass by.
//!
//! SHA-256 is always computed: apt requires it and the content store is keyed by it. MD5, SHA-1 and SHA-512
//! are computed only when asked for, because hashing is most of the cost of copying a file.

use std::fmt;
use std::io::{self, Read, Write};

use md5::Digest as _;

/// Text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The text is too short or too long for the algorithm.
    #[error("a {algorithm} digest has {expected} hexadecimal digits, not {found}")]
    Length {
        /// The algorithm asked for.
        algorithm: &'static str,
        /// Digits it needs.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// A character is not one of `0-9a-fA-F`.
    #[error("a {algorithm} digest has a character at position {position} that is not a hexadecimal digit")]
    NotHex {
        /// The algorithm asked for.
        algorithm: &'static str,
        /// The offset in bytes, from 0.
        position: usize,
    },
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn decode_hex<const N: usize>(algorithm: &'static str, text: &str) -> Result<[u8; N], DigestError> {
    if text.len() != 2 * N {
        return Err(DigestError::Length { algorithm, expected: 2 * N, found: text.len() });
    }
    let mut out = [0; N];
    for (index, (slot, pair)) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)).enumerate() {
        for (offset, byte) in pair.iter().enumerate() {
            let position = 2 * index + offset;
            let value = nibble(*byte).ok_or(DigestError::NotHex { algorithm, position })?;
            *slot = (*slot << 4) | value;
        }
    }
    Ok(out)
}

macro_rules! digest_type {
    ($name:ident, $bytes:literal, $label:literal) => {
        #[doc = concat!("A ", $label, " digest: ", stringify!($bytes), " bytes, shown as lower-case hexadecimal.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            #[doc = concat!("The ", $label, " of `bytes`.")]
            pub fn of(bytes: &[u8]) -> Self {
                Self(states::$name::digest(bytes).into())
            }

            /// Reads hexadecimal digits of either case.
            pub fn from_hex(text: &str) -> Result<Self, DigestError> {
                decode_hex($label, text).map(Self)
            }

            /// Takes the raw digest.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Takes the raw digest; `None` if the length is wrong.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The raw digest.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = DigestError;

            fn from_str(text: &str) -> Result<Self, DigestError> {
                Self::from_hex(text)
            }
        }
    };
}

/// The hash states, under the names of the digests they make.
mod states {
    pub(super) use md5::Md5;
    pub(super) use sha1::Sha1;
    pub(super) use sha2::{Sha256, Sha512};
}

digest_type!(Sha256, 32, "SHA-256");
digest_type!(Md5, 16, "MD5");
digest_type!(Sha1, 20, "SHA-1");
digest_type!(Sha512, 64, "SHA-512");

/// Which digests to compute besides SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithms {
    /// MD5: `.changes` files and old clients.
    pub md5: bool,
    /// SHA-1: old clients.
    pub sha1: bool,
    /// SHA-512.
    pub sha512: bool,
}

impl Algorithms {
    /// SHA-256 only.
    pub const SHA256: Self = Self { md5: false, sha1: false, sha512: false };
    /// What Debian's own indexes carry: MD5 and SHA-256.
    pub const INDEX: Self = Self { md5: true, ..Self::SHA256 };
    /// All four.
    pub const ALL: Self = Self { md5: true, sha1: true, sha512: true };
}

/// The size and digests of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksums {
    /// Length in bytes.
    pub size: u64,
    /// Always known.
    pub sha256: Sha256,
    /// Known if it was asked for.
    pub md5: Option<Md5>,
    /// Known if it was asked for.
    pub sha1: Option<Sha1>,
    /// Known if it was asked for.
    pub sha512: Option<Sha512>,
}

impl Checksums {
    /// Hashes `bytes`.
    pub fn of(bytes: &[u8], algorithms: Algorithms) -> Self {
        let mut hasher = Hasher::new(algorithms);
        hasher.update(bytes);
        hasher.finish()
    }
}

/// Computes [`Checksums`] of bytes that come in pieces.
#[derive(Clone)]
pub struct Hasher {
    size: u64,
    sha256: states::Sha256,
    md5: Option<states::Md5>,
    sha1: Option<states::Sha1>,
    sha512: Option<states::Sha512>,
}

impl Hasher {
    /// Starts with no bytes.
    pub fn new(algorithms: Algorithms) -> Self {
        Self {
            size: 0,
            sha256: states::Sha256::new(),
            md5: algorithms.md5.then(states::Md5::new),
            sha1: algorithms.sha1.then(states::Sha1::new),
            sha512: algorithms.sha512.then(states::Sha512::new),
        }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        self.sha256.update(bytes);
        if let Some(state) = &mut self.md5 {
            state.update(bytes);
        }
        if let Some(state) = &mut self.sha1 {
            state.update(bytes);
        }
        if let Some(state) = &mut self.sha512 {
            state.update(bytes);
        }
    }

    /// The digests of all bytes added.
    pub fn finish(self) -> Checksums {
        Checksums {
            size: self.size,
            sha256: Sha256(self.sha256.finalize().into()),
            md5: self.md5.map(|state| Md5(state.finalize().into())),
            sha1: self.sha1.map(|state| Sha1(state.finalize().into())),
            sha512: self.sha512.map(|state| Sha512(state.finalize().into())),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Hashes what is read through it.
#[derive(Debug)]
pub struct HashingReader<R: Read> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> HashingReader<R> {
    /// Wraps a reader at its beginning.
    pub fn new(reader: R, algorithms: Algorithms) -> Self {
        Self { inner: reader, hasher: Hasher::new(algorithms) }
    }

    /// Reads whatever is left, so that the result covers the whole input, and gives the checksums.
    ///
    /// Fails with the error of the inner reader.
    pub fn finish(mut self) -> io::Result<Checksums> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hasher.finish())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Hashes what is written through it.
#[derive(Debug)]
pub struct HashingWriter<W: Write> {
    inner: W,
    hasher: Hasher,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps a writer; only bytes written from now on count.
    pub fn new(writer: W, algorithms: Algorithms) -> Self {
        Self { inner: writer, hasher: Hasher::new(algorithms) }
    }

    /// Gives the writer back (not flushed) with the checksums of what it took.
    pub fn finish(self) -> (W, Checksums) {
        (self.inner, self.hasher.finish())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        // Only what the inner writer took was written; it may take less than it was offered.
        let count = self.inner.write(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
