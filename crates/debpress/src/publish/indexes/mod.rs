//! Writes the indexes of a staged suite.
//!
//! An index is rendered once, hashed while it is rendered, and handed in pieces to one thread for each compressed
//! form, which hashes what it writes. Nothing is read back, and memory does not grow with the index.

mod contents;
mod descriptions;
mod small;
mod sort;
mod stanzas;
mod text;

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use debfmt::compress::Compression;
use debfmt::digest::{Checksums, Sha256};
use debfmt::names::Component;
use debfmt::release::ReleaseFile;

pub(super) use self::small::{small_indexes, write_small};
use self::text::{IndexText, Piece, compress};
use super::plan::{IndexPlan, SuitePlan};
use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::publishing::ByHash;
use crate::ports::db::{IndexFile, Snapshot};
use crate::ports::tree::{StagedFile, TreeError};

/// What was written for a suite.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// What Release lists: every form of every index, the uncompressed one always.
    pub(super) listed: Vec<ReleaseFile>,
    /// The files that exist.
    pub(super) files: Vec<IndexFile>,
}

impl Written {
    /// Adds a file that exists and that Release lists.
    pub(super) fn add(&mut self, path: String, checksums: Checksums) {
        let (sha256, size) = (checksums.sha256.to_string(), checksums.size);
        self.files.push(IndexFile { path: path.clone(), sha256, size });
        self.listed.push(ReleaseFile { path, checksums });
    }
}

/// Writes every index of the plan, each also by its hash.
pub(super) fn write(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    snapshot: &Snapshot,
    plan: &SuitePlan,
) -> Result<Written, PublishError> {
    let mut written = Written::default();
    for index in &plan.indexes {
        let job = IndexJob { site, target, snapshot, plan, index };
        job.write(&mut written)?;
    }
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

/// Enough to keep a compressor busy, few enough to bound memory: pieces waiting per compressed form.
const WAITING: usize = 4;

type Output = (Compression, Box<dyn StagedFile>);

struct IndexJob<'a> {
    site: &'a PublishSite<'a>,
    target: &'a Target,
    snapshot: &'a Snapshot,
    plan: &'a SuitePlan,
    index: &'a IndexPlan,
}

impl IndexJob<'_> {
    fn write(&self, written: &mut Written) -> Result<(), PublishError> {
        let outputs = self.open_outputs()?;
        let algorithms = self.target.algorithms();
        let (text, forms) = thread::scope(|scope| {
            let mut senders = Vec::new();
            let mut threads = Vec::new();
            for (compression, file) in outputs {
                let (sender, receiver) = sync_channel(WAITING);
                senders.push(sender);
                let work = move || compress(compression, file, &receiver, algorithms);
                threads.push((compression, scope.spawn(work)));
            }
            // Rendering takes the senders and drops them at its end: that ends the threads, even after an error.
            let text = self.render(senders);
            let join = |(compression, thread): (_, thread::ScopedJoinHandle<'_, io::Result<Checksums>>)| {
                let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("the compressor stopped")));
                ended.map(|checksums| (compression, checksums))
            };
            (text, threads.into_iter().map(join).collect::<io::Result<Vec<_>>>())
        });
        // A compressor that failed is the cause; that rendering then found nobody to talk to is not.
        let forms = forms.map_err(|source| self.failed(source))?;
        self.record(text?, forms, written)
    }

    fn open_outputs(&self) -> Result<Vec<Output>, PublishError> {
        let open = |compression: &Compression| {
            let file = self.site.tree.create(&self.target.root, &self.staged(*compression));
            file.map(|file| (*compression, file)).map_err(|source| self.tree_failed(source))
        };
        self.target.compressors(self.site).iter().map(open).collect()
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

    /// Renders the index and returns what its text sums to.
    fn render(&self, senders: Vec<SyncSender<Piece>>) -> Result<Checksums, PublishError> {
        let mut text = IndexText::new(senders, self.target.algorithms());
        let walked = match &self.index.name {
            IndexName::Packages(..) | IndexName::SubPackages(..) => stanzas::packages(self, &mut text),
            IndexName::Sources(_) => stanzas::sources(self, &mut text),
            IndexName::Translation(..) => descriptions::english(self, &mut text),
            IndexName::Contents { .. } => return contents::write(self, &mut text).map(|()| text.finish()),
            // Written when everything else is, or by other programs.
            IndexName::TranslationIndex(_)
            | IndexName::Stub(..)
            | IndexName::Dep11(..)
            | IndexName::Commands(..)
            | IndexName::Oval(..)
            | IndexName::Diffs(_)
            | IndexName::Patch(..) => Ok(()),
        };
        walked.map_err(|source| PublishError::Records { subject: self.target.label(), source })?;
        Ok(text.finish())
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
    fn record(
        &self,
        text: Checksums,
        forms: Vec<(Compression, Checksums)>,
        written: &mut Written,
    ) -> Result<(), PublishError> {
        let name = &self.index.name;
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
