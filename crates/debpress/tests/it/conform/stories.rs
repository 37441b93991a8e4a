//! Faults that take more than one archive, one key or one patch to tell.

use std::path::{Path, PathBuf};

use debfmt::builder::compress;
use debfmt::compress::Compression;
use debfmt::digest::{Md5, Sha256};
use debpress::adapters::openpgp::KeySpec;
use debpress::adapters::outside::OutsideDirectory;
use tempfile::TempDir;

use super::draft::{AMD64, Draft, NOW, put};
use super::{How, codes, judge, judge_draft, lines};

fn suite(root: &Path, path: &str) -> PathBuf {
    root.join("dists/stable").join(path)
}

#[test]
fn inrelease_and_release_say_the_same_and_lists_name_the_same_files() {
    let root = TempDir::new().unwrap();
    let draft = Draft::new("stable");
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &(draft.release(&files) + " "));
    let one = std::fs::read(suite(root.path(), "InRelease")).unwrap();
    let mut other = Draft::new("stable");
    other.field("Valid-Until", &debfmt::release::format_date(NOW.0 + 7200));
    other.write(root.path(), "stable", &files, &other.release(&files));
    put(&suite(root.path(), "InRelease"), &one);
    assert_eq!(codes(&judge_draft(root.path(), false)), ["release.differs"]);

    // Another list that names one file only, and one that gives that file another size.
    let lists = |wanted: fn(&str) -> bool, size_of: fn(&[u8]) -> usize| {
        let line = |(path, bytes): (&String, &Vec<u8>)| {
            let size = if path == AMD64 { size_of(bytes) } else { bytes.len() };
            format!(" {} {size} {path}\n", Md5::of(bytes))
        };
        let lines: String = files.iter().filter(|(path, _)| wanted(path)).map(line).collect();
        let root = TempDir::new().unwrap();
        draft.write(root.path(), "stable", &files, &format!("{}MD5Sum:\n{lines}", draft.release(&files)));
        codes(&judge_draft(root.path(), false))
    };
    assert_eq!(lists(|_| true, <[u8]>::len), [""; 0]);
    assert_eq!(lists(|path| path == AMD64, <[u8]>::len), ["release.hashes"]);
    assert_eq!(lists(|_| true, |_| 7), ["release.conflict"]);
}

#[test]
fn a_signature_counts_for_those_who_have_the_key() {
    let root = TempDir::new().unwrap();
    let draft = Draft::new("stable");
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    let outside = OutsideDirectory::new(root.path()).unwrap();
    let how = How { suites: &[], keyring: None, now: NOW, full: false };
    let report = judge(&outside, how);
    assert_eq!(codes(&report), ["signature.unverified"]);
    assert!(report.conforms(true));
    let stranger = KeySpec::new("stranger", NOW).generate().unwrap();
    let report = judge(&outside, How { keyring: Some(&stranger.public), ..how });
    assert_eq!(codes(&report), ["signature.bad", "signature.bad"], "InRelease and Release.gpg");
    assert!(!report.conforms(false));
    // Text around the signed part is read by careless clients.
    let path = suite(root.path(), "InRelease");
    let around = [b"Suite: other\n".to_vec(), std::fs::read(&path).unwrap()].concat();
    std::fs::write(&path, around).unwrap();
    assert_eq!(codes(&judge_draft(root.path(), false)), ["signature.bad", "release.malformed"]);
}

#[test]
fn warnings_count_for_those_who_want_them_to() {
    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    draft.field("Components", "");
    let files = draft.files();
    draft.write(root.path(), "stable", &files, &draft.release(&files));
    let report = judge_draft(root.path(), false);
    assert_eq!(codes(&report), ["release.fields"]);
    assert!(report.conforms(false) && !report.conforms(true));
}

#[test]
fn patches_that_follow_one_another_are_walked_to_their_end() {
    use debfmt::pdiff::diff;
    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    draft.patches = false;
    let current = draft.indexes[AMD64].clone();
    let texts: [&[u8]; 3] = [b"Package: one\n", b"Package: one\nVersion: 1\n", &current];
    let scripts = [diff(texts[0], texts[1]).unwrap(), diff(texts[1], texts[2]).unwrap()];
    let sum = |bytes: &[u8]| format!("{} {}", Sha256::of(bytes), bytes.len());
    let index = |last: &str| {
        let [first, second, third] = texts.map(sum);
        let [one, two] = [sum(&scripts[0]), sum(&scripts[1])];
        format!(
            "SHA256-Current: {third}\nSHA256-History:\n {first} 1\n {last} 2\nSHA256-Patches:\n {one} 1\n {two} 2\n",
            last = if last.is_empty() { &second } else { last }
        )
    };
    for (last, expected) in [(String::new(), &[][..]), (sum(b"elsewhere"), &["pdiff.chain", "pdiff.untried"])]
    {
        let mut files = draft.files();
        files.insert(format!("{AMD64}.diff/Index"), index(&last).into());
        draft.write(root.path(), "stable", &files, &draft.release(&files));
        for (number, script) in scripts.iter().enumerate() {
            put(
                &suite(root.path(), &format!("{AMD64}.diff/{}.gz", number + 1)),
                &compress(Compression::Gzip, script),
            );
        }
        // Earlier texts have the names of what they are compressed.
        for text in &texts[..2] {
            let bytes = compress(Compression::Xz, text);
            put(
                &suite(root.path(), &format!("main/binary-amd64/by-hash/SHA256/{}", Sha256::of(&bytes))),
                &bytes,
            );
        }
        let report = judge_draft(root.path(), false);
        assert_eq!(codes(&report), expected, "{}", lines(&report));
    }
}
