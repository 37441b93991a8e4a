//! Assembles the files of an index from its segments, in order: segments are compressed side by side, and the files are
//! written side by side, each hashed while it is written.

use std::io::{self, Write};

use debfmt::compress::{BlockWriter, Compression};
use debfmt::digest::{Algorithms, Checksums, Hasher, HashingWriter, Sha256};
use rayon::prelude::*;

use super::segment::Segment;
use crate::ports::index_cache::IndexCache;
use crate::ports::tree::StagedFile;

/// Text that is gathered before it is worked on, in bytes: enough for all processors, and a bound of memory.
const GATHERED: usize = 8 << 20;
/// Less text than that is not worth the start of threads.
const SMALL: usize = 64 << 10;

type File = HashingWriter<Box<dyn StagedFile>>;

enum Output {
    Plain(File),
    Joined(Compression, BlockWriter<File>),
}

impl Output {
    fn open(compression: Compression, file: Box<dyn StagedFile>, algorithms: Algorithms) -> io::Result<Self> {
        let file = HashingWriter::new(file, algorithms);
        if compression == Compression::None {
            return Ok(Self::Plain(file));
        }
        Ok(Self::Joined(compression, BlockWriter::new(compression, file)?))
    }

    fn write(&mut self, segments: &[Segment]) -> io::Result<()> {
        for segment in segments {
            match self {
                Self::Plain(file) => file.write_all(segment.text())?,
                Self::Joined(compression, file) => {
                    let missing = || io::Error::other(format!("a segment lacks its {compression} form"));
                    let (sums, bytes) = segment.form(*compression).ok_or_else(missing)?;
                    file.add(sums, bytes)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> io::Result<(Compression, Checksums)> {
        let (compression, file) = match self {
            Self::Plain(file) => (Compression::None, file),
            Self::Joined(compression, file) => (compression, file.finish()?),
        };
        let (file, checksums) = file.finish();
        file.finish().map_err(io::Error::other)?;
        Ok((compression, checksums))
    }
}

enum Next {
    Found(Segment),
    Text(Vec<u8>),
}

/// The files of an index while they are written.
pub(super) struct Assembler<'a> {
    forms: Vec<Compression>,
    outputs: Vec<Output>,
    /// Hashes the text, unless the text is one of the files.
    text: Option<Hasher>,
    /// Where segments are kept; `None`: they are not worth it.
    cache: Option<&'a dyn IndexCache>,
    next: Vec<Next>,
    gathered: usize,
    keys: Vec<Sha256>,
}

/// What was assembled.
pub(super) struct Assembled {
    /// What the text sums to.
    pub(super) text: Checksums,
    /// What each file sums to.
    pub(super) forms: Vec<(Compression, Checksums)>,
    /// SHA-256 of the text of each segment.
    pub(super) keys: Vec<Sha256>,
}

impl<'a> Assembler<'a> {
    /// Begins the files.
    pub(super) fn new(
        files: Vec<(Compression, Box<dyn StagedFile>)>,
        algorithms: Algorithms,
        cache: Option<&'a dyn IndexCache>,
    ) -> io::Result<Self> {
        let forms: Vec<Compression> = files.iter().map(|(compression, _)| *compression).collect();
        let open = |(compression, file)| Output::open(compression, file, algorithms);
        let outputs = files.into_iter().map(open).collect::<io::Result<_>>()?;
        let text = (!forms.contains(&Compression::None)).then(|| Hasher::new(algorithms));
        Ok(Self { forms, outputs, text, cache, next: Vec::new(), gathered: 0, keys: Vec::new() })
    }

    /// Adds a segment that was made before, if the cache has it whole; returns whether it has.
    pub(super) fn reuse(&mut self, key: Sha256) -> io::Result<bool> {
        let Some(segment) = self.cache.and_then(|cache| Segment::find(cache, key, &self.forms)) else {
            return Ok(false);
        };
        self.gathered += segment.text().len();
        self.next.push(Next::Found(segment));
        self.go_on().map(|()| true)
    }

    /// Adds a segment of this text.
    pub(super) fn add(&mut self, text: Vec<u8>) -> io::Result<()> {
        self.gathered += text.len();
        self.next.push(Next::Text(text));
        self.go_on()
    }

    fn go_on(&mut self) -> io::Result<()> {
        if self.gathered < GATHERED { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        let next = std::mem::take(&mut self.next);
        let alone = std::mem::take(&mut self.gathered) < SMALL;
        let (forms, cache) = (&self.forms, self.cache);
        let make = |next| match next {
            Next::Found(segment) => Ok(segment),
            Next::Text(text) => Segment::make(&text, forms, cache),
        };
        let segments: Vec<Segment> = match alone {
            true => next.into_iter().map(make).collect::<io::Result<_>>()?,
            false => next.into_par_iter().map(make).collect::<io::Result<_>>()?,
        };
        self.keys.extend(segments.iter().map(|segment| segment.key));
        let (text, outputs) = (&mut self.text, &mut self.outputs);
        let mut hash = || {
            if let Some(hasher) = text {
                segments.iter().for_each(|segment| hasher.update(segment.text()));
            }
        };
        if alone {
            hash();
            return outputs.iter_mut().try_for_each(|output| output.write(&segments));
        }
        let write = || outputs.par_iter_mut().try_for_each(|output| output.write(&segments));
        rayon::join(hash, write).1
    }

    /// Ends the files.
    pub(super) fn finish(mut self) -> io::Result<Assembled> {
        self.write()?;
        let ended = self.outputs.into_iter().map(Output::finish);
        let forms = ended.collect::<io::Result<Vec<_>>>()?;
        let plain =
            || forms.iter().find(|(form, _)| *form == Compression::None).map(|(_, sums)| sums.clone());
        let text = self.text.map(Hasher::finish).or_else(plain);
        let text = text.ok_or_else(|| io::Error::other("nobody has hashed the text"))?;
        Ok(Assembled { text, forms, keys: self.keys })
    }
}
