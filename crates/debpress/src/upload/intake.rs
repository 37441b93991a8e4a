//! Files go into the content store while they are read: hashed, copied and looked at in one pass.
//!
//! What is believed about a file is said of the very bytes that end in the store. There is no moment between a
//! check and a use in which somebody could put another file in its place.

use std::io::{self, Read, Write};

use debfmt::changes::ChangesFile;
use debfmt::digest::{Algorithms, Checksums, Hasher, Md5, Sha1, Sha256};
use debfmt::dsc::SourceFile;
use debfmt::names::FileName;

use super::reason::{FILE_HASH_MISMATCH, FILE_SIZE_MISMATCH, Reason};
use crate::ports::objects::{ObjectError, ObjectWriter, Objects};

/// Hashes that an upload can name. SHA-512 stands in no .changes and no .dsc.
const LISTED: Algorithms = Algorithms { md5: true, sha1: true, sha512: false };

/// Why a file could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The file is at fault, for these reasons.
    #[error("{}", lines(.0))]
    Refused(Vec<Reason>),
    /// The file could not be read to its end; nothing is known about it.
    #[error("cannot read {file}")]
    Read {
        /// Its name.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The content store failed; nothing is known about the file.
    #[error("cannot keep {file}")]
    Store {
        /// Its name.
        file: String,
        /// Why.
        #[source]
        source: ObjectError,
    },
}

fn lines(reasons: &[Reason]) -> String {
    reasons.iter().map(Reason::to_string).collect::<Vec<_>>().join("\n")
}

/// What a list says about a file.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Which list, for messages: `the .changes`.
    pub list: &'static str,
    /// Size in bytes.
    pub size: u64,
    /// MD5.
    pub md5: Md5,
    /// SHA-1, where the list has it.
    pub sha1: Option<Sha1>,
    /// SHA-256, where the list has it.
    pub sha256: Option<Sha256>,
}

impl From<&ChangesFile> for Expected {
    fn from(file: &ChangesFile) -> Self {
        Self { list: "the .changes", size: file.size, md5: file.md5, sha1: file.sha1, sha256: file.sha256 }
    }
}

impl From<&SourceFile> for Expected {
    fn from(file: &SourceFile) -> Self {
        Self { list: "the .dsc", size: file.size, md5: file.md5, sha1: file.sha1, sha256: file.sha256 }
    }
}

impl Expected {
    /// What differs between the list and the file as it was read; empty when nothing does.
    ///
    /// Where the size differs the hashes must, too: saying so as well would only hide the cause.
    pub fn differences(&self, name: &FileName, found: &Checksums) -> Vec<Reason> {
        if self.size != found.size {
            return vec![self.size_mismatch(name, found.size)];
        }
        let hashes = [
            ("MD5", Some(self.md5.to_string()), found.md5.map(|hash| hash.to_string())),
            ("SHA-1", self.sha1.map(|hash| hash.to_string()), found.sha1.map(|hash| hash.to_string())),
            ("SHA-256", self.sha256.map(|hash| hash.to_string()), Some(found.sha256.to_string())),
        ];
        let wrong = hashes.into_iter().filter_map(|(algorithm, said, is)| {
            let (said, is) = (said?, is?);
            let message = || format!("{} says {algorithm} {said}, the file has {is}", self.list);
            (said != is).then(|| Reason::of_file(FILE_HASH_MISMATCH, name, message()))
        });
        wrong.collect()
    }

    /// The reason for a file whose size, in bytes, is another one.
    pub fn size_mismatch(&self, name: &FileName, found: u64) -> Reason {
        let message = format!("{} says {} bytes, the file has {found}", self.list, self.size);
        Reason::of_file(FILE_SIZE_MISMATCH, name, message)
    }
}

/// A file on its way into the content store: what is read from here is hashed and copied on the way.
///
/// [`Intake::finish`] ends it. Dropped before, it leaves nothing in the store.
pub struct Intake<R> {
    reader: R,
    file: String,
    hasher: Hasher,
    writer: Box<dyn ObjectWriter>,
    read_error: Option<io::Error>,
    write_error: Option<io::Error>,
}

/// A file that was read to its end and that nobody can see in the store yet.
pub struct Taken {
    /// Its size and hashes.
    pub checksums: Checksums,
    file: String,
    writer: Box<dyn ObjectWriter>,
}

impl<R: Read> Intake<R> {
    /// Begins to take the file `name`, whose bytes come from `reader`.
    ///
    /// # Errors
    /// [`IntakeError::Store`].
    pub fn begin(objects: &dyn Objects, name: &FileName, reader: R) -> Result<Self, IntakeError> {
        let writer =
            objects.begin().map_err(|source| IntakeError::Store { file: name.to_string(), source })?;
        let hasher = Hasher::new(LISTED);
        Ok(Self { reader, file: name.to_string(), hasher, writer, read_error: None, write_error: None })
    }

    /// Reads what is left, and says what the file was.
    ///
    /// # Errors
    /// [`IntakeError::Read`] or [`IntakeError::Store`]: also for a failure that happened earlier, whatever was made
    /// of it by those who read.
    pub fn finish(mut self) -> Result<Taken, IntakeError> {
        let drained = io::copy(&mut self, &mut io::sink());
        if let Some(source) = self.write_error {
            let operation = "write an object";
            let source = ObjectError::Io { operation, subject: self.file.clone(), source };
            return Err(IntakeError::Store { file: self.file, source });
        }
        if let Some(source) = self.read_error.or_else(|| drained.err()) {
            return Err(IntakeError::Read { file: self.file, source });
        }
        Ok(Taken { checksums: self.hasher.finish(), file: self.file, writer: self.writer })
    }
}

impl<R: Read> Read for Intake<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.reader.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let shown = io::Error::new(error.kind(), "the file could not be read");
                self.read_error = Some(error);
                return Err(shown);
            }
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        self.hasher.update(bytes);
        if let Err(error) = self.writer.write_all(bytes) {
            self.write_error = Some(error);
            return Err(io::Error::other("the content store could not be written"));
        }
        Ok(count)
    }
}

impl Taken {
    /// Puts the file into the store under its hash.
    ///
    /// # Errors
    /// [`IntakeError::Store`].
    pub fn keep(self) -> Result<Checksums, IntakeError> {
        let commit = self.writer.commit(&self.checksums.sha256);
        commit.map_err(|source| IntakeError::Store { file: self.file, source })?;
        Ok(self.checksums)
    }
}
