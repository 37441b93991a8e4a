//! Which suites are found, and what is compared across them.

use tempfile::TempDir;

use super::draft::{AMD64, Draft, put};
use super::{codes, judge_address, judge_draft, lines};
use crate::support::http::HttpServer;

fn write(root: &std::path::Path, suite: &str, draft: &Draft) {
    let files = draft.files();
    draft.write(root, suite, &files, &draft.release(&files));
}

#[test]
fn a_sound_archive_has_no_findings_in_a_directory_and_over_http() {
    let root = TempDir::new().unwrap();
    write(root.path(), "stable", &Draft::new("stable"));
    for full in [false, true] {
        let report = judge_draft(root.path(), full);
        assert_eq!(lines(&report), "");
        assert!(report.conforms(true));
        let suite = &report.suites[0];
        assert_eq!((suite.indexes, suite.packages, suite.sources, suite.pool_files), (16, 4, 1, 5));
    }
    let server = HttpServer::serve(root.path());
    let report = judge_address(&server.uri(), &["stable"]);
    assert_eq!(lines(&report), "");
    assert_eq!(report.suites[0].pool_files, 5);
}

#[test]
fn suites_are_found_without_their_names_and_links_are_no_suites() {
    let root = TempDir::new().unwrap();
    for suite in ["testing", "stable/updates", "stable"] {
        // What lies in a suite is no suite, though it has a Release.
        if suite != "stable/updates" {
            write(root.path(), suite, &Draft::new(suite));
        }
    }
    write(root.path(), "old/updates", &Draft::new("old"));
    put(&root.path().join("dists/stable/main/installer/Release"), b"x");
    std::os::unix::fs::symlink("stable", root.path().join("dists/newest")).unwrap();
    let report = judge_draft(root.path(), false);
    let names: Vec<&str> = report.suites.iter().map(|suite| suite.suite.as_str()).collect();
    assert_eq!(names, ["old/updates", "stable", "testing"]);
    assert_eq!(lines(&report), "");
}

#[test]
fn a_server_that_lists_directories_need_not_be_told_the_suites() {
    let root = TempDir::new().unwrap();
    write(root.path(), "stable", &Draft::new("stable"));
    put(&root.path().join("dists/index.html"), b"<a href=\"../\">up</a><a href=\"stable/\">stable/</a>");
    let server = HttpServer::serve(root.path());
    let report = judge_address(&server.uri(), &[]);
    assert_eq!(lines(&report), "");
    assert_eq!(report.suites.len(), 1);
}

#[test]
fn nothing_is_no_archive() {
    let root = TempDir::new().unwrap();
    let report = judge_draft(root.path(), false);
    assert_eq!(codes(&report), ["archive.no-suites"]);
    let server = HttpServer::serve(root.path());
    assert_eq!(codes(&judge_address(&server.uri(), &[])), ["archive.no-suites"]);
    assert_eq!(codes(&judge_address(&server.uri(), &["stable"])), ["release.missing"]);
}

#[test]
fn one_package_is_one_package_in_all_suites() {
    let root = TempDir::new().unwrap();
    write(root.path(), "stable", &Draft::new("stable"));
    let mut other = Draft::new("testing");
    let stanza = other.deb("hello", "1.0", "amd64", "rebuilt");
    let text = String::from_utf8(other.indexes[AMD64].clone()).unwrap();
    let data = text.split("\n\n").next().unwrap().to_owned();
    other.indexes.insert(AMD64.into(), format!("{data}\n\n{stanza}").into());
    write(root.path(), "testing", &other);
    let report = judge_draft(root.path(), true);
    assert_eq!(codes(&report), ["package.suites"], "{}", lines(&report));
    assert_eq!(
        report.suites[1].findings.kept()[0].thing,
        "dists/testing/main/binary-amd64/Packages: hello 1.0 amd64"
    );
}
