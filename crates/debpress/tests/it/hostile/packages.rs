//! What a control file says.

use debfmt::builder::TarWriter;

use super::Corpus;
use super::archives::{CONTROL, data_tar, deb};

pub(super) fn add(corpus: &mut Corpus) {
    let text = std::str::from_utf8(CONTROL).unwrap();
    let mut cases: Vec<(String, String)> = Vec::new();
    for field in ["Package", "Version", "Architecture"] {
        let kept = text.lines().filter(|line| !line.starts_with(field));
        cases.push((format!("without {field}"), kept.map(|line| format!("{line}\n")).collect()));
    }
    for (from, to) in [
        ("Package: bad", "Package: ../bad"),
        ("Package: bad", "Package: Bad"),
        ("Package: bad", "Package: other"),
        ("Package: bad", "Package: bad\nPackage: worse"),
        ("Version: 1.0", "Version: 1.0/../x"),
        ("Version: 1.0", "Version: 2.0"),
        ("Version: 1.0", "Version: 1:1:1"),
        ("Architecture: amd64", "Architecture: ../amd64"),
        ("Architecture: amd64", "Architecture: source"),
        ("Architecture: amd64", "Architecture: i386"),
        ("Architecture: amd64", "Architecture: any"),
        ("Version: 1.0", "Source: other (1.0)\nVersion: 1.0"),
        ("Version: 1.0", "Source: ../bad\nVersion: 1.0"),
        ("Version: 1.0", "Source: bad (../1)\nVersion: 1.0"),
        ("Version: 1.0", "Source: bad (3.0)\nVersion: 1.0"),
    ] {
        assert!(text.contains(from));
        cases.push((format!("{to:?}"), text.replacen(from, to, 1)));
    }
    for (name, more) in [
        ("no colon", "this is no field\n".to_owned()),
        ("two paragraphs", "\nPackage: worse\n".to_owned()),
        ("hundreds of fields", (0..600).map(|number| format!("X-{number}: x\n")).collect()),
        ("a NUL", "X-Evil: \0\n".to_owned()),
        ("an endless line", format!("X-Long: {}\n", "x".repeat(2_000_000))),
    ] {
        cases.push((name.to_owned(), format!("{text}{more}")));
    }
    for (name, text) in cases {
        let control = TarWriter::new().file("./control", text.as_bytes()).finish();
        corpus.deb(&format!("control file: {name}"), deb(&control, &data_tar()));
    }
    let bytes = [CONTROL, b"X-Evil: \xff\xfe\n"].concat();
    let control = TarWriter::new().file("./control", &bytes).finish();
    corpus.deb("control file: not UTF-8", deb(&control, &data_tar()));
}
