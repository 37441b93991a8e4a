use super::*;
use crate::deb822;
use crate::digest::Algorithms;
use crate::limits::Limits;

const MD5: &str = "fedcba9876543210fedcba9876543210";
const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A `.dsc` in the order in which dpkg-source writes fields.
fn dsc() -> Dsc {
    let text = format!(
        "Format: 3.0 (native)\nSource: foo\nBinary: foo, libfoo1\nArchitecture: any\nVersion: 1:2\n\
         Maintainer: A <a@example.org>\nUploaders: B <b@example.org>\nHomepage: https://example.org/\n\
         Standards-Version: 4.6.2\nVcs-Browser: https://example.org/b\nVcs-Git: https://example.org/g\n\
         Testsuite: autopkgtest\nBuild-Depends: debhelper-compat (= 13)\nPackage-List:\n foo deb utils optional arch=any\n\
         X-Own: 1\nSection: utils\nDirectory: ../x\nChecksums-Sha256:\n {SHA256} 5 foo_2.tar.xz\nFiles:\n {MD5} 5 foo_2.tar.xz\n"
    );
    Dsc::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn name() -> FileName {
    FileName::parse("foo_2.dsc").unwrap()
}

#[test]
fn a_stanza_reads_like_debians() {
    let sums = Checksums::of(b"abc", Algorithms::INDEX);
    let lists = file_lists(&dsc(), &name(), &sums);
    let tail = SourceTail {
        section: "utils",
        priority: "optional",
        directory: "pool/main/f/foo",
        file_lists: &lists,
    };
    let mut out = Vec::new();
    write_stanza(&mut out, &stanza_body(&dsc()), &tail);
    let expected = format!(
        "Package: foo\nBinary: foo, libfoo1\nVersion: 1:2\nMaintainer: A <a@example.org>\nUploaders: B <b@example.org>\n\
         Build-Depends: debhelper-compat (= 13)\nArchitecture: any\nStandards-Version: 4.6.2\nFormat: 3.0 (native)\n\
         Files:\n {} 3 foo_2.dsc\n {MD5} 5 foo_2.tar.xz\nChecksums-Sha256:\n {} 3 foo_2.dsc\n {SHA256} 5 foo_2.tar.xz\n\
         Homepage: https://example.org/\nPackage-List:\n foo deb utils optional arch=any\nTestsuite: autopkgtest\n\
         Vcs-Browser: https://example.org/b\nVcs-Git: https://example.org/g\nX-Own: 1\n\
         Directory: pool/main/f/foo\nPriority: optional\nSection: utils\n",
        sums.md5.unwrap(),
        sums.sha256
    );
    assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
    let paragraph = deb822::parse_single(&out, &Limits::default()).unwrap();
    assert_eq!(paragraph.get("Directory"), Some("pool/main/f/foo"));
}

#[test]
fn a_list_is_left_out_if_one_digest_is_unknown() {
    let lists = file_lists(&dsc(), &name(), &Checksums::of(b"abc", Algorithms::SHA256));
    assert!(lists.starts_with("Checksums-Sha256:"), "{lists}");
    let mut old = dsc();
    old.files[0].sha256 = None;
    let lists = file_lists(&old, &name(), &Checksums::of(b"abc", Algorithms::ALL));
    assert!(lists.starts_with("Files:") && !lists.contains("Checksums"), "{lists}");
    old.files[0].sha1 = Some(crate::digest::Sha1::of(b""));
    let lists = file_lists(&old, &name(), &Checksums::of(b"abc", Algorithms::ALL));
    assert!(
        lists.contains("Checksums-Sha1:\n a9993e364706816aba3e25717850c26c9cd0d89d 3 foo_2.dsc\n"),
        "{lists}"
    );
}

#[test]
fn a_body_without_format_is_followed_by_the_lists() {
    let tail = SourceTail { section: "s", priority: "p", directory: "d", file_lists: "Files:\n x\n" };
    let mut out = Vec::new();
    write_stanza(&mut out, "Package: a\n", &tail);
    assert_eq!(out, b"Package: a\nFiles:\n x\nDirectory: d\nPriority: p\nSection: s\n");
}

#[test]
fn what_a_source_builds_is_listed() {
    let list = "\n foo deb utils optional arch=any\n foo-doc deb doc optional arch=all profile=!nodoc\n foo-di udeb \
                debian-installer optional arch=all profile=!noudeb+stage2,stage1\n broken line";
    let told = |it: Listed<'_>| format!("{} {} {:?} {}", it.name, it.kind, it.architectures, it.is_usual());
    let lines: Vec<_> = package_list(list).map(told).collect();
    let wanted =
        ["foo deb Some(\"any\") true", "foo-doc deb Some(\"all\") true", "foo-di udeb Some(\"all\") false"];
    assert_eq!(lines, wanted);
}

#[test]
fn a_binary_field_of_several_lines_stays_one_field() {
    let text = format!(
        "Format: 3.0 (native)\nSource: foo\nBinary: foo,\n libfoo1,\n libfoo-dev\nArchitecture: any\nVersion: 2\n\
         Maintainer: A <a@example.org>\nChecksums-Sha256:\n {SHA256} 5 foo_2.tar.xz\nFiles:\n {MD5} 5 foo_2.tar.xz\n"
    );
    let dsc = Dsc::parse(text.as_bytes(), &Limits::default()).unwrap();
    let names: Vec<&str> = dsc.binaries.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["foo", "libfoo1", "libfoo-dev"]);
    let tail = SourceTail { section: "s", priority: "p", directory: "d", file_lists: "Files:\n x\n" };
    let mut out = Vec::new();
    write_stanza(&mut out, &stanza_body(&dsc), &tail);
    let read = deb822::parse_single(&out, &Limits::default()).unwrap();
    let listed = read.get("Binary").unwrap().split(',').map(str::trim).collect::<Vec<_>>();
    assert_eq!(listed, names);
    assert_eq!(read.get("Version"), Some("2"), "and nothing after it is lost");
}
