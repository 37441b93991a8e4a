//! The pool against the records: what was published is there, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::digest::Sha256;

use super::codes::{POOL_CONTENT, POOL_MISSING, POOL_SIZE, POOL_UNKNOWN, STAGED_LEFT};
use super::{CheckError, CheckReport, CheckSite};
use crate::model::archive::Archive;
use crate::model::key::{POOL, STAGED, TreeKey};
use crate::model::publication::PoolEntry;
use crate::model::suite::SuiteKey;
use crate::ports::db::RecordsError;
use crate::publish::death_row::{Waiting, waiting_for_death_row};
use crate::queue::with_causes;

/// The way out of a pool file that is not as it should be.
const PUT_BACK: &str = "put it back as a hard link to its object in the content store, or from a backup";

/// A file of the pool.
struct PoolFile {
    path: String,
    size: u64,
    /// What it must hold; `None` until a record names it.
    expected: Option<Sha256>,
}

/// What one archive's pool holds, sorted by path.
pub(super) struct Pool {
    files: Vec<PoolFile>,
    /// Paths below the root that are reported already.
    reported: BTreeSet<String>,
}

impl Pool {
    fn find(&mut self, path: &str) -> Option<&mut PoolFile> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get_mut(at)
    }

    /// What is wrong with an index that names this file, if anything is. Each file is told once; one that disagrees
    /// with the records has been told already.
    pub(super) fn fault(&mut self, path: &str, size: u64, sha256: Option<Sha256>) -> Option<String> {
        if self.reported.contains(path) {
            return None;
        }
        let fault = match self.find(path) {
            None => Some("the pool does not have it".to_owned()),
            Some(file) if file.size != size => {
                Some(format!("the index says {size} bytes, the pool has {}", file.size))
            }
            Some(PoolFile { expected: Some(expected), .. }) => {
                let other = sha256.filter(|sha256| sha256 != expected);
                other.map(|sha256| format!("the index says SHA-256 {sha256}, the records say {expected}"))
            }
            Some(PoolFile { expected: None, .. }) => None,
        };
        if fault.is_some() {
            self.reported.insert(path.to_owned());
        }
        fault
    }
}

/// Checks the pool of an archive. `waiting`: its suites with Pending publications, whose files an interrupted run may
/// have placed already.
pub(super) fn check(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    root: &str,
    waiting: &[SuiteKey],
    archive: &Archive,
) -> Result<Pool, CheckError> {
    let files = site.tree.list(root, POOL);
    let files = files.map_err(|source| CheckError::Tree { subject: format!("{root}/{POOL}"), source })?;
    report.pool_files += files.len() as u64;
    let file = |(path, size)| PoolFile { path, size, expected: None };
    let pool = Pool { files: files.into_iter().map(file).collect(), reported: BTreeSet::new() };
    let records_failed = |source| CheckError::Records { subject: format!("{root}/{POOL}"), source };
    let over = waiting_for_death_row(site.records, archive, site.now).map_err(records_failed)?;
    let mut check = PoolCheck { site, report, root, pool, over };
    check.entries(archive, waiting).map_err(records_failed)?;
    check.unknown();
    Ok(check.pool)
}

struct PoolCheck<'a> {
    site: &'a CheckSite<'a>,
    report: &'a mut CheckReport,
    root: &'a str,
    pool: Pool,
    /// Publications whose files may have left the pool already, in a run of death row that was interrupted.
    over: Waiting,
}

impl PoolCheck<'_> {
    fn entries(&mut self, archive: &Archive, waiting: &[SuiteKey]) -> Result<(), RecordsError> {
        let records = self.site.records;
        records.pool_entries(archive.id, &mut |entry| {
            let required = !self.over.done.contains(&entry.publication);
            self.entry(&entry, required);
            true
        })?;
        for entry in std::mem::take(&mut self.over.files) {
            self.entry(&entry, false);
        }
        for suite in waiting {
            let snapshot = records.snapshot(*suite)?;
            records.pending_files(&snapshot, &mut |entry| {
                self.entry(&entry, false);
                true
            })?;
        }
        Ok(())
    }

    /// A file that a publication names. Several may name the same one; it is looked at once.
    fn entry(&mut self, entry: &PoolEntry, required: bool) {
        let PoolEntry { sha256, size, .. } = *entry;
        let key = TreeKey::Pool(entry.pool_file());
        let path = key.path();
        let told = self.pool.reported.contains(&path);
        match self.pool.find(&path) {
            None if required && !told => {
                let message = format!("it is not there, and a publication needs it; {PUT_BACK} ({sha256})");
                self.tell(POOL_MISSING, path, message);
            }
            Some(there) if there.expected.is_none() => {
                there.expected = Some(sha256);
                let found = there.size;
                if found != size {
                    let message = format!(
                        "it has {found} bytes, the records say {size}; find out who wrote it, then move it away and \
                         {PUT_BACK} ({sha256})"
                    );
                    self.tell(POOL_SIZE, path, message);
                } else if self.site.full {
                    self.content(&key, path, &sha256);
                }
            }
            None | Some(_) => {}
        }
    }

    fn content(&mut self, key: &TreeKey, path: String, sha256: &Sha256) {
        let fault = match self.site.tree.digest(self.root, key) {
            Ok(Some((_, found))) if found == *sha256 => return,
            Ok(Some((_, found))) => format!("its bytes have the SHA-256 {found}, the records say {sha256}"),
            Ok(None) => "it was removed during the check".to_owned(),
            Err(error) => format!("it cannot be read: {}", with_causes(&error)),
        };
        let message = format!("{fault}; find out who wrote it, then move it away and {PUT_BACK} ({sha256})");
        self.tell(POOL_CONTENT, path, message);
    }

    fn tell(&mut self, code: &'static str, path: String, message: String) {
        self.report.add(code, format_args!("{}/{path}", self.root), message);
        self.pool.reported.insert(path);
    }

    fn unknown(&mut self) {
        let unknown = self.pool.files.iter().filter(|file| file.expected.is_none());
        for file in unknown {
            let message = "no publication names it: it is no file of debpress, or it was placed by an interrupted \
                           publication of a package that was replaced before anybody saw it; move it away";
            self.report.add(POOL_UNKNOWN, format_args!("{}/{}", self.root, file.path), message);
        }
    }
}

/// Reports suites that lie prepared. Right only while no journal is open.
pub(super) fn check_staged(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    root: &str,
) -> Result<(), CheckError> {
    let files = site.tree.list(root, STAGED);
    let files = files.map_err(|source| CheckError::Tree { subject: format!("{root}/{STAGED}"), source })?;
    let mut suites: BTreeMap<&str, u64> = BTreeMap::new();
    for (path, _) in &files {
        let below = path.strip_prefix(STAGED).unwrap_or(path).trim_start_matches('/');
        let suite = below.split('/').next().unwrap_or(below);
        *suites.entry(suite).or_default() += 1;
    }
    for (suite, count) in suites {
        let message = format!(
            "{count} files were prepared and never made visible: a publication runs right now or was interrupted; the \
             next publication of the suite prepares it afresh, and while none runs the directory may be removed"
        );
        report.add(STAGED_LEFT, format_args!("{root}/{STAGED}/{suite}"), message);
    }
    Ok(())
}
