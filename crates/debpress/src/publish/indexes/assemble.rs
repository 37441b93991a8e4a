//! Assembles the files of an index from its segments, in order: segments are compressed side by side, and the files are
//! written side by side, each hashed while it is written.

use std::io::{self, Write};

use debfmt::compress::{Block, BlockWriter, Compression, Encoder, default_level};
use debfmt::digest::{Algorithms, Checksums, Hasher, HashingWriter, Sha256};
use rayon::prelude::*;

use super::segment::Segment;
use crate::ports::index_cache::IndexCache;
use crate::ports::tree::StagedFile;

/// Text that is held at most, in bytes.
const HELD: usize = 64 << 20;
/// Less text than that is not worth the start of threads.
const SMALL: usize = 64 << 10;

type File = HashingWriter<Box<dyn StagedFile>>;

enum Output {
    Plain(File),
    Joined(Compression, BlockWriter<File>),
    /// Compressed anew each time: what clients read cannot be joined.
    Whole(Compression, Encoder<File>),
}

impl Output {
    fn open(compression: Compression, file: Box<dyn StagedFile>, algorithms: Algorithms) -> io::Result<Self> {
        let file = HashingWriter::new(file, algorithms);
        if compression == Compression::None {
            return Ok(Self::Plain(file));
        }
        if !Block::is_possible(compression) {
            return Ok(Self::Whole(
                compression,
                Encoder::new(compression, default_level(compression), file)?,
            ));
        }
        Ok(Self::Joined(compression, BlockWriter::new(compression, file)?))
    }

    /// Writes a group: the text of its segments, or what they are compressed to, as one if they are packed.
    fn write(&mut self, segments: &[Segment], pack: Option<&Segment>) -> io::Result<()> {
        match self {
            Self::Plain(file) => segments.iter().try_for_each(|segment| file.write_all(segment.text())),
            Self::Whole(_, file) => segments.iter().try_for_each(|segment| file.write_all(segment.text())),
            Self::Joined(compression, file) => {
                let compressed = pack.map_or(segments, std::slice::from_ref);
                let missing = || io::Error::other(format!("a segment lacks its {compression} form"));
                compressed.iter().try_for_each(|segment| {
                    let (sums, bytes) = segment.form(*compression).ok_or_else(missing)?;
                    file.add(sums, bytes)
                })
            }
        }
    }

    fn finish(self) -> io::Result<(Compression, Checksums)> {
        let (compression, file) = match self {
            Self::Plain(file) => (Compression::None, file),
            Self::Joined(compression, file) => (compression, file.finish()?),
            Self::Whole(compression, file) => (compression, file.finish()?),
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
    /// Those that segments have.
    forms: Vec<Compression>,
    outputs: Vec<Output>,
    /// Hashes the text, unless the text is one of the files.
    text: Option<Hasher>,
    /// Where segments are kept; `None`: they are not worth it.
    cache: Option<&'a dyn IndexCache>,
    /// Whether groups that are not packed are now.
    packs: bool,
    group: Vec<Next>,
    held: usize,
    groups: Vec<Vec<Sha256>>,
}

/// What was assembled.
pub(super) struct Assembled {
    /// What the text sums to.
    pub(super) text: Checksums,
    /// What each file sums to.
    pub(super) forms: Vec<(Compression, Checksums)>,
    /// SHA-256 of the text of each segment, by group.
    pub(super) groups: Vec<Vec<Sha256>>,
}

impl<'a> Assembler<'a> {
    /// Begins the files.
    pub(super) fn new(
        files: Vec<(Compression, Box<dyn StagedFile>)>,
        algorithms: Algorithms,
        (cache, packs): (Option<&'a dyn IndexCache>, bool),
    ) -> io::Result<Self> {
        let forms: Vec<Compression> = files.iter().map(|(compression, _)| *compression).collect();
        let text = (!forms.contains(&Compression::None)).then(|| Hasher::new(algorithms));
        let forms = forms.into_iter().filter(|form| Block::is_possible(*form)).collect();
        let open = |(compression, file)| Output::open(compression, file, algorithms);
        let outputs = files.into_iter().map(open).collect::<io::Result<_>>()?;
        Ok(Self { forms, outputs, text, cache, packs, group: Vec::new(), held: 0, groups: Vec::new() })
    }

    /// Adds a segment that was made before, if the cache has it whole; returns whether it has.
    pub(super) fn reuse(&mut self, key: Sha256) -> io::Result<bool> {
        let Some(segment) = self.cache.and_then(|cache| Segment::find(cache, key, &self.forms)) else {
            return Ok(false);
        };
        self.held += segment.text().len();
        self.group.push(Next::Found(segment));
        self.go_on().map(|()| true)
    }

    /// Adds a segment of this text.
    pub(super) fn add(&mut self, text: Vec<u8>) -> io::Result<()> {
        self.held += text.len();
        self.group.push(Next::Text(text));
        self.go_on()
    }

    fn go_on(&mut self) -> io::Result<()> {
        if self.held < HELD { Ok(()) } else { self.end_group() }
    }

    /// How many segments were added since a group ended.
    pub(super) fn group_length(&self) -> usize {
        self.group.len()
    }

    /// Ends a group of segments: they are written, packed if they are packed or shall be.
    pub(super) fn end_group(&mut self) -> io::Result<()> {
        let group = std::mem::take(&mut self.group);
        let alone = std::mem::take(&mut self.held) < SMALL;
        let (forms, cache) = (&self.forms, self.cache);
        let make = |next| match next {
            Next::Found(segment) => Ok(segment),
            Next::Text(text) => Segment::make(&text, forms, cache),
        };
        let segments: Vec<Segment> = match alone {
            true => group.into_iter().map(make).collect::<io::Result<_>>()?,
            false => group.into_par_iter().map(make).collect::<io::Result<_>>()?,
        };
        self.groups.push(segments.iter().map(|segment| segment.key).collect());
        let pack = self.pack_of(&segments)?;
        let (text, outputs) = (&mut self.text, &mut self.outputs);
        let mut hash = || {
            if let Some(hasher) = text {
                segments.iter().for_each(|segment| hasher.update(segment.text()));
            }
        };
        if alone {
            hash();
            return outputs.iter_mut().try_for_each(|output| output.write(&segments, pack.as_ref()));
        }
        let write = || outputs.par_iter_mut().try_for_each(|output| output.write(&segments, pack.as_ref()));
        rayon::join(hash, write).1
    }

    fn pack_of(&self, segments: &[Segment]) -> io::Result<Option<Segment>> {
        let Some(cache) = self.cache.filter(|_| segments.len() > 1) else { return Ok(None) };
        match Segment::find_pack(cache, segments, &self.forms) {
            Some(pack) => Ok(Some(pack)),
            None if self.packs => Segment::pack(cache, segments, &self.forms),
            None => Ok(None),
        }
    }

    /// Ends the files.
    pub(super) fn finish(mut self) -> io::Result<Assembled> {
        self.end_group()?;
        let ended = self.outputs.into_iter().map(Output::finish);
        let forms = ended.collect::<io::Result<Vec<_>>>()?;
        let plain =
            || forms.iter().find(|(form, _)| *form == Compression::None).map(|(_, sums)| sums.clone());
        let text = self.text.map(Hasher::finish).or_else(plain);
        let text = text.ok_or_else(|| io::Error::other("nobody has hashed the text"))?;
        Ok(Assembled { text, forms, groups: self.groups })
    }
}
