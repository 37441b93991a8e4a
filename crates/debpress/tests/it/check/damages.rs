//! Every damage that somebody can do to a site on disk, and the codes that it gets: these and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use debfmt::compress::{Compression, Encoder};
use debfmt::digest::{Algorithms, Checksums, Sha256};
use debfmt::limits::Limits;
use debfmt::pdiff::DiffIndex;
use debfmt::release::Release;
use debpress::admin::check::CODES;

use super::{checked, codes, path, problems, published, site_path};
use crate::publish::world::World;

pub(super) const HELLO: &str = "pool/main/h/hello/hello_2.0_amd64.deb";
const PACKAGES: &str = "main/binary-amd64/Packages.gz";

/// What happens, to a site that is sound otherwise; whether the check is a full one; and what it says.
pub(super) type Damage = (&'static str, fn(&mut World), bool, &'static [&'static str]);

pub(super) const DAMAGES: &[Damage] = &[
    ("a dangling reference in the database", |w| dangle(w), false, &["records.damaged"]),
    ("a publication dies while it becomes visible", die_in_the_switch, false, &["journal.open"]),
    ("an object is gone", |w| remove(&object(w)), false, &["object.missing"]),
    ("an object is cut short", |w| replace(&object(w), |bytes| bytes.truncate(10)), false, &["object.size"]),
    (
        "an object has a flipped byte",
        |w| replace(&object(w), |bytes| bytes[50] ^= 1),
        true,
        &["object.content"],
    ),
    (
        "a byte flips on the disk, in the one file that is object and pool file",
        |w| overwrite(&path(w, HELLO), |bytes| bytes[50] ^= 1),
        true,
        &["object.content", "pool.content"],
    ),
    (
        "a flipped byte is found by a full check only",
        |w| overwrite(&path(w, HELLO), |b| b[50] ^= 1),
        false,
        &[],
    ),
    ("a pool file is deleted", |w| remove(&path(w, HELLO)), false, &["pool.missing"]),
    ("a pool file that waits for its end is deleted", |w| remove(&path(w, OLD)), false, &["pool.missing"]),
    (
        "a pool file is cut short",
        |w| replace(&path(w, HELLO), |bytes| bytes.truncate(10)),
        false,
        &["pool.size"],
    ),
    (
        "a pool file is another one",
        |w| replace(&path(w, HELLO), |bytes| bytes[50] ^= 1),
        true,
        &["pool.content"],
    ),
    ("a pool file becomes a symbolic link", link_away, false, &["pool.size"]),
    (
        "somebody puts a file into the pool",
        |w| fs::write(path(w, "pool/main/h/hello/hello_3.0_amd64.deb"), "x").unwrap(),
        false,
        &["pool.unknown"],
    ),
    (
        "a link to nowhere lies in the pool",
        |w| symlink("/nowhere", &path(w, "pool/x")),
        false,
        &["pool.unknown"],
    ),
    ("a publication dies before the switch", die_before_the_switch, false, &["staged.left"]),
    (
        "a suite is deleted",
        |w| fs::remove_dir_all(path(w, "dists/testing")).unwrap(),
        false,
        &["suite.missing"],
    ),
    (
        "Release is no text",
        |w| fs::write(live(w, "Release"), [0, 1, 2]).unwrap(),
        false,
        &["release.malformed"],
    ),
    ("Release is empty", |w| fs::write(live(w, "Release"), "").unwrap(), false, &["release.malformed"]),
    ("nobody publishes for too long", expire, false, &["release.expired"]),
    ("Release has another index", |w| rewrite(w, forget_an_index), false, &["release.differs"]),
    ("Release has an unknown file", |w| rewrite(w, list_a_stranger), false, &["release.differs"]),
    ("the signatures are deleted", remove_signatures, false, &["signature.missing"]),
    ("the key is replaced by another", replace_key, false, &["signature.bad"]),
    ("the date of Release is edited", edit_date, false, &["signature.bad", "signature.differs"]),
    (
        "InRelease is that of another time",
        |w| {
            fs::write(live(w, "InRelease"), signed(w, "Origin: x\nDate: Mon, 01 Jun 2026 00:00:00 UTC\n"))
                .unwrap()
        },
        false,
        &["signature.differs"],
    ),
    ("the key is taken out of the configuration", |w| w.keys.site = None, false, &["signature.stale"]),
    ("the key of the archive is lost", lose_key, false, &["signature.key"]),
    ("an index is deleted", |w| remove(&live(w, PACKAGES)), false, &["index.missing"]),
    ("uncompressed hashes are not listed", |w| rewrite(w, forget_uncompressed), false, &["index.missing"]),
    ("an index is replaced", |w| replace(&live(w, PACKAGES), |b| b.push(0)), false, &["index.size"]),
    ("a byte of an index flips", |w| replace(&live(w, PACKAGES), |b| b[5] ^= 1), false, &["index.hash"]),
    (
        "an index is edited in place, under both of its names",
        |w| overwrite(&live(w, PACKAGES), |bytes| bytes[5] ^= 1),
        false,
        &["index.by-hash", "index.hash"],
    ),
    ("a by-hash name is deleted", |w| remove(&by_hash(w)), false, &["index.by-hash"]),
    (
        "a by-hash file is cut short",
        |w| replace(&by_hash(w), |bytes| bytes.truncate(3)),
        false,
        &["index.by-hash"],
    ),
    (
        "a by-hash file is another one",
        |w| replace(&by_hash(w), |bytes| bytes[5] ^= 1),
        false,
        &["index.by-hash"],
    ),
    (
        "InRelease is not there by its hash",
        |w| remove(&live(w, &release_by_hash(w))),
        false,
        &["index.by-hash"],
    ),
    ("a patch is deleted", |w| remove(&patch(w)), false, &["index.patch"]),
    ("a patch is cut short", |w| replace(&patch(w), |bytes| bytes.truncate(9)), false, &["index.patch"]),
    ("a byte of a patch flips", |w| replace(&patch(w), |bytes| bytes[5] ^= 1), false, &["index.patch"]),
    (
        "a list of patches is that of another text",
        |w| {
            patch(w);
            let list = "main/binary-amd64/Packages.diff/Index";
            let wrong = fs::read_to_string(live(w, list)).unwrap().replacen('\n', "1\n", 1);
            rewrite(w, |w, release| put_bytes(w, release, list, wrong.as_bytes()));
        },
        false,
        &["index.malformed", "release.differs"],
    ),
    (
        "an index unpacks to more than Release says",
        |w| rewrite(w, |w, release| put_form(w, release, PACKAGES, "Package: a\n".repeat(9999).as_bytes())),
        false,
        &["index.hash", "release.differs"],
    ),
    (
        "an index is no gzip at all",
        |w| rewrite(w, |w, release| put_bytes(w, release, PACKAGES, b"plain")),
        false,
        &["index.hash", "release.differs"],
    ),
    (
        "an index that was never parsed",
        |w| edit_index(w, |_| "Package: hello\nFilename\n".to_owned()),
        false,
        &["index.malformed", "release.differs"],
    ),
    (
        "a stanza without a file",
        |w| edit_index(w, |_| "Package: hello\nVersion: 1\n".to_owned()),
        false,
        &["index.malformed", "release.differs"],
    ),
    (
        "a pool file that an index names was cleared away and recorded as removed",
        |w| {
            remove(&path(w, HELLO));
            meddle(w, "UPDATE publication SET removed = 1 WHERE version = '2.0'");
        },
        false,
        &["index.pool-file", "records.status"],
    ),
    (
        "a source file that an index names was cleared away and recorded as removed",
        |w| {
            remove(&path(w, "pool/main/h/hello/hello_1.0.dsc"));
            remove(&path(w, "pool/main/h/hello/hello_1.0.tar.xz"));
            meddle(w, "UPDATE publication SET removed = 1 WHERE kind = 0");
        },
        false,
        &["index.pool-file", "records.status"],
    ),
    (
        "an index gives another size",
        |w| edit_index(w, |text| text.replace("\nSize: ", "\nSize: 1")),
        false,
        &["index.pool-file", "release.differs"],
    ),
    (
        "an index gives a hash that is none",
        |w| edit_index(w, |text| with_hash(&text, "none")),
        false,
        &["index.malformed", "release.differs"],
    ),
    (
        "an index gives the hash of another file",
        |w| edit_index(w, |text| with_hash(&text, &Sha256::of(b"another").to_string())),
        false,
        &["index.pool-file", "release.differs"],
    ),
];

const OLD: &str = "pool/main/h/hello/hello_1.0_amd64.deb";

#[test]
fn each_damage_gets_its_codes_and_no_others() {
    let sound = published(World::on_disk());
    let mut seen = BTreeSet::new();
    for (story, damage, full, expected) in
        DAMAGES.iter().chain(super::custom::DAMAGES).chain(super::site_damages::DAMAGES)
    {
        let mut w = sound.copy_on_disk();
        damage(&mut w);
        let report = checked(&w, *full);
        assert_eq!(codes(&report), *expected, "{story}:\n{}", problems(&report));
        seen.extend(expected.iter().copied());
    }
    let known: BTreeSet<&str> = CODES.iter().map(|row| row.code).collect();
    assert_eq!(seen, known, "every code of the table has a damage that gets it");
}

pub(super) fn live(w: &World, file: &str) -> std::path::PathBuf {
    path(w, "dists/stable").join(file)
}

pub(super) fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

pub(super) fn symlink(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

fn expire(w: &mut World) {
    w.set(&["valid_for=1d"]);
    w.publish_later();
    w.now = w.now.plus(2 * 86_400);
}

fn link_away(w: &mut World) {
    remove(&path(w, HELLO));
    symlink("elsewhere", &path(w, HELLO));
}

/// Another file in its place: other names of the old one keep its bytes.
pub(super) fn replace(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    remove(path);
    fs::write(path, bytes).unwrap();
}

/// The same file with other bytes, under all of its names.
pub(super) fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The object of the newest hello.
pub(super) fn object(w: &World) -> std::path::PathBuf {
    let sha256 = Sha256::of(&fs::read(path(w, HELLO)).unwrap()).to_string();
    site_path(w, "objects").join(&sha256[..2]).join(&sha256[2..])
}

fn by_hash(w: &World) -> std::path::PathBuf {
    let sha256 = Sha256::of(&fs::read(live(w, PACKAGES)).unwrap());
    live(w, &format!("main/binary-amd64/by-hash/SHA256/{sha256}"))
}

pub(super) fn meddle(w: &World, sql: &str) {
    let connection = rusqlite::Connection::open(site_path(w, "debpress.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn dangle(w: &World) {
    meddle(w, "INSERT INTO binary_contents (binary_id, paths) VALUES (999, x'')");
}

/// The publication of a new package dies as soon as `dead` holds. Until the journal is written, the next one begins
/// anew, so that one site is enough to try.
fn die(w: &mut World, dead: impl Fn(&World) -> bool) {
    w.add("testing", "late", "1", "all");
    w.add("stable", "late", "1", "all");
    // The switch of two suites has more operations than one step.
    for operations in (0..).step_by(4) {
        w.tree.fail_after(operations);
        w.try_publish(&w.select()).unwrap_err();
        w.tree.mend();
        if dead(w) {
            return;
        }
    }
}

fn die_in_the_switch(w: &mut World) {
    die(w, |w| w.records.open_switch().unwrap().is_some());
}

fn die_before_the_switch(w: &mut World) {
    die(w, |w| w.files().contains(".staged"));
}

/// A patch, in a suite that has some now.
fn patch(w: &mut World) -> std::path::PathBuf {
    w.set(&["pdiffs=2"]);
    for number in 0..20 {
        w.add("stable", &format!("more-{number}"), "1.0", "amd64");
    }
    w.publish_later();
    w.add("stable", "more-3", "2.0", "amd64");
    w.publish_later();
    assert_eq!(problems(&checked(w, true)), "");
    let directory = live(w, "main/binary-amd64/Packages.diff");
    let list = DiffIndex::parse(&fs::read(directory.join("Index")).unwrap(), &Limits::index()).unwrap();
    directory.join(format!("{}.gz", list.patches[0].name))
}

/// The name by hash of InRelease.
fn release_by_hash(w: &World) -> String {
    format!("by-hash/SHA256/{}", Sha256::of(&fs::read(live(w, "InRelease")).unwrap()))
}

fn remove_signatures(w: &mut World) {
    remove(&live(w, "InRelease"));
    remove(&live(w, "Release.gpg"));
}

fn replace_key(w: &mut World) {
    use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner};
    let key = MemoryKey::new("Somebody else <else@example.org>", crate::publish::world::START);
    w.keys.site = Some(std::sync::Arc::new(MemorySigner::new(vec![key])));
}

fn lose_key(w: &mut World) {
    let lost = "keys/lost.asc".parse().unwrap();
    for archive in w.records.archives().unwrap() {
        w.records.set_signing_keys(archive.id, &lost).unwrap();
    }
}

fn edit_date(w: &mut World) {
    let text = fs::read_to_string(live(w, "Release")).unwrap();
    fs::write(live(w, "Release"), text.replace("Jun 2026", "Jun 2027")).unwrap();
}

fn signed(w: &World, text: &str) -> Vec<u8> {
    w.keys.site.as_ref().unwrap().clear_sign(text.as_bytes(), w.now).unwrap()
}

/// Writes and signs a Release of its own making, as a second publisher would.
fn rewrite(w: &World, change: impl FnOnce(&World, &mut Release)) {
    let mut release = Release::parse(&fs::read(live(w, "Release")).unwrap(), &Limits::index()).unwrap();
    change(w, &mut release);
    let text = release.render();
    let signer = w.keys.site.as_ref().unwrap();
    fs::write(live(w, "Release"), &text).unwrap();
    fs::write(live(w, "InRelease"), signed(w, &text)).unwrap();
    fs::write(live(w, "Release.gpg"), signer.detach_sign(text.as_bytes(), w.now).unwrap()).unwrap();
}

fn forget_an_index(_: &World, release: &mut Release) {
    release.files.retain(|file| !file.path.starts_with("contrib/source/"));
}

fn forget_uncompressed(_: &World, release: &mut Release) {
    release.files.retain(|file| file.path.ends_with(".gz"));
}

fn list_a_stranger(_: &World, release: &mut Release) {
    let mut file = release.files[0].clone();
    file.path = "main/dep11/CID-Index-amd64.json.gz".into();
    release.files.push(file);
}

fn list(release: &mut Release, path: &str, bytes: &[u8]) {
    let file = release.files.iter_mut().find(|file| file.path == path).unwrap();
    file.checksums = Checksums::of(bytes, Algorithms::SHA256);
}

fn put_bytes(w: &World, release: &mut Release, path: &str, bytes: &[u8]) {
    list(release, path, bytes);
    let (directory, _) = path.rsplit_once('/').unwrap();
    remove(&live(w, path));
    fs::write(live(w, path), bytes).unwrap();
    let by_hash = format!("{directory}/by-hash/SHA256/{}", Sha256::of(bytes));
    fs::write(live(w, &by_hash), bytes).unwrap();
}

fn put_form(w: &World, release: &mut Release, path: &str, text: &[u8]) {
    use std::io::Write;
    let mut encoder = Encoder::new(Compression::Gzip, 6, Vec::new()).unwrap();
    encoder.write_all(text).unwrap();
    put_bytes(w, release, path, &encoder.finish().unwrap());
}

/// Puts an index in which everything agrees, except with the records.
pub(super) fn edit(w: &World, path: &str, change: impl FnOnce(String) -> String) {
    let text = change(w.text("stable", path));
    rewrite(w, |w, release| {
        list(release, path.trim_end_matches(".gz"), text.as_bytes());
        put_form(w, release, path, text.as_bytes());
    });
}

fn edit_index(w: &World, change: impl FnOnce(String) -> String) {
    edit(w, PACKAGES, change);
}

fn with_hash(text: &str, sha256: &str) -> String {
    let line = |line: &str| match line.starts_with("SHA256: ") {
        true => format!("SHA256: {sha256}\n"),
        false => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}
