//! Faults of stanzas and of the files of packages.

use debfmt::digest::Sha256;

use super::super::draft::{AMD64, put};
use super::{Case, SOUND, flip_last};

pub(super) const PACKAGES: &[Case] = &[
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
