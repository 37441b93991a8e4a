//! Reading a staged file: once, into the content store, with the hash of what it unpacks to.

use std::io::{self, Read, Write};

use debfmt::compress::{Compression, decoder};
use debfmt::digest::{Algorithms, Checksums, HashingReader};
use debfmt::limits::{LimitedReader, Limits};

use super::{Reading, SuiteSurvey};
use crate::model::contribution::{Contribution, FileStamp};
use crate::model::key::IndexName;
use crate::ports::objects::ObjectWriter;
use crate::ports::shortage::in_one_line;
use crate::ports::staging::StagedEntry;

/// How long, in seconds, a file must have been as it is before its looks are believed: times of files are not exact.
const EXACT: i64 = 2;

impl SuiteSurvey<'_> {
    /// Reads a staged file; the error says why it cannot be taken now. What was read has no name in the content store yet.
    pub(super) fn read(
        &self,
        (index, compression): (&IndexName, Compression),
        entry: &StagedEntry,
    ) -> Result<(Contribution, Option<Box<dyn ObjectWriter>>), String> {
        let staging = self.site.staging;
        let opened =
            staging.open(&self.root, &self.name, &entry.path).map_err(|error| in_one_line(&error))?;
        let opened = opened.ok_or("it is gone")?;
        let mut object = match self.reading {
            Reading::Keep => Some(self.site.objects.begin().map_err(|error| in_one_line(&error))?),
            Reading::Look => None,
        };
        let (packed, text) = sums(opened, object.as_mut(), compression, Algorithms::SHA256)
            .map_err(|error| in_one_line(&error))?;
        let after =
            staging.stamp(&self.root, &self.name, &entry.path).map_err(|error| in_one_line(&error))?;
        if after.as_ref() != Some(&entry.stamp) {
            return Err("it changed while it was read, and the next run takes it".to_owned());
        }
        if let Some(object) = &mut object {
            object.close().map_err(|error| in_one_line(&error))?;
        }
        let believed = entry.changed.plus(EXACT) <= self.site.clock.now();
        let new = Contribution {
            index: index.clone(),
            compression,
            sha256: packed.sha256,
            size: packed.size,
            text_sha256: text.sha256,
            text_size: text.size,
            stamp: if believed { entry.stamp.clone() } else { FileStamp::default() },
        };
        Ok((new, object))
    }
}

/// The sums of a file and of what it unpacks to; what is read is written into `object`, too.
pub(super) fn sums(
    file: impl Read,
    object: Option<&mut Box<dyn ObjectWriter>>,
    compression: Compression,
    algorithms: Algorithms,
) -> io::Result<(Checksums, Checksums)> {
    let limits = Limits::index();
    let limited = LimitedReader::new(file, "the staged file", limits.text_bytes);
    let mut packed = HashingReader::new(Tee { reader: limited, object }, algorithms);
    let text = decoder(compression, &mut packed, &limits)?;
    let text = LimitedReader::new(text, "what the staged file unpacks to", limits.text_bytes);
    let text = HashingReader::new(text, algorithms).finish()?;
    let packed = packed.finish()?;
    Ok((packed, text))
}

/// Hands on what is read.
struct Tee<'a, R> {
    reader: R,
    object: Option<&'a mut Box<dyn ObjectWriter>>,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if let Some(object) = &mut self.object {
            object.write_all(buffer.get(..count).unwrap_or_default())?;
        }
        Ok(count)
    }
}
