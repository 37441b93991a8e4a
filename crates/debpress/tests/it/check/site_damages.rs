//! Damages of what lies around the suites: records, content store, leftovers of runs that died, modes.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use debfmt::builder::DebBuilder;
use debfmt::digest::Sha256;
use debpress::model::archive::ArchiveLists;

use super::damages::{Damage, HELLO, edit, live, meddle, remove, replace};
use super::{path, site_path};
use crate::publish::world::World;

/// Later than any file was made: nothing is of an upload that is under way.
const LATER: i64 = 20 * 365 * 86_400;

pub(super) const DAMAGES: &[Damage] = &[
    (
        "a publication has lost its package",
        |w| meddle(w, "UPDATE publication SET release_id = 9999 WHERE version = '2.0'"),
        false,
        &["pool.unknown", "records.release"],
    ),
    (
        "an archive has forgotten a file name",
        |w| meddle(w, "DELETE FROM archive_file WHERE name = 'hello_2.0_amd64.deb'"),
        false,
        &["records.file"],
    ),
    (
        "a suite shows what never was",
        |w| meddle(w, "UPDATE suite SET shown = changes + 5"),
        false,
        &["records.counter"],
    ),
    (
        "the index files of a suite are forgotten",
        |w| meddle(w, "DELETE FROM index_file"),
        false,
        &["index.orphan", "records.indexes", "release.differs"],
    ),
    (
        "nobody knows since when a publication is over",
        |w| meddle(w, "UPDATE publication SET superseded = NULL WHERE status = 2"),
        false,
        &["records.status"],
    ),
    (
        "a package is noted as one of another kind",
        |w| meddle(w, "UPDATE publication SET special = 'udeb' WHERE status = 2"),
        false,
        &["records.status"],
    ),
    ("a queue item is empty", |w| meddle(w, EMPTY_ITEM), false, &["queue.empty"]),
    ("nobody sends a notice", |w| meddle(w, NOTICE), false, &["notice.stuck"]),
    (
        "somebody has put a file into the content store",
        |w| fs::write(site_path(w, "objects/readme.txt"), "x").unwrap(),
        false,
        &["object.stranger"],
    ),
    ("a writer of objects died long ago", die_while_writing, false, &["object.temporary"]),
    ("nobody needs an object", |w| orphan(w), false, &["object.orphan"]),
    (
        "a copy into the pool was not finished",
        |w| fs::write(path(w, "pool/main/h/hello/.tmpAbCdEf"), "x").unwrap(),
        false,
        &["pool.temporary"],
    ),
    ("a pool file is for its owner only", |w| mode(&path(w, HELLO), 0o600), false, &["pool.mode"]),
    ("a directory of the pool is closed", |w| mode(&path(w, "pool/main/h"), 0o700), false, &["pool.mode"]),
    ("Release is for its owner only", |w| mode(&live(w, "Release"), 0o600), false, &["suite.mode"]),
    (
        "what clients saw of an archive lies aside",
        |w| put(&path(w, ".withdrawn/stable/Release")),
        false,
        &["withdrawn.left"],
    ),
    (
        "the deletion of an archive was interrupted",
        |w| {
            put(&path(w, ".withdrawn/stable/Release"));
            meddle(w, "UPDATE archive SET deletion = 'deleting', deleted_at = 1");
        },
        false,
        &["archive.deleting"],
    ),
    (
        "a run that had claimed an upload died",
        |w| {
            put(&site_path(w, "claimed/1-0/7-ab/hello/hello.changes"));
            put(&site_path(w, "claimed/1-0.lock"));
        },
        false,
        &["claim.left"],
    ),
    (
        "somebody has removed the lock of a claim",
        |w| put(&site_path(w, "claimed/1-0/7-ab/hello/hello.changes")),
        false,
        &["claim.lost"],
    ),
    (
        "a list is gone",
        |w| {
            lists(w);
            remove(&path(w, "ls-lR.gz"));
        },
        false,
        &["lists.missing"],
    ),
    (
        "a list is cut short",
        |w| {
            lists(w);
            replace(&path(w, "indices/md5sums.gz"), |bytes| bytes.truncate(20));
        },
        false,
        &["lists.damaged"],
    ),
    (
        "a file of an earlier Release is cut short",
        |w| replace(&retired(w), |bytes| bytes.truncate(3)),
        false,
        &["index.retired"],
    ),
    (
        "a file of an earlier Release is another one",
        |w| replace(&retired(w), |bytes| bytes[3] ^= 1),
        true,
        &["index.retired"],
    ),
    (
        "somebody has put a file among those by hash",
        |w| put(&live(w, &format!("by-hash/SHA256/{}", Sha256::of(b"x")))),
        false,
        &["index.orphan"],
    ),
    ("Contents names another package", mislead, false, &["index.contents", "release.differs"]),
];

const EMPTY_ITEM: &str = "
    INSERT INTO queue_item (archive_id, series_id, pocket, status, source, version, architectures, changes_name,
        changes_text, changes_sha256, uploader, fingerprint, received)
    SELECT archive_id, series_id, pocket, 0, 'empty', '1', 'all', 'x.changes', '', 'x', 'ann', 'AA', 1 FROM suite LIMIT 1";

const NOTICE: &str = r#"
    INSERT INTO notice (kind, recipient, message, created, state, attempts, due, error)
    VALUES ('rejected', 'ann@example.org',
        '{"subject":"s","author":null,"headers":[],"text":"t","attachment":null}', 1, 0, 2, 1, 'refused')"#;

fn put(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn die_while_writing(w: &mut World) {
    let left = site_path(w, "objects/unnamed/.tmpAbCdEf");
    put(&left);
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 86_400);
    File::options().write(true).open(&left).unwrap().set_modified(long_ago).unwrap();
    w.now = w.now.plus(LATER);
}

/// An object that no record needs, of long ago.
pub(super) fn orphan(w: &mut World) {
    let mut writer = w.objects.begin().unwrap();
    writer.write_all(b"orphan").unwrap();
    writer.commit(&Sha256::of(b"orphan")).unwrap();
    w.now = w.now.plus(LATER);
}

fn lists(w: &mut World) {
    let mut archive = w.records.archives().unwrap().remove(0);
    archive.lists = ArchiveLists { ls_lr: true, indices: true };
    w.records.update_archive(&archive).unwrap();
    w.add("stable", "listed", "1", "all");
    w.publish_later();
}

/// A Release file that an earlier publication had, by its hash.
fn retired(w: &World) -> PathBuf {
    let now =
        ["Release", "InRelease", "Release.gpg"].map(|name| Sha256::of(&fs::read(live(w, name)).unwrap()));
    let is_old = |name: &str| now.iter().all(|sha256| sha256.to_string() != name);
    let names = fs::read_dir(live(w, "by-hash/SHA256")).unwrap().map(|entry| entry.unwrap().path());
    let mut old: Vec<PathBuf> =
        names.filter(|path| is_old(path.file_name().unwrap().to_str().unwrap())).collect();
    old.sort();
    old.remove(0)
}

fn mislead(w: &mut World) {
    w.set(&["contents=component"]);
    w.add_built(("stable", "main"), &DebBuilder::new("tool", "1.0", "amd64").file("usr/bin/tool", ""));
    w.publish_later();
    edit(w, "main/Contents-amd64.gz", |text| {
        assert!(text.contains("/tool\n"), "{text}");
        text.replace("/tool\n", "/fool\n")
    });
}
