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

use super::indexes::sweep_cache;
use crate::lock::{LockError, PublisherLock};
use crate::model::archive::Archive;
use crate::model::key::{PoolFile, TreeKey};
use crate::model::publication::{PoolEntry, PublicationId};
use crate::model::time::Timestamp;
use crate::ports::db::{Condemned, CondemnedFile, Records, RecordsError};
use crate::ports::index_cache::IndexCache;
use crate::ports::shortage::in_one_line;
use crate::ports::stop::Stop;
use crate::ports::tree::{PoolObject, Tree, TreeError};

mod report;

pub use report::{ArchiveReport, ArchiveSummary, DeathRowReport, DeathRowSummary, RemovedFile};

/// After so many files of an archive that could not be removed something is wrong with more than these.
const MAX_FAILURES: usize = 20;

/// What death row works with.
#[derive(Clone, Copy)]
pub struct DeathRowSite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// Parts of indexes that were made before.
    pub cache: &'a dyn IndexCache,
    /// The time of this run.
    pub now: Timestamp,
    /// Whether somebody has asked to stop.
    pub stop: &'a dyn Stop,
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
    /// The publisher lock was lost.
    #[error("cannot remove files of {archive}")]
    Lock {
        archive: String,
        #[source]
        source: Box<LockError>,
    },
    /// Somebody has asked to stop.
    #[error("stopped by {signal}: the next run goes on with {archive}")]
    Stopped { archive: String, signal: &'static str },
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
    /// Publications that are done with the pool, and the files that they had in it.
    done: Vec<(PublicationId, Vec<PoolFile>)>,
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
            false => {
                let files = publication.files.iter().map(|file| file.entry.pool_file()).collect();
                verdict.done.push((publication.publication, files));
            }
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
    let done = judge(&condemned).done.into_iter().map(|(publication, _)| publication).collect();
    let files = condemned.into_iter().flat_map(|it| it.files).map(|file| file.entry).collect();
    Ok(Waiting { done, files })
}

/// Removes from the pool of each archive what nobody needs any more.
///
/// Each archive stands for itself: what goes wrong with one is in the report and stops no other. The cache of indexes gives
/// back what no index is made of any more.
pub fn process_death_row(
    site: &DeathRowSite<'_>,
    lock: &PublisherLock,
    archives: &[&Archive],
) -> DeathRowReport {
    let report = each(archives, false, |archive, report| remove(site, lock, archive, report));
    match sweep_cache(site.records, site.cache, lock) {
        Ok(bytes) => tracing::info!(bytes, "swept the cache of indexes"),
        // It only takes room, until the next run.
        Err(error) => tracing::warn!(%error, "cannot sweep the cache of indexes"),
    }
    report
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
        report.error = clean(archive, &mut report).err().map(|error| in_one_line(&error));
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
    lock: &PublisherLock,
    archive: &Archive,
    report: &mut ArchiveReport,
) -> Result<(), DeathRowError> {
    let verdict = read(site, archive, report)?;
    let lost =
        |source| DeathRowError::Lock { archive: archive.reference.to_string(), source: Box::new(source) };
    lock.check().map_err(lost)?;
    let root = archive.root();
    for (file, object) in &verdict.held_files {
        match site.tree.place(&root, &TreeKey::Pool(file.clone()), object) {
            Ok(new) => report.restored += usize::from(new),
            Err(source) => give_up_one(archive, source, report)?,
        }
    }
    let mut stuck: BTreeSet<&PoolFile> = BTreeSet::new();
    for file in &verdict.files {
        if site.stop.asked().is_some() {
            stuck.insert(file);
            continue;
        }
        match site.tree.remove(&root, file) {
            Ok(size) => report.add(&root, file, size),
            Err(source) => {
                stuck.insert(file);
                give_up_one(archive, source, report)?;
            }
        }
    }
    // Also when all of them were gone already: a run that died may not have made that durable.
    if !verdict.files.is_empty() || report.restored > 0 {
        site.tree.sync(&root).map_err(|source| tree_failed(archive, source))?;
    }
    let gone = verdict.done.iter().filter(|(_, files)| !files.iter().any(|file| stuck.contains(file)));
    let gone: Vec<PublicationId> = gone.map(|(publication, _)| *publication).collect();
    if !gone.is_empty() {
        let recorded = site.records.record_removed(&gone, site.now);
        report.records = recorded.map_err(|source| records_failed(archive, source))?;
    }
    match site.stop.asked() {
        Some(signal) => Err(DeathRowError::Stopped { archive: archive.reference.to_string(), signal }),
        None => Ok(()),
    }
}

/// Notes a file that could not be removed or put back; the others are not kept waiting for it, unless there are many.
fn give_up_one(
    archive: &Archive,
    source: TreeError,
    report: &mut ArchiveReport,
) -> Result<(), DeathRowError> {
    if report.failed.len() >= MAX_FAILURES {
        return Err(tree_failed(archive, source));
    }
    report.failed.push(in_one_line(&source));
    Ok(())
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
        let done: Vec<_> = done.iter().map(|(it, _)| it.0.to_string()).collect();
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
