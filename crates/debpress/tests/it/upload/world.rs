//! A site with uploaders, on real adapters or on their twins.

use std::path::Path;

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debfmt::names::{Architecture, Component, DistributionName, SeriesName, SourceName};
use debpress::adapters::fs::incoming::FsIncoming;
use debpress::adapters::memory::MemoryRecords;
use debpress::adapters::memory::incoming::MemorySite;
use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner, MemoryVerifier};
use debpress::adapters::openpgp::{KeySpec, SequoiaSigner, SequoiaVerifier};
use debpress::adapters::sqlite::SqliteRecords;
use debpress::admin::lookup::Names;
use debpress::model::archive::{Archive, ArchiveId, NewArchive};
use debpress::model::permission::{Permission, Power, Scope};
use debpress::model::queue::{Decision, QueueId, QueueItem, QueueStatus};
use debpress::model::suite::{Distribution, NewDistribution, NewSeries, SeriesStatus};
use debpress::model::time::Timestamp;
use debpress::ports::db::{CustomChange, NewUploader, QueueFilter, Records};
use debpress::ports::incoming::Incoming;
use debpress::ports::objects::Objects;
use debpress::ports::signer::Signer;
use debpress::ports::verifier::Verifier;
use debpress::upload::{
    UploadError, UploadReport, UploadSettings, UploadSite, process_uploads, rehearse_uploads,
};

use crate::support::objects::TestObjects;

const MADE: Timestamp = Timestamp(1_780_272_000);
pub(crate) const TODAY: Timestamp = Timestamp(MADE.0 + 86_400);
pub(crate) const SETTLE: i64 = 600;
/// Takes everything at once, although the files were made after `TODAY`.
pub(crate) const AT_ONCE: i64 = i64::MIN / 4;

/// Somebody with a key.
pub(crate) struct Person {
    pub(crate) signer: Box<dyn Signer>,
    certificate: Vec<u8>,
}

impl Person {
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        // Signed soon after the key was made, so that a short-lived key can sign at all.
        self.signer.clear_sign(text, MADE.plus(1)).unwrap()
    }

    /// The same file, signed.
    pub(crate) fn signed(&self, file: &BuiltFile) -> BuiltFile {
        BuiltFile { name: file.name.clone(), bytes: self.sign(&file.bytes) }
    }
}

enum Directories {
    Real(tempfile::TempDir),
    Memory(MemorySite),
}

pub(crate) struct World {
    pub(crate) records: Box<dyn Records>,
    pub(crate) objects: TestObjects,
    verifier: Box<dyn Verifier>,
    directories: Directories,
    pub(crate) now: Timestamp,
    pub(crate) alice: Person,
    /// Her key had a short life.
    pub(crate) eve: Person,
    /// Nobody knows him.
    pub(crate) mallory: Person,
    /// He may upload `only` into component `extra`.
    pub(crate) bob: Person,
}

fn real_person(name: &str, validity: Option<u32>) -> Person {
    let spec = KeySpec::new(&format!("{name} <{name}@example.org>"), MADE);
    let key = validity.map_or(spec.clone(), |seconds| spec.valid_for(seconds)).generate().unwrap();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    Person { signer: Box::new(signer), certificate: key.public }
}

fn pretended_person(name: &str, validity: Option<u32>) -> Person {
    let key = MemoryKey::new(&format!("{name} <{name}@example.org>"), MADE);
    let key = validity.map_or(key.clone(), |seconds| key.valid_for(seconds.into()));
    Person { certificate: key.public(), signer: Box::new(MemorySigner::new(vec![key])) }
}

impl World {
    pub(crate) fn real() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("incoming")).unwrap();
        let records = SqliteRecords::create(&directory.path().join("debpress.db")).unwrap();
        let verifier = Box::new(SequoiaVerifier::default());
        Self::new(Box::new(records), verifier, Directories::Real(directory), real_person)
    }

    pub(crate) fn memory() -> Self {
        let directories = Directories::Memory(MemorySite::new());
        let verifier = Box::new(MemoryVerifier::default());
        Self::new(Box::new(MemoryRecords::new()), verifier, directories, pretended_person)
    }

    fn new(
        records: Box<dyn Records>,
        verifier: Box<dyn Verifier>,
        directories: Directories,
        person: fn(&str, Option<u32>) -> Person,
    ) -> Self {
        let archive = make_distribution(records.as_ref(), "debian", "noble");
        let (alice, eve) = (person("alice", None), person("eve", Some(3600)));
        let (bob, mallory) = (person("bob", None), person("mallory", None));
        let all = Scope::default();
        let narrow = Scope {
            archive: Some(archive),
            component: Some(Component::parse("extra").unwrap()),
            package: Some(SourceName::parse("only").unwrap()),
            ..Scope::default()
        };
        for (name, person, grant) in [("alice", &alice, &all), ("eve", &eve, &all), ("bob", &bob, &narrow)] {
            let uploader = NewUploader {
                name: name.into(),
                fingerprint: person.signer.fingerprints().remove(0),
                certificate: person.certificate.clone(),
                mail: Some(format!("{name}@example.org")),
                grant: Some(grant.clone()),
                added: MADE,
            };
            records.add_uploader(&uploader).unwrap();
        }
        let objects = TestObjects::default();
        Self { records, objects, verifier, directories, now: TODAY, alice, eve, mallory, bob }
    }

    pub(crate) fn path(&self) -> &Path {
        match &self.directories {
            Directories::Real(directory) => directory.path(),
            Directories::Memory(_) => panic!("a story about real directories"),
        }
    }

    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        match &self.directories {
            Directories::Real(directory) => {
                let path = directory.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            Directories::Memory(site) => site.put(path, bytes),
        }
    }

    /// Sends files into `incoming/NAME/`.
    pub(crate) fn send(&self, name: &str, files: &[BuiltFile]) {
        for file in files {
            self.put(&format!("incoming/{name}/{}", file.name), &file.bytes);
        }
    }

    pub(crate) fn incoming(&self) -> Box<dyn Incoming> {
        match &self.directories {
            Directories::Real(directory) => Box::new(FsIncoming::open(directory.path()).unwrap()),
            Directories::Memory(site) => Box::new(site.run()),
        }
    }

    pub(crate) fn run(&self) -> UploadReport {
        self.run_on(self.incoming().as_ref(), AT_ONCE)
    }

    /// A run with a settle time in seconds.
    pub(crate) fn run_on(&self, incoming: &dyn Incoming, settle_seconds: i64) -> UploadReport {
        self.run_by(incoming, &settings(settle_seconds))
    }

    /// A run with settings of its own.
    pub(crate) fn run_by(&self, incoming: &dyn Incoming, settings: &UploadSettings) -> UploadReport {
        process_uploads(&self.site(incoming, settings)).unwrap()
    }

    fn site<'a>(&'a self, incoming: &'a dyn Incoming, settings: &'a UploadSettings) -> UploadSite<'a> {
        UploadSite {
            records: self.records.as_ref(),
            objects: &self.objects,
            incoming,
            verifier: self.verifier.as_ref(),
            settings,
            now: self.now,
        }
    }

    /// The same, which takes everything at once.
    pub(crate) fn try_run_on(&self, incoming: &dyn Incoming) -> Result<UploadReport, UploadError> {
        process_uploads(&self.site(incoming, &settings(AT_ONCE)))
    }

    /// A run that may not even begin.
    pub(crate) fn try_run(&self, settings: &UploadSettings) -> Result<UploadReport, UploadError> {
        let incoming = self.incoming();
        process_uploads(&self.site(incoming.as_ref(), settings))
    }

    /// A run that changes nothing.
    pub(crate) fn rehearse(&self, settings: &UploadSettings) -> UploadReport {
        let (incoming, scratch) = (self.incoming(), TestObjects::default());
        rehearse_uploads(&self.site(incoming.as_ref(), settings), &scratch).unwrap()
    }

    pub(crate) fn memory_site(&self) -> &MemorySite {
        match &self.directories {
            Directories::Memory(site) => site,
            Directories::Real(_) => panic!("a story about directories in memory"),
        }
    }

    /// Every file below incoming, claimed, accepted, rejected and failed.
    pub(crate) fn tree(&self) -> Vec<String> {
        let mut out = match &self.directories {
            Directories::Real(directory) => {
                let mut out = Vec::new();
                files_below(directory.path(), directory.path(), &mut out);
                out
            }
            Directories::Memory(site) => site.tree(),
        };
        out.retain(|path| path.contains('/'));
        out.sort();
        out
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        match &self.directories {
            Directories::Real(directory) => std::fs::read(directory.path().join(path)).unwrap(),
            Directories::Memory(site) => site.bytes(path).unwrap(),
        }
    }

    /// Moves noble to another time of its life.
    pub(crate) fn set_status(&self, status: SeriesStatus) {
        self.change_distribution(|distribution| distribution.series[0].status = status);
    }

    /// Changes what the site decides about its distribution.
    pub(crate) fn change_distribution(&self, change: impl FnOnce(&mut Distribution)) {
        let mut distribution = self.records.distributions().unwrap().remove(0);
        change(&mut distribution);
        self.records.update_distribution(&distribution).unwrap();
        self.records.update_series(&distribution.series[0]).unwrap();
    }

    /// Changes what the site decides about its archive.
    pub(crate) fn change_archive(&self, change: impl FnOnce(&mut Archive)) {
        let mut archive = self.records.archives().unwrap().remove(0);
        change(&mut archive);
        self.records.update_archive(&archive).unwrap();
    }

    /// One more archive of a distribution that there is; alice may upload to it.
    pub(crate) fn add_archive(&self, reference: &str) -> ArchiveId {
        let archive = make_archive(self.records.as_ref(), reference);
        let scope = Scope { archive: Some(archive), ..Scope::default() };
        let permission = Permission { person: "alice".into(), power: Power::Upload, scope };
        self.records.grant(&permission, "root", MADE).unwrap();
        archive
    }

    /// One more distribution with one series, and its primary archive.
    pub(crate) fn add_distribution(&self, name: &str, series: &str) -> ArchiveId {
        make_distribution(self.records.as_ref(), name, series)
    }

    /// The queue with the suites, one line per item: `~ann/debian/tools noble-proposed hello 1.0`.
    pub(crate) fn queue_of_suites(&self) -> Vec<String> {
        let names = Names::read(self.records.as_ref()).unwrap();
        let items = self.records.queue_items(&QueueFilter::default()).unwrap();
        let line = |item: &QueueItem| {
            let (archive, suite) = (names.archive_name(item.suite), names.suite_name(item.suite));
            format!("{archive} {suite} {} {}", item.source, item.version)
        };
        items.iter().map(line).collect()
    }

    /// Makes publication records of a queue item, whatever it waits for.
    pub(crate) fn publish(&self, item: QueueId, status: Option<QueueStatus>) {
        if matches!(status, Some(QueueStatus::New | QueueStatus::Unapproved)) {
            let (status, who) = (QueueStatus::Accepted, "ann".to_owned());
            let decision = Decision { status, who, at: TODAY, comment: String::new() };
            self.records.decide(item, &decision, &[]).unwrap();
        }
        self.records.realise(item, &CustomChange::default(), "process-accepted", TODAY).unwrap();
    }

    /// The queue, one line per item.
    pub(crate) fn queue(&self) -> Vec<String> {
        let items = self.records.queue_items(&QueueFilter::default()).unwrap();
        items.iter().map(|item| format!("{} {} {}", item.status, item.source, item.version)).collect()
    }
}

fn make_distribution(records: &dyn Records, name: &str, series: &str) -> ArchiveId {
    let series = NewSeries {
        name: SeriesName::parse(series).unwrap(),
        version: None,
        components: ["main", "extra"].map(|name| Component::parse(name).unwrap()).into(),
        architectures: vec![Architecture::parse("amd64").unwrap()],
        status: debpress::model::suite::SeriesStatus::default(),
        parent: None,
    };
    let distribution = NewDistribution {
        name: DistributionName::parse(name).unwrap(),
        display_name: "Debian".into(),
        series: vec![series],
    };
    records.create_distribution(&distribution).unwrap();
    make_archive(records, name)
}

fn make_archive(records: &dyn Records, reference: &str) -> ArchiveId {
    let reference = reference.parse().unwrap();
    let archive = NewArchive {
        reference,
        origin: "Debian".into(),
        label: "Debian".into(),
        size_limit: None,
        private: false,
    };
    records.create_archive(&archive).unwrap()
}

fn files_below(path: &Path, root: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), root, out);
        } else if !entry.file_name().to_string_lossy().ends_with(".lock") {
            out.push(entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

pub(crate) fn deb(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").section("utils").file("usr/bin/tool", name).build()
}

/// A .changes for binaries that were built from the source `name`.
pub(crate) fn changes(name: &str, version: &str, files: &[&BuiltFile]) -> BuiltFile {
    let builder = ChangesBuilder::new(name, version, "noble");
    files.iter().fold(builder, |builder, file| builder.file(file)).build()
}

/// .changes and .deb of a package, not signed.
pub(crate) fn hello(version: &str) -> (BuiltFile, BuiltFile) {
    let deb = deb("hello", version);
    (changes("hello", version, &[&deb]), deb)
}

/// A source package whose .dsc `person` has signed, with the .changes that they have signed too.
pub(crate) fn source(person: &Person, name: &str, version: &str) -> Vec<BuiltFile> {
    let mut built = SourceBuilder::new(name, version).binary(name, "any").file("README", version).build();
    built.dsc = person.signed(&built.dsc);
    let changes = ChangesBuilder::new(name, version, "noble").source_files(&built).build();
    let mut files = vec![person.signed(&changes), built.dsc];
    files.extend(built.files);
    files
}

/// The second revision of what `source(person, "hello", "1.0-1")` is, without the orig tarball, which the archive has.
pub(crate) fn revision_without_orig(person: &Person) -> Vec<BuiltFile> {
    let mut built =
        SourceBuilder::new("hello", "1.0-2").binary("hello", "any").file("README", "1.0-1").build();
    built.dsc = person.signed(&built.dsc);
    built.files.retain(|file| !file.name.contains(".orig."));
    let changes = ChangesBuilder::new("hello", "1.0-2", "noble").source_files(&built).build();
    [vec![person.signed(&changes), built.dsc], built.files].concat()
}

/// Those of a site, but for the settle time in seconds.
pub(crate) fn settings(settle_seconds: i64) -> UploadSettings {
    UploadSettings { settle_seconds, ..UploadSettings::default() }
}

/// A run with adapters of its own, which takes everything, however new.
pub(crate) fn run_with(
    records: &dyn Records,
    objects: &dyn Objects,
    incoming: &dyn Incoming,
    verifier: &dyn Verifier,
) -> UploadReport {
    let settings = settings(AT_ONCE);
    let site = UploadSite { records, objects, incoming, verifier, settings: &settings, now: TODAY };
    process_uploads(&site).unwrap()
}
