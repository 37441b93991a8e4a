//! Death row: the files of publications that nobody needs any more leave the pool (behaviour map 3.5).
//!
//! ```text
//! read      under the lock: publications whose stay is over, what holds them, who else needs their files; of one moment
//! judge     which files go, which records are done with the pool; pure
//! restore   files of sources that are held, where an interrupted run took them before something held them
//! remove    the files, then the directories that are empty
//! (sync)    their absence reaches the disk
//! (record)  the publications are recorded as removed, in one transaction for each archive
//! ```
//!
//! The file goes first. After a crash the records still say whose stay is over, so the next run judges alike, finds
//! some files gone already, and ends in the same state; a record that went first would leave a file that nobody looks
//! for again. What is recorded meanwhile does no harm: an upload that wants a file back is Pending, and its publication,
//! which needs the same lock, places the file again from the content store. Where a binary package comes meanwhile that
//! holds a source of which some files are gone, the next run puts them back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::lock::PublisherLock;
use crate::model::archive::Archive;
use crate::model::key::{PoolFile, TreeKey};
use crate::model::publication::{PoolEntry, PublicationId};
use crate::model::run::Ran;
use crate::model::time::Timestamp;
use crate::ports::db::{Condemned, CondemnedFile, Records, RecordsError};
use crate::ports::tree::{PoolObject, Tree, TreeError};
use crate::queue::with_causes;

/// What death row works with.
#[derive(Clone, Copy)]
pub struct DeathRowSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// The time of this run.
    pub now: Timestamp,
}

/// What a run did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeathRowReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Each archive that was looked at.
    pub archives: Vec<ArchiveReport>,
}

impl DeathRowReport {
    /// The same without the files one by one.
    pub fn summary(&self) -> DeathRowSummary {
        let summary = |it: &ArchiveReport| ArchiveSummary {
            archive: it.archive.clone(),
            files: it.files.len(),
            bytes: it.bytes,
            records: it.records,
            held: it.held,
            restored: it.restored,
            error: it.error.clone(),
        };
        DeathRowSummary { archives: self.archives.iter().map(summary).collect() }
    }

    /// Whether something went wrong with an archive.
    pub fn has_failed(&self) -> bool {
        self.archives.iter().any(|archive| archive.error.is_some())
    }
}

/// What happened to one archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// The archive.
    pub archive: String,
    /// Files that left the pool, by path.
    pub files: Vec<RemovedFile>,
    /// Their size in bytes.
    pub bytes: u64,
    /// Publications that are recorded as removed.
    pub records: usize,
    /// Source publications whose stay is over and which stay for binary packages that were made of them.
    pub held: usize,
    /// Files of these that were missing and are in the pool again.
    pub restored: usize,
    /// What went wrong, with every cause; `files` went before that, and the next run goes on.
    pub error: Option<String>,
}

/// What the record of a run says of it: how many files, and not each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeathRowSummary {
    /// Each archive that was looked at.
    pub archives: Vec<ArchiveSummary>,
}

/// What happened to one archive, as [`ArchiveReport`] says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArchiveSummary {
    /// The archive.
    pub archive: String,
    /// How many files left the pool.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// Publications that are recorded as removed.
    pub records: usize,
    /// Source publications that stay for binary packages.
    pub held: usize,
    /// Files of these that are in the pool again.
    pub restored: usize,
    /// What went wrong.
    pub error: Option<String>,
}

impl Ran for DeathRowSummary {
    fn changes(&self) -> u64 {
        let changes =
            self.archives.iter().map(|archive| archive.files.max(archive.records) + archive.restored);
        u64::try_from(changes.sum::<usize>()).unwrap_or(u64::MAX)
    }

    fn trouble(&self) -> Vec<String> {
        let lines =
            self.archives.iter().filter_map(|it| Some(format!("{}: {}", it.archive, it.error.as_ref()?)));
        lines.collect()
    }

    fn speaks(&self) -> bool {
        false
    }
}

/// A file that left the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedFile {
    /// Its path, relative to the site.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why an archive was not cleaned to its end.
#[derive(Debug, thiserror::Error)]
enum DeathRowError {
    /// The records failed.
    #[error("cannot remove files of {archive}")]
    Records {
        archive: String,
        #[source]
        source: RecordsError,
    },
    /// The published tree failed.
    #[error("cannot remove files of {archive}")]
    Tree {
        archive: String,
        #[source]
        source: TreeError,
    },
}

/// What becomes of an archive's condemned publications.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    /// Publications that are done with the pool.
    done: Vec<PublicationId>,
    /// Files that go.
    files: BTreeSet<PoolFile>,
    /// Publications that stay.
    held: usize,
    /// What they need in the pool.
    held_files: BTreeMap<PoolFile, PoolObject>,
}

/// Decides which files may go: those that only publications have which are done with the pool. Pure.
fn judge(condemned: &[Condemned]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut needed: BTreeMap<PoolFile, bool> = BTreeMap::new();
    for publication in condemned {
        match publication.held {
            true => verdict.held += 1,
            false => verdict.done.push(publication.publication),
        }
        for CondemnedFile { entry, needed: by_others } in &publication.files {
            *needed.entry(entry.pool_file()).or_default() |= *by_others || publication.held;
            if publication.held {
                let object = PoolObject { sha256: entry.sha256, size: entry.size };
                verdict.held_files.insert(entry.pool_file(), object);
            }
        }
    }
    verdict.files = needed.into_iter().filter(|(_, needed)| !needed).map(|(file, _)| file).collect();
    verdict
}

/// What a run of death row would look at.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The publications that need no file in the pool any more.
    pub done: BTreeSet<PublicationId>,
    /// Every file of a publication whose stay is over, also of one that is held.
    pub files: Vec<PoolEntry>,
}

/// What waits for death row in the pool of the archive, whether or not a run has seen to it: these files may be there or
/// not.
///
/// # Errors
/// The records fail.
pub fn waiting_for_death_row(
    records: &dyn Records,
    archive: &Archive,
    now: Timestamp,
) -> Result<Waiting, RecordsError> {
    let condemned = records.condemned(archive.id, now)?;
    let done = judge(&condemned).done.into_iter().collect();
    let files = condemned.into_iter().flat_map(|it| it.files).map(|file| file.entry).collect();
    Ok(Waiting { done, files })
}

/// Removes from the pool of each archive what nobody needs any more.
///
/// Each archive stands for itself: what goes wrong with one is in the report and stops no other.
pub fn process_death_row(
    site: &DeathRowSite<'_>,
    lock: &PublisherLock,
    archives: &[&Archive],
) -> DeathRowReport {
    each(archives, false, |archive, report| remove(site, lock, archive, report))
}

/// Says what [`process_death_row`] would do now, and changes nothing.
pub fn preview_death_row(site: &DeathRowSite<'_>, archives: &[&Archive]) -> DeathRowReport {
    each(archives, true, |archive, report| preview(site, archive, report))
}

fn each(
    archives: &[&Archive],
    dry_run: bool,
    clean: impl Fn(&Archive, &mut ArchiveReport) -> Result<(), DeathRowError>,
) -> DeathRowReport {
    let clean = |archive: &&Archive| {
        let mut report = ArchiveReport { archive: archive.reference.to_string(), ..ArchiveReport::default() };
        report.error = clean(archive, &mut report).err().map(|error| with_causes(&error));
        report
    };
    DeathRowReport { dry_run, archives: archives.iter().map(clean).collect() }
}

fn read(
    site: &DeathRowSite<'_>,
    archive: &Archive,
    report: &mut ArchiveReport,
) -> Result<Verdict, DeathRowError> {
    let condemned = site.records.condemned(archive.id, site.now);
    let verdict = judge(&condemned.map_err(|source| records_failed(archive, source))?);
    report.held = verdict.held;
    Ok(verdict)
}

fn preview(
    site: &DeathRowSite<'_>,
    archive: &Archive,
    report: &mut ArchiveReport,
) -> Result<(), DeathRowError> {
    let verdict = read(site, archive, report)?;
    let root = archive.root();
    for file in verdict.held_files.keys() {
        let size = site.tree.pool_size(&root, file).map_err(|source| tree_failed(archive, source))?;
        report.restored += usize::from(size.is_none());
    }
    for file in &verdict.files {
        let size = site.tree.pool_size(&root, file).map_err(|source| tree_failed(archive, source))?;
        report.add(&root, file, size);
    }
    report.records = verdict.done.len();
    Ok(())
}

fn remove(
    site: &DeathRowSite<'_>,
    _lock: &PublisherLock,
    archive: &Archive,
    report: &mut ArchiveReport,
) -> Result<(), DeathRowError> {
    let verdict = read(site, archive, report)?;
    let root = archive.root();
    for (file, object) in &verdict.held_files {
        let key = TreeKey::Pool(file.clone());
        let new = site.tree.place(&root, &key, object).map_err(|source| tree_failed(archive, source))?;
        report.restored += usize::from(new);
    }
    for file in &verdict.files {
        let size = site.tree.remove(&root, file).map_err(|source| tree_failed(archive, source))?;
        report.add(&root, file, size);
    }
    // Also when all of them were gone already: a run that died may not have made that durable.
    if !verdict.files.is_empty() || report.restored > 0 {
        site.tree.sync(&root).map_err(|source| tree_failed(archive, source))?;
    }
    if !verdict.done.is_empty() {
        let recorded = site.records.record_removed(&verdict.done, site.now);
        report.records = recorded.map_err(|source| records_failed(archive, source))?;
    }
    Ok(())
}

impl ArchiveReport {
    /// A file that went; `None`: it was gone already.
    fn add(&mut self, root: &str, file: &PoolFile, size: Option<u64>) {
        let path = format!("{root}/{}", file.path());
        let Some(bytes) = size else {
            tracing::debug!(%path, "gone already");
            return;
        };
        tracing::debug!(%path, bytes, "leaves the pool");
        self.bytes += bytes;
        self.files.push(RemovedFile { path, bytes });
    }
}

fn records_failed(archive: &Archive, source: RecordsError) -> DeathRowError {
    DeathRowError::Records { archive: archive.reference.to_string(), source }
}

fn tree_failed(archive: &Archive, source: TreeError) -> DeathRowError {
    DeathRowError::Tree { archive: archive.reference.to_string(), source }
}

#[cfg(test)]
mod tests {
    use debfmt::digest::Sha256;

    use super::*;
    use crate::ports::db::CondemnedFile;

    /// A publication with files of the source `hello`; a needed one ends with `!`.
    fn condemned(publication: i64, held: bool, files: &[&str]) -> Condemned {
        let publication = PublicationId(publication);
        let file = |name: &&str| CondemnedFile {
            needed: name.ends_with('!'),
            entry: PoolEntry {
                publication,
                component: "main".parse().unwrap(),
                source: "hello".parse().unwrap(),
                file: name.trim_end_matches('!').parse().unwrap(),
                sha256: Sha256::of(name.as_bytes()),
                size: 1,
                md5: None,
            },
        };
        Condemned { publication, held, files: files.iter().map(file).collect() }
    }

    fn told(condemned: &[Condemned]) -> String {
        let Verdict { done, files, held, held_files: _ } = judge(condemned);
        let files: Vec<_> = files.iter().map(|file| file.file.to_string()).collect();
        let done: Vec<_> = done.iter().map(|it| it.0.to_string()).collect();
        format!("{} done, {held} held: {}", done.join(" "), files.join(" "))
    }

    #[test]
    fn a_file_goes_when_all_who_have_it_are_done() {
        let (old, new) = (condemned(1, false, &["1.dsc", "orig"]), condemned(2, false, &["2.dsc", "orig"]));
        assert_eq!(told(&[old.clone(), new]), "1 2 done, 0 held: 1.dsc 2.dsc orig");
        assert_eq!(told(&[old.clone(), condemned(2, true, &["2.dsc", "orig"])]), "1 done, 1 held: 1.dsc");
        assert_eq!(told(&[condemned(3, true, &["orig"]), old]), "1 done, 1 held: 1.dsc");
    }

    #[test]
    fn a_record_is_done_even_where_its_files_stay_for_others() {
        assert_eq!(told(&[condemned(1, false, &["1.dsc", "orig!"])]), "1 done, 0 held: 1.dsc");
        assert_eq!(told(&[condemned(1, false, &["orig!"]), condemned(2, false, &[])]), "1 2 done, 0 held: ");
    }
}
