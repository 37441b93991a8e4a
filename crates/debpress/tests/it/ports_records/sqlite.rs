//! What only a database can get wrong: files, schemas, damage, and several processes at once.

use std::path::{Path, PathBuf};
use std::thread;

use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::archive::ArchiveId;
use debpress::model::publication::PublicationId;
use debpress::model::queue::{QueueId, QueueStatus};
use debpress::model::suite::{Pocket, SeriesId, SuiteKey};
use debpress::ports::db::{
    CustomChange, ListFilter, PublicationRecords, QueueFilter, QueueRecords, RecordsError, RightsRecords,
    SiteRecords, SwitchRecords,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::queue::upload;
use super::{Site, architecture, at, binary, collect, component, debs, index, lines, publication, source};

/// Every released schema with a database of it, oldest first.
const SCHEMAS: &[(&str, &str)] = &[
    (include_str!("../../../src/adapters/sqlite/schema/0001_initial.sql"), include_str!("schemas/1.sql")),
    (
        include_str!("../../../src/adapters/sqlite/schema/0002_uploads.sql"),
        concat!(include_str!("schemas/1.sql"), include_str!("schemas/2.sql")),
    ),
];

pub(super) fn database() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("debpress.db");
    (directory, path)
}

/// Does what another program might do to the file.
pub(super) fn meddle(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or(error.to_string(), |source| format!("{error}: {}", chain(source)))
}

#[test]
fn what_was_recorded_is_there_after_opening_again() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    let noble = site.noble();
    site.add(noble, &[source("hello", "1")]);
    site.publish(noble, &[], &[index("Release", "1")], 5);
    let before = site.records.list(&ListFilter::default()).unwrap();
    drop(site);
    let again = SqliteRecords::open(&path).unwrap();
    assert_eq!(again.list(&ListFilter::default()).unwrap(), before);
    assert_eq!(again.current_indexes(noble).unwrap(), [index("Release", "1")]);
}

#[test]
fn a_database_is_created_once_and_opened_only_where_it_is() {
    let (directory, path) = database();
    let text = path.display().to_string();
    let error = SqliteRecords::open(&path).unwrap_err();
    assert!(
        chain(&error).starts_with(&format!(
            "cannot open the file in the database: {text} cannot be opened: it is not there"
        )),
        "{}",
        chain(&error)
    );
    assert!(!path.exists(), "opening makes no file");
    SqliteRecords::create(&path).unwrap();
    let error = SqliteRecords::create(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("the database `{text}` exists already"));
    let nowhere = directory.path().join("missing/debpress.db");
    let error = SqliteRecords::create(&nowhere).unwrap_err();
    assert!(chain(&error).contains(&nowhere.display().to_string()), "{}", chain(&error));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test makes a file that is no database")]
fn a_file_that_is_no_database_is_named() {
    let (_directory, path) = database();
    std::fs::write(&path, "Package: hello\n".repeat(100)).unwrap();
    let error = SqliteRecords::open(&path).unwrap_err();
    assert!(chain(&error).contains(&path.display().to_string()), "{}", chain(&error));
}

#[test]
fn a_newer_schema_is_refused() {
    let (_directory, path) = database();
    SqliteRecords::create(&path).unwrap();
    meddle(&path, "PRAGMA user_version = 99");
    let error = SqliteRecords::open(&path).unwrap_err();
    let known = i64::try_from(SCHEMAS.len()).unwrap();
    let told = matches!(&error, RecordsError::NewerSchema { path: p, found: 99, known: k }
        if *p == path.display().to_string() && *k == known);
    assert!(told, "{error:?}");
}

#[test]
fn a_database_of_every_released_schema_is_read() {
    for released in 1..=SCHEMAS.len() {
        let (_directory, path) = database();
        for (schema, _) in &SCHEMAS[..released] {
            meddle(&path, schema);
        }
        meddle(&path, &format!("{}; PRAGMA user_version = {released}", SCHEMAS[released - 1].1));
        let records = SqliteRecords::open(&path).unwrap();
        old_records_are_understood(&records);
    }
}

fn old_records_are_understood(records: &SqliteRecords) {
    assert_eq!(records.integrity_problems().unwrap(), [""; 0]);
    let distribution = records.distributions().unwrap().remove(0);
    assert_eq!(distribution.series[0].architectures, [architecture("amd64")]);
    assert_eq!(distribution.series[0].options.to_json(), "{}");
    assert_eq!(records.archives().unwrap()[1].reference.to_string(), "~ann/debian/tools");
    assert_eq!(records.uploaders().unwrap()[0].mail, None);
    let rights = records.rights().unwrap();
    assert_eq!(rights.permissions[0].scope.archive, Some(ArchiveId(1)));
    assert!(records.archives().unwrap()[0].enabled);
    let detail = records.queue_detail(QueueId(1)).unwrap().unwrap();
    assert_eq!((detail.item.status, detail.events.len()), (QueueStatus::Done, 2));
    let updates = SuiteKey { archive: ArchiveId(1), series: SeriesId(1), pocket: Pocket::Updates };
    let live = lines(&records.list(&ListFilter::default()).unwrap());
    assert_eq!(live, ["hello 1.0 amd64 main pending", "hello 1.0 source main published"]);
    let snapshot = records.snapshot(updates).unwrap();
    let machines = [architecture("amd64")];
    let rows = collect(|visit| records.binary_rows(&snapshot, &component("main"), debs(&machines), visit));
    assert_eq!((rows[0].checksums.size, rows[0].checksums.md5.is_none()), (20, true));

    // A publication that an older program began is finished.
    let switch = records.open_switch().unwrap().unwrap();
    records.finish_switch(&switch, switch.at).unwrap();
    assert_eq!(lines(&records.list(&ListFilter::default()).unwrap()), ["hello 1.0 amd64 main published"]);
    assert!(!records.suite_states().unwrap()[0].is_dirty());
}

/// What the index text of a package says, and the references that schema 2 makes of it.
const BUILT_USING: &[(&str, &[&str])] = &[
    ("Package: a\nBuilt-Using: gcc-12 (= 12.2.0-14)\nVersion: 1\n", &["gcc-12 12.2.0-14"]),
    (
        "Package: b\nBuilt-Using: glibc (= 1:2.36), b0 (=2),\n binutils (= 2.40-2)\n",
        &["b0 2", "binutils 2.40-2", "glibc 1:2.36"],
    ),
    ("Package: c\nBuilt-Using: a0, b0 (>= 1), c0 (= 1) , c0 (= 1), D0 (= 2),\n", &["c0 1"]),
    ("Package: d\nX-Built-Using: gcc-12 (= 12)\nDescription: x\n Built-Using: (= 1)\n", &[]),
    ("Package: e\nBuilt-Using: (= 1), f0 (), g0 (=), h0 )(\n", &[]),
];

#[test]
fn what_an_older_program_recorded_holds_its_sources_too() {
    let (_directory, path) = database();
    meddle(&path, SCHEMAS[0].0);
    meddle(&path, SCHEMAS[0].1);
    let before = Connection::open(&path).unwrap();
    let sql =
        "INSERT INTO binary_release VALUES (?1, 2, 'x.deb', ?1, '1', 'all', 'deb', 'x', '1', 'x', 'x', ?2)";
    for (id, (stanza, _)) in (10..).zip(BUILT_USING) {
        before.execute(sql, (id, stanza)).unwrap();
    }
    before.pragma_update(None, "user_version", 1).unwrap();
    drop(before);
    drop(SqliteRecords::open(&path).unwrap());
    let after = Connection::open(&path).unwrap();
    let sql = "SELECT source_name || ' ' || source_version FROM binary_source_reference WHERE binary_id = ?1 ORDER BY 1";
    for (id, (stanza, references)) in (10..).zip(BUILT_USING) {
        let mut statement = after.prepare(sql).unwrap();
        let rows = statement.query_map([id], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), *references, "{stanza}");
        // The parser says the same of them.
        let mut release = super::deb("hello", "1", "all");
        release.stanza = (*stanza).to_owned();
        let parsed = release.built_using();
        let told: Vec<_> = parsed.iter().map(|it| format!("{} {}", it.name, it.version)).collect();
        assert_eq!(told, *references, "{stanza}");
    }
}

#[test]
fn a_deleted_publication_stays_until_somebody_says_when_it_may_go() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    for suite in [site.noble(), site.updates()] {
        site.add(suite, &[binary("hello", "1", "all")]);
        site.publish(suite, &[], &[], 5);
    }
    let condemned = |now| {
        let rows = site.records.condemned(site.primary, at(now)).unwrap();
        rows.iter().map(|row| (row.publication.0, row.files[0].needed)).collect::<Vec<_>>()
    };
    // Nothing deletes yet: this is what will be recorded.
    meddle(&path, "UPDATE publication SET status = 3, superseded = 10 WHERE id = 1");
    assert_eq!(condemned(1000), []);
    assert_eq!(site.records.record_removed(&[PublicationId(1)], at(1000)).unwrap(), 0);
    meddle(&path, "UPDATE publication SET status = 2, superseded = 10, removable = 20 WHERE id = 2");
    assert_eq!(condemned(1000), [(2, true)], "its file may be in an index yet");
    meddle(&path, "UPDATE publication SET removable = 30 WHERE id = 1");
    assert_eq!((condemned(29), condemned(30)), (vec![(2, true)], vec![(1, false), (2, false)]));
}

#[test]
fn a_damaged_value_is_reported_and_not_believed() {
    let cases = [
        ("UPDATE publication SET component = '../etc'", "a component", "../etc"),
        ("UPDATE binary_release SET filename = 'a/b.deb'", "a file name", "a/b.deb"),
        ("UPDATE binary_release SET source_name = '.'", "a source name", "."),
        ("UPDATE object SET sha256 = x'00ff'", "a SHA-256", "00ff"),
        ("UPDATE object SET size = -1", "a size", "-1"),
    ];
    for (damage, what, value) in cases {
        let (_directory, path) = database();
        let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
        site.add(site.noble(), &[binary("hello", "1", "all")]);
        meddle(&path, damage);
        let error = site.records.pending_files(&site.snapshot(site.noble()), &mut |_| true).unwrap_err();
        let told =
            matches!(&error, RecordsError::Corrupt { what: w, value: v } if (*w, &**v) == (what, value));
        assert!(told, "{damage}: {error:?}");
    }
}

#[test]
fn damage_elsewhere_is_reported_too() {
    type Ask = fn(&Site) -> Result<(), RecordsError>;
    let cases: [(&str, &str, Ask); 7] = [
        ("UPDATE series SET name = '' WHERE id = 1", "a series name", |site| {
            site.records.distributions().map(drop)
        }),
        ("UPDATE series SET options = '{\"time_travel\":true}'", "the options of a series", |site| {
            site.records.distributions().map(drop)
        }),
        ("UPDATE archive SET reference = 'a/b/c' WHERE id = 1", "an archive reference", |site| {
            site.records.archives().map(drop)
        }),
        ("UPDATE suite SET pocket = 'trousers'", "a pocket", |site| site.records.suite_states().map(drop)),
        ("UPDATE object SET md5 = x'00'", "an MD5", |site| {
            let (snapshot, all) = (site.snapshot(site.noble()), [architecture("all")]);
            site.records.binary_rows(&snapshot, &component("main"), debs(&all), &mut |_| true)
        }),
        ("INSERT INTO switch_journal VALUES (1, '{')", "the journal of a publication", |site| {
            site.records.open_switch().map(drop)
        }),
        ("UPDATE queue_release SET component = '/'", "a component", |site| {
            site.records.realise(QueueId(1), &CustomChange::default(), "x", at(1)).map(drop)
        }),
    ];
    for (damage, what, ask) in cases {
        let (_directory, path) = database();
        let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
        site.add(site.noble(), &[binary("hello", "1", "all")]);
        let item = upload(site.noble(), QueueStatus::Accepted, &[source("hello", "1")]);
        site.records.enter_queue(&item).unwrap();
        meddle(&path, damage);
        let error = ask(&site).unwrap_err();
        assert!(matches!(&error, RecordsError::Corrupt { what: w, .. } if *w == what), "{damage}: {error:?}");
    }
}

#[test]
fn a_reference_to_nothing_is_a_problem() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    site.add(site.noble(), &[source("hello", "1")]);
    meddle(&path, "DELETE FROM object WHERE id = 1");
    let problems = site.records.integrity_problems().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0], "source_file refers to a missing object");
}

#[test]
fn several_processes_write_at_once() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    let noble = site.noble();
    thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let records = SqliteRecords::open(path).unwrap();
                for number in 0..10 {
                    let hello = binary(&format!("hello{writer}"), &number.to_string(), "all");
                    let shared = binary("shared", "1", "all");
                    let wanted = [publication(&hello, "main"), publication(&shared, "main")];
                    records.import(noble, &wanted, at(1)).unwrap();
                }
            });
        }
    });
    assert_eq!(site.changes(noble).0, 40, "no change was lost");
    assert_eq!(site.live(noble).len(), 41, "and the shared package is there once");
}

#[test]
fn a_reader_sees_one_moment_and_does_not_wait() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    let noble = site.noble();
    site.add(noble, &[source("aaa", "1"), source("bbb", "1")]);
    let snapshot = site.snapshot(noble);
    let other = SqliteRecords::open(&path).unwrap();
    // While somebody walks the rows, another process records an upload.
    let rows = collect(|visit| {
        site.records.source_rows(&snapshot, &component("main"), &mut |row| {
            let late = format!("{}late", row.name);
            other.import(noble, &[publication(&source(&late, "1"), "main")], at(2)).unwrap();
            visit(row)
        })
    });
    assert_eq!(rows.len(), 2);
    assert_eq!(site.live(noble).len(), 4);
    assert_eq!(site.records.queue_items(&QueueFilter::default()).unwrap(), []);
}

#[test]
fn a_database_is_opened_and_read_while_somebody_writes() {
    let (_directory, path) = database();
    let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
    site.add(site.noble(), &[source("hello", "1")]);
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE suite SET changes = 77").unwrap();
    // Waiting for the writer would end in an error: it goes on only after this.
    let records = SqliteRecords::open(&path).unwrap();
    assert_eq!(lines(&records.list(&ListFilter::default()).unwrap()), ["hello 1 source main pending"]);
    assert_eq!(records.suite_states().unwrap()[0].changes, 1);
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(records.suite_states().unwrap()[0].changes, 77);
}
