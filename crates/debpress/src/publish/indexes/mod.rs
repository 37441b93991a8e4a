//! Writes the indexes of a staged suite.
//!
//! An index is cut into segments at names that are chosen by their hash (`cut.rs`). A segment of the same publications as in
//! the index that clients see (`outline.rs`) is taken from the cache, rendered and compressed (`segment.rs`); the others
//! are made. Both are joined to files that are hashed while they are written (`assemble.rs`). Nothing is read back, and
//! memory does not grow with the index.
//!
//! Without a cache the same bytes come out.

mod assemble;
mod contents;
mod cut;
mod descriptions;
mod outline;
mod rows;
mod segment;
mod small;
mod sort;
mod stanzas;
mod sweep;
mod text;

use std::io;

use debfmt::compress::Compression;
use debfmt::digest::{Checksums, Sha256};
use debfmt::names::Component;
use debfmt::release::ReleaseFile;

use self::assemble::{Assembled, Assembler};
use self::outline::Outline;
use self::rows::Stanzas;
pub(super) use self::small::{small_indexes, write_small};
pub(super) use self::sweep::sweep_cache;
use super::plan::{IndexPlan, SuitePlan};
use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::publishing::ByHash;
use crate::ports::db::{IndexFile, IndexOutline, Snapshot};
use crate::ports::index_cache::CacheKey;
use crate::ports::tree::{StagedFile, TreeError};

/// What was written for a suite.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// What Release lists: every form of every index, the uncompressed one always.
    pub(super) listed: Vec<ReleaseFile>,
    /// The files that exist.
    pub(super) files: Vec<IndexFile>,
    /// What indexes were made of, by path.
    pub(super) outlines: Vec<IndexOutline>,
}

impl Written {
    /// Adds a file that exists and that Release lists.
    pub(super) fn add(&mut self, path: String, checksums: Checksums) {
        let (sha256, size) = (checksums.sha256.to_string(), checksums.size);
        self.files.push(IndexFile { path: path.clone(), sha256, size });
        self.listed.push(ReleaseFile { path, checksums });
    }
}

/// Writes every index of the plan, each also by its hash. `packs`: as small as it gets, however long that takes.
pub(super) fn write(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    (snapshot, plan): (&Snapshot, &SuitePlan),
    packs: bool,
) -> Result<Written, PublishError> {
    let mut written = Written::default();
    let known = site.records.outlines(target.key);
    let known = known.map_err(|source| PublishError::Records { subject: target.label(), source })?;
    for index in &plan.indexes {
        let job = IndexJob { site, target, snapshot, plan, index, packs, known: &known };
        job.write(&mut written)?;
    }
    written.outlines.sort();
    Ok(written)
}

/// Gives an index file that is staged its name by hash, unless the series has none.
pub(super) fn link_by_hash(
    site: &PublishSite<'_>,
    target: &Target,
    staged: &TreeKey,
    (index, sha256): (&IndexName, Sha256),
) -> Result<(), PublishError> {
    match target.series.options.by_hash {
        ByHash::No => return Ok(()),
        ByHash::Publish | ByHash::Advertise => {}
    }
    let by_hash = TreeKey::Staged(target.name.clone(), SuiteFile::ByHash(index.clone(), sha256));
    let linked = site.tree.link(&target.root, staged, &by_hash);
    linked.map(drop).map_err(|source| PublishError::Tree { subject: target.label(), source })
}

struct IndexJob<'a> {
    site: &'a PublishSite<'a>,
    target: &'a Target,
    snapshot: &'a Snapshot,
    plan: &'a SuitePlan,
    index: &'a IndexPlan,
    /// Whether groups of segments are compressed as one.
    packs: bool,
    /// What the indexes that clients see were made of.
    known: &'a [IndexOutline],
}

impl<'a> IndexJob<'a> {
    fn write(&self, written: &mut Written) -> Result<(), PublishError> {
        let assembled = match &self.index.name {
            IndexName::Packages(..) | IndexName::SubPackages(..) => {
                rows::write(self, Stanzas::Packages, written)?
            }
            IndexName::Sources(_) => rows::write(self, Stanzas::Sources, written)?,
            IndexName::Translation(..) => rows::write(self, Stanzas::Descriptions, written)?,
            IndexName::Contents { .. } => contents::write(self, written)?,
            // Written when everything else is, or by other programs.
            IndexName::TranslationIndex(_)
            | IndexName::Stub(..)
            | IndexName::Dep11(..)
            | IndexName::Commands(..)
            | IndexName::Oval(..)
            | IndexName::Diffs(_)
            | IndexName::Patch(..) => return Ok(()),
        };
        self.record(assembled, written)
    }

    /// Begins the files of an index of this many rows.
    fn assembler(&self, rows: usize) -> Result<Assembler<'a>, PublishError> {
        let open = |compression: &Compression| {
            let file = self.site.tree.create(&self.target.root, &self.staged(*compression));
            file.map(|file| (*compression, file)).map_err(|source| self.tree_failed(source))
        };
        let files: Vec<(Compression, Box<dyn StagedFile>)> =
            self.target.compressors(self.site).iter().map(open).collect::<Result<_, _>>()?;
        // One that is a segment by itself is made as fast as it is found.
        let cache = (rows > self.site.settings.segment_rows).then_some(self.site.cache);
        Assembler::new(files, self.target.algorithms(), (cache, self.packs))
            .map_err(|source| self.failed(source))
    }

    /// What the index that clients see was made of, if it was made with these inputs and the cache knows it.
    fn known_outline(&self, inputs: Sha256) -> Option<Outline> {
        let path = self.index.name.path();
        let named = self.known.iter().find(|outline| outline.path == path)?;
        let sha256 = Sha256::from_hex(&named.sha256).ok()?;
        let bytes = self.site.cache.read(CacheKey::Outline(sha256))?;
        let outline = (Sha256::of(&bytes) == sha256).then(|| Outline::decode(&bytes)).flatten()?;
        (outline.inputs == inputs).then_some(outline)
    }

    /// Keeps what the index was made of, if that is more than one segment.
    fn keep(&self, outline: Outline, written: &mut Written) {
        if outline.parts.len() < 2 {
            return;
        }
        let bytes = outline.encode();
        let sha256 = Sha256::of(&bytes);
        self.site.cache.write(CacheKey::Outline(sha256), &bytes);
        written.outlines.push(IndexOutline { path: self.index.name.path(), sha256: sha256.to_string() });
    }

    fn staged(&self, compression: Compression) -> TreeKey {
        TreeKey::Staged(self.target.name.clone(), SuiteFile::Index(self.index.name.clone(), compression))
    }

    fn failed(&self, source: io::Error) -> PublishError {
        PublishError::Index { subject: self.target.label(), path: self.index.name.path(), source }
    }

    fn tree_failed(&self, source: TreeError) -> PublishError {
        PublishError::Tree { subject: self.target.label(), source }
    }

    /// The section as indexes show it: with its component, unless that is the most preferred one.
    fn section(&self, component: &Component, section: &str) -> String {
        if self.target.series.components.first() == Some(component) {
            section.to_owned()
        } else {
            format!("{component}/{section}")
        }
    }

    /// Gives each form its by-hash name and lists it. The uncompressed form is listed even where it is not written:
    /// apt ignores an index whose uncompressed hash it cannot find.
    fn record(&self, assembled: Assembled, written: &mut Written) -> Result<(), PublishError> {
        let name = &self.index.name;
        let Assembled { text, forms, .. } = assembled;
        written.listed.push(ReleaseFile { path: name.path(), checksums: text });
        for (compression, checksums) in forms {
            link_by_hash(self.site, self.target, &self.staged(compression), (name, checksums.sha256))?;
            let path = SuiteFile::Index(name.clone(), compression).path();
            let (sha256, size) = (checksums.sha256.to_string(), checksums.size);
            written.files.push(IndexFile { path: path.clone(), sha256, size });
            if compression != Compression::None {
                written.listed.push(ReleaseFile { path, checksums });
            }
        }
        Ok(())
    }
}
