//! What can be seen only from inside: half-done migrations, query plans, packed file lists.

use rusqlite::Connection;

use super::migrate::{STEPS, migrate};
use super::{
    SqliteRecords, binaries, changes, custom, death_row, index_rows, known, notices, place, publications,
    review, switch,
};
use crate::model::notice::NoticeState;

fn tables(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
    let names = statement.query_map((), |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

fn version(connection: &Connection) -> i64 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_step_that_fails_half_way_leaves_the_schema_before_it() {
    let connection = Connection::open_in_memory().unwrap();
    let steps = [
        "CREATE TABLE one (a) STRICT_NOT; ",
        "CREATE TABLE one (a); CREATE TABLE two (a); INSERT INTO two VALUES (7)",
        "CREATE TABLE three (a); UPDATE two SET a = 8; INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE three (a)",
    ];
    migrate(&connection, "x", &steps[..1]).unwrap_err();
    assert_eq!((version(&connection), tables(&connection)), (0, vec![]));
    let error = migrate(&connection, "x", &steps[1..3]).unwrap_err();
    assert_eq!(error.to_string(), "cannot bring the schema up to date in the database");
    assert_eq!((version(&connection), tables(&connection)), (1, vec!["one".to_owned(), "two".to_owned()]));
    let value: i64 = connection.query_row("SELECT a FROM two", (), |row| row.get(0)).unwrap();
    assert_eq!(value, 7);
    // The repaired step finishes what is left, and nothing is done twice.
    migrate(&connection, "x", &[steps[1], steps[3]]).unwrap();
    migrate(&connection, "x", &[steps[1], steps[3]]).unwrap();
    assert_eq!((version(&connection), tables(&connection).len()), (2, 3));
}

#[test]
fn what_a_run_reads_does_not_grow_with_history() {
    let records = SqliteRecords::open_in_memory().unwrap();
    let binary_rows = binaries::binary_rows_sql(2);
    let contents_rows = binaries::contents_sql(2);
    let due = notices::due_sql();
    let newest = NoticeState::ALL.map(notices::newest_sql);
    let queries = [
        &contents_rows,
        publications::CONTESTED,
        publications::BUILT_FROM,
        publications::LIVE_COUNT,
        publications::SOURCE_ROWS,
        &binary_rows,
        publications::PENDING_SOURCES,
        publications::PENDING_BINARIES,
        publications::POOL_SOURCES,
        publications::POOL_BINARIES,
        known::ANCESTOR,
        known::SOURCE_IN_QUEUE,
        known::SOURCE_IN_SUITE,
        known::BUILDER,
        known::QUEUED_CONFLICT,
        review::LIVE,
        custom::PUBLICATIONS,
        custom::FILES,
        switch::CURRENT_INDEXES,
        switch::RETIRED_INDEXES,
        place::INSERT_SOURCE,
        place::INSERT_BINARY,
        &due,
        changes::LIVE_NAMED,
        changes::LIVE_BUILT,
        changes::REPLACE,
        changes::REQUEST_REMOVAL,
        changes::LEAVING,
        death_row::CONDEMNED,
        death_row::SOURCE_FILES,
        death_row::BINARY_FILES,
        death_row::NEEDED,
        death_row::HELD,
        death_row::RECORD_REMOVED,
    ];
    let index_rows = index_rows::queries();
    let built = newest.iter().chain(&index_rows).map(String::as_str);
    for sql in queries.into_iter().chain(built) {
        for step in plan(&records.connection, sql) {
            // `named` is the list of contested names, which is as long as the change; a constant row is no table.
            let reads = step.starts_with("SCAN") && !["SCAN named", "SCAN CONSTANT ROW"].contains(&&*step);
            assert!(!reads, "{step}\nin {sql}");
        }
    }
}

#[test]
fn what_leaves_the_pool_is_found_among_what_waits_for_it() {
    let records = SqliteRecords::open_in_memory().unwrap();
    let steps = plan(&records.connection, death_row::CONDEMNED);
    assert!(
        steps.iter().any(|step| step.contains("publication_removable (suite_id=? AND removable<?)")),
        "{steps:?}"
    );
    // Each way to what stays goes by name and version, through the live records and the few that are not live and stay.
    let found = |sql: &str, step: &str| {
        let steps = plan(&records.connection, sql);
        let count = steps.iter().filter(|it| it.contains(step)).count();
        assert!(count > 0, "{step}: {steps:#?}");
        count
    };
    for index in ["publication_live", "publication_retired"] {
        let by_name = format!("{index} (suite_id=? AND kind=? AND name=?");
        assert_eq!((found(death_row::NEEDED, &by_name), found(death_row::HELD, &by_name)), (2, 3));
    }
    found(death_row::NEEDED, "SEARCH b USING INDEX sqlite_autoindex_binary_release_1 (object_id=?)");
    found(death_row::HELD, "binary_release_source (source_name=? AND source_version=?)");
    found(death_row::HELD, "binary_source_reference_source (source_name=? AND source_version=?)");
}

#[test]
fn rows_for_an_index_are_read_in_order_and_not_sorted() {
    let records = SqliteRecords::open_in_memory().unwrap();
    let binary_rows = binaries::binary_rows_sql(2);
    let binary_ids = index_rows::binary_ids_sql(2);
    for sql in [
        publications::SOURCE_ROWS,
        &binary_rows,
        &binaries::contents_sql(2),
        &binary_ids,
        index_rows::SOURCE_IDS,
    ] {
        let steps = plan(&records.connection, sql);
        assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:?}\nin {sql}");
    }
}

#[test]
fn which_rows_an_index_has_is_told_by_an_index_alone() {
    let records = SqliteRecords::open_in_memory().unwrap();
    for sql in [index_rows::SOURCE_IDS, &index_rows::binary_ids_sql(2)] {
        let steps = plan(&records.connection, sql);
        assert!(steps[0].contains("COVERING INDEX publication_live"), "{steps:?}");
    }
}

#[test]
fn a_site_without_special_packages_is_not_searched_for_them() {
    let records = SqliteRecords::open_in_memory().unwrap();
    let steps = plan(&records.connection, binaries::SPECIAL_KIND);
    assert!(steps[0].contains("INDEX publication_special (suite_id=? AND special=?"), "{steps:?}");
}

/// The steps of SQLite's plan for a statement.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn the_schema_is_what_its_number_says() {
    let records = SqliteRecords::open_in_memory().unwrap();
    assert_eq!(version(&records.connection), i64::try_from(STEPS.len()).unwrap());
    let durable: i64 = records.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(durable, 2, "FULL: a commit is on the disk when it returns");
    let keys: bool = records.connection.pragma_query_value(None, "foreign_keys", |row| row.get(0)).unwrap();
    assert!(keys);
}
