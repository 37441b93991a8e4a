//! Texts that are no deb822, or say what they cannot.

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};

use super::{Corpus, good};

/// A text with a field taken away, changed or added.
fn with(text: &str, field: &str, value: Option<&str>) -> String {
    let mut out = String::new();
    let mut inside = false;
    let mut found = false;
    for line in text.lines() {
        let continues = line.starts_with([' ', '\t']);
        inside = if continues { inside } else { line.split(':').next() == Some(field) };
        if !inside {
            out.push_str(line);
            out.push('\n');
        } else if !continues && let Some(value) = value {
            found = true;
            out.push_str(&format!("{field}: {value}\n"));
        }
    }
    if let (false, Some(value)) = (found, value) {
        out.push_str(&format!("{field}: {value}\n"));
    }
    out
}

/// Damage that makes any text unreadable.
fn damaged(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let add = |more: &str| format!("{text}{more}").into_bytes();
    let fields: String = (0..600).map(|number| format!("X-Field-{number}: x\n")).collect();
    vec![
        ("duplicate field", add("Source: evil\n")),
        ("duplicate field in capitals", add("SOURCE: evil\n")),
        ("NUL", add("X-Evil: a\0b\n")),
        ("not UTF-8", [text.as_bytes(), b"X-Evil: \xff\xfe\n"].concat()),
        ("no colon", add("this is no field\n")),
        ("a name with a blank", add("X Evil: yes\n")),
        ("a name that is empty", add(": yes\n")),
        ("a name with control characters", add("X-\u{1b}[31m: yes\n")),
        ("begins with a continuation", format!(" evil\n{text}").into_bytes()),
        ("two paragraphs", add("\nSource: evil\nVersion: 9\n")),
        ("hundreds of fields", add(&fields)),
        ("an endless line", add(&format!("X-Long: {}\n", "x".repeat(2_000_000)))),
        ("millions of short lines", add(&format!("X-Long:\n{}", " x\n".repeat(6_000_000)))),
    ]
}

pub(super) fn add(corpus: &mut Corpus) {
    let (changes, _) = good();
    let text = String::from_utf8(changes.bytes).unwrap();
    for (name, bytes) in damaged(&text) {
        corpus.changes(name, &bytes);
    }
    for field in [
        "Format",
        "Source",
        "Architecture",
        "Version",
        "Distribution",
        "Maintainer",
        "Changes",
        "Date",
        "Files",
    ] {
        corpus.changes(&format!("without {field}"), with(&text, field, None).as_bytes());
        corpus.changes(&format!("with empty {field}"), with(&text, field, Some("")).as_bytes());
    }
    for (field, value) in [
        ("Format", "3.0"),
        ("Format", "1.8 and more"),
        ("Source", "../bad"),
        ("Source", "Bad"),
        ("Source", "b"),
        ("Source", "bad (../1)"),
        ("Source", "bad\u{202e}"),
        ("Version", "1.0/../../x"),
        ("Version", ""),
        ("Version", "1:2:3"),
        ("Version", "9999999999:1"),
        ("Version", "a b"),
        ("Version", &format!("1{}", "0".repeat(300))),
        ("Architecture", "../amd64"),
        ("Architecture", "amd64;rm"),
        ("Architecture", "sparc"),
        ("Distribution", "../stable"),
        ("Distribution", "stable stable"),
        ("Distribution", "unstable"),
        ("Distribution", &"x".repeat(5000)),
        ("Binary", "other"),
    ] {
        let shown: String = value.chars().take(20).collect();
        corpus.changes(&format!("with {field} {shown:?}"), with(&text, field, Some(value)).as_bytes());
    }
    dsc(corpus);
}

fn dsc(corpus: &mut Corpus) {
    let built = SourceBuilder::new("src", "1.0").binary("src", "any").file("README", "x").build();
    let text = String::from_utf8(built.dsc.bytes.clone()).unwrap();
    let mut cases: Vec<(String, Vec<u8>)> =
        damaged(&text).into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    for field in ["Format", "Source", "Binary", "Architecture", "Version", "Maintainer", "Files"] {
        cases.push((format!("without {field}"), with(&text, field, None).into_bytes()));
    }
    let digest = "d41d8cd98f00b204e9800998ecf8427e";
    for (field, value) in [
        ("Format", "3.0 (git)"),
        ("Format", "2.0"),
        ("Source", "other"),
        ("Version", "2.0"),
        ("Version", "-"),
        ("Binary", "../x"),
        ("Files", &*format!("\n {digest} 0 ../../etc/passwd")),
        ("Files", &*format!("\n {digest} -1 src_1.0.tar.gz")),
        ("Files", &*format!("\n {digest} 99999999999999999999 src_1.0.tar.gz")),
        ("Files", "\n nonsense"),
        ("Checksums-Sha256", "\n 00 0 src_1.0.tar.xz"),
    ] {
        let shown: String = value.chars().filter(|c| *c != '\n').take(50).collect();
        cases.push((format!("with {field} {shown:?}"), with(&text, field, Some(value)).into_bytes()));
    }
    for (name, bytes) in cases {
        let mut source = built.clone();
        source.dsc.bytes = corpus.sign(&bytes);
        let changes = ChangesBuilder::new("src", "1.0", "stable").source_files(&source).build();
        let mut files = vec![corpus.signed(&changes), source.dsc];
        files.extend(
            source.files.iter().map(|file| BuiltFile { name: file.name.clone(), bytes: file.bytes.clone() }),
        );
        corpus.files(&format!("dsc {name}"), files);
    }
}
