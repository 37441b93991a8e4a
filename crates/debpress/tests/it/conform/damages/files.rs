//! Faults of the files that a Release lists.

use debfmt::builder::compress;
use debfmt::compress::Compression;
use debfmt::digest::Sha256;

use super::super::draft::{AMD64, put};
use super::{Case, SOUND, and, by_hash, change, flip_last, remove, suite};

pub(super) const FILES: &[Case] = &[
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
        code: "index.streams",
        files: |files| {
            let text = files[AMD64].clone();
            let (one, other) = text.split_at(text.len() / 2);
            let two = [compress(Compression::Xz, one), compress(Compression::Xz, other)].concat();
            files.insert(format!("{AMD64}.xz"), two);
        },
        ..SOUND
    },
    Case {
        code: "index.streams",
        files: |files| {
            let text = files[AMD64].clone();
            let (one, other) = text.split_at(text.len() / 2);
            let two = [compress(Compression::Bzip2, one), compress(Compression::Bzip2, other)].concat();
            files.insert(format!("{AMD64}.bz2"), two);
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
            let current = files[AMD64].clone();
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
