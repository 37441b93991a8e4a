use super::*;

const MD5: &str = "fedcba9876543210fedcba9876543210";
const SHA256: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn good() -> String {
    format!(
        "Format: 1.8\nDate: Tue, 24 Nov 2026 05:52:44 +0100\nSource: hello (2.10-3)\nBinary: hello\n hello-doc\n\
         Architecture: source amd64 all\nVersion: 2.10-3+b1\nDistribution: noble-proposed\nUrgency: medium\n\
         Maintainer: A <a@example.org>\nChanged-By: B <b@example.org>\n\
         Changes:\n hello (2.10-3+b1) noble-proposed; urgency=medium\n .\n   * Rebuild.\n\
         Checksums-Sha256:\n {SHA256} 12 hello_2.10-3_all.deb\n {SHA256} 7 hello_2.10-3.dsc\n\
         Files:\n {MD5} 7 devel optional hello_2.10-3.dsc\n {MD5} 12 universe/devel - hello_2.10-3_all.deb\n"
    )
}

fn read(text: &str) -> Result<Changes, Vec<ChangesError>> {
    Changes::parse(text.as_bytes(), &Limits::strict())
}

fn codes(text: &str) -> Vec<&'static str> {
    read(text).map_or_else(|errors| errors.iter().map(ChangesError::code).collect(), |_| Vec::new())
}

#[test]
fn every_field_is_read() {
    let changes = read(&good()).unwrap();
    assert_eq!(changes.source.as_str(), "hello");
    assert_eq!(changes.source_version.as_str(), "2.10-3");
    assert_eq!(changes.version.as_str(), "2.10-3+b1");
    assert_eq!(changes.binaries, ["hello", "hello-doc"]);
    let architectures: Vec<_> = changes.architectures.iter().map(Architecture::as_str).collect();
    assert_eq!(architectures, ["source", "amd64", "all"]);
    assert_eq!(changes.distribution, "noble-proposed");
    assert_eq!(changes.urgency.as_deref(), Some("medium"));
    assert_eq!(changes.maintainer, "A <a@example.org>");
    assert_eq!(changes.changed_by.as_deref(), Some("B <b@example.org>"));
    assert_eq!(changes.date, "Tue, 24 Nov 2026 05:52:44 +0100");
    assert_eq!(changes.changes, "\n hello (2.10-3+b1) noble-proposed; urgency=medium\n .\n   * Rebuild.");
    assert_eq!(changes.paragraph.get("Format"), Some("1.8"));
}

#[test]
fn files_have_the_order_of_files_and_the_digests_of_all_lists() {
    let files = read(&good()).unwrap().files;
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["hello_2.10-3.dsc", "hello_2.10-3_all.deb"]);
    assert_eq!(
        (files[0].size, files[0].section.as_str(), files[0].priority.as_str()),
        (7, "devel", "optional")
    );
    assert_eq!(
        (files[1].size, files[1].section.as_str(), files[1].priority.as_str()),
        (12, "universe/devel", "-")
    );
    assert_eq!(files[1].md5.to_string(), MD5);
    assert_eq!(files[1].sha256.unwrap().to_string(), SHA256);
    assert_eq!(files[1].sha1, None);
}

#[test]
fn the_source_version_is_the_version_unless_told() {
    let changes = read(&good().replace("hello (2.10-3)\nBinary", "hello\nBinary")).unwrap();
    assert_eq!(changes.source_version.as_str(), "2.10-3+b1");
}

#[test]
fn formats_from_1_5_on_are_taken() {
    for (format, good_format) in [
        ("1.5", true),
        ("1.7", true),
        ("1.8", true),
        ("1.10", true),
        ("1.4", false),
        ("2.0", false),
        ("0.9", false),
        ("1", false),
        ("1.", false),
        ("1.+8", false),
        ("nan", false),
        ("1.8.1", false),
    ] {
        let errors = codes(&good().replace("Format: 1.8", &format!("Format: {format}")));
        assert_eq!(errors.is_empty(), good_format, "{format}");
        assert!(good_format || errors == ["unsupported-format"]);
    }
}

#[test]
fn each_mandatory_field_is_missed() {
    for field in [
        "Format",
        "Date",
        "Source",
        "Architecture",
        "Version",
        "Distribution",
        "Maintainer",
        "Changes",
        "Files",
    ] {
        let mut paragraph = deb822::parse_single(good().as_bytes(), &Limits::strict()).unwrap();
        paragraph.remove(field);
        assert_eq!(read(&paragraph.to_string()), Err(vec![ChangesError::MissingField { field }]));
        paragraph.set(field, "");
        assert_eq!(read(&paragraph.to_string()), Err(vec![ChangesError::MissingField { field }]));
    }
    for field in ["Binary", "Urgency", "Changed-By", "Checksums-Sha256"] {
        let mut paragraph = deb822::parse_single(good().as_bytes(), &Limits::strict()).unwrap();
        paragraph.remove(field);
        assert!(read(&paragraph.to_string()).is_ok(), "{field}");
    }
}

#[test]
fn all_errors_come_at_once() {
    let text = format!(
        "Format: 3\nSource: hello (x)\nArchitecture: amd64 ../x Y\nVersion: _\nDistribution: x\n\
         Files:\n {MD5} 7 devel optional a\n {MD5} 7 devel optional a\n {MD5} 7 a/b/c optional ../a\n {MD5} x - - b\n"
    );
    let expected = [
        "unsupported-format",
        "missing-field",
        "bad-version",
        "bad-version",
        "bad-architecture",
        "bad-architecture",
        "missing-field",
        "missing-field",
        "duplicate-file",
        "bad-file-name",
        "bad-file-size",
    ];
    assert_eq!(codes(&text), expected);
}

#[test]
fn lists_that_disagree_are_named() {
    let text = good().replace(" 12 hello_2.10-3_all.deb", " 13 hello_2.10-3_all.deb");
    let errors = read(&text).unwrap_err();
    assert_eq!(codes(&text), ["checksums-mismatch"]);
    let message = "hello_2.10-3_all.deb has 12 bytes in Files and 13 in Checksums-Sha256";
    assert_eq!(errors[0].to_string(), message);
    assert_eq!(
        codes(&good().replace(&format!(" {SHA256} 7 hello_2.10-3.dsc\n"), "")),
        ["checksums-mismatch"]
    );
    let sha1 = "0".repeat(40);
    let text = good().replace("Files:", &format!("Checksums-Sha1:\n {sha1} 1 x\nFiles:"));
    assert_eq!(codes(&text), ["checksums-mismatch"; 3]);
}

#[test]
fn bad_source_and_bad_digest_have_codes() {
    assert_eq!(codes(&good().replace("Source: hello (2.10-3)", "Source: hello 2.10")), ["bad-source"]);
    assert_eq!(codes(&good().replace(MD5, "x")), ["bad-digest"; 2]);
    assert_eq!(codes(&good().replace(" devel optional", " devel")), ["bad-file-line"]);
}

#[test]
fn text_that_is_not_one_paragraph_is_malformed() {
    for text in ["", "\n\n", "x", "A: 1\n\nB: 2\n", "A: 1\nA: 2\n", " A\n", "A: \0\n"] {
        assert_eq!(codes(text), ["malformed"], "{text:?}");
    }
    assert_eq!(codes(&"A: 1\n".repeat(1000)), ["malformed"]);
    assert!(read(&good().replace('\n', "\r\n")).is_ok());
}

#[test]
fn files_of_translations_are_for_no_architecture() {
    let text = good().replace("source amd64 all", "source amd64 amd64_translations");
    let architectures: Vec<String> =
        read(&text).unwrap().architectures.iter().map(Architecture::to_string).collect();
    assert_eq!(architectures, ["source", "amd64"]);
    for word in ["_translations", "x y_translations_", "AMD64_translations", "a_b_translations"] {
        assert_eq!(codes(&good().replace("amd64", word)), ["bad-architecture"], "{word}");
    }
}
