//! Each kind of damage once: its code is found, and nothing else.

mod files;
mod packages;
mod top;

use std::path::{Path, PathBuf};

use debfmt::digest::Sha256;
use tempfile::TempDir;

use debpress::adapters::outside::OutsideDirectory;

use super::draft::{Draft, Files, NOW, key};
use super::{How, codes, judge, lines};

/// An archive that is spoilt in one way.
struct Case {
    code: &'static str,
    /// Before its Release is made.
    draft: fn(&mut Draft),
    /// The files that Release lists.
    files: fn(&mut Files),
    /// Release before it is signed.
    release: fn(String) -> String,
    /// What is on disk; gets the archive's root.
    disk: fn(&Path),
    full: bool,
}

const SOUND: Case =
    Case { code: "", draft: |_| {}, files: |_| {}, release: |text| text, disk: |_| {}, full: false };

fn suite(root: &Path, path: &str) -> PathBuf {
    root.join("dists/stable").join(path)
}

fn remove(root: &Path, path: &str) {
    std::fs::remove_file(suite(root, path)).unwrap();
}

/// Puts a text in place of another one of the same length into a file.
fn change(path: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    std::fs::write(path, bytes).unwrap();
}

fn flip_last(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn by_hash(root: &Path, path: &str) -> PathBuf {
    let bytes = std::fs::read(suite(root, path)).unwrap();
    suite(root, path).parent().unwrap().join("by-hash/SHA256").join(Sha256::of(&bytes).to_string())
}

/// The line of a file in the text of a Release.
fn line_of(text: &str, path: &str) -> String {
    text.lines().find(|line| line.ends_with(&format!(" {path}"))).unwrap().to_owned() + "\n"
}

/// Adds to a field that is the last one.
fn and(text: String, more: &str) -> String {
    text + more
}

fn tell(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let root = TempDir::new().unwrap();
        let mut draft = Draft::new("stable");
        (case.draft)(&mut draft);
        let mut files = draft.files();
        (case.files)(&mut files);
        let release = (case.release)(draft.release(&files));
        draft.write(root.path(), "stable", &files, &release);
        (case.disk)(root.path());
        let how = How { suites: &["stable"], keyring: Some(&key().1), now: NOW, full: case.full };
        let report = judge(&OutsideDirectory::new(root.path()).unwrap(), how);
        let mut found = codes(&report);
        found.dedup();
        if found != [case.code] {
            wrong.push(format!("case {number}, {}:\n{}", case.code, lines(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_fault_of_a_release_has_its_code() {
    tell(top::TOP);
}

#[test]
fn each_fault_of_a_listed_file_has_its_code() {
    tell(files::FILES);
}

#[test]
fn each_fault_of_a_package_has_its_code() {
    tell(packages::PACKAGES);
}
