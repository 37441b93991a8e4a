//! The contract of the Records port, kept by the database and by its twin in memory.

mod aliases;
mod changes;
mod contributions;
mod custom;
mod death_row;
mod deletion;
mod failures;
mod histories;
mod index_rows;
mod lookups;
mod notices;
mod publications;
mod queue;
mod rights;
mod runs;
mod site;
mod sqlite;
mod switch;

use debfmt::deb::DebKind;
use debfmt::digest::{Algorithms, Checksums};
use debfmt::names::{Architecture, Component, FileName, PackageName, SeriesName, SourceName};
use debfmt::version::Version;
use debpress::adapters::memory::MemoryRecords;
use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::archive::{ArchiveId, NewArchive};
use debpress::model::package::{BinaryRelease, PackageFile, Release, SourceRelease};
use debpress::model::publication::{Listing, Placement, PoolEntry, PublicationId};
use debpress::model::queue::{QueueId, QueueStatus};
use debpress::model::suite::{NewDistribution, NewSeries, Pocket, SeriesId, SuiteKey};
use debpress::model::time::Timestamp;
use debpress::ports::db::{
    BinaryBounds, CustomChange, IndexFile, ListFilter, NewPublication, Records, RecordsError, Snapshot,
    SuiteSwitch, Supersession, Switch,
};

/// Makes one test per story and adapter: `sqlite::story` and `memory::story`.
macro_rules! contract {
    ($($story:ident)*) => {
        mod sqlite {
            $(#[test] fn $story() { super::$story(&super::super::in_sqlite()); })*
        }
        mod memory {
            $(#[test] fn $story() { super::$story(&super::super::in_memory()); })*
        }
    };
}
use contract;

/// A site in a database: `debian` with `noble` and `stable`, its primary archive and a PPA.
fn in_sqlite() -> Site {
    Site::new(Box::new(SqliteRecords::open_in_memory().unwrap()))
}

/// The same site in memory.
fn in_memory() -> Site {
    Site::new(Box::new(MemoryRecords::new()))
}

/// Records with a distribution and two archives.
struct Site {
    records: Box<dyn Records>,
    primary: ArchiveId,
    ppa: ArchiveId,
    noble: SeriesId,
    stable: SeriesId,
}

impl Site {
    fn new(records: Box<dyn Records>) -> Self {
        records.create_distribution(&debian()).unwrap();
        let primary = records.create_archive(&archive("debian")).unwrap();
        let ppa = records.create_archive(&archive("~ann/debian/tools")).unwrap();
        let series = records.distributions().unwrap().remove(0).series;
        let (noble, stable) = (series[0].id, series[1].id);
        Self { records, primary, ppa, noble, stable }
    }

    fn noble(&self) -> SuiteKey {
        SuiteKey { archive: self.primary, series: self.noble, pocket: Pocket::Release }
    }

    fn updates(&self) -> SuiteKey {
        SuiteKey { pocket: Pocket::Updates, ..self.noble() }
    }

    fn stable(&self) -> SuiteKey {
        SuiteKey { series: self.stable, ..self.noble() }
    }

    fn ppa(&self) -> SuiteKey {
        SuiteKey { archive: self.ppa, ..self.noble() }
    }

    fn add(&self, suite: SuiteKey, releases: &[Release]) {
        let publications: Vec<_> = releases.iter().map(|release| publication(release, "main")).collect();
        self.records.import(suite, &publications, at(1)).unwrap();
    }

    fn enter(&self, suite: SuiteKey, status: QueueStatus, releases: &[Release]) -> QueueId {
        self.records.enter_queue(&queue::upload(suite, status, releases)).unwrap()
    }

    fn snapshot(&self, suite: SuiteKey) -> Snapshot {
        self.records.snapshot(suite).unwrap()
    }

    /// Publishes all that is pending, with `supersede` as pairs of loser and winner.
    fn publish(&self, suite: SuiteKey, supersede: &[(i64, i64)], files: &[IndexFile], when: i64) {
        let switch = self.switch(suite, supersede, files, when);
        self.records.begin_switch(&switch).unwrap();
        self.records.finish_switch(&switch, switch.at).unwrap();
    }

    fn switch(&self, suite: SuiteKey, supersede: &[(i64, i64)], files: &[IndexFile], when: i64) -> Switch {
        let snapshot = self.snapshot(suite);
        let pair = |&(loser, winner): &(i64, i64)| Supersession {
            loser: PublicationId(loser),
            winner: PublicationId(winner),
        };
        let suite = SuiteSwitch {
            suite,
            root: "archives/debian".into(),
            name: "noble".into(),
            release_sha256: "ab".repeat(32),
            publish: self.pending(&snapshot),
            supersede: supersede.iter().map(pair).collect(),
            delete: Vec::new(),
            custom_enter: Vec::new(),
            custom_leave: Vec::new(),
            files: files.to_vec(),
            outlines: Vec::new(),
            changes: snapshot.changes,
            entries: self.records.live_count(&snapshot).unwrap(),
            extra: None,
        };
        Switch { at: at(when), removable: at(when + 100), suites: vec![suite] }
    }

    fn pending(&self, snapshot: &Snapshot) -> Vec<PublicationId> {
        let candidates = self.records.contested(snapshot).unwrap().into_iter();
        candidates.filter(|it| it.status.as_str() == "pending").map(|it| it.id).collect()
    }

    /// Live publications, one `name version architecture status` per line of the listing.
    fn live(&self, suite: SuiteKey) -> Vec<String> {
        let filter = ListFilter { suites: vec![suite], ..ListFilter::default() };
        lines(&self.records.list(&filter).unwrap())
    }

    fn history(&self, suite: SuiteKey) -> Vec<String> {
        let filter = ListFilter { suites: vec![suite], history: true, ..ListFilter::default() };
        lines(&self.records.list(&filter).unwrap())
    }

    fn changes(&self, suite: SuiteKey) -> (i64, i64, bool) {
        let states = self.records.suite_states().unwrap();
        let state = states.into_iter().find(|state| state.key == suite).unwrap();
        (state.changes, state.shown, state.published)
    }
}

fn lines(listings: &[Listing]) -> Vec<String> {
    let line = |it: &Listing| {
        format!("{} {} {} {} {}", it.name, it.version, it.architecture, it.component, it.status.as_str())
    };
    listings.iter().map(line).collect()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds)
}

fn debian() -> NewDistribution {
    let series = |name: &str, version: Option<&str>| NewSeries {
        name: SeriesName::parse(name).unwrap(),
        version: version.map(str::to_owned),
        components: ["main", "universe"].map(component).to_vec(),
        architectures: ["i386", "amd64", "all"].map(architecture).to_vec(),
        status: debpress::model::suite::SeriesStatus::default(),
        parent: None,
    };
    NewDistribution {
        name: "debian".parse().unwrap(),
        display_name: "Debian".into(),
        series: vec![series("noble", Some("24.04")), series("stable", None)],
    }
}

fn archive(reference: &str) -> NewArchive {
    NewArchive {
        reference: reference.parse().unwrap(),
        origin: "Debian".into(),
        label: "The label".into(),
        size_limit: None,
        private: false,
    }
}

fn component(name: &str) -> Component {
    Component::parse(name).unwrap()
}

fn architecture(name: &str) -> Architecture {
    Architecture::parse(name).unwrap()
}

fn placement(name: &str) -> Placement {
    Placement { component: component(name), section: "libs".into(), priority: "optional".into() }
}

fn publication(release: &Release, component: &str) -> NewPublication {
    NewPublication { release: release.clone(), placement: placement(component) }
}

fn file(name: &str, content: &str) -> PackageFile {
    PackageFile {
        name: FileName::parse(name).unwrap(),
        checksums: Checksums::of(content.as_bytes(), Algorithms::INDEX),
    }
}

/// A source of two files; its bytes follow its name and version.
fn source(name: &str, version: &str) -> Release {
    let dsc = format!("{name}_{version}.dsc");
    let tar = format!("{name}_{version}.tar.xz");
    Release::Source(SourceRelease {
        name: SourceName::parse(name).unwrap(),
        version: Version::parse(version).unwrap(),
        section: "devel".into(),
        priority: "extra".into(),
        stanza: format!("Package: {name}\nVersion: {version}\n"),
        file_lists: format!("Files:\n {dsc}\n {tar}\n"),
        files: vec![file(&tar, &tar), file(&dsc, &dsc)],
        changelog: format!("{name} ({version}) noble; urgency=low\n"),
        copyright: Some(b"Public domain.\n".to_vec()),
    })
}

/// A .deb whose source has the same name; its bytes follow its file name.
fn binary(name: &str, version: &str, machine: &str) -> Release {
    Release::Binary(deb(name, version, machine))
}

fn deb(name: &str, version: &str, machine: &str) -> BinaryRelease {
    let file_name = format!("{name}_{version}_{machine}.deb");
    BinaryRelease {
        name: PackageName::parse(name).unwrap(),
        version: Version::parse(version).unwrap(),
        architecture: architecture(machine),
        kind: DebKind::Deb,
        source_name: SourceName::parse(name).unwrap(),
        source_version: Version::parse(version).unwrap(),
        section: "devel".into(),
        priority: "extra".into(),
        stanza: format!("Package: {name}\nVersion: {version}\nArchitecture: {machine}\n"),
        file: file(&file_name, &file_name),
        contents: vec![format!("usr/bin/{name}"), format!("usr/share/doc/{name}/copyright")],
        times: None,
    }
}

/// The ordinary packages for these architectures.
fn debs(architectures: &[Architecture]) -> BinaryBounds<'_> {
    BinaryBounds { kind: DebKind::Deb, architectures }
}

fn index(path: &str, content: &str) -> IndexFile {
    let sums = Checksums::of(content.as_bytes(), Algorithms::SHA256);
    IndexFile { path: path.into(), sha256: sums.sha256.to_string(), size: sums.size }
}

fn paths(entries: &[PoolEntry]) -> Vec<String> {
    let mut paths: Vec<_> =
        entries.iter().map(|it| format!("{}/{}/{}", it.component, it.source, it.file)).collect();
    paths.sort();
    paths
}

/// All that a walk visits.
fn collect<T>(walk: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<(), RecordsError>) -> Vec<T> {
    let mut found = Vec::new();
    walk(&mut |item| {
        found.push(item);
        true
    })
    .unwrap();
    found
}

/// How many items a walk visits when the visitor wants only the first.
fn visits_when_stopped<T>(walk: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<(), RecordsError>) -> usize {
    let mut visits = 0;
    walk(&mut |_| {
        visits += 1;
        false
    })
    .unwrap();
    visits
}
