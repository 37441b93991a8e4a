//! The pool against the records: what was published is there, and nothing else is.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;

use super::codes::{
    OBJECT_CONTENT, POOL_CONTENT, POOL_MISSING, POOL_MODE, POOL_SIZE, POOL_TEMPORARY, POOL_UNKNOWN,
    STAGED_LEFT,
};
use super::hashing;
use super::objects::{self, Verdicts};
use super::store::Store;
use super::{CheckError, CheckReport, CheckSite, Mend};
use crate::model::archive::Archive;
use crate::model::key::{POOL, STAGED, TreeKey};
use crate::model::publication::PoolEntry;
use crate::model::suite::SuiteKey;
use crate::ports::db::RecordsError;
use crate::ports::found::{Found, FoundKind, Identity, is_damaged_name};
use crate::ports::tree::PoolObject;
use crate::publish::death_row::{Waiting, waiting_for_death_row};

/// The way out of a pool file that is not as it should be.
const PUT_BACK: &str =
    "`debpress check --repair` links it to its object in the content store; else restore it from a backup";

/// Names that programs give to files which they have not finished.
const TEMPORARY: &str = ".tmp";

/// What is known of the objects.
pub(super) struct Known<'a> {
    pub(super) store: &'a Store,
    pub(super) verdicts: &'a Verdicts,
}

/// A file of the pool.
struct PoolFile {
    path: String,
    size: u64,
    is_file: bool,
    identity: Option<Identity>,
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
    known: &Known<'_>,
    waiting: &[SuiteKey],
    archive: &Archive,
) -> Result<Pool, CheckError> {
    let root = &archive.root();
    let pool = inspect(site, report, archive)?;
    let records_failed = |source| CheckError::Records { subject: format!("{root}/{POOL}"), source };
    let over = waiting_for_death_row(site.records, archive, site.now).map_err(records_failed)?;
    let mut check = PoolCheck { site, report, root, pool, over, known, doubtful: Vec::new() };
    check.entries(archive, waiting).map_err(records_failed)?;
    check.read()?;
    check.unknown();
    Ok(check.pool)
}

/// Lists the pool, and tells of what lies in it that is no package of anybody.
fn inspect(site: &CheckSite<'_>, report: &mut CheckReport, archive: &Archive) -> Result<Pool, CheckError> {
    let root = archive.root();
    let all = site.tree.inspect(&root, POOL);
    let all = all.map_err(|source| CheckError::Tree { subject: format!("{root}/{POOL}"), source })?;
    let mut pool = Pool { files: Vec::new(), reported: BTreeSet::new() };
    for found in all {
        (site.progress)("pool files found", pool.files.len() as u64, 0);
        if !archive.private && !found.is_readable() {
            unreadable(report, POOL_MODE, &root, &found);
        }
        let name = found.path.rsplit('/').next().unwrap_or(&found.path);
        if found.kind == FoundKind::Directory {
        } else if is_damaged_name(name) {
            report.set_aside += 1;
        } else if name.starts_with(TEMPORARY) {
            let message = "a publication or a repair that died had not finished it; remove it";
            let subject = format!("{root}/{}", found.path);
            let mend = Mend::PoolTemporary { root: root.clone(), path: found.path };
            report.add_for(POOL_TEMPORARY, subject, message, mend);
        } else {
            let Found { path, size, identity, .. } = found;
            let is_file = found.kind == FoundKind::File;
            pool.files.push(PoolFile { path, size, is_file, identity, expected: None });
        }
    }
    report.pool_files += pool.files.len() as u64;
    Ok(pool)
}

/// Tells of what not everybody can read.
pub(super) fn unreadable(report: &mut CheckReport, code: &'static str, root: &str, found: &Found) {
    let message = format!(
        "its mode is {:o}, so that a web server cannot give it to clients; `debpress check --repair` or chmod mends it",
        found.mode
    );
    let mend = Mend::Mode { root: root.to_owned(), path: found.path.clone() };
    report.add_for(code, format_args!("{root}/{}", found.path), message, mend);
}

struct PoolCheck<'a> {
    site: &'a CheckSite<'a>,
    report: &'a mut CheckReport,
    root: &'a str,
    pool: Pool,
    /// Publications whose files may have left the pool already, in a run of death row that was interrupted.
    over: Waiting,
    known: &'a Known<'a>,
    /// Files that must be read.
    doubtful: Vec<Doubtful>,
}

/// A file of the pool that has the right size and must be read to be believed.
struct Doubtful {
    key: TreeKey,
    object: PoolObject,
    /// It could be a link to its object and is not, so that one of the two may be another file.
    is_apart: bool,
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
        let object = PoolObject { sha256, size };
        let key = TreeKey::Pool(entry.pool_file());
        let path = key.path();
        let told = self.pool.reported.contains(&path);
        match self.pool.find(&path) {
            None if required && !told => {
                let fault = format!("it is not there, and a publication needs it; {PUT_BACK} ({sha256})");
                self.tell(POOL_MISSING, key, object, fault);
            }
            Some(there) if there.expected.is_none() => {
                there.expected = Some(sha256);
                let (found, is_file, identity) = (there.size, there.is_file, there.identity);
                if found != size || !is_file {
                    let what = if is_file {
                        format!("it has {found} bytes")
                    } else {
                        "it is no regular file".to_owned()
                    };
                    self.tell(
                        POOL_SIZE,
                        key,
                        object,
                        damaged(&format!("{what}, the records say {size}"), &sha256),
                    );
                } else {
                    self.compare(key, object, identity);
                }
            }
            None | Some(_) => {}
        }
    }

    /// Compares a file of the right size with its object: one that is the same file needs no second look.
    fn compare(&mut self, key: TreeKey, object: PoolObject, identity: Option<Identity>) {
        let stored = self.known.store.get(&object.sha256);
        let own = stored.filter(|stored| stored.size == object.size).and_then(|stored| stored.identity);
        match (identity, own) {
            (Some(here), Some(there)) if here == there => {
                let content = self.known.verdicts.get(&object.sha256);
                if let Some(fault) = content.and_then(|content| content.fault(&object.sha256)) {
                    self.tell(POOL_CONTENT, key, object, damaged(&fault, &object.sha256));
                }
            }
            (Some(here), Some(there)) if here.device == there.device => {
                self.doubtful.push(Doubtful { key, object, is_apart: true });
            }
            // On another file system it is a copy, and says nothing by being one.
            _ if self.site.full => self.doubtful.push(Doubtful { key, object, is_apart: false }),
            _ => {}
        }
    }

    /// Reads the files that must be read; and, where one is apart from its object, that one too.
    fn read(&mut self) -> Result<(), CheckError> {
        let (tree, root, progress) = (self.site.tree, self.root, self.site.progress);
        let doubtful = std::mem::take(&mut self.doubtful);
        let contents = hashing::each(&doubtful, ("pool files read", progress), |it| {
            hashing::file(tree, root, &it.key, &it.object.sha256)
        });
        let unread = |it: &&Doubtful| it.is_apart && !self.known.verdicts.contains_key(&it.object.sha256);
        let objects: HashSet<Sha256> = doubtful.iter().filter(unread).map(|it| it.object.sha256).collect();
        let objects: Vec<Sha256> = objects.into_iter().collect();
        let verdicts = objects::read_these(self.site, &objects)?;
        for (Doubtful { key, object, .. }, content) in doubtful.into_iter().zip(contents) {
            let verdict = verdicts.get(&object.sha256).and_then(|content| content.fault(&object.sha256));
            if let Some(fault) = verdict.filter(|_| !self.is_told(&object)) {
                objects::tell(self.site, self.report, OBJECT_CONTENT, &object, &fault)?;
            }
            if let Some(fault) = content.fault(&object.sha256) {
                self.tell(POOL_CONTENT, key, object, damaged(&fault, &object.sha256));
            }
        }
        Ok(())
    }

    /// Whether an object is told of already, in this archive or another.
    fn is_told(&self, object: &PoolObject) -> bool {
        self.report.problems.iter().any(|problem| problem.mend == Mend::Object(*object))
    }

    fn tell(&mut self, code: &'static str, key: TreeKey, object: PoolObject, message: String) {
        let path = key.path();
        let mend = Mend::Pool { root: self.root.to_owned(), key, object };
        self.report.add_for(code, format_args!("{}/{path}", self.root), message, mend);
        self.pool.reported.insert(path);
    }

    fn unknown(&mut self) {
        let unknown = self.pool.files.iter().filter(|file| file.expected.is_none());
        for file in unknown {
            let message = "no publication names it: it is no file of debpress, or it was placed by an interrupted \
                           publication of a package that was replaced before anybody saw it; move it away";
            let mend = Mend::Unknown { root: self.root.to_owned(), path: file.path.clone() };
            self.report.add_for(POOL_UNKNOWN, format_args!("{}/{}", self.root, file.path), message, mend);
        }
    }
}

fn damaged(fault: &str, sha256: &Sha256) -> String {
    format!("{fault}; find out who wrote it; {PUT_BACK} ({sha256})")
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
        let mend = match SuiteName::parse(suite) {
            Ok(suite) => Mend::Staged { root: root.to_owned(), suite },
            Err(_) => Mend::Nothing,
        };
        report.add_for(STAGED_LEFT, format_args!("{root}/{STAGED}/{suite}"), message, mend);
    }
    Ok(())
}
