//! Each kind of damage once: its code is found, and nothing else.

use std::path::{Path, PathBuf};

use debfmt::builder::compress;
use debfmt::compress::Compression;
use debfmt::digest::{Md5, Sha256};
use tempfile::TempDir;

use super::draft::{AMD64, Draft, Files, NOW, key, put};
use super::{How, codes, judge, judge_draft, lines};
use debpress::adapters::openpgp::KeySpec;
use debpress::adapters::outside::OutsideDirectory;

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

const TOP: &[Case] = &[
    Case {
        code: "release.missing",
        disk: |root| ["InRelease", "Release", "Release.gpg"].iter().for_each(|name| remove(root, name)),
        ..SOUND
    },
    Case { code: "release.no-inrelease", disk: |root| remove(root, "InRelease"), ..SOUND },
    Case { code: "release.no-plain", disk: |root| remove(root, "Release"), ..SOUND },
    Case {
        code: "release.unsigned",
        disk: |root| ["InRelease", "Release.gpg"].iter().for_each(|name| remove(root, name)),
        ..SOUND
    },
    Case {
        code: "release.malformed",
        disk: |root| put(&suite(root, "InRelease"), b"Suite: stable\n"),
        ..SOUND
    },
    Case { code: "release.malformed", release: |text| and(text, " many words in one line\n"), ..SOUND },
    Case { code: "release.malformed", release: |text| and(text, " 1234 5 path\n"), ..SOUND },
    Case {
        code: "archive.unreadable",
        disk: |root| {
            remove(root, "Release.gpg");
            std::fs::create_dir(suite(root, "Release.gpg")).unwrap()
        },
        ..SOUND
    },
    Case {
        code: "signature.bad",
        disk: |root| {
            flip_last(&{
                put(&suite(root, "Release.gpg"), b"no signature");
                suite(root, "Release.gpg")
            })
        },
        ..SOUND
    },
    Case { code: "release.date", draft: |draft| draft.field("Date", ""), ..SOUND },
    Case { code: "release.date", draft: |draft| draft.field("Date", "yesterday"), ..SOUND },
    Case {
        code: "release.date",
        draft: |draft| draft.field("Date", &debfmt::release::format_date(NOW.0 + 60)),
        ..SOUND
    },
    Case { code: "release.valid-until", draft: |draft| draft.field("Valid-Until", "tomorrow"), ..SOUND },
    Case {
        code: "release.expired",
        draft: |draft| draft.field("Valid-Until", &debfmt::release::format_date(NOW.0 - 1)),
        ..SOUND
    },
    Case { code: "release.no-end", draft: |draft| draft.field("Valid-Until", ""), ..SOUND },
    Case { code: "release.no-name", draft: |draft| draft.field("Suite", ""), ..SOUND },
    Case { code: "release.name", draft: |draft| draft.field("Suite", "unstable"), ..SOUND },
    Case { code: "release.fields", draft: |draft| draft.field("Components", ""), ..SOUND },
    Case { code: "release.architecture", draft: |draft| draft.field("Architectures", "amd64"), ..SOUND },
    Case {
        code: "release.component",
        draft: |draft| drop(draft.indexes.insert("extra/binary-amd64/Packages".into(), Vec::new())),
        ..SOUND
    },
    Case {
        code: "release.index-unlisted",
        draft: |draft| draft.field("Architectures", "amd64 i386 arm64"),
        ..SOUND
    },
    Case { code: "release.no-by-hash", draft: |draft| draft.field("Acquire-By-Hash", "no"), ..SOUND },
    Case {
        code: "release.no-sha256",
        release: |text| {
            let (fields, _) = text.split_once("SHA256:").unwrap();
            format!(
                "{fields}MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 main/binary-amd64/Packages\n d41d8cd98f00b204e9800998ecf8427e 0 main/binary-i386/Packages\n"
            )
        },
        disk: |root| {
            [
                "main/binary-amd64/Packages",
                "main/binary-i386/Packages",
                "main/binary-amd64/by-hash/MD5Sum/d41d8cd98f00b204e9800998ecf8427e",
                "main/binary-i386/by-hash/MD5Sum/d41d8cd98f00b204e9800998ecf8427e",
            ]
            .iter()
            .for_each(|path| put(&suite(root, path), b""))
        },
        ..SOUND
    },
    Case {
        code: "release.duplicate",
        release: |text| {
            let line = line_of(&text, AMD64);
            and(text, &line)
        },
        ..SOUND
    },
    Case {
        code: "release.path",
        release: |text| {
            let line = line_of(&text, AMD64).replace(AMD64, "../../etc/passwd");
            and(text, &line)
        },
        ..SOUND
    },
    Case {
        code: "release.uncompressed",
        files: |files| drop(files.remove("main/i18n/Translation-en")),
        ..SOUND
    },
];

const FILES: &[Case] = &[
    Case {
        code: "index.missing",
        disk: |root| {
            ["", ".gz", ".xz"].iter().for_each(|end| remove(root, &format!("main/Contents-amd64{end}")))
        },
        ..SOUND
    },
    Case {
        code: "index.missing",
        release: |text| {
            and(
                text,
                &format!(
                    " {} 3 main/dep11/Components-amd64.yml.gz\n {} 3 main/dep11/Components-amd64.yml\n",
                    Sha256::of(b"1"),
                    Sha256::of(b"2")
                ),
            )
        },
        ..SOUND
    },
    Case { code: "index.form", disk: |root| remove(root, &format!("{AMD64}.xz")), ..SOUND },
    Case { code: "index.size", disk: |root| put(&suite(root, &format!("{AMD64}.xz")), b"short"), ..SOUND },
    Case {
        code: "index.size",
        disk: |root| {
            let path = suite(root, AMD64);
            let longer = [std::fs::read(&path).unwrap(), b"more".to_vec()].concat();
            put(&path, &longer)
        },
        ..SOUND
    },
    Case { code: "index.hash", disk: |root| flip_last(&suite(root, &format!("{AMD64}.xz"))), ..SOUND },
    Case { code: "index.hash", disk: |root| change(&suite(root, AMD64), b"hello", b"jello"), ..SOUND },
    Case {
        code: "index.by-hash",
        disk: |root| std::fs::remove_file(by_hash(root, &format!("{AMD64}.gz"))).unwrap(),
        ..SOUND
    },
    Case {
        code: "index.by-hash",
        disk: |root| put(&by_hash(root, &format!("{AMD64}.gz")), b"short"),
        ..SOUND
    },
    Case {
        code: "index.by-hash",
        disk: |root| flip_last(&by_hash(root, &format!("{AMD64}.gz"))),
        full: true,
        ..SOUND
    },
    Case {
        code: "index.compression",
        files: |files| drop(files.insert(format!("{AMD64}.gz"), b"no gzip".to_vec())),
        ..SOUND
    },
    Case {
        code: "index.compression",
        files: |files| {
            let bytes = files.get_mut(&format!("{AMD64}.xz")).unwrap();
            bytes.truncate(bytes.len() / 2)
        },
        ..SOUND
    },
    Case {
        code: "index.trailing",
        files: |files| files.get_mut(&format!("{AMD64}.xz")).unwrap().extend_from_slice(b"more"),
        ..SOUND
    },
    Case {
        code: "index.trailing",
        files: |files| files.get_mut(&format!("{AMD64}.xz")).unwrap().extend_from_slice(&[0; 4]),
        ..SOUND
    },
    Case {
        code: "index.xz-streams",
        files: |files| {
            let text = files[AMD64].clone();
            let (one, other) = text.split_at(text.len() / 2);
            let two = [compress(Compression::Xz, one), compress(Compression::Xz, other)].concat();
            files.insert(format!("{AMD64}.xz"), two);
        },
        ..SOUND
    },
    Case {
        code: "index.content",
        files: |files| {
            drop(files.insert(format!("{AMD64}.gz"), compress(Compression::Gzip, b"Package: other\n")))
        },
        ..SOUND
    },
    Case {
        code: "index.malformed",
        draft: |draft| draft.append("main/source/Sources", "no field\n"),
        ..SOUND
    },
    Case {
        code: "index.malformed",
        draft: |draft| {
            draft.edit("main/i18n/Translation-en", "Description-md5: ", "Package: twice\nDescription-md5: ")
        },
        ..SOUND
    },
    Case {
        code: "contents.malformed",
        draft: |draft| drop(draft.indexes.insert("main/Contents-amd64".into(), b"no-package\n".to_vec())),
        ..SOUND
    },
    Case {
        code: "contents.package",
        draft: |draft| {
            drop(draft.indexes.insert("main/Contents-amd64".into(), b"usr/bin/x utils/gone,hello\n".to_vec()))
        },
        ..SOUND
    },
    Case {
        code: "pdiff.malformed",
        files: |files| drop(files.insert(format!("{AMD64}.diff/Index"), b"Nothing: to see\n".to_vec())),
        ..SOUND
    },
    Case {
        code: "pdiff.current",
        files: |files| {
            let text = String::from_utf8(files[&format!("{AMD64}.diff/Index")].clone()).unwrap();
            let (first, rest) = text.split_once('\n').unwrap();
            assert!(first.starts_with("SHA256-Current"));
            files.insert(
                format!("{AMD64}.diff/Index"),
                format!("SHA256-Current: {} 1\n{rest}", Sha256::of(b"x")).into(),
            );
        },
        ..SOUND
    },
    Case { code: "pdiff.missing", disk: |root| remove(root, &format!("{AMD64}.diff/one.gz")), ..SOUND },
    Case {
        code: "pdiff.hash",
        disk: |root| {
            put(&suite(root, &format!("{AMD64}.diff/one.gz")), &compress(Compression::Gzip, b"1d\n"))
        },
        ..SOUND
    },
    // The patch is what the list says, and the earlier text is not what it was made from.
    Case {
        code: "pdiff.chain",
        files: |files| {
            let path = format!("{AMD64}.diff/Index");
            let text = String::from_utf8(files[&path].clone()).unwrap();
            let current = files[&format!("{AMD64}")].clone();
            let current = format!("{} {}", Sha256::of(&current), current.len());
            let history =
                text.split("SHA256-History:\n ").nth(1).unwrap().split(" one").next().unwrap().to_owned();
            files.insert(path, text.replace(&format!("{history} one"), &format!("{current} one")).into());
        },
        ..SOUND
    },
    Case {
        code: "pdiff.untried",
        disk: |root| {
            let listed = std::fs::read_to_string(suite(root, "Release")).unwrap();
            let directory = suite(root, "main/binary-amd64/by-hash/SHA256");
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if !listed.contains(path.file_name().unwrap().to_str().unwrap()) {
                    std::fs::remove_file(path).unwrap();
                }
            }
        },
        ..SOUND
    },
];

const PACKAGES: &[Case] = &[
    Case {
        code: "stanza.field",
        draft: |draft| draft.edit(AMD64, "Version: 1.0\nArchitecture: amd64", "Architecture: amd64"),
        ..SOUND
    },
    Case {
        code: "stanza.field",
        draft: |draft| draft.edit("main/source/Sources", "Directory: pool\n", ""),
        ..SOUND
    },
    Case {
        code: "stanza.field",
        draft: |draft| draft.append("main/i18n/Translation-en", "Package: x\nDescription-en: y\n"),
        ..SOUND
    },
    Case { code: "stanza.no-sha256", draft: |draft| draft.edit(AMD64, "\nSHA256: ", "\nSHA512: "), ..SOUND },
    Case { code: "stanza.value", draft: |draft| draft.edit(AMD64, "Size: ", "Size: -"), ..SOUND },
    Case {
        code: "stanza.value",
        draft: |draft| {
            let stanza = draft.deb("zoo", "1", "all", "").replace("Version: 1\n", "Version: x_y\n");
            draft.append(AMD64, &stanza);
        },
        ..SOUND
    },
    Case { code: "stanza.value", draft: |draft| draft.edit(AMD64, "\nSHA256: ", "\nSHA256: x"), ..SOUND },
    Case { code: "stanza.path", draft: |draft| draft.edit(AMD64, "Filename: ", "Filename: ../"), ..SOUND },
    Case {
        code: "stanza.path",
        draft: |draft| draft.edit("main/source/Sources", "Directory: pool", "Directory: /etc"),
        ..SOUND
    },
    Case {
        code: "stanza.architecture",
        draft: |draft| {
            let stanza = draft.deb("zoo", "1", "arm64", "");
            draft.append(AMD64, &stanza)
        },
        ..SOUND
    },
    Case {
        code: "stanza.repeated",
        draft: |draft| {
            let stanza = draft.deb("hello", "1.0", "amd64", "");
            draft.append(AMD64, &stanza)
        },
        ..SOUND
    },
    Case {
        code: "stanza.order",
        draft: |draft| {
            let stanza = draft.deb("aaa", "1", "amd64", "");
            draft.append(AMD64, &stanza)
        },
        ..SOUND
    },
    Case {
        code: "package.twice",
        draft: |draft| {
            let stanza = draft.deb("hello", "1.0", "amd64", "x");
            draft.append(AMD64, &stanza)
        },
        ..SOUND
    },
    Case {
        code: "package.all",
        draft: |draft| {
            let stanza = draft.deb("zoo", "1", "all", "");
            draft.append(AMD64, &stanza);
            let stanza = draft.deb("zoo", "1", "all", "x");
            draft.append("main/binary-i386/Packages", &stanza);
        },
        ..SOUND
    },
    Case {
        code: "description.md5",
        draft: |draft| draft.edit(AMD64, "Description: greets\n", "Description: greets\n otherwise\n"),
        ..SOUND
    },
    Case {
        code: "translation.missing",
        draft: |draft| draft.edit(AMD64, "Description-md5: ", "Description-md5: 0"),
        ..SOUND
    },
    Case {
        code: "translation.text",
        draft: |draft| draft.edit("main/i18n/Translation-en", "and more", "and less"),
        ..SOUND
    },
    Case {
        code: "pool.missing",
        disk: |root| std::fs::remove_file(root.join("pool/hello_1.0_amd64.deb")).unwrap(),
        ..SOUND
    },
    Case {
        code: "pool.missing",
        disk: |root| std::fs::remove_file(root.join("pool/hello_1.0.dsc")).unwrap(),
        full: true,
        ..SOUND
    },
    Case { code: "pool.size", disk: |root| put(&root.join("pool/hello_1.0_amd64.deb"), b"short"), ..SOUND },
    Case {
        code: "pool.size",
        disk: |root| put(&root.join("pool/hello_1.0_amd64.deb"), b"short"),
        full: true,
        ..SOUND
    },
    Case {
        code: "pool.hash",
        disk: |root| flip_last(&root.join("pool/hello_1.0_amd64.deb")),
        full: true,
        ..SOUND
    },
    Case { code: "pool.hash", disk: |root| flip_last(&root.join("pool/hello_1.0.dsc")), full: true, ..SOUND },
    Case {
        code: "pool.conflict",
        draft: |draft| {
            draft.append(AMD64, &format!("Package: zoo\nVersion: 1\nArchitecture: all\nFilename: pool/data_1.0_all.deb\nSize: 1\nSHA256: {}\n", Sha256::of(b"x")))
        },
        ..SOUND
    },
    Case {
        code: "pool.control",
        draft: |draft| {
            draft.edit(AMD64, "Version: 1.0\nArchitecture: amd64", "Version: 1.1\nArchitecture: amd64")
        },
        full: true,
        ..SOUND
    },
    Case {
        code: "pool.malformed",
        draft: |draft| {
            draft.pool.insert("pool/zoo_1_all.deb".into(), b"no package".to_vec());
            draft.append(AMD64, &format!("Package: zoo\nVersion: 1\nArchitecture: all\nFilename: pool/zoo_1_all.deb\nSize: 10\nSHA256: {}\n", Sha256::of(b"no package")));
        },
        full: true,
        ..SOUND
    },
];

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
    tell(TOP);
}

#[test]
fn each_fault_of_a_listed_file_has_its_code() {
    tell(FILES);
}

#[test]
fn each_fault_of_a_package_has_its_code() {
    tell(PACKAGES);
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
