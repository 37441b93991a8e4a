use super::*;
use crate::builder::{BuiltFile, BuiltSource, SourceBuilder, TarHeader, TarWriter, compress};

fn dsc(source: &BuiltSource) -> Dsc {
    Dsc::parse(&source.dsc.bytes, &Limits::default()).unwrap()
}

fn inspect(source: &BuiltSource) -> Result<Inspected, SourceTreeError> {
    inspect_files(&dsc(source), &source.files)
}

fn inspect_files(dsc: &Dsc, files: &[BuiltFile]) -> Result<Inspected, SourceTreeError> {
    let mut tree = SourceTree::default();
    for file in files {
        tree.read(&FileName::parse(&file.name).unwrap(), file.bytes.as_slice(), &Limits::default())?;
    }
    tree.finish(dsc)
}

fn built(format: SourceFormat, version: &str) -> SourceBuilder {
    SourceBuilder::new("hello", version).format(format).file("README", "read me")
}

/// A native package whose one archive is this.
fn native(tar: &[u8]) -> Result<Inspected, SourceTreeError> {
    let source = built(SourceFormat::V3Native, "1.0").build();
    let file = BuiltFile { name: "hello_1.0.tar.gz".into(), bytes: compress(Compression::Gzip, tar) };
    inspect_files(&dsc(&source), &[file])
}

fn changelog(version: &str) -> Vec<u8> {
    format!("hello ({version}) unstable; urgency=low\n\n  * x\n\n -- A B <a@example.org>  now\n").into_bytes()
}

#[test]
fn the_texts_are_found_in_every_format() {
    let every = [
        (SourceFormat::V1, "1.0"),
        (SourceFormat::V1, "1.0-1"),
        (SourceFormat::V3Native, "1.0"),
        (SourceFormat::V3Quilt, "1:1.0-1"),
    ];
    for (format, version) in every {
        let found = inspect(&built(format, version).build()).unwrap();
        assert_eq!(found.changelog.version.as_str(), version, "{format}");
        assert_eq!(found.copyright.as_deref(), Some(&b"Public domain.\n"[..]), "{format}");
    }
}

#[test]
fn a_patch_changes_what_upstream_has() {
    let upstream = changelog("0.9");
    let tar = TarWriter::new().file("hello-1.0/debian/changelog", &upstream).finish();
    let new = changelog("1.0-1");
    let lines = |text: &[u8], sign: &str| {
        let lines = std::str::from_utf8(text).unwrap().lines();
        lines.map(|line| format!("{sign}{line}\n")).collect::<String>()
    };
    let count = new.iter().filter(|byte| **byte == b'\n').count();
    let diff = format!(
        "--- hello-1.0.orig/debian/changelog\n+++ hello-1.0/debian/changelog\n@@ -1 +1,{} @@\n{} hello (0.9) unstable; urgency=low\n\
         --- hello-1.0.orig/other\n+++ hello-1.0/other\n@@ -0,0 +1,2 @@\n+--- not a head\n+++ not one either\n",
        count + 1,
        lines(&new, "+"),
    );
    let source = built(SourceFormat::V1, "1.0-1").build();
    let file =
        |name: &str, bytes: &[u8]| BuiltFile { name: name.into(), bytes: compress(Compression::Gzip, bytes) };
    let files =
        |diff: &str| [file("hello_1.0.orig.tar.gz", &tar), file("hello_1.0-1.diff.gz", diff.as_bytes())];
    let found = inspect_files(&dsc(&source), &files(&diff)).unwrap();
    assert_eq!(found.changelog.version.as_str(), "1.0-1");

    let told = |diff: &str| inspect_files(&dsc(&source), &files(diff)).unwrap_err().code();
    assert_eq!(told(&diff.replace(" hello (0.9)", " hello (0.8)")), "bad-patch", "it does not fit");
    assert_eq!(told(&diff.replace("+1,2 @@", "+1,5 @@")), "bad-patch", "it is cut");
    assert_eq!(told(&diff.replace("+++ hello-1.0/other", "+++ hello-1.0/../../other")), "unsafe-path");
    assert_eq!(told("--- a\n"), "bad-patch");
    assert_eq!(told(""), "changelog-mismatch", "that of upstream is an old one");
}

#[test]
fn the_changelog_must_be_there_and_about_this_version() {
    let told = |source: &SourceBuilder| inspect(&source.build()).unwrap_err().code();
    let quilt = || built(SourceFormat::V3Quilt, "1.0-1");
    assert_eq!(told(&quilt().file("debian/changelog", changelog("1.0-2"))), "changelog-mismatch");
    assert_eq!(told(&quilt().file("debian/changelog", "nonsense\n")), "bad-changelog");
    assert_eq!(told(&quilt().file("debian/changelog", vec![b'\n'; 11 << 20])), "text-too-large");
    let none = TarWriter::new().file("hello-1.0/README", b"x").finish();
    assert_eq!(native(&none).unwrap_err().code(), "no-changelog");
    let without = TarWriter::new().file("hello-1.0/debian/changelog", &changelog("1.0")).finish();
    assert_eq!(native(&without).unwrap().copyright, None);
}

#[test]
fn the_texts_lie_below_one_directory_or_at_the_top() {
    let log = changelog("1.0");
    let flat = TarWriter::new().file("README", b"x").file("debian/changelog", &log).finish();
    assert!(native(&flat).is_ok());
    let deep = TarWriter::new().file("./hello/debian/changelog", &log).finish();
    assert!(native(&deep).is_ok());
    let beside = TarWriter::new().file("hello/debian/changelog", &log).file("README", b"x").finish();
    assert_eq!(
        native(&beside).unwrap_err().code(),
        "no-changelog",
        "dpkg-source takes no directory away then"
    );
}

#[test]
fn nothing_leads_out_of_the_tree() {
    let told = |tar: TarWriter| native(&tar.finish()).unwrap_err().code();
    let tar = TarWriter::new;
    let special = |typeflag| tar().entry(&TarHeader { path: b"hello/x", typeflag, ..TarHeader::default() });
    assert_eq!(told(tar().file("/etc/passwd", b"x")), "unsafe-path");
    assert_eq!(told(tar().file("hello/../../x", b"x")), "unsafe-path");
    assert_eq!(told(tar().hardlink("hello/x", "../x")), "unsafe-path");
    assert_eq!(told(tar().symlink("hello/x", "/etc").file("hello/x/passwd", b"x")), "through-link");
    assert_eq!(told(tar().symlink("hello", "/tmp").file("hello/debian/changelog", b"x")), "through-link");
    assert_eq!(told(tar().symlink("hello/x", "/etc").hardlink("hello/y", "hello/x/passwd")), "through-link");
    assert_eq!(told(tar().symlink("hello/debian/changelog", "/etc/passwd")), "not-a-file");
    for typeflag in *b"346" {
        assert_eq!(told(special(typeflag)), "special-file");
    }
    assert_eq!(told(special(b'S')), "bad-archive");
    // A link that nothing is written through is data, wherever it points to.
    let log = changelog("1.0");
    let harmless = tar().symlink("hello/x", "../../../etc/passwd").file("hello/debian/changelog", &log);
    assert!(native(&harmless.finish()).is_ok());
}

#[test]
fn damage_has_its_name() {
    let source = built(SourceFormat::V3Native, "1.0").compression(Compression::Xz).build();
    let mut file = source.files[0].clone();
    file.bytes.truncate(file.bytes.len() - 10);
    assert_eq!(inspect_files(&dsc(&source), &[file]).unwrap_err().code(), "bad-archive");
    let limits = Limits { data_unpacked_bytes: 1024, ..Limits::default() };
    let name = FileName::parse(&source.files[0].name).unwrap();
    let large = SourceTree::default().read(&name, source.files[0].bytes.as_slice(), &limits);
    assert_eq!(large.unwrap_err(), SourceTreeError::TooLarge { limit: 1024 });
}
