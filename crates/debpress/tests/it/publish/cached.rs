//! The cache of indexes changes nothing but the time that a publication takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;

use debfmt::builder::{DebBuilder, SourceBuilder};
use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use debpress::adapters::memory::index_cache::{MemoryIndexCache, NoIndexCache};
use debpress::model::suite::SeriesStatus;
use debpress::ports::index_cache::{CacheKey, IndexCache};
use debpress::ports::tree::Tree;
use debpress::publish::Selection;
use proptest::collection::vec;
use proptest::prelude::*;

use super::histories::{act, steps};
use super::world::{ROOT, World};
use crate::check::add_source_built;

/// A cache that counts, and that gives every so many times something else than it was given.
#[derive(Clone, Default)]
struct Watched {
    kept: Arc<MemoryIndexCache>,
    seen: Arc<Mutex<Seen>>,
    /// One read of so many is damaged; 0: none.
    damages: usize,
}

#[derive(Default)]
struct Seen {
    reads: usize,
    found: BTreeSet<CacheKey>,
    written: BTreeSet<CacheKey>,
}

impl IndexCache for Watched {
    fn read(&self, key: CacheKey) -> Option<Vec<u8>> {
        let mut seen = self.seen.lock().unwrap();
        seen.reads += 1;
        let mut bytes = self.kept.read(key)?;
        seen.found.insert(key);
        if self.damages > 0 && seen.reads.is_multiple_of(self.damages) {
            // Lost, cut short, or changed anywhere.
            let place = seen.reads.wrapping_mul(2_654_435_761) % bytes.len();
            match seen.reads % 3 {
                0 => return None,
                1 => bytes.truncate(place),
                _ => bytes[place] ^= 0x20,
            }
        }
        Some(bytes)
    }

    fn write(&self, key: CacheKey, bytes: &[u8]) {
        self.seen.lock().unwrap().written.insert(key);
        self.kept.write(key, bytes);
    }

    fn sweep(&self, keep: &mut dyn FnMut(CacheKey, u64) -> bool) -> u64 {
        self.kept.sweep(keep)
    }
}

impl Watched {
    /// Outlines change places, as those of other records would lie there.
    fn shuffle(&self) {
        let mut keys = Vec::new();
        self.kept.sweep(&mut |key, _| {
            keys.extend(matches!(key, CacheKey::Outline(_)).then_some(key));
            true
        });
        let kept: Vec<Vec<u8>> = keys.iter().filter_map(|key| self.kept.read(*key)).collect();
        for (key, bytes) in keys.iter().zip(kept.iter().cycle().skip(1)) {
            self.kept.write(*key, bytes);
        }
    }
}

fn with_cache(cache: impl IndexCache + 'static) -> World {
    let mut world = World::in_memory();
    world.cache = Box::new(cache);
    world.set(&["contents=both", "long_descriptions=no"]);
    world
}

/// Every file that clients see, with its hash.
fn seen(world: &World) -> BTreeMap<String, Sha256> {
    let files = world.tree.list(ROOT, "dists").unwrap().into_iter();
    let hash = |(path, _): (String, u64)| {
        let bytes = world.bytes(&path).unwrap_or_default();
        (path, Sha256::of(&bytes))
    };
    files.map(hash).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Whatever happens to an archive: with a cache, without one, and with one that loses and damages what it keeps, clients
    /// see the same bytes.
    #[test]
    fn cached_and_uncached_indexes_are_the_same_bytes(history in vec(steps(), 1..40), damages in 2..7_usize) {
        let mut bare = with_cache(NoIndexCache);
        let mut cached = with_cache(Watched::default());
        let mut damaged = with_cache(Watched { damages, ..Watched::default() });
        for step in &history {
            for world in [&mut bare, &mut cached, &mut damaged] {
                act(world, step);
            }
            let expected = seen(&bare);
            prop_assert_eq!(&seen(&cached), &expected);
            prop_assert_eq!(&seen(&damaged), &expected);
        }
    }
}

/// What makes other segments of an index, or the same ones anew.
#[derive(Clone, Debug)]
enum Change {
    Add(u8, u8, &'static str),
    Remove(u8),
    Move(u8, &'static str),
    Set(&'static str),
    Publish,
    /// Everything that was kept is given for something else of its kind.
    Shuffle,
}

fn changes() -> impl Strategy<Value = Change> {
    let options = [
        "keep_versions=1",
        "keep_versions=3",
        "long_descriptions=yes",
        "long_descriptions=no",
        "hashes=md5",
        "hashes=sha256",
        "package_origin=here",
        "package_origin=there",
    ];
    let machine = prop::sample::select(&["amd64", "amd64", "all"][..]);
    prop_oneof![
        8 => (0..12_u8, 1..4_u8, machine).prop_map(|(name, version, machine)| Change::Add(name, version, machine)),
        2 => (0..12_u8).prop_map(Change::Remove),
        2 => (0..12_u8, prop::sample::select(&["main", "contrib"][..]))
            .prop_map(|(name, component)| Change::Move(name, component)),
        2 => prop::sample::select(options.to_vec()).prop_map(Change::Set),
        6 => Just(Change::Publish),
        1 => Just(Change::Shuffle),
    ]
}

fn name(number: u8) -> String {
    format!("package-{number}")
}

fn change(w: &mut World, cache: Option<&Watched>, change: &Change) {
    match change {
        Change::Add(number, version, machine) => {
            let package = DebBuilder::new(&name(*number), &version.to_string(), machine);
            w.add_built(("stable", "main"), &package);
        }
        Change::Remove(number) => drop(super::moves::remove_from(w, "stable", &name(*number))),
        Change::Move(number, component) => {
            drop(super::moves::place_in(w, "stable", &name(*number), component));
        }
        Change::Set(option) => {
            w.set(&[option]);
            w.records.touch_suites(&[w.suite("stable")]).unwrap();
        }
        Change::Publish => {
            w.now = w.now.plus(60);
            let allow = debpress::publish::Guard::ALL.into_iter().collect();
            w.try_publish(&Selection { allow, ..w.select() }).unwrap();
        }
        Change::Shuffle => {
            if let Some(cache) = cache {
                cache.shuffle();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// The same for few packages that change a lot, in segments of one and more, and for options that change every text.
    #[test]
    fn changed_and_unchanged_segments_are_told_apart(
        history in vec(changes(), 4..60), rows in 1..5_usize, damages in 2..9_usize,
    ) {
        let mut bare = with_cache(NoIndexCache);
        let (kept, other) = (Watched::default(), Watched { damages, ..Watched::default() });
        let mut cached = with_cache(kept.clone());
        let mut damaged = with_cache(other.clone());
        for w in [&mut bare, &mut cached, &mut damaged] {
            w.settings.segment_rows = rows;
        }
        for step in history.iter().chain([&Change::Publish]) {
            change(&mut bare, None, step);
            change(&mut cached, None, step);
            change(&mut damaged, Some(&other), step);
            let expected = seen(&bare);
            prop_assert_eq!(&seen(&cached), &expected);
            prop_assert_eq!(&seen(&damaged), &expected);
        }
    }
}

/// One package of many changes: of each index one segment is made, or two where it begins one, and the others are found.
#[test]
fn a_change_makes_its_own_segment_only() {
    let cache = Watched::default();
    let mut w = with_cache(cache.clone());
    let names: Vec<String> = (0..40).map(|number| format!("package-{number:02}")).collect();
    for name in &names {
        w.add_built(("stable", "main"), &DebBuilder::new(name, "1", "amd64"));
    }
    w.try_publish(&w.select()).unwrap();
    let segments =
        |keys: &BTreeSet<CacheKey>| keys.iter().filter(|key| matches!(key, CacheKey::Segment(_))).count();
    assert!(segments(&cache.seen.lock().unwrap().written) > 40, "every name is a segment");
    *cache.seen.lock().unwrap() = Seen::default();
    w.now = w.now.plus(60);
    w.add_built(("stable", "main"), &DebBuilder::new("package-20", "2", "amd64"));
    w.try_publish(&w.select()).unwrap();
    let seen = cache.seen.lock().unwrap();
    assert_eq!(segments(&seen.written), 1, "the new version in Packages; its description is the same");
    assert!(segments(&seen.found) > 39, "{}", segments(&seen.found));
}

/// Another database with the same numbers for other packages must not take what it finds.
#[test]
fn a_cache_of_other_records_is_not_believed() {
    let cache = Watched::default();
    let first = with_cache(cache.clone());
    let second = with_cache(cache.clone());
    let bare = with_cache(NoIndexCache);
    for number in 0..10 {
        let name = |of: &str| format!("{of}-{number}");
        first.add_built(("stable", "main"), &DebBuilder::new(&name("first"), "1", "amd64"));
        for world in [&second, &bare] {
            world.add_built(("stable", "main"), &DebBuilder::new(&name("second"), "1", "amd64"));
        }
    }
    for world in [&first, &second, &bare] {
        world.try_publish(&world.select()).unwrap();
    }
    assert_eq!(seen(&second), seen(&bare));
    // Nor does one that has published before, where the other's outlines lie under its own names.
    let outlines = |world: &World| world.records.outlines(world.suite("stable")).unwrap();
    for (own, foreign) in outlines(&second).iter().zip(outlines(&first)) {
        assert_eq!(own.path, foreign.path);
        let [own, foreign] = [&own.sha256, &foreign.sha256].map(|hex| Sha256::from_hex(hex).unwrap());
        cache.kept.write(CacheKey::Outline(own), &cache.kept.read(CacheKey::Outline(foreign)).unwrap());
    }
    for world in [&second, &bare] {
        world.add_built(("stable", "main"), &DebBuilder::new("third", "1", "amd64"));
        world.try_publish(&world.select()).unwrap();
    }
    assert_eq!(seen(&second), seen(&bare));
}

fn repack(w: &World) -> usize {
    w.try_publish(&Selection { repack: true, ..w.select() }).unwrap().suites.len()
}

/// A site with two hundred packages, and segments of a few of them.
fn filled(cache: &Watched) -> World {
    let mut w = with_cache(cache.clone());
    w.settings.segment_rows = 3;
    w.settings.compressors = vec![Compression::Gzip, Compression::Xz, Compression::Zstd];
    for number in 0..200 {
        let name = format!("package-{number:03}");
        w.add_built(("stable", "main"), &DebBuilder::new(&name, "1", "amd64"));
    }
    w.try_publish(&w.select()).unwrap();
    w
}

const PACKAGES: &str = "main/binary-amd64/Packages";

fn sizes(w: &World) -> Vec<usize> {
    let size = |suffix| w.bytes(&format!("dists/stable/{PACKAGES}{suffix}")).unwrap().len();
    [".gz", ".xz", ".zst"].map(size).to_vec()
}

#[test]
fn repacked_indexes_say_the_same_and_are_smaller_and_stay_so() {
    let cache = Watched::default();
    let mut w = filled(&cache);
    let (text, before) = (w.text("stable", &format!("{PACKAGES}.xz")), sizes(&w));
    w.now = w.now.plus(60);
    assert_eq!(repack(&w), 1, "a suite without a change is published all the same");
    let packed = sizes(&w);
    assert!(before.iter().zip(&packed).all(|(before, packed)| packed < before), "{before:?} {packed:?}");
    assert!(w.assert_consistent("stable"));
    for suffix in [".gz", ".xz", ".zst"] {
        assert_eq!(w.text("stable", &format!("{PACKAGES}{suffix}")), text);
    }
    let as_packed = seen(&w);
    let again = w.try_publish(&Selection { repack: true, ..w.select() }).unwrap();
    assert_eq!((again.suites.len(), again.unchanged), (0, 1), "what is small is left alone: {again:?}");
    assert_eq!(seen(&w), as_packed);
    // A change is around its own package: most of the index stays packed.
    w.now = w.now.plus(60);
    w.add_built(("stable", "main"), &DebBuilder::new("package-100", "2", "amd64"));
    w.try_publish(&w.select()).unwrap();
    let after = sizes(&w);
    assert!(after.iter().zip(&before).all(|(after, before)| after < before), "{before:?} {after:?}");
    assert!(w.assert_consistent("stable"));
}

#[test]
fn suites_that_cannot_be_smaller_or_must_not_change_are_passed_over_in_silence() {
    let mut w = World::in_memory();
    w.settings.segment_rows = 64;
    w.add("stable", "hello", "1", "amd64");
    w.add("testing", "hello", "1", "amd64");
    w.publish();
    let before = seen(&w);
    w.now = w.now.plus(60);
    super::status::set_status(&w, SeriesStatus::Current).unwrap();
    let report = w.try_publish(&Selection { repack: true, ..w.select() }).unwrap();
    assert_eq!((report.suites.len(), report.unchanged, report.warnings), (0, 2, Vec::new()));
    assert_eq!(seen(&w), before);
}

#[test]
fn death_row_sweeps_what_no_index_is_made_of() {
    let cache = Watched::default();
    let mut w = filled(&cache);
    repack(&w);
    let kept = || {
        let mut keys = BTreeSet::new();
        cache.kept.sweep(&mut |key, _| keys.insert(key));
        keys
    };
    super::death_row::death_row(&w);
    let first = kept();
    assert!([CacheKey::Segment, CacheKey::Pack, CacheKey::Outline].iter().all(|kind| {
        first.iter().any(|key| std::mem::discriminant(key) == std::mem::discriminant(&kind(Sha256::of(b""))))
    }));
    w.now = w.now.plus(60);
    w.add_built(("stable", "main"), &DebBuilder::new("package-100", "2", "amd64"));
    w.try_publish(&w.select()).unwrap();
    let grown = kept();
    assert!(grown.is_superset(&first) && grown.len() > first.len());
    super::death_row::death_row(&w);
    let swept = kept();
    assert!(swept.is_subset(&grown) && !swept.is_superset(&first));
    // All that the next publication asks for is there.
    *cache.seen.lock().unwrap() = Seen::default();
    w.now = w.now.plus(60);
    w.try_publish(&Selection { dirty: vec![w.suite("stable")], ..w.select() }).unwrap();
    assert_eq!(
        cache.seen.lock().unwrap().written.iter().filter(|key| matches!(key, CacheKey::Segment(_))).count(),
        0
    );
}

/// The cache believes that a program of one version, and of one number, makes the same text of the same publications. Who
/// changes what indexes say, and finds this test failing, raises `RENDERING` in `publish/indexes/outline.rs` and puts the new
/// hashes here.
#[test]
fn rendering_has_a_number() {
    let w = with_cache(NoIndexCache);
    w.set(&["package_origin=here"]);
    w.add_built(("stable", "main"), &DebBuilder::new("hello", "1", "amd64").file("usr/bin/hello", b"hello"));
    add_source_built(&w, ("stable", "contrib"), &SourceBuilder::new("hello", "1-1"));
    w.publish();
    let paths = [
        "main/binary-amd64/Packages",
        "contrib/source/Sources",
        "main/i18n/Translation-en",
        "Contents-amd64",
    ];
    // Without what depends on the bytes of the packages, and so on the compressors that made them.
    let is_sum = |line: &&str| {
        let longest = line.split(|letter: char| !letter.is_ascii_hexdigit()).map(str::len).max();
        line.starts_with("Size:") || longest >= Some(32)
    };
    let hash = |path| {
        let text = w.text("stable", &format!("{path}.gz"));
        let lines: Vec<&str> = text.lines().filter(|line| !is_sum(line)).collect();
        Sha256::of(lines.join("\n").as_bytes()).to_string()
    };
    let expected = [
        "2f032545ed56f53a0d31aed033a7a736d09abaf71b15ba902b225b63ba388f8e",
        "9f51985742fe7e62dedf3a4c67051a471407bab38b3cc2d3d8d01410739932c0",
        "0505c40f140d4e4477a1d4e7ced862a7706a8d7f6a9e79abdc1bf925f1849bbd",
        "f5b12d93ff698da407078b31d2c03b1729fadd0b5d5ef0606f2cc362cc4defb0",
    ];
    assert_eq!(paths.map(hash), expected);
}
