//! Faults of InRelease and Release.

use super::super::draft::{AMD64, NOW, put};
use super::{Case, SOUND, and, line_of, remove, suite};

pub(super) const TOP: &[Case] = &[
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
    Case { code: "signature.bad", disk: |root| put(&suite(root, "Release.gpg"), b"no signature"), ..SOUND },
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
