//! Patches between the texts of an index: `Packages.diff/Index` and what it lists.
//!
//! A client that has an earlier text fetches one patch and not the whole index. Each patch leads from one earlier text
//! straight to the current one. The earlier texts are those of the index files that stay by their hash
//! (`publish/retention.rs`), so that nothing is kept for patches alone.
//!
//! Patches are a convenience: what keeps one from being made is logged, and clients fetch the whole index. They must be
//! right, though: an earlier file counts only with the hash that was recorded of it, and a patch is listed only after
//! it made the current text of that file's. An index that has not changed keeps the patches that it has.

mod made;
mod texts;

use debfmt::compress::Compression;
use debfmt::digest::{Checksums, Sha256};
use debfmt::limits::Limits;
use debfmt::pdiff::{DiffIndex, Patch, Sum};

use self::made::{Made, make};
use self::texts::{EarlierText, earlier_text, staged_text};
use super::indexes::{Written, link_by_hash};
use super::plan::SuitePlan;
use super::release::put;
use super::target::Target;
use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{IndexName, PatchName, SuiteFile, TreeKey};
use crate::ports::db::IndexFile;
use crate::ports::shortage::in_one_line;
use crate::ports::tree::TreeError;

/// All patches of an index together take at most this many times the index as clients fetch it.
const TOTAL: u64 = 8;

/// Writes the patches of every index that has earlier texts, if the series wants any. `earlier`: the files of earlier
/// Releases, the latest first.
pub(super) fn write(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    target: &Target,
    (plan, earlier): (&SuitePlan, &[IndexFile]),
    written: &mut Written,
) -> Result<(), PublishError> {
    if target.series.options.pdiffs == 0 {
        return Ok(());
    }
    for index in plan.indexes.iter().filter(|index| index.name.is_patched()) {
        let Some(job) = PatchJob::new(site, target, &index.name, earlier, written) else { continue };
        if !job.keep(written)? {
            job.make(written)?;
        }
    }
    Ok(())
}

/// The patches of one index.
struct PatchJob<'a> {
    site: &'a PublishSite<'a>,
    target: &'a Target,
    name: &'a IndexName,
    /// Its text, as Release lists it.
    text: Sum,
    /// The form that is unpacked with the least work, and its hash.
    form: (Compression, String),
    /// What clients fetch who have no patch: bytes of its smallest form.
    whole: u64,
    earlier: &'a [IndexFile],
}

impl<'a> PatchJob<'a> {
    fn new(
        site: &'a PublishSite<'a>,
        target: &'a Target,
        name: &'a IndexName,
        earlier: &'a [IndexFile],
        written: &Written,
    ) -> Option<Self> {
        let text = written.listed.iter().find(|listed| listed.path == name.path())?;
        let text = Sum { sha256: text.checksums.sha256, size: text.checksums.size };
        let files = || {
            let of = |file: &IndexFile| IndexName::of_path(&file.path).filter(|(index, _)| index == name);
            written.files.iter().filter_map(move |file| of(file).map(|(_, form)| (form, file)))
        };
        let (form, file) = files().min_by_key(|(form, _)| texts::work(*form))?;
        let whole = files().map(|(_, file)| file.size).min()?;
        Some(Self { site, target, name, text, form: (form, file.sha256.clone()), whole, earlier })
    }

    /// Earlier files in the form that is unpacked, the latest first.
    fn files(&self) -> impl Iterator<Item = &'a IndexFile> {
        let path = SuiteFile::Index(self.name.clone(), self.form.0).path();
        self.earlier.iter().filter(move |file| file.path == path)
    }

    fn diffs(&self) -> IndexName {
        IndexName::Diffs(Box::new(self.name.clone()))
    }

    fn patch(&self, name: &str) -> Option<IndexName> {
        Some(IndexName::Patch(Box::new(self.name.clone()), PatchName::parse(name)?))
    }

    fn count(&self) -> usize {
        usize::try_from(self.target.series.options.pdiffs).unwrap_or(usize::MAX)
    }

    /// Keeps the live patches of an index that has not changed; returns whether that was done.
    fn keep(&self, written: &mut Written) -> Result<bool, PublishError> {
        // The live files come first, and of this form there is one.
        if self.files().next().is_none_or(|live| live.sha256 != self.form.1) {
            return Ok(false);
        }
        let Some(DiffIndex { current, patches: live }) = self.live_list() else { return Ok(false) };
        let mut patches = Vec::new();
        for patch in live {
            let Some(index) = self.patch(&patch.name) else { continue };
            let file = SuiteFile::Index(index, Compression::Gzip);
            if self.is_whole(&file, patch.download) && self.link(&file)? {
                written.files.push(recorded(&file, patch.download));
                patches.push(patch);
            }
        }
        let any = !patches.is_empty();
        if any {
            self.write_list(&DiffIndex { current, patches }, written)?;
        }
        Ok(any)
    }

    /// The live list of patches, if it is as it was recorded, is about this text and is not longer than it should be.
    fn live_list(&self) -> Option<DiffIndex> {
        let file = SuiteFile::Index(self.diffs(), Compression::None);
        let live = TreeKey::Live(self.target.name.clone(), file.clone());
        let bytes = self.readable(&live, self.site.tree.read(&self.target.root, &live))?;
        let list = DiffIndex::parse(&bytes, &Limits::index()).ok()?;
        let is_ours = self.is_recorded(&file, Sha256::of(&bytes)) && list.current == self.text;
        Some(list).filter(|list| is_ours && list.patches.len() <= self.count())
    }

    fn is_recorded(&self, file: &SuiteFile, sha256: Sha256) -> bool {
        let (path, sha256) = (file.path(), sha256.to_string());
        self.earlier.iter().any(|known| known.path == path && known.sha256 == sha256)
    }

    /// Whether a live patch is what its list says and what was recorded.
    fn is_whole(&self, file: &SuiteFile, sum: Sum) -> bool {
        let live = TreeKey::Live(self.target.name.clone(), file.clone());
        let found = self.readable(&live, self.site.tree.digest(&self.target.root, &live));
        self.is_recorded(file, sum.sha256) && found == Some((sum.size, sum.sha256))
    }

    /// What was read of a live file; one that cannot be read is as good as gone.
    fn readable<T>(&self, key: &TreeKey, read: Result<Option<T>, TreeError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            self.left_out(&key.path(), &in_one_line(&error));
            None
        })
    }

    /// Gives a live file the same name in the staged suite; returns whether it was there.
    fn link(&self, file: &SuiteFile) -> Result<bool, PublishError> {
        let key = |key: fn(_, _) -> TreeKey| key(self.target.name.clone(), file.clone());
        let linked = self.site.tree.link(&self.target.root, &key(TreeKey::Live), &key(TreeKey::Staged));
        linked.map_err(|source| PublishError::Tree { subject: self.target.label(), source })
    }

    /// Makes patches from as many earlier texts as the series wants, the latest first.
    fn make(&self, written: &mut Written) -> Result<(), PublishError> {
        let mut files: Vec<&IndexFile> = self.files().filter(|file| file.sha256 != self.form.1).collect();
        files.truncate(self.count());
        if files.is_empty() {
            return Ok(());
        }
        let current = match staged_text(self.site, self.target, (self.name, self.form.0), self.text) {
            Ok(current) => current,
            Err(why) => {
                self.left_out(&self.name.path(), &why);
                return Ok(());
            }
        };
        let (mut patches, mut total) = (Vec::<Patch>::new(), 0);
        for file in files {
            let Some(earlier) = self.earlier_text(file) else { continue };
            if earlier.sum == self.text || patches.iter().any(|patch| patch.from == earlier.sum) {
                continue;
            }
            let Made { script, download } = match make(&earlier.bytes, &current) {
                Ok(made) => made,
                Err(why) => {
                    self.left_out(&file.path, &why);
                    continue;
                }
            };
            total += download.len() as u64;
            // From an even earlier text there would be even more to fetch.
            if download.len() as u64 >= self.whole || total > TOTAL * self.whole {
                break;
            }
            let patch = Patch {
                name: patch_name(&self.text.sha256, &earlier.sum.sha256),
                from: earlier.sum,
                script,
                download: Sum::of(&download),
            };
            self.write_patch(&patch, &download, written)?;
            patches.push(patch);
        }
        patches.reverse();
        let list = DiffIndex { current: self.text, patches };
        if list.patches.is_empty() { Ok(()) } else { self.write_list(&list, written) }
    }

    fn earlier_text(&self, file: &IndexFile) -> Option<EarlierText> {
        let text = earlier_text(self.site, self.target, file, self.form.0);
        text.map_err(|why| self.left_out(&file.path, &why)).ok()
    }

    fn left_out(&self, path: &str, why: &str) {
        tracing::warn!(suite = %self.target.label(), file = path, "no patch can be made: {why}");
    }

    fn write_patch(&self, patch: &Patch, bytes: &[u8], written: &mut Written) -> Result<(), PublishError> {
        let Some(index) = self.patch(&patch.name) else { return Ok(()) };
        let file = SuiteFile::Index(index, Compression::Gzip);
        put(self.site, self.target, file.clone(), bytes)?;
        written.files.push(recorded(&file, patch.download));
        Ok(())
    }

    fn write_list(&self, list: &DiffIndex, written: &mut Written) -> Result<(), PublishError> {
        let text = list.render();
        let index = self.diffs();
        let file = SuiteFile::Index(index.clone(), Compression::None);
        let path = file.path();
        put(self.site, self.target, file.clone(), text.as_bytes())?;
        let checksums = Checksums::of(text.as_bytes(), self.target.algorithms());
        let staged = TreeKey::Staged(self.target.name.clone(), file);
        link_by_hash(self.site, self.target, &staged, (&index, checksums.sha256))?;
        written.add(path, checksums);
        Ok(())
    }
}

/// A patch as the records know it. Release does not list it: the list of patches vouches for it, and Release for the list.
fn recorded(file: &SuiteFile, sum: Sum) -> IndexFile {
    IndexFile { path: file.path(), sha256: sum.sha256.to_string(), size: sum.size }
}

/// The name of a patch says to and from which text it leads, so that one name never means two patches: apt asks for them by
/// name and not by hash, maybe after the next publication.
fn patch_name(to: &Sha256, from: &Sha256) -> String {
    let short = |sha256: &Sha256| sha256.to_string().chars().take(16).collect::<String>();
    format!("T-{}-F-{}", short(to), short(from))
}
