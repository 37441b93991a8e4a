//! The real apt on archives with the faults whose rules are its own: what the rules say of it is so.

use debfmt::builder::compress;
use debfmt::compress::Compression;
use debfmt::digest::Sha1;
use tempfile::TempDir;

use super::draft::{AMD64, Draft, Files, key, put};
use crate::support::apt::Apt;

/// What apt knows and says after it has read an archive that is spoilt.
fn read_by_apt(spoil: fn(&mut Files), release: fn(&Files, String) -> String) -> (bool, bool, String) {
    let root = TempDir::new().unwrap();
    let mut draft = Draft::new("stable");
    // apt goes by the machine's clock.
    draft.field("Valid-Until", "");
    draft.patches = false;
    let mut files = draft.files();
    spoil(&mut files);
    let text = release(&files, draft.release(&files));
    draft.write(root.path(), "stable", &files, &text);
    let public = root.path().join("key.asc");
    put(&public, &key().1);
    let apt = Apt::new("amd64");
    apt.source(&format!("file:{}", root.path().display()), "stable", &apt.signed_by(&public));
    let ran = apt.run("apt-get", &["update"]);
    let succeeds = ran.succeeds();
    let said = ran.said();
    let names = apt.run("apt-cache", &["pkgnames"]).said().stdout;
    (succeeds, names.lines().any(|name| name == "hello"), said.stdout + &said.stderr)
}

#[test]
fn apt_reads_a_sound_archive() {
    let (succeeds, knows, said) = read_by_apt(|_| {}, |_, text| text);
    assert!(succeeds && knows, "{said}");
}

#[test]
fn apt_passes_over_an_index_whose_uncompressed_form_is_not_listed_and_says_nothing() {
    let (succeeds, knows, said) = read_by_apt(|files| drop(files.remove(AMD64)), |_, text| text);
    assert!(succeeds && !knows && !said.contains("E:") && !said.contains("W:"), "{said}");
}

#[test]
fn apt_reads_the_first_of_several_xz_streams_only_and_ignores_padding() {
    let (succeeds, _, said) = read_by_apt(
        |files| {
            let (one, other) = files[AMD64].split_at(50);
            let two = [compress(Compression::Xz, one), compress(Compression::Xz, other)].concat();
            files.remove(&format!("{AMD64}.gz"));
            files.insert(format!("{AMD64}.xz"), two);
        },
        |_, text| text,
    );
    assert!(!succeeds && said.contains("Hash Sum mismatch"), "{said}");
    let (succeeds, knows, said) =
        read_by_apt(|files| files.get_mut(&format!("{AMD64}.xz")).unwrap().extend([0; 4]), |_, text| text);
    assert!(succeeds && knows, "{said}");
}

#[test]
fn apt_reads_the_first_of_several_bzip2_streams_only() {
    let (succeeds, _, said) = read_by_apt(
        |files| {
            let (one, other) = files[AMD64].split_at(50);
            let two = [compress(Compression::Bzip2, one), compress(Compression::Bzip2, other)].concat();
            files.remove(&format!("{AMD64}.gz"));
            files.remove(&format!("{AMD64}.xz"));
            files.insert(format!("{AMD64}.bz2"), two);
        },
        |_, text| text,
    );
    assert!(!succeeds && said.contains("Hash Sum mismatch"), "{said}");
}

#[test]
fn apt_refuses_a_suite_that_lists_sha1_only() {
    let by_sha1 = |files: &Files, text: String| {
        let (fields, _) = text.split_once("SHA256:").unwrap();
        let line =
            |(path, bytes): (&String, &Vec<u8>)| format!(" {} {} {path}\n", Sha1::of(bytes), bytes.len());
        format!("{fields}SHA1:\n{}", files.iter().map(line).collect::<String>())
    };
    let (succeeds, knows, said) = read_by_apt(|_| {}, by_sha1);
    assert!(!succeeds && !knows && said.contains("considered strong enough"), "{said}");
}
