use proptest::prelude::*;

use super::*;

const MD5: &str = "fedcba9876543210fedcba9876543210";
const SHA1: &str = "0123456789abcdef0123456789abcdef01234567";
const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A `.dsc` of `hello`, with the files named.
fn text(format: &str, version: &str, files: &[&str]) -> String {
    let list =
        |digest: &str| -> String { files.iter().map(|name| format!("\n {digest} 10 {name}")).collect() };
    format!(
        "Format: {format}\nSource: hello\nBinary: hello, hello-doc,\n libhello1\nArchitecture: any all\nVersion: {version}\n\
         Maintainer: A <a@example.org>\nChecksums-Sha1:{}\nChecksums-Sha256:{}\nFiles:{}\n",
        list(SHA1),
        list(SHA256),
        list(MD5)
    )
}

fn quilt() -> String {
    text("3.0 (quilt)", "1:2.10-3", &["hello_2.10.orig.tar.gz", "hello_2.10-3.debian.tar.xz"])
}

fn read(text: &str) -> Result<Dsc, Vec<DscError>> {
    Dsc::parse(text.as_bytes(), &Limits::strict())
}

fn codes(text: &str) -> Vec<&'static str> {
    read(text).map_or_else(|errors| errors.iter().map(DscError::code).collect(), |_| Vec::new())
}

#[test]
fn every_field_is_read() {
    let dsc = read(&quilt()).unwrap();
    assert_eq!(dsc.format, SourceFormat::V3Quilt);
    assert_eq!(dsc.source.as_str(), "hello");
    assert_eq!(dsc.version.as_str(), "1:2.10-3");
    let binaries: Vec<_> = dsc.binaries.iter().map(PackageName::as_str).collect();
    assert_eq!(binaries, ["hello", "hello-doc", "libhello1"]);
    assert_eq!(dsc.architectures, ["any", "all"]);
    assert_eq!(dsc.maintainer, "A <a@example.org>");
    assert_eq!(dsc.paragraph.get("Format"), Some("3.0 (quilt)"));
    let file = &dsc.files[0];
    assert_eq!((file.name.as_str(), file.size), ("hello_2.10.orig.tar.gz", 10));
    assert_eq!(file.md5.to_string(), MD5);
    assert_eq!(file.sha1.unwrap().to_string(), SHA1);
    assert_eq!(file.sha256.unwrap().to_string(), SHA256);
}

#[test]
fn old_files_without_checksums_are_read() {
    let mut paragraph = deb822::parse_single(quilt().as_bytes(), &Limits::strict()).unwrap();
    paragraph.remove("Checksums-Sha1");
    paragraph.remove("Checksums-Sha256");
    let dsc = read(&paragraph.to_string()).unwrap();
    assert_eq!((dsc.files[0].sha1, dsc.files[0].sha256), (None, None));
}

#[test]
fn each_format_takes_its_files() {
    let good: &[(&str, &str, &[&str])] = &[
        ("1.0", "1-2", &["hello_1.orig.tar.gz", "hello_1-2.diff.gz"]),
        ("1.0", "1-2", &["hello_1.orig.tar.gz", "hello_1.orig.tar.gz.asc", "hello_1-2.diff.gz"]),
        ("1.0", "0:1", &["hello_1.tar.gz"]),
        ("1.0", "1-2", &["hello_1-2.tar.gz"]),
        ("3.0 (native)", "1", &["hello_1.tar.xz"]),
        ("3.0 (native)", "1-2", &["hello_1-2.tar.bz2"]),
        (
            "3.0 (quilt)",
            "1-2",
            &[
                "hello_1.orig-extra-lib.tar.xz",
                "hello_1.orig-extra-lib.tar.xz.asc",
                "hello_1.orig.tar.lzma",
                "hello_1.orig.tar.lzma.asc",
                "hello_1-2.debian.tar.xz",
            ],
        ),
        ("3.0 (quilt)", "1", &["hello_1.orig.tar.gz", "hello_1.debian.tar.gz"]),
    ];
    for (format, version, files) in good {
        assert_eq!(codes(&text(format, version, files)), Vec::<&str>::new(), "{format} {files:?}");
    }
}

#[test]
fn wrong_sets_of_files_are_refused() {
    let (missing, many) = ("missing-source-file", "too-many-source-files");
    let (other, lone) = ("unexpected-source-file", "lone-signature");
    let bad: &[(&str, &[&str], &[&str])] = &[
        ("1.0", &["hello_1.orig.tar.gz"], &[missing]),
        ("1.0", &["hello_1-2.diff.gz"], &[missing]),
        ("1.0", &["hello_1-2.diff.gz", "hello_1-2.tar.gz"], &[missing]),
        ("1.0", &["hello_1.orig.tar.xz", "hello_1-2.diff.gz"], &[other, missing]),
        ("3.0 (native)", &["hello_1-2.tar.xz", "hello_1-2.tar.gz"], &[many]),
        ("3.0 (native)", &["hello_1.orig.tar.xz"], &[other, missing]),
        ("3.0 (quilt)", &["hello_1.orig.tar.gz"], &[missing]),
        ("3.0 (quilt)", &["hello_1-2.debian.tar.xz"], &[missing]),
        ("3.0 (quilt)", &["hello_2.orig.tar.gz", "hello_1-2.debian.tar.xz"], &[other, missing]),
        ("3.0 (quilt)", &["hallo_1.orig.tar.gz", "hello_1-2.debian.tar.xz"], &[other, missing]),
        ("3.0 (quilt)", &["hello_1.orig.tar.zip", "hello_1-2.debian.tar.xz"], &[other, missing]),
        ("3.0 (quilt)", &["hello_1.orig.tar.gz", "hello_1-2.debian.tar.xz", "hello_1-2.diff.gz"], &[other]),
        (
            "3.0 (quilt)",
            &["hello_1.orig.tar.gz", "hello_1-2.debian.tar.xz", "hello_1.orig-.tar.gz"],
            &[other],
        ),
        (
            "3.0 (quilt)",
            &["hello_1.orig.tar.gz", "hello_1-2.debian.tar.xz", "hello_1.orig-a.tar.gz.asc"],
            &[lone],
        ),
        (
            "3.0 (quilt)",
            &["hello_1.orig.tar.gz", "hello_1-2.debian.tar.xz", "hello_1-2.debian.tar.xz.asc"],
            &[other],
        ),
        (
            "3.0 (quilt)",
            &[
                "hello_1.orig.tar.gz",
                "hello_1-2.debian.tar.xz",
                "hello_1.orig-a.tar.gz",
                "hello_1.orig-a.tar.xz",
            ],
            &[many],
        ),
    ];
    for (format, files, expected) in bad {
        assert_eq!(codes(&text(format, "1-2", files)), *expected, "{format} {files:?}");
    }
}

#[test]
fn what_is_missing_is_named_as_it_would_be_called() {
    let errors = read(&text("3.0 (quilt)", "1:2-3", &["hello_2.orig.tar.gz"])).unwrap_err();
    assert_eq!(errors[0].to_string(), "format 3.0 (quilt) needs a file hello_2-3.debian.tar.*");
}

#[test]
fn all_errors_come_at_once() {
    let text = "Format: 3.0 (git)\nSource: Hello\nVersion: x\nBinary: a\nFiles:\n nonsense\n ../x 1 a\n";
    let expected = [
        "unsupported-format",
        "bad-source",
        "bad-version",
        "bad-binary",
        "missing-field",
        "missing-field",
        "bad-file-line",
        "bad-digest",
    ];
    assert_eq!(codes(text), expected);
    let all = ["missing-field"; 7];
    assert_eq!(codes("X: y\n"), all);
}

#[test]
fn each_mandatory_field_is_missed() {
    for field in ["Format", "Source", "Binary", "Architecture", "Version", "Maintainer", "Files"] {
        let mut paragraph = deb822::parse_single(quilt().as_bytes(), &Limits::strict()).unwrap();
        paragraph.set(field, "");
        let errors = read(&paragraph.to_string()).unwrap_err();
        assert!(errors.contains(&DscError::MissingField { field }), "{field}: {errors:?}");
        paragraph.remove(field);
        let errors = read(&paragraph.to_string()).unwrap_err();
        assert!(errors.contains(&DscError::MissingField { field }), "{field}: {errors:?}");
    }
}

#[test]
fn text_that_is_not_one_paragraph_is_malformed() {
    assert_eq!(codes(""), ["malformed"]);
    assert_eq!(codes(&format!("{}\nX: y\n", quilt())), ["malformed"]);
    assert_eq!(codes("Source: a\nSource: b\n"), ["malformed"]);
    let bytes = b"Source: \xff\n";
    assert_eq!(Dsc::parse(bytes, &Limits::strict()).unwrap_err()[0].code(), "malformed");
    assert!(read(&quilt().replace('\n', "\r\n")).is_ok());
}

#[test]
fn each_bad_line_of_a_list_is_named() {
    let line = |line: &str| {
        let text = quilt().replace(&format!(" {MD5} 10 hello_2.10.orig.tar.gz"), line);
        read(&text).unwrap_err()[0].clone()
    };
    let good = "hello_2.10.orig.tar.gz";
    let cases = [
        (format!(" {MD5} 10"), "bad-file-line"),
        (format!(" {MD5} 10 libs optional {good}"), "bad-file-line"),
        (format!(" {MD5} +10 {good}"), "bad-file-size"),
        (format!(" {MD5} 18446744073709551616 {good}"), "bad-file-size"),
        (format!(" {MD5}0 10 {good}"), "bad-digest"),
        (format!(" {MD5} 10 ../{good}"), "bad-file-name"),
        (format!(" {MD5} 10 /etc/passwd"), "bad-file-name"),
        (format!(" {MD5} 10 .{good}"), "bad-file-name"),
        (format!(" {MD5} 11 {good}"), "checksums-mismatch"),
        (format!(" {MD5} 10 {good}\n {MD5} 10 {good}"), "duplicate-file"),
    ];
    for (text, code) in cases {
        let error = line(&text);
        assert_eq!(error.code(), code, "{text}");
        if code != "checksums-mismatch" {
            let number = if code == "duplicate-file" { 16 } else { 15 };
            assert!(error.to_string().starts_with(&format!("line {number}: ")), "{error}");
        }
    }
}

#[test]
fn lists_must_have_the_same_files() {
    let without = quilt().replace(&format!(" {SHA256} 10 hello_2.10.orig.tar.gz\n"), "");
    let errors = read(&without).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "hello_2.10.orig.tar.gz is listed in Files but not in Checksums-Sha256"
    );
    let more = quilt().replace("Files:", &format!(" {SHA256} 1 evil.sh\nFiles:"));
    let errors = read(&more).unwrap_err();
    assert_eq!(errors[0].to_string(), "evil.sh is listed in Checksums-Sha256 but not in Files");
}

#[test]
fn formats_have_their_texts() {
    for format in [SourceFormat::V1, SourceFormat::V3Native, SourceFormat::V3Quilt] {
        assert_eq!(SourceFormat::from_text(&format.to_string()), Some(format));
    }
    assert_eq!(SourceFormat::from_text("2.0"), None);
}

proptest! {
    #[test]
    fn a_broken_line_never_panics(line in "[ -~]{0,40}", place in 0..17_usize) {
        let text = quilt();
        let mut lines: Vec<&str> = text.lines().collect();
        let place = place.min(lines.len());
        lines.insert(place, &line);
        let _unused = read(&lines.join("\n"));
    }
}
