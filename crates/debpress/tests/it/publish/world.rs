//! A site to publish from: records, content store and tree, real or in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use debfmt::builder::{BuiltFile, DebBuilder};
use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, Checksums, Sha256};
use debfmt::limits::Limits;
use debfmt::names::{Architecture, Component, DistributionName, FileName, SeriesName, SuiteName};
use debfmt::release::Release as Release822;
use debpress::adapters::clock::FixedClock;
use debpress::adapters::fs::objects::FsObjects;
use debpress::adapters::fs::staging::FsStaging;
use debpress::adapters::fs::tree::FsTree;
use debpress::adapters::memory::MemoryRecords;
use debpress::adapters::memory::extra_overrides::MemoryExtraOverrides;
use debpress::adapters::memory::hooks::MemoryHooks;
use debpress::adapters::memory::index_cache::MemoryIndexCache;
use debpress::adapters::memory::keys::MemoryKeys;
use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner, MemoryVerifier};
use debpress::adapters::memory::staging::MemoryStaging;
use debpress::adapters::memory::tree::{MemoryObjects, MemoryTree};
use debpress::adapters::sqlite::SqliteRecords;
use debpress::admin::series::{self, SeriesChange, SeriesChoice};
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::model::archive::{ArchiveId, NewArchive};
use debpress::model::custom::{CustomType, QueuedCustom};
use debpress::model::key::TreeKey;
use debpress::model::package::{PackageFile, Release};
use debpress::model::publication::Placement;
use debpress::model::queue::{NewQueueItem, QueueStatus};
use debpress::model::suite::{NewDistribution, NewSeries, SuiteKey};
use debpress::model::time::Timestamp;
use debpress::ports::db::{Imported, NewPublication, QueueFilter, Records, RecordsError};
use debpress::ports::index_cache::IndexCache;
use debpress::ports::objects::ObjectStore;
use debpress::ports::stop::{Never, Stop};
use debpress::ports::tree::Tree;
use debpress::ports::verifier::Verifier;
use debpress::publish::{
    FtpmasterError, FtpmasterReport, FtpmasterRun, PublishError, PublishPreview, PublishReport,
    PublishSettings, PublishSite, Selection, preview_distro, publish_distro, publish_ftpmaster,
};
use debpress::queue::{AcceptSite, AcceptedReport, process_accepted};
use debpress::upload::package::read_package;

use super::faulty::{
    Faults, FaultyCache, FaultyObjects, FaultyRecords, FaultySigner, FaultyStaging, FaultyTree,
};

mod seen;

pub(super) use seen::decompressed;

pub(crate) const START: Timestamp = Timestamp(1_780_272_000);
pub(crate) const ROOT: &str = "archives/debian";

pub(crate) struct World {
    pub(crate) records: Box<dyn Records>,
    pub(crate) objects: Box<dyn ObjectStore>,
    pub(crate) tree: FaultyTree,
    pub(super) staging: FaultyStaging,
    pub(crate) keys: MemoryKeys,
    pub(crate) verifier: Box<dyn Verifier>,
    pub(crate) settings: PublishSettings,
    pub(crate) hooks: MemoryHooks,
    pub(crate) extra: MemoryExtraOverrides,
    pub(crate) cache: Box<dyn IndexCache>,
    pub(crate) now: Timestamp,
    /// What a run that asks again is told.
    pub(crate) clock: FixedClock,
    pub(crate) stop: Box<dyn Stop>,
    archive: ArchiveId,
    directory: tempfile::TempDir,
}

/// The same story on both kinds of adapters.
pub(crate) fn on_both(story: impl Fn(World)) {
    story(World::in_memory());
    story(World::on_disk());
}

impl World {
    pub(crate) fn in_memory() -> Self {
        let objects = MemoryObjects::default();
        let tree = MemoryTree::new(objects.clone());
        Self::new(
            Box::new(MemoryRecords::new()),
            Box::new(objects),
            Box::new(tree),
            tempfile::tempdir().unwrap(),
        )
    }

    pub(crate) fn on_disk() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("objects")).unwrap();
        let objects = FsObjects::new(directory.path().join("objects"));
        let tree = FsTree::new(directory.path().to_owned(), objects.clone());
        let records = SqliteRecords::create(&directory.path().join("debpress.db")).unwrap();
        Self::new(Box::new(records), Box::new(objects), Box::new(tree), directory)
    }

    /// The same site once more, in another directory: what happens to the one does not happen to the other.
    pub(crate) fn copy_on_disk(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let from = self.directory.path().join(".");
        let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(directory.path()).status();
        assert!(copied.unwrap().success());
        let objects = FsObjects::new(directory.path().join("objects"));
        let tree = FsTree::new(directory.path().to_owned(), objects.clone());
        let records = SqliteRecords::open(&directory.path().join("debpress.db")).unwrap();
        let world = Self::of(Box::new(records), Box::new(objects), Box::new(tree), directory);
        Self { now: self.now, ..world }
    }

    fn new(
        records: Box<dyn Records>,
        objects: Box<dyn ObjectStore>,
        tree: Box<dyn Tree>,
        directory: tempfile::TempDir,
    ) -> Self {
        let words = |words: &[&str]| words.iter().map(|word| Component::parse(word).unwrap()).collect();
        let series = |name: &str| NewSeries {
            name: SeriesName::parse(name).unwrap(),
            version: Some("12".into()),
            components: words(&["main", "contrib"]),
            architectures: ["amd64", "arm64"].map(|a| Architecture::parse(a).unwrap()).to_vec(),
            status: debpress::model::suite::SeriesStatus::default(),
            parent: None,
        };
        let name = DistributionName::parse("debian").unwrap();
        let (display_name, series) = ("Debian".into(), vec![series("stable"), series("testing")]);
        records.create_distribution(&NewDistribution { name, display_name, series }).unwrap();
        let reference = "debian".parse().unwrap();
        let (origin, label) = ("Debian".into(), "Debian".into());
        records
            .create_archive(&NewArchive { reference, origin, label, size_limit: None, private: false })
            .unwrap();
        Self::of(records, objects, tree, directory)
    }

    /// Over what is recorded there already.
    fn of(
        records: Box<dyn Records>,
        objects: Box<dyn ObjectStore>,
        tree: Box<dyn Tree>,
        directory: tempfile::TempDir,
    ) -> Self {
        let archive = records.archives().unwrap()[0].id;
        let on_disk = directory.path().join("objects").exists();
        let key = MemoryKey::new("Archive <archive@example.org>", START);
        Self {
            records,
            objects,
            tree: FaultyTree::new(tree),
            staging: FaultyStaging(
                MemoryStaging::new(),
                on_disk.then(|| FsStaging::new(directory.path().join("staging"))),
                Faults::default(),
            ),
            keys: MemoryKeys::new(Some(Arc::new(MemorySigner::new(vec![key])))),
            verifier: Box::new(MemoryVerifier::default()),
            settings: PublishSettings {
                compressors: vec![Compression::Gzip],
                staging_settle: 0,
                // So that a few packages are several segments.
                segment_rows: 1,
                ..PublishSettings::default()
            },
            hooks: MemoryHooks::new(),
            extra: MemoryExtraOverrides::default(),
            cache: Box::new(MemoryIndexCache::default()),
            now: START,
            clock: FixedClock(START),
            stop: Box::new(Never),
            archive,
            directory,
        }
    }

    /// The same world, where everything that a publication asks for counts in one sequence.
    pub(crate) fn faulty(self) -> (Self, Faults) {
        let faults = Faults::default();
        let of = || faults.clone();
        let signer = self.keys.site.map(|inner| Arc::new(FaultySigner { inner, faults: of() }) as Arc<_>);
        let Self { records, objects, cache, tree, staging, .. } = self;
        let world = Self {
            records: Box::new(FaultyRecords { inner: records, faults: of() }),
            objects: Box::new(FaultyObjects { inner: objects, faults: of() }),
            cache: Box::new(FaultyCache { inner: cache, faults: of() }),
            tree: FaultyTree { faults: of(), bytes_count: true, ..tree },
            staging: FaultyStaging(staging.0, staging.1, of()),
            keys: MemoryKeys::new(signer),
            ..self
        };
        (world, faults)
    }

    pub(crate) fn suite(&self, name: &str) -> SuiteKey {
        let distributions = self.records.distributions().unwrap();
        let (series, pocket) = distributions[0].suite(name).unwrap();
        SuiteKey { archive: self.archive, series: series.id, pocket }
    }

    /// Changes options of the series `stable` and `testing`, as `debpress series set --option` does.
    pub(crate) fn set(&self, options: &[&str]) {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        self.change(&SeriesChange { options, ..SeriesChange::default() });
    }

    /// Changes the series `stable` and `testing`, as `debpress series set` does.
    pub(crate) fn change(&self, wanted: &SeriesChange) {
        for name in ["stable", "testing"] {
            let choice = SeriesChoice { distribution: None, name: &SeriesName::parse(name).unwrap() };
            series::change(self.records.as_ref(), choice, wanted).unwrap();
        }
    }

    /// The published Release of a suite.
    pub(crate) fn release(&self, suite: &str) -> Release822 {
        Release822::parse(self.text(suite, "Release").as_bytes(), &Limits::index()).unwrap()
    }

    /// Imports a package; the suite shows it after the next publication.
    pub(crate) fn add(&self, suite: &str, name: &str, version: &str, architecture: &str) {
        self.add_to((suite, "main"), name, version, architecture);
    }

    /// Imports a package into `(suite, component)`.
    pub(crate) fn add_to(
        &self,
        (suite, component): (&str, &str),
        name: &str,
        version: &str,
        architecture: &str,
    ) {
        self.add_to_suite((self.suite(suite), component), name, version, architecture);
    }

    /// Imports a package into a suite of any archive.
    pub(crate) fn add_to_suite(
        &self,
        (suite, component): (SuiteKey, &str),
        name: &str,
        version: &str,
        architecture: &str,
    ) {
        self.import((suite, component), &DebBuilder::new(name, version, architecture).build());
    }

    /// Imports a package into main of `(suite, source)`, built from that source in the same version.
    pub(crate) fn add_built_from(
        &self,
        (suite, source): (&str, &str),
        name: &str,
        version: &str,
        architecture: &str,
    ) {
        let built = DebBuilder::new(name, version, architecture).field("Source", source).build();
        self.import((self.suite(suite), "main"), &built);
    }

    /// Imports a package of any kind into `(suite, component)`.
    pub(crate) fn add_built(&self, (suite, component): (&str, &str), package: &DebBuilder) {
        self.import((self.suite(suite), component), &package.build());
    }

    /// Tries to import a package into a suite of any archive.
    pub(crate) fn try_add(
        &self,
        (suite, component): (SuiteKey, &str),
        name: &str,
        version: &str,
        architecture: &str,
    ) -> Result<Imported, RecordsError> {
        self.try_import((suite, component), &DebBuilder::new(name, version, architecture).build())
    }

    fn import(&self, place: (SuiteKey, &str), file: &BuiltFile) {
        self.try_import(place, file).unwrap();
    }

    fn try_import(
        &self,
        (suite, component): (SuiteKey, &str),
        file: &BuiltFile,
    ) -> Result<Imported, RecordsError> {
        let file_name = FileName::parse(&file.name).unwrap();
        let release =
            read_package(self.objects.as_ref(), &file_name, file.bytes.as_slice(), &Limits::default())
                .unwrap();
        let placement = Placement {
            component: Component::parse(component).unwrap(),
            section: release.section.clone(),
            priority: release.priority.clone(),
        };
        let publication = NewPublication { release: Release::Binary(release), placement };
        self.records.import(suite, &[publication], self.now)
    }

    /// Uploads a custom file that is accepted at once, and processes the queue.
    pub(crate) fn upload(&self, suite: &str, kind: CustomType, file: &BuiltFile) -> AcceptedReport {
        self.queue_custom(suite, kind, file);
        self.process_accepted()
    }

    /// Uploads a custom file that is accepted at once.
    pub(crate) fn queue_custom(&self, suite: &str, kind: CustomType, file: &BuiltFile) {
        let mut writer = self.objects.begin().unwrap();
        writer.write_all(&file.bytes).unwrap();
        let checksums = Checksums::of(&file.bytes, Algorithms::INDEX);
        writer.commit(&checksums.sha256).unwrap();
        let file = PackageFile { name: FileName::parse(&file.name).unwrap(), checksums };
        let number = self.records.queue_items(&QueueFilter::default()).unwrap().len() + 1;
        let item = NewQueueItem {
            suite: self.suite(suite),
            status: QueueStatus::Accepted,
            source: "custom".parse().unwrap(),
            version: number.to_string().parse().unwrap(),
            architectures: "amd64".into(),
            changes_name: format!("custom_{number}_amd64.changes"),
            changes_text: String::new(),
            changes_sha256: number.to_string(),
            uploader: "ann".into(),
            fingerprint: "AA".into(),
            received: self.now,
            releases: Vec::new(),
            custom: vec![QueuedCustom { kind, file }],
            notices: Vec::new(),
        };
        self.records.enter_queue(&item).unwrap();
    }

    pub(crate) fn process_accepted(&self) -> AcceptedReport {
        self.try_process_accepted().unwrap()
    }

    pub(crate) fn try_process_accepted(&self) -> Result<AcceptedReport, RecordsError> {
        let me = Holder::this_process("process-accepted", self.now);
        let lock = PublisherLock::acquire(&self.lock_path(), &me, Wait::No).unwrap();
        let (objects, limits) = (self.objects.as_ref(), &Limits::default());
        let site = AcceptSite {
            records: self.records.as_ref(),
            objects,
            limits,
            attempts: 3,
            now: self.now,
            stop: self.stop.as_ref(),
        };
        process_accepted(&site, &lock, &[])
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.directory.path().join("publisher.lock")
    }

    pub(crate) fn select(&self) -> Selection {
        Selection { archives: vec![self.archive], ..Selection::default() }
    }

    pub(crate) fn publish_all(&self, selection: &Selection) -> Result<PublishReport, PublishError> {
        let me = Holder::this_process("publish-distro", self.now);
        let lock = PublisherLock::acquire(&self.lock_path(), &me, Wait::No).unwrap();
        publish_distro(&self.site(), &lock, selection)
    }

    /// The same of one archive: what keeps it from being published is the error.
    pub(crate) fn try_publish(&self, selection: &Selection) -> Result<PublishReport, PublishError> {
        let mut report = self.publish_all(selection)?;
        match report.failed.pop() {
            Some(failed) => Err(failed.error),
            None => Ok(report),
        }
    }

    /// What a publication of everything would do.
    pub(crate) fn preview(&self) -> PublishPreview {
        self.preview_of(&self.select())
    }

    pub(crate) fn preview_of(&self, selection: &Selection) -> PublishPreview {
        preview_distro(&self.site(), selection).unwrap()
    }

    pub(crate) fn ftpmaster(&self, run: &FtpmasterRun) -> Result<FtpmasterReport, FtpmasterError> {
        let me = Holder::this_process("publish-ftpmaster", self.now);
        let lock = PublisherLock::acquire(&self.lock_path(), &me, Wait::No).unwrap();
        let (objects, limits) = (self.objects.as_ref(), &Limits::default());
        let queue = AcceptSite {
            records: self.records.as_ref(),
            objects,
            limits,
            attempts: 3,
            now: self.now,
            stop: self.stop.as_ref(),
        };
        publish_ftpmaster(&self.site(), &queue, &lock, run)
    }

    pub(crate) fn site(&self) -> PublishSite<'_> {
        PublishSite {
            records: self.records.as_ref(),
            objects: self.objects.as_ref(),
            tree: &self.tree,
            staging: &self.staging,
            signers: &self.keys,
            verifier: self.verifier.as_ref(),
            settings: &self.settings,
            now: self.now,
            clock: &self.clock,
            hooks: &self.hooks,
            stop: self.stop.as_ref(),
            extra_overrides: &self.extra,
            cache: self.cache.as_ref(),
        }
    }

    /// Where a site on disk is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn publish(&self) -> PublishReport {
        self.try_publish(&self.select()).unwrap()
    }

    /// Publishes with a disk that dies as soon as the journal is written.
    pub(crate) fn die_with_the_journal_open(&self) {
        let left_open = |n: &i64| {
            self.tree.fail_after(*n);
            drop(self.try_publish(&self.select()));
            self.tree.mend();
            self.records.open_switch().unwrap().is_some()
        };
        (0..1000).find(left_open).unwrap();
    }

    /// Publishes an hour later than before.
    pub(crate) fn publish_later(&mut self) -> PublishReport {
        self.now = self.now.plus(3600);
        self.publish()
    }
}
