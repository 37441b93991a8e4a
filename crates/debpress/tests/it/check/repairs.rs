//! What a repair mends, what it leaves to people, and that it loses nothing whatever happens meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use debfmt::digest::Sha256;
use debpress::admin::check::{CODES, Repair};
use debpress::admin::repair::{RepairError, RepairOptions, RepairReport, RepairSite, preview_repair, repair};
use debpress::lock::{Holder, PublisherLock, Wait};
use debpress::ports::found::{Found, is_damaged_name};
use debpress::ports::objects::object_of as object_at;

use super::damages::{self, HELLO, object, overwrite, remove, replace};
use super::{checked, codes, custom, path, problems, published, site_damages, site_path, with_site};
use crate::publish::world::World;

const EVERYTHING: RepairOptions = RepairOptions { remove_unknown: true };

fn try_repaired(w: &World, full: bool, options: RepairOptions) -> Result<RepairReport, RepairError> {
    let me = Holder::this_process("check", w.now);
    let lock = PublisherLock::acquire(&w.lock_path(), &me, Wait::No).unwrap();
    with_site(w, full, |check| repair(&RepairSite { check: *check, publish: w.site() }, &lock, options))
}

fn repaired(w: &World) -> RepairReport {
    try_repaired(w, true, RepairOptions::default()).unwrap()
}

/// The usual site, some time after its last publication.
fn sound() -> World {
    let mut w = published(World::on_disk());
    w.now = w.now.plus(60);
    w
}

/// What was mended, one line each, without directories.
fn told(report: &RepairReport) -> Vec<String> {
    report.mended.iter().map(|it| format!("{} {}", it.code, it.subject.rsplit('/').next().unwrap())).collect()
}

/// What a repair cannot mend although its codes say that it may, because no copy is left or the records are wrong.
const HOPELESS: &[&str] = &[
    "a byte flips on the disk, in the one file that is object and pool file",
    "a flipped byte is found by a full check only",
    "a pool file that an index names was cleared away and recorded as removed",
    "a source file that an index names was cleared away and recorded as removed",
];

/// What a publication does not do by itself, because it looks like a mistake.
const GUARDED: &[&str] = &["the date of Release is edited"];

#[test]
fn each_damage_is_mended_or_left_to_who_must_decide() {
    let sound = sound();
    let by_code: BTreeMap<&str, Repair> = CODES.iter().map(|row| (row.code, row.repair)).collect();
    let all = damages::DAMAGES.iter().chain(custom::DAMAGES).chain(site_damages::DAMAGES);
    let step = if crate::support::long() { 1 } else { 3 };
    for (story, damage, _, expected) in all.step_by(step) {
        let mut w = sound.copy_on_disk();
        damage(&mut w);
        w.now = w.now.plus(60);
        let report = repaired(&w);
        if GUARDED.contains(story) {
            assert!(report.failed[0].what.contains("--allow date"), "{:?}", report.failed);
            continue;
        }
        assert!(report.failed.is_empty(), "{story}: {:?}", report.failed);
        for code in codes(&report.left) {
            let is_for_people = matches!(by_code[code], Repair::Person | Repair::Asked | Repair::Itself);
            assert!(is_for_people || HOPELESS.contains(story), "{story}:\n{}", problems(&report.left));
        }
        if HOPELESS.contains(story) {
            continue;
        }
        let is_mendable =
            |code: &&str| matches!(by_code[*code], Repair::Yes | Repair::Copy | Repair::Publish);
        assert_eq!(
            !report.mended.is_empty(),
            expected.iter().any(is_mendable),
            "{story}: {:?}",
            report.mended
        );
        let again = repaired(&w);
        assert_eq!(
            (again.mended, again.left.problems),
            (Vec::new(), report.left.problems),
            "{story}: once is enough"
        );
    }
}

#[test]
fn a_dry_run_tells_what_a_repair_does_and_touches_nothing() {
    let w = sound();
    remove(&path(&w, HELLO));
    remove(&object_of(&w, "pool/main/d/data/data_1.0_all.deb"));
    remove(&path(&w, "dists/stable/InRelease"));
    let before = everything(&w);
    let rehearsed = with_site(&w, false, |site| preview_repair(site, RepairOptions::default())).unwrap();
    assert_eq!(everything(&w), before);
    assert!(!rehearsed.needs_somebody());
    let done = try_repaired(&w, false, RepairOptions::default()).unwrap();
    assert_eq!(told(&done), told(&rehearsed));
    assert_eq!(problems(&checked(&w, true)), "");
}

#[test]
fn a_damaged_file_stays_beside_the_good_one() {
    let w = sound();
    let good = fs::read(path(&w, HELLO)).unwrap();
    let object = object(&w);
    replace(&path(&w, HELLO), |bytes| bytes[50] ^= 1);
    let report = repaired(&w);
    assert_eq!(told(&report), ["pool.content hello_2.0_amd64.deb"]);
    assert_eq!(fs::read(path(&w, HELLO)).unwrap(), good);
    assert_eq!(report.left.set_aside, 1, "it is counted, and no problem");
    replace(&object, |bytes| bytes.truncate(10));
    let report = repaired(&w);
    assert_eq!(report.left.set_aside, 2);
    assert_eq!(problems(&report.left), "");
    let aside: Vec<_> = everything(&w).into_keys().filter(|path| is_damaged_name(path)).collect();
    assert_eq!(aside.len(), 2, "{aside:?}");
    assert_eq!(fs::read(&object).unwrap(), good);
}

#[test]
fn strangers_stay_until_somebody_says_that_they_shall_go() {
    let w = sound();
    let stranger = path(&w, "pool/main/x/stranger.txt");
    fs::create_dir_all(stranger.parent().unwrap()).unwrap();
    fs::write(&stranger, "x").unwrap();
    let report = repaired(&w);
    assert_eq!((codes(&report.left), report.mended.len()), (vec!["pool.unknown"], 0));
    assert!(stranger.exists() && report.needs_somebody());
    let report = try_repaired(&w, false, EVERYTHING).unwrap();
    assert_eq!(told(&report), ["pool.unknown stranger.txt"]);
    assert!(!stranger.exists() && !report.needs_somebody());
}

#[test]
fn what_waits_goes_on_waiting_while_a_suite_is_mended() {
    let mut w = sound();
    w.add("stable", "late", "1", "all");
    remove(&path(&w, "dists/stable/main/binary-amd64/Packages.gz"));
    assert_eq!(problems(&repaired(&w).left), "");
    assert!(!w.text("stable", "main/binary-amd64/Packages.gz").contains("Package: late"));
    w.now = w.now.plus(60);
    assert_eq!(w.publish().suites[0].published, 1);
}

#[test]
fn database_and_objects_are_all_that_a_backup_needs() {
    let w = sound();
    fs::remove_dir_all(path(&w, "")).unwrap();
    assert_eq!(problems(&repaired(&w).left), "");
    assert_eq!(checked(&w, true).pool_files, 5);
}

#[test]
fn an_object_that_an_upload_writes_again_stays() {
    let mut w = sound();
    site_damages::orphan(&mut w);
    let sha256 = Sha256::of(b"orphan");
    let look = || {
        let mut seen = None;
        let mut visit = |found: Found| {
            seen = seen.take().or(Some(found).filter(|it| object_at(&it.path) == Some(sha256)))
        };
        w.objects.survey(&mut visit).unwrap();
        seen.unwrap()
    };
    let write = || {
        let mut writer = w.objects.begin().unwrap();
        writer.write_all(b"orphan").unwrap();
        writer.commit(&sha256).unwrap();
    };
    let seen = look();
    // The records need it by now.
    assert!(!w.objects.discard(&sha256, &seen, &mut || true).unwrap());
    assert_eq!(w.objects.size(&sha256).unwrap(), Some(6));
    // An upload has put its own in the place of the one that was seen.
    write();
    assert!(!w.objects.discard(&sha256, &seen, &mut || false).unwrap());
    assert_eq!(w.objects.size(&sha256).unwrap(), Some(6));
    // An upload that comes while it is decided finds no object, and writes its own.
    let mut upload = || {
        write();
        false
    };
    assert!(w.objects.discard(&sha256, &look(), &mut upload).unwrap());
    assert_eq!(w.objects.size(&sha256).unwrap(), Some(6), "the one of the upload");
    // A run that died in the middle.
    let (claimed, own) = (site_path(&w, &format!("objects/unnamed/claimed-{sha256}")), stored(&w, &sha256));
    fs::rename(&own, &claimed).unwrap();
    w.objects.sweep().unwrap();
    assert_eq!(w.objects.recover().unwrap(), 1);
    assert!(own.exists() && !claimed.exists());
}

/// Many things at once.
fn ruin(w: &mut World) {
    remove(&path(w, HELLO));
    replace(&path(w, "pool/main/d/data/data_1.0_all.deb"), |bytes| bytes[50] ^= 1);
    remove(&object_of(w, "pool/main/h/hello/hello_1.0.dsc"));
    remove(&path(w, "dists/stable/main/binary-amd64/Packages.gz"));
    fs::remove_dir_all(path(w, "dists/testing")).unwrap();
    fs::create_dir_all(path(w, ".staged/old")).unwrap();
    fs::write(path(w, ".staged/old/Release"), "x").unwrap();
    fs::write(path(w, "pool/main/h/hello/.tmpAbCdEf"), "x").unwrap();
}

#[test]
fn wherever_a_repair_dies_the_next_one_mends_the_rest() {
    let sound = sound();
    let step = if crate::support::long() { 1 } else { 5 };
    for operations in (0..).step_by(step) {
        let mut w = sound.copy_on_disk();
        ruin(&mut w);
        let before = contents(&w);
        w.tree.fail_after(operations);
        let ended = try_repaired(&w, true, RepairOptions::default());
        let failed = w.tree.left() < 0;
        w.tree.mend();
        w.now = w.now.plus(60);
        let unfinished = Sha256::of(b"x");
        let after = contents(&w);
        let lost: Vec<_> = before.difference(&after).filter(|sha256| **sha256 != unfinished).collect();
        assert!(lost.is_empty(), "operation {operations}: {lost:?}");
        let next = repaired(&w);
        assert!(next.failed.is_empty(), "operation {operations}: {:?}", next.failed);
        assert_eq!(problems(&next.left), "", "operation {operations}");
        if !failed {
            assert!(next.mended.is_empty() && ended.is_ok());
            return;
        }
    }
}

#[test]
fn what_has_a_good_copy_is_whole_again_and_the_rest_is_named() {
    let sound = two_archives();
    let rounds = if crate::support::long() { 200 } else { 12 };
    for seed in 1..=rounds {
        let w = sound.copy_on_disk();
        let good = everything(&w);
        let mut random = Random(seed);
        let files: Vec<String> = good.keys().cloned().collect();
        let count = 1 + random.below(8);
        let hurt: Vec<String> = (0..count).map(|_| hurt(&w, &files, &mut random)).collect();
        let hurt = hurt.join("\n");
        let survived = contents(&w);
        let report = try_repaired(&w, true, RepairOptions::default()).unwrap();
        assert!(report.failed.is_empty(), "seed {seed}:\n{hurt}\n{:?}", report.failed);
        let after = everything(&w);
        for (path, sha256) in
            good.iter().filter(|(path, _)| path.contains("/pool/") || path.starts_with("objects/"))
        {
            let is_whole = after.get(path) == Some(sha256);
            assert_eq!(
                is_whole,
                survived.contains(sha256),
                "seed {seed}: {path}\n{hurt}\n{}",
                problems(&report.left)
            );
            let named = problems(&report.left).contains(&sha256.to_string());
            assert_eq!(named, !is_whole, "seed {seed}: {path}\n{hurt}\n{}", problems(&report.left));
        }
        let others: Vec<_> = codes(&report.left);
        let others = others.iter().filter(|code| !code.starts_with("object.") && !code.starts_with("pool."));
        assert_eq!(others.count(), 0, "seed {seed}:\n{hurt}\n{}", problems(&report.left));
    }
}

/// The usual site, and copies of its objects that are files of their own, as on another disk.
fn two_archives() -> World {
    let w = sound();
    for file in [HELLO, "pool/main/h/hello/hello_1.0.dsc"] {
        replace(&path(&w, file), |_| {});
    }
    assert_eq!(problems(&checked(&w, true)), "", "a copy is as good as a link");
    w
}

/// Hurts a file in one of the ways in which files are hurt; says how.
fn hurt(w: &World, files: &[String], random: &mut Random) -> String {
    let file = &files[random.below(files.len())];
    let at = site_path(w, file);
    let kind = random.below(4);
    if !at.exists() {
        return format!("{file}: gone already");
    }
    match kind {
        0 => remove(&at),
        1 => replace(&at, |bytes| bytes.truncate(bytes.len() / 2)),
        2 => replace(&at, flip),
        _ => overwrite(&at, flip),
    }
    format!("{file}: {}", ["removed", "cut", "replaced", "overwritten"][kind])
}

fn flip(bytes: &mut Vec<u8>) {
    match bytes.len() / 2 {
        0 => bytes.push(1),
        middle => bytes[middle] ^= 0x20,
    }
}

/// A sequence that is the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Where an object lies.
fn stored(w: &World, sha256: &Sha256) -> PathBuf {
    let hex = sha256.to_string();
    site_path(w, "objects").join(&hex[..2]).join(&hex[2..])
}

fn object_of(w: &World, file: &str) -> PathBuf {
    stored(w, &Sha256::of(&fs::read(path(w, file)).unwrap()))
}

/// Every file of content store and archives: path below the site, and hash.
fn everything(w: &World) -> BTreeMap<String, Sha256> {
    let mut files = BTreeMap::new();
    let mut directories = vec![site_path(w, "objects"), site_path(w, "archives")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => directories.push(entry.path()),
                false => {
                    files.insert(below(w, &entry.path()), Sha256::of(&fs::read(entry.path()).unwrap()));
                }
            }
        }
    }
    files
}

fn below(w: &World, path: &Path) -> String {
    path.strip_prefix(w.path()).unwrap().to_str().unwrap().to_owned()
}

/// The contents that there are, whatever they are called.
fn contents(w: &World) -> BTreeSet<Sha256> {
    let kept = everything(w).into_iter();
    kept.filter(|(path, _)| path.contains("/pool/") || path.starts_with("objects/")).map(|it| it.1).collect()
}
