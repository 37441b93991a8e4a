//! Writes the indexes of a staged suite.
//!
//! An index is rendered once, hashed while it is rendered, and handed in pieces to one thread for each compressed
//! form, which hashes what it writes. Nothing is read back, and memory does not grow with the index.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use debfmt::compress::{Compression, Encoder, default_level};
use debfmt::digest::{Algorithms, Checksums, Hasher, HashingWriter};
use debfmt::packages::{self, StanzaTail};
use debfmt::release::ReleaseFile;
use debfmt::sources::{self, SourceTail};

use super::plan::{IndexPlan, SuitePlan};
use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{IndexName, SuiteFile, TreeKey, pool_directory};
use crate::ports::db::{IndexFile, RecordsError, Snapshot};
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

/// Enough to keep a compressor busy, few enough to bound memory: pieces waiting per compressed form.
const WAITING: usize = 4;
/// Bytes of index text that are handed over at a time.
const PIECE: usize = 1 << 20;

type Piece = Arc<Vec<u8>>;
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
        let (text, forms) = thread::scope(|scope| {
            let mut senders = Vec::new();
            let mut threads = Vec::new();
            for (compression, file) in outputs {
                let (sender, receiver) = sync_channel(WAITING);
                senders.push(sender);
                let work = move || compress(compression, file, &receiver);
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
        self.site.settings.compressors.iter().map(open).collect()
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
        let mut text = IndexText { senders, piece: Vec::new(), hasher: Hasher::new(Algorithms::SHA256) };
        let walked = match &self.index.name {
            IndexName::Packages(..) => self.render_packages(&mut text),
            IndexName::Sources(_) => self.render_sources(&mut text),
            // Uploaded, and placed with the custom files.
            IndexName::Translation(..) => Ok(()),
        };
        walked.map_err(|source| PublishError::Records { subject: self.target.label(), source })?;
        text.hand_over();
        Ok(text.hasher.finish())
    }

    fn render_packages(&self, text: &mut IndexText) -> Result<(), RecordsError> {
        let component = &self.index.component;
        self.site.records.binary_rows(self.snapshot, component, &self.index.architectures, &mut |row| {
            if self.plan.hidden.contains(&row.id) {
                return true;
            }
            let tail = StanzaTail {
                section: &self.section(&row.section),
                priority: &row.priority,
                filename: &format!("{}/{}", pool_directory(component, &row.source_name), row.file),
                checksums: &row.checksums,
                phased_update_percentage: None,
            };
            packages::write_stanza(&mut text.piece, &row.stanza, &tail);
            text.end_stanza()
        })
    }

    fn render_sources(&self, text: &mut IndexText) -> Result<(), RecordsError> {
        let component = &self.index.component;
        self.site.records.source_rows(self.snapshot, component, &mut |row| {
            if self.plan.hidden.contains(&row.id) {
                return true;
            }
            let tail = SourceTail {
                section: &self.section(&row.section),
                priority: &row.priority,
                directory: &pool_directory(component, &row.name),
                file_lists: &row.file_lists,
            };
            sources::write_stanza(&mut text.piece, &row.stanza, &tail);
            text.end_stanza()
        })
    }

    /// The section as indexes show it: with its component, unless that is the most preferred one.
    fn section(&self, section: &str) -> String {
        if self.target.series.components.first() == Some(&self.index.component) {
            section.to_owned()
        } else {
            format!("{}/{section}", self.index.component)
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
            let by_hash = SuiteFile::ByHash(name.clone(), checksums.sha256);
            let by_hash = TreeKey::Staged(self.target.name.clone(), by_hash);
            let linked = self.site.tree.link(&self.target.root, &self.staged(compression), &by_hash);
            linked.map_err(|source| self.tree_failed(source))?;
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

/// The text of an index on its way to the compressors.
struct IndexText {
    senders: Vec<SyncSender<Piece>>,
    piece: Vec<u8>,
    hasher: Hasher,
}

impl IndexText {
    /// Ends a stanza; returns whether anybody still listens.
    fn end_stanza(&mut self) -> bool {
        self.piece.push(b'\n');
        self.piece.len() < PIECE || self.hand_over()
    }

    fn hand_over(&mut self) -> bool {
        self.hasher.update(&self.piece);
        let piece = Arc::new(std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE + PIECE / 8)));
        self.senders.iter().all(|sender| sender.send(Arc::clone(&piece)).is_ok())
    }
}

fn compress(
    compression: Compression,
    file: Box<dyn StagedFile>,
    pieces: &Receiver<Piece>,
) -> io::Result<Checksums> {
    let hashing = HashingWriter::new(file, Algorithms::SHA256);
    let mut encoder = Encoder::new(compression, default_level(compression), hashing)?;
    for piece in pieces {
        encoder.write_all(&piece)?;
    }
    let (file, checksums) = encoder.finish()?.finish();
    file.finish().map_err(io::Error::other)?;
    Ok(checksums)
}
