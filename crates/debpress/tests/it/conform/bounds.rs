//! Archives that want to do harm: every one of them is judged to its end, in bounded time and memory.

use std::io::{Read, Write};
use std::net::TcpListener;

use debfmt::builder::compress;
use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use tempfile::TempDir;

use super::draft::{AMD64, Draft, put};
use super::{codes, judge_address, judge_draft, lines};

#[test]
fn an_index_that_unpacks_to_more_than_is_listed_is_not_unpacked() {
    let root = TempDir::new().unwrap();
    let draft = Draft::new("stable");
    let mut files = draft.files();
    // A quarter of a gigabyte in a few kilobytes.
    files.insert(format!("{AMD64}.xz"), compress(Compression::Xz, &vec![b'\n'; 256 << 20]));
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    assert_eq!(codes(&judge_draft(root.path(), false)), ["index.content"]);
}

#[test]
fn a_release_without_end_is_read_to_its_bound() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("dists/stable/Release");
    put(&path, b"");
    // A hole: it takes no room.
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let report = judge_draft(root.path(), false);
    assert_eq!(codes(&report), ["archive.bound", "release.missing"], "{}", lines(&report));
}

#[test]
fn sizes_that_no_file_has_are_not_believed() {
    let root = TempDir::new().unwrap();
    let draft = Draft::new("stable");
    let files = draft.files();
    let line = format!(" {} {} main/dep11/icons-64x64.tar\n", Sha256::of(b"x"), u64::MAX);
    draft.write(root.path(), "stable", &files, &(draft.release(&files) + &line));
    assert_eq!(codes(&judge_draft(root.path(), false)), ["archive.bound"]);

    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    let size = u64::MAX;
    let stanza = format!(
        "Package: zoo\nVersion: 1\nArchitecture: all\nFilename: pool/x\nSize: {size}\nSHA256: {}\n",
        Sha256::of(b"x")
    );
    draft.pool.insert("pool/x".into(), b"x".to_vec());
    draft.append(AMD64, &stanza);
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    assert_eq!(codes(&judge_draft(root.path(), true)), ["archive.bound"]);
}

#[test]
fn pipes_and_links_to_devices_are_no_files() {
    let root = TempDir::new().unwrap();
    let draft = Draft::new("stable");
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    let index = root.path().join("dists/stable").join(AMD64);
    std::fs::remove_file(&index).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &index).unwrap();
    let pool = root.path().join("pool/hello_1.0_amd64.deb");
    std::fs::remove_file(&pool).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pool).status().unwrap();
    assert!(made.success());
    let report = judge_draft(root.path(), true);
    assert_eq!(codes(&report), ["archive.unreadable", "archive.unreadable"], "{}", lines(&report));
}

#[test]
fn names_of_strangers_lead_nowhere() {
    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    for path in ["/etc/passwd", "../../../../etc/passwd", "pool/../../x", "a//b", "pool/\u{7}"] {
        let stanza = format!(
            "Package: zoo\nVersion: 1\nArchitecture: all\nFilename: {path}\nSize: 1\nSHA256: {}\n",
            Sha256::of(b"x")
        );
        draft.append(AMD64, &stanza);
    }
    let files = draft.files();
    let line = format!(" {} 1 ../../../../etc/passwd\n", Sha256::of(b"x"));
    draft.write(root.path(), "stable", &files, &(draft.release(&files) + &line));
    let mut found = codes(&judge_draft(root.path(), true));
    found.dedup();
    assert_eq!(found, ["release.path", "stanza.path"]);
}

#[test]
fn findings_without_end_are_counted() {
    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    let stanzas: String = (0..5000).map(|number| format!("Package: zoo{number:04}\n\n")).collect();
    draft.append(AMD64, &stanzas);
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    let report = judge_draft(root.path(), false);
    assert_eq!(report.count(debpress::admin::conform::codes::Severity::Error), 5000);
    assert_eq!(report.suites[0].findings.left_out().collect::<Vec<_>>(), [("stanza.field", 4900)]);
}

/// Answers each of the connections with these bytes, and hangs up.
fn server_that_says(answer: &'static [u8]) -> (String, std::thread::JoinHandle<()>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let accepting = listener.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        for stream in accepting.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 1024];
            let count = stream.read(&mut asked).unwrap_or(0);
            if asked[..count].starts_with(b"GET /stop") {
                return;
            }
            drop(stream.write_all(answer));
        }
    });
    (address, thread, listener)
}

#[test]
fn a_server_that_fails_is_told_from_one_that_has_nothing() {
    let failing: [&'static [u8]; 4] = [
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\ncut",
        b"no HTTP at all\r\n\r\n",
        // It sends its clients round in a ring.
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ];
    for answer in failing {
        let (address, thread, _listener) = server_that_says(answer);
        let report = judge_address(&address, &["stable"]);
        let mut found = codes(&report);
        found.dedup();
        assert_eq!(found, ["archive.unreadable", "release.missing"], "{}", lines(&report));
        let stop = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        std::net::TcpStream::connect(stop).unwrap().write_all(b"GET /stop HTTP/1.1\r\n\r\n").unwrap();
        thread.join().unwrap();
    }
}
