//! The README does what it says: its commands run as written, and its output is what they print.
//!
//! Blocks are told apart by their info string:
//!
//! ```text
//! sh        runs in the directory of its tutorial, after those before it
//! output    its lines come, in this order, from the `sh` block above it
//! sources   is what the tutorial gives to apt
//! console   is not run: it needs root on a client, or builds the whole project
//! ini       configuration of other programs, and so is crontab
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::{SequoiaSigner, generate};
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;
use tempfile::TempDir;

use crate::support::apt::Apt;
use crate::support::document::{Block, blocks, follow};
use crate::support::http::HttpServer;

const README: &str = include_str!("../../../../README.md");

/// The `console` blocks: the first line of each, and why it is not run.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo run --release -- demo", "builds the project; demo.rs runs the demo itself"),
    ("cargo install --path crates/debpress", "builds the project, and installs it for the user"),
    ("./test", "runs this test"),
    ("wget -O /etc/apt/keyrings/acme.asc", "changes the machine; the .sources file is tried with apt below"),
];

/// The blocks of a section of the README.
fn section(beginning: &str) -> Vec<Block> {
    let found: Vec<Block> = blocks("README.md", README)
        .into_iter()
        .filter(|block| block.section.starts_with(beginning))
        .collect();
    assert!(!found.is_empty(), "README.md has no section {beginning:?}");
    found
}

fn save(directory: &Path, file: &BuiltFile) -> PathBuf {
    fs::create_dir_all(directory).unwrap();
    let path = directory.join(&file.name);
    fs::write(&path, &file.bytes).unwrap();
    path
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

#[test]
fn every_block_is_of_a_kind_that_is_looked_after() {
    let mut not_run = Vec::new();
    for block in blocks("README.md", README) {
        match block.info {
            "sh" | "output" | "sources" | "ini" | "crontab" => {}
            "console" => not_run.push(block.text.lines().next().unwrap_or_default().to_owned()),
            other => panic!("README line {}: nobody looks after ```{other}", block.line),
        }
    }
    let expected = NOT_RUN.iter().map(|(beginning, _)| *beginning);
    assert!(
        not_run.len() == NOT_RUN.len()
            && not_run.iter().zip(expected).all(|(line, known)| line.starts_with(known)),
        "blocks that are not run: {not_run:#?}"
    );
}

#[test]
fn a_vendor_publishes_a_folder_and_apt_reads_it() {
    let home = TempDir::new().unwrap();
    let packages = home.path().join("packages");
    let tool = |version: &str| {
        DebBuilder::new("acme-tool", version, "amd64").file("usr/bin/acme-tool", "#!/bin/sh\n")
    };
    save(&packages, &tool("1.0").build());
    save(&packages, &tool("1.1").build());
    save(&packages, &DebBuilder::new("acme-data", "1.0", "all").build());
    let tutorial = section("Five minutes");

    follow(home.path(), &tutorial);

    let sources = tutorial.iter().find(|block| block.info == "sources").unwrap();
    let server = HttpServer::serve(&home.path().join("acme/archives/acme"));
    let key = home.path().join("acme/keys/archive-key.asc");
    let here = [
        ("https://apt.acme.example", server.uri()),
        ("/etc/apt/keyrings/acme.asc", key.display().to_string()),
    ];
    let text = here.iter().fold(sources.text.clone(), |text, (there, here)| {
        assert!(text.contains(there), "the .sources file does not say {there}");
        text.replace(there, here)
    });
    let apt = Apt::new("amd64");
    apt.sources(&text);
    apt.update();
    apt.get(&["install", "--download-only", "acme-tool", "acme-data"]);
    assert_eq!(apt.downloaded(), ["acme-data_1.0_all.deb", "acme-tool_1.1_amd64.deb"]);
}

#[test]
fn a_distribution_takes_an_upload_and_publishes_it() {
    let home = TempDir::new().unwrap();
    let at = now().plus(-60);
    let ann = generate("Ann <ann@tux.example>", at).unwrap();
    fs::write(home.path().join("ann.asc"), &ann.public).unwrap();
    let signer = SequoiaSigner::from_armoured_secret(&ann.secret).unwrap();
    let sign = |file: &BuiltFile| BuiltFile {
        name: file.name.clone(),
        bytes: signer.clear_sign(&file.bytes, at).unwrap(),
    };
    let mut source = SourceBuilder::new("hello", "1.0-1").binary("hello", "amd64").build();
    source.dsc = sign(&source.dsc);
    let deb =
        DebBuilder::new("hello", "1.0-1", "amd64").file("usr/bin/hello", "#!/bin/sh\necho hello\n").build();
    let changes = ChangesBuilder::new("hello", "1.0-1", "hardy").source_files(&source).file(&deb).build();
    for file in source.files.iter().chain([&source.dsc, &deb, &sign(&changes)]) {
        save(&home.path().join("upload"), file);
    }

    follow(home.path(), &section("Fifteen minutes"));
}
