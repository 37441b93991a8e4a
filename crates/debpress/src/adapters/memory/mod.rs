//! Records in memory: the twin of the database for tests and dry runs.
//!
//! It follows the port, not the SQL: plain vectors and maps, searched in the simplest way. What it answers is the
//! second opinion that the contract tests hold against the database.

mod aliases;
mod changes;
mod contributions;
mod custom;
mod death_row;
mod deletion;
pub mod extra_overrides;
mod failures;
mod health;
pub mod hooks;
pub mod incoming;
pub mod index_cache;
mod index_rows;
pub mod keys;
pub mod lock;
pub mod mail;
mod notices;
mod objects;
pub mod openpgp;
mod publications;
mod queue;
mod review;
mod rights;
mod runs;
mod site;
pub mod staging;
mod switch;
pub mod tree;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use debfmt::digest::{Checksums, Sha256};

use crate::model::archive::{Archive, ArchiveId};
use crate::model::contribution::Contribution;
use crate::model::package::{PackageFile, Release};
use crate::model::permission::Rights;
use crate::model::publication::{PackageKind, Placement, PublicationStatus, Words};
use crate::model::queue::{ItemFailure, QueueId};
use crate::model::run::{Pause, Run};
use crate::model::suite::{Distribution, SuiteKey};
use crate::model::time::Timestamp;
use crate::ports::db::{Imported, IndexOutline, RecordsError, SuiteState, Switch, Uploader};

/// Records that are gone with the value.
#[derive(Debug, Default)]
pub struct MemoryRecords {
    state: RefCell<State>,
    lock: lock::MemoryConnection,
}

/// Everything recorded. Cheap enough to clone: releases are shared.
#[derive(Clone, Debug, Default)]
struct State {
    distributions: Vec<Distribution>,
    archives: Vec<Archive>,
    uploaders: BTreeMap<String, Uploader>,
    rights: Rights,
    suites: BTreeMap<SuiteKey, SuiteState>,
    objects: BTreeMap<Sha256, Checksums>,
    releases: Vec<Arc<Release>>,
    by_identity: BTreeMap<Identity, usize>,
    archive_files: BTreeMap<(ArchiveId, String), Sha256>,
    publications: Vec<Publication>,
    queue: Vec<queue::Entry>,
    custom: Vec<custom::CustomRow>,
    contributions: BTreeMap<SuiteKey, Vec<Contribution>>,
    index_files: Vec<switch::IndexRow>,
    outlines: BTreeMap<SuiteKey, Vec<IndexOutline>>,
    /// How many Releases of each suite were published.
    releases_of: BTreeMap<SuiteKey, u64>,
    journal: Option<Switch>,
    notices: Vec<notices::Told>,
    refusals: BTreeMap<String, String>,
    runs: Vec<Run>,
    aliases: BTreeMap<(ArchiveId, String), String>,
    failures: BTreeMap<QueueId, ItemFailure>,
    pause: Option<Pause>,
}

/// Kind, name, version, architecture, and the hash of the .dsc or the package file.
type Identity = (PackageKind, String, String, String, Sha256);

/// A publication record. Its number is its place in the list, from 1.
#[derive(Clone, Debug)]
struct Publication {
    id: i64,
    suite: SuiteKey,
    status: PublicationStatus,
    release: usize,
    placement: Placement,
    created: Timestamp,
    published: Option<Timestamp>,
    /// When, and the number of the record that stays; none where it was deleted.
    ended: Option<(Timestamp, Option<i64>)>,
    /// Its files may leave the pool from then on.
    removable: Option<Timestamp>,
    /// Its files have left the pool.
    removed: Option<Timestamp>,
    phase: Option<u8>,
    made_by: Option<Words>,
    /// Who wanted it to be gone.
    removal: Option<changes::Removal>,
}

/// A record refers to something that is not recorded: what a database calls a foreign key.
#[derive(Debug, thiserror::Error)]
#[error("there is no {0}")]
struct Missing(String);

fn missing(operation: &'static str, what: String) -> RecordsError {
    RecordsError::Database { operation, source: Box::new(Missing(what)) }
}

impl MemoryRecords {
    /// Empty records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes a copy and keeps it only when all went well.
    fn change<T>(&self, body: impl FnOnce(&mut State) -> Result<T, RecordsError>) -> Result<T, RecordsError> {
        let mut copy = self.state.borrow().clone();
        let value = body(&mut copy)?;
        self.state.replace(copy);
        Ok(value)
    }

    /// Reads, and lets go before the answer is used, so that a visitor may ask again.
    fn look<T>(&self, body: impl FnOnce(&State) -> T) -> T {
        body(&self.state.borrow())
    }
}

fn kind_of(release: &Release) -> PackageKind {
    match release {
        Release::Source(_) => PackageKind::Source,
        Release::Binary(_) => PackageKind::Binary,
    }
}

fn identity_of(release: &Release) -> Identity {
    let is_dsc = |file: &&PackageFile| file.name.as_str().ends_with(".dsc");
    let file = match release {
        Release::Source(source) => source.files.iter().find(is_dsc).or_else(|| source.files.first()),
        Release::Binary(binary) => Some(&binary.file),
    };
    let stanza = match release {
        Release::Source(source) => &source.stanza,
        Release::Binary(binary) => &binary.stanza,
    };
    let hash = file.map_or_else(|| Sha256::of(stanza.as_bytes()), |file| file.checksums.sha256);
    let (name, version) = (release.name().to_owned(), release.version().as_str().to_owned());
    (kind_of(release), name, version, release.architecture().to_owned(), hash)
}

impl State {
    /// The suite's state, made when there is none.
    fn suite(&mut self, key: SuiteKey, operation: &'static str) -> Result<&mut SuiteState, RecordsError> {
        self.check_suite(key, operation)?;
        let fresh = SuiteState { key, changes: 0, shown: 0, published: false, entries: 0, extra: None };
        Ok(self.suites.entry(key).or_insert(fresh))
    }

    fn check_suite(&self, key: SuiteKey, operation: &'static str) -> Result<(), RecordsError> {
        self.check_archive(key.archive, operation)?;
        self.check_series(key.series, operation)
    }

    fn check_archive(&self, archive: ArchiveId, operation: &'static str) -> Result<(), RecordsError> {
        if self.archives.iter().any(|known| known.id == archive) {
            return Ok(());
        }
        Err(missing(operation, format!("archive {}", archive.0)))
    }

    /// The place of a release in the list, where it is put when it is new.
    fn record(&mut self, release: &Release) -> usize {
        let identity = identity_of(release);
        if let Some(known) = self.by_identity.get(&identity) {
            return *known;
        }
        for file in release.files() {
            self.objects.entry(file.checksums.sha256).or_insert_with(|| file.checksums.clone());
        }
        self.releases.push(Arc::new(release.clone()));
        let place = self.releases.len() - 1;
        self.by_identity.insert(identity, place);
        place
    }

    fn release(&self, place: usize) -> &Release {
        // Places come from `record` only, and releases never go.
        &self.releases[place]
    }

    /// Checksums as first recorded.
    fn sums<'a>(&'a self, file: &'a PackageFile) -> &'a Checksums {
        self.objects.get(&file.checksums.sha256).unwrap_or(&file.checksums)
    }

    /// Places recorded releases into a suite as Pending.
    fn place(
        &mut self,
        suite: SuiteKey,
        wanted: &[(usize, Placement)],
        at: Timestamp,
        operation: &'static str,
    ) -> Result<Imported, RecordsError> {
        self.refuse_deleted(suite.archive)?;
        self.suite(suite, operation)?;
        let mut done = Imported::default();
        for (release, placement) in wanted {
            self.register_files(suite.archive, *release)?;
            if self.is_placed(suite, *release, placement) {
                done.present += 1;
                continue;
            }
            self.publications.push(Publication {
                id: self.newest() + 1,
                suite,
                status: PublicationStatus::Pending,
                release: *release,
                placement: placement.clone(),
                created: at,
                published: None,
                ended: None,
                removable: None,
                removed: None,
                phase: None,
                made_by: None,
                removal: None,
            });
            done.added += 1;
        }
        if done.added > 0 {
            self.suite(suite, operation)?.changes += 1;
        }
        Ok(done)
    }

    fn newest(&self) -> i64 {
        self.publications.last().map_or(0, |publication| publication.id)
    }

    /// Whether the newest live record of the release in the suite has this placement.
    fn is_placed(&self, suite: SuiteKey, release: usize, placement: &Placement) -> bool {
        let mut newest_first = self.publications.iter().rev();
        let newest = newest_first.find(|publication| {
            publication.is_live() && publication.suite == suite && publication.release == release
        });
        newest.is_some_and(|it| it.placement == *placement && it.removal.is_none())
    }

    fn register_files(&mut self, archive: ArchiveId, release: usize) -> Result<(), RecordsError> {
        let release = Arc::clone(&self.releases[release]);
        for file in release.files() {
            let given = file.checksums.sha256;
            let key = (archive, file.name.as_str().to_owned());
            let had = *self.archive_files.entry(key).or_insert(given);
            if had != given {
                return Err(RecordsError::FileConflict { file: file.name.as_str().to_owned(), had, given });
            }
        }
        Ok(())
    }
}

impl Publication {
    /// Whether the pool got its files and has not lost them.
    fn is_in_pool(&self) -> bool {
        self.published.is_some() && self.removed.is_none()
    }

    fn is_live(&self) -> bool {
        match self.status {
            PublicationStatus::Pending | PublicationStatus::Published => true,
            PublicationStatus::Superseded | PublicationStatus::Deleted => false,
        }
    }
}
