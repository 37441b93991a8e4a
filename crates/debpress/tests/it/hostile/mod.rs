//! Uploads that somebody made to do harm: each must end with its named reason, in little memory, and leave the site as
//! it was.
//!
//! The cases stand in families, one file each. The story runs the real program once a case. What each case is refused
//! for stands in the snapshot: a case without a code, or one that is accepted, is a fault.
//!
//! `DEBPRESS_BINARY` names another program to measure, `DEBPRESS_HOSTILE_TABLE` a file for the figures; `bench/README.md`
//! has the command.

mod archives;
mod bombs;
mod files;
mod lists;
mod packages;
mod signatures;
mod sources;
mod texts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder};
use debpress::adapters::openpgp::{GeneratedKey, KeySpec, SequoiaSigner, generate};
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;
use serde_json::Value;

use crate::support::site::TestSite;
use crate::support::tool::Ran;

/// When keys and signatures were made: before the site's clock.
const THEN: Timestamp = Timestamp(debfmt::builder::DEFAULT_TIME);
/// What an upload may take above a program that has nothing to do, in KiB.
const MEMORY: u64 = 64 * 1024;

/// One thing in the directory of an upload.
enum Item {
    File(BuiltFile),
    Link(String, String),
    Fifo(String),
    Directory(String),
}

/// An upload.
struct Case {
    name: String,
    items: Vec<Item>,
}

/// The cases as they are made, and who can sign them.
struct Corpus {
    cases: Vec<Case>,
    alice: SequoiaSigner,
    mallory: SequoiaSigner,
    eve: SequoiaSigner,
}

impl Corpus {
    fn add(&mut self, name: &str, items: Vec<Item>) {
        assert!(self.cases.iter().all(|case| case.name != name), "two cases are called {name}");
        self.cases.push(Case { name: name.to_owned(), items });
    }

    /// Files as they are.
    fn files(&mut self, name: &str, files: Vec<BuiltFile>) {
        self.add(name, files.into_iter().map(Item::File).collect());
    }

    /// A .deb in an upload that is right otherwise.
    fn deb(&mut self, name: &str, bytes: Vec<u8>) {
        let deb = BuiltFile { name: "bad_1.0_amd64.deb".into(), bytes };
        let changes = ChangesBuilder::new("bad", "1.0", "stable")
            .architecture("amd64")
            .file_in(&deb, "misc", "optional");
        let changes = self.signed(&changes.build());
        self.files(&format!("deb {name}"), vec![changes, deb]);
    }

    /// A .changes with this text, signed by somebody who may upload, beside the package that it should name.
    fn changes(&mut self, name: &str, text: &[u8]) {
        let (_, deb) = good();
        let bytes = self.sign(text);
        let changes = BuiltFile { name: "bad_1.0_amd64.changes".into(), bytes };
        self.files(&format!("changes {name}"), vec![changes, deb]);
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.alice.clear_sign(text, THEN).unwrap()
    }

    fn signed(&self, file: &BuiltFile) -> BuiltFile {
        BuiltFile { name: file.name.clone(), bytes: self.sign(&file.bytes) }
    }
}

/// A package that nothing is wrong with, and its .changes without a signature.
fn good() -> (BuiltFile, BuiltFile) {
    let deb = DebBuilder::new("bad", "1.0", "amd64").file("usr/bin/bad", "bad").build();
    let changes = ChangesBuilder::new("bad", "1.0", "stable").file(&deb).build();
    (changes, deb)
}

fn key(name: &str) -> GeneratedKey {
    generate(&format!("{name} <{name}@example.org>"), THEN).unwrap()
}

fn signer(key: &GeneratedKey) -> SequoiaSigner {
    SequoiaSigner::from_armoured_secret(&key.secret).unwrap()
}

fn corpus(site: &TestSite) -> Corpus {
    let alice = key("alice");
    let eve = KeySpec::new("eve <eve@example.org>", THEN).valid_for(3600).generate().unwrap();
    for (name, key) in [("alice", &alice), ("eve", &eve)] {
        let path = site.scratch().join(format!("{name}.asc"));
        std::fs::write(&path, &key.public).unwrap();
        site.run(&["uploader", "add", name, path.to_str().unwrap()]).ok();
    }
    let (mallory, eve) = (signer(&key("mallory")), signer(&eve));
    let mut corpus = Corpus { cases: Vec::new(), alice: signer(&alice), mallory, eve };
    signatures::add(&mut corpus);
    texts::add(&mut corpus);
    lists::add(&mut corpus);
    files::add(&mut corpus);
    archives::add(&mut corpus);
    packages::add(&mut corpus);
    bombs::add(&mut corpus);
    sources::add(&mut corpus);
    corpus
}

fn write(directory: &Path, items: &[Item]) {
    std::fs::create_dir(directory).unwrap();
    for item in items {
        match item {
            Item::File(file) => std::fs::write(directory.join(&file.name), &file.bytes).unwrap(),
            Item::Link(name, target) => std::os::unix::fs::symlink(target, directory.join(name)).unwrap(),
            Item::Directory(name) => std::fs::create_dir_all(directory.join(name)).unwrap(),
            Item::Fifo(name) => {
                drop(Ran::of(std::process::Command::new("mkfifo").arg(directory.join(name))).ok())
            }
        }
    }
}

/// What the program said, and what it took.
struct Told {
    report: Value,
    /// The most that it had in memory, in KiB.
    memory: u64,
    /// Seconds of a processor.
    seconds: f64,
}

/// Runs `process-upload` once, and nothing else, under time(1).
fn run(site: &TestSite, figures: &Path) -> Told {
    let program =
        std::env::var("DEBPRESS_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_debpress").to_owned());
    let mut command = site.timed(figures, &program);
    let said = Ran::of(command.args(["process-upload", "--json"])).said();
    let report =
        serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}\n{}", said.stdout, said.stderr));
    let text = std::fs::read_to_string(figures).unwrap();
    let mut words = text.split_whitespace().rev();
    let mut number = || words.next().unwrap().parse::<f64>().unwrap();
    let (system, user, memory) = (number(), number(), number());
    Told { report, memory: memory as u64, seconds: system + user }
}

/// Every file of the site but those that a refused upload may change.
fn rest_of(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut directories = vec![root.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_owned();
            if below.starts_with("rejected") || below.to_string_lossy().starts_with("debpress.db-") {
                continue;
            }
            if path.is_dir() && !path.is_symlink() {
                directories.push(path);
            }
            found.insert(below);
        }
    }
    found
}

fn codes(report: &Value) -> String {
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    if let Some(failed) = list("failed").first() {
        return format!("FAILED {}", failed["error"]);
    }
    if !list("accepted").is_empty() {
        return "ACCEPTED".into();
    }
    let reasons =
        list("rejected").into_iter().flat_map(|upload| upload["reasons"].as_array().cloned().unwrap());
    let codes: BTreeSet<String> = reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect();
    codes.into_iter().collect::<Vec<_>>().join(" ")
}

#[test]
fn whatever_is_sent_is_refused_by_name_in_little_memory_and_leaves_the_site_as_it_was() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let figures = site.scratch().join("figures");
    // The file system's clock says when an upload was written, so the site's must be beyond it: whatever is not complete
    // has waited long enough.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    site.advance(now.as_secs() as i64 - site.now() + 86_400);
    let corpus = corpus(&site);
    let idle = run(&site, &figures).memory;
    let before = rest_of(&site.root());
    let (mut told, mut table) = (Vec::new(), vec![format!("idle: {idle} KiB")]);
    for case in &corpus.cases {
        write(&site.root().join("incoming/up"), &case.items);
        let Told { report, memory, seconds } = run(&site, &figures);
        let above = memory.saturating_sub(idle);
        table.push(format!("{seconds:6.2} s {above:8} KiB  {}", case.name));
        assert!(above <= MEMORY, "{}: {above} KiB above the idle program", case.name);
        let codes = codes(&report);
        let named = codes.contains('.') && !codes.starts_with("FAILED") && !codes.starts_with("ACCEPTED");
        assert!(named, "{}: {codes}", case.name);
        told.push(format!("{}: {codes}", case.name));
        let after = rest_of(&site.root());
        assert_eq!(before, after, "{}: something is left", case.name);
    }
    if let Ok(path) = std::env::var("DEBPRESS_HOSTILE_TABLE") {
        std::fs::write(path, table.join("\n") + "\n").unwrap();
    }
    assert!(corpus.cases.len() >= 200, "{} cases", corpus.cases.len());
    insta::assert_snapshot!(told.join("\n"));
    site.run(&["check"]).ok();
}
