//! Everything that a suite can show besides packages, in random order and with a disk that dies: patches, files of other
//! programs, further fields, names by hash, lists. Whatever happens, what a Release says can be had, for as long as was
//! promised.

use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::pdiff::DiffIndex;
use debpress::model::archive::{Archive, ArchiveLists};
use debpress::model::key::{SuiteFile, TreeKey};
use debpress::model::time::Timestamp;
use debpress::ports::db::IndexFile;
use debpress::publish::{Careful, Selection};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::world::{ROOT, World};
use crate::support::custom::gzip;

const DAY: i64 = 86_400;
const SUITES: [&str; 2] = ["stable", "testing"];

#[derive(Clone, Debug)]
enum Step {
    Package(&'static str, usize, &'static str),
    Stage(&'static str, &'static str, &'static str),
    Unstage(&'static str, &'static str),
    Option(&'static str),
    Fields(&'static str),
    Lists(bool),
    /// With a disk that dies after so many operations.
    Publish(Option<i64>),
    Careful,
    Wait(i64),
}

const STAGED: [&str; 5] = [
    "main/i18n/Translation-en",
    "main/i18n/Translation-de",
    "main/dep11/Components-amd64.yml",
    "main/Contents-amd64",
    "contrib/cnf/Commands-amd64",
];

const OPTIONS: [&str; 15] = [
    "pdiffs=no",
    "pdiffs=1",
    "pdiffs=3",
    "pdiffs=3",
    "by_hash=no",
    "by_hash=publish",
    "by_hash=advertise",
    "by_hash_keep=1",
    "by_hash_keep=4",
    "long_descriptions=no",
    "long_descriptions=yes",
    "contents=component",
    "contents=no",
    "i18n_index=yes",
    "compressors=gz,xz",
];

fn steps() -> impl Strategy<Value = Step> {
    let suite = || select(&SUITES[..]);
    let path = || select(&STAGED[..]);
    prop_oneof![
        4 => (suite(), 0..30_usize, select(&["2", "3", "4"][..]))
            .prop_map(|(suite, number, version)| Step::Package(suite, number, version)),
        4 => (suite(), path(), select(&["one", "two"][..]))
            .prop_map(|(suite, path, text)| Step::Stage(suite, path, text)),
        2 => (suite(), path()).prop_map(|(suite, path)| Step::Unstage(suite, path)),
        5 => select(&OPTIONS[..]).prop_map(Step::Option),
        2 => select(&["package-1 Task a", "package-1 Task b", ""][..]).prop_map(Step::Fields),
        1 => any::<bool>().prop_map(Step::Lists),
        9 => prop::option::weighted(0.3, 0..150_i64).prop_map(Step::Publish),
        1 => Just(Step::Careful),
        3 => select(&[3600, 43_200, 90_000][..]).prop_map(Step::Wait),
    ]
}

/// What one Release promised.
struct Promise {
    release: Sha256,
    files: Vec<IndexFile>,
    by_hash: bool,
    /// When it was replaced.
    until: Option<Timestamp>,
    /// Its time was over at some publication: nobody brings it back.
    over: bool,
}

/// A suite, its Releases in their order.
struct Watched {
    suite: &'static str,
    promises: Vec<Promise>,
}

impl Watched {
    fn bytes(&self, w: &World, file: SuiteFile) -> Option<Vec<u8>> {
        w.tree.inner.read(ROOT, &TreeKey::Live(self.suite.parse().unwrap(), file)).unwrap()
    }

    /// Looks at what clients see now.
    fn look(&mut self, w: &World, keep: usize) {
        let Some(release) = self.bytes(w, SuiteFile::Release) else { return };
        let sha256 = Sha256::of(&release);
        let known = self.promises.last().filter(|last| last.release == sha256);
        w.assert_consistent_by(self.suite, known.map_or_else(|| by_hash(w), |last| last.by_hash));
        if self.promises.last().is_none_or(|last| last.release != sha256) {
            if let Some(last) = self.promises.last_mut() {
                last.until = Some(w.now);
            }
            if w.records.open_switch().unwrap().is_none() {
                let files = w.records.current_indexes(w.suite(self.suite)).unwrap();
                let by_hash = by_hash(w);
                self.promises.push(Promise { release: sha256, files, by_hash, until: None, over: false });
                self.kept(w, keep);
            }
        }
    }

    /// Right after a Release was published.
    fn kept(&mut self, w: &World, keep: usize) {
        let current = self.promises.last().unwrap();
        for file in &current.files {
            let plain = match file.path.as_str() {
                "Release" => SuiteFile::Release,
                "InRelease" => SuiteFile::InRelease,
                "Release.gpg" => SuiteFile::ReleaseGpg,
                path => {
                    let (index, form) = debpress::model::key::IndexName::of_path(path).unwrap();
                    SuiteFile::Index(index, form)
                }
            };
            let bytes = self.bytes(w, plain).unwrap_or_else(|| panic!("{} is not there", file.path));
            assert_eq!(
                (Sha256::of(&bytes).to_string(), bytes.len() as u64),
                (file.sha256.clone(), file.size)
            );
            if file.path.ends_with(".diff/Index") {
                self.patches(w, &file.path, &bytes);
            }
        }
        let total = self.promises.len();
        for (place, promise) in self.promises.iter_mut().enumerate() {
            let young = promise.until.is_none_or(|until| until >= w.now.plus(-DAY));
            promise.over |= !young && total - place > keep;
        }
        for promise in self.promises.iter().filter(|it| it.by_hash && !it.over) {
            promise.files.iter().for_each(|file| self.lasts(w, file));
        }
    }

    fn patches(&self, w: &World, path: &str, bytes: &[u8]) {
        let list = DiffIndex::parse(bytes, &Limits::index()).unwrap();
        let text = w.release(self.suite);
        let of = text.file(path.strip_suffix(".diff/Index").unwrap()).unwrap();
        assert_eq!(list.current.sha256, of.checksums.sha256);
        for patch in &list.patches {
            let path = path.replace("Index", &format!("{}.gz", patch.name));
            let file =
                IndexFile { path, sha256: patch.download.sha256.to_string(), size: patch.download.size };
            self.lasts(w, &file);
        }
    }

    fn lasts(&self, w: &World, file: &IndexFile) {
        let name = SuiteFile::lasting(&file.path, Sha256::from_hex(&file.sha256).unwrap()).unwrap();
        let bytes =
            self.bytes(w, name).unwrap_or_else(|| panic!("{} {} is not there", file.path, file.sha256));
        assert_eq!(Sha256::of(&bytes).to_string(), file.sha256, "{}", file.path);
    }
}

fn by_hash(w: &World) -> bool {
    use debpress::model::publishing::ByHash;
    let distributions = w.records.distributions().unwrap();
    distributions[0].series[0].options.by_hash != ByHash::No
}

fn keep(w: &World) -> usize {
    let distributions = w.records.distributions().unwrap();
    usize::try_from(distributions[0].series[0].options.by_hash_keep).unwrap()
}

fn act(w: &mut World, step: &Step) {
    match step {
        Step::Package(suite, number, version) => {
            let name = format!("package-{number}");
            drop(w.try_add((w.suite(suite), "main"), &name, version, "amd64"));
        }
        Step::Stage(suite, path, text) => {
            let text = format!("{text} {path}");
            w.stage(suite, &format!("{path}.gz"), &gzip(text.as_bytes()));
        }
        Step::Unstage(suite, path) => w.staging.0.remove((ROOT, suite, &format!("{path}.gz"))),
        Step::Option(option) => w.set(&[option]),
        Step::Fields(text) => w.extra.set("debian", "more-extra.override.stable.main", Some(*text)),
        Step::Lists(on) => {
            let archive = w.records.archives().unwrap().remove(0);
            let lists = ArchiveLists { ls_lr: *on, indices: *on };
            w.records.update_archive(&Archive { lists, ..archive }).unwrap();
        }
        Step::Publish(dies) => {
            w.now = w.now.plus(60);
            w.tree.fail_after(dies.unwrap_or(i64::MAX));
            let done = w.publish_all(&w.select());
            w.tree.mend();
            // What was begun is finished, alone, so that no Release is missed.
            for suite in SUITES.iter().filter(|_| dies.is_some()) {
                w.assert_consistent_by(suite, false);
            }
            w.publish_all(&Selection::default()).unwrap();
            if dies.is_none() {
                let failed = done.unwrap().failed;
                assert!(failed.is_empty(), "{failed:?}");
            }
        }
        Step::Careful => {
            w.now = w.now.plus(60);
            let selection = Selection { careful: Careful::ALL, ..w.select() };
            let failed = w.publish_all(&selection).unwrap().failed;
            assert!(failed.is_empty(), "{failed:?}");
        }
        Step::Wait(seconds) => w.now = w.now.plus(*seconds),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_release_says_can_be_had_for_as_long_as_was_promised(steps in vec(steps(), 1..40)) {
        let mut w = World::in_memory();
        w.settings.removal_guard = 100;
        for suite in SUITES {
            for number in 0..30 {
                w.add(suite, &format!("package-{number}"), "1", "amd64");
            }
        }
        let mut watched = SUITES.map(|suite| Watched { suite, promises: Vec::new() });
        let mut end = vec![Step::Publish(None)];
        end.extend(steps);
        // What a run that died has prepared lies there until its suite is published again.
        end.push(Step::Careful);
        for step in end {
            act(&mut w, &step);
            let keep = keep(&w);
            if matches!(step, Step::Publish(_) | Step::Careful) {
                watched.iter_mut().for_each(|it| it.look(&w, keep));
            }
        }
        prop_assert!(!w.files().contains(".staged"));
        w.now = w.now.plus(60);
        let again = w.publish();
        prop_assert_eq!(again.suites.len(), 0, "nothing is left to do");
    }
}
